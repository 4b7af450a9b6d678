"""`netgain sweep`: train a recipe with several values of a setting, and choose by validation."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import JsonOption, show, stops_on_sigterm
from netgain.cli.run_command import RecipeArgument, SetOption

EPILOG = (
    "Examples:  netgain sweep recipes/demo.yaml --over train.seed=1,2,3  ·  netgain sweep "
    "recipes/demo.yaml --over train.lora.r=8,16 --over train.learning_rate=1e-4,3e-4 --random 3"
)


def sweep(
    recipe: RecipeArgument,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD=A,B,C",
            help="The values of a setting to try; may be given many times. A list of lists is "
            "written in brackets.",
            show_default=False,
        ),
    ],
    set_: SetOption = None,
    random: Annotated[
        int | None,
        typer.Option(min=1, help="Try so many of all combinations.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws those combinations.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder of all trials. [default: runs/NAME-sweep]", show_default=False
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Do so many trials at a time, by Ray.", show_default=False),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A running Ray cluster.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a recipe with several values; validation chooses, and only then the test is asked.

    If interrupted, give the same command again. Where the seed alone differs, every trial is tested
    and the leaderboard tells how much seeds differ.
    """
    stops_on_sigterm()
    values = dict(_values(text) for text in over)
    if len(values) < len(over):
        raise typer.BadParameter("a setting stands there twice", param_hint="--over")
    found = netgain.sweep(
        recipe, values, set_ or (), at_random=random, seed=seed, out=out, workers=workers,
        cluster=cluster,
    )  # fmt: skip
    show(found, as_json)


def _values(text: str) -> tuple[str, list[str]]:
    name, mark, values = text.partition("=")
    if not mark or not name.strip() or not values.strip():
        raise typer.BadParameter(
            f"{text!r:.80} is not FIELD=A,B,C, for example train.seed=1,2,3", param_hint="--over"
        )
    return name.strip(), _split(values)


def _split(values: str) -> list[str]:
    """Values between commas; a comma inside brackets or braces does not part them.

    >>> _split("1, 2"), _split("[q_proj, v_proj],all-linear")
    (['1', '2'], ['[q_proj, v_proj]', 'all-linear'])
    """
    found, depth = [""], 0
    for sign in values:
        depth += (sign in "[{") - (sign in "]}")
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return [value.strip() for value in found]
