"""What a problem asks for: features read from its question and its reference solution.

They are read by word lists and patterns, never from a model's answer or from whether it was right,
so they are the same for every model. They describe the text, not what a reader must understand: a
"quarter" that is a coin counts as a fraction, and a bare "minute" as a unit of time. What needs the
reference solution (steps, operations, numbers not needed) is None where there is none.

Every pattern takes linear time on any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from netgain.analysis.problems.units import leading_unit, unit_factors, units_in
from netgain.records import Problem
from netgain.text.markup import plain
from netgain.text.numbers import CURRENCY, parse_number
from netgain.text.scan import numbers_in
from netgain.text.words import word_numbers_in

LARGEST = Fraction(10**12)  # a larger number says no more about a word problem
_AFTER = 20  # characters after a number in which its unit begins and ends

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
    not_needed: int | None  # numbers of the question that the reference never uses

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


@dataclass(frozen=True)
class Quantity:
    """A number in a question; `written` is whole, decimal, ratio, clock or word."""

    value: Fraction
    written: str
    percent: bool
    unit: str | None  # named right after it


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
    found = list(_quantities(question))
    reference = (solution.rpartition("####")[0] or solution).casefold()
    used = _numbers_used(reference)
    units = units_in(question)
    sizes = [abs(q.value) for q in found] + [*used]
    if answer is not None:
        sizes.append(abs(answer))
    not_needed = None
    if reference:
        factors = unit_factors(units | units_in(reference))
        not_needed = sum(not _is_used(q, used, factors) for q in found)
    return Features(
        problem_id=problem_id,
        category=category,
        words=len(question.split()),
        largest=min(max(sizes), LARGEST) if sizes else None,
        percent=_PERCENT.search(question) is not None,
        fractions=any(q.written == "ratio" for q in found)
        or _FRACTION_WORD.search(question) is not None,
        decimals=any(q.written == "decimal" for q in found),
        units=units,
        steps=steps,
        operations=_operations(reference) if reference else None,
        not_needed=not_needed,
    )


def _quantities(question: str) -> Iterator[Quantity]:
    """The numbers of a question, in figures and in words."""
    for number in numbers_in(question):
        if question.startswith(_ORDINAL, number.end):
            continue
        shown = question[number.start : number.end]
        value = LARGEST if number.value is None else number.value
        written = "clock" if ":" in shown else "ratio" if "/" in shown else "whole"
        if written == "whole" and value.denominator != 1:
            written = "decimal"
        sign = next((c for c in shown if c in CURRENCY), "")
        yield _quantity(value, written, sign or question[number.end : number.end + _AFTER])
    for end, value in _whole_words(question):
        yield _quantity(value, "word", question[end : end + _AFTER])


def _quantity(value: Fraction, written: str, after: str) -> Quantity:
    """A number with what follows it, or its currency sign."""
    after = after.lstrip(" -")
    percent = after.startswith(("%", "percent", "per cent"))
    return Quantity(value, written, percent, leading_unit(after))


def _whole_words(text: str) -> Iterator[tuple[int, Fraction]]:
    """Whole numbers in words, each with its end ("third" may be an ordinal, so no parts)."""
    for number in word_numbers_in(text):
        if number.value is not None and number.value.denominator == 1:
            yield number.end, number.value


def _numbers_used(reference: str) -> frozenset[Fraction]:
    """Every number that the reference writes, in figures or words, its calculations included."""
    figures = (_value(token) for token in set(_TOKEN.findall(reference)))
    words = (value for _, value in _whole_words(reference))
    return frozenset((*(value for value in figures if value is not None), *words))


@lru_cache(maxsize=4096)
def _value(token: str) -> Fraction | None:
    return parse_number(token)


def _is_used(
    quantity: Quantity, used: frozenset[Fraction], factors: Sequence[tuple[int, str, str]]
) -> bool:
    """Whether the reference uses a number, also in another form: 20% as 0.2, 0.8 or 80.

    "One", and "two" in words, are hardly ever quantities ("one of the two"); a clock time is often
    used as a difference. None of these is called unneeded.
    """
    value = abs(quantity.value)
    no_quantity = quantity.written == "clock" or value == 1
    if value in used or no_quantity or (quantity.written == "word" and value == 2):
        return True
    forms: set[Fraction] = set()
    if quantity.percent:
        forms = {value / 100, 1 - value / 100, 1 + value / 100, 100 - value, 100 + value}
    if value.denominator != 1:
        forms |= {value * 100, abs(1 - value), Fraction(int(value))}  # the last of 3 1/2
        if value.denominator in used and (value.numerator == 1 or value.numerator in used):
            return True
    for factor, smaller, larger in factors:
        if quantity.unit == larger:
            forms.add(value * factor)
        elif quantity.unit == smaller:
            forms.add(value / factor)
    return not forms.isdisjoint(used)


def _operations(reference: str) -> frozenset[str]:
    """Kinds of operation in the calculator annotations, or before each line's last equals sign."""
    sums = _ANNOTATION.findall(reference)
    if not sums:
        sums = [line.rpartition("=")[0] for line in reference.splitlines()]
    text = "\n".join(sums)
    for sign, plain_sign in _LATEX_SIGNS:
        text = text.replace(sign, plain_sign)
    return frozenset(_KIND_OF_SIGN[sign] for sign in _OPERATION.findall(text))
