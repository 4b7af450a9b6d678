"""Would another training do better?"""

from __future__ import annotations

from netgain.analysis.advice.proposing import (
    Evidence,
    command,
    evaluation_seconds,
    price,
    training_seconds,
)
from netgain.records import Advice
from netgain.wording import quantity

LONGER = 1.5  # times the epochs: as far as the back-test went


def train_longer(e: Evidence) -> Advice | None:
    f = e.forecast
    if f is None or f.outlook != "still falling" or e.records.training is None:
        return None
    epochs = e.records.recipe["train"]["epochs"] * LONGER
    return Advice(
        kind="train_longer",
        do="Train longer",
        evidence=f.sentence,
        effect=(
            "Validation loss is likely to fall further; the back-test says how likely. What "
            "happens to "
            "accuracy is not known: it can stay or drop while the loss falls."
        ),
        cost=price(
            e, training_seconds(e) * LONGER + evaluation_seconds(e) / 2,
            "this run's own speed; with another schedule training starts anew",
        ),
        command=command(e, f"train.epochs={epochs:g}"),
    )  # fmt: skip


def train_shorter(e: Evidence) -> Advice | None:
    f, state = e.forecast, e.records.state
    if f is None or f.outlook != "overfitting" or state is None or not f.best_step:
        return None
    best = next((p.epoch for p in state.points if p.step == f.best_step and p.epoch), None)
    if best is None:
        return None
    share = best / e.records.recipe["train"]["epochs"]
    return Advice(
        kind="train_shorter",
        do="Train shorter",
        evidence=f.sentence,
        effect=(
            "None on this adapter, whose weights are those of the best step. A schedule that ends "
            "there takes less time and may do a little better."
        ),
        cost=price(
            e, training_seconds(e) * share + evaluation_seconds(e) / 2, "this run's own speed"
        ),
        command=command(e, f"train.epochs={best:.2g}"),
    )


def smaller_change(e: Evidence) -> Advice | None:
    if e.comparison.verdict != "worse" or e.records.training is None:
        return None
    rate = e.records.recipe["train"]["learning_rate"]
    change = e.trained("change of validation loss")
    fell = (
        f", while validation loss changed by {quantity(change, 'percent_change')}" if change else ""
    )
    return Advice(
        kind="smaller_change",
        do="Change the model less",
        evidence=(
            f"Accuracy fell by {quantity(abs(e.comparison.difference.value or 0.0), 'points')[1:]}"
            f"{fell}: the model learned the reference solutions and lost something else."
        ),
        effect=(
            "Not known. Supervised tuning on terse human solutions is reported to lower an "
            "instruct model's accuracy (Qwen2.5-1.5B-Instruct on GSM8K: 69.7 to about 54.5). A "
            "smaller learning rate changes the model less, and whether it also learns enough is "
            "not measured."
        ),
        cost=price(e, training_seconds(e) + evaluation_seconds(e) / 2, "as this run took"),
        command=command(e, f"train.learning_rate={rate / 4:g}"),
    )
