"""Whole files or none: written aside, synced, renamed into place; refusals as one clear line.

Devices and pipes are the exception: they are written straight through.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from netgain.errors import RunError, StorageError

NO_SPACE = (
    "os error 28",
    "No space left on device",
    "PytorchStreamWriter failed writing",
    "inline_container.cc",  # torch.save's archive came out shorter than it was written
)
READING = "PytorchStreamReader"  # a damaged archive that is read, from the same source file
_FULL = (
    "the disk is full: {path} could not be written; free some space and give the same command "
    "again, it goes on from here"
)
# The place itself does not do, as a file where a folder has to be.
_REFUSED = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR,
    errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO,
}  # fmt: skip


@contextlib.contextmanager
def storage_errors(path: Path, remedy: str = "choose another place") -> Iterator[None]:
    """Turn the operating system's refusals into one clear line, which ends with `remedy`.

    Raises:
        StorageError: disk full, quota, read-only, forbidden or impossible place.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageError(_FULL.format(path=path)) from error
        if error.errno in _REFUSED:
            raise StorageError(f"{path} cannot be written ({error.strerror}); {remedy}") from error
        raise
    except Exception as error:
        # Weights and tokenizers are written by native code with exceptions of its own.
        if any(words in str(error) for words in NO_SPACE) and READING not in str(error):
            raise StorageError(_FULL.format(path=path)) from error
        raise


@contextlib.contextmanager
def whole_file(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write into; `path` gets all of it at the end, or nothing after an error.

    One that is not `durable` may be lost or torn where the power fails, and costs less time.

    A link stays and its target is written; a file that is there keeps its mode. A device or a pipe
    is written as it comes.

    Raises:
        StorageError: disk full, a read-only file, or a place that cannot be written.
    """
    with storage_errors(path):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and not stat.S_ISREG(mode):
            with path.open("wb") as file:
                yield file
            return
        # Renaming asks nobody whether the file itself may be written, so it is asked here. The
        # system lets root write all; a mode without any write bit is taken at its word.
        if mode is not None and not (mode & 0o222 and os.access(path, os.W_OK)):
            raise StorageError(f"{path} is read-only; choose another place or make it writable")
        yield from _renamed_into(path.resolve(), mode, durable)


def _renamed_into(path: Path, mode: int | None, durable: bool) -> Iterator[BinaryIO]:
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with aside.open("wb") as file:
            yield file
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.flush()
            if durable:
                os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a whole file or nothing (see `whole_file`)."""
    with whole_file(path, durable) as file:
        file.write(content)


def write_json(path: Path, data: Any) -> None:
    write_bytes(path, (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        RunError: it is missing or was damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is missing; the stage that writes it has not been done") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


LEFTOVERS = (".*.tmp", "train/.*.tmp", "train/.*.old", "data/.*.tmp", "report/.*.tmp",
             "evaluations/*/.*.tmp", "evaluations/*/generations/.*.tmp",
             "evaluations/*/judged/.*.tmp",
             "train/checkpoints/.*.tmp", "train/accuracy/*/.*.tmp",
             "train/accuracy/*/generations/.*.tmp")  # fmt: skip


def sweep_leftovers(root: Path) -> None:
    """Remove what a killed process left half-written in a run directory, and nothing else's."""
    for path in [path for pattern in LEFTOVERS for path in root.glob(pattern)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the system put a folder's files on the disk before anything vouches for them."""
    with storage_errors(folder):
        for path in folder.iterdir():
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())


def replace_folder(aside: Path, target: Path) -> None:
    """Put a finished folder in its place, whole; an older one goes."""
    with storage_errors(target):
        if target.exists():
            old = target.with_name(f".{target.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
            aside.rename(target)
            shutil.rmtree(old)
        else:
            aside.rename(target)
