"""Who judges answers: this process, or others beside it where there are very many.

The others are plain interpreters, started for one task each. Nothing of the calling program is
loaded in them, so that a script may ask for a report in any line of its own. They only save time:
what one of them does not answer rightly and in good time is judged here, and no other is asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import netgain
from netgain.diagnosis.judging import (
    DIAGNOSED,
    GRADED,
    Answers,
    Columns,
    answers_line,
    judge_all,
)
from netgain.provenance import cores

MOST_PROCESSES = 4
ENOUGH = 20_000  # answers, below which starting processes takes longer than they save
ROWS_A_TASK = 8_000  # answers that are handed over at once
CHARACTERS_A_TASK = 16 << 20  # likewise, where they are long
PATIENCE = 120.0  # seconds for a task, which takes one or a few
BEGIN = (
    "import sys; sys.path.insert(0, sys.argv[1]); from netgain.diagnosis.judging import serve; "
    "serve()"
)

Tag = TypeVar("Tag")
Batch = tuple[Tag, Answers | None]  # None where there is nothing to judge


class Judges:
    """Judges batches of answers in their order, in other processes where there are enough."""

    def __init__(self, in_all: int) -> None:
        """`in_all` is about how many answers there are to judge."""
        self.processes = min(MOST_PROCESSES, cores()) if in_all >= ENOUGH else 1
        self._threads = ThreadPoolExecutor(self.processes)
        self._useless = False

    def __enter__(self) -> Judges:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def judged(self, batches: Iterable[Batch[Tag]]) -> Iterator[tuple[Tag, Columns | None]]:
        """Each batch's tag with its judgements, in order; only a few batches are held at a time."""
        waiting: deque[tuple[list[Batch[Tag]], Future[list[Columns]]]] = deque()
        for task in _tasks(batches):
            waiting.append((task, self._hand_over([a for _, a in task if a is not None])))
            if len(waiting) > self.processes:
                yield from _together(*waiting.popleft())
        while waiting:
            yield from _together(*waiting.popleft())

    def _hand_over(self, answers: list[Answers]) -> Future[list[Columns]]:
        if self.processes > 1 and answers:
            return self._threads.submit(self._elsewhere, answers)
        done: Future[list[Columns]] = Future()
        done.set_result(judge_all(answers))
        return done

    def _elsewhere(self, answers: list[Answers]) -> list[Columns]:
        """Have another process judge; where it fails, this one does, and raises what there is."""
        found = None if self._useless else _asked(answers)
        self._useless |= found is None
        return judge_all(answers) if found is None else found


def _asked(answers: list[Answers]) -> list[Columns] | None:
    """Another process's judgements; None where they are not of just these answers."""
    package = Path(netgain.__file__).resolve().parents[1]
    # Without site's packages and its start-up files, which may print.
    command = [sys.executable, "-I", "-S", "-c", BEGIN, str(package)]
    try:
        done = subprocess.run(
            command, input=answers_line(answers), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=PATIENCE, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout)
    except (OSError, ValueError, RecursionError, subprocess.SubprocessError):
        return None
    return found if _is_of(found, answers) else None


def _is_of(found: Any, answers: list[Answers]) -> bool:
    """Whether these are judgements of just these answers."""
    return (
        isinstance(found, list)
        and len(found) == len(answers)
        and all(
            isinstance(columns, dict)
            and columns.keys() == {*GRADED, *DIAGNOSED}
            and columns["problem_id"] == list(batch.problem_ids)
            and all(
                isinstance(c, list) and len(c) == len(batch.problem_ids) for c in columns.values()
            )
            for columns, batch in zip(found, answers, strict=True)
        )
    )


def _together(
    task: list[Batch[Tag]], future: Future[list[Columns]]
) -> Iterator[tuple[Tag, Columns | None]]:
    judged = iter(future.result())
    return ((tag, None if answers is None else next(judged)) for tag, answers in task)


def _tasks(batches: Iterable[Batch[Tag]]) -> Iterator[list[Batch[Tag]]]:
    """Batches together, so many that handing them over is worth it."""
    task: list[Batch[Tag]] = []
    rows = 0
    for batch in batches:
        task.append(batch)
        # What is stored costs nothing to judge, but is held until its turn comes.
        rows += ROWS_A_TASK // 40 if batch[1] is None else _weight(batch[1])
        if rows >= ROWS_A_TASK:
            yield task
            task, rows = [], 0
    if task:
        yield task


def _weight(answers: Answers) -> int:
    """How many answers of usual length these stand for."""
    characters = sum(map(len, answers.texts))
    return max(len(answers.texts), ROWS_A_TASK * characters // CHARACTERS_A_TASK)
