"""Recipe: everything a user may set, validated all at once.

A recipe is YAML. Each setting has a sentence here and a default; what is not listed cannot be
set. `load_recipe` reports every mistake together, each with the field, the value, what is
allowed and the nearest known name.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netgain.errors import RecipeError

Positive = Annotated[int, Field(ge=1)]
Precision = Literal["auto", "bf16", "fp32"]
HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")  # owner/name
# What other tools call our settings, for the "did you mean".
SYNONYMS = {
    "rank": "r",
    "lr": "learning_rate",
    "num_train_epochs": "epochs",
    "gradient_accumulation_steps": "gradient_accumulation",
    "per_device_train_batch_size": "batch_size",
    "max_seq_length": "max_length",
    "lr_scheduler_type": "schedule",
    "name_or_path": "id",
    "dataset": "source",
}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelSettings(_Settings):
    """The model to start from."""

    id: Annotated[str, Field(min_length=1)]  # Hub id, local folder, or "embedded"
    revision: str | None = None  # Hub commit, branch or tag; None is the newest


class DataSettings(_Settings):
    """Where problems come from and how they are split."""

    source: Annotated[str, Field(min_length=1)]  # Hub id, local folder, .jsonl file, "builtin"
    revision: str | None = None  # Hub commit of the data set
    subset: Annotated[str, Field(pattern=r"^[\w.-]+$")] = "main"  # the Hub's configuration name
    test_source: str | None = None  # where test problems come from, if not from `source`
    test_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None  # hold out part of `source`
    limit: Positive | None = None  # problems for training and validation together
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1
    seed: int = 42  # decides the split and which problems a limit keeps
    on_bad_row: Literal["stop", "skip"] = "stop"
    allow_overlap: tuple[str, ...] = ()  # ids of test problems that may be near training ones


class PromptSettings(_Settings):
    """What the model is asked, in training and in evaluation alike."""

    style: Literal["zero_shot_chat"] = "zero_shot_chat"
    system: str | None = None  # None leaves the chat template's own default
    instruction: str = (
        'Solve the problem step by step. End with a line "#### " followed by the final number.'
    )


class LoraSettings(_Settings):
    """The adapter (Hu et al. 2021, arXiv:2106.09685)."""

    r: Positive = 8
    alpha: Positive = 16
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    bias: Literal["none", "all", "lora_only"] = "none"
    target_modules: str | tuple[str, ...] = "all-linear"


class EarlyStopping(_Settings):
    """Stop when validation loss has not improved for `patience` validations in a row."""

    patience: Positive = 5


class TrainSettings(_Settings):
    """Instruction fine-tuning with LoRA; the loss is on the solution alone."""

    lora: LoraSettings = LoraSettings()
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-4
    epochs: Annotated[float, Field(gt=0, le=1000)] = 3
    batch_size: Positive = 8
    gradient_accumulation: Positive = 1
    max_length: Annotated[int, Field(ge=16)] = 1024  # tokens of prompt and solution together
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    warmup_ratio: Annotated[float, Field(ge=0, le=1)] = 0.03
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    seed: int = 42
    precision: Precision = "auto"
    gradient_checkpointing: bool = False
    validations_per_epoch: Positive = 10
    early_stopping: EarlyStopping | None = EarlyStopping()
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 45  # 0: only with validations


class EvaluateSettings(_Settings):
    """How both models answer the test problems: greedily, one answer a problem."""

    engine: Literal["transformers"] = "transformers"
    limit: Positive | None = None  # test problems; None is all of them
    max_new_tokens: Positive = 1024
    batch_size: Positive = 32
    precision: Precision = "auto"


class CostSettings(_Settings):
    """What an hour on this machine costs."""

    price_per_hour: Annotated[float, Field(ge=0)] = 0.0
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class Recipe(_Settings):
    """The whole recipe."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    model: ModelSettings
    data: DataSettings
    prompt: PromptSettings = PromptSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    cost: CostSettings = CostSettings()

    def plain(self) -> dict[str, Any]:
        """The recipe as JSON-like data, every default filled in."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """SHA-256 (hex) of all that can change a result: not the name, not the price."""
        deciding = {k: v for k, v in self.plain().items() if k not in {"name", "cost"}}
        deciding["train"].pop("checkpoint_seconds")
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    def to_yaml(self) -> str:
        return yaml.safe_dump(self.plain(), sort_keys=False, allow_unicode=True)


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file and apply `field=value` overrides.

    Raises:
        RecipeError: the file is missing or no YAML mapping, or fields are wrong (all listed).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecipeError(f"no recipe at {path}; give the path of a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise RecipeError(f"{path} must hold a mapping of settings (model:, data:, train: …)")
    mistakes = list(_apply_overrides(raw, overrides))
    return parse_recipe(raw, where=str(path), mistakes=mistakes)


def parse_recipe(
    raw: Mapping[str, Any], where: str = "the recipe", mistakes: Sequence[str] = ()
) -> Recipe:
    """Validate plain data as a Recipe.

    Raises:
        RecipeError: with one line a mistake, all of them, `mistakes` found earlier first.
    """
    found = list(mistakes)
    try:
        recipe = Recipe.model_validate(raw)
    except ValidationError as error:
        found += [_explain(e) for e in error.errors()]
        recipe = None
    except RecursionError:
        found.append("the YAML refers to itself; write every value out")
        recipe = None
    if recipe is not None:
        found += _contradictions(recipe)
    if found or recipe is None:
        lines = "\n".join(f"  - {line}" for line in found)
        raise RecipeError(f"{where} has {len(found)} mistake{'s'[: len(found) != 1]}:\n{lines}")
    return recipe


def _contradictions(recipe: Recipe) -> Iterator[str] | list[str]:
    """Mistakes that only show when two settings are read together."""
    found = []
    data = recipe.data
    if data.test_source is not None and data.test_fraction is not None:
        found.append("data.test_source and data.test_fraction exclude each other; set one")
    if data.limit is not None and data.limit * data.validation_fraction < 1:
        found.append(
            f"data.limit = {data.limit} leaves no validation problem at validation_fraction "
            f"{data.validation_fraction}; raise one of them"
        )
    return found


def _apply_overrides(raw: dict[str, Any], overrides: Sequence[str]) -> Iterator[str]:
    """Set `a.b=value` in place; yields a line for each override that cannot be read."""
    for text in overrides:
        name, equals, value = text.partition("=")
        keys = name.strip().split(".")
        if not equals or not all(keys):
            yield f"--set {text!r}: write it as field=value, for example train.epochs=1"
            continue
        try:
            parsed = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError):
            yield f"--set {text!r}: the value is not valid YAML; quote it"
            continue
        node: Any = raw
        for key in keys[:-1]:
            if node.get(key) is None:
                node[key] = {}
            node = node[key]
            if not isinstance(node, dict):
                yield f"--set {text!r}: {key} is a value, not a group of settings"
                break
        else:
            # YAML 1.1 reads 2e-4 as text; a number was meant.
            node[keys[-1]] = _as_number(parsed) if isinstance(parsed, str) else parsed


def _as_number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _explain(error: Any) -> str:
    """One pydantic error as a line for people."""
    location = [part for part in error["loc"] if isinstance(part, (str, int))]
    field = ".".join(str(part) for part in location)
    value = _short(error.get("input"))
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"{field}: there is no such setting; {_nearest(location)}"
    if kind == "missing":
        return f"{field}: is required and missing{_meaning(location)}"
    context = error.get("ctx", {})
    if kind == "literal_error":
        near = difflib.get_close_matches(str(error["input"]), _choices(context["expected"]), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{field}: {value} is not allowed; choose {context['expected']}{hint}"
    return f"{field}: {value} is not allowed; {_allowed(error['msg'])}"


def _allowed(message: str) -> str:
    """Pydantic's sentence in ours: 'Input should be x' becomes 'it must be x'."""
    return message.replace("Input should be", "it must be").replace("String should", "it should")


def _choices(expected: str) -> list[str]:
    return [part.strip(" '") for part in expected.replace(" or ", ",").split(",")]


def _nearest(location: list[str | int]) -> str:
    """The nearest known name in the same group, or all of them."""
    known = _known_names(location[:-1])
    wanted = SYNONYMS.get(str(location[-1]), str(location[-1]))
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {'.'.join([*map(str, location[:-1]), near[0]])!r}?"
    elsewhere = [path for path in _all_paths(Recipe) if path.split(".")[-1] == wanted]
    if elsewhere:
        return f"did you mean {elsewhere[0]!r}?"
    return "known here: " + ", ".join(sorted(known))


def _known_names(location: Sequence[str | int]) -> list[str]:
    model: type[BaseModel] | None = Recipe
    for part in location:
        if model is None or part not in model.model_fields:
            return []
        model = _submodel(model.model_fields[str(part)].annotation)
    return list(model.model_fields) if model is not None else []


def _submodel(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _all_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield prefix + name
        inner = _submodel(info.annotation)
        if inner is not None:
            yield from _all_paths(inner, f"{prefix}{name}.")


def _meaning(location: Sequence[str | int]) -> str:
    meanings: dict[tuple[str, ...], str] = {
        ("model",): "; for example model: {id: Qwen/Qwen2-0.5B-Instruct}",
        ("model", "id"): "; a Hub id, a local folder, or 'embedded'",
        ("data",): "; for example data: {source: openai/gsm8k}",
        ("data", "source"): "; a Hub id, a local folder, a .jsonl file, or 'builtin'",
        ("name",): "; a short name for the run's directory",
    }
    return meanings.get(tuple(map(str, location)), "")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
