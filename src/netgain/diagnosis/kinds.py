"""What kind of error: the checkable kinds, and suggestions within `setup`.

A kind can be checked by anybody with the text before him; a sub-kind is a suggestion, given only
where one fact stands for it and none for another, and None otherwise. People who label such
errors by fine categories agree on 30% of them, so no accuracy is claimed for sub-kinds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from netgain.diagnosis.equations import Equation
from netgain.diagnosis.graph import Graph, Node, Step
from netgain.diagnosis.plain import plain
from netgain.diagnosis.reference import Reference
from netgain.diagnosis.tokens import scan
from netgain.diagnosis.units import clash_in, is_same_amount, units_after, units_named
from netgain.diagnosis.vocabulary import Value
from netgain.records import ErrorKind, FinishReason, SubKind

_FACTORS = frozenset({7, 12, 24, 30, 52, 60, 100, 365, 1000, 3600})
_UNIT_RATIOS = frozenset(
    {2, 3, 4, 7, 8, 10, 12, 16, 24, 36, 60, 100, 168, 1000, 1440, 1760, 3600, 5280, 10080, 86400}
)
_CODE = re.compile(
    r"\s*(?:(?:def|return|import|while|elif) |print ?\(|for \w++ in "
    r"|(?=\w*[a-z]_)\w++ ?[-+*/]?=(?!=))"
)
_LOOP_REPEATS = 4  # of the same step
_LOOP_SHARE = Fraction(1, 2)  # of all steps
_LOOP_TAIL = 400  # characters at the end, in which a short piece repeats without a line's end


def is_looping(steps: Sequence[str]) -> bool:
    """Whether the text goes round in circles: the same step, or the same end, again and again."""
    counts = Counter(step.strip() for step in steps if len(step.strip()) > 2)
    if counts:
        most = counts.most_common(1)[0][1]
        if most >= _LOOP_REPEATS and most >= _LOOP_SHARE * sum(counts.values()):
            return True
        again = sum(count for count in counts.values() if count > 1)
        if len(steps) >= 4 * _LOOP_REPEATS and again > 2 * len(counts):
            return True
    return bool(steps) and _tail_repeats(steps[-1][-_LOOP_TAIL:])


def _tail_repeats(tail: str) -> bool:
    """Whether one piece of up to a quarter of its length makes up the whole tail."""
    if len(tail) < _LOOP_TAIL:
        return False
    # A text that repeats with period p is found in itself, moved by p.
    period = tail.find(tail[: len(tail) // 2], 1)
    return 0 < period <= len(tail) // _LOOP_REPEATS and tail[period:] == tail[:-period]


def missing_kind(steps: Sequence[str], finish_reason: FinishReason) -> ErrorKind:
    """The kind of a solution that gives no answer."""
    if is_looping(steps):
        return "looping"
    return "truncated" if finish_reason == "length" else "no_answer"


def is_code(text: str) -> bool:
    """Whether a step begins like a line of program code: "total_cost = price * 3", "print(x)"."""
    return _CODE.match(text) is not None


def false_kind(by_units: bool) -> tuple[ErrorKind, SubKind | None]:
    """The kind of a false equation where no answer is judged."""
    return ("setup", "conversion") if by_units else ("arithmetic", None)


def wrong_kind(graph: Graph, reference: Reference, at: int) -> ErrorKind:
    """The kind of a solution with a wrong answer whose first wrong step is `at`."""
    if graph.steps[at].false:
        return "arithmetic"
    if reached_before(graph, reference.gold, at) is not None:
        return "past_the_answer"
    return "setup"


def reached_before(graph: Graph, gold: Value | None, at: int) -> int | None:
    """The step before `at` that computes the right answer."""
    for node in graph.nodes:
        if node.step < at and node.claimed == gold and node.status in ("plan", "way"):
            return node.step
    return None


def sub_kind(graph: Graph, reference: Reference, at: int) -> SubKind | None:
    """A suggestion within `setup`; None where the facts fit none or several.

    Checked in order of how much each says: a quantity from nowhere, a value off by the factor of
    a conversion, an answer that is only on the way to the right one, a sum of known quantities
    that the reference does not make, a statement without a sum.
    """
    step = graph.steps[at]
    if copied_wrongly(graph) == at or is_code(step.text):
        return None
    if step.stray or (step.new and not step.nodes):
        return "invented_quantity"
    if clash_of(step) is not None or conversion_of(step, reference) is not None:
        return "conversion"
    if not reference.text:
        return None
    if stops_early(graph, reference):
        return "missing_step"
    if same_amount(graph, reference) is not None:
        return "conversion"
    if any(node.status == "new" for node in step.nodes) or step.bad_roots:
        return "wrong_quantity_or_operation"
    if not step.reckons and step.numbers:
        return "misread_question"
    return None


def stops_early(graph: Graph, reference: Reference) -> bool:
    """Whether the final answer is a value on the reference's way, found as it finds it."""
    final = graph.final
    return (
        final is not None
        and final != reference.gold
        and any(node.claimed == final and node.status == "plan" for node in graph.nodes)
    )


def copied_wrongly(graph: Graph) -> int | None:
    """The step that gives the final answer, where nothing before it computes or states that.

    Sums stand before it, so the answer should have been the result of one, or of rounding one.
    """
    final = graph.final
    if final is None or not graph.nodes:
        return None
    giving = next((step for step in graph.steps if final in step.numbers), None)
    if giving is None or giving.reckons or giving.index <= graph.nodes[-1].step:
        return None
    for node in graph.nodes:
        for value in (node.claimed, node.total.value):
            if abs(Fraction(value) - final) * 250 <= abs(Fraction(value)):
                return None
    return giving.index


def right_but_miscopied(graph: Graph, reference: Reference) -> int | None:
    """The step that miscopies the right answer, where all before it is the reference's way."""
    at = copied_wrongly(graph)
    if at is None or any(step.false for step in graph.steps):
        return None
    last = graph.nodes[-1]
    right = last.claimed == reference.gold and last.status in ("plan", "way")
    return at if right else None


def same_amount(graph: Graph, reference: Reference) -> tuple[str, str] | None:
    """The units in which the final answer is the same amount as the right one, if there are."""
    final, gold = graph.final, reference.gold
    if final is None or gold is None or _whole_ratio(final, gold) not in _UNIT_RATIOS:
        return None
    asked = units_named(f"{reference.question.text}\n{reference.text}")
    for step in graph.steps if asked else []:
        if final not in step.numbers or not units_named(step.text):
            continue
        text = plain(step.text)
        for unit in units_after(final, text, scan(text).tokens):
            for other in asked:
                if is_same_amount(final, unit, gold, other):
                    return unit, other
    return None


def clash_of(step: Step) -> tuple[Equation, str, str] | None:
    """An equation of the step that adds two units as if they were one."""
    for equation, _ in step.checked:
        units = clash_in(equation)
        if units is not None:
            return equation, *units
    return None


def conversion_of(step: Step, reference: Reference) -> tuple[Node, Value, int] | None:
    """A sum of the step that is off from a value of the reference by the factor of a conversion.

    The factor must have been used on one side alone: by the reference where the step lacks it, or
    by the step where the reference has no use for it. A number of the question is no conversion.
    """
    for node in step.nodes:
        if node.status != "new" or not node.claimed:
            continue
        for value in reference.values:
            factor = _whole_ratio(value, node.claimed)
            if not _is_conversion(factor, step, reference):
                continue
            if factor not in reference.question.given:
                used = any(factor in each.operands for each in reference.sums)
                own = [origin for each, origin, _ in node.operands if each == factor]
                if used != bool(own) and "earlier" not in own:
                    return node, value, factor
    return None


def _is_conversion(factor: int, step: Step, reference: Reference) -> bool:
    """Whether the words of the question or of the step let the factor be known as one."""
    if factor not in _FACTORS or factor == reference.gold:
        return False
    return factor in reference.question.constants or factor in step.constants


def _whole_ratio(one: Value, other: Value) -> int:
    """The larger of two values over the smaller where that is whole, else 0."""
    if isinstance(one, int) and isinstance(other, int):
        large, small = (one, other) if abs(one) > abs(other) else (other, one)
        return large // small if small and large % small == 0 else 0
    if not one or not other:
        return 0
    ratio = Fraction(one) / other
    if ratio.denominator == 1:
        return ratio.numerator
    return ratio.denominator if ratio.numerator == 1 else 0


def closest_sum(node: Node, reference: Reference) -> tuple[Value, str, tuple[Value, ...]] | None:
    """The reference's sum of the same two quantities by another operation, if it has one."""
    own = set(node.total.operands)
    if len(node.operands) != 2:
        return None
    for each in reference.sums:
        if set(each.operands) == own and each.operator != node.total.operator:
            return each.value, each.operator, each.operands
    return None
