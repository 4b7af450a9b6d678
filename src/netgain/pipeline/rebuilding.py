"""One run's report made anew, in its place or elsewhere."""

import os
import shlex
from dataclasses import replace
from pathlib import Path

from netgain.errors import RunError
from netgain.pipeline.run_entries import OF_A_RUN, is_ours, run_above
from netgain.pipeline.run_findings import findings_of
from netgain.records import Findings
from netgain.reporting import write_reports
from netgain.reporting.writing import refuse_foreign
from netgain.store import RunDirectory

RECORD = "report.json"


def rebuild(root: Path, out: Path | None = None) -> tuple[Findings, Path]:
    """Write a run's report from its records; returns them and the page.

    Args:
        out: where to write; None is the run's own place. The run itself is then not touched.

    Raises:
        RunError: the folder is no run, is damaged, or is in use.
        StorageError: `out` holds something else, or cannot be written.
    """
    refuse_no_run(root)
    directory = RunDirectory(root)
    if out is None:
        with directory.claimed():
            findings = findings_of(directory, keep=True)
            write_reports(findings, directory.report)
        return findings, directory.report / "report.html"
    refuse_foreign(out, RECORD)
    findings = findings_of(directory)
    if findings.samples is not None:
        place = os.path.relpath(directory.root / "evaluations", out)
        findings = replace(findings, samples=replace(findings.samples, folder=place))
    write_reports(findings, out)
    return findings, out / "report.html"


def refuse_no_run(root: Path) -> None:
    if any((root / name).is_file() for name in OF_A_RUN):
        return
    if is_ours(root):
        run = run_above(root)
        if run is not None:
            raise RunError(
                f"{root} is an evaluation inside the run {run}; report the run: "
                f"`netgain report {shlex.quote(str(run))}`"
            )
        raise RunError(
            f"{root} is an evaluation without a run, which has no report of its own; `netgain "
            "report` sets it beside others, and `netgain compare` and `netgain diagnose` read its "
            "answers.jsonl"
        )
    what = "is no run directory" if root.is_dir() else "is no folder"
    raise RunError(f"{root} {what}; give a directory that `netgain run` wrote")
