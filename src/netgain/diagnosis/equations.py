"""The equations in a text, read and checked with exact rationals.

An equation is two or more sides joined by "="; each side is arithmetic, a single number, or
arithmetic with one unknown letter. Units may stand after a number. A side that holds a quantity
in words only ("price per box × 3") is not read, and nothing is said about it. No side is ever
evaluated by Python: it is parsed here, and its size is bounded.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from netgain.diagnosis.arithmetic import Side
from netgain.diagnosis.plain import plain, without_notes
from netgain.diagnosis.sides import MAX_UNIT, has_letters, read_side
from netgain.diagnosis.tokens import Token, scan
from netgain.diagnosis.vocabulary import Value

_NOTES_KEPT = 8192  # of at most 300 characters each
_NOTE_ERROR = 1e-6  # annotations are written by programs, in floating point


class Equation(NamedTuple):
    """`left` = `right`, as written in `text`, with what stands `before` and `after` it.

    `approximate` where its sign says so. `in_chain` where it is one of several that share their
    sides (a = b = c); `place` is its number in the chain, from 0. `left` may go on reckoning with
    a side before it (`continues`); it `runs_on` if the side after `right` goes on with that.
    """

    left: Side
    right: Side
    text: str
    approximate: bool
    after: str
    in_chain: bool
    before: str
    place: int
    continues: bool
    runs_on: bool


def equations_in(text: str) -> tuple[Equation, ...]:
    """The equations of a text, in order; a chain a = b = c gives (a, b) and (b, c).

    >>> [(e.text, e.left.value, e.right.value) for e in equations_in("So 3 * $4 = 12 + 1 pens")]
    [('3 * $4 = 12 + 1', 12, 13)]
    """
    return tuple(read(text).equations)


class Reading(NamedTuple):
    """What was read in a text: its equations, numbers and tokens.

    `words` are numbers written as words, `constants` what the words let know (24 for "day").
    """

    equations: list[Equation]
    tokens: list[Token]
    words: list[Value]
    constants: set[Value]


NOTHING = Reading([], [], [], set())  # of a text without equations


def read(text: str) -> Reading:
    """What is in a text as written: LaTeX and typographic signs, calculator annotations.

    An annotation says more exactly what the words before it reckon ("boxes of 4 = <<5*4=20>>20"),
    so its equation takes the place of one with the same result, or with that result rounded.
    """
    bare, notes = without_notes(text)
    reading = read_equations(plain(bare))
    for note in notes:
        for equation in noted(note):
            _replace(reading.equations, equation)
    return reading


@lru_cache(maxsize=_NOTES_KEPT)
def noted(note: str) -> tuple[Equation, ...]:
    """Solutions of one question share most of their annotations, so they are read once."""
    return tuple(read_equations(plain(note)).equations)


def _replace(equations: list[Equation], noted: Equation) -> None:
    for index, equation in enumerate(equations):
        written, exact = equation.right.value, noted.right.value
        if written is None or exact is None or not equation.right.literal:
            continue
        reckoned = noted.left.value
        holds = reckoned is not None and abs(float(reckoned) - float(exact)) < _NOTE_ERROR
        if written == exact or (holds and -1 < written - exact < 1):
            equations[index] = noted
            return
    equations.append(noted)


def read_equations(text: str) -> Reading:
    """The equations of plain text, and its tokens."""
    tokens, words, constants = scan(text)
    equations: list[Equation] = []
    if any(token.kind == "e" for token in tokens):
        for run in _runs(tokens):
            _read_run(text, run, equations)
    return Reading(equations, tokens, words, constants)


def _runs(tokens: list[Token]) -> list[list[Token]]:
    """The stretches between breaks that hold an equals sign.

    A line that begins with "=" goes on with the line before.
    """
    runs: list[list[Token]] = []
    run: list[Token] = []
    line: list[Token] = []  # what the line before ended with
    has_sign = False
    for token in tokens:
        kind = token.kind
        if kind == "b":
            if has_sign and len(run) > 1:
                runs.append(run)
            line = run if token.text == "\n" else []
            run, has_sign = [], False
            continue
        if kind == "e":
            has_sign = True
            if line and not run:
                if runs and runs[-1] is line:
                    runs.pop()
                run = line
        if run is not line:
            line = []
        run.append(token)
    if has_sign and len(run) > 1:
        runs.append(run)
    return runs


def _read_run(text: str, run: list[Token], equations: list[Equation]) -> None:
    signs = [index for index, token in enumerate(run) if token.kind == "e"]
    bounds = [-1, *signs, len(run)]
    sides: list[Side | None] = []
    for i, (begin, end) in enumerate(pairwise(bounds)):
        before = run[begin] if i else None
        side = read_side(text, run[begin + 1 : end], first=i == 0, sign=before)
        sides.append(side)
    for i, (left, right) in enumerate(pairwise(sides)):
        if left is None or right is None or (left.literal and right.literal):
            continue
        sign = run[signs[i]].text
        # "Day 5 = 3 + 4", "a dozen is equal to 12": the number belongs to a name.
        if i == 0 and left.literal and (sign[0] == "e" or _is_name(text, left, run[signs[0]])):
            continue
        end = right.end
        equations.append(
            Equation(
                left,
                right,
                text[left.start : end],
                "≈" in sign or "≅" in sign,
                text[end : end + MAX_UNIT],
                (i > 0 and sides[i - 1] is not None) or any(sides[i + 2 : i + 3]),
                text[max(0, left.start - MAX_UNIT) : left.start],
                i,
                i > 0 and sides[i - 1] is not None and not left.literal,
                _goes_on_with(right, sides[i + 2] if i + 2 < len(sides) else None),
            )
        )


def _goes_on_with(side: Side | None, following: Side | None) -> bool:
    """Whether the side after it begins with its value: "24 - 14 = 10 + 32"."""
    if side is None or following is None or following.literal or side.value is None:
        return False
    first = following.items[0]
    return not isinstance(first, str) and first.value == side.value


def _is_name(text: str, side: Side, sign: Token) -> bool:
    """Whether a number before the sign belongs to a name or to a unit: "Day 5 =", "1 hour ="."""
    begin = max(0, side.start - 12)
    before = text[begin : side.start].rpartition("\n")[2].rpartition(". ")[2].rpartition(", ")[2]
    return has_letters(before) or has_letters(text[side.end : sign.start])
