"""`netgain`: the entry point. The only place that catches netgain's errors."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from netgain import __version__
from netgain.cli import (
    audit_command,
    benchmark_engine_command,
    compare_command,
    diagnose_command,
    evaluate_command,
    grade_command,
    plan_command,
    report_command,
    run_command,
    view_command,
)
from netgain.errors import NetgainError

EPILOG = (
    "Examples:  netgain plan recipes/gsm8k.yaml  ·  netgain run recipes/gsm8k.yaml  ·  "
    "netgain run recipes/gsm8k.yaml --set train.epochs=1 --set data.limit=200"
)


STOPPED = "stopped; give the same command again and it goes on from here"
UNWRITABLE = {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF}
INTERRUPTED = {130, 143}  # Ctrl-C, as typer returns it, and SIGTERM


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
app.command("audit", epilog=audit_command.EPILOG)(audit_command.audit)
app.command("evaluate", epilog=evaluate_command.EPILOG)(evaluate_command.evaluate)
app.command("benchmark-engine", epilog=benchmark_engine_command.EPILOG)(
    benchmark_engine_command.benchmark_engine
)
app.command("plan", epilog=plan_command.EPILOG)(plan_command.plan)
app.command("grade", epilog=grade_command.EPILOG)(grade_command.grade)
app.command("report", epilog=report_command.EPILOG)(report_command.report)
app.command("compare", epilog=compare_command.EPILOG)(compare_command.compare)
app.command("view", epilog=view_command.EPILOG)(view_command.view)
app.command("diagnose", epilog=diagnose_command.EPILOG)(diagnose_command.diagnose)


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
    # Offline it tells of every retry before the one line that we have on it.
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without a sign shows "?" for it
            stream.reconfigure(errors="replace")
    _refuse_closed_output()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # here, where a failure can still be told
    except NetgainError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(STOPPED, 130)
    except SystemExit as end:
        if end.code in INTERRUPTED:
            _fail(STOPPED, int(end.code))
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            _unexpected(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
        _fail(f"standard output cannot be written ({error.strerror})", 1)
    except Exception as error:
        _unexpected(error)


def _refuse_closed_output() -> None:
    """Without standard output the first file that is opened would take its place."""
    missing = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in missing:
        found = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
        setattr(sys, name, os.fdopen(found, "r" if name == "stdin" else "w"))
    if "stdout" in missing:
        _fail("standard output is closed; leave it open, or redirect it (> FILE, > /dev/null)", 1)


def _unexpected(error: Exception) -> NoReturn:
    """A fault of ours: one line here, the rest in the run's log."""
    if os.environ.get("NETGAIN_DEBUG"):
        raise error
    first = (str(error).strip().splitlines() or [""])[0]
    _fail(
        f"unexpected {type(error).__name__}: {first} (a fault of netgain; NETGAIN_DEBUG=1 "
        "shows where, please report it)",
        70,
    )


def _fail(message: str, code: int) -> NoReturn:
    from netgain.wording import terminal_safe

    logging.getLogger("netgain").debug("ended with: %s", message)
    print(f"netgain: {terminal_safe(message)}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
