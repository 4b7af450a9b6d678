"""`netgain plan`: what a recipe would do, how long, with how much memory and money."""

from __future__ import annotations

import typer

from netgain.cli.run_command import RecipeArgument, SetOption

EPILOG = (
    "Examples:  netgain plan recipes/gsm8k.yaml  ·  "
    "netgain plan recipes/gsm8k.yaml --set train.epochs=1"
)


def plan(recipe: RecipeArgument, set_: SetOption = None) -> None:
    """Say what a recipe would do, how long, and what it would cost. Runs nothing."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from netgain.plan import make_plan
    from netgain.recipe import load_recipe
    from netgain.wording import capital, estimate_words, terminal_safe

    loaded = load_recipe(recipe, set_ or ())
    found = make_plan(loaded)
    console = Console(highlight=False)
    title = terminal_safe(f"{loaded.name}: {loaded.model.id} on {loaded.data.source}")
    console.print(Text(title, style="bold"))
    console.print(Text(f"on {terminal_safe(found.machine)}"))
    for name, how in (*found.conditions, ("run directory", f"runs/{loaded.run_name()}")):
        console.print(Text(f"{name}: {how}"))
    console.print()
    table = Table("stage", "what", "projected time", box=None, pad_edge=False)
    for name, what, metrics in found.stages:
        time = next((m for m in metrics if m.name == "time"), None)
        words = estimate_words(time.estimate, "s", "projected") if time else "seconds"
        table.add_row(name, what, words)
    console.print(table)
    console.print()
    for metric in found.totals:
        words = estimate_words(metric.estimate, metric.unit, "projected")
        console.print(Text(f"{capital(metric.name)}: {words}"))
    for remark in found.remarks:
        console.print(Text(f"({terminal_safe(remark)})", style="dim"))
    typer.echo("Nothing was run. The same recipe with `netgain run` does it.")
