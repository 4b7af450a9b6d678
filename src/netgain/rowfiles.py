"""Rows of JSONL or Parquet, each with its place in the file; columns under their usual names.

What a row means is for others to say: a problem (`data.rows`), a model's answer (`answers`).
A row that cannot be read comes as a `DataError` value, to be named and counted, never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import DataError

# The field's usual names for the same column, in order of preference.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "idx", "problem_id", "uid"),
    "question": ("question", "problem", "query", "instruction", "input"),
    "answer": ("answer", "solution", "response", "output"),
    "gold": ("gold", "gold_answer", "final_answer", "target"),
    "category": ("category", "subject", "type"),
}
MAX_LINE_BYTES = 1_000_000  # a longer line is no word problem; reading stays bounded


@dataclass(frozen=True)
class BadRow:
    """A row that holds no usable problem: file, 1-based line (or row) number, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


def rows_of(path: Path, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, Any]]:
    """(1-based line or row number, row) of a `.parquet` file, or of JSONL under any other name.

    A row that is no JSON, or longer than `max_line_bytes`, comes as a `DataError` in its place.

    Raises:
        DataError: the file cannot be read.
    """
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    try:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(max_line_bytes + 1):
                number += 1
                if line.strip():
                    yield number, _json_row(line, max_line_bytes)
                while len(line) > max_line_bytes and not line.endswith(b"\n"):
                    line = lines.readline(max_line_bytes + 1)  # the rest of a line too long
    except OSError as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    yield from enumerate(rows, start=1)


def _json_row(line: bytes, max_bytes: int) -> Any:
    if len(line) > max_bytes:
        return DataError(f"the line is longer than {max_bytes:,} bytes")
    try:
        return json.loads(line)
    except UnicodeDecodeError:
        return DataError("not UTF-8 text")
    except (ValueError, RecursionError) as error:
        return DataError(f"not valid JSON ({error})")


def column(row: Mapping[str, Any], name: str) -> Any:
    """The value under `name` or its first alias that has one, else None."""
    for alias in ALIASES[name]:
        if row.get(alias) is not None:
            return row[alias]
    return None


def label_column(row: Mapping[str, Any], name: str) -> str | None:
    """An id or a category: text or a whole number, or None where the row has none.

    Raises:
        DataError: it is something else.
    """
    value = column(row, name)
    if value is None:
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool) or not str(value).strip():
        raise DataError(f"{name!r} must be text or a whole number, not {value!r:.60}")
    if _has_surrogate(str(value)):
        raise DataError(f"{name!r} holds half a character (a lone surrogate)")
    return str(value)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def text_column(row: Mapping[str, Any], name: str, required: bool = True) -> str:
    """Text under `name`, stripped; "" where it may be absent and is.

    Raises:
        DataError: it is missing, empty, no text, or not encodable.
    """
    value = column(row, name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name == "answer":
        value = str(value)
    if value is None and not required:
        return ""
    if value is None:
        raise DataError(f"no {name!r} (also looked for {', '.join(ALIASES[name][1:])})")
    if not isinstance(value, str):
        raise DataError(f"{name!r} must be text, not {type(value).__name__}")
    if not value.strip() and required:
        raise DataError(f"{name!r} is empty")
    if _has_surrogate(value):
        raise DataError(f"{name!r} holds half a character (a lone surrogate)")
    return value.strip()
