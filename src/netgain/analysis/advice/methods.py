"""Methods that learn from the model's own answers, where this run saw that there is a signal."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from netgain.analysis.advice.proposing import Evidence, command, evaluation_seconds, price
from netgain.analysis.estimates.statistics import wilson
from netgain.recipe import GrpoSettings
from netgain.records import Advice
from netgain.wording import estimate_words, integer

ENOUGH_MIXED = 0.10  # of the problems, lower end of the interval
ASKED = 100  # validation problems that choose the weights
RATE = 3e-5  # for an adapter, as such trainings of small models were done (docs/advice.md)


def policy_gradient(e: Evidence) -> Advice | None:
    """After rejection sampling: problems that the base model sometimes solves are still there."""
    drawn = own_answers(e)
    mixed, n = drawn.get("mixed"), drawn.get("problems", 0)
    if mixed is None or not n or e.records.recipe["train"].get("method") != "rft":
        return None
    share = wilson(mixed, n)
    if share.interval is None or share.interval[0] < ENOUGH_MIXED:
        return None
    grpo = GrpoSettings()
    answers = grpo.rounds * grpo.problems * grpo.samples
    asked = sum(s.n for s in e.records.summaries.values())
    seconds = evaluation_seconds(e) * answers / asked if asked else None
    return Advice(
        kind="policy_gradient",
        do="Go on with a policy gradient",
        evidence=(
            f"Of {integer(n)} training problems {integer(mixed)} have right and wrong samples "
            f"({estimate_words(share, 'share')}): there a reward tells good answers from bad ones."
        ),
        effect=(
            "Not known here. It goes on from this run's weights (Shao et al. 2024, "
            "arXiv:2402.03300); on such models it has brought 5 points and more, and nothing where "
            "almost no sample was right."
        ),
        cost=price(
            e, seconds,
            f"{integer(answers)} answers at this run's own speed; learning from them comes on top",
        ),
        command=command(
            e, "train.method=grpo", f"train.start={PurePath(e.records.place)}", "train.rft={}",
            f"train.learning_rate={RATE:g}", "train.select=validation_accuracy",
            f"train.accuracy.limit={ASKED}",
        ),
    )  # fmt: skip


def own_answers(e: Evidence) -> dict[str, Any]:
    """Counts of the samples that were drawn of the training problems; empty where none were."""
    found: dict[str, Any] = (e.records.training or {}).get("own_answers", {}).get("train", {})
    return found
