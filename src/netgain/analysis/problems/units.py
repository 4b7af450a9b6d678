"""Units of measure named in a text, by word lists, and how many of one make another.

For sorting problems and for telling that an answer is off by a unit. It converts no quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# dimension -> unit -> how it is written, apart from a plural s. Words that mean something else as
# often ("second", "yard", "in", "quarter") stand only in the form that is a unit.
UNITS: dict[str, dict[str, str]] = {
    "time": {
        "second": "seconds sec secs", "minute": "minute min mins", "hour": "hour hourly hr hrs mph",
        "day": "day daily", "week": "week weekly", "month": "month monthly",
        "year": "year yearly annual annually yr yrs", "decade": "decade", "century": "century",
    },
    "length": {
        "millimeter": "millimeter millimetre mm", "centimeter": "centimeter centimetre cm",
        "meter": "meter metre m", "kilometer": "kilometer kilometre km", "inch": "inch inches",
        "foot": "foot feet ft", "yard": "yards", "mile": "mile mph",
    },
    "mass": {
        "milligram": "milligram mg", "gram": "gram g", "kilogram": "kilogram kilo kg",
        "ounce": "ounce oz", "pound": "pound lb", "ton": "ton tonne",
    },
    "volume": {
        "milliliter": "milliliter millilitre ml", "liter": "liter litre l", "teaspoon": "teaspoon",
        "tablespoon": "tablespoon", "cup": "cup", "pint": "pint", "quart": "quart",
        "gallon": "gallon",
    },
    "money": {
        "dollar": "dollar usd $", "cent": "cent ¢ penny pennies", "nickel": "nickel",
        "dime": "dime", "euro": "euro eur €", "pound sterling": "£ gbp",
    },
    "count": {"dozen": "dozen"},
}  # fmt: skip
_LETTERS = frozenset("gml")  # units of one letter, which count only right after a number
_UNIT_OF: dict[str, tuple[tuple[str, str], ...]] = {}
for _dimension, _names in UNITS.items():
    for _unit, _spellings in _names.items():
        for _word in _spellings.split():
            for _form in {_word, _word if _word in _LETTERS else f"{_word}s"}:
                _UNIT_OF[_form] = (*_UNIT_OF.get(_form, ()), (_dimension, _unit))
# How many of the first make one of the second, where that is usual in word problems.
CONVERSIONS: dict[tuple[str, str], tuple[int, ...]] = {
    ("second", "minute"): (60,), ("minute", "hour"): (60,), ("second", "hour"): (3600,),
    ("hour", "day"): (24,), ("minute", "day"): (1440,), ("day", "week"): (7,),
    ("hour", "week"): (168,), ("day", "month"): (30, 31, 28), ("day", "year"): (365, 366),
    ("week", "month"): (4,), ("week", "year"): (52,), ("month", "year"): (12,),
    ("year", "decade"): (10,), ("year", "century"): (100,),
    ("millimeter", "centimeter"): (10,), ("millimeter", "meter"): (1000,),
    ("centimeter", "meter"): (100,), ("meter", "kilometer"): (1000,), ("inch", "foot"): (12,),
    ("inch", "yard"): (36,), ("foot", "yard"): (3,), ("foot", "mile"): (5280,),
    ("yard", "mile"): (1760,), ("milligram", "gram"): (1000,), ("gram", "kilogram"): (1000,),
    ("ounce", "pound"): (16,), ("pound", "ton"): (2000,), ("kilogram", "ton"): (1000,),
    ("milliliter", "liter"): (1000,), ("teaspoon", "tablespoon"): (3,),
    ("tablespoon", "cup"): (16,), ("cup", "pint"): (2,), ("cup", "quart"): (4,),
    ("cup", "gallon"): (16,), ("pint", "quart"): (2,), ("pint", "gallon"): (8,),
    ("quart", "gallon"): (4,), ("cent", "nickel"): (5,), ("cent", "dime"): (10,),
    ("cent", "dollar"): (100,), ("nickel", "dollar"): (20,), ("dime", "dollar"): (10,),
}  # fmt: skip

_UNIT_WORD = re.compile(r"(?<=[0-9])\s?[gml]\b|[a-z]{2,}|[$€£¢]")


def units_in(text: str) -> frozenset[tuple[str, str]]:
    """(dimension, unit) pairs named in case-folded text.

    >>> sorted(units_in("he runs 5 km in half an hour"))
    [('length', 'kilometer'), ('time', 'hour')]
    """
    words = {match.lstrip() for match in _UNIT_WORD.findall(text)}
    return frozenset(pair for word in words for pair in _UNIT_OF.get(word, ()))


def leading_unit(text: str) -> str | None:
    """The unit that case-folded text begins with, or None.

    >>> leading_unit("kg of rice"), leading_unit("$"), leading_unit("bags of rice")
    ('kilogram', 'dollar', None)
    """
    first = _UNIT_WORD.match(text)
    pairs = _UNIT_OF.get(first[0], ()) if first else ()
    return pairs[0][1] if pairs else None


def unit_factors(units: Iterable[tuple[str, str]]) -> list[tuple[int, str, str]]:
    """(12, "inch", "foot") and so on, for all the units that are named together.

    A dozen needs no second unit: what is counted in dozens is counted in ones too.
    """
    names = {unit for _, unit in units}
    found = [(n, a, b) for (a, b), ns in CONVERSIONS.items() if {a, b} <= names for n in ns]
    return [*found, (12, "one", "dozen")] if "dozen" in names else found
