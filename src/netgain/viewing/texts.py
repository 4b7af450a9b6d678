"""Where some words stand: all texts in lower case, one after the other in a temporary file.

A search reads the whole file by Python's `bytes.find`, which goes through it at about 1 GB/s, not
much slower than DuckDB through tables of its own (benchmarks/text_search.py). The file costs no
memory beyond what the system's cache has to spare.
"""

import tempfile
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute as pc
from numpy.typing import NDArray

from netgain.store import storage_errors

END = 0xFF  # ends a text; no byte of UTF-8
IN_MEMORY = 64 << 20  # bytes of text that need no file on the disk
BLOCK = 4 << 20  # bytes read at once, and what the last text of them has more
KEPT = 16  # searches whose result is kept, for the next page or filter of the same


class Texts:
    """The texts of `problems` problems, several each, to be searched."""

    def __init__(self, problems: int) -> None:
        self._problems = problems
        self._file: Any = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._lengths: list[NDArray[np.int64]] = []
        self._places: list[NDArray[np.int32]] = []
        self._blocks = [0]  # first byte of each
        self._size = 0
        self._starts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._place_of: NDArray[np.int32] = np.zeros(0, np.int32)
        self._found: OrderedDict[str, NDArray[np.bool_]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, texts: pyarrow.Array, places: NDArray[np.int32]) -> None:
        """Store some texts, each of the problem at the same place.

        Raises:
            StorageError: the temporary folder is full.
        """
        lower = pc.utf8_lower(texts).cast(pyarrow.large_binary())
        end = pyarrow.scalar(bytes([END]), pyarrow.large_binary())
        nothing = pyarrow.scalar(b"", pyarrow.large_binary())
        joined = pc.binary_join_element_wise(lower, nothing, end)
        offsets = np.frombuffer(joined.buffers()[1], np.int64)[
            joined.offset : joined.offset + len(joined) + 1
        ]
        remedy = "free some space there, or set TMPDIR to a folder that has more"
        with storage_errors(Path(tempfile.gettempdir()), remedy):
            self._file.write(memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]])
        self._lengths.append(np.diff(offsets))
        self._places.append(places)
        ends = self._size + offsets[1:] - offsets[0]
        while (last := int(np.searchsorted(ends, self._blocks[-1] + BLOCK))) < len(ends):
            self._blocks.append(int(ends[last]))
        self._size += int(offsets[-1] - offsets[0])

    def finish(self) -> None:
        """Have what was added be searchable; nothing can be added any more."""
        lengths = np.concatenate([np.zeros(1, np.int64), *self._lengths])
        self._starts = np.cumsum(lengths)[:-1]
        self._place_of = np.concatenate([np.zeros(0, np.int32), *self._places])
        self._lengths, self._places = [], []
        if self._blocks[-1] != self._size:
            self._blocks.append(self._size)

    def search(self, words: str) -> NDArray[np.bool_]:
        """Which problems have a text in which `words` stand, whatever their case, by place.

        Nothing at all stands in every text.
        """
        if not words:
            return np.ones(self._problems, bool)
        with self._lock:  # one scan at a time: a second one would only slow both
            if words not in self._found:
                self._found[words] = self.scan(words)
                if len(self._found) > KEPT:
                    self._found.popitem(last=False)
            self._found.move_to_end(words)
            return self._found[words]

    def scan(self, words: str) -> NDArray[np.bool_]:
        """The same, by reading all texts; for one caller at a time."""
        wanted: bytes = pc.utf8_lower(pyarrow.scalar(words)).as_py().encode()
        mask = np.zeros(self._problems, bool)
        sizes = [end - begin for begin, end in pairwise(self._blocks)]
        buffers = [bytearray(max(sizes, default=0)) for _ in range(2)]
        self._file.seek(0)

        def read(number: int) -> None:
            self._file.readinto(memoryview(buffers[number % 2])[: sizes[number]])

        with ThreadPoolExecutor(1) as reader:  # reads the next block while this one is searched
            coming = reader.submit(read, 0) if sizes else None
            for number, size in enumerate(sizes):
                assert coming is not None
                coming.result()
                if number + 1 < len(sizes):
                    coming = reader.submit(read, number + 1)
                hits = _texts_with(buffers[number % 2], size, wanted)
                if hits:
                    at = self._blocks[number] + np.array(hits, np.int64)
                    mask[self._place_of[np.searchsorted(self._starts, at, "right") - 1]] = True
        return mask


def _texts_with(block: bytearray, size: int, wanted: bytes) -> list[int]:
    """Where `wanted` stands first in each of a block's texts."""
    hits = []
    find = block.find
    at = find(wanted, 0, size)
    while at >= 0:
        hits.append(at)
        at = find(wanted, find(END, at, size) + 1, size)
    return hits
