"""Outputs graded a second on one core, against math-verify in the same run.

    python benchmarks/grading_speed.py [FILE.jsonl] [--rows N] [--rounds N]

`grade` here is all three graders and the explained grade. FILE has `completion` and `gold` on each
row; without it, solutions of built-in word problems are graded, which are shorter than a model's.
math-verify is run where it is installed (pip install 'math-verify[antlr4_13_2]==0.9.0') on a part
of the same rows. The two take turns, so that a busy machine slows both; the ratio is the figure.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from netgain.data.wordproblems import word_problems
from netgain.grading import gold_answer, grade

Row = tuple[str, str, Fraction]


def main() -> None:
    parser = argparse.ArgumentParser(description="Outputs graded a second.")
    parser.add_argument("file", nargs="?", type=Path, help="JSON lines with completion and gold")
    parser.add_argument("--rows", type=int, default=400, help="rows for math-verify")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows = read(arguments.file) if arguments.file else built_in()
    step = max(1, len(rows) // arguments.rows)
    length = statistics.mean(len(text) for text, _, _ in rows)
    print(f"{len(rows):,} outputs of {length:.0f} characters on average, one core")
    ours, theirs = [], []
    has_math_verify = importlib.util.find_spec("math_verify") is not None
    for _ in range(arguments.rounds):
        ours.append(rate(rows, lambda text, _, gold: grade(text, gold)))
        if has_math_verify:
            theirs.append(rate(rows[::step], math_verify_grade()))
    report("netgain, three graders", ours)
    if not has_math_verify:
        print("math-verify is not installed: pip install 'math-verify[antlr4_13_2]==0.9.0'")
        return
    report("math-verify", theirs)
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(f"ratio: {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        return [(row["completion"], row["gold"], gold_answer(row["gold"])) for row in rows]


def built_in() -> list[Row]:
    problems = word_problems(2000, 1)
    return [(p.solution, str(p.answer), p.answer) for p in problems if p.answer is not None]


def math_verify_grade() -> Callable[[str, str, Fraction], bool]:
    from math_verify import parse, verify

    def graded(text: str, gold: str, _: Fraction) -> bool:
        return bool(verify(parse(gold), parse(text)))

    return graded


def rate(rows: Sequence[Row], graded: Callable[[str, str, Fraction], object]) -> float:
    began = time.process_time()
    for row in rows:
        graded(*row)
    return len(rows) / (time.process_time() - began)


def report(name: str, rates: list[float]) -> None:
    print(f"{name}: {statistics.median(rates):,.0f} a second ({min(rates):,.0f}–{max(rates):,.0f})")


if __name__ == "__main__":
    main()
