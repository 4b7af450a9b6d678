"""Files named on a command line: `-` for a stream, and rows written into a whole file."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

Write = Callable[[Mapping[str, Any]], None]
STDOUT = 1  # file descriptor


def input_path(name: str) -> Path:
    """The file that a word of the command line names; `-` is standard input.

    Raises:
        typer.BadParameter: the word is empty.
    """
    return Path("/dev/stdin") if name == "-" else output_path(name)


def output_path(name: str) -> Path:
    """The same for a file to write, where `-` stays what it is.

    Raises:
        typer.BadParameter: the word is empty.
    """
    if not name.strip():
        raise typer.BadParameter("the name is empty; name a file")
    return Path(name)


def is_stdout(path: Path) -> bool:
    """Whether what is written to `path` goes where standard output goes."""
    if str(path) == "-":
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(STDOUT))
    except OSError:
        return False


@contextlib.contextmanager
def jsonl_writer(path: Path) -> Iterator[Write]:
    """A function that writes a row; `path` gets all of them at the end, or none after an error.

    Standard output, a device or a pipe gets each row as it comes.

    Raises:
        StorageError: the disk is full, or the place cannot be written.
    """
    from netgain.store import whole_file

    if is_stdout(path):
        yield lambda row: _to_stdout(_line(row))
        return
    with whole_file(path) as file:

        def write(row: Mapping[str, Any]) -> None:
            file.write(_line(row))

        yield write


def _to_stdout(line: bytes) -> None:
    sys.stdout.buffer.write(line)


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(row, ensure_ascii=False, default=str) + "\n").encode()
    except UnicodeEncodeError:  # half a character somewhere: JSON can write it escaped
        return (json.dumps(row, default=str) + "\n").encode()
