"""Money: bills and change, saving, stalls, wages, tickets, packs, rentals."""

from fractions import Fraction

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import (
    BAKES,
    BIG_BUYS,
    SHOP_ITEMS,
    a,
    count,
    listing,
    money,
    nouns,
    words,
)

SHOWS = words(
    "a puppet show, the aquarium, a magic show, the science museum, a folk concert, "
    "the botanical garden, the ice rink, a boat tour"
)
RENTALS = words("rowing boat, mountain bike, tandem, surfboard, canoe, moving van, sled")
CHORES = words("walks dogs, mows lawns, delivers newspapers, washes cars, waters gardens")
JOBS = words("a café, a bakery, a flower shop, a post office, a garden center, a bookshop")
PACKED = nouns(
    "battery, tennis ball, pencil, yogurt, tea light, balloon, fishing hook, paint tube, "
    "guitar pick"
)


def shopping(s: Story) -> None:
    """A bill of one to four kinds of things, sometimes with change from a banknote."""
    who, kinds = s.person(), s.few(1, 4)
    parts, costs = [], []
    for item in s.sample(SHOP_ITEMS, kinds):
        number, each = s.draw(2, 7), money(s.price(1, 6))
        parts.append(f"{count(number, item)} at ${each} each")
        costs.append(s.step(f"The {item} cost", f"{number} * {each}", "$"))
    total = costs[0]
    if kinds > 1:
        total = s.step("The whole bill is", " + ".join(costs), "$")
    s.fact(f"{who} buys {listing(parts)}.")
    s.ask(f"How many dollars does {who} spend?")
    if s.maybe():
        note = next(n for n in (10, 20, 50, 100, 200) if n > Fraction(total))
        s.fact(f"{who.she} hands over ${note}.")
        s.step(f"{who} gets back", f"{note} - {total}", "$")
        s.ask(f"How many dollars does {who} get back?")
    s.aside(s.pick((f"The shop closes at {s.draw(5, 9)} o'clock.", s.about(who))))


def saving(s: Story) -> None:
    """Weeks until something can be bought."""
    who, item = s.person(), s.pick(BIG_BUYS)
    weekly, weeks = s.draw(4, 15), s.draw(3, 12)
    start, spends = s.draw(5, 40), s.pick((0, s.draw(2, 8)))
    cost = weekly * weeks + start
    s.fact(f"{who} wants to buy {a(item.one)} that costs ${cost} and already has ${start}.")
    missing = s.step(f"{who} still needs", f"{cost} - {start}", "$")
    if spends:
        earns = weekly + spends
        s.fact(
            f"{who} earns ${earns} every week, spends ${spends} of it on snacks and saves the rest."
        )
        saved = s.step(f"Each week, {who} saves", f"{earns} - {spends}", "$")
    else:
        s.fact(f"{who} saves ${weekly} every week.")
        saved = str(weekly)
    s.step("Saving takes", f"{missing} / {saved}", "week")
    s.ask(f"After how many weeks can {who} buy the {item.one}?")
    s.aside(f"The shop also sells a more expensive {item.one} for ${cost + s.draw(10, 60)}.")


def stall(s: Story) -> None:
    """The profit of a stall, sometimes shared."""
    who, things = s.person(), s.pick(BAKES)
    friends, each = s.draw(2, 5), s.draw(4, 15)
    sold, single = s.draw(20, 60), s.draw(2, 4)
    cost = sold * single - friends * each
    shared = cost > 4 and s.maybe()
    if not shared:
        cost = s.draw(8, sold)
    s.fact(f"{who} spends ${cost} on ingredients for a food stall.")
    s.fact(f"At the stall, {who.she} sells {count(sold, things)} at ${single} each.")
    income = s.step("The sales bring in", f"{sold} * {single}", "$")
    profit = s.step("The profit is", f"{income} - {cost}", "$")
    s.ask(f"How many dollars of profit does {who} make?")
    if shared:
        s.fact(f"The profit is divided equally among {friends} good causes.")
        s.step("Each good cause gets", f"{profit} / {friends}", "$")
        s.ask("How many dollars does each good cause get?")
    s.aside(f"The stall is open for {s.draw(3, 8)} hours.")


def wages(s: Story) -> None:
    """A week's pay with a better rate on Sundays."""
    who, place = s.person(), s.pick(JOBS)
    days, daily, sunday = s.draw(2, 5), s.draw(3, 8), s.draw(2, 6)
    rate, more = s.draw(10, 18), s.draw(2, 6)
    s.fact(
        f"{who} works in {place} on {days} weekdays for {daily} hours each and on Sunday for "
        f"{sunday} hours."
    )
    s.fact(f"An hour on a weekday pays ${rate}, and an hour on Sunday pays ${more} more.")
    hours = s.step(f"On weekdays, {who} works", f"{days} * {daily}", "hour")
    usual = s.step("For the weekdays, the pay is", f"{hours} * {rate}", "$")
    better = s.step("On Sunday, one hour pays", f"{rate} + {more}", "$")
    extra = s.step("For Sunday, the pay is", f"{sunday} * {better}", "$")
    total = s.step("The whole pay is", f"{usual} + {extra}", "$")
    s.ask(f"How many dollars does {who} earn in that week?")
    if s.maybe(0.4):
        fare = s.draw(8, 25)
        s.fact(f"The bus fares of the week cost {who.them} ${fare}.")
        s.step(f"After the fares, {who} has", f"{total} - {fare}", "$")
        s.ask(f"How many dollars of the pay does {who} have left after the fares?")
    s.aside(s.about(who))


def pay(s: Story) -> None:
    """One rate, one number of hours, sometimes a purchase afterwards."""
    who, does = s.person(), s.pick(CHORES)
    rate, hours = s.draw(5, 16), s.draw(2, 9)
    s.fact(f"{who} {does} for ${rate} an hour.")
    s.fact(f"On Saturday, {who.she} works for {hours} hours.")
    earned = int(s.step(f"{who} earns", f"{hours} * {rate}", "$"))
    s.ask(f"How many dollars does {who} earn on Saturday?")
    if s.maybe():
        item, cost = s.pick(SHOP_ITEMS), s.draw(2, min(6, earned - 1))
        s.fact(f"With the money, {who.she} buys {a(item.one)} for ${cost}.")
        s.step(f"{who} has", f"{earned} - {cost}", "$", "left")
        s.ask(f"How many dollars of this money does {who} have left?")
    s.aside(s.about(who))


def tickets(s: Story) -> None:
    """Tickets for grown-ups and children, sometimes with a voucher."""
    who, show = s.person(), s.pick(SHOWS)
    adults, children = s.draw(2, 6), s.draw(2, 9)
    full, reduced = money(s.price(9, 20)), money(s.price(3, 8))
    s.fact(f"{who} buys {adults} adult tickets and {children} child tickets for {show}.")
    s.fact(f"An adult ticket costs ${full}, and a child ticket costs ${reduced}.")
    big = s.step("The adult tickets cost", f"{adults} * {full}", "$")
    small = s.step("The child tickets cost", f"{children} * {reduced}", "$")
    total = s.step("All the tickets cost", f"{big} + {small}", "$")
    if s.maybe(0.4):
        voucher = s.draw(2, 15)
        s.fact(f"A voucher takes ${voucher} off the bill.")
        s.step(f"With the voucher, {who} pays", f"{total} - {voucher}", "$")
    s.ask(f"How many dollars does {who} pay?")
    s.aside(f"The visit takes {s.draw(2, 4)} hours.")


def packs(s: Story) -> None:
    """The price of one piece in a pack, sometimes of several."""
    who, items = s.person(), s.pick(PACKED)
    size, wanted = s.sample((3, 4, 5, 6, 8, 10, 12, 15, 20), 2)
    each = Fraction(s.pick((25, 40, 50, 60, 75, 80, 100, 125, 150, 175, 200, 300)), 100)
    cost = money(size * each)
    s.fact(f"{who} buys a pack of {count(size, items)} for ${cost}.")
    single = s.step(f"One {items.one} costs", f"{cost} / {size}", "$")
    s.ask(f"How many dollars does one {items.one} from the pack cost?")
    if s.maybe(0.6):
        s.fact(f"The shop also sells single {items} at the same price each.")
        s.step(f"The {wanted} {items} cost", f"{wanted} * {single}", "$")
        s.ask(f"How many dollars do {count(wanted, items)} cost?")
    s.aside(f"The pack weighs {s.draw(50, 400)} grams.")


def rental(s: Story) -> None:
    """A fixed fee and an hourly one, asked forwards or backwards."""
    who, what = s.person(), s.pick(RENTALS)
    fee, hourly, hours = s.draw(4, 25), s.draw(3, 14), s.draw(2, 9)
    total = fee + hourly * hours
    s.fact(f"Renting {a(what)} costs a fixed fee of ${fee} plus ${hourly} for every hour.")
    s.aside(f"The rental shop owns {s.draw(8, 30)} {what}s.")
    if s.maybe():
        s.fact(f"{who} rents one for {hours} hours.")
        paid = s.step("The hours cost", f"{hours} * {hourly}", "$")
        s.step(f"{who} pays", f"{paid} + {fee}", "$")
        s.ask(f"How many dollars does {who} pay?")
    else:
        s.fact(f"{who} rents one and pays ${total} in all.")
        paid = s.step("The hours cost", f"{total} - {fee}", "$")
        s.step(f"{who} rents it for", f"{paid} / {hourly}", "hour")
        s.ask(f"For how many hours does {who} rent it?")
