"""Where a text marks its answer by `####` or by `\\boxed{…}`; `statements` finds what it says.

Each finder goes backwards from the end of the text with plain string searches, reads only the few
characters after a marker, and gives up after `TRIES` markers without a number. So the time is
linear in the length of the text, and nearly all of it is spent in `str.rfind`.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from netgain.grading.phrase import is_list, leading_number, settled
from netgain.text.markup import plain
from netgain.text.scan import Number, numbers_in

SPAN = 300  # characters after a marker in which its answer must stand
TRIES = 64

NUMBERED = re.compile(r"[.)]\s+[A-Za-z]")
_BARE = re.compile(r"[^\S\n]*\$?([0-9]{1,15})\.?[^\S\n]*(?=\n|\Z)")
_BOX = re.compile(r"oxed\s{0,3}\{")
_BRACE = re.compile(r"\\[{}]|[{}]")


class Mark(NamedTuple):
    """A marked answer; `start` is where its marker stands in the text as it was given.

    It is `firm` where the number itself follows the marker, and not a sentence that names it.
    """

    rule: str
    start: int
    number: Number
    firm: bool = True


def hashes(text: str, begin: int, end: int) -> Mark | None:
    """The last `####` in `text[begin:end]` whose line begins with a number.

    A numbered heading ("#### 2. Add up", with more lines below) is no answer.
    """
    for at in backwards(text, "####", begin, end):
        if text[at - 1 : at] == "#" or text[at + 4 : at + 5] == "#":
            continue
        if bare := bare_number(text, at + 4):
            return Mark("hashes", at, bare)
        line = plain(text[at + 4 : at + 4 + SPAN].partition("\n")[0])
        number = leading_number(line)
        if number is None:
            continue
        below = text.find("\n", at)
        if below >= 0 and NUMBERED.match(line, number.end) and text[below : below + SPAN].strip():
            continue
        return Mark("hashes", at, settled(line, number))
    return None


def boxed(text: str, begin: int, end: int) -> Mark | None:
    """The last `\\boxed{…}` in `text[begin:end]` that holds a number, in digits or in words."""
    # Without its "b", which a "\b" that was taken for an escape has swallowed.
    for at in backwards(text, "oxed", begin, end):
        opening = _BOX.match(text, at)
        if opening is None:
            continue
        content = plain(_to_closing_brace(text[opening.end() : opening.end() + SPAN]))
        number = leading_number(content) or next(numbers_in(content), None)
        if number is None:
            continue
        if is_list(content):
            number = Number(None, 0, len(content), "conflicting")
        return Mark("boxed", at, settled(content, number))
    return None


def bare_number(text: str, start: int) -> Number | None:
    """The number at `start` where nothing else follows on its line: what most answers look like."""
    match = _BARE.match(text, start)
    return Number(Fraction(int(match[1])), *match.span(1)) if match else None


def backwards(text: str, marker: str, begin: int, end: int) -> Iterator[int]:
    """Where `marker` stands in `text[begin:end]`, from the last to the first, bounded in number."""
    for _ in range(TRIES):
        end = text.rfind(marker, begin, end)
        if end < 0:
            return
        yield end


def _to_closing_brace(text: str) -> str:
    """`text` up to the brace that closes one opened before it; in an unclosed one, its line."""
    depth = 1
    for brace in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return text[: brace.start()]
    return text.partition("\n")[0]
