"""`netgain analyse`: two models' answers from any tool, compared, diagnosed and reported."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import ColumnOption, JsonOption, path_named, show

EPILOG = (
    "Examples:  netgain analyse base-output tuned-output  ·  netgain analyse base.eval "
    "samples_gsm8k.jsonl --out compared  ·  netgain analyse imported"
)


def analyse(
    base: Annotated[
        Path,
        typer.Argument(
            parser=path_named,
            metavar="BASE",
            help="A file or folder of answers of any tool, a run directory, or an evaluation.",
            show_default=False,
        ),
    ],
    tuned: Annotated[
        Path | None,
        typer.Argument(
            parser=path_named,
            metavar="TUNED",
            help="The same of the other model; not needed where BASE holds both.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", parser=path_named, metavar="DIR", help="The report's folder."),
    ] = Path("analysis"),
    data: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="FILE",
            help="Problems with right answers, for answers that have none.",
            show_default=False,
        ),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Which of several tasks.", show_default=False)
    ] = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: JsonOption = False,
) -> None:
    """Compare, diagnose and report two models' answers, whatever tools they come from.

    Problems are paired by id and question; those without a partner are counted and listed. Both
    models are graded by netgain's graders, beside the tool's own. What else than the model
    differed is told first.
    """
    found = netgain.analyse(base, tuned, out=out, data=data, task=task, columns=column)
    show(found, as_json)
    if found.left_out:
        raise typer.Exit(1)
