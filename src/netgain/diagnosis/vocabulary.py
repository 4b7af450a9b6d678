"""Words that stand for numbers or that bring known numbers with them."""

from fractions import Fraction

from netgain.text.words import SMALL

Value = int | Fraction

CARDINALS: dict[str, Value] = {
    **SMALL, "hundred": 100, "half": Fraction(1, 2), "halves": Fraction(1, 2),
    "halved": Fraction(1, 2), "quarter": Fraction(1, 4), "quarters": Fraction(1, 4),
    **dict.fromkeys(("twice", "double", "doubled", "doubles", "couple", "both"), 2),
    "pair": 2, "pairs": 2,
    **dict.fromkeys(("triple", "tripled", "triples", "thrice"), 3), "quadruple": 4, "dozen": 12,
    "dozens": 12, "single": 1,
}  # fmt: skip
PARTS: dict[str, int] = {
    word + end: part
    for part, word in enumerate(("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
                                 "tenth"), start=3)
    for end in ("", "s")
}  # fmt: skip
SCALES: dict[str, int] = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}

# What a reader knows without being told, where one of the words occurs.
_KNOWN: tuple[tuple[str, tuple[Value, ...]], ...] = (
    (
        "day days week weeks weekly daily monday saturday sunday weekday weekdays weekend weekends "
        "mondays saturdays sundays",
        (7, 5, 2),
    ),
    (
        "month months monthly year years yearly annual annually quarterly",
        (12, 4, 52, 365, 366, 30, 24, 6),
    ),
    ("january march may july august october december", (31,)),
    ("april june september november february", (30, 28, 29)),
    (
        "hour hours hourly minute minutes min mins hr hrs second seconds day days daily",
        (60, 24, 3600, 30),
    ),
    ("inch inches feet foot yard yards ft", (12, 3, 36)),
    (
        "cent cents penny pennies dime dimes nickel nickels quarter quarters dollar dollars",
        (100, 5, 10, 25),
    ),
    ("pound pounds ounce ounces lb lbs oz ton tons", (16, 2000)),
    ("gallon gallons quart quarts pint pints cup cups", (4, 2, 16, 8)),
    (
        "kilometer kilometers kilogram kilograms km kg meter meters gram grams liter liters litre "
        "litres ml centimeter centimeters cm",
        (1000, 100),
    ),
    (
        "square rectangle rectangular side sides perimeter dog dogs cat cats leg legs wheel wheels "
        "tire tires car cars chair chairs",
        (4,),
    ),
    ("triangle triangles triangular tricycle tricycles", (3,)),
    (
        "bicycle bicycles bike bikes chicken chickens duck ducks motorcycle motorcycles twin twins "
        "people eyes average",
        (2,),
    ),
    ("insect insects bee bees ant ants hexagon hexagons", (6,)),
    ("spider spiders octopus octopuses", (8,)),
    ("decade decades century centuries", (10, 100)),
    ("degree degrees angle angles", (360, 180, 90)),
)


def _constants() -> dict[str, tuple[Value, ...]]:
    found: dict[str, tuple[Value, ...]] = {}
    for words, values in _KNOWN:
        for word in words.split():
            found[word] = found.get(word, ()) + values
    return found


CONSTANTS = _constants()
ALWAYS_KNOWN: frozenset[Value] = frozenset({0, 1, 2, 12, 100, Fraction(1, 2), Fraction(1, 100)})
