"""Multi-step arithmetic: collections, packing, rows, passengers, harvests, averages."""

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import (
    BAKES,
    CONTAINERS,
    FRUITS,
    TREASURES,
    Person,
    a,
    count,
    listing,
    noun,
    words,
)

ORDINALS = words("first, second, third, fourth, fifth, sixth, seventh, eighth")
# place, what stands in its rows, what happens to some of them, what is asked about the rest
ROWS = (
    ("school hall", noun("chair"), "stay empty during the play", "are taken"),
    ("small cinema", noun("seat"), "stay empty during the film", "are taken"),
    ("parking lot", noun("space"), "are closed for repairs", "can be used"),
    ("greenhouse", noun("tomato plant"), "dry up in the heat", "are still healthy"),
    ("vineyard", noun("vine"), "freeze in the winter", "survive"),
    ("warehouse", noun("barrel"), "are shipped to a customer", "are left"),
    ("garden center", noun("rose bush"), "are sold before noon", "are left"),
)
AVERAGED = (
    ("In {} basketball games", noun("point"), "scores"),
    ("On {} evenings", noun("page"), "reads"),
    ("On {} mornings", noun("egg"), "collects"),
    ("On {} training days", noun("lap"), "completes"),
    ("On {} fishing trips", noun("trout/trout"), "catches"),
    ("In {} rounds of a quiz", noun("point"), "earns"),
    ("On {} walks in the woods", noun("mushroom"), "finds"),
)


def collection(s: Story) -> None:
    """A collection grows and shrinks one to four times."""
    who, things = s.person(), s.pick(TREASURES)
    have = s.draw(8, 40)
    gains = (
        f"{who.she} finds {{}} more {things}",
        f"{who.she} buys {{}} more {things} at a flea market",
        f"{who.her} aunt gives {who.them} {{}} more {things}",
        f"{who.she} wins {{}} more {things} in a game",
    )
    losses = (
        f"{who.she} gives {{}} {things} to a friend",
        f"{who.she} loses {{}} {things}",
        f"{who.she} trades {{}} {things} for a poster",
        f"{who.she} sends {{}} {things} to {who.her} grandfather",
    )
    gains_left, losses_left = s.sample(gains, 4), s.sample(losses, 4)
    s.fact(f"{who} has {count(have, things)}.")
    for i in range(s.few(1, 4)):
        grows = have < 15 or s.maybe()
        number = s.draw(2, 12 if grows else min(12, have - 4))
        event = (gains_left if grows else losses_left).pop().format(number)
        s.fact(f"{'then ' if i else ''}{event}.")
        says = f"Now {who} has" if grows else f"That leaves {who} with"
        have = int(s.step(says, f"{have} {'+' if grows else '-'} {number}", things))
    tin = f"{who}'s collection fills a tin of {s.draw(8, 30)} by 40 centimeters."
    s.aside(s.pick((tin, s.about(who))))
    s.ask(f"How many {things} does {who} have in the end?")


def packing(s: Story) -> None:
    """Things are packed into containers, sometimes after a few are set aside."""
    who, things, boxes = s.person(), s.pick(BAKES + FRUITS), s.pick(CONTAINERS)
    per, filled = s.draw(3, 12), s.draw(2, 15)
    kept = s.pick((0, s.draw(2, 15)))
    total = per * filled + kept
    left = str(total)
    s.fact(f"{who} has {count(total, things)} for the village market.")
    if kept:
        s.fact(f"{who.she} keeps {kept} {things} for {who.her} family.")
        left = s.step(f"{who} packs", f"{total} - {kept}", things)
    s.fact(f"{who.she} packs the {'other ' if kept else ''}{things} into {boxes} of {per}.")
    s.step(f"{who} fills", f"{left} / {per}", boxes)
    s.ask(f"How many {boxes} does {who} fill?")
    s.aside(f"The market has {s.draw(12, 60)} stands.")


def rows(s: Story) -> None:
    """A grid of things, some of which drop out."""
    place, things, loss, rest = s.pick(ROWS)
    lines, per = s.draw(4, 15), s.draw(5, 16)
    gone = s.draw(2, lines * per // 2)
    s.fact(f"A {place} has {lines} rows with {count(per, things)} in each row.")
    s.fact(f"Of the {things}, {gone} {loss}.")
    total = s.step(f"The {place} has", f"{lines} * {per}", things)
    s.step("That leaves", f"{total} - {gone}", things)
    s.ask(f"How many {things} {rest}?")
    s.aside(f"The {place} was opened {s.draw(3, 40)} years ago.")


def shared_equally(s: Story) -> None:
    """Two people pool what they have and share it out."""
    (one, two), things = s.people(2), s.pick(TREASURES + FRUITS + BAKES)
    friends, each = s.draw(3, 9), s.draw(3, 14)
    total = friends * each
    first = s.draw(3, total - 3)
    s.fact(f"{one} brings {count(first, things)} to a party, and {two} brings {total - first}.")
    s.fact(f"They put everything together and share it equally among {friends} children.")
    pool = s.step("Together they have", f"{first} + {total - first}", things)
    s.step("Each child gets", f"{pool} / {friends}", things)
    s.ask(f"How many {things} does each child get?")
    s.aside(f"The party lasts {s.draw(2, 5)} hours.")


def passengers(s: Story) -> None:
    """People get on and off at two to eight stops."""
    vehicle = s.pick(("bus", "tram", "ferry", "train", "shuttle", "cable car"))
    stops = s.rng.choices(range(2, 9), weights=(6, 5, 4, 3, 3, 3, 3))[0]
    aboard = s.draw(9, 35)
    s.fact(f"A {vehicle} sets out with {count(aboard, 'passenger')} on board.")
    for stop in ORDINALS[:stops]:
        off, on = s.draw(2, aboard - 4), s.draw(2, 14)
        off = min(off, 12)
        s.fact(f"At the {stop} stop, {off} people get off and {on} people get on.")
        says = f"After the {stop} stop, the {vehicle} carries"
        aboard = int(s.step(says, f"{aboard} - {off} + {on}", "passenger"))
    s.ask(f"How many passengers are on board after the {ORDINALS[stops - 1]} stop?")
    s.aside(f"The {vehicle} has been in service for {s.draw(2, 25)} years.")


def harvest(s: Story) -> None:
    """From trees to crates, sometimes from rows of trees and on to money."""
    who, fruits = s.person(), s.pick(FRUITS)
    lines, per_row = s.draw(2, 6), s.draw(3, 8)
    trees, each, per_crate = lines * per_row, s.draw(10, 30), s.draw(8, 25)
    crates = (trees * each - 2) // per_crate
    bruised = trees * each - crates * per_crate
    if s.maybe(0.6):
        s.fact(f"{who} has {lines} rows of {fruits.one} trees with {per_row} in a row.")
        s.step(f"{who} has", f"{lines} * {per_row}", "tree")
    else:
        s.fact(f"{who} has {count(trees, 'tree')} in {who.her} {fruits.one} orchard.")
    s.fact(
        f"Each tree gives {count(each, fruits)}. Of all the {fruits}, {bruised} are bruised and "
        f"thrown away, and the rest are packed into crates of {per_crate}."
    )
    picked = s.step(f"{who} picks", f"{trees} * {each}", fruits)
    good = s.step("The good ones are", f"{picked} - {bruised}", fruits)
    s.step("They fill", f"{good} / {per_crate}", "crate")
    s.ask("How many crates are filled?")
    if not s.maybe():
        _sell_crates(s, who, crates)
    s.aside(f"The oldest tree is {s.draw(20, 60)} years old.")


def _sell_crates(s: Story, who: Person, crates: int) -> None:
    each = s.draw(6, 15)
    s.fact(f"{who.she} sells every full crate for ${each}.")
    earned = int(s.step(f"{who} earns", f"{crates} * {each}", "$"))
    s.ask(f"How many dollars does {who} earn?")
    if earned >= 60 and not s.maybe():
        cost = s.draw(10, 50)
        s.fact(f"{who.she} pays ${cost} for a van to take the crates to town.")
        s.step(f"After paying for the van, {who} has", f"{earned} - {cost}", "$")
        s.ask(f"How many dollars does {who} have after paying for the van?")


def bookshelves(s: Story) -> None:
    """Two kinds of shelves, some books out on loan."""
    who, place = s.person(), s.pick(("school library", "bookshop", "reading room", "archive"))
    (m, n), (p, q) = (s.sample(range(2, 10), 2) for _ in range(2))
    p, q = p + 6, q + 15
    out = s.draw(3, m * p)
    s.fact(
        f"{who} looks after {a(place)} with {m} low shelves of {p} books each and "
        f"{n} high shelves of {q} books each."
    )
    s.fact(f"On Friday, {out} of the books are taken away to be repaired.")
    low = s.step("The low shelves hold", f"{m} * {p}", "book")
    high = s.step("The high shelves hold", f"{n} * {q}", "book")
    total = s.step("Together they hold", f"{low} + {high}", "book")
    s.step("That leaves", f"{total} - {out}", "book")
    s.ask("How many books are left on the shelves?")
    s.aside(s.pick((s.about(who), f"The door key is {s.draw(5, 12)} centimeters long.")))


def average(s: Story) -> None:
    """The mean of three to five whole numbers."""
    who, number = s.person(), s.draw(3, 5)
    when, unit, verb = s.pick(AVERAGED)
    values = [s.draw(11, 24)] * number
    for i in range(number - 1):  # moving some from one value to the next keeps the mean
        moved = s.pick((-4, -3, -2, -1, 1, 2, 3, 4))
        values[i] += moved
        values[i + 1] -= moved
    shown = [str(value) for value in values]
    s.fact(f"{when.format(number)}, {who} {verb} {listing(shown)} {unit}.")
    total = s.step("The sum is", " + ".join(shown), unit)
    s.step("The average is", f"{total} / {number}", unit)
    s.ask(f"What is the average number of {unit}?")
    s.aside(s.about(who))
