"""Saturating forms fitted to a loss curve, and where it may go on, with an interval.

The forms are a power law and an exponential, each with a floor, each also with a linear rise (what
overfitting looks like), and no change at all. For given shape parameters each is linear in the
rest, so a grid of shapes with a least-squares solution at each point of it finds the optimum
without starting values (variable projection: Golub and Pereyra 1973, SIAM J. Numer. Anal. 10:413).
Huber's weights make it robust; AICc chooses between forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEVEL = 0.95
LEFT_OUT = 1 / 3  # of the tokens, at the start
LEAST_POINTS = 8
REACH = 0.5  # of the tokens seen: as far beyond them as forecasts were tried
SHORTFALL = 0.65  # of the further change that may not come; found on curves, with the widening
REPLICATES = 200
HUBER = 1.345  # in scale units: 95% efficiency under normal noise (Huber 1981, Robust Statistics)
TO_SIGMA = 1.4826
SEARCHES = 12  # rounds of the search around the grid's best point, each with smaller steps
RIDGE = 1e-10  # keeps designs solvable whose columns coincide
ROUNDS = 4  # of re-weighting; weights settle after two or three


@dataclass(frozen=True)
class Form:
    """A family of curves, `parameters` free numbers in all.

    `shapes` is a grid over the logarithms of its shape parameters, (points, 0 to 2): (tau,) of an
    exponential or (t0, alpha) of a power law, in units of the tokens seen.
    """

    equation: str
    shapes: Array
    rises: bool
    parameters: int

    def columns(self, shapes: Array, t: Array) -> Array:
        """The design matrices: floor, falling part, rising part; (len(shapes), len(t), 1 to 3)."""
        parameters = np.exp(shapes)[:, :, None]
        found = [np.ones((len(shapes), len(t)))]
        if shapes.shape[1] == 1:
            found.append(np.exp(-t / parameters[:, 0]))
        elif shapes.shape[1] == 2:
            found.append((1 + t / parameters[:, 0]) ** -parameters[:, 1])
        if self.rises:
            found.append(np.broadcast_to(t, found[0].shape))
        return np.stack(found, axis=2)


def _grid(*ranges: tuple[float, float, int]) -> Array:
    axes = np.meshgrid(*(np.linspace(np.log(a), np.log(b), n) for a, b, n in ranges))
    return np.stack([axis.ravel() for axis in axes], axis=1)


_EXPONENTIAL = _grid((0.02, 3.0, 16))
_POWER = _grid((0.005, 1.0, 7), (0.1, 3.0, 7))
FORMS: dict[str, Form] = {
    "no change": Form("L = E", np.zeros((1, 0)), False, 1),
    "exponential with a floor": Form("L = E + A·exp(−t/τ)", _EXPONENTIAL, False, 3),
    "power law with a floor": Form("L = E + A·(1 + t/t₀)^−α", _POWER, False, 4),
    "exponential with a rise": Form("L = E + A·exp(−t/τ) + B·t", _EXPONENTIAL, True, 4),
    "power law with a rise": Form("L = E + A·(1 + t/t₀)^−α + B·t", _POWER, True, 5),
}


@dataclass(frozen=True)
class Fitted:
    """A fitted curve: its form and floor, and its value with an interval at the places asked for.

    `floor` is the level it tends to (None for a form that rises again), `floor_interval` the
    bootstrap's, not widened. `low` and `high` are for a value logged there, its noise included.
    `n` values were fitted.
    """

    n: int
    form: str
    equation: str
    floor: float | None
    floor_interval: tuple[float, float]
    loss: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class _Solutions:
    """One form's best fit to each of many replicates: criterion, shape, coefficients."""

    form: Form
    aicc: Array  # (replicates,)
    shapes: Array  # (replicates, 0 to 2)
    coefficients: Array  # (replicates, 1 to 3)

    def values(self, t: Array) -> Array:
        """Every replicate's curve at `t`: (replicates, len(t))."""
        columns = self.form.columns(self.shapes, t)
        found: Array = np.einsum("rnp,rp->rn", columns, self.coefficients)
        return found


def fit_curve(
    tokens: ArrayLike,
    losses: ArrayLike,
    at: ArrayLike,
    rng: np.random.Generator,
    *,
    may_rise: bool,
    widening: float,
) -> Fitted:
    """Fit the forms and predict at `at` (the same measure as `tokens`, weighted or not).

    The first third of the tokens is left out: warm-up and first descent follow no such form. The
    interval joins what a bootstrap of residual blocks spreads (Künsch 1989, Ann. Stat. 17:1217;
    each replicate is made from a form drawn by its Akaike weight and chooses its form anew) with
    what a curve does that leaves its form: `SHORTFALL` of the further change may not come, or it
    may go on as it moved over the last third of what was seen, with the root of the distance. The
    half-widths are multiplied by `widening`.

    Raises:
        ValueError: fewer than `LEAST_POINTS` points after the first third, tokens that do not
            grow, or a negative loss.
    """
    seen, y = _usable(np.asarray(tokens, float), np.asarray(losses, float))
    t, size = seen / seen[-1], float(y.max()) or 1.0
    y = y / size
    names = [name for name, form in FORMS.items() if may_rise or not form.rises]
    weights = _robust_weights(names, t, y)
    solved = [_solve(FORMS[name], t, y[None], weights) for name in names]
    criteria = np.array([solution.aicc[0] for solution in solved])
    best = solved[int(criteria.argmin())]
    akaike = np.exp((criteria.min() - criteria) / 2)
    residuals = _residuals(y - best.values(t)[0], best.form.parameters)
    drawn = rng.choice(len(names), size=REPLICATES, p=akaike / akaike.sum())
    fits = np.concatenate([solution.values(t) for solution in solved])
    replicates = fits[drawn] + _blocks(residuals, REPLICATES, rng)
    places = np.asarray(at, float) / seen[-1]
    paths, floors = _predict_all(names, t, replicates, weights, places)
    paths = paths + rng.choice(residuals, size=(REPLICATES, 1))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(paths, (tail, 1 - tail), axis=0)
    centre = best.values(places)[0]
    below, above = _half_widths(best, places, (high - low) / 2)
    low_floor, high_floor = np.quantile(floors, (tail, 1 - tail)) * size
    return Fitted(
        n=len(y),
        form=names[int(criteria.argmin())],
        equation=best.form.equation,
        floor=None if best.form.rises else float(best.coefficients[0, 0]) * size,
        floor_interval=(float(low_floor), float(high_floor)),
        loss=centre * size,
        low=np.maximum(0.0, centre - widening * below) * size,
        high=(centre + widening * above) * size,
    )


def _usable(seen: Array, y: Array) -> tuple[Array, Array]:
    """The values after the first third of the tokens, checked."""
    kept = seen >= LEFT_OUT * max(seen, default=0.0)
    seen, y = seen[kept], y[kept]
    if len(y) < LEAST_POINTS:
        raise ValueError(
            f"{len(y)} values after the first third of the tokens are too few to fit a curve "
            f"({LEAST_POINTS} needed)"
        )
    if seen[0] < 0 or not seen[-1] > seen[0] or (np.diff(seen) < 0).any():
        raise ValueError("the counts of tokens do not grow along the log")
    if (y < 0).any():
        raise ValueError("a loss below nought is none that these forms fit")
    return seen, y


def _half_widths(best: _Solutions, places: Array, spread: Array) -> tuple[Array, Array]:
    """Below and above the curve: the bootstrap's spread, and room for a curve that leaves it."""
    before, now = best.values(np.array([2 / 3, 1.0]))[0]
    ahead = np.maximum(0.0, places - 1)
    change = np.where(ahead > 0, best.values(places)[0] - now, 0.0)
    short = SHORTFALL * np.abs(change)
    beyond = abs(now - before) * np.sqrt(ahead / REACH)
    falls = change < 0
    below = np.hypot(spread, np.where(falls, beyond, short))
    above = np.hypot(spread, np.where(falls, short, beyond))
    return below, above


def _solve(form: Form, t: Array, y: Array, weights: Array) -> _Solutions:
    """The best shape for every row of `y`: the grid's best point, then a search around it."""
    count, n = y.shape
    best = np.full(count, np.inf)
    shapes = np.zeros((count, form.shapes.shape[1]))
    coefficients = np.zeros((count, 1 + (form.shapes.shape[1] > 0) + form.rises))

    def improve(tried: Array) -> None:
        error, found = _least_squares(form.columns(tried, t), y, weights)
        better = error < best
        best[better], coefficients[better] = error[better], found[better]
        shapes[better] = np.broadcast_to(tried, shapes.shape)[better]

    for shape in form.shapes:
        improve(shape[None])
    low, high = form.shapes.min(axis=0), form.shapes.max(axis=0)
    for k in range(SEARCHES):
        for axis in range(len(low)):
            grid = np.unique(form.shapes[:, axis])
            for step in (-0.5, 0.5):
                moved = shapes.copy()
                moved[:, axis] += step * 0.6**k * (grid[1] - grid[0])
                improve(np.clip(moved, low, high))
    k = form.parameters + 1  # the noise is one too
    with np.errstate(divide="ignore"):
        fit = n * np.log(np.maximum(best, 1e-300) / n)
    penalty = 2 * k + 2 * k * (k + 1) / max(n - k - 1, 0.5)
    return _Solutions(form, fit + penalty, shapes, coefficients)


def _least_squares(columns: Array, y: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted squared error and coefficients of each row of `y`; infinite where one is negative.

    `columns` has one design for all rows, or one for each. Where the floor would be negative, which
    no loss is, it is left out.
    """
    parts = columns.shape[2]
    best = np.full(len(y), np.inf)
    found = np.zeros((len(y), parts))
    for first in (0, 1) if parts > 1 else (0,):
        design = columns[:, :, first:]
        weighted = design * weights[:, None]
        gram = np.swapaxes(weighted, 1, 2) @ design + RIDGE * np.eye(parts - first)
        right = np.einsum("knp,rn->rp" if len(columns) == 1 else "rnp,rn->rp", weighted, y)
        solved = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
        error = (weights * (y - (design @ solved[:, :, None])[:, :, 0]) ** 2).sum(axis=1)
        better = (error < best) & (solved >= 0).all(axis=1)
        best[better] = error[better]
        found[better, :first] = 0.0
        found[better, first:] = solved[better]
    return best, found


def _predict_all(
    names: Sequence[str], t: Array, replicates: Array, weights: Array, places: Array
) -> tuple[Array, Array]:
    """Each replicate's own choice of form, at `places`; and its floor."""
    solved = [_solve(FORMS[name], t, replicates, weights) for name in names]
    choice = np.argmin(np.stack([s.aicc for s in solved]), axis=0)
    rows = np.arange(len(replicates))
    paths = np.stack([s.values(places) for s in solved])[choice, rows]
    floors = np.stack([s.coefficients[:, 0] for s in solved])[choice, rows]
    return paths, floors


def _robust_weights(names: Sequence[str], t: Array, y: Array) -> Array:
    weights = np.ones_like(y)
    for _ in range(ROUNDS):
        solved = [_solve(FORMS[name], t, y[None], weights) for name in names]
        best = min(solved, key=lambda solution: float(solution.aicc[0]))
        residuals = np.abs(y - best.values(t)[0])
        scale = TO_SIGMA * float(np.median(residuals))
        if scale == 0:
            return weights
        weights = np.minimum(1.0, HUBER * scale / np.maximum(residuals, 1e-300))
    return weights


def _residuals(raw: Array, parameters: int) -> Array:
    """Centred, clipped where wild, and enlarged by what fitting took away."""
    scale = TO_SIGMA * float(np.median(np.abs(raw)))
    clipped = np.clip(raw, -4 * scale, 4 * scale)
    n = len(raw)
    enlarged: Array = (clipped - clipped.mean()) * np.sqrt(n / max(1, n - parameters))
    return enlarged


def _blocks(residuals: Array, count: int, rng: np.random.Generator) -> Array:
    """Residuals re-drawn in runs, so that their correlation stays: (count, n)."""
    n = len(residuals)
    length = max(2, round(n ** (1 / 3)))
    starts = rng.integers(0, n - length + 1, size=(count, -(-n // length)))
    indices = starts[:, :, None] + np.arange(length)
    drawn: Array = residuals[indices.reshape(count, -1)[:, :n]]
    return drawn
