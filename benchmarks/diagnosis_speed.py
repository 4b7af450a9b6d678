"""Solutions diagnosed a second on one core.

    python benchmarks/diagnosis_speed.py [FILE.jsonl] [--rounds N] [--profile]

FILE has question, answer (a GSM8K solution) and completion on each row; without it, solutions of
built-in word problems are diagnosed, which are shorter than a model's. Time is the process's own,
so that a busy machine does not count. Hostile texts of a megabyte follow, each beside one of half
the length: time that is linear in the length shows as a ratio near 2.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from netgain.data.wordproblems import word_problems
from netgain.diagnosis import diagnose
from netgain.diagnosis.diagnosing import gold_of
from netgain.diagnosis.equations import noted
from netgain.diagnosis.reference import read_reference

Row = tuple[str, str, str]  # question, reference, completion
HOSTILE = {
    "one line of equations": "3 + 4 = 8 ",
    "lines of equations": "so 3 + 4 = 8 pens\n",
    "brackets": "(",
    "one long sum": "7 + ",
    "digits": "9",
    "LaTeX fractions": "\\frac{1}{",
    "unknowns": "x + y = 2z\n",
    "letters": "a",
    "new numbers": "1{} ",
    "sentences": "He has 3 pens. ",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Solutions diagnosed a second.")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    rows = read(arguments.file) if arguments.file else built_in()
    length = statistics.mean(len(completion) for _, _, completion in rows)
    print(f"{len(rows):,} solutions of {length:.0f} characters on average, one core")
    if arguments.profile:
        with cProfile.Profile() as profile:
            run(rows[:1500])
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    rates = [len(rows) / run(rows) for _ in range(arguments.rounds)]
    print(f"{statistics.median(rates):,.0f} a second ({min(rates):,.0f} to {max(rates):,.0f})")
    for name, piece in HOSTILE.items():
        half, whole = (
            run([("q", "#### 5", text_of(piece, size))]) for size in (500_000, 1_000_000)
        )
        print(f"1 MB, {name}: {whole:.2f} s, {whole / half:.1f} times half of it")


def run(rows: Sequence[Row]) -> float:
    """Seconds of this process; no question is known from an earlier round."""
    for kept in (read_reference, noted, gold_of):
        kept.cache_clear()
    started = time.process_time()
    for question, reference, completion in rows:
        diagnose(question, completion, gold_solution=reference)
    return time.process_time() - started


def text_of(piece: str, size: int) -> str:
    if "{}" in piece:
        return "".join(piece.format(i) for i in range(size // 7))[:size]
    return (piece * (size // len(piece) + 1))[:size] + "\nThe answer is 7"


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        found = map(json.loads, lines)
        return [(row["question"], row["answer"], row["completion"]) for row in found]


def built_in() -> list[Row]:
    problems = word_problems(3000, 1)
    wrong = [problem.solution.replace("1", "2") for problem in problems]
    return [(p.question, p.solution, text) for p, text in zip(problems, wrong, strict=True)]


if __name__ == "__main__":
    main()
