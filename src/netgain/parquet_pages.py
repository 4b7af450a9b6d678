"""A Parquet file from anywhere is asked how much memory its pages take, before one is read.

A page is unpacked whole. Thirty kilobytes may hold one of a gigabyte, and the file's footer need
not say so, but the header before each page must: whoever unpacks it goes by that. The headers are
read one after the other, and nothing is unpacked. They and the footer are in Thrift's compact
protocol; see parquet.thrift (FileMetaData, PageHeader) of the Parquet format.
"""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

MOST_PAGE = 256 << 20  # bytes, unpacked, of the largest page of each column together
MOST_AT_ONCE = 128 << 20  # bytes that the rows of a batch may have at most
LARGE = 1 << 30  # bytes, unpacked, from which on a file must not be too dense
MOST_DENSE = 1000  # times its own size
ROWS_A_BYTE = 1000
HEADER = 1 << 16  # bytes that are read for a header at first
LONGEST_HEADER = 16 << 20  # statistics hold whole values
BATCH = 1000  # rows at once, where they are no larger than usual
STRUCT, LIST, NUMBERS = 12, 9, (4, 5, 6)  # kinds of values
VALUES, PACKED, DATA, DICTIONARY = 5, 7, 9, 11  # fields of a column chunk's metadata


def check_parquet(file: BinaryIO) -> int:
    """How many rows of a Parquet file may be read at once.

    An encoding can make each value of a page as long as the page, so rows at once are as many as
    fit into `MOST_AT_ONCE` even then. The columns' largest pages are held at the same time.

    Raises:
        ValueError: it unpacks to more than is read, or is no Parquet file.
        OSError: it cannot be read.
    """
    size = file.seek(0, 2)
    rows, groups = _footer(file, size)
    if not 0 <= rows <= ROWS_A_BYTE * size:
        raise ValueError(f"{size:,} bytes that are said to hold {rows:,} rows")
    widest, total = dict[int, int](), 0
    for chunks in groups:
        for column, chunk in enumerate(chunks):
            if not chunk.get(VALUES):
                continue
            begin = chunk.get(DATA, 0)
            if 0 < chunk.get(DICTIONARY, 0) < begin:  # some writers say 0 for none
                begin = chunk[DICTIONARY]
            for page in _pages(file, begin, begin + chunk.get(PACKED, 0), size):
                widest[column], total = max(widest.get(column, 0), page), total + page
    at_once = sum(widest.values())
    if at_once > MOST_PAGE:
        raise ValueError(
            f"its pages unpack to {at_once:,} bytes at once, and more than {MOST_PAGE:,} are "
            "not read"
        )
    if total > max(LARGE, MOST_DENSE * size):
        raise ValueError(f"{size:,} bytes that unpack to {total:,}")
    file.seek(0)
    return max(1, min(BATCH, MOST_AT_ONCE // max(1, at_once)))


def _footer(file: BinaryIO, size: int) -> tuple[int, list[list[dict[int, int]]]]:
    """The rows of a file, and for each row group its column chunks by the numbers of their fields.

    pyarrow's own view of a chunk ends the process where a damaged footer contradicts itself.
    """
    file.seek(max(0, size - 8))
    end = file.read(8)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != b"PAR1" or length > size - 8:
        raise ValueError("it does not end as Parquet does")
    file.seek(size - 8 - length)
    reader = _Compact(file.read(length))
    chunk = dict.fromkeys((VALUES, PACKED, DATA, DICTIONARY), reader.number)

    def groups_of(kind: int) -> list[Any]:
        return reader.several(kind, lambda k: reader.struct(k, {1: chunks_of}))

    def chunks_of(kind: int) -> list[Any]:
        return reader.several(kind, lambda k: reader.struct(k, {3: values_of}))

    def values_of(kind: int) -> dict[int, int]:
        return reader.struct(kind, chunk)

    try:
        said = reader.struct(STRUCT, {3: reader.number, 4: groups_of})
    except IndexError:
        raise ValueError("its footer is cut off") from None
    groups = [[c.get(3, {}) for c in group.get(1, [])] for group in said.get(4, [])]
    return said.get(3, -1), groups


def _pages(file: BinaryIO, begin: int, end: int, size: int) -> list[int]:
    """The unpacked size of each page between two places of a file."""
    found = []
    if not 0 <= begin <= end <= size:
        raise ValueError("a column lies outside the file")
    while begin < end:
        unpacked, packed, length = _header(file, begin)
        if unpacked < 0 or packed < 0:
            raise ValueError("a page of a negative size")
        found.append(unpacked)
        begin += length + packed
    return found


def _header(file: BinaryIO, at: int) -> tuple[int, int, int]:
    """A page's unpacked and packed size, and the length of its header."""
    most = HEADER
    while True:
        file.seek(at)
        content = file.read(most)
        try:
            reader = _Compact(content)
            sizes = reader.page_sizes()
            return *sizes, reader.at
        except IndexError:
            if most >= LONGEST_HEADER or len(content) < most:
                raise ValueError("a page's header is cut off") from None
            most *= 16


class _Compact:
    """Thrift's compact protocol, as far as it takes to skip what is not asked for.

    Whatever reads a value takes its kind, as the protocol numbers kinds.
    """

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def page_sizes(self) -> tuple[int, int]:
        """Fields 2 and 3 of a PageHeader, read to its end."""
        sizes = self.struct(STRUCT, {2: self.number, 3: self.number})
        return sizes.get(2, -1), sizes.get(3, -1)

    def struct(self, kind: int, wanted: Mapping[int, Callable[[int], Any]]) -> dict[int, Any]:
        """The fields of a struct that are asked for, by their numbers."""
        found, field = dict[int, Any](), 0
        self._expect(kind, STRUCT)
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._signed()
            if field in wanted:
                found[field] = wanted[field](head & 15)
            else:
                self._skip(head & 15, 0)
        return found

    def several(self, kind: int, read: Callable[[int], Any]) -> list[Any]:
        """The elements of a list."""
        self._expect(kind, LIST)
        count, of = self._list_head()
        return [read(of) for _ in range(count)]

    def number(self, kind: int) -> int:
        """A whole number of any size."""
        self._expect(kind, *NUMBERS)
        return self._signed()

    def _expect(self, kind: int, *kinds: int) -> None:
        if kind not in kinds:
            raise ValueError("a header holds what none has")

    def _list_head(self) -> tuple[int, int]:
        head = self._byte()
        return (self._varint() if head >> 4 == 15 else head >> 4), head & 15

    def _byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError("a number in a header is too long")

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _forward(self, count: int) -> None:
        self.at += count
        if self.at > len(self.content):
            raise IndexError

    def _skip(self, kind: int, depth: int) -> None:
        if depth > 8:
            raise ValueError("a header is nested too deeply")
        if kind in (1, 2):  # true and false have no more bytes
            return
        if kind == 3:
            self._forward(1)
        elif kind in NUMBERS:
            self._varint()
        elif kind == 7:
            self._forward(8)
        elif kind == 8:
            self._forward(self._varint())
        elif kind in (LIST, 10):  # or a set
            count, of = self._list_head()
            for _ in range(count):
                # In a list, true and false are a byte.
                self._skip(3 if of in (1, 2) else of, depth + 1)
        elif kind == STRUCT:
            while of := self._byte():
                if not of >> 4:
                    self._signed()
                self._skip(of & 15, depth + 1)
        else:
            raise ValueError("a header holds what none has")
