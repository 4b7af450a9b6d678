"""Where a row stands, and how rows that cannot be used are named."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_NAMED_ROWS = 20  # bad rows, or groups of them with one reason, named in an error
MAX_NAMED_LINES = 5  # of a group


# What pandas reads of other tables, for the line that converts one.
PANDAS: Mapping[str, str] = {
    ".xlsx": "read_excel({0!r})",
    ".xls": "read_excel({0!r})",
    ".feather": "read_feather({0!r})",
    ".arrow": "read_feather({0!r})",
}


def conversion(path: Path) -> str:
    """The command that makes JSONL of another kind of table; "" of what is none.

    >>> conversion(Path("a.xlsx"))[:40]
    'python -c "import pandas; pandas.read_ex'
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
    return "row" if file.endswith(OF_ROWS) else "line"


GIVEN = "the rows given"
OF_ROWS = (".parquet", ".json", ".eval", GIVEN)  # where a row is no line


@dataclass(frozen=True, eq=False)
class GivenRows:
    """Rows that are in memory, where a file of them could be named; `name` tells it from others.

    Where they are `numbered` each comes as its line and the row.
    """

    rows: Iterable[Any]
    name: str = GIVEN
    numbered: bool = False

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


def no_rows_words(source: RowSource, bad: Sequence[BadRow], what: str) -> str:
    """Why a source gave nothing: it is empty, or the reasons of its rows, a line each.

    Args:
        what: what was looked for, as "row that can be used".
    """
    if not bad:
        return f"{source} is empty: it has no rows"
    named = "".join(f"\n  - {line}" for line in bad_rows_words(bad, {}))
    return f"{source} holds no {what}:{named}"


def _where(file: str, lines: Sequence[int], is_all: bool) -> str:
    if len(lines) == 1:
        return place(file, lines[0])
    if is_all:
        return f"{file}, all {len(lines):,} rows"
    named = ", ".join(map(str, lines[:MAX_NAMED_LINES]))
    if len(lines) <= MAX_NAMED_LINES:
        return f"{file}, {_unit(file)}s {named}"
    return f"{file}, {_unit(file)}s {named}, … ({len(lines):,} in all)"
