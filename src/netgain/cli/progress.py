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
    "data": "data", "train": "train", "base": "evaluate base", "tuned": "evaluate tuned",
    "report": "report",
}  # fmt: skip
QUIET_SECONDS = 20  # between lines where the output is no terminal


class Display(logging.Handler):
    """Prints progress and netgain's log messages to standard error."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.console = Console(stderr=True, highlight=False)
        self.stage = ""
        self.began = (0.0, 0)  # when this stage was first seen moving, and how far it was then
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
            self.stage, self.began, self.printed = stage, (now, done), 0.0
        line = f"{NAMES[stage]:<15} {done:>6}/{total:<6} {terminal_safe(note)}"
        left = self._left(now, done, total)
        if left is not None:
            line += f", {duration(left)} left"
        finished = done >= total
        if self.console.is_terminal:
            sys.stderr.write(f"\r\x1b[2K{line[: max(20, self.console.width - 1)]}")
            sys.stderr.flush()
            self.open_line = True
        elif finished or now - self.printed >= QUIET_SECONDS:
            print(line, file=sys.stderr, flush=True)
            self.printed = now

    def _left(self, now: float, done: int, total: int) -> float | None:
        """Seconds left at the rate of this process's own work."""
        since, at = self.began
        if done <= at or done >= total:
            return None
        return round((now - since) / (done - at) * (total - done))

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
