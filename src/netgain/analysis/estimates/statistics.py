"""Shares with their intervals, and corrections for many tests: counts in, `Estimate`s out.

What two models' difference is made of is in `mcnemar` and `melded` (one answer a problem) and in
`clustered` (several), what several seeds add in `seeds`, planning in `power`.
"""

import math
from collections.abc import Sequence

from scipy import stats

from netgain.analysis.estimates.mcnemar import ALPHA
from netgain.records import Estimate, Share

LEVEL = 0.95
POWER = 0.80
NO_PROBLEMS = "there are no problems"
WILSON = "Wilson score interval"
MEAN_METHOD = "mean over problems, interval with z²/2 added problems at 0 and at 1"

__all__ = ["ALPHA", "LEVEL", "NO_PROBLEMS", "POWER", "bounded",
           "holm", "share_estimate", "t_interval", "wilson"]  # fmt: skip


def wilson(part: int, n: int, level: float = LEVEL) -> Estimate:
    """`part` of n problems with Wilson's score interval (Wilson 1927, JASA 22:209).

    Raises:
        ValueError: counts that cannot be.
    """
    return share_estimate(Share.count(part, n), level)


def share_estimate(share: Share, level: float = LEVEL) -> Estimate:
    """A share with an interval over problems: a problem counts once, however often it was answered.

    Wilson's score interval where all problems are at 0 or 1. Otherwise the adjusted Wald interval
    of Agresti & Coull 1998 (The American Statistician 52:119), which has Wilson's centre, taken
    from shares of 0 and 1 to values between them: z²/2 problems at 0 and as many at 1 are added,
    then mean ± z standard errors. So it is never of no width, and near 0 and 1, where Student's t
    is far too short, it errs on the long side.
    """
    n, mean = share.n, share.value
    single = all(part in (0, whole) for part, whole, _ in share.counts)
    method = WILSON if single else MEAN_METHOD
    if mean is None:
        return Estimate(None, method, why_no_interval=NO_PROBLEMS, n=0, share=share)
    z = float(stats.norm.isf((1 - level) / 2))
    squares = math.fsum((part / whole) ** 2 * many for part, whole, many in share.counts)
    centre = (mean * n + z * z / 2) / (n + z * z)
    if single:
        half = z / (1 + z * z / n) * math.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    else:
        variance = max(0.0, (squares + z * z / 2) / (n + z * z) - centre**2)
        half = z * math.sqrt(variance / (n + z * z))
    # At the ends rounding could leave the interval beside the value.
    low = 0.0 if mean == 0 else max(0.0, centre - half)
    high = 1.0 if mean == 1 else min(1.0, centre + half)
    return Estimate(mean, method, (low, high), level=level, n=n, share=share)


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


def t_interval(value: float, error: float, freedom: float) -> tuple[float, float]:
    """value ± Student's quantile × standard error."""
    half = float(stats.t.isf((1 - LEVEL) / 2, freedom)) * error
    return value - half, value + half


def bounded(interval: tuple[float, float], most: float = 1.0) -> tuple[float, float]:
    """An interval of a difference of shares, which cannot lie beyond −most and most."""
    low, high = interval
    return max(-most, low), min(most, high)
