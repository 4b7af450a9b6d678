"""What was found in other tools' files: answers, trainings, adapters, figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

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
class LogFigures:
    """What a training's log comes to; None for what was not logged.

    `validation_set` is its name, "" where there is one or none. Losses are the first and the last
    one, in nats a token. Token accuracies are the last ones, of training batches and of validation:
    shares of reference tokens, teacher-forced, and no accuracy on the task. That is in the last two
    alone: validation problems answered at last, and solved, by generated answers.
    """

    validation_set: str
    steps: int
    planned_steps: int
    best_step: int | None
    loss: tuple[float, float] | None
    eval_loss: tuple[float, float] | None
    token_accuracy: float | None
    eval_token_accuracy: float | None
    task_n: int | None
    task_correct: int | None


def log_figures(training: Training) -> list[LogFigures]:
    """The figures of each of a training's logs; training's own are told of the first alone."""
    return [
        _log_figures(name, log, is_first=place == 0)
        for place, (name, log) in enumerate(training.logs.items())
    ]


def _log_figures(name: str, log: TrainingLog, *, is_first: bool) -> LogFigures:
    def logged(field: str) -> list[Any]:
        values = (getattr(point, field) for point in log.points)
        return [value for value in values if value is not None]

    learned = logged("loss") if is_first else []
    losses = logged("eval_loss")
    on_training = logged("token_accuracy") if is_first else []
    agreed, n, solved = map(logged, ("eval_token_accuracy", "task_n", "task_correct"))
    return LogFigures(
        name, log.steps, log.planned_steps, log.best_step,
        loss=(learned[0], learned[-1]) if learned else None,
        eval_loss=(losses[0], losses[-1]) if losses else None,
        token_accuracy=on_training[-1] if on_training else None,
        eval_token_accuracy=agreed[-1] if agreed else None,
        task_n=n[-1] if n else None,
        task_correct=solved[-1] if solved else None,
    )  # fmt: skip


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
