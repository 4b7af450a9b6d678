"""Is the measurement good enough? Other proposals rest on it."""

from netgain.analysis.advice.proposing import (
    Evidence,
    command,
    drawing_seconds,
    evaluation_seconds,
    price,
    training_again,
    training_seconds,
)
from netgain.diagnosis.form import loops
from netgain.records import Advice
from netgain.wording import integer, percent, quantity

CUT_OFF = 0.01  # share of the problems whose tuned answer was cut off and wrong


def longer_answers_first(e: Evidence) -> Advice | None:
    """Where models at the floor were mostly cut off or not read, nothing else can be judged."""
    return _longer_answers(e) if e.mostly_unread else None


def longer_answers(e: Evidence) -> Advice | None:
    """Where answers that were cut off count as wrong."""
    return None if e.mostly_unread else _longer_answers(e)


def _longer_answers(e: Evidence) -> Advice | None:
    summary = e.records.summaries["tuned"]
    limit = int(summary.settings["max_new_tokens"])
    answers = e.records.answered("tuned")
    wrong = int((answers.cut & ~answers.correct).sum())
    looping = _looping(e)
    if summary.n == 0 or wrong / summary.n * (1 - looping) <= CUT_OFF:
        return None
    # Where the model's own answers are learned from, they are drawn anew, and training is another.
    again = 0.0
    if e.method in {"rft", "grpo"}:
        again = drawing_seconds(e) + training_seconds(e)
    repeat = f"; {percent(looping)} of these repeat themselves" if looping else ""
    return Advice(
        kind="longer_answers",
        do="Let answers be longer",
        evidence=(
            f"{integer(wrong)} of {integer(summary.n)} answers of the tuned model reached the "
            f"limit of {limit} tokens and count as wrong{repeat}."
        ),
        effect=(
            "Only these answers can change, and those that repeat themselves gain nothing by more "
            "room."
        ),
        cost=price(
            e, 2 * (evaluation_seconds(e) + again),
            "twice this run's time, at most: the answers to learn from may be longer too"
            if again else "twice this run's answering time, at most",
        ),
        command=command(e, f"evaluate.max_new_tokens={2 * limit}"),
    )  # fmt: skip


def _looping(e: Evidence) -> float:
    """Of the wrong answers that were cut off (and looked into): the share that repeats itself."""
    right = {g.problem_id for g in e.records.grades["tuned"] if g.correct}
    cut = [
        g.text
        for g in e.records.generations["tuned"]
        if g.finish_reason == "length" and g.problem_id not in right
    ]
    return sum(map(loops, cut)) / len(cut) if cut else 0.0


def another_seed(e: Evidence) -> Advice | None:
    c, seed = e.comparison, e.train["seed"]
    if c.verdict == "no detectable change" or e.records.training is None:
        return None
    return Advice(
        kind="another_seed",
        do="Train once more with another seed",
        evidence=(
            f"The change of {quantity(c.difference.value or 0.0, 'points')} is that of one "
            f"training (seed {seed}); how much trainings differ is not measured."
        ),
        effect="None on accuracy: it shows whether the recipe or chance made the change.",
        cost=price(e, *training_again(e, drawing_seconds(e))),
        command=command(e, f"train.seed={(seed + 1) % 2**32}"),
    )  # fmt: skip
