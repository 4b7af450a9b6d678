"""What runs in a worker of Ray: an engine of its own, and where it was loaded."""

import logging
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from netgain import provenance
from netgain.errors import EvaluationError
from netgain.generate.answering import Asking, Load, Question, answer_unit
from netgain.generate.sampler import Sampler
from netgain.records import Generation

log = logging.getLogger("netgain")
# Packages in which workers must be alike: this machine's versions are recorded with the answers.
ANSWERING = (
    "netgain", "torch", "transformers", "tokenizers", "peft", "openvino", "openvino-genai",
)  # fmt: skip


def place() -> dict[str, str]:
    """What decides the answers here: versions of packages, and the kinds of GPUs."""
    versions = {k: v for k, v in provenance.versions().items() if k in ANSWERING}
    return {**versions, "GPU": ", ".join(sorted(set(provenance.gpus()))) or "none"}


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What differs between two places, in words; "" where the same answers may be expected.

    A package that only one of them has is no difference: an engine that lacks it says so.
    """
    return "; ".join(
        f"{name} {here[name]} instead of {value}"
        for name, value in there.items()
        if here.get(name, value) != value
    )


MOST_TRIES = 3  # workers that a unit may end before it is given up


class GivenUp(EvaluationError):
    """A unit ended every worker that had it."""


class Told:
    """An actor that adds up what all workers did, and how often each unit was begun."""

    def __init__(self) -> None:
        self.sums, self.loaded = [0, 0], 0
        self.begun: Counter[int] = Counter()

    def begin(self, unit: int) -> int:
        self.begun[unit] += 1
        return self.begun[unit]

    def add(self, answers: int, tokens: int) -> None:
        self.sums[0] += answers
        self.sums[1] += tokens

    def load(self) -> None:
        self.loaded += 1

    def take(self) -> tuple[int, int, int]:
        """Answers that ended and tokens since it was taken last; engines that were ever loaded."""
        (answers, tokens), self.sums = self.sums, [0, 0]
        return answers, tokens, self.loaded


class EngineWorker:
    """The actor: one engine, loaded once, that answers a unit at a time.

    Args:
        threads: what it may compute with.
        asked_from: where the command was given: answers are recorded with what is there.
    """

    sampler: Sampler | None = None

    def __init__(self, load: Load, threads: int, asked_from: Mapping[str, str]) -> None:
        self.load, self.threads, self.asked_from = load, threads, asked_from

    def _load(self) -> Sampler:
        limit_threads(self.threads)
        sampler = self.load()
        different = differences(place(), self.asked_from)
        if different:
            raise EvaluationError(
                f"a worker on {socket.gethostname()} would answer with {different}, and answers "
                "are recorded with what this machine has; install the same everywhere, and give "
                "the command on a machine like the workers"
            )
        return sampler

    def answer(
        self, unit: int, questions: Sequence[Question], asking: Asking, told: Any
    ) -> tuple[int, list[Generation], list[str]]:
        """The unit and its rows, and what was warned of: a worker's own log is seen by nobody.

        Args:
            told: the actor `Told`, which hears every second of what was done.
        """
        import ray

        unsaid, said = [0, 0], time.monotonic()

        def tell(answers: int, tokens: int) -> None:
            nonlocal unsaid, said
            unsaid = [unsaid[0] + answers, unsaid[1] + tokens]
            if time.monotonic() - said >= 1:
                told.add.remote(*unsaid)
                unsaid, said = [0, 0], time.monotonic()

        warned = _Warnings()
        log.addHandler(warned)
        try:
            tries = ray.get(told.begin.remote(unit))
            if tries > MOST_TRIES:
                raise GivenUp(
                    f"it ended {MOST_TRIES} workers one after the other, by a crash or "
                    "for lack of memory"
                )
            if tries > 1:
                log.warning("a worker was lost; unit %d is answered again", unit)
            if self.sampler is None:
                self.sampler = self._load()
                told.load.remote()
            return unit, answer_unit(self.sampler, questions, asking, tell), warned.messages
        finally:
            log.removeHandler(warned)


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"on {socket.gethostname()}: {record.getMessage()}")


def limit_threads(share: int) -> None:
    """Compute on a share of the cores, or on fewer where OMP_NUM_THREADS says so already."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    threads = min(share, int(asked)) if asked.isdecimal() and int(asked) else share
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    if "torch" in sys.modules:  # it has read the environment already
        import torch

        torch.set_num_threads(threads)
