"""Equations that are called false in a model's answers, each in its step, to be read by eye.

    python benchmarks/false_equations.py ANSWERS.jsonl [--sample N]

Rows are as `netgain diagnose` takes them. What share of the equations is really false is for a
reader to say.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from netgain.data.rows_of_answers import MAX_ANSWER_LINE_BYTES
from netgain.data.to_diagnose import case_of
from netgain.diagnosis import diagnose
from netgain.errors import DataError
from netgain.rowfiles import rows_of

SHOWN = 300  # characters of a step


def main() -> None:
    parser = argparse.ArgumentParser(description="Equations that are called false.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--sample", type=int, default=150, help="so many of them, at random")
    arguments = parser.parse_args()
    found, n = [], 0
    for line, row in rows_of(arguments.file, MAX_ANSWER_LINE_BYTES):
        try:
            case = case_of(row)
        except DataError:
            continue
        n += 1
        answer = diagnose(case.question, case.solution, finish_reason=case.finish_reason)
        for equation in answer.equations:
            if equation.holds is False:
                found.append((line, equation.text, answer.steps[equation.step][-SHOWN:]))
    print(f"{len(found)} equations in {n} answers are called false")
    for line, text, step in random.Random(0).sample(found, min(len(found), arguments.sample)):
        print(f"\n{line}: {text!r}\n    {step!r}")


if __name__ == "__main__":
    main()
