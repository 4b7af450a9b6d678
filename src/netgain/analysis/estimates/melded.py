"""An interval for a paired difference of shares that always agrees with the exact McNemar test.

Fay & Lumbard 2021 (Statistics in Medicine 40:1147). The difference is ψ·(2θ − 1): ψ the share of
problems on which the two models differ, θ the share of those that the second one wins. The exact
(Clopper–Pearson) confidence distributions of ψ and of θ given their number are melded into one of
the product, from which limits and one-sided p-values are read. The interval leaves out zero exactly
where the test rejects, because the sign of the product is the sign of 2θ − 1.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special

NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)
NEGLIGIBLE = 1e-16  # tail of the share of differing problems that is left out of the integral


def melded_limits(wins: int, losses: int, n: int, level: float) -> tuple[float, float]:
    """The central interval for (wins − losses) / n.

    Args:
        wins: problems that only the second model solved.
        losses: problems that only the first one solved.
        n: all problems, at least 1.
        level: confidence level, in (0, 1).
    """
    tail = (1 - level) / 2
    return _lower(wins, losses, n, tail), -_lower(losses, wins, n, tail)


def p_at_most(wins: int, losses: int, n: int, difference: float) -> float:
    """One-sided p-value against "the true difference is at most `difference`".

    At 0 it is the one-sided exact sign test.
    """
    if difference <= -1:
        return 0.0
    if difference >= 1 or (wins == 0 and difference >= 0):
        return 1.0
    if difference == 0:
        return float(special.betainc(wins, losses + 1, 0.5))
    return _below(wins, losses, n, difference)


def _lower(wins: int, losses: int, n: int, tail: float) -> float:
    discordant = wins + losses
    if wins == 0:  # θ is 0 at this limit, so only ψ is uncertain
        return -1.0 if discordant == n else -float(_quantile(discordant + 1, n - discordant, tail))
    positive = special.betainc(wins, losses + 1, 0.5) < tail
    return float(
        optimize.brentq(
            lambda at: p_at_most(wins, losses, n, at) - tail,
            0.0 if positive else -1.0,
            1.0 if positive else 0.0,
            xtol=1e-13,
        )
    )


def _quantile(a: float, b: float, upper_tail: float) -> float:
    return float(special.betainccinv(a, b, upper_tail))


def _below(wins: int, losses: int, n: int, at: float) -> float:
    """The melded distribution's mass at or below `at`, which is neither 0 nor ±1.

    Above zero the product is smallest with the lower distribution of ψ, below zero with the upper.
    """
    discordant = wins + losses
    size = abs(at)
    if at > 0:
        a, b = discordant, n - discordant + 1
        certain = float(special.betainc(a, b, size))  # ψ itself is below
    elif discordant == n:
        return float(special.betainc(wins, losses + 1, 0.5 + at / 2)) if wins else 1.0
    else:
        a, b = discordant + 1, n - discordant
        if wins == 0:
            return float(special.betaincc(a, b, size))
        certain = 0.0
    low = max(size, float(special.betaincinv(a, b, NEGLIGIBLE)))
    high = _quantile(a, b, NEGLIGIBLE)
    if low >= high:
        return certain
    # Over log ψ, because the integrand bends fastest where ψ is small.
    span = math.log(high / low)
    log_psi = math.log(low) + span * (NODES + 1) / 2
    psi = np.minimum(np.exp(log_psi), high)
    log_mass = a * log_psi + special.xlog1py(b - 1, -psi) - special.betaln(a, b)
    below = special.betainc(wins, losses + 1, 0.5 + at / (2 * psi))
    return certain + float(span / 2 * np.dot(WEIGHTS, np.exp(log_mass) * below))
