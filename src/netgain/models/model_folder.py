"""What a model id names, and whether a folder holds a model. Light: nothing heavy is imported."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netgain.errors import ModelError
from netgain.models.foreign_files import look_over, read_object
from netgain.models.gguf_header import is_gguf
from netgain.recipe import HUB_ID, local_path
from netgain.wording import one_line

PICKLES = {".bin", ".pt", ".pth", ".pkl"}
ATTENTION = (None, "eager", "sdpa")
MOST_LAYERS = 10_000
MOST_SIZE = 2**24  # of a vocabulary, a width, a number of parts
COUNTS = re.compile(r"(?:^num_|^n_|(?:^|_)(?:size|layers?|heads?|dim|experts|groups|rank)$)")
# Settings that have a library fetch or run what is not in the folder.
CODE = {
    "auto_map": "code of its own",
    "custom_pipelines": "code of its own",
    "trust_remote_code": "code of its own",
    "use_kernels": "compiled code from the Hub",
    "kernel_config": "compiled code from the Hub",
    "transformers_weights": "weights under another name",
}


def local_model(model_id: str) -> Path | None:
    """The folder or GGUF file that a model id names, looked over; None for "embedded", a Hub id.

    Raises:
        ModelError: it is none of these, or the folder holds no usable model.
    """
    path = None if model_id == "embedded" else local_path(model_id)
    if path is not None:
        if is_gguf(path):
            return path
        if not path.is_dir():
            raise ModelError(f"{model_id} is a file, not a model folder, and no GGUF file (.gguf)")
        check_folder(path)
        return path
    if model_id != "embedded" and model_id.lower().endswith(".gguf"):
        raise ModelError(f"model {model_id!r:.200}: there is no such file")
    if model_id == "embedded" or HUB_ID.match(model_id):
        return None
    near = difflib.get_close_matches(model_id.casefold()[:80], ["embedded"], n=1, cutoff=0.7)
    hint = "did you mean embedded?" if near else "give one of these, or 'embedded'"
    raise ModelError(f"model {model_id!r:.200}: no such folder, and no Hub id (owner/name); {hint}")


def check_folder(folder: Path) -> None:
    """A model that can be loaded has a sane configuration, and weights that are no pickle.

    Raises:
        ModelError: saying what is missing or wrong.
    """
    look_over(folder)
    if not (folder / "config.json").exists():
        raise ModelError(f"{folder} is no model folder: it has no config.json")
    if (folder / "adapter_config.json").exists():
        raise ModelError(
            f"{folder} is an adapter (it has an adapter_config.json), not a model; give the model "
            "it was trained on, and this folder as the adapter"
        )
    if not any(folder.glob("*.safetensors")):
        other = sorted(p.name for p in folder.iterdir() if p.suffix in PICKLES)
        why = f" (only {other[0]}, a pickle, which is never loaded)" if other else ""
        raise ModelError(
            f"{folder} has no weights in safetensors{why}; convert the model to safetensors first"
        )
    _check_settings(folder / "config.json")
    for name in ("tokenizer_config.json", "generation_config.json", "special_tokens_map.json"):
        if (folder / name).exists():
            _refuse_code(folder / name, read_object(folder / name, 16 * 2**20))
    ends(folder)


def _check_settings(path: Path) -> None:
    """Refuse a configuration that asks for code, or for sizes that no model has."""
    config = read_object(path)
    _refuse_code(path, config)
    if not isinstance(config.get("model_type", ""), str):
        raise ModelError(f"{path} has no usable model_type, so it does not say what it is of")
    if config.get("quantization_config"):
        raise ModelError(
            f"{path} has a quantization_config: weights that are quantised in safetensors are not "
            "loaded here; give the unquantised model, or a GGUF file"
        )
    for key, value in _pairs(config):
        if not isinstance(value, int) or isinstance(value, bool) or not COUNTS.search(key):
            continue
        if not 0 <= value <= (MOST_LAYERS if "layer" in key else MOST_SIZE):
            raise ModelError(f"{path} sets {one_line(key)[:60]} to {value:.4g}: no model has that")


def _refuse_code(path: Path, settings: dict[str, Any]) -> None:
    """Refuse what would have a library fetch or run code, or compute by other code than its own."""
    is_snapshot = path.parent.parent.name == "snapshots"
    for key, value in _pairs(settings):
        if (
            key.endswith(("attn_implementation", "experts_implementation"))
            and value not in ATTENTION
        ):
            raise ModelError(
                f"{path} asks for {value!r:.80} as its {key[:40]}, which may be fetched from the "
                "Hub and run; delete that setting"
            )
        if key not in CODE or not value:
            continue
        # What comes from the Hub comes without code files; transformers' own class is used.
        if key == "auto_map" and is_snapshot and "--" not in str(value):
            continue
        raise ModelError(
            f"{path} asks for {CODE[key]} ({key}), which is never run; if transformers knows this "
            "kind of model by itself, delete that setting"
        )


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Every setting of a JSON object, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def ends(folder: Path) -> list[int]:
    """The tokens that a model's own generation settings call the end of an answer.

    Raises:
        ModelError: they are no token ids.
    """
    path = folder / "generation_config.json"
    said = read_object(path).get("eos_token_id") if path.exists() else None
    found = said if isinstance(said, list) else [said]
    ids = [i for i in found if i is not None]
    if len(ids) > 1_000 or not all(type(i) is int and 0 <= i < 2**31 for i in ids):
        raise ModelError(
            f"{path} has no usable eos_token_id ({said!r:.80}); give a token id or more"
        )
    return ids
