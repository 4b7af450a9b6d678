"""The learning rate, as a function of the step alone."""

import math

from netgain.recipe import TrainSettings


def rate_of_step(settings: TrainSettings, step: int, total: int, warmup: int) -> float:
    """The learning rate of optimizer step `step` (from 0) of `total`.

    It rises linearly over `warmup` steps, then falls linearly or as half a cosine to 0, or stays.
    The formulas are those of transformers' `get_scheduler`, so figures compare with other trainers.
    """
    if settings.schedule == "constant":
        return settings.learning_rate
    if step < warmup:
        return settings.learning_rate * step / max(1, warmup)
    if settings.schedule == "constant_with_warmup":
        return settings.learning_rate
    done = (step - warmup) / max(1, total - warmup)
    share = 1 - done if settings.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return settings.learning_rate * max(0.0, share)
