"""Spikes in what a trainer logged: values far above their surroundings, with their steps.

A spike is judged against the running median, on a logarithmic scale, in units of the median
absolute deviation. Neither median is moved by the spikes themselves, and a curve that only falls
is left alone at any steepness. A level that rises and stays is no spike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from scipy import ndimage

from netgain.records import Estimate, Metric, TrainingPoint
from netgain.wording import counted, integer, number

Array = NDArray[numpy.float64]

WINDOW = 25  # logged values under the running median
THRESHOLD = 6.0  # deviations above it
LEAST_SCALE = 0.01  # on the logarithmic scale: what is within 6% is no spike, however calm the rest
LEAST_VALUES = 30  # fewer say too little about what is usual
TO_SIGMA = 1.4826  # a normal distribution's standard deviation in median absolute deviations
SHOWN_STEPS = 8
LOSS_SPIKES, NORM_SPIKES = "loss spikes", "gradient-norm spikes"  # the names of their metrics


@dataclass(frozen=True)
class Spike:
    """One value far above the running median `usual`; `deviations` is how far, in scale units."""

    step: int
    value: float
    usual: float
    deviations: float


def find_spikes(pairs: Sequence[tuple[int, float]]) -> tuple[Spike, ...]:
    """The spikes of a positive series, given as (step, value) in order of steps.

    Values that are not positive and finite are passed over. The window is symmetric and shrinks
    towards both ends, so the first and the last value can never be spikes.

    Raises:
        ValueError: fewer than `LEAST_VALUES` values are left.
    """
    kept = [(step, value) for step, value in pairs if math.isfinite(value) and value > 0]
    if len(kept) < LEAST_VALUES:
        few = f"{counted(len(kept), 'value')} {'is' if len(kept) == 1 else 'are'} too few"
        raise ValueError(f"{few} to know a spike ({LEAST_VALUES} needed)")
    logs = numpy.log([value for _, value in kept])
    usual = _running_median(logs)
    residuals = logs - usual
    sizes = numpy.abs(residuals[residuals != 0])  # a value that is its own median tells no scale
    constant = len(sizes) < len(residuals) / 2
    scale = LEAST_SCALE if constant else max(LEAST_SCALE, TO_SIGMA * float(numpy.median(sizes)))
    return tuple(
        Spike(*kept[i], float(math.exp(usual[i])), float(residuals[i] / scale))
        for i in numpy.flatnonzero(residuals > THRESHOLD * scale)
    )


def _running_median(values: Array) -> Array:
    n, half = len(values), WINDOW // 2
    smooth: Array = ndimage.median_filter(values, size=WINDOW, mode="nearest")
    for i in (*range(min(half, n)), *range(max(0, n - half), n)):
        reach = min(i, n - 1 - i)
        if reach < half:
            smooth[i] = numpy.median(values[i - reach : i + reach + 1])
    return smooth


def spike_metrics(points: Sequence[TrainingPoint]) -> tuple[Metric, ...]:
    """How many spikes the training loss and the gradient norm have, with their steps.

    Without any point there is no metric. The loss of a policy gradient's rounds is noise around
    nought, so it is not looked at.
    """
    if not points:
        return ()
    norms = _count(NORM_SPIKES, [(p.step, p.grad_norm) for p in points if p.grad_norm is not None])
    if any(p.reward is not None for p in points):
        return (norms,)
    losses = [(p.step, p.loss) for p in points if p.loss is not None]
    return (_count(LOSS_SPIKES, losses), norms)


def _count(name: str, pairs: Sequence[tuple[int, float]]) -> Metric:
    method = (
        f"logged values more than {THRESHOLD:g} scaled median absolute deviations above the "
        f"running median of {WINDOW}, on a logarithmic scale"
    )
    try:
        found = find_spikes(pairs)
    except ValueError as error:
        what = "none was logged" if not pairs else str(error)
        return Metric(name, "", "measured", Estimate(None, method, why_no_interval=what))
    why = "a count, not an estimate"
    estimate = Estimate(len(found), method, why_no_interval=why, n=len(pairs))
    return Metric(name, "", "measured", estimate, _steps(found))


def _steps(found: Sequence[Spike]) -> str:
    """The largest spikes in words, in order of their steps."""
    largest = sorted(found, key=lambda spike: -spike.deviations)[:SHOWN_STEPS]
    words = [
        f"step {integer(s.step)} ({number(s.value, 3)}, usual there {number(s.usual, 3)})"
        for s in sorted(largest, key=lambda spike: spike.step)
    ]
    rest = len(found) - len(largest)
    return ", ".join(words) + (f", and {integer(rest)} smaller" if rest else "")
