"""One side of an equation: the longest arithmetic that ends at the sign, or begins after it.

Units and other words may stand between a number and the operator after it, but not between an
operator and the number after it: there they would be a quantity in words, which is not read.
"""

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
    elements = _ending(text, tokens) if first else forward(text, tokens, sign)
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
            if words and (len(gap) > MAX_UNIT or (token.text == "-" and _NO_UNIT.search(gap))):
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
        elif token.kind == "f" and taken and not words and _is_share(taken):
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


def _ending(text: str, tokens: list[Token]) -> list[Token] | None:
    """The longest arithmetic at the end of `tokens`; None where something before belongs to it."""
    for start in range(len(tokens)):
        taken = forward(text, tokens[start:], None)
        if not taken or taken[-1] is not tokens[-1]:
            continue
        if taken[0].kind == "o" and taken[0].end < taken[1].start:  # a bullet, or a term
            return taken[1:] if taken[0].text == "-" and start == 0 else None
        if taken[0].text == "+":
            return None
        before = tokens[start - 1] if start else None
        if before is not None and text[before.end : taken[0].start] == ",":
            return None  # "7,5": a comma for the decimal point
        if before is None or before.kind not in "of":
            return taken
        words = has_letters(text[before.end : taken[0].start])
        if before.kind == "f":
            gap = text[tokens[start - 2].end : before.start]
            shares = start > 1 and _is_share(tokens[max(0, start - 4) : start - 1])
            words = words or has_letters(gap)
            return None if shares and not words else taken
        # A bullet, or a minus that stands before "12 - 5" in another clause.
        return taken if before.text == "-" and (start == 1 or words) else None
    return None
