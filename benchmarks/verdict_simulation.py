"""How often the verdict is wrong, and how often the intervals hold the truth. Minutes, one core.

    python benchmarks/verdict_simulation.py

Draws paired experiments with known accuracies and correlation, and judges each by the package's own
functions: exact McNemar for the verdict, `paired_difference`'s limits for the interval. Every cell
is also summed exactly over all tables (`*_exact`, and `power` for "improved"), so the draws check
the sum and the sum the draws. Newcombe's, Tango's and Bonett & Price's intervals are measured on
the same draws. One row a cell goes to `results/verdict_simulation.csv`, n by n; `verdict_tables.py`
sums it up.

Correlation is given as a share of the largest that the two accuracies allow: at 1 the better model
solves everything that the other one solves.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import special, stats

from netgain.analysis.estimates.melded import melded_limits
from netgain.analysis.estimates.power import mcnemar_power
from netgain.analysis.estimates.statistics import ALPHA, LEVEL, mcnemar_exact, newcombe_limits

SIZES = (30, 50, 100, 200, 400, 1319)
ACCURACIES = (0.01, 0.02, 0.05, 0.10, 0.20, 0.35, 0.50, 0.65, 0.80, 0.90, 0.95, 0.98, 0.99)
SMALL_GAINS = (0.01, 0.02, 0.03, 0.05, 0.10)
CORRELATIONS = (0.0, 0.3, 0.6, 0.9, 1.0)
EXPERIMENTS = 20_000
NEVER = 1e-10  # tables less probable than this in each margin are left out of the exact sum
SLACK = 1e-12  # a limit that is the truth up to rounding covers it
RESULTS = Path(__file__).parent / "results" / "verdict_simulation.csv"


@dataclass(frozen=True)
class Cell:
    """One true state of the world: n problems, two accuracies, and how they go together."""

    n: int
    base: float
    tuned: float
    correlation: float

    def shares(self) -> tuple[float, float, float, float]:
        """True shares of problems: both, only base, only tuned, neither."""
        independent = self.base * self.tuned
        most = min(self.base, self.tuned)
        both = independent + self.correlation * (most - independent)
        rest = (both, self.base - both, self.tuned - both)
        clean = [0.0 if abs(x) < SLACK else x for x in rest]
        return clean[0], clean[1], clean[2], 1 - sum(clean)

    def gain(self) -> float:
        return self.tuned - self.base


def cells(n: int) -> Iterator[Cell]:
    """Tuned at least as good as base: the other half is the same by symmetry."""
    pairs = {(p, q) for p in ACCURACIES for q in ACCURACIES if p <= q}
    pairs |= {(p, round(p + d, 4)) for p in ACCURACIES for d in SMALL_GAINS if p + d <= 0.9901}
    for (base, tuned), correlation in itertools.product(sorted(pairs), CORRELATIONS):
        if base < tuned or correlation < 1:  # equal and wholly correlated: nothing ever differs
            yield Cell(n, base, tuned, correlation)


class Judge:
    """Verdicts and limits by the package's functions, each distinct table judged once."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.low = np.full((n + 1, n + 1), np.nan)  # [only base, only tuned]
        self.high = self.low.copy()
        self.rejects = np.zeros((n + 1, n + 1), dtype=bool)

    def learn(self, only_base: np.ndarray, only_tuned: np.ndarray) -> None:
        """Judge the tables among these that are new."""
        new = np.isnan(self.low[only_base, only_tuned])
        for c, b in set(zip(only_base[new].tolist(), only_tuned[new].tolist(), strict=True)):
            if np.isnan(self.low[c, b]):
                low, high = melded_limits(b, c, self.n, LEVEL)
                self.low[c, b], self.high[c, b] = low, high
                self.low[b, c], self.high[b, c] = -high, -low
                self.rejects[c, b] = self.rejects[b, c] = mcnemar_exact(c, b) < ALPHA


def exact(cell: Cell, judge: Judge) -> dict[str, float]:
    """Coverage and rejections, summed over every table that can come."""
    _, only_base, only_tuned, _ = cell.shares()
    c, b = np.meshgrid(_likely(cell.n, only_base), _likely(cell.n, only_tuned), indexing="ij")
    possible = b + c <= cell.n
    c, b = c[possible], b[possible]
    rest = cell.n - b - c
    log_mass = (
        special.gammaln(cell.n + 1)
        - special.gammaln(b + 1) - special.gammaln(c + 1) - special.gammaln(rest + 1)
        + special.xlogy(b, only_tuned) + special.xlogy(c, only_base)
        + special.xlogy(rest, 1 - only_base - only_tuned)
    )  # fmt: skip
    mass = np.exp(log_mass)
    judge.learn(c, b)
    low, high, rejected = judge.low[c, b], judge.high[c, b], judge.rejects[c, b]
    return {
        "coverage_exact": mass[_holds(low, high, cell.gain())].sum(),
        "above_truth_exact": mass[low > cell.gain() + SLACK].sum(),  # what non-inferiority risks
        "worse_exact": mass[rejected & (b < c)].sum(),
    }


def _likely(n: int, share: float) -> np.ndarray:
    low, high = stats.binom.ppf((NEVER, 1 - NEVER), n, share)
    return np.arange(max(0, int(low)), int(high) + 1)


def simulated(
    cell: Cell, judge: Judge, experiments: int, generator: np.random.Generator
) -> dict[str, float]:
    """The same from draws, with other intervals beside it."""
    a, c, b, d = generator.multinomial(cell.n, cell.shares(), size=experiments).T
    judge.learn(c, b)
    low, high, rejected = judge.low[c, b], judge.high[c, b], judge.rejects[c, b]
    gain = cell.gain()
    found = {
        "improved": np.mean(rejected & (b > c)),
        "worse": np.mean(rejected & (b < c)),
        "coverage": np.mean(_holds(low, high, gain)),
        "width": np.mean(high - low),
        "disagrees": np.mean(rejected != ((low > 0) | (high < 0))),
    }
    others = {
        "newcombe": newcombe_limits(a, c, b, d, LEVEL),
        "newcombe_plain": _newcombe_without_correction(a, c, b, d),
        "bonett_price": _bonett_price(c, b, cell.n),
    }
    for name, (low, high) in others.items():
        found[name] = np.mean(_holds(low, high, gain))
        found[f"{name}_width"] = np.mean(high - low)
        found[f"{name}_disagrees"] = np.mean(rejected != ((low > 0) | (high < 0)))
    z = stats.norm.isf((1 - LEVEL) / 2)
    for name, correction in (("tango", 0.0), ("tango_corrected", 0.5)):
        found[name] = np.mean(_tango(c, b, cell.n, gain, correction) <= z + SLACK)
        found[f"{name}_disagrees"] = np.mean(
            rejected != (_tango(c, b, cell.n, 0.0, correction) > z)
        )
    return {name: float(value) for name, value in found.items()}


def _holds(low: np.ndarray, high: np.ndarray, truth: float) -> np.ndarray:
    return (low <= truth + SLACK) & (truth - SLACK <= high)


# -- intervals that the package does not print, to choose among ----------------------------


def _newcombe_without_correction(
    a: np.ndarray, c: np.ndarray, b: np.ndarray, d: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Method 8 of Newcombe 1998: the observed correlation as it is."""
    n = a + b + c + d
    tuned, base = (a + b) / n, (a + c) / n
    z = stats.norm.isf((1 - LEVEL) / 2)

    def wilson(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = count / n
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return centre - half, centre + half

    (low_t, high_t), (low_b, high_b) = wilson(a + b), wilson(a + c)
    margins = (a + b) * (c + d) * (a + c) * (b + d).astype(float)
    phi = np.where(margins > 0, (a * d - b * c) / np.sqrt(np.maximum(margins, 1.0)), 0.0)

    def hybrid(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(0.0, x * x - 2 * phi * x * y + y * y))

    difference = (b - c) / n
    return (
        difference - hybrid(tuned - low_t, high_b - base),
        difference + hybrid(high_t - tuned, base - low_b),
    )


def _bonett_price(c: np.ndarray, b: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Adjusted Wald interval (Bonett & Price 2012, J. Educ. Behav. Stat. 37:479)."""
    up, down = (b + 1) / (n + 2), (c + 1) / (n + 2)
    half = stats.norm.isf((1 - LEVEL) / 2) * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    return np.maximum(-1.0, up - down - half), np.minimum(1.0, up - down + half)


def _tango(
    c: np.ndarray, b: np.ndarray, n: int, difference: float, correction: float
) -> np.ndarray:
    """|z| of the score test of a difference (Tango 1998, Statistics in Medicine 17:891)."""
    middle = -b - c + (2 * n - b + c) * difference
    root = np.sqrt(np.maximum(0.0, middle**2 + 8 * n * c * difference * (1 - difference)))
    loss = (root - middle) / (4 * n)  # the restricted estimate of the share of losses
    variance = n * (2 * loss + difference * (1 - difference))
    apart = np.maximum(0.0, np.abs(b - c - n * difference) - correction)
    return np.where(apart < SLACK, 0.0, apart / np.sqrt(np.maximum(variance, 1e-300)))


def run(sizes: list[int], experiments: int, seed: int, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for n in sizes:
            began, judge = time.monotonic(), Judge(n)
            generator = np.random.default_rng([seed, n])
            grid = list(cells(n))
            for cell in grid:
                _, only_base, only_tuned, _ = cell.shares()
                gain = cell.gain()
                row: dict[str, float] = {
                    "n": n, "base": cell.base, "tuned": cell.tuned,
                    "correlation": cell.correlation,
                    "expected_discordant": n * (only_base + only_tuned),
                    "power": mcnemar_power(n, max(only_base + only_tuned, gain), gain),
                    **exact(cell, judge),
                    **simulated(cell, judge, experiments, generator),
                }  # fmt: skip
                if writer is None:
                    writer = csv.DictWriter(file, list(row), lineterminator="\n")
                    writer.writeheader()
                writer.writerow({k: f"{v:.6g}" for k, v in row.items()})
            file.flush()
            print(f"n = {n}: {len(grid)} cells, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--experiments", type=int, default=EXPERIMENTS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    run(given.sizes, given.experiments, given.seed, given.out)
