"""What Ray's workers cost: one process against one and two workers.

    python benchmarks/scale_out.py

The engine is a stand-in that waits as long as an engine would compute, so that what is measured is
the handing out and the way back, whatever else the machine is doing. Takes about two minutes.
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Any

from netgain import provenance
from netgain.generate.answering import Asking, Question, answer_here
from netgain.generate.sampler import Answer, Request, Sampling
from netgain.generate.scale_out import answer_on_workers
from netgain.prompts import chat_prompt
from netgain.records import Generation

UNITS, QUESTIONS = 40, 64
PROMPT, ANSWER = "Every sentence here is as long as a problem's. " * 60, "so it is 12. " * 60


class Waiting:
    """Answers of some 800 characters to prompts of some 3,000, after a fixed time."""

    renderer: Any = None

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def generate(
        self, requests: list[Request], sampling: Sampling, tell: Any = None
    ) -> list[Answer]:
        time.sleep(self.seconds)
        return [Answer(ANSWER, "stop", 700, 250, self.seconds) for _ in requests]


def make_units() -> dict[int, list[Question]]:
    return {
        unit: [
            Question(f"{unit}-{i}", chat_prompt((("user", f"{PROMPT}{unit}-{i}"),)))
            for i in range(QUESTIONS)
        ]
        for unit in range(UNITS)
    }


def timed(workers: int, seconds: float) -> tuple[float, float]:
    """Seconds until the first unit was stored, and from then to the last."""
    stored: list[float] = []
    rows: dict[int, list[Generation]] = {}

    def done(unit: int, found: list[Generation]) -> None:
        stored.append(time.monotonic())
        rows[unit] = found

    began = time.monotonic()
    load, asking = partial(Waiting, seconds), Asking(Sampling(max_new_tokens=256))
    if workers:
        answer_on_workers(load, make_units(), asking, done, workers)
    else:
        answer_here(load, make_units(), asking, done)
    assert len(stored) == len(rows) == UNITS
    return stored[0] - began, stored[-1] - stored[0]


def main() -> None:
    print(", ".join(f"{k}: {v}" for k, v in provenance.hardware().items()))
    print(f"load average at the start: {os.getloadavg()[0]:.1f}")
    print(f"{UNITS} units of {QUESTIONS} questions, 3,000 characters each\n")
    print("| a unit takes | workers | until the first is stored, s | the others, s | a unit more |")
    print("|---|---|---|---|---|")
    for seconds in (0.0, 1.0):
        for workers in (0, 1, 2):
            first, rest = timed(workers, seconds)
            each = rest / (UNITS - 1) * max(workers, 1) - seconds
            name = workers or "this process"
            print(
                f"| {seconds:.0f} s | {name} | {first:.1f} | {rest:.2f} | {1000 * each:+.0f} ms |"
            )


if __name__ == "__main__":
    main()
