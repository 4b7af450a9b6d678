"""The right answer of a problem, read from its data."""

from __future__ import annotations

from fractions import Fraction

from netgain.errors import DataError
from netgain.grading.markup import plain
from netgain.grading.scan import numbers_in
from netgain.numbers import parse_number

_SHOWN = 80
_LONGEST = 400  # characters; no number within bounds is longer


def gold_answer(answer_text: str) -> Fraction:
    """The answer in a GSM8K solution (what follows its last `####`) or in a bare number.

    The number is read as in a model's answer, but must be all there is: "18 hats" is refused. A
    percent sign is a unit, as it is in the graders: "50%" is 50.

    Raises:
        DataError: the answer cannot be read as one number. That is a fault of the data; grading
            against it would count every model as wrong.
    """
    token = answer_text.rpartition("####")[2].strip()
    value = parse_number(token.removesuffix("%"))
    if value is None and len(token) <= _LONGEST:
        value = _only_number(plain(token).strip(" $%"))
    if value is None:
        shown = token if len(token) <= _SHOWN else f"{token[:_SHOWN]}…"
        raise DataError(
            f"the gold answer {shown!r} is not a number within bounds; "
            "expected a bare number or a solution ending in '#### <number>'"
        )
    return value


def _only_number(token: str) -> Fraction | None:
    number = next(numbers_in(token), None)
    return number.value if number and (number.start, number.end) == (0, len(token)) else None
