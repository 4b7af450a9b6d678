"""What an equation computes: each of its sums, and the value of its one unknown."""

from fractions import Fraction
from typing import NamedTuple

from netgain.diagnosis.arithmetic import Side, apply, evaluate
from netgain.diagnosis.equations import Equation
from netgain.diagnosis.tokens import shortest
from netgain.diagnosis.vocabulary import Value


class Sum(NamedTuple):
    """One operation: its value, its sign, and the values it was applied to."""

    value: Value
    operator: str
    operands: tuple[Value, ...]


def sums_of(side: Side) -> list[Sum]:
    """Every operation of one side in order, the whole side last; [] where it cannot be computed."""
    stack: list[Value] = []
    found: list[Sum] = []
    for item in side.items:
        if not isinstance(item, str):
            if item.kind != "n" or item.value is None:
                return []
            stack.append(item.value)
        elif item == "~":
            stack.append(-stack.pop())
        else:
            right, left = stack.pop(), stack.pop()
            result = apply(item, left, right)
            if result is None:
                return []
            stack.append(result)
            found.append(Sum(result, item, (left, right)))
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
