"""`netgain plan`: what a recipe would do, how long, with how much memory and money."""

from typing import Annotated

import typer

import netgain
from netgain.cli.output import show, stops_on_sigterm
from netgain.cli.run_command import OutOption, RecipeArgument, SetOption

EPILOG = (
    "Examples:  netgain plan recipes/gsm8k.yaml  ·  "
    "netgain plan recipes/gsm8k.yaml --set train.epochs=1  ·  "
    'netgain plan recipes/gsm8k.yaml --on "RTX 4090"'
)


def plan(
    recipe: RecipeArgument,
    set_: SetOption = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure/--no-measure",
            help="Try a few training steps and answers here, once for such a recipe: a minute or "
            "two. Without, the time is projected.",
        ),
    ] = True,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="GPU", help="Project for this GPU, which is not here.", show_default=False
        ),
    ] = None,
    out: OutOption = None,
) -> None:
    """Say what a recipe would do, how long, what it would cost, and what it can show.

    Trains nothing that is kept, and fetches nothing.
    """
    stops_on_sigterm()  # so that what was tried is cleared away
    show(netgain.plan(recipe, set_ or (), measure=measure, on=on, out=out))
