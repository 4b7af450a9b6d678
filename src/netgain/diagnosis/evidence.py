"""One sentence a finding: what was found, with the step's number (from 1) and the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence

from netgain.diagnosis.graph import Graph, Node, Step, is_naming
from netgain.diagnosis.kinds import (
    closest_sum,
    copied_wrongly,
    is_code,
    reached_before,
    stops_early,
)
from netgain.diagnosis.phrases import (
    SHOWN,
    false_equation,
    number_words,
    on_one_line,
    operation_words,
    quote,
    sum_words,
)
from netgain.diagnosis.reference import Reference
from netgain.records import ErrorKind, FinishReason

_FORMS: dict[ErrorKind, str] = {
    "looping": "the text says the same again and again",
    "begins_with_mark": "the text begins with its answer and computes nothing",
    "copies_question": "the text copies the question and computes nothing",
}


def for_missing(kind: ErrorKind, steps: Sequence[str], finish_reason: FinishReason) -> str:
    """Why there is no answer."""
    if not steps:
        return "the text is empty"
    last = f"; it ends with {quote(steps[-1][-SHOWN:])}"
    if kind == "looping":
        return f"the text says the same again and again and gives no answer{last}"
    if kind == "truncated":
        return f"the text was cut off ({finish_reason}) before it gave an answer{last}"
    return f"the text gives no number as its answer{last}"


def for_wrong(graph: Graph, reference: Reference, at: int, kind: ErrorKind) -> str:
    """What is wrong at step `at` (0-based), by the strongest fact found."""
    step = graph.steps[at]
    if kind == "arithmetic":
        return false_equation(at, step.false[0])
    if kind in _FORMS:
        answer = (
            "" if graph.final is None else f"; its answer, {number_words(graph.final)}, is wrong"
        )
        return f"{_FORMS[kind]}{answer}"
    if is_code(step.text):
        return _code(step)
    if copied_wrongly(graph) is not None and not stops_early(graph, reference):
        sentence = _copied(graph, at)
        if sentence:
            return sentence
    if kind == "past_the_answer":
        return _past(graph, reference, step)
    if not reference.text:
        return _stray(reference, step) or _guess(graph, step)
    return (
        _stray(reference, step)
        or _other_operation(reference, step)
        or _early(graph, reference, step)
        or _new_value(reference, step)
        or _root(step)
        or _statement(graph, reference, step)
    )


def _code(step: Step) -> str:
    """Code is read as text, so what its numbers come to is said only where it is an equation."""
    if any(not is_naming(root.equation) for root in step.bad_roots[:1]):
        return _root(step) or ""
    return (
        f"step {step.index + 1}, {quote(step.text)}, is program code; code is not run, so this is "
        "only the likeliest place"
    )


def _guess(graph: Graph, step: Step) -> str:
    final = "" if graph.final is None else f" {number_words(graph.final)}"
    return (
        f"the answer{final} is wrong; without a reference solution step {step.index + 1}, "
        f"{quote(step.text)}, is only the likeliest place"
    )


def _past(graph: Graph, reference: Reference, step: Step) -> str:
    reached = reached_before(graph, reference.gold, step.index)
    gold = "" if reference.gold is None else number_words(reference.gold)
    goes_on = sum_words(step.nodes[0]) if step.nodes else quote(step.text)
    return (
        f"step {(reached or 0) + 1} had found {gold}, the right answer; "
        f"step {step.index + 1} goes on to {goes_on}"
    )


def _copied(graph: Graph, at: int) -> str | None:
    """An answer that is not what the last sum has found, seen from step `at`."""
    giving, last = copied_wrongly(graph), graph.nodes[-1]
    if graph.final is None or giving is None:
        return None
    if at != giving and (at != last.step or last.status in ("false", "new")):
        return None
    return (
        f"step {giving + 1} gives {number_words(graph.final)} as the answer, which no step has "
        f"computed; step {last.step + 1} had found {sum_words(last)}"
    )


def _stray(reference: Reference, step: Step) -> str | None:
    values = step.stray or (sorted(step.new) if not step.nodes and not step.algebra else [])
    if not values:
        return None
    where = "in the reference solution" if reference.text else "computed before"
    missing = f"neither in the question nor {where}" if reference.question.text else f"not {where}"
    return f"step {step.index + 1} uses {number_words(values[0])}, which is {missing}"


def _other_operation(reference: Reference, step: Step) -> str | None:
    for node in step.nodes:
        other = closest_sum(node, reference) if node.status == "new" else None
        if other is not None:
            value, operator, operands = other
            return (
                f"step {step.index + 1} computes {sum_words(node)}; from the same numbers the "
                f"reference computes {operation_words(operator, operands)} = {number_words(value)}"
            )
    return None


def _early(graph: Graph, reference: Reference, step: Step) -> str | None:
    if not stops_early(graph, reference) or graph.final is None or reference.gold is None:
        return None
    final = number_words(graph.final)
    return (
        f"the solution gives {final} as its answer, which in the reference is only a value on the "
        f"way to {number_words(reference.gold)}; step {step.index + 1} is where it leaves that way"
    )


def _new_value(reference: Reference, step: Step) -> str | None:
    for node in step.nodes:
        if node.status not in ("plan", "way"):
            return f"step {step.index + 1} computes {sum_words(node)}, {_newness(node, reference)}"
    return None


def _newness(node: Node, reference: Reference) -> str:
    """What sets a node apart from the reference."""
    if node.status == "value":
        return "a value that the reference finds in another way"
    if node.claimed in reference.written:
        return "a sum that the reference does not make"
    return "a value that the reference does not have"


def _root(step: Step) -> str | None:
    if not step.bad_roots:
        return None
    root = step.bad_roots[0]
    sentence = f"step {step.index + 1} has {on_one_line(root.equation.text)}"
    if not is_naming(root.equation):
        sentence += f", so that {root.letter} is {number_words(root.value)}"
    if not root.value and not is_naming(root.equation):
        return f"{sentence}: nothing but 0 fits it"
    if root.changed and root.before is not None:
        return f"{sentence}; the equation before it gives {number_words(root.before)}"
    return f"{sentence}, a value that does not fit the reference"


def _statement(graph: Graph, reference: Reference, step: Step) -> str:
    """A step without a fact of its own: what comes after it is what is wrong."""
    said = f"step {step.index + 1} says {quote(step.text)}"
    for later in graph.steps[step.index + 1 :]:
        wrong = next((node for node in later.nodes if node.status == "new"), None)
        if later.false:
            return f"{said}, and {false_equation(later.index, later.false[0])}"
        if wrong is not None:
            link = ", and from there" if _comes_from(wrong, step) else "; then"
            return (
                f"{said}{link} step {later.index + 1} computes {sum_words(wrong)}, "
                f"{_newness(wrong, reference)}"
            )
    final = "" if graph.final is None else f"; the answer, {number_words(graph.final)}, is wrong"
    return f"{said}{final}"


def _comes_from(node: Node, step: Step) -> bool:
    """Whether a number that the step states or computes is an operand of the node."""
    stated = any(token.value in step.numbers for token in node.side.operands)
    return stated or any(source.step == step.index for source in node.sources)
