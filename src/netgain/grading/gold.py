"""The right answer of a problem, read from its data."""

import re
from fractions import Fraction

from netgain.errors import DataError
from netgain.grading.marks import boxed
from netgain.grading.phrase import EQUALS, leading_number, settled
from netgain.grading.statements import stated
from netgain.text.markup import plain
from netgain.text.numbers import parse_number
from netgain.text.scan import numbers_in

_SHOWN = 80
_LONGEST = 400  # characters; no number within bounds is longer
_UNITS = re.compile(r"[\W_]*(?:[^\W\d_]+[\W_]*){0,6}")


def gold_answer(answer_text: str) -> Fraction:
    """The right answer, from a bare number or from a solution that marks it.

    It is what follows the last `####` on its line. Without one it is what the text marks as its
    answer (`\\boxed{…}`, "The answer is …"), or a number with at most six words of unit: "18 hats",
    "8 (things)". The number is read as in a model's answer. A percent sign is a unit, as it is in
    the graders: "50%" is 50.

    Raises:
        DataError: the answer cannot be read as one number. That is a fault of the data; grading
            against it would count every model as wrong.
    """
    _, hashes, after = answer_text.rpartition("####")
    token = after.strip().partition("\n")[0].strip() if hashes else answer_text.strip()
    value = parse_number(token.removesuffix("%"))
    if value is None and not hashes:
        value = _marked(token)
    if value is None and len(token) <= _LONGEST and token.isprintable():
        value = _with_unit(plain(token).strip(" $%"))
    if value is None:
        shown = token if len(token) <= _SHOWN else f"{token[:_SHOWN]}…"
        raise DataError(
            f"the gold answer {shown!r} is not a number within bounds; expected a number, or a "
            "solution that ends in '#### <number>' or marks its answer as '\\boxed{<number>}'"
        )
    return value


def _marked(text: str) -> Fraction | None:
    for find in (boxed, stated):
        mark = find(text, 0, len(text))
        if mark is not None:
            return mark.number.value
    return None


def _with_unit(phrase: str) -> Fraction | None:
    number = next(numbers_in(phrase), None)
    if number and (number.start, number.end) == (0, len(phrase)):
        return number.value
    first = leading_number(phrase)
    if first is None:
        return None
    number = settled(phrase, first)
    if number.start > first.end and not any(sign in phrase for sign in EQUALS):
        return None  # a range has two ends
    return number.value if _UNITS.fullmatch(phrase, number.end) else None
