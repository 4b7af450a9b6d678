"""`netgain`: the entry point. The only place that catches netgain's errors."""

import errno
import inspect
import io
import logging
import os
import re
import signal
import sys
import threading
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from netgain import __version__
from netgain.cli import (
    analyse_command,
    audit_command,
    benchmark_engine_command,
    compare_command,
    diagnose_command,
    evaluate_command,
    export_command,
    grade_command,
    import_command,
    init_command,
    plan_command,
    push_command,
    report_command,
    run_command,
    sweep_command,
    view_command,
)
from netgain.cli.doors import DOORS
from netgain.cli.output import ClosedOutput, Command
from netgain.errors import NetgainError

EPILOG = (
    "Examples:  netgain plan recipes/gsm8k.yaml  ·  netgain run recipes/gsm8k.yaml  ·  "
    "netgain run recipes/gsm8k.yaml --set train.epochs=1 --set data.limit=200"
)


STOPPED = "stopped; give the same command again and it goes on from here"
CLOSED_PIPE = 141  # as a shell reports SIGPIPE
UNWRITABLE = {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF}
INTERRUPTED = {130, 143}  # Ctrl-C, as typer returns it, and SIGTERM


class NoSuchCommand(NetgainError):
    exit_code = 2


class SortedCommands(TyperGroup):
    """Commands listed by name; those that people try are answered."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command; one that there is not is told what does it, where that is known."""
        if args and args[0] in DOORS and args[0] not in self.commands:
            raise NoSuchCommand(f"there is no `netgain {args[0]}`: {DOORS[args[0]]}")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=SortedCommands,
    help="Fine-tune a small language model on reasoning problems and find out, honestly, what "
    "was gained.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: tuple[tuple[str, Any, str], ...] = (
    ("run", run_command.run, run_command.EPILOG),
    ("train", run_command.train, run_command.TRAIN_EPILOG),
    ("sweep", sweep_command.sweep, sweep_command.EPILOG),
    ("init", init_command.init, init_command.EPILOG),
    ("plan", plan_command.plan, plan_command.EPILOG),
    ("evaluate", evaluate_command.evaluate, evaluate_command.EPILOG),
    ("export", export_command.export, export_command.EPILOG),
    ("push", push_command.push, push_command.EPILOG),
    ("grade", grade_command.grade, grade_command.EPILOG),
    ("diagnose", diagnose_command.diagnose, diagnose_command.EPILOG),
    ("compare", compare_command.compare, compare_command.EPILOG),
    ("analyse", analyse_command.analyse, analyse_command.EPILOG),
    ("import", import_command.import_results, import_command.EPILOG),
    ("audit", audit_command.audit, audit_command.EPILOG),
    ("report", report_command.report, report_command.EPILOG),
    ("view", view_command.view, view_command.EPILOG),
    (
        "benchmark-engine",
        benchmark_engine_command.benchmark_engine,
        benchmark_engine_command.EPILOG,
    ),
)
for name, function, epilog in COMMANDS:
    # Lines of a paragraph are joined, or each would begin a line of its own on the screen.
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(function) or "")
    app.command(name, cls=Command, epilog=epilog, help=text)(function)


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
    Console.on_broken_pipe = _closed  # type: ignore[method-assign,assignment]  # it would end with code 1
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _interrupted)
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
    except (BrokenPipeError, ClosedOutput):
        _to_nowhere()
        sys.exit(CLOSED_PIPE)
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            _unexpected(error)
        _to_nowhere()
        _fail(f"standard output cannot be written ({error.strerror})", 1)
    except Exception as error:
        _unexpected(error)


def _closed(_: Console) -> NoReturn:
    raise ClosedOutput


def _interrupted(number: int, frame: Any) -> None:
    """Ctrl-C: the first ends in order, a second one at once and without a word of Python's."""
    signal.signal(signal.SIGINT, _at_once)
    raise KeyboardInterrupt


def _at_once(number: int, frame: Any) -> None:
    os.write(2, f"\nnetgain: {STOPPED}\n".encode())
    os._exit(130)


def _to_nowhere() -> None:
    """What is left for standard output is thrown away, also at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
