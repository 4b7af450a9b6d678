"""What runs in a worker of Ray: an engine of its own, and where it was loaded."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netgain import provenance
from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.sampler import Sampler
from netgain.generate.units import Load
from netgain.records import Generation

log = logging.getLogger("netgain")
# Packages in which workers must be alike: this machine's versions are recorded with the answers.
ANSWERING = (
    "netgain", "torch", "transformers", "tokenizers", "peft", "openvino", "openvino-genai", "vllm",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where an engine was loaded, as far as it decides the answers."""

    host: str
    versions: Mapping[str, str]
    gpus: tuple[str, ...]

    @classmethod
    def here(cls) -> Place:
        versions = {k: v for k, v in provenance.versions().items() if k in ANSWERING}
        return cls(socket.gethostname(), versions, provenance.gpus())

    def differs_from(self, other: Place) -> str:
        """What differs, in words; "" where the same answers may be expected.

        A package that only one of them has is no difference: an engine that lacks it says so.
        """
        different = [
            f"{name} {self.versions[name]} instead of {version}"
            for name, version in other.versions.items()
            if self.versions.get(name, version) != version
        ]
        if set(self.gpus) != set(other.gpus):
            ours, theirs = (", ".join(sorted(set(p.gpus))) or "none" for p in (self, other))
            different.append(f"GPU {ours} instead of {theirs}")
        return "; ".join(different)


class EngineWorker:
    """The actor: one engine, loaded once, that answers a unit at a time."""

    sampler: Sampler

    def load(self, load: Load, threads: int) -> Place:
        limit_threads(threads)
        self.sampler = load()
        return Place.here()

    def answer(
        self, questions: Sequence[Question], asking: Asking
    ) -> tuple[list[Generation], list[str]]:
        """A unit's rows, and what was warned of meanwhile: a worker's own log is seen by nobody."""
        warned = _Warnings()
        log.addHandler(warned)
        try:
            return answer_unit(self.sampler, questions, asking), warned.messages
        finally:
            log.removeHandler(warned)


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def limit_threads(share: int) -> None:
    """Compute on a share of the cores, or on fewer where OMP_NUM_THREADS says so already."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    threads = min(share, int(asked)) if asked.isdecimal() and int(asked) else share
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    if "torch" in sys.modules:  # it has read the environment already
        import torch

        torch.set_num_threads(threads)
