"""What an equation computes: each sum with its print, and the value of its one unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from netgain.diagnosis.arithmetic import Side, apply, evaluate
from netgain.diagnosis.equations import Equation
from netgain.diagnosis.quantities import apply_to_prints
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import Value

Lookup = Callable[[Token], float | None]  # the print of an operand, None where it has none


@dataclass(frozen=True, slots=True)
class Sum:
    """One operation: its value, its print, its sign, and the values it was applied to."""

    value: Value
    mark: float
    operator: str
    operands: tuple[Value, ...]


def sums_of(side: Side, lookup: Lookup) -> list[Sum]:
    """Every operation of one side in order, the whole side last; [] where it cannot be computed."""
    stack: list[tuple[Value, float]] = []
    found: list[Sum] = []
    for item in side.items:
        if not isinstance(item, str):
            mark = lookup(item)
            if item.value is None or mark is None:
                return []
            stack.append((item.value, mark))
        elif item == "~":
            value, mark = stack.pop()
            stack.append((-value, -mark))
        else:
            (right, right_mark), (left, left_mark) = stack.pop(), stack.pop()
            result = apply(item, left, right)
            if result is None:
                return []
            mark = apply_to_prints(item, left_mark, right_mark)
            stack.append((result, mark))
            found.append(Sum(result, mark, item, (left, right)))
    return found


def root_of(equation: Equation) -> tuple[str, Value] | None:
    """The letter and the value that solve an equation in one unknown.

    Linear equations, and those that are linear in 1/x (proportions); None for any other.
    """
    unknowns = equation.left.unknowns | equation.right.unknowns
    if len(unknowns) != 1:
        return None
    (letter,) = unknowns
    gaps: list[Value] = []
    for x in (1, 2, 3):
        left = evaluate(equation.left.items, {letter: x})
        right = evaluate(equation.right.items, {letter: x})
        if left is None or right is None:
            return None
        gaps.append(left - right)
    if gaps[0] == gaps[1]:
        return None  # no unknown is left: x + 1 = x + 2
    for first, second, third in (gaps, [gaps[0], 2 * gaps[1], 3 * gaps[2]]):
        slope = second - first
        if slope and slope == third - second:
            root = shortest(1 - Fraction(first) / slope)
            return letter, root
    return None


def coefficients_of(side: Side) -> tuple[Value, ...]:
    """The constant and the factor of a side that is linear in its one unknown."""
    if len(side.unknowns) != 1:
        return ()
    (letter,) = side.unknowns
    constant, at_one = (evaluate(side.items, {letter: x}) for x in (0, 1))
    if constant is None or at_one is None:
        return ()
    return constant, at_one - constant
