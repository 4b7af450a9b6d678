"""`netgain compare`: two or more models on the same problems, from files or run directories."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import ColumnOption, JsonOption, input_path, show_rows

EPILOG = (
    "Examples:  netgain compare old.jsonl new.jsonl  ·  netgain compare runs/a runs/b --json  ·  "
    "netgain compare runs/a/evaluations/base runs/a runs/b runs/c --seeds  ·  "
    "netgain compare new.jsonl --published Qwen2-0.5B-Instruct"
)


def points(word: str | float) -> float:
    """A number of percentage points.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return float(word)
    except ValueError:
        raise typer.BadParameter(f"{word!r:.60} is no number of points (0.01 to 99)") from None


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(
            parser=input_path,
            metavar="PATHS",
            help="Files of answers (JSONL or Parquet; one may hold several models; - is standard "
            "input), run directories, or evaluations in them. The first is the one compared with.",
            show_default=False,
        ),
    ],
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: JsonOption = False,
    margin: Annotated[
        float | None,
        typer.Option(
            parser=points,
            metavar="POINTS",
            help="Ask whether a loss of so many points (0.01 to 99) or more is ruled out.",
        ),
    ] = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="All but the first are seeds of one recipe.")
    ] = False,
    published: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Set each beside the published GSM8K score of MODEL."),
    ] = None,
) -> None:
    """Compare models on the same problems: who is better, and is it more than chance.

    A row without a completion is a wrong answer. Rows that cannot be used are listed, left out and
    counted; the exit code is then 1.
    """
    found = netgain.compare(*paths, margin=margin, seeds=seeds, published=published, columns=column)
    show_rows(found, None, as_json)
