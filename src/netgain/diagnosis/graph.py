"""A solution's steps, read against its question and reference: what each computes from what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from netgain.diagnosis.arithmetic import Side
from netgain.diagnosis.checks import check_all
from netgain.diagnosis.equations import Equation, Reading, read
from netgain.diagnosis.reference import Reference, numbers_of
from netgain.diagnosis.sums import Sum, root_of, sums_of
from netgain.diagnosis.vocabulary import Value

MAX_SUMS = 400  # of one solution: more is no solution but a loop


@dataclass(slots=True, eq=False)
class Node:
    """A value that a step computes; `sources` are the nodes that its operands come from.

    `status`: "false" (its equation is), "known" (the reference has the value), "way" (the right
    answer is computed from it), "new".
    """

    step: int
    claimed: Value
    total: Sum
    side: Side
    equation: Equation | None
    sources: list[Node]
    status: Literal["false", "known", "way", "new"] = "new"


@dataclass(slots=True, eq=False)
class Root:
    """An equation in one unknown, with the value that solves it."""

    equation: Equation
    letter: str
    value: Value


@dataclass(slots=True, eq=False)
class Step:
    """One step, read: what it computes, states, and gets wrong."""

    index: int
    text: str
    numbers: list[Value]
    checked: list[tuple[Equation, bool | None]] = field(default_factory=list)  # with "it holds"
    nodes: list[Node] = field(default_factory=list)
    false: list[Equation] = field(default_factory=list)
    good_roots: list[Root] = field(default_factory=list)
    bad_roots: list[Root] = field(default_factory=list)
    algebra: int = 0  # equations with an unknown
    stray: list[Value] = field(default_factory=list)  # operands from nowhere
    new: set[Value] = field(default_factory=set)  # numbers that nothing before explains

    @property
    def reckons(self) -> bool:
        return bool(self.nodes) or self.algebra > 0


@dataclass(slots=True, eq=False)
class Graph:
    steps: list[Step]
    final: Value | None
    nodes: list[Node]


def build_graph(
    steps: Sequence[str], reference: Reference, final: Value | None, cut_off: bool = False
) -> Graph:
    """Read a solution's steps against its question and reference (which may be empty)."""
    readings = [read(text) for text in steps]
    verdicts = check_all(steps, readings, cut_off)
    builder = _Builder(reference, final)
    read_steps = [
        builder.step(text, reading, verdict)
        for text, reading, verdict in zip(steps, readings, verdicts, strict=True)
    ]
    for node in reversed(builder.nodes):
        if node.status == "new" and is_close(node.claimed, reference.values):
            node.status = "known"
        right = node.status == "known" and node.claimed == reference.gold
        for source in node.sources if right or node.status == "way" else ():
            source.status = "way" if source.status == "new" else source.status
    return Graph(read_steps, final, builder.nodes)


class _Builder:
    """Reads the steps in order and keeps what is known so far."""

    def __init__(self, reference: Reference, final: Value | None) -> None:
        self.reference = reference
        self.final = final
        self.latest: dict[Value, Node] = {}
        self.stated: set[Value] = set()
        self.seen: set[Value] = set()
        self.nodes: list[Node] = []
        self.index = 0

    def step(self, text: str, reading: Reading, verdicts: Sequence[bool | None]) -> Step:
        numbers = numbers_of(reading.tokens)
        step = Step(self.index, text, numbers + reading.words)
        step.checked = list(zip(reading.equations, verdicts, strict=True))
        known = reading.constants | self.reference.known
        for equation, true in step.checked:
            if equation.left.unknowns or equation.right.unknowns:
                self._algebra(step, equation)
                continue
            if true is False:
                step.false.append(equation)
            if not equation.left.literal:
                self._node(step, equation.left, equation, known)
            if not equation.right.literal:
                self._node(step, equation.right, None, known)
        self._news(step, numbers)
        self.stated.update(step.numbers)
        self.index += 1
        return step

    def _algebra(self, step: Step, equation: Equation) -> None:
        step.algebra += 1
        found = root_of(equation)
        if found is None or (found[1] in self.reference.given and is_naming(equation)):
            return
        good = self._is_good_root(*found)
        (step.good_roots if good else step.bad_roots).append(Root(equation, *found))

    def _is_good_root(self, letter: str, value: Value) -> bool:
        reference = self.reference
        if reference.asks_for_unknown and letter == "x":
            return value == reference.gold
        wrong_answer = value == self.final and self.final != reference.gold
        return is_close(value, reference.values) and not wrong_answer

    def _node(self, step: Step, side: Side, equation: Equation | None, known: set[Value]) -> None:
        sums = sums_of(side) if len(self.nodes) < MAX_SUMS else []
        if not sums:
            return
        total = sums[-1]
        claimed = total.value
        if equation is not None and equation.right.literal and equation.right.value is not None:
            claimed = equation.right.value
        sources = []
        for token in side.operands:
            assert token.value is not None
            source = None if token.percent else self.latest.get(token.value)
            if source is not None:
                sources.append(source)
            elif self._is_stray(token.value, known):
                step.stray.append(token.value)
        node = Node(step.index, claimed, total, side, equation, sources)
        if any(equation is each for each in step.false):
            node.status = "false"
        self.nodes.append(node)
        step.nodes.append(node)
        self.latest[total.value] = self.latest[claimed] = node

    def _is_stray(self, value: Value, known: set[Value]) -> bool:
        """Whether neither question, reference, general knowledge nor an earlier step has it."""
        reference = self.reference
        return not (
            any(each in reference.written for each in (value, -value, value * 100))
            or value in known
            or value in self.stated
            or value in reference.values
        )

    def _news(self, step: Step, numbers: list[Value]) -> None:
        """Which numbers of the step nothing before it explains."""
        results = {node.claimed for node in step.nodes} | {node.total.value for node in step.nodes}
        new = {v for v in numbers if v not in self.reference.written and v not in self.seen}
        step.new = new
        self.seen |= new | results


def is_naming(equation: Equation) -> bool:
    """Whether an equation only gives a number its letter: "t = 40"."""
    return len(equation.left.items) == 1 and len(equation.right.items) == 1


def is_close(value: Value, others: frozenset[Value]) -> bool:
    """Whether `others` has the value, or a fraction of which it is a rounding."""
    if value in others:
        return True
    return not isinstance(value, int) and any(
        isinstance(other, Fraction) and abs(other - value) * 250 <= abs(other) for other in others
    )
