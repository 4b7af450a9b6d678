"""`netgain audit`: a written report, checked by its own numbers and by a run's."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import JsonOption, show

EPILOG = (
    "Examples:  netgain audit REPORT.md --run runs/demo-1a2b3c4d  ·  netgain audit REPORT.md --json"
    "  ·  Exit codes: 0 nothing contradicted, 1 something is, 2 a file cannot be read."
)


def audit(
    report: Annotated[
        Path,
        typer.Argument(
            help="A report: Markdown, plain text, HTML, LaTeX or a notebook.", show_default=False,
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(help="The run directory it speaks of.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Show also what is supported, and each number's source.")
    ] = False,
) -> None:  # fmt: skip
    """Check a report by its own numbers and by a run's: what is contradicted, what is not shown."""
    found = netgain.audit(report, run, everything=all_)
    show(found, as_json)
    if found.contradicted:
        raise typer.Exit(1)
