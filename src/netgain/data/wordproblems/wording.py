"""Words for the built-in problems: people, nouns with their plurals, articles, amounts.

Nothing here knows about solutions; `working` writes those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from random import Random


@dataclass(frozen=True)
class Noun:
    """A countable noun in its two numbers: `Noun("box", "boxes")`."""

    one: str
    many: str


@dataclass(frozen=True)
class Person:
    """A name with its pronouns: subject (`she`), possessive (`her`) and object (`them`)."""

    name: str
    she: str
    her: str
    them: str


def noun(one: str, many: str = "") -> Noun:
    """The noun with its regular plural, unless `many` gives another.

    >>> noun("box").many, noun("berry").many, noun("tray").many
    ('boxes', 'berries', 'trays')
    """
    if many:
        return Noun(one, many)
    if one.endswith(("s", "x", "z", "ch", "sh")):
        return Noun(one, one + "es")
    if one.endswith("y") and one[-2] not in "aeiou":
        return Noun(one, one[:-1] + "ies")
    return Noun(one, one + "s")


def nouns(words: str) -> tuple[Noun, ...]:
    """Nouns from a comma-separated list; an irregular plural stands after a slash."""
    return tuple(noun(*word.strip().split("/")) for word in words.split(","))


def count(number: int, what: Noun) -> str:
    """`1 box`, `3 boxes`."""
    return f"{number} {what.one if number == 1 else what.many}"


def a(text: str) -> str:
    """The text with its indefinite article.

    >>> a("apple"), a("uniform"), a("8-hour shift"), a("11-year-old"), a("100-page book")
    ('an apple', 'a uniform', 'an 8-hour shift', 'an 11-year-old', 'a 100-page book')
    """
    number = text.split("-")[0].split()[0]
    if number.isdigit():
        vowel = number.startswith("8") or number in {"11", "18"}
    else:
        vowel = text[0].lower() in "aeiou" and not text.lower().startswith(("uni", "use", "eu"))
    return f"{'an' if vowel else 'a'} {text}"


def money(amount: Fraction | int) -> str:
    """Dollars without the sign: whole ones plainly, cents with two decimals (`7`, `7.50`)."""
    exact = Fraction(amount)
    if exact.denominator == 1:
        return str(exact.numerator)
    if (exact * 100).denominator != 1:
        raise ValueError(f"{amount} dollars is not a whole number of cents")
    return "{}.{:02}".format(*divmod(int(exact * 100), 100))


def listing(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def capital(text: str) -> str:
    """The text with its first letter in upper case, the rest as it was."""
    return text[0].upper() + text[1:]


def few(rng: Random, low: int, high: int) -> int:
    """A whole number in [low, high], the small ones more often."""
    span = range(low, high + 1)
    return rng.choices(span, weights=[high - k + 1 for k in span])[0]


def price(rng: Random, low: int, high: int) -> Fraction:
    """A price in dollars, `low` to `high`, whole in three of four cases."""
    whole = Fraction(rng.randint(low, high))
    return whole if rng.random() < 0.75 else whole + Fraction(rng.choice((25, 50, 75)), 100)


def percent_and_whole(rng: Random, low: int, high: int) -> tuple[int, int]:
    """A percentage and a count in [low, high] of which it is a whole number."""
    percent = rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 75, 80))
    unit = 100 // gcd(100, percent)
    return percent, unit * rng.randint(-(-low // unit), high // unit)


def person(rng: Random) -> Person:
    """Somebody."""
    return people(rng, 1)[0]


def people(rng: Random, number: int) -> list[Person]:
    """Different people, as many as asked for."""
    return rng.sample(PEOPLE, number)


def about(rng: Random, who: Person) -> str:
    """A true but useless sentence about the person, with a number in it."""
    return rng.choice(
        (
            f"{who.name} has {rng.randint(2, 9)} cousins.",
            f"{who.name} lives at number {rng.randint(3, 98)} on a quiet street.",
            f"{who.name} usually gets up at {rng.randint(5, 8)} o'clock.",
            f"{who.name}'s lucky number is {rng.randint(3, 99)}.",
            f"{who.name} has a dog that weighs {rng.randint(4, 30)} kilograms.",
            f"{who.name} moved to this town {rng.randint(2, 9)} years ago.",
            f"It is {rng.randint(12, 29)} degrees outside.",
            f"{who.name} wears a jacket with {rng.randint(3, 9)} pockets.",
        )
    )


_WOMEN = (
    "Aaliyah Adaeze Agnieszka Aiko Alma Amara Anneli Astrid Beatriz Birgit Camila Chiara Chloe "
    "Daniela Divya Elif Emilia Esther Farida Fatou Freya Gabriela Giulia Grace Hana Helga Ingrid "
    "Isla Ivana Jasmine Johanna Kalina Katya Keiko Leila Lin Linnea Lucia Maja Malia Marisol Meera "
    "Mina Nadia Naomi Ngozi Nora Olga Paloma Priya Renata Rosa Ruth Salma Sanna Shira Sofia Tala "
    "Tamar Tessa Uma Valeria Wanda Xenia Yara Yuki Zainab Zofia"
)
_MEN = (
    "Abdul Adrian Ahmed Akira Aleksander Amir Andrei Anton Arjun Bao Ben Bogdan Carlo Chen Cyrus "
    "Damian Davide Diego Dmitri Edgar Eero Emeka Emil Enzo Farid Felipe Finn Gustavo Hamid Hugo "
    "Ibrahim Igor Ivan Jakub Javier Jin Joao Jonah Kamal Kenji Kofi Kwame Leon Liam Luca Mateo "
    "Milo Mohan Nikolai Noah Oleg Omar Oscar Pablo Pavel Rafael Rohan Ruben Samuel Sanjay Stefan "
    "Tariq Theo Tomas Viktor Wei Yusuf Zoltan"
)
PEOPLE = [Person(name, "she", "her", "her") for name in _WOMEN.split()] + [
    Person(name, "he", "his", "him") for name in _MEN.split()
]

TREASURES = nouns(
    "marble, sticker, seashell, stamp, button, postcard, badge, comic book, bead, toy car, "
    "trading card, puzzle, feather, crayon, keychain, magnet, toy dinosaur, polished stone, "
    "paper star, bottle cap"
)
FRUITS = nouns(
    "apple, pear, plum, peach, orange, lemon, mango/mangoes, apricot, fig, lime, nectarine, quince"
)
BAKES = nouns(
    "muffin, cookie, bun, pretzel, scone, cupcake, dumpling, samosa, waffle, bagel, pancake, "
    "empanada, oat bar, roll, pasty"
)
CONTAINERS = nouns("box, basket, bag, tin, tray, crate, jar, bucket")
SHOP_ITEMS = nouns(
    "notebook, pen, eraser, ruler, folder, glue stick, marker, paintbrush, sketchbook, mug, "
    "candle, postcard, bookmark, lemon, bar of soap/bars of soap, loaf of bread/loaves of bread, "
    "box of tea/boxes of tea, toothbrush, dish, sponge, light bulb, "
    "packet of seeds/packets of seeds"
)
BIG_BUYS = nouns(
    "skateboard, guitar, bicycle, tent, camera, telescope, scooter, keyboard, sewing machine, "
    "desk lamp, backpack, pair of boots/pairs of boots, violin, chess set, winter coat, "
    "kayak paddle"
)
MONEY = noun("dollar")
PERCENT = Noun("percent", "percent")
MINUTE, HOUR, DAY, WEEK, YEAR = nouns("minute, hour, day, week, year")
METER, KILOMETER, CENTIMETER, INCH = nouns("meter, kilometer, centimeter, inch")
LITER, MILLILITER, GRAM, CENT = nouns("liter, milliliter, gram, cent")
FOOT = Noun("foot", "feet")
POINT, PAGE, PIECE, PART, STUDENT = nouns("point, page, piece, part, student")
