"""What the rounds of a policy gradient were like, from first to last, and where they went wrong.

A round whose groups all agree is not learned from, and has no figure of the tokens learned.
"""

from collections.abc import Callable, Iterator, Sequence

from netgain.records import Estimate, Metric, TrainingPoint
from netgain.wording import counted, percent

PART = 0.2  # of all rounds, averaged at the beginning and at the end
FEWEST = 10  # rounds; fewer have no beginning and no end to compare
# From here on a change is told as a warning. A round's answers are few, so smaller ones are noise.
LESS_ENTROPY, MORE_CUT, MORE_REWARD = 0.5, 0.05, 0.1
LOGGED: tuple[tuple[str, str, Callable[[TrainingPoint], float | None]], ...] = (
    ("mean reward of a round's answers", "share", lambda p: p.reward),
    ("answers of a round that the robust grader calls right", "share", lambda p: p.reward_robust),
    ("answers of a round that the strict grader calls right", "share", lambda p: p.reward_strict),
    ("problems of a round whose answers all have one reward", "share", lambda p: p.agreed),
    ("answers of a round that were cut off", "share", lambda p: p.truncated),
    ("tokens of an answer in a round", "tokens", lambda p: p.answer_tokens),
    ("entropy of a sampled token", "nats", lambda p: p.entropy),
)
PARTS: tuple[tuple[str, Callable[[TrainingPoint], float | None]], ...] = (
    ("sampling", lambda p: p.sampling_seconds),
    ("grading", lambda p: p.grading_seconds),
    ("training", lambda p: p.training_seconds),
    ("changing weights", lambda p: p.weights_seconds),
)


def round_metrics(points: Sequence[TrainingPoint]) -> tuple[Metric, ...]:
    """Each figure of the first rounds and of the last; nothing where there were no rounds."""
    rounds = [p for p in points if p.reward is not None]
    if not rounds:
        return ()
    if len(rounds) < FEWEST:
        why = f"only {counted(len(rounds), 'round')} ({FEWEST} needed)"
        none = Estimate(None, "means of the first and of the last rounds", why_no_interval=why)
        return (Metric("first rounds against the last", "", "measured", none), *_times(rounds))
    found = []
    for name, unit, value in LOGGED:
        known = [v for p in rounds if (v := value(p)) is not None]
        ends = first_and_last(known)
        have = "has" if len(known) == 1 else "have"
        few = f"only {counted(len(known), 'round')} {have} it ({FEWEST} needed)"
        for where, number in zip(("first", "last"), ends or (None, None), strict=True):
            why = few if ends is None else "one training"
            method = f"mean of the {where} fifth of the rounds"
            estimate = Estimate(number, method, why_no_interval=why)
            found.append(Metric(f"{name}, {where} rounds", unit, "measured", estimate))
    return (*found, *_times(rounds))


def _times(rounds: Sequence[TrainingPoint]) -> Iterator[Metric]:
    """What each part of a round took, on average; of another trainer's log nothing."""
    clipped = [p.clipped for p in rounds if p.clipped is not None]
    if any(clipped):
        estimate = Estimate(sum(clipped) / len(clipped), "mean over rounds and their steps",
                            n=len(clipped), why_no_interval="one training")  # fmt: skip
        yield Metric("tokens of a round that were clipped", "share", "measured", estimate)
    for name, value in PARTS:
        seconds = [v for p in rounds if (v := value(p)) is not None]
        if seconds:
            estimate = Estimate(sum(seconds) / len(seconds), "mean over rounds",
                                n=len(seconds), why_no_interval="one training")  # fmt: skip
            yield Metric(f"time of a round: {name}", "s", "measured", estimate)


def first_and_last(values: Sequence[float]) -> tuple[float, float] | None:
    """The means of the first fifth and of the last; None where there are too few."""
    if len(values) < FEWEST:
        return None
    size = max(2, round(PART * len(values)))
    return sum(values[:size]) / size, sum(values[-size:]) / size


def none_better(points: Sequence[TrainingPoint]) -> tuple[int, int] | None:
    """Validation problems solved before training, and of how many, where no later look at them
    found more solved; None where one did, or nothing is known.
    """
    asked = [p for p in points if p.task_n and p.task_correct is not None]
    if len(asked) < 2 or asked[0].step != 0:
        return None
    before, *later = (p.task_correct or 0 for p in asked)
    return (before, asked[0].task_n or 0) if max(later) <= before else None


def round_alarms(points: Sequence[TrainingPoint]) -> Iterator[str]:
    """What went wrong in the rounds, in sentences."""
    rounds = [p for p in points if p.reward is not None]

    def ends(value: Callable[[TrainingPoint], float | None]) -> tuple[float, float]:
        return first_and_last([v for p in rounds if (v := value(p)) is not None]) or (0.0, 0.0)

    reward, entropy, cut = ends(lambda p: p.reward), ends(lambda p: p.entropy), ends(
        lambda p: p.truncated
    )  # fmt: skip
    asked = [p for p in points if p.task_n and p.task_correct is not None]
    held_out = [p.task_correct / p.task_n for p in asked if p.task_n and p.task_correct is not None]
    if reward[1] - reward[0] >= MORE_REWARD and len(held_out) > 1 and held_out[-1] <= held_out[0]:
        yield (
            f"The reward of the rounds rose from {percent(reward[0])} to {percent(reward[1])}, but "
            f"the validation problems solved went from {asked[0].task_correct} to "
            f"{asked[-1].task_correct} of {asked[-1].task_n}: the model may have learned what is "
            "rewarded and not the task."
        )
    if entropy[0] > 0 and entropy[1] < LESS_ENTROPY * entropy[0]:
        yield (
            f"The entropy of a sampled token fell from {entropy[0]:.2f} to {entropy[1]:.2f} nats: "
            "the samples of a problem become alike, and there is less and less to learn from."
        )
    if cut[1] - cut[0] >= MORE_CUT:
        yield (
            f"The share of answers that were cut off rose from {percent(cut[0])} to "
            f"{percent(cut[1])} over the rounds: answers grow beyond evaluate.max_new_tokens."
        )
