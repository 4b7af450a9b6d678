"""What a recipe would do, how long, with how much memory and money; nothing is run.

Works without torch and without the Hub: what is not at hand is taken from a small table, or said
to be unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netgain import cost, provenance
from netgain.plan.extras import extra_answers
from netgain.plan.machine import likely_device, likely_precision
from netgain.plan.sizes import DataSize, ModelSize, data_size, model_size
from netgain.recipe import Recipe, TrainSettings
from netgain.records import Estimate, Metric
from netgain.wording import integer

__all__ = ["Plan", "data_size", "make_plan", "model_size"]

ANSWERS_AT_A_TIME = 32  # where the engine is left to choose
DIFFERENT = 2.0  # answers may well be this much longer or shorter than the reference solutions
BUSY = (
    "the time is reckoned from this machine's speed a moment ago: planned while other work keeps "
    "it busy, it comes out longer"
)


@dataclass(frozen=True)
class Plan:
    """A plan in numbers. `stages` are (name, what it does, metrics), `conditions` (what, how)."""

    machine: str
    conditions: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str, tuple[Metric, ...]], ...]
    totals: tuple[Metric, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Setting:
    """What the projections of all stages start from."""

    recipe: Recipe
    model: ModelSize
    data: DataSize
    machine: cost.Hardware
    device: str
    width: int  # bytes of a number that training computes with


def make_plan(recipe: Recipe) -> Plan:
    """Project a recipe on this machine.

    Raises:
        ModelError: the model's folder holds no usable model, or its id names nothing.
        DataError: the data is at hand and unusable.
        NetgainError: nothing is known of the model's or the data's size.
    """
    model, data = model_size(recipe.model.id, recipe.model.revision), data_size(recipe)
    device = likely_device(provenance.gpus(), provenance.versions().get("torch", ""))
    gpus = provenance.gpus() if device == "cuda" else ()
    in_training = likely_precision(recipe.train.precision, gpus)
    in_evaluation = likely_precision(recipe.evaluate.precision, gpus)
    machine = cost.this_machine(
        gpus, provenance.has_bf16_cpu(), provenance.memory_limit()
    )  # fmt: skip
    setting = _Setting(recipe, model, data, machine, device, 2 if in_training == "bf16" else 4)
    train_stage, train_seconds, train_bytes = _training(setting)
    evaluation, evaluate_seconds = _evaluation(setting)
    extra_stage, extra_seconds = _extras(setting)
    seconds = _sum(train_seconds, evaluate_seconds, evaluate_seconds, *extra_seconds)
    parts = ((data.train, "train"), (data.validation, "validation"), (data.test, "test"))
    return Plan(
        machine=machine.name,
        conditions=(
            ("device", device),
            ("precision", f"{in_training} in training, {in_evaluation} in evaluation"),
        ),
        stages=(
            ("data", ", ".join(f"{integer(n)} {name}" for n, name in parts), ()),
            ("train", *train_stage),
            ("evaluate base", *evaluation),
            ("evaluate tuned", *evaluation),
            *extra_stage,
            ("report", "grade, compare, write", ()),
        ),
        totals=(
            Metric("time in all", "s", "projected", seconds),
            Metric("cost in all", recipe.cost.currency, "projected", _priced(seconds, recipe)),
            Metric("memory", "GiB", "projected", _band(train_bytes / 2**30, 1.5, MEMORY)),
        ),
        remarks=tuple(_remarks(setting, gpus, train_bytes)),
    )


MEMORY = "weights, adapter, activations"


def _remarks(setting: _Setting, gpus: Sequence[str], needed: float) -> list[str]:
    model, data, machine = setting.model, setting.data, setting.machine
    remarks = [f"model size from {model.source}; data size from {data.source}"]
    if "CPU" in machine.name:
        if gpus:
            remarks.append(f"the speed of {gpus[0]} is not known: projected for the processor")
        remarks.append(BUSY)
    remarks.append("starting up and loading models, some tens of seconds, are not counted")
    remarks += [*model.notes, *data.notes]
    if needed > machine.memory:
        remarks.append(
            f"this needs about {integer(round(needed / 2**30))} GiB and the machine has "
            f"{integer(round(machine.memory / 2**30))} GiB: {_less_memory(setting.recipe.train)}"
        )
    return remarks


def _less_memory(settings: TrainSettings) -> str:
    """What can still be lowered."""
    ways = []
    if settings.weights == "full":
        ways.append("set train.weights: lora")
    if not settings.gradient_checkpointing:
        ways.append("set train.gradient_checkpointing: true")
    ways.append("lower train.max_length, or take a smaller model")
    return ", or ".join(ways[:2])


def _training(
    setting: _Setting,
) -> tuple[tuple[str, tuple[Metric, ...]], Estimate, float]:
    settings, model, data = setting.recipe.train, setting.model, setting.data
    per_example = data.question_tokens + data.solution_tokens
    per_epoch = math.ceil(data.train / (settings.batch_size * settings.gradient_accumulation))
    steps = math.ceil(per_epoch * settings.epochs)
    every = max(1, round(per_epoch / settings.validations_per_epoch))
    validations = 1 + math.ceil(steps / every)
    trained = data.train * settings.epochs * per_example
    forward = validations * data.validation * per_example
    needed = cost.bytes_to_train
    if settings.gradient_checkpointing:
        forward += trained  # each layer is computed once more in the backward pass
        needed = cost.bytes_to_train_checkpointed
    seconds = cost.seconds_to_train(setting.machine, model.parameters, trained, forward)
    # What is passed at a time is no more than a step has.
    examples = settings.batch_size * settings.gradient_accumulation
    at_once = min(cost.TOKENS_AT_ONCE[setting.device], round(examples * per_example))
    adapter = 2.0 * settings.lora.r * model.layers * (4 * model.hidden + 3 * model.wide)
    full = settings.weights == "full"
    size = needed(
        model.parameters * (0.6 if settings.weights == "qlora" else setting.width),
        model.parameters if full else adapter,
        model.layers, model.hidden, model.wide, at_once, setting.width,
    )  # fmt: skip
    what = f"{integer(steps)} steps, {integer(validations)} validations"
    asked = settings.accuracy
    if asked is not None:
        times = 1 + math.ceil((validations - 1) / asked.every)
        answers = times * min(asked.limit or data.validation, data.validation)
        each = min(asked.limit or data.validation, data.validation)
        what += f", {integer(each)} validation problems answered {integer(times)} times"
        seconds = _sum(seconds, _generation(setting, answers))
    tokens = _band(trained, 1.3, "characters of the data")
    metrics = (
        Metric("time", "s", "projected", seconds),
        Metric("tokens", "tokens", "projected", tokens),
    )
    return (what, metrics), seconds, size


def _evaluation(setting: _Setting) -> tuple[tuple[str, tuple[Metric, ...]], Estimate]:
    settings, data = setting.recipe.evaluate, setting.data
    seconds = _generation(setting, data.test)
    what = (
        f"{integer(data.test)} problems, greedy, up to {integer(settings.max_new_tokens)} tokens "
        "each"
    )
    return (what, (Metric("time", "s", "projected", seconds),)), seconds


_Stages = tuple[tuple[str, str, tuple[Metric, ...]], ...]


def _extras(setting: _Setting) -> tuple[_Stages, tuple[Estimate, ...]]:
    """The stage of what is measured beside the headline, of both models; none where nothing is."""
    what, answers, benchmarks = extra_answers(setting.recipe, setting.data.test)
    if not what:
        return (), ()
    if not answers:
        return (("extras", f"{what} (time not known)", ()),), ()
    seconds = _generation(setting, 2 * answers)
    if benchmarks:
        what += " (the benchmarks' time is not known)"
    return (("extras", what, (Metric("time", "s", "projected", seconds),)),), (seconds,)


def _generation(setting: _Setting, answers: int) -> Estimate:
    """Seconds that so many answers take."""
    settings, data = setting.recipe.evaluate, setting.data
    answer = min(data.solution_tokens, settings.max_new_tokens)
    likely = cost.seconds_to_generate(
        setting.machine, setting.model.parameters, answers, data.question_tokens, answer,
        settings.batch_size or ANSWERS_AT_A_TIME,
    )  # fmt: skip
    assert likely.value is not None and likely.interval is not None
    low, high = likely.interval
    # A batch runs as long as its longest answer, and a base model may ramble to the limit.
    ramble = min(DIFFERENT * 2, settings.max_new_tokens / answer)
    return Estimate(
        likely.value * ramble**0.5, likely.method, (low, high * ramble), level=likely.level
    )


def _sum(*parts: Estimate) -> Estimate:
    """Ranges added end to end: the parts share their causes, so their errors do not cancel."""
    low = math.fsum(p.interval[0] for p in parts if p.interval)
    high = math.fsum(p.interval[1] for p in parts if p.interval)
    return Estimate(
        math.fsum(p.value or 0.0 for p in parts), "sum of the stages", (low, high), level=0.8
    )


def _priced(seconds: Estimate, recipe: Recipe) -> Estimate:
    price = recipe.cost.price_per_hour
    assert seconds.value is not None and seconds.interval is not None
    low, high = (cost.money(s, price) for s in seconds.interval)
    return Estimate(
        cost.money(seconds.value, price),
        f"time at {price} {recipe.cost.currency} an hour",
        (low, high),
        level=0.8,
    )


def _band(value: float, factor: float, method: str) -> Estimate:
    return Estimate(value, method, (value / factor, value * factor), level=0.8)
