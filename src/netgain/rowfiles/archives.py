"""Logs of inspect (`.eval`): a zip archive with one JSON file for each sample.

Nothing is extracted. Members may be packed with zstd, which Python's zipfile does not unpack.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from netgain.errors import DataError
from netgain.plain_files import MOST_JSON, parse_json

STORED, DEFLATED, ZSTANDARD = 0, 8, 93
MOST_MEMBERS = 65_534  # what a zip file without extensions can have
MOST_TAIL = 65_557  # bytes of the end of a zip file that may be its closing record
LARGE, MOST_DENSE = 256 << 20, 200  # as of other packed files
SAMPLE = re.compile(r"samples/[^/]{1,400}\.json")
LOCAL = struct.Struct("<4s22xHH")  # a member's own header: signature, length of name, of extra


class Archive:
    """The members of a zip file, by name; of several with one name the last.

    Raises:
        DataError: it is damaged, too large, or holds names that lead out of it.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        size = file.seek(0, 2)
        file.seek(max(0, size - MOST_TAIL))
        tail = file.read()
        end = tail.rfind(b"PK\x05\x06")
        if end < 0 or len(tail) < end + 22:
            raise DataError("is a zip file that was cut off: its list of members is missing")
        (count,) = struct.unpack_from("<H", tail, end + 10)
        if count > MOST_MEMBERS:
            raise DataError(f"is a zip file of more than {MOST_MEMBERS:,} members")
        file.seek(0)
        try:
            found = zipfile.ZipFile(file).infolist()
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            struct.error,
            NotImplementedError,
        ) as error:
            raise DataError(f"is a zip file that cannot be read ({error})") from error
        if sum(m.file_size for m in found) > max(LARGE, MOST_DENSE * size):
            raise DataError("is a zip file that unpacks to far more than its size")
        for member in found:
            parts = re.split(r"[/\\]", member.filename)
            if ".." in parts or parts[0] == "" or ":" in parts[0]:
                raise DataError(
                    f"is a zip file with a member that would lie outside its folder, "
                    f"{member.filename!r:.80}; no log of inspect has one, and it is not read"
                )
            if stat.S_ISLNK(member.external_attr >> 16):
                raise DataError(f"is a zip file with a link in it: {member.filename!r:.80}")
        self.members = {member.filename: member for member in found}

    def is_log(self) -> bool:
        """Whether this is a log of inspect."""
        return any(
            name == "header.json" or name.startswith(("_journal/", "samples/"))
            for name in self.members
        )

    def samples(self) -> Iterator[Any]:
        """Each sample, in order of its name; what cannot be read is a `DataError`."""
        for name in sorted(filter(SAMPLE.fullmatch, self.members), key=_numbered):
            yield self.json(name)

    def json(self, name: str) -> Any:
        """A member's JSON, or a `DataError` where it cannot be read."""
        member = self.members.get(name)
        if member is None:
            return DataError(f"has no {name}")
        try:
            return parse_json(self._content(member))
        except (ValueError, RecursionError, OSError, zlib.error, struct.error) as error:
            return DataError(f"{name} cannot be read ({error!s:.200})")

    def _content(self, member: zipfile.ZipInfo) -> bytes:
        if member.file_size > MOST_JSON or member.compress_size > MOST_JSON:
            raise ValueError(f"it has more than {MOST_JSON:,} bytes")
        self.file.seek(member.header_offset)
        signature, name, extra = LOCAL.unpack(self.file.read(LOCAL.size))
        if signature != b"PK\x03\x04":
            raise ValueError("its header is damaged")
        self.file.seek(name + extra, 1)
        packed: bytes = self.file.read(member.compress_size)
        if member.compress_type == STORED:
            content = bytes(packed)
        elif member.compress_type == DEFLATED:
            content = zlib.decompressobj(-15).decompress(packed, member.file_size + 1)
        elif member.compress_type == ZSTANDARD:
            import pyarrow

            source = pyarrow.CompressedInputStream(io.BytesIO(packed), "zstd")
            content = bytes(source.read(member.file_size + 1))
        else:
            raise ValueError(f"it is packed by method {member.compress_type}, which is not read")
        if len(content) != member.file_size:
            raise ValueError("it is cut off, or longer than it says")
        return content


def _numbered(name: str) -> tuple[tuple[int, str], ...]:
    """Numbers in a name by their size.

    >>> sorted(["samples/10_epoch_1.json", "samples/9_epoch_1.json"], key=_numbered)[0]
    'samples/9_epoch_1.json'
    """
    parts = re.split(r"([0-9]{1,15})", name)
    return tuple((int(p), "") if p.isdecimal() and p.isascii() else (-1, p) for p in parts)
