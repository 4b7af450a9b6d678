"""Files that may be anything: only ordinary ones are opened, without waiting, and up to a bound.

A pipe would be waited for without end, a device read without end, and a link may lead anywhere.
"""

import json
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

MOST_JSON = 64 << 20  # bytes of a JSON file; the ids of a million problems take about 25 MB
MOST_CONTAINERS = 1_000_000  # objects and lists in it, which take the most memory
STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


class NotPlain(ValueError):
    """A file is not what may be opened; the message ends a sentence that begins with its name."""


def open_plain(path: Path, most: int | None = None, links: bool = True) -> BufferedReader:
    """An ordinary file, open for reading.

    Args:
        most: bytes that it may have.
        links: whether `path` may be a link to an ordinary file.

    Raises:
        OSError: it cannot be opened.
        NotPlain: it is a folder, a pipe, a socket, a device or a link, or is too large.
    """
    _refuse(path.stat() if links else path.lstat(), most)
    file = open(path, "rb", opener=_following if links else _not_following)  # noqa: SIM115
    try:
        _refuse(os.fstat(file.fileno()), most)  # it may have been put there meanwhile
    except NotPlain:
        file.close()
        raise
    return file


def read_plain(path: Path, most: int, links: bool = True) -> bytes:
    """The content of an ordinary file of at most `most` bytes.

    Raises:
        OSError, NotPlain: as `open_plain` does.
    """
    with open_plain(path, most, links) as file:
        content = file.read(os.fstat(file.fileno()).st_size + 1)
    if len(content) > most:
        raise NotPlain(_too_large(most))
    return content


def open_input(path: Path, most: int | None = None) -> BufferedReader:
    """What a user named: an ordinary file, or a stream that a shell put there (`-`, `<(…)`).

    Raises:
        OSError, NotPlain: as `open_plain` does.
    """
    if str(path).startswith(STREAMS):
        return path.open("rb")
    return open_plain(path, most)


def real(path: Path) -> Path:
    """Where a path leads, links followed; one whose links go round in a circle leads to itself.

    `Path.resolve` ends in a RuntimeError there.
    """
    return Path(os.path.realpath(path))


def parse_json(content: bytes) -> Any:
    """The JSON in a file's content, in memory that is bounded by its length.

    Raises:
        ValueError: it is none, or holds more objects and lists than anything of use.
        RecursionError: it is nested too deeply.
    """
    if content.count(b"{") + content.count(b"[") > MOST_CONTAINERS:
        raise ValueError(f"more than {MOST_CONTAINERS:,} objects and lists")
    return json.loads(content.decode("utf-8"))


def kind_of(mode: int) -> str | None:
    """What a file is by its mode, in words; None for an ordinary one."""
    return None if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "no file")


def _refuse(found: os.stat_result, most: int | None) -> None:
    kind = kind_of(found.st_mode)
    if kind is not None:
        raise NotPlain(f"is {kind} and no ordinary file")
    if most is not None and found.st_size > most:
        raise NotPlain(_too_large(most))


def _too_large(most: int) -> str:
    return f"has more than {most:,} bytes"


def _following(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _not_following(path: str, flags: int) -> int:
    return _following(path, flags | getattr(os, "O_NOFOLLOW", 0))
