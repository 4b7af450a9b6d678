"""Format against skill: how much of a change in strict accuracy is more than a matter of form.

strict = skill + unattributed + format, problem by problem and so in all:

- skill + unattributed is the change in robust accuracy, which reads an answer in any form.
- unattributed are the problems won on which the base model's answer was cut off or could not be
  read: whether it could have solved them is not known. (Problems lost because the tuned model's
  answer could not be read stay with skill, so that skill never flatters the tuning.)
- format is the change of strict − robust: what the strict grader sees and the robust one does not.
"""

import numpy as np

from netgain.analysis.comparing.pairs import counts_of_pairs
from netgain.analysis.estimates.clustered import mean_difference
from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.inputs import Answered, Flags
from netgain.records import Estimate, FormatSkill, Metric
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


def parts_of_change(base: Answered, tuned: Answered) -> FormatSkill | None:
    """The parts of the change in strict accuracy; None without problems.

    Args:
        base, tuned: problem by problem, in the same order.
    """
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
        "strict": _change(base.strict, tuned.strict),
        "skill": _change(base.correct, tuned.correct & ~unread),
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
        parted = ((after - right_after) - (before - right_before)).tolist()
        return mean_difference(parted, most=max([1.0, *map(abs, parted)]))[0]
    missed = (of.correct & ~of.strict for of in (tuned, base))
    return _change(*missed)


def _change(base: Flags, tuned: Flags) -> Estimate:
    _, lost, won, _ = counts_of_pairs(base, tuned)
    return paired_difference(lost, won, len(base))
