"""Which step is the first wrong one: a few rules, the first that finds one.

1. The answer is given where a step miscopies the right one.
2. The first step that holds a false equation or leaves the reference: it computes what the
   reference does not compute, or has a number that neither question nor reference explains.
   What leads to a value of the reference, or stands before an equation that has the right answer
   for its unknown, is a way of its own and no error.
3. The step after the one that finds the right answer, where another answer is given.
4. The last step that computes something.

Without a reference solution there is only falsity to go by: a false equation, else the first number
from nowhere, else the longest step that computes something (the best guess of those tried).
"""

from __future__ import annotations

from typing import NamedTuple

from netgain.diagnosis.graph import Graph, Node, Step
from netgain.diagnosis.kinds import right_but_miscopied
from netgain.diagnosis.reference import Reference

# Share of the locations that are exact, on one half of the marked solutions: see the docs.
FALSE_EQUATION = 0.8
LEAVES_REFERENCE = 0.5
_LAST_STEP = 0.4
_STRAY_OPERAND = 0.4
_LONGEST_STEP = 0.35
_NO_SUM = 0.1


class Place(NamedTuple):
    """A step (0-based), and how sure it is that the first error is there (0 to 1)."""

    step: int
    confidence: float


def first_wrong_step(graph: Graph, reference: Reference) -> Place:
    """The first wrong step of a solution with a wrong answer and at least one step."""
    miscopied = right_but_miscopied(graph, reference)
    if miscopied is not None:
        return Place(miscopied, FALSE_EQUATION)
    return _with_reference(graph, reference) if reference.text else _by_falsity(graph)


def _with_reference(graph: Graph, reference: Reference) -> Place:
    steps = graph.steps
    proven = max((step.index for step in steps if _has_right_root(step, reference)), default=0)
    for step in steps:
        if step.false:
            return Place(step.index, FALSE_EQUATION)
        if step.index >= proven and leaves(step):
            before = steps[step.index - 1] if step.index > proven else None
            # "So he needs 12 more." states what the step after it computes with.
            stated = before is not None and not before.reckons and bool(before.derived)
            return Place(step.index - stated, LEAVES_REFERENCE)
    found = next((step.index for step in steps if _finds(step, reference.gold)), len(steps))
    for step in steps[found + 1 :]:
        if step.reckons or (step.numbers and reference.gold not in step.numbers):
            return Place(step.index, LEAVES_REFERENCE)
    last = max((step.index for step in steps if step.reckons), default=len(steps) - 1)
    return Place(last, _LAST_STEP)


def leaves(step: Step) -> bool:
    """Whether a step leaves the reference: by a value, an unknown, or a number from nowhere."""
    on_the_way = {node.claimed for node in step.nodes if _is_on_the_way(node)}
    on_the_way |= {node.total.value for node in step.nodes if _is_on_the_way(node)}
    new = step.new if step.nodes else step.new - step.derived
    return bool(
        step.bad_roots or new - on_the_way or any(node.status == "new" for node in step.nodes)
    )


def _is_on_the_way(node: Node) -> bool:
    return node.status in ("plan", "way")


def _has_right_root(step: Step, reference: Reference) -> bool:
    return not step.bad_roots and any(root.value == reference.gold for root in step.good_roots)


def _finds(step: Step, value: object) -> bool:
    return any(node.claimed == value for node in step.nodes)


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
