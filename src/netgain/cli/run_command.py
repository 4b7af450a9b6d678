"""`netgain run`: do a recipe's stages, showing how far they are."""

from __future__ import annotations

import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

EPILOG = (
    "Examples:  netgain run recipes/demo.yaml  ·  netgain run recipes/gsm8k.yaml --only train  ·  "
    "netgain run recipes/gsm8k.yaml --set train.epochs=1 --out runs/one-epoch"
)


class Only(StrEnum):
    train = "train"
    evaluate = "evaluate"
    report = "report"


RecipeArgument = Annotated[Path, typer.Argument(help="A recipe (YAML).", show_default=False)]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change a setting; may be given many times."),
]


def run(
    recipe: RecipeArgument,
    set_: SetOption = None,
    only: Annotated[
        Only | None, typer.Option(help="Do one stage of it: train, evaluate or report.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The run directory. [default: runs/NAME-DIGEST]", show_default=False),
    ] = None,
) -> None:
    """Train, evaluate base and tuned, and report. If interrupted, give the same command again."""
    from netgain import pipeline, provenance
    from netgain.cli.progress import Display
    from netgain.recipe import load_recipe

    signal.signal(signal.SIGTERM, stop)
    loaded = load_recipe(recipe, set_ or ())
    root = out or Path("runs") / loaded.run_name()
    with Display() as display:
        result = pipeline.run(
            loaded, root, only.value if only else "all", provenance.command_line(), display.progress
        )
    display.finish(result)


def stop(signal_number: int, frame: Any) -> None:
    """End as Ctrl-C does, so that files are closed and the user is told how to go on."""
    sys.exit(128 + signal_number)
