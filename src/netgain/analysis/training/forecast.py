"""Would training on help? What the end of the validation loss shows, and no more.

Only the validation loss is evidence here: training loss falls as long as a model memorises. No
curve is continued beyond what was logged; docs/metrics.md says what such ends came to when training
did go on.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from netgain.analysis.sentences import outlook_sentence
from netgain.analysis.training.losses import (
    FEWEST_EXAMPLES,
    has_turned,
    late_change,
    validated,
    weighted_steps,
)
from netgain.records import Forecast, Outlook, TrainingPoint
from netgain.wording import counted

DECAYED = 0.1  # a learning rate below this share of its peak has decayed


def forecast(
    points: Sequence[TrainingPoint], examples: int | None = None, on: str = ""
) -> Forecast | None:
    """What the end of a trainer's log shows; None without any point.

    Args:
        examples: examples validated on, where that is known.
        on: what these are, where they are not a solution to each of so many problems.
    """
    if not points or any(p.reward is not None for p in points):
        return None  # a policy gradient does not learn what the validation loss is of
    known = validated(points)
    at = dict(zip((p.step for p in points), weighted_steps(points).tolist(), strict=True))
    x = np.array([at[p.step] for p in known])
    losses = np.array([p.eval_loss for p in known], float)
    on = on or counted(examples or 0, "problem")
    change, first = late_change(x, losses, examples, on)
    outlook: Outlook = "not known"
    if (examples is None or examples >= FEWEST_EXAMPLES) and has_turned(x, losses):
        outlook = "overfitting"
    elif change.interval is not None:
        outlook = "still falling" if change.interval[1] < 0 else "no fall shown"
    best = known[int(losses.argmin())] if known else None
    found = Forecast(
        outlook=outlook,
        sentence="",
        change=change,
        from_step=known[first].step if known else points[0].step,
        to_step=known[-1].step if known else points[-1].step,
        best_step=best.step if best else None,
        best_loss=best.eval_loss if best else None,
        last_loss=known[-1].eval_loss if known else None,
        decayed=_decayed(points),
        examples=examples,
    )
    return replace(found, sentence=outlook_sentence(found, on))


def _decayed(points: Sequence[TrainingPoint]) -> bool | None:
    """Whether the learning rate had fallen far below its peak; None where none was logged."""
    rates = [p.learning_rate for p in points if p.learning_rate is not None]
    rates = [rate for rate in rates if math.isfinite(rate)]
    return rates[-1] < DECAYED * max(rates) if rates else None
