"""Was there enough of everything? The model, the data, the steps, the problems asked."""

import re
from collections.abc import Iterator

from netgain.analysis.advice.proposing import (
    ALL_AGAIN,
    Evidence,
    command,
    drawing_seconds,
    evaluation_seconds,
    price,
    training_seconds,
    whole_seconds,
)
from netgain.analysis.learned_from import validated_on
from netgain.analysis.sentences import UNREAD, floor_sentence, were
from netgain.analysis.training import round_metrics
from netgain.analysis.training.losses import FEWEST_EXAMPLES
from netgain.recipe import BUILTIN_TEST, GrpoSettings
from netgain.records import Advice, TrainingLog
from netgain.wording import counted, integer, number, percent, quantity

MOST_USED = 0.8  # of the training problems; beyond it the rest adds little
FEW_STEPS = 100  # of the optimizer
FEW_ROUNDS = round_metrics.FEWEST
CLEAR = 0.05  # a detectable difference up to this needs no more problems
VALIDATED_ON = 100  # problems; so many are proposed
MOST_VALIDATED = 0.2  # of the training problems
LARGER = 2.0  # times the parameters, at least
# Instruct models of one family, with their parameters (model cards).
LADDER = (
    ("Qwen/Qwen2.5-0.5B-Instruct", 0.49e9),
    ("Qwen/Qwen2.5-1.5B-Instruct", 1.54e9),
    ("Qwen/Qwen2.5-3B-Instruct", 3.09e9),
    ("Qwen/Qwen2.5-7B-Instruct", 7.61e9),
)
_SIZE = re.compile(r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)([BM])(?![A-Za-z0-9])", re.IGNORECASE)


def larger_model(e: Evidence) -> Advice | None:
    """At the floor nothing can be compared; only a larger model is named, and only one known so."""
    return None if e.mostly_unread else _larger_model(e)


def larger_model_at_last(e: Evidence) -> Advice | None:
    """The same where most answers could not be read: what mends that comes before it."""
    return _larger_model(e) if e.mostly_unread else None


def _larger_model(e: Evidence) -> Advice | None:
    if not e.at_floor:
        return None
    size = parameters(e)
    larger = next((of for of in LADDER if size is not None and of[1] >= LARGER * size), None)
    if size is None or larger is None:
        return None
    name, more = larger
    return Advice(
        kind="larger_model",
        do="Take a larger model",
        evidence=(
            f"{floor_sentence(e.comparison)} {f'{UNREAD} ' if e.mostly_unread else ''}Look at some "
            "answers first: where the problems are solved but not read, the prompt or the form is "
            "at fault, and not the size."
        ),
        effect=(
            f"Not known here. {name} has {number(more / 1e9, 3)} billion parameters, this model "
            f"{number(size / 1e9, 3)} billion.{_own_answers(e)}"
        ),
        cost=price(e, whole_seconds(e) * more / size, "this run's time, by the parameters"),
        command=command(e, f"model.id={name}", *_not_of_another_model(e)),
    )


def _own_answers(e: Evidence) -> str:
    """What learning from its own right answers would have to learn from, where that was seen."""
    drawn = (e.records.training or {}).get("own_answers", {}).get("train", {})
    right = drawn.get("right")
    if e.method != "rft" or right is None or e.mostly_unread:
        return ""
    return (
        f" Of {counted(drawn['samples'], 'sample')} drawn for training {integer(right)} "
        f"{were(right)} right: that is all that learning from its own right answers (train.method: "
        "rft or grpo) has here."
    )


def _not_of_another_model(e: Evidence) -> Iterator[str]:
    """Turns off what is set of this model alone."""
    model = e.records.recipe["model"]
    yield from (f"model.{k}=null" for k in ("revision", "name", "same_as") if model.get(k))
    if e.train.get("start"):
        yield "train.start=null"
    if e.train.get("rft", {}).get("samplers"):
        yield "train.rft.samplers=[]"


def parameters(e: Evidence) -> float | None:
    """The base model's parameters: from the training's record, else from its name."""
    if e.records.training is not None and e.records.training.get("parameters"):
        return float(e.records.training["parameters"])
    return size_in(str(e.records.recipe["model"]["id"]))


def size_in(name: str) -> float | None:
    """
    >>> size_in("owner/Some-2-1.5B-Instruct"), size_in("owner/Some2-135M"), size_in("owner/gpt2")
    (1500000000.0, 135000000.0, None)
    """
    found = _SIZE.findall(name)
    if len(found) != 1:
        return None
    digits, unit = found[0]
    return float(digits) * (1e9 if unit in "bB" else 1e6)


def more_data(e: Evidence) -> Advice | None:
    limit, there = e.records.recipe["data"]["limit"], e.available("train")
    if limit is None or e.records.training is None:
        return None
    if there is not None and limit > MOST_USED * there:
        return None
    of = f" of the {integer(there)}" if there else ""
    share = f"{percent(limit / there)}; " if there else ""
    training, steps = training_seconds(e), ""
    if e.method == "grpo":  # a round has so many problems, however many there are to choose from
        grpo, chosen = e.train["grpo"], (e.records.training.get("examples") or {}).get("train")
        if grpo["rounds"] * grpo["problems"] <= (chosen or limit):
            return None
    else:
        training *= (there or 0) / limit
        steps = f" That is {counted(e.steps, 'optimizer step')}." if e.steps else ""
    seconds = None
    if there:
        seconds = training + drawing_seconds(e) * there / limit + evaluation_seconds(e) / 2
    return Advice(
        kind="more_data",
        do="Train on all the data",
        evidence=f"The run used {integer(limit)}{of} training problems ({share}data.limit).{steps}",
        effect=(
            "Not known: the effect of a part of the data says little about that of all of it."
            + (" The other model has to have answered the other problems too, in the file of "
               "train.distil.source." if e.method == "distil" else "")
        ),
        cost=price(e, seconds, "this run's time a problem; how many there are is not on record"
                   if seconds is None else "this run's time a problem"),
        command=command(e, "data.limit=null"),
    )  # fmt: skip


def more_steps(e: Evidence) -> Advice | None:
    if e.records.state is None:
        return None
    if e.method == "grpo":  # a round's answers are many, so few of them do
        return _more_rounds(e, e.records.state)
    steps, epochs = e.steps, e.train["epochs"]
    limited = e.records.recipe["data"]["limit"] is not None  # then more data gives more steps
    overfitted = e.forecast is not None and e.forecast.outlook == "overfitting"
    stopped_early = steps < e.records.state.planned_steps
    if not steps or steps >= FEW_STEPS or limited or overfitted or stopped_early:
        return None
    more = -(-FEW_STEPS * epochs // steps)
    return Advice(
        kind="more_steps",
        do="Train for more steps",
        evidence=f"The training had {counted(steps, 'optimizer step')}.",
        effect=(
            f"Not known. With fewer than {FEW_STEPS} steps, warm-up and decay of the learning rate "
            "are most of the training."
        ),
        cost=price(
            e,
            training_seconds(e) * more / epochs + evaluation_seconds(e) / 2,
            "this run's own speed",
        ),
        command=command(e, f"train.epochs={more:g}"),
    )


def _more_rounds(e: Evidence, state: TrainingLog) -> Advice | None:
    rounds, more = state.steps, GrpoSettings().rounds
    if not rounds or rounds >= FEW_ROUNDS or rounds < state.planned_steps:
        return None
    seconds = training_seconds(e) * more / rounds + evaluation_seconds(e) / 2
    return Advice(
        kind="more_steps",
        do="Train for more rounds",
        evidence=f"The training had {counted(rounds, 'round')}.",
        effect=(
            f"Not known. With fewer than {FEW_ROUNDS} rounds the first ones cannot be told from "
            f"the last; train.grpo.rounds is {more} where it is left alone."
        ),
        cost=price(e, seconds, "this run's own speed"),
        command=command(e, f"train.grpo.rounds={more}"),
    )


def more_test_problems(e: Evidence) -> Advice | None:
    """Only where what was asked cannot show a difference of `CLEAR`."""
    c, limit = e.comparison, e.records.recipe["evaluate"]["limit"]
    there, seen = e.available("test"), c.detectable_difference.value
    made = e.records.recipe["data"]["source"] == "builtin" and e.records.training is not None
    if made and c.verdict == "no detectable change":
        there = c.n + BUILTIN_TEST
    if limit is None or not c.n or (there is not None and there <= c.n):
        return None
    if seen is not None and seen <= CLEAR:
        return None
    shows = "They cannot show any difference"
    if seen is not None:
        size = quantity(seen, "points").lstrip("+")
        shows = (
            f"They show a true difference of {size} 80% of the time, and a smaller one less often"
        )
    of = f" of the {integer(there)}" if there and not made else ""
    seconds = evaluation_seconds(e) * (there - c.n) / c.n if there else None
    again = " Built-in training problems are drawn after those, so it is trained anew." * made
    if made:
        seconds = (seconds or 0.0) + training_seconds(e) + drawing_seconds(e)
    return Advice(
        kind="more_test_problems",
        do="Ask the other test problems",
        evidence=(
            f"The run asked {integer(c.n)}{of} test problems (evaluate.limit). {shows}."
        ),
        effect=(
            "None on accuracy. The command asks only the new problems, so it gives a second "
            "verdict. Report both: if training changed nothing, each is false at most 5% of the "
            f"time, and at least one of them up to about 8%.{again}"
        ),
        cost=price(e, seconds, "this run's answering time a problem; how many there are is not on "
                   "record" if seconds is None else "this run's answering time a problem"),
        command=command(e, f"evaluate.skip={e.skipped + c.n}", "evaluate.limit=null"),
    )  # fmt: skip


def more_validation_problems(e: Evidence) -> Advice | None:
    n = e.solved_of if e.by_accuracy else e.examples
    if e.records.training is None or n is None or n >= FEWEST_EXAMPLES:
        return None
    ids = e.records.split.get("ids") or {}
    there = len(ids.get("validation", ())) or n
    learned = int((e.records.training.get("examples") or {}).get("train", 0))
    made = int(e.records.split.get("variants") or 0)  # of training problems, after the split
    pool = there + (len(ids.get("train", ())) - made if ids else learned)
    wanted = min(VALIDATED_ON, int(MOST_VALIDATED * pool))
    settings = []
    if there < wanted:
        settings.append(f"data.validation_fraction={wanted / pool:.2g}")
    if e.by_accuracy and (e.train["accuracy"]["limit"] or wanted) < wanted:
        settings.append(f"train.accuracy.limit={wanted}")
    if wanted < FEWEST_EXAMPLES or not settings:
        return None
    by, on = "validation loss", validated_on(e.records.training) or counted(n, "problem")
    if e.by_accuracy:
        by, on = "accuracy on validation problems", counted(n, "problem")
    return Advice(
        kind="more_validation_problems",
        do="Validate on more problems",
        evidence=f"The {by}, which chooses the kept weights, was measured on only {on}.",
        effect=f"None directly: the {by} is more certain, and chooses better weights.",
        cost=price(e, whole_seconds(e), ALL_AGAIN),
        command=command(e, *settings),
    )  # fmt: skip
