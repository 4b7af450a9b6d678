"""Does an equation hold? Rounding, percent signs and units are given every benefit of the doubt.

A false equation is the strongest thing that can be said of a solution, so it is only said where
no usual reading makes the equation true: rounded values, a percentage taken of what it is added
to, a sum that runs on ("3 + 4 = 7 * 2 = 14"), amounts in different units.
"""

from __future__ import annotations

import re
from fractions import Fraction

from netgain.diagnosis.arithmetic import Side, evaluate
from netgain.diagnosis.equations import Equation
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.units import holds_in_units, is_clash
from netgain.diagnosis.vocabulary import Value

_MONEY_PLACES = 2
_SMALL, _LARGE = 3, 20  # values from which whole numbers stand for their fractions
_OPAQUE = re.compile(r"[A-Za-z] ?/ ?\d|\d[A-Za-z]{3}|\d-[A-Za-z]|\d:\d")


def holds(equation: Equation, rounded: set[Value] | frozenset[Value] = frozenset()) -> bool | None:
    """Whether `equation` is true, None where that cannot be said.

    It cannot of an equation with an unknown, and of loose writing that is no error: a sum that
    runs on, a difference the other way round ("12 - 20 = 8 less"), a rate ("4 km/2 h").

    Args:
        rounded: values that were rounded earlier; what is computed from them may be off by 1%.
    """
    left, right = equation.left.value, equation.right.value
    if left is None or right is None:
        return None
    if equation.remainder is not None:
        dividend, divisor = (item.value for item in equation.left.operands)
        assert dividend is not None and divisor is not None
        return right * divisor + equation.remainder == dividend and equation.remainder < divisor
    if left == right:
        return not is_clash(equation)
    if (
        _is_rounding(equation, left, right)
        or _carries_rounding(equation, left, right, rounded)
        or _percent_holds(equation, left, right)
    ):
        return True
    if (left < 0 and left == -right) or _runs_on(equation) or _OPAQUE.search(equation.text):
        return None
    return holds_in_units(equation)


def is_false(equation: Equation, rounded: set[Value] | frozenset[Value] = frozenset()) -> bool:
    """Whether no usual reading makes `equation` true."""
    return holds(equation, rounded) is False


def places(token: Token) -> int:
    """Digits after the decimal point, of a percentage two more (its value is a share)."""
    _, _, digits = token.text.partition(".")
    return len(digits) + (2 if token.percent else 0)


def _is_rounding(equation: Equation, left: Value, right: Value) -> bool:
    """Whether the single number on one side is the other side's value, rounded or cut off."""
    if equation.right.literal:
        computed, written, token = left, right, equation.right.operands[0]
    elif equation.left.literal:
        computed, written, token = right, left, equation.left.operands[0]
    else:
        return False
    off = abs(Fraction(computed) - written)
    shown = places(token)
    if equation.approximate:
        return off <= max(abs(Fraction(computed)) / 50, Fraction(1, 10**shown))
    if shown:
        return off < Fraction(1, 10**shown)
    if isinstance(computed, int):
        return False
    # A whole number in place of a fraction: to the nearest, or to either side of a large one.
    up = abs(Fraction(written)) > abs(Fraction(computed))
    nearest = off < Fraction(1, 2) or (off == Fraction(1, 2) and up)
    size = abs(Fraction(computed))
    return (nearest and size >= _SMALL) or (off < 1 and size >= _LARGE)


def _carries_rounding(
    equation: Equation, left: Value, right: Value, rounded: set[Value] | frozenset[Value]
) -> bool:
    off, size = abs(Fraction(left) - right), max(abs(Fraction(left)), abs(Fraction(right)))
    operands = equation.left.operands + equation.right.operands
    if any(token.value in rounded for token in operands) and off * 100 <= size:
        return True
    has_decimals = any(places(token) >= _MONEY_PLACES for token in operands)
    return has_decimals and off * 250 <= size


def _runs_on(equation: Equation) -> bool:
    """Whether the right side goes on reckoning with the left one: "9 - 2 = 7 * 3 = 21"."""
    right = equation.right
    if right.literal or not equation.in_chain:
        return False
    first = right.items[0]
    if not isinstance(first, str) and first.value == equation.left.value:
        return True
    shown = [item if isinstance(item, str) else item.value for item in equation.left.items]
    begun = [item if isinstance(item, str) else item.value for item in right.items[: len(shown)]]
    return shown == begun


def _percent_holds(equation: Equation, left: Value, right: Value) -> bool:
    operands = equation.left.operands + equation.right.operands
    if not any(token.percent for token in operands):
        return False
    readings = [
        (Fraction(left) * 100, right),
        (Fraction(left) / 100, right),
        (_taken_of(equation.left), right),
        (_taken_of(equation.right), left),
    ]
    return any(
        value is not None and abs(Fraction(value) - other) * 200 <= abs(Fraction(other))
        for value, other in readings
    )


def _taken_of(side: Side) -> Value | None:
    """The value with "$80 - 25%" read as 80 less 25% of 80."""
    items = list(side.items)
    for index in range(1, len(items) - 1):
        share, sign = items[index], items[index + 1]
        if isinstance(share, str) or not isinstance(sign, str) or sign not in "+-":
            continue
        if share.percent and share.value is not None:
            change = 1 + share.value if sign == "+" else 1 - share.value
            items[index] = share._replace(value=shortest(Fraction(change)), percent=False)
            items[index + 1] = "*"
    return evaluate(tuple(items))
