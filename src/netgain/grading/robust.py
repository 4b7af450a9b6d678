"""netgain's own reading of a model's answer; it decides the headline.

It never sees the right answer, so it cannot look for it. Only the model's own answer is read
(`turn`). An answer that the text marks comes first (`marks`), by these rules and in this order:
`hashes`, `boxed`, `stated`; a later mark with another number, or a correction below it
(`corrections`), overrules an earlier one. Of a text that marks none, an answer before its
explanation counts (`opening`); one that was not cut off is else read by its closing sentence
(`closing`): `last_number` is its last number, `closing` another one. How one number is read is
fixed; see docs/grading.md.

Where nothing is found the rule is the reason: `empty`, `no_number`, `refused` (the model says that
it cannot tell), `conflicting` (two different
answers side by side), `too_large` (more digits than `numbers` reads: never a fall-back to another
number), or `truncated` and `error` for a text that was cut off.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from netgain.grading.closing import closing_number, refuses
from netgain.grading.corrections import corrected
from netgain.grading.marks import SPAN, Mark, boxed, hashes
from netgain.grading.opening import opening_number
from netgain.grading.statements import stated
from netgain.grading.turn import own_answer
from netgain.records import FinishReason
from netgain.text.markup import plain
from netgain.text.scan import Number, numbers_in

_CUT_OFF = {"length": "truncated", "error": "error"}
_Finder = Callable[[str, int, int], Mark | None]
_FINDERS: tuple[_Finder, ...] = (hashes, boxed, stated)
_CONFLICT = Number(None, 0, 0, "conflicting")
_LOOKED_BACK = 16  # marks of one kind before the last that may be the answer in its place
_SIDE_BY_SIDE = 6  # words between two markers, beyond which something was worked out between them

_REVISION = re.compile(
    r"\b(?:wait|hmm|actually|correct(?:ion|ed|ing)?|wrong|mistake|incorrect|sorry|re-?check|check"
    r"|verify|let's|let me)\b",
    re.IGNORECASE,
)
_WORKED_OUT = re.compile(
    r"\b(?:rather|no|instead|again|therefore|so|thus|hence|then|finally|total)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_SHORT_QUESTION = 20  # characters; "Is that right?" is no new problem


@dataclass(frozen=True)
class Extraction:
    """The number a text gives as its answer, and the rule; None and the reason where none.

    `also` is the same quantity in another unit: 50% is 1/2, 50 cents are 1/2, 2 dozen are 24.
    """

    value: Fraction | None
    rule: str
    also: Fraction | None = None

    def equals(self, gold: Fraction) -> bool:
        """Whether the text gives `gold` exactly: 16.5 is not 16; 18.00 is 18; 50% is 50 and 1/2."""
        return gold in (self.value, self.also)


def extract(text: str, finish_reason: FinishReason = "stop") -> Extraction:
    """The answer in a model's output, by the rules in this module's docstring. Never raises."""
    answer, cut_off = own_answer(text, finish_reason != "stop")
    if not cut_off:
        answer = answer.rstrip()
    if not answer.strip():
        found = Extraction(None, "empty")
    else:
        if cut_off and answer[-1].isdigit():
            # The digits at the cut may be only the beginning of a number.
            answer = answer.rstrip("0123456789.,/")
        found = _by_rules(answer, cut_off)
    if cut_off and found.value is None and found.rule in ("empty", "no_number"):
        return Extraction(None, _CUT_OFF.get(finish_reason, "truncated"))
    return found


def _by_rules(text: str, cut_off: bool) -> Extraction:
    chosen: Mark | None = None
    for find in _FINDERS:
        mark = _last_of_kind(find, text, chosen.start if chosen else 0)
        if mark is not None:
            chosen = mark if chosen is None else _overruled(text, chosen, mark)
    if chosen is not None:
        chosen = corrected(text, chosen)
        return _extraction(chosen.number, chosen.rule)
    opening = opening_number(text, cut_off)
    if opening is not None:
        return _extraction(opening, "opening")
    if refuses(text):
        return Extraction(None, "refused")
    closing = None if cut_off else closing_number(text)
    if closing is None:
        return Extraction(None, "no_number")
    number, is_last = closing
    return _extraction(number, "last_number" if is_last else "closing")


def _extraction(number: Number, rule: str) -> Extraction:
    if number.value is None:
        return Extraction(None, number.why)
    return Extraction(number.value, rule, number.also)


def _last_of_kind(find: _Finder, text: str, begin: int) -> Mark | None:
    """The last mark of a kind, or the one before the next question that the model made up."""
    mark = find(text, begin, len(text))
    for _ in range(_LOOKED_BACK):
        before = find(text, begin, mark.start) if mark else None
        if mark is None or before is None or before.number.value == mark.number.value:
            return mark
        between = text[before.start : mark.start]
        if _side_by_side(between):
            return mark._replace(number=_CONFLICT)
        if not _asks(between):
            return mark
        mark = before
    return mark


def _overruled(text: str, chosen: Mark, other: Mark) -> Mark:
    """`chosen`, or a mark of another kind that stands below it and says otherwise."""
    if not other.firm or other.number.value == chosen.number.value:
        return chosen
    between = text[chosen.start : other.start]
    if _asks(between):
        return chosen
    if _side_by_side(between):
        return other._replace(number=_CONFLICT)
    return other


def _side_by_side(between: str) -> bool:
    """Whether nothing but an answer stands between two markers: no working, no second thought."""
    if len(between) > SPAN:
        return False
    words = plain(between)
    return (
        len(_WORD.findall(words)) <= _SIDE_BY_SIDE
        and not _REVISION.search(words)
        and not _WORKED_OUT.search(words)
        and len(list(numbers_in(words))) == 1
    )


def _asks(between: str) -> bool:
    """Whether a new question is put between two answers, as a base model does that runs on."""
    end = between.find("?")
    for _ in range(_LOOKED_BACK):
        if end < 0:
            return False
        start = max(between.rfind(sign, 0, end) for sign in "\n?") + 1
        if end - start > _SHORT_QUESTION:
            return _REVISION.search(between, 0, end) is None
        end = between.find("?", end + 1)
    return False
