"""Whether what is said of several answers, looks, groups, pairs and seeds holds.

    python benchmarks/estimates_simulation.py

Draws experiments with known truth. Counts how often a difference is seen that is not there (at 5%),
how often nominal 95% intervals hold the truth, and how often a difference as large as the smallest
detectable one is seen. One row a cell in `results/estimates_simulation.csv`. About two minutes
of one core.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from netgain.analysis.comparing.pairs import of_differences, paired
from netgain.analysis.estimates.clustered import sign_flip_p
from netgain.analysis.estimates.mcnemar import critical, half_counted
from netgain.analysis.estimates.power import detectable_difference, mcnemar_power
from netgain.analysis.estimates.seeds import several_seeds
from netgain.analysis.estimates.statistics import ALPHA
from netgain.analysis.problems.groups import apart
from netgain.records import Estimate

EXPERIMENTS = 2_000
RESULTS = Path(__file__).parent / "results" / "estimates_simulation.csv"
Row = dict[str, float | str]
Chances = tuple[np.ndarray, np.ndarray]  # of a right answer, by problem: base, tuned


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
    cells = itertools.product(("same", "other"), (30, 100), (4, 16), (0.05, 0.3, 0.6))
    for null, n, answers, mean in cells:

        def draw(null: str = null, n: int = n, mean: float = mean) -> Chances:
            base = difficulties(n, mean, generator)
            return base, base if null == "same" else difficulties(n, mean, generator)

        yield {
            "what": f"several answers, {null} difficulties", "n": n, "answers": answers,
            "accuracy": mean, **_counted(draw, answers, experiments, generator),
        }  # fmt: skip


def one_sided(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """Equally good on average, but base is right now and then everywhere, tuned always or never.

    So that a rare large loss stands against many small gains.
    """
    cells = ((30, 8, 0.9), (40, 16, 0.95), (100, 8, 0.9), (100, 64, 0.98))
    for n, answers, mean in cells:

        def draw(n: int = n, mean: float = mean) -> Chances:
            return np.full(n, mean), (generator.random(n) < mean).astype(float)

        yield {
            "what": "several answers, rare large losses", "n": n, "answers": answers,
            "accuracy": mean, **_counted(draw, answers, experiments, generator),
        }  # fmt: skip


def _counted(
    draw: Callable[[], Chances], answers: int, experiments: int, generator: np.random.Generator
) -> Row:
    held = rejected = alone = 0
    for _ in range(experiments):
        base, tuned = draw()
        gains = generator.binomial(answers, tuned) - generator.binomial(answers, base)
        found = of_differences(gains.tolist(), answers)
        held += holds(found.mean, 0.0)
        rejected += found.p_value < ALPHA
        alone += sign_flip_p(gains.tolist()) < ALPHA
    return {
        "experiments": experiments, "coverage": held / experiments,
        "false verdicts": rejected / experiments, "as before": alone / experiments,
    }  # fmt: skip


def unequal_numbers(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """One model has more answers to each problem. Before, shares of unlike numbers were flipped."""
    for n, (few, many), mean, alike in (
        (40, (1, 8), 0.95, True), (40, (1, 16), 0.98, True), (40, (1, 4), 0.3, False),
        (40, (2, 7), 0.6, False), (40, (1, 16), 0.9, False), (100, (1, 4), 0.3, False),
    ):  # fmt: skip
        rejected = before = 0
        for _ in range(experiments):
            chance = np.full(n, mean) if alike else difficulties(n, mean, generator)
            base, tuned = (generator.random((n, k)) < chance[:, None] for k in (few, many))
            rejected += paired(base.tolist(), tuned.tolist()).p_value < ALPHA
            before += sign_flip_p((tuned.sum(1) * few - base.sum(1) * many).tolist()) < ALPHA
        yield {
            "what": f"unequal numbers, {'alike' if alike else 'unlike'} problems", "n": n,
            "answers": f"{few} against {many}", "accuracy": mean, "experiments": experiments,
            "false verdicts": rejected / experiments, "as before": before / experiments,
        }  # fmt: skip


def looks(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """A second look after a first that showed nothing: at new problems alone, or at all of them.

    `false verdicts` are of the second look, at new problems; `as before` of the second look at old
    and new ones together. Of both looks together they are in rows of their own.
    """
    many = 100 * experiments

    def rejects(lost: np.ndarray, won: np.ndarray, n: int) -> np.ndarray:
        return half_counted(np.minimum(lost, won), lost + won, n) <= critical(n)

    for (first, new), differing in itertools.product(
        ((100, 300), (200, 400), (200, 800), (400, 900)), (0.1, 0.3)
    ):
        shares = (differing / 2, differing / 2, 1 - differing)
        lost, won, _ = generator.multinomial(first, shares, size=many).T
        more_lost, more_won, _ = generator.multinomial(new, shares, size=many).T
        shown = rejects(lost, won, first)
        again = ~shown & (lost != won)
        alone = rejects(more_lost, more_won, new)
        together = rejects(lost + more_lost, won + more_won, first + new)
        row: Row = {"n": f"{first}, then {new} new", "accuracy": f"{differing:.0%} differ",
                    "experiments": many}  # fmt: skip
        yield row | {
            "what": "second look", "false verdicts": float(alone[again].mean()),
            "as before": float(together[again].mean()),
        }  # fmt: skip
        yield row | {
            "what": "first or second look", "false verdicts": float((shown | again & alone).mean()),
            "as before": float((shown | again & together).mean()),
        }  # fmt: skip


def groups(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """The model improves everywhere alike. `as before` is the group's change against nothing."""
    many = 5 * experiments
    for (inside, outside), gain, unlike in itertools.product(
        ((20, 380), (80, 320), (200, 200), (400, 919)), (0.0, 0.1, 0.2), (False, True)
    ):
        wider = 0.2 if unlike else 0.0  # so much more of the group changes, both ways alike
        away = (0.05 + wider, 0.05 + gain + wider, 0.9 - gain - 2 * wider)
        rest = (0.05, 0.05 + gain, 0.9 - gain)
        found = against_nothing = 0
        for _ in range(many):
            lost, won, same = generator.multinomial(inside, away).tolist()
            group = Counter({-1: lost, 1: won, 0: same})
            lost_too, won_too, same_too = generator.multinomial(outside, rest).tolist()
            others = Counter({-1: lost_too, 1: won_too, 0: same_too})
            found += apart(group, others, -1)[1] < ALPHA
            p = half_counted(min(lost, won), lost + won, inside)
            against_nothing += bool(p <= critical(inside))
        yield {
            "what": f"a group against the rest, {'changing more' if unlike else 'alike'}",
            "n": f"{inside} of {inside + outside}", "accuracy": f"+{gain:.0%}",
            "experiments": many, "false verdicts": found / many,
            "as before": against_nothing / many,
        }  # fmt: skip


def pairs(experiments: int, generator: np.random.Generator) -> Iterator[Row]:
    """Power at the smallest detectable difference where Holm asks for 5% / pairs; exact.

    `as before` is the power at the difference planned for one pair alone.
    """
    del experiments, generator
    for n, discordant, among in itertools.product((400, 1319), (0.1, 0.25), (1, 3, 10, 45)):
        count = round(n * discordant)
        planned, alone = (detectable_difference(n, count, k).value or 0.0 for k in (among, 1))
        power, before = (
            mcnemar_power(n, max(count / n, d), d, ALPHA / among) for d in (planned, alone)
        )
        yield {
            "what": f"smallest detectable difference, {among} pairs", "n": n,
            "accuracy": f"{discordant:.0%} differ", "power": power, "as before": before,
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


COLUMNS = ("what", "n", "answers", "accuracy", "seeds", "between", "experiments", "coverage",
           "false verdicts", "as before", "power")  # fmt: skip
STUDIES: tuple[Callable[[int, np.random.Generator], Iterator[Row]], ...] = (
    several_answers,
    one_sided,
    unequal_numbers,
    looks,
    groups,
    pairs,
    seeds,
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
