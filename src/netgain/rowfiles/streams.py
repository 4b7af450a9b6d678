"""Bytes of a file, unpacked where it is packed, up to bounds."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any

LARGE = 256 << 20  # bytes, unpacked, from which on a file must not be too dense
MOST_DENSE = 200  # times its own size; rows of text have about 10
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class TooDense(ValueError):
    """A packed file unpacks to far more than text does."""


class Rejoined(io.RawIOBase):
    """What was read of a stream already, and then the rest of it."""

    def __init__(self, begun: bytes, rest: Any) -> None:
        self.begun, self.at, self.rest = memoryview(begun), 0, rest

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        found = self.begun[self.at : self.at + len(into)]
        if not found:
            found = memoryview(self.rest.read(len(into)))
        self.at += len(found)
        into[: len(found)] = found
        return len(found)


class _Bounded(io.RawIOBase):
    """Unpacked bytes, as long as they are not too many for the packed ones that gave them."""

    def __init__(self, unpacked: Any, packed: _Counted) -> None:
        self.unpacked, self.packed, self.given = unpacked, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        try:
            found = self.unpacked.read(len(into))
        except (zlib.error, ValueError) as error:
            raise OSError(f"it is packed and damaged ({error})") from error
        self.given += len(found)
        if self.given > LARGE and self.given > MOST_DENSE * self.packed.taken:
            raise TooDense(f"unpacks to more than {MOST_DENSE} times its size")
        into[: len(found)] = found
        return len(found)


class _Counted:
    """A stream that counts what was taken from it."""

    closed = False

    def __init__(self, stream: Any) -> None:
        self.stream, self.taken = stream, 0

    def read(self, size: int = -1) -> bytes:
        found: bytes = self.stream.read(size)
        self.taken += len(found)
        return found

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        pass


def rejoined(begun: bytes, rest: Any) -> io.BufferedReader:
    """A stream from its beginning, of which some was read."""
    return io.BufferedReader(Rejoined(begun, rest), 1 << 16)


def unpacked(stream: Any, head: bytes) -> io.BufferedReader | None:
    """What is in a packed stream that begins with `head`; None where it is not packed.

    Raises, while it is read:
        TooDense: it unpacks to far more than text does.
        OSError, EOFError: it is damaged.
    """
    packed = _Counted(stream)
    if head.startswith(GZIP):
        opened = gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[call-overload]
        return io.BufferedReader(_Bounded(opened, packed), 1 << 16)
    if head.startswith(ZSTD):
        import pyarrow

        source = pyarrow.CompressedInputStream(pyarrow.PythonFile(packed, mode="r"), "zstd")
        return io.BufferedReader(_Bounded(source, packed), 1 << 16)
    return None
