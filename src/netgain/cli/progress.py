"""How far a run is: one line a stage, live on a terminal, now and then in a log."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.text import Text

from netgain.wording import duration, terminal_safe

NAMES = {
    "data": "data", "prompt": "prompt", "train": "train", "base": "evaluate base",
    "tuned": "evaluate tuned", "extras": "extras", "report": "report", "evaluate": "evaluate",
}  # fmt: skip
UNITS = {
    "prompt": "problems", "train": "steps", "base": "problems", "tuned": "problems",
    "extras": "problems", "evaluate": "problems",
}  # fmt: skip
QUIET_SECONDS = 20  # between lines where the output is no terminal


class Display(logging.Handler):
    """Prints progress and netgain's log messages to standard error."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.console = Console(stderr=True, highlight=False)
        # A terminal's lines are as wide as it is; a file's or a pipe's are not wrapped at all.
        self.console.soft_wrap = not self.console.is_terminal
        self.stage = ""
        self.counting = ("", 0)
        self.began = (0.0, 0)  # when units were first counted, and how many were done then
        self.printed = 0.0
        self.open_line = False

    def __enter__(self) -> Display:
        logger = logging.getLogger("netgain")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_line()
        logging.getLogger("netgain").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._close_line()
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        self.console.print(Text(terminal_safe(record.getMessage()), style=style))

    def progress(self, stage: str, done: int, total: int, note: str) -> None:
        """A stage's news: units done of total, and a word on it."""
        now = time.monotonic()
        if stage != self.stage:
            self._close_line()
            self.stage, self.printed = stage, 0.0
        if (stage, total) != self.counting:  # the units became known: from here the rate counts
            self.counting, self.began = (stage, total), (now, done)
        line = f"{NAMES[stage]:<15} {done:>6}/{total:<6} {terminal_safe(note)}"
        rate = self._rate(now, done)
        if rate is not None and stage in UNITS:
            line += f", {rate:.0f}" if rate >= 10 else f", {rate:.2g}"
            line += f" {UNITS[stage]}/s"
            if done < total:
                line += f", {duration(round((total - done) / rate))} left"
        finished = done >= total
        if self.console.is_terminal:
            sys.stderr.write(f"\r\x1b[2K{line[: max(20, self.console.width - 1)]}")
            sys.stderr.flush()
            self.open_line = True
        elif finished or now - self.printed >= QUIET_SECONDS:
            print(line, file=sys.stderr, flush=True)
            self.printed = now

    def _rate(self, now: float, done: int) -> float | None:
        """Units a second since the first count; what a resumed run had before is left out."""
        since, at = self.began
        return (done - at) / (now - since) if done > at and now > since else None

    def _close_line(self) -> None:
        if self.open_line:
            sys.stderr.write("\n")
            self.open_line = False

    def finish(self, result: Path) -> None:
        """Say the verdict and where the report lies."""
        page = result.with_name("report.json") if result.name == "report.html" else None
        if page is not None and page.exists():
            self.console.print()
            verdict = json.loads(page.read_text(encoding="utf-8"))["verdict"]
            self.console.print(Text(terminal_safe(verdict), style="bold"))
        print(result)
