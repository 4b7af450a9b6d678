"""Numbers written in words: "twenty-five", "a hundred and five", "two thirds", "a dozen".

They are read only where an answer is stated in words; in running text "one" is most often no
number. "dozen" is a unit, as it is after digits ("two dozen" is 2), except in "a dozen", where
nothing else gives the number.
"""

import re
from fractions import Fraction

from netgain.text.scan import Number, other_unit

_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SMALL = {word: value for value, word in enumerate(_UNITS)} | {
    word: value * 10 for value, word in enumerate(_TENS, start=2)
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4,
    "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8,
    "tenth": 10, "tenths": 10,
}  # fmt: skip
_WORD = "|".join(sorted({*SMALL, *_SCALES, *_PARTS, "hundred"}, key=len, reverse=True))
_CHINESE_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_CHINESE_SCALES = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(
    r"[\s:*]{0,4}(?P<number>[零一二三四五六七八九两十百千万]{1,12}+)"
    r"(?![零一二三四五六七八九两十百千万亿点]|分之)"
)
_FIXED = {"a dozen": 12, "half a dozen": 6, "a couple": 2, "a pair": 2}
_GAP = r"(?:\s?-\s?|\s+)"
_WORDS = re.compile(
    rf"(?:(?P<minus>minus|negative)\s+)?"
    rf"(?P<words>\bhalf\s+a\s+dozen\b|\ba\s+(?:dozen|couple|pair)\b|\b(?:an?\s+(?=half|hundred|third|quarter|thousand|million|billion))?+"
    rf"(?:{_WORD})\b(?:{_GAP}(?:and\s+(?:an?\s+(?={_WORD}))?)?(?:{_WORD})\b){{0,20}}+)",
    re.IGNORECASE,
)


def word_numbers_in(text: str) -> list[Number]:
    """The numbers in words of a short text, left to right; what is no number is left out.

    >>> [str(number.value) for number in word_numbers_in("Twenty-five hats, or two thirds of it")]
    ['25', '2/3']
    """
    found = []
    for match in _WORDS.finditer(text):
        value = _value(re.split(r"[\s-]+", match["words"].lower()))
        if value is not None:
            also = other_unit(text, match.end(), value)
            number = Number(value, *match.span(), also=also)
            found.append(number.with_sign(-1) if match["minus"] else number)
    return found


def _value(words: list[str]) -> Fraction | None:
    if " ".join(words) in _FIXED:
        return Fraction(_FIXED[" ".join(words)])
    words = [word for word in words if word != "and"]
    if words[-1] in _PARTS:
        return _with_part(words)
    return _whole(words)


def _with_part(words: list[str]) -> Fraction | None:
    """ "two thirds", "half", "three and a quarter", "one and two thirds"."""
    part = Fraction(1, _PARTS[words[-1]])
    rest = words[:-1]
    if rest[-1:] in (["a"], ["an"]):
        whole = _whole(rest[:-1]) if rest[:-1] else Fraction(0)
        return None if whole is None else whole + part
    if len(rest) == 2 and all(word in SMALL for word in rest):
        return SMALL[rest[0]] + SMALL[rest[1]] * part
    count = _whole(rest) if rest else Fraction(1)
    return None if count is None else count * part


def _whole(words: list[str]) -> Fraction | None:
    """Words of a whole number; None where their order makes none ("two three")."""
    if not words or words[0] == "hundred" or words[0] in _SCALES:
        return None
    total = current = 0
    smaller_than = 100  # what a next small word must be below
    for word in words:
        if word in ("a", "an"):
            current = 1
        elif word == "hundred":
            current, smaller_than = max(current, 1) * 100, 100
        elif word in _SCALES:
            total, current, smaller_than = total + max(current, 1) * _SCALES[word], 0, 100
        elif word in SMALL and SMALL[word] < smaller_than:
            value = SMALL[word]
            current, smaller_than = current + value, 10 if value >= 20 else 0
        else:
            return None
    return Fraction(total + current)


def chinese_number(text: str) -> Number | None:
    """The number in Chinese characters that `text` begins with: 十八 is 18, 一千二百零五 is 1205.

    None for digits said one by one (一二三), fractions (三分之一) and scales out of order.
    """
    match = _CHINESE.match(text)
    if match is None:
        return None
    total = section = digit = 0
    smaller_than = 10**4  # what a next scale must be below
    before = ""
    for sign in match["number"]:
        if sign in _CHINESE_DIGITS:
            if before in _CHINESE_DIGITS and before != "零":
                return None
            digit = _CHINESE_DIGITS[sign]
        elif sign == "万":
            if total or not section + digit:
                return None
            total, section, digit, smaller_than = (section + digit) * 10**4, 0, 0, 10**4
        else:
            if _CHINESE_SCALES[sign] >= smaller_than:
                return None
            smaller_than = _CHINESE_SCALES[sign]
            section, digit = section + (digit or 1) * smaller_than, 0
        before = sign
    return Number(Fraction(total + section + digit), *match.span("number"))
