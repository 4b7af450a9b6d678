"""What a recipe would do, how long, with how much memory and money, and what it can show.

On this machine it is measured: a few real steps, a few real answers. Without torch, without model
or data on this disk, or for a GPU that is not here, it is projected. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netgain import cost, provenance
from netgain.pipeline.artefacts import Done, done_here, look_beside
from netgain.plan.busy import busy_share
from netgain.plan.earlier_runs import Earlier, earlier_runs
from netgain.plan.machine import Machine, machine_of
from netgain.plan.named_files import answers_of_others, names_weights, refuse_weights, told_of
from netgain.plan.refusals import refuse_early
from netgain.plan.showing import what_it_shows
from netgain.plan.sizes import (
    DATA_SETS,
    ModelSize,
    data_and_split,
    model_size,
    with_more,
)
from netgain.plan.speed import (
    Speed,
    cpu_speed,
    gpu_speed,
    matrix_product_speed,
    measured_speed,
)
from netgain.plan.stage import Setting, Stage, total_of
from netgain.plan.stages import stages_of
from netgain.plan.trial import BUSY, Measured, measure
from netgain.plan.workload import files_here, in_tokens, why_not_here, workload
from netgain.recipe import Recipe, TrainSettings, unheeded
from netgain.records import Estimate, Metric
from netgain.store import RunDirectory, siblings
from netgain.wording import duration, integer, percent

if TYPE_CHECKING:
    from netgain.models.loading import ModelFiles

USABLE = 0.8  # of the memory, beyond which it may not suffice
BUSY_PLAN = (
    "The time is reckoned from this machine's speed a moment ago: planned while other work keeps "
    "it busy, it comes out longer"
)


@dataclass(frozen=True)
class Plan:
    """A plan in numbers. `stages` are (name, what it does, metrics), `conditions` (what, how).

    `measured` says whether the figures come from steps and answers on this machine; `shows` is what
    the test problems can show.
    """

    machine: str
    conditions: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str, tuple[Metric, ...]], ...]
    totals: tuple[Metric, ...]
    remarks: tuple[str, ...]
    shows: str
    measured: bool = False


def make_plan(
    recipe: Recipe,
    measured: bool = False,
    on: str | None = None,
    root: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Plan a recipe, by measuring where that is asked for and can be done, else by projecting.

    Args:
        measured: whether this machine is measured, or an earlier measurement used.
        on: the name of a GPU that is planned for instead of this machine.
        root: the run directory; None is the one that a run would take.
        tell: gets a word on what is being measured.

    Raises:
        ModelError: the model's folder holds no usable model, or its id names nothing.
        DataError: the data is at hand and unusable.
        NetgainError: nothing is known of the model's, the data's or the GPU's size or speed, or a
            run would be refused.
    """
    setting, machine, why_not = setting_of(recipe, measured, on, root, tell)
    data, found = setting.data, setting.measured
    stages = stages_of(setting)
    asked_of = recipe.data.test_source or recipe.data.source
    whole = DATA_SETS[asked_of][1] if asked_of in DATA_SETS else None
    return Plan(
        machine=machine.name + _how_known(found, machine),
        conditions=_conditions(recipe, machine),
        stages=tuple((stage.name, stage.what, _metrics(stage)) for stage in stages),
        totals=totals_of(recipe, stages),
        remarks=tuple(_remarks(setting, machine, stages, why_not)),
        shows=what_it_shows(data.test, whole, setting.earlier.discordant),
        measured=found is not None,
    )


def setting_of(
    recipe: Recipe,
    measured: bool = False,
    on: str | None = None,
    root: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
    beside: bool = True,
) -> tuple[Setting, Machine, str | None]:
    """What a plan starts from, the machine, and why nothing was measured (None where it was).

    Arguments and errors as those of `make_plan`.

    Args:
        beside: whether the runs beside the run directory are looked at, for which the model's files
            are read.
    """
    tell("looking at this machine")
    machine = machine_of(on)
    tell("reading the problems")
    data, split = data_and_split(recipe)
    why_not = _why_not(recipe, machine, measured)
    if why_not is None and split is None:
        why_not = "the data is not on this disk"
    refuse_early(recipe, machine.device, machine.elsewhere, split)
    data = with_more(data, recipe, split)
    root = root or Path("runs") / recipe.run_name()
    done, earlier = done_here(recipe, root), Earlier()
    beside = beside and split is not None and not done.trouble
    beside = beside and any(siblings(RunDirectory(root)))
    base = None
    if why_not is None or beside or names_weights(recipe):
        base = _base(recipe, machine, tell)
    refuse_weights(recipe, done, base)
    data = replace(data, taught=answers_of_others(recipe, done, split))
    if beside and split is not None and base is not None:
        problems = {"train": split.train, "validation": split.validation, "test": split.test}
        look_beside(done, recipe, root, base.digest, problems)
        earlier = earlier_runs(recipe, root, base.digest)
    if why_not is not None or split is None or base is None:
        model = model_size(recipe.model.id, recipe.model.revision)
        speed = _projected(recipe, machine, model)
        found: Measured | None = None
        asked = recipe.evaluate.engine
        engine = "transformers" if asked == "auto" else str(asked)
    else:
        from netgain.generate.engines import choose_engine
        from netgain.models.loading import load_renderer

        model = model_size(str(base.folder))
        tell("counting tokens")
        work = workload(recipe, split, load_renderer(base.folder))
        data = in_tokens(data, work, split)
        found = measure(recipe, base, work, tell)
        speed = measured_speed(found, recipe.evaluate.max_new_tokens)
        engine = choose_engine(recipe.evaluate.engine, base.folder, recipe.evaluate.precision)
    width = 2 if machine.precision(recipe.train.precision) == "bf16" else 4
    setting = Setting(
        recipe, model, data, machine.device, engine, width, speed, found, done, earlier
    )
    return setting, machine, why_not


def _base(recipe: Recipe, machine: Machine, tell: Callable[[str], None]) -> ModelFiles | None:
    """The base model's files, where they are on this disk and of use here."""
    if machine.elsewhere or why_not_here(recipe.model) is not None:
        return None
    tell("reading the model's files")
    return files_here(recipe)


def _why_not(recipe: Recipe, machine: Machine, measured: bool) -> str | None:
    """Why nothing is measured; None where it is."""
    if machine.elsewhere:
        return "the GPU is not in this machine"
    if not measured:
        return "no measurement was asked for"
    return why_not_here(recipe.model)


def _projected(recipe: Recipe, machine: Machine, model: ModelSize) -> Speed:
    gpu = machine.known_gpu()
    if gpu is not None:
        return gpu_speed(model, gpu, machine.precision(recipe.train.precision))
    return cpu_speed(model, matrix_product_speed(), provenance.has_bf16_cpu())


def _how_known(found: Measured | None, machine: Machine) -> str:
    if found is None:
        return "" if machine.elsewhere else " (projected)"
    when = "just now" if found.fresh else found.training.when
    return f" (measured {when}: {found.training.steps} steps and some answers)"


def _conditions(recipe: Recipe, machine: Machine) -> tuple[tuple[str, str], ...]:
    train, evaluate = (
        machine.precision(p) for p in (recipe.train.precision, recipe.evaluate.precision)
    )
    return (
        ("device", machine.device),
        ("precision", f"{train} in training, {evaluate} in evaluation"),
    )


def _metrics(stage: Stage) -> tuple[Metric, ...]:
    found = []
    for name, unit, estimate, scale in (
        ("time", "s", stage.seconds, 1.0),
        ("memory", "GiB", stage.memory, 2.0**-30),
        ("tokens", "tokens", stage.tokens, 1.0),
    ):
        if estimate is not None:
            found.append(Metric(name, unit, "projected", _scaled(estimate, scale)))
    return tuple(found)


def _scaled(estimate: Estimate, scale: float) -> Estimate:
    if estimate.value is None or estimate.interval is None:
        return estimate
    low, high = estimate.interval
    interval = (low * scale, high * scale)
    return Estimate(estimate.value * scale, estimate.method, interval, level=estimate.level)


def totals_of(recipe: Recipe, stages: list[Stage]) -> tuple[Metric, ...]:
    seconds = total_of(*(s.seconds for s in stages if s.seconds is not None))
    priced = _scaled(seconds, cost.money(1.0, recipe.cost.price_per_hour))
    most = max(
        (s.memory for s in stages if s.memory is not None), key=lambda e: e.value or 0, default=None
    )
    found = [
        Metric("time in all", "s", "projected", seconds),
        Metric("cost in all", recipe.cost.currency, "projected", priced),
    ]
    if most is not None:
        found.append(Metric("memory", "GiB", "projected", _scaled(most, 2.0**-30)))
    return tuple(found)


# -- remarks -------------------------------------------------------------------------------


def _remarks(
    setting: Setting, machine: Machine, stages: list[Stage], why_not: str | None
) -> list[str]:
    model, data = setting.model, setting.data
    remarks = [f"model size from {model.source}; data size from {data.source}"]
    for train in (*setting.recipe.phases, setting.recipe.train):
        remarks += unheeded(train)
    if why_not is not None:
        remarks.append(_how_projected(machine, why_not))
    else:
        assert setting.measured is not None
        remarks += _busy(setting.measured, stages)
        if setting.recipe.train.early_stopping is not None:
            remarks.append("early stopping may end the training sooner")
        if "tuned" not in setting.earlier.answers:
            remarks.append(
                "how long the tuned model's answers get is not known: as the reference solutions"
            )
    remarks += [*model.notes, *data.notes, *told_of(data.taught, data.train)]
    remarks += _what_is_done(setting.done)
    needed = max((s.memory.value or 0 for s in stages if s.memory is not None), default=0)
    if needed > USABLE * machine.memory:
        remarks.append(
            f"this needs about {_gib(needed)} GiB and the machine has {_gib(machine.memory)} GiB: "
            f"{_less_memory(setting.recipe.train)}"
        )
    return remarks


def _how_projected(machine: Machine, why_not: str) -> str:
    if machine.elsewhere:
        return "projected from the card's data sheet: on such a machine, netgain plan measures"
    words = f"projected, since {why_not}: steps of a few seconds would tell better"
    if why_not == "no measurement was asked for":
        words += "; leave --no-measure out"
    return words if machine.device == "cuda" else f"{words}. {BUSY_PLAN}"


def _busy(found: Measured, stages: list[Stage]) -> list[str]:
    """What other programs took while it was measured, and take now."""
    seconds = total_of(*(s.seconds for s in stages if s.seconds is not None)).value or 0.0
    remarks = []
    if found.others >= BUSY:
        quiet = seconds * (1 - found.others)
        remarks.append(
            f"measured while other programs took {percent(round(found.others, 2))} of the "
            f"processor: without them it would be about {duration(quiet)}"
        )
    elif not found.fresh:
        now = busy_share(0.5)
        if now - found.others > BUSY:
            remarks.append(
                f"measured on a quiet machine; other programs take {percent(round(now, 2))} of the "
                f"processor now, and if that goes on it will be about "
                f"{duration(seconds / max(0.1, 1 - now))}"
            )
    return remarks


def _what_is_done(done: Done) -> list[str]:
    names = {"train": "training", "base": "the base's answers", "tuned": "the tuned model's"}
    found = [f"{names[k]}: {why}, costs nothing" for k, why in done.stages.items() if k in names]
    return ([f"a run would be refused: {done.trouble}"] if done.trouble else []) + found


def _less_memory(settings: TrainSettings) -> str:
    """What can still be lowered, what helps most first."""
    ways = []
    if settings.weights == "full":
        ways.append("set train.weights: lora")
    if settings.precision == "fp32":
        ways.append("set train.precision: auto, which is bf16 where the hardware has it")
    if not settings.gradient_checkpointing:
        ways.append("set train.gradient_checkpointing: true")
    ways.append("lower train.max_length, or take a smaller model")
    return ", or ".join(ways[:2])


def _gib(size: float) -> str:
    return integer(round(size / 2**30))
