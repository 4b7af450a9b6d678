"""Our own word problems, so that a whole run works where no hub can be reached.

`word_problems` writes grade-school problems with step-by-step solutions in GSM8K's notation.
They are simple by design: they stand in for a benchmark and do not replace one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from netgain.data.wordproblems import (
    measures,
    more_or_fewer,
    operations,
    percentages,
    rates,
    shares,
    spending,
    times,
)
from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import words
from netgain.errors import DataError
from netgain.records import Problem

__all__ = ["CATEGORIES", "TEMPLATES", "Template", "word_problems"]

DISTRACTOR_SHARE = 0.25
MAX_REDRAWS = 1000


@dataclass(frozen=True)
class Template:
    """A kind of problem; `weight` says how often it is drawn beside the others."""

    category: str
    write: Callable[[Story], None]
    weight: int = 2


# Every template with its weight: 4 where problems have one step and 1 where they are longest, as a
# tiny model learns from what it can reach.
_WEIGHTS = {
    "multi-step arithmetic": (
        operations,
        "collection 4, packing 4, rows 2, shared_equally 2, passengers 2, harvest 1, "
        "bookshelves 1, average 2",
    ),
    "rates": (
        rates,
        "distance 4, two_legs 2, pace 4, two_workers 2, tank 2, machines 1, reading 1, fuel 2",
    ),
    "money": (
        spending,
        "shopping 4, saving 2, stall 2, wages 1, pay 4, tickets 1, packs 4, rental 2",
    ),
    "percentages": (
        percentages,
        "part_of_group 4, discount 2, growth 2, what_percent 4, exam 1, tip 2, battery 2",
    ),
    "fractions and ratios": (
        shares,
        "fraction_of 4, fraction_chain 2, mixture 2, recipe 2, two_classes 2, necklace 2, "
        "trail 2, part_of_part 2",
    ),
    "unit conversion": (
        measures,
        "ribbon 2, glasses 2, dozens 4, parcel 2, coins 2, fence 1, laps 2, tokens 2, steady 2",
    ),
    "time": (
        times,
        "practice 4, clock 2, chores 4, ages 4, term 2, shift 1, every_few_hours 2, "
        "journey 1, countdown 2",
    ),
    "comparison": (
        more_or_fewer,
        "more_or_fewer 4, times_as_many 4, chain 2, week_of_sales 2, two_savers 2, "
        "cheaper_pack 1, heights 4, two_teams 1, how_many_times 4, gap_closing 1",
    ),
}
CATEGORIES = tuple(_WEIGHTS)
TEMPLATES = {
    name: Template(category, getattr(module, name), int(weight))
    for category, (module, weighted) in _WEIGHTS.items()
    for name, weight in map(str.split, words(weighted))
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
        story = Story(rng)
        TEMPLATES[name].write(story)
        distract, place = rng.random() < DISTRACTOR_SHARE, rng.randint(1, len(story.facts))
        key = " ".join([*story.facts, story.question]).lower()
        if most_steps is not None and len(story.steps) > most_steps:
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
        problems.append(_problem(f"builtin-{seed}-{len(problems):05d}", name, story, shown))
    return problems


def _names(rng: Random) -> Iterator[str]:
    """Template names without end: every round has each as often as its weight, shuffled."""
    bag = [name for name, template in TEMPLATES.items() for _ in range(template.weight)]
    while True:
        yield from rng.sample(bag, len(bag))


def _problem(problem_id: str, name: str, story: Story, aside_after: int | None) -> Problem:
    """The finished record; the aside goes in after so many facts, or not at all."""
    sentences = [*story.facts, story.question]
    if aside_after is not None:
        sentences.insert(aside_after, story.distractor)
    return Problem(
        id=problem_id,
        source="builtin",
        question=" ".join(sentences),
        answer=story.answer,
        solution=story.solution(),
        category=TEMPLATES[name].category,
        steps=len(story.steps),
        metadata={"template": name, "distractor": aside_after is not None},
    )
