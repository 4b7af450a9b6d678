"""Model output -> plain text -> the numbers in it, left to right.

Every pattern takes linear time on any input: repeats are possessive, bounded, or end at a
character that cannot occur inside them. How a number is read is fixed, and written down in
docs/grading.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from netgain.text.markup import plain
from netgain.text.numbers import CURRENCY, MAX_DIGITS, parse_number

__all__ = ["Number", "last_number_in", "numbers_in", "plain"]

_SCALES = {
    "k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "cr": 10**7,
    "hundred": 10**2,
    **dict.fromkeys(("thousand", "thousands", "tausend", "mille", "mila", "mil", "ribu"), 10**3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 10**5),
    **dict.fromkeys(
        ("million", "millions", "millionen", "millones", "milioni", "milyon", "juta", "mio"), 10**6
    ),
    **dict.fromkeys(("crore", "crores"), 10**7),
    **dict.fromkeys(
        ("billion", "billions", "milliarden", "milliard", "milliards", "miliardi", "milyar",
         "miliar", "mrd"), 10**9
    ),
    **dict.fromkeys(("trillion", "trillions"), 10**12),
}  # fmt: skip
_LETTERS = ("k", "m", "mn", "b", "bn", "cr")
_SCALE = "|".join(sorted(_SCALES.keys() - set(_LETTERS), key=len, reverse=True))
_PORTIONS = {"half": 2, "third": 3, "quarter": 4}
_COUNTS = {"": 1, "a": 1, "one": 1, "two": 2, "three": 3}
_BITS = 4 * MAX_DIGITS  # of a power's result; beyond that it has more digits than are read

_RUN = r"(?:[0-9]++(?:[.,][0-9]++)*+|(?<![\w.])\.[0-9]++)"
# Groups of three after a space or an apostrophe; "3 120-page books" are not 3120.
_SPACED = (
    r"(?<![0-9][ ,.])[1-9][0-9]{0,2}+(?:[ '’][0-9]{3})++(?:[.,][0-9]++)?+"
    r"(?![0-9:/]|[ ][0-9/]|-[a-z])"
)
# Codes of currencies that are written right before a number: "USD34.6", "Rs500".
_CODES = (
    "usd|eur|gbp|jpy|cny|rmb|inr|idr|krw|brl|cad|aud|nzd|sgd|hkd|twd|ntd|chf|sek|nok|dkk|pln|czk"
    "|huf|ron|rub|uah|try|mxn|cop|clp|ars|php|thb|vnd|myr|zar|ngn|kes|ksh|ghs|egp|aed|sar|qar|ils"
    "|pkr|bdt|lkr|irr|usdt|rs|rp|rm|kr|tk|tl"
)
_GLUED = "|".join(
    rf"(?<=(?<![a-z])(?:{'|'.join(code for code in _CODES.split('|') if len(code) == n)}))"
    for n in (2, 3, 4)
)
_CODE_BEFORE = re.compile(
    rf"(?:\A|[\s=:(])-\s?(?:(?:{_CODES})\.?|[a-z]{{1,3}}(?=\$))\$?\s?\Z", re.IGNORECASE
)
# Where thousands have a point and money no thousandths: "2.000 Euro", "15.000 TL", "Rp2.500".
_POINTED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_POINT_GROUPS_BEFORE = re.compile(
    r"(?:[€₫₺]|\b(?:eur|rp|idr|brl|tl|try|vnd|r\$))\s?\Z", re.IGNORECASE
)
_POINT_GROUPS = re.compile(
    r"\s?(?:[€₺₫]|,-(?![0-9])|(?:euros?|eur|tl|try|lira|đ(?:ồng)?|dong|vn[dđ]|idr|rp|rupiah|reais|brl|pesos"
    r"|cop|clp|kr|kronen?|kronor|dkk|nok|sek|lei|ron|forint|ft|huf)\b)",
    re.IGNORECASE,
)
# Another way to say the same quantity: 50% is 1/2, 50 cents 1/2 (of a dollar), 2 dozen 24.
_ALSO = re.compile(
    r"\s?(?:%|per\s?cent\b|(?P<cents>¢|cents?\b)|(?P<dozen>dozens?\b))", re.IGNORECASE
)
# Dates, lengths as 5'6" and hexadecimal digits stand for no one number.
_NO_NUMBER = (
    r"[0-3]?[0-9]/[0-3]?[0-9]/(?:19|20)[0-9]{2}(?![0-9/])"
    r"|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](?![0-9])"
    r"|[0-9]{1,3}['’′][ ]?[0-9]{1,2}(?:[\"”″]|'')|0x[0-9a-f]++"
)
_NUMBER = re.compile(
    rf"""
    (?=[-.0-9{CURRENCY}])
    (?:(?<![\w^])|{_GLUED}) (?<!\^[-{{(]) (?<!\^\{{-)
    (?P<sign>(?<![)\]}}%])-(?:(?:(?<=[=≈]-)|(?<=[=≈][ ]-))[ ])?)?
    (?P<currency>[{CURRENCY}][ ]?)? (?P<inner>(?<=[{CURRENCY}])-)?
    (?: (?P<none>{_NO_NUMBER})
      | (?P<clock>[0-9]{{1,2}}:[0-5][0-9](?::[0-5][0-9])?)(?![0-9:])
      | (?P<to_one>[0-9]++:[0-9]++)(?![0-9:]|[.,][0-9])
      | (?P<mixed>[0-9]++[ ]{{1,3}}(?:and[ ]{{1,3}})?[0-9]++/[0-9]++
          | (?<![-+*/=(]) (?<![-+*/=(][ ]) [0-9]++-[0-9]++/[0-9]++ (?![ ]?[-+*/=)]))
        (?![/0-9]|[.,][0-9])
      | (?<![0-9]/)(?P<ratio>{_RUN}[ ]?/[ ]?{_RUN})(?!/)
      | (?P<spaced>{_SPACED})
      | (?P<decimal>{_RUN}(?:e[-+]?[0-9]++(?!\w))?)
        (?P<power>(?:[ ]?(?:\^|\*\*)[ ]?[{{(]?-?[0-9]++[)}}]?)++)?
    )
    (?: [ ]?-?(?P<scale>{_SCALE})\b
      | (?P<letter>k|(?(currency)(?:mn?|bn?|[ ]?cr)|k))\b
      | [ ]and[ ](?:(?P<count>a|one|two|three)[ -])?(?P<portion>half|third|quarter)s?\b )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_POWERS = re.compile(r"-?[0-9]+")
_RATIO = re.compile(r"\b(?:ratio|proportion|odds|scale)\b", re.IGNORECASE)
_LOOK_BACK = 60


class Number(NamedTuple):
    """A number found at `start:end` of a text. Without a value, `why` is the reason.

    `also` is the same quantity said otherwise, by its unit: 50% is 1/2, 50 cents are 1/2 (of a
    dollar), 2 dozen are 24. Either may be what the right answer counts.
    """

    value: Fraction | None
    start: int
    end: int
    why: str = ""
    also: Fraction | None = None

    def with_sign(self, sign: int) -> Number:
        """The number times `sign`, 1 or -1."""
        value, also = (None if part is None else part * sign for part in (self.value, self.also))
        return self._replace(value=value, also=also)


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
    start, end = match.span()
    if match["none"]:
        return None
    if match["clock"] or match["to_one"]:
        value = _with_colon(match)
        if value is None:
            return None
    else:
        token = match["decimal"] or match["ratio"] or match["spaced"] or match["mixed"]
        if match["mixed"]:
            token = " ".join(token.replace("and", " ").replace("-", " ").split())
        value = parse_number(token)
        if value is None:
            value = _irregular(match, token)
        if value is not None and match["power"]:
            value = _power(value, match["power"])
        if value is None:
            huge = match["power"] or len(token) > MAX_DIGITS or "e" in token.lower()
            return Number(None, start, end, "too_large") if huge else None
    scale = (match["scale"] or match["letter"] or "").strip().lower()
    if scale:
        value *= 10**6 if scale == "mil" and match["currency"] else _SCALES[scale]
    elif match["portion"]:
        count = _COUNTS[(match["count"] or "").lower()]
        value += Fraction(count, _PORTIONS[match["portion"].lower()])
    elif match["decimal"] and _POINTED.fullmatch(match["decimal"]) and _groups_by_points(match):
        value *= 1000
    negative = match["sign"] or match["inner"] or _minus_before_code(match.string, start)
    return Number(
        -value if negative else value, start, end, "", other_unit(match.string, end, value)
    )


def other_unit(text: str, end: int, value: Fraction) -> Fraction | None:
    """The quantity of `value` and the unit at `end` in another unit; see `Number.also`.

    Cents count in dollars only below a dollar, where nobody would write it otherwise.
    """
    unit = _ALSO.match(text, end)
    if unit is None or (unit["cents"] and abs(value) >= 100):
        return None
    return value * 12 if unit["dozen"] else value / 100


def _groups_by_points(match: re.Match[str]) -> bool:
    """Whether the currency beside "2.000" is one that is written with points between thousands."""
    before = match.string[max(0, match.start("decimal") - 6) : match.start("decimal")]
    return bool(
        _POINT_GROUPS_BEFORE.search(before) or _POINT_GROUPS.match(match.string, match.end())
    )


def _minus_before_code(text: str, start: int) -> bool:
    """ "-US$5", "-Rs500", "-EUR 5"."""
    before = text[max(0, start - 8) : start]
    return "-" in before and _CODE_BEFORE.search(before) is not None


def _with_colon(match: re.Match[str]) -> Fraction | None:
    """A clock time in hours, or a ratio: where the text just before says so, or it is no time."""
    before = match.string[max(0, match.start() - _LOOK_BACK) : match.start()]
    parts = [int(part[:MAX_DIGITS]) for part in match[0].lstrip("-").split(":") if part.isdigit()]
    if match["to_one"] or (len(parts) == 2 and _RATIO.search(before)):
        return Fraction(parts[0], parts[1]) if len(parts) == 2 and parts[1] else None
    return sum((Fraction(part, 60**place) for place, part in enumerate(parts)), Fraction(0))


def _power(base: Fraction, powers: str) -> Fraction | None:
    """`base` to `powers` ("^2", "**9**9"), from the right; None where it has too many digits."""
    exponent = 1
    for part in reversed(_POWERS.findall(powers)):
        if len(part) > 4 or exponent < 0 or abs(exponent) * len(part) > _BITS:
            return None
        exponent = int(part) ** exponent
        if abs(exponent) > _BITS:
            return None
    size = max(abs(base.numerator), base.denominator).bit_length() - 1
    if size * abs(exponent) > _BITS or (exponent < 0 and not base):
        return None
    return base**exponent


def _irregular(match: re.Match[str], token: str) -> Fraction | None:
    """What no single number is: of "5 9/3" and "1,2,3" the last, of "1,44000" without its comma."""
    if match["mixed"]:
        return parse_number(token.rpartition(" ")[2])
    # Beyond this length it may as well be one huge number, which must not count by its end.
    if len(token) > MAX_DIGITS:
        return None
    _, *groups = token.split(",")
    misplaced = any(len(group) >= 3 for group in groups)
    return parse_number(token.replace(",", "") if misplaced else token.rpartition(",")[2])
