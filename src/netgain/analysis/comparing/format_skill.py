"""Format against skill: how much of a change in strict accuracy is more than a matter of form.

strict = skill + unattributed + format, problem by problem and so in all:

- skill + unattributed is the change in robust accuracy, which reads an answer in any form.
- unattributed are the problems won on which the base model's answer was cut off or could not be
  read: whether it could have solved them is not known. (Problems lost because the tuned model's
  answer could not be read stay with skill, so that skill never flatters the tuning.)
- format is the change of strict − robust: what the strict grader sees and the robust one does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from netgain.analysis.comparing.comparison import counts_of_pairs
from netgain.analysis.estimates.statistics import LEVEL, paired_difference, wilson
from netgain.analysis.inputs import Answered, answered
from netgain.records import Estimate, FormatSkill, Grade, Metric
from netgain.wording import MINUS

NAMES = {
    "strict": ("change in strict accuracy", ""),
    "skill": ("due to skill", "; change in robust accuracy, without the next row"),
    "unattributed": (
        "due to skill or format, not known which",
        "; won where the base gave no readable answer",
    ),
    "format": ("due to format", "; change of strict − robust accuracy"),
}  # fmt: skip
ADJUSTED_METHOD = (
    "mean of differences, adjusted Wald interval with one added problem at either end "
    "(Bonett & Price 2012)"
)


def format_and_skill(base: Sequence[Grade], tuned: Sequence[Grade]) -> FormatSkill | None:
    """The parts of the change in strict accuracy on the same problems; None without problems.

    Raises:
        EvaluationError: they are not of the same problems, once each.
    """
    ids = list(dict.fromkeys(g.problem_id for g in base))
    return parts_of_change(answered(ids, base), answered(ids, tuned))


def parts_of_change(base: Answered, tuned: Answered) -> FormatSkill | None:
    """The same from columns, problem by problem in the same order."""
    n = len(base)
    if n == 0:
        return None
    unread = tuned.correct & ~base.correct & ~base.read
    won_unread = int(unread.sum())
    gain = int(tuned.strict.sum()) - int(base.strict.sum())
    robust = int(tuned.correct.sum()) - int(base.correct.sum())
    counts = {
        "strict": gain, "skill": robust - won_unread, "unattributed": won_unread,
        "format": gain - robust,
    }  # fmt: skip
    estimates = {
        "strict": paired_difference(*counts_of_pairs(base.strict, tuned.strict)),
        "skill": paired_difference(*counts_of_pairs(base.correct, tuned.correct & ~unread)),
        "unattributed": wilson(won_unread, n),
        "format": _format(base, tuned),
    }
    metrics = tuple(
        Metric(name, "points", "generated", estimates[part], _problems(counts[part], n) + meaning)
        for part, (name, meaning) in NAMES.items()
    )
    return FormatSkill(n=n, **counts, metrics=metrics)


def _problems(count: int, n: int) -> str:
    return f"{count:+d} of {n} problems".replace("-", MINUS)


def _format(base: Answered, tuned: Answered) -> Estimate:
    """The mean of (strict − robust) after − before.

    Where the strict grader accepts nothing that the robust one refuses, this is a difference of
    paired shares: of right answers that the strict grader misses, before and after.
    """
    if any((of.strict & ~of.correct).any() for of in (base, tuned)):
        parts = (tuned.strict, tuned.correct, base.strict, base.correct)
        after, right_after, before, right_before = (of.astype(np.int8) for of in parts)
        return mean_difference(((after - right_after) - (before - right_before)).tolist())
    missed = (of.correct & ~of.strict for of in (tuned, base))
    return paired_difference(*counts_of_pairs(*missed))


def mean_difference(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """The mean of paired differences, one a problem, with an interval over problems.

    The adjusted Wald interval of Bonett & Price 2012 (Journal of Educational and Behavioral
    Statistics 37:479) for differences in {−1, 0, 1}, taken to any bounded ones: one problem at
    either end of the range (1 or the largest difference seen) is added, then mean ± z standard
    errors. It has a width even where all differences are equal.
    """
    n = len(values)
    end = max([1.0, *map(abs, values)])
    centre = math.fsum(values) / (n + 2)
    squares = (math.fsum(value**2 for value in values) + 2 * end**2) / (n + 2)
    z = float(stats.norm.isf((1 - level) / 2))
    half = z * math.sqrt(max(0.0, squares - centre**2) / (n + 2))
    interval = (max(-end, centre - half), min(end, centre + half))
    return Estimate(math.fsum(values) / n, ADJUSTED_METHOD, interval, level=level, n=n)
