"""`netgain grade`: judge a file of models' answers, row by row."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import ColumnOption, JsonOption, input_path, path_named, show_rows

EPILOG = (
    "Examples:  netgain grade answers.jsonl  ·  netgain grade answers.jsonl -o graded.jsonl  ·  "
    "netgain grade answers.jsonl --json | jq .models"
)


def grade(
    file: Annotated[
        Path,
        typer.Argument(
            parser=input_path,
            metavar="FILE.jsonl",
            help="Rows of id, question, answer or gold, completion (text or a list of samples), "
            "and if you like model, finish_reason, choices. Parquet, too. - is "
            "standard input.",
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
            help="Write each row with extracted, rule, strict, flexible, correct. - is "
            "standard output; the figures then go to standard error.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="PROBLEMS",
            help="Problems with right answers, for answers that have none.",
            show_default=False,
        ),
    ] = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: JsonOption = False,
) -> None:
    """Judge models' answers: accuracy by three graders, maj@k and pass@k, and why answers lack.

    `correct` is the robust grader, which decides; strict and flexible are lm-eval's. strict reads
    the form that a prompt asks for, #### where none is known.
    Figures are by model, under "" in JSON where rows name none.
    A row without a completion is a wrong answer (missing). Rows that cannot be used are listed,
    left out and counted; the exit code is then 1.
    """
    show_rows(netgain.grade(file, out=out, columns=column, data=data), out, as_json)
