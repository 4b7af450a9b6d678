"""`netgain diagnose`: where solutions first go wrong, row by row."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netgain.cli.output import (
    ColumnOption,
    exit_over,
    input_path,
    is_stdout,
    output_path,
    print_bad_rows,
    rows_beside,
)

if TYPE_CHECKING:
    from rich.console import Console

    from netgain.cli.diagnosed_rows import Case
    from netgain.records import Diagnosis
    from netgain.rowfiles import BadRow

EPILOG = (
    "Examples:  netgain diagnose answers.jsonl  ·  netgain diagnose answers.jsonl -o found.jsonl"
    "  ·  netgain diagnose answers.jsonl --json | jq .error_kinds"
)
_EXAMPLES = 3  # wrong solutions whose evidence is printed
_ADDED = ("first_error", "error_kind", "confidence", "evidence", "equations", "forms")
_FALSE = "false_equation"
_NO_MODEL = "(no model named)"


@dataclass
class Tally:
    """Counts over the rows read so far. `unchecked` are clean for want of a right answer.

    A solution has one kind; it may have several `features`: a false equation, and its forms.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    unchecked: int = 0

    def add(self, case: Case, found: Diagnosis) -> None:
        self.kinds[found.error_kind] += 1
        if found.error_kind == "none" and case.gold is None:
            self.unchecked += 1
        self.features.update(found.forms)
        self.features[_FALSE] += found.has_false_equation
        if found.first_error >= 0:
            self.steps[found.first_error + 1] += 1

    def merged(self, other: Tally) -> Tally:
        return Tally(
            self.kinds + other.kinds,
            self.features + other.features,
            self.steps + other.steps,
            self.unchecked + other.unchecked,
        )


@dataclass
class _Reading:
    """What a file's rows came to: counts by model, examples, and rows that cannot be used."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.tallies.values():
            total = total.merged(tally)
        return total


def diagnose(
    file: Annotated[
        Path,
        typer.Argument(
            parser=input_path,
            metavar="FILE.jsonl",
            help="Rows of question, gold_solution or answer, completion or steps (a list), and if "
            "you like id, model, gold_answer, finish_reason. Parquet, too. - is standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            parser=output_path,
            metavar="OUT.jsonl",
            help="Write each row with first_error (0-based, -1 for none), error_kind, confidence, "
            "evidence, the equations read and forms. - is standard output; the figures then "
            "go to standard error.",
            show_default=False,
        ),
    ] = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the first wrong step of each solution and the kind of error, with evidence.

    Without a reference solution only false equations and missing answers are seen.
    Rows that cannot be used are listed, left out and counted; the exit code is then 1. Such are
    multiple choice, two right answers that differ, and an id that a model has twice.
    """
    from netgain.errors import DataError

    with rows_beside(out, file) as write:
        found = _read(file, write, column)
        print_bad_rows(found.bad, {file.name: found.total.kinds.total()})
        if not found.tallies:
            raise DataError(f"{file} holds no row that can be used")
    aside = out is not None and is_stdout(out)
    if as_json:
        words = json.dumps(_object(file, found), indent=2)
        print(words, file=sys.stderr if aside else sys.stdout)
    else:
        _print(found, aside)
    exit_over(found.bad)


def _read(
    file: Path, write: Callable[[Mapping[str, Any]], None], column: Sequence[str] = ()
) -> _Reading:
    from netgain.cli.diagnosed_rows import case_of
    from netgain.data.answers import MAX_ANSWER_LINE_BYTES, column_option, repeated_by_filter
    from netgain.errors import DataError
    from netgain.rowfiles import BadRow, rows_of

    reading = _Reading()
    columns = column_option(column)
    seen: dict[tuple[str, str, str | None], int] = {}
    for line, row in rows_of(file, MAX_ANSWER_LINE_BYTES):
        try:
            case = case_of(row, columns)
            _note_id(seen, case, file, line, repeated_by_filter(row))
        except DataError as error:
            reading.bad.append(BadRow(file.name, line, str(error)))
            continue
        found = _diagnosis(case)
        reading.tallies.setdefault(case.model, Tally()).add(case, found)
        if found.first_error >= 0 and len(reading.examples) < _EXAMPLES:
            reading.examples.append(f"{_row_words(file, line, case)}: {found.evidence}")
        write(_with_diagnosis(row, found))
    return reading


def _note_id(
    seen: dict[tuple[str, str, str | None], int], case: Case, file: Path, line: int, why: str
) -> None:
    from netgain.errors import DataError
    from netgain.rowfiles import place

    if case.id is None:
        return
    first = seen.setdefault((case.model, case.id, case.sample), line)
    if first != line:
        raise DataError(
            why
            or f"its id {case.id!r} of model {case.model!r} is already used by "
            f"{place(file.name, first)}"
        )


def _diagnosis(case: Case) -> Diagnosis:
    from netgain.diagnosis import diagnose as find_first_error

    return find_first_error(
        case.question,
        case.solution,
        gold_solution=case.reference,
        gold_answer=case.gold,
        finish_reason=case.finish_reason,
    )


def _row_words(file: Path, line: int, case: Case) -> str:
    """
    >>> from netgain.cli.diagnosed_rows import Case
    >>> case = Case("b7", "small", "", "4", "", None, "stop")
    >>> _row_words(Path("in.jsonl"), 3, case)
    'line 3 (id b7, model small)'
    """
    from netgain.rowfiles import place

    names = [f"id {case.id}"] if case.id is not None else []
    names += [f"model {case.model}"] if case.model else []
    where = place(file.name, line).removeprefix(f"{file.name}, ")
    return f"{where} ({', '.join(names)})" if names else where


def _with_diagnosis(row: Mapping[str, Any], found: Diagnosis) -> dict[str, Any]:
    """The row with what was found; a column that has one of these names is kept as `given_…`."""
    kept = {(f"given_{name}" if name in _ADDED else name): value for name, value in row.items()}
    added = {name: getattr(found, name) for name in _ADDED}
    return kept | added | {"equations": [asdict(equation) for equation in found.equations]}


def _object(file: Path, found: _Reading) -> dict[str, Any]:
    models = {model: _counts(tally) for model, tally in found.tallies.items()}
    bad = [asdict(row) for row in found.bad]
    return {"file": str(file), **_counts(found.total), "models": models, "unreadable": bad}


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "n": tally.kinds.total(),
        "error_kinds": dict(tally.kinds.most_common()),
        "without_error": {
            "right": tally.kinds["none"] - tally.unchecked,
            "could_not_be_checked": tally.unchecked,
        },
        "whatever_the_kind": dict((+tally.features).most_common()),
        "first_wrong_step": {str(step): n for step, n in sorted(tally.steps.items())},
    }


def _print(found: _Reading, aside: bool) -> None:
    """The tables, the same on standard error where standard output has rows."""
    from rich.console import Console
    from rich.text import Text

    from netgain.wording import integer, one_line

    console = Console(highlight=False, stderr=aside)
    for model, tally in found.tallies.items():
        if len(found.tallies) > 1:
            console.print(Text(one_line(model) or _NO_MODEL, "bold"))
        _print_table(console, tally)
        if len(found.tallies) > 1:
            console.print()
    total = found.total
    for example in found.examples:
        console.print(Text(one_line(example)))
    located = total.steps.total()
    if located > len(found.examples):
        console.print(Text(f"{len(found.examples)} of {integer(located)} shown, see -o", "dim"))


def _print_table(console: Console, tally: Tally) -> None:
    from rich.table import Table

    from netgain.wording import integer, percent

    n = tally.kinds.total()
    table = Table("error", "solutions", "share", box=None, pad_edge=False)
    for name, count in _lines(tally):
        table.add_row(name, integer(count), percent(count / n))
    console.print(table)
    features = (+tally.features).most_common()
    if features:
        words = ", ".join(f"{name} {integer(count)}" for name, count in features)
        console.print(f"whatever the kind: {words.replace('_', ' ')}", style="dim")


def _lines(tally: Tally) -> Sequence[tuple[str, int]]:
    """The rows of a table: each kind with its count."""
    lines: list[tuple[str, int]] = []
    for kind, count in tally.kinds.most_common():
        if kind == "none":
            parts = (
                ("none: right", count - tally.unchecked),
                (
                    "none found: could not be checked",
                    tally.unchecked,
                ),
            )
            lines += [part for part in parts if part[1]]
            continue
        lines.append((kind.replace("_", " "), count))
    return lines
