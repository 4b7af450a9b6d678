"""Rows written one by one into a file that appears only when it is whole."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from netgain.store import storage_errors

Write = Callable[[Mapping[str, Any]], None]


@contextlib.contextmanager
def jsonl_writer(path: Path) -> Iterator[Write]:
    """A function that writes a row; `path` gets all of them at the end, or none after an error.

    Raises:
        StorageError: the disk is full, or the place cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:

                def write(row: Mapping[str, Any]) -> None:
                    file.write(_line(row))

                yield write
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(row, ensure_ascii=False, default=str) + "\n").encode()
    except UnicodeEncodeError:  # half a character somewhere: JSON can write it escaped
        return (json.dumps(row, default=str) + "\n").encode()
