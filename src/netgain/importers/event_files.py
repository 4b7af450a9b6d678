"""TensorBoard's event files and W&B's run files -> rows of a history, without their packages.

Both are records of protocol buffers. Only the few fields that hold a scalar are read: of
tensorflow's `event.proto` and `summary.proto`, and of W&B's `wandb_internal.proto`.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netgain.plain_files import read_plain

MOST_FILE = 256 << 20
MOST_RECORDS = 5_000_000
MOST_FIELDS = 10_000  # of a message
MOST_TEXT = 1_000  # bytes of a name or a number in JSON
WANDB_BLOCK = 32_768
WANDB_HEAD = b":W&B"
VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5
Field = tuple[int, Any]


def is_event_file(head: bytes) -> bool:
    """Whether a file of this beginning is TensorBoard's: its first record names its version."""
    return len(head) > 24 and head[1:8] == bytes(7) and b"brain.Event" in head[12:64]


def tensorboard_rows(path: Path) -> list[dict[str, Any]]:
    """The scalars of an event file, a row a step; of a file that was cut off, what is whole.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    content = memoryview(read_plain(path, MOST_FILE))
    rows: dict[int, dict[str, Any]] = {}
    at, count = 0, 0
    while at + 12 <= len(content) and count < MOST_RECORDS:
        (length,) = struct.unpack_from("<Q", content, at)
        if length > len(content) - at - 12:
            break
        count += 1
        for step, tag, value in _scalars(content[at + 12 : at + 12 + length]):
            rows.setdefault(step, {"step": step})[tag] = value
        at += 16 + length
    return [rows[step] for step in sorted(rows)]


def _scalars(event: memoryview) -> Iterator[tuple[int, str, float]]:
    parts = _fields(event)
    step = next((v for n, v in parts if n == 2 and isinstance(v, int)), 0)
    for summary in (v for n, v in parts if n == 5 and isinstance(v, memoryview)):
        for value in (v for n, v in _fields(summary) if n == 1 and isinstance(v, memoryview)):
            inner = _fields(value)
            tag = next((_text(v) for n, v in inner if n == 1), "")
            number = next((v for n, v in inner if n == 2 and isinstance(v, float)), None)
            if number is None:  # written as a tensor by newer ones
                tensor = next((v for n, v in inner if n == 8 and isinstance(v, memoryview)), None)
                number = None if tensor is None else _of_tensor(tensor)
            if tag and number is not None:
                yield step, tag, number


def _of_tensor(tensor: memoryview) -> float | None:
    """The first number of a TensorProto of floats."""
    for number, value in _fields(tensor):
        if number in (4, 5) and isinstance(value, memoryview) and len(value) == 4:
            return float(struct.unpack("<f", value)[0])
        if number == 5 and isinstance(value, float):
            return value
    return None


def wandb_rows(path: Path) -> list[dict[str, Any]]:
    """The history in a `run-*.wandb` file, in order; of a file that was cut off, what is whole.

    Raises:
        OSError, ValueError: it cannot be read, or is no such file.
    """
    content = memoryview(read_plain(path, MOST_FILE))
    if bytes(content[:4]) != WANDB_HEAD:
        raise ValueError("is no run file of W&B")
    return [row for record in _wandb_records(content) if (row := _history(record))]


def _wandb_records(content: memoryview) -> Iterator[memoryview]:
    """LevelDB's log format: records in blocks, of which a long one spans several."""
    at, begun, count = 7, b"", 0
    while at + 7 <= len(content) and count < MOST_RECORDS:
        left = WANDB_BLOCK - at % WANDB_BLOCK
        if left < 7:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        part = content[at + 7 : at + 7 + length]
        if len(part) < length or not 1 <= kind <= 4:
            return
        at, count = at + 7 + length, count + 1
        if kind == 1:
            yield part
            continue
        begun = bytes(part) if kind == 2 else begun + bytes(part)
        if kind == 4:
            yield memoryview(begun)


def _history(record: memoryview) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for history in (v for n, v in _fields(record) if n == 2 and isinstance(v, memoryview)):
        for item in (v for n, v in _fields(history) if n == 1 and isinstance(v, memoryview)):
            parts = _fields(item)
            key = next((_text(v) for n, v in parts if n == 1), "")
            key = key or "/".join(_text(v) for n, v in parts if n == 2)
            value = next((_text(v) for n, v in parts if n == 16), "")
            number = _number(value)
            if key and number is not None:
                row[key] = number
    return row


def _number(text: str) -> float | int | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(found, (int, float)) and not isinstance(found, bool)
    return found if known else None


# -- protocol buffers ----------------------------------------------------------------------


def _fields(message: memoryview) -> list[Field]:
    """Numbers and values of a message's fields; of a damaged one those before the damage."""
    found: list[Field] = []
    at = 0
    while at < len(message) and len(found) < MOST_FIELDS:
        key, at = _varint(message, at)
        kind, size = key & 7, {DOUBLE: 8, FLOAT: 4}.get(key & 7, 0)
        value: Any = None
        if kind == VARINT:
            value, at = _varint(message, at)
        elif kind == BYTES:
            size, at = _varint(message, at)
            value = message[at : at + size]
        elif kind in (DOUBLE, FLOAT):
            if at + size > len(message):
                break
            value = float(struct.unpack_from("<d" if size == 8 else "<f", message, at)[0])
        else:
            break
        at += size
        if at > len(message):
            break
        found.append((key >> 3, value))
    return found


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
    return value, len(message) + 1  # it was cut off


def _text(value: Any) -> str:
    if not isinstance(value, memoryview) or len(value) > MOST_TEXT:
        return ""
    return bytes(value).decode("utf-8", errors="replace")
