"""Multiple choice from generated text: which of the offered choices does a text give?

It never sees the right answer. How a choice is named, by label or by text, is fixed in `choices`.
The rules are tried in this order, and the first that finds a choice names the result:

1. `hashes`: the last `####` followed by a choice.
2. `boxed`: the last `\\boxed{…}` that holds a choice.
3. `stated`: the last "the answer is (B)", "answer: B", "I choose B", "B is correct" or "So B.",
   or "answer" in some other languages (`choice_statements`).
4. `bold`: the one choice that stands in bold by itself ("**B**", "**(B) Paris**").
5. `last_line`: a last line that is nothing but a choice.
6. `first`: a text that begins with a label ("B. Because …", "(B) Paris").
7. `text`: the one choice whose text is quoted, in the last sentence or else anywhere.
8. `label`: the one choice that is named as "(B)" or "option B" anywhere.

A text that was cut off counts by rules 1, 2, 3 and 6 only: the others could find a choice that
was weighed on the way.

Where nothing is found the rule is the reason: `empty`; `no_choice` (none is named, or a label
that is not offered); `conflicting` (the deciding statement names several choices, or, without a
statement, several are named alike); `truncated` and `error` for a text that was cut off.

Lines that begin with different labels, one after another, are the question's choices said again
and give none of them; nor does a statement that names every choice ("answer A, B, C or D"), or
one with "not", "if" or "neither" before the choice. Only the model's own answer is read
(`turn`), and what follows a next question only where nothing before it gives a choice.

Of a text longer than 100,000 characters the first and the last half of that many are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netgain.grading.choice_naming import naming_at_start, only_choice
from netgain.grading.choice_prose import PROSE_RULES, several_named, without_listings
from netgain.grading.choice_statements import AROUND, marked, stated
from netgain.grading.choices import NOT_OFFERED, Choices, half_width
from netgain.grading.turn import own_answer
from netgain.records import FinishReason, Grade

_CUT_OFF = {"length": "truncated", "error": "error"}
_NOTHING = ("empty", "no_choice")
_MOST_READ = 100_000  # characters; of a longer text only the beginning and the end are read

_NEXT_QUESTION = re.compile(r"\n[^\w\n]{0,8}(?:Question|Problem|Q|Human|User)[^\S\n]?[0-9]{0,4}:")
_HASHES = re.compile(r"(?<!#)####(?!#)(?=[^\w\n]{0,12}\w)")
_BOXED = re.compile(r"\\boxed\s?\{(?=[^\w\n]{0,12}\w)")
_LAST_LABEL = re.compile(r"(?<![\w'’])[(\[]?([A-J]|[0-9]{1,2})[)\]]?(?![\w'’])")


@dataclass(frozen=True)
class ChoiceExtraction:
    """The index of the choice that a text gives, and the rule; None and the reason where none."""

    index: int | None
    rule: str


def extract_choice(
    text: str, choices: Choices, finish_reason: FinishReason = "stop"
) -> ChoiceExtraction:
    """The choice a model's output gives, by the rules in this module's docstring. Never raises."""
    answer, cut_off = own_answer(half_width(text.replace("\r", "\n")), finish_reason != "stop")
    question = _NEXT_QUESTION.search(answer)
    if question:
        found = _by_rules(answer[: question.start()], choices, cut_off=False)
        if found.rule not in _NOTHING:
            return found
    found = _by_rules(_without_last_word(answer) if cut_off else answer, choices, cut_off)
    if cut_off and found.rule in _NOTHING:
        return ChoiceExtraction(None, _CUT_OFF.get(finish_reason, "truncated"))
    return found


def grade_choice(
    text: str,
    choices: Choices,
    gold: int,
    *,
    problem_id: str = "",
    sample: int = 0,
    finish_reason: FinishReason = "stop",
) -> Grade:
    """Judge one generated answer to a multiple-choice problem.

    `gold` (an index from 0) is only compared with what was extracted; `extracted` is the label.
    `correct` is by the rules above. `strict` asks for the bare label: the whole output is "B",
    "B." or "(B)" and right. `flexible` takes the last label that stands alone anywhere, as simple
    harnesses do. These two are not lm-eval's: it has no one reading for generated choices.
    """
    found = extract_choice(text, choices, finish_reason)
    label = choices.labels[gold]
    letters = [m[1] for m in _LAST_LABEL.finditer(text) if m[1] in choices.labels]
    return Grade(
        problem_id=problem_id,
        sample=sample,
        turn=0,
        extracted=None if found.index is None else choices.labels[found.index],
        rule=found.rule,
        strict=text.strip(AROUND) == label,
        flexible=bool(letters) and letters[-1] == label,
        correct=found.index == gold,
    )


def _without_last_word(text: str) -> str:
    """What a cut leaves whole: its last word may be only the beginning of one."""
    end = len(text)
    while end and text[end - 1].isalnum():
        end -= 1
    return text[:end]


def _by_rules(text: str, choices: Choices, cut_off: bool) -> ChoiceExtraction:
    text = text.strip()
    if not text:
        return ChoiceExtraction(None, "empty")
    if len(text) > _MOST_READ:
        text = f"{text[: _MOST_READ // 2]}\n{text[-_MOST_READ // 2 :]}"
    for rule, find in _MARKED.items():
        named = find(text, choices)
        if named:
            return _extraction(named, rule)
    prose = without_listings(text)
    for rule, find in PROSE_RULES.items():
        if rule == "first" or not cut_off:
            named = find(prose, choices)
            if len(named) == 1:
                return _extraction(named, rule)
    conflicting = not cut_off and several_named(prose, choices)
    return ChoiceExtraction(None, "conflicting" if conflicting else "no_choice")


def _extraction(named: frozenset[int], rule: str) -> ChoiceExtraction:
    if len(named) > 1:
        return ChoiceExtraction(None, "conflicting")
    [index] = named
    if index == NOT_OFFERED:
        return ChoiceExtraction(None, "no_choice")
    return ChoiceExtraction(index, rule)


# -- rules that begin at a marker ----------------------------------------------------------


def _hashes(text: str, choices: Choices) -> frozenset[int]:
    for found in marked(_HASHES, text):
        index = only_choice(found.line, choices)
        if index is not None:
            return frozenset({index})
    return frozenset()


def _boxed(text: str, choices: Choices) -> frozenset[int]:
    for found in marked(_BOXED, text):
        naming = naming_at_start(found.line, choices)
        if naming:
            return naming.indexes
    return frozenset()


_Rule = Callable[[str, Choices], frozenset[int]]
_MARKED: Mapping[str, _Rule] = {"hashes": _hashes, "boxed": _boxed, "stated": stated}
