"""Equations between amounts in different units: "1 hour + 30 minutes = 90 minutes".

The conversions are pint's, in exact fractions. pint takes a third of a second to load, so it is
loaded when an equation is first found false by its numbers and has units that differ.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from netgain.diagnosis.arithmetic import Item, evaluate
from netgain.diagnosis.equations import Equation
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import Value

if TYPE_CHECKING:
    from pint import UnitRegistry

_NAMES = {
    "second": "second seconds sec secs", "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs", "day": "day days", "week": "week weeks", "year": "year years",
    "inch": "inch inches", "foot": "foot feet ft", "yard": "yard yards", "mile": "mile miles",
    "millimeter": "millimeter millimeters mm", "centimeter": "centimeter centimeters cm",
    "meter": "meter meters metres m", "kilometer": "kilometer kilometers kilometres km",
    "gram": "gram grams g", "kilogram": "kilogram kilograms kg", "ounce": "ounce ounces oz",
    "pound": "pound pounds lb lbs", "milliliter": "milliliter milliliters ml",
    "liter": "liter liters litres", "teaspoon": "teaspoon teaspoons",
    "tablespoon": "tablespoon tablespoons", "cup": "cup cups", "pint": "pint pints",
    "quart": "quart quarts", "gallon": "gallon gallons", "cent": "cent cents penny pennies ¢",
    "nickel": "nickel nickels", "dime": "dime dimes", "dollar": "dollar dollars $",
    "dozen": "dozen dozens",
}  # fmt: skip
_PLURALS = {unit: words.split()[1] for unit, words in _NAMES.items()}
_UNITS = {word: unit for unit, words in _NAMES.items() for word in words.split()}
_AFTER = re.compile(r"\s?-?(?:([A-Za-z]{1,12})\b|(¢))")
_WORD = re.compile(r"[a-z]{2,12}|[$¢]")
_MAX_NAMED = 4000  # characters in which units are looked for
_OFF = Fraction(1, 200)  # of the value: amounts in other units are rounded


def holds_in_units(equation: Equation) -> bool:
    """Whether the two sides are the same amount once every number is in its base unit."""
    units = {token: _unit_of(equation, token) for token in _numbers(equation)}
    if len(set(units.values())) < 2:
        return False
    left, right = (
        evaluate(tuple(_in_base_unit(item, units) for item in side.items))
        for side in (equation.left, equation.right)
    )
    if left is None or right is None:
        return False
    return abs(Fraction(left) - right) <= _OFF * abs(Fraction(right))


def clash_in(equation: Equation) -> tuple[str, str] | None:
    """Two units that an equation adds as if they were one: "2 feet + 3 inches = 5 inches"."""
    items = equation.left.items + equation.right.items
    signs = {item for item in items if isinstance(item, str)}
    if not signs or not signs <= {"+", "-"}:
        return None
    units = [unit for unit in (_unit_of(equation, token) for token in _numbers(equation)) if unit]
    first = next(iter(units), None)
    other = next((unit for unit in units if unit != first), None)
    if first is None or other is None or equation.left.value != equation.right.value:
        return None
    return None if not _convertible(first, other) or holds_in_units(equation) else (first, other)


def is_clash(equation: Equation) -> bool:
    """Whether it adds units as one, its result an amount: "1 hour + 30 minutes = 31 minutes".

    Without a unit the result may count things: 5 nickels + 3 dimes = 8.
    """
    left, right = equation.left, equation.right
    if not right.literal or ("+" not in left.items and "-" not in left.items):
        return False
    return _unit_of(equation, right.operands[0]) is not None and clash_in(equation) is not None


def amount(equation: Equation) -> tuple[Value, str] | None:
    """The left side of an equation that adds several units: its value in the result's unit, or
    in its own last one; None where that cannot be said.

    "4 feet - 40 inches = 12" has 8 inches on its left side.
    """
    units = [_unit_of(equation, token) for token in equation.left.operands]
    known = [unit for unit in units if unit is not None]
    signs = {item for item in equation.left.items if isinstance(item, str)}
    if len(known) < len(units) or len(set(known)) < 2 or not signs <= {"+", "-"}:
        return None
    result = _unit_of(equation, equation.right.operands[0]) if equation.right.literal else None
    unit = result or known[-1]
    if not all(_convertible(unit, other) for other in known):
        return None
    by_token = dict(zip(equation.left.operands, units, strict=True))
    total = evaluate(tuple(_in_base_unit(item, by_token) for item in equation.left.items))
    return None if total is None else (shortest(Fraction(total) / factor(unit)), unit)


def plural(unit: str) -> str:
    """
    >>> plural("inch"), plural("foot")
    ('inches', 'feet')
    """
    return _PLURALS[unit]


def mixes_units(equation: Equation) -> bool:
    """Whether the left side adds amounts in different units: its bare value then says nothing."""
    signs = {item for item in equation.left.items if isinstance(item, str)}
    units = {_unit_of(equation, token) for token in equation.left.operands} - {None}
    return len(units) > 1 and signs <= {"+", "-"}


def units_after(value: Value, text: str, tokens: list[Token]) -> list[str]:
    """The units in which a text, read as `tokens`, gives a value: "5700 seconds"."""
    found = []
    for token in tokens:
        if token.kind == "n" and token.value == value:
            match = _AFTER.match(text, token.end)
            unit = _UNITS.get((match[1] or match[2]).lower()) if match else None
            if token.text.startswith("$"):
                unit = "dollar"
            if unit is not None and unit not in found:
                found.append(unit)
    return found


def units_named(text: str) -> tuple[str, ...]:
    """The units that the first 4,000 characters of a text name, in order."""
    return _units_named(text[:_MAX_NAMED])


@lru_cache(maxsize=2048)
def _units_named(text: str) -> tuple[str, ...]:
    words = _WORD.findall(text.lower())
    return tuple(dict.fromkeys(_UNITS[word] for word in words if word in _UNITS))


def is_same_amount(value: Value, unit: str, other: Value, other_unit: str) -> bool:
    """Whether two values are one amount in different units: 5700 seconds and 95 minutes."""
    if unit == other_unit or not value or not _convertible(unit, other_unit):
        return False
    return bool(value * factor(unit) == other * factor(other_unit))


@lru_cache(maxsize=512)
def _convertible(unit: str, other: str) -> bool:
    one, two = (_registry().Quantity(1, each) for each in (unit, other))
    return bool(one.is_compatible_with(two))


def _numbers(equation: Equation) -> list[Token]:
    return equation.left.operands + equation.right.operands


def _unit_of(equation: Equation, token: Token) -> str | None:
    if token.text.startswith("$"):
        return "dollar"
    match = _AFTER.match(equation.text + equation.after, token.end - equation.left.start)
    return _UNITS.get((match[1] or match[2]).lower()) if match else None


def _in_base_unit(item: Item, units: dict[Token, str | None]) -> Item:
    if isinstance(item, str) or item.value is None:
        return item
    unit = units.get(item)
    return item if unit is None else item._replace(value=shortest(item.value * factor(unit)))


@lru_cache(maxsize=len(_NAMES))
def factor(unit: str) -> Fraction:
    """How many base units (seconds, meters, kilograms…) a unit is.

    >>> factor("hour") / factor("minute"), factor("dollar") / factor("cent")
    (Fraction(60, 1), Fraction(100, 1))
    """
    return Fraction(_registry().Quantity(Fraction(1), unit).to_base_units().magnitude)


@cache
def _registry() -> UnitRegistry[Any]:
    import pint

    registry: UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Fraction)
    for definition in ("dollar = [money]", "cent = dollar / 100", "nickel = 5 * cent"):
        registry.define(definition)
    for definition in ("dime = 10 * cent", "dozen = 12"):
        registry.define(definition)
    return registry
