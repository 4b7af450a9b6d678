"""What a problem asks for: features read from its question and its reference solution.

They are read by word lists and patterns, never from a model's answer or from whether it was right,
so they are the same for every model. They describe the text, not what a reader must understand: a
"quarter" that is a coin counts as a fraction, and a bare "minute" as a unit of time. What needs the
reference solution (steps, operations) is None where there is none.

Every pattern takes linear time on any text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from netgain.analysis.problems.unit_words import units_in
from netgain.records import Problem
from netgain.text.markup import plain
from netgain.text.numbers import parse_number
from netgain.text.scan import numbers_in
from netgain.text.words import word_numbers_in

_value = lru_cache(maxsize=4096)(parse_number)
LARGEST = Fraction(10**12)  # a larger number says no more about a word problem

_ORDINAL = ("st", "nd", "rd", "th")
_FRACTION_WORD = re.compile(
    r"\b(?:half|halves|(?:an?|one|two|three|four|five|six|seven|eight|nine)[- ]"
    r"(?:third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth)s?)\b"
)
_PERCENT = re.compile(r"%|\bper\s?cent(?:age)?s?\b")
_TOKEN = re.compile(r"[0-9]+(?:,[0-9]{3})*+(?:\.[0-9]+)?|\.[0-9]+")
_ANNOTATION = re.compile(r"<<([^<>\n=]*+)")
_LATEX_SIGNS = (("\\times", "*"), ("\\cdot", "*"), ("\\div", "/"), ("frac{", "0/("))
_OPERATION = re.compile(r"(?<=[0-9)%.])[ ]?([-−–+*×x/÷])[ ]?(?=[$€£(]?\.?[0-9(])")
_KIND_OF_SIGN = {
    "+": "addition", "-": "subtraction", "−": "subtraction", "–": "subtraction",
    "*": "multiplication", "×": "multiplication", "x": "multiplication",
    "/": "division", "÷": "division",
}  # fmt: skip


@dataclass(frozen=True)
class Features:
    """One problem's features; docs/difficulty.md defines each.

    `largest` is the size of the largest number in the question or the reference (at most
    `LARGEST`), None where there is no number. `units` are (dimension, unit) pairs of the question.
    """

    problem_id: str
    category: str | None
    words: int
    largest: Fraction | None
    percent: bool
    fractions: bool
    decimals: bool
    units: frozenset[tuple[str, str]]
    steps: int | None
    operations: frozenset[str] | None

    @property
    def money(self) -> bool:
        return any(dimension == "money" for dimension, _ in self.units)

    @property
    def measures(self) -> bool:
        """Whether a unit other than money stands in the question."""
        return any(dimension != "money" for dimension, _ in self.units)

    @property
    def mixed_units(self) -> bool:
        """Whether units of one dimension are mixed (hours and minutes), or dozens are counted."""
        dimensions = [dimension for dimension, _ in self.units]
        return len(set(dimensions)) < len(dimensions) or "count" in dimensions


def features_of(problem: Problem) -> Features:
    """Read one problem."""
    p = problem
    return _features(p.id, p.question, p.solution, p.answer, p.category, p.steps)


# The same problems are read for each model and for each analysis of a report.
@lru_cache(maxsize=20_000)
def _features(
    problem_id: str,
    question: str,
    solution: str,
    answer: Fraction | None,
    category: str | None,
    steps: int | None,
) -> Features:
    question = plain(question).casefold()
    reference = (solution.rpartition("####")[0] or solution).casefold()
    figures = list(_in_figures(question))
    sizes = [abs(value) for value, _ in figures]
    sizes += [*_in_words(question), *_in_words(reference), *_written(reference)]
    if answer is not None:
        sizes.append(abs(answer))
    return Features(
        problem_id=problem_id,
        category=category,
        words=len(question.split()),
        largest=min(max(sizes), LARGEST) if sizes else None,
        percent=_PERCENT.search(question) is not None,
        fractions=any("/" in shown for _, shown in figures)
        or _FRACTION_WORD.search(question) is not None,
        decimals=any(v.denominator != 1 and not {"/", ":"} & {*shown} for v, shown in figures),
        units=units_in(question),
        steps=steps,
        operations=_operations(reference) if reference else None,
    )


def _in_figures(question: str) -> Iterator[tuple[Fraction, str]]:
    """The numbers of a question in figures, each with how it is written."""
    for number in numbers_in(question):
        if not question.startswith(_ORDINAL, number.end):
            value = LARGEST if number.value is None else number.value
            yield value, question[number.start : number.end]


def _in_words(text: str) -> Iterator[Fraction]:
    """Whole numbers in words ("third" may be an ordinal, so no parts)."""
    for number in word_numbers_in(text):
        if number.value is not None and number.value.denominator == 1:
            yield number.value


def _written(reference: str) -> Iterator[Fraction]:
    """Every number that the reference writes in figures, its calculations included."""
    for token in set(_TOKEN.findall(reference)):
        value = _value(token)
        if value is not None:
            yield value


def _operations(reference: str) -> frozenset[str]:
    """Kinds of operation in the calculator annotations, or before each line's last equals sign."""
    sums = _ANNOTATION.findall(reference)
    if not sums:
        sums = [line.rpartition("=")[0] for line in reference.splitlines()]
    text = "\n".join(sums)
    for sign, plain_sign in _LATEX_SIGNS:
        text = text.replace(sign, plain_sign)
    return frozenset(_KIND_OF_SIGN[sign] for sign in _OPERATION.findall(text))
