"""Logistic regression with Firth's penalty and profile-likelihood intervals.

The estimate maximises l(b) + log|I(b)| / 2, with l the log-likelihood and I the Fisher information
(Firth 1993, Biometrika 80:27). It stays finite where a column separates right from wrong answers,
which happens in small sets and makes the ordinary estimate infinite. Intervals come from the
penalised likelihood's profile, because a Wald interval is far too symmetric there (Heinze and
Schemper 2002, Statistics in Medicine 21:2409).

It takes a design matrix and does not choose its columns: see `screened`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special, stats

Array = NDArray[np.float64]

MAX_ITERATIONS = 500
TOLERANCE = 1e-7  # of the penalised log-likelihood's gradient, columns scaled, in units of √n
MAX_SHARED = 0.9  # share of a column's variance that the columns before it may explain (VIF 10)


class NoConvergence(ArithmeticError):
    """The estimate was not found: a fault to report, never a number to print."""


@dataclass(frozen=True)
class Fit:
    """Log odds ratios a unit of each column, with intervals; `probabilities` are the fitted ones.

    `log_likelihood` is penalised.
    """

    intercept: float
    coefficients: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    probabilities: Array
    log_likelihood: float


def screened(columns: Sequence[Array]) -> list[str]:
    """For each column of numbers "" where it can be used, else why not, in the order given.

    A column is refused where it is constant, or where those kept before it explain more than
    `MAX_SHARED` of its variance: its coefficient could not be told from theirs.
    """
    verdicts: list[str] = []
    basis: list[Array] = []  # orthonormal, of the kept columns
    for column in columns:
        centred = column - column.mean()
        size = float(np.linalg.norm(centred))
        if size <= 1e-12 * max(1.0, float(np.abs(column).max())) * math.sqrt(len(column)):
            verdicts.append("it is the same for every problem")
            continue
        rest = centred
        for _ in range(2):  # twice, so that rounding leaves nothing of the basis
            for direction in basis:
                rest = rest - direction * float(direction @ rest)
        shared = 1 - (float(np.linalg.norm(rest)) / size) ** 2
        if shared > MAX_SHARED:
            verdicts.append(f"those before it explain {shared:.0%} of its variance")
            continue
        basis.append(rest / np.linalg.norm(rest))
        verdicts.append("")
    return verdicts


def fit(columns: Sequence[Array], right: Array, level: float) -> Fit:
    """Fit the odds of a right answer (`right` is 0 or 1) to columns that `screened` accepts.

    Raises:
        NoConvergence: the maximum or a limit was not found.
    """
    means = np.array([column.mean() for column in columns])
    spreads = np.array([column.std() for column in columns])
    scaled = (np.column_stack(columns) - means) / spreads
    design = np.column_stack([np.ones(len(right)), scaled])
    share = float(right.mean())
    start = np.zeros(design.shape[1])
    start[0] = special.logit(min(max(share, 0.5 / len(right)), 1 - 0.5 / len(right)))
    best, top = _maximise(design, right, start)
    covariance = linalg.inv(_penalised(design, right, best)[2])
    reach = float(stats.norm.isf((1 - level) / 2))
    intervals = []
    for j, spread in enumerate(spreads, start=1):
        # The way the other coefficients give when the j-th moves by one standard error.
        way = covariance[j] / math.sqrt(covariance[j, j])
        low, high = (_limit(design, right, best, top, j, side * way, reach) for side in (-1, 1))
        intervals.append((low / spread, high / spread))
    slopes = best[1:] / spreads
    return Fit(
        intercept=float(best[0] - slopes @ means),
        coefficients=tuple(float(b) for b in slopes),
        intervals=tuple(intervals),
        probabilities=special.expit(design @ best),
        # Scaling the columns moves log|I| by a constant.
        log_likelihood=top + float(np.log(spreads).sum()),
    )


def _maximise(
    design: Array, right: Array, start: Array, fixed: int | None = None
) -> tuple[Array, float]:
    """The penalised maximum and its value, by BFGS from the inverse information at `start`.

    With `fixed`, that coefficient keeps its starting value, and the penalty stays that of the
    whole information matrix, as a profile of the penalised likelihood needs.
    """
    free = np.arange(design.shape[1]) != fixed
    b = start.copy()
    value, _, information = _penalised(design, right, b)
    if value == -math.inf:
        raise NoConvergence("the information matrix is singular")

    def loss(part: Array) -> tuple[float, Array]:
        b[free] = part
        value, gradient, _ = _penalised(design, right, b)
        return -value, -gradient[free]

    shape = linalg.inv(information[np.ix_(free, free)])
    enough = TOLERANCE * math.sqrt(len(right))
    options = {"gtol": enough, "hess_inv0": (shape + shape.T) / 2, "maxiter": MAX_ITERATIONS}
    found = optimize.minimize(loss, b[free], jac=True, method="BFGS", options=options)
    # The line search may find no better point although the slope is nearly flat: rounding.
    if not float(np.abs(found.jac).max()) <= 10 * enough:
        raise NoConvergence(f"the slope stays at {float(np.abs(found.jac).max()):.2g}")
    b[free] = found.x
    return b, -float(found.fun)


def _penalised(design: Array, right: Array, b: Array) -> tuple[float, Array, Array]:
    """Penalised log-likelihood, its gradient, and the Fisher information at `b`.

    The first is −∞ where the information matrix is singular: a step too far.
    """
    linear = design @ b
    p, q = special.expit(linear), special.expit(-linear)
    weighted = design * np.sqrt(p * q)[:, None]
    information = weighted.T @ weighted
    try:
        lower = linalg.cholesky(information, lower=True)
    except linalg.LinAlgError:
        return -math.inf, np.zeros_like(b), information
    root = weighted @ linalg.solve_triangular(lower, np.eye(len(b)), lower=True).T
    leverage = np.einsum("ij,ij->i", root, root)  # the diagonal of the weighted hat matrix
    likelihood = float(special.log_expit(np.where(right > 0.5, linear, -linear)).sum())
    gradient = design.T @ (right - p + leverage * (0.5 - p))
    return likelihood + float(np.log(np.diag(lower)).sum()), gradient, information


def _limit(
    design: Array, right: Array, best: Array, top: float, j: int, way: Array, reach: float
) -> float:
    """Where along `way` the profile has fallen from `top` by reach² / 2: the limit of b[j]."""

    def beyond(distance: float) -> float:
        """The root of twice the fall, less `reach`: nearly linear, so few fits are needed."""
        if distance == 0:
            return -reach
        _, height = _maximise(design, right, best + distance * way, fixed=j)
        return math.sqrt(max(0.0, 2 * (top - height))) - reach

    near, far = 0.0, reach
    for _ in range(40):
        if beyond(far) > 0:
            distance = optimize.brentq(beyond, near, far, xtol=1e-6)
            return float(best[j] + distance * way[j])
        near, far = far, 1.3 * far
    raise NoConvergence("the likelihood does not fall")
