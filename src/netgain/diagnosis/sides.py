"""One side of an equation: the longest arithmetic that ends at the sign, or begins after it.

Units and other words may stand between a number and the operator after it, but not between an
operator and the number after it: there they would be a quantity in words, which is not read.
"""

from __future__ import annotations

import re

from netgain.diagnosis.arithmetic import OPERANDS, Side, parse
from netgain.diagnosis.tokens import Token

MAX_TOKENS = 120  # of one side
MAX_UNIT = 40  # characters of words between a number and its operator
_UNIT_LETTERS = frozenset("mghlLkKsdCFV")
_LETTER = re.compile(r"[^\W\d_]")
_NO_UNIT = re.compile(r"\b(?:is|are|was|were|be|to|because|has|have|had|then|by|than)\b")


def read_side(text: str, tokens: list[Token], first: bool, sign: Token | None) -> Side | None:
    """The arithmetic that ends at the sign (first side) or begins after it; None where none is."""
    if len(tokens) > MAX_TOKENS:
        tokens = tokens[-MAX_TOKENS:] if first else tokens[:MAX_TOKENS]
    elements = _backward(text, tokens) if first else forward(text, tokens, sign)
    if not elements:
        return None
    return parse(elements)


def has_letters(gap: str) -> bool:
    return len(gap) > 1 and _LETTER.search(gap) is not None


def forward(text: str, tokens: list[Token], sign: Token | None) -> list[Token] | None:
    """The longest arithmetic at the beginning of `tokens`."""
    taken: list[Token] = []
    best = 0
    depth = 0
    want = True  # an operand comes next
    end = sign.end if sign else tokens[0].start if tokens else 0
    for token in tokens:
        gap = text[end : token.start]
        words = bool(gap) and has_letters(gap)
        if want:
            if words:
                break
            if token.kind in OPERANDS:
                want = False
            elif token.text == "(" and token.kind == "p":
                depth += 1
            elif not (token.kind == "o" and token.text in "+-"):
                break
        elif token.kind == "o":
            if words and len(gap) > MAX_UNIT:
                break
            want = True
        elif token.text == ")" and token.kind == "p":
            depth -= 1
            if depth < 0:
                break
        elif token.kind == "v" and not words:
            if gap and token.text in _UNIT_LETTERS:
                end = token.end
                continue
            if gap:
                break
        elif token.kind == "p" and not words:
            depth += 1
            want = True
        elif token.kind == "f" and taken and _is_share(taken):
            want = True
        elif token.kind in "n" and not words and taken[-1].text == ")":
            pass
        elif gap == "," and token.kind == "n":
            return None  # "7,5": a comma for the decimal point
        else:
            break
        taken.append(token)
        end = token.end
        if not want and depth == 0:
            best = len(taken)
    if want and taken and best < len(taken) and taken[-1].kind == "o" and depth == 0:
        # "= 3 × price": the sum goes on in words, so its first part says nothing.
        return None
    return taken[:best]


def _is_share(taken: list[Token]) -> bool:
    """Whether what was read last can be taken "of" something: a percentage or a fraction."""
    last = taken[-1]
    if last.percent or last.text == ")" or (last.value is not None and 0 < last.value < 1):
        return True
    return len(taken) >= 3 and taken[-2].text == "/" and taken[-3].kind == "n"


def _backward(text: str, tokens: list[Token]) -> list[Token] | None:
    """The longest arithmetic at the end of `tokens`."""
    index = len(tokens) - 1
    start = len(tokens)
    want = True
    depth = 0
    following: Token | None = None
    while index >= 0:
        token = tokens[index]
        gap = text[token.end : following.start] if following else ""
        words = bool(gap) and has_letters(gap)
        if want and _is_unit_letter(text, tokens, index):
            index -= 1  # "5 m + 3 m": the letter is a unit
            continue
        if want:
            if token.kind in OPERANDS:
                if words and following is not None and len(gap) > MAX_UNIT:
                    return None
                want = False
            elif token.kind == "p" and token.text == ")":
                if words and len(gap) > MAX_UNIT:
                    return None
                depth += 1
            else:
                break
        elif token.kind == "o" or (token.kind == "f" and _shares(text, tokens, index)):
            if words:
                break
            if token.text == "-" and _begins(text, tokens, index):
                if following is not None and token.end == following.start:
                    start = index
                break
            want = True
        elif token.kind == "p" and token.text == "(" and not words:
            depth -= 1
            if depth < 0:
                break
        elif token.kind == "p" and not words and not gap:
            depth += 1
            want = True
        elif token.kind == "n" and following is not None and not gap and following.kind in "vp":
            pass
        elif gap == "," and token.kind == "n":
            return None
        else:
            break
        following = token
        if not want and depth == 0:
            start = index
        index -= 1
    if want and following is not None and following.kind in "of" and start < len(tokens):
        if following.text == "-" and _unary(text, following, tokens[start]):
            return tokens[start - 1 :]
        if following.text == "-" and index < 0:
            return tokens[start:]  # a bullet
        return None
    return tokens[start:]


def _is_unit_letter(text: str, tokens: list[Token], index: int) -> bool:
    token, before = tokens[index], tokens[index - 1]
    return (
        index > 0
        and token.kind == "v"
        and token.text in _UNIT_LETTERS
        and before.kind == "n"
        and text[before.end : token.start] == " "
    )


def _shares(text: str, tokens: list[Token], index: int) -> bool:
    if index == 0 or has_letters(text[tokens[index - 1].end : tokens[index].start]):
        return False
    return _is_share(tokens[max(0, index - 3) : index])


def _begins(text: str, tokens: list[Token], index: int) -> bool:
    """Whether a minus stands before the first number and not between two: "it is -30/3"."""
    before = text[tokens[index - 1].end : tokens[index].start] if index else text[:0]
    return bool(_NO_UNIT.search(before))


def _unary(text: str, sign: Token, operand: Token) -> bool:
    before = text[max(0, sign.start - 1) : sign.start]
    return sign.end == operand.start and (not before or before in " \n($")
