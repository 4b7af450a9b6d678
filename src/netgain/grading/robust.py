"""netgain's own reading of a model's answer; it decides the headline.

It never sees the right answer, so it cannot look for it. The rules are tried in this order, and
the first that finds a number names the result:

1. `hashes`: the last `####` line that begins with a number. A numbered heading ("#### 2. Add up",
   with more lines below) is no answer.
2. `boxed`: the last `\\boxed{…}` that holds a number.
3. `stated`: the last "the answer is …", "answer: …", "A: …" that names a number.
4. `last_number`: the last number in the text; only where the model finished, since the last
   number of a text that was cut off is a step on the way.

In an answer given by rules 1 to 3, an equation counts by what follows its last "=" (but
"20 = 4 * 5" by its 20), a range ("3-5", "3 to 5") by its far end, and anything else by its first
number. How one number is read is fixed in `scan`.

Where nothing is found the rule is the reason: `empty`, `no_number`, `too_large` (more digits than
`numbers` reads: never a fall-back to another number), or `truncated` and `error` for a text that
was cut off.

Only the model's own first answer is read: not what it thought before `</think>`, not what follows
an end-of-turn token, and not the next question it may have made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from netgain.grading.scan import Number, last_number_in, numbers_in, plain
from netgain.records import FinishReason

_SPAN = 300  # characters after a marker in which its answer must stand; keeps the rules linear
_UNIT_WORDS = 3
_CUT_OFF = {"length": "truncated", "error": "error"}

_END_OF_TURN = re.compile(r"<\|(?:im_end|endoftext|eot_id|end_of_text|end)\|>|</s>|<end_of_turn>")
_NEXT_QUESTION = re.compile(r"\n[^\w\n]{0,8}(?:Question|Problem|Q|Human|User)[^\S\n]?[0-9]{0,4}:")
_HASHES = re.compile(r"(?<!#)####(?!#)")
_BOXED_OR_BRACE = re.compile(r"\\boxed\s?\{|\\[{}]|[{}]")
_STATED = re.compile(
    r"""
    \banswers?\b [ ]? (?: (?:to|for) \b [^\n.:?=]{0,120}? \b )??
    (?P<verb> (?:(?:would|should|must|will) [ ])? (?:is|are|was|be|equals) \b (?![ ]not\b)
              (?:[ ]?:)?
            | [:=] )
    | \b final [ ] answer (?=[ ]*\n)
    | ^ [ ]{0,8} A [ ]? :
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
# What may stand between a marker and its number without being a statement about something else.
_LEAD = re.compile(
    r"(?: [^\w\n] | \b(?:about|approximately|around|roughly|exactly|only|just|answer|is|so|boxed"
    r"|text(?:bf)?|mathbf|mathrm|usd|eur|gbp|rs|approx|equal|to)\b | \b[a-z](?=\s?=) )*+",
    re.VERBOSE | re.IGNORECASE,
)
_HEADING = re.compile(r"[.)]\s+[A-Za-z]")
_MORE = re.compile(r"\s*\S")
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)")
# An aside in brackets is not part of the answer; brackets in arithmetic ("3 * (4 + 1)") are.
_CLAUSE_END = re.compile(r"[.!?;](?=\s|\Z)|[,:]\s|(?<![-+*/×÷=(])\s\(")
_OPERATOR = re.compile(r"\s?(?:[-+*/×÷x]|\\times|\\cdot)\s?")
_RANGE = re.compile(r"\s?-\s?[$€£]?|\s+to\s+[$€£]?")


@dataclass(frozen=True)
class Extraction:
    """The number a text gives as its answer, and the rule; None and the reason where none."""

    value: Fraction | None
    rule: str


def extract(text: str, finish_reason: FinishReason = "stop") -> Extraction:
    """The answer in a model's output, by the rules in this module's docstring. Never raises."""
    answer, cut_off = _own_answer(text.lstrip(), finish_reason != "stop")
    if not cut_off:
        answer = answer.rstrip()
    if not answer.strip():
        found = Extraction(None, "empty")
    else:
        if cut_off and answer[-1].isdigit():
            # The digits at the cut may be only the beginning of a number.
            answer = answer.rstrip("0123456789.,/")
        found = _by_rules(plain(answer), cut_off)
    if cut_off and found.value is None and found.rule != "too_large":
        return Extraction(None, _CUT_OFF.get(finish_reason, "truncated"))
    return found


def is_correct(text: str, gold: Fraction) -> bool:
    """Whether a finished output's answer equals `gold` exactly: 16.5 is not 16, 18.00 is 18."""
    return extract(text).value == gold


def _by_rules(text: str, cut_off: bool) -> Extraction:
    for rule, find in _MARKED.items():
        number = find(text)
        if number is not None:
            return _extraction(number, rule)
    number = None if cut_off else last_number_in(text)
    return Extraction(None, "no_number") if number is None else _extraction(number, "last_number")


def _extraction(number: Number, rule: str) -> Extraction:
    return Extraction(number.value, "too_large" if number.value is None else rule)


def _own_answer(text: str, cut_off: bool) -> tuple[str, bool]:
    """The part that answers the question asked, and whether that part was cut off."""
    _, thought, answer = text.rpartition("</think>")
    if thought and answer.strip():
        text = answer.lstrip()
    end = _END_OF_TURN.search(text)
    if end and text[: end.start()].strip():
        text, cut_off = text[: end.start()], False
    question = _NEXT_QUESTION.search(text)
    # Without a number before it, it is the question asked, said again.
    if question and re.search(r"[0-9]", text[: question.start()]):
        return text[: question.start()], False
    return text, cut_off


def _hashes(text: str) -> Number | None:
    for marker, span in _marked_spans(_HASHES, text):
        line = span.split("\n", 1)[0]
        number = _leading(line)
        if number is None:
            continue
        is_heading = _HEADING.match(line, number.end)
        if not (is_heading and _MORE.match(text, marker.end() + len(line))):
            return _answer_in(line, number)
    return None


def _boxed(text: str) -> Number | None:
    for content in reversed(list(_boxes(text))):
        number = next(numbers_in(content), None)
        if number is not None:
            return _answer_in(content, number)
    return None


def _stated(text: str) -> Number | None:
    last_equation = text.rfind("=")
    for marker, span in _marked_spans(_STATED, text):
        line = span.lstrip().split("\n", 1)[0]
        number = _leading(line)
        if marker["verb"] and marker["verb"][-1] not in ":=":
            number = number or _only(line)
        elif number and _is_working(line[number.end :], marker.end() < last_equation):
            continue
        if number is not None:
            return _answer_in(line, number)
    return None


def _is_working(rest: str, equation_below: bool) -> bool:
    """Whether a line that begins with a number after "Answer:" opens the working instead."""
    return (
        "=" in rest
        or _HEADING.match(rest) is not None
        or (equation_below and len(rest.split()) > _UNIT_WORDS)
    )


_MARKED = {"hashes": _hashes, "boxed": _boxed, "stated": _stated}


def _marked_spans(markers: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each marker with the text in which its answer must stand, from the last to the first."""
    end = len(text)
    for marker in reversed(list(markers.finditer(text))):
        yield marker, text[marker.end() : min(end, marker.end() + _SPAN)]
        end = marker.start()


def _boxes(text: str) -> Iterator[str]:
    """What stands in each `\\boxed{…}` whose braces close, in the order in which they close."""
    opened: list[int | None] = []
    for brace in _BOXED_OR_BRACE.finditer(text):
        if brace[0] == "}" and opened:
            start = opened.pop()
            if start is not None:
                yield text[start : min(brace.start(), start + _SPAN)]
        elif brace[0].startswith("\\boxed"):
            opened.append(brace.end())
        elif brace[0] == "{":
            opened.append(None)


def _leading(line: str) -> Number | None:
    """The number that `line` begins with, apart from markup and words that add nothing."""
    number = next(numbers_in(line), None)
    if number is None:
        return None
    lead = _LEAD.match(line, 0, number.start)
    return number if lead and lead.end() == number.start else None


def _only(line: str) -> Number | None:
    """The one number of the sentence that `line` begins with, or its first where it calculates."""
    sentence = _SENTENCE_END.split(line, maxsplit=1)[0]
    numbers = list(numbers_in(sentence))
    return numbers[0] if len(numbers) == 1 or ("=" in sentence and numbers) else None


def _answer_in(line: str, first: Number) -> Number:
    """The number that an answer beginning with `first` amounts to."""
    end = _CLAUSE_END.search(line, first.end)
    clause = line[: end.start()] if end else line
    result = clause.rfind("=")
    if result > first.start:
        side = numbers_in(clause, result)
        total, other = next(side, None), next(side, None)
        is_sum = total and other and _OPERATOR.fullmatch(clause, total.end, other.start)
        return first if total is None or is_sum else total
    second = next(numbers_in(clause, first.end), None)
    if second and _RANGE.fullmatch(clause, first.end, second.start):
        return second
    return first
