"""Text -> the tokens that arithmetic is made of, and the numbers that are written as words.

One pass of one pattern, in which every repeat is possessive or bounded, so the time is linear in
the length on any input. Words are no tokens: what stands between two tokens is looked at where it
matters (a unit may stand between a number and an operator).
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from netgain.diagnosis.vocabulary import CARDINALS, CONSTANTS, PARTS, SCALES, Value
from netgain.text.numbers import parse_number

# Spaces before a token are taken with it: trying every alternative at every space is slow.
_SCAN = re.compile(
    r"""[ ]*+(?:
    ((?<=[\d)%\ ])[xX](?=\ ?[\d($.]))                                     # x: 3 x 4
  | ([^\W\d_]{2,}+)(?!\w)                                                 # w: a word
  | ([^\W\d]\w*+)                                                         # i: a letter or a name
  | (\d{1,6}\ \d{1,4}/\d{1,4})(?![\d/.]|,\d)                              # n: a mixed number
  | (\d{1,2}:\d\d(?:\ ?[ap]\.?m\b)?)                                     # c: the time of day
  | ([$€£]\ ?\d{1,3}(?:\ \d{3})++(?!\d)(?:\.\d++)?                       # n: a number
        |(?:[$€£¥]\ ?)?(?:\d{1,3}(?:,\d{3})++(?!\d)|\d{1,3}(?:\ 000)++(?!\d)|\d++)(?:\.\d++)?
            (?:e-?\d{1,3}(?![\w.]))?
        |(?:[$€£¥]\ ?)?\.\d++)
  | ([=≈≅]++>?)                                                            # e
  | (\*\*?|[-+×·÷∙⋅^/])                                                   # o: an operator
  | ([()\[\]{}])                                                           # p: a bracket
  | ([.;:?!,\n⇒→|\#<>≠≤≥…])                                                # b: a break
    )""",
    re.VERBOSE | re.ASCII,
)
_KINDS = "-xwincneopb"  # by the number of the group
_SUFFIX = re.compile(r" ?%| ?percent\b|(?:st|nd|rd|th)\b")
_SCALE = re.compile(r"[ -](hundred|thousand|million|billion)\b", re.IGNORECASE)
_GROUP_SPACE = re.compile(r"(?<=\d) (?=\d{3}(?!\d|/))")
_SAME = {"×": "*", "·": "*", "∙": "*", "⋅": "*", "÷": "/", "**": "^"}
_OPEN = {"[": "(", "{": "(", "(": "(", "]": ")", "}": ")", ")": ")"}
_BREAKS = frozenset({"and", "so", "which", "that", "And", "So"})
_OPERATOR_WORDS = {"plus": "+", "minus": "-", "times": "*"}
_BY = {"multiplied": "*", "divided": "/"}
_ARTICLES = frozenset("aAI")
_ENDS = frozenset(" \n\t")
_GOES_ON = frozenset("%phtmbHTMB")  # and after a space or a hyphen
_MAY_GO_ON = frozenset("%strnhp -")  # what "%", "percent", "th" or " million" may begin with


class Token(NamedTuple):
    """`kind`: n number, e equals, o operator, p bracket, b break, f "of", v letter, i name.

    A tuple and not a dataclass: some hundred of them are made for each solution.
    """

    kind: str
    start: int
    end: int
    text: str
    value: Value | None = None
    percent: bool = False


class Scan(NamedTuple):
    """The tokens of a text, the numbers in words ("two-thirds"), and what its words let know."""

    tokens: list[Token]
    words: list[Value]
    constants: set[Value]


@lru_cache(maxsize=8192)
def number(token: str) -> Value | None:
    """The value of one number as written, as an int wherever it is whole."""
    if token.isdigit() and len(token) < 19:
        return int(token)
    value = parse_number(_GROUP_SPACE.sub("", token))
    return None if value is None else shortest(value)


def shortest(value: Fraction) -> Value:
    """An int wherever the value is whole: whole numbers are far quicker to reckon with."""
    return value.numerator if value.denominator == 1 else value


def _hundredth(value: Value) -> Value:
    if isinstance(value, int):
        return shortest(Fraction(value, 100))
    return shortest(value / 100)


def scan(text: str) -> Scan:
    """Everything in text that `plain.plain` has been through.

    >>> [(t.kind, t.text) for t in scan("So 2 apples * $3 = 6").tokens]
    [('b', 'So'), ('n', '2'), ('o', '*'), ('n', '$3'), ('e', '='), ('n', '6')]
    >>> scan("two-thirds of an hour").words, 60 in scan("two-thirds of an hour").constants
    ([2, Fraction(2, 3)], True)
    """
    tokens: list[Token] = []
    words: list[Value] = []
    constants: set[Value] = set()
    before = ""  # the word before
    for match in _SCAN.finditer(text):
        group = match.lastindex or 0
        kind = _KINDS[group]
        word = match[group]
        if kind == "w" and word not in _SPECIAL:
            if word in _MEANING:
                lower, is_number, known = _MEANING[word]
                if is_number:
                    _number_word(text, lower, before, match.end(), words)
                constants.update(known)
            before = word
            continue
        if kind == "w" or kind == "i":
            token = _word(text, word, before, *match.span(group))
            if token is not None:
                tokens.append(token)
            before = word
            continue
        start, end = match.span(group)
        if kind == "n":
            if text[end : end + 1] in _MAY_GO_ON and (
                text[end : end + 1] not in " -" or text[end + 1 : end + 2] in _GOES_ON
            ):
                tokens.append(_number(text, word, start, end))
            else:
                tokens.append(Token("n", start, end, word, number(word)))
            before = word
        elif kind == "b":
            if word not in ".,:?!" or text[end : end + 1] in _ENDS or end == len(text):
                tokens.append(Token("b", start, end, word))
            before = ""
        elif kind == "p":
            tokens.append(Token("p", start, end, _OPEN[word]))
        elif kind == "o":
            if _is_operator(text, word, end):
                tokens.append(Token("o", start, end, _SAME.get(word, word)))
        elif kind == "e":
            # "==" compares, as in program code, and states nothing.
            stated = not word.endswith(">") and not word.startswith("==")
            tokens.append(Token("e" if stated else "b", start, end, word))
        elif kind == "x":
            tokens.append(Token("o", start, end, "*"))
        else:
            tokens.append(Token("b", start, end, word))
    return Scan(tokens, words, constants)


_SPECIAL = _BREAKS | _OPERATOR_WORDS.keys() | {"of", "equals", "by"}
# Each word with a meaning, in small letters and with a capital: what it is, and what it lets know.
_MEANING: dict[str, tuple[str, bool, tuple[Value, ...]]] = {
    written: (word, word in CARDINALS or word in PARTS, CONSTANTS.get(word, ()))
    for word in CARDINALS.keys() | PARTS.keys() | CONSTANTS.keys()
    for written in (word, word.capitalize())
}


def _word(text: str, word: str, before: str, start: int, end: int) -> Token | None:
    """The token that a word of one letter, an underscore or a special meaning makes."""
    if word == "of":
        return Token("f", start, end, word)
    if word in _BREAKS:
        return Token("b", start, end, word)
    if word == "equals":
        return Token("e", start, end, word)
    if word in _OPERATOR_WORDS or word == "by":
        sign = _BY.get(before) if word == "by" else _OPERATOR_WORDS[word]
        following = text[end + 1 : end + 2]
        return (
            Token("o", start, end, sign)
            if (sign and following and following in "$(.") or (sign and following.isdigit())
            else None
        )
    if "_" in word:
        return Token("i", start, end, word) if len(word) > 2 else None
    if len(word) > 1:
        return None
    if word in _ARTICLES and not text[start - 1 : start].isdigit():
        return None
    around = text[start - 1 : start] + text[end : end + 1]
    return None if "'" in around or "’" in around or "&" in around else Token("v", start, end, word)


def _number_word(text: str, word: str, before: str, end: int, words: list[Value]) -> None:
    """Add the number that a word means; "third" counts as 1/3 and not where it puts in order."""
    if word in PARTS:
        count = CARDINALS.get(before.lower(), int(before) if before[:3].isdecimal() else 0)
        is_part = word.endswith("s") or text.startswith((" of ", " as "), end)
        if count or is_part or before.lower() in ("a", "an"):
            words.append(shortest(Fraction(count or 1) / PARTS[word]))
        return
    value = CARDINALS[word]
    tens = CARDINALS.get(before.lower(), 0)
    if tens in (20, 30, 40, 50, 60, 70, 80, 90) and 0 < value < 10 and words:
        words[-1] += value
    else:
        words.append(value)


def _is_operator(text: str, sign: str, end: int) -> bool:
    is_word = text[end : end + 2].isalpha() and len(text) >= end + 2
    return sign not in ("-", "/") or not is_word  # 4 hours/day, but 2/x


def _number(text: str, word: str, start: int, end: int) -> Token:
    value = number(word)
    if value is not None:
        suffix = _SUFFIX.match(text, end)
        if suffix:
            if "%" in suffix[0] or "percent" in suffix[0]:
                return Token("n", start, suffix.end(), word, _hundredth(value), True)
            return Token("n", start, suffix.end(), word, value)
        scale = _SCALE.match(text, end)
        if scale:
            value = shortest(Fraction(value * SCALES[scale[1].lower()]))
            return Token("n", start, scale.end(), word, value)
    return Token("n", start, end, word, value)
