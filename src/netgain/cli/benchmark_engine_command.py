"""`netgain benchmark-engine`: how fast each engine that is installed answers on this machine."""

from typing import Annotated

import typer

import netgain
from netgain.cli.output import JsonOption, show

EPILOG = (
    "Examples:  netgain benchmark-engine  ·  netgain benchmark-engine Qwen/Qwen2-0.5B-Instruct "
    "--problems 128 --max-new-tokens 256"
)


def benchmark_engine(
    model: Annotated[
        str, typer.Argument(help="A Hub id, a local folder, a GGUF file, or embedded.")
    ] = "embedded",
    problems: Annotated[int, typer.Option(help="Built-in problems.")] = 64,
    max_new_tokens: Annotated[int, typer.Option()] = 128,
    precision: Annotated[
        str, typer.Option(help="What is computed in, as evaluate.precision.")
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Tokens and problems a second of every engine that is here, on built-in word problems.

    Tokens are those of answers, up to where each ends. Other work on the machine slows all of them.
    """
    found = netgain.benchmark_engine(
        model, problems=problems, max_new_tokens=max_new_tokens, precision=precision
    )
    show(found, as_json)
