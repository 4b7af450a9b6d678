"""Findings in, report files out. The room computes nothing but layout.

`write_reports` renders everything in memory first and then replaces the files, so that a report
that fails leaves the old one as it was. The same findings give the same bytes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from netgain.errors import StorageError
from netgain.records import Findings
from netgain.reporting import drawing, html, json_report, markdown
from netgain.reporting.charts import CHARTS, drawable
from netgain.wording import estimate_words, metric_words, terminal_safe

__all__ = ["REPORTERS", "estimate_words", "metric_words", "terminal_safe", "write_reports"]

Reporter = Callable[[Findings], bytes]

REPORTERS: dict[str, Reporter] = {
    "report.json": json_report.render,
    "report.md": markdown.render,
    "report.html": html.render,
}


def write_reports(
    findings: Findings, folder: Path, reporters: Mapping[str, Reporter] = REPORTERS
) -> list[Path]:
    """Write every report, and the charts that report.md shows, into `folder`.

    Nothing is touched unless all of them can be rendered and stored. A chart left by an earlier
    report is removed where the new findings have none of its kind.
    """
    contents = {name: render(findings) for name, render in reporters.items()}
    for chart in drawable(findings):
        contents[markdown.chart_file(chart.name)] = drawing.svg_file(chart)
    try:
        _replace_all(folder, contents)
        for name in map(markdown.chart_file, CHARTS):
            if name not in contents:
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"the report could not be written to {folder}: {error.strerror or error}. "
            "Free some space or choose a folder that can be written, then report again."
        ) from error
    return [folder / name for name in contents]


def _replace_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Store all contents aside, then rename each into place."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = {folder / name: folder / f".{name}.{os.getpid()}.tmp" for name in contents}
    try:
        for (path, temporary), content in zip(aside.items(), contents.values(), strict=True):
            if path.is_dir():
                raise IsADirectoryError(f"{path} is a folder")
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, temporary in aside.items():
            temporary.replace(path)
    finally:
        for temporary in aside.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
