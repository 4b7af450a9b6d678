"""`netgain.audit`: a written report, checked by its own numbers and by a run's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.api.shown import Line, Part, Shown
from netgain.audit import MAX_CHARACTERS, AuditResult
from netgain.audit import audit as check
from netgain.errors import NetgainError, UsageError
from netgain.pipeline.run_findings import findings_of
from netgain.plain_files import open_input
from netgain.store import RunDirectory
from netgain.wording import one_line

STYLES = {"contradicted": "bold red", "ill-defined": "bold yellow", "unsupported": "yellow",
          "supported": "green"}  # fmt: skip
NOT_FOUND = "nothing says where it is from"


@dataclass(frozen=True, repr=False)
class Audited(Shown):
    """What an audit found; `everything` shows also what is supported, and each number's source."""

    result: AuditResult
    everything: bool = False

    @property
    def contradicted(self) -> int:
        return self.result.counts["contradicted"]

    def parts(self) -> Iterator[Part]:
        for claim in self.result.claims:
            if self.everything or claim.mark != "supported":
                figure = f": {claim.figure}" if claim.figure else ""
                head = f"line {claim.line}, {claim.mark} ({claim.kind}{figure})"
                yield Line(head, STYLES[claim.mark], whole=True)
                yield Line(f"  “{claim.quote}”", whole=True)
                yield Line(f"  {claim.reason}.\n", whole=True)
        for source in self.result.figures if self.everything else ():
            name = f" ({source.name})" if source.name else ""
            came = source.source or NOT_FOUND
            yield Line(one_line(f"line {source.line}: {source.figure}{name}: {came}"), whole=True)
        yield from (Line(line, whole=True) for line in self._summary())

    def plain(self) -> dict[str, Any]:
        return self.result.plain()

    def _summary(self) -> Iterator[str]:
        result = self.result
        counts = ", ".join(f"{count} {mark}" for mark, count in result.counts.items())
        n, read = len(result.claims), len(result.figures)
        numbers, statements = f"number{'s'[: read != 1]}", f"statement{'s'[: n != 1]}"
        yield f"{read} {numbers} read, {n} {statements} checked: {counts}."
        if not result.against_run:
            yield "No run was given: the text was checked by itself (--run RUN_DIR)."
        yield from (f"{remark}." for remark in result.remarks)


def audit(
    report: str | Path, run: str | Path | None = None, *, everything: bool = False
) -> Audited:
    """Check a report by its own numbers and by a run's: what is contradicted, what is not shown.

    Args:
        report: a file, or the text itself (of several lines): Markdown, plain text, HTML, LaTeX or
            a notebook.
        run: the run directory that it speaks of.
        everything: show also what is supported, and where each number is from.

    Raises:
        UsageError: the report cannot be read, is no text, or too long; or the run cannot be read.

    >>> import netgain
    >>> found = netgain.audit("# Report\\n\\nThe model solved 90 of 200 problems (54.0%).\\n")
    >>> found.contradicted
    1
    >>> found
    line 3, contradicted (count and share: 54.0%)
      “The model solved 90 of 200 problems (54.0%).”
      90 of 200 is 45.0%, not 54.0%.
    ...
    """
    found = None
    text = _text(report)
    if run is not None:
        try:
            found = findings_of(RunDirectory(Path(run)))
        except NetgainError as error:  # must not look like a contradicted claim
            raise UsageError("run", str(error)) from error
    return Audited(check(text, found), everything)


def _text(report: str | Path) -> str:
    """The report's text.

    Raises:
        UsageError: it cannot be read, is no text, or too long.
    """
    if isinstance(report, str) and "\n" in report:
        text, name = report, "the text"
    else:
        text, name = _read(Path(report)), str(report)
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            "report", f"{name} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read"
        )
    # A check that read nothing must not end as one that found nothing.
    if "\0" in text or not text.strip():
        what = "is no text" if text.strip() else "is empty"
        raise UsageError("report", f"{name} {what}; give a report in Markdown, plain text or HTML")
    return text


def _read(report: Path) -> str:
    try:
        with open_input(report) as file:
            content = file.read(4 * MAX_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError("report", f"{report} cannot be read: {why}") from None
    if len(content) > 4 * MAX_CHARACTERS:
        raise UsageError(
            "report",
            f"{report} has more than {4 * MAX_CHARACTERS:,} bytes; at most {MAX_CHARACTERS:,} "
            "characters are read",
        )
    return content.decode("utf-8", errors="replace")
