"""What a leaderboard draws: accuracies with intervals, curves over each other, cost, overlap.

A model has one colour, dash and shape in all charts; any two of twenty differ without the colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netgain import wording
from netgain.records import Leaderboard, Metric
from netgain.reporting import captions
from netgain.reporting.dots import short_labels, tooltip_values
from netgain.reporting.drawing import (
    BASE_COLOUR,
    BROKEN_COLOUR,
    FIXED_COLOUR,
    INK,
    OTHER_COLOUR,
    TUNED_COLOUR,
    Chart,
    Spec,
    tooltip,
)

ROLE_WORDS = {"base": "base model", "tuned": "tuned", "evaluated": "evaluated alone"}
ROLE_STYLES = {"base": (BASE_COLOUR, "diamond"), "tuned": (TUNED_COLOUR, "circle"),
               "evaluated": (OTHER_COLOUR, "square")}  # fmt: skip
ROW_HEIGHT, FRAME_HEIGHT = 34, 80
# Lengths without a common divisor, so that no two of twenty have both alike.
COLOURS = (TUNED_COLOUR, BROKEN_COLOUR, FIXED_COLOUR, OTHER_COLOUR, "#8f7000", INK)
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down")


@dataclass(frozen=True)
class Style:
    """How a model is drawn wherever it is."""

    label: str
    colour: str
    dash: list[int]
    shape: str


def styles(board: Leaderboard) -> dict[str, Style]:
    """One for each model, by its name; base models are grey diamonds."""
    labels = short_labels([m.name for m in board.models])
    found, others = {}, 0
    for model, label in zip(board.models, labels, strict=True):
        if model.role == "base":
            found[model.name] = Style(label, BASE_COLOUR, [1, 0], "diamond")
            continue
        found[model.name] = Style(
            label,
            COLOURS[others % len(COLOURS)],
            DASHES[others % len(DASHES)],
            SHAPES[others % len(SHAPES)],
        )
        others += 1
    return found


def by_style(used: Sequence[Style], field: str, channel: str) -> Spec:
    """An encoding of models by their colour, dash or shape, with one legend for all three."""
    ranges = {
        "color": [s.colour for s in used],
        "strokeDash": [s.dash for s in used],
        "shape": [s.shape for s in used],
    }
    return {
        "field": field,
        "type": "nominal",
        "title": None,
        "scale": {"domain": [s.label for s in used], "range": ranges[channel]},
        "legend": {
            "columns": {"signal": "width < 500 ? 2 : 4"},
            "labelLimit": 150,
            "symbolOpacity": 1,
            "symbolSize": 90,
            "symbolStrokeWidth": 0,  # a dashed outline would hide the shape
        },
    }


# -- the ranking ---------------------------------------------------------------------------


def ranking_chart(board: Leaderboard) -> Chart:
    """Every model's accuracy with its interval, and its letters."""
    labels = short_labels([m.name for m in board.models])
    roles = list(dict.fromkeys(ROLE_WORDS[m.role] for m in board.models))
    values = [
        {
            "model": label,
            "role": ROLE_WORDS[m.role],
            "letters": " ".join(m.letters),
            **bounds(m.accuracy),
            **tooltip_values(m.accuracy),
        }
        for label, m in zip(labels, board.models, strict=True)
    ]
    listed = ", ".join(
        f"{m.name} {wording.value_words(m.accuracy.estimate, 'share')}" for m in board.models
    )
    lettered = any(m.letters for m in board.models)
    return Chart(
        name="ranking",
        title="Accuracy of each model",
        alt=wording.one_line(captions.RANKING_ALT.format(listed)),
        caption=captions.RANKING.format(wording.integer(board.n))
        + (captions.LETTERS if lettered else ""),
        spec={
            "height": ROW_HEIGHT * len(values) + FRAME_HEIGHT,
            "data": {"values": values},
            "layer": _ranking_layers(roles, labels),
        },
        columns=("model", "accuracy", "letters"),
        rows=tuple(
            (m.name, wording.metric_words(m.accuracy), " ".join(m.letters)) for m in board.models
        ),
    )


def _ranking_layers(roles: Sequence[str], labels: Sequence[str]) -> list[Spec]:
    by_words = {ROLE_WORDS[role]: style for role, style in ROLE_STYLES.items()}
    colour: Spec = {
        "field": "role", "type": "nominal", "title": None, "legend": {"symbolOpacity": 1},
        "scale": {"domain": roles, "range": [by_words[r][0] for r in roles]},
    }  # fmt: skip
    shape = colour | {"scale": {"domain": roles, "range": [by_words[r][1] for r in roles]}}
    x: Spec = {"type": "quantitative", "scale": {"zero": True}, "title": "right answers"}
    y: Spec = {
        # Not "sort": a list of names there fails in Vega where one of them is "constructor".
        "field": "model", "type": "nominal", "scale": {"domain": list(labels)}, "title": None,
        "axis": {"ticks": False, "domain": False, "labelPadding": 8},
    }  # fmt: skip
    tips = tooltip(("model", ""), ("said", "accuracy"), ("interval", "interval"), ("n", "n"),
                   ("kind", "kind"), ("letters", "letters"))  # fmt: skip
    return [
        {
            "transform": [{"filter": {"field": "low", "valid": True}}],
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
            "encoding": {
                "x": x | {"field": "low", "axis": {"format": ".3~%", "tickCount": 6}},
                "x2": {"field": "high"}, "y": y, "color": colour, "tooltip": tips,
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
            "encoding": {"x": x | {"field": "value"}, "y": y, "color": colour, "shape": shape,
                         "tooltip": tips},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 8, "color": INK},
            "encoding": {"x": x | {"field": "high"}, "y": y,
                         "text": {"field": "letters", "type": "nominal"}},
        },
    ]  # fmt: skip


def bounds(metric: Metric) -> Spec:
    estimate = metric.estimate
    low, high = estimate.interval or (estimate.value, estimate.value)
    return {"value": estimate.value, "low": low, "high": high}
