"""What every command shares: names of files, results printed, what ends a command."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from netgain.errors import UsageError
from netgain.wording import terminal_safe

if TYPE_CHECKING:
    from netgain.api.shown import Shown

# What an argument of a function is called on the command line, where it has another name.
ALSO = {"answers": {"file", "paths"}, "format": {"as_"}, "changes": {"set_"}, "set": {"set_"}}


class ClosedOutput(Exception):
    """Whoever read standard output is gone. Typer would end with code 1 on the error itself."""


class Command(TyperCommand):
    """A command that shows the public function's refusal of an argument as one of its option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            found: list[str] = super().parse_args(ctx, args)
            return found
        except typer.BadParameter:
            raise
        except Exception as error:
            option = getattr(error, "option_name", None)
            if option is None or "set_" not in {p.name for p in self.params}:
                raise
            from netgain.api.recipes import set_instead

            why = set_instead(option)
            if not why:
                raise
            raise typer.BadParameter(f"there is no such option; {why}", ctx, None, option) from None

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ClosedOutput from error
        except UsageError as error:
            names = {error.argument, *ALSO.get(error.argument, ())}
            param: Any = next((p for p in self.params if p.name in names), None)
            if param is None:
                raise
            why = re.sub(r"`(\w+)`", lambda m: f"--{m[1].replace('_', '-')}", error.why)
            raise typer.BadParameter(why, ctx=ctx, param=param) from error


def input_path(name: str) -> Path:
    """The file that a word of the command line names; `-` is standard input.

    Raises:
        typer.BadParameter: the word is empty.
    """
    return Path("/dev/stdin") if name == "-" else path_named(name)


def path_named(name: str | Path) -> Path:
    """The same for a file to write, where `-` stays what it is, or a folder.

    Raises:
        typer.BadParameter: the word is empty.
    """
    if isinstance(name, Path):  # a default
        return name
    if not name.strip():
        raise typer.BadParameter("the name is empty; name a file or a folder")
    return Path(name)


ColumnOption = Annotated[
    list[str],
    typer.Option(
        "--column",
        metavar="COLUMN=NAME",
        help="Where a column stands that has another name, also inside another one: "
        "completion=model_output, completion=output.text. As often as needed.",
        show_default=False,
    ),
]
WIDE = 1000  # characters
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def show(result: Shown, as_json: bool = False, aside: bool = False) -> None:
    """Print a result: its remarks on standard error, the rest on standard output (or `aside`)."""
    from rich.console import Console

    from netgain.api.shown import print_parts

    for remark in result.remarks():
        tell(remark)
    if as_json:
        print(json.dumps(result.plain(), indent=2), file=sys.stderr if aside else sys.stdout)
    else:
        console = Console(highlight=False, stderr=aside)
        # A file's lines are as long as they are: nobody can make it wider.
        print_parts(result.parts(), console, None if console.is_terminal else WIDE)


def show_rows(result: Any, out: Path | None, as_json: bool) -> None:
    """The same of a result that was made from rows; ends with code 1 where some were left out."""
    from netgain.api.answer_rows import is_stdout

    aside = out is not None and is_stdout(out)
    show(result, as_json, aside)
    if out is not None and not aside:
        tell(f"{result.rows:,} row{'s'[: result.rows != 1]} written to {out}")
    if result.bad_rows:
        raise typer.Exit(1)


def tell(words: str) -> None:
    """A line on standard error."""
    print(f"netgain: {terminal_safe(words)}", file=sys.stderr)


def stops_on_sigterm() -> None:
    """Have SIGTERM end this process as Ctrl-C does: files are closed, and the way on is told."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would cut off what closes files
    sys.exit(128 + number)
