"""`netgain plan`: what a recipe would do, how long, with how much memory and money."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netgain.cli.run_command import RecipeArgument, SetOption, stop

if TYPE_CHECKING:
    from netgain.records import Metric

EPILOG = (
    "Examples:  netgain plan recipes/gsm8k.yaml  ·  "
    "netgain plan recipes/gsm8k.yaml --set train.epochs=1  ·  "
    'netgain plan recipes/gsm8k.yaml --on "RTX 4090"'
)


def plan(
    recipe: RecipeArgument,
    set_: SetOption = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure/--no-measure",
            help="Try a few training steps and answers here, once for such a recipe: a minute or "
            "two. Without, the time is projected.",
        ),
    ] = True,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="GPU", help="Project for this GPU, which is not here.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The run directory. [default: runs/NAME-DIGEST]", show_default=False),
    ] = None,
) -> None:
    """Say what a recipe would do, how long, what it would cost, and what it can show.

    Trains nothing that is kept, and fetches nothing.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from netgain.plan import make_plan
    from netgain.recipe import load_recipe
    from netgain.wording import capital, terminal_safe

    signal.signal(signal.SIGTERM, stop)  # so that what was tried is cleared away
    loaded = load_recipe(recipe, set_ or ())
    root = out or Path("runs") / loaded.run_name()
    with _Status() as status:
        found = make_plan(loaded, measure, on, root, status.tell)
    console = Console(highlight=False)
    title = terminal_safe(f"{loaded.name}: {loaded.model.id} on {loaded.data.source}")
    console.print(Text(title, style="bold"))
    console.print(Text(f"on {terminal_safe(found.machine)}"))
    for name, how in (*found.conditions, ("run directory", str(root))):
        console.print(Text(terminal_safe(f"{name}: {how}")))
    console.print()
    how = "time" if found.measured else "projected time"
    table = Table("stage", "what", how, "memory", box=None, pad_edge=False)
    for name, what, metrics in found.stages:
        by_name = {metric.name: metric for metric in metrics}
        table.add_row(
            name, Text(terminal_safe(what)), _words(by_name.get("time"), "seconds"),
            _words(by_name.get("memory"), "").partition(" (")[0],
        )  # fmt: skip
    console.print(table)
    console.print()
    for metric in found.totals:
        console.print(Text(f"{capital(metric.name)}: {_words(metric, '')}"))
    console.print(Text(capital(found.shows)))
    for remark in found.remarks:
        console.print(Text(f"({terminal_safe(remark)})", style="dim"))
    typer.echo("No run was begun. The same recipe with `netgain run` does it.")


def _words(metric: Metric | None, otherwise: str) -> str:
    """A figure with its range."""
    from netgain.wording import quantity, value_words

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
    """Says what is being measured on standard error: one line that changes, or one line each."""

    def __enter__(self) -> _Status:
        import sys

        self.stream, self.said = sys.stderr, ""
        self.live = sys.stderr.isatty()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live and self.said:
            self.stream.write("\r\x1b[2K")
            self.stream.flush()

    def tell(self, words: str) -> None:
        kind = words.partition(",")[0]
        if self.live:
            self.stream.write(f"\r\x1b[2Kmeasuring: {words}")
        elif kind != self.said.partition(",")[0]:
            self.stream.write(
                f"measuring: {kind} (a minute or two, more on a busy machine; once for such a "
                "recipe)\n"
            )
        self.stream.flush()
        self.said = words
