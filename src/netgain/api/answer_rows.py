"""Rows of answers in, rows with what was found out: for `grade`, `diagnose` and `compare`."""

import contextlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from netgain.api.other_tools import only_file, what_it_is, what_no_run_is
from netgain.api.shown import Shown
from netgain.data.answer_columns import column_option, guesses
from netgain.data.known_problems import KnownProblems
from netgain.data.rows import read_problems
from netgain.data.rows_of_answers import each_row
from netgain.errors import DataError, RunError, StorageError, UsageError
from netgain.importers.names_by_place import name_of_file
from netgain.pipeline.run_entries import is_ours
from netgain.rowfiles import (
    GIVEN,
    BadRow,
    GivenRows,
    RowSource,
    bad_rows_words,
    no_rows_words,
)  # fmt: skip
from netgain.store import whole_file

Answers = str | Path | GivenRows | Iterable[Mapping[str, Any]]
Out = str | Path | list[Any] | None
Columns = Mapping[str, str] | Sequence[str]
Write = Callable[[Mapping[str, Any]], None]
STDOUT = 1  # file descriptor
NO_MODEL = "(no model named)"


def row_source(answers: Answers, name: str = GIVEN) -> RowSource:
    """A file's path as one, or rows that are in memory.

    Raises:
        UsageError: it is neither.
        DataError: it is a file or a folder of another tool that holds no such rows.
    """
    if isinstance(answers, GivenRows):
        return answers
    if isinstance(answers, (str, Path)):
        if not str(answers).strip():
            raise UsageError("answers", "the name is empty; name a file")
        path = Path(answers)
        if not is_ours(path):
            path = only_file(path) or path
            told = what_it_is(path)
            if told:
                raise DataError(f"{path} {told}")
        return path
    if isinstance(answers, Mapping) or not isinstance(answers, Iterable):
        raise UsageError("answers", "give the path of a file, or a list of rows (dictionaries)")
    return GivenRows(_rows(answers), name)


def taken_words(given: Answers, source: RowSource) -> str:
    """Which file is read where a folder was given; "" where it was not."""
    if not isinstance(given, (str, Path)) or not isinstance(source, Path) or Path(given) == source:
        return ""
    return f"{given} holds one file of answers, and it is read: {source.name}"


def known_problems(data: str | Path | None) -> KnownProblems:
    """Problems with right answers, for answers that bring none; none where `data` is None.

    Raises:
        DataError: the file cannot be read, or holds no such problem.
    """
    if data is None:
        return KnownProblems()
    path = Path(data)
    problems, bad = read_problems([path], str(path), path.stem)
    if not problems:
        raise DataError(no_rows_words(path, bad, "problems with right answers"))
    return KnownProblems(problems)


def _rows(answers: Any) -> Iterable[Any]:
    """Rows, also of a table of pandas or polars; what pandas has no value for is left out."""
    if hasattr(answers, "to_dicts"):
        return list(answers.to_dicts())
    if hasattr(answers, "to_dict") and hasattr(answers, "columns"):
        return [
            # What is not itself is no number.
            {k: v for k, v in row.items() if not (isinstance(v, float) and v != v)}
            for row in answers.to_dict("records")
        ]
    rows: Iterable[Any] = answers
    return rows


def refuse_others(folder: Path) -> None:
    """Say what reads a folder or a file of another tool, where a run was to be given.

    Raises:
        RunError: it is one.
    """
    told = "" if is_ours(folder) else what_no_run_is(folder)
    if told:
        raise RunError(f"{folder} {told}")


def named(columns: Columns) -> dict[str, str]:
    """Column → where it stands, from a mapping or from words such as "completion=output.text".

    Raises:
        UsageError: a column that is not known, or a word without "=".
    """
    pairs = columns.items() if isinstance(columns, Mapping) else None
    words = list(columns) if pairs is None else [f"{name}={place}" for name, place in pairs]
    try:
        return column_option(words)
    except ValueError as error:
        raise UsageError("column", str(error)) from None


@dataclass(frozen=True, repr=False)
class Judged(Shown):
    """What was found in the rows of one source, by model ("" where rows name none).

    `guesses` says which columns were taken for which, "" where they have the usual names; `taken`
    which file of a folder was read.
    """

    source: str
    models: Mapping[str, Any]
    bad_rows: tuple[BadRow, ...]
    guesses: str
    taken: str = field(default="", kw_only=True)

    @property
    def rows(self) -> int:
        """How many rows could be used."""
        raise NotImplementedError

    def name_of(self, model: str) -> str:
        """A model's name for readers; where its rows have none, what the file's place tells."""
        path = Path(self.source)
        place = name_of_file(path) if not model and path.is_file() else ""
        return model or place or NO_MODEL

    def remarks(self) -> list[str]:
        told = f"{self.guesses}; --column COLUMN=NAME says otherwise" if self.guesses else ""
        return [
            *filter(None, [self.taken, told]),
            *left_out(self.bad_rows, {Path(self.source).name: self.rows}),
        ]

    def plain(self) -> dict[str, Any]:
        return {"file": self.source, "unreadable": [asdict(row) for row in self.bad_rows]}


def judge_rows(
    answers: Answers,
    out: Out,
    columns: Columns,
    read: Callable[[Any, str, Mapping[str, str]], Any],
    judge: Callable[[int, Any, Any], Mapping[str, Any]],
    beside: Sequence[RowSource] = (),
    rows: RowSource | None = None,
) -> tuple[RowSource, tuple[BadRow, ...], str]:
    """Judge each row of a source; gives the source, its unusable rows and what was guessed.

    Args:
        read: a row, an id for one without any, and `columns` -> what it says.
        judge: line, row and what it says -> the row to write.
        beside: further rows, read after those of the source.
        rows: what is read in the source's place, which was begun already.

    Raises:
        DataError: no row can be used, or the file cannot be read.
    """
    source, named_so = row_source(answers), named(columns)
    bad: list[BadRow] = []
    first = None
    count = itertools.count(1)
    with rows_into(out, source) as write:
        for line, row, found in each_row(
            [rows or source, *beside],
            lambda r, file, _: read(r, f"{file.stem}-{next(count):05d}", named_so),
        ):
            if isinstance(found, BadRow):
                bad.append(found)
                continue
            first = row if first is None else first
            write(judge(line, row, found))
        if first is None:
            raise DataError(no_rows_words(source, bad, "row that can be used"))
    return source, tuple(bad), guesses(first, named_so)


def left_out(bad: Sequence[BadRow], usable: Mapping[str, int]) -> list[str]:
    """Rows that could not be used, in lines; `usable` counts the others by file."""
    if not bad:
        return []
    rows = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
    return [*bad_rows_words(bad, usable), f"{rows} could not be used, counted in no figure"]


# -- rows out ------------------------------------------------------------------------------


def is_stdout(path: Path) -> bool:
    """Whether what is written to `path` goes where standard output goes."""
    if str(path) == "-":
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(STDOUT))
    except OSError:
        return False


@contextlib.contextmanager
def rows_into(out: Out, source: RowSource) -> Iterator[Write]:
    """A function that writes a row to `out` (JSONL, or a list), or nothing where that is None.

    A file gets all rows at the end, or none after an error. Standard output (`-`), a device or a
    pipe gets each row as it comes.

    Raises:
        DataError: `out` is the file that is read, or named as Parquet.
        StorageError: the folder is not there, the disk is full, or the place cannot be written.
    """
    if out is None:
        yield lambda _: None
        return
    if isinstance(out, list):
        yield out.append
        return
    path = Path(out)
    if isinstance(source, Path) and path.is_file() and source.exists() and path.samefile(source):
        raise DataError(f"{path} is the file that is read; choose another name for the output")
    if path.suffix == ".parquet":
        raise DataError(f"{path}: the output is JSONL; choose a name that ends in .jsonl")
    if is_stdout(path):
        yield lambda row: _to_stdout(_line(row))
        return
    if not path.parent.exists():
        raise StorageError(
            f"{path} cannot be written: there is no folder {path.parent}; make it first"
        )
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
