"""What a training that was interrupted goes on from, and the best weights so far.

`checkpoint-N/` holds all that step N left: the trained weights, the optimizer's moments and the
log. `best-N/` holds the weights of the best validation alone. Both are made aside and renamed into
place, with a manifest of their files' SHA-256, which is checked before one is used. Nothing else is
needed to go on exactly: the order of examples, the learning rate and the dropout masks are
functions of the step.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import RunDamaged, TrainingError
from netgain.plain_files import MOST_JSON, parse_json, read_plain
from netgain.store import file_digest, storage_errors, sync_folder, write_sealed
from netgain.store.schema import Manifest, read_stored

log = logging.getLogger("netgain")
MANIFEST = "manifest.json"
STATE = "trainer_state.json"
OPTIMIZER = "optimizer.safetensors"
KEPT = 2  # checkpoints; the older one is for where the newer one is damaged


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint, with its log read; `finished` says that training ends with it."""

    folder: Path
    step: int
    finished: bool
    state: dict[str, Any]


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
        of: as in `save_checkpoint`. Where the newest is of another training, all are removed.
    """
    for step, path in reversed(_numbered(folder, "checkpoint")):
        try:
            return checkpoint_at(folder, step, of)
        except _OfAnother:
            log.warning(
                "the checkpoints in %s are of another training (another base model, other "
                "examples or settings, another kind of device, or other versions of torch, "
                "transformers or peft): "
                "training begins anew", folder,
            )  # fmt: skip
            for kind in ("checkpoint", "best"):
                for _, old in _numbered(folder, kind):
                    shutil.rmtree(old, ignore_errors=True)
            return None
        except TrainingError as error:
            log.warning("%s; training goes on from before it", error)
            shutil.rmtree(path, ignore_errors=True)
    return None


class _OfAnother(TrainingError):
    """A checkpoint is whole, and of another training."""


def checkpoint_at(folder: Path, step: int, of: str) -> Checkpoint:
    """`checkpoint-STEP`, with the best weights that its log names.

    Raises:
        TrainingError: one of them is damaged, or of another training.
    """
    path = folder / f"checkpoint-{step}"
    said = _whole(path, of)
    try:
        state = parse_json(read_plain(path / STATE, MOST_JSON))
        if state["best_global_step"]:
            _whole(folder / f"best-{state['best_global_step']}", of)
        return Checkpoint(path, step, bool(said["finished"]), state)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TrainingError(f"training cannot go on from {path.name}: it is damaged") from error


def _make(target: Path, said: dict[str, Any], fill: Callable[[Path], None]) -> None:
    aside = target.with_name(f".{target.name}.tmp")
    with storage_errors(aside):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        fill(aside)
        files = {path.name: file_digest(path) for path in sorted(aside.iterdir())}
        write_sealed(aside / MANIFEST, {**said, "files": files})
        sync_folder(aside)
        shutil.rmtree(target, ignore_errors=True)  # of this step: a resumed run made it again
        aside.rename(target)


def _whole(folder: Path, of: str) -> dict[str, Any]:
    """The manifest of a folder that `_make` made, once all its files are found to be as it says.

    Raises:
        TrainingError: naming the file that is damaged.
    """
    why = ""
    try:
        said = read_stored(folder / MANIFEST, Manifest, "")
        if said["of"] != of:
            raise _OfAnother(f"{folder.name} is of another training")
        for name, digest in said["files"].items():
            if file_digest(folder / name) != digest:
                why = f"its {name} is damaged"
        if not why:
            return said
    except RunDamaged:
        why = f"its {MANIFEST} is damaged"
    except OSError as error:
        why = f"{Path(error.filename or folder).name} cannot be read ({error.strerror})"
    except ValueError as error:
        why = str(error)
    raise TrainingError(f"training cannot go on from {folder.name}: {why}")


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
            needed.add(parse_json(read_plain(path / STATE, MOST_JSON))["best_global_step"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # found out and told when it is read
    for step, path in _numbered(folder, "best"):
        if step not in needed:
            shutil.rmtree(path, ignore_errors=True)
