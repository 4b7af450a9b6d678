"""Fractions and ratios: parts of a whole, parts of what is left, mixtures, recipes."""

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import FRUITS, TREASURES, a, count, noun, words

FRACTIONS = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 5), (2, 5), (3, 5), (4, 5), (1, 6), (5, 6))
RATIOS = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (2, 5), (3, 5), (4, 5), (1, 5))
MIXTURES = (
    ("orange paint", "red paint", "yellow paint"),
    ("green paint", "blue paint", "yellow paint"),
    ("a fruit drink", "apple juice", "water"),
    ("salad dressing", "oil", "vinegar"),
    ("potting soil", "sand", "compost"),
    ("a cleaning liquid", "vinegar", "water"),
    ("iced tea", "strong tea", "lemonade"),
)
DISHES = (
    ("lentil soup", "lentils"),
    ("rice pudding", "milk"),
    ("risotto", "rice"),
    ("pumpkin stew", "diced pumpkin"),
    ("bean chili", "beans"),
    ("porridge", "oats"),
    ("fried noodles", "cabbage"),
)
CROWDS = (
    ("theater group", noun("actor"), "dance", "sing"),
    ("summer camp", noun("child/children"), "swim", "dive"),
    ("office", noun("employee"), "drink coffee", "take sugar"),
    ("hiking club", noun("hiker"), "climb", "ski"),
    ("language course", noun("student"), "speak French", "speak German"),
    ("cooking school", noun("cook"), "bake", "make jam"),
)
TAKERS = words("a neighbor, a cousin, the school, a museum, an old friend")
CLASS_DOES = words("play chess, learn the piano, walk to school, collect coins, swim well")
TEACHERS = words("Ms. Okafor, Mr. Lindqvist, Ms. Tanaka, Mr. Moreau")


def _fraction(top: int, bottom: int) -> str:
    """`half` or `3/4`."""
    return "half" if (top, bottom) == (1, 2) else f"{top}/{bottom}"


def _part(whole: int | str, top: int, bottom: int) -> str:
    """The expression for that fraction of the whole."""
    return f"{whole} / {bottom}" if top == 1 else f"{whole} / {bottom} * {top}"


def fraction_of(s: Story) -> None:
    """A fraction of a number, or what is left of it."""
    who, fruits = s.person(), s.pick(FRUITS)
    top, bottom = s.pick(FRACTIONS)
    whole = bottom * s.draw(2, 12)
    s.fact(f"{who} picks {count(whole, fruits)} in the garden.")
    s.fact(f"Of the {fruits}, {_fraction(top, bottom)} are ripe.")
    ripe = s.step("The ripe ones are", _part(whole, top, bottom), fruits)
    s.ask(f"How many of the {fruits} are ripe?")
    if s.maybe():
        s.step("The others are", f"{whole} - {ripe}", fruits)
        s.ask(f"How many of the {fruits} are not ripe?")
    s.aside(f"The garden is {s.draw(10, 40)} meters wide.")


def fraction_chain(s: Story) -> None:
    """One to three times, a fraction of what is left is given away."""
    who, things = s.person(), s.pick(TREASURES)
    times = s.few(1, 3)
    have, bottoms = s.draw(1, 5) * 12, list[int]()
    for _ in range(times):  # from the end to the start, so that every value is whole
        bottoms.insert(0, s.pick([b for b in (2, 3, 4, 5) if have % (b - 1) == 0]))
        have = have // (bottoms[0] - 1) * bottoms[0]
    s.fact(f"{who} has {count(have, things)}.")
    for i, (bottom, taker) in enumerate(zip(bottoms, s.sample(TAKERS, times), strict=True)):
        which = f"{_fraction(1, bottom)} of {'what is left' if i else f'the {things}'}"
        s.fact(f"{'then ' if i else ''}{who.she} gives {which} to {taker}.")
        given = s.step(f"{taker} gets", f"{have} / {bottom}", things)
        have = int(s.step(f"That leaves {who} with", f"{have} - {given}", things))
    s.ask(f"How many {things} does {who} still have?")
    s.aside(s.about(who))


def mixture(s: Story) -> None:
    """Two parts of a mixture by their ratio, from the total."""
    who, (product, one, two) = s.person(), s.pick(MIXTURES)
    p, q = s.pick(RATIOS)
    if s.maybe():
        p, q = q, p
    total = (p + q) * s.draw(2, 9)
    s.fact(f"{who} makes {product} from {one} and {two}.")
    s.fact(f"The ratio of {one} to {two} is {p} to {q}.")
    s.fact(f"In all, {who} makes {count(total, 'liter')}.")
    parts = s.step("The mixture has", f"{p} + {q}", "part")
    each = s.step("One part is", f"{total} / {parts}", "liter")
    asked, times = s.pick(((one, p), (two, q)))
    s.step(f"The {asked} needed is", f"{times} * {each}", "liter")
    s.ask(f"How many liters of {asked} does {who} need?")
    s.aside(f"The spoon for stirring is {s.draw(20, 60)} centimeters long.")


def recipe(s: Story) -> None:
    """A recipe for more people, sometimes with some of it at hand."""
    who, (dish, food) = s.person(), s.pick(DISHES)
    serves, times = s.draw(2, 8), s.draw(2, 6)
    amount, people = s.draw(2, serves + 1), serves * times
    s.fact(
        f"A recipe for {dish} that serves {serves} people takes {count(amount, 'cup')} of {food}."
    )
    s.fact(f"{who} cooks {dish} for {people} people.")
    factor = s.step(f"{who} has to multiply the recipe by", f"{people} / {serves}")
    need = s.step(f"{who} needs", f"{amount} * {factor}", "cup", f"of {food}")
    s.ask(f"How many cups of {food} does {who} need?")
    if s.maybe():
        have = s.draw(2, int(need) - 1)
        s.fact(f"There are {have} cups of {food} in the kitchen.")
        s.step(f"{who} has to get", f"{need} - {have}", "cup", "more")
        s.ask(f"How many more cups of {food} does {who} have to get?")
    s.aside(f"Cooking takes {s.draw(25, 90)} minutes.")


def two_classes(s: Story) -> None:
    """A fraction of one group and a fraction of another."""
    part_one, part_two = s.sample(FRACTIONS, 2)
    one, two = (b * s.draw(-(-15 // b), 34 // b) for _, b in (part_one, part_two))
    does, (first, second) = s.pick(CLASS_DOES), s.sample(TEACHERS, 2)
    s.fact(f"{first}'s class has {count(one, 'student')}, and {second}'s class has {two}.")
    s.fact(
        f"Of {first}'s students, {_fraction(*part_one)} {does}, and "
        f"{_fraction(*part_two)} of {second}'s students do so too."
    )
    left = s.step(f"In {first}'s class, this is", _part(one, *part_one), "student")
    right = s.step(f"In {second}'s class, this is", _part(two, *part_two), "student")
    s.step("In both classes together, this is", f"{left} + {right}", "student")
    s.ask(f"How many students in the two classes {does}?")
    s.aside(f"The school has {s.draw(12, 30)} classrooms.")


def necklace(s: Story) -> None:
    """So many of one kind for every few of another."""
    who, (one, two) = s.person(), s.sample(("red", "white", "blue", "silver", "green"), 2)
    p, q = s.sample(range(2, 8), 2)
    used = p * s.draw(2, 12)
    groups = s.step(f"The {one} beads make", f"{used} / {p}", "group")
    other = s.step(f"That takes {groups} groups of {two} beads, or", f"{groups} * {q}", "bead")
    s.ask(f"How many {two} beads does {who} use?")
    if s.maybe():
        s.step("Altogether, this is", f"{used} + {other}", "bead")
        s.ask(f"How many beads does {who} use altogether?")
    what = s.pick(("necklace", "curtain", "belt", "door hanging"))
    s.fact(f"{who} makes {a(what)} from {one} and {two} beads.")
    s.fact(f"For every {p} {one} beads, {who.she} uses {q} {two} beads.")
    s.fact(f"{who.she} uses {used} {one} beads.")
    s.aside(f"The {what} needs a string of {s.draw(40, 150)} centimeters.")


def trail(s: Story) -> None:
    """A fraction of a trail, then some more of it."""
    who, (top, bottom) = s.person(), s.pick(FRACTIONS)
    length = bottom * s.draw(2, max(3, 24 // bottom))
    more = s.draw(1, length - length * top // bottom - 1)
    where = s.pick(("lake", "river", "coast", "forest", "canyon", "ridge"))
    s.fact(f"A trail along the {where} is {count(length, 'kilometer')} long.")
    s.fact(f"Before lunch, {who} hikes {_fraction(top, bottom)} of it.")
    s.fact(f"After lunch, {who.she} hikes {count(more, 'kilometer')} more.")
    morning = s.step(f"Before lunch, {who} hikes", _part(length, top, bottom), "kilometer")
    both = s.step(f"After both parts, {who} has hiked", f"{morning} + {more}", "kilometer")
    s.step("What is left is", f"{length} - {both}", "kilometer")
    s.ask(f"How many kilometers of the trail are left for {who} to hike?")
    s.aside(f"{who}'s backpack weighs {s.draw(4, 12)} kilograms.")


def part_of_part(s: Story) -> None:
    """A fraction of a fraction of a group."""
    group, members, do, also = s.pick(CROWDS)
    first, second = s.pick(FRACTIONS[1:]), s.pick(FRACTIONS)
    whole = first[1] * second[1] * s.draw(1, 5)
    s.fact(f"{a(group)} has {count(whole, members)}.")
    s.fact(f"Of the {members}, {_fraction(*first)} {do}.")
    s.fact(f"Of those who {do}, {_fraction(*second)} also {also}.")
    some = s.step(f"The number of {members} who {do} is", _part(whole, *first))
    both = s.step(f"The number of those who also {also} is", _part(some, *second))
    s.ask(f"How many of the {members} {do} and also {also}?")
    if some != both and s.maybe(0.4):
        s.step(f"The number of those who do not {also} is", f"{some} - {both}")
        s.ask(f"How many of the {members} {do} but do not {also}?")
    s.aside(f"The {group} was founded {s.draw(4, 40)} years ago.")
