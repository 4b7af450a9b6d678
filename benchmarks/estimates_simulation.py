"""Whether estimates from several answers, several seeds and the bootstrap hold what they say.

    python benchmarks/estimates_simulation.py

Draws experiments with known truth and counts how often nominal 95% intervals hold it, and how often
the sign-flip test sees a difference that is not there. One row a cell in
`results/estimates_simulation.csv`. Minutes, one core.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from netgain.analysis.comparing.sampled import mean_gain

from netgain.analysis.estimates.clustered import sign_flip_p
from netgain.analysis.estimates.seeds import several_seeds
from netgain.analysis.estimates.statistics import ALPHA, FEWEST_FOR_BOOTSTRAP, bootstrap_difference
from netgain.records import Estimate

EXPERIMENTS = 4_000
RESULTS = Path(__file__).parent / "results" / "estimates_simulation.csv"
Row = dict[str, float | str]


def holds(estimate: Estimate, truth: float) -> bool:
    """An interval that is refused counts as holding: it claims nothing."""
    if estimate.interval is None:
        return True
    return estimate.interval[0] - 1e-12 <= truth <= estimate.interval[1] + 1e-12


def difficulties(n: int, mean: float, generator: np.random.Generator) -> np.ndarray:
    """True chances of a right answer, n problems: some nearly always right, many nearly never."""
    return generator.beta(0.8 * mean / (1 - mean), 0.8, size=n)


def several_answers(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """`same`: each problem as hard for both models. `other`: as hard on average only."""
    cells = itertools.product(("same", "other"), (30, 100, 400), (4, 16), (0.05, 0.3, 0.6))
    for null, n, answers, mean in cells:
        held = rejected = refused = 0
        for _ in range(experiments):
            base = difficulties(n, mean, generator)
            tuned = base if null == "same" else difficulties(n, mean, generator)
            gains = generator.binomial(answers, tuned) - generator.binomial(answers, base)
            estimate = mean_gain((gains / answers).tolist())
            held += holds(estimate, 0.0)
            refused += estimate.interval is None
            rejected += sign_flip_p(gains.tolist()) < ALPHA
        yield {
            "what": f"several answers, {null} difficulties", "n": n, "answers": answers,
            "accuracy": mean, "coverage": held / experiments,
            "false verdicts": rejected / experiments, "no interval": refused / experiments,
        }  # fmt: skip


def seeds(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """Seeds whose true gains vary by a standard deviation `between`, on problems that vary too."""
    for count, n, between in itertools.product((2, 3, 5, 10), (100, 400), (0.0, 0.01, 0.03)):
        both = over = 0
        for _ in range(experiments):
            level = generator.uniform(0.2, 0.6, size=n)
            by_problem = generator.normal(0.05, 0.05, size=n)
            base = generator.random(n) < level
            luck = generator.normal(0, between, size=(count, 1))
            chance = np.clip(level + by_problem + luck, 0, 1)
            found = several_seeds((generator.random((count, n)) < chance) - base.astype(float))
            both += holds(found.over_both, 0.05)
            over += holds(found.over_seeds, float((level + by_problem).mean() - base.mean()))
        yield {
            "what": "several seeds, other seeds and problems", "n": n, "seeds": count,
            "between": between, "coverage": both / experiments,
        }  # fmt: skip
        yield {
            "what": "several seeds, these problems", "n": n, "seeds": count,
            "between": between, "coverage": over / experiments,
        }  # fmt: skip


def bootstrap(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """The percentile bootstrap of single answers, for n problems of which a share differ."""
    for n, differing in itertools.product((30, 100, 400, 1319), (0.02, 0.1, 0.3)):
        held = refused = held_always = 0
        shares = (differing * 0.6, differing * 0.4, 1 - differing)
        gain = shares[0] - shares[1]
        for up, down, _ in generator.multinomial(n, shares, size=experiments).tolist():
            values = np.repeat([1.0, -1.0, 0.0], (up, down, n - up - down))
            always = bootstrap_difference(values, generator, resamples=2000, fewest=0)
            given = up + down >= FEWEST_FOR_BOOTSTRAP
            held_always += holds(always, gain)
            held += not given or holds(always, gain)
            refused += not given
        found: Row = {"n": n, "differing": differing}
        yield found | {
            "what": "bootstrap", "coverage": held / experiments,
            "no interval": refused / experiments,
        }  # fmt: skip
        yield found | {
            "what": "bootstrap, however few differ", "coverage": held_always / experiments,
        }  # fmt: skip


COLUMNS = ("what", "n", "answers", "accuracy", "seeds", "between", "differing", "coverage",
           "false verdicts", "no interval")  # fmt: skip
STUDIES: tuple[Callable[[int, np.random.Generator], Iterator[Row]], ...] = (
    several_answers,
    seeds,
    bootstrap,
)


def run(experiments: int, seed: int, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number, study in enumerate(STUDIES):
            began = time.monotonic()
            for row in study(experiments, np.random.default_rng([seed, number])):
                writer.writerow(row)
                file.flush()
            print(f"{study.__name__}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", type=int, default=EXPERIMENTS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    run(given.experiments, given.seed, given.out)
