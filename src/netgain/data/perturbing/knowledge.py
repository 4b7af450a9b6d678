"""Numbers of the world that a text may use without saying them: 60 for minutes, 52 for cards."""

import re
from fractions import Fraction

from netgain.diagnosis.tokens import scan

# Beside those of `diagnosis.vocabulary`, which knows units, the calendar and some animals.
_MORE: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("percent percentage percentages % dollar dollars cents $", (100,)),
    ("dozen dozens", (12, 6)),
    ("hand hands finger fingers toe toes", (5, 10)),
    ("cow cows horse horses goat goats sheep pig pigs lion lions animal animals", (4,)),
    ("table tables desk desks room rooms wall walls season seasons quarter quarters", (4,)),
    ("pentagon pentagons star stars", (5,)),
    ("octagon octagons octopus", (8,)),
    ("cube cubes die dice", (6,)),
    ("deck decks", (52,)),
    ("alphabet letters", (26,)),
    ("mile miles", (5280, 1760)),
    ("yard yards teaspoon teaspoons tablespoon tablespoons", (3,)),
    ("gallon gallons pint pints cup cups quart quarts", (8, 128, 32)),
    ("mb gb kb tb megabytes gigabyte gigabytes terabyte", (1000, 1024)),
    ("acre acres", (43560, 4840, 640)),
    ("fortnight fortnights", (14,)),
    ("february leap", (28, 29)),
    ("year years", (52, 13, 364, 360)),
    ("weekday weekdays work working school business", (5,)),
    ("weekend weekends couple couples parents twins both siblings", (2,)),
    ("triplets triple tricycle", (3,)),
    ("quadruplets", (4,)),
    ("circle circles angle angles", (360, 180, 90)),
)
_KNOWN: dict[str, set[Fraction]] = {}
for _words, _values in _MORE:
    for _word in _words.split():
        _KNOWN.setdefault(_word, set()).update(map(Fraction, _values))
# What no amount may exceed where a text has a word of each set: 24 hours in a day, 100 points.
_DAY = "day days daily night nights nightly"
_TEST = "% percent score scored scores grade grades exam exams test tests quiz probability chance"
_CAPS = (
    (frozenset({"hour", "hours"}), frozenset(_DAY.split()), 24),
    (frozenset({"day", "days"}), frozenset({"week", "weeks", "weekly"}), 7),
    (frozenset({"month", "months"}), frozenset({"year", "years", "yearly"}), 12),
    (frozenset(_TEST.split()), frozenset(_TEST.split()), 100),
)
_WORD = re.compile(r"[A-Za-z]+|[%$]")
_SIGNS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}


def known_in(text: str) -> set[Fraction]:
    """
    >>> sorted(map(int, known_in("a deck of cards")))
    [52]
    """
    found = {Fraction(value) for value in scan(text).constants}
    for word in _WORD.findall(text):
        found |= _KNOWN.get(word.lower(), set())
    return found | {value for sign, value in _SIGNS.items() if sign in text}


def caps_in(text: str) -> list[int]:
    """Bounds of the world that a text's amounts may have: what is within them must stay there.

    >>> caps_in("She scored 80 points in the test.")
    [100]
    """
    words = {word.lower() for word in _WORD.findall(text)}
    return [cap for one, other, cap in _CAPS if words & one and words & other]
