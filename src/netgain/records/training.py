"""A trainer's log, and what training on would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netgain.records.figures import Estimate, Metric

Outlook = Literal["overfitting", "further fall expected", "no further fall shown", "not known"]


@dataclass(frozen=True)
class TrainingPoint:
    """One row of a trainer's log; what was not logged is None.

    Token accuracy is teacher-forced. Accuracy on the task, of answers that were generated, is there
    as counts alone: problems answered, and how many were right by the robust and the strict grader.
    """

    step: int
    epoch: float | None = None
    tokens: int | None = None
    seconds: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    token_accuracy: float | None = None
    eval_token_accuracy: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    task_n: int | None = None
    task_correct: int | None = None
    task_strict: int | None = None


@dataclass(frozen=True)
class TrainingLog:
    """What a trainer left behind: its curve, and the step whose validation loss was lowest."""

    points: tuple[TrainingPoint, ...]
    best_step: int | None
    steps: int
    planned_steps: int
    epochs: float | None


@dataclass(frozen=True)
class BandPoint:
    """Where a fitted loss curve runs at one step, and the interval for a value logged there."""

    step: int
    loss: float
    low: float
    high: float


@dataclass(frozen=True)
class CurveFit:
    """A saturating form fitted to one series of losses, and its continuation.

    Without a fit `form` and `band` are empty and `why_none` says why.
    """

    series: Literal["validation", "training"]
    n: int
    form: str = ""
    equation: str = ""
    band: tuple[BandPoint, ...] = ()
    level: float | None = None
    why_none: str = ""


@dataclass(frozen=True)
class Forecast:
    """What training on would do to the validation loss, in a sentence and in figures.

    `change` is the loss `more_epochs` later − the lowest so far, in nats (None where there is no
    fit). `best_step` is the step of the lowest validation loss. `metrics` are projected.
    """

    outlook: Outlook
    sentence: str
    change: Estimate
    more_epochs: float | None
    best_step: int | None
    fits: tuple[CurveFit, ...]
    metrics: tuple[Metric, ...]
