"""Multi-step arithmetic: collections, packing, rows, passengers, harvests, averages."""

from __future__ import annotations

from random import Random

from netgain.data.wordproblems.wording import (
    BAKES,
    CONTAINERS,
    FRUITS,
    MONEY,
    POINT,
    TREASURES,
    Noun,
    Person,
    a,
    about,
    capital,
    count,
    few,
    listing,
    noun,
    people,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
BOOK, SHELF, TREE = noun("book"), noun("shelf", "shelves"), noun("tree")
PASSENGER, CRATE, CHAIR = noun("passenger"), noun("crate"), noun("chair")
# place, what stands in its rows, what happens to some of them, what is asked about the rest
ROWS = (
    ("school hall", CHAIR, "stay empty during the play", "are taken"),
    ("small cinema", noun("seat"), "stay empty during the film", "are taken"),
    ("parking lot", noun("space"), "are closed for repairs", "can be used"),
    ("greenhouse", noun("tomato plant"), "dry up in the heat", "are still healthy"),
    ("vineyard", noun("vine"), "freeze in the winter", "survive"),
    ("warehouse", noun("barrel"), "are shipped to a customer", "are left"),
    ("garden center", noun("rose bush"), "are sold before noon", "are left"),
)


def collection(rng: Random) -> Draft:
    """A collection grows and shrinks one to four times."""
    who, thing = person(rng), rng.choice(TREASURES)
    have = rng.randint(8, 40)
    gains, losses = _collection_events(rng, who, thing)
    work, facts = Working(), [f"{who.name} has {count(have, thing)}."]
    for i in range(few(rng, 1, 4)):
        grows = have < 15 or rng.random() < 0.5
        number = rng.randint(2, 12 if grows else min(12, have - 4))
        event = (gains if grows else losses).pop().format(number)
        facts.append(capital(f"{'then ' if i else ''}{event}."))
        says = f"Now {who.name} has" if grows else f"That leaves {who.name} with"
        have = int(work.step(says, f"{have} {'+' if grows else '-'} {number}", thing))
    aside = f"{who.name}'s collection fills a tin of {rng.randint(8, 30)} by 40 centimeters."
    return Draft(
        tuple(facts),
        f"How many {thing.many} does {who.name} have in the end?",
        rng.choice((aside, about(rng, who))),
        work,
    )


def _collection_events(rng: Random, who: Person, thing: Noun) -> tuple[list[str], list[str]]:
    gains = [
        f"{who.she} finds {{}} more {thing.many}",
        f"{who.she} buys {{}} more {thing.many} at a flea market",
        f"{who.her} aunt gives {who.them} {{}} more {thing.many}",
        f"{who.she} wins {{}} more {thing.many} in a game",
    ]
    losses = [
        f"{who.she} gives {{}} {thing.many} to a friend",
        f"{who.she} loses {{}} {thing.many}",
        f"{who.she} trades {{}} {thing.many} for a poster",
        f"{who.she} sends {{}} {thing.many} to {who.her} grandfather",
    ]
    return rng.sample(gains, 4), rng.sample(losses, 4)


def packing(rng: Random) -> Draft:
    """Things are packed into containers, sometimes after a few are set aside."""
    who, thing, box = person(rng), rng.choice(BAKES + FRUITS), rng.choice(CONTAINERS)
    per, boxes = rng.randint(3, 12), rng.randint(2, 15)
    kept = rng.choice((0, rng.randint(2, 15)))
    total = per * boxes + kept
    work, facts = Working(), [f"{who.name} has {count(total, thing)} for the village market."]
    left = str(total)
    if kept:
        facts.append(f"{capital(who.she)} keeps {kept} {thing.many} for {who.her} family.")
        left = work.step(f"{who.name} packs", f"{total} - {kept}", thing)
    rest = f"the other {thing.many}" if kept else f"the {thing.many}"
    facts.append(f"{capital(who.she)} packs {rest} into {box.many} of {per}.")
    work.step(f"{who.name} fills", f"{left} / {per}", box)
    return Draft(
        tuple(facts),
        f"How many {box.many} does {who.name} fill?",
        f"The market has {rng.randint(12, 60)} stands.",
        work,
    )


def rows(rng: Random) -> Draft:
    """A grid of things, some of which drop out."""
    place, thing, loss, rest = rng.choice(ROWS)
    lines, per = rng.randint(4, 15), rng.randint(5, 16)
    gone = rng.randint(2, lines * per // 2)
    work = Working()
    total = work.step(f"The {place} has", f"{lines} * {per}", thing)
    work.step("That leaves", f"{total} - {gone}", thing)
    return Draft(
        (
            f"A {place} has {lines} rows with {count(per, thing)} in each row.",
            f"Of the {thing.many}, {gone} {loss}.",
        ),
        f"How many {thing.many} {rest}?",
        f"The {place} was opened {rng.randint(3, 40)} years ago.",
        work,
    )


def shared_equally(rng: Random) -> Draft:
    """Two people pool what they have and share it out."""
    (one, two), thing = people(rng, 2), rng.choice(TREASURES + FRUITS + BAKES)
    friends, each = rng.randint(3, 9), rng.randint(3, 14)
    total = friends * each
    first = rng.randint(3, total - 3)
    work = Working()
    pool = work.step("Together they have", f"{first} + {total - first}", thing)
    work.step("Each child gets", f"{pool} / {friends}", thing)
    return Draft(
        (
            f"{one.name} brings {count(first, thing)} to a party, and {two.name} brings "
            f"{total - first}.",
            f"They put everything together and share it equally among {friends} children.",
        ),
        f"How many {thing.many} does each child get?",
        f"The party lasts {rng.randint(2, 5)} hours.",
        work,
    )


def passengers(rng: Random) -> Draft:
    """People get on and off at two to eight stops."""
    vehicle = rng.choice(("bus", "tram", "ferry", "train", "shuttle", "cable car"))
    stops = rng.choices(range(2, 9), weights=(6, 5, 4, 3, 3, 3, 3))[0]
    aboard = rng.randint(9, 35)
    work, facts = Working(), [f"A {vehicle} sets out with {count(aboard, PASSENGER)} on board."]
    for name in ORDINALS[:stops]:
        off, on = rng.randint(2, aboard - 4), rng.randint(2, 14)
        off = min(off, 12)
        facts.append(f"At the {name} stop, {off} people get off and {on} people get on.")
        says = f"After the {name} stop, the {vehicle} carries"
        aboard = int(work.step(says, f"{aboard} - {off} + {on}", PASSENGER))
    return Draft(
        tuple(facts),
        f"How many passengers are on board after the {ORDINALS[stops - 1]} stop?",
        f"The {vehicle} has been in service for {rng.randint(2, 25)} years.",
        work,
    )


def harvest(rng: Random) -> Draft:
    """From trees to crates, sometimes from rows of trees and on to money."""
    who, fruit = person(rng), rng.choice(FRUITS)
    lines, per_row = rng.randint(2, 6), rng.randint(3, 8)
    trees, each, per_crate = lines * per_row, rng.randint(10, 30), rng.randint(8, 25)
    crates = (trees * each - 2) // per_crate
    bruised = trees * each - crates * per_crate
    work, facts = Working(), []
    if rng.random() < 0.6:
        facts.append(f"{who.name} has {lines} rows of {fruit.one} trees with {per_row} in a row.")
        work.step(f"{who.name} has", f"{lines} * {per_row}", TREE)
    else:
        facts.append(f"{who.name} has {count(trees, TREE)} in {who.her} {fruit.one} orchard.")
    facts.append(
        f"Each tree gives {count(each, fruit)}. Of all the {fruit.many}, {bruised} are bruised and "
        f"thrown away, and the rest are packed into crates of {per_crate}."
    )
    picked = work.step(f"{who.name} picks", f"{trees} * {each}", fruit)
    good = work.step("The good ones are", f"{picked} - {bruised}", fruit)
    work.step("They fill", f"{good} / {per_crate}", CRATE)
    ask = _sell_crates(rng, who, crates, facts, work)
    aside = f"The oldest tree is {rng.randint(20, 60)} years old."
    return Draft(tuple(facts), ask, aside, work)


def _sell_crates(rng: Random, who: Person, crates: int, facts: list[str], work: Working) -> str:
    """Sometimes go on to the sale and to the cost of the van; return what is asked."""
    if rng.random() < 0.5:
        return "How many crates are filled?"
    each = rng.randint(6, 15)
    facts.append(f"{capital(who.she)} sells every full crate for ${each}.")
    earned = int(work.step(f"{who.name} earns", f"{crates} * {each}", MONEY))
    if earned < 60 or rng.random() < 0.5:
        return f"How many dollars does {who.name} earn?"
    cost = rng.randint(10, 50)
    facts.append(f"{capital(who.she)} pays ${cost} for a van to take the crates to town.")
    work.step(f"After paying for the van, {who.name} has", f"{earned} - {cost}", MONEY)
    return f"How many dollars does {who.name} have after paying for the van?"


def bookshelves(rng: Random) -> Draft:
    """Two kinds of shelves, some books out on loan."""
    who, place = person(rng), rng.choice(("school library", "bookshop", "reading room", "archive"))
    (m, n), (p, q) = (rng.sample(range(2, 10), 2) for _ in range(2))
    p, q = p + 6, q + 15
    out = rng.randint(3, m * p)
    work = Working()
    low = work.step("The low shelves hold", f"{m} * {p}", BOOK)
    high = work.step("The high shelves hold", f"{n} * {q}", BOOK)
    total = work.step("Together they hold", f"{low} + {high}", BOOK)
    work.step("That leaves", f"{total} - {out}", BOOK)
    return Draft(
        (
            f"{who.name} looks after {a(place)} with {m} low shelves of {p} books each and "
            f"{n} high shelves of {q} books each.",
            f"On Friday, {out} of the books are taken away to be repaired.",
        ),
        "How many books are left on the shelves?",
        rng.choice((about(rng, who), f"The door key is {rng.randint(5, 12)} centimeters long.")),
        work,
    )


def average(rng: Random) -> Draft:
    """The mean of three to five whole numbers."""
    who, number = person(rng), rng.randint(3, 5)
    when, unit, verb = rng.choice(AVERAGED)
    values = [rng.randint(11, 24)] * number
    for i in range(number - 1):  # moving some from one value to the next keeps the mean
        moved = rng.choice((-4, -3, -2, -1, 1, 2, 3, 4))
        values[i] += moved
        values[i + 1] -= moved
    work = Working()
    shown = [str(value) for value in values]
    total = work.step("The sum is", " + ".join(shown), unit)
    work.step("The average is", f"{total} / {number}", unit)
    return Draft(
        (f"{when.format(number)}, {who.name} {verb} {listing(shown)} {unit.many}.",),
        f"What is the average number of {unit.many}?",
        about(rng, who),
        work,
    )


AVERAGED: tuple[tuple[str, Noun, str], ...] = (
    ("In {} basketball games", POINT, "scores"),
    ("On {} evenings", noun("page"), "reads"),
    ("On {} mornings", noun("egg"), "collects"),
    ("On {} training days", noun("lap"), "completes"),
    ("On {} fishing trips", noun("trout", "trout"), "catches"),
    ("In {} rounds of a quiz", POINT, "earns"),
    ("On {} walks in the woods", noun("mushroom"), "finds"),
)
