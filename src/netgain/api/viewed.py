"""`netgain.view`: every answer of a run in the browser, served on this machine alone."""

import sys
from contextlib import nullcontext
from pathlib import Path

from netgain.api.answer_rows import refuse_others
from netgain.api.arguments import refuse_outside
from netgain.errors import RunError
from netgain.viewing.in_browser import has_display, opened
from netgain.viewing.live import is_running
from netgain.viewing.opened import View, open_view
from netgain.viewing.server import Server


def view(run: str | Path, *, port: int = 0, open_page: bool = True) -> None:
    """Look through all answers of a run in the browser: search, filter, and read side by side.

    Serves until Ctrl-C. A run that goes on is shown live: its stage, its curves so far, its last
    answers and the time left.

    Args:
        run: a run directory, or what `evaluate` wrote.
        port: to listen on; 0 takes a free one.
        open_page: open it in the browser, where there is a screen.

    Raises:
        RunError: there is neither, or no answers yet.
        RunDamaged: a file is missing, changed or damaged.

    >>> import netgain
    >>> netgain.view("no-such-run")
    Traceback (most recent call last):
    netgain.errors.RunError: no-such-run is no folder; give the directory of a run, as under runs/
    """
    refuse_outside("port", port, 0, 65535)
    refuse_others(Path(run))
    told = _Told()
    shown: View | None
    try:
        going = Path(run) if is_running(Path(run)) else None
        try:
            shown = open_view(Path(run), told)
        except RunError:
            if going is None:
                raise
            shown = None  # no evaluation is finished yet
        finally:
            told.end()
        with Server(shown, port, going) as server:
            print(server.link, flush=True)
            print("Ctrl-C ends it.", file=sys.stderr, flush=True)
            with opened(server.link) if open_page and has_display() else nullcontext():
                server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


class _Told:
    """How far the reading is, on one line of a terminal."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()
        self.is_open = False

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.is_terminal:
            sys.stderr.write(f"\r\x1b[2Kreading {what}: {done:,} of {total:,}")
            sys.stderr.flush()
            self.is_open = True

    def end(self) -> None:
        if self.is_open:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
