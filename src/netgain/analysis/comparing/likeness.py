"""How alike models answer: problem by problem, beyond how many each gets right."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from netgain.analysis.estimates.statistics import LEVEL, NO_PROBLEMS, wilson
from netgain.records import Estimate, Metric, MetricKind, ModelAgreement, Overlap, SolvedByOne

KAPPA = "Cohen's kappa, interval by its large-sample standard error"
MOST_LISTED = 200
NONE_WRONG = "there is no problem that both got wrong"
NO_ANSWERS = "choices by log-likelihood leave no answer to compare"


@dataclass(frozen=True)
class Outcomes:
    """One model's single answers, in the order of the problems. `extracted` may be unknown."""

    name: str
    right: Sequence[bool]
    extracted: Sequence[str | None] | None
    kind: MetricKind = "generated"


@dataclass(frozen=True)
class Asked:
    """A problem as it is listed."""

    problem_id: str
    question: str
    category: str | None


def kappa(both: int, only_first: int, only_second: int, neither: int) -> Estimate:
    """Cohen's kappa of two models' being right (Cohen 1960), a table of two by two.

    Its standard error is that of Fleiss, Cohen & Everitt 1969 (Psychological Bulletin 72:323).
    Where both are always right, or both never, chance alone makes them agree, and kappa is 0/0.
    """
    n = both + only_first + only_second + neither
    if n == 0:
        return Estimate(None, KAPPA, why_no_interval=NO_PROBLEMS, n=0)
    table = np.array([[both, only_first], [only_second, neither]]) / n
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    agree, chance = float(np.trace(table)), float(rows @ columns)
    if n in (both, neither):
        why = f"both got {'all' if both else 'none'} right, so they cannot but agree"
        return Estimate(None, KAPPA, why_no_interval=why, n=n)
    value = (agree - chance) / (1 - chance)
    diagonal = float(np.diag(table) @ (1 - (rows + columns) * (1 - value)) ** 2)
    off = table[0, 1] * (columns[0] + rows[1]) ** 2 + table[1, 0] * (columns[1] + rows[0]) ** 2
    variance = (diagonal + (1 - value) ** 2 * float(off) - (value - chance * (1 - value)) ** 2) / (
        n * (1 - chance) ** 2
    )
    if variance < 1e-15:
        return Estimate(value, KAPPA, why_no_interval="no spread was seen", n=n)
    half = float(stats.norm.isf((1 - LEVEL) / 2)) * math.sqrt(variance)
    interval = (max(-1.0, value - half), min(1.0, value + half))
    return Estimate(value, KAPPA, interval, level=LEVEL, n=n)


def agreements(models: Sequence[Outcomes]) -> tuple[ModelAgreement, ...]:
    """Every pair of models, over the same problems in the same order."""
    right = [np.asarray(m.right, dtype=bool) for m in models]
    answers = _coded([m.extracted for m in models])
    return tuple(
        _agreement(models[i], models[j], (right[i], right[j]), (answers[i], answers[j]))
        for i, j in combinations(range(len(models)), 2)
    )


def _coded(
    extracted: Sequence[Sequence[str | None] | None],
) -> list[NDArray[np.int64] | None]:
    """Answers as numbers: the same one for the same text, −1 for none."""
    codes: dict[str | None, int] = {None: -1}
    return [
        None if texts is None else np.array([codes.setdefault(t, len(codes)) for t in texts])
        for texts in extracted
    ]


def _agreement(
    first: Outcomes,
    second: Outcomes,
    right: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    answers: tuple[NDArray[np.int64] | None, NDArray[np.int64] | None],
) -> ModelAgreement:
    one, other = right
    both, neither = int((one & other).sum()), int((~one & ~other).sum())
    only_first, only_second = int((one & ~other).sum()), int((~one & other).sum())
    kind: MetricKind = first.kind if first.kind == second.kind else "generated"
    same_wrong = Estimate(None, "", why_no_interval=NO_ANSWERS)
    if answers[0] is not None and answers[1] is not None:
        alike = ~one & ~other & (answers[0] == answers[1]) & (answers[0] >= 0)
        same_wrong = (
            wilson(int(alike.sum()), neither)
            if neither
            else Estimate(None, "", why_no_interval=NONE_WRONG, n=0)
        )
    return ModelAgreement(
        first=first.name,
        second=second.name,
        both_wrong=neither,
        same_outcome=Metric("same outcome", "share", kind, wilson(both + neither, len(one))),
        same_wrong_answer=Metric("the same wrong answer", "share", kind, same_wrong),
        kappa=Metric(
            "Cohen's kappa of being right", "", kind, kappa(both, only_first, only_second, neither)
        ),
    )


def overlap(models: Sequence[Outcomes], problems: Sequence[Asked]) -> Overlap:
    """Which of these problems, in the order of the outcomes, the models solve together."""
    right = np.array([m.right for m in models], dtype=bool).reshape(len(models), len(problems))
    solvers = right.sum(axis=0)
    one = np.flatnonzero(solvers == 1)
    by_whom = {int(place): int(np.argmax(right[:, place])) for place in one}
    alone = {m: sum(who == m for who in by_whom.values()) for m in range(len(models))}
    return Overlap(
        models=tuple(m.name for m in models),
        n=len(problems),
        solved_by=tuple(int((solvers == k).sum()) for k in range(len(models) + 1)),
        alone=tuple((models[m].name, count) for m, count in alone.items()),
        solved_by_one=_listed(models, problems, by_whom),
    )


def _listed(
    models: Sequence[Outcomes], problems: Sequence[Asked], by_whom: Mapping[int, int]
) -> tuple[SolvedByOne, ...]:
    return tuple(
        SolvedByOne(
            problem_id=problems[place].problem_id,
            question=problems[place].question,
            category=problems[place].category,
            model=models[who].name,
        )
        for place, who in sorted(by_whom.items(), key=lambda item: (item[1], item[0]))[:MOST_LISTED]
    )
