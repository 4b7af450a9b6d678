"""Files named on a command line: `-` for a stream, and rows written into a whole file."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from netgain.rowfiles import BadRow

Write = Callable[[Mapping[str, Any]], None]
STDOUT = 1  # file descriptor


def input_path(name: str) -> Path:
    """The file that a word of the command line names; `-` is standard input.

    Raises:
        typer.BadParameter: the word is empty.
    """
    return Path("/dev/stdin") if name == "-" else output_path(name)


def output_path(name: str) -> Path:
    """The same for a file to write, where `-` stays what it is.

    Raises:
        typer.BadParameter: the word is empty.
    """
    if not name.strip():
        raise typer.BadParameter("the name is empty; name a file")
    return Path(name)


def is_stdout(path: Path) -> bool:
    """Whether what is written to `path` goes where standard output goes."""
    if str(path) == "-":
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(STDOUT))
    except OSError:
        return False


@contextlib.contextmanager
def rows_beside(out: Path | None, source: Path) -> Iterator[Write]:
    """A function that writes a row to `out`, or nothing where that is None.

    Raises:
        DataError: `out` is the file that is read, or named as Parquet.
    """
    from netgain.errors import DataError

    if out is None:
        yield lambda _: None
        return
    if out.is_file() and source.exists() and out.samefile(source):
        raise DataError(f"{out} is the file that is read; choose another name for the output")
    if out.suffix == ".parquet":
        raise DataError(f"{out}: the output is JSONL; choose a name that ends in .jsonl")
    with jsonl_writer(out) as write:
        yield write


def columns_named(words: list[str]) -> list[str]:
    """The words of `--column`, refused where they are none.

    Raises:
        typer.BadParameter: a word is not COLUMN=NAME.
    """
    from netgain.data.answers import column_option

    try:
        column_option(words)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return words


ColumnOption = Annotated[
    list[str],
    typer.Option(
        "--column",
        callback=columns_named,
        metavar="COLUMN=NAME",
        help="Where a column stands that has another name, also inside another one: "
        "completion=model_output, completion=output.text. As often as needed.",
        show_default=False,
    ),
]


def print_bad_rows(bad: Sequence[BadRow], usable: Mapping[str, int]) -> None:
    """Name rows that could not be used on standard error; `usable` counts the others by file."""
    from netgain.rowfiles import bad_rows_words
    from netgain.wording import terminal_safe

    for line in bad_rows_words(bad, usable):
        print(f"netgain: {terminal_safe(line)}", file=sys.stderr)


def missing_words(count: int) -> str:
    """
    >>> missing_words(1200)
    '1,200 completions are missing; each counts as wrong'
    """
    if count == 1:
        return "1 completion is missing; it counts as wrong"
    return f"{count:,} completions are missing; each counts as wrong"


def exit_over(bad: Sequence[BadRow]) -> None:
    """End with code 1 where rows were left out, and say how many."""
    if bad:
        rows = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        print(f"netgain: {rows} could not be used, counted in no figure", file=sys.stderr)
        raise typer.Exit(1)


@contextlib.contextmanager
def jsonl_writer(path: Path) -> Iterator[Write]:
    """A function that writes a row; `path` gets all of them at the end, or none after an error.

    Standard output, a device or a pipe gets each row as it comes.

    Raises:
        StorageError: the disk is full, or the place cannot be written.
    """
    from netgain.store import whole_file

    if is_stdout(path):
        yield lambda row: _to_stdout(_line(row))
        return
    with whole_file(path) as file:

        def write(row: Mapping[str, Any]) -> None:
            file.write(_line(row))

        yield write


def _to_stdout(line: bytes) -> None:
    sys.stdout.buffer.write(line)


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(row, ensure_ascii=False, default=str) + "\n").encode()
    except UnicodeEncodeError:  # half a character somewhere: JSON can write it escaped
        return (json.dumps(row, default=str) + "\n").encode()
