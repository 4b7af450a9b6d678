"""What was found in other tools' files: answers, trainings, adapters, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from netgain.records import TrainingLog

FigureKind = Literal["generated", "choice_loglikelihood", "teacher_forced", "other"]
MOST_NAMED = 10  # ids in a sentence
# What a figure of this kind is, for readers.
WORDS: Mapping[FigureKind, str] = {
    "generated": "of generated answers, by the tool's own grader",
    "choice_loglikelihood": "of choices ranked by log-likelihood",
    "teacher_forced": (
        "teacher-forced: the reference solutions were fed in, so it is no accuracy on the task"
    ),
    "other": "no accuracy on the task",
}


@dataclass(frozen=True)
class Figure:
    """A number as a tool reports it. `of` says whose: a model on a task, or a training's folder."""

    name: str
    value: float
    kind: FigureKind
    of: str


@dataclass(frozen=True)
class AnswerFiles:
    """One model's answers to one set of problems, in files of rows: not read yet.

    `conditions` are how it was asked and graded, as far as its tool says: "shots", "prompt",
    "most new tokens", "temperature", "limit", "grader". `files` are several where each holds a
    further sample, or further problems where they are `parts`. `superseded` are those of an earlier
    evaluation of the same. `of_model` is the model whose rows are meant where the files hold
    several models', else "". `asked` are files of what was asked, where the answers have no
    questions, and `failed` those of requests that got no answer. `has_gold` says whether the first
    row tells the right answer, `role` whether it is the "base" or the "tuned" model.
    """

    tool: str
    model: str
    task: str
    files: tuple[Path, ...]
    conditions: Mapping[str, str] = field(default_factory=dict)
    superseded: tuple[Path, ...] = ()
    of_model: str = ""
    asked: tuple[Path, ...] = ()
    failed: tuple[Path, ...] = ()
    has_gold: bool = True
    parts: bool = False
    role: str = ""

    @property
    def name(self) -> str:
        return " on ".join(filter(None, (self.model, self.task)))


@dataclass(frozen=True)
class Training:
    """A trainer's log: by the name of its validation set, "" where it has one or none."""

    tool: str
    path: Path
    logs: Mapping[str, TrainingLog]


@dataclass(frozen=True)
class Adapter:
    """A trained adapter (PEFT), and the base model that it names."""

    folder: Path
    base: str
    words: str


@dataclass(frozen=True)
class Found:
    """All that was recognised; what looked like results and could not be read, and why.

    `requests` are files of what batches were asked, `failed` of those requests that got no answer.
    `refused` are those of `unread` that are damaged or hostile. `others` are files that were read
    and are nothing known, with the names in them. `seen` counts all files by their kind.
    """

    answers: tuple[AnswerFiles, ...] = ()
    trainings: tuple[Training, ...] = ()
    adapters: tuple[Adapter, ...] = ()
    figures: tuple[Figure, ...] = ()
    problems: tuple[Path, ...] = ()
    requests: tuple[Path, ...] = ()
    failed: tuple[Path, ...] = ()
    unread: tuple[tuple[Path, str], ...] = ()
    refused: tuple[Path, ...] = ()
    others: tuple[tuple[Path, str], ...] = ()
    seen: Mapping[str, int] = field(default_factory=dict)

    def is_empty(self) -> bool:
        """Whether nothing was recognised."""
        known = (self.answers, self.trainings, self.adapters, self.figures, self.problems)
        return not any((*known, self.requests, self.failed))
