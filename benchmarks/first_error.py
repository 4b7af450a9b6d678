"""The first wrong step, found and marked by people: exact agreement by source.

    python benchmarks/first_error.py DEV.jsonl [--half 1|2] [--baseline] [--misses SOURCE]

Each row has question, gold_solution, gold_answer, steps and first_error (0-based, −1 for none).
Intervals are Wilson's, at 95%. The rules were chosen on the first half of the questions (dealt by
a digest of their text); the second half is for reporting, and `--misses` does not print it.

The baseline is the simple rule: the first step with a false equation or with a number that neither
question nor reference has, else the last step with an equals sign.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netgain.analysis.estimates.statistics import wilson
from netgain.diagnosis import diagnose
from netgain.diagnosis.checks import holds
from netgain.diagnosis.equations import read
from netgain.diagnosis.reference import numbers_of
from netgain.records import Diagnosis


def main() -> None:
    parser = argparse.ArgumentParser(description="Exact location of the first wrong step.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--baseline", action="store_true", help="the simple rule instead")
    parser.add_argument("--half", type=int, choices=(1, 2), help="of the questions alone")
    parser.add_argument("--misses", metavar="SOURCE", help="print the misses of one source")
    arguments = parser.parse_args()
    rows = read_rows(arguments.file)
    half = 1 if arguments.misses else arguments.half
    rows = [row for row in rows if half in (None, half_of(row))]
    wrong = [row for row in rows if row["first_error"] >= 0]
    if arguments.baseline:
        print(table(wrong, [simple_rule(row) for row in wrong]))
        return
    found = [diagnosed(row) for row in wrong]
    print(table(wrong, [each.first_error for each in found]))
    print(by_confidence(wrong, found))
    right = [row for row in rows if row["first_error"] < 0]
    clean = [row for row in right if diagnosed(row).first_error < 0]
    low, high = wilson(len(clean), len(right)).interval or (0.0, 1.0)
    print(f"right solutions left clean: {len(clean)} of {len(right)} ({low:.1%} to {high:.1%})")
    for row, each in zip(wrong, found, strict=True):
        if source_of(row) == arguments.misses and each.first_error != row["first_error"]:
            print(f"\n{row['id']}: marked {row['first_error'] + 1}, found {each.first_error + 1}")
            print(f"  {each.evidence}")


def read_rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def half_of(row: dict[str, Any]) -> int:
    """1 or 2, the same for all solutions of a question."""
    return int(hashlib.sha256(row["question"].encode()).hexdigest(), 16) % 2 + 1


def by_confidence(rows: Sequence[dict[str, Any]], found: Sequence[Diagnosis]) -> str:
    """How many locations of each confidence are exact."""
    hits: dict[float, list[bool]] = defaultdict(list)
    for row, each in zip(rows, found, strict=True):
        hits[each.confidence].append(each.first_error == row["first_error"])
    return "\n".join(
        f"confidence {confidence}: {sum(exact)} of {len(exact)} exact"
        for confidence, exact in sorted(hits.items())
    )


def source_of(row: dict[str, Any]) -> str:
    if row["source"].startswith("processbench"):
        return "ProcessBench"
    if row["source"] == "stepverify":
        return "StepVerify"
    kind = {"POT": "program of thought"}.get(row["question_type"], row["question_type"])
    return f"MR-GSM8K, {kind}"


def diagnosed(row: dict[str, Any]) -> Diagnosis:
    return diagnose(
        row["question"],
        row["steps"],
        gold_solution=row["gold_solution"] or "",
        gold_answer=row["gold_answer"],
    )


def simple_rule(row: dict[str, Any]) -> int:
    known: set[Any] = set()
    for text in (row["question"], row["gold_solution"] or ""):
        for line in text.split("\n"):
            reading = read(line)
            known.update(numbers_of(reading.tokens), reading.words)
    last = 0
    for index, text in enumerate(row["steps"]):
        reading = read(text)
        if any(holds(equation) is False for equation in reading.equations):
            return index
        if set(numbers_of(reading.tokens)) - known:
            return index
        last = index if "=" in text else last
    return last


def table(rows: Sequence[dict[str, Any]], found: Sequence[int]) -> str:
    """Exact and within one step for each source; Wilson intervals."""
    off: dict[str, list[int]] = defaultdict(list)
    for row, step in zip(rows, found, strict=True):
        off[source_of(row)].append(abs(step - row["first_error"]))
    lines = []
    for source, distances in sorted(off.items()):
        n, exact = len(distances), distances.count(0)
        near = sum(distance <= 1 for distance in distances)
        low, high = wilson(exact, n).interval or (0.0, 1.0)
        lines.append(
            f"{source:30}{exact:4} of {n:4} = {exact / n:6.1%} ({low:.1%} to {high:.1%})  "
            f"within one step {near / n:.1%}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
