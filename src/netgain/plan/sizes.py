"""How large the model and the data of a recipe are. No weights are fetched or loaded for that."""

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netgain.data import (
    SplitProblems,
    builtin_counts,
    load_problems,
    local_source,
    split_problems,
)
from netgain.data.load import split_files
from netgain.data.mixture import amounts, usable_rows
from netgain.data.split import validation_count
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, HubUnreachable, MissingDependency, NetgainError
from netgain.hub import fetch
from netgain.models.gguf_header import is_gguf
from netgain.models.gguf_layout import gguf_sizes
from netgain.models.model_folder import local_model
from netgain.plan.named_files import Taught
from netgain.recipe import HUB_ID, DataSettings, DistilSettings, MixtureSettings, Recipe
from netgain.records import Problem
from netgain.rowfiles import bad_rows_words
from netgain.wording import integer

CHARS_PER_TOKEN = 3.3  # word problems in English with their numbers; common tokenizers
TEMPLATE_TOKENS = 30
BUILTIN_SAMPLE = 200  # built-in problems whose lengths stand for all
MOST_MADE = 20_000  # built-in problems that are made for a measurement
# Parameters, layers, hidden size, size in the MLPs, from the models' configuration files.
MODELS: Mapping[str, tuple[float, int, int, int]] = {
    "embedded": (134.5e6, 30, 576, 1536),
    "HuggingFaceTB/SmolLM2-135M-Instruct": (134.5e6, 30, 576, 1536),
    "Qwen/Qwen2-0.5B-Instruct": (494e6, 24, 896, 4864),
    "Qwen/Qwen2.5-0.5B-Instruct": (494e6, 24, 896, 4864),
    "Qwen/Qwen2.5-Coder-0.5B-Instruct": (494e6, 24, 896, 4864),
    "Qwen/Qwen2.5-1.5B-Instruct": (1.54e9, 28, 1536, 8960),
}
# Training and test problems, mean characters of question and solution (counted over the files).
DATA_SETS: Mapping[str, tuple[int, int, float, float]] = {
    "openai/gsm8k": (7473, 1319, 235, 282),
}


@dataclass(frozen=True)
class ModelSize:
    parameters: float
    layers: int
    hidden: int
    wide: int
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataSize:
    """Counts of problems, and mean lengths in tokens. `notes` are what a user should know.

    The variants of training problems are among `train`, as in a run.
    Where the model's own tokens are counted, `asked_tokens` is the mean length of the test
    problems' prompts, and `solutions` the length of each reference solution.
    """

    train: int
    validation: int
    test: int
    question_tokens: float
    solution_tokens: float
    source: str
    notes: tuple[str, ...] = ()
    asked_tokens: float | None = None
    solutions: tuple[int, ...] = ()
    beside: int = 0  # rows of data.mixture
    replayed: int = 0  # those of them that the base model answers
    taught: Mapping[DistilSettings, Taught | None] = field(default_factory=dict)


# -- the model -----------------------------------------------------------------------------


def model_size(model_id: str, revision: str | None = None) -> ModelSize:
    """Parameters, layers and hidden size: from a configuration, a table, or the name.

    The Hub is asked for the configuration alone, and only of a model that the table does not have.

    Raises:
        ModelError: the folder holds no usable model, or the Hub has none or refuses it.
        NetgainError: none of these says anything.
    """
    folder = local_model(model_id)
    notes: tuple[str, ...] = ()
    if revision is not None and (folder is not None or model_id == "embedded"):
        notes = ("model.revision is not used: the model does not come from the Hub",)
    source, why = "its config.json", ""
    config: dict[str, Any] | None
    if folder is not None and is_gguf(folder):
        config, source = gguf_sizes(folder), "its metadata"
    else:
        config, why = _config(folder / "config.json") if folder else _hub_config(model_id, revision)
    if config is not None:
        try:
            return ModelSize(
                _parameters(config), config["num_hidden_layers"], config["hidden_size"],
                config["intermediate_size"], source, notes,
            )  # fmt: skip
        except (KeyError, TypeError, ZeroDivisionError) as error:
            why = f"its config.json has no usable {error.args[0] if error.args else 'sizes'}"
            if not isinstance(error, KeyError):
                why = "the sizes in its config.json make no sense"
    if model_id in MODELS:
        return ModelSize(*MODELS[model_id], "a table of known models", notes)
    named = re.search(r"(\d+(?:\.\d+)?)\s*([BbMm])(?![a-z])", model_id)
    if named:
        parameters = float(named[1]) * (1e9 if named[2] in "Bb" else 1e6)
        hidden = round(parameters**0.5 / 25 / 64) * 64 or 64
        return ModelSize(parameters, 26, hidden, 4 * hidden, "its name (rough)", notes)
    raise NetgainError(
        f"nothing is known of the size of model {model_id!r:.200}, and its name does not say: {why}"
    )


def _hub_config(model_id: str, revision: str | None) -> tuple[dict[str, Any] | None, str]:
    """The configuration from the Hub, or None and why; of a known model only what is cached."""
    cached = cached_file(model_id, "config.json", revision)
    if cached is not None:
        return _config(cached)
    if model_id in MODELS:
        return None, ""
    try:
        found, _ = fetch("model", model_id, revision, ["config.json"])
    except (HubUnreachable, MissingDependency) as error:
        return None, str(error)
    return _config(found / "config.json")


def cached_file(model_id: str, name: str, revision: str | None) -> Path | None:
    """A model's file in the Hub's local cache; None where it is not there."""
    if not HUB_ID.match(model_id):
        return None
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    try:
        cached = try_to_load_from_cache(model_id, name, revision=revision)
    except ValueError:  # no name that the Hub allows
        return None
    return Path(cached) if isinstance(cached, str) else None


def _config(path: Path) -> tuple[dict[str, Any] | None, str]:
    """What a config.json holds, or None and why."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None, "its config.json cannot be read"
    return (found, "") if isinstance(found, dict) else (None, "its config.json is no object")


def _parameters(config: Mapping[str, Any]) -> float:
    """Weights of a decoder with grouped-query attention and a gated MLP."""
    hidden, layers = config["hidden_size"], config["num_hidden_layers"]
    heads = config["num_attention_heads"]
    kv = config.get("num_key_value_heads") or heads
    attention = 2 * hidden * hidden + 2 * hidden * hidden * kv / heads
    mlp = 3 * hidden * config["intermediate_size"]
    embeddings = config["vocab_size"] * hidden * (1 if config.get("tie_word_embeddings") else 2)
    return float(layers * (attention + mlp) + embeddings)


# -- the data ------------------------------------------------------------------------------


def data_and_split(recipe: Recipe) -> tuple[DataSize, SplitProblems | None]:
    """Counts and mean lengths: from a table, else from the data itself, fetched if need be; and the
    problems themselves where they are on this disk, or built in and not too many to be made.

    Raises:
        DataError: the data is unusable, its name names nothing, or the Hub refuses it.
        HubUnreachable: it has to be fetched, and cannot be for now.
    """
    data = recipe.data
    if data.source == "builtin":
        size = _builtin_size(recipe)
        few = size.train + size.validation + size.test <= MOST_MADE
        return _read_size(recipe, True) if few else (size, None)
    is_local = local_source("data.source", data.source) is not None
    own_test = data.test_source in {None, data.source} and data.test_revision is None
    if not is_local and own_test:
        cached = _cached_data(recipe)
        if cached is not None:
            return _read_size(cached, True)
        if data.source in DATA_SETS:
            return _table_size(recipe), None
    return _read_size(recipe, is_local)


def with_more(size: DataSize, recipe: Recipe, split: SplitProblems | None) -> DataSize:
    """The size with what is learned beside the problems. How many rows a source on the Hub has is
    seen by a run alone, and of which problems a variant can be made, by the problems themselves.

    Args:
        split: the problems, where they are here; their variants are counted already.

    Raises:
        DataError: a source that is here is unusable.
    """
    data, notes = recipe.data, list(size.notes)
    variants = data.perturbed * size.train if split is None else 0
    if split is not None and data.perturbed:
        notes.append(f"{integer(split.variants)} variants are among the training problems")
    if variants:
        notes.append(f"{integer(variants)} variants are counted, one of them for each problem and "
                     "each of data.perturbed: not all can be made")  # fmt: skip
    train = size.train + variants
    if not data.mixture:
        return replace(size, train=train, notes=tuple(notes))
    there = _rows_there(data, split)
    # Of a source that is not here as many as are asked for, and none where no number is.
    most = {m: sys.maxsize if m.share or m.limit else 0 for m in data.mixture}
    counts = amounts(train, data.mixture, [(most | there)[m] for m in data.mixture])
    beside = sum(counts)
    replayed = sum(n for m, n in zip(data.mixture, counts, strict=True) if m.answers == "own")
    if beside:
        notes.append(f"{integer(beside)} rows of data.mixture are counted, as long as a problem")
    notes += [
        f"how many rows {m.name or m.source} adds is not known, and not counted; set its limit"
        for m in data.mixture
        if m not in there and not most[m]
    ]
    return replace(size, train=train, beside=beside, replayed=replayed, notes=tuple(notes))


def _rows_there(data: DataSettings, split: SplitProblems | None) -> dict[MixtureSettings, int]:
    """How many rows of the sources of data.mixture that are on this disk can be learned."""
    here = tuple(m for m in data.mixture if m.source and _is_here(m))
    of = data.model_copy(update={"mixture": here})
    problems = (split.train, split.test, split.validation) if split else ((), (), ())
    return dict(zip(here, (len(rows) for _, rows, _ in usable_rows(of, *problems)), strict=True))


def _is_here(mixture: MixtureSettings) -> bool:
    setting = "data.mixture.source" if mixture.name is None else f"source of task {mixture.name}"
    return local_source(setting, str(mixture.source)) is not None


def _cached_data(recipe: Recipe) -> Recipe | None:
    """The recipe with its data from the Hub's local cache; None where they are not there."""
    data = recipe.data
    try:
        from huggingface_hub import snapshot_download

        folder = snapshot_download(
            data.source, repo_type="dataset", revision=data.revision, local_files_only=True
        )
        local = data.model_copy(update={"source": folder, "revision": None})
        split_files(Path(folder), data.subset, "train")
    except (ImportError, OSError, ValueError, NetgainError):
        return None
    return recipe.model_copy(update={"data": local})


def _builtin_size(recipe: Recipe) -> DataSize:
    """Counted, not made: only a few are made for their lengths."""
    pool, test = builtin_counts(recipe.data, recipe.evaluate.limit)
    held = validation_count(pool, recipe.data)
    some = word_problems(
        min(pool, BUILTIN_SAMPLE), recipe.data.seed, most_steps=recipe.data.builtin_steps
    )
    return DataSize(
        pool - held, held, test, *_lengths(recipe, some), "the limits and some built-in problems"
    )


def _table_size(recipe: Recipe) -> DataSize:
    data = recipe.data
    if data.test_fraction is not None:
        raise DataError(
            f"{data.source} has test problems of its own, which data.test_fraction: "
            f"{data.test_fraction} would leave unused; take it out"
        )
    pool, test, question, solution = DATA_SETS[data.source]
    pool = min(pool, data.limit or pool)
    held = validation_count(pool, data)
    left = max(0, test - recipe.evaluate.skip)
    return DataSize(
        pool - held, held, min(left, recipe.evaluate.limit or left),
        *_tokens(recipe, question, solution), "a table of known data sets",
    )  # fmt: skip


def _read_size(recipe: Recipe, is_local: bool) -> tuple[DataSize, SplitProblems]:
    data = recipe.data
    asked = recipe.evaluate.limit, recipe.evaluate.skip
    loaded = load_problems(data, *asked)
    split = split_problems(loaded, data, *asked)
    notes = []
    if data.revision is not None and is_local:
        notes.append("data.revision is not used: the data does not come from the Hub")
    if loaded.bad_rows:
        usable = Counter(p.metadata["file"] for p in [*loaded.pool, *loaded.test])
        rows = f"{integer(len(loaded.bad_rows))} row{'s'[: len(loaded.bad_rows) != 1]}"
        named = "\n  - ".join(bad_rows_words(loaded.bad_rows, usable))
        notes.append(f"{rows} cannot be used, skipped as data.on_bad_row says:\n  - {named}")
    if split.no_solution:
        bare = f"{integer(len(split.no_solution))} training problem"
        bare += " has" if len(split.no_solution) == 1 else "s have"
        notes.append(f"{bare} no solution to learn from and would be left out")
    if split.overlaps:
        count = f"{integer(len(split.overlaps))} test problem{'s'[: len(split.overlaps) != 1]}"
        notes.append(f"{count} near or equal to training problems, allowed by name")
    size = DataSize(
        len(split.train), len(split.validation), len(split.test),
        *_lengths(recipe, split.train + split.validation), "the data itself", tuple(notes),
    )  # fmt: skip
    return size, split


def _lengths(recipe: Recipe, problems: Sequence[Problem]) -> tuple[float, float]:
    """Mean tokens of prompt and solution."""
    question = sum(len(p.question) for p in problems) / len(problems)
    solution = sum(len(p.solution) for p in problems) / len(problems)
    return _tokens(recipe, question, solution)


def _tokens(recipe: Recipe, question: float, solution: float) -> tuple[float, float]:
    """Tokens of prompt and solution, from characters."""
    shown = recipe.prompt.shot_count * (question + solution)
    asked = shown + question + len(recipe.prompt.instruction) + len(recipe.prompt.system or "")
    return asked / CHARS_PER_TOKEN + TEMPLATE_TOKENS, solution / CHARS_PER_TOKEN
