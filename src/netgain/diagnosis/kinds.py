"""Which step is the first wrong one, by the first of a few rules that finds one, and its kind.

1. The first step that holds a false equation or leaves the reference: it computes what the
   reference does not compute, or has a number that neither question nor reference explains.
   What leads to a value of the reference, or stands before an equation that has the right answer
   for its unknown, is a way of its own and no error.
2. The step after the one that finds the right answer, where another answer is given.
3. The last step that computes something.

Without a reference solution there is only falsity to go by: a false equation, else the first number
from nowhere, else the longest step that computes something (the best guess of those tried).
"""

from collections.abc import Collection
from typing import NamedTuple

from netgain.diagnosis.form import Form
from netgain.diagnosis.graph import Graph, Step
from netgain.diagnosis.reference import Reference
from netgain.diagnosis.vocabulary import Value
from netgain.records import ErrorKind

# Share of the locations that are exact, on one half of the marked solutions: see the docs.
FALSE_EQUATION = 0.8
LEAVES_REFERENCE = 0.5
_LAST_STEP = 0.4
_STRAY_OPERAND = 0.4
_LONGEST_STEP = 0.35
_NO_SUM = 0.1
_FOUND = ("known", "way")


class Place(NamedTuple):
    """A step (0-based), and how sure it is that the first error is there (0 to 1)."""

    step: int
    confidence: float


def first_wrong_step(graph: Graph, reference: Reference) -> Place:
    """The first wrong step of a solution with a wrong answer and at least one step."""
    return _with_reference(graph, reference) if reference.text else _by_falsity(graph)


def _with_reference(graph: Graph, reference: Reference) -> Place:
    steps = graph.steps
    proven = max((step.index for step in steps if _has_right_root(step, reference)), default=0)
    for step in steps:
        if step.false:
            return Place(step.index, FALSE_EQUATION)
        if step.index >= proven and _leaves(step, graph.final):
            return Place(step.index, LEAVES_REFERENCE)
    found = next((n.step for n in graph.nodes if n.claimed == reference.gold), len(steps))
    for step in steps[found + 1 :]:
        if step.reckons or (step.numbers and reference.gold not in step.numbers):
            return Place(step.index, LEAVES_REFERENCE)
    last = max((step.index for step in steps if step.reckons), default=len(steps) - 1)
    return Place(last, _LAST_STEP)


def _leaves(step: Step, final: Value | None) -> bool:
    """Whether a step leaves the reference: by a value, an unknown, or a number from nowhere."""
    explained = {
        value
        for node in step.nodes
        if node.status in _FOUND
        for value in (node.claimed, node.total.value)
    }
    if not step.reckons:
        explained |= {final} if final is not None else set()  # which only follows from an error
    new = step.new - explained
    return bool(step.bad_roots or new or any(node.status == "new" for node in step.nodes))


def _has_right_root(step: Step, reference: Reference) -> bool:
    return not step.bad_roots and any(root.value == reference.gold for root in step.good_roots)


def _by_falsity(graph: Graph) -> Place:
    steps = graph.steps
    longest = sorted((step for step in steps if step.reckons), key=lambda step: -len(step.text))
    for confidence, found in (
        (FALSE_EQUATION, [step for step in steps if step.false]),
        (_STRAY_OPERAND, [step for step in steps if step.stray]),
        (_LONGEST_STEP, longest),
    ):
        if found:
            return Place(found[0].index, confidence)
    return Place(len(steps) - 1, _NO_SUM)


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
    return "setup" if reached_before(graph, reference.gold, at) is None else "past_the_answer"


def reached_before(graph: Graph, gold: Value | None, at: int) -> int | None:
    """The step before `at` that computes the right answer."""
    reached = (n.step for n in graph.nodes if n.step < at and n.claimed == gold)
    return next((step for step in reached if not graph.steps[step].false), None)
