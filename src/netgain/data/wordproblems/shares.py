"""Fractions and ratios: parts of a whole, parts of what is left, mixtures, recipes."""

from __future__ import annotations

from random import Random

from netgain.data.wordproblems.wording import (
    FRUITS,
    KILOMETER,
    LITER,
    PART,
    STUDENT,
    TREASURES,
    Noun,
    a,
    about,
    capital,
    count,
    few,
    noun,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

FRACTIONS = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 5), (2, 5), (3, 5), (4, 5), (1, 6), (5, 6))
CUP, BEAD = noun("cup"), noun("bead")


def fraction_text(top: int, bottom: int) -> str:
    """`half` or `3/4`."""
    return "half" if (top, bottom) == (1, 2) else f"{top}/{bottom}"


def part(whole: int | str, top: int, bottom: int) -> str:
    """The expression for that fraction of the whole."""
    return f"{whole} / {bottom}" if top == 1 else f"{whole} / {bottom} * {top}"


def fraction_of(rng: Random) -> Draft:
    """A fraction of a number, or what is left of it."""
    who, thing = person(rng), rng.choice(FRUITS)
    top, bottom = rng.choice(FRACTIONS)
    whole = bottom * rng.randint(2, 12)
    work = Working()
    ripe = work.step("The ripe ones are", part(whole, top, bottom), thing)
    ask = f"How many of the {thing.many} are ripe?"
    if rng.random() < 0.5:
        work.step("The others are", f"{whole} - {ripe}", thing)
        ask = f"How many of the {thing.many} are not ripe?"
    return Draft(
        (
            f"{who.name} picks {count(whole, thing)} in the garden.",
            f"Of the {thing.many}, {fraction_text(top, bottom)} are ripe.",
        ),
        ask,
        f"The garden is {rng.randint(10, 40)} meters wide.",
        work,
    )


def fraction_chain(rng: Random) -> Draft:
    """One to three times, a fraction of what is left is given away."""
    who, thing = person(rng), rng.choice(TREASURES)
    times = few(rng, 1, 3)
    have, bottoms = rng.randint(1, 5) * 12, []
    for _ in range(times):  # from the end to the start, so that every value is whole
        bottoms.append(rng.choice([b for b in (2, 3, 4, 5) if have % (b - 1) == 0]))
        have = have // (bottoms[-1] - 1) * bottoms[-1]
    takers = rng.sample(
        ("a neighbor", "a cousin", "the school", "a museum", "an old friend"), times
    )
    work, facts = Working(), [f"{who.name} has {count(have, thing)}."]
    for i, (bottom, taker) in enumerate(zip(reversed(bottoms), takers, strict=True)):
        which = f"{fraction_text(1, bottom)} of {'what is left' if i else f'the {thing.many}'}"
        facts.append(capital(f"{'then ' if i else ''}{who.she} gives {which} to {taker}."))
        given = work.step(f"{capital(taker)} gets", f"{have} / {bottom}", thing)
        have = int(work.step(f"That leaves {who.name} with", f"{have} - {given}", thing))
    ask = f"How many {thing.many} does {who.name} still have?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def mixture(rng: Random) -> Draft:
    """Two parts of a mixture by their ratio, from the total."""
    who, (product, one, two) = person(rng), rng.choice(MIXTURES)
    p, q = rng.choice(((1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (2, 5), (3, 5), (4, 5), (1, 5)))
    if rng.random() < 0.5:
        p, q = q, p
    size = rng.randint(2, 9)
    total = (p + q) * size
    work = Working()
    parts = work.step("The mixture has", f"{p} + {q}", PART)
    each = work.step("One part is", f"{total} / {parts}", LITER)
    asked, times = rng.choice(((one, p), (two, q)))
    work.step(f"The {asked} needed is", f"{times} * {each}", LITER)
    return Draft(
        (
            f"{who.name} makes {product} from {one} and {two}.",
            f"The ratio of {one} to {two} is {p} to {q}.",
            f"In all, {who.name} makes {count(total, LITER)}.",
        ),
        f"How many liters of {asked} does {who.name} need?",
        f"The spoon for stirring is {rng.randint(20, 60)} centimeters long.",
        work,
    )


MIXTURES = (
    ("orange paint", "red paint", "yellow paint"),
    ("green paint", "blue paint", "yellow paint"),
    ("a fruit drink", "apple juice", "water"),
    ("salad dressing", "oil", "vinegar"),
    ("potting soil", "sand", "compost"),
    ("a cleaning liquid", "vinegar", "water"),
    ("iced tea", "strong tea", "lemonade"),
)


def recipe(rng: Random) -> Draft:
    """A recipe for more people, sometimes with some of it at hand."""
    who, (dish, food) = person(rng), rng.choice(DISHES)
    serves, times = rng.randint(2, 8), rng.randint(2, 6)
    amount = rng.randint(2, serves + 1)
    work = Working()
    factor = work.step(f"{who.name} has to multiply the recipe by", f"{serves * times} / {serves}")
    need = work.step(f"{who.name} needs", f"{amount} * {factor}", CUP, f"of {food}")
    facts = [
        f"A recipe for {dish} that serves {serves} people takes {count(amount, CUP)} of {food}.",
        f"{who.name} cooks {dish} for {serves * times} people.",
    ]
    ask = f"How many cups of {food} does {who.name} need?"
    if rng.random() < 0.5:
        have = rng.randint(2, int(need) - 1)
        facts.append(f"There are {have} cups of {food} in the kitchen.")
        work.step(f"{who.name} has to get", f"{need} - {have}", CUP, "more")
        ask = f"How many more cups of {food} does {who.name} have to get?"
    return Draft(tuple(facts), ask, f"Cooking takes {rng.randint(25, 90)} minutes.", work)


DISHES = (
    ("lentil soup", "lentils"),
    ("rice pudding", "milk"),
    ("risotto", "rice"),
    ("pumpkin stew", "diced pumpkin"),
    ("bean chili", "beans"),
    ("porridge", "oats"),
    ("fried noodles", "cabbage"),
)


def two_classes(rng: Random) -> Draft:
    """A fraction of one group and a fraction of another."""
    (a_top, a_bottom), (b_top, b_bottom) = rng.sample(FRACTIONS, 2)
    one, two = (b * rng.randint(-(-15 // b), 34 // b) for b in (a_bottom, b_bottom))
    does = rng.choice(
        ("play chess", "learn the piano", "walk to school", "collect coins", "swim well")
    )
    first, second = rng.sample(("Ms. Okafor", "Mr. Lindqvist", "Ms. Tanaka", "Mr. Moreau"), 2)
    work = Working()
    left = work.step(f"In {first}'s class, this is", part(one, a_top, a_bottom), STUDENT)
    right = work.step(f"In {second}'s class, this is", part(two, b_top, b_bottom), STUDENT)
    work.step("In both classes together, this is", f"{left} + {right}", STUDENT)
    return Draft(
        (
            f"{first}'s class has {count(one, STUDENT)}, and {second}'s class has {two}.",
            f"Of {first}'s students, {fraction_text(a_top, a_bottom)} {does}, and "
            f"{fraction_text(b_top, b_bottom)} of {second}'s students do so too.",
        ),
        f"How many students in the two classes {does}?",
        f"The school has {rng.randint(12, 30)} classrooms.",
        work,
    )


def necklace(rng: Random) -> Draft:
    """So many of one kind for every few of another."""
    who, (one, two) = person(rng), rng.sample(("red", "white", "blue", "silver", "green"), 2)
    p, q = rng.sample(range(2, 8), 2)
    times = rng.randint(2, 12)
    work = Working()
    groups = work.step(f"The {one} beads make", f"{p * times} / {p}", noun("group"))
    other = work.step(f"That takes {groups} groups of {two} beads, or", f"{groups} * {q}", BEAD)
    ask = f"How many {two} beads does {who.name} use?"
    if rng.random() < 0.5:
        work.step("Altogether, this is", f"{p * times} + {other}", BEAD)
        ask = f"How many beads does {who.name} use altogether?"
    what = rng.choice(("necklace", "curtain", "belt", "door hanging"))
    return Draft(
        (
            f"{who.name} makes {a(what)} from {one} and {two} beads.",
            f"For every {p} {one} beads, {who.she} uses {q} {two} beads.",
            f"{capital(who.she)} uses {p * times} {one} beads.",
        ),
        ask,
        f"The {what} needs a string of {rng.randint(40, 150)} centimeters.",
        work,
    )


def trail(rng: Random) -> Draft:
    """A fraction of a trail, then some more of it."""
    who, (top, bottom) = person(rng), rng.choice(FRACTIONS)
    length = bottom * rng.randint(2, max(3, 24 // bottom))
    done = length * top // bottom
    more = rng.randint(1, length - done - 1)
    work = Working()
    morning = work.step(f"Before lunch, {who.name} hikes", part(length, top, bottom), KILOMETER)
    both = work.step(f"After both parts, {who.name} has hiked", f"{morning} + {more}", KILOMETER)
    work.step("What is left is", f"{length} - {both}", KILOMETER)
    where = rng.choice(("lake", "river", "coast", "forest", "canyon", "ridge"))
    return Draft(
        (
            f"A trail along the {where} is {count(length, KILOMETER)} long.",
            f"Before lunch, {who.name} hikes {fraction_text(top, bottom)} of it.",
            f"After lunch, {who.she} hikes {count(more, KILOMETER)} more.",
        ),
        f"How many kilometers of the trail are left for {who.name} to hike?",
        f"{who.name}'s backpack weighs {rng.randint(4, 12)} kilograms.",
        work,
    )


def part_of_part(rng: Random) -> Draft:
    """A fraction of a fraction of a group."""
    group, member, do, also = rng.choice(CROWDS)
    (p, q), (r, s) = rng.choice(FRACTIONS[1:]), rng.choice(FRACTIONS)
    whole = q * s * rng.randint(1, 5)
    work = Working()
    some = work.step(f"The number of {member.many} who {do} is", part(whole, p, q))
    both = work.step(f"The number of those who also {also} is", part(some, r, s))
    ask = f"How many of the {member.many} {do} and also {also}?"
    if some != both and rng.random() < 0.4:
        work.step(f"The number of those who do not {also} is", f"{some} - {both}")
        ask = f"How many of the {member.many} {do} but do not {also}?"
    return Draft(
        (
            f"{capital(a(group))} has {count(whole, member)}.",
            f"Of the {member.many}, {fraction_text(p, q)} {do}.",
            f"Of those who {do}, {fraction_text(r, s)} also {also}.",
        ),
        ask,
        f"The {group} was founded {rng.randint(4, 40)} years ago.",
        work,
    )


CROWDS: tuple[tuple[str, Noun, str, str], ...] = (
    ("theater group", noun("actor"), "dance", "sing"),
    ("summer camp", noun("child", "children"), "swim", "dive"),
    ("office", noun("employee"), "drink coffee", "take sugar"),
    ("hiking club", noun("hiker"), "climb", "ski"),
    ("language course", STUDENT, "speak French", "speak German"),
    ("cooking school", noun("cook"), "bake", "make jam"),
)
