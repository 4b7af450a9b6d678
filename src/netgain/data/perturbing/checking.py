"""A finished variant, read again from its text alone: does it still say one thing?"""

import re
from fractions import Fraction

from netgain.diagnosis.equations import Equation, noted, read_equations
from netgain.diagnosis.plain import plain, without_notes
from netgain.errors import DataError
from netgain.grading.gold import gold_answer
from netgain.records import Problem

_FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")


def is_sound(original: Problem, variant: Problem) -> bool:
    """Whether every annotation holds, the visible equations with them, and the answer is the last.

    The wording must be the original's: nothing but figures differs.
    """
    if original.question == variant.question or original.answer == variant.answer:
        return False
    for before, after in (
        (original.question, variant.question),
        (original.solution, variant.solution),
    ):
        if _FIGURES.sub("0", before) != _FIGURES.sub("0", after):
            return False
    try:
        if gold_answer(variant.solution) != variant.answer:
            return False
    except DataError:
        return False
    lines = zip(original.solution.split("\n"), variant.solution.split("\n"), strict=True)
    return all(_line_holds(before, after) for before, after in lines)


def _line_holds(before: str, after: str) -> bool:
    shown, notes = without_notes(after)
    for note in notes:
        equations = noted(note)
        if len(equations) != 1 or not _is_exact(equations[0]):
            return False
    old = read_equations(plain(without_notes(before)[0])).equations
    new = read_equations(plain(shown)).equations
    return len(old) == len(new) and all(
        _is_exact(now) or _says_the_same(was, now) for was, now in zip(old, new, strict=True)
    )


def _is_exact(equation: Equation) -> bool:
    left, right = equation.left.value, equation.right.value
    return left is not None and right is not None and Fraction(left) == right


def _says_the_same(before: Equation, after: Equation) -> bool:
    """An equation that did not hold as read ("1 hour = 60 minutes") must not have changed."""
    return not _is_exact(before) and before.text == after.text
