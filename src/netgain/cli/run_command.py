"""`netgain run` and `netgain train`: do a recipe's stages, showing how far they are."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import stops_on_sigterm
from netgain.wording import one_line

EPILOG = (
    "Examples:  netgain run recipes/demo.yaml  ·  netgain run recipes/gsm8k.yaml --only train  ·  "
    "netgain run recipes/gsm8k.yaml --set train.epochs=1 --out runs/one-epoch"
)
TRAIN_EPILOG = (
    "Examples:  netgain train recipes/demo.yaml  ·  netgain run recipes/demo.yaml goes on"
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
OutOption = Annotated[
    Path | None,
    typer.Option(help="The run directory. [default: runs/NAME-DIGEST]", show_default=False),
]


def run(
    recipe: RecipeArgument,
    set_: SetOption = None,
    only: Annotated[
        Only | None, typer.Option(help="Do one stage of it: train, evaluate or report.")
    ] = None,
    out: OutOption = None,
) -> None:
    """Train, evaluate base and tuned, and report. If interrupted, give the same command again."""
    stops_on_sigterm()
    done = netgain.run(recipe, set_ or (), only=only.value if only else "all", out=out)
    if only in (None, Only.report) and done.page is not None:
        typer.secho(one_line(done.verdict), bold=True, err=True)
    print(done.page if only in (None, Only.report) else done.folder)


def train(recipe: RecipeArgument, set_: SetOption = None, out: OutOption = None) -> None:
    """Train, and nothing else: `netgain run --only train`. If interrupted, give it again."""
    stops_on_sigterm()
    print(netgain.train(recipe, set_ or (), out=out).folder)
