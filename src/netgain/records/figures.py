"""Numbers with their uncertainty and their kind: the only ones that reach a reader."""

from __future__ import annotations

import operator
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

MetricKind = Literal[
    "teacher_forced", "generated", "choice_loglikelihood", "measured", "projected", "published"
]
# Every name a teacher-forced number may bear. A list and not a rule, so that nothing slips past.
TEACHER_FORCED_NAMES: frozenset[str] = frozenset(
    {
        "training loss at the start",
        "training loss at the end",
        "change of training loss",
        "validation loss at the start",
        "validation loss, best",
        "validation loss at the end",
        "change of validation loss",
        "change of validation loss, start to end",
        "generalisation gap of the loss, at the kept step",
        "generalisation gap of the loss, at the end",
        "teacher-forced token accuracy, at the start",
        "teacher-forced token accuracy, of the kept adapter",
        "teacher-forced token accuracy, at the end",
    }
)
ACCURACY_KINDS: frozenset[str] = frozenset({"generated", "choice_loglikelihood", "published"})
OF_ANSWERS: frozenset[str] = frozenset({"generated", "choice_loglikelihood"})
A_CHANGE = ("change", "difference", "gain", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Share:
    """Counts of problems by what became of them: the only thing a share of answers is made of.

    Each of `counts` is (part, whole, problems): that many problems have part / whole. One answer a
    problem gives (0, 1, wrong) and (1, 1, right); eight answers give parts of 8.

    >>> Share.of([True, True, False]).value, Share.of([[True, False], [True, True]]).value
    (0.6666666666666666, 0.75)
    >>> Share.of([0.823])
    Traceback (most recent call last):
    TypeError: ...
    """

    counts: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        numbers = [x for row in self.counts for x in row]
        if any(isinstance(x, bool) or not isinstance(x, int) for x in numbers):
            raise TypeError("a share is made of whole numbers")
        if not all(0 <= part <= whole and whole and many > 0 for part, whole, many in self.counts):
            raise ValueError(f"{self.counts} cannot be: 0 <= part <= whole, and problems")

    @classmethod
    def of(cls, outcomes: Iterable[Any]) -> Share:
        """Right and wrong answers: grades or bools, one a problem, or a list of them a problem.

        Raises:
            TypeError: anything else, such as a number that was measured in another way.
        """
        found: Counter[tuple[int, int]] = Counter()
        for outcome in outcomes:
            several = outcome if isinstance(outcome, Sequence) else (outcome,)
            found[sum(map(_right, several)), len(several)] += 1
        return cls(tuple((part, whole, many) for (part, whole), many in sorted(found.items())))

    @classmethod
    def count(cls, part: int, n: int) -> Share:
        """`part` of n problems."""
        part, n = operator.index(part), operator.index(n)
        rows = ((0, 1, n - part), (1, 1, part))
        if not 0 <= part <= n:
            raise ValueError(f"{part} of {n} cannot be: 0 <= part <= n")
        return cls(tuple(row for row in rows if row[2]))

    @classmethod
    def by_value(cls, values: Mapping[Fraction, int]) -> Share:
        """How many problems have each value."""
        rows = sorted(values.items())
        return cls(tuple((v.numerator, v.denominator, many) for v, many in rows if many))

    @property
    def n(self) -> int:
        return sum(many for _, _, many in self.counts)

    @property
    def value(self) -> float | None:
        """The mean over problems; None where there are none."""
        if not self.counts:
            return None
        total = sum((Fraction(part * many, whole) for part, whole, many in self.counts), Fraction())
        return float(total / self.n)


def _right(outcome: Any) -> bool:
    right = getattr(outcome, "correct", outcome)
    if right is not True and right is not False and type(right).__name__ not in {"bool", "bool_"}:
        raise TypeError(f"{outcome!r:.40} is no right or wrong answer")
    return bool(right)


@dataclass(frozen=True)
class Estimate:
    """A value with its uncertainty. Without an interval, `why_no_interval` says why.

    `value` is None where the quantity is undefined (never 0 in its place). `share` are the counts
    that a share of answers is made of.
    """

    value: float | None
    method: str
    interval: tuple[float, float] | None = None
    why_no_interval: str = ""
    level: float | None = None
    n: int | None = None
    share: Share | None = None

    def __post_init__(self) -> None:
        if self.share is not None and (self.share.value, self.share.n) != (self.value, self.n):
            raise ValueError("the value and n of a share must be those of its counts")
        if self.interval is None and not self.why_no_interval:
            raise ValueError("an estimate without an interval must say why (why_no_interval)")
        if self.interval is not None and self.level is None:
            raise ValueError("an interval needs its level")


@dataclass(frozen=True)
class Metric:
    """The only way a number reaches a reader.

    A share of answers is built from counts of them alone (`Share`), and a share of right answers
    may be called accuracy only where answers were generated, chosen by log-likelihood, or
    published. A teacher-forced number can only bear a name of `TEACHER_FORCED_NAMES`.

    >>> Metric("accuracy", "share", "generated", Estimate(0.823, "TRL", why_no_interval="one"))
    Traceback (most recent call last):
    ValueError: ...
    """

    name: str
    unit: str
    kind: MetricKind
    estimate: Estimate
    note: str = ""

    def __post_init__(self) -> None:
        name = _folded(self.name)
        if self.kind == "teacher_forced":
            if self.name not in TEACHER_FORCED_NAMES:
                raise ValueError(
                    f"{self.name!r} is no name for a teacher-forced number (an accuracy on the "
                    "task least of all); choose one of: " + "; ".join(sorted(TEACHER_FORCED_NAMES))
                )
        elif self.kind not in ACCURACY_KINDS and "accura" in name:
            raise ValueError(f"a {self.kind} metric cannot be named {self.name!r}")
        elif "teacher-forced" in name:
            raise ValueError(f"{self.name!r} says teacher-forced but its kind is {self.kind!r}")
        elif self.kind in ACCURACY_KINDS and self.estimate.value is not None:
            self._refuse_without_counts(name)

    def _refuse_without_counts(self, name: str) -> None:
        """A figure of answers has its n; a share of them has its counts."""
        if not self.estimate.n:
            raise ValueError(f"{self.name!r} does not say of how many problems it is (n)")
        if self.kind not in OF_ANSWERS or self.estimate.share is not None:
            return
        is_change = self.unit == "points" and any(word in name for word in A_CHANGE)
        if self.unit == "share" or ("accura" in name and not is_change):
            raise ValueError(
                f"{self.name!r} is not made of counted answers: build it from them (Share.of)"
            )


def _folded(name: str) -> str:
    """Case, width and invisible characters removed, so that no spelling slips past the check."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in {"Cf", "Mn"})
