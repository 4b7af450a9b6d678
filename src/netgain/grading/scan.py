"""Model output -> plain text -> the numbers in it, left to right.

Every pattern takes linear time on any input: repeats are possessive, bounded, or end at a
character that cannot occur inside them.

How a number is read, always the same way:

- A percent sign is a unit: "50%" is 50, never 0.5. So are currency signs and words after a number.
- Commas separate thousands where the groups fit ("1,234"); otherwise they separate numbers, of
  which the last counts ("10,20" is 20).
- A minus sign belongs to a number that it touches, unless it also touches a number, a letter or
  a bracket before it: "3-5" and "3 - 5" hold 3 and 5, "3 and -5" holds 3 and -5.
- A clock time counts in hours: "2:00 pm" is 2, "5:30" is 5.5.
- "1.5 million" is 1500000; "3 × 10^5" is 300000; "3½" and "3 1/2" are 3.5.
- Digits inside a word, a subscript or an exponent ("H2O", "x_1", "m^2") are not numbers, and
  what stands inside a calculator annotation `<<48/2=24>>` is not part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from netgain.numbers import CURRENCY, MAX_DIGITS, parse_number

_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_VULGAR = {
    "¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8",
    "⅞": "7/8",
}  # fmt: skip
_PLAIN = str.maketrans(
    {"−": "-", "–": "-", "‐": "-", "‑": "-", "⁄": "/", "\r": "\n"}
    | {"\N{ZERO WIDTH SPACE}": "", "\N{WORD JOINER}": ""}
    | {chr(0xFF10 + digit): str(digit) for digit in range(10)}  # full width
    | {sign: f" {ratio}" for sign, ratio in _VULGAR.items()}
)

_ANNOTATION = re.compile(r"<<[^<>\n]*+(?:>>|\Z)")
_DIGIT_SPACE = re.compile(
    r"(?<=[0-9])[\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}](?=[0-9]{3}(?![0-9]))"
)
_EMPHASIS = re.compile(r"(?<![0-9])\*\*|\*\*(?![0-9(])|`|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")
_LATEX_COMMA = re.compile(r"(?<=[0-9])(?:\\[,!]|\{,\})(?:\\!)?(?=[0-9]{3})")
_LATEX_FRACTION = re.compile(r"(?:([0-9])\s{0,4})?\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_POWER_OF_TEN = re.compile(
    r"(?<=[0-9])\s?(?:x|×|\*|\\times|\\cdot)\s?10\s?\^\s?\{?(-?[0-9]{1,3})(?![0-9])\}?"
)

_RUN = r"(?:[0-9]++(?:[.,][0-9]++)*+|(?<![\w.])\.[0-9]++)"
_NUMBER = re.compile(
    rf"""
    (?<![\w^]) (?<!\^[-{{(]) (?<!\^\{{-)
    (?P<sign>(?<![)\]}}%])-)? (?:[{CURRENCY}][ ]?)? (?P<inner_sign>(?<=[{CURRENCY}])-)?
    (?: (?P<hours>[0-9]{{1,2}}):(?P<minutes>[0-5][0-9])(?![0-9:])
      | (?P<mixed>[0-9]++[ ][0-9]++/[0-9]++)(?![/0-9]|[.,][0-9])
      | (?<![0-9]/)(?P<ratio>{_RUN}[ ]?/[ ]?{_RUN})(?!/)
      | (?P<decimal>{_RUN}(?:[eE][-+]?[0-9]++(?!\w))?)
    )
    (?: [ ]?-?(?P<scale>hundred|thousand|million|billion|trillion)\b )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Number:
    """A number found at `start:end` of a text; `value` is None where it is too large to read."""

    value: Fraction | None
    start: int
    end: int


def plain(text: str) -> str:
    """`text` without calculator annotations, markup and typographic variants of signs.

    >>> plain("She has **$1{,}200** − 3<<1200-3=1197>>")
    'She has $1,200 - 3'
    """
    text = _DIGIT_SPACE.sub(",", text).translate(_PLAIN)
    text = _ANNOTATION.sub(_gap, text)
    if "\\" in text or "{,}" in text:
        text = text.replace("\\$", "$").replace("\\%", "%").replace("\\#", "#")
        text = _LATEX_COMMA.sub(",", text)
        text = _LATEX_FRACTION.sub(_ratio, text)
    if "^" in text:
        text = _POWER_OF_TEN.sub(r"e\1", text)
    return _EMPHASIS.sub("", text)


def numbers_in(text: str, start: int = 0) -> Iterator[Number]:
    """The numbers from `start` on in text that `plain` has been through, left to right.

    >>> [str(number.value) for number in numbers_in("3-5 cakes at $1.50, -2 in all")]
    ['3', '5', '3/2', '-2']
    """
    for match in _NUMBER.finditer(text, start):
        number = _number(match)
        if number is not None:
            yield number


def last_number_in(text: str) -> Number | None:
    """The last of `numbers_in(text)`, without reading the ones before it."""
    for match in reversed(list(_NUMBER.finditer(text))):
        number = _number(match)
        if number is not None:
            return number
    return None


def _number(match: re.Match[str]) -> Number | None:
    """What a match stands for; None where it is no number at all (1.2.3, 1/0)."""
    if match["hours"]:
        value = int(match["hours"]) + Fraction(int(match["minutes"]), 60)
    else:
        token = match["mixed"] or match["ratio"] or match["decimal"]
        readable = parse_number(token)
        if readable is None:
            readable = _end_of_list(match, token)
        if readable is None:
            too_large = len(token) > MAX_DIGITS or "e" in token.lower()
            return Number(None, *match.span()) if too_large else None
        value = readable
    if match["scale"]:
        value *= _SCALES[match["scale"].lower()]
    negative = match["sign"] or match["inner_sign"]
    return Number(-value if negative else value, *match.span())


def _end_of_list(match: re.Match[str], token: str) -> Fraction | None:
    """The last of several numbers that look like one: of "5 9/3" it is 9/3, of "10,20" it is 20."""
    if match["mixed"]:
        return parse_number(token.partition(" ")[2])
    # Beyond this length it may as well be one huge number, which must not count by its end.
    return parse_number(token.rpartition(",")[2]) if len(token) <= MAX_DIGITS else None


def _gap(match: re.Match[str]) -> str:
    """Nothing, or a space where two numbers would otherwise run into one."""
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    return " " if before.isdigit() and after.isdigit() else ""


def _ratio(match: re.Match[str]) -> str:
    whole, top, bottom = (part.strip() for part in match.groups(""))
    return f"{whole} {top}/{bottom}" if whole else f"{top}/{bottom}"
