"""One sentence a finding: what was found, with the step's number (from 1) and the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netgain.diagnosis.equations import Equation
from netgain.diagnosis.graph import Graph, Node, Step
from netgain.diagnosis.kinds import (
    clash_of,
    closest_sum,
    conversion_of,
    reached_before,
    stops_early,
)
from netgain.diagnosis.reference import Reference
from netgain.diagnosis.vocabulary import Value
from netgain.numbers import format_number
from netgain.records import ErrorKind, FinishReason

_SHOWN = 90  # characters of a text that is quoted
_SIGNS = {"*": "×", "/": "÷", "-": "−"}
_LONG = 8  # digits of a fraction beyond which it is shown rounded


def number_words(value: Value) -> str:
    """A value for people: at most four places, with "about" where that is not all of it.

    >>> number_words(12), number_words(Fraction(5, 2)), number_words(Fraction(400, 3))
    ('12', '2.5', 'about 133.3333')
    """
    exact = format_number(Fraction(value))
    if "/" not in exact and len(exact) <= _LONG + len(str(int(value))):
        return exact.replace("-", "−")
    places = 4 if abs(float(value)) >= 0.01 else 8
    return f"about {float(value):.{places}f}".rstrip("0").rstrip(".").replace("-", "−")


def quote(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return f"“{line}”" if len(line) <= _SHOWN else f"“{line[: _SHOWN - 1].rstrip()}…”"


def sum_words(node: Node) -> str:
    """A node as it was computed: "64 − 4 = 60"."""
    if node.equation is not None:
        return on_one_line(node.equation.text)
    return f"{_operation(node.total.operator, node.total.operands)} = {number_words(node.claimed)}"


def _operation(operator: str, operands: Sequence[Value]) -> str:
    left, right = map(number_words, operands)
    return f"{left} {_SIGNS.get(operator, operator)} {right}"


def false_equation(index: int, equation: Equation) -> str:
    """What a false equation of step `index` says, and what is true."""
    return f"step {index + 1} states {on_one_line(equation.text)}, but {_truth(equation)}"


def on_one_line(text: str) -> str:
    """A short text without line breaks, cut where it is long."""
    return " ".join(text[: 4 * _SHOWN].split())[: 2 * _SHOWN]


def _truth(equation: Equation) -> str:
    left, right = equation.left, equation.right
    if left.value is None or right.value is None:
        return "the two sides differ"
    if right.literal:
        return f"the left side is {number_words(left.value)}"
    if left.literal:
        return f"the right side is {number_words(right.value)}"
    return (
        f"the left side is {number_words(left.value)} and the right side "
        f"{number_words(right.value)}"
    )


def for_missing(kind: ErrorKind, steps: Sequence[str], finish_reason: FinishReason) -> str:
    """Why there is no answer."""
    last = f"; it ends with {quote(steps[-1][-_SHOWN:])}" if steps else ""
    if kind == "looping":
        return f"the text repeats itself and gives no answer{last}"
    if kind == "truncated":
        return f"the text was cut off ({finish_reason}) before it gave an answer{last}"
    if not steps:
        return "the text is empty"
    return f"the text gives no number as its answer{last}"


def for_wrong(graph: Graph, reference: Reference, at: int, kind: ErrorKind) -> str:
    """What is wrong at step `at` (0-based), by the strongest fact found."""
    step = graph.steps[at]
    if kind == "arithmetic":
        return false_equation(at, step.false[0])
    if kind == "past_the_answer":
        return _past(graph, reference, step)
    if not reference.text:
        return (
            _clash(graph, reference, step) or _stray(graph, reference, step) or _guess(graph, step)
        )
    for describe in (_clash, _stray, _conversion, _other_operation, _early, _new_value, _root):
        sentence = describe(graph, reference, step)
        if sentence:
            return sentence
    return _statement(graph, reference, step)


def _guess(graph: Graph, step: Step) -> str:
    final = "" if graph.final is None else f" {number_words(graph.final)}"
    return (
        f"the answer{final} is wrong; without a reference solution step {step.index + 1}, "
        f"{quote(step.text)}, is only the likeliest place"
    )


def _past(graph: Graph, reference: Reference, step: Step) -> str:
    reached = reached_before(graph, reference.gold, step.index)
    gold = "" if reference.gold is None else number_words(reference.gold)
    found = f"step {(reached or 0) + 1} had found {gold}, the right answer"
    goes_on = sum_words(step.nodes[0]) if step.nodes else quote(step.text)
    return f"{found}; step {step.index + 1} goes on to {goes_on}"


def _stray(graph: Graph, reference: Reference, step: Step) -> str | None:
    values = step.stray or (sorted(step.new) if not step.nodes and not step.algebra else [])
    if not values:
        return None
    where = "nor in the reference solution" if reference.text else "nor computed before"
    return (
        f"step {step.index + 1} uses {number_words(values[0])}, which is neither in the question "
        f"{where}"
    )


def _clash(graph: Graph, reference: Reference, step: Step) -> str | None:
    found = clash_of(step)
    if found is None:
        return None
    equation, one, other = found
    return (
        f"step {step.index + 1} has {on_one_line(equation.text)}, which puts {one} and {other} "
        "together without a conversion"
    )


def _conversion(graph: Graph, reference: Reference, step: Step) -> str | None:
    found = conversion_of(step, reference)
    if found is None:
        return None
    node, value, factor = found
    more = "too small" if abs(float(value)) > abs(float(node.claimed)) else "too large"
    return (
        f"step {step.index + 1} computes {sum_words(node)} where the reference has "
        f"{number_words(value)}: {more} by a factor of {number_words(factor)}, as a conversion "
        "that is missing or was made for nothing"
    )


def _other_operation(graph: Graph, reference: Reference, step: Step) -> str | None:
    for node in step.nodes:
        other = closest_sum(node, reference) if node.status == "new" else None
        if other is not None:
            value, operator, operands = other
            return (
                f"step {step.index + 1} computes {sum_words(node)}; from the same numbers the "
                f"reference computes {_operation(operator, operands)} = {number_words(value)}"
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


def _new_value(graph: Graph, reference: Reference, step: Step) -> str | None:
    for node in step.nodes:
        if node.status not in ("plan", "way"):
            use = "; the final answer is computed from it" if node.under_final else ""
            what = f"{sum_words(node)}, {_newness(node, reference)}"
            return f"step {step.index + 1} computes {what}{use}"
    return None


def _newness(node: Node, reference: Reference) -> str:
    """What sets a node apart from the reference."""
    if node.status == "value":
        return "a value that the reference finds in another way"
    if node.claimed in reference.written:
        return "a sum that the reference does not make"
    return "a value that the reference does not have"


def _root(graph: Graph, reference: Reference, step: Step) -> str | None:
    if not step.bad_roots:
        return None
    root = step.bad_roots[0]
    sentence = (
        f"step {step.index + 1} has {on_one_line(root.equation.text)}, so that {root.letter} is "
        f"{number_words(root.value)}"
    )
    if root.changed and root.before is not None:
        return f"{sentence}; the equation before it gives {number_words(root.before)}"
    return f"{sentence}, a value that does not fit the reference"


def _statement(graph: Graph, reference: Reference, step: Step) -> str:
    """A step without a fact of its own: what follows from it is what is wrong."""
    said = f"step {step.index + 1} says {quote(step.text)}"
    for later in graph.steps[step.index + 1 :]:
        if later.false:
            return f"{said}, and {false_equation(later.index, later.false[0])}"
        wrong = next((node for node in later.nodes if node.status == "new"), None)
        if wrong is not None:
            return (
                f"{said}, and from there step {later.index + 1} computes {sum_words(wrong)}, "
                f"{_newness(wrong, reference)}"
            )
        if later.bad_roots:
            equation = on_one_line(later.bad_roots[0].equation.text)
            return f"{said}, and step {later.index + 1} has {equation}"
    if graph.final is not None:
        return f"{said}; the answer {number_words(graph.final)} follows from it and is wrong"
    return said
