"""Estimates for shares and paired shares, and the tests behind a verdict.

Functions take counts or arrays and give `Estimate`s or p-values. What several answers to a problem
or several seeds add is in `clustered` and `seeds`, planning in `power`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from netgain.analysis.estimates.melded import melded_limits, p_at_most
from netgain.records import Estimate

LEVEL = 0.95
ALPHA = 0.05
POWER = 0.80
NO_PROBLEMS = "there are no problems"
FEWEST_FOR_BOOTSTRAP = 10  # problems that differ; with fewer its interval is far too narrow
Floats = NDArray[np.float64]


def wilson(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """A share with Wilson's score interval (Wilson 1927, JASA 22:209).

    Args:
        successes: how many of n; both counts.

    Raises:
        ValueError: counts that cannot be.
    """
    if n < 0 or not 0 <= successes <= max(n, 0):
        raise ValueError(f"successes = {successes} of n = {n} cannot be: 0 <= successes <= n")
    if n == 0:
        return Estimate(None, "Wilson score", why_no_interval=NO_PROBLEMS, n=0)
    low, high = _wilson_limits(successes, n, level)
    return Estimate(
        successes / n, "Wilson score interval", (float(low), float(high)), level=level, n=n
    )


def _wilson_limits(successes: ArrayLike, n: ArrayLike, level: float) -> tuple[Floats, Floats]:
    z = stats.norm.isf((1 - level) / 2)
    count, size = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    share = count / size
    centre = share + z * z / (2 * size)
    half = z * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    scale = 1 + z * z / size
    # At the ends rounding could leave the interval beside the value.
    low = np.where(count == 0, 0.0, (centre - half) / scale)
    high = np.where(count == size, 1.0, (centre + half) / scale)
    return low, high


# -- two models on the same problems -------------------------------------------------------


def mcnemar_exact(only_base: int, only_tuned: int) -> float:
    """The two-sided exact p-value of McNemar's test (McNemar 1947, Psychometrika 12:153).

    Under no difference the discordant problems fall to either side like coins. Without any
    discordant problem there is no evidence at all, and p is 1.
    """
    _refuse_negative(only_base, only_tuned)
    discordant = only_base + only_tuned
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(stats.binom.cdf(min(only_base, only_tuned), discordant, 0.5)))


def paired_difference(
    both: int, only_base: int, only_tuned: int, neither: int, level: float = LEVEL
) -> Estimate:
    """Tuned − base, a difference of paired shares, with the interval of `melded`.

    It leaves out zero exactly where the exact McNemar test at 1 − level rejects.
    """
    _refuse_negative(both, only_base, only_tuned, neither)
    n = both + only_base + only_tuned + neither
    method = (
        "difference of paired shares, interval compatible with the exact McNemar test "
        "(Fay & Lumbard 2021)"
    )
    if n == 0:
        return Estimate(None, method, why_no_interval=NO_PROBLEMS, n=0)
    interval = melded_limits(only_tuned, only_base, n, level)
    return Estimate((only_tuned - only_base) / n, method, interval, level=level, n=n)


def newcombe(
    both: int, only_base: int, only_tuned: int, neither: int, level: float = LEVEL
) -> Estimate:
    """The same difference with the interval most tools print: Newcombe's hybrid score.

    Method 10 of Newcombe 1998, Statistics in Medicine 17:2635. An approximation: it can leave out
    zero where the exact test does not reject.
    """
    _refuse_negative(both, only_base, only_tuned, neither)
    n = both + only_base + only_tuned + neither
    method = "Newcombe's hybrid score interval (method 10)"
    if n == 0:
        return Estimate(None, method, why_no_interval=NO_PROBLEMS, n=0)
    low, high = newcombe_limits(both, only_base, only_tuned, neither, level)
    return Estimate(
        (only_tuned - only_base) / n, method, (float(low), float(high)), level=level, n=n
    )


def newcombe_limits(
    both: ArrayLike, only_base: ArrayLike, only_tuned: ArrayLike, neither: ArrayLike, level: float
) -> tuple[Floats, Floats]:
    """Newcombe's limits for counts of any common shape; every table holds a problem."""
    a, b, c, d = (np.asarray(x, dtype=float) for x in (both, only_tuned, only_base, neither))
    n = a + b + c + d
    low_t, high_t = _wilson_limits(a + b, n, level)
    low_b, high_b = _wilson_limits(a + c, n, level)
    tuned, base = (a + b) / n, (a + c) / n
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    q = a * d - b * c
    # Method 10's correction: less correlation than observed, so a wider interval.
    q = np.where(q > 0, np.maximum(q - n / 2, 0.0), q)
    phi = np.where(margins > 0, q / np.sqrt(np.where(margins > 0, margins, 1.0)), 0.0)
    difference = (b - c) / n
    low = difference - _hybrid(tuned - low_t, high_b - base, phi)
    high = difference + _hybrid(high_t - tuned, base - low_b, phi)
    return np.maximum(-1.0, low), np.minimum(1.0, high)


def _hybrid(first: Floats, second: Floats, phi: Floats) -> Floats:
    return np.sqrt(np.maximum(0.0, first**2 - 2 * phi * first * second + second**2))


def non_inferiority(only_base: int, only_tuned: int, n: int, margin: float) -> float:
    """One-sided p-value against "tuned is worse than base by `margin` or more" (a share).

    It is below (1 − level) / 2 exactly where the interval of `paired_difference` at that level lies
    wholly above −margin.

    Raises:
        ValueError: counts that cannot be, or a margin outside (0, 1).
    """
    _refuse_negative(only_base, only_tuned, n - only_base - only_tuned)
    if not 0 < margin < 1:
        raise ValueError(f"margin = {margin} cannot be: it is a share, 0 < margin < 1")
    if n == 0:
        return 1.0
    return p_at_most(only_tuned, only_base, n, -margin)


def bootstrap_difference(
    differences: ArrayLike,
    generator: np.random.Generator,
    resamples: int = 10_000,
    level: float = LEVEL,
    fewest: int = FEWEST_FOR_BOOTSTRAP,
) -> Estimate:
    """The mean of paired differences with a percentile bootstrap interval (Efron 1979).

    Args:
        differences: one number a problem, tuned − base, shape (n,).
        generator: where the resamples come from.
        fewest: with fewer problems that differ from the most common value there is no interval,
            because their resamples resemble each other too much.

    Raises:
        ValueError: numbers that are not finite.
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("differences must be one finite number a problem")
    method = f"paired bootstrap, percentile, {resamples:,} resamples"
    n = len(values)
    if n == 0:
        return Estimate(None, method, why_no_interval=NO_PROBLEMS, n=0)
    # Resampling problems is drawing how often each distinct difference comes.
    distinct, counts = np.unique(values, return_counts=True)
    mean, differing = float(values.mean()), n - int(counts.max())
    if differing < fewest:
        why = _too_few_differ(differing, n, alike=float(distinct[counts.argmax()]))
        return Estimate(mean, method, why_no_interval=why, n=n)
    means = generator.multinomial(n, counts / n, size=resamples) @ distinct / n
    tail = (1 - level) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return Estimate(mean, method, (float(low), float(high)), level=level, n=n)


def _too_few_differ(differing: int, n: int, alike: float) -> str:
    """`differing` of n problems have another difference than `alike`, which most have."""
    if differing == 0 and n == 1:
        return "one problem shows no spread"
    if differing == 0:
        all_alike = f"the {n} problems differ all alike" if alike else "no problem differs"
        return f"{all_alike}, so resampling shows no spread"
    from_what = " from the most common difference" if alike else ""
    verb = "depart" if alike else "differ"
    problems = f"1 problem {verb}s" if differing == 1 else f"{differing} problems {verb}"
    return f"only {problems}{from_what}, too few to resample"


# -- many tests, one number ----------------------------------------------------------------


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P-values adjusted so that none of many true nulls is rejected too often (Holm 1979).

    Scandinavian Journal of Statistics 6:65. In the order they came.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError(f"not p-values: {[p for p in p_values if not 0 <= p <= 1]}")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return tuple(adjusted)


def binomial_exact(successes: int, n: int, expected: float) -> float:
    """Two-sided exact p-value of a share against a fixed one (scipy's `binomtest`)."""
    if n < 0 or not 0 <= successes <= max(n, 0) or not 0 <= expected <= 1:
        raise ValueError(f"{successes} of {n} against {expected} cannot be")
    return float(stats.binomtest(successes, n, expected).pvalue) if n else 1.0


def excludes_zero(estimate: Estimate) -> bool | None:
    """Whether the interval leaves out zero; None where there is no interval."""
    if estimate.interval is None:
        return None
    low, high = estimate.interval
    return low > 0 or high < 0


def _refuse_negative(*counts: int) -> None:
    if min(counts) < 0:
        raise ValueError(f"counts cannot be negative: {counts}")


def t_interval(value: float, error: float, freedom: float, level: float) -> tuple[float, float]:
    """value ± Student's quantile × standard error."""
    half = float(stats.t.isf((1 - level) / 2, freedom)) * error
    return value - half, value + half


def bounded(interval: tuple[float, float]) -> tuple[float, float]:
    """An interval of a difference of shares, which cannot lie beyond −1 and 1."""
    low, high = interval
    return max(-1.0, low), min(1.0, high)


def t_p_value(value: float, error: float, freedom: float) -> float:
    """Two-sided p-value of value / standard error under Student's t."""
    if error == 0:
        return 1.0 if math.isclose(value, 0, abs_tol=1e-15) else 0.0
    return 2 * float(stats.t.sf(abs(value) / error, freedom))
