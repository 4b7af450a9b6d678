"""A leaderboard in, its files out: leaderboard.html, .md with its charts, and .json.

Everything is rendered in memory first and then replaces the files, so that what fails leaves the
old ones as they were. The same leaderboard gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from netgain.errors import StorageError
from netgain.records import Leaderboard
from netgain.reporting import drawing, json_report, markdown_blocks
from netgain.reporting.drawing import Chart
from netgain.reporting.leaderboard import page
from netgain.reporting.leaderboard.charts import overlap_chart, ranking_chart
from netgain.reporting.leaderboard.cost import cost_chart
from netgain.reporting.leaderboard.curves import curve_charts, other_curve_charts
from netgain.reporting.leaderboard.parts import caveats, glossary, parts
from netgain.reporting.leaderboard.view import how_to_read, pairs_grid, rank_rows
from netgain.reporting.markdown_blocks import escaped
from netgain.reporting.parts import Grid
from netgain.reporting.writing import refuse_foreign, write_over

PAGE, MARKDOWN, RECORD = "leaderboard.html", "leaderboard.md", "leaderboard.json"


def drawn(board: Leaderboard) -> dict[str, Chart]:
    """Every chart for which there is data, by name, in reading order."""
    charts = [
        ranking_chart(board),
        overlap_chart(board),
        *(curve_charts(board) + other_curve_charts(board) if board.curves else ()),
        cost_chart(board),
    ]
    return {chart.name: chart for chart in charts if chart is not None}


# -- leaderboard.md ------------------------------------------------------------------------


def markdown(board: Leaderboard, charts: Mapping[str, Chart]) -> bytes:
    """leaderboard.md as bytes."""
    blocks = [*_opening(board), *_ranking(board, charts), *_parts(board, charts)]
    return ("\n\n".join(blocks) + "\n").encode()


def _opening(board: Leaderboard) -> Iterator[str]:
    yield f"# {escaped(board.title)}"
    yield f"**{escaped(board.sentence)}**"
    borne_in_mind = caveats(board)
    if borne_in_mind:
        yield "To be read with it:"
        yield markdown_blocks.bullets(borne_in_mind)


def _ranking(board: Leaderboard, charts: Mapping[str, Chart]) -> Iterator[str]:
    yield "## Ranking"
    yield from _figure(charts["ranking"])
    yield markdown_blocks.grid(
        ("#", "Model", "Accuracy", "Letters", "Open ranks", "Against the best", "Against its base"),
        [
            (
                row.place,
                escaped(f"{row.name} ({row.about})"),
                escaped(markdown_blocks.value_words(row.accuracy)),
                row.letters,
                row.ranks,
                escaped(row.to_best.words),
                escaped(row.to_base.words),
            )
            for row in rank_rows(board)
        ],
    )
    yield markdown_blocks.bullets(how_to_read(board))
    yield "## All pairs"
    yield from _grid(pairs_grid(board))


def _parts(board: Leaderboard, charts: Mapping[str, Chart]) -> Iterator[str]:
    for part in parts(board, list(charts)):
        yield f"## {escaped(part.title)}"
        yield from map(escaped, part.paragraphs)
        for name in part.charts:
            yield f"### {escaped(charts[name].title)}"
            yield from _figure(charts[name])
        for grid in (*part.grids, *part.folded):
            yield from _grid(grid)
        if part.bullets:
            yield markdown_blocks.bullets(part.bullets)
    yield "## Glossary"
    yield "\n".join(f"- **{escaped(term)}**: {escaped(said)}" for term, said in glossary())


def _grid(grid: Grid) -> Iterator[str]:
    yield f"{escaped(grid.caption)}:"
    rows = [[*map(escaped, row)] for row in grid.rows]
    yield markdown_blocks.grid([*map(escaped, grid.columns)], rows)


def _figure(chart: Chart) -> Iterator[str]:
    yield f"![{escaped(chart.alt)}]({chart_file(chart.name)})"
    yield escaped(chart.caption)


def chart_file(name: str) -> str:
    """The name of a chart's file beside leaderboard.md."""
    return f"chart-{name}.svg"


# -- writing -------------------------------------------------------------------------------


def write_leaderboard(board: Leaderboard, folder: Path) -> list[Path]:
    """Write all files into `folder`; the page comes first in the list.

    A chart that an earlier leaderboard wrote is removed where the new one has none of its kind.

    Raises:
        StorageError: the folder holds something else, or cannot be written; nothing is touched.
    """
    refuse_foreign(folder, RECORD)
    charts = drawn(board)
    contents = {
        PAGE: page.render(board, charts),
        MARKDOWN: markdown(board, charts),
        **{chart_file(name): drawing.svg_file(chart) for name, chart in charts.items()},
        RECORD: json_report.encoded(board),
    }
    try:
        return write_over(folder, contents)
    except OSError as error:
        raise StorageError(
            f"the leaderboard could not be written to {folder}: {error.strerror or error}. "
            "Free some space, raise a limit on the size of files (ulimit -f) or choose another "
            "place with --out."
        ) from error
