"""An interval for a paired difference of shares that always agrees with the test in `mcnemar`.

Fay & Lumbard 2021 (Statistics in Medicine 40:1147). The difference is ψ·(2θ − 1): ψ the share of
problems on which the two models differ, θ the share of those that the second one wins. The exact
(Clopper–Pearson) confidence distribution of ψ and that of θ given their number, mid-p as the test
is, are melded into one of the product, from which limits and one-sided p-values are read. The
interval leaves out zero exactly where the test rejects, because the sign of the product is the sign
of 2θ − 1, and because its tails are those at which the test rejects (`critical`).
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from netgain.analysis.estimates.mcnemar import (
    MCNEMAR,
    Floats,
    adjusted,
    critical,
    refuse_impossible,
    share_counted,
)
from netgain.analysis.estimates.statistics import LEVEL, NO_PROBLEMS
from netgain.records import Estimate

NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)
NEGLIGIBLE = 1e-16  # tail of the share of differing problems that is left out of the integral
METHOD = f"difference of paired shares, interval of the {MCNEMAR} (after Fay & Lumbard 2021)"


def paired_difference(lost: int, won: int, n: int, level: float = LEVEL) -> Estimate:
    """(won − lost) / n, with an interval that leaves out zero exactly where `mcnemar` rejects.

    Args:
        lost: problems that only the first model solved.
        won: problems that only the second one solved.
        n: all problems.

    Raises:
        ValueError: counts that cannot be.
    """
    refuse_impossible(lost, won, n)
    if n == 0:
        return Estimate(None, METHOD, why_no_interval=NO_PROBLEMS, n=0)
    tail = critical(n, round(1 - level, 12)) / 2
    interval = _lower(won, lost, n, tail), -_lower(lost, won, n, tail)
    return Estimate((won - lost) / n, METHOD, interval, level=level, n=n)


def non_inferiority(lost: int, won: int, n: int, margin: float) -> float:
    """One-sided p-value against "the second model is worse by `margin` or more" (a share).

    It is below (1 − level) / 2 exactly where the interval of `paired_difference` at that level lies
    wholly above −margin.

    Raises:
        ValueError: counts that cannot be, or a margin outside (0, 1).
    """
    refuse_impossible(lost, won, n)
    if not 0 < margin < 1:
        raise ValueError(f"margin = {margin} cannot be: it is a share, 0 < margin < 1")
    if n == 0:
        return 1.0
    return adjusted(min(1.0, 2 * p_at_most(won, lost, n, -margin)), n) / 2


def p_at_most(won: int, lost: int, n: int, difference: float) -> float:
    """The mass of the melded distribution at or below `difference`; at 0 the one-sided mid-p."""
    if difference <= -1:
        return 0.0
    if difference >= 1:
        return 1.0
    if difference == 0:
        return float(_won_less(0.5, won, lost, n))
    return _below(won, lost, n, difference)


def _won_less(share: ArrayLike, won: int, lost: int, n: int) -> Floats:
    """How sure it is that θ is at most this share.

    Mid-p: half from the distribution that counts the observed table, half from that without it.
    Without a win the first is all at 0 and stands alone, or "no loss seen in 30 problems" would
    rule out a loss too easily.
    """
    x = np.asarray(share, dtype=float)
    if not won:
        return np.where(x >= 0, 1.0, 0.0)
    rest = special.betainc(won + 1, lost, x) if lost else np.where(x >= 1, 1.0, 0.0)
    weight = share_counted(n)
    return np.asarray(weight * special.betainc(won, lost + 1, x) + (1 - weight) * rest)


def _lower(won: int, lost: int, n: int, tail: float) -> float:
    positive = p_at_most(won, lost, n, 0.0) <= tail
    limits = (0.0, 1.0) if positive else (-1.0, 0.0)
    return float(
        optimize.brentq(lambda at: p_at_most(won, lost, n, at) - tail, *limits, xtol=1e-12)
    )


def _below(won: int, lost: int, n: int, at: float) -> float:
    """The melded distribution's mass at or below `at`, which is neither 0 nor ±1.

    Above zero the product is smallest with the lower distribution of ψ, below zero with the upper.
    """
    discordant, size = won + lost, abs(at)
    certain = 0.0
    if at > 0:
        a, b = discordant, n - discordant + 1
        if discordant == 0:  # ψ may be 0, and the product with it
            return 1.0
        certain = float(special.betainc(a, b, size))  # ψ itself is below
    elif discordant == n:
        return float(_won_less(0.5 + at / 2, won, lost, n))
    else:
        a, b = discordant + 1, n - discordant
    low = max(size, float(special.betaincinv(a, b, NEGLIGIBLE)))
    high = float(special.betainccinv(a, b, NEGLIGIBLE))
    if low >= high:
        return certain
    # Over log ψ, because the integrand bends fastest where ψ is small.
    span = math.log(high / low)
    log_psi = math.log(low) + span * (NODES + 1) / 2
    psi = np.minimum(np.exp(log_psi), high)
    log_mass = a * log_psi + special.xlog1py(b - 1, -psi) - special.betaln(a, b)
    below = _won_less(0.5 + at / (2 * psi), won, lost, n)
    return certain + float(span / 2 * np.dot(WEIGHTS, np.exp(log_mass) * below))
