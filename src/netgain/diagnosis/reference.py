"""What a question and its reference solution say: their numbers, and how these come about."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from netgain.diagnosis.equations import read
from netgain.diagnosis.sums import Sum, root_of, sums_of
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.vocabulary import ALWAYS_KNOWN, Value

_MAX_READ = 20_000  # characters of a question or a reference
_KEPT = 2048  # questions: several models answer the same ones, in any order


@dataclass(frozen=True)
class Reference:
    """A question with its reference solution. `text` is "" where there is none.

    Attributes:
        question: its text.
        given: the question's numbers.
        known: what the question's words let know (24 for "day").
        written: every number of question and reference, and other ways to write it.
        values: what the reference computes, on the way too, and the right answer.
        sums: how it computes them.
    """

    question: str
    text: str
    gold: Value | None
    given: frozenset[Value]
    known: frozenset[Value]
    written: frozenset[Value]
    values: frozenset[Value]
    sums: tuple[Sum, ...]

    @property
    def asks_for_unknown(self) -> bool:
        """Whether the question asks for the value of its own "x"."""
        return "unknown variable" in self.question


def numbers_of(tokens: Iterable[Token]) -> list[Value]:
    """The numbers as written: a percentage by its number, not by its share."""
    return [
        shortest(Fraction(token.value) * 100) if token.percent else token.value
        for token in tokens
        if token.kind == "n" and token.value is not None
    ]


@lru_cache(maxsize=_KEPT)
def read_reference(question: str, text: str, gold: Value | None) -> Reference:
    """Read a question and its reference solution; the last two thousand are kept.

    Args:
        text: the reference, one step a line, `#### n` last; "" where there is none.
        gold: the right answer, None where it is not known.
    """
    asked = read(question[:_MAX_READ])
    given = frozenset(numbers_of(asked.tokens) + asked.words)
    shares = {t.value for t in asked.tokens if t.percent and t.value is not None}
    values: set[Value] = set() if gold is None else {gold}
    written = values | given
    sums: list[Sum] = []
    for line in text[:_MAX_READ].split("\n"):
        reading = read(line)
        written.update(numbers_of(reading.tokens), reading.words)
        if line.startswith("####"):
            continue
        for equation in reading.equations:
            if equation.left.unknowns or equation.right.unknowns:
                root = root_of(equation)
                values.update([] if root is None else [root[1]])
                continue
            for side in (equation.left, equation.right):
                found = [] if side.literal else sums_of(side)
                sums.extend(found)
                values.update(each.value for each in found)
                if found and equation.right.literal and equation.right.value is not None:
                    values.add(equation.right.value)
    return Reference(
        question=question[:_MAX_READ],
        text=text,
        gold=gold,
        given=given,
        known=ALWAYS_KNOWN | asked.constants,
        written=frozenset(written | _other_ways(written, shares)),
        values=frozenset(values),
        sums=tuple(sums),
    )


def _other_ways(written: Iterable[Value], shares: Iterable[Value]) -> set[Value]:
    """20% as 0.2, 0.8, 1.2, 80 and 120; one half as 1, 2 and 50; -3 as 3."""
    found: set[Value] = set()
    for share in map(Fraction, shares):
        found |= {shortest(x) for x in (share, 1 - share, 1 + share)}
        found |= {shortest(100 * x) for x in (1 - share, 1 + share)}
    for value in [*written, *found]:
        if isinstance(value, Fraction) and 0 < value < 1:
            found |= {value.numerator, value.denominator, shortest(100 * value)}
    return found
