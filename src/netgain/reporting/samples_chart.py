"""The curves of several samples, drawn against the tokens that they take."""

from collections.abc import Iterator, Sequence

from netgain import wording
from netgain.records import Findings, FurtherCurve
from netgain.reporting import captions
from netgain.reporting.dots import tooltip_values
from netgain.reporting.drawing import (
    BASE_COLOUR,
    HOLLOW,
    INK,
    MODELS,
    TUNED_COLOUR,
    Chart,
    Spec,
    nominal,
    tooltip,
)

SAMPLES_CHART = "samples"
MEASURES = {"maj@k": ([1, 0], "circle"), "pass@k": ([4, 3], "triangle-up"),
            "greedy": ([1, 0], "diamond")}  # fmt: skip
COLOURS = {"base": BASE_COLOUR, "tuned": TUNED_COLOUR}


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
        title=captions.SAMPLES_TITLE,
        alt=captions.SAMPLES_ALT.format(ends),
        caption=captions.SAMPLES,
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
        toggles=tuple(m for m in MODELS if any(c.model == m for c in curves)),
        toggled="model",
        zoom="tokens",
    )


def _values(curves: Sequence[FurtherCurve]) -> Iterator[Spec]:
    for curve in curves:
        for point in curve.points:
            low, high = point.figure.estimate.interval or (None, None)
            yield {
                "model": curve.model, "measure": curve.measure, "tokens": max(point.tokens, 1.0),
                "value": point.figure.estimate.value, "low": low, "high": high,
                "answers": f"{curve.model}, {curve.measure}", "k": wording.integer(point.k),
                "took": f"{wording.number(point.tokens, 3)} a problem",
                **tooltip_values(point.figure),
            }  # fmt: skip


_SAID = tooltip(
    ("answers", ""), ("k", "k"), ("said", "right"), ("interval", "interval"), ("n", "n"),
    ("took", "tokens"), ("kind", "kind"),
)  # fmt: skip


def _layers() -> Spec:
    x = {
        "field": "tokens", "type": "quantitative", "title": "generated tokens a problem",
        "scale": {"type": "log", "nice": False, "padding": 12},
        "axis": {"tickCount": 6, "format": ",d", "labelFlush": True},
    }  # fmt: skip
    share = {"type": "quantitative", "title": "right answers", "scale": {"zero": True}}
    y = share | {"field": "value", "axis": {"format": ".3~%", "tickCount": 6}}
    legend = {
        "symbolOpacity": 1, "symbolFillColor": INK, "symbolStrokeColor": INK,
        "symbolStrokeWidth": 0,
    }  # fmt: skip
    colour = nominal("model", MODELS, COLOURS.values(), {"symbolOpacity": 1})
    # Hollow and filled, so that the models can be told apart without colours too.
    fill = nominal("model", MODELS, [HOLLOW, TUNED_COLOUR], None)
    dash = nominal("measure", MEASURES, [d for d, _ in MEASURES.values()], legend)
    shape = nominal("measure", MEASURES, [s for _, s in MEASURES.values()], legend)
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
                "mark": {"type": "point", "size": 60, "opacity": 1, "strokeWidth": 1.5},
                "encoding": {"y": y, "shape": shape, "fill": fill, "tooltip": _SAID},
            },
        ],
    }
