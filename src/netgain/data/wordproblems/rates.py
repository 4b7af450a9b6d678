"""Rates: speed, pace of work, filling and emptying, fuel."""

from fractions import Fraction

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import a, count, money, noun, nouns

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
CRAFTS = (
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
PRODUCTS = nouns("bottle cap, screw, brick, zipper, cardboard box, spoon, clothes hanger")


def distance(s: Story) -> None:
    """One stretch at one speed, sometimes with a rest of the way still to go."""
    who, (travels, low, high) = s.person(), s.pick(TRAVEL)
    speed, hours, rest = s.draw(low, high), s.draw(2, 6), s.draw(2, 30)
    s.fact(f"{who} {travels} at {speed} kilometers per hour for {hours} hours without a stop.")
    covered = s.step(f"In {hours} hours, {who} covers", f"{speed} * {hours}", "kilometer")
    s.ask(f"How many kilometers does {who} cover?")
    if s.maybe():
        s.fact(f"After that, there are still {count(rest, 'kilometer')} to go.")
        s.step("The whole trip is", f"{covered} + {rest}", "kilometer", "long")
        s.ask("How many kilometers long is the whole trip?")
    s.aside(s.about(who))


def two_legs(s: Story) -> None:
    """Two stretches of a trip at different speeds."""
    who, (travels, low, high) = s.person(), s.pick(TRAVEL)
    fast, slow = s.draw((low + high) // 2 + 1, high), s.draw(low, (low + high) // 2)
    first, second = s.sample(range(2, 6), 2)
    s.fact(f"{who} {travels} for {first} hours at {fast} kilometers per hour.")
    s.fact(
        f"Then, on a harder stretch, {who.she} goes on for {second} hours at {slow} kilometers "
        "per hour."
    )
    one = s.step("The first part is", f"{fast} * {first}", "kilometer", "long")
    two = s.step("The second part is", f"{slow} * {second}", "kilometer", "long")
    s.step("The whole way is", f"{one} + {two}", "kilometer", "long")
    s.ask(f"How many kilometers does {who} travel altogether?")
    s.aside(s.about(who))


def pace(s: Story) -> None:
    """How long a job takes, sometimes with a part already done."""
    who, (does, do, things) = s.person(), s.pick(CRAFTS)
    per, hours = s.draw(4, 20), s.draw(2, 9)
    done = s.pick((0, s.draw(3, 20)))
    total = per * hours + done
    left = str(total)
    s.fact(f"{who} {does} {count(per, things)} per hour.")
    s.fact(f"{who.she} has to {do} {count(total, things)} in all.")
    if done:
        s.fact(f"So far, {done} {things} are done.")
        left = s.step(f"{who} still has to {do}", f"{total} - {done}", things)
    s.step("This takes", f"{left} / {per}", "hour")
    s.ask(f"How many {'more ' if done else ''}hours does {who} need?")
    s.aside(s.about(who))


def two_workers(s: Story) -> None:
    """Two people work side by side for some hours, sometimes toward a goal."""
    (one, two), (does, do, things) = s.people(2), s.pick(CRAFTS)
    p, q = s.sample(range(4, 19), 2)
    hours, missing = s.draw(2, 7), s.draw(4, 30)
    s.fact(f"{one} {does} {count(p, things)} per hour, and {two} {does} {q} per hour.")
    s.fact(f"They work side by side for {hours} hours.")
    both = s.step("In one hour, they get through", f"{p} + {q}", things)
    made = s.step(f"In {hours} hours, they get through", f"{both} * {hours}", things)
    s.ask(f"How many {things} do they {do} together?")
    if s.maybe(0.4):
        total = int(made) + missing
        s.fact(f"They were asked to {do} {count(total, things)}.")
        s.step(f"They still have to {do}", f"{total} - {made}", things)
        s.ask(f"How many {things} do they still have to {do}?")
    s.aside(f"The room has {s.draw(2, 6)} windows.")


def tank(s: Story) -> None:
    """A tank fills through a pipe and leaks, empty or partly filled at first."""
    what = s.pick(("water tank", "fish pond", "paddling pool", "rain barrel", "horse trough"))
    flow, leak, minutes = s.draw(9, 25), s.draw(2, 6), s.draw(5, 30)
    inside = s.pick((0, s.draw(5, 40)))
    room = (flow - leak) * minutes
    missing = str(room)
    start = f"contains {count(inside, 'liter')} so far" if inside else "is empty"
    s.fact(f"{a(what)} can hold {room + inside} liters of water and {start}.")
    if inside:
        missing = s.step(f"The {what} still needs", f"{room + inside} - {inside}", "liter")
    s.fact(
        f"A hose brings in {count(flow, 'liter')} every minute, but "
        f"{count(leak, 'liter')} leak out every minute."
    )
    net = s.step("Every minute, the water increases by", f"{flow} - {leak}", "liter")
    s.step("Filling takes", f"{missing} / {net}", "minute")
    s.ask(f"How many minutes does it take until the {what} is full?")
    s.aside(f"The hose is {s.draw(5, 30)} meters long.")


def machines(s: Story) -> None:
    """From one machine's hourly output to another crew of machines."""
    things = s.pick(PRODUCTS)
    (m, n), (h, k) = s.sample(range(2, 9), 2), s.sample(range(2, 8), 2)
    total = m * h * s.draw(5, 30)
    s.fact(f"In a workshop, {m} machines make {count(total, things)} in {h} hours.")
    s.fact("All the machines are equally fast.")
    each = s.step("One machine makes", f"{total} / {m}", things, f"in {h} hours")
    hourly = s.step("One machine makes", f"{each} / {h}", things, "in one hour")
    crew = s.step(f"Together, {n} machines make", f"{hourly} * {n}", things, "in one hour")
    s.step(f"In {k} hours, they make", f"{crew} * {k}", things)
    s.ask(f"How many {things} do {n} machines make in {k} hours?")
    s.aside(f"The workshop has {s.draw(6, 40)} employees.")


def reading(s: Story) -> None:
    """A book read at two speeds."""
    who, kind = s.person(), s.pick(("novel", "travel book", "biography", "history book"))
    first, slow, fast, days = s.draw(2, 6), s.draw(8, 20), s.draw(21, 40), s.draw(2, 8)
    pages = first * slow + fast * days
    s.fact(f"{who} reads {a(kind)} of {pages} pages.")
    s.fact(f"In the first {first} days, {who.she} reads {slow} pages a day.")
    s.fact(f"After that, {who.she} reads {fast} pages a day.")
    done = s.step(f"In the first {first} days, {who} reads", f"{first} * {slow}", "page")
    left = s.step("That leaves", f"{pages} - {done}", "page")
    more = s.step("Reading them takes", f"{left} / {fast}", "day")
    s.ask(f"How many more days does {who} need to finish it?")
    if s.maybe():
        s.step("Altogether, the book takes", f"{first} + {more}", "day")
        s.ask(f"In how many days does {who} read the whole book?")
    s.aside(f"The {kind} was printed {s.draw(3, 30)} years ago.")


def fuel(s: Story) -> None:
    """Fuel for a distance in hundreds of kilometers, sometimes with its cost."""
    who, car = s.person(), s.pick(("car", "van", "camper", "truck", "taxi"))
    use, hundreds = s.draw(5, 12), s.draw(2, 9)
    each = money(Fraction(s.pick((125, 140, 150, 160, 175, 180, 200)), 100))
    s.fact(f"{who}'s {car} uses {use} liters of fuel for every 100 kilometers.")
    s.fact(f"{who.she} plans a trip of {hundreds * 100} kilometers.")
    parts = s.step("The number of 100-kilometer stretches is", f"{hundreds * 100} / 100")
    liters = s.step("The trip takes", f"{parts} * {use}", "liter", "of fuel")
    s.ask("How many liters of fuel does the trip take?")
    if s.maybe():
        s.fact(f"One liter costs ${each}.")
        s.step("The fuel costs", f"{liters} * {each}", "$")
        s.ask("How many dollars does the fuel for the trip cost?")
    s.aside(f"The {car} is {s.draw(2, 15)} years old.")
