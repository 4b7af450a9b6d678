"""The solution side: step lines whose text and value cannot disagree, and the finished draft.

A step's value is always computed from the expression that is printed. This module has no words
of its own beyond the `= <<48/2=24>>24` notation.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from netgain.data.wordproblems.wording import MONEY, Noun, money


@dataclass
class Working:
    """The steps of one solution, in order; `answer` is the last step's value, exact."""

    lines: list[str] = field(default_factory=list)
    answer: Fraction = Fraction(0)
    final: str = ""

    def step(
        self, says: str, expression: str | int, unit: Noun | None = None, after: str = ""
    ) -> str:
        """Append `says expression = <<expression=value>>value unit after.` and return the value.

        Values are positive whole numbers; dollars (`unit=MONEY`) may have cents.

        >>> work = Working()
        >>> work.step("She fills", "48 / 2", Noun("box", "boxes"))
        '24'
        >>> work.lines
        ['She fills 48 / 2 = <<48/2=24>>24 boxes.']
        """
        expression = str(expression)
        value = evaluate(expression)
        if value <= 0 or (unit is not MONEY and value.denominator != 1):
            raise ValueError(f"a step must give a positive whole number, not {expression}={value}")
        shown = money(value)
        tail = "" if unit in (None, MONEY) else f" {_number_of(value, unit)}"
        self.lines.append(
            f"{says} {expression} = {'$' if unit is MONEY else ''}"
            f"<<{expression.replace(' ', '')}={shown}>>{shown}{tail}{' ' + after if after else ''}."
        )
        self.answer, self.final = value, shown
        return shown

    def solution(self) -> str:
        """The step lines and the closing `#### answer` line."""
        return "\n".join([*self.lines, f"#### {self.final}"])


@dataclass(frozen=True)
class Draft:
    """One problem before it gets an id.

    `facts` are sentences in order, `ask` is the question, `aside` a sentence that changes nothing
    and makes sense after any of the facts.
    """

    facts: tuple[str, ...]
    ask: str
    aside: str
    work: Working


@dataclass(frozen=True)
class Template:
    """A kind of problem; `weight` says how often it is drawn beside the others."""

    category: str
    write: Callable[[Random], Draft]
    weight: int = 2


def evaluate(expression: str) -> Fraction:
    """The exact value of an expression of decimal numbers, `+ - * /` and parentheses."""
    return _value(ast.parse(expression, mode="eval").body)


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        # repr gives back the short decimal that was written; Fraction(float) would not
        return Fraction(repr(node.value))
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
    raise ValueError(f"not plain arithmetic: {ast.unparse(node)}")


def _number_of(value: Fraction, unit: Noun | None) -> str:
    if unit is None:
        return ""
    return unit.one if value == 1 else unit.many
