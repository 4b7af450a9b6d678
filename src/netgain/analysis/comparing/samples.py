"""What one model's graded answers come to: accuracies, maj@k and pass@k, over problems.

A problem counts once, however many samples it has. Answers come in one problem at a time, and only
counts of them are kept, so that a million take no more memory than a few.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scipy import stats

from netgain.analysis.estimates.statistics import LEVEL, NO_PROBLEMS, wilson
from netgain.grading.samples import majorities, pass_at_k
from netgain.records import Estimate, Grade, Metric

ACCURACIES: Mapping[str, str] = {
    "robust": "accuracy",
    "strict": "accuracy by the strict grader",
    "flexible": "accuracy by the flexible grader",
}
MEAN_METHOD = "mean over problems, interval with z²/2 added problems at 0 and at 1"


@dataclass
class Tally:
    """Counts over the problems seen so far: enough for every figure of `summarise`.

    `right[grader]` counts problems by (samples, right samples). `majority[j]` is the number of
    problems whose first j + 1 samples have a right majority.
    """

    right: dict[str, Counter[tuple[int, int]]] = field(
        default_factory=lambda: {grader: Counter() for grader in ACCURACIES}
    )
    majority: list[int] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)

    def add(self, grades: Sequence[Grade]) -> None:
        """Count one problem with its samples, in the order in which they were drawn."""
        n = len(grades)
        self.right["robust"][n, sum(g.correct for g in grades)] += 1
        self.right["strict"][n, sum(g.strict for g in grades)] += 1
        self.right["flexible"][n, sum(g.flexible for g in grades)] += 1
        for grade in grades:
            (self.rules if grade.extracted is not None else self.unanswered)[grade.rule] += 1
        self.majority += [0] * (n - len(self.majority))
        right = {g.extracted for g in grades if g.correct}
        for place, answer in enumerate(majorities([g.extracted for g in grades])):
            self.majority[place] += answer in right


@dataclass(frozen=True)
class AnswersSummary:
    """One model's answers in figures.

    `n` problems with `samples` answers in all. `majority` and `passed` are maj@k and pass@k by k,
    up to the number of samples that every problem has; empty where that is one. `rules` counts the
    answers by what found them, `unanswered` those without one by the reason.
    """

    n: int
    samples: int
    accuracies: Mapping[str, Metric]
    majority: Mapping[int, Metric]
    passed: Mapping[int, Metric]
    rules: Mapping[str, int]
    unanswered: Mapping[str, int]


def summarise(tally: Tally) -> AnswersSummary:
    """Every figure that the counts give, each with an interval over problems."""
    robust = tally.right["robust"]
    most = min((n for n, _ in robust), default=0)
    ks = [k for k in (2**i for i in range(most.bit_length())) if k < most] + [most]
    return AnswersSummary(
        n=robust.total(),
        samples=sum(n * count for (n, _), count in robust.items()),
        accuracies={
            grader: _share(name, mean_share(_values(tally.right[grader], 1)))
            for grader, name in ACCURACIES.items()
        },
        majority={
            k: _share(f"maj@{k}", wilson(tally.majority[k - 1], robust.total()))
            for k in ks
            if most > 1
        },
        passed={k: _share(f"pass@{k}", mean_share(_values(robust, k))) for k in ks if most > 1},
        rules=dict(tally.rules.most_common()),
        unanswered=dict(tally.unanswered.most_common()),
    )


def mean_share(values: Mapping[float, int], level: float = LEVEL) -> Estimate:
    """The mean of values between 0 and 1, one a problem, with an interval over problems.

    Wilson's score interval where all values are 0 or 1. Otherwise the adjusted Wald interval of
    Agresti & Coull 1998 (The American Statistician 52:119), which has Wilson's centre, taken from
    shares of 0 and 1 to values between them: z²/2 problems at 0 and as many at 1 are added, then
    mean ± z standard errors. So it is never of no width, and near 0 and 1, where Student's t is
    far too short, it errs on the long side.

    Args:
        values: how many problems have each value.
    """
    n = sum(values.values())
    if n == 0:
        return Estimate(None, MEAN_METHOD, why_no_interval=NO_PROBLEMS, n=0)
    if values.keys() <= {0, 1}:
        return wilson(values.get(1, 0), n, level)
    z2 = float(stats.norm.isf((1 - level) / 2)) ** 2
    total = math.fsum(value * count for value, count in values.items())
    squares = math.fsum(value**2 * count for value, count in values.items())
    centre = (total + z2 / 2) / (n + z2)
    variance = max(0.0, (squares + z2 / 2) / (n + z2) - centre**2)
    half = math.sqrt(z2 * variance / (n + z2))
    interval = (max(0.0, centre - half), min(1.0, centre + half))
    return Estimate(total / n, MEAN_METHOD, interval, level=level, n=n)


def _values(right: Mapping[tuple[int, int], int], k: int) -> dict[float, int]:
    values: Counter[float] = Counter()
    for (n, right_samples), problems in right.items():
        values[pass_at_k(n, right_samples, k)] += problems
    return values


def _share(name: str, estimate: Estimate) -> Metric:
    return Metric(name, "share", "generated", estimate)
