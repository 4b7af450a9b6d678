"""What the assembly of a report reads: a run's records, as they were stored."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netgain.errors import EvaluationError
from netgain.recipe import ModelSettings
from netgain.records import (
    Diagnosis,
    EvaluationSummary,
    FurtherResult,
    Generation,
    Grade,
    Problem,
    Prompt,
    PromptCheck,
    TrainingLog,
)
from netgain.wording import integer

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Answered:
    """What became of one model's answers: one value a problem, in the problems' order.

    `read` says where an answer was found in the text, `cut` where the text ended at the limit.
    """

    correct: Flags
    strict: Flags
    flexible: Flags
    read: Flags
    cut: Flags

    def __len__(self) -> int:
        return len(self.correct)


@dataclass(frozen=True)
class Whole:
    """All problems with their answers, where a run's records hold a sample of them."""

    categories: Sequence[str | None]
    answers: Mapping[str, Answered]


@dataclass(frozen=True)
class EarlierTraining:
    """A training before a run's last: its folder's name, its settings and its log, and what was
    answered for it or by its model. Of a round of rejection sampling
    nothing goes on: the next one begins where it began.
    """

    name: str
    train: Mapping[str, Any]
    goes_on: bool
    log: TrainingLog
    summaries: Sequence[EvaluationSummary]


@dataclass(frozen=True)
class Start:
    """The weights that a run's first training began from, where another made them.

    `recipe` and `log` are of the run that made them, None where its records are not there;
    `answers` are its model's to the same problems, None where it was not asked them alike.
    """

    name: str
    recipe: Mapping[str, Any] | None = None
    log: TrainingLog | None = None
    answers: Answered | None = None


@dataclass(frozen=True)
class RunRecords:
    """What a run directory holds, read.

    `diagnoses` are of wrong answers: model, problem id; `false_working` are of right answers that
    state a false equation. `extras` are the summaries of what was
    evaluated beside the headline, by folder. `prompts` are what was asked, by problem id. `phases`
    are the answers of earlier trainings' models to the same problems, by name and in order;
    `earlier` are those trainings, rounds of rejection sampling among them. `start` is what the
    first of all began from, None for the base.

    Where there are very many problems, `problems`, `generations`, `grades`, `diagnoses` and
    `prompts` are of a random sample, and `whole` has what became of all. Figures on all answers
    are taken from `answered`.
    """

    recipe: Mapping[str, Any]
    facts: Mapping[str, Any]
    split: Mapping[str, Any]
    training: Mapping[str, Any] | None
    state: TrainingLog | None
    problems: Sequence[Problem]
    summaries: Mapping[str, EvaluationSummary]
    generations: Mapping[str, Sequence[Generation]]
    grades: Mapping[str, Sequence[Grade]]
    place: str
    diagnoses: Mapping[str, Mapping[str, Diagnosis]] = field(default_factory=dict)
    further: tuple[FurtherResult, ...] = ()
    extras: Mapping[str, EvaluationSummary] = field(default_factory=dict)
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    whole: Whole | None = None
    false_working: Mapping[str, Mapping[str, Diagnosis]] = field(default_factory=dict)
    serving: Mapping[str, Any] | None = None
    prompt_check: PromptCheck | None = None
    phases: Mapping[str, Answered] = field(default_factory=dict)
    earlier: Sequence[EarlierTraining] = ()
    start: Start | None = None

    def model_name(self) -> str:
        """The base model in words, "de-quantised" included where it is."""
        known = self.recipe["model"]["id"]
        if self.training is not None:
            known = self.training["model"]["description"]
        return ModelSettings.model_validate(self.recipe["model"]).called(str(known))

    def began_at(self) -> str:
        """The name of the weights that the last training began from; "" for the base's."""
        before = [e.name for e in self.earlier if e.goes_on]
        return before[-1] if before else self.start.name if self.start else ""

    def answered(self, model: str) -> Answered:
        """What became of all answers of one model.

        Raises:
            EvaluationError: the grades are not one for each problem.
        """
        if self.whole is not None:
            return self.whole.answers[model]
        cut = {g.problem_id for g in self.generations[model] if g.finish_reason == "length"}
        return answered([p.id for p in self.problems], self.grades[model], cut)

    def mostly_unread(self) -> bool:
        """Whether most answers of all models were cut off, or held no result that could be read.

        Where such models solve nothing, that says little of how hard the problems are.
        """
        of_all = [self.answered(m) for m in self.grades]
        unread = sum(int((~a.correct & (a.cut | ~a.read)).sum()) for a in of_all)
        return unread > sum(map(len, of_all)) / 2

    def categories(self) -> Sequence[str | None]:
        """The category of every problem, in order."""
        if self.whole is not None:
            return self.whole.categories
        return [p.category for p in self.problems]

    def looked_into(self) -> str:
        """How many problems were looked into one by one, in words; "" where it was all."""
        if self.whole is None:
            return ""
        shown, total = integer(len(self.problems)), integer(len(self.whole.categories))
        return f"looked into: {shown} of {total} problems, drawn at random"


def answered(ids: Sequence[str], grades: Sequence[Grade], cut: Container[str] = ()) -> Answered:
    """One model's answers as columns, in the order of these problems.

    Args:
        cut: problems whose answer ended at the limit.

    Raises:
        EvaluationError: the grades are not one for each problem.
    """
    graded = {g.problem_id: g for g in grades}
    if len(graded) != len(grades) or graded.keys() != set(ids):
        raise EvaluationError(
            f"{len(grades)} grades for {len(ids)} problems: the models were not asked the same "
            "problems once each; evaluate both again with the same recipe"
        )

    def flags(values: Iterable[bool]) -> Flags:
        return np.fromiter(values, dtype=bool, count=len(ids))

    return Answered(
        correct=flags(graded[i].correct for i in ids),
        strict=flags(graded[i].strict for i in ids),
        flexible=flags(graded[i].flexible for i in ids),
        read=flags(graded[i].extracted is not None for i in ids),
        cut=flags(i in cut for i in ids),
    )
