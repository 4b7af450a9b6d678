"""Numbers in figures: where they stand in a text, and another value in the same style."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from netgain.text.numbers import parse_number

MAX_DIGITS = 12  # of one number
_NUMERAL = re.compile(r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?|(?<![\d.])\.\d++", re.ASCII)
_ARTICLE = re.compile(r"\b(?:a|an) [$€£]?\Z", re.IGNORECASE)
_PERCENT = re.compile(r" ?%|[ -]percent\b")
_CENTS = re.compile(r" ?¢|[ -]cents?\b")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in figures at text[start:end]; `percent`, `cents`, `after_article`: beside it."""

    start: int
    end: int
    text: str
    value: Fraction
    percent: bool
    cents: bool
    after_article: bool


def numerals_in(text: str) -> list[Numeral] | None:
    """The numbers in figures of a text, in order; None where one of them is not readable.

    >>> [(n.text, n.percent) for n in numerals_in("1,200 cups at $2.50, 20% off") or ()]
    [('1,200', False), ('2.50', False), ('20', True)]
    """
    found = []
    for match in _NUMERAL.finditer(text):
        value = parse_number(match[0]) if len(match[0]) <= MAX_DIGITS else None
        if value is None:
            return None
        start, end = match.span()
        found.append(
            Numeral(
                start,
                end,
                match[0],
                value,
                _PERCENT.match(text, end) is not None,
                _CENTS.match(text, end) is not None,
                _ARTICLE.search(text[max(0, start - 5) : start]) is not None,
            )
        )
    return found


def replaced(text: str, changes: Iterable[tuple[Numeral, Fraction]]) -> str:
    """`text` with numerals, given in order, at their new values."""
    pieces, at = [], 0
    for numeral, value in changes:
        new = numeral.text if value == numeral.value else written_as(value, numeral.text)
        pieces += [text[at : numeral.start], new]
        at = numeral.end
    return "".join([*pieces, text[at:]])


def written_as(value: Fraction, style: str) -> str:
    """A positive value with the decimals, the grouping and the leading zero of `style`.

    Raises:
        ValueError: the value needs more decimals than the style has.

    >>> written_as(Fraction(2300), "1,200"), written_as(Fraction(1, 4), ".50")
    ('2,300', '.25')
    """
    places = len(style.partition(".")[2])
    scaled = value * 10**places
    if scaled.denominator != 1:
        raise ValueError(f"{value} has more than {places} decimals")
    digits = str(scaled.numerator).zfill(places + 1)
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    if "," in style:
        whole = f"{int(whole):,}"
    if style.startswith(".") and whole == "0":
        whole = ""
    return f"{whole}.{part}" if places else whole


def decimals(value: Fraction) -> int | None:
    """How many decimals a value needs; None for more than six, or without end.

    >>> decimals(Fraction(5, 4)), decimals(Fraction(1, 3))
    (2, None)
    """
    return next((n for n in range(7) if 10**n % value.denominator == 0), None)


def whole_digits(value: Fraction) -> int:
    """Digits before the point; 0 below one.

    >>> whole_digits(Fraction(120)), whole_digits(Fraction(1, 2))
    (3, 0)
    """
    return len(str(int(value))) if value >= 1 else 0


def takes_an(value: Fraction) -> bool | None:
    """Whether "an" stands before a number read aloud; None where people differ (1100, 1800).

    >>> takes_an(Fraction(80)), takes_an(Fraction(11)), takes_an(Fraction(110))
    (True, True, False)
    """
    digits = str(int(value))
    if digits[:2] in ("11", "18") and len(digits) % 3 == 2:
        return True
    if digits[:2] in ("11", "18") and len(digits) == 4:
        return None
    return digits.startswith("8")
