"""From a recipe's model id to a folder on this disk, and from a folder to a loaded model."""

import hashlib
import logging
import shlex
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netgain.errors import EvaluationError, MissingDependency, ModelError
from netgain.hub import fetch
from netgain.models.adapter_files import EMBEDDINGS, check_adapter, is_adapter, lora_config
from netgain.models.embedded import DESCRIPTION, embedded_model
from netgain.models.fit import check_weights, foreign, no_load_report, refuse_report
from netgain.models.gguf_folder import describe, unpacked
from netgain.models.gguf_header import is_gguf
from netgain.models.model_folder import check_folder, ends, local_model
from netgain.models.naming import told_name
from netgain.models.render import Renderer, make_renderer
from netgain.models.tensor_files import model_tensors
from netgain.recipe import HUB_ID, EvaluationPrecision, ModelSettings

log = logging.getLogger("netgain")
# Of these a folder has to have one: without any, transformers makes an empty tokenizer.
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model",
         "sentencepiece.bpe.model", "tekken.json", "spm.model")  # fmt: skip
PROBE = "Ana has 12 pens and buys 7. How many?"
WEIGHTS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True)
class ModelFiles:
    """A model on this disk. `description` names a quantised or de-quantised base as such.

    `same_as` is the published model whose weights these are, as the recipe says.
    """

    folder: Path
    description: str
    revision: str | None
    digest: str  # SHA-256 (hex) over weights, configuration and tokenizer
    same_as: str | None = None


def find_model(settings: ModelSettings) -> ModelFiles:
    """Locate the model and check it, fetching it from the Hub where the id is a Hub id.

    Raises:
        ModelError: no such model, or a folder or file that holds none that can be used.
        HubUnreachable, StorageError: it has to be fetched, and cannot be (see `netgain.hub`).
        MissingDependency: the embedded model or transformers is not installed.
    """
    require_torch()
    revision = None
    found = local_model(settings.id)
    if settings.id == "embedded":
        folder, description = embedded_model(), DESCRIPTION
    elif found is not None and is_gguf(found):
        folder, description = unpacked(found), describe(found)
    elif found is not None:
        folder, description = found, found.name
    else:
        folder, revision = fetch("model", settings.id, settings.revision, WEIGHTS, top_only=True)
        description = settings.id
    check_folder(folder)
    check_weights(folder)
    if found is not None and settings.name is None and settings.same_as is None:
        _propose_name(found, description)
    described = settings.called(description)
    return ModelFiles(folder, described, revision, _digest(folder), settings.same_as)


@cache
def _propose_name(path: Path, description: str) -> None:
    """Say once what a folder or a file calls itself, where that is another name."""
    told = told_name(path)
    if told is None or description.partition(", ")[0].casefold() == told.casefold():
        return
    setting = "model.same_as" if HUB_ID.match(told) else "model.name"
    log.info("%s says that it is %s; to call it so: --set %s=%s", path, told, setting,
             shlex.quote(told))  # fmt: skip


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


def choose_precision(asked: EvaluationPrecision) -> str:
    """What was asked, or "bf16" where the hardware computes in it, else "fp32"."""
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

    if not any((folder / name).exists() for name in TOKENIZERS):
        raise ModelError(f"{folder} has no tokenizer: none of {', '.join(TOKENIZERS[:4])} is there")
    with no_load_report(), foreign(f"{folder} has no usable tokenizer"):
        return AutoTokenizer.from_pretrained(
            str(folder), trust_remote_code=False, local_files_only=True
        )


def load_renderer(folder: Path) -> Renderer:
    """The model's tokenizer with its template and its stop tokens settled.

    Raises:
        ModelError: there is no usable tokenizer or template, or it is another model's.
    """
    check_folder(folder)
    tokenizer, stops = load_tokenizer(folder), ends(folder)
    with foreign(f"{folder} has no usable tokenizer"):
        renderer = make_renderer(tokenizer, stops)
        most = max([*tokenizer.get_vocab().values(), *renderer.stop_ids])
        again = tokenizer.decode(tokenizer(PROBE, add_special_tokens=False)["input_ids"])
    if "".join(again.casefold().split()) != "".join(PROBE.casefold().split()):
        raise ModelError(
            f"the tokenizer in {folder} cannot write plain text ({PROBE!r} becomes {again!r:.80}); "
            "its files are damaged"
        )
    rows = model_tensors(folder)
    embedded = [t.shape[0] for n, t in rows.items() if n.endswith(EMBEDDINGS) and len(t.shape) == 2]
    if embedded and most >= max(embedded):
        raise ModelError(
            f"the tokenizer in {folder} is another model's: it has tokens up to {most:,}, and the "
            f"model has {max(embedded):,} embeddings"
        )
    return renderer


def load_model(folder: Path, precision: str) -> Any:
    """The bare model on the best device, in evaluation mode.

    Raises:
        ModelError: the folder's weights cannot be loaded, are not whole, or give no numbers.
    """
    import torch
    from transformers import AutoModelForCausalLM

    check_folder(folder)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    loader: Any = AutoModelForCausalLM  # which returns a pair here, and is not typed so
    with no_load_report(), foreign(f"the model in {folder} cannot be loaded"):
        model, report = loader.from_pretrained(
            str(folder), dtype=dtype, use_safetensors=True, trust_remote_code=False,
            local_files_only=True, output_loading_info=True,
        )  # fmt: skip
        refuse_report(folder, report)
        model = model.to(choose_device()).eval()
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([[0, 0]], device=model.device)).logits
    if not bool(logits.isfinite().all()):
        raise ModelError(
            f"the model in {folder} gives logits that are no finite numbers in {precision}; such a "
            "model answers nothing"
        )
    return model


MERGED_AGREES = 1e-3  # of the largest logit; fp32 rounding gives about 1e-6


def apply_adapter(model: Any, adapter: Path, probe_ids: list[int]) -> Any:
    """Base plus adapter, merged in fp32, with proof that the adapter acts and that merging kept it.

    Unmerged, a small model decodes several times slower. Merging in bf16 would round the adapter
    away in part; in fp32 the merged model is checked against the unmerged one.

    Args:
        model: the base in fp32.
        adapter: its folder, checked by `check_trained`.
        probe_ids: token ids of a prompt, on which logits are compared.

    Raises:
        EvaluationError: the adapter does not fit the model, changes nothing, or is lost in merging.
    """
    import torch
    from peft import PeftModel

    config = lora_config(adapter)
    ids = torch.tensor([probe_ids], device=model.device)
    with torch.inference_mode():
        before = model(input_ids=ids).logits[0, -1].float()
        try:
            with (
                warnings.catch_warnings(),  # of what others deprecate, no user can do anything
                foreign(f"the adapter in {adapter} does not fit"),
            ):
                warnings.simplefilter("ignore", FutureWarning)
                tuned = PeftModel.from_pretrained(model, str(adapter), config=config).eval()
        except ModelError as error:
            raise EvaluationError(str(error)) from error
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


def check_trained(folder: Path, trained: Path) -> None:
    """Refuse an adapter that is not whole or not this base's, and a whole model that is neither.

    Raises:
        EvaluationError, ModelError: naming what is wrong.
    """
    if is_adapter(trained):
        check_adapter(trained, folder)
    else:
        check_folder(trained)
        check_weights(trained)


def load_tuned(folder: Path, trained: Path, precision: str, probe_ids: list[int]) -> Any:
    """What was trained, as one model on the best device.

    An adapter is merged into its base in fp32 and then rounded; a whole model is loaded.

    Args:
        folder: the base model.
        trained: an adapter, or a whole model that was trained from the base.
    """
    import torch

    check_trained(folder, trained)
    if not is_adapter(trained):
        return load_model(trained, precision)
    merged = apply_adapter(load_model(folder, "fp32"), trained, probe_ids)
    return merged.to(torch.bfloat16) if precision == "bf16" else merged


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
