"""Before an experiment: what so many paired problems can show, and how many a difference needs.

Power is that of the test that decides (`mcnemar`), summed over every number of discordant problems,
so its conservatism is in the figures. No sample is looked at; nothing here is an estimate.
"""

import numpy as np
from scipy import optimize, special, stats

from netgain.analysis.estimates.mcnemar import critical, most_losses
from netgain.analysis.estimates.statistics import ALPHA, NO_PROBLEMS, POWER
from netgain.records import Estimate

PLANNING = "a planning figure, not an estimate from a sample"
FAR = 9  # standard deviations of the number of discordant problems that are summed over


def mcnemar_power(
    n: int, discordant_share: float, difference: float, alpha: float = ALPHA
) -> float:
    """The probability that n problems give the verdict "improved".

    Args:
        n: problems.
        discordant_share: true share of problems that exactly one of the two models solves.
        difference: true difference of the two shares, positive, at most `discordant_share`.

    Raises:
        ValueError: shares that cannot be.
    """
    if n < 0 or not 0 <= difference <= discordant_share <= 1:
        raise ValueError(
            f"n = {n}, difference = {difference}, discordant_share = {discordant_share} cannot be: "
            "0 <= difference <= discordant_share <= 1"
        )
    if discordant_share == 0:
        return 0.0
    centre = n * discordant_share
    reach = FAR * (centre * (1 - discordant_share)) ** 0.5 + FAR
    m = np.arange(max(0, int(centre - reach)), min(n, int(centre + reach) + 1) + 1)
    losses = most_losses(critical(n, alpha), n, m)
    loss_share = (discordant_share - difference) / (2 * discordant_share)
    seen = np.where(losses >= 0, special.bdtr(np.maximum(losses, 0), m, loss_share), 0.0)
    return float(np.dot(stats.binom.pmf(m, n, discordant_share), seen))


def detectable_difference(n: int, discordant: int, among: int = 1) -> Estimate:
    """The smallest true difference that n paired problems show with 80% power at 5%.

    The share of discordant problems is taken as observed, or as the difference itself where that
    is more.

    Args:
        among: so many pairs are compared together. Holm's correction may then ask for as little as
            5% / `among` of a pair, and that is what is planned for.
    """
    pairs = f" over {among} pairs" if among > 1 else ""
    method = (
        f"smallest true difference seen with {POWER:.0%} power at {ALPHA:.0%}{pairs} by the test "
        "that decides (at the observed share of discordant problems, or the difference itself if "
        "more)"
    )
    if n <= 0:
        return Estimate(None, method, why_no_interval=NO_PROBLEMS, n=n)

    def shortfall(difference: float) -> float:
        share = max(discordant / n, difference)
        return POWER - mcnemar_power(n, share, difference, ALPHA / among)

    if shortfall(1.0) > 0:
        why = "so few problems show no difference, however large"
        return Estimate(None, method, why_no_interval=why, n=n)
    value = float(optimize.brentq(shortfall, 0.0, 1.0, xtol=1e-9))
    return Estimate(value, method, why_no_interval=PLANNING, n=n)
