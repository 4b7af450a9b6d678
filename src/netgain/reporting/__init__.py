"""Findings in, report files out. The room computes nothing but layout.

`write_reports` renders everything in memory first and then replaces the files, so that a report
that fails leaves the old one as it was. The same findings give the same bytes.
"""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from netgain.errors import StorageError
from netgain.records import Findings
from netgain.reporting import (
    drawing,
    eval_results,
    html,
    json_report,
    markdown,
    model_card,
    summary_picture,
)
from netgain.reporting.charts import drawable
from netgain.reporting.writing import write_over
from netgain.wording import estimate_words, metric_words, terminal_safe

__all__ = ["REPORTERS", "estimate_words", "metric_words", "terminal_safe", "write_reports"]

Reporter = Callable[[Findings], bytes]

# What every report has. Charts, a model card and results for the Hub come where there is something
# to draw or to publish.
REPORTERS: dict[str, Reporter] = {
    "report.json": json_report.render,
    "report.md": markdown.render,
    "report.html": html.render,
}


def write_reports(
    findings: Findings, folder: Path, reporters: Mapping[str, Reporter] = REPORTERS
) -> list[Path]:
    """Write every report, the charts of report.md, and what is to be published, into `folder`.

    Nothing is touched unless all of them can be rendered and stored. What an earlier report left
    is removed where the new findings have none of its kind. A card, or results for the Hub, that
    somebody changed stay as they are, with the new ones beside them. See docs/report.md for the
    files.

    Returns:
        What was written.

    Raises:
        StorageError: a file cannot be written.
        ValueError: a figure stands where its kind would be misread.
    """
    contents = {name: render(findings) for name, render in reporters.items()}
    for chart in drawable(findings):
        contents[markdown.chart_file(chart.name)] = drawing.svg_file(chart)
    contents |= summary_picture.files(findings)
    published = model_card.card_files(findings) | eval_results.eval_result_files(findings)
    try:
        written = write_over(folder, contents | published, edited=published)
        with contextlib.suppress(OSError):  # there is none, or it holds something
            (folder / eval_results.FOLDER).rmdir()
    except OSError as error:
        raise StorageError(
            f"the report could not be written to {folder}: {error.strerror or error}. "
            "Free some space, raise a limit on the size of files (ulimit -f) or choose a folder "
            "that can be written, then report again."
        ) from error
    return written
