"""Comparison: more, fewer, times as many, differences between two ways or two teams."""

from fractions import Fraction
from itertools import pairwise

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import (
    BAKES,
    FRUITS,
    TREASURES,
    Noun,
    count,
    money,
    noun,
    nouns,
    words,
)

DAYS = words("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday")
TEAMS = words("Otters, Falcons, Badgers, Comets, Herons, Wolves, Lynxes, Tigers")
PACKED = nouns(
    "sponge, pencil, battery, napkin ring, granola bar, golf ball, "
    "sheet of wrapping paper/sheets of wrapping paper"
)
GATHERED = (
    ("picks", "pick", noun("strawberry")),
    ("catches", "catch", noun("crab")),
    ("collects", "collect", noun("pinecone")),
    ("sells", "sell", noun("raffle ticket")),
    ("folds", "fold", noun("paper boat")),
    ("solves", "solve", noun("riddle")),
    ("writes", "write", noun("postcard")),
    ("bakes", "bake", noun("cookie")),
)
# something small, something big, unit, adjective, and the least and greatest size of the small one
MEASURES = (
    ("footbridge", "railway bridge", "meter", "long", 8, 25),
    ("kitchen", "barn", "meter", "long", 3, 8),
    ("flower bed", "greenhouse", "meter", "wide", 2, 6),
    ("rowing boat", "freight ship", "meter", "long", 3, 8),
    ("garden path", "driveway", "meter", "long", 5, 20),
    ("village street", "main road", "kilometer", "long", 2, 5),
    ("toy train", "model ship", "inch", "long", 3, 8),
    ("side canal", "main canal", "kilometer", "long", 3, 15),
    ("north tunnel", "south tunnel", "kilometer", "long", 2, 4),
    ("old fence", "new fence", "meter", "long", 6, 20),
)


def more_or_fewer(s: Story) -> None:
    """A second count by its difference from a first, sometimes both together."""
    (one, two), things = s.people(2), s.pick(TREASURES + FRUITS)
    first, gap, more = s.draw(9, 40), s.draw(2, 8), s.maybe()
    s.fact(f"{one} has {count(first, things)}.")
    s.fact(f"{two} has {gap} {'more' if more else 'fewer'} {things} than {one}.")
    second = s.step(f"{two} has", f"{first} {'+' if more else '-'} {gap}", things)
    s.ask(f"How many {things} does {two} have?")
    if s.maybe():
        s.step("Together, they have", f"{first} + {second}", things)
        s.ask(f"How many {things} do {one} and {two} have together?")
    s.aside(f"{one} has {s.draw(2, 9)} pencils in a case.")


def times_as_many(s: Story) -> None:
    """A second count as a multiple of a first; their sum or their difference."""
    (one, two), (does, do, things) = s.people(2), s.pick(GATHERED)
    first, times = s.draw(4, 20), s.draw(2, 6)
    s.fact(f"{one} {does} {count(first, things)}.")
    word = "twice" if times == 2 else f"{times} times"
    s.fact(f"{two} {does} {word} as many {things} as {one}.")
    second = s.step(f"{two} {does}", f"{times} * {first}", things)
    form = s.rng.randrange(3)
    s.ask(f"How many {things} does {two} {do}?")
    if form == 1:
        s.step("Together, this makes", f"{first} + {second}", things)
        s.ask(f"How many {things} do they {do} together?")
    if form == 2:
        s.step("The difference is", f"{second} - {first}", things)
        s.ask(f"How many more {things} does {two} {do} than {one}?")
    s.aside(f"{two} is {s.draw(9, 15)} years old.")


def chain(s: Story) -> None:
    """Three to eight people, each compared with the one before, then all together."""
    number = s.rng.choices(range(3, 9), weights=(6, 4, 3, 2, 2, 2))[0]
    group, things = s.people(number), s.pick(TREASURES)
    have = s.draw(5, 20)
    values = [str(have)]
    s.fact(f"{group[0]} has {count(have, things)}.")
    for before, who in pairwise(group):
        compared, expression = _compared(s, have, things)
        s.fact(f"{who} has {compared} {before}.")
        values.append(s.step(f"{who} has", expression, things))
        have = int(values[-1])
    s.step("Together, they have", " + ".join(values), things)
    s.ask(f"How many {things} do all {number} of them have together?")
    s.aside(f"{group[0]} is {s.draw(8, 15)} years old.")


def _compared(s: Story, have: int, things: Noun) -> tuple[str, str]:
    """How the next one compares with one who has `have`: in words and as an expression."""
    gap = s.draw(2, 9)
    if have <= 20 and s.maybe(0.35):
        return f"twice as many {things} as", f"{have} * 2"
    if have % 2 == 0 and have >= 10 and s.maybe(0.35):
        return f"half as many {things} as", f"{have} / 2"
    if have > 11 and s.maybe():
        return f"{gap} fewer {things} than", f"{have} - {gap}"
    return f"{gap} more {things} than", f"{have} + {gap}"


def week_of_sales(s: Story) -> None:
    """Sales day by day, each compared with the day before; the total, sometimes in dollars."""
    who, things, number = s.person(), s.pick(BAKES), s.few(2, 6)
    sold = s.draw(10, 30)
    values = [str(sold)]
    s.fact(f"On Monday, {who} sells {count(sold, things)}.")
    for yesterday, day in pairwise(DAYS[:number]):
        compared, expression = _compared(s, sold, things)
        s.fact(f"On {day}, {who.she} sells {compared} on {yesterday}.")
        values.append(s.step(f"On {day}, {who} sells", expression, things))
        sold = int(values[-1])
    total = s.step("Altogether, this makes", " + ".join(values), things)
    s.ask(f"How many {things} does {who} sell in these {number} days?")
    if s.maybe(0.4):
        each = s.draw(2, 5)
        s.fact(f"Each {things.one} costs ${each}.")
        s.step(f"{who} takes in", f"{total} * {each}", "$")
        s.ask(f"How many dollars does {who} take in on these {number} days?")
    s.aside(f"The oven is {s.draw(2, 15)} years old.")


def two_savers(s: Story) -> None:
    """Two people save at different paces; the difference after some weeks."""
    one, two = s.people(2)
    small, large = sorted(s.sample(range(4, 20), 2))
    weeks = s.draw(3, 12)
    s.fact(f"{one} saves ${small} a week, and {two} saves ${large} a week.")
    s.fact("Both of them start with nothing.")
    less = s.step(f"{one} saves", f"{weeks} * {small}", "$")
    more = s.step(f"{two} saves", f"{weeks} * {large}", "$")
    s.step("The difference is", f"{more} - {less}", "$")
    s.ask(f"After {weeks} weeks, how many dollars more does {two} have than {one}?")
    s.aside(f"{one}'s piggy bank is {s.draw(10, 25)} centimeters tall.")


def cheaper_pack(s: Story) -> None:
    """Two packs with different prices for a piece."""
    items = s.pick(PACKED)
    small, large = sorted(s.sample((3, 4, 5, 6, 8, 10, 12), 2))
    high = s.rng.randrange(60, 300, 5)
    low = high - s.rng.randrange(5, high // 2, 5)
    small_cost, large_cost = money(Fraction(small * high, 100)), money(Fraction(large * low, 100))
    s.fact(f"A small pack of {count(small, items)} costs ${small_cost}.")
    s.fact(f"A large pack of {count(large, items)} costs ${large_cost}.")
    dear = s.step(f"In the small pack, one {items.one} costs", f"{small_cost} / {small}", "$")
    cheap = s.step(f"In the large pack, one {items.one} costs", f"{large_cost} / {large}", "$")
    s.step("The difference is", f"{dear} - {cheap}", "$")
    s.ask(f"How many dollars less does one {items.one} cost in the large pack?")
    s.aside(f"The shop has {s.draw(12, 80)} packs of each kind.")


def heights(s: Story) -> None:
    """How much taller one is than another after growing or by steps."""
    one, two, three = s.people(3)
    tall, less, gap = s.draw(120, 165), s.draw(3, 15), s.draw(2, 12)
    s.fact(f"{one} is {tall} centimeters tall.")
    s.fact(f"{two} is {less} centimeters shorter than {one}.")
    second, asked = s.step(f"{two} is", f"{tall} - {less}", "centimeter", "tall"), two
    if not s.maybe(0.4):
        s.fact(f"{three} is {gap} centimeters taller than {two}.")
        s.step(f"{three} is", f"{second} + {gap}", "centimeter", "tall")
        asked = three
    s.ask(f"How many centimeters tall is {asked}?")
    s.aside(f"{one} is {s.draw(10, 14)} years old.")


def two_teams(s: Story) -> None:
    """Points of two teams from two kinds of hits; how far one is ahead."""
    first, second = s.sample(TEAMS, 2)
    big, small = s.draw(3, 6), 2
    a, b = s.draw(6, 15), s.draw(6, 15)
    c, d = s.draw(2, a - 1), s.draw(2, b)
    s.fact(f"In a ring-tossing game, a far peg counts {big} points and a near peg counts {small}.")
    s.fact(f"The {first} hit {a} far pegs and {b} near pegs.")
    s.fact(f"The {second} hit {c} far pegs and {d} near pegs.")
    one = s.step(f"The {first} get", f"{a} * {big} + {b} * {small}", "point")
    two = s.step(f"The {second} get", f"{c} * {big} + {d} * {small}", "point")
    s.step(f"The {first} are ahead by", f"{one} - {two}", "point")
    s.ask(f"By how many points are the {first} ahead of the {second}?")
    s.aside(f"Each team has {s.draw(3, 9)} players.")


def how_many_times(s: Story) -> None:
    """How many times as much one thing is as another, sometimes from two parts."""
    who, (small, big, unit, how, low, high) = s.person(), s.pick(MEASURES)
    base, times = s.draw(low, high), s.draw(2, 9)
    total, extra = base * times, s.draw(2, base * times - 1)
    s.fact(f"{who} notes that the {small} is {count(base, unit)} {how}.")
    if s.maybe(0.6):
        whole = str(total)
        s.fact(f"The {big} is {count(total, unit)} {how}.")
    else:
        whole = s.step(f"The {big} is", f"{total - extra} + {extra}", unit, how)
        s.fact(
            f"The {big} is made of two parts, one {count(total - extra, unit)} {how} and the other "
            f"{count(extra, unit)} {how}."
        )
    s.step("The number of times is", f"{whole} / {base}")
    s.ask(f"How many times as {how} as the {small} is the {big}?")
    s.aside(f"The {small} is {s.draw(3, 50)} years old.")


def gap_closing(s: Story) -> None:
    """One grows faster than the other: after how long they are equal."""
    one, two = s.people(2)
    things = s.pick(TREASURES)
    weekly, faster, weeks = s.draw(2, 6), s.draw(2, 6), s.draw(2, 10)
    low = s.draw(3, 25)
    high, more = low + faster * weeks, weekly + faster
    s.fact(f"{one} has {count(high, things)} and gets {weekly} more every week.")
    s.fact(f"{two} has {count(low, things)} and gets {more} more every week.")
    gap = s.step("At first, the difference is", f"{high} - {low}", things)
    speed = s.step("Every week, it shrinks by", f"{more} - {weekly}", things)
    s.step("They are equal after", f"{gap} / {speed}", "week")
    s.ask(f"After how many weeks do {one} and {two} have the same number of {things}?")
    s.aside(s.about(one))
