"""Our own word problems, so that a whole run works where no hub can be reached.

`word_problems` writes grade-school problems with step-by-step solutions in GSM8K's notation.
They are simple by design: they stand in for a benchmark and do not replace one.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from netgain.data.wordproblems import (
    arithmetic,
    comparison,
    percentages,
    rates,
    shares,
    spending,
    times,
    units,
)
from netgain.data.wordproblems.working import Draft, Template
from netgain.errors import DataError
from netgain.records import Problem

__all__ = ["CATEGORIES", "TEMPLATES", "Template", "word_problems"]

ARITHMETIC, RATES, MONEY, PERCENTAGES = "multi-step arithmetic", "rates", "money", "percentages"
SHARES, UNITS, TIME = "fractions and ratios", "unit conversion", "time"
COMPARISON = "comparison"
CATEGORIES = (ARITHMETIC, RATES, MONEY, PERCENTAGES, SHARES, UNITS, TIME, COMPARISON)
DISTRACTOR_SHARE = 0.25
MAX_REDRAWS = 1000

# Weight 4 goes to templates with one-step problems and 1 to the longest: a tiny model learns
# from what it can reach.
TEMPLATES: dict[str, Template] = {
    "collection": Template(ARITHMETIC, arithmetic.collection, 4),
    "packing": Template(ARITHMETIC, arithmetic.packing, 4),
    "rows": Template(ARITHMETIC, arithmetic.rows, 2),
    "shared_equally": Template(ARITHMETIC, arithmetic.shared_equally, 2),
    "passengers": Template(ARITHMETIC, arithmetic.passengers, 2),
    "harvest": Template(ARITHMETIC, arithmetic.harvest, 1),
    "bookshelves": Template(ARITHMETIC, arithmetic.bookshelves, 1),
    "average": Template(ARITHMETIC, arithmetic.average, 2),
    "distance": Template(RATES, rates.distance, 4),
    "two_legs": Template(RATES, rates.two_legs, 2),
    "pace": Template(RATES, rates.pace, 4),
    "two_workers": Template(RATES, rates.two_workers, 2),
    "tank": Template(RATES, rates.tank, 2),
    "machines": Template(RATES, rates.machines, 1),
    "reading": Template(RATES, rates.reading, 1),
    "fuel": Template(RATES, rates.fuel, 2),
    "shopping": Template(MONEY, spending.shopping, 4),
    "saving": Template(MONEY, spending.saving, 2),
    "stall": Template(MONEY, spending.stall, 2),
    "wages": Template(MONEY, spending.wages, 1),
    "pay": Template(MONEY, spending.pay, 4),
    "tickets": Template(MONEY, spending.tickets, 1),
    "packs": Template(MONEY, spending.packs, 4),
    "rental": Template(MONEY, spending.rental, 2),
    "part_of_group": Template(PERCENTAGES, percentages.part_of_group, 4),
    "discount": Template(PERCENTAGES, percentages.discount, 2),
    "growth": Template(PERCENTAGES, percentages.growth, 2),
    "what_percent": Template(PERCENTAGES, percentages.what_percent, 4),
    "exam": Template(PERCENTAGES, percentages.exam, 1),
    "tip": Template(PERCENTAGES, percentages.tip, 2),
    "battery": Template(PERCENTAGES, percentages.battery, 2),
    "fraction_of": Template(SHARES, shares.fraction_of, 4),
    "fraction_chain": Template(SHARES, shares.fraction_chain, 2),
    "mixture": Template(SHARES, shares.mixture, 2),
    "recipe": Template(SHARES, shares.recipe, 2),
    "two_classes": Template(SHARES, shares.two_classes, 2),
    "necklace": Template(SHARES, shares.necklace, 2),
    "trail": Template(SHARES, shares.trail, 2),
    "part_of_part": Template(SHARES, shares.part_of_part, 2),
    "ribbon": Template(UNITS, units.ribbon, 2),
    "glasses": Template(UNITS, units.glasses, 2),
    "dozens": Template(UNITS, units.dozens, 4),
    "parcel": Template(UNITS, units.parcel, 2),
    "coins": Template(UNITS, units.coins, 2),
    "fence": Template(UNITS, units.fence, 1),
    "laps": Template(UNITS, units.laps, 2),
    "tokens": Template(UNITS, units.tokens, 2),
    "steady": Template(UNITS, units.steady, 2),
    "practice": Template(TIME, times.practice, 4),
    "clock": Template(TIME, times.clock, 2),
    "chores": Template(TIME, times.chores, 4),
    "ages": Template(TIME, times.ages, 4),
    "term": Template(TIME, times.term, 2),
    "shift": Template(TIME, times.shift, 1),
    "every_few_hours": Template(TIME, times.every_few_hours, 2),
    "journey": Template(TIME, times.journey, 1),
    "countdown": Template(TIME, times.countdown, 2),
    "more_or_fewer": Template(COMPARISON, comparison.more_or_fewer, 4),
    "times_as_many": Template(COMPARISON, comparison.times_as_many, 4),
    "chain": Template(COMPARISON, comparison.chain, 2),
    "week_of_sales": Template(COMPARISON, comparison.week_of_sales, 2),
    "two_savers": Template(COMPARISON, comparison.two_savers, 2),
    "cheaper_pack": Template(COMPARISON, comparison.cheaper_pack, 1),
    "heights": Template(COMPARISON, comparison.heights, 4),
    "two_teams": Template(COMPARISON, comparison.two_teams, 1),
    "how_many_times": Template(COMPARISON, comparison.how_many_times, 4),
    "gap_closing": Template(COMPARISON, comparison.gap_closing, 1),
}


def word_problems(
    n: int, seed: int, *, distractors: bool = True, most_steps: int | None = None
) -> list[Problem]:
    """`n` different problems, the same ones for the same arguments.

    A shorter call gives the beginning of a longer one. Without `distractors` the problems are the
    same but for the distracting sentences, so that the two can be compared in pairs.

    Args:
        most_steps: leave out problems whose solutions have more steps.
    """
    if n < 0:
        raise ValueError(f"n must be 0 or more, not {n}")
    # A string seed: Random(-1) and Random(1) would be the same generator.
    rng = Random(f"netgain word problems {seed}")
    names, seen, problems = _names(rng), set[str](), list[Problem]()
    redraws = 0
    while len(problems) < n:
        name = next(names)
        draft = TEMPLATES[name].write(rng)
        distract, place = rng.random() < DISTRACTOR_SHARE, rng.randint(1, len(draft.facts))
        key = " ".join([*draft.facts, draft.ask]).lower()
        if most_steps is not None and len(draft.work.lines) > most_steps:
            continue
        if key in seen:
            redraws += 1
            if redraws > MAX_REDRAWS + n:
                raise DataError(
                    f"only {len(problems)} of {n} different built-in problems found for seed "
                    f"{seed}: ask for fewer"
                )
            continue
        seen.add(key)
        shown = place if distract and distractors else None
        problems.append(_problem(f"builtin-{seed}-{len(problems):05d}", name, draft, shown))
    return problems


def _names(rng: Random) -> Iterator[str]:
    """Template names without end: every round has each as often as its weight, shuffled."""
    bag = [name for name, template in TEMPLATES.items() for _ in range(template.weight)]
    while True:
        yield from rng.sample(bag, len(bag))


def _problem(problem_id: str, name: str, draft: Draft, aside_after: int | None) -> Problem:
    """The finished record; the aside goes in after so many facts, or not at all."""
    sentences = [*draft.facts, draft.ask]
    if aside_after is not None:
        sentences.insert(aside_after, draft.aside)
    return Problem(
        id=problem_id,
        source="builtin",
        question=" ".join(sentences),
        answer=draft.work.answer,
        solution=draft.work.solution(),
        category=TEMPLATES[name].category,
        steps=len(draft.work.lines),
        metadata={"template": name, "distractor": aside_after is not None},
    )
