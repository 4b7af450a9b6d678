"""Percentages: parts of a group, discounts, growth, scores, tips."""

from math import gcd

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import BIG_BUYS, a, count, listing, noun, words

PERCENT = "percent/percent"
# a group, its members, what some of them do, what the others do
GROUPS = (
    ("choir", noun("singer"), "sing bass", "do not sing bass"),
    ("school", noun("student"), "come by bus", "do not come by bus"),
    ("sports club", noun("member"), "play tennis", "do not play tennis"),
    ("fleet", noun("boat"), "are painted blue", "are not painted blue"),
    ("forest plot", noun("tree"), "are oaks", "are not oaks"),
    ("flock", noun("sheep/sheep"), "are black", "are not black"),
    ("orchestra", noun("musician"), "play strings", "do not play strings"),
    ("market", noun("stand"), "sell vegetables", "do not sell vegetables"),
    ("library", noun("book"), "are about history", "are not about history"),
    ("parking garage", noun("car"), "are electric", "are not electric"),
)
GROWING = (
    ("sports club", noun("member")),
    ("chicken farm", noun("hen")),
    ("language school", noun("student")),
    ("tree nursery", noun("sapling")),
    ("local newspaper", noun("reader")),
    ("beekeepers' union", noun("hive")),
    ("repair shop", noun("customer")),
)
TALLIES = (
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
EXAM_PARTS = words("reading, grammar, listening, spelling, vocabulary")


def _percent_and_whole(s: Story, low: int, high: int) -> tuple[int, int]:
    """A percentage and a count in [low, high] of which it is a whole number."""
    percent = s.pick((5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 75, 80))
    unit = 100 // gcd(100, percent)
    return percent, unit * s.draw(-(-low // unit), high // unit)


def part_of_group(s: Story) -> None:
    """A percentage of a group, or what is left of it."""
    group, members, do, dont = s.pick(GROUPS)
    percent, whole = _percent_and_whole(s, 20, 300)
    s.fact(f"{a(group)} has {count(whole, members)}.")
    s.fact(f"Of the {members}, {percent}% {do}.")
    part = s.step(f"Here, {percent}% is", f"{whole} * {percent} / 100", members)
    s.ask(f"How many of the {members} {do}?")
    if s.maybe():
        s.step("The others are", f"{whole} - {part}", members)
        s.ask(f"How many of the {members} {dont}?")
    s.aside(f"A newspaper wrote about the {group} {s.draw(2, 9)} days ago.")


def discount(s: Story) -> None:
    """A reduced price, sometimes with a second thing at full price."""
    who, (item, other) = s.person(), s.sample(BIG_BUYS, 2)
    percent = s.pick((5, 10, 15, 20, 25, 30, 40, 50))
    full = s.draw(2, 15) * (20 if s.maybe(0.7) else 9)
    s.fact(f"{a(item.one)} that usually costs ${full} is sold at a discount of {percent}%.")
    off = s.step("The discount is", f"{full} * {percent} / 100", "$")
    now = s.step(f"The {item.one} costs", f"{full} - {off}", "$", "after the discount")
    s.aside(f"The sale lasts {s.draw(3, 14)} days.")
    s.ask(f"How many dollars does the {item.one} cost now?")
    if not s.maybe(0.6):
        more = s.draw(12, 60)
        s.fact(
            f"{who} buys the {item.one} together with {a(other.one)} for ${more}, which is not "
            "reduced."
        )
        s.step(f"{who} pays", f"{now} + {more}", "$", "for both")
        s.ask(f"How many dollars does {who} pay for both?")


def growth(s: Story) -> None:
    """One or two years of growth by a percentage."""
    kind, unit = s.pick(GROWING)
    size, first = 100 * s.draw(1, 9), s.pick((5, 10, 15, 20, 25, 30, 40, 50))
    size += s.pick((0, 20, 40, 60, 80))
    s.fact(f"{a(kind)} starts with {count(size, unit)}.")
    s.fact(f"In the first year, the number of {unit} grows by {first}%.")
    plus = s.step("In the first year, the increase is", f"{size} * {first} / 100", unit)
    after = int(s.step("After the first year, the total is", f"{size} + {plus}", unit))
    s.ask(f"How many {unit} are there after the first year?")
    fits = [p for p in (10, 20, 25, 50, 75) if after * p % 100 == 0]
    if fits and s.maybe():
        second = s.pick(fits)
        s.fact(f"In the second year, the number of {unit} grows by {second}%.")
        plus = s.step("In the second year, the increase is", f"{after} * {second} / 100", unit)
        s.step("After the second year, the total is", f"{after} + {plus}", unit)
        s.ask(f"How many {unit} are there after the second year?")
    s.aside(f"The {kind} spends ${s.draw(30, 90)} a month on electricity.")


def what_percent(s: Story) -> None:
    """What percentage some are of all, or the rest of all."""
    who, (things, done) = s.person(), s.pick(TALLIES)
    whole = s.pick((20, 25, 40, 50, 60, 75, 80, 120, 125, 150, 200))
    part = s.pick([k for k in range(2, whole - 1) if k * 100 % whole == 0])
    s.fact(f"{who} has {count(whole, things)}.")
    s.fact(f"Of the {things}, {part} are {done}.")
    if s.maybe(0.6):
        s.step("The share is", f"{part} * 100 / {whole}", PERCENT)
        s.ask(f"What percentage of the {things} are {done}?")
    else:
        rest = s.step("The others are", f"{whole} - {part}", things)
        s.step("Their share is", f"{rest} * 100 / {whole}", PERCENT)
        s.ask(f"What percentage of the {things} are not {done}?")
    s.aside(s.about(who))


def exam(s: Story) -> None:
    """Right answers over two or three parts of an exam, sometimes turned into points."""
    who, parts = s.person(), s.pick((2, 2, 3))
    asked, solved, right = [], [], []
    for name in s.sample(EXAM_PARTS, parts):
        percent, whole = _percent_and_whole(s, 10, 40)
        asked.append(f"{whole} {name} questions")
        solved.append(f"{percent}% of the {name} questions")
        says = f"In the {name} part, {who} gets"
        right.append(s.step(says, f"{whole} * {percent} / 100", "right answer"))
    total = s.step(f"Altogether, {who} gets", " + ".join(right), "right answer")
    s.fact(f"A language exam has {listing(asked)}.")
    s.fact(f"{who} answers {listing(solved)} correctly.")
    s.ask(f"How many questions does {who} answer correctly?")
    if s.maybe(0.4):
        each = s.draw(2, 5)
        s.fact(f"Each correct answer gives {each} points.")
        s.step("The score is", f"{total} * {each}", "point")
        s.ask(f"How many points does {who} get?")
    s.aside(f"The exam room has {s.draw(15, 40)} desks.")


def tip(s: Story) -> None:
    """A restaurant bill with a tip, sometimes shared."""
    who, people = s.person(), s.draw(2, 6)
    percent, bill = s.pick((10, 15, 20, 25)), people * 4 * s.draw(2, 8)
    friends = "some friends" if people > 2 else "a friend"
    s.fact(f"{who} and {friends}, {people} people in all, eat dinner at a restaurant.")
    s.fact(f"The bill is ${bill}, and they add a tip of {percent}%.")
    extra = s.step("The tip is", f"{bill} * {percent} / 100", "$")
    total = s.step("With the tip, the meal costs", f"{bill} + {extra}", "$")
    s.ask("How many dollars do they pay altogether?")
    if s.maybe(0.6):
        s.fact("They share the cost equally.")
        s.step("Each person pays", f"{total} / {people}", "$")
        s.ask("How many dollars does each person pay?")
    s.aside(f"They sit at table number {s.draw(3, 30)}.")


def battery(s: Story) -> None:
    """A charge that falls by the same number of points every hour."""
    who, device = s.person(), s.pick(("phone", "tablet", "laptop", "camera", "bike light"))
    per, hours = s.draw(3, 12), s.draw(2, 6)
    start = s.draw(per * hours + 5, 100)
    s.fact(f"The battery of {who}'s {device} is charged to {start}%.")
    s.fact(f"In use, the {device} loses {per} percentage points of charge every hour.")
    lost = s.step("The charge falls by", f"{hours} * {per}", "percentage point")
    s.step("What is left is", f"{start} - {lost}", PERCENT)
    s.ask(f"What percentage of the charge is left after {count(hours, 'hour')} of use?")
    s.aside(f"The {device} cost ${s.draw(40, 150)}.")
