"""A solution -> its Diagnosis: read, compared with the reference, located, put in words."""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from netgain.diagnosis import evidence, kinds
from netgain.diagnosis.checks import check_all
from netgain.diagnosis.equations import NOTHING, Equation, read
from netgain.diagnosis.evidence import false_equation, on_one_line
from netgain.diagnosis.form import Form, forms_of
from netgain.diagnosis.graph import build_graph
from netgain.diagnosis.kinds import FALSE_EQUATION, first_wrong_step
from netgain.diagnosis.reference import read_reference
from netgain.diagnosis.steps import split_steps, without_marker
from netgain.diagnosis.tokens import shortest
from netgain.diagnosis.vocabulary import Value
from netgain.errors import DataError
from netgain.grading import extract
from netgain.grading import gold_answer as read_gold_answer
from netgain.records import CheckedEquation, Diagnosis, FinishReason

MAX_READ = 100_000  # characters of a solution that are read, from its beginning
MAX_EQUATIONS = 200  # of one solution that are reported
_SIGN = re.compile(r"[=≈＝]|equals|\\\\(?:approx|sim)")
_RIGHT = 0.97  # the answer is right and no equation is false
_UNCHECKED = 0.5  # nothing found, and no right answer to find more by
_NO_ANSWER = 0.5  # that the steps before a missing answer are right


def diagnose(
    question: str,
    solution: str | Sequence[str],
    *,
    gold_solution: str = "",
    gold_answer: Fraction | str | None = None,
    finish_reason: FinishReason = "stop",
) -> Diagnosis:
    """Find the first wrong step of a solution. Never raises on what a model may have written.

    Args:
        question: the problem; may be "".
        solution: the text, or its steps. The first 100,000 characters are read.
        gold_solution: the reference solution, one step a line (`#### n` last); "" if there is none.
        gold_answer: the right answer; read from `gold_solution` where it is None.
        finish_reason: how the generation ended.

    Returns:
        What was found. Without a reference only falsity is seen: a false equation, a missing
        answer. `confidence` is the share of certainty on `first_error`, not on the kind.
    """
    text = solution if isinstance(solution, str) else "\n".join(solution)
    steps = split_steps(text[:MAX_READ]) if isinstance(solution, str) else tuple(solution)
    shown = _within(steps, MAX_READ)
    forms = tuple(sorted(forms_of(text[:MAX_READ], finish_reason, question)))
    cut_off = finish_reason == "length"
    gold = _gold(gold_answer, gold_solution)
    answer = extract(text, finish_reason)
    found = answer.value
    if found is not None and gold is not None and not answer.equals(Fraction(gold)):
        about = question, gold_solution, gold
        return _wrong(steps, shown, about, shortest(found), forms, cut_off)
    equations, false = _checked(shown, cut_off)
    if found is None:
        kind = kinds.missing_kind(forms)
        sentence = evidence.for_missing(kind, shown, finish_reason)
        if false is None:
            return Diagnosis(steps, -1, kind, _NO_ANSWER, sentence, equations, forms)
        sentence = f"{sentence}; {false_equation(*false)}"
        return Diagnosis(steps, false[0], kind, FALSE_EQUATION, sentence, equations, forms)
    if false is not None:
        sentence = false_equation(*false)
        return Diagnosis(steps, false[0], "arithmetic", FALSE_EQUATION, sentence, equations, forms)
    if gold is not None:
        sentence = "the answer is right, and no equation is false"
        return Diagnosis(steps, -1, "none", _RIGHT, sentence, equations, forms)
    sentence = "no equation is false; without a right answer nothing else can be checked"
    return Diagnosis(steps, -1, "none", _UNCHECKED, sentence, equations, forms)


def _within(steps: Sequence[str], characters: int) -> list[str]:
    """The first steps, as many as that many characters hold; the rest is left empty."""
    shown = []
    for step in steps:
        shown.append(without_marker(step[: max(0, characters)]))
        characters -= len(step)
    return shown


def _gold(answer: Fraction | str | None, solution: str) -> Value | None:
    if isinstance(answer, Fraction):
        return shortest(answer)
    if answer is None and "####" not in solution:
        return None
    return gold_of(solution if answer is None else answer)


@lru_cache(maxsize=2048)
def gold_of(text: str) -> Value | None:
    try:
        return shortest(read_gold_answer(text))
    except DataError:
        return None


def _wrong(
    steps: tuple[str, ...],
    shown: list[str],
    about: tuple[str, str, Value],
    final: Value,
    forms: tuple[Form, ...],
    cut_off: bool,
) -> Diagnosis:
    """A wrong answer. `about` is the question, its reference solution and the right answer."""
    reference = read_reference(*about)
    graph = build_graph(shown, reference, final, cut_off)
    at, confidence = first_wrong_step(graph, reference)
    kind = kinds.wrong_kind(graph, reference, at, forms)
    sentence = evidence.for_wrong(graph, reference, at, kind)
    equations = tuple(
        CheckedEquation(step.index, on_one_line(equation.text), holds)
        for step in graph.steps
        for equation, holds in step.checked
    )
    return Diagnosis(steps, at, kind, confidence, sentence, equations[:MAX_EQUATIONS], forms)


def _checked(
    shown: list[str], cut_off: bool
) -> tuple[tuple[CheckedEquation, ...], tuple[int, Equation] | None]:
    """The equations of all steps, and the first false one with its step."""
    readings = [read(text) if _SIGN.search(text) else NOTHING for text in shown]
    verdicts = check_all(shown, readings, cut_off)
    found = [
        (index, equation, true)
        for index, reading in enumerate(readings)
        for equation, true in zip(reading.equations, verdicts[index], strict=True)
    ]
    false = next(((index, equation) for index, equation, true in found if true is False), None)
    checked = (CheckedEquation(i, on_one_line(e.text), true) for i, e, true in found)
    return tuple(checked)[:MAX_EQUATIONS], false
