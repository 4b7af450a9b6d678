"""Unit conversion: lengths, volumes, weights, dozens, coins, tokens."""

from __future__ import annotations

from random import Random

from netgain.data.wordproblems.wording import (
    CENT,
    CENTIMETER,
    FOOT,
    GRAM,
    INCH,
    KILOMETER,
    METER,
    MILLILITER,
    MINUTE,
    MONEY,
    PIECE,
    Noun,
    a,
    about,
    capital,
    count,
    few,
    listing,
    noun,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

DOZENS = (
    (noun("egg"), "uses"),
    (noun("bread roll"), "serves"),
    (noun("tulip bulb"), "plants"),
    (noun("pencil"), "gives away"),
    (noun("oyster"), "serves"),
    (noun("clothespin"), "uses"),
    (noun("candle"), "burns"),
    (noun("doughnut"), "sells"),
)


def ribbon(rng: Random) -> Draft:
    """Meters cut into pieces of some centimeters, sometimes after a part is used."""
    who, what = person(rng), rng.choice(("ribbon", "rope", "wire", "string", "yarn", "tape"))
    meters, piece = rng.randint(2, 12), rng.choice((4, 5, 10, 20, 25, 50))
    used = piece * rng.randint(1, meters * 100 // piece // 2)
    work = Working()
    length = work.step(f"The {what} is", f"{meters} * 100", CENTIMETER, "long")
    facts = [f"{who.name} has a roll of {what} that is {meters} meters long."]
    if rng.random() < 0.4:
        facts.append(f"First, {who.she} uses up {count(used, CENTIMETER)} of the {what}.")
        length = work.step("What is left is", f"{length} - {used}", CENTIMETER)
    which = f"the rest of the {what}" if len(facts) > 1 else f"the {what}"
    facts.append(f"{capital(who.she)} cuts {which} into pieces of {piece} centimeters.")
    work.step(f"{who.name} gets", f"{length} / {piece}", PIECE)
    ask = f"How many pieces does {who.name} get?"
    return Draft(tuple(facts), ask, f"The {what} cost ${rng.randint(3, 20)}.", work)


def glasses(rng: Random) -> Draft:
    """Liters poured into glasses of some milliliters, sometimes after a spill."""
    who, drink = person(rng), rng.choice(("lemonade", "milk", "apple juice", "iced tea", "water"))
    liters, size = rng.randint(2, 12), rng.choice((100, 125, 200, 250, 500))
    spilled = size * rng.randint(1, 3)
    work = Working()
    volume = work.step(f"The {drink} is", f"{liters} * 1000", MILLILITER)
    facts = [f"{who.name} has {liters} liters of {drink} for a party."]
    if rng.random() < 0.4:
        facts.append(f"By accident, {who.she} spills {count(spilled, MILLILITER)} of the {drink}.")
        volume = work.step("What is left is", f"{volume} - {spilled}", MILLILITER)
    which = f"{'the rest' if len(facts) > 1 else 'all'} of the {drink}"
    facts.append(f"{capital(who.she)} pours {which} into glasses, {size} milliliters in each.")
    work.step(f"{who.name} fills", f"{volume} / {size}", noun("glass"))
    ask = f"How many glasses does {who.name} fill?"
    return Draft(tuple(facts), ask, f"The party begins at {rng.randint(2, 7)} o'clock.", work)


def dozens(rng: Random) -> Draft:
    """Dozens into single things, sometimes less what is used, sometimes packed again."""
    who, (thing, uses) = person(rng), rng.choice(DOZENS)
    number = rng.randint(2, 9)
    work = Working()
    total = int(work.step(f"{who.name} has", f"{number} * 12", thing))
    facts = [f"{who.name} buys {number} dozen {thing.many}."]
    if rng.random() < 0.3:
        ask = f"How many {thing.many} does {who.name} have?"
        return Draft(tuple(facts), ask, about(rng, who), work)
    used = rng.randint(3, total - 4)
    facts.append(f"On the same day, {who.she} {uses} {used} {thing.many}.")
    work.step("That leaves", f"{total} - {used}", thing)
    ask = f"How many {thing.many} are left?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def parcel(rng: Random) -> Draft:
    """The weight of a parcel in grams, sometimes against a limit in kilograms."""
    who, thing = person(rng), rng.choice(PARCELED)
    number, each, box = rng.randint(3, 12), rng.randint(4, 30) * 10, rng.randint(10, 40) * 10
    work = Working()
    load = work.step(f"The {thing.many} weigh", f"{number} * {each}", GRAM)
    total = int(work.step("With the box, this is", f"{load} + {box}", GRAM))
    facts = [
        f"{who.name} sends a parcel with {count(number, thing)}.",
        f"Each {thing.one} weighs {each} grams, and the empty box weighs {box} grams.",
    ]
    ask = "How many grams does the whole parcel weigh?"
    if rng.random() < 0.5:
        limit = total // 1000 + rng.randint(1, 2)
        facts.append(
            f"The parcel may weigh up to {limit} {'kilogram' if limit == 1 else 'kilograms'}."
        )
        allowed = work.step("The limit is", f"{limit} * 1000", GRAM)
        work.step("The parcel stays below it by", f"{allowed} - {total}", GRAM)
        ask = "By how many grams does the parcel stay below the limit?"
    return Draft(tuple(facts), ask, f"The parcel arrives after {rng.randint(2, 9)} days.", work)


PARCELED: tuple[Noun, ...] = (
    noun("book"),
    noun("jar of honey", "jars of honey"),
    noun("candle"),
    noun("pair of socks", "pairs of socks"),
    noun("bar of chocolate", "bars of chocolate"),
    noun("toy train"),
    noun("tin of tea", "tins of tea"),
)


def coins(rng: Random) -> Draft:
    """Coins of one to four kinds, counted in cents and turned into dollars."""
    who, kinds = person(rng), few(rng, 1, 4)
    work, parts, values = Working(), [], []
    for worth in sorted(rng.sample((5, 10, 20, 25, 50), kinds), reverse=True):
        number = rng.randint(2, 15)
        parts.append(f"{number} coins of {worth} cents")
        values.append(work.step(f"The {worth}-cent coins make", f"{number} * {worth}", CENT))
    total = values[0]
    if kinds > 1:
        total = work.step("Together, they make", " + ".join(values), CENT)
    work.step("In dollars, this is", f"{total} / 100", MONEY)
    where = rng.choice(("piggy bank", "coat pocket", "purse", "glass jar", "desk drawer"))
    return Draft(
        (f"In {who.her} {where}, {who.name} finds {listing(parts)}.",),
        f"How many dollars does {who.name} find?",
        f"{capital(who.she)} also finds {rng.randint(2, 9)} old keys.",
        work,
    )


def fence(rng: Random) -> Draft:
    """Yards to feet to inches, then planks side by side."""
    who, what = (
        person(rng),
        rng.choice(("fence", "boardwalk", "screen", "jetty", "shed wall")),
    )
    yards, plank = rng.randint(2, 12), rng.choice((3, 4, 6, 9))
    work = Working()
    feet = work.step(f"The {what} is", f"{yards} * 3", FOOT, "long")
    inches = work.step(f"The {what} is", f"{feet} * 12", INCH, "long")
    work.step(f"{who.name} needs", f"{inches} / {plank}", noun("plank"))
    return Draft(
        (
            f"{who.name} builds {a(what)} that is {yards} yards long.",
            f"The {what} is made of planks that are {plank} inches wide and lie side by side.",
            "A yard is 3 feet, and a foot is 12 inches.",
        ),
        f"How many planks does {who.name} need?",
        f"Each plank costs ${rng.randint(2, 9)}.",
        work,
    )


def laps(rng: Random) -> Draft:
    """Laps on a track in meters, turned into kilometers."""
    who, track = person(rng), rng.choice((200, 250, 400, 500))
    verb = rng.choice(("run", "jog", "skate", "walk"))
    daily = rng.choice([k for k in range(2, 13) if k * track <= 5000])
    days = rng.choice([k for k in range(2, 26) if daily * track * k % 1000 == 0])
    work = Working()
    one = work.step(f"In a day, {who.name} {verb}s", f"{daily} * {track}", METER)
    total = work.step(f"In {days} days, {who.name} {verb}s", f"{days} * {one}", METER)
    work.step("In kilometers, this is", f"{total} / 1000", KILOMETER)
    return Draft(
        (
            f"One lap of a track is {track} meters long.",
            f"{who.name} {verb}s {daily} laps a day.",
        ),
        f"How many kilometers does {who.name} {verb} in {days} days?",
        f"The track is {rng.randint(4, 9)} meters wide.",
        work,
    )


def tokens(rng: Random) -> Draft:
    """Dollars changed into tokens, some spent, sometimes the rest changed back."""
    who, rate, dollars = person(rng), rng.randint(2, 8), rng.randint(4, 20)
    back = rng.randint(1, dollars - 1)
    spent = (dollars - back) * rate
    work = Working()
    all_tokens = work.step(f"{who.name} gets", f"{dollars} * {rate}", noun("token"))
    left = work.step("That leaves", f"{all_tokens} - {spent}", noun("token"))
    where = rng.choice(("fair", "arcade", "circus", "street festival", "school bazaar"))
    facts = [
        f"At {a(where)}, one dollar buys {rate} tokens.",
        f"{who.name} changes ${dollars} into tokens and spends {spent} of them on games.",
    ]
    ask = f"How many tokens does {who.name} have left?"
    if rng.random() < 0.5:
        facts.append(f"Then {who.she} changes the remaining tokens back at the same rate.")
        work.step(f"{who.name} gets back", f"{left} / {rate}", MONEY)
        ask = f"How many dollars does {who.name} get back?"
    return Draft(tuple(facts), ask, f"The {where} is open for {rng.randint(4, 9)} hours.", work)


def steady(rng: Random) -> Draft:
    """Something that happens so often a minute, over hours."""
    who, (what, does, do, thing) = person(rng), rng.choice(STEADY)
    per, hours = rng.randint(4, 30), rng.randint(2, 9)
    work = Working()
    minutes = work.step(f"The {hours} hours are", f"{hours} * 60", MINUTE)
    work.step(f"In that time, the {what} {does}", f"{minutes} * {per}", thing)
    return Draft(
        (
            f"{who.name} is in charge of {a(what)} that {does} {count(per, thing)} every minute.",
            f"Today, the {what} is in use for {hours} hours.",
        ),
        f"How many {thing.many} does the {what} {do} today?",
        f"The {what} is {rng.randint(2, 15)} years old.",
        work,
    )


STEADY: tuple[tuple[str, str, str, Noun], ...] = (
    ("water pump", "moves", "move", noun("liter")),
    ("printing press", "prints", "print", noun("poster")),
    ("ski lift", "carries", "carry", noun("skier")),
    ("bottling machine", "fills", "fill", noun("bottle")),
    ("sorting machine", "sorts", "sort", noun("letter")),
    ("signal lamp", "sends out", "send out", noun("flash")),
    ("popcorn machine", "fills", "fill", noun("cup")),
)
