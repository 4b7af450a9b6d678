"""`netgain`: the entry point. The only place that catches netgain's errors."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from netgain import __version__
from netgain.cli import plan_command, run_command
from netgain.errors import NetgainError

EPILOG = (
    "Examples:  netgain plan recipes/gsm8k.yaml  ·  netgain run recipes/gsm8k.yaml  ·  "
    "netgain run recipes/gsm8k.yaml --set train.epochs=1 --set data.limit=200"
)


STOPPED = "stopped; give the same command again and it goes on from here"


class SortedCommands(TyperGroup):
    """Commands listed by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx))


app = typer.Typer(
    cls=SortedCommands,
    help="Fine-tune a small language model on reasoning problems and find out, honestly, what "
    "was gained.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run", epilog=run_command.EPILOG)(run_command.run)
app.command("plan", epilog=plan_command.EPILOG)(plan_command.plan)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"netgain {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors of ours become one clear message and a non-zero exit."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app()
    except NetgainError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(STOPPED, 130)
    except SystemExit as end:  # what typer makes of Ctrl-C
        if end.code == 130:
            _fail(STOPPED, 130)
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:  # a fault of ours: one line here, the rest in the run's log
        if os.environ.get("NETGAIN_DEBUG"):
            raise
        first = (str(error).strip().splitlines() or [""])[0]
        _fail(
            f"unexpected {type(error).__name__}: {first} (a fault of netgain; NETGAIN_DEBUG=1 "
            "shows where, please report it)",
            70,
        )


def _fail(message: str, code: int) -> None:
    from netgain.wording import terminal_safe

    logging.getLogger("netgain").debug("ended with: %s", message)
    print(f"netgain: {terminal_safe(message)}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
