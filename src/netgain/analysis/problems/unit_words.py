"""Units of measure named in a text, by word lists. It converts no quantities."""

import re

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

_UNIT_WORD = re.compile(r"(?<=[0-9])\s?[gml]\b|[a-z]{2,}|[$€£¢]")


def units_in(text: str) -> frozenset[tuple[str, str]]:
    """(dimension, unit) pairs named in case-folded text.

    >>> sorted(units_in("he runs 5 km in half an hour"))
    [('length', 'kilometer'), ('time', 'hour')]
    """
    words = {match.lstrip() for match in _UNIT_WORD.findall(text)}
    return frozenset(pair for word in words for pair in _UNIT_OF.get(word, ()))
