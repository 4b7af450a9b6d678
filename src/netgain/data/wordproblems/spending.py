"""Money: bills and change, saving, stalls, wages, tickets, packs, rentals."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from netgain.data.wordproblems.wording import (
    BAKES,
    BIG_BUYS,
    HOUR,
    MONEY,
    SHOP_ITEMS,
    WEEK,
    a,
    about,
    capital,
    count,
    few,
    listing,
    money,
    noun,
    person,
    price,
)
from netgain.data.wordproblems.working import Draft, Working

SHOWS = (
    "a puppet show",
    "the aquarium",
    "a magic show",
    "the science museum",
    "a folk concert",
    "the botanical garden",
    "the ice rink",
    "a boat tour",
)
RENTALS = ("rowing boat", "mountain bike", "tandem", "surfboard", "canoe", "moving van", "sled")
CHORES = ("walks dogs", "mows lawns", "delivers newspapers", "washes cars", "waters gardens")
JOBS = ("a café", "a bakery", "a flower shop", "a post office", "a garden center", "a bookshop")


def shopping(rng: Random) -> Draft:
    """A bill of one to four kinds of things, sometimes with change from a banknote."""
    who, kinds = person(rng), few(rng, 1, 4)
    work, parts, costs = Working(), [], []
    for item in rng.sample(SHOP_ITEMS, kinds):
        number, each = rng.randint(2, 7), price(rng, 1, 6)
        parts.append(f"{count(number, item)} at ${money(each)} each")
        costs.append(work.step(f"The {item.many} cost", f"{number} * {money(each)}", MONEY))
    total = costs[0]
    if kinds > 1:
        total = work.step("The whole bill is", " + ".join(costs), MONEY)
    facts = [f"{who.name} buys {listing(parts)}."]
    ask = f"How many dollars does {who.name} spend?"
    if rng.random() < 0.5:
        note = next(n for n in (10, 20, 50, 100, 200) if n > Fraction(total))
        facts.append(f"{capital(who.she)} hands over ${note}.")
        work.step(f"{who.name} gets back", f"{note} - {total}", MONEY)
        ask = f"How many dollars does {who.name} get back?"
    aside = f"The shop closes at {rng.randint(5, 9)} o'clock."
    return Draft(tuple(facts), ask, rng.choice((aside, about(rng, who))), work)


def saving(rng: Random) -> Draft:
    """Weeks until something can be bought."""
    who, item = person(rng), rng.choice(BIG_BUYS)
    weekly, weeks = rng.randint(4, 15), rng.randint(3, 12)
    start, spends = rng.randint(5, 40), rng.choice((0, rng.randint(2, 8)))
    cost = weekly * weeks + start
    work = Working()
    missing = work.step(f"{who.name} still needs", f"{cost} - {start}", MONEY)
    if spends:
        week = f"earns ${weekly + spends} every week, spends ${spends} of it on snacks and "
        week += "saves the rest"
        saved = work.step(f"Each week, {who.name} saves", f"{weekly + spends} - {spends}", MONEY)
    else:
        week, saved = f"saves ${weekly} every week", str(weekly)
    work.step("Saving takes", f"{missing} / {saved}", WEEK)
    return Draft(
        (
            f"{who.name} wants to buy {a(item.one)} that costs ${cost} and already has ${start}.",
            f"{who.name} {week}.",
        ),
        f"After how many weeks can {who.name} buy the {item.one}?",
        f"The shop also sells a more expensive {item.one} for ${cost + rng.randint(10, 60)}.",
        work,
    )


def stall(rng: Random) -> Draft:
    """The profit of a stall, sometimes shared."""
    who, thing = person(rng), rng.choice(BAKES)
    friends, each = rng.randint(2, 5), rng.randint(4, 15)
    sold, single = rng.randint(20, 60), rng.randint(2, 4)
    cost = sold * single - friends * each
    shared = cost > 4 and rng.random() < 0.5
    if not shared:
        cost = rng.randint(8, sold)
    work = Working()
    income = work.step("The sales bring in", f"{sold} * {single}", MONEY)
    profit = work.step("The profit is", f"{income} - {cost}", MONEY)
    facts = [
        f"{who.name} spends ${cost} on ingredients for a food stall.",
        f"At the stall, {who.she} sells {count(sold, thing)} at ${single} each.",
    ]
    ask = f"How many dollars of profit does {who.name} make?"
    if shared:
        facts.append(f"The profit is divided equally among {friends} good causes.")
        work.step("Each good cause gets", f"{profit} / {friends}", MONEY)
        ask = "How many dollars does each good cause get?"
    return Draft(tuple(facts), ask, f"The stall is open for {rng.randint(3, 8)} hours.", work)


def wages(rng: Random) -> Draft:
    """A week's pay with a better rate on Sundays."""
    who, place = person(rng), rng.choice(JOBS)
    days, daily, sunday = rng.randint(2, 5), rng.randint(3, 8), rng.randint(2, 6)
    rate, more = rng.randint(10, 18), rng.randint(2, 6)
    work = Working()
    hours = work.step(f"On weekdays, {who.name} works", f"{days} * {daily}", HOUR)
    usual = work.step("For the weekdays, the pay is", f"{hours} * {rate}", MONEY)
    better = work.step("On Sunday, one hour pays", f"{rate} + {more}", MONEY)
    extra = work.step("For Sunday, the pay is", f"{sunday} * {better}", MONEY)
    total = work.step("The whole pay is", f"{usual} + {extra}", MONEY)
    facts = [
        f"{who.name} works in {place} on {days} weekdays for {daily} hours each and on Sunday for "
        f"{sunday} hours.",
        f"An hour on a weekday pays ${rate}, and an hour on Sunday pays ${more} more.",
    ]
    ask = f"How many dollars does {who.name} earn in that week?"
    if rng.random() < 0.4:
        fare = rng.randint(8, 25)
        facts.append(f"The bus fares of the week cost {who.them} ${fare}.")
        work.step(f"After the fares, {who.name} has", f"{total} - {fare}", MONEY)
        ask = f"How many dollars of the pay does {who.name} have left after the fares?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def pay(rng: Random) -> Draft:
    """One rate, one number of hours, sometimes a purchase afterwards."""
    who, does = person(rng), rng.choice(CHORES)
    rate, hours = rng.randint(5, 16), rng.randint(2, 9)
    work = Working()
    earned = int(work.step(f"{who.name} earns", f"{hours} * {rate}", MONEY))
    facts = [
        f"{who.name} {does} for ${rate} an hour.",
        f"On Saturday, {who.she} works for {hours} hours.",
    ]
    ask = f"How many dollars does {who.name} earn on Saturday?"
    if rng.random() < 0.5:
        item, cost = rng.choice(SHOP_ITEMS), rng.randint(2, min(6, earned - 1))
        facts.append(f"With the money, {who.she} buys {a(item.one)} for ${cost}.")
        work.step(f"{who.name} has", f"{earned} - {cost}", MONEY, "left")
        ask = f"How many dollars of this money does {who.name} have left?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def tickets(rng: Random) -> Draft:
    """Tickets for grown-ups and children, sometimes with a voucher."""
    who, show = person(rng), rng.choice(SHOWS)
    adults, children = rng.randint(2, 6), rng.randint(2, 9)
    full, reduced = price(rng, 9, 20), price(rng, 3, 8)
    work = Working()
    big = work.step("The adult tickets cost", f"{adults} * {money(full)}", MONEY)
    small = work.step("The child tickets cost", f"{children} * {money(reduced)}", MONEY)
    total = work.step("All the tickets cost", f"{big} + {small}", MONEY)
    facts = [
        f"{who.name} buys {adults} adult tickets and {children} child tickets for {show}.",
        f"An adult ticket costs ${money(full)}, and a child ticket costs ${money(reduced)}.",
    ]
    if rng.random() < 0.4:
        voucher = rng.randint(2, 15)
        facts.append(f"A voucher takes ${voucher} off the bill.")
        work.step(f"With the voucher, {who.name} pays", f"{total} - {voucher}", MONEY)
    ask = f"How many dollars does {who.name} pay?"
    return Draft(tuple(facts), ask, f"The visit takes {rng.randint(2, 4)} hours.", work)


def packs(rng: Random) -> Draft:
    """The price of one piece in a pack, sometimes of several."""
    who, item = person(rng), rng.choice(PACKED)
    size, wanted = rng.sample((3, 4, 5, 6, 8, 10, 12, 15, 20), 2)
    each = Fraction(rng.choice((25, 40, 50, 60, 75, 80, 100, 125, 150, 175, 200, 300)), 100)
    cost = money(size * each)
    work = Working()
    single = work.step(f"One {item.one} costs", f"{cost} / {size}", MONEY)
    facts = [f"{who.name} buys a pack of {count(size, item)} for ${cost}."]
    ask = f"How many dollars does one {item.one} from the pack cost?"
    if rng.random() < 0.6:
        facts.append(f"The shop also sells single {item.many} at the same price each.")
        work.step(f"The {wanted} {item.many} cost", f"{wanted} * {single}", MONEY)
        ask = f"How many dollars do {count(wanted, item)} cost?"
    return Draft(tuple(facts), ask, f"The pack weighs {rng.randint(50, 400)} grams.", work)


PACKED = (
    noun("battery"),
    noun("tennis ball"),
    noun("pencil"),
    noun("yogurt"),
    noun("tea light"),
    noun("balloon"),
    noun("fishing hook"),
    noun("paint tube"),
    noun("guitar pick"),
)


def rental(rng: Random) -> Draft:
    """A fixed fee and an hourly one, asked forwards or backwards."""
    who, what = person(rng), rng.choice(RENTALS)
    fee, hourly, hours = rng.randint(4, 25), rng.randint(3, 14), rng.randint(2, 9)
    total = fee + hourly * hours
    work = Working()
    terms = f"Renting {a(what)} costs a fixed fee of ${fee} plus ${hourly} for every hour."
    aside = f"The rental shop owns {rng.randint(8, 30)} {what}s."
    if rng.random() < 0.5:
        paid = work.step("The hours cost", f"{hours} * {hourly}", MONEY)
        work.step(f"{who.name} pays", f"{paid} + {fee}", MONEY)
        fact = f"{who.name} rents one for {hours} hours."
        return Draft((terms, fact), f"How many dollars does {who.name} pay?", aside, work)
    paid = work.step("The hours cost", f"{total} - {fee}", MONEY)
    work.step(f"{who.name} rents it for", f"{paid} / {hourly}", HOUR)
    fact = f"{who.name} rents one and pays ${total} in all."
    return Draft((terms, fact), f"For how many hours does {who.name} rent it?", aside, work)
