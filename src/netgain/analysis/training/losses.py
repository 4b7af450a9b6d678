"""A log's losses as series against tokens, and whether a validation loss has turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from netgain.records import TrainingPoint

Name = Literal["validation", "training"]

MOST_POINTS = {"validation": 60, "training": 40}  # more are averaged in stretches of equal length
TURNED_LAST = 3  # validations that must lie above the lowest
TURNED_NOISE = 3.0  # scale units of noise by which their mean must
TURNED_SHARE = 0.005  # and this share of the lowest loss


@dataclass(frozen=True)
class Series:
    """Losses against `x`: tokens (steps, where not all are known) weighted by the learning rate."""

    name: Name
    x: tuple[float, ...]
    steps: tuple[int, ...]
    losses: tuple[float, ...]


def loss_series(points: Sequence[TrainingPoint], name: Name) -> Series:
    """One kind of loss; a long series is averaged in stretches of equal length.

    A single batch's loss says little, so training losses are averaged sooner.
    """
    logged = [p.eval_loss if name == "validation" else p.loss for p in points]
    known = [i for i, loss in enumerate(logged) if loss is not None and math.isfinite(loss)]
    x = weighted_tokens(points)[known]
    steps = np.array([points[i].step for i in known], float)
    losses = np.array([logged[i] for i in known], float)
    most = MOST_POINTS[name]
    if len(known) > most:
        cuts = np.linspace(0, len(known), most + 1).astype(int)
        sizes = np.diff(cuts)
        x, steps, losses = (np.add.reduceat(v, cuts[:-1]) / sizes for v in (x, steps, losses))
    whole = tuple(round(float(s)) for s in steps)
    return Series(name, tuple(x.tolist()), whole, tuple(losses.tolist()))


def weighted_tokens(points: Sequence[TrainingPoint]) -> NDArray[np.float64]:
    """Tokens up to each point, each counted by its learning rate as a share of the highest.

    At a falling rate a curve flattens whatever the model could still learn. Against the sum of the
    learning rates it does not (Tissue et al. 2024, arXiv:2408.11029, where the sum is S1), and a
    run that is planned longer with the same schedule ends at as many times the sum. With a constant
    rate, or where none is logged, these are the tokens themselves.
    """
    tokens = [p.tokens for p in points if p.tokens is not None]
    counted = np.array(tokens if len(tokens) == len(points) else [p.step for p in points], float)
    rates = [p.learning_rate for p in points]
    usable = [r for r in rates if r is not None and math.isfinite(r) and r >= 0]
    peak = max(usable, default=0.0)
    if peak == 0:
        return counted
    found, total, before, weight = [], 0.0, 0.0, usable[0] / peak
    for count, rate in zip(counted, rates, strict=True):
        if rate is not None and math.isfinite(rate) and rate >= 0:
            weight = rate / peak
        total += (count - before) * weight
        before = count
        found.append(total)
    return np.array(found)


def has_turned(losses: Sequence[float]) -> bool:
    """Whether a validation loss has passed its lowest value and clearly risen since.

    The last three values all lie above the lowest, and their mean lies above the lowest running
    mean of three by three times the noise and by half a percent. Noise is the scaled median of
    second differences, which a smooth curve hardly has.
    """
    if len(losses) <= TURNED_LAST:
        return False
    values = np.asarray(losses, float) / (max(map(abs, losses)) or 1.0)
    means = np.convolve(values, np.ones(TURNED_LAST) / TURNED_LAST, "valid")
    noise = 1.4826 * float(np.median(np.abs(np.diff(values, 2)))) / 6**0.5  # of one value
    rise = float(means[-1] - means.min())
    least = max(TURNED_NOISE * noise, TURNED_SHARE * float(values.min()))
    return bool(values[-TURNED_LAST:].min() > values.min()) and rise > least
