"""Several answers to each problem: a model's share and a difference of two, over problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from netgain.analysis.comparing.format_skill import mean_difference
from netgain.analysis.comparing.samples import mean_share
from netgain.analysis.estimates.clustered import clustered_mean
from netgain.analysis.estimates.statistics import LEVEL, bounded
from netgain.records import Estimate

FEWEST_FOR_T = 10  # problems that depart from the most common difference
DIGITS = 12  # to which decimals of one fraction agree


def share_of_right(shares: Sequence[float]) -> Estimate:
    """The mean of shares of right answers, one a problem; its interval is within 0 and 1."""
    return mean_share(Counter(shares))


def mean_gain(gains: Sequence[float], level: float = LEVEL) -> Estimate:
    """The mean of differences of shares, one a problem, with an interval within −1 and 1.

    Student's t over problems. Where fewer than `FEWEST_FOR_T` of them depart from the most common
    difference their spread says too little, and `mean_difference` takes its place: wider, and never
    without a width.
    """
    common = Counter(round(gain, DIGITS) for gain in gains).most_common(1)
    if not gains or len(gains) - common[0][1] < FEWEST_FOR_T:
        return mean_difference(gains, level)
    found = clustered_mean(gains, range(len(gains)), level)
    if found.interval is None:
        return found
    return replace(found, interval=bounded(found.interval))


def answers_each(numbers: Collection[int]) -> str:
    """
    >>> answers_each([1, 1]), answers_each([3]), answers_each([1, 4, 2])
    ('1 answer each', '3 answers', '1 to 4 answers each')
    """
    low, high = min(numbers), max(numbers)
    count = f"{low} to {high} answers" if low < high else f"{low} answer{'s'[: low != 1]}"
    return count if len(numbers) == 1 else f"{count} each"
