"""Words for the built-in problems: people, nouns with their plurals, articles, amounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Noun:
    """A countable noun in its two numbers, `Noun("box", "boxes")`; it is shown as the second."""

    one: str
    many: str

    def __str__(self) -> str:
        return self.many


@dataclass(frozen=True)
class Person:
    """A name, which it is shown as, with its pronouns (`them` is the object's)."""

    name: str
    she: str
    her: str
    them: str

    def __str__(self) -> str:
        return self.name


def noun(words: str) -> Noun:
    """The noun with its regular plural, or with the one that stands after a slash.

    >>> noun("box").many, noun("berry").many, noun("tray").many, noun("loaf/loaves").many
    ('boxes', 'berries', 'trays', 'loaves')
    """
    one, _, many = words.partition("/")
    if many:
        return Noun(one, many)
    if one.endswith(("s", "x", "z", "ch", "sh")):
        return Noun(one, one + "es")
    if one.endswith("y") and one[-2] not in "aeiou":
        return Noun(one, one[:-1] + "ies")
    return Noun(one, one + "s")


def words(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list."""
    return tuple(word.strip() for word in text.split(","))


def nouns(text: str) -> tuple[Noun, ...]:
    """The nouns of a comma-separated list."""
    return tuple(map(noun, words(text)))


def count(number: int | str, what: Noun | str) -> str:
    """`1 box`, `3 boxes`."""
    what = noun(what) if isinstance(what, str) else what
    return f"{number} {what.one if str(number) == '1' else what.many}"


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
