"""What a recipe would do, how long, with how much memory and money; nothing is run.

Works without torch and without the Hub: what is not at hand is taken from a small table, or said
to be unknown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from netgain import cost, provenance
from netgain.data import load_problems, split_problems
from netgain.errors import NetgainError
from netgain.recipe import HUB_ID, Recipe
from netgain.records import Estimate, Metric

CHARS_PER_TOKEN = 3.3  # word problems in English with their numbers; common tokenizers
TEMPLATE_TOKENS = 30
# Parameters, layers, hidden size. From the models' configuration files on the Hub.
MODELS: Mapping[str, tuple[float, int, int]] = {
    "embedded": (134.5e6, 30, 576),
    "HuggingFaceTB/SmolLM2-135M-Instruct": (134.5e6, 30, 576),
    "Qwen/Qwen2-0.5B-Instruct": (494e6, 24, 896),
    "Qwen/Qwen2.5-0.5B-Instruct": (494e6, 24, 896),
    "Qwen/Qwen2.5-1.5B-Instruct": (1.54e9, 28, 1536),
}
# Training and test problems, mean characters of question and solution (counted over the files).
DATA_SETS: Mapping[str, tuple[int, int, float, float]] = {
    "openai/gsm8k": (7473, 1319, 235, 282),
}
DIFFERENT = 2.0  # answers may well be this much longer or shorter than the reference solutions


@dataclass(frozen=True)
class ModelSize:
    parameters: float
    layers: int
    hidden: int
    source: str


@dataclass(frozen=True)
class DataSize:
    train: int
    validation: int
    test: int
    question_tokens: float
    solution_tokens: float
    source: str


@dataclass(frozen=True)
class Plan:
    """A plan in numbers. `stages` are (name, what it does, metrics)."""

    machine: str
    stages: tuple[tuple[str, str, tuple[Metric, ...]], ...]
    totals: tuple[Metric, ...]
    remarks: tuple[str, ...]


def make_plan(recipe: Recipe) -> Plan:
    """Project a recipe on this machine.

    Raises:
        DataError: the data is at hand and unusable.
        NetgainError: nothing is known of the model's or the data's size.
    """
    model, data = model_size(recipe.model.id), data_size(recipe)
    machine = cost.this_machine(
        provenance.gpus(), provenance.has_bf16_cpu(), psutil.virtual_memory().total
    )
    train_stage, train_seconds, train_bytes = _training(recipe, model, data, machine)
    evaluation, evaluate_seconds = _evaluation(recipe, model, data, machine)
    seconds = _sum(train_seconds, evaluate_seconds, evaluate_seconds)
    memory = _band(train_bytes / 2**30, 1.5, "weights, adapter, activations")
    totals = (
        Metric("time in all", "s", "projected", seconds),
        Metric("cost in all", recipe.cost.currency, "projected", _priced(seconds, recipe)),
        Metric("memory", "GiB", "projected", memory),
    )
    counts = f"{data.train} train, {data.validation} validation, {data.test} test"
    remarks = [f"model size from {model.source}; data size from {data.source}"]
    if train_bytes > machine.memory:
        remarks.append(
            f"this needs about {train_bytes / 1e9:.0f} GB and the machine has "
            f"{machine.memory / 1e9:.0f}: lower train.batch_size and raise "
            "train.gradient_accumulation, or set train.gradient_checkpointing: true"
        )
    return Plan(
        machine=machine.name,
        stages=(
            ("data", counts, ()),
            ("train", *train_stage),
            ("evaluate base", *evaluation),
            ("evaluate tuned", *evaluation),
            ("report", "grade, compare, write", ()),
        ),
        totals=totals,
        remarks=tuple(remarks),
    )


def _training(
    recipe: Recipe, model: ModelSize, data: DataSize, machine: cost.Hardware
) -> tuple[tuple[str, tuple[Metric, ...]], Estimate, float]:
    settings = recipe.train
    per_example = data.question_tokens + data.solution_tokens
    per_epoch = math.ceil(data.train / (settings.batch_size * settings.gradient_accumulation))
    steps = math.ceil(per_epoch * settings.epochs)
    every = max(1, round(per_epoch / settings.validations_per_epoch))
    validations = 1 + math.ceil(steps / every)
    trained = data.train * settings.epochs * per_example
    checked = validations * data.validation * per_example
    seconds = cost.seconds_to_train(machine, model.parameters, trained, checked)
    lora = 14.0 * settings.lora.r * model.layers * model.hidden  # seven matrices, in and out
    size = cost.bytes_to_train(
        model.parameters, lora, model.layers, model.hidden,
        round(settings.batch_size * per_example * 1.3), 4 if "CPU" in machine.name else 2,
    )  # fmt: skip
    what = f"{steps} steps, {validations} validations"
    tokens = _band(trained, 1.3, "characters of the data")
    return (
        (
            what,
            (
                Metric("time", "s", "projected", seconds),
                Metric("tokens", "tokens", "projected", tokens),
            ),
        ),
        seconds,
        size,
    )


def _evaluation(
    recipe: Recipe, model: ModelSize, data: DataSize, machine: cost.Hardware
) -> tuple[tuple[str, tuple[Metric, ...]], Estimate]:
    settings = recipe.evaluate
    answer = min(data.solution_tokens, settings.max_new_tokens)
    likely = cost.seconds_to_generate(
        machine, model.parameters, data.test, data.question_tokens, answer, settings.batch_size
    )
    assert likely.value is not None and likely.interval is not None
    low, high = likely.interval
    # A batch runs as long as its longest answer, and a base model may ramble to the limit.
    ramble = min(DIFFERENT * 2, settings.max_new_tokens / answer)
    seconds = Estimate(
        likely.value * ramble**0.5, likely.method, (low, high * ramble), level=likely.level
    )
    what = f"{data.test} problems, greedy, up to {settings.max_new_tokens} tokens each"
    return (what, (Metric("time", "s", "projected", seconds),)), seconds


def model_size(model_id: str) -> ModelSize:
    """Parameters, layers and hidden size: from a local configuration, a table, or the name.

    Raises:
        NetgainError: none of these says anything.
    """
    config = _config(model_id)
    if config is not None:
        try:
            return ModelSize(
                _parameters(config), config["num_hidden_layers"], config["hidden_size"],
                "its config.json",
            )  # fmt: skip
        except (KeyError, TypeError, ZeroDivisionError):
            pass
    if model_id in MODELS:
        return ModelSize(*MODELS[model_id], "a table of known models")
    named = re.search(r"(\d+(?:\.\d+)?)\s*([BbMm])(?![a-z])", model_id)
    if named:
        parameters = float(named[1]) * (1e9 if named[2] in "Bb" else 1e6)
        hidden = round(parameters**0.5 / 25 / 64) * 64 or 64
        return ModelSize(parameters, 26, hidden, "its name (rough)")
    raise NetgainError(
        f"nothing is known of the size of model {model_id!r}: it is not on this disk, not in the "
        "table of known models, and its name does not say; download it first"
    )


def _config(model_id: str) -> dict[str, Any] | None:
    """config.json of a local folder or of the Hub's local cache."""
    folder = Path(model_id).expanduser()
    paths = [folder / "config.json"] if folder.is_dir() else []
    if not paths and HUB_ID.match(model_id):
        try:
            from huggingface_hub import try_to_load_from_cache

            cached = try_to_load_from_cache(model_id, "config.json")
            paths = [Path(cached)] if isinstance(cached, str) else []
        except ImportError:
            return None
    for path in paths:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return found if isinstance(found, dict) else None
    return None


def _parameters(config: Mapping[str, Any]) -> float:
    """Weights of a decoder with grouped-query attention and a gated MLP."""
    hidden, layers = config["hidden_size"], config["num_hidden_layers"]
    heads = config["num_attention_heads"]
    kv = config.get("num_key_value_heads") or heads
    attention = 2 * hidden * hidden + 2 * hidden * hidden * kv / heads
    mlp = 3 * hidden * config["intermediate_size"]
    embeddings = config["vocab_size"] * hidden * (1 if config.get("tie_word_embeddings") else 2)
    return float(layers * (attention + mlp) + embeddings)


def data_size(recipe: Recipe) -> DataSize:
    """Counts and mean lengths: from the data itself where it is at hand, else from a table.

    Raises:
        NetgainError: the data set is neither on this disk nor in the table.
    """
    data = recipe.data
    prompt = len(recipe.prompt.instruction) + len(recipe.prompt.system or "")
    local = data.source == "builtin" or Path(data.source).expanduser().exists()
    if not local and data.source in DATA_SETS:
        pool, test, question, solution = DATA_SETS[data.source]
        pool = min(pool, data.limit or pool)
        held = max(1, round(pool * data.validation_fraction))
        return DataSize(
            pool - held, held, min(test, recipe.evaluate.limit or test),
            (question + prompt) / CHARS_PER_TOKEN + TEMPLATE_TOKENS,
            solution / CHARS_PER_TOKEN, "a table of known data sets",
        )  # fmt: skip
    if not local:
        raise NetgainError(
            f"nothing is known of the data set {data.source!r}: it is not on this disk and not in "
            "the table of known data sets; give a local folder, or download it first"
        )
    loaded = load_problems(data, recipe.evaluate.limit)
    split = split_problems(loaded, data, recipe.evaluate.limit)
    everything = split.train + split.validation
    return DataSize(
        len(split.train), len(split.validation), len(split.test),
        (_mean([len(p.question) for p in everything]) + prompt) / CHARS_PER_TOKEN + TEMPLATE_TOKENS,
        _mean([len(p.solution) for p in everything]) / CHARS_PER_TOKEN, "the data itself",
    )  # fmt: skip


def _mean(lengths: Sequence[int]) -> float:
    return sum(lengths) / len(lengths)


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
        cost.money(seconds.value, price), f"time at {price} an hour", (low, high), level=0.8
    )


def _band(value: float, factor: float, method: str) -> Estimate:
    return Estimate(value, method, (value / factor, value * factor), level=0.8)
