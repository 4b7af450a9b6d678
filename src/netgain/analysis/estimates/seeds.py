"""Several training runs of one recipe: what is the recipe's, and what one seed's luck.

The difference tuned − base of seed s on problem p is taken as a mean, an effect of the seed, an
effect of the problem and a rest: a crossed random-effects model, its variances by the method of
moments (Searle, Casella & McCulloch 1992, chapter 4).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from netgain.analysis.estimates.statistics import LEVEL, bounded, t_interval
from netgain.records import Estimate

FEW_SEEDS = 5
ROUNDING = 1e-12  # a spread below it is that of sums of decimals, not of values
ONE_SEED = "one seed shows no spread between seeds; train with at least two more"


@dataclass(frozen=True)
class SeedsEstimate:
    """The mean difference over seeds, twice, and where its spread comes from.

    `over_seeds` is about other seeds on these very problems, `over_both` about other seeds and
    other problems of the kind. Standard deviations are of true effects, in shares; None with one
    seed or where nothing varied, 0 where the rest explains what was seen.
    """

    seeds: int
    problems: int
    by_seed: tuple[float, ...]
    over_seeds: Estimate
    over_both: Estimate
    between_seeds: float | None
    between_problems: float | None
    caveats: tuple[str, ...]


def several_seeds(differences: ArrayLike) -> SeedsEstimate:
    """Estimate a recipe's gain from several seeds on the same problems.

    Args:
        differences: tuned − base, shape (seeds, problems), from −1 to 1; shares where a problem was
            answered several times.

    Raises:
        ValueError: not such a table of finite numbers, or fewer than two problems.
    """
    table = np.asarray(differences, dtype=float)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise ValueError(f"a table of seeds by two or more problems is needed, not {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("differences must be finite")
    seeds, problems = table.shape
    mean, by_seed = float(table.mean()), table.mean(axis=1)
    over_seeds, over_both = (
        "mean over seeds, Student's t over seeds (these problems, other seeds)",
        "mean over seeds, crossed random effects, Satterthwaite's t (other seeds and problems)",
    )
    if seeds == 1:
        return SeedsEstimate(
            1, problems, (mean,),
            Estimate(mean, over_seeds, why_no_interval=ONE_SEED, n=1),
            Estimate(mean, over_both, why_no_interval=ONE_SEED, n=1),
            None, None, (ONE_SEED,),
        )  # fmt: skip
    squares = _mean_squares(table)
    both = _over_both(mean, squares, table.shape, over_both)
    nothing_varied = both.interval is None
    return SeedsEstimate(
        seeds=seeds,
        problems=problems,
        by_seed=tuple(by_seed.tolist()),
        over_seeds=_over_seeds(mean, by_seed, over_seeds),
        over_both=both,
        between_seeds=None if nothing_varied else _deviation(squares[0], squares[2], problems),
        between_problems=None if nothing_varied else _deviation(squares[1], squares[2], seeds),
        caveats=_caveats(seeds),
    )


def _deviation(square: float, rest: float, n: int) -> float:
    return math.sqrt(max(0.0, square - rest) / n)


def _mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Mean squares of seeds, of problems, and of the rest."""
    seeds, problems = table.shape
    mean = table.mean()
    by_seed, by_problem = table.mean(axis=1), table.mean(axis=0)
    rest = table - by_seed[:, None] - by_problem[None, :] + mean
    return (
        problems * float(np.sum((by_seed - mean) ** 2)) / (seeds - 1),
        seeds * float(np.sum((by_problem - mean) ** 2)) / (problems - 1),
        float(np.sum(rest**2)) / ((seeds - 1) * (problems - 1)),
    )


def _over_seeds(mean: float, by_seed: np.ndarray, method: str) -> Estimate:
    seeds = len(by_seed)
    error = float(by_seed.std(ddof=1)) / math.sqrt(seeds)
    if error < ROUNDING:
        why = "all seeds came out alike, and that is no proof that all would"
        return Estimate(mean, method, why_no_interval=why, n=seeds)
    interval = bounded(t_interval(mean, error, seeds - 1))
    return Estimate(mean, method, interval, level=LEVEL, n=seeds)


def _over_both(
    mean: float, squares: tuple[float, float, float], shape: tuple[int, ...], method: str
) -> Estimate:
    """The variance of the grand mean is (seeds + problems − rest) / (their numbers' product).

    A variance that comes out negative is taken as none, which widens the interval.
    """
    seeds, problems = shape
    of_seeds, of_problems, rest = squares
    of_seeds, of_problems = max(of_seeds, rest), max(of_problems, rest)
    total = of_seeds + of_problems - rest
    if total < ROUNDING**2:
        why = "no spread between seeds or problems was seen"
        return Estimate(mean, method, why_no_interval=why, n=seeds)
    freedom = total**2 / (
        of_seeds**2 / (seeds - 1)
        + of_problems**2 / (problems - 1)
        + rest**2 / ((seeds - 1) * (problems - 1))
    )
    error = math.sqrt(total / (seeds * problems))
    interval = bounded(t_interval(mean, error, freedom))
    return Estimate(mean, method, interval, level=LEVEL, n=seeds)


def _caveats(seeds: int) -> tuple[str, ...]:
    if seeds >= FEW_SEEDS:
        return ()
    return (
        f"{seeds} seeds tell little of the spread between seeds: the interval over seeds relies on "
        "seeds varying as a normal distribution does, and with so few that cannot be checked.",
    )
