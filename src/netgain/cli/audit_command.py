"""`netgain audit`: the claims of a written report, held against a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from netgain.audit import AuditResult, Claim
    from netgain.records import Findings

EPILOG = (
    "Examples:  netgain audit REPORT.md --run runs/demo-1a2b3c4d  ·  netgain audit REPORT.md --json"
    "  ·  Exit codes: 0 nothing contradicted, 1 something is, 2 a file cannot be read."
)


def audit(
    report: Annotated[
        Path,
        typer.Argument(
            help="A report: Markdown, plain text or HTML.",
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
        bool, typer.Option("--all", help="Show also what is supported, or could not be checked.")
    ] = False,
) -> None:  # fmt: skip
    """Find a report's claims and say which of them a run supports, contradicts, or leaves open."""
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

    size = report.stat().st_size
    if size > 4 * MAX_CHARACTERS:
        raise typer.BadParameter(
            f"{report} has {size:,} bytes; at most {MAX_CHARACTERS:,} characters are read",
            param_hint="REPORT",
        )
    text = report.read_text(encoding="utf-8", errors="replace")
    if len(text) > MAX_CHARACTERS:
        raise typer.BadParameter(
            f"{report} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read",
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

    from netgain.audit import NO_RUN

    console = Console(highlight=False, soft_wrap=True)
    styles = {"contradicted": "bold red", "ill-defined": "bold yellow", "unsupported": "yellow",
              "supported": "green"}  # fmt: skip
    for claim in result.claims:
        if not everything and (claim.mark == "supported" or claim.reason == NO_RUN):
            continue
        console.print(Text(_headline(claim), style=styles[claim.mark]))
        console.print(Text(f"  “{claim.quote}”"))
        console.print(Text(f"  {claim.reason}."))
        if claim.wording:
            console.print(Text(f"  Better: {claim.wording}"))
        console.print()
    for line in _summary(result):
        console.print(Text(line))


def _headline(claim: Claim) -> str:
    figure = f": {claim.figure}" if claim.figure else ""
    return f"line {claim.line}, {claim.mark} ({claim.kind}{figure})"


def _summary(result: AuditResult) -> list[str]:
    counts = ", ".join(f"{count} {mark}" for mark, count in result.counts.items())
    n = len(result.claims)
    lines = [f"{n} claim{'s'[: n != 1]}: {counts}."]
    if not result.against_run:
        lines.append("No run was given: claims were judged by the text alone (--run RUN_DIR).")
    if result.unread:
        shown = ", ".join(map(str, result.unread[:20])) + (" …" if len(result.unread) > 20 else "")
        lines.append(f"Lines with numbers that no rule could read, not judged: {shown}.")
    return lines + [f"{remark}." for remark in result.remarks]
