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

from scipy import stats

from netgain.analysis.estimates.statistics import LEVEL, paired_difference, wilson
from netgain.errors import EvaluationError
from netgain.records import Estimate, FormatSkill, Grade, Metric
from netgain.wording import MINUS

NAMES = {
    "strict": ("change in strict accuracy", ""),
    "skill": ("of it skill", "; change in robust accuracy, without the next row"),
    "unattributed": ("of it not attributed", "; won where the base gave no readable answer"),
    "format": ("of it format", "; change of strict − robust accuracy"),
}
ADJUSTED_METHOD = (
    "mean of differences, adjusted Wald interval with one added problem at either end "
    "(Bonett & Price 2012)"
)


def format_and_skill(base: Sequence[Grade], tuned: Sequence[Grade]) -> FormatSkill | None:
    """The parts of the change in strict accuracy on the same problems; None without problems.

    Raises:
        EvaluationError: they are not of the same problems, once each.
    """
    before, after = ({g.problem_id: g for g in grades} for grades in (base, tuned))
    if before.keys() != after.keys() or not len(before) == len(base) == len(tuned):
        raise EvaluationError("base and tuned were not asked the same problems once each")
    if not before:
        return None
    pairs = [(before[i], after[i]) for i in before]
    n = len(pairs)
    unread = [t.correct and not b.correct and b.extracted is None for b, t in pairs]
    won_unread = sum(unread)
    attributed = [t.correct and not u for (_, t), u in zip(pairs, unread, strict=True)]
    gain = sum(t.strict - b.strict for b, t in pairs)
    robust = sum(t.correct - b.correct for b, t in pairs)
    counts = {
        "strict": gain, "skill": robust - won_unread, "unattributed": won_unread,
        "format": gain - robust,
    }  # fmt: skip
    estimates = {
        "strict": _paired([b.strict for b, _ in pairs], [t.strict for _, t in pairs]),
        "skill": _paired([b.correct for b, _ in pairs], attributed),
        "unattributed": wilson(won_unread, n),
        "format": _format(pairs),
    }
    metrics = tuple(
        Metric(name, "points", "generated", estimates[part], _problems(counts[part], n) + meaning)
        for part, (name, meaning) in NAMES.items()
    )
    return FormatSkill(n=n, **counts, metrics=metrics)


def _problems(count: int, n: int) -> str:
    return f"{count:+d} of {n} problems".replace("-", MINUS)


def _paired(base: Sequence[bool], tuned: Sequence[bool]) -> Estimate:
    pairs = list(zip(base, tuned, strict=True))
    return paired_difference(
        pairs.count((True, True)), pairs.count((True, False)),
        pairs.count((False, True)), pairs.count((False, False)),
    )  # fmt: skip


def _format(pairs: Sequence[tuple[Grade, Grade]]) -> Estimate:
    """The mean of (strict − robust) after − before.

    Where the strict grader accepts nothing that the robust one refuses, this is a difference of
    paired shares: of right answers that the strict grader misses, before and after.
    """
    if any(g.strict > g.correct for pair in pairs for g in pair):
        return mean_difference([(t.strict - t.correct) - (b.strict - b.correct) for b, t in pairs])
    missed = [(b.correct and not b.strict, t.correct and not t.strict) for b, t in pairs]
    return _paired([after for _, after in missed], [before for before, _ in missed])


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
