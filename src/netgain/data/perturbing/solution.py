"""An annotated solution as its lines: the expressions it computes, and every other number."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from netgain.data.perturbing.numerals import Numeral, numerals_in
from netgain.data.perturbing.roles import words_of
from netgain.diagnosis.arithmetic import Item, Side, parse
from netgain.diagnosis.equations import Equation, read_equations
from netgain.diagnosis.plain import plain
from netgain.diagnosis.tokens import Token, scan

_ANNOTATION = re.compile(r"<<([^<>=\n]{1,200})=([^<>=\n]{1,60})>>")
_EXPRESSION = re.compile(r"[0-9.,+\-*/() ]+")
_TWO_NUMBERS = re.compile(r"\d \d|,\D|,\Z")
_SHOWN = re.compile(r" ?\$? ?\Z")
_NAMES_BEFORE = re.compile(r"[A-Za-z_:#°]\Z")
_NAMES_AFTER = re.compile(r"[A-Wa-wYZy-z_°:]|x(?! ?\d)|-[A-Za-z]|:\d")
_CAPS = re.compile(r"[A-Za-z]-\Z")
MAX_ANNOTATIONS = 40


@dataclass(frozen=True, slots=True)
class Spot:
    """A number of the solution. `computed`: the annotation whose result it is, shown or noted.

    `named`: it is part of a word or a name and cannot be written anew.
    """

    numeral: Numeral
    computed: int | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """`items` is its expression in postfix order; `operands` are its numbers in reading order."""

    items: tuple[Item, ...]
    operands: tuple[Spot, ...]
    result: Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """`spots` are the numbers that are no operands; `words` the numbers written in words."""

    annotations: range
    spots: tuple[Spot, ...]
    words: frozenset[Fraction]


@dataclass(frozen=True, slots=True)
class Solution:
    text: str
    annotations: tuple[Annotation, ...]
    lines: tuple[Line, ...]


def read_solution(text: str) -> Solution | None:
    """None where an annotation or a number of it is not readable, or there are too many.

    An equation that stands in the text alone ("$60 / 4 = 15 nights") counts as an annotation, too,
    where it is exact.
    """
    numerals = numerals_in(text)
    notes = list(_ANNOTATION.finditer(text))
    unread = max(text.count("<<"), text.count(">>")) != len(notes)
    if numerals is None or unread or len(notes) > MAX_ANNOTATIONS:
        return None
    placed: list[tuple[int, Annotation]] = []
    for note in notes:
        annotation = _annotation(note, numerals)
        if annotation is None:
            return None
        placed.append((note.start(), annotation))
    results = _results(text, numerals, notes)
    for equation, begin in _shown_equations(text, len(notes)):
        found = _shown(equation, begin, numerals)
        if found is not None and found[1].start not in results:
            placed.append((found[1].start, found[0]))
            results[found[1].start] = found[1].start
    placed.sort(key=lambda each: each[0])
    index = {start: at for at, (start, _) in enumerate(placed)}
    computed = {start: index[results[start]] for start in results}
    if len(placed) > MAX_ANNOTATIONS:
        return None
    inside = {spot.numeral.start for _, each in placed for spot in each.operands}
    loose = [n for n in numerals if n.start not in inside]
    lines = _lines(text, list(index), loose, computed)
    return Solution(text, tuple(annotation for _, annotation in placed), lines)


def _lines(
    text: str, starts: list[int], numerals: list[Numeral], computed: dict[int, int]
) -> tuple[Line, ...]:
    lines: list[Line] = []
    done, at, begin = 0, 0, 0
    for line in text.splitlines(keepends=True):
        end, first = begin + len(line), done
        spots: list[Spot] = []
        while done < len(starts) and starts[done] < end:
            done += 1
        while at < len(numerals) and numerals[at].start < end:
            final = len(starts) - 1 if line.startswith("####") else None
            spots.append(_spot(text, numerals[at], computed.get(numerals[at].start, final)))
            at += 1
        words = frozenset(words_of(_ANNOTATION.sub("", line)))
        lines.append(Line(range(first, done), tuple(spots), words))
        begin = end
    return tuple(lines)


def _annotation(note: re.Match[str], numerals: list[Numeral]) -> Annotation | None:
    expression = note[1]
    if not _EXPRESSION.fullmatch(expression) or _TWO_NUMBERS.search(expression):
        return None
    side = parse(scan(expression).tokens)
    results = [n for n in numerals if note.start(2) <= n.start < note.end(2)]
    if side is None or len(results) != 1 or results[0].text != note[2].strip().lstrip("$"):
        return None
    inside = [n for n in numerals if note.start(1) <= n.start < note.end(1)]
    annotation = _expression(side, note.start(1), inside, results[0].value)
    return annotation if annotation and len(annotation.operands) == len(inside) else None


def _expression(
    side: Side, begin: int, numerals: list[Numeral], result: Fraction
) -> Annotation | None:
    """A side whose tokens stand at `begin` and on, with a letter for each operand."""
    places: dict[int, str] = {}
    spots: list[Spot] = []
    for token in sorted(side.operands, key=lambda token: token.start):
        numeral = _numeral_of(token, begin, numerals)
        if numeral is None:
            return None
        places[token.start] = str(len(spots))
        spots.append(Spot(numeral))
    items: tuple[Item, ...] = tuple(
        item if isinstance(item, str) else Token("v", item.start, item.end, places[item.start])
        for item in side.items
    )
    return Annotation(items, tuple(spots), result)


def _numeral_of(token: Token, begin: int, numerals: list[Numeral]) -> Numeral | None:
    """The numeral that a token is; None where it is more than one, or a percentage."""
    at = bisect_left(numerals, token.start + begin, key=lambda numeral: numeral.start)
    found = [n for n in numerals[at : at + 2] if n.start < token.end + begin]
    return found[0] if len(found) == 1 and found[0].value == token.value else None


def _results(text: str, numerals: list[Numeral], notes: list[re.Match[str]]) -> dict[int, int]:
    """Where the results of annotations stand, noted and shown, with the annotation's start."""
    found: dict[int, int] = {}
    starts = [n.start for n in numerals]
    for note in notes:
        inside = bisect_left(starts, note.start(2))
        after = bisect_left(starts, note.end())
        found[starts[inside]] = note.start()
        if after < len(starts) and _SHOWN.fullmatch(text[note.end() : starts[after]][:4]):
            found[starts[after]] = note.start()
    return found


def _shown_equations(text: str, noted: int) -> Iterator[tuple[Equation, int]]:
    """The equations of the text without its annotations, each with where its line begins."""
    bare = _ANNOTATION.sub(lambda note: " " * len(note[0]), text) if noted else text
    begin = 0
    for line in bare.split("\n"):
        if "=" in line and plain(line) == line:
            for equation in read_equations(line).equations:
                yield equation, begin
        begin += len(line) + 1


def _shown(
    equation: Equation, begin: int, numerals: list[Numeral]
) -> tuple[Annotation, Numeral] | None:
    left, right = equation.left, equation.right
    if left.literal or not right.literal or left.value is None or left.value != right.value:
        return None
    if equation.approximate or equation.in_chain:
        return None
    result = _numeral_of(right.operands[0], begin, numerals)
    annotation = _expression(left, begin, numerals, Fraction(left.value))
    return None if result is None or annotation is None else (annotation, result)


def _spot(text: str, numeral: Numeral, computed: int | None) -> Spot:
    if computed is not None:
        return Spot(numeral, computed)
    before, after = (
        text[max(0, numeral.start - 2) : numeral.start],
        text[numeral.end : numeral.end + 3],
    )
    named = _NAMES_BEFORE.search(before) or _CAPS.search(before) or _NAMES_AFTER.match(after)
    return Spot(numeral, named=named is not None)
