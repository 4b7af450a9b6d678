"""`netgain init`: write a first recipe, with comments, for a model, data, hardware and a budget."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from netgain.cli.output import path_named
from netgain.errors import NetgainError, UsageError
from netgain.wording import terminal_safe

EPILOG = (
    "Examples:  netgain init  ·  netgain init mine.yaml --model Qwen/Qwen2-0.5B-Instruct --data "
    'openai/gsm8k --hardware "RTX 4090" --budget "2 h"  ·  netgain plan mine.yaml'
)
# What is asked at a terminal, and what is taken where nothing is answered.
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "model": ("Model (a Hub id, a folder, a GGUF file, or embedded)", "embedded"),
    "data": ("Data (a Hub id, a folder, a file of problems, or builtin)", "builtin"),
    "hardware": (
        "Hardware (here: {here}; or the name of the GPU it will run on, as RTX 4090)",
        "here",
    ),
    "budget": ("Budget (a time, as 2 h; money, as 5 USD; or none)", "none"),
    "price": ("Price of an hour", ""),
}


def init(
    path: Annotated[
        Path, typer.Argument(parser=path_named, metavar="RECIPE.yaml", help="The file to write.")
    ] = "recipe.yaml",  # type: ignore[assignment]  # the parser makes a path of it
    model: Annotated[
        str | None,
        typer.Option(
            help="A Hub id, a local folder, a GGUF file, or embedded.", show_default="embedded"
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="A Hub id, a folder, a file of problems, or builtin.", show_default="builtin"
        ),
    ] = None,
    hardware: Annotated[
        str | None,
        typer.Option(
            metavar="GPU",
            help="here, or the name of the GPU that it will run on.",
            show_default="here",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="What the run may take: a time (90 min, 2 h), money (5 USD), or none.",
            show_default="none",
        ),
    ] = None,
    price: Annotated[
        float | None,
        typer.Option(help="Of an hour, in the budget's currency.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Write a first recipe: what has to be set, and what is changed most often, explained.

    At a terminal it asks for what no option says. Its sizes are chosen so that a plan fits the
    hardware and the budget.
    """
    from netgain.api.first_recipe import refuse_present

    refuse_present(path)
    given = {"model": model, "data": data, "hardware": hardware, "budget": budget}
    asks = sys.stdin.isatty() and not yes
    answers = {
        name: words if words is not None else _ask(name) if asks else QUESTIONS[name][1]
        for name, words in given.items()
    }
    asked = {name for name, words in given.items() if words is None} if asks else None
    _write(path, answers, price, asked)


def _write(
    path: Path, answers: dict[str, str], price: float | None, asked: set[str] | None
) -> None:
    """Write it; at a terminal, what does not go together is asked again with the reason.

    Args:
        asked: what was asked for; None where nothing is.
    """
    from netgain.api.first_recipe import write_first

    while True:
        try:
            found = write_first(path, **answers, price=price)
            break
        except UsageError as error:
            if asked is None:
                raise
            if error.argument == "price" and price is None:
                price = float(_ask("price"))
            elif error.argument in asked:
                _say(error)
                answers[error.argument] = _ask(error.argument)
            else:
                raise
    print(found.path)
    for line in (*found.told, f"Next: {found.following}"):
        print(terminal_safe(line))


def _ask(name: str) -> str:
    """One answer that can be used."""
    from netgain.api.first_recipe import this_machine

    question, otherwise = QUESTIONS[name]
    if name == "hardware":
        question = question.replace("{here}", this_machine())
    while True:
        words: str = typer.prompt(question, default=otherwise or None, err=True).strip()
        try:
            _checks()[name](words)
            return words
        except NetgainError as error:
            _say(error)


def _say(error: NetgainError) -> None:
    said = error.why if isinstance(error, UsageError) else str(error)
    print(terminal_safe(said), file=sys.stderr)


def _checks() -> Mapping[str, Callable[[str], object]]:
    from netgain.api import first_recipe as first

    return {
        "model": first.refuse_model, "data": first.refuse_data, "hardware": first.gpu_elsewhere,
        "budget": first.read_budget, "price": first.refuse_price,
    }  # fmt: skip
