"""How a validation loss ends: its change over the last third, and whether it has turned.

A straight line through the losses, by least squares. Neighbouring losses go together, so the
standard error is widened for a first-order autocorrelation; few values cannot show how large it is,
so it is taken to be at least `LEAST_CORRELATION`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from netgain.analysis.sentences import were
from netgain.records import Estimate, TrainingPoint

Array = NDArray[np.float64]

LEVEL = 0.95
LAST = 1 / 3  # of the training
LEAST_VALUES = 4  # validations under a line
FEWEST_EXAMPLES = 20  # problems validated on; the loss of fewer is that of these few problems
LEAST_CORRELATION, MOST_CORRELATION = 0.6, 0.9
RISE_SHARE = 0.005  # of the lowest loss: a smaller rise is let pass
METHOD = "straight line through the validation losses of the last third of the training"


def validated(points: Sequence[TrainingPoint]) -> list[TrainingPoint]:
    """The points with a finite validation loss."""
    return [p for p in points if p.eval_loss is not None and math.isfinite(p.eval_loss)]


def weighted_steps(points: Sequence[TrainingPoint]) -> Array:
    """Steps up to each point, each counted by its learning rate as a share of the highest.

    At a falling rate a curve flattens whatever the model could still learn. Against the sum of the
    learning rates it does not (Tissue et al. 2024, arXiv:2408.11029, where the sum is S1). With a
    constant rate, or where none is logged, these are the steps themselves.
    """
    steps = np.array([p.step for p in points], float)
    rates = [p.learning_rate for p in points]
    usable = [r for r in rates if r is not None and math.isfinite(r) and r >= 0]
    peak = max(usable, default=0.0)
    if peak == 0:
        return steps
    found, total, before, weight = [], 0.0, 0.0, usable[0] / peak
    for step, rate in zip(steps, rates, strict=True):
        if rate is not None and math.isfinite(rate) and rate >= 0:
            weight = rate / peak
        total += (step - before) * weight
        before = step
        found.append(total)
    return np.array(found)


def late_change(
    x: Array, losses: Array, examples: int | None = None, on: str = ""
) -> tuple[Estimate, int]:
    """The change of a validation loss over the last third of `x`, in nats, and where that begins.

    Args:
        x: what each loss was logged at, growing; `weighted_steps` of them.
        losses: as many, in nats.
        examples: validated on; with fewer than `FEWEST_EXAMPLES` nothing is estimated.
        on: the same in words.

    Returns:
        The estimate, None with the reason where it cannot be given; the place of its first loss.
    """
    if not len(losses):
        return _none("the log has no validation loss"), 0
    if examples is not None and examples < FEWEST_EXAMPLES:
        few = f"only {on} {were(examples)} validated on"
        return _none(f"{few} ({FEWEST_EXAMPLES} needed)"), 0
    first = int(np.searchsorted(x, (1 - LAST) * x[-1] * (1 - 1e-9)))
    n = len(x) - first
    line = _line(x[first:], losses[first:])
    if line is None:
        why = f"the last third of the training has {n or 'no'} validation{'s'[: n != 1]}"
        return _none(f"{why}, and {LEAST_VALUES} are needed", n), first
    slope, reach = (part * LAST * float(x[-1]) for part in line)
    interval = (slope - reach, slope + reach)
    return Estimate(slope, METHOD, interval, level=LEVEL, n=n), first


def _none(why: str, n: int | None = None) -> Estimate:
    return Estimate(None, METHOD, why_no_interval=why, n=n)


def has_turned(x: Array, losses: Array) -> bool:
    """Whether a validation loss has clearly risen since its lowest value.

    The line through all later losses rises, with its whole interval, and the last three lie half a
    percent above the lowest on average. The lowest itself is left out, since chance chose it.
    """
    if not len(losses):
        return False
    lowest = int(losses.argmin())
    line = _line(x[lowest + 1 :], losses[lowest + 1 :])
    if line is None or line[0] <= line[1]:
        return False
    rise = float(losses[-3:].mean() - losses[lowest])
    return rise > RISE_SHARE * abs(float(losses[lowest]))


@np.errstate(all="ignore")
def _line(x: Array, y: Array) -> tuple[float, float] | None:
    """The slope of a straight line and half its interval; None where there are too few values."""
    n = len(x)
    if n < LEAST_VALUES or not x[-1] > x[0]:
        return None
    x = x - x.mean()
    width = float(x @ x)
    if not 0 < width < math.inf:  # steps so near or so far apart that their squares are lost
        return None
    slope = float(x @ y) / width
    residuals = y - y.mean() - slope * x
    spread = float(residuals @ residuals)
    r = float(residuals[1:] @ residuals[:-1]) / spread if spread else 0.0
    r = (n * r + 2) / (n - 4) if n > 4 else 0.0  # so few values show too little of it
    r = min(max(r, LEAST_CORRELATION), MOST_CORRELATION)
    error = math.sqrt(spread / (n - 2) / width * (1 + r) / (1 - r))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, n - 2)) * error
    return (slope, reach) if math.isfinite(slope + reach) else None
