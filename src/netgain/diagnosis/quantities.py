"""Quantities and their prints.

A quantity's *print* is its value moved a little, by a fixed amount for each value. A result
computed from prints tells which quantities it came from and how: 3 * 4 and 24 / 2 are both 12, but
their prints differ, while 5 * (8 - 2) and 5 * 8 - 5 * 2 have the same one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import Value

_FIXED: frozenset[Value] = frozenset({0, 1, 2, 100, 1000, Fraction(1, 100), Fraction(1, 10)})
_MAX_PARTS = 20
_HUGE = 1e60


def numbers_of(tokens: Iterable[Token]) -> list[Value]:
    """The numbers as written: a percentage by its number, not by its share."""
    return [
        shortest(Fraction(token.value) * 100) if token.percent else token.value
        for token in tokens
        if token.kind == "n" and token.value is not None
    ]


@lru_cache(maxsize=8192)
def print_of(value: Value) -> float:
    """The print of a quantity: its value times a factor between 0.75 and 1.25 of its own.

    0, 1, 2 and powers of ten that stand for a percentage keep their value, so that adding a
    quantity to itself and doubling it are the same.
    """
    if value in _FIXED:
        return float(value)
    if isinstance(value, Fraction) and value.denominator <= _MAX_PARTS:
        return print_of(value.numerator) / print_of(value.denominator)
    top, bottom = value.numerator, value.denominator
    mixed = (top * 2654435761 + bottom * 3928791 + 12345) % 4294967291
    mixed = (mixed * 1103515245 + 12345) % 2147483647
    return float(value) * (0.75 + 0.5 * mixed / 2147483647)


def key_of(mark: float) -> float | None:
    """A print as a dictionary key: equal wherever two prints agree to eight digits."""
    size = abs(mark)
    if not size < _HUGE:
        return None
    if not size:
        return 0.0
    rounded = round(math.log(size) * 1e8)
    return float(rounded) if mark > 0 else rounded + 0.5


def apply_to_prints(operator: str, left: float, right: float) -> float:
    """One operation on prints; nan where it has no value."""
    try:
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        if operator == "/":
            return left / right
        power = left**right
    except (ZeroDivisionError, OverflowError):
        return math.nan
    return power if isinstance(power, float) else math.nan
