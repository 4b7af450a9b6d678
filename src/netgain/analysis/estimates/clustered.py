"""Several answers to each problem: they count as one problem, not as several.

Answers to one problem resemble each other, so their errors add up over problems, not over answers
(Miller 2024, "Adding error bars to evals", arXiv:2411.00640).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from netgain.analysis.estimates.statistics import LEVEL, NO_PROBLEMS, t_interval
from netgain.records import Estimate

ROUNDING = 1e-12  # a spread below it is that of sums of decimals, not of values
MOST_STATES = 4_000_000  # distinct sums that the exact sign-flip distribution may have


def clustered_mean(values: ArrayLike, clusters: Sequence[object], level: float = LEVEL) -> Estimate:
    """The mean of all values, with a standard error that allows values of a cluster to be alike.

    Cluster-robust variance of a mean (Miller 2024, equation 4) with the factor G / (G − 1) for G
    clusters, and Student's t with G − 1 degrees of freedom. With one value a cluster it is the
    ordinary t interval of a mean.

    Args:
        values: one number an answer, shape (answers,).
        clusters: which problem each belongs to; equal labels are one cluster.

    Raises:
        ValueError: values that are not finite, or not one label a value.
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1 or len(numbers) != len(clusters) or not np.isfinite(numbers).all():
        raise ValueError("values must be finite numbers, with one cluster label each")
    places: dict[object, int] = {}
    labels = np.array([places.setdefault(c, len(places)) for c in clusters], dtype=int)
    count = len(places)
    method = "mean, standard error clustered by problem, Student's t"
    if count == 0:
        return Estimate(None, method, why_no_interval=NO_PROBLEMS, n=0)
    mean = float(numbers.mean())
    if count == 1:
        return Estimate(mean, method, why_no_interval="one problem shows no spread", n=1)
    sums = np.bincount(labels, weights=numbers - mean, minlength=count)
    error = math.sqrt(float(sums @ sums) * count / (count - 1)) / len(numbers)
    if error < ROUNDING * max(1.0, float(np.abs(numbers).max())):
        why = "no spread between problems was seen, and that is no proof that there is none"
        return Estimate(mean, method, why_no_interval=why, n=count)
    return Estimate(mean, method, t_interval(mean, error, count - 1, level), level=level, n=count)


def sign_flip_p(differences: Sequence[int]) -> float:
    """Two-sided exact p-value of paired differences, each as likely to be its opposite.

    The randomisation test that swaps the two models on each problem (Fisher 1935). With one answer
    a problem it is the exact McNemar test. The distribution of the sum over all 2ⁿ swaps comes from
    its characteristic function, to about 1e-12.

    Args:
        differences: whole numbers, one a problem, such as right answers of tuned − base.

    Raises:
        ValueError: the sums would take more than `MOST_STATES` values.
    """
    sizes, counts = np.unique(np.abs(np.asarray(differences, dtype=np.int64)), return_counts=True)
    sizes, counts = sizes[sizes > 0], counts[sizes > 0]
    reach = int(sizes @ counts)
    if reach == 0:
        return 1.0
    states = 2 * reach + 1
    if states > MOST_STATES:
        raise ValueError(f"the differences add up to {reach}, more than {MOST_STATES // 2}")
    angle = 2 * np.pi / states * np.arange(reach + 1)
    transform = np.ones(reach + 1)
    for size, count in zip(sizes, counts, strict=True):
        transform *= np.cos(angle * size) ** count
    chance = np.fft.irfft(transform, states)  # of the sums 0, 1 … reach, −reach … −1
    observed = abs(int(np.sum(differences)))
    tail = float(chance[observed : reach + 1].sum())
    p = 1.0 if observed == 0 else 2 * tail
    return min(1.0, max(p, 2.0 ** (1 - int(counts.sum()))))


def scaled_differences(
    base: Sequence[Sequence[bool]], tuned: Sequence[Sequence[bool]]
) -> list[int]:
    """Share of right answers of tuned − base for each problem, times a common denominator.

    Args:
        base, tuned: the answers to each problem, the same problems in the same order; not none.
    """
    tries = {len(answers) for answers in (*base, *tuned)}
    common = math.lcm(*tries)
    return [
        sum(t) * (common // len(t)) - sum(b) * (common // len(b))
        for b, t in zip(base, tuned, strict=True)
    ]
