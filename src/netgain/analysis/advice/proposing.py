"""What the rules look at, and what their proposals are made of."""

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from netgain import cost
from netgain.analysis.further.majority import GREEDY
from netgain.analysis.inputs import RunRecords
from netgain.analysis.model_figures import DRAWN
from netgain.records import Comparison, Estimate, Forecast, FurtherKind, FurtherResult, Metric
from netgain.wording import estimate_words, number, probability

MOST_OF_A_NAME = 40  # characters that tell a proposed run from the one it comes from
WHY = "projected from one run"
ALL_AGAIN = "this run's training and answering; loading is not counted"


@dataclass(frozen=True)
class Evidence:
    """What the rules may look at: a run's records, and what was found in them.

    `examples` are the problems validated on, None where that is not known.
    """

    records: RunRecords
    comparison: Comparison
    at_floor: bool
    forecast: Forecast | None
    training: tuple[Metric, ...]
    examples: int | None

    @property
    def steps(self) -> int:
        """Optimizer steps that were taken; 0 where there is no log."""
        return self.records.state.steps if self.records.state else 0

    @property
    def train(self) -> Mapping[str, Any]:
        """The recipe's settings of the training; of a run with phases the last one's."""
        settings: Mapping[str, Any] = self.records.recipe["train"]
        return settings

    @property
    def method(self) -> str:
        """What was learned from, as `train.method` says; older recipes have no other than sft."""
        return str(self.train.get("method", "sft"))

    @property
    def mostly_unread(self) -> bool:
        """Whether models at the floor were mostly not read to an end: it may not be the problems'
        difficulty."""
        return self.at_floor and self.records.mostly_unread()

    @property
    def by_accuracy(self) -> bool:
        """Whether the validation problems solved, and not their loss, chose the kept weights."""
        return self.train.get("select") == "validation_accuracy"

    @property
    def solved_of(self) -> int | None:
        """Validation problems that were answered while training; None where none were."""
        points = self.records.state.points if self.records.state else ()
        return max((p.task_n for p in points if p.task_n), default=None)

    @property
    def skipped(self) -> int:
        """Test problems that were left out because an earlier run had asked them."""
        return int(self.records.recipe["evaluate"].get("skip") or 0)

    def available(self, split: str) -> int | None:
        """How many "train" or "test" problems the source has; None where that was not recorded."""
        return (self.records.split.get("available") or {}).get(split)

    def trained(self, name: str) -> float | None:
        """The value of one training metric."""
        return next((m.estimate.value for m in self.training if m.name == name), None)


def price(e: Evidence, seconds: float | None, how: str) -> tuple[Metric, ...]:
    """Time and money; both None where the time is not known, and `how` says why."""
    settings = e.records.recipe["cost"]
    hourly, currency = settings["price_per_hour"], settings["currency"]
    why = how if seconds is None else WHY
    paid = None if seconds is None else cost.money(seconds, hourly)
    time = Estimate(seconds, how, why_no_interval=why)
    money = Estimate(paid, f"{how}, at {hourly} {currency} an hour", why_no_interval=why)
    return (Metric("time", "s", "projected", time), Metric("cost", currency, "projected", money))


def command(e: Evidence, *settings: str) -> str:
    sets = " ".join(f"--set {shlex.quote(s)}" for s in settings)
    place = PurePath(e.records.place)
    told = f"netgain run {shlex.quote(str(place / 'recipe.yaml'))} {sets}"
    if place.parent == PurePath("runs"):  # where a run lies that is given no place
        return told
    # Beside this one, where what does not change is taken over and not trained or answered again.
    name = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(s.rpartition(".")[2] for s in settings))
    return f"{told} --out {shlex.quote(f'{place}-{name[:MOST_OF_A_NAME]}'.rstrip('-'))}"


def evaluation_seconds(e: Evidence) -> float:
    return math.fsum(s.seconds for s in e.records.summaries.values())


def training_seconds(e: Evidence) -> float:
    points = e.records.state.points if e.records.state else ()
    return max((p.seconds or 0.0 for p in points), default=0.0)


def drawing_seconds(e: Evidence) -> float:
    """What the answers took that the training learned from or chose its problems by."""
    return math.fsum(s.seconds for name, s in e.records.extras.items() if DRAWN.search(name))


def whole_seconds(e: Evidence) -> float:
    return training_seconds(e) + drawing_seconds(e) + evaluation_seconds(e)


def training_again(e: Evidence, drawn: float = 0.0) -> tuple[float, str]:
    """Seconds of training anew and asking the new model, and what they are made of.

    Args:
        drawn: seconds of answers that are drawn anew for it.
    """
    told = ", the answers drawn for it" if drawn else ""
    return training_seconds(e) + drawn + evaluation_seconds(e) / 2, (
        f"this run's training{told} and half of its answering, as the base's answers are taken "
        "over; loading is not counted"
    )


def from_the_base(e: Evidence) -> tuple[str, ...]:
    """Settings that have training begin at the base model, where this one went on from another."""
    start = ("train.start=null",) if e.train.get("start") else ()
    return (*start, *(("phases=[]",) if e.records.recipe.get("phases") else ()))


def result(e: Evidence, kind: FurtherKind) -> FurtherResult | None:
    return next((r for r in e.records.further if r.kind == kind), None)


def changes(e: Evidence, kind: FurtherKind, model: str) -> list[Comparison]:
    """The paired comparisons of one model, or between the two where `model` is ""."""
    found = result(e, kind)
    return [c for c in found.changes if c.model == model] if found else []


def extra(e: Evidence, name: str) -> Mapping[str, Any]:
    """The recipe's settings of one extra; empty where it was not asked for."""
    extras = e.records.recipe.get("extras") or {}
    return extras.get(name) or {}


def votes(e: Evidence) -> list[Comparison]:
    """The tuned model's maj@k against its greedy answer, the largest k first."""
    return [c for c in changes(e, "samples", "tuned") if c.reference == GREEDY]


def still_rising(e: Evidence) -> Comparison | None:
    """The last step of the tuned model's maj@k curve, where it is a rise."""
    steps = (c for c in changes(e, "samples", "tuned") if c.reference != GREEDY)
    return next((c for c in steps if c.verdict == "improved"), None)


def told(change: Comparison) -> str:
    """The difference, its interval and the p-value that decided."""
    p = change.deciding_p
    words = estimate_words(change.difference, "points")
    return f"{words}, {probability(p)}" + (" after Holm" if change.adjusted_p is not None else "")


def tokens_of_votes(e: Evidence, k: int) -> str:
    """What k samples of the tuned model take, beside one greedy answer."""
    found = result(e, "samples")
    of = {c.measure: c.points for c in found.curves if c.model == "tuned"} if found else {}
    cost = next((p.tokens for p in of.get("maj@k", ()) if p.k == k), None)
    if cost is None:
        return "an unknown number of tokens"
    greedy = of["greedy"][0].tokens if of.get("greedy") else None
    words = f"{number(cost, 3)} generated tokens a problem"
    return f"{words} in place of {number(greedy, 3)}" if greedy else words


def all_problems(e: Evidence, name: str) -> tuple[str, ...]:
    """The setting that asks all test problems, where the extra asked the first few only."""
    return (f"extras.{name}.limit=null",) if extra(e, name).get("limit") is not None else ()


def seconds_of_sampling(e: Evidence, n: int) -> float:
    """n answers to every training problem, at both models' mean speed."""
    asked = e.records.summaries["tuned"].n
    ids = e.records.split.get("ids", {})
    train = len(ids.get("train", ())) or asked
    return evaluation_seconds(e) / 2 * n * train / asked if asked else 0.0
