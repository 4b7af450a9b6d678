"""A Parquet file from anywhere is asked how much memory its pages take, before one is read.

A page is unpacked whole. Thirty kilobytes may hold one of a gigabyte, and the file's footer need
not say so, but the header before each page must: whoever unpacks it goes by that. The headers are
read one after the other, and nothing is unpacked. They are in Thrift's compact protocol; see
parquet.thrift (PageHeader) of the Parquet format.
"""

from __future__ import annotations

from typing import BinaryIO

MOST_PAGE = 256 << 20  # bytes, unpacked, of the largest page of each column together
MOST_AT_ONCE = 128 << 20  # bytes that the rows of a batch may have at most
LARGE = 1 << 30  # bytes, unpacked, from which on a file must not be too dense
MOST_DENSE = 1000  # times its own size
ROWS_A_BYTE = 1000
HEADER = 1 << 16  # bytes that are read for a header at first
LONGEST_HEADER = 16 << 20  # statistics hold whole values
BATCH = 1000  # rows at once, where they are no larger than usual


def check_parquet(file: BinaryIO) -> int:
    """How many rows of a Parquet file may be read at once.

    An encoding can make each value of a page as long as the page, so rows at once are as many as
    fit into `MOST_AT_ONCE` even then. The columns' largest pages are held at the same time.

    Raises:
        ValueError: it unpacks to more than is read.
        pyarrow.ArrowException, OSError: it is no Parquet file.
    """
    import pyarrow.parquet

    about = pyarrow.parquet.read_metadata(file)
    size = file.seek(0, 2)
    if about.num_rows > ROWS_A_BYTE * size:
        raise ValueError(f"{size:,} bytes that are said to hold {about.num_rows:,} rows")
    widest, total = [0] * about.num_columns, 0
    for group in range(about.num_row_groups):
        for column in range(about.num_columns):
            chunk = about.row_group(group).column(column)
            if not chunk.num_values:
                continue
            begin = chunk.data_page_offset
            if 0 < (chunk.dictionary_page_offset or 0) < begin:  # some writers say 0 for none
                begin = chunk.dictionary_page_offset
            for page in _pages(file, begin, begin + chunk.total_compressed_size, size):
                widest[column], total = max(widest[column], page), total + page
    if sum(widest) > MOST_PAGE:
        raise ValueError(
            f"its pages unpack to {sum(widest):,} bytes at once, and more than {MOST_PAGE:,} are "
            "not read"
        )
    if total > max(LARGE, MOST_DENSE * size):
        raise ValueError(f"{size:,} bytes that unpack to {total:,}")
    file.seek(0)
    return max(1, min(BATCH, MOST_AT_ONCE // max(1, sum(widest))))


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
    """Thrift's compact protocol, as far as it takes to skip what is not asked for."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def page_sizes(self) -> tuple[int, int]:
        """Fields 2 and 3 of a PageHeader, read to its end."""
        sizes, field = {2: -1, 3: -1}, 0
        while kind := self._byte():
            field = field + (kind >> 4) if kind >> 4 else self._signed()
            if field in sizes and kind & 15 in (4, 5, 6):
                sizes[field] = self._signed()
            else:
                self._skip(kind & 15, 0)
        return sizes[2], sizes[3]

    def _byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def _number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError("a number in a page's header is too long")

    def _signed(self) -> int:
        value = self._number()
        return (value >> 1) ^ -(value & 1)

    def _forward(self, count: int) -> None:
        self.at += count
        if self.at > len(self.content):
            raise IndexError

    def _skip(self, kind: int, depth: int) -> None:
        if depth > 8:
            raise ValueError("a page's header is nested too deeply")
        if kind in (1, 2):  # true and false have no more bytes
            return
        if kind == 3:
            self._forward(1)
        elif kind in (4, 5, 6):
            self._number()
        elif kind == 7:
            self._forward(8)
        elif kind == 8:
            self._forward(self._number())
        elif kind == 12:
            while of := self._byte():
                if not of >> 4:
                    self._signed()
                self._skip(of & 15, depth + 1)
        else:
            raise ValueError("a page's header holds what none has")
