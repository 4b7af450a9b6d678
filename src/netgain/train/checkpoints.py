"""Which checkpoint to go on from, and which one was best.

The trainer writes a checkpoint file by file, so a killed process can leave half of one. A marker
is written last; a checkpoint without it is thrown away.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from netgain.errors import TrainingError
from netgain.store import read_json, sync_folder, write_bytes, write_json

MARKER = "complete.json"
STATE = "trainer_state.json"
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


def mark_complete(checkpoint: Path, finished: bool) -> None:
    """Declare a checkpoint whole; `finished` says that training ends with it.

    The trainer's pickled arguments are removed: no pickle is kept.
    """
    (checkpoint / "training_args.bin").unlink(missing_ok=True)
    sync_folder(checkpoint)
    write_json(checkpoint / MARKER, {"finished": finished})


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint; halves of others are removed."""
    whole: list[tuple[int, Path]] = []
    for path in folder.glob("checkpoint-*"):
        step = path.name.removeprefix("checkpoint-")
        if (path / MARKER).exists() and step.isdigit():
            whole.append((int(step), path))
        else:
            shutil.rmtree(path, ignore_errors=True)
    return max(whole)[1] if whole else None


def is_finished(checkpoint: Path) -> bool:
    return bool(read_json(checkpoint / MARKER)["finished"])


def localise(checkpoint: Path) -> dict[str, Any]:
    """Make a checkpoint's state point at this directory, in case the run was moved.

    Returns the state.
    """
    path = checkpoint / STATE
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    best = state.get("best_global_step")
    here = checkpoint.parent / f"checkpoint-{best}"
    state["best_model_checkpoint"] = str(here) if best and here.is_dir() else None
    write_bytes(path, json.dumps(state, indent=2).encode())
    return state


def best_checkpoint(last: Path) -> Path:
    """The checkpoint with the lowest validation loss, by the trainer's own record.

    Raises:
        TrainingError: training ended without a single validation, or the best one is gone.
    """
    state = localise(last)
    if not state.get("best_global_step"):
        raise TrainingError("training ended without one validation, so no checkpoint is the best")
    if state["best_model_checkpoint"] is None:
        raise TrainingError(
            f"the best checkpoint (step {state['best_global_step']}) is missing from "
            f"{last.parent}; delete the run directory's train/ folder and train again"
        )
    return Path(state["best_model_checkpoint"])
