"""Numbers with their uncertainty and their kind: the only ones that reach a reader."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

MetricKind = Literal[
    "teacher_forced", "generated", "choice_loglikelihood", "measured", "projected", "published"
]
# Every name a teacher-forced number may bear. A list and not a rule, so that nothing slips past.
TEACHER_FORCED_NAMES: frozenset[str] = frozenset(
    {
        "training loss at the start",
        "training loss at the end",
        "change of training loss",
        "change of training loss over the last third",
        "validation loss at the start",
        "validation loss, best",
        "validation loss at the end",
        "change of validation loss",
        "change of validation loss, start to end",
        "change of validation loss over the last third",
        "generalisation gap of the loss, at the kept step",
        "generalisation gap of the loss, at the end",
        "teacher-forced token accuracy, at the start",
        "teacher-forced token accuracy, of the kept adapter",
        "teacher-forced token accuracy, at the end",
        "teacher-forced token accuracy on training batches, at the start",
        "teacher-forced token accuracy on training batches, at the end",
    }
)
ACCURACY_KINDS: frozenset[str] = frozenset({"generated", "choice_loglikelihood", "published"})


@dataclass(frozen=True)
class Estimate:
    """A value with its uncertainty. Without an interval, `why_no_interval` says why.

    `value` is None where the quantity is undefined (never 0 in its place).
    """

    value: float | None
    method: str
    interval: tuple[float, float] | None = None
    why_no_interval: str = ""
    level: float | None = None
    n: int | None = None

    def __post_init__(self) -> None:
        if self.interval is None and not self.why_no_interval:
            raise ValueError("an estimate without an interval must say why (why_no_interval)")
        if self.interval is not None and self.level is None:
            raise ValueError("an interval needs its level")


@dataclass(frozen=True)
class Metric:
    """The only way a number reaches a reader.

    A share of right answers may be called accuracy only where answers were generated, chosen by
    log-likelihood, or published. A teacher-forced number can only bear a name of
    `TEACHER_FORCED_NAMES`.

    >>> Metric("accuracy", "share", "teacher_forced", Estimate(0.9, "TRL", why_no_interval="one"))
    Traceback (most recent call last):
    ValueError: ...
    """

    name: str
    unit: str
    kind: MetricKind
    estimate: Estimate
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind == "teacher_forced":
            if self.name not in TEACHER_FORCED_NAMES:
                raise ValueError(
                    f"{self.name!r} is no name for a teacher-forced number (an accuracy on the "
                    "task least of all); choose one of: " + "; ".join(sorted(TEACHER_FORCED_NAMES))
                )
        elif self.kind not in ACCURACY_KINDS and "accura" in _folded(self.name):
            raise ValueError(f"a {self.kind} metric cannot be named {self.name!r}")
        elif "teacher-forced" in _folded(self.name):
            raise ValueError(f"{self.name!r} says teacher-forced but its kind is {self.kind!r}")


def _folded(name: str) -> str:
    """Case, width and invisible characters removed, so that no spelling slips past the check."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in {"Cf", "Mn"})
