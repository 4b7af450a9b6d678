"""`netgain diagnose`: where solutions first go wrong, row by row."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import ColumnOption, JsonOption, input_path, path_named, show_rows

EPILOG = (
    "Examples:  netgain diagnose answers.jsonl  ·  netgain diagnose answers.jsonl -o found.jsonl"
    "  ·  netgain diagnose answers.jsonl --json | jq .error_kinds"
)


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
            parser=path_named,
            metavar="OUT.jsonl",
            help="Write each row with first_error (0-based, -1 for none), error_kind, confidence, "
            "evidence, the equations read and forms. - is standard output; the figures then "
            "go to standard error.",
            show_default=False,
        ),
    ] = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: JsonOption = False,
) -> None:
    """Find the first wrong step of each solution and the kind of error, with evidence.

    Without a reference solution only false equations and missing answers are seen.
    Rows that cannot be used are listed, left out and counted; the exit code is then 1. Such are
    multiple choice, two right answers that differ, and an id that a model has twice.
    """
    show_rows(netgain.diagnose(file, out=out, columns=column), out, as_json)
