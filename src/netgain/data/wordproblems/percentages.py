"""Percentages: parts of a group, discounts, growth, scores, tips."""

from __future__ import annotations

from random import Random

from netgain.data.wordproblems.wording import (
    BIG_BUYS,
    HOUR,
    MONEY,
    PERCENT,
    STUDENT,
    Noun,
    a,
    about,
    capital,
    count,
    listing,
    money,
    noun,
    percent_and_whole,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

MEMBER, ANSWER = noun("member"), noun("right answer")
# a group, its members, what some of them do, what the others do
GROUPS: tuple[tuple[str, Noun, str, str], ...] = (
    ("choir", noun("singer"), "sing bass", "do not sing bass"),
    ("school", STUDENT, "come by bus", "do not come by bus"),
    ("sports club", MEMBER, "play tennis", "do not play tennis"),
    ("fleet", noun("boat"), "are painted blue", "are not painted blue"),
    ("forest plot", noun("tree"), "are oaks", "are not oaks"),
    ("flock", noun("sheep", "sheep"), "are black", "are not black"),
    ("orchestra", noun("musician"), "play strings", "do not play strings"),
    ("market", noun("stand"), "sell vegetables", "do not sell vegetables"),
    ("library", noun("book"), "are about history", "are not about history"),
    ("parking garage", noun("car"), "are electric", "are not electric"),
)


def part_of_group(rng: Random) -> Draft:
    """A percentage of a group, or what is left of it."""
    group, member, do, dont = rng.choice(GROUPS)
    percent, whole = percent_and_whole(rng, 20, 300)
    work = Working()
    part = work.step(f"Here, {percent}% is", f"{whole} * {percent} / 100", member)
    ask = f"How many of the {member.many} {do}?"
    if rng.random() < 0.5:
        work.step("The others are", f"{whole} - {part}", member)
        ask = f"How many of the {member.many} {dont}?"
    return Draft(
        (
            f"{capital(a(group))} has {count(whole, member)}.",
            f"Of the {member.many}, {percent}% {do}.",
        ),
        ask,
        f"A newspaper wrote about the {group} {rng.randint(2, 9)} days ago.",
        work,
    )


def discount(rng: Random) -> Draft:
    """A reduced price, sometimes with a second thing at full price."""
    who, (item, other) = person(rng), rng.sample(BIG_BUYS, 2)
    percent = rng.choice((5, 10, 15, 20, 25, 30, 40, 50))
    full = rng.randint(2, 15) * (20 if rng.random() < 0.7 else 9)
    work = Working()
    off = work.step("The discount is", f"{full} * {percent} / 100", MONEY)
    now = work.step(f"The {item.one} costs", f"{full} - {off}", MONEY, "after the discount")
    facts = [
        f"{capital(a(item.one))} that usually costs ${full} is sold at a discount of {percent}%."
    ]
    aside = f"The sale lasts {rng.randint(3, 14)} days."
    if rng.random() < 0.6:
        ask = f"How many dollars does the {item.one} cost now?"
        return Draft(tuple(facts), ask, aside, work)
    more = rng.randint(12, 60)
    facts.append(
        f"{who.name} buys the {item.one} together with {a(other.one)} for ${more}, which is not "
        "reduced."
    )
    work.step(f"{who.name} pays", f"{now} + {more}", MONEY, "for both")
    return Draft(tuple(facts), f"How many dollars does {who.name} pay for both?", aside, work)


def growth(rng: Random) -> Draft:
    """One or two years of growth by a percentage."""
    kind, unit = rng.choice(GROWING)
    size, first = 100 * rng.randint(1, 9), rng.choice((5, 10, 15, 20, 25, 30, 40, 50))
    size += rng.choice((0, 20, 40, 60, 80))
    work = Working()
    plus = work.step("In the first year, the increase is", f"{size} * {first} / 100", unit)
    after = int(work.step("After the first year, the total is", f"{size} + {plus}", unit))
    facts = [
        f"{capital(a(kind))} starts with {count(size, unit)}.",
        f"In the first year, the number of {unit.many} grows by {first}%.",
    ]
    ask = f"How many {unit.many} are there after the first year?"
    fits = [p for p in (10, 20, 25, 50, 75) if after * p % 100 == 0]
    if fits and rng.random() < 0.5:
        second = rng.choice(fits)
        facts.append(f"In the second year, the number of {unit.many} grows by {second}%.")
        plus = work.step("In the second year, the increase is", f"{after} * {second} / 100", unit)
        work.step("After the second year, the total is", f"{after} + {plus}", unit)
        ask = f"How many {unit.many} are there after the second year?"
    return Draft(
        tuple(facts), ask, f"The {kind} spends ${rng.randint(30, 90)} a month on electricity.", work
    )


GROWING: tuple[tuple[str, Noun], ...] = (
    ("sports club", MEMBER),
    ("chicken farm", noun("hen")),
    ("language school", STUDENT),
    ("tree nursery", noun("sapling")),
    ("local newspaper", noun("reader")),
    ("beekeepers' union", noun("hive")),
    ("repair shop", noun("customer")),
)


def what_percent(rng: Random) -> Draft:
    """What percentage some are of all, or the rest of all."""
    who, (thing, done) = person(rng), rng.choice(TALLIES)
    whole = rng.choice((20, 25, 40, 50, 60, 75, 80, 120, 125, 150, 200))
    part = rng.choice([k for k in range(2, whole - 1) if k * 100 % whole == 0])
    work = Working()
    facts = (f"{who.name} has {count(whole, thing)}.", f"Of the {thing.many}, {part} are {done}.")
    if rng.random() < 0.6:
        work.step("The share is", f"{part} * 100 / {whole}", PERCENT)
        ask = f"What percentage of the {thing.many} are {done}?"
        return Draft(facts, ask, about(rng, who), work)
    rest = work.step("The others are", f"{whole} - {part}", thing)
    work.step("Their share is", f"{rest} * 100 / {whole}", PERCENT)
    ask = f"What percentage of the {thing.many} are not {done}?"
    return Draft(facts, ask, about(rng, who), work)


TALLIES: tuple[tuple[Noun, str], ...] = (
    (noun("photo"), "in black and white"),
    (noun("button"), "made of wood"),
    (noun("tulip"), "yellow"),
    (noun("song"), "in Spanish"),
    (noun("stamp"), "from Asia"),
    (noun("marble"), "green"),
    (noun("recipe"), "for soups"),
    (noun("seed"), "sunflower seeds"),
    (noun("tile"), "cracked"),
)


def exam(rng: Random) -> Draft:
    """Right answers over two or three parts of an exam, sometimes turned into points."""
    who, parts = person(rng), rng.choice((2, 2, 3))
    names = rng.sample(("reading", "grammar", "listening", "spelling", "vocabulary"), parts)
    work, asked, solved, right = Working(), [], [], []
    for name in names:
        percent, whole = percent_and_whole(rng, 10, 40)
        asked.append(f"{whole} {name} questions")
        solved.append(f"{percent}% of the {name} questions")
        says = f"In the {name} part, {who.name} gets"
        right.append(work.step(says, f"{whole} * {percent} / 100", ANSWER))
    total = work.step(f"Altogether, {who.name} gets", " + ".join(right), ANSWER)
    facts = [
        f"A language exam has {listing(asked)}.",
        f"{who.name} answers {listing(solved)} correctly.",
    ]
    ask = f"How many questions does {who.name} answer correctly?"
    if rng.random() < 0.4:
        each = rng.randint(2, 5)
        facts.append(f"Each correct answer gives {each} points.")
        work.step("The score is", f"{total} * {each}", noun("point"))
        ask = f"How many points does {who.name} get?"
    return Draft(tuple(facts), ask, f"The exam room has {rng.randint(15, 40)} desks.", work)


def tip(rng: Random) -> Draft:
    """A restaurant bill with a tip, sometimes shared."""
    who, friends = person(rng), rng.randint(2, 6)
    percent, bill = rng.choice((10, 15, 20, 25)), friends * 4 * rng.randint(2, 8)
    work = Working()
    extra = work.step("The tip is", f"{bill} * {percent} / 100", MONEY)
    total = work.step("With the tip, the meal costs", f"{bill} + {extra}", MONEY)
    facts = [
        f"{who.name} and some friends, {friends} people in all, eat dinner at a restaurant."
        if friends > 2
        else f"{who.name} and a friend, 2 people in all, eat dinner at a restaurant.",
        f"The bill is ${money(bill)}, and they add a tip of {percent}%.",
    ]
    ask = "How many dollars do they pay altogether?"
    if rng.random() < 0.6:
        facts.append("They share the cost equally.")
        work.step("Each person pays", f"{total} / {friends}", MONEY)
        ask = "How many dollars does each person pay?"
    return Draft(tuple(facts), ask, f"They sit at table number {rng.randint(3, 30)}.", work)


def battery(rng: Random) -> Draft:
    """A charge that falls by the same number of points every hour."""
    who, device = person(rng), rng.choice(("phone", "tablet", "laptop", "camera", "bike light"))
    per, hours = rng.randint(3, 12), rng.randint(2, 6)
    start = rng.randint(per * hours + 5, 100)
    work = Working()
    lost = work.step("The charge falls by", f"{hours} * {per}", noun("percentage point"))
    work.step("What is left is", f"{start} - {lost}", PERCENT)
    return Draft(
        (
            f"The battery of {who.name}'s {device} is charged to {start}%.",
            f"In use, the {device} loses {per} percentage points of charge every hour.",
        ),
        f"What percentage of the charge is left after {count(hours, HOUR)} of use?",
        f"The {device} cost ${rng.randint(40, 150)}.",
        work,
    )
