"""Several answers to each problem, or problems made alike: they count as one, not as several.

Answers to one problem resemble each other, so their errors add up over problems, not over answers
(Miller 2024, "Adding error bars to evals", arXiv:2411.00640).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from netgain.analysis.estimates.mcnemar import ALPHA
from netgain.analysis.estimates.statistics import LEVEL, MEAN_METHOD, NO_PROBLEMS, bounded, wilson
from netgain.records import Estimate, Share

SIGN_FLIP = "sign-flip test"
MOST_STATES = 4_000_000  # distinct sums that the exact sign-flip distribution may have
ADJUSTED_WALD = (
    "mean of differences, adjusted Wald interval with one added problem at either end "
    "(Bonett & Price 2012)"
)


def mean_difference(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    most: float = 1.0,
    level: float = LEVEL,
) -> tuple[Estimate, float]:
    """The mean of differences, one a problem, with its interval, and the p-value of "it is 0".

    The adjusted Wald interval of Bonett & Price 2012 (Journal of Educational and Behavioral
    Statistics 37:479) for differences in {−1, 0, 1}, taken to any bounded ones and to clusters: one
    problem (or cluster) at either end of the range is added, then mean ± z standard errors. It has
    a width even where all differences are equal, and it knows that a rare loss may not have been
    seen, which Student's t does not. The p-value is below 1 − level exactly where the interval
    leaves out zero.

    Args:
        clusters: problems of one label count as one.
        most: the largest size that a difference can have; the interval ends there.
    """
    if not values:
        return Estimate(None, ADJUSTED_WALD, why_no_interval=NO_PROBLEMS, n=0), 1.0
    weighed = values if clusters is None else by_cluster(values, clusters)
    n, end = len(weighed), max([most, *map(abs, weighed)])
    centre = math.fsum(weighed) / (n + 2)
    squares = (math.fsum(value**2 for value in weighed) + 2 * end**2) / (n + 2)
    error = math.sqrt(max(0.0, squares - centre**2) / (n + 2))
    half = float(stats.norm.isf((1 - level) / 2)) * error
    interval = bounded((centre - half, centre + half), most)
    value = math.fsum(values) / len(values)
    estimate = Estimate(value, ADJUSTED_WALD, interval, level=level, n=n)
    return estimate, 2 * float(stats.norm.sf(abs(centre) / error))


def clustered_share(
    share: Share, values: Sequence[float], clusters: Sequence[Hashable], level: float = LEVEL
) -> Estimate:
    """A share with an interval over clusters of problems; `values` are the problems' own shares.

    The adjusted Wald interval of `share_estimate` over clusters. Where all problems are alike, a
    cluster tells no more than one problem would, as far as is known.
    """
    mean, weighed = share.value, by_cluster(values, clusters)
    n, z2 = len(weighed), float(stats.norm.isf((1 - level) / 2)) ** 2
    if mean is None:
        return Estimate(None, MEAN_METHOD, why_no_interval=NO_PROBLEMS, n=0, share=share)
    if mean in (0, 1):
        interval = wilson(round(mean * n), n, level).interval
    else:
        end = max(1.0, *weighed)
        centre = (math.fsum(weighed) + z2 / 2) / (n + z2)
        squares = (math.fsum(v**2 for v in weighed) + z2 / 2 * end**2) / (n + z2)
        half = math.sqrt(z2 * max(0.0, squares - centre**2) / (n + z2))
        interval = (max(0.0, centre - half), min(1.0, centre + half))
    method = f"{MEAN_METHOD}, over {n} clusters"
    return Estimate(mean, method, interval, level=level, n=share.n, share=share)


def by_cluster(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """A number for each cluster, weighed by its size: their mean is the mean of all values."""
    sums: dict[Hashable, list[float]] = {}
    for value, label in zip(values, clusters, strict=True):
        sums.setdefault(label, []).append(value)
    return [math.fsum(own) * len(sums) / len(values) for own in sums.values()]


def sign_flip_p(differences: Sequence[int]) -> float:
    """Two-sided p-value of paired differences, each as likely to be its opposite.

    The randomisation test that swaps the two models on each problem (Fisher 1935). It is exact
    where swapping changes nothing: both models gave the same number of answers to a problem, and
    are as likely to be right on it. The distribution of the sum over all 2ⁿ swaps comes from its
    characteristic function, to about 1e-12.

    Args:
        differences: whole numbers, one a problem, such as right answers of the second − the first.

    Raises:
        ValueError: the sums would take more than `MOST_STATES` values.
    """
    sizes, counts = np.unique(np.abs(np.asarray(differences, dtype=np.int64)), return_counts=True)
    sizes, counts = sizes[sizes > 0], counts[sizes > 0]
    if not len(sizes):
        return 1.0
    unit = np.gcd.reduce(sizes)
    sizes = sizes // unit
    reach = int(sizes @ counts)
    states = 2 * reach + 1
    if states > MOST_STATES:
        raise ValueError(f"the differences add up to {reach}, more than {MOST_STATES // 2}")
    angle = 2 * np.pi / states * np.arange(reach + 1)
    transform = np.ones(reach + 1)
    for size, count in zip(sizes, counts, strict=True):
        transform *= np.cos(angle * size) ** count
    chance = np.fft.irfft(transform, states)  # of the sums 0, 1 … reach, −reach … −1
    observed = abs(int(np.sum(differences))) // int(unit)
    tail = float(chance[observed : reach + 1].sum())
    p = 1.0 if observed == 0 else 2 * tail
    return min(1.0, max(p, 2.0 ** (1 - int(counts.sum()))))


def stretched(estimate: Estimate, p_value: float, alpha: float = ALPHA) -> Estimate:
    """The interval up to zero where the test does not reject it, so that the two never disagree."""
    if estimate.interval is None or p_value < alpha:
        return estimate
    low, high = estimate.interval
    return replace(estimate, interval=(min(low, 0.0), max(high, 0.0)))
