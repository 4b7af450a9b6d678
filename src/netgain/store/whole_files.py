"""Whole files or none: written aside, synced, renamed into place; refusals as one clear line.

Devices and pipes are the exception: they are written straight through.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from netgain.errors import RunError, StorageError
from netgain.plain_files import MOST_JSON, kind_of, open_plain, parse_json, read_plain, real

TOO_LARGE = "os error 27"  # as native code says it
NO_SPACE = (
    "os error 28",
    "No space left on device",
    "PytorchStreamWriter failed writing",
    "inline_container.cc",  # torch.save's archive came out shorter than it was written
)
OF_A_MODEL = frozenset({".json", ".safetensors", ".jinja", ".txt", ".model"})
READING = "PytorchStreamReader"  # a damaged archive that is read, from the same source file
_FULL = (
    "the disk is full: {path} could not be written; free some space and give the same command "
    "again, it goes on from here"
)
_LIMITED = (
    "{path} could not be written: a file may not become larger here (ulimit -f); raise the limit "
    "and give the same command again, it goes on from here"
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
        StorageError: disk full, quota, size limit, read-only, forbidden or impossible place.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageError(_FULL.format(path=path)) from error
        if error.errno == errno.EFBIG:
            raise StorageError(_LIMITED.format(path=path)) from error
        if error.errno in _REFUSED:
            raise StorageError(f"{path} cannot be written ({error.strerror}); {remedy}") from error
        raise
    except Exception as error:
        # Weights and tokenizers are written by native code with exceptions of its own.
        if TOO_LARGE in str(error):
            raise StorageError(_LIMITED.format(path=path)) from error
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
        yield from _renamed_into(real(path), mode, durable)


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
    """Parse a JSON file that is nobody's but its writer's to vouch for.

    Raises:
        RunError: it is missing or was damaged.
    """
    try:
        return parse_json(read_plain(path, MOST_JSON))
    except FileNotFoundError:
        raise RunError(f"{path} is missing; the stage that writes it has not been done") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


OURS = (
    "", "data", "train", "train/checkpoints", "evaluations", "evaluations/*", "evaluations/*/*",
    *(f"train/{of}{deep}" for of in ("accuracy", "rollouts") for deep in ("", "/*", "/*/*")),
    "report", "report/.eval_results",
)  # fmt: skip


def sweep_leftovers(root: Path, folders: Sequence[str] = OURS) -> None:
    """Remove what a killed process left half-written in these folders, and nothing else's."""
    patterns = [f"{folder or '.'}/.*.{end}" for folder in folders for end in ("tmp", "old")]
    for path in [path for pattern in patterns for path in root.glob(pattern)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def refuse_odd_files(root: Path) -> None:
    """Refuse a folder that is to be written into where a link, a pipe or a device lies in it.

    Raises:
        RunError: naming it.
    """
    for place, folders, files in os.walk(root):
        for path in (Path(place) / name for name in (*folders, *files)):
            with contextlib.suppress(FileNotFoundError):  # another process writes here
                kind = kind_of(path.lstat().st_mode)
                if kind not in (None, "a folder"):
                    _refuse_odd(path, str(kind))


def refuse_linked(folder: Path) -> None:
    """Raise RunError where a folder that is to be read is a link, whose files lie elsewhere."""
    if folder.is_symlink():
        _refuse_odd(folder, "a link")


def _refuse_odd(path: Path, kind: str) -> NoReturn:
    raise RunError(
        f"{path} is {kind}; netgain reads and writes only ordinary files and folders there: "
        "remove it, or put in its place what it leads to"
    )


def folder_digest(folder: Path, links: bool = True) -> str:
    """SHA-256 (hex) over the names and contents of the files that make a model or an adapter.

    A model card or anything else that lies beside them is no part of it.

    Args:
        links: whether these files may be links, as in the Hub's cache.

    Raises:
        OSError, ValueError: a file cannot be read, or is no ordinary file.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in OF_A_MODEL):
        digest.update(f"{path.name}\0{file_digest(path, links)}\n".encode())
    return digest.hexdigest()


def file_digest(path: Path, links: bool = True) -> str:
    """SHA-256 (hex) of an ordinary file; raises as `open_plain` does."""
    with open_plain(path, links=links) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Have the system put a folder's files on the disk before anything vouches for them."""
    with storage_errors(folder):
        for path in folder.iterdir():
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())


def copy_folder(source: Path, target: Path, *without: str) -> None:
    """Put a copy of a folder, but for the files of some names, where there may be an older one."""
    aside = target.with_name(f".{target.name}.tmp")
    with storage_errors(aside):
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(source, aside, ignore=shutil.ignore_patterns(*without))
        sync_folder(aside)
    replace_folder(aside, target)


def replace_folder(aside: Path, target: Path) -> None:
    """Put a finished folder in its place, whole; an older one goes.

    Its files may be read by whom the user's umask allows: safetensors writes for its owner alone.
    """
    with storage_errors(target):
        mask = os.umask(0)
        os.umask(mask)
        for path in aside.rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.chmod(0o666 & ~mask)
        if target.exists():
            old = target.with_name(f".{target.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
            aside.rename(target)
            shutil.rmtree(old)
        else:
            aside.rename(target)
