"""Would another training do better: a longer one, a gentler one, one by another method?"""

from collections.abc import Iterator
from pathlib import PurePath

from netgain.analysis.advice.proposing import (
    Evidence,
    command,
    evaluation_seconds,
    price,
    seconds_of_sampling,
    training_again,
    training_seconds,
)
from netgain.analysis.estimates.statistics import wilson
from netgain.cost import MIXED
from netgain.recipe import GrpoSettings
from netgain.records import Advice
from netgain.wording import estimate_words, integer, quantity

LONGER = 1.5  # times the epochs: as far as the back-test went
MOST_EPOCHS = 1000  # what a recipe takes
ENOUGH_MIXED = 0.10  # of the problems, lower end of the interval
ASKED = 100  # validation problems that choose the weights
# For an adapter as in the run of docs/results.md; else TRL's default.
RATE, RATE_OF_ALL = 1e-4, 1e-6
LEARNED = {
    "sft": "the reference solutions", "rft": "its own right answers",
    "distil": "another model's answers", "grpo": "what is rewarded",
}  # fmt: skip
REPORTED = (
    "Supervised tuning on terse human solutions is reported to lower an instruct model's accuracy "
    "(Qwen2.5-1.5B-Instruct on GSM8K: 69.7 to about 54.5). "
)


def train_longer(e: Evidence) -> Advice | None:
    f = e.forecast
    if f is None or f.outlook != "still falling" or e.records.training is None:
        return None
    epochs = min(e.train["epochs"] * LONGER, MOST_EPOCHS)
    if epochs == e.train["epochs"]:
        return None
    return Advice(
        kind="train_longer",
        do="Train longer",
        evidence=f.sentence,
        effect=(
            "Validation loss is likely to fall further; the back-test says how likely. What "
            "happens to accuracy is not known: it can stay or drop while the loss falls."
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
    if e.by_accuracy:  # the kept weights may come after the lowest loss
        return None
    best = next((p.epoch for p in state.points if p.step == f.best_step and p.epoch), None)
    if best is None:
        return None
    share = best / e.train["epochs"]
    return Advice(
        kind="train_shorter",
        do="Train shorter",
        evidence=f.sentence,
        effect=(
            "None on this model, whose weights are those of the best step. A schedule that ends "
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
    change = e.trained("change of validation loss")
    why = "."
    if change and change < 0:
        why = (
            f", while validation loss changed by {quantity(change, 'percent_change')}: the model "
            f"learned {LEARNED[e.method]} and lost something else."
        )
    return Advice(
        kind="smaller_change",
        do="Change the model less",
        evidence=(
            f"Accuracy fell by {quantity(abs(e.comparison.difference.value or 0.0), 'points')[1:]}"
            f"{why}"
        ),
        effect=(
            f"Not known. {REPORTED if e.method == 'sft' else ''}A smaller learning rate changes "
            "the model less, and whether it also learns enough is not measured."
        ),
        cost=price(e, *training_again(e)),
        command=command(e, f"train.learning_rate={e.train['learning_rate'] / 4:g}"),
    )


def policy_gradient(e: Evidence) -> Advice | None:
    """After rejection sampling: problems that the base model sometimes solves are still there."""
    # Counts of the samples that were drawn of the training problems.
    drawn = (e.records.training or {}).get("own_answers", {}).get("train", {})
    mixed, n = drawn.get("mixed"), drawn.get("problems", 0)
    if mixed is None or not n or e.method != "rft":
        return None
    share = wilson(mixed, n)
    if share.interval is None or share.interval[0] < ENOUGH_MIXED:
        return None
    grpo = GrpoSettings()
    answers = grpo.rounds * grpo.problems * grpo.samples
    held = len(e.records.split.get("ids", {}).get("validation", ()))
    checked = min(ASKED, held) * (1 + grpo.rounds // grpo.validate_every)
    asked = sum(s.n for s in e.records.summaries.values())
    seconds = None
    if asked:  # problems are chosen by samples of this run's model
        chosen = seconds_of_sampling(e, e.train["rollouts"]["samples"])
        seconds = evaluation_seconds(e) * (answers + checked) / asked + chosen
        seconds += MIXED * answers * _seconds_an_example(e)
    rate = RATE_OF_ALL if e.train.get("weights") == "full" else RATE
    return Advice(
        kind="policy_gradient",
        do="Go on with a policy gradient",
        evidence=(
            f"Of {integer(n)} training problems {integer(mixed)} have right and wrong samples "
            f"({estimate_words(share, 'share')}): there a reward tells good answers from bad ones."
        ),
        effect=(
            "Not known here. It goes on from this run's weights (Shao et al. 2024, "
            "arXiv:2402.03300). From the base itself it has brought Qwen2.5-0.5B-Instruct from "
            "49.6% to 54.3% of GSM8K (verl's example log), Qwen2.5-Coder-0.5B-Instruct from 25.6% "
            "to 33.0% (docs/results.md, one run), and nothing where almost no sample was right."
        ),
        cost=price(
            e, seconds,
            f"{integer(answers)} answers and learning from about half of them, at this run's own "
            "speed; loading the model in each round comes on top",
        ),
        command=command(
            e, "train.method=grpo", f"train.start={PurePath(e.records.place)}", "train.rft={}",
            f"train.learning_rate={rate:g}", "train.schedule=constant_with_warmup",
            "train.select=validation_accuracy", f"train.accuracy.limit={ASKED}",
            *_refused_of_rounds(e),
        ),
    )  # fmt: skip


def _seconds_an_example(e: Evidence) -> float:
    """What this run's training took for an example, each time that it was learned."""
    there = (e.records.training or {}).get("examples", {}).get("train", 0)
    points = e.records.state.points if e.records.state else ()
    passes = max((p.epoch or 0.0 for p in points), default=0.0)
    return training_seconds(e) / (there * passes) if there and passes else 0.0


def _refused_of_rounds(e: Evidence) -> Iterator[str]:
    """Turns off what a recipe with `grpo` and a start may not have."""
    if e.train.get("loss", "nll") != "nll":
        yield "train.loss=nll"
    if e.records.recipe.get("phases"):
        yield "phases=[]"
    if e.records.recipe["data"].get("mixture"):
        yield "data.mixture=[]"
