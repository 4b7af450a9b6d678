"""`netgain import`: what other tools left, recognised and told."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import ColumnOption, JsonOption, path_named, show

EPILOG = (
    "Examples:  netgain import trl-output  ·  netgain import lm-eval-output -o imported  ·  "
    "netgain import logs/ outputs/ --json"
)


def import_results(
    paths: Annotated[
        list[Path],
        typer.Argument(
            parser=path_named,
            metavar="PATHS",
            help="Files and folders of other tools; folders are searched through.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            parser=path_named,
            metavar="DIR",
            help="A new folder for copies of answers and logs under the usual names, for "
            "`netgain analyse`.",
            show_default=False,
        ),
    ] = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: JsonOption = False,
) -> None:
    """Recognise other tools' results and trainings, and say what each number is.

    Whether a number was teacher-forced or comes from generated answers, what is missing for a
    verdict, and the command that fills it. Nothing in the files is run. docs/import.md lists the
    tools.
    """
    found = netgain.import_results(*paths, out=out, columns=column)
    show(found, as_json)
    if found.found.unread or any(copied.faults for copied in found.copied):
        raise typer.Exit(1)
