"""A solution -> its Diagnosis: read, compared with the reference, weighed, put in words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from netgain.diagnosis import evidence, kinds
from netgain.diagnosis.checks import holds
from netgain.diagnosis.equations import read
from netgain.diagnosis.features import features_of
from netgain.diagnosis.graph import build_graph
from netgain.diagnosis.locate import FALSE_EQUATION, by_falsity, by_weights
from netgain.diagnosis.phrases import false_equation, on_one_line
from netgain.diagnosis.reference import read_reference
from netgain.diagnosis.steps import split_steps
from netgain.diagnosis.tokens import shortest
from netgain.diagnosis.vocabulary import Value
from netgain.errors import DataError
from netgain.grading import extract
from netgain.grading import gold_answer as read_gold_answer
from netgain.records import CheckedEquation, Diagnosis, FinishReason

MAX_STEP = 20_000  # characters of one step that are read
MAX_EQUATIONS = 200  # of one solution that are reported
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
        solution: the text, or its steps.
        gold_solution: the reference solution, one step a line (`#### n` last); "" if there is none.
        gold_answer: the right answer; read from `gold_solution` where it is None.
        finish_reason: how the generation ended.

    Returns:
        What was found. Without a reference only falsity is seen: a false equation, a missing
        answer. `confidence` is the share of certainty on `first_error`, not on the kind.
    """
    steps = split_steps(solution) if isinstance(solution, str) else tuple(solution)
    text = solution if isinstance(solution, str) else "\n".join(steps)
    gold = _gold(gold_answer, gold_solution)
    found = extract(text, finish_reason).value
    shown = [step[:MAX_STEP] for step in steps]
    if found is None:
        return _without_answer(steps, shown, finish_reason)
    final = shortest(found)
    if gold is None or final == gold:
        return _by_equations(steps, shown, is_right=gold is not None)
    return _wrong(steps, shown, (question, gold_solution, gold), final)


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


def _by_equations(steps: tuple[str, ...], shown: list[str], is_right: bool) -> Diagnosis:
    """A right answer, or one that nothing is known about: only a false equation is an error."""
    equations, false = _checked(shown)
    if false is not None:
        at, sentence, clash = false
        kind, part = kinds.false_kind(clash)
        return Diagnosis(steps, at, kind, part, FALSE_EQUATION, sentence, equations)
    if is_right:
        sentence = "the answer is right, and no equation is false"
        return Diagnosis(steps, -1, "none", None, _RIGHT, sentence, equations)
    sentence = "no equation is false; without a right answer nothing else can be checked"
    return Diagnosis(steps, -1, "none", None, _UNCHECKED, sentence, equations)


def _without_answer(
    steps: tuple[str, ...], shown: list[str], finish_reason: FinishReason
) -> Diagnosis:
    """No answer: the steps may be right as far as they go, so only a false equation is located."""
    equations, false = _checked(shown)
    kind = kinds.missing_kind(shown, finish_reason)
    sentence = evidence.for_missing(kind, shown, finish_reason)
    if false is None:
        return Diagnosis(steps, -1, kind, None, _NO_ANSWER, sentence, equations)
    at, why, _ = false
    return Diagnosis(steps, at, kind, None, FALSE_EQUATION, f"{sentence}; {why}", equations)


def _wrong(
    steps: tuple[str, ...], shown: list[str], about: tuple[str, str, Value], final: Value
) -> Diagnosis:
    """A wrong answer. `about` is the question, its reference solution and the right answer."""
    reference = read_reference(*about)
    graph = build_graph(shown, reference, final)
    miscopied = kinds.right_but_miscopied(graph, reference)
    if miscopied is not None:
        at, confidence = miscopied, FALSE_EQUATION
    elif reference.text:
        at, confidence = by_weights(features_of(graph, reference))
    else:
        at, confidence = by_falsity(graph)
    kind = kinds.wrong_kind(graph, reference, at)
    return Diagnosis(
        steps=steps,
        first_error=at,
        error_kind=kind,
        sub_kind=kinds.sub_kind(graph, reference, at) if kind == "setup" else None,
        confidence=round(confidence, 4),
        evidence=evidence.for_wrong(graph, reference, at, kind),
        equations=tuple(
            CheckedEquation(step.index, on_one_line(equation.text), holds)
            for step in graph.steps
            for equation, holds in step.checked
        )[:MAX_EQUATIONS],
    )


def _checked(
    shown: list[str],
) -> tuple[tuple[CheckedEquation, ...], tuple[int, str, bool] | None]:
    """The equations of all steps, and the first false one.

    Of that its step, what is to be said, and whether it is false by its units alone.
    """
    found: list[CheckedEquation] = []
    rounded: set[Value] = set()
    false: tuple[int, str, bool] | None = None
    for index, text in enumerate(shown):
        if "=" not in text and "≈" not in text and "equals" not in text:
            continue
        for equation in read(text, with_sums=False).equations:
            true = holds(equation, rounded)
            left, right = equation.left.value, equation.right.value
            if true and left != right and right is not None:
                rounded.add(right)
            if true is False and false is None:
                clash = left == right and equation.remainder is None
                false = index, false_equation(index, equation), clash
            if len(found) < MAX_EQUATIONS:
                found.append(CheckedEquation(index, on_one_line(equation.text), true))
    return tuple(found), false
