"""Numbers, sums, equations and quoted text as an evidence sentence writes them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netgain.diagnosis.equations import Equation
from netgain.diagnosis.graph import Node
from netgain.diagnosis.units import amount, clash_in, plural
from netgain.diagnosis.vocabulary import Value
from netgain.numbers import format_number

SHOWN = 90  # characters of a text that is quoted
_SIGNS = {"*": "×", "/": "÷", "-": "−"}
_LONG = 8  # digits of a fraction beyond which it is shown rounded


def number_words(value: Value) -> str:
    """A value for people: at most four places, with "about" where that is not all of it.

    >>> number_words(12), number_words(Fraction(5, 2)), number_words(Fraction(400, 3))
    ('12', '2.5', 'about 133.3333')
    """
    exact = format_number(Fraction(value))
    if "/" not in exact and len(exact) <= _LONG + len(str(int(value))):
        return exact.replace("-", "−")
    places = 4 if abs(float(value)) >= 0.01 else 8
    return f"about {float(value):.{places}f}".rstrip("0").rstrip(".").replace("-", "−")


def quote(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: 4 * SHOWN].split())
    return f"“{line}”" if len(line) <= SHOWN else f"“{line[: SHOWN - 1].rstrip()}…”"


def sum_words(node: Node) -> str:
    """A node as it was computed: "64 − 4 = 60"."""
    if node.equation is not None and node.equation.right.literal:
        return on_one_line(node.equation.text)
    if node.equation is not None:
        left = node.equation.left
        written = node.equation.text[: left.end - left.start]
        return f"{on_one_line(written)} = {number_words(node.claimed)}"
    computed = operation_words(node.total.operator, node.total.operands)
    return f"{computed} = {number_words(node.claimed)}"


def operation_words(operator: str, operands: Sequence[Value]) -> str:
    left, right = map(number_words, operands)
    return f"{left} {_SIGNS.get(operator, operator)} {right}"


def false_equation(index: int, equation: Equation) -> str:
    """What a false equation of step `index` says, and what is true."""
    units = clash_in(equation) if equation.remainder is None else None
    if units is not None:
        return (
            f"step {index + 1} has {on_one_line(equation.text)}, which puts {units[0]} and "
            f"{units[1]} together without a conversion"
        )
    return f"step {index + 1} states {on_one_line(equation.text)}, but {_truth(equation)}"


def on_one_line(text: str) -> str:
    """A short text without line breaks, cut where it is long."""
    return " ".join(text[: 4 * SHOWN].split())[: 2 * SHOWN]


def _truth(equation: Equation) -> str:
    left, right = equation.left, equation.right
    if left.value is None or right.value is None:
        return "the two sides differ"
    if equation.remainder is not None:
        dividend, divisor = (item.value for item in left.operands)
        if isinstance(dividend, int) and isinstance(divisor, int) and dividend > 0 < divisor:
            return f"it is {dividend // divisor} remainder {dividend % divisor}"
        return "quotient, divisor and remainder do not make it"
    found = amount(equation)
    if found is not None:
        value, unit = found
        return f"the left side is {number_words(value)} {plural(unit)}"
    if right.literal:
        return f"the left side is {number_words(left.value)}"
    if left.literal:
        return f"the right side is {number_words(right.value)}"
    return (
        f"the left side is {number_words(left.value)} and the right side "
        f"{number_words(right.value)}"
    )
