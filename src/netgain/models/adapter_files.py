"""Whether an adapter is whole and fits its base model, before it is applied.

PEFT leaves over what has no place and starts afresh what is missing, with a warning at most. So the
adapter's own files are read here, and compared with what its configuration makes of the base.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from netgain.errors import EvaluationError, ModelError
from netgain.in_limits import OutOfLimits, full_matches
from netgain.models.fit import empty_model, folder_stamp, foreign
from netgain.models.foreign_files import first_line, look_over, read_object
from netgain.models.tensor_files import Tensor, file_tensors, refuse_no_numbers
from netgain.wording import one_line

CONFIG, WEIGHTS, PICKLE = "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"
MOST_RANK = 2**16
# What decides what an adapter computes. Other settings are about how it was trained.
HEEDED = frozenset(
    {"r", "lora_alpha", "target_modules", "exclude_modules", "rank_pattern", "alpha_pattern",
     "use_rslora", "use_dora", "bias", "lora_bias", "fan_in_fan_out", "modules_to_save",
     "layers_to_transform", "layers_pattern", "target_parameters", "trainable_token_indices",
     "task_type"}
)  # fmt: skip
# These would change what is computed, or have modules imported, and are not taken over.
REFUSED = frozenset(
    {"megatron_config", "layer_replication", "alora_invocation_tokens", "use_qalora", "use_bdlora",
     "arrow_config", "kasa_config", "monteclora_config"}
)  # fmt: skip
# Starts of a training that change the base's weights as well, which the adapter does not hold.
CHANGED_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")
EMBEDDINGS = ("embed_tokens.weight", "lm_head.weight", "wte.weight")
Shapes = Mapping[str, tuple[int, ...]]
_sound: set[tuple[object, ...]] = set()


def is_adapter(trained: Path) -> bool:
    """Whether a folder of trained weights holds an adapter, and no whole model."""
    return (trained / CONFIG).exists()


def adapter_settings(adapter: Path) -> dict[str, Any]:
    """An adapter's configuration, looked over.

    Raises:
        EvaluationError: it is none, or of a kind that is not applied here.
    """
    try:
        look_over(adapter)
        said = read_object(adapter / CONFIG)
    except ModelError as error:
        raise EvaluationError(str(error)) from error
    kind = said.get("peft_type")
    if kind != "LORA":
        raise EvaluationError(
            f"the adapter in {adapter} is of the kind {kind!r:.60} (peft_type in {CONFIG}), and "
            "only LORA is applied here"
        )
    for name in sorted(REFUSED & said.keys()):
        if said[name]:
            raise EvaluationError(
                f"the adapter in {adapter} sets {name} in its {CONFIG}, which is not applied here"
            )
    start = said.get("init_lora_weights")
    if isinstance(start, str) and start.startswith(CHANGED_BASE):
        raise EvaluationError(
            f"the adapter in {adapter} was started from changed base weights (init_lora_weights: "
            f"{start!r:.60}); save it as a plain LoRA adapter, as PEFT's documentation shows"
        )
    ranks = [said.get("r"), *_values(said, "rank_pattern", adapter)]
    if not all(type(r) is int and 0 < r <= MOST_RANK for r in ranks):
        raise EvaluationError(f"{adapter / CONFIG} gives no usable rank (r) of an adapter")
    scales = [said.get("lora_alpha"), *_values(said, "alpha_pattern", adapter)]
    if not all(type(a) in (int, float) and abs(a) < 1e9 for a in scales):
        raise EvaluationError(f"{adapter / CONFIG} gives no usable lora_alpha")
    return said


def _values(said: Mapping[str, Any], name: str, adapter: Path) -> list[Any]:
    found = said.get(name) or {}
    if not isinstance(found, dict) or len(found) > 10_000:
        raise EvaluationError(f"{adapter / CONFIG} has a {name} that maps no layers to numbers")
    return list(found.values())


def check_adapter(adapter: Path, base: Path) -> None:
    """Refuse an adapter that is not whole, not made for this base, or holds no numbers.

    Raises:
        EvaluationError: naming the tensor or the setting.
    """
    said = adapter_settings(adapter)
    if not (adapter / WEIGHTS).is_file():
        why = (
            f" (only {PICKLE}, a pickle, which is never loaded)"
            if (adapter / PICKLE).exists()
            else ""
        )
        raise EvaluationError(f"the adapter in {adapter} has no {WEIGHTS}{why}")
    stamp = (*folder_stamp(adapter), *folder_stamp(base))
    if stamp not in _sound:
        try:
            tensors = file_tensors(adapter / WEIGHTS)
            _compare(adapter, tensors, *_wanted(base, adapter, said))
            refuse_no_numbers(tensors)
        except ModelError as error:
            raise EvaluationError(f"the adapter in {adapter} does not fit: {error}") from error
        _sound.add(stamp)


def lora_config(adapter: Path) -> Any:
    """An adapter's configuration (peft.LoraConfig), of what decides what it computes alone.

    Raises:
        EvaluationError: it makes none.
    """
    from peft import LoraConfig

    said = adapter_settings(adapter)
    known = {field.name for field in fields(LoraConfig)} & HEEDED
    try:
        return LoraConfig(
            **{name: said[name] for name in known if said.get(name) is not None},
            inference_mode=True,
        )
    except Exception as error:  # whatever a setting of a wrong kind makes of it
        raise EvaluationError(
            f"{adapter / CONFIG} makes no adapter: {first_line(error)}"
        ) from error


def _wanted(base: Path, adapter: Path, said: Mapping[str, Any]) -> tuple[Shapes, Shapes]:
    """The shapes that the configuration makes of the base, by name, as they are stored.

    Returns:
        what has to be there, and what may be: embeddings that were trained too.
    """
    from peft import get_peft_model, get_peft_model_state_dict

    model = empty_model(base)
    _refuse_slow_patterns(said, [name for name, _ in model.named_modules()], adapter)
    outer = {f"base_model.model.{name}": tuple(p.shape) for name, p in model.named_parameters()}
    with warnings.catch_warnings(), foreign("its configuration makes no adapter of this model"):
        warnings.simplefilter("ignore")
        adapted: Any = get_peft_model(model, lora_config(adapter), low_cpu_mem_usage=True)
        state = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    return (
        {name: tuple(tensor.shape) for name, tensor in state.items()},
        {name: shape for name, shape in outer.items() if name.endswith(EMBEDDINGS)},
    )


def _compare(adapter: Path, tensors: Mapping[str, Tensor], wanted: Shapes, beside: Shapes) -> None:
    for name, shape in wanted.items():
        if name not in tensors:
            raise EvaluationError(
                f"the adapter in {adapter} lacks the tensor {one_line(name)[:150]}, which its "
                f"{CONFIG} asks for on this base model"
            )
        if tensors[name].shape != shape:
            raise EvaluationError(
                f"the adapter in {adapter} does not fit: its tensor {one_line(name)[:150]} is "
                f"{tensors[name].shape}, and its {CONFIG} on this base model asks for {shape}"
            )
    for name, tensor in tensors.items():
        if name not in wanted and beside.get(name) != tensor.shape:
            raise EvaluationError(
                f"the adapter in {adapter} does not fit: this base model has no place for its "
                f"tensor {one_line(name)[:150]}"
            )


def _refuse_slow_patterns(said: Mapping[str, Any], names: list[str], adapter: Path) -> None:
    """Regular expressions in a configuration, as PEFT matches them, within limits of time."""
    for name, kinds in PATTERNS.items():
        if not isinstance(said.get(name), (*kinds, type(None))):
            raise EvaluationError(
                f"the adapter in {adapter} cannot be used: {name} in its {CONFIG} is "
                f"{one_line(repr(said[name]))[:60]}"
            )
    patterns = dict(_patterns(said))
    try:
        full_matches(list(patterns), names)
    except OutOfLimits as error:
        slow = next(iter(patterns.values())) if len(patterns) == 1 else "a pattern"
        raise EvaluationError(
            f"the adapter in {adapter} has {slow} in its {CONFIG} that cannot be used: {error}"
        ) from error


# Settings that hold regular expressions, and what they may be.
PATTERNS: Mapping[str, tuple[type, ...]] = {
    "target_modules": (str, list), "exclude_modules": (str, list), "rank_pattern": (dict,),
    "alpha_pattern": (dict,), "modules_to_save": (str, list), "layers_pattern": (str, list),
}  # fmt: skip


def _patterns(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each regular expression, with the setting it stands in."""
    for name in ("target_modules", "exclude_modules"):
        if isinstance(text := said.get(name), str) and text != "all-linear":
            yield text, f"a {name}"
    for name in ("rank_pattern", "alpha_pattern"):
        for key in said.get(name) or {}:
            yield rf"(.*\.)?({key})", f"a {name}"
    for name in ("modules_to_save", "layers_pattern"):
        texts = said.get(name) or ()
        for text in [texts] if isinstance(texts, str) else texts:
            if isinstance(text, str) and re.fullmatch(r"[\w.]*", text) is None:
                yield rf"(^|.*\.){text}($|\..*)", f"a {name}"


def refuse_other_base(adapter: Path, model: str, description: str) -> None:
    """An adapter's configuration says which model it was trained on; on another it means nothing.

    Names are compared by their last part, since a model may lie in a folder of its own name. An
    adapter that names none is let pass.

    Args:
        model: what the user calls the base: a Hub id or a path.
        description: the base in words.

    Raises:
        EvaluationError: it names another one.
    """
    said = adapter_settings(adapter).get("base_model_name_or_path")
    if not isinstance(said, str) or not said:
        return
    names = {name.rstrip("/").rpartition("/")[2].casefold() for name in (model, description)}
    if said.rstrip("/").rpartition("/")[2].casefold() not in names:
        raise EvaluationError(
            f"the adapter in {adapter} was trained on {said!r:.200}, by its adapter_config.json, "
            f"and the model is {description!r:.200}; give that model, or add --any-base if "
            "they are the same"
        )
