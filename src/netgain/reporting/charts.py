"""What can be drawn: Vega-Lite specs as plain dicts, each with the table behind it.

They show what was estimated or counted; nothing is derived. No meaning rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Callable

from netgain import wording
from netgain.records import Findings, Metric
from netgain.reporting import view
from netgain.reporting.curves import agreement_chart, loss_chart, progress_chart
from netgain.reporting.dots import (
    category_chart,
    difficulty_chart,
    errors_chart,
    short_labels,
    tooltip_values,
)
from netgain.reporting.drawing import (
    BROKEN_COLOUR,
    FIXED_COLOUR,
    INK,
    MUTED,
    POINT_LABEL,
    SAME_COLOUR,
    Chart,
    Spec,
    tooltip,
)
from netgain.reporting.picture import accuracy_chart
from netgain.reporting.samples_chart import SAMPLES_CHART, samples_chart

OUTCOMES = {
    "both right": "Both right",
    "only tuned right": "Fixed: only tuned right",
    "only base right": "Broken: only base right",
    "neither right": "Both wrong",
}


def drawable(findings: Findings) -> tuple[Chart, ...]:
    """Every chart for which there is data."""
    drawn = (make(findings) for make in CHARTS.values())
    return tuple(chart for chart in drawn if chart is not None)


def paired_chart(findings: Findings) -> Chart | None:
    """How many problems each model alone, both, or neither got right."""
    c = findings.comparison
    if c is None:
        return None
    counts = (c.both, c.won, c.lost, c.neither)
    words = view.paired_counts(c)
    colours = [SAME_COLOUR, FIXED_COLOUR, BROKEN_COLOUR, SAME_COLOUR]
    labels = [OUTCOMES[label] for label, _ in words]
    values = [
        {"outcome": label, "problems": count, "shown": shown, "n": wording.integer(c.n)}
        for label, count, (_, shown) in zip(labels, counts, words, strict=True)
    ]
    y = {
        "field": "outcome",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 200, "ticks": False, "domain": False, "labelPadding": 8},
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
            "encoding": {
                "y": y,
                "x": x,
                "tooltip": tooltip(("outcome", ""), ("shown", "problems"), ("n", "of")),
            },
            "layer": [
                {"mark": {"type": "bar", "height": 20}, "encoding": {"color": colour}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 6, "color": INK},
                    "encoding": {"text": {"field": "shown", "type": "nominal"}},
                },
            ],
        },
        columns=("outcome", "problems"),
        moves=False,
        rows=tuple(zip(labels, (shown for _, shown in words), strict=True)),
    )


def format_chart(findings: Findings) -> Chart | None:
    """The parts of a change in strict accuracy, as bars left and right of none."""
    metrics = findings.format_skill.metrics if findings.format_skill else ()
    shown = [m for m in metrics if not wording.undefined(m.estimate)]
    if not shown:
        return None
    labels = short_labels([wording.capital(m.name) for m in shown])
    words = [wording.estimate_words(m.estimate, m.unit) for m in shown]
    listed = "; ".join(f"{m.name} {said}" for m, said in zip(shown, words, strict=True))
    values = [_part(*each) for each in zip(labels, shown, strict=True)]
    return Chart(
        name="format",
        title="What the change in strict accuracy is made of",
        alt=f"Bar chart of a change in strict accuracy and its parts: {listed}.",
        caption="Generated answers; right of 0 is a gain. The first bar is the sum of the others."
        + (
            " Lines are intervals for each alone."
            if any(v["low"] is not None for v in values)
            else ""
        ),
        spec={
            "height": 190,
            "data": {"values": values},
            "layer": _part_layers(min(v["start"] for v in values), max(v["end"] for v in values)),
        },
        columns=("part", "share of all problems", "how it was measured"),
        moves=False,
        rows=tuple(
            (label, said, "; ".join(filter(None, (m.estimate.method, m.note))))
            for label, said, m in zip(labels, words, shown, strict=True)
        ),
    )


def _part(label: str, metric: Metric) -> Spec:
    value = metric.estimate.value or 0.0
    low, high = metric.estimate.interval or (None, None)
    ends = (value, 0.0, *(metric.estimate.interval or ()))
    return {
        "part": label,
        "points": value,
        "low": low,
        "high": high,
        "start": min(ends),
        "end": max(ends),
        "sign": "gain" if value > 0 else "loss" if value < 0 else "none",
        "short": wording.value_words(metric.estimate, metric.unit).removesuffix(" points"),
        **tooltip_values(metric),
    }


def _part_layers(low: float, high: float) -> list[Spec]:
    numbers = {"labelExpr": POINT_LABEL, "tickCount": 6}
    room = {"domain": [low, high + 0.25 * (high - low)], "nice": False}  # for the values' words
    x = {"type": "quantitative", "title": "points", "axis": numbers, "scale": room}
    y = {
        "field": "part",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 200, "ticks": False, "domain": False, "labelPadding": 8},
    }
    colour = {
        "field": "sign",
        "type": "nominal",
        "legend": None,
        "scale": {
            "domain": ["gain", "loss", "none"],
            "range": [FIXED_COLOUR, BROKEN_COLOUR, SAME_COLOUR],
        },
    }
    said = tooltip(("part", ""), ("said", "value"), ("interval", "interval"), ("n", "n"),
                   ("kind", "kind"))  # fmt: skip
    return [
        {
            "mark": {"type": "bar", "height": 20},
            "encoding": {"y": y, "x": x | {"field": "points"}, "color": colour, "tooltip": said},
        },
        {
            "transform": [{"filter": {"field": "low", "valid": True}}],
            "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
            "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}},
        },
        {
            # a column of its own: beside an interval's end it would read as that end's value
            "mark": {"type": "text", "align": "right", "fontWeight": "bold", "color": INK},
            "encoding": {
                "y": y,
                "x": {"value": "width"},
                "text": {"field": "short", "type": "nominal"},
            },
        },
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": MUTED},
            "encoding": {"x": {"datum": 0, "type": "quantitative"}},
        },
    ]


# What can be drawn, in reading order. A chart's file beside report.md is chart-NAME.svg.
CHARTS: dict[str, Callable[[Findings], Chart | None]] = {
    "accuracy": accuracy_chart,
    "progress": progress_chart,
    "loss": loss_chart,
    "token-agreement": agreement_chart,
    "errors": errors_chart,
    "paired": paired_chart,
    "format": format_chart,
    "difficulty": difficulty_chart,
    "categories": category_chart,
    SAMPLES_CHART: samples_chart,
}
