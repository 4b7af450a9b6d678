"""`netgain init`: write a first recipe, with comments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import path_named

EPILOG = (
    "Examples:  netgain init  ·  netgain init mine.yaml --model Qwen/Qwen2-0.5B-Instruct --data "
    "openai/gsm8k  ·  netgain plan mine.yaml"
)


def init(
    path: Annotated[
        Path, typer.Argument(parser=path_named, metavar="RECIPE.yaml", help="The file to write.")
    ] = "recipe.yaml",  # type: ignore[assignment]  # the parser makes a path of it
    model: Annotated[
        str, typer.Option(help="A Hub id, a local folder, a GGUF file, or embedded.")
    ] = "embedded",
    data: Annotated[
        str, typer.Option(help="A Hub id, a folder, a file of problems, or builtin.")
    ] = "builtin",
) -> None:
    """Write a first recipe: what has to be set, and what is changed most often, explained."""
    print(netgain.init(path, model=model, data=data))
