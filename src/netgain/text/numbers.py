"""Numbers in text <-> exact rationals, with bounds on size.

Reads one number token; it does not look for numbers in running text (`scan` does),
and it gives no meaning to a percent sign, a unit or a scale word. Every answer is a `Fraction`,
so 0.1 + 0.2 is 0.3 and no two different numbers are ever equal.
"""

import re
from fractions import Fraction

MAX_DIGITS = 60
MAX_EXPONENT = 60
CURRENCY = "$€£¥₹₩₽¢₺₴₫₱₪₦฿₡₲₵₸₭₮₼₾₨৳₿"

_LIMIT = 10**MAX_DIGITS
# Three numbers of 60 digits, each with its separators, are the most a token within bounds needs.
_MAX_LENGTH = 6 * MAX_DIGITS
# Groups of three (1,234,567), or the Indian grouping (12,34,567).
_GROUPS = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_SPACED = r"[1-9][0-9]{0,2}(?:[ '’\u00a0\u2009\u202f][0-9]{3})+(?:[.,][0-9]+)?"
# A comma before decimals (1.234,5 and 1,5), or points between groups (1.234.567).
_EUROPEAN = (
    r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
    r"|0,[0-9]+|[0-9]{4,},[0-9]+|[0-9]+,[0-9]{1,2}"
)
_DECIMAL = rf"(?:(?:{_GROUPS}|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+|{_SPACED}|{_EUROPEAN})"
_COMMAS_GROUP = re.compile(rf"(?:{_GROUPS})(?:\.|\Z)")
_SPACES = str.maketrans("", "", " '’\u00a0\u2009\u202f")
_TOKEN = re.compile(
    rf"""
    (?P<sign>[-+])? \s? [{CURRENCY}]? \s? (?P<inner_sign>[-+])?
    (?: (?P<mixed>[0-9]+) [ ] (?P<part>[0-9]+) / (?P<parts>[0-9]+)
      | (?P<top>{_DECIMAL}) \s?/\s? (?P<bottom>{_DECIMAL})
      | (?P<decimal>{_DECIMAL}) (?:[eE](?P<exponent>[-+]?[0-9]+))?
    )
    """,
    re.VERBOSE,
)


def parse_number(text: str) -> Fraction | None:
    """The number that `text` is, or None where it is not one number within bounds.

    Accepts a sign (also "−"), a currency sign, thousands separators (commas, spaces of three
    widths, apostrophes), decimals, a fraction, a mixed number and scientific notation. One comma
    before one or two digits begins decimals: "1,234" is 1234, "1,5" is 1.5, "1.234,5" is
    1234.5. More than `MAX_DIGITS` digits, an exponent beyond ±`MAX_EXPONENT` and a value that
    needs more digits than that are refused.

    >>> parse_number("-$1,234.50")
    Fraction(-2469, 2)
    """
    token = text.strip()
    if token.isdigit() and token.isascii() and len(token) <= MAX_DIGITS:
        return Fraction(int(token))
    if len(token) > _MAX_LENGTH:
        return None
    match = _TOKEN.fullmatch(token.replace("\N{MINUS SIGN}", "-"))
    if match is None or (match["sign"] and match["inner_sign"]):
        return None
    value = _magnitude(match)
    if value is None or value.numerator >= _LIMIT or value.denominator >= _LIMIT:
        return None
    return -value if "-" in (match["sign"], match["inner_sign"]) else value


def format_number(value: Fraction) -> str:
    """`value` as text: integers and terminating decimals plainly, anything else as `a/b`.

    `parse_number` reads it back to the same value wherever it has at most `MAX_DIGITS` digits.

    >>> format_number(Fraction(-5, 2)), format_number(Fraction(1, 3))
    ('-2.5', '1/3')
    """
    places = _decimal_places(value.denominator)
    if places is None or value.denominator == 1:
        return str(value)
    digits = str(abs(value.numerator) * 10**places // value.denominator).zfill(places + 1)
    if len(digits) > MAX_DIGITS:
        return str(value)
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _magnitude(match: re.Match[str]) -> Fraction | None:
    if match["mixed"]:
        whole, part, parts = (_decimal(match[name]) for name in ("mixed", "part", "parts"))
        if whole is None or part is None or not parts or part >= parts:
            return None
        return whole + part / parts
    if match["top"]:
        top, bottom = _decimal(match["top"]), _decimal(match["bottom"])
        return None if top is None or not bottom else top / bottom
    value = _decimal(match["decimal"])
    if value is None or match["exponent"] is None:
        return value
    exponent = int(match["exponent"])
    return value * Fraction(10) ** exponent if abs(exponent) <= MAX_EXPONENT else None


def _decimal(token: str) -> Fraction | None:
    digits = token.translate(_SPACES)
    grouped = len(digits) == len(token) and _COMMAS_GROUP.match(digits)
    point = "," if ("," in digits and not grouped) or digits.count(".") > 1 else "."
    whole, _, fraction = digits.replace("." if point == "," else ",", "").partition(point)
    if len(whole) + len(fraction) > MAX_DIGITS:
        return None
    return Fraction(int(whole + fraction), 10 ** len(fraction))


def _decimal_places(denominator: int) -> int | None:
    """Digits after the point of a fraction in lowest terms, None where they never end."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    return places if rest == 1 and places <= MAX_DIGITS else None
