"""Base and tuned as two dots a row, with intervals: categories, errors, hard problems."""

from __future__ import annotations

from collections.abc import Sequence

from netgain import wording
from netgain.records import Difficulty, Findings, Metric
from netgain.reporting import captions, categories
from netgain.reporting.drawing import (
    BASE_COLOUR,
    MODELS,
    MUTED,
    POINT_LABEL,
    TUNED_COLOUR,
    Chart,
    Spec,
    tooltip,
)

MOST_ROWS = 30
LONGEST_LABEL = 40
ROW_HEIGHT, LABELLED_HEIGHT, FRAME_HEIGHT = 30, 36, 80

# A label of the axis, and the figure of the base and of the tuned model where there is one.
DotRow = tuple[str, Metric | None, Metric | None]


def category_chart(findings: Findings) -> Chart | None:
    """Accuracy by category, base and tuned."""
    rows: list[DotRow] = [
        row for row in categories.largest(findings) if all(m.unit == "share" for m in row[1:])
    ]
    kind = _kinds(rows)
    return dot_chart(
        "categories",
        "Accuracy by category",
        "category",
        rows,
        axis="right answers",
        caption=captions.CATEGORIES.format(kind),
    )


def errors_chart(findings: Findings) -> Chart | None:
    """Kinds of errors as shares of each model's wrong answers."""
    found = findings.errors_found
    kinds = {m: {k.name: k for k in found[m].kinds} for m in MODELS if m in found and found[m].n}
    names = dict.fromkeys(name for of in kinds.values() for name in of)
    counts = " and ".join(
        f"{wording.integer(found[m].n)} of the {m} model" for m in kinds if m in found
    )
    base, tuned = (kinds.get(m, {}) for m in MODELS)
    rows = [(wording.capital(name), base.get(name), tuned.get(name)) for name in names]
    return dot_chart(
        "errors",
        "Kinds of errors",
        "kind of error",
        rows,
        axis=captions.ERRORS_AXIS,
        caption=captions.ERRORS.format(counts),
        labelled=True,
    )


def difficulty_chart(findings: Findings) -> Chart | None:
    """How far the accuracy on a kind of problem lies from that on all others."""
    found = {m: _told(findings.difficulty.get(m)) for m in MODELS}
    names = dict.fromkeys(name for of in found.values() for name in of)
    base, tuned = (found[m] for m in MODELS)
    rows = [(wording.group_words(*name), base.get(name), tuned.get(name)) for name in names]
    return dot_chart(
        "difficulty",
        captions.DIFFICULTY_TITLE,
        "kind of problem",
        rows,
        axis=captions.DIFFICULTY_AXIS,
        caption=captions.DIFFICULTY,
    )


def _told(found: Difficulty | None) -> dict[tuple[str, str], Metric]:
    """Feature and group -> how far its accuracy lies from the rest's, where that was tested."""
    groups = found.groups if found else ()
    return {(g.feature, g.group): g.difference for g in groups if g.verdict != "too few"}


def dot_chart(
    name: str, title: str, what: str, rows: Sequence[DotRow], *, axis: str, caption: str,
    labelled: bool = False,
) -> Chart | None:  # fmt: skip
    """Rows of two dots; None where no row has a number. The table behind it has every row.

    Where the dots are `labelled` with model and value, there is no legend, and nothing moves.
    """
    drawn, height = rows[:MOST_ROWS], LABELLED_HEIGHT if labelled else ROW_HEIGHT
    values = list(_values(drawn))
    if not values:
        return None
    models = [m for m in MODELS if any(v["model"] == m for v in values)]
    intervals = any(v["low"] is not None for v in values)
    unit = next(m.unit for _, *pair in rows for m in pair if m is not None)
    if len(rows) > len(drawn):
        caption += captions.FIRST_ROWS.format(len(drawn), len(rows))
    return Chart(
        name=name,
        title=title,
        alt=captions.DOTS_ALT.format(axis, what, " and ".join(models)),
        caption=caption,
        spec={
            "height": height * len(drawn) + FRAME_HEIGHT,
            "data": {"values": values},
            **_layers(
                axis,
                models,
                values,
                signed=unit == "points",
                intervals=intervals,
                labelled=labelled,
            ),
        },
        moves=not labelled,
        columns=(what, *models),
        rows=tuple(
            (
                wording.one_line(label),
                *(
                    "–" if metric is None else wording.metric_words(metric)
                    for model, metric in zip(MODELS, pair, strict=True)
                    if model in models
                ),
            )
            for label, *pair in rows
        ),
        toggles=tuple(models),
        toggled="model",
    )


def _kinds(rows: Sequence[DotRow]) -> str:
    kinds = (wording.KIND_WORDS[m.kind] for _, *pair in rows for m in pair if m is not None)
    return " and ".join(dict.fromkeys(kinds))


def _values(rows: Sequence[DotRow]) -> list[Spec]:
    labels = short_labels([label for label, _, _ in rows])
    return [
        {
            "row": label,
            "model": model,
            "value": metric.estimate.value,
            "low": (metric.estimate.interval or (None, None))[0],
            "high": (metric.estimate.interval or (None, None))[1],
            **tooltip_values(metric),
        }
        for label, (_, *pair) in zip(labels, rows, strict=True)
        for model, metric in zip(MODELS, pair, strict=True)
        if metric is not None and not wording.undefined(metric.estimate)
    ]


def tooltip_values(metric: Metric) -> Spec:
    """What a reader sees on pointing at a metric, in words."""
    estimate = metric.estimate
    return {
        "said": wording.value_words(estimate, metric.unit),
        "interval": wording.interval_words(estimate, metric.unit, metric.kind),
        "n": "" if estimate.n is None else wording.integer(estimate.n),
        "kind": wording.KIND_WORDS[metric.kind],
    }


def short_labels(names: Sequence[str]) -> list[str]:
    """Names fit for an axis: safe, short, and still different from one another."""
    labels: list[str] = []
    for each in names:
        name = wording.one_line(each) or "(no name)"
        name = name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
        label, copy = name, 1
        while label in labels:
            copy += 1
            label = f"{name} ({copy})"
        labels.append(label)
    return labels


# A feature above its group, so that neither is cut off where there is little room.
ROW_LABEL = "split(datum.label, ': ')"


def _layers(
    axis: str, models: Sequence[str], values: Sequence[Spec], *, signed: bool, intervals: bool,
    labelled: bool,
) -> Spec:  # fmt: skip
    colours = {"base": BASE_COLOUR, "tuned": TUNED_COLOUR}
    colour = {
        "field": "model",
        "type": "nominal",
        "title": None,
        "scale": {"domain": models, "range": [colours[m] for m in models]},
        "legend": None if labelled else {"symbolOpacity": 1},
    }
    shapes = {"base": "diamond", "tuned": "circle"}
    shape = colour | {"scale": {"domain": models, "range": [shapes[m] for m in models]}}
    # A difference of shares is told in points, which percent signs would misname.
    numbers = {"labelExpr": POINT_LABEL} if signed else {"format": ".3~%"}
    title = f"{axis}, points" if signed else axis
    x = {
        "type": "quantitative",
        "scale": {"zero": True},
        "title": title,
        "axis": numbers | {"tickCount": 6},
    }
    lines: list[Spec] = [
        {
            "transform": [{"filter": {"field": "low", "valid": True}}],
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
            "encoding": {
                "x": x | {"field": "low"},
                "x2": {"field": "high"},
                "color": colour,
            },
        },
    ]
    points: list[Spec] = [
        *(lines if intervals else ()),
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
            "encoding": {"x": x | {"field": "value"}, "color": colour, "shape": shape},
        },
        *(_labels(x, colour, values) if labelled else ()),
    ]
    zero = {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": MUTED, "strokeDash": [2, 2]},
        "encoding": {"x": {"datum": 0, "type": "quantitative"}},
    }
    for layer in points:
        layer["encoding"] |= {
            "y": {
                "field": "row",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {
                    "ticks": False, "domain": False, "labelPadding": 8, "labelExpr": ROW_LABEL,
                },
                "scale": {"paddingInner": 0.45},
            },
            "yOffset": {"field": "model", "type": "nominal", "scale": {"domain": models}},
            "tooltip": tooltip(
                ("row", ""), ("model", "model"), ("said", "value"),
                ("interval", "interval"), ("n", "n"), ("kind", "kind"),
            ),
        }  # fmt: skip
    return {"layer": [zero, *points] if signed else points}


def _labels(x: Spec, colour: Spec, values: Sequence[Spec]) -> list[Spec]:
    """Beside each dot whose it is and what it says, so that nobody need look for a legend.

    In the right half they stand to the left of their dots, where a phone has room for them.
    """
    half = max(float(value["value"]) for value in values) / 2
    sides = ((f"datum.value <= {half}", "left", 9), (f"datum.value > {half}", "right", -9))
    return [
        {
            "transform": [
                {"filter": where}, {"calculate": "datum.model + ' ' + datum.said", "as": "label"},
            ],
            "mark": {"type": "text", "align": align, "dx": dx, "fontSize": 11},
            "encoding": {
                "x": x | {"field": "value"}, "color": colour,
                "text": {"field": "label", "type": "nominal"},
            },
        }
        for where, align, dx in sides
    ]  # fmt: skip
