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
_UNITS = {word: unit for unit, words in _NAMES.items() for word in words.split()}
_AFTER = re.compile(r"\s?-?(?:([A-Za-z]{1,12})\b|(¢))")
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
