"""How often the verdict is wrong, what it sees, and how often the interval holds the truth.

    python benchmarks/verdict_simulation.py

Paired experiments with known accuracies and correlation, one answer a problem. False verdicts and
power are summed exactly over all tables for three tests: the ordinary exact McNemar test, its mid-p
and the unconditional one that decides. Draws judged by the package's own functions check the sum,
and tell how often its interval, Newcombe's and Tango's hold the truth. One row a cell goes to
`results/verdict_simulation.csv`; `verdict_tables.py` sums it up. A minute of one core.

Correlation is given as a share of the largest that the two accuracies allow: at 1 the better model
solves everything that the other one solves, at −1 (of the lowest one) they share what they must.
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

from netgain.analysis.estimates.mcnemar import critical, mcnemar, most_losses
from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.estimates.statistics import ALPHA, LEVEL

SIZES = (30, 50, 100, 200, 400, 1319)
ACCURACIES = (0.01, 0.02, 0.05, 0.10, 0.20, 0.35, 0.50, 0.65, 0.80, 0.90, 0.95, 0.98, 0.99)
GAINS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.10, 0.20)
CORRELATIONS = (-1.0, 0.0, 0.3, 0.6, 0.9, 1.0)
DRAWN = ((0.02, 0.10, 0.35, 0.50, 0.90), (0.0, 0.02, 0.05, 0.10), (-1.0, 0.0, 0.6, 1.0))
DRAWN_LARGE = ((0.10, 0.50), (0.0, 0.05), (0.0, 0.6))  # with more problems than MANY: a few
MANY = 200
EXPERIMENTS = {False: 4_000, True: 1_000}  # by whether there are so many
SLACK = 1e-9  # a limit that is the truth up to rounding covers it
RESULTS = Path(__file__).parent / "results" / "verdict_simulation.csv"


@dataclass(frozen=True)
class Cell:
    """One true state of the world: n problems, two accuracies, and how they go together."""

    n: int
    base: float
    gain: float
    correlation: float

    def shares(self) -> tuple[float, float]:
        """True shares of problems that only base, and only tuned, solves."""
        tuned = self.base + self.gain
        independent = self.base * tuned
        end = min(self.base, tuned) if self.correlation > 0 else max(0.0, self.base + tuned - 1)
        both = independent + abs(self.correlation) * (end - independent)
        lost, won = self.base - both, tuned - both
        return max(0.0, round(lost, 12)), max(0.0, round(won, 12))

    def drawn(self) -> bool:
        bases, gains, correlations = DRAWN_LARGE if self.n > MANY else DRAWN
        return self.base in bases and self.gain in gains and self.correlation in correlations


def cells(n: int) -> Iterator[Cell]:
    """Tuned at least as good as base: the other half is the same by symmetry."""
    for base, gain, correlation in itertools.product(ACCURACIES, GAINS, CORRELATIONS):
        cell = Cell(n, base, gain, correlation)
        if base + gain <= 0.9901 and sum(cell.shares()) > 0:
            yield cell


def tests(n: int) -> dict[str, np.ndarray]:
    """For each number of differing problems the most losses with which each test rejects."""
    m = np.arange(n + 1)
    return {
        "ordinary": stats.binom.ppf(ALPHA / 2, m, 0.5).astype(int) - 1,
        "mid-p": most_losses(np.nextafter(ALPHA, 0), n),
        "deciding": most_losses(critical(n), n),
    }


def exact(cell: Cell, rejects: dict[str, np.ndarray]) -> dict[str, float]:
    """How often each test says "improved" and "worse"."""
    lost, won = cell.shares()
    m = np.arange(cell.n + 1)
    chance = stats.binom.pmf(m, cell.n, lost + won)
    found = {}
    for name, k in rejects.items():
        for verdict, loser in (("improved", lost), ("worse", won)):
            tail = np.where(k >= 0, special.bdtr(np.maximum(k, 0), m, loser / (lost + won)), 0.0)
            found[f"{name}_{verdict}"] = float(chance @ tail)
    return found


class Judge:
    """Verdicts and limits by the package's functions, each distinct table judged once."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.known: dict[tuple[int, int], tuple[float, float, bool]] = {}

    def __call__(self, lost: np.ndarray, won: np.ndarray) -> np.ndarray:
        """Rows of low, high, rejected."""
        tables = list(zip(lost.tolist(), won.tolist(), strict=True))
        for table in set(tables) - self.known.keys():
            low, high = paired_difference(*table, self.n).interval or (0.0, 0.0)
            rejected = mcnemar(*table, self.n) < ALPHA
            self.known[table] = low, high, rejected
            self.known[table[::-1]] = -high, -low, rejected
        return np.array([self.known[table] for table in tables])


def drawn(
    cell: Cell, judge: Judge, experiments: int, generator: np.random.Generator
) -> dict[str, float]:
    """Draws, with two other intervals beside that of the package."""
    only_base, only_tuned = cell.shares()
    both = cell.base - only_base
    shares = (both, only_base, only_tuned, max(0.0, 1 - both - only_base - only_tuned))
    a, c, b, d = generator.multinomial(cell.n, shares, size=experiments).T
    low, high, rejected = judge(c, b).T
    rejected = rejected.astype(bool)
    newcombe = _newcombe(a, c, b, d)
    z = stats.norm.isf((1 - LEVEL) / 2)
    gain = cell.gain
    found = {
        "drawn_improved": np.mean(rejected & (b > c)),
        "drawn_worse": np.mean(rejected & (b < c)),
        "coverage": np.mean(_holds(low, high, gain)),
        "above_truth": np.mean(low > gain + SLACK),
        "below_truth": np.mean(high < gain - SLACK),  # what ruling out a loss risks, turned round
        "width": np.mean(high - low),
        "disagrees": np.mean(rejected != ((low > 0) | (high < 0))),
        "newcombe": np.mean(_holds(*newcombe, gain)),
        "newcombe_width": np.mean(newcombe[1] - newcombe[0]),
        "newcombe_disagrees": np.mean(rejected != ((newcombe[0] > 0) | (newcombe[1] < 0))),
        "tango": np.mean(_tango(c, b, cell.n, gain) <= z + SLACK),
        "tango_disagrees": np.mean(rejected != (_tango(c, b, cell.n, 0.0) > z)),
    }
    return {name: float(value) for name, value in found.items()}


def _holds(low: np.ndarray, high: np.ndarray, truth: float) -> np.ndarray:
    return (low <= truth + SLACK) & (truth - SLACK <= high)


# -- intervals that the package does not print ---------------------------------------------


def _newcombe(
    a: np.ndarray, c: np.ndarray, b: np.ndarray, d: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Newcombe's hybrid score interval (method 10; 1998, Statistics in Medicine 17:2635)."""
    n = a + b + c + d
    z = stats.norm.isf((1 - LEVEL) / 2)

    def wilson(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = count / n
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return centre - half, centre + half

    tuned, base = (a + b) / n, (a + c) / n
    (low_t, high_t), (low_b, high_b) = wilson(a + b), wilson(a + c)
    margins = ((a + b) * (c + d)).astype(float) * ((a + c) * (b + d))
    q = (a * d - b * c).astype(float)
    q = np.where(q > 0, np.maximum(q - n / 2, 0.0), q)
    phi = np.where(margins > 0, q / np.sqrt(np.maximum(margins, 1.0)), 0.0)

    def hybrid(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(0.0, x * x - 2 * phi * x * y + y * y))

    difference = (b - c) / n
    return (
        difference - hybrid(tuned - low_t, high_b - base),
        difference + hybrid(high_t - tuned, base - low_b),
    )


def _tango(c: np.ndarray, b: np.ndarray, n: int, difference: float) -> np.ndarray:
    """|z| of the score test of a difference (Tango 1998, Statistics in Medicine 17:891)."""
    middle = -b - c + (2 * n - b + c) * difference
    root = np.sqrt(np.maximum(0.0, middle**2 + 8 * n * c * difference * (1 - difference)))
    loss = (root - middle) / (4 * n)  # the restricted estimate of the share of losses
    variance = n * (2 * loss + difference * (1 - difference))
    apart = np.abs(b - c - n * difference)
    return np.where(apart < SLACK, 0.0, apart / np.sqrt(np.maximum(variance, 1e-300)))


def run(sizes: list[int], seed: int, out: Path) -> None:
    rows: list[dict[str, float]] = []
    for n in sizes:
        began, judge, rejects = time.monotonic(), Judge(n), tests(n)
        generator = np.random.default_rng([seed, n])
        for cell in cells(n):
            row: dict[str, float] = {
                "n": n, "base": cell.base, "gain": cell.gain, "correlation": cell.correlation,
                "expected_discordant": n * sum(cell.shares()), **exact(cell, rejects),
            }  # fmt: skip
            if cell.drawn():
                row |= drawn(cell, judge, EXPERIMENTS[n > MANY], generator)
            rows.append(row)
        print(f"n = {n}: {time.monotonic() - began:.0f} s", flush=True)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.6g}" for k, v in row.items()} for row in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    run(given.sizes, given.seed, given.out)
