"""One problem as it is written: sentences, what is asked, and a solution that cannot disagree.

A step's value is always computed from the expression that is printed. The only words here are
those of the `= <<48/2=24>>24` notation.
"""

import ast
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import TypeVar

from netgain.data.wordproblems.story_words import PEOPLE, Noun, Person, capital, count, money

T = TypeVar("T")
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass
class Story:
    """What a template writes: facts in order, the question, an aside and the steps.

    The aside changes nothing and makes sense after any of the facts. Everything is drawn from
    `rng`, so a template that draws in another order writes other problems.
    """

    rng: Random
    facts: list[str] = field(default_factory=list)
    question: str = ""
    distractor: str = ""
    steps: list[str] = field(default_factory=list)
    answer: Fraction = Fraction(0)

    def fact(self, sentence: str) -> None:
        """Append a sentence; its first letter becomes a capital."""
        self.facts.append(capital(sentence))

    def ask(self, question: str) -> None:
        """Set the question; a later one replaces it."""
        self.question = question

    def aside(self, sentence: str) -> None:
        """Set the sentence that changes nothing."""
        self.distractor = capital(sentence)

    def step(self, says: str, expression: str, unit: Noun | str = "", after: str = "") -> str:
        """Append `says expression = <<expression=value>>value unit after.` and return the value.

        Values are positive whole numbers; dollars (unit `$`) may have cents.

        >>> story = Story(Random(0))
        >>> story.step("She fills", "48 / 2", "box")
        '24'
        >>> story.steps
        ['She fills 48 / 2 = <<48/2=24>>24 boxes.']
        """
        value = evaluate(expression)
        if value <= 0 or (unit != "$" and value.denominator != 1):
            raise ValueError(f"a step must give a positive whole number, not {expression}={value}")
        self.answer, shown = value, money(value)
        sign, amount = ("$", shown) if unit == "$" else ("", count(shown, unit) if unit else shown)
        tail = f"{sign}<<{expression.replace(' ', '')}={shown}>>{amount}{after and ' ' + after}."
        self.steps.append(capital(f"{says} {expression} = {tail}"))
        return shown

    def solution(self) -> str:
        """The step lines and the closing `#### answer` line."""
        return "\n".join([*self.steps, f"#### {money(self.answer)}"])

    def draw(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return self.rng.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return self.rng.choice(options)

    def sample(self, options: Sequence[T], number: int) -> list[T]:
        """Different ones of the options."""
        return self.rng.sample(options, number)

    def maybe(self, chance: float = 0.5) -> bool:
        """True with that chance."""
        return self.rng.random() < chance

    def few(self, low: int, high: int) -> int:
        """A whole number in [low, high], the small ones more often."""
        span = range(low, high + 1)
        return self.rng.choices(span, weights=[high - k + 1 for k in span])[0]

    def price(self, low: int, high: int) -> Fraction:
        """A price in dollars, `low` to `high`, whole in three of four cases."""
        whole = Fraction(self.rng.randint(low, high))
        return whole if self.maybe(0.75) else whole + Fraction(self.rng.choice((25, 50, 75)), 100)

    def person(self) -> Person:
        """Somebody."""
        return self.people(1)[0]

    def people(self, number: int) -> list[Person]:
        """Different people, as many as asked for."""
        return self.sample(PEOPLE, number)

    def about(self, who: Person) -> str:
        """A true but useless sentence about the person, with a number in it."""
        sentences = (
            f"{who} has {self.draw(2, 9)} cousins.",
            f"{who} lives at number {self.draw(3, 98)} on a quiet street.",
            f"{who} usually gets up at {self.draw(5, 8)} o'clock.",
            f"{who}'s lucky number is {self.draw(3, 99)}.",
            f"{who} has a dog that weighs {self.draw(4, 30)} kilograms.",
            f"{who} moved to this town {self.draw(2, 9)} years ago.",
            f"It is {self.draw(12, 29)} degrees outside.",
            f"{who} wears a jacket with {self.draw(3, 9)} pockets.",
        )
        return self.pick(sentences)


def evaluate(expression: str) -> Fraction:
    """The exact value of an expression of decimal numbers, `+ - * /` and parentheses."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            # repr gives back the short decimal that was written; Fraction(float) would not
            return Fraction(repr(node.value))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            result: Fraction = _OPERATORS[type(node.op)](value(node.left), value(node.right))
            return result
        raise ValueError(f"not plain arithmetic: {ast.unparse(node)}")

    return value(ast.parse(expression, mode="eval").body)
