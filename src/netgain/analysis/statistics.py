"""Estimates for shares and paired shares. Functions take counts and give `Estimate`s."""

from __future__ import annotations

import math

from scipy import optimize, stats

from netgain.records import Estimate

LEVEL = 0.95
ALPHA = 0.05
POWER = 0.80


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
        return Estimate(None, "Wilson score", why_no_interval="there are no problems", n=0)
    low, high = _wilson_limits(successes, n, level)
    return Estimate(successes / n, "Wilson score interval", (low, high), level=level, n=n)


def _wilson_limits(successes: int, n: int, level: float) -> tuple[float, float]:
    z = stats.norm.isf((1 - level) / 2)
    share = successes / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends rounding could leave the interval beside the value.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == n else (centre + half) / scale
    return low, high


def mcnemar_exact(only_base: int, only_tuned: int) -> float:
    """The two-sided exact p-value of McNemar's test (McNemar 1947, Psychometrika 12:153).

    Under no difference the discordant problems fall to either side like coins. Without any
    discordant problem there is no evidence at all, and p is 1.
    """
    if min(only_base, only_tuned) < 0:
        raise ValueError(f"counts cannot be negative: {only_base}, {only_tuned}")
    discordant = only_base + only_tuned
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(stats.binom.cdf(min(only_base, only_tuned), discordant, 0.5)))


def paired_difference(
    both: int, only_base: int, only_tuned: int, neither: int, level: float = LEVEL
) -> Estimate:
    """Tuned − base, a difference of paired shares, with Newcombe's hybrid score interval.

    Method 10 of Newcombe 1998, Statistics in Medicine 17:2635.
    """
    a, b, c, d = both, only_tuned, only_base, neither
    n = a + b + c + d
    method = "difference of paired shares, Newcombe's hybrid score interval (method 10)"
    if min(a, b, c, d) < 0:
        raise ValueError(f"counts cannot be negative: {(both, only_base, only_tuned, neither)}")
    if n == 0:
        return Estimate(None, method, why_no_interval="there are no problems", n=0)
    tuned, base = (a + b) / n, (a + c) / n
    low_t, high_t = _wilson_limits(a + b, n, level)
    low_b, high_b = _wilson_limits(a + c, n, level)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    q = float(a * d - b * c)
    if q > 0:  # method 10's correction: less correlation than observed, so a wider interval
        q = max(q - n / 2, 0.0)
    phi = q / math.sqrt(margins) if margins else 0.0
    below = _hybrid(tuned - low_t, high_b - base, phi)
    above = _hybrid(high_t - tuned, base - low_b, phi)
    difference = (b - c) / n
    interval = (max(-1.0, difference - below), min(1.0, difference + above))
    return Estimate(difference, method, interval, level=level, n=n)


def _hybrid(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(0.0, first**2 - 2 * phi * first * second + second**2))


def detectable_difference(n: int, discordant: int) -> Estimate:
    """The smallest true difference that n paired problems show with 80% power at 5%.

    Connor 1987 (Biometrics 43:207): n = (z_a·√ψ + z_b·√(ψ − δ²))² / δ², solved for δ, with ψ
    the share of discordant problems: as observed, or δ itself where that is more.
    """
    method = (
        f"smallest true difference seen with {POWER:.0%} power at {ALPHA:.0%} "
        "(Connor 1987, at the observed share of discordant problems)"
    )
    why = "a planning figure, not an estimate from a sample"
    if n <= 0:
        return Estimate(None, method, why_no_interval="there are no problems", n=n)
    z_a, z_b = stats.norm.isf(ALPHA / 2), stats.norm.isf(1 - POWER)
    observed = discordant / n

    def shortfall(delta: float) -> float:
        psi = max(observed, delta)
        needed = z_a * math.sqrt(psi) + z_b * math.sqrt(max(0.0, psi - delta * delta))
        return float(needed**2 / delta**2 - n)

    # With all n problems going one way, the exact test's p is 2 / 2**n.
    if shortfall(1.0) > 0 or 0.5 ** (n - 1) >= ALPHA:
        return Estimate(
            None, method, why_no_interval="so few problems show no difference, however large", n=n
        )
    delta = float(optimize.brentq(shortfall, 1e-9, 1.0))
    return Estimate(delta, method, why_no_interval=why, n=n)
