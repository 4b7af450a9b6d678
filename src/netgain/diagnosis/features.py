"""What is seen in each step, as numbers: the only thing that the weights know of a solution.

Every feature is a fact that can be told to a reader; `locate` weighs them. Most are 0 or 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from netgain.diagnosis.graph import Graph, Node, Step
from netgain.diagnosis.reference import Line, Reference, content_words
from netgain.diagnosis.vocabulary import Value

_ANSWER = re.compile(
    r"\s*(?:#{4}|the (?:final )?answer is\b|answer\s*:|A:|\\boxed|\$?-?[\d.,]+%?\s*\Z)",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"need to|we can|let'?s|to find|to determine|to calculate|we know|since|so,|therefore|thus"
    r"|according|because|set up",
    re.IGNORECASE,
)
_MOST = 3  # suspicious steps before a step: more count no more
_MAX_LENGTH = 3.0  # times the mean: longer steps count no more

Features = dict[str, float]


@dataclass(frozen=True)
class _Whole:
    """What a step's place in the whole solution is measured against."""

    suspicious: list[bool]
    before: list[int]  # suspicious steps before each step
    later: list[bool]  # whether one comes after it
    last_plan: int
    last_reckoning: int
    first_false: int
    final_at: int | None  # where a final answer that the reference lacks is first computed
    gold_at: int | None  # where the right answer is first computed, though another is given
    length: float  # characters of a step, on average

    @classmethod
    def of(cls, graph: Graph, reference: Reference) -> _Whole:
        steps = graph.steps
        suspicious = [is_suspicious(step, reference) for step in steps]
        new_final = None if graph.final in reference.values else graph.final
        left_gold = None if graph.final == reference.gold else reference.gold
        return cls(
            suspicious=suspicious,
            before=[0, *accumulate(map(int, suspicious))],
            later=_later(suspicious),
            last_plan=max((step.index for step in steps if _has_plan(step)), default=-1),
            last_reckoning=max((step.index for step in steps if step.reckons), default=-1),
            first_false=next((step.index for step in steps if step.false), len(steps)),
            final_at=_first_reaching(steps, new_final),
            gold_at=_first_reaching(steps, left_gold),
            length=sum(len(step.text) for step in steps) / max(1, len(steps)) or 1.0,
        )


def features_of(graph: Graph, reference: Reference) -> list[Features]:
    """One row of features a step, in order."""
    whole = _Whole.of(graph, reference)
    followers = [*graph.steps[1:], None]
    return [
        _own_features(step, reference) | _place_features(step, following, whole)
        for step, following in zip(graph.steps, followers, strict=True)
    ]


def _place_features(step: Step, following: Step | None, whole: _Whole) -> Features:
    """What depends on the other steps."""
    i = step.index
    before = whole.before[i]
    announces = following is not None and not step.reckons
    next_root = following is not None and bool(following.bad_roots)
    return {
        "next_is_suspicious": float(announces and not next_root and whole.suspicious[i + 1]),
        "next_has_bad_root": float(announces and next_root),
        "suspicious_later": float(whole.later[i]),
        "plan_later": float(whole.last_plan > i),
        "first_step": float(i == 0),
        "last_reckoning": float(i == whole.last_reckoning),
        "computes_final": float(i == whole.final_at),
        "answer_reached_here": float(i == whole.gold_at),
        "first_suspicious": float(whole.suspicious[i] and not before),
        "after_suspicious": float(before > 0),
        "suspicious_before": min(_MOST, before) / _MOST,
        "after_false": float(i > whole.first_false),
        "length": min(_MAX_LENGTH, len(step.text) / whole.length),
    }


def _own_features(step: Step, reference: Reference) -> Features:
    """What does not depend on the other steps."""
    states = not step.reckons
    statuses = {(node.claimed in reference.written, node.status) for node in step.nodes}
    given = reference.question.given
    return {
        "false_equation": float(bool(step.false)),
        "plan_new_value": float((False, "plan") in statuses),
        "plan_known_value": float((True, "plan") in statuses),
        "root_changed": float(any(r.changed for r in step.good_roots + step.bad_roots)),
        "good_root": float(bool(step.good_roots) and not step.bad_roots),
        "bad_root": float(bool(step.bad_roots)),
        "unsolved_equation": float(step.algebra > 0 and not step.good_roots and not step.bad_roots),
        "states_derived": float(states and bool(step.derived)),
        "stray_operand": float(bool(step.stray)),
        "announces": float(states and _PLAN.search(step.text) is not None),
        "repeats_question": float(
            states and bool(step.numbers) and all(v in given for v in step.numbers)
        ),
        "no_number": float(not step.numbers),
        "given_numbers": len(given.intersection(step.numbers)) / 4,
        "states_right_answer": float(reference.gold in step.numbers),
        "answer_line": float(_ANSWER.match(step.text) is not None),
        "under_final": float(any(node.under_final for node in step.nodes)),
        "like_reference": _likeness(step, reference),
        "negative": float(any(node.claimed < 0 for node in step.nodes)),
    }


def is_suspicious(step: Step, reference: Reference) -> bool:
    """Whether anything in the step is false, or not the question's and not the reference's."""
    return bool(step.false or step.bad_roots or step.new) or any(
        node.status == "new" or _is_new_value(node, reference) for node in step.nodes
    )


def _is_new_value(node: Node, reference: Reference) -> bool:
    return node.claimed not in reference.written and node.status not in ("plan", "way")


def _has_plan(step: Step) -> bool:
    return bool(step.good_roots) or any(node.status == "plan" for node in step.nodes)


def _first_reaching(steps: list[Step], value: Value | None) -> int | None:
    if value is None:
        return None
    for step in steps:
        if any(node.claimed == value for node in step.nodes):
            return step.index
    return None


def _later(suspicious: list[bool]) -> list[bool]:
    found, seen = [], False
    for each in reversed(suspicious):
        found.append(seen)
        seen = seen or each
    return found[::-1]


def _likeness(step: Step, reference: Reference) -> float:
    """How many words of the reference's line with the same value the step uses, 0 to 1."""
    values = {n.claimed for n in step.nodes if n.status in ("plan", "way", "value")}
    if not values:
        return 0.0
    lines = [line for line in reference.lines if line.numbers & values]
    words = content_words(step.text) if lines else frozenset()
    return max((_share(line, words) for line in lines), default=0.0)


def _share(line: Line, words: frozenset[str]) -> float:
    return len(line.words & words) / max(1, len(line.words))
