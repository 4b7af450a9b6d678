"""The sizes with which a recipe fits a machine's memory and a budget of time.

What training and answers take is projected as in a plan. Nothing is measured and no weights are
fetched.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from netgain.data.split import validation_count
from netgain.errors import UsageError
from netgain.plan import USABLE, setting_of, totals_of
from netgain.plan.busy import busy_share
from netgain.plan.machine import Machine
from netgain.plan.showing import what_it_shows
from netgain.plan.sizes import DataSize
from netgain.plan.stage import Setting
from netgain.plan.stages import stages_of
from netgain.plan.trial import BUSY
from netgain.recipe import Recipe, parse_recipe
from netgain.records import Metric
from netgain.wording import duration, integer, percent

WITHIN = 0.75  # of the budget, what the middle of a projection may take: its range is wide
# Test problems and problems to learn from at most, the most first; None is all.
SIZES = ((None, None), (1000, 4000), (600, 2000), (400, 1000), (250, 500), (150, 250), (100, 100))
SHORTEST = {"evaluate.max_new_tokens": 512}
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """Settings by their dotted names that differ from the recipe's, each with why.

    `totals` are the plan's figures with them, `memory` the machine's in bytes, and `shows` what so
    many test problems can show.
    """

    settings: Mapping[str, tuple[Any, str]]
    machine: str
    memory: float
    totals: tuple[Metric, ...]
    shows: str


def fit(recipe: Recipe, on: str | None = None, most_seconds: float | None = None) -> Fit:
    """Choose sizes: the most memory that is there, then the most problems that time allows.

    Args:
        on: the name of a GPU that is not here; None is this machine.
        most_seconds: that the whole run may take; None is no bound.

    Raises:
        UsageError: the model is too large for the machine, or the time too short for any run.
        NetgainError: as `make_plan`: nothing is known of a size or a speed, or a run is refused.
    """
    setting, machine, _ = setting_of(recipe, on=on, beside=False)  # they are of other sizes
    found = _in_memory(setting, machine)
    chosen = {name: (value, "so that it fits into memory") for name, value in found.items()}
    whole = setting
    setting = _with(whole, found)
    if most_seconds is not None:
        sizes = _in_time(whole, found, most_seconds)
        chosen |= {name: (value, _why(name, whole.data)) for name, value in sizes.items()}
        setting = _with(whole, found | sizes)
    return Fit(
        chosen, machine.name, machine.memory, totals_of(setting.recipe, stages_of(setting)),
        what_it_shows(setting.data.test, None, setting.earlier.discordant),
    )  # fmt: skip


def _in_memory(setting: Setting, machine: Machine) -> dict[str, Any]:
    """What has to be set so that training fits, as little as possible."""
    found: dict[str, Any] = {}
    ways: list[dict[str, Any]] = [{}, {"train.gradient_checkpointing": True}]
    if machine.device == "cuda":
        ways.append({"train.weights": "qlora"})
    for way in ways:
        found |= way
        stages = stages_of(_with(setting, found))
        needed = max((s.memory.value or 0.0 for s in stages if s.memory), default=0.0)
        if needed <= USABLE * machine.memory:
            return found
    has, gib = machine.memory / 2**30, needed / 2**30
    raise UsageError(
        "model",
        f"its training needs about {integer(round(gib))} GiB, and {machine.name} has "
        f"{integer(round(has))} GiB; take a smaller model, or another machine with `hardware`",
    )


def _in_time(setting: Setting, set_: Settings, most: float) -> dict[str, Any]:
    """The first sizes, from the largest on, with which a run keeps within its time."""
    seconds = 0.0
    for sizes in _sizes(setting):
        seconds = _seconds(_with(setting, {**set_, **sizes}))
        if seconds <= WITHIN * most:
            return sizes
    raise UsageError(
        "budget",
        f"even a run with {integer(SIZES[-1][0] or 0)} problems takes about {duration(seconds)} "
        f"there, and {duration(most)} leaves no room for that; give about "
        f"{duration(seconds / WITHIN)}, or a faster machine with `hardware`. The projection may be "
        f"a third too short{_while_busy(setting)}",
    )


def _while_busy(setting: Setting) -> str:
    """What a user should know of a processor's speed that was measured just now."""
    share = busy_share(0.3) if setting.device == "cpu" else 0.0
    if share < BUSY:
        return ""
    return f", and other programs take {percent(round(share, 2))} of this machine now"


def _sizes(setting: Setting) -> Iterator[dict[str, Any]]:
    data, train = setting.data, setting.recipe.train
    yield {}
    once: dict[str, Any] = {"train.epochs": 1} if train.epochs > 1 else {}
    sizes: dict[str, Any] = once
    for test, pool in SIZES:
        sizes = dict(once)
        if test is not None and test < data.test:
            sizes["evaluate.limit"] = test
        if pool is not None and pool < data.train + data.validation:
            sizes["data.limit"] = pool
        yield sizes
    yield {**sizes, **SHORTEST}


def _with(setting: Setting, changes: Settings) -> Setting:
    """The same with other settings, and as many problems as they leave."""
    if not changes:
        return setting
    words = [f"{name}={json.dumps(value)}" for name, value in changes.items()]
    recipe = parse_recipe(setting.recipe.plain(), "the recipe", words)
    data = setting.data
    pool = data.train + data.validation
    pool = min(pool, recipe.data.limit or pool)
    held = validation_count(pool, recipe.data)
    test = min(data.test, recipe.evaluate.limit or data.test)
    return replace(
        setting, recipe=recipe, data=replace(data, train=pool - held, validation=held, test=test)
    )


def _seconds(setting: Setting) -> float:
    [time] = (m for m in totals_of(setting.recipe, stages_of(setting)) if m.unit == "s")
    return time.estimate.value or 0.0


def _why(name: str, data: DataSize) -> str:
    counts = {"data.limit": data.train + data.validation, "evaluate.limit": data.test}
    of = f", of {integer(counts[name])}" if name in counts else ""
    return f"so that the run keeps within its time{of}"
