"""Fit the weights by which the first wrong step is found, and report them cross-validated.

    python benchmarks/first_error_weights.py DEV.jsonl [--out WEIGHTS.json]

A conditional logit (McFadden 1974): the steps of one wrong solution compete, and the likelihood of
the step that people marked is made as large as it can be, with an L2 penalty. Where several people
marked a solution, half of its weight follows their votes. Rows of program code are left out.
Cross-validation is by question: all solutions of a question are in one of ten folds; it is repeated
with other folds, since on sets this small one dealing moves a figure by two points.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from first_error import LEFT_OUT, read_rows, source_of, table
from numpy.typing import NDArray
from scipy.optimize import minimize

from netgain.diagnosis.diagnosing import MAX_STEP
from netgain.diagnosis.features import features_of
from netgain.diagnosis.graph import build_graph
from netgain.diagnosis.reference import read_reference
from netgain.diagnosis.tokens import shortest
from netgain.grading import extract, gold_answer

FOLDS = 10
REPEATS = 10  # ways to deal the questions out to folds: one alone is moved by chance
PENALTY = 0.5
DEFAULT = Path(__file__).parents[1] / "src/netgain/diagnosis/first_error_weights.json"
Matrix = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the weights of first-error features.")
    parser.add_argument("file", type=Path, help="JSON lines with steps and first_error")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    rows = [
        row
        for row in read_rows(arguments.file)
        if row["first_error"] >= 0 and source_of(row) not in LEFT_OUT
    ]
    names, data = matrices(rows)
    print(f"{len(rows)} wrong solutions, {len(names)} features, {FOLDS} folds by question,")
    print(f"hits averaged over {REPEATS} ways to deal the questions out:")
    found = [cross_validated(rows, data, arguments.penalty, repeat) for repeat in range(REPEATS)]
    print(table(rows, *found))
    halves = [half(row["question"]) for row in rows]
    for fitted_on in (0, 1):
        weight = fit(
            [d for d, h in zip(data, halves, strict=True) if h == fitted_on], arguments.penalty
        )
        kept = [i for i, h in enumerate(halves) if h != fitted_on]
        print(f"fitted on half {fitted_on} of the questions, tried on the other:")
        print(table([rows[i] for i in kept], [int(np.argmax(data[i][0] @ weight)) for i in kept]))
    weight = fit(data, arguments.penalty)
    if not arguments.dry_run:
        write(arguments.out, names, weight, len(rows), arguments.penalty)


def matrices(
    rows: Sequence[dict[str, Any]],
) -> tuple[list[str], list[tuple[Matrix, NDArray[np.float64]]]]:
    """For each solution its features (steps × features) and the share of each step (steps)."""
    names: list[str] = []
    data = []
    for row in rows:
        gold = shortest(gold_answer(row["gold_answer"]))
        reference = read_reference(row["question"], row["gold_solution"] or "", gold)
        final = extract("\n".join(row["steps"])).value
        steps = [step[:MAX_STEP] for step in row["steps"]]
        graph = build_graph(steps, reference, None if final is None else shortest(final))
        features = features_of(graph, reference)
        names = names or list(features[0])
        share = np.zeros(len(steps))
        votes = [vote for vote in row["first_error_votes"] if 0 <= vote < len(steps)]
        several = len(votes) > 1
        share[row["first_error"]] += 0.5 if several else 1.0
        for vote in votes if several else []:
            share[vote] += 0.5 / len(votes)
        data.append((np.array([[each[name] for name in names] for each in features]), share))
    return names, data


def fit(data: Sequence[tuple[Matrix, NDArray[np.float64]]], penalty: float) -> NDArray[np.float64]:
    """The weights of largest penalised likelihood."""
    stacked = np.vstack([features for features, _ in data])
    share = np.concatenate([each for _, each in data])
    lengths = [len(each) for _, each in data]
    starts = np.cumsum([0, *lengths[:-1]])
    group = np.repeat(np.arange(len(data)), lengths)

    def loss(weight: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = stacked @ weight
        score = score - np.maximum.reduceat(score, starts)[group]
        total = np.add.reduceat(np.exp(score), starts)
        log_share = score - np.log(total)[group]
        value = -(share * log_share).sum() + penalty * (weight @ weight) / 2
        slope = stacked.T @ (np.exp(log_share) - share) + penalty * weight
        return float(value), slope

    return minimize(loss, np.zeros(stacked.shape[1]), jac=True, method="L-BFGS-B").x


def cross_validated(
    rows: Sequence[dict[str, Any]],
    data: Sequence[tuple[Matrix, NDArray[np.float64]]],
    penalty: float,
    repeat: int,
) -> list[int]:
    """The step found for each row by weights fitted without its question's fold."""
    folds = np.array([fold(row["question"], repeat) for row in rows])
    found = [0] * len(rows)
    for each in range(FOLDS):
        weight = fit([d for d, f in zip(data, folds, strict=True) if f != each], penalty)
        for i in np.flatnonzero(folds == each):
            found[i] = int(np.argmax(data[i][0] @ weight))
    return found


def fold(question: str, repeat: int) -> int:
    return hashlib.sha256(f"{repeat} {question}".encode()).digest()[0] % FOLDS


def half(question: str) -> int:
    return hashlib.sha256(question.encode()).digest()[0] % 2


def write(
    path: Path, names: Sequence[str], weight: NDArray[np.float64], n: int, penalty: float
) -> None:
    weights = {name: round(float(value), 4) for name, value in zip(names, weight, strict=True)}
    about = {
        "about": "weights of the features of a step (netgain.diagnosis.features); the step "
        "with the largest sum is taken for the first wrong one",
        "fitted_by": "benchmarks/first_error_weights.py",
        "solutions": n,
        "penalty": penalty,
        "weights": weights,
    }
    path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    print(f"written: {path.name}")


if __name__ == "__main__":
    main()
