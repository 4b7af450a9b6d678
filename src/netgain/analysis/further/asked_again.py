"""What was answered beside the headline, as it was stored."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netgain.records import FurtherKind, Generation, Grade, Problem

MODELS = ("base", "tuned")
Right = Mapping[str, tuple[bool, ...]]  # problem id → right or wrong, one value an answer


def right_of(grades: Sequence[Grade], turn: int | None = None) -> dict[str, tuple[bool, ...]]:
    """Right or wrong by problem, samples in their order; of one turn where it is given."""
    found: dict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        if turn is None or grade.turn == turn:
            found[grade.problem_id].append(grade)
    return {
        problem: tuple(g.correct for g in sorted(rows, key=lambda g: (g.sample, g.turn)))
        for problem, rows in found.items()
    }


@dataclass(frozen=True)
class Headline:
    """The greedy answers of both models to the test problems, by model: "base", "tuned".

    `prompt` is the recipe's own, as settings.
    """

    generations: Mapping[str, Sequence[Generation]]
    grades: Mapping[str, Sequence[Grade]]
    prompt: Mapping[str, Any] = field(default_factory=dict)

    def right(self, model: str, among: Collection[str] | None = None) -> Right:
        """Right or wrong by problem; `among` these. A model that is absent has none."""
        found = right_of(self.grades.get(model, ()), turn=0)
        return found if among is None else {p: r for p, r in found.items() if p in among}

    def answers(self, model: str, among: Collection[str]) -> list[Generation]:
        """The answers to these problems."""
        return [g for g in self.generations.get(model, ()) if g.problem_id in among]


@dataclass(frozen=True)
class FurtherEvaluation:
    """One model asked once more in another way. `grades` are one for each of `generations`.

    `name` tells evaluations of a kind apart: the prompt's or the task's name. For a prompt
    `settings["prompt"]` is the group of the recipe that makes it. `scored` holds, where choices
    were scored instead of answers given, right or wrong by each way to score them, the one that
    decides first. `clusters` (problem id → label) are problems made alike, such as those of one
    template. `originals` (id of a perturbed problem → id of the original) belong to perturbed
    problems. `set_aside` counts items left out: without a numeric answer in a task, without a sound
    variant among the perturbed.
    """

    name: str
    kind: FurtherKind
    model: str
    settings: Mapping[str, Any]
    problems: Sequence[Problem]
    generations: Sequence[Generation]
    grades: Sequence[Grade]
    scored: Mapping[str, Right] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    originals: Mapping[str, str] = field(default_factory=dict)
    set_aside: int = 0

    @property
    def right(self) -> Right:
        """Right or wrong by problem, samples in their order; of several turns the first."""
        return right_of(self.grades, turn=0)


def by_model(evaluations: Sequence[FurtherEvaluation]) -> dict[str, FurtherEvaluation]:
    """Those with answers, the base first; one a model at most."""
    found = {e.model: e for e in evaluations if e.grades}
    return {m: found[m] for m in MODELS if m in found}
