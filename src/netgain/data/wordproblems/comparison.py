"""Comparison: more, fewer, times as many, differences between two ways or two teams."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

from netgain.data.wordproblems.wording import (
    BAKES,
    CENTIMETER,
    FRUITS,
    MONEY,
    POINT,
    TREASURES,
    Noun,
    about,
    count,
    few,
    money,
    noun,
    people,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def more_or_fewer(rng: Random) -> Draft:
    """A second count by its difference from a first, sometimes both together."""
    (one, two), thing = people(rng, 2), rng.choice(TREASURES + FRUITS)
    first, gap, more = rng.randint(9, 40), rng.randint(2, 8), rng.random() < 0.5
    work = Working()
    second = work.step(f"{two.name} has", f"{first} {'+' if more else '-'} {gap}", thing)
    facts = (
        f"{one.name} has {count(first, thing)}.",
        f"{two.name} has {gap} {'more' if more else 'fewer'} {thing.many} than {one.name}.",
    )
    ask = f"How many {thing.many} does {two.name} have?"
    if rng.random() < 0.5:
        work.step("Together, they have", f"{first} + {second}", thing)
        ask = f"How many {thing.many} do {one.name} and {two.name} have together?"
    return Draft(facts, ask, f"{one.name} has {rng.randint(2, 9)} pencils in a case.", work)


def times_as_many(rng: Random) -> Draft:
    """A second count as a multiple of a first; their sum or their difference."""
    (one, two), (does, do, thing) = people(rng, 2), rng.choice(GATHERED)
    first, times = rng.randint(4, 20), rng.randint(2, 6)
    word = "twice" if times == 2 else f"{times} times"
    work = Working()
    second = work.step(f"{two.name} {does}", f"{times} * {first}", thing)
    facts = (
        f"{one.name} {does} {count(first, thing)}.",
        f"{two.name} {does} {word} as many {thing.many} as {one.name}.",
    )
    form = rng.randrange(3)
    ask = f"How many {thing.many} does {two.name} {do}?"
    if form == 1:
        work.step("Together, this makes", f"{first} + {second}", thing)
        ask = f"How many {thing.many} do they {do} together?"
    if form == 2:
        work.step("The difference is", f"{second} - {first}", thing)
        ask = f"How many more {thing.many} does {two.name} {do} than {one.name}?"
    return Draft(facts, ask, f"{two.name} is {rng.randint(9, 15)} years old.", work)


GATHERED: tuple[tuple[str, str, Noun], ...] = (
    ("picks", "pick", noun("strawberry")),
    ("catches", "catch", noun("crab")),
    ("collects", "collect", noun("pinecone")),
    ("sells", "sell", noun("raffle ticket")),
    ("folds", "fold", noun("paper boat")),
    ("solves", "solve", noun("riddle")),
    ("writes", "write", noun("postcard")),
    ("bakes", "bake", noun("cookie")),
)


def chain(rng: Random) -> Draft:
    """Three to eight people, each compared with the one before, then all together."""
    number = rng.choices(range(3, 9), weights=(6, 4, 3, 2, 2, 2))[0]
    group, thing = people(rng, number), rng.choice(TREASURES)
    have = rng.randint(5, 20)
    work, facts, values = Working(), [f"{group[0].name} has {count(have, thing)}."], [str(have)]
    for before, who in pairwise(group):
        words, expression = _compared(rng, have, thing)
        facts.append(f"{who.name} has {words} {before.name}.")
        have = int(work.step(f"{who.name} has", expression, thing))
        values.append(str(have))
    work.step("Together, they have", " + ".join(values), thing)
    ask = f"How many {thing.many} do all {number} of them have together?"
    return Draft(tuple(facts), ask, f"{group[0].name} is {rng.randint(8, 15)} years old.", work)


def _compared(rng: Random, have: int, thing: Noun) -> tuple[str, str]:
    """How the next one compares with one who has `have`: in words and as an expression."""
    gap = rng.randint(2, 9)
    if have <= 20 and rng.random() < 0.35:
        return f"twice as many {thing.many} as", f"{have} * 2"
    if have % 2 == 0 and have >= 10 and rng.random() < 0.35:
        return f"half as many {thing.many} as", f"{have} / 2"
    if have > 11 and rng.random() < 0.5:
        return f"{gap} fewer {thing.many} than", f"{have} - {gap}"
    return f"{gap} more {thing.many} than", f"{have} + {gap}"


def week_of_sales(rng: Random) -> Draft:
    """Sales day by day, each compared with the day before; the total, sometimes in dollars."""
    who, thing, number = person(rng), rng.choice(BAKES), few(rng, 2, 6)
    sold = rng.randint(10, 30)
    work, values = Working(), [str(sold)]
    facts = [f"On Monday, {who.name} sells {count(sold, thing)}."]
    for yesterday, day in pairwise(DAYS[:number]):
        words, expression = _compared(rng, sold, thing)
        facts.append(f"On {day}, {who.she} sells {words} on {yesterday}.")
        sold = int(work.step(f"On {day}, {who.name} sells", expression, thing))
        values.append(str(sold))
    total = work.step("Altogether, this makes", " + ".join(values), thing)
    ask = f"How many {thing.many} does {who.name} sell in these {number} days?"
    if rng.random() < 0.4:
        each = rng.randint(2, 5)
        facts.append(f"Each {thing.one} costs ${each}.")
        work.step(f"{who.name} takes in", f"{total} * {each}", MONEY)
        ask = f"How many dollars does {who.name} take in on these {number} days?"
    return Draft(tuple(facts), ask, f"The oven is {rng.randint(2, 15)} years old.", work)


def two_savers(rng: Random) -> Draft:
    """Two people save at different paces; the difference after some weeks."""
    one, two = people(rng, 2)
    small, large = sorted(rng.sample(range(4, 20), 2))
    weeks = rng.randint(3, 12)
    work = Working()
    less = work.step(f"{one.name} saves", f"{weeks} * {small}", MONEY)
    more = work.step(f"{two.name} saves", f"{weeks} * {large}", MONEY)
    work.step("The difference is", f"{more} - {less}", MONEY)
    return Draft(
        (
            f"{one.name} saves ${small} a week, and {two.name} saves ${large} a week.",
            "Both of them start with nothing.",
        ),
        f"After {weeks} weeks, how many dollars more does {two.name} have than {one.name}?",
        f"{one.name}'s piggy bank is {rng.randint(10, 25)} centimeters tall.",
        work,
    )


def cheaper_pack(rng: Random) -> Draft:
    """Two packs with different prices for a piece."""
    item = rng.choice(PACKED)
    small, large = sorted(rng.sample((3, 4, 5, 6, 8, 10, 12), 2))
    high = rng.randrange(60, 300, 5)
    low = high - rng.randrange(5, high // 2, 5)
    small_cost, large_cost = money(Fraction(small * high, 100)), money(Fraction(large * low, 100))
    work = Working()
    dear = work.step(f"In the small pack, one {item.one} costs", f"{small_cost} / {small}", MONEY)
    cheap = work.step(f"In the large pack, one {item.one} costs", f"{large_cost} / {large}", MONEY)
    work.step("The difference is", f"{dear} - {cheap}", MONEY)
    return Draft(
        (
            f"A small pack of {count(small, item)} costs ${small_cost}.",
            f"A large pack of {count(large, item)} costs ${large_cost}.",
        ),
        f"How many dollars less does one {item.one} cost in the large pack?",
        f"The shop has {rng.randint(12, 80)} packs of each kind.",
        work,
    )


PACKED = (
    noun("sponge"),
    noun("pencil"),
    noun("battery"),
    noun("napkin ring"),
    noun("granola bar"),
    noun("golf ball"),
    noun("sheet of wrapping paper", "sheets of wrapping paper"),
)


def heights(rng: Random) -> Draft:
    """How much taller one is than another after growing or by steps."""
    one, two, three = people(rng, 3)
    tall, less, gap = rng.randint(120, 165), rng.randint(3, 15), rng.randint(2, 12)
    work = Working()
    second = work.step(f"{two.name} is", f"{tall} - {less}", CENTIMETER, "tall")
    facts = [
        f"{one.name} is {tall} centimeters tall.",
        f"{two.name} is {less} centimeters shorter than {one.name}.",
    ]
    if rng.random() < 0.4:
        ask = f"How many centimeters tall is {two.name}?"
        return Draft(tuple(facts), ask, f"{one.name} is {rng.randint(10, 14)} years old.", work)
    facts.append(f"{three.name} is {gap} centimeters taller than {two.name}.")
    work.step(f"{three.name} is", f"{second} + {gap}", CENTIMETER, "tall")
    ask = f"How many centimeters tall is {three.name}?"
    return Draft(tuple(facts), ask, f"{one.name} is {rng.randint(10, 14)} years old.", work)


def two_teams(rng: Random) -> Draft:
    """Points of two teams from two kinds of hits; how far one is ahead."""
    first, second = rng.sample(TEAMS, 2)
    big, small = rng.randint(3, 6), 2
    a, b = rng.randint(6, 15), rng.randint(6, 15)
    c, d = rng.randint(2, a - 1), rng.randint(2, b)
    work = Working()
    one = work.step(f"The {first} get", f"{a} * {big} + {b} * {small}", POINT)
    two = work.step(f"The {second} get", f"{c} * {big} + {d} * {small}", POINT)
    work.step(f"The {first} are ahead by", f"{one} - {two}", POINT)
    return Draft(
        (
            f"In a ring-tossing game, a far peg counts {big} points and a near peg counts {small}.",
            f"The {first} hit {a} far pegs and {b} near pegs.",
            f"The {second} hit {c} far pegs and {d} near pegs.",
        ),
        f"By how many points are the {first} ahead of the {second}?",
        f"Each team has {rng.randint(3, 9)} players.",
        work,
    )


TEAMS = ("Otters", "Falcons", "Badgers", "Comets", "Herons", "Wolves", "Lynxes", "Tigers")


def how_many_times(rng: Random) -> Draft:
    """How many times as much one thing is as another, sometimes from two parts."""
    who, (small, big, unit, how, low, high) = person(rng), rng.choice(MEASURES)
    base, times = rng.randint(low, high), rng.randint(2, 9)
    total, extra = base * times, rng.randint(2, base * times - 1)
    work = Working()
    first = f"{who.name} notes that the {small} is {count(base, unit)} {how}."
    if rng.random() < 0.6:
        second, whole = f"The {big} is {count(total, unit)} {how}.", str(total)
    else:
        whole = work.step(f"The {big} is", f"{total - extra} + {extra}", unit, how)
        second = (
            f"The {big} is made of two parts, one {count(total - extra, unit)} {how} and the other "
            f"{count(extra, unit)} {how}."
        )
    work.step("The number of times is", f"{whole} / {base}")
    ask = f"How many times as {how} as the {small} is the {big}?"
    return Draft((first, second), ask, f"The {small} is {rng.randint(3, 50)} years old.", work)


# something small, something big, unit, adjective, and the least and greatest size of the small one
MEASURES: tuple[tuple[str, str, Noun, str, int, int], ...] = (
    ("footbridge", "railway bridge", noun("meter"), "long", 8, 25),
    ("kitchen", "barn", noun("meter"), "long", 3, 8),
    ("flower bed", "greenhouse", noun("meter"), "wide", 2, 6),
    ("rowing boat", "freight ship", noun("meter"), "long", 3, 8),
    ("garden path", "driveway", noun("meter"), "long", 5, 20),
    ("village street", "main road", noun("kilometer"), "long", 2, 5),
    ("toy train", "model ship", noun("inch"), "long", 3, 8),
    ("side canal", "main canal", noun("kilometer"), "long", 3, 15),
    ("north tunnel", "south tunnel", noun("kilometer"), "long", 2, 4),
    ("old fence", "new fence", noun("meter"), "long", 6, 20),
)


def gap_closing(rng: Random) -> Draft:
    """One grows faster than the other: after how long they are equal."""
    one, two = people(rng, 2)
    thing = rng.choice(TREASURES)
    weekly, faster, weeks = rng.randint(2, 6), rng.randint(2, 6), rng.randint(2, 10)
    low = rng.randint(3, 25)
    high = low + faster * weeks
    work = Working()
    gap = work.step("At first, the difference is", f"{high} - {low}", thing)
    speed = work.step("Every week, it shrinks by", f"{weekly + faster} - {weekly}", thing)
    work.step("They are equal after", f"{gap} / {speed}", noun("week"))
    return Draft(
        (
            f"{one.name} has {count(high, thing)} and gets {weekly} more every week.",
            f"{two.name} has {count(low, thing)} and gets {weekly + faster} more every week.",
        ),
        f"After how many weeks do {one.name} and {two.name} have the same number of {thing.many}?",
        about(rng, one),
        work,
    )
