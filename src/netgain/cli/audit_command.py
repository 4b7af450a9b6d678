"""`netgain audit`: a written report, checked by its own numbers and by a run's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from netgain.audit import AuditResult
    from netgain.records import Findings

EPILOG = (
    "Examples:  netgain audit REPORT.md --run runs/demo-1a2b3c4d  ·  netgain audit REPORT.md --json"
    "  ·  Exit codes: 0 nothing contradicted, 1 something is, 2 a file cannot be read."
)


def audit(
    report: Annotated[
        Path,
        typer.Argument(
            help="A report: Markdown, plain text, HTML, LaTeX or a notebook.",
            exists=True, dir_okay=False, readable=True, show_default=False,
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(help="The run directory it speaks of.", exists=True, file_okay=False,
                     show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Show also what is supported, and each number's source.")
    ] = False,
) -> None:  # fmt: skip
    """Check a report by its own numbers and by a run's: what is contradicted, what is not shown."""
    import json

    from netgain.audit import audit as judge

    result = judge(_read(report), _findings(run))
    if as_json:
        print(json.dumps(result.plain(), indent=2, ensure_ascii=True))
    else:
        _show(result, all_)
    if result.counts["contradicted"]:
        raise typer.Exit(1)


def _read(report: Path) -> str:
    """The report's text; an oversized one is a mistake in the call."""
    from netgain.audit import MAX_CHARACTERS
    from netgain.plain_files import open_input

    try:
        with open_input(report) as file:
            text = file.read(4 * MAX_CHARACTERS + 1).decode("utf-8", errors="replace")
    except (OSError, ValueError) as error:
        why = f"cannot be read ({error.strerror})" if isinstance(error, OSError) else error
        raise typer.BadParameter(f"{report} {why}", param_hint="REPORT") from error
    if len(text) > MAX_CHARACTERS:
        raise typer.BadParameter(
            f"{report} has more than {MAX_CHARACTERS:,} characters, and more are not read",
            param_hint="REPORT",
        )
    # A check that read nothing must not end as one that found nothing.
    if "\0" in text or not text.strip():
        what = "is no text" if text.strip() else "is empty"
        raise typer.BadParameter(
            f"{report} {what}; give a report in Markdown, plain text or HTML", param_hint="REPORT"
        )
    return text


def _findings(run: Path | None) -> Findings | None:
    """The run's findings. One that cannot be read must not look like a contradicted claim."""
    from netgain.errors import NetgainError
    from netgain.pipeline.judging import findings_of
    from netgain.store import RunDirectory

    if run is None:
        return None
    try:
        return findings_of(RunDirectory(run))
    except NetgainError as error:
        raise typer.BadParameter(str(error), param_hint="--run") from error


def _show(result: AuditResult, everything: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from netgain.wording import one_line

    console = Console(highlight=False, soft_wrap=True)
    styles = {"contradicted": "bold red", "ill-defined": "bold yellow", "unsupported": "yellow",
              "supported": "green"}  # fmt: skip
    for claim in result.claims:
        if everything or claim.mark != "supported":
            figure = f": {claim.figure}" if claim.figure else ""
            head = f"line {claim.line}, {claim.mark} ({claim.kind}{figure})"
            console.print(Text(head, style=styles[claim.mark]))
            console.print(Text(f"  “{claim.quote}”"))
            console.print(Text(f"  {claim.reason}.\n"))
    for source in result.figures if everything else ():
        name = source.name or "not named"
        came = source.source or "not known"
        console.print(Text(one_line(f"line {source.line}: {source.figure} ({name}): {came}")))
    for line in _summary(result):
        console.print(Text(line))


def _summary(result: AuditResult) -> list[str]:
    counts = ", ".join(f"{count} {mark}" for mark, count in result.counts.items())
    n, read = len(result.claims), len(result.figures)
    lines = [
        f"{read} number{'s'[: read != 1]} read, {n} statement{'s'[: n != 1]} checked: {counts}."
    ]
    if not result.against_run:
        lines.append("No run was given: the text was checked by itself (--run RUN_DIR).")
    return lines + [f"{remark}." for remark in result.remarks]
