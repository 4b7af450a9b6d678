"""One sentence a finding: what was found, with the step's number (from 1) and the numbers in it."""

import re
from collections.abc import Sequence
from fractions import Fraction

from netgain.diagnosis.equations import Equation
from netgain.diagnosis.graph import Graph, Node, Step, is_naming
from netgain.diagnosis.kinds import reached_before
from netgain.diagnosis.reference import Reference
from netgain.diagnosis.vocabulary import Value
from netgain.records import ErrorKind, FinishReason
from netgain.text.numbers import format_number

SHOWN = 90  # characters of a text that is quoted
_SIGNS = {"*": "×", "/": "÷", "-": "−"}
_LONG = 8  # digits of a fraction beyond which it is shown rounded
_FORMS: dict[ErrorKind, str] = {
    "looping": "the text says the same again and again",
    "begins_with_mark": "the text begins with its answer and computes nothing",
    "copies_question": "the text copies the question and computes nothing",
}
_CODE = re.compile(
    r"\s*(?:(?:def|return|import|while|elif) |print ?\(|for \w++ in "
    r"|(?=\w*[a-z]_)\w++ ?[-+*/]?=(?!=))"
)


def for_missing(kind: ErrorKind, steps: Sequence[str], finish_reason: FinishReason) -> str:
    """Why there is no answer."""
    if not steps:
        return "the text is empty"
    last = f"; it ends with {_quote(steps[-1][-SHOWN:])}"
    if kind == "looping":
        return f"the text says the same again and again and gives no answer{last}"
    if kind == "truncated":
        return f"the text was cut off ({finish_reason}) before it gave an answer{last}"
    return f"the text gives no number as its answer{last}"


def for_wrong(graph: Graph, reference: Reference, at: int, kind: ErrorKind) -> str:
    """What is wrong at step `at` (0-based), by the strongest fact found."""
    step = graph.steps[at]
    said = f"step {at + 1}, {_quote(step.text)},"
    answer = "" if graph.final is None else f"the answer, {number_words(graph.final)}, is wrong"
    if kind == "arithmetic":
        return false_equation(at, step.false[0])
    if kind in _FORMS:
        return f"{_FORMS[kind]}; {answer}"
    if _CODE.match(step.text):
        return f"{said} is program code; code is not run, so this is only the likeliest place"
    if kind == "past_the_answer":
        reached = reached_before(graph, reference.gold, at) or 0
        goes_on = sum_words(step.nodes[0]) if step.nodes else _quote(step.text)
        gold = "" if reference.gold is None else number_words(reference.gold)
        return (
            f"step {reached + 1} had found {gold}, the right answer; "
            f"step {at + 1} goes on to {goes_on}"
        )
    if not reference.text:
        guess = f"without a reference solution {said} is only the likeliest place"
        return _stray(reference, step) or f"{answer}; {guess}"
    return (
        _stray(reference, step)
        or _early(graph, reference, step)
        or _new_value(reference, step)
        or _root(step)
        or f"step {at + 1} says {_quote(step.text)}; {answer}"
    )


def _stray(reference: Reference, step: Step) -> str | None:
    values = step.stray or (sorted(step.new) if not step.nodes and not step.algebra else [])
    if not values:
        return None
    where = "in the reference solution" if reference.text else "computed before"
    missing = f"neither in the question nor {where}" if reference.question else f"not {where}"
    return f"step {step.index + 1} uses {number_words(values[0])}, which is {missing}"


def _early(graph: Graph, reference: Reference, step: Step) -> str | None:
    """An answer that is only on the way to the right one."""
    final, gold = graph.final, reference.gold
    found = any(node.claimed == final and node.status == "known" for node in graph.nodes)
    if final is None or gold is None or not found or final not in reference.values:
        return None
    return (
        f"the solution gives {number_words(final)} as its answer, which in the reference is only a "
        f"value on the way to {number_words(gold)}; step {step.index + 1} is where it leaves "
        f"that way"
    )


def _new_value(reference: Reference, step: Step) -> str | None:
    node = next((node for node in step.nodes if node.status == "new"), None)
    if node is None:
        return None
    computed = f"step {step.index + 1} computes {sum_words(node)}"
    for each in reference.sums:
        same = len(node.side.operands) == 2 and set(each.operands) == set(node.total.operands)
        if same and each.operator != node.total.operator:
            other = f"{operation_words(each.operator, each.operands)} = {number_words(each.value)}"
            return f"{computed}; from the same numbers the reference computes {other}"
    is_new = node.claimed not in reference.written
    return f"{computed}, a {'value' if is_new else 'sum'} that the reference does not have"


def _root(step: Step) -> str | None:
    if not step.bad_roots:
        return None
    root = step.bad_roots[0]
    sentence = f"step {step.index + 1} has {on_one_line(root.equation.text)}"
    if not is_naming(root.equation):
        sentence += f", so that {root.letter} is {number_words(root.value)}"
    return f"{sentence}, a value that does not fit the reference"


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


def _quote(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: 4 * SHOWN].split())
    return f"“{line}”" if len(line) <= SHOWN else f"“{line[: SHOWN - 1].rstrip()}…”"


def on_one_line(text: str) -> str:
    """A short text without line breaks, cut where it is long."""
    return " ".join(text[: 4 * SHOWN].split())[: 2 * SHOWN]


def sum_words(node: Node) -> str:
    """A node as it was computed: "64 − 4 = 60"."""
    if node.equation is not None and node.equation.right.literal:
        return on_one_line(node.equation.text)
    computed = operation_words(node.total.operator, node.total.operands)
    if node.equation is not None:
        left = node.equation.left
        computed = on_one_line(node.equation.text[: left.end - left.start])
    return f"{computed} = {number_words(node.claimed)}"


def operation_words(operator: str, operands: Sequence[Value]) -> str:
    left, right = map(number_words, operands)
    return f"{left} {_SIGNS.get(operator, operator)} {right}"


def false_equation(index: int, equation: Equation) -> str:
    """What a false equation of step `index` says, and what is true."""
    return f"step {index + 1} states {on_one_line(equation.text)}, but {_truth(equation)}"


def _truth(equation: Equation) -> str:
    left, right = equation.left, equation.right
    if left.value is None or right.value is None:
        return "the two sides differ"
    if left.literal:
        return f"the right side is {number_words(right.value)}"
    both = "" if right.literal else f" and the right side {number_words(right.value)}"
    return f"the left side is {number_words(left.value)}{both}"
