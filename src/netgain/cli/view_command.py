"""`netgain view`: every answer of a run in the browser, served on this machine alone."""

from pathlib import Path
from typing import Annotated

import typer

import netgain

EPILOG = (
    "Examples:  netgain view runs/demo-1a2b3c4d  ·  netgain view runs/demo-1a2b3c4d --port 8765 "
    "--no-open  ·  Ctrl-C ends it."
)


def view(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_DIR", show_default=False,
            help="A run directory, or what `netgain evaluate` wrote.",
        ),
    ],
    port: Annotated[
        int, typer.Option(help="The port to listen on; 0 takes a free one.")
    ] = 0,
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
) -> None:  # fmt: skip
    """Look through all answers of a run in the browser: search, filter, and read side by side."""
    netgain.view(run, port=port, open_page=open_)
