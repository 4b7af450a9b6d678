"""A leaderboard in, its files out: leaderboard.html, .md with its charts, and .json.

Everything is rendered in memory first and then replaces the files, so that what fails leaves the
old ones as they were. The same leaderboard gives the same bytes.
"""

from pathlib import Path

from netgain.errors import StorageError
from netgain.records import Leaderboard
from netgain.reporting import drawing, json_report, markdown
from netgain.reporting.drawing import Chart
from netgain.reporting.leaderboard.board_charts import ranking_chart
from netgain.reporting.leaderboard.board_curves import curve_charts
from netgain.reporting.leaderboard.board_document import board_document
from netgain.reporting.page import page
from netgain.reporting.writing import refuse_foreign, write_over

PAGE, MARKDOWN, RECORD = "leaderboard.html", "leaderboard.md", "leaderboard.json"


def drawn(board: Leaderboard) -> dict[str, Chart]:
    """Every chart for which there is data, by name, in reading order."""
    charts = [ranking_chart(board), *(curve_charts(board) if board.curves else ())]
    return {chart.name: chart for chart in charts}


# -- writing -------------------------------------------------------------------------------


def write_leaderboard(board: Leaderboard, folder: Path) -> list[Path]:
    """Write all files into `folder`; the page comes first in the list.

    A chart that an earlier leaderboard wrote is removed where the new one has none of its kind.

    Raises:
        StorageError: the folder holds something else, or cannot be written; nothing is touched.
    """
    refuse_foreign(folder, RECORD)
    charts = drawn(board)
    made = board_document(board, charts)
    contents = {
        PAGE: page(
            "report.html.j2",
            {"doc": made, "charts": tuple(charts.values()), "maker": "leaderboard"},
            ("leaderboard.css",), charts=True,
        ),
        MARKDOWN: markdown.rendered(made),
        **{markdown.chart_file(name): drawing.svg_file(chart) for name, chart in charts.items()},
        RECORD: json_report.encoded(board),
    }  # fmt: skip
    try:
        return write_over(folder, contents)
    except OSError as error:
        raise StorageError(
            f"the leaderboard could not be written to {folder}: {error.strerror or error}. "
            "Free some space, raise a limit on the size of files (ulimit -f) or choose another "
            "place with --out."
        ) from error
