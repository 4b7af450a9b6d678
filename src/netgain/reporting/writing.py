"""Several files written together into a folder that is ours, sparing what is somebody else's."""

import contextlib
import glob
import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import psutil

from netgain.errors import StorageError
from netgain.plain_files import MOST_JSON, parse_json, read_plain
from netgain.records import Findings, Leaderboard
from netgain.wording import listed, one_line

log = logging.getLogger("netgain")

WRITTEN = ".written.json"  # the SHA-256 of each file that the last report wrote, by its path
RECORDS: dict[str, type[Any]] = {"report.json": Findings, "leaderboard.json": Leaderboard}
LARGEST_RECORD = 256 << 20  # bytes of a record that is looked into
MOST_NAMED = 5  # files, in a refusal
# Paths that a report can have: nothing outside the folder, whatever a record of ours may say.
_LEFT = re.compile(r"\..+\.(\d{1,9})\.(?:tmp|old)")  # see `replace_all`
_PATH = re.compile(r"(?:\.eval_results/)?[A-Za-z0-9_-][A-Za-z0-9._-]*")


def write_over(
    folder: Path, contents: Mapping[str, bytes], edited: Collection[str] = ()
) -> list[Path]:
    """Replace an earlier report by this one, and remove those of its files that this one lacks.

    A file counts as ours where it is, byte for byte, what was written last or is written now.
    Others are never removed.

    Args:
        contents: bytes by the path in `folder`.
        edited: those of `contents` that people edit. One that is not ours stays, and the new one is
            written beside it, as `README.new.md` or `NAME.new`, which is logged.

    Returns:
        What was written, in the order of `contents`.

    Raises:
        OSError: a file cannot be written; the old ones are there as they were.
    """
    before = _written_before(folder)
    _sweep(folder, {*before, *contents, WRITTEN})
    ours = {*before.values(), *map(_digest, contents.values())}
    new: dict[str, bytes] = {}
    for name, content in contents.items():
        path = folder / name
        if name in edited and path.is_file() and _digest(path.read_bytes()) not in ours:
            beside = _beside(name)
            log.warning(
                "%s was changed since netgain wrote it and stays; the new one is %s",
                one_line(str(path)), one_line(beside),
            )  # fmt: skip
            new[beside] = content
        else:
            new[name] = content
    digests = {name: _digest(content) for name, content in new.items()}
    record = json.dumps(digests, indent=1, sort_keys=True) + "\n"
    replace_all(folder, new | ({WRITTEN: record.encode()} if new else {}))
    for name, digest in before.items():
        path = folder / name
        if name not in new and path.is_file() and _digest(path.read_bytes()) == digest:
            path.unlink()
    if not new:
        (folder / WRITTEN).unlink(missing_ok=True)
    return [folder / name for name in new]


def _sweep(folder: Path, names: Collection[str]) -> None:
    """Remove what a killed process left of these files: half-written ones, and kept old ones."""
    for path in (folder / name for name in names):
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
            found = _LEFT.fullmatch(left.name)
            if found and not psutil.pid_exists(int(found[1])):
                left.unlink(missing_ok=True)


def _beside(name: str) -> str:
    """Where the new version of a file goes that somebody changed.

    Results for the Hub are uploaded as *.yaml, so theirs must not end so.
    """
    return name.removesuffix(".md") + ".new.md" if name.endswith(".md") else f"{name}.new"


def _written_before(folder: Path) -> dict[str, str]:
    """Digests of what the last report wrote, by path; none where that is not known."""
    try:
        found = parse_json(read_plain(folder / WRITTEN, MOST_JSON))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: str(digest) for name, digest in entries if _PATH.fullmatch(name)}


def read_written(path: Path, most: int) -> bytes:
    """A file of a report, found to be as it was written.

    Raises:
        OSError, ValueError: it cannot be read, or was changed since.
    """
    content = read_plain(path, most, links=False)
    if _written_before(path.parent).get(path.name) != _digest(content):
        raise ValueError("it was changed since it was written")
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def replace_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Store all contents aside, then rename each into place.

    A file is at any time whole, old or new. An error leaves all of the old ones as they were; what
    kills the process between two renames can leave some of them new.

    Args:
        contents: bytes by the path in `folder`; folders in between are made.

    Raises:
        OSError: a file cannot be written.
    """
    paths = [folder / name for name in contents]
    aside = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in paths}
    old = {path: path.with_name(f".{path.name}.{os.getpid()}.old") for path in paths}
    inner = {path.parent for path in paths} - {folder}
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for path in inner:
            path.mkdir(parents=True, exist_ok=True)
        for (path, temporary), content in zip(aside.items(), contents.values(), strict=True):
            if path.is_dir():
                raise IsADirectoryError(f"{path} is a folder")
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, kept in old.items():
            _keep(path, kept)
        _rename_all(aside, old)
    finally:
        for temporary in (*aside.values(), *old.values()):
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        for path in inner:
            with contextlib.suppress(OSError):  # only a folder that stayed empty goes
                path.rmdir()


def _keep(path: Path, kept: Path) -> None:
    """A second name for a file, if there is one; a copy where the disk knows no second names."""
    kept.unlink(missing_ok=True)
    if not os.path.lexists(path):
        return
    try:
        os.link(path, kept, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(path, kept, follow_symlinks=False)


def _rename_all(aside: Mapping[Path, Path], old: Mapping[Path, Path]) -> None:
    done: list[Path] = []
    try:
        for path, temporary in aside.items():
            temporary.replace(path)
            done.append(path)
    except BaseException:
        for path in done:
            if os.path.lexists(old[path]):
                old[path].replace(path)
            else:
                path.unlink()
        raise


def refuse_foreign(folder: Path, ours: str) -> None:
    """Touch nothing in a folder that holds somebody's other files.

    Args:
        ours: the record that every earlier one of our kind left there, "report.json" or
            "leaderboard.json". A file that is merely called so does not count.

    Raises:
        StorageError: the folder is a file, or it is not empty and has no such record.
    """
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder} is a file; choose another place with --out")
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    names = [
        one_line(name) for name in found if not _LEFT.fullmatch(name)
    ]  # of one that was killed
    if names and not _is_record(folder / ours, RECORDS[ours]):
        raise StorageError(
            f"{folder} holds other files and no {ours} that netgain wrote: "
            f"{listed(names, MOST_NAMED)}; choose an empty or a new folder with --out"
        )


def _is_record(path: Path, kind: type[Any]) -> bool:
    """Whether a file holds such a record, in this format or an earlier one."""
    try:
        found = json.loads(read_plain(path, LARGEST_RECORD)) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(found, dict):
        return False
    version = found.get("format_version")
    known = type(version) is int and 1 <= version <= kind.format_version
    return known and found.keys() >= set(_required(kind))


def _required(kind: type[Any]) -> Iterator[str]:
    for field in fields(kind):
        if field.default is MISSING and field.default_factory is MISSING:
            yield field.name
