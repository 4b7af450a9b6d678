"""Would another training do better?"""

from __future__ import annotations

from netgain.analysis.advice.parts import (
    Evidence,
    command,
    evaluation_seconds,
    price,
    training_seconds,
)
from netgain.analysis.estimates.statistics import wilson
from netgain.records import Advice
from netgain.wording import number, percent, quantity

TOO_WEAK = 0.05  # both models' accuracy, upper ends of their intervals
CLOSE = 0.05  # generalisation gap as a share of the validation loss
STRONGER = "Qwen/Qwen2-0.5B-Instruct"


def more_epochs(e: Evidence) -> Advice | None:
    f = e.forecast
    if f is None or f.outlook != "further fall expected" or not f.more_epochs:
        return None
    epochs = e.records.recipe["train"]["epochs"]
    return Advice(
        do="Train longer",
        evidence=f.sentence,
        effect=(
            "On validation loss as said. What it does to accuracy is not known: the loss can fall "
            "while accuracy stays or drops."
        ),
        reach=None,
        cost=price(
            e, training_seconds(e) * (1 + f.more_epochs / epochs) + evaluation_seconds(e) / 2,
            "this run's own speed; the schedule is another, so training starts anew",
        ),
        command=command(e, f"train.epochs={epochs + f.more_epochs:g}"),
    )  # fmt: skip


def fewer_epochs(e: Evidence) -> Advice | None:
    f, state = e.forecast, e.records.state
    if f is None or f.outlook != "overfitting" or state is None or not f.best_step:
        return None
    best = next((p.epoch for p in state.points if p.step == f.best_step and p.epoch), None)
    if best is None:
        return None
    return Advice(
        do="Train shorter",
        evidence=f.sentence,
        effect=(
            "None on this adapter, which is that of the best step already. A schedule that ends "
            "there may do a little better, and takes less time."
        ),
        reach=None,
        cost=price(
            e, training_seconds(e) * best / e.records.recipe["train"]["epochs"]
            + evaluation_seconds(e) / 2, "this run's own speed",
        ),
        command=command(e, f"train.epochs={best:.2g}"),
    )  # fmt: skip


def more_capacity(e: Evidence) -> Advice | None:
    found = {m.name: m.estimate.value for m in e.training}
    gap = found.get("generalisation gap of the loss, at the end")
    loss = found.get("validation loss, best")
    f = e.forecast
    if f is None or f.outlook != "no further fall shown" or gap is None or not loss:
        return None
    if abs(gap) > CLOSE * loss or e.comparison.verdict == "worse":
        return None
    lora = e.records.recipe["train"]["lora"]
    return Advice(
        do="Give the adapter more room",
        evidence=(
            f"Validation loss has levelled off at {number(loss)} nats, and training loss with it "
            f"(gap {number(gap, 2)}): nothing shows overfitting, so more room to learn would not "
            "be wasted on memorising."
        ),
        effect=(
            "Not known for accuracy. On mathematics, higher ranks narrow the distance to full "
            "fine-tuning (Biderman et al. 2024, arXiv:2405.09673)."
        ),
        reach=None,
        cost=price(e, training_seconds(e) + evaluation_seconds(e) / 2, "as this run took"),
        command=command(
            e, f"train.lora.r={4 * lora['r']}", f"train.lora.alpha={4 * lora['alpha']}"
        ),
    )


def smaller_change(e: Evidence) -> Advice | None:
    if e.comparison.verdict != "worse" or e.records.training is None:
        return None
    rate = e.records.recipe["train"]["learning_rate"]
    found = {m.name: m.estimate.value for m in e.training}
    change = found.get("change of validation loss")
    fell = (
        f", while validation loss changed by {quantity(change, 'percent_change')}" if change else ""
    )
    return Advice(
        do="Change the model less",
        evidence=(
            f"Tuning cost {quantity(abs(e.comparison.difference.value or 0.0), 'points')} of "
            f"accuracy{fell}: the reference solutions were learned, and something was lost for it."
        ),
        effect=(
            "Not known. Supervised tuning on terse human solutions is reported to lower an "
            "instruct model's accuracy (Qwen2.5-1.5B-Instruct on GSM8K: 69.7 to about 54.5); a "
            "smaller rate loses less, and at rate 0 the loss is none."
        ),
        reach=None,
        cost=price(e, training_seconds(e) + evaluation_seconds(e) / 2, "as this run took"),
        command=command(e, f"train.learning_rate={rate / 4:g}"),
    )


def larger_model(e: Evidence) -> Advice | None:
    c = e.comparison
    upper = []
    for right in (c.both + c.only_base, c.both + c.only_tuned):
        interval = wilson(right, c.n).interval
        upper.append(interval[1] if interval else 1.0)
    if max(upper) >= TOO_WEAK or e.records.recipe["model"]["id"] == STRONGER:
        return None
    return Advice(
        do="Take a larger model",
        evidence=(
            f"Both models solve fewer than {percent(TOO_WEAK)} of the problems (upper ends of the "
            f"intervals: {percent(upper[0])} and {percent(upper[1])}). At this size little else is "
            "worth trying."
        ),
        effect=(
            f"The makers of {STRONGER} give 40.1% for it on GSM8K, with a prompt and a grader of "
            "their own (model card)."
        ),
        reach=None,
        cost=(),
        command=command(e, f"model.id={STRONGER}"),
    )
