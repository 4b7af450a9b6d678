"""How far a run is: one line a stage, live on a terminal, now and then in a log."""

from __future__ import annotations

import logging
import sys
import time

from rich.console import Console
from rich.text import Text

from netgain.wording import duration, terminal_safe

NAMES = {
    "data": "data", "prompt": "prompt", "train": "train", "base": "evaluate base",
    "tuned": "evaluate tuned", "extras": "extras", "report": "report", "evaluate": "evaluate",
}  # fmt: skip
UNITS = {
    "prompt": "problem", "train": "step", "base": "problem", "tuned": "problem",
    "extras": "problem", "evaluate": "problem",
}  # fmt: skip
WARMS_UP = {"train"}  # its first unit takes longer than the others, and tells nothing of them
# Problems are answered many at a time, so the few that end first tell of nothing but themselves.
TELLING = 0.05  # of what is to be done, before a pace is told
QUIET_SECONDS = 20  # between lines where the output is no terminal


class Display(logging.Handler):
    """Prints progress and netgain's log messages to standard error."""

    def __init__(self, quiet: bool = False) -> None:
        super().__init__(logging.WARNING if quiet else logging.INFO)
        self.quiet = quiet
        self.console = Console(stderr=True, highlight=False)
        # A terminal's lines are as wide as it is; a file's or a pipe's are not wrapped at all.
        self.console.soft_wrap = not self.console.is_terminal
        self.stage = ""
        self.counting = ("", 0)
        self.began = (0.0, 0)  # when units were first counted, and how many were done then
        self.warm = True
        self.last = 0
        self.printed = 0.0
        self.open_line = False

    def __enter__(self) -> Display:
        logger = logging.getLogger("netgain")
        self.before = logger.level, logger.propagate
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._close_line()
        logger = logging.getLogger("netgain")
        logger.removeHandler(self)
        logger.level, logger.propagate = self.before

    def emit(self, record: logging.LogRecord) -> None:
        self._close_line()
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        self.console.print(Text(terminal_safe(record.getMessage()), style=style))

    def progress(self, stage: str, done: int, total: int, note: str) -> None:
        """A stage's news: units done of total, and a word on it."""
        if self.quiet:
            return
        now = time.monotonic()
        if stage != self.stage:
            self._close_line()
            self.stage, self.printed = stage, 0.0
        # The units became known, or those of the next part are counted: here the rate begins.
        if (stage, total) != self.counting or done < self.last:
            self.counting, self.began = (stage, total), (now, done)
            self.warm = stage not in WARMS_UP
        elif not self.warm and done > self.began[1]:
            self.began, self.warm = (now, done), True
        self.last = done
        line = f"{NAMES.get(stage, stage):<15} {done:>6}/{total:<6} {terminal_safe(note)}"
        line += self._pace(stage, now, done, total)
        finished = done >= total
        if self.console.is_terminal:
            sys.stderr.write(f"\r\x1b[2K{line[: max(20, self.console.width - 1)]}")
            sys.stderr.flush()
            self.open_line = True
        elif finished or now - self.printed >= QUIET_SECONDS:
            print(line, file=sys.stderr, flush=True)
            self.printed = now

    def _pace(self, stage: str, now: float, done: int, total: int) -> str:
        """How fast, and how long it still takes; what a resumed run had before is left out."""
        since, at = self.began
        if stage not in UNITS or done <= at or now <= since:
            return ""
        if stage not in WARMS_UP and done - at < TELLING * (total - at):
            return ""
        rate, unit = (done - at) / (now - since), UNITS[stage]
        pace = f"{rate:.{0 if rate >= 10 else 1}f} {unit}s/s"
        if rate < 1:
            pace = f"{duration(1 / rate)} a {unit}"
        left = f", {duration(round((total - done) / rate))} left" if done < total else ""
        return f", {pace}{left}"

    def _close_line(self) -> None:
        if self.open_line:
            sys.stderr.write("\n")
            self.open_line = False
