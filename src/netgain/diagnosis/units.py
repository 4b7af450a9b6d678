"""Equations between amounts in different units: "1 hour + 30 minutes = 90 minutes"."""

from __future__ import annotations

import re
from fractions import Fraction

from netgain.diagnosis.arithmetic import Item, evaluate
from netgain.diagnosis.equations import Equation
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import Value

# Dimension -> unit -> its size in the smallest, and how it is written, singular and plural first.
_UNITS: dict[str, dict[str, tuple[str, str]]] = {
    "time": {
        "second": ("1", "seconds sec secs"), "minute": ("60", "minutes min mins"),
        "hour": ("3600", "hours hr hrs"), "day": ("86400", "days"), "week": ("604800", "weeks"),
        "year": ("31557600", "years"),
    },
    "length": {
        "millimeter": ("1", "millimeters mm"), "centimeter": ("10", "centimeters cm"),
        "meter": ("1000", "meters metres m"), "kilometer": ("1000000", "kilometers kilometres km"),
        "inch": ("25.4", "inches"), "foot": ("304.8", "feet ft"), "yard": ("914.4", "yards"),
        "mile": ("1609344", "miles"),
    },
    "mass": {
        "gram": ("1", "grams g"), "kilogram": ("1000", "kilograms kg"),
        "ounce": ("28.349523125", "ounces oz"), "pound": ("453.59237", "pounds lb lbs"),
    },
    "volume": {
        "milliliter": ("1", "milliliters ml"), "liter": ("1000", "liters litres"),
        "teaspoon": ("4.92892159375", "teaspoons"), "tablespoon": ("14.78676478125", "tablespoons"),
        "cup": ("236.5882365", "cups"), "pint": ("473.176473", "pints"),
        "quart": ("946.352946", "quarts"), "gallon": ("3785.411784", "gallons"),
    },
    "money": {
        "cent": ("1", "cents penny pennies ¢"), "nickel": ("5", "nickels"), "dime": ("10", "dimes"),
        "dollar": ("100", "dollars $"),
    },
    "count": {"dozen": ("12", "dozens")},
}  # fmt: skip
_SIZES = {
    unit: (dimension, Fraction(size))
    for dimension, units in _UNITS.items()
    for unit, (size, _) in units.items()
}
_PLURALS = {
    unit: words.split()[0] for units in _UNITS.values() for unit, (_, words) in units.items()
}
_NAMED = {
    word: unit
    for units in _UNITS.values()
    for unit, (_, words) in units.items()
    for word in (unit, *words.split())
}
_AFTER = re.compile(r"[ ]{0,4}-?(?:([A-Za-z]{1,12})\b|(¢))")
_OFF = Fraction(1, 200)  # of the value: amounts in other units are rounded


def unit_named(word: str) -> str | None:
    """The unit that a word names, None for any other word.

    >>> unit_named("hrs"), unit_named("pens")
    ('hour', None)
    """
    return _NAMED.get(word.lower())


def plural(unit: str) -> str:
    """
    >>> plural("inch"), plural("foot")
    ('inches', 'feet')
    """
    return _PLURALS[unit]


def holds_in_units(equation: Equation) -> bool:
    """Whether the two sides are the same amount once every number is in its smallest unit."""
    units = units_of(equation)
    if not mixes_units(equation) and "dozen" not in units.values():
        return False
    left, right = (
        evaluate(tuple(_in_smallest(item, units) for item in side.items))
        for side in (equation.left, equation.right)
    )
    if left is None or right is None:
        return False
    return abs(Fraction(left) - right) <= _OFF * abs(Fraction(right))


def adds_amounts(equation: Equation) -> bool:
    """Whether all of it is amounts of one dimension that are added, so that their units decide."""
    signs = {item for item in equation.left.items + equation.right.items if isinstance(item, str)}
    units = set(units_of(equation).values())
    return signs <= {"+", "-"} and None not in units and len(_dimensions(units)) == 1


def mixes_units(equation: Equation) -> bool:
    """Whether two units of one dimension stand in it, so that its bare numbers say little."""
    units = set(units_of(equation).values()) - {None}
    return len(_dimensions(units)) < len(units)


def clash_in(equation: Equation) -> tuple[str, str] | None:
    """Two units that an equation adds as if they were one: "2 feet + 3 inches = 5 inches"."""
    signs = {item for item in equation.left.items + equation.right.items if isinstance(item, str)}
    if not signs or not signs <= {"+", "-"} or equation.left.value != equation.right.value:
        return None
    units = [unit for unit in units_of(equation).values() if unit]
    other = next((unit for unit in units if unit != units[0]), None)
    if other is None or _SIZES[units[0]][0] != _SIZES[other][0] or holds_in_units(equation):
        return None
    return units[0], other


def is_clash(equation: Equation) -> bool:
    """Whether it adds units as one, its result an amount: "1 hour + 30 minutes = 31 minutes".

    Without a unit the result may count things: 5 nickels + 3 dimes = 8.
    """
    left, right = equation.left, equation.right
    if not right.literal or ("+" not in left.items and "-" not in left.items):
        return False
    return _unit_of(equation, right.operands[0]) is not None and clash_in(equation) is not None


def amount(equation: Equation) -> tuple[Value, str] | None:
    """The left side of an equation that adds several units, in the result's unit; else None.

    "4 feet - 40 inches = 12 inches" has 8 inches on its left side.
    """
    if not equation.right.literal or not adds_amounts(equation):
        return None
    units = units_of(equation)
    unit = units[equation.right.operands[0]]
    total = evaluate(tuple(_in_smallest(item, units) for item in equation.left.items))
    if total is None or unit is None:
        return None
    return shortest(Fraction(total) / _SIZES[unit][1]), unit


def units_of(equation: Equation) -> dict[Token, str | None]:
    """The unit after each number of an equation, None where it has none."""
    numbers = equation.left.operands + equation.right.operands
    return {token: _unit_of(equation, token) for token in numbers}


def _unit_of(equation: Equation, token: Token) -> str | None:
    if token.text.startswith("$"):
        return "dollar"
    match = _AFTER.match(equation.text + equation.after, token.end - equation.left.start)
    return unit_named(match[1] or match[2]) if match else None


def _dimensions(units: set[str | None]) -> set[str]:
    return {_SIZES[unit][0] for unit in units if unit is not None}


def _in_smallest(item: Item, units: dict[Token, str | None]) -> Item:
    if isinstance(item, str) or item.value is None:
        return item
    unit = units.get(item)
    return item if unit is None else item._replace(value=shortest(item.value * _SIZES[unit][1]))
