"""`netgain push`: a trained model, its card and its report to the Hugging Face Hub."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import JsonOption, path_named, show

EPILOG = (
    "Examples:  netgain push runs/demo-1a2b3c4d me/my-model  ·  "
    "netgain push runs/demo-1a2b3c4d me/my-model --yes  ·  "
    "netgain push runs/demo-1a2b3c4d me/my-model --public --yes"
)


def push(
    run: Annotated[Path, typer.Argument(parser=path_named, metavar="RUN_DIR", show_default=False)],
    repo: Annotated[str, typer.Argument(metavar="OWNER/NAME", show_default=False)],
    upload_it: Annotated[
        bool,
        typer.Option("--yes/--dry-run", help="Upload; without it every file is shown and nothing "
                     "leaves this machine."),
    ] = False,
    private: Annotated[
        bool, typer.Option("--private/--public", help="Who can read a new repository.")
    ] = True,
    merged: Annotated[
        bool, typer.Option("--merged", help="The whole model, the adapter merged into it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Upload a trained model with its card and its report to the Hub; first, show what would go."""
    done = netgain.push(run, repo, upload_it=upload_it, private=private, merged=merged)
    show(done, as_json)
