"""`netgain.plan`: what a recipe would do, how long, with how much memory and money."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from netgain.api.beforehand import folder_of, sources
from netgain.api.recipes import AnyRecipe, Changes, recipe_of
from netgain.api.shown import Line, Part, Shown, Table
from netgain.plan import Plan, make_plan
from netgain.records import Metric
from netgain.reporting.json_report import plain
from netgain.wording import capital, duration, quantity, value_words

LIVE_SECONDS, QUIET_SECONDS = 2.0, 20.0  # between words, on a terminal and elsewhere
ENDS = "No run was begun. The same recipe with `netgain run` does it."


@dataclass(frozen=True, repr=False)
class Planned(Shown):
    """A plan; `title` says of what, `folder` is the run directory that it is for."""

    title: str
    found: Plan
    folder: Path

    def parts(self) -> Iterator[Part]:
        found = self.found
        yield Line(self.title, "bold")
        yield Line(f"on {found.machine}")
        for name, how in (*found.conditions, ("run directory", str(self.folder))):
            yield Line(f"{name}: {how}")
        yield Line()
        rows = []
        for name, what, metrics in found.stages:
            by_name = {metric.name: metric for metric in metrics}
            memory = _words(by_name.get("memory"), "").partition(" (")[0]
            rows.append((name, what, _words(by_name.get("time"), "seconds"), memory))
        how = "time" if found.measured else "projected time"
        yield Table(rows, ("stage", "what", how, "memory"))
        yield Line()
        for metric in found.totals:
            yield Line(f"{capital(metric.name)}: {_words(metric, '')}")
        yield Line(capital(found.shows))
        yield from (Line(f"({remark})", "dim") for remark in found.remarks)
        yield Line(ENDS)

    def plain(self) -> dict[str, Any]:
        return dict(plain(self.found))


def plan(
    recipe: AnyRecipe,
    changes: Changes = (),
    *,
    measure: bool = True,
    on: str | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
) -> Planned:
    """Say what a recipe would do, how long, what it would cost, and what it can show.

    Trains nothing that is kept, and fetches nothing.

    Args:
        recipe, changes: as `load_recipe` takes them.
        measure: try a few training steps and answers here, once for such a recipe: a minute or
            two. Without, the time is projected.
        on: project for this GPU, which is not here.
        out: the run directory; runs/NAME-DIGEST if not given.
        quiet: say nothing of what is being measured on standard error.

    Raises:
        NetgainError: what a run would be refused for.

    >>> import netgain
    >>> found = netgain.plan("recipe.yaml", measure=False)
    >>> [name for name, what, figures in found.found.stages]
    ['data', 'train', 'evaluate base', 'evaluate tuned', 'report']
    """
    loaded = recipe_of(recipe, changes, partial(sources, out=out))
    folder = folder_of(loaded, out)
    with _Status(quiet) as status:
        found = make_plan(loaded, measure, on, folder, status.tell)
    model = loaded.model.called(loaded.model.id)
    return Planned(f"{loaded.name}: {model} on {loaded.data.source}", found, folder)


def _words(metric: Metric | None, otherwise: str) -> str:
    """A figure with its range."""
    if metric is None:
        return otherwise
    value, interval = metric.estimate.value, metric.estimate.interval
    if not value or interval is None:
        return value_words(metric.estimate, metric.unit)
    low, high = (_rounded(x, metric.unit) for x in interval)
    middle = quantity(_rounded(value, metric.unit), metric.unit)
    return f"{middle} ({quantity(low, metric.unit)} to {quantity(high, metric.unit)})"


def _rounded(value: float, unit: str) -> float:
    """As exact as a plan is: whole seconds, tenths of a GiB."""
    if unit == "s":
        return float(round(value)) if value < 600 else 60.0 * round(value / 60)
    return round(value, 1) if unit == "GiB" else value


class _Status:
    """Says what is being done on standard error, every few seconds: one line that changes, or a
    line each where there is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self.quiet, self.live = quiet, sys.stderr.isatty()
        self.words, self.since, self.printed = "", 0.0, 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> _Status:
        if not self.quiet:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()
        if self.live and self.words:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def tell(self, words: str) -> None:
        if words.partition(",")[0] != self.words.partition(",")[0]:
            self.since, self.printed = time.monotonic(), 0.0
        self.words = words
        if not self.quiet:
            self._print()

    def _go_on(self) -> None:
        while not self.over.wait(LIVE_SECONDS):
            self._print()

    def _print(self) -> None:
        now = time.monotonic()
        if not self.words or (not self.live and now - self.printed < QUIET_SECONDS):
            return
        took = now - self.since
        line = self.words if took < 1 else f"{self.words}, {duration(round(took))} so far"
        sys.stderr.write(f"\r\x1b[2K{line}" if self.live else f"{line}\n")
        sys.stderr.flush()
        self.printed = now
