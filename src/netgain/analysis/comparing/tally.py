"""What one model's graded answers come to: accuracies, maj@k and pass@k, over problems.

A problem counts once, however many samples it has. Answers come in one problem at a time, and only
counts of them are kept, so that a million take no more memory than a few.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from netgain.analysis.estimates.statistics import share_estimate
from netgain.grading.several_samples import majorities, pass_at_k
from netgain.records import Grade, Metric, Share

ACCURACIES: Mapping[str, str] = {
    "robust": "accuracy",
    "strict": "accuracy by the strict grader",
    "flexible": "accuracy by the flexible grader",
}
LONGEST = 10**12  # of many samples the exact fractions would be hundreds of digits long


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
    ks = ks if most > 1 else []
    return AnswersSummary(
        n=robust.total(),
        samples=sum(n * count for (n, _), count in robust.items()),
        accuracies={
            grader: _metric(name, passed(tally.right[grader], 1))
            for grader, name in ACCURACIES.items()
        },
        majority={
            k: _metric(f"maj@{k}", Share.count(tally.majority[k - 1], robust.total())) for k in ks
        },
        passed={k: _metric(f"pass@{k}", passed(robust, k)) for k in ks},
        rules=dict(tally.rules.most_common()),
        unanswered=dict(tally.unanswered.most_common()),
    )


def passed(right: Mapping[tuple[int, int], int], k: int) -> Share:
    """pass@k over problems; see `pass_at_k`.

    Args:
        right: how many problems have so many samples, of which so many are right.
    """
    values: Counter[Fraction] = Counter()
    for (n, right_samples), problems in right.items():
        values[pass_at_k(n, right_samples, k).limit_denominator(LONGEST)] += problems
    return Share.by_value(values)


def _metric(name: str, share: Share) -> Metric:
    return Metric(name, "share", "generated", share_estimate(share))
