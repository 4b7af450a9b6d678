"""What the rules look at, and what their proposals are made of."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from pathlib import PurePath

from netgain import cost
from netgain.analysis.inputs import RunRecords
from netgain.records import Comparison, Estimate, Forecast, Metric

MOST_OF_A_NAME = 40  # characters that tell a proposed run from the one it comes from
WHY = "projected from one run"


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


def whole_seconds(e: Evidence) -> float:
    return training_seconds(e) + evaluation_seconds(e)
