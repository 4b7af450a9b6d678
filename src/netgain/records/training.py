"""A trainer's log, and what its end shows."""

from dataclasses import dataclass
from typing import Literal

from netgain.records.figures import Estimate

REPLAYED = "{}, the model's own answers"  # the origin of what is learned of a replayed source
Outlook = Literal["overfitting", "still falling", "no fall shown", "not known"]


@dataclass(frozen=True)
class TrainingPoint:
    """One row of a trainer's log; what was not logged is None.

    Token accuracy is teacher-forced. Accuracy on the task, of answers that were generated, is there
    as counts alone: problems answered, and how many were right by the robust and the strict grader.
    From `reward` on it is of a round's answers, from which a policy gradient learns: their mean
    reward, the shares that the graders call right, that were cut off, and of problems whose answers
    all have one reward (`agreed`); tokens of an answer; nats of a sampled token; the share of
    tokens that were clipped; and the seconds of the round's parts, `weights_seconds` those of
    handing the changed weights to what answers.
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
    reward: float | None = None
    reward_robust: float | None = None
    reward_strict: float | None = None
    agreed: float | None = None
    truncated: float | None = None
    answer_tokens: float | None = None
    entropy: float | None = None
    clipped: float | None = None
    sampling_seconds: float | None = None
    grading_seconds: float | None = None
    training_seconds: float | None = None
    weights_seconds: float | None = None


@dataclass(frozen=True)
class TrainingLog:
    """What a trainer left behind: its curve, and the step whose validation loss was lowest."""

    points: tuple[TrainingPoint, ...]
    best_step: int | None
    steps: int
    planned_steps: int
    epochs: float | None


@dataclass(frozen=True)
class Forecast:
    """What the end of the validation loss shows about training on.

    `change` is the fitted change of the validation loss from `from_step` to `to_step`, the last
    third of the steps, in nats; None where it cannot be given. `best_step` has the lowest loss.
    `decayed` says that the learning rate had fallen far below its peak, so that only a run planned
    longer from the start would tell; None where the log has no learning rates. `examples` is how
    many solutions, or right answers, were validated on, None where that is not known.
    """

    outlook: Outlook
    sentence: str
    change: Estimate
    from_step: int
    to_step: int
    best_step: int | None
    best_loss: float | None
    last_loss: float | None
    decayed: bool | None
    examples: int | None
