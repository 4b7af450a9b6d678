"""What was measured beside the headline, as sections, and the curves of several samples drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netgain import wording
from netgain.records import (
    Findings,
    FurtherCell,
    FurtherCurve,
    FurtherResult,
    FurtherTable,
    Metric,
    PairedChange,
)
from netgain.reporting.drawing import BLUE, INK, VERMILION, Chart, Spec
from netgain.reporting.parts import Grid, Section, short_words

SAMPLES_CHART = "samples"
MEASURES = {"maj@k": ([1, 0], "circle"), "pass@k": ([4, 3], "triangle-up"),
            "greedy": ([1, 0], "diamond")}  # fmt: skip
MODELS = {"base": VERMILION, "tuned": BLUE}


def further_section(result: FurtherResult) -> Section:
    """One measurement: its sentences, tables, comparisons and caveats."""
    grids = [_grid(table) for table in result.tables]
    if result.changes:
        grids.append(_changes(result.changes))
    if result.figures:
        rows = tuple(
            (wording.capital(m.name), wording.estimate_words(m.estimate, m.unit))
            for m in result.figures
        )
        grids.append(Grid("Figures that the sentences rest on", ("Figure", "Value"), rows))
    return Section(
        name=f"further-{result.kind}",
        title=result.title,
        paragraphs=result.sentences,
        grids=tuple(grids),
        bullets=result.caveats,
        chart=SAMPLES_CHART if result.curves else "",
    )


def _grid(table: FurtherTable) -> Grid:
    kinds = dict.fromkeys(
        wording.KIND_WORDS[cell.kind]
        for row in table.rows
        for cell in row
        if isinstance(cell, Metric)
    )
    caption = f"{table.caption} ({', '.join(kinds)}; 95% CI)" if kinds else table.caption
    return Grid(caption, table.columns, tuple(tuple(map(_cell, row)) for row in table.rows))


def _cell(cell: FurtherCell) -> str:
    return short_words(cell) if isinstance(cell, Metric) else cell


def _changes(changes: Sequence[PairedChange]) -> Grid:
    return Grid(
        "Paired comparisons (95% CI; the verdict goes by Holm's p where there is one)",
        ("Compared", "n", "Won / lost", "Difference", "p", "p, Holm", "Verdict"),
        tuple(
            (
                f"{c.model}: {c.other} − {c.reference}"
                if c.model
                else f"{c.other} − {c.reference}",
                wording.integer(c.n),
                f"{wording.integer(c.won)} / {wording.integer(c.lost)}",
                short_words(c.difference),
                wording.probability(c.p_value),
                "" if c.adjusted_p is None else wording.probability(c.adjusted_p),
                c.verdict,
            )
            for c in changes
        ),
    )


# -- the chart -----------------------------------------------------------------------------


def samples_chart(findings: Findings) -> Chart | None:
    """maj@k and pass@k against the tokens they take, with greedy answers beside them."""
    curves = [c for result in findings.further for c in result.curves if c.points]
    if not curves:
        return None
    values = list(_values(curves))
    ends = "; ".join(
        f"{c.model} {c.measure.replace('@k', f'@{c.points[-1].k}')} "
        f"{wording.value_words(c.points[-1].figure.estimate, 'share')} at "
        f"{wording.number(c.points[-1].tokens, 3)} tokens"
        for c in curves
    )
    return Chart(
        name=SAMPLES_CHART,
        title="Right answers by the tokens spent on a problem",
        alt=f"Line chart of the share of problems answered right by generated tokens a problem: "
        f"{ends}.",
        caption="Generated answers. Each point is a number of samples k (1, 2, 4, …); bars are "
        "95% intervals for each point alone. pass@k is what a perfect chooser could reach, and no "
        "accuracy. The scale of tokens is logarithmic.",
        spec={"height": 300, "data": {"values": values}} | _layers(),
        columns=("answers", "k", "generated tokens a problem", "time a problem", "right"),
        rows=tuple(
            (
                f"{c.model}, {c.measure}",
                wording.integer(p.k),
                wording.number(p.tokens, 3),
                wording.quantity(p.seconds, "s"),
                wording.estimate_words(p.figure.estimate, "share"),
            )
            for c in curves
            for p in c.points
        ),
    )


def _values(curves: Sequence[FurtherCurve]) -> Iterator[Spec]:
    for curve in curves:
        for point in curve.points:
            low, high = point.figure.estimate.interval or (None, None)
            yield {
                "model": curve.model, "measure": curve.measure, "tokens": max(point.tokens, 1.0),
                "value": point.figure.estimate.value, "low": low, "high": high,
            }  # fmt: skip


def _layers() -> Spec:
    def scaled(field: str, domain: Sequence[str], values: Sequence[object]) -> Spec:
        return {
            "field": field, "type": "nominal", "title": None,
            "scale": {"domain": list(domain), "range": list(values)},
        }  # fmt: skip

    x = {
        "field": "tokens", "type": "quantitative", "title": "generated tokens a problem",
        "scale": {"type": "log", "nice": False, "padding": 12},
        "axis": {"tickCount": 6, "format": ",d", "labelFlush": True},
    }  # fmt: skip
    share = {"type": "quantitative", "title": "right answers", "scale": {"zero": True}}
    y = share | {"field": "value", "axis": {"format": ".3~%", "tickCount": 6}}
    legend = {"legend": {"symbolOpacity": 1, "symbolFillColor": INK, "symbolStrokeWidth": 0}}
    colour = scaled("model", list(MODELS), list(MODELS.values())) | {"legend": {"symbolOpacity": 1}}
    dash = scaled("measure", list(MEASURES), [d for d, _ in MEASURES.values()]) | legend
    shape = scaled("measure", list(MEASURES), [s for _, s in MEASURES.values()]) | legend
    return {
        "encoding": {"x": x, "color": colour},
        "layer": [
            {
                "transform": [{"filter": {"field": "low", "valid": True}}],
                "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.35},
                "encoding": {"y": share | {"field": "low"}, "y2": {"field": "high"}},
            },
            {
                "transform": [{"filter": "datum.measure != 'greedy'"}],
                "mark": {"type": "line", "strokeWidth": 1.8},
                "encoding": {"y": y, "strokeDash": dash},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"y": y, "shape": shape},
            },
        ],
    }
