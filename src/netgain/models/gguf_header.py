"""What a GGUF file says of itself, read with bounds and before anything believes it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
Nothing of the tensors themselves is read here.
"""  # noqa: E501

import math
import mmap
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import ModelError
from netgain.wording import one_line

MOST_FIELDS = 2_000
MOST_TENSORS = 20_000
MOST_ITEMS = 1_000_000  # of an array; the largest vocabularies have a quarter of that
MOST_ALL_ITEMS = 3_000_000
MOST_STRING = 2**20  # bytes, of a chat template say
MOST_TOKEN = 4096  # bytes, of a string in an array
STRING, ARRAY = 8, 9
# The format's types of values, by their numbers, as struct's letters.
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
           12: "d"}  # fmt: skip
# Storage types that can be unpacked, by their numbers: name, weights in a block, bytes of a block.
TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 30: ("BF16", 1, 2),
    2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18),
    23: ("IQ4_XS", 256, 136),
}  # fmt: skip
PLAIN = frozenset({"F32", "F16", "BF16"})


@dataclass(frozen=True)
class Stored:
    """A tensor in a file: `shape` as in torch, `start` and `size` in bytes, `kind` as "Q4_0"."""

    shape: tuple[int, ...]
    number: int
    start: int
    size: int

    @property
    def kind(self) -> str:
        return TYPES[self.number][0]


@dataclass(frozen=True)
class Gguf:
    """A file's metadata and where its tensors lie. Of an array only its length is kept."""

    path: Path
    said: Mapping[str, Any]
    tensors: Mapping[str, Stored]

    def text(self, key: str) -> str:
        found = self.said.get(key)
        return found if isinstance(found, str) else ""

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number from 1 on.

        Raises:
            ModelError: it is missing or none.
        """
        found = self.said.get(key, default)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 2**31:
            raise ModelError(f"{self.path} has no usable {key} in its metadata ({found!r:.80})")
        return found


@dataclass(frozen=True)
class Array:
    """An array of the metadata: how many values, and whether they are texts."""

    length: int
    texts: bool


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at, self.items = data, 0, 0

    def take(self, letter: str) -> Any:
        (value,) = struct.unpack_from(f"<{letter}", self.data, self.at)
        self.at += struct.calcsize(f"<{letter}")
        return value

    def text(self, most: int) -> str:
        size = self.take("Q")
        if size > most or self.at + size > len(self.data):
            raise ValueError(f"a text of {size:,} bytes")
        found = self.data[self.at : self.at + size]
        self.at += size
        return found.decode("utf-8", errors="replace")

    def value(self, kind: int) -> Any:
        if kind in SCALARS:
            return self.take(SCALARS[kind])
        if kind == STRING:
            return self.text(MOST_STRING)
        if kind == ARRAY:
            return self._array()
        raise ValueError(f"a value of the unknown type {kind}")

    def _array(self) -> Array:
        kind, length = self.take("I"), self.take("Q")
        self.items += length
        if length > MOST_ITEMS or self.items > MOST_ALL_ITEMS:
            raise ValueError(f"a list of {length:,} values")
        if kind == STRING:
            for _ in range(length):
                size = self.take("Q")
                if size > MOST_TOKEN:
                    raise ValueError(f"a token of {size:,} bytes")
                self.at += size
        elif kind in SCALARS:
            self.at += length * struct.calcsize(f"<{SCALARS[kind]}")
        else:
            raise ValueError(f"a list of the type {kind}")
        if self.at > len(self.data):
            raise ValueError("a list beyond the file's end")
        return Array(length, kind == STRING)


def is_gguf(path: Path) -> bool:
    """Whether a path is meant to be a GGUF file: a file that is called so."""
    return path.suffix.lower() == ".gguf" and not path.is_dir()


def read_header(path: Path) -> Gguf:
    """Read and check a file's metadata and its table of tensors.

    Raises:
        ModelError: it is no GGUF file, a part of one, damaged, or says what makes no sense.
    """
    if not path.is_file():
        raise ModelError(f"{path} is no ordinary file")
    with _mapped(path) as data:
        if data[:4] != b"GGUF":
            raise ModelError(f"{path} is no GGUF file: it does not begin with GGUF")
        try:
            return _read(path, _Reader(data))
        except (struct.error, ValueError, OverflowError) as error:
            why = "it was cut off" if isinstance(error, struct.error) else f"{error}"
            raise ModelError(
                f"{path} is no sound GGUF file: {one_line(why)[:200]}; fetch it again"
            ) from error


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as file:
            if path.stat().st_size < 24:
                raise ModelError(f"{path} is no GGUF file: it is too short")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})") from error


def _read(path: Path, reader: _Reader) -> Gguf:
    reader.at = 4
    version, tensors, fields = reader.take("I"), reader.take("Q"), reader.take("Q")
    if version not in (2, 3):
        why = " (of a big-endian machine)" if version & 0xFFFF == 0 else ""
        raise ValueError(f"its version is {version}{why}, and 2 and 3 are known")
    if fields > MOST_FIELDS or tensors > MOST_TENSORS:
        raise ValueError(f"it says that it has {fields:,} settings and {tensors:,} tensors")
    said: dict[str, Any] = {}
    for _ in range(fields):
        key = reader.text(256)
        if key in said:
            raise ValueError(f"it says {key!r} twice")
        said[key] = reader.value(reader.take("I"))
    if isinstance(parts := said.get("split.count"), int) and parts > 1:
        raise ModelError(
            f"{path} is one of {parts} parts of a model; join them first, with llama.cpp's "
            "llama-gguf-split --merge"
        )
    table = [_entry(reader) for _ in range(tensors)]
    align = said.get("general.alignment", 32)
    if not isinstance(align, int) or not 0 < align <= 2**20 or align & (align - 1):
        raise ValueError(f"its alignment is {align!r:.40}")
    begin = math.ceil(reader.at / align) * align
    return Gguf(path, said, _placed(table, begin, len(reader.data)))


def _entry(reader: _Reader) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape as in torch, type and offset of a tensor."""
    name, dimensions = reader.text(256), reader.take("I")
    if not 1 <= dimensions <= 4:
        raise ValueError(f"its tensor {name!r} has {dimensions} dimensions")
    shape = tuple(reader.take("Q") for _ in range(dimensions))[::-1]
    return name, shape, reader.take("I"), reader.take("Q")


def _placed(
    table: list[tuple[str, tuple[int, ...], int, int]], begin: int, end: int
) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for name, shape, number, offset in table:
        if name in found:
            raise ValueError(f"it has the tensor {name!r} twice")
        if number not in TYPES:
            raise ValueError(f"its tensor {name!r} is stored in a way ({number}) not known here")
        _, block, size = TYPES[number]
        weights = math.prod(shape)
        if not 0 < weights < 2**40 or shape[-1] % block:
            raise ValueError(f"its tensor {name!r} has the impossible shape {shape}")
        stored = Stored(shape, number, begin + offset, weights // block * size)
        if stored.start + stored.size > end:
            raise ValueError(f"it ends before its tensor {name!r} does, so it was cut off")
        found[name] = stored
    return found
