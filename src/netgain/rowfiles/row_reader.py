"""The rows of a file, whatever kind it is: that is told by its content, not by its name."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from netgain.errors import DataError
from netgain.parquet_pages import check_parquet
from netgain.plain_files import MOST_JSON, NotPlain, open_input, parse_json
from netgain.rowfiles.archives import Archive
from netgain.rowfiles.columns import ALIASES
from netgain.rowfiles.documents import TELLING, array_rows, rows_in
from netgain.rowfiles.places import GivenRows, RowSource
from netgain.rowfiles.streams import TooDense, rejoined, unpacked

MAX_LINE_BYTES = 1_000_000  # a longer line is no word problem; reading stays bounded
LONG = 1 << 20  # bytes of a line from which on the objects in it are counted before it is read
MOST_SKIPPED = 2**29  # bytes of a line that is too long; a file of zeros is one line
HEAD = 64  # bytes that tell what a file is
MOST_FIELD = 10_000_000  # characters of a cell
# Bytes that text may hold: all but control characters that are no white space.
PRINTABLE = bytes(b for b in range(256) if b >= 32 or b in b"\t\n\v\f\r\x1b")
BOM = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"\s*-?[0-9][0-9.,]*\s*")
_HEADS = TELLING | {name for names in ALIASES.values() for name in names} | {"ID", "model"}
NOT_UTF_8 = (
    "not UTF-8 text (if Windows wrote it, `iconv -f WINDOWS-1252 -t UTF-8 IN > OUT` makes it so)"
)
Row = tuple[int, Any]


def rows_of(path: RowSource, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[Row]:
    """(1-based line or row number, row) of a file.

    It may be JSONL, JSON (an array of rows, an object that holds rows, columns), CSV, TSV, Parquet
    or a log of inspect; the first three also packed with gzip or zstd. A row that cannot be read,
    or is longer than `max_line_bytes`, comes as a `DataError` in its place.

    Raises:
        DataError: the file cannot be read.
    """
    if isinstance(path, GivenRows):
        yield from path.rows if path.numbered else enumerate(path.rows, start=1)
        return
    try:
        with open_input(path) as file:
            yield from _rows(file, path, max_line_bytes)
    except (NotPlain, TooDense) as error:
        raise DataError(f"{path} {error}") from error
    except EOFError:
        raise DataError(f"{path} is packed, and was cut off: pack it again") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _rows(file: Any, path: Path, most: int) -> Iterator[Row]:
    """The rows of a file that is open, by what it begins with."""
    head = file.read(HEAD)
    if head.startswith((b"PAR1", b"PK\x03\x04")) or path.suffix == ".parquet":
        if not file.seekable():
            raise DataError(f"{path} is a stream of Parquet or zip, which is read from files alone")
        yield from (_parquet_rows if head[:2] != b"PK" else _archive_rows)(file, path)
        return
    stream = rejoined(head, file)
    inner = unpacked(stream, head)
    if inner is not None:
        head = inner.peek(HEAD)[:HEAD]
        stream = inner
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(
            f"{path} is UTF-16 text; `iconv -f UTF-16 -t UTF-8 IN > OUT` makes UTF-8 of it"
        )
    if _is_binary(head):
        raise DataError(f"{path} is no text file")
    yield from _text_rows(stream, path, most)


def _is_binary(head: bytes) -> bool:
    """Whether a file begins as none of text does; what begins as JSON is read row by row."""
    controls = len(head.translate(None, PRINTABLE))
    return controls > len(head) / 32 and not head.removeprefix(BOM).lstrip().startswith(
        (b"{", b"[")
    )


def _text_rows(stream: Any, path: Path, most: int) -> Iterator[Row]:
    blank, first = _first_line(stream, most)
    begin = first.removeprefix(BOM).lstrip()
    if re.match(rb"\[\s*(\{|$)", begin):
        yield from enumerate(array_rows(rejoined(begin, stream), most), start=1)
    elif begin.startswith(b"{"):
        yield from _objects(first, blank, stream, path, most)
    else:
        table = _table(begin, stream, path)
        yield from _lines(first, blank, stream, most) if table is None else table


def _first_line(stream: Any, most: int) -> tuple[int, bytes]:
    """How many blank lines there are, and the line after them as far as it may be read."""
    blank = 0
    while (line := stream.readline(most + 1)) and not line.removeprefix(BOM).strip():
        blank += line.endswith(b"\n")
    return blank, line


def _objects(first: bytes, blank: int, stream: Any, path: Path, most: int) -> Iterator[Row]:
    """JSONL, or one object that holds rows or is one, or several that have many lines each."""
    row = _json_row(first, most)
    if not isinstance(row, DataError):
        more, second = _first_line(stream, most)
        rows = rows_in(row) if not second else None
        if rows is not None:
            yield from enumerate(rows, start=1)
            return
        yield blank + 1, row
        yield from _lines(second, blank + more + 1, stream, most)
        return
    content = first + stream.read(MOST_JSON + 1)
    if len(content) > MOST_JSON and first.strip() == b"{":
        raise DataError(f"{path} is one JSON object of more than {MOST_JSON:,} bytes")
    try:
        document = parse_json(content.removeprefix(BOM))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and b"\n" in first:
            yield from enumerate(array_rows(rejoined(content, stream), most), start=1)
            return
    except (ValueError, RecursionError):
        pass
    else:
        yield from enumerate(rows_in(document) or [document], start=1)
        return
    whole = rejoined(content, stream)
    yield from _lines(whole.readline(most + 1), blank, whole, most)


def _lines(first: bytes, before: int, stream: Any, most: int) -> Iterator[Row]:
    """JSONL from its line `before` + 1 on, which was read already."""
    number, line = before, first
    while line:
        number += 1
        if line.strip():
            yield number, _json_row(line, most)
        skipped = 0
        while len(line) > most and not line.endswith(b"\n"):
            line = stream.readline(most + 1)  # the rest of a line too long
            skipped += len(line)
            if skipped > MOST_SKIPPED:
                raise TooDense(f"holds no JSONL: line {number} does not end")
        line = stream.readline(most + 1)


def _json_row(line: bytes, most: int) -> Any:
    if len(line) > most:
        return DataError(f"the line is longer than {most:,} bytes")
    try:
        return parse_json(line) if len(line) > LONG else json.loads(line)
    except UnicodeDecodeError:
        return DataError(NOT_UTF_8)
    except json.JSONDecodeError as error:
        said = error.msg.removesuffix(" at")
        why = f"{said[:1].lower()}{said[1:]} at character {error.pos + 1}"
    except ValueError as error:
        why = str(error) if "objects" in str(error) else "a number has too many digits"
    except RecursionError:
        why = "it is nested too deeply"
    return DataError(f"not valid JSON ({why}); JSONL is wanted: each line one JSON object")


# -- tables --------------------------------------------------------------------------------


def _table(first: bytes, stream: Any, path: Path) -> Iterator[Row] | None:
    """The rows of CSV or TSV; None where the first line is not the head of one.

    Its head must name two columns that are known, or the file be called a table. MGSM's files have
    no head: a question and a number on each line.
    """
    try:
        line = first.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None
    text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
    lines = chain([f"{line}\n"], _text_lines(text))
    fields = line.split("\t")
    if len(fields) == 2 and _NUMBER.fullmatch(fields[1]) and not _NUMBER.fullmatch(fields[0]):
        return _cells(lines, "\t", ["question", "answer"])
    delimiter = max(_DELIMITERS, key=line.count)
    heads = {name.strip().strip('"') for name in line.split(delimiter)}
    named = {".csv", ".tsv"} & set(path.suffixes)
    if len(heads & _HEADS) < 2 and not (named and len(heads) > 1):
        text.detach()
        return None
    return _cells(lines, delimiter, None)


def _text_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MOST_FIELD):
        yield line


def _cells(lines: Iterable[str], delimiter: str, names: list[str] | None) -> Iterator[Row]:
    csv.field_size_limit(MOST_FIELD)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    any_row = False
    while True:
        before = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield before, DataError(f"not a row of a table ({error})")
            continue
        if names is None:
            names = [name.strip().lstrip("\ufeff") for name in cells]
            continue
        if not cells:
            continue
        any_row = True
        yield before, _row_of(names, cells)
    if not any_row and names is not None:
        yield 1, DataError("it is the head of a table without rows below it")


def _row_of(names: list[str], cells: list[str]) -> Any:
    if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell if sign > "\ud7ff"):
        return DataError(NOT_UTF_8)
    if len(cells) > len(names):
        return DataError(f"{len(cells)} cells under {len(names)} names: a cell is not in quotes")
    return {name: cell for name, cell in zip(names, cells, strict=False) if cell != ""}


def _parquet_rows(file: Any, path: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        # By its path alone pyarrow would take `a:b.parquet` for an address.
        file.seek(0)
        at_once = check_parquet(file)
        with pyarrow.parquet.ParquetFile(file) as source:
            for batch in source.iter_batches(at_once, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    # Of the last two kinds are a date beyond Python's calendar and a time zone that nobody knows.
    except (OSError, ValueError, pyarrow.ArrowException, ArithmeticError, LookupError) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error


def _archive_rows(file: Any, path: Path) -> Iterator[Row]:
    try:
        archive = Archive(file)
    except DataError as error:
        raise DataError(f"{path} {error}") from error
    if not archive.is_log():
        raise DataError(f"{path} is packed; unpack it and give the file in it")
    yield from enumerate(archive.samples(), start=1)
