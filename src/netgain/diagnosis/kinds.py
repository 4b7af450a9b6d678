"""What kind of error: kinds that anybody can check with the text before him."""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction

from netgain.diagnosis.form import Form
from netgain.diagnosis.graph import Graph, Node
from netgain.diagnosis.reference import Reference
from netgain.diagnosis.vocabulary import Value
from netgain.records import ErrorKind

_CODE = re.compile(
    r"\s*(?:(?:def|return|import|while|elif) |print ?\(|for \w++ in "
    r"|(?=\w*[a-z]_)\w++ ?[-+*/]?=(?!=))"
)


def missing_kind(forms: Collection[Form]) -> ErrorKind:
    """The kind of a solution that gives no answer."""
    if "loops" in forms:
        return "looping"
    return "truncated" if "truncated" in forms else "no_answer"


def wrong_kind(graph: Graph, reference: Reference, at: int, forms: Collection[Form]) -> ErrorKind:
    """The kind of a solution with a wrong answer whose first wrong step is `at`.

    A false equation comes first, because it is a fact; `setup` is what is left.
    """
    if graph.steps[at].false:
        return "arithmetic"
    if "loops" in forms:
        return "looping"
    works = any(node.equation is not None for node in graph.nodes)
    if not works and "begins_with_mark" in forms:
        return "begins_with_mark"
    if not works and "copies_question" in forms:
        return "copies_question"
    if reached_before(graph, reference.gold, at) is not None:
        return "past_the_answer"
    return "setup"


def is_code(text: str) -> bool:
    """Whether a step begins like a line of program code: "total_cost = price * 3", "print(x)"."""
    return _CODE.match(text) is not None


def reached_before(graph: Graph, gold: Value | None, at: int) -> int | None:
    """The step before `at` that computes the right answer."""
    for node in graph.nodes:
        if node.step < at and node.claimed == gold and node.status in ("plan", "way"):
            return node.step
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


def closest_sum(node: Node, reference: Reference) -> tuple[Value, str, tuple[Value, ...]] | None:
    """The reference's sum of the same two quantities by another operation, if it has one."""
    if len(node.side.operands) != 2:
        return None
    for each in reference.sums:
        same = set(each.operands) == set(node.total.operands)
        if same and each.operator != node.total.operator:
            return each.value, each.operator, each.operands
    return None
