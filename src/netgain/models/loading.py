"""From a recipe's model id to a folder on this disk, and from a folder to a loaded model."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netgain.errors import EvaluationError, MissingDependency, ModelError
from netgain.hub import fetch
from netgain.models.embedded import DESCRIPTION, embedded_model
from netgain.models.model_folder import check_folder, local_model
from netgain.models.quiet import hide_loading_bars
from netgain.models.render import Renderer, make_renderer
from netgain.recipe import ModelSettings, Precision
from netgain.store import read_json

WEIGHTS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True)
class ModelFiles:
    """A model on this disk. `description` names a quantised or de-quantised base as such."""

    folder: Path
    description: str
    revision: str | None
    digest: str  # SHA-256 (hex) over weights, configuration and tokenizer


def find_model(settings: ModelSettings) -> ModelFiles:
    """Locate the model, fetching it from the Hub where the id is a Hub id.

    Raises:
        ModelError: no such model, or a folder that holds none.
        HubUnreachable, StorageError: it has to be fetched, and cannot be (see `netgain.hub`).
        MissingDependency: the embedded model or transformers is not installed.
    """
    require_torch()
    revision = None
    found = local_model(settings.id)
    if settings.id == "embedded":
        folder, description = embedded_model(), DESCRIPTION
    elif found is not None:
        folder, description = found, found.name
    else:
        folder, revision = fetch("model", settings.id, settings.revision, WEIGHTS, top_only=True)
        description = settings.id
    check_folder(folder)
    return ModelFiles(folder, description, revision, _digest(folder))


def require_torch() -> None:
    """Raise MissingDependency where the training half is not installed."""
    try:
        import peft  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingDependency(
            f"training and generating need torch, transformers and peft ({error.name} is "
            "missing): pip install 'netgain[train]'"
        ) from None


@cache
def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for pattern in WEIGHTS for p in folder.glob(pattern)):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
    return digest.hexdigest()


# -- loading -------------------------------------------------------------------------------


def choose_device() -> str:
    """cuda, mps or cpu: the fastest that is there."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_precision(asked: Precision) -> str:
    """ "bf16" or "fp32": what was asked, or bf16 where the hardware computes in it."""
    if asked != "auto":
        return asked
    import torch

    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    has = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return (
        "bf16" if has or getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)() else "fp32"
    )


def load_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} has no usable tokenizer: {error}") from error


def load_renderer(folder: Path) -> Renderer:
    """The model's tokenizer with its template and its stop tokens settled."""
    return make_renderer(load_tokenizer(folder), generation_eos(folder))


def generation_eos(folder: Path) -> Any:
    """What the model's own generation settings call the end: an id, a list of ids, or None."""
    path = folder / "generation_config.json"
    return read_json(path).get("eos_token_id") if path.exists() else None


def load_model(folder: Path, precision: str) -> Any:
    """The bare model on the best device, in evaluation mode.

    Raises:
        ModelError: the folder's weights cannot be loaded.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    hide_loading_bars()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    model: Any
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=dtype, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"the model in {folder} cannot be loaded: {error}") from error
    return model.to(choose_device()).eval()


MERGED_AGREES = 1e-3  # of the largest logit; fp32 rounding gives about 1e-6


def apply_adapter(model: Any, adapter: Path, probe_ids: list[int]) -> Any:
    """Base plus adapter, merged in fp32, with proof that the adapter acts and that merging kept it.

    Unmerged, a small model decodes several times slower. Merging in bf16 would round the adapter
    away in part; in fp32 the merged model is checked against the unmerged one.

    Args:
        model: the base in fp32.
        probe_ids: token ids of a prompt, on which logits are compared.

    Raises:
        EvaluationError: the adapter does not fit the model, changes nothing, or is lost in merging.
    """
    import torch
    from peft import PeftModel
    from safetensors import SafetensorError

    ids = torch.tensor([probe_ids], device=model.device)
    with torch.inference_mode():
        before = model(input_ids=ids).logits[0, -1].float()
        try:
            with warnings.catch_warnings():  # of what others deprecate, no user can do anything
                warnings.simplefilter("ignore", FutureWarning)
                tuned = PeftModel.from_pretrained(model, str(adapter)).eval()
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise EvaluationError(f"the adapter in {adapter} does not fit: {error}") from error
        after = tuned(input_ids=ids).logits[0, -1].float()
        if torch.equal(before, after):
            raise EvaluationError(
                f"the adapter in {adapter} changes nothing: base and tuned give the same logits, "
                "so they would be one model compared with itself (was it trained at all?)"
            )
        merged = tuned.merge_and_unload()
        lost = (merged(input_ids=ids).logits[0, -1].float() - after).abs().max()
        if lost > MERGED_AGREES * after.abs().max():
            raise EvaluationError(
                f"the adapter in {adapter} merged into the base gives other logits than beside it "
                f"(by {lost:.3g}); it cannot be evaluated this way"
            )
    return merged


def is_adapter(trained: Path) -> bool:
    """Whether a folder of trained weights holds an adapter, and no whole model."""
    return (trained / "adapter_config.json").exists()


def load_tuned(folder: Path, trained: Path, precision: str, probe_ids: list[int]) -> Any:
    """What was trained, as one model on the best device.

    An adapter is merged into its base in fp32 and then rounded; a whole model is loaded.

    Args:
        folder: the base model.
        trained: an adapter, or a whole model that was trained from the base.
    """
    import torch

    if not is_adapter(trained):
        return load_model(trained, precision)
    adapter = trained
    merged = apply_adapter(load_model(folder, "fp32"), adapter, probe_ids)
    return merged.to(torch.bfloat16) if precision == "bf16" else merged


def refuse_other_base(adapter: Path, model: str, base: ModelFiles) -> None:
    """An adapter's configuration says which model it was trained on; on another it means nothing.

    Names are compared by their last part, since a model may lie in a folder of its own name. An
    adapter that names none is let pass.

    Args:
        model: what the user calls the base: a Hub id or a path.

    Raises:
        EvaluationError: it names another one.
    """
    said = read_json(adapter / "adapter_config.json").get("base_model_name_or_path")
    if not isinstance(said, str) or not said:
        return
    names = {name.rstrip("/").rpartition("/")[2].casefold() for name in (model, base.description)}
    if said.rstrip("/").rpartition("/")[2].casefold() not in names:
        raise EvaluationError(
            f"the adapter in {adapter} was trained on {said!r:.200}, by its adapter_config.json, "
            f"and the model is {base.description!r:.200}; give that model, or add --any-base if "
            "they are the same"
        )


def is_out_of_memory(error: Exception) -> bool:
    """Whether this is a refusal of memory, by the GPU or by the system."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )


def free_memory() -> None:
    """Give back what no one holds any more."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
