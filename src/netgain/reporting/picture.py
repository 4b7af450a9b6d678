"""The picture of the first screen: how many problems each model solves, and how that came about."""

from netgain import wording
from netgain.records import Findings, Metric
from netgain.reporting import captions
from netgain.reporting.dots import short_labels, tooltip_values
from netgain.reporting.drawing import (
    BASE_COLOUR,
    INK,
    OTHER_COLOUR,
    TUNED_COLOUR,
    Chart,
    Spec,
    nominal,
    tooltip,
)

HEIGHT = 210  # px


def accuracy_chart(findings: Findings) -> Chart | None:
    """The accuracy of every model with its interval, and published figures of the base."""
    measured = [(wording.capital(m.name), m.accuracy) for m in findings.models]
    if not measured:
        return None
    published = [("Published", m) for m in published_metrics(findings)]
    shown = [(n, m) for n, m in (*measured, *published) if not wording.undefined(m.estimate)]
    labels = short_labels([name for name, _ in shown])
    values = [_bar(label, metric) for label, (_, metric) in zip(labels, shown, strict=True)]
    listed = "; ".join(f"{name} {wording.metric_words(metric)}" for name, metric in shown)
    n = wording.integer(max(m.estimate.n or 0 for _, m in measured))
    caption = captions.ACCURACY.format(n) + (captions.PUBLISHED if published else "")
    return Chart(
        name="accuracy",
        title="Problems solved",
        alt=wording.one_line(f"Bar chart of accuracy: {listed}."),
        caption=caption,
        spec={"height": HEIGHT, "data": {"values": values}, "layer": _layers(labels)},
        columns=("model", "accuracy"),
        moves=False,
        rows=tuple((name, wording.metric_words(metric)) for name, metric in shown),
    )


def published_metrics(findings: Findings) -> list[Metric]:
    """Published figures that stand beside the measured ones."""
    cells = (
        cell for result in findings.further if result.kind == "published"
        for table in result.tables for row in table.rows for cell in row
    )  # fmt: skip
    return [cell for cell in cells if isinstance(cell, Metric) and cell.kind == "published"]


def _bar(label: str, metric: Metric) -> Spec:
    estimate = metric.estimate
    low, high = estimate.interval or (estimate.value, estimate.value)
    kind = "published" if metric.kind == "published" else "base" if label == "Base" else "tuned"
    return {
        "model": label, "value": estimate.value, "low": low, "high": high, "colour": kind,
        "short": wording.quantity(estimate.value or 0.0, "share"), **tooltip_values(metric),
    }  # fmt: skip


def _layers(labels: list[str]) -> list[Spec]:
    x: Spec = {
        "field": "model", "type": "nominal", "title": None, "scale": {"domain": labels},
        "axis": {"labelAngle": 0, "ticks": False, "labelPadding": 8, "labelColor": INK,
                 "labelFontSize": 13, "labelLimit": 110},
    }  # fmt: skip
    y: Spec = {
        "field": "value", "type": "quantitative", "title": None,
        "axis": {"format": ".3~%", "tickCount": 5},
    }  # fmt: skip
    kinds, colours = ("base", "tuned", "published"), (BASE_COLOUR, TUNED_COLOUR, OTHER_COLOUR)
    colour = nominal("colour", kinds, colours, None)
    said = tooltip(("model", ""), ("said", "accuracy"), ("interval", "interval"), ("n", "n"),
                   ("kind", "kind"))  # fmt: skip
    return [
        {
            "mark": {"type": "bar", "width": {"band": 0.5}, "opacity": 0.85},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": said},
        },
        {
            "transform": [{"filter": "datum.high > datum.low"}],
            "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "text", "dy": -9, "fontSize": 15, "fontWeight": "bold", "color": INK},
            "encoding": {"x": x, "y": y | {"field": "high"},
                         "text": {"field": "short", "type": "nominal"}},
        },
    ]  # fmt: skip
