"""`netgain report`: one run's report made anew, or a leaderboard of several runs."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import path_named, show

EPILOG = (
    "Examples:  netgain report runs/a  ·  netgain report runs/a --out published  ·  "
    "netgain report runs/a runs/b runs/c --out leaderboard"
)


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            parser=path_named,
            metavar="RUNS",
            help="A run directory; or two and more, of `netgain run` and `netgain evaluate`.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="DIR",
            help="Where to write. [default: RUN/report; of several runs: leaderboard]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a run's report anew from its records, or a leaderboard of several runs."""
    made = netgain.report(*runs, out=out)
    show(made)
    if made.left_out:
        raise typer.Exit(1)
