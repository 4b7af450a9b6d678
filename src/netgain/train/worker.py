"""The process that trains: `python -m netgain.train.worker JOB`.

A run starts it, so that all its memory is given back when it ends, and so that an end by the
system's memory killer ends the training alone. torchrun and `accelerate launch` start several.

It tells of itself in lines of JSON on its standard output, and reads answers to what it asks from
its standard input. When that closes, whoever started it is gone, and it ends at once.
"""

import contextlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock

from netgain.errors import NetgainError, TrainingError
from netgain.models.loading import is_out_of_memory
from netgain.train.history import TaskScore
from netgain.train.job import Job, as_line, read_examples, read_job
from netgain.train.loop import Loop, Talk, ToldToEnd
from netgain.train.processes import Group, join_group, leave_group
from netgain.train.stepping import Stepper
from netgain.train.weights import Origin, hold

OUT_OF_MEMORY = 75  # the exit status that asks for smaller micro-batches
END = {"end": True}  # the answer to a round that is not played, since the run was told to end
LISTENS = "NETGAIN_WORKER_LISTENS"  # set by a run, which answers; torchrun does not


class Line(logging.Handler):
    """netgain's log messages, as lines for the run that started this."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(logging.DEBUG)
        self.out = out

    def emit(self, record: logging.LogRecord) -> None:
        self.out.write(as_line(log=[record.levelno, record.getMessage()]))
        self.out.flush()


def main(path: str) -> None:
    """Do a job; the exit status is 0, or `OUT_OF_MEMORY`, or 1 with the reason told in a line."""
    # Standard output is for our lines alone; what libraries print goes to standard error.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logger = logging.getLogger("netgain")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(Line(out))
    warnings.simplefilter("ignore", FutureWarning)  # of libraries, for their own authors
    answers: queue.Queue[str] = queue.Queue()
    listens = LISTENS in os.environ
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())  # heeded after a step, saved
    if listens:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what Ctrl-C ends
        threading.Thread(target=_listen, args=(answers,), daemon=True).start()

    def tell(**said: Any) -> None:
        out.write(as_line(**said))
        out.flush()

    def ask(step: int, weights: Path | None) -> TaskScore:
        tell(ask=[step, None if weights is None else str(weights)])
        return TaskScore(**json.loads(answers.get()))

    def roll(step: int, weights: Path | None) -> dict[str, float]:
        tell(roll=[step, None if weights is None else str(weights)])
        said: dict[str, float] = json.loads(answers.get())
        if said == END:
            raise ToldToEnd
        return said

    group = join_group()
    if group.rank:
        talk = Talk(lambda *_: None)
    else:
        talk = Talk(
            lambda *news: tell(progress=news),
            ask if listens else None, roll if listens else None, told_to_end.is_set,
            lambda row: tell(row=row),
        )  # fmt: skip
    try:
        tell(done=_do(read_job(Path(path)), group, talk))
    except NetgainError as error:
        tell(error=[type(error).__name__, str(error)])
        sys.exit(1)
    except ToldToEnd:  # now it ends as SIGTERM ends a process, so that who started it sees why
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        sys.exit(OUT_OF_MEMORY)
    finally:
        with contextlib.suppress(Exception):
            leave_group(group)


def _do(job: Job, group: Group, talk: Talk) -> dict[str, int | float | None]:
    settings = job.train_settings()
    if (settings.accuracy or settings.method == "grpo") and LISTENS not in os.environ:
        raise TrainingError(
            "train.accuracy and train.method: grpo have problems answered by the run that starts "
            "the training, and nobody listens here; leave them out, or give the command netgain run"
        )
    # A worker whose run was killed may live on for a moment: it must be gone first.
    alone = FileLock(job.checkpoints / ".lock") if group.rank == 0 else contextlib.nullcontext()
    with alone:
        group.wait()
        origin = Origin(Path(job.base), job.description, job.revision)
        held = hold(origin, settings, job.precision)
        if job.start is not None:
            held.restore(Path(job.start))
        stepper = Stepper(held, settings, job.budget, group)
        examples = read_examples(job.checkpoints / "train.parquet")
        validation = read_examples(job.checkpoints / "validation.parquet")
        loop = Loop(job, held, stepper, examples, validation, group, talk)
        loop.run()
        sizes = [p.numel() for p in held.model.parameters()]
        return {
            "parameters": sum(sizes),
            "trainable_parameters": sum(m.numel() for m in held.masters.values()),
            "peak_bytes": stepper.peak_memory(),
            "checkpoint_seconds": sum(loop.saving) / len(loop.saving) if loop.saving else None,
        }


def _listen(answers: queue.Queue[str]) -> None:
    for line in sys.stdin:
        answers.put(line)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
