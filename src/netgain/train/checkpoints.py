"""What a training that was interrupted goes on from, and the best weights so far.

`checkpoint-N/` holds all that step N left: the trained weights, the optimizer's moments and the
log. `best-N/` holds the weights of the best validation alone. Both are made aside and renamed into
place, with a manifest of their files' SHA-256, which is checked before one is used. Nothing else is
needed to go on exactly: the order of examples, the learning rate and the dropout masks are
functions of the step.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.store import storage_errors, sync_folder, write_json

log = logging.getLogger("netgain")
MANIFEST = "manifest.json"
STATE = "trainer_state.json"
OPTIMIZER = "optimizer.safetensors"
KEPT = 2  # checkpoints; the older one is for where the newer one is damaged


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint, with its log read; `best` holds the weights that were best by then."""

    folder: Path
    step: int
    finished: bool
    state: dict[str, Any]
    best: Path | None


def save_checkpoint(
    folder: Path, step: int, of: str, finished: bool, fill: Callable[[Path], None]
) -> None:
    """Make `checkpoint-STEP` and remove what it makes superfluous.

    Args:
        folder: where checkpoints are kept.
        of: digest of what is trained; a checkpoint of anything else is not gone on from.
        fill: writes the files into an empty folder.
    """
    _make(folder / f"checkpoint-{step}", {"of": of, "finished": finished}, fill)
    _prune(folder)


def save_best(folder: Path, step: int, of: str, fill: Callable[[Path], None]) -> None:
    """Make `best-STEP`; that of an older checkpoint stays as long as it is kept."""
    _make(folder / f"best-{step}", {"of": of}, fill)


def last_checkpoint(folder: Path, of: str) -> Checkpoint | None:
    """The newest whole checkpoint of this training; what is damaged is named and removed.

    Args:
        of: as in `save_checkpoint`.
    """
    for step, path in reversed(_numbered(folder, "checkpoint")):
        why = _why_not_whole(path, of)
        if why is None:
            state = json.loads((path / STATE).read_text(encoding="utf-8"))
            best = state.get("best_global_step")
            kept = folder / f"best-{best}" if best else None
            why = _why_not_whole(kept, of) if kept is not None else None
            if why is None:
                finished = bool(_manifest(path)["finished"])
                return Checkpoint(path, step, finished, state, kept)
            shutil.rmtree(kept or path, ignore_errors=True)
        log.warning("training cannot go on from %s: %s; it goes on from before it", path.name, why)
        shutil.rmtree(path, ignore_errors=True)
    return None


def _make(target: Path, said: dict[str, Any], fill: Callable[[Path], None]) -> None:
    aside = target.with_name(f".{target.name}.tmp")
    with storage_errors(aside):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        fill(aside)
        files = {path.name: _sha256(path) for path in sorted(aside.iterdir())}
        write_json(aside / MANIFEST, {**said, "files": files})
        sync_folder(aside)
        shutil.rmtree(target, ignore_errors=True)  # of this step: a resumed run made it again
        aside.rename(target)


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def _why_not_whole(folder: Path, of: str) -> str | None:
    """What is wrong with a folder that `_make` made; None where nothing is."""
    try:
        said = _manifest(folder)
        if said["of"] != of:
            return "it is of another base model, other examples or other settings"
        for name, digest in said["files"].items():
            if _sha256(folder / name) != digest:
                return f"its {name} is damaged"
    except OSError as error:
        return f"{Path(error.filename or folder).name} cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"its {MANIFEST} is damaged"
    return None


def _numbered(folder: Path, kind: str) -> list[tuple[int, Path]]:
    """The folders `kind`-N, by N."""
    found = []
    for path in folder.glob(f"{kind}-*"):
        number = path.name.removeprefix(f"{kind}-")
        if number.isdigit():
            found.append((int(number), path))
    return sorted(found)


def _prune(folder: Path) -> None:
    checkpoints = _numbered(folder, "checkpoint")
    for _, path in checkpoints[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
    needed = set()
    for _, path in checkpoints[-KEPT:]:
        try:
            needed.add(json.loads((path / STATE).read_text())["best_global_step"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # found out and told when it is read
    for step, path in _numbered(folder, "best"):
        if step not in needed:
            shutil.rmtree(path, ignore_errors=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()
