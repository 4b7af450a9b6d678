"""Arithmetic in postfix order: parsed by operator precedence, evaluated with exact rationals.

Nothing is ever handed to Python to evaluate, and no value grows beyond `MAX_DIGITS` digits.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import Value

MAX_DIGITS = 60
MAX_EXPONENT = 12
OPERANDS = "nvi"  # kinds of token that are a quantity
_LIMIT = 10**MAX_DIGITS
_POWERS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_NONE: frozenset[str] = frozenset()
_TIGHT = 3  # of a division set tight, and of a sign

Item = Token | str  # an operand, or an operator: one of + - * / ^ and ~ for a change of sign


class Side(NamedTuple):
    """One side of an equation in postfix order. `value` is None where it has an unknown letter."""

    items: tuple[Item, ...]
    value: Value | None
    unknowns: frozenset[str]
    start: int
    end: int

    @property
    def literal(self) -> bool:
        """Whether it is one number, with nothing to compute."""
        return len(self.items) == 1 and not self.unknowns

    @property
    def operands(self) -> list[Token]:
        return [item for item in self.items if not isinstance(item, str)]


def parse(elements: list[Token]) -> Side | None:
    """Postfix form by operator precedence; None where brackets or operators do not fit."""
    if len(elements) == 1:
        only = elements[0]
        if only.kind != "n":
            return Side((only,), None, frozenset({only.text}), only.start, only.end)
        if only.value is None:
            return None
        return Side((only,), only.value, _NONE, only.start, only.end)
    output: list[Item] = []
    waiting: list[tuple[int, str]] = []
    unknowns: set[str] = set()
    before = "o"
    last = 0
    for index, token in enumerate(elements):
        kind, sign = token.kind, token.text
        if kind == "f":
            kind, sign = "o", "*"
        is_open = kind == "p" and sign == "("
        if (token.kind in OPERANDS or is_open) and before == "n":
            _push(output, waiting, "*", 2)
        if token.kind in OPERANDS:
            if token.kind != "n":
                unknowns.add(token.text)
            elif token.value is None:
                return None
            output.append(token)
            before = "n"
        elif is_open:
            waiting.append((0, "("))
            before = "o"
        elif kind == "p":
            while waiting and waiting[-1][0]:
                output.append(waiting.pop()[1])
            if not waiting or before == "o":
                return None
            waiting.pop()
            before = "n"
        elif before == "o":
            if sign == "-":
                waiting.append((_TIGHT, "~"))
            elif sign != "+" or output or waiting:
                return None
        else:
            # "9 / 1/4" divides by a quarter: a fraction set tight binds before a spaced sign.
            tight = sign == "/" and token.start == last and elements[index + 1 :][:1]
            power = _TIGHT if tight and elements[index + 1].start == token.end else _POWERS[sign]
            _push(output, waiting, sign, power)
            before = "o"
        last = token.end
    if before == "o" or (0, "(") in waiting:
        return None
    while waiting:
        output.append(waiting.pop()[1])
    if len(output) == 2 and output[1] == "~" and not unknowns:
        number = output[0]
        if not isinstance(number, str) and number.value is not None:
            output = [number._replace(value=-number.value)]  # a negative number is one number
    items = tuple(output)
    value = None if unknowns else evaluate(items)
    if value is None and not unknowns:
        return None
    return Side(
        items,
        value,
        frozenset(unknowns) if unknowns else _NONE,
        elements[0].start,
        elements[-1].end,
    )


def _push(output: list[Item], waiting: list[tuple[int, str]], sign: str, power: int) -> None:
    while waiting and waiting[-1][0] >= power and sign != "^":
        output.append(waiting.pop()[1])
    waiting.append((power, sign))


def evaluate(items: tuple[Item, ...], unknowns: Mapping[str, Value] | None = None) -> Value | None:
    """The exact value of a postfix expression, None where it has none within bounds."""
    stack: list[Value] = []
    for item in items:
        if not isinstance(item, str):
            value = item.value if item.kind == "n" else (unknowns or {}).get(item.text)
            if value is None:
                return None
            stack.append(value)
        elif item == "~":
            stack.append(-stack.pop())
        else:
            right, left = stack.pop(), stack.pop()
            result = apply(item, left, right)
            if result is None:
                return None
            stack.append(result)
    return stack[0]


def apply(operator: str, left: Value, right: Value) -> Value | None:
    """One operation; None for a division by zero and for results beyond the bounds."""
    result: Value
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    elif operator == "/":
        if not right:
            return None
        if isinstance(left, int) and isinstance(right, int):
            if left % right == 0:
                return left // right
            result = Fraction(left, right)
        else:
            result = Fraction(left) / right
    elif isinstance(right, int) and abs(right) <= MAX_EXPONENT and (left or right > 0):
        result = Fraction(left) ** right
    else:
        return None
    if isinstance(result, int):
        return result if -_LIMIT < result < _LIMIT else None
    if abs(result.numerator) >= _LIMIT or result.denominator >= _LIMIT:
        return None
    return shortest(result)
