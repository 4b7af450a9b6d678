"""What a question and its reference solution say: quantities, results, and how they come about."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from netgain.diagnosis.equations import read
from netgain.diagnosis.quantities import key_of, numbers_of, print_of
from netgain.diagnosis.sums import Sum, root_of, sums_of
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import ALWAYS_KNOWN, Value

_MAX_READ = 20_000  # characters of a question or a reference
_KEPT = 2048  # questions: several models answer the same ones, in any order


@dataclass(frozen=True)
class Question:
    """The quantities of a question: its numbers, and its percentages as shares of one."""

    text: str
    given: frozenset[Value]
    shares: frozenset[Value]
    constants: frozenset[Value]
    asks_for_unknown: bool  # the value of its own "x"

    def holds(self, value: Value) -> bool:
        """Whether a number is the question's, also as 0.2 or 80% where it says 20%."""
        if value in self.given or -value in self.given:
            return True
        if not self.shares:
            return isinstance(value, Fraction) and value * 100 in self.given
        if isinstance(value, int):
            return bool({Fraction(value + x, 100) for x in (0, -100)} & self.shares) or (
                Fraction(100 - value, 100) in self.shares
            )
        return bool({value, 1 - value, value - 1} & self.shares) or value * 100 in self.given

    def print_of(self, token: Token) -> float:
        """The print of an operand; percentages and cents hang together with their question's."""
        value = token.value
        if value is None:
            return math.nan
        if not token.percent and value in self.given:
            return print_of(value)
        if token.percent or value in self.shares:
            return self._print_of_share(value)
        if isinstance(value, Fraction):
            if 1 - value in self.shares or value - 1 in self.shares:
                return self._print_of_share(value)
            if value * 100 in self.given and 100 % value.denominator == 0:
                return print_of(shortest(value * 100)) / 100
        elif self.shares and value > 1:
            share = Fraction(value, 100)
            if {1 - share, share - 1} & self.shares:
                return 100 * self._print_of_share(share)
        return print_of(value)

    def _print_of_share(self, share: Value) -> float:
        if share not in self.shares:
            if 1 - share in self.shares:
                return 1 - print_of(shortest(100 * Fraction(1 - share))) / 100
            if share - 1 in self.shares:
                return 1 + print_of(shortest(100 * Fraction(share - 1))) / 100
        return print_of(shortest(100 * Fraction(share))) / 100


@dataclass(frozen=True)
class Reference:
    """A question with its reference solution. `text` is "" where there is none.

    Attributes:
        written: every number of question and reference, and other ways to write it.
        values: what the reference computes, on the way too, and the right answer.
        prints: keys of the prints of its sums.
        marks: the print of each value it computes.
    """

    question: Question
    text: str
    gold: Value | None
    written: frozenset[Value]
    values: frozenset[Value]
    prints: frozenset[float]
    marks: dict[Value, float]
    sums: tuple[Sum, ...]


@lru_cache(maxsize=_KEPT)
def read_question(text: str) -> Question:
    reading = read(text[:_MAX_READ])
    tokens = reading.tokens
    return Question(
        text=text[:_MAX_READ],
        given=frozenset(numbers_of(tokens) + reading.words),
        shares=frozenset(t.value for t in tokens if t.percent and t.value is not None),
        constants=ALWAYS_KNOWN | reading.constants,
        asks_for_unknown="unknown variable" in text,
    )


@lru_cache(maxsize=_KEPT)
def read_reference(question_text: str, text: str, gold: Value | None) -> Reference:
    """Read a question and its reference solution; the last two thousand are kept.

    Args:
        text: the reference, one step a line, `#### n` last; "" where there is none.
        gold: the right answer, None where it is not known.
    """
    question = read_question(question_text)
    answer = [] if gold is None else [gold]
    values, written = set(answer), set(answer) | question.given
    marks: dict[Value, float] = {}
    sums: list[Sum] = []

    def lookup(token: Token) -> float | None:
        mark = None if token.percent or token.value is None else marks.get(token.value)
        return question.print_of(token) if mark is None else mark

    for line in text[:_MAX_READ].split("\n"):
        reading = read(line)
        numbers = numbers_of(reading.tokens) + reading.words
        written.update(numbers)
        if line.startswith("####"):
            continue
        for equation in reading.equations:
            if equation.left.unknowns or equation.right.unknowns:
                root = root_of(equation)
                values.update([] if root is None else [root[1]])
                continue
            for side in (equation.left, equation.right):
                found = [] if side.literal else sums_of(side, lookup)
                if found:
                    sums.extend(found)
                    result = equation.right.value if equation.right.literal else None
                    written_as = found[-1].value if result is None else result
                    marks[found[-1].value] = marks[written_as] = found[-1].mark
                    values.update(each.value for each in found)
                    values.add(written_as)
    keys = (key_of(each.mark) for each in sums)
    return Reference(
        question=question,
        text=text,
        gold=gold,
        written=frozenset(written | _other_ways(written, question.shares)),
        values=frozenset(values),
        prints=frozenset(key for key in keys if key is not None),
        marks=marks,
        sums=tuple(sums),
    )


def _other_ways(written: Iterable[Value], shares: frozenset[Value]) -> set[Value]:
    """20% as 0.2, 0.8, 1.2, 80 and 120; one half as 1, 2 and 50."""
    found: set[Value] = set()
    for share in map(Fraction, shares):
        found |= {shortest(x) for x in (share, 1 - share, 1 + share)}
        found |= {shortest(100 * x) for x in (1 - share, 1 + share)}
    for value in [*written, *found]:
        if isinstance(value, Fraction) and 0 < value < 1:
            found |= {value.numerator, value.denominator, shortest(100 * value)}
    return found
