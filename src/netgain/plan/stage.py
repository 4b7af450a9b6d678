"""One stage of a plan, and what all of them start from."""

import math
from dataclasses import dataclass

from netgain.pipeline.artefacts import Done
from netgain.plan.earlier_runs import Earlier
from netgain.plan.sizes import DataSize, ModelSize
from netgain.plan.speed import Speed
from netgain.plan.trial import Measured
from netgain.recipe import Recipe
from netgain.records import Estimate

LEVEL = 0.8


@dataclass(frozen=True)
class Setting:
    """What all stages start from."""

    recipe: Recipe
    model: ModelSize
    data: DataSize
    device: str
    engine: str
    width: int  # bytes of a number that training computes with
    speed: Speed
    measured: Measured | None
    done: Done
    earlier: Earlier


@dataclass(frozen=True)
class Stage:
    """`seconds` is None where nothing is known, `memory` (bytes) where nothing is loaded."""

    name: str
    what: str
    seconds: Estimate | None = None
    memory: Estimate | None = None
    tokens: Estimate | None = None


def reckoned_by(setting: Setting, reckoned: str) -> str:
    if setting.measured is None:
        return f"{reckoned}, usual share of peak"
    return "measured in a few steps and answers on this machine"


def estimate(value: float, factor: tuple[float, float], method: str) -> Estimate:
    down, up = factor
    return Estimate(value, method, (value * down, value * up), level=LEVEL)


def total_of(*parts: Estimate) -> Estimate:
    """Ranges added end to end: the parts share their causes, so their errors do not cancel."""
    low = math.fsum(p.interval[0] for p in parts if p.interval)
    high = math.fsum(p.interval[1] for p in parts if p.interval)
    return Estimate(
        math.fsum(p.value or 0.0 for p in parts), "sum of the parts", (low, high), level=LEVEL
    )
