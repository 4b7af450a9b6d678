"""Rows of JSONL or Parquet, each with its place in the file; columns under their usual names.

What a row means is for others to say: a problem (`data.rows`), a model's answer (`answers`).
A row that cannot be read comes as a `DataError` value, to be named and counted, never dropped.
"""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import DataError
from netgain.parquet_pages import check_parquet
from netgain.plain_files import NotPlain, open_input

# The field's usual names for the same column, in order of preference.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "idx", "problem_id", "uid"),
    "question": ("question", "problem", "query", "instruction", "input"),
    "answer": ("answer", "solution", "response", "output"),
    "gold": ("gold", "gold_answer", "final_answer", "target"),
    "category": ("category", "subject", "type"),
}
MAX_LINE_BYTES = 1_000_000  # a longer line is no word problem; reading stays bounded
MOST_SKIPPED = 2**29  # bytes of a line that is too long; a file of zeros is one line
MAX_NAMED_ROWS = 20  # bad rows, or groups of them with one reason, named in an error
MAX_NAMED_LINES = 5  # of a group


# What pandas reads of other tables, for the line that converts one.
PANDAS: Mapping[str, str] = {
    ".csv": "read_csv({0!r})",
    ".tsv": "read_csv({0!r}, sep='\\t')",
    ".xlsx": "read_excel({0!r})",
    ".xls": "read_excel({0!r})",
    ".feather": "read_feather({0!r})",
    ".arrow": "read_feather({0!r})",
}


def conversion(path: Path) -> str:
    """The command that makes JSONL of another kind of table; "" of what is none.

    >>> conversion(Path("a.csv"))[:40]
    'python -c "import pandas; pandas.read_cs'
    """
    read = PANDAS.get(path.suffix.lower())
    if read is None:
        return ""
    out = path.with_suffix(".jsonl").name
    write = f"to_json({out!r}, orient='records', lines=True)"
    code = f"import pandas; pandas.{read.format(str(path))}.{write}"
    # In plain double quotes where the shell reads nothing in them, since it is easier to read.
    return f"python -c {shlex.quote(code)}" if set('"$`\\!') & set(code) else f'python -c "{code}"'


def place(file: str, line: int) -> str:
    """
    >>> place("train.jsonl", 3), place("train.parquet", 3)
    ('train.jsonl, line 3', 'train.parquet, row 3')
    """
    return f"{file}, {_unit(file)} {line}"


def _unit(file: str) -> str:
    return "row" if file.endswith((".parquet", GIVEN)) else "line"


GIVEN = "the rows given"


@dataclass(frozen=True, eq=False)
class GivenRows:
    """Rows that are in memory, where a file of them could be named; `name` tells it from others."""

    rows: Iterable[Any]
    name: str = GIVEN

    @property
    def stem(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


RowSource = Path | GivenRows


@dataclass(frozen=True)
class BadRow:
    """A row that holds no usable problem: file, 1-based line (or row) number, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{place(self.file, self.line)}: {self.reason}"


def bad_rows_words(bad: Sequence[BadRow], usable: Mapping[str, int]) -> list[str]:
    """One line for each file and reason, at most `MAX_NAMED_ROWS`, and one for the rest.

    Args:
        usable: rows of each file that could be used; where there are none, "all rows" is said.
    """
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in bad:
        lines[row.file, row.reason].append(row.line)
    said = [
        f"{_where(file, at, len(lines) == 1 and not usable.get(file))}: {reason}"
        for (file, reason), at in list(lines.items())[:MAX_NAMED_ROWS]
    ]
    more = sum(len(at) for at in list(lines.values())[MAX_NAMED_ROWS:])
    return [*said, f"… and {more:,} more"] if more else said


def _where(file: str, lines: Sequence[int], is_all: bool) -> str:
    if len(lines) == 1:
        return place(file, lines[0])
    if is_all:
        return f"{file}, all {len(lines):,} rows"
    named = ", ".join(map(str, lines[:MAX_NAMED_LINES]))
    if len(lines) <= MAX_NAMED_LINES:
        return f"{file}, {_unit(file)}s {named}"
    return f"{file}, {_unit(file)}s {named}, … ({len(lines):,} in all)"


def rows_of(path: RowSource, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, Any]]:
    """(1-based line or row number, row) of a `.parquet` file, or of JSONL under any other name.

    A row that is no JSON, or longer than `max_line_bytes`, comes as a `DataError` in its place.

    Raises:
        DataError: the file cannot be read.
    """
    if isinstance(path, GivenRows):
        yield from enumerate(path.rows, start=1)
        return
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    try:
        with open_input(path) as lines:
            number, begun = 0, False
            while line := lines.readline(max_line_bytes + 1):
                number += 1
                if line.strip():
                    row = _json_row(line, max_line_bytes)
                    if not begun and line.lstrip().startswith(b"["):
                        _refuse_array(path, row)
                    begun = True
                    yield number, row
                skipped = 0
                while len(line) > max_line_bytes and not line.endswith(b"\n"):
                    line = lines.readline(max_line_bytes + 1)  # the rest of a line too long
                    skipped += len(line)
                    if skipped > MOST_SKIPPED:
                        raise DataError(f"{path}: line {number} does not end; it is no JSONL")
    except NotPlain as error:
        raise DataError(f"{path} {error}") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _refuse_array(path: Path, first: Any) -> None:
    """A whole data set as one JSON array, on one line or on many."""
    if isinstance(first, DataError) or (first and isinstance(first[0], Mapping)):
        raise DataError(
            f"{path} is a JSON array; write one object a line (JSONL), "
            "as `jq -c '.[]' ARRAY.json > ROWS.jsonl` does"
        )


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        # By its path alone pyarrow would take `a:b.parquet` for an address.
        with open_input(path) as source:
            at_once = check_parquet(source)
            with pyarrow.parquet.ParquetFile(source) as file:
                for batch in file.iter_batches(at_once, use_threads=False):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, row
    except NotPlain as error:
        raise DataError(f"{path} {error}") from error
    # Of the last two kinds are a date beyond Python's calendar and a time zone that nobody knows.
    except (OSError, ValueError, pyarrow.ArrowException, ArithmeticError, LookupError) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error


def _json_row(line: bytes, max_bytes: int) -> Any:
    if len(line) > max_bytes:
        return DataError(f"the line is longer than {max_bytes:,} bytes")
    try:
        return json.loads(line)
    except UnicodeDecodeError:
        return DataError("not UTF-8 text")
    except json.JSONDecodeError as error:
        said = error.msg.removesuffix(" at")
        why = f"{said[:1].lower()}{said[1:]} at character {error.pos + 1}"
    except ValueError:
        why = "a number has too many digits"
    except RecursionError:
        why = "it is nested too deeply"
    return DataError(f"not valid JSON ({why}); JSONL is wanted: each line one JSON object")


def kind_words(value: Any) -> str:
    """What a value is, in words that do not ask for Python.

    >>> kind_words(None), kind_words([1]), kind_words(3), kind_words(True)
    ('nothing', 'a list', 'a number', 'true or false')
    """
    kinds: tuple[tuple[Any, str], ...] = (
        (type(None), "nothing"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (Mapping, "an object"),
        ((list, tuple), "a list"),
    )
    return next(
        (words for kind, words in kinds if isinstance(value, kind)), "another kind of value"
    )


def column(row: Mapping[str, Any], name: str) -> Any:
    """The value under `name` or its first alias that has one, else None."""
    for alias in ALIASES[name]:
        if row.get(alias) is not None:
            return row[alias]
    return None


def together(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """`row` with the parts of a problem put together that some data sets keep apart.

    A story in `body` comes before its question (ASDiv, SVAMP). Of `prompt` as a list of messages
    the last of the user is the question, and `reward_model.ground_truth` and `extra_info.answer`
    are the right answer and its solution (verl).
    """
    found = dict(row)
    if isinstance(row.get("prompt"), list):
        asked = [
            message.get("content")
            for message in found.pop("prompt")
            if isinstance(message, Mapping) and message.get("role") == "user"
        ]
        if asked:
            found.setdefault("question", asked[-1])
    for name, part, key in (
        ("gold", "reward_model", "ground_truth"), ("answer", "extra_info", "answer"),
    ):  # fmt: skip
        inner = row.get(part)
        if isinstance(inner, Mapping) and inner.get(key) is not None:
            found.setdefault(name, inner[key])
    for body, question, answer in (("body", "question", "answer"), ("Body", "Question", "Answer")):
        parts = (found.get(body), found.get(question))
        if all(isinstance(part, str) and part.strip() for part in parts):
            found["question"] = " ".join(part.strip() for part in parts if isinstance(part, str))
            found.setdefault("answer", found.get(answer))
    return found


def label_column(row: Mapping[str, Any], name: str) -> str | None:
    """An id or a category: text or a whole number, or None where the row has none.

    Raises:
        DataError: it is something else.
    """
    value = column(row, name)
    if value is None:
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise DataError(f"{name!r} must be text or a whole number, not {kind_words(value)}")
    text = str(value)
    if not text.strip():
        raise DataError(f"{name!r} is empty")
    if _has_surrogate(text):
        raise DataError(f"{name!r} holds half a character (a lone surrogate)")
    return text


def _has_surrogate(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def text_column(row: Mapping[str, Any], name: str, required: bool = True) -> str:
    """Text under `name`, stripped; "" where it may be absent and is.

    Raises:
        DataError: it is missing, empty, no text, or not encodable.
    """
    value = column(row, name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name == "answer":
        value = str(value)
    if value is None and not required:
        return ""
    if value is None:
        raise DataError(f"no {name!r} (also looked for {', '.join(ALIASES[name][1:])})")
    if not isinstance(value, str):
        raise DataError(f"{name!r} must be text, not {kind_words(value)}")
    if not value.strip() and required:
        raise DataError(f"{name!r} is empty")
    if _has_surrogate(value):
        raise DataError(f"{name!r} holds half a character (a lone surrogate)")
    return value.strip()
