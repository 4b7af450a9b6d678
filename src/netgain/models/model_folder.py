"""What a model id names, and whether a folder holds a model. Light: nothing heavy is imported."""

from __future__ import annotations

import difflib
from pathlib import Path

from netgain.errors import ModelError
from netgain.recipe import HUB_ID, local_path

PICKLES = {".bin", ".pt", ".pth", ".pkl"}


def local_model(model_id: str) -> Path | None:
    """The folder that a model id names, checked; None for "embedded" and for a Hub id.

    Raises:
        ModelError: it is none of these, or the folder holds no usable model.
    """
    path = None if model_id == "embedded" else local_path(model_id)
    if path is not None:
        if not path.is_dir():
            raise ModelError(f"{model_id} is a file, not a model folder")
        check_folder(path)
        return path
    if model_id == "embedded" or HUB_ID.match(model_id):
        return None
    near = difflib.get_close_matches(model_id.casefold()[:80], ["embedded"], n=1, cutoff=0.7)
    hint = "did you mean embedded?" if near else "give one of these, or 'embedded'"
    raise ModelError(f"model {model_id!r:.200}: no such folder, and no Hub id (owner/name); {hint}")


def check_folder(folder: Path) -> None:
    """A model that can be loaded has a configuration, and weights that are no pickle.

    Raises:
        ModelError: saying what is missing.
    """
    if not (folder / "config.json").exists():
        raise ModelError(f"{folder} is no model folder: it has no config.json")
    if not any(folder.glob("*.safetensors")):
        other = sorted(p.name for p in folder.iterdir() if p.suffix in PICKLES)
        why = f" (only {other[0]}, a pickle, which is never loaded)" if other else ""
        raise ModelError(
            f"{folder} has no weights in safetensors{why}; convert the model to safetensors first"
        )
