"""Seals: a file of ours says the SHA-256 of its own content, and is checked whenever it is read.

The digest stands in the file itself, as `sha256:` and 64 digits at its end: as a last field in
JSON, in the last row of JSONL, in a last comment in YAML, in the footer of Parquet. It is made with
zeros in the place of the digits. So a file and what vouches for it are written by one rename, at
whatever moment a process is killed. A seal finds damage and edits; it is no signature.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from netgain.store.whole_files import whole_file, write_bytes

BEGIN, ZEROS = b"sha256:", b"0" * 64
OPEN = (BEGIN + ZEROS).decode()  # stands where the seal will be
FIELD = "seal"
NONE = (
    "lacks the SHA-256 that netgain writes into it (it was cut, or another program or an earlier "
    "netgain wrote it)"
)
CHANGED = "was changed or damaged since netgain wrote it (its SHA-256 is not the one it says)"
_DIGITS = re.compile(rb"[0-9a-f]{64}")


class Unsealed(ValueError):
    """A file has no seal or not its own; the message goes on after the file's name."""


def sealed(content: bytes) -> bytes:
    """Content in which `OPEN` stands, with its seal there instead (at the last place)."""
    return _filled(content, hashlib.sha256(content))


def _filled(content: bytes, digest: Any) -> bytes:
    at = content.rindex(OPEN.encode()) + len(BEGIN)
    return b"".join((content[:at], digest.hexdigest().encode(), content[at + len(ZEROS) :]))


def seal_of(content: bytes) -> str:
    """The digest (64 hex digits) that sealed content says of itself, found to be true.

    Raises:
        Unsealed: there is none, or the content has another one.
    """
    return _checked(hashlib.sha256(), content)


def _checked(before: Any, end: bytes) -> str:
    """The seal in the `end` of a content; `before` is the SHA-256 of what comes before that."""
    at = end.rfind(BEGIN) + len(BEGIN)
    said = end[at : at + len(ZEROS)]
    if at < len(BEGIN) or not _DIGITS.fullmatch(said):
        raise Unsealed(NONE)
    rest = memoryview(end)
    for part in (rest[:at], ZEROS, rest[at + len(ZEROS) :]):
        before.update(part)
    if before.hexdigest().encode() != said:
        raise Unsealed(CHANGED)
    return said.decode()


def write_sealed(path: Path, data: Mapping[str, Any]) -> None:
    """Write a JSON object with its seal, whole or not at all."""
    text = json.dumps({**data, FIELD: OPEN}, indent=2, ensure_ascii=False) + "\n"
    write_bytes(path, sealed(text.encode()))


def write_sealed_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write JSONL with its seal in the last row, whole or not at all; one row is held at a time."""
    digest, held = hashlib.sha256(), None
    with whole_file(path) as file:
        for row in rows:
            if held is not None:
                line = _line(held)
                digest.update(line)
                file.write(line)
            held = row
        if held is not None:
            line = _line({**held, FIELD: OPEN})
            digest.update(line)
            file.write(_filled(line, digest))


def _line(row: Mapping[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def sealed_lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    """The lines of JSONL that `write_sealed_rows` wrote; one is held at a time.

    Whether the file is whole is known with its last line only, which comes after that was found.

    Raises:
        Unsealed: it is not. (Of a file without a line nothing can be told.)
        ValueError: a line has more than `most` bytes.
    """
    digest, held = hashlib.sha256(), b""
    while line := file.readline(most + 1):
        if len(line) > most:
            raise ValueError(f"a line has more than {most:,} bytes")
        if held:
            digest.update(held)
            yield held
        held = line
    if held:
        _checked(digest, held)
        yield held
