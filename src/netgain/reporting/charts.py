"""What can be drawn: Vega-Lite specs as plain dicts, each with the table behind it.

They show what was estimated or counted; nothing is derived. No meaning rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Callable

from netgain import wording
from netgain.records import Findings, Metric
from netgain.reporting import view
from netgain.reporting.curves import agreement_chart, loss_chart
from netgain.reporting.drawing import BLUE, GREEN, GREY, INK, VERMILION, Chart, Spec
from netgain.reporting.further import SAMPLES_CHART, samples_chart

MOST_CATEGORIES = 30
LONGEST_LABEL = 40


def drawable(findings: Findings) -> tuple[Chart, ...]:
    """Every chart for which there is data."""
    drawn = (make(findings) for make in CHARTS.values())
    return tuple(chart for chart in drawn if chart is not None)


def paired_chart(findings: Findings) -> Chart | None:
    """How many problems each model alone, both, or neither got right."""
    c = findings.comparison
    if c is None:
        return None
    counts = (c.both, c.only_tuned, c.only_base, c.neither)
    words = view.paired_counts(c)
    colours = [GREEN, BLUE, VERMILION, GREY]
    labels = [wording.capital(label) for label, _ in words]
    values = [
        {"outcome": label, "problems": count, "shown": shown}
        for label, count, (_, shown) in zip(labels, counts, words, strict=True)
    ]
    y = {
        "field": "outcome",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 160, "ticks": False, "domain": False, "labelPadding": 8},
    }
    room = {"domainMin": 0, "domainMax": 1.15 * max(1, *counts)}  # for the counts beside the bars
    x = {"field": "problems", "type": "quantitative", "axis": None, "scale": room}
    colour = {
        "field": "outcome",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": labels, "range": colours},
    }
    listed = ", ".join(f"{label} {shown}" for label, shown in words)
    return Chart(
        name="paired",
        title="The same problems, before and after",
        alt=f"Bar chart of generated answers to {wording.integer(c.n)} problems: {listed}.",
        caption=f"Generated answers to the same {wording.integer(c.n)} problems. Only those "
        "that one model alone got right can speak for or against the tuning.",
        spec={
            "height": 150,
            "data": {"values": values},
            "encoding": {"y": y, "x": x},
            "layer": [
                {"mark": {"type": "bar", "height": 20}, "encoding": {"color": colour}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 6, "color": INK},
                    "encoding": {"text": {"field": "shown", "type": "nominal"}},
                },
            ],
        },
        columns=("outcome", "problems"),
        rows=words,
    )


def category_chart(findings: Findings) -> Chart | None:
    """Base and tuned by category, with their intervals."""
    shares = [row for row in findings.category_metrics if all(m.unit == "share" for m in row[1:])]
    drawn = shares[:MOST_CATEGORIES]
    labels = _labels([category for category, _, _ in drawn])
    values = [
        {"category": label, "model": model} | _bounds(metric)
        for label, (_, base, tuned) in zip(labels, drawn, strict=True)
        for model, metric in (("base", base), ("tuned", tuned))
        if not wording.undefined(metric.estimate)
    ]
    if not values:
        return None
    metrics = [metric for _, *pair in findings.category_metrics for metric in pair]
    kind = " and ".join(dict.fromkeys(wording.KIND_WORDS[metric.kind] for metric in metrics))
    cut = f" The first {len(drawn)} of {len(shares)} are drawn." if len(shares) > len(drawn) else ""
    return Chart(
        name="categories",
        title="Accuracy by category",
        alt=f"Dot chart of accuracy ({kind}) by category, base and tuned, with intervals; "
        "the table behind it gives every value.",
        caption=f"Share of right answers ({kind}). Bars are intervals for each share alone; with "
        f"many categories some differ by chance.{cut}",
        spec={"height": 46 * len(drawn) + 80, "data": {"values": values}} | _category_layers(),
        columns=("category", "base", "tuned"),
        rows=tuple(
            (wording.one_line(category), wording.metric_words(base), wording.metric_words(tuned))
            for category, base, tuned in findings.category_metrics
        ),
    )


def _bounds(metric: Metric) -> Spec:
    low, high = metric.estimate.interval or (None, None)
    return {"value": metric.estimate.value, "low": low, "high": high}


def _labels(categories: list[str]) -> list[str]:
    """Category names fit for an axis: safe, short, and still different from one another."""
    labels: list[str] = []
    for category in categories:
        name = wording.one_line(category) or "(no name)"
        name = name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
        label, copy = name, 1
        while label in labels:
            copy += 1
            label = f"{name} ({copy})"
        labels.append(label)
    return labels


def _category_layers() -> Spec:
    models = ["base", "tuned"]
    colour = {
        "field": "model",
        "type": "nominal",
        "title": None,
        "scale": {"domain": models, "range": [VERMILION, BLUE]},
        "legend": {"symbolOpacity": 1},
    }
    shape = colour | {"scale": {"domain": models, "range": ["diamond", "circle"]}}
    share = {"type": "quantitative", "scale": {"zero": True}, "title": "right answers"}
    return {
        "encoding": {
            "y": {
                "field": "category",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "domain": False, "labelPadding": 8},
                "scale": {"paddingInner": 0.45},
            },
            "yOffset": {"field": "model", "type": "nominal", "scale": {"domain": models}},
        },
        "layer": [
            {
                "transform": [{"filter": {"field": "low", "valid": True}}],
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
                "encoding": {
                    "x": share | {"field": "low", "axis": {"format": ".3~%", "tickCount": 6}},
                    "x2": {"field": "high"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": share | {"field": "value"}, "color": colour, "shape": shape},
            },
        ],
    }


# What can be drawn, in reading order. A chart's file beside report.md is chart-NAME.svg.
CHARTS: dict[str, Callable[[Findings], Chart | None]] = {
    "paired": paired_chart,
    "categories": category_chart,
    SAMPLES_CHART: samples_chart,
    "loss": loss_chart,
    "token-agreement": agreement_chart,
}
