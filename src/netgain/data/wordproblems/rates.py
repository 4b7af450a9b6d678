"""Rates: speed, pace of work, filling and emptying, fuel."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from netgain.data.wordproblems.wording import (
    DAY,
    HOUR,
    KILOMETER,
    LITER,
    MINUTE,
    MONEY,
    PAGE,
    Noun,
    a,
    about,
    capital,
    count,
    money,
    noun,
    people,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

# how somebody travels, and the slowest and fastest speed in kilometers per hour
TRAVEL = (
    ("walks", 3, 6),
    ("cycles", 12, 24),
    ("drives", 45, 90),
    ("paddles a canoe", 4, 8),
    ("rides a motor scooter", 20, 40),
    ("rides a horse", 8, 14),
    ("sails", 9, 18),
)
# a craft in two forms of the verb, and what it makes
CRAFTS: tuple[tuple[str, str, Noun], ...] = (
    ("folds", "fold", noun("paper crane")),
    ("decorates", "decorate", noun("cupcake")),
    ("plants", "plant", noun("seedling")),
    ("paints", "paint", noun("clay pot")),
    ("labels", "label", noun("jar")),
    ("wraps", "wrap", noun("gift")),
    ("addresses", "address", noun("envelope")),
    ("assembles", "assemble", noun("lantern")),
    ("irons", "iron", noun("shirt")),
    ("polishes", "polish", noun("spoon")),
    ("repairs", "repair", noun("toy")),
)


def distance(rng: Random) -> Draft:
    """One stretch at one speed, sometimes with a rest of the way still to go."""
    who, (travels, low, high) = person(rng), rng.choice(TRAVEL)
    speed, hours, rest = rng.randint(low, high), rng.randint(2, 6), rng.randint(2, 30)
    work, facts = (
        Working(),
        [f"{who.name} {travels} at {speed} kilometers per hour for {hours} hours without a stop."],
    )
    covered = work.step(f"In {hours} hours, {who.name} covers", f"{speed} * {hours}", KILOMETER)
    ask = f"How many kilometers does {who.name} cover?"
    if rng.random() < 0.5:
        facts.append(f"After that, there are still {count(rest, KILOMETER)} to go.")
        work.step("The whole trip is", f"{covered} + {rest}", KILOMETER, "long")
        ask = "How many kilometers long is the whole trip?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def two_legs(rng: Random) -> Draft:
    """Two stretches of a trip at different speeds."""
    who, (travels, low, high) = person(rng), rng.choice(TRAVEL)
    fast, slow = rng.randint((low + high) // 2 + 1, high), rng.randint(low, (low + high) // 2)
    first, second = rng.sample(range(2, 6), 2)
    work = Working()
    one = work.step("The first part is", f"{fast} * {first}", KILOMETER, "long")
    two = work.step("The second part is", f"{slow} * {second}", KILOMETER, "long")
    work.step("The whole way is", f"{one} + {two}", KILOMETER, "long")
    return Draft(
        (
            f"{who.name} {travels} for {first} hours at {fast} kilometers per hour.",
            f"Then, on a harder stretch, {who.she} goes on for {second} hours at {slow} kilometers "
            "per hour.",
        ),
        f"How many kilometers does {who.name} travel altogether?",
        about(rng, who),
        work,
    )


def pace(rng: Random) -> Draft:
    """How long a job takes, sometimes with a part already done."""
    who, (does, do, thing) = person(rng), rng.choice(CRAFTS)
    per, hours = rng.randint(4, 20), rng.randint(2, 9)
    done = rng.choice((0, rng.randint(3, 20)))
    total = per * hours + done
    facts = [f"{who.name} {does} {count(per, thing)} per hour."]
    work, left = Working(), str(total)
    facts.append(f"{capital(who.she)} has to {do} {count(total, thing)} in all.")
    if done:
        facts.append(f"So far, {done} {thing.many} are done.")
        left = work.step(f"{who.name} still has to {do}", f"{total} - {done}", thing)
    work.step("This takes", f"{left} / {per}", HOUR)
    ask = f"How many {'more ' if done else ''}hours does {who.name} need?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def two_workers(rng: Random) -> Draft:
    """Two people work side by side for some hours, sometimes toward a goal."""
    (one, two), (does, do, thing) = people(rng, 2), rng.choice(CRAFTS)
    p, q = rng.sample(range(4, 19), 2)
    hours, missing = rng.randint(2, 7), rng.randint(4, 30)
    work = Working()
    both = work.step("In one hour, they get through", f"{p} + {q}", thing)
    made = work.step(f"In {hours} hours, they get through", f"{both} * {hours}", thing)
    facts = [
        f"{one.name} {does} {count(p, thing)} per hour, and {two.name} {does} {q} per hour.",
        f"They work side by side for {hours} hours.",
    ]
    ask = f"How many {thing.many} do they {do} together?"
    if rng.random() < 0.4:
        total = int(made) + missing
        facts.append(f"They were asked to {do} {count(total, thing)}.")
        work.step(f"They still have to {do}", f"{total} - {made}", thing)
        ask = f"How many {thing.many} do they still have to {do}?"
    return Draft(tuple(facts), ask, f"The room has {rng.randint(2, 6)} windows.", work)


def tank(rng: Random) -> Draft:
    """A tank fills through a pipe and leaks, empty or partly filled at first."""
    what = rng.choice(("water tank", "fish pond", "paddling pool", "rain barrel", "horse trough"))
    flow, leak, minutes = rng.randint(9, 25), rng.randint(2, 6), rng.randint(5, 30)
    inside = rng.choice((0, rng.randint(5, 40)))
    room = (flow - leak) * minutes
    work, missing = Working(), str(room)
    start = f"contains {count(inside, LITER)} so far" if inside else "is empty"
    facts = [f"{capital(a(what))} can hold {room + inside} liters of water and {start}."]
    if inside:
        missing = work.step(f"The {what} still needs", f"{room + inside} - {inside}", LITER)
    facts.append(
        f"A hose brings in {count(flow, LITER)} every minute, but "
        f"{count(leak, LITER)} leak out every minute."
    )
    net = work.step("Every minute, the water increases by", f"{flow} - {leak}", LITER)
    work.step("Filling takes", f"{missing} / {net}", MINUTE)
    return Draft(
        tuple(facts),
        f"How many minutes does it take until the {what} is full?",
        f"The hose is {rng.randint(5, 30)} meters long.",
        work,
    )


def machines(rng: Random) -> Draft:
    """From one machine's hourly output to another crew of machines."""
    thing = rng.choice(PRODUCTS)
    (m, n), (h, k) = rng.sample(range(2, 9), 2), rng.sample(range(2, 8), 2)
    rate = rng.randint(5, 30)
    total = m * h * rate
    work = Working()
    each = work.step("One machine makes", f"{total} / {m}", thing, f"in {h} hours")
    hourly = work.step("One machine makes", f"{each} / {h}", thing, "in one hour")
    crew = work.step(f"Together, {n} machines make", f"{hourly} * {n}", thing, "in one hour")
    work.step(f"In {k} hours, they make", f"{crew} * {k}", thing)
    return Draft(
        (
            f"In a workshop, {m} machines make {count(total, thing)} in {h} hours.",
            "All the machines are equally fast.",
        ),
        f"How many {thing.many} do {n} machines make in {k} hours?",
        f"The workshop has {rng.randint(6, 40)} employees.",
        work,
    )


PRODUCTS = (
    noun("bottle cap"),
    noun("screw"),
    noun("brick"),
    noun("zipper"),
    noun("cardboard box"),
    noun("spoon"),
    noun("clothes hanger"),
)


def reading(rng: Random) -> Draft:
    """A book read at two speeds."""
    who, kind = person(rng), rng.choice(("novel", "travel book", "biography", "history book"))
    first, slow, fast, days = (
        rng.randint(2, 6),
        rng.randint(8, 20),
        rng.randint(21, 40),
        rng.randint(2, 8),
    )
    pages = first * slow + fast * days
    work = Working()
    done = work.step(f"In the first {first} days, {who.name} reads", f"{first} * {slow}", PAGE)
    left = work.step("That leaves", f"{pages} - {done}", PAGE)
    more = work.step("Reading them takes", f"{left} / {fast}", DAY)
    ask = f"How many more days does {who.name} need to finish it?"
    if rng.random() < 0.5:
        work.step("Altogether, the book takes", f"{first} + {more}", DAY)
        ask = f"In how many days does {who.name} read the whole book?"
    return Draft(
        (
            f"{who.name} reads {a(kind)} of {pages} pages.",
            f"In the first {first} days, {who.she} reads {slow} pages a day.",
            f"After that, {who.she} reads {fast} pages a day.",
        ),
        ask,
        f"The {kind} was printed {rng.randint(3, 30)} years ago.",
        work,
    )


def fuel(rng: Random) -> Draft:
    """Fuel for a distance in hundreds of kilometers, sometimes with its cost."""
    who, car = person(rng), rng.choice(("car", "van", "camper", "truck", "taxi"))
    use, hundreds = rng.randint(5, 12), rng.randint(2, 9)
    each = Fraction(rng.choice((125, 140, 150, 160, 175, 180, 200)), 100)
    facts = [
        f"{who.name}'s {car} uses {use} liters of fuel for every 100 kilometers.",
        f"{capital(who.she)} plans a trip of {hundreds * 100} kilometers.",
    ]
    work = Working()
    parts = work.step("The number of 100-kilometer stretches is", f"{hundreds * 100} / 100")
    liters = work.step("The trip takes", f"{parts} * {use}", LITER, "of fuel")
    ask = "How many liters of fuel does the trip take?"
    if rng.random() < 0.5:
        facts.append(f"One liter costs ${money(each)}.")
        work.step("The fuel costs", f"{liters} * {money(each)}", MONEY)
        ask = "How many dollars does the fuel for the trip cost?"
    return Draft(tuple(facts), ask, f"The {car} is {rng.randint(2, 15)} years old.", work)
