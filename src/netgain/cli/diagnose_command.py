"""`netgain diagnose`: where solutions first go wrong, row by row."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from netgain.records import Diagnosis
    from netgain.rowfiles import BadRow

EPILOG = (
    "Examples:  netgain diagnose answers.jsonl  ·  netgain diagnose answers.jsonl -o found.jsonl"
    "  ·  netgain diagnose answers.jsonl --json | jq .error_kinds"
)
_EXAMPLES = 3  # wrong solutions whose evidence is printed
_ADDED = ("first_error", "error_kind", "sub_kind", "confidence", "evidence", "equations")


@dataclass
class Tally:
    """Counts over the rows read so far."""

    kinds: Counter[str] = field(default_factory=Counter)
    sub_kinds: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    examples: list[tuple[str, Diagnosis]] = field(default_factory=list)

    def add(self, row: str, found: Diagnosis) -> None:
        self.kinds[found.error_kind] += 1
        if found.sub_kind:
            self.sub_kinds[found.sub_kind] += 1
        if found.first_error >= 0:
            self.steps[found.first_error + 1] += 1
            if len(self.examples) < _EXAMPLES:
                self.examples.append((row, found))


def diagnose(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl",
            help="Rows of question, gold_solution or answer, completion or steps (a list), and if "
            "you like gold_answer, finish_reason. Parquet, too.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT.jsonl",
            help="Write each row with first_error (0-based, -1 for none), error_kind, sub_kind, "
            "confidence, evidence and the equations read.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the first wrong step of each solution and the kind of error, with evidence.

    Without a reference solution only false equations and missing answers are seen. Sub-kinds are
    suggestions: people who sort such errors agree on 30% of them.
    Rows that cannot be used are listed, left out and counted; the exit code is then 1.
    """
    from netgain.errors import DataError
    from netgain.rowfiles import BadRow, rows_of
    from netgain.wording import terminal_safe

    tally = Tally()
    bad: list[BadRow] = []
    with _rows_into(out, file) as write:
        for line, row in rows_of(file, _max_line()):
            try:
                found = _diagnosed(row)
            except DataError as error:
                bad.append(BadRow(file.name, line, str(error)))
                print(f"netgain: {terminal_safe(str(bad[-1]))}", file=sys.stderr)
                continue
            tally.add(f"line {line}", found)
            write(_with_diagnosis(row, found))
        if not tally.kinds:
            raise DataError(f"{file} holds no row that can be used")
    if as_json:
        print(json.dumps(_object(file, tally, bad), indent=2))
    else:
        _print(tally)
    if bad:
        rows = "1 row" if len(bad) == 1 else f"{len(bad)} rows"
        print(f"netgain: {rows} could not be used, counted in no figure", file=sys.stderr)
        raise typer.Exit(1)


def _max_line() -> int:
    from netgain.data.answers import MAX_ANSWER_LINE_BYTES

    return MAX_ANSWER_LINE_BYTES


def _diagnosed(row: Any) -> Diagnosis:
    """The diagnosis of one row.

    Raises:
        DataError: it holds no solution, or a column of the wrong type.
    """
    from netgain.data.answers import COLUMNS, FINISH_REASONS
    from netgain.diagnosis import diagnose as find_first_error
    from netgain.errors import DataError

    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object, not {type(row).__name__}")
    reason = str(_first(row, COLUMNS["finish_reason"]) or "stop").lower()
    if reason not in FINISH_REASONS:
        raise DataError(f"finish reason {reason!r:.60} is not known")
    gold = _first(row, COLUMNS["gold"])
    reference = _text(row, ("gold_solution", *COLUMNS["answer"]))
    if gold is None and reference and "####" not in reference:
        gold, reference = reference, ""
    return find_first_error(
        _text(row, COLUMNS["question"]),
        _solution(row, COLUMNS["completion"]),
        gold_solution=reference,
        gold_answer=None if gold is None else str(gold),
        finish_reason=FINISH_REASONS[reason],
    )


def _solution(row: Mapping[str, Any], names: tuple[str, ...]) -> str | list[str]:
    from netgain.errors import DataError

    steps = row.get("steps")
    if isinstance(steps, list) and all(isinstance(step, str) for step in steps):
        return steps
    completion = _first(row, names)
    if completion is None:
        raise DataError("no 'completion' and no 'steps' (a list of texts)")
    if not isinstance(completion, str):
        raise DataError(
            f"'completion' must be one text, not {type(completion).__name__}; "
            "give each sample a row of its own"
        )
    return completion


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    from netgain.errors import DataError

    value = _first(row, names)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise DataError(f"{names[0]!r} must be text, not {type(value).__name__}")
    return str(value)


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _with_diagnosis(row: Mapping[str, Any], found: Diagnosis) -> dict[str, Any]:
    """The row with what was found; a column that has one of these names is kept as `given_…`."""
    kept = {(f"given_{name}" if name in _ADDED else name): value for name, value in row.items()}
    added = {name: getattr(found, name) for name in _ADDED}
    return kept | added | {"equations": [asdict(equation) for equation in found.equations]}


@contextlib.contextmanager
def _rows_into(out: Path | None, source: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    from netgain.cli.output import jsonl_writer
    from netgain.errors import DataError

    if out is None:
        yield lambda _: None
        return
    if out.exists() and source.exists() and out.samefile(source):
        raise DataError(f"{out} is the file to be diagnosed; choose another name for the output")
    if out.suffix == ".parquet":
        raise DataError(f"{out}: the output is JSONL; choose a name that ends in .jsonl")
    with jsonl_writer(out) as write:
        yield write


def _object(file: Path, tally: Tally, bad: list[BadRow]) -> dict[str, Any]:
    return {
        "file": str(file),
        "n": tally.kinds.total(),
        "error_kinds": dict(tally.kinds.most_common()),
        "sub_kinds_suggested": dict(tally.sub_kinds.most_common()),
        "first_wrong_step": {str(step): n for step, n in sorted(tally.steps.items())},
        "unreadable": [asdict(row) for row in bad],
    }


def _print(tally: Tally) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from netgain.wording import integer, one_line, percent

    console = Console(highlight=False)
    n = tally.kinds.total()
    table = Table("error", "solutions", "share", box=None, pad_edge=False)
    for kind, count in tally.kinds.most_common():
        table.add_row(kind.replace("_", " "), integer(count), percent(count / n))
        if kind == "setup":
            for name, part in tally.sub_kinds.most_common():
                table.add_row(f"  {name.replace('_', ' ')}?", integer(part), percent(part / n))
    console.print(table)
    if tally.sub_kinds:
        console.print(Text("? a suggestion: people agree on such kinds in 30% of cases", "dim"))
    for row, found in tally.examples:
        console.print(Text(one_line(f"{row}: {found.evidence}")))
