"""Base and tuned as two dots a row, with intervals: categories, errors, hard problems."""

from collections.abc import Iterable, Mapping, Sequence

from netgain import wording
from netgain.records import Findings, Metric
from netgain.reporting import captions, categories
from netgain.reporting.drawing import (
    BASE_COLOUR,
    MODELS,
    MUTED,
    POINT_LABEL,
    TUNED_COLOUR,
    Chart,
    Spec,
    nominal,
    tooltip,
)

MOST_ROWS = 30
LONGEST_LABEL = 40
ROW_HEIGHT, LABELLED_HEIGHT, FRAME_HEIGHT = 30, 36, 80

DotRow = tuple[str, Mapping[str, Metric]]  # a label of the axis, and figures by series
Styles = Mapping[str, tuple[str, str]]  # a series -> its colour and its shape
STYLES: Styles = {"base": (BASE_COLOUR, "diamond"), "tuned": (TUNED_COLOUR, "circle")}


def category_chart(findings: Findings) -> Chart | None:
    """Accuracy by category, base and tuned."""
    rows: list[DotRow] = [
        (name, dict(zip(MODELS, pair, strict=True)))
        for name, *pair in categories.largest(findings)
        if all(m.unit == "share" for m in pair)
    ]
    kinds = dict.fromkeys(wording.KIND_WORDS[m.kind] for _, of in rows for m in of.values())
    return dot_chart(
        "categories",
        "Accuracy by category",
        "category",
        rows,
        axis="right answers",
        caption=captions.CATEGORIES.format(" and ".join(kinds)),
    )


def errors_chart(findings: Findings) -> Chart | None:
    """Kinds of errors as shares of each model's wrong answers."""
    found = {m: findings.errors_found[m] for m in MODELS if m in findings.errors_found}
    counts = " and ".join(f"{wording.integer(of.n)} of the {m} model" for m, of in found.items())
    return dot_chart(
        "errors",
        "Kinds of errors",
        "kind of error",
        _by_row(
            (m, wording.capital(k.name), k) for m, of in found.items() if of.n for k in of.kinds
        ),
        axis=captions.ERRORS_AXIS,
        caption=captions.ERRORS.format(counts),
        labelled=True,
    )


def difficulty_chart(findings: Findings) -> Chart | None:
    """How far the accuracy on a kind of problem lies from that on all others."""
    return dot_chart(
        "difficulty",
        captions.DIFFICULTY_TITLE,
        "kind of problem",
        _by_row(
            (m, wording.group_words(g.feature, g.group), g.difference)
            for m in MODELS
            for g in (findings.difficulty[m].groups if m in findings.difficulty else ())
            if g.verdict != "too few"
        ),
        axis=captions.DIFFICULTY_AXIS,
        caption=captions.DIFFICULTY,
    )


def _by_row(figures: Iterable[tuple[str, str, Metric]]) -> list[DotRow]:
    """(series, row, figure) as rows, in the order of their first figure."""
    found: dict[str, dict[str, Metric]] = {}
    for series, row, metric in figures:
        found.setdefault(row, {})[series] = metric
    return list(found.items())


def dot_chart(
    name: str, title: str, what: str, rows: Sequence[DotRow], *, axis: str, caption: str,
    styles: Styles = STYLES, most: int = MOST_ROWS, labelled: bool = False,
) -> Chart | None:  # fmt: skip
    """Rows of dots; None where no row has a number. The table behind it has every row.

    Where the dots are `labelled` with series and value, there is no legend, and nothing moves.
    """
    drawn, height = rows[:most], LABELLED_HEIGHT if labelled else ROW_HEIGHT
    values = list(_values(drawn))
    if not values:
        return None
    series = [s for s in styles if any(v["model"] == s for v in values)]
    intervals = any(v["low"] is not None for v in values)
    unit = next(m.unit for _, of in rows for m in of.values())
    if len(rows) > len(drawn):
        caption += captions.FIRST_ROWS.format(len(drawn), len(rows))
    layers = _layers(
        axis, {s: styles[s] for s in series}, values,
        signed=unit == "points", intervals=intervals, labelled=labelled,
    )  # fmt: skip
    return Chart(
        name=name,
        title=title,
        alt=captions.DOTS_ALT.format(axis, what, " and ".join(series)),
        caption=caption,
        spec={
            "height": height * len(drawn) + FRAME_HEIGHT, "data": {"values": values}, **layers,
        },
        moves=not labelled,
        columns=(what, *series),
        rows=tuple(
            (
                wording.one_line(label),
                *("–" if s not in of else wording.metric_words(of[s]) for s in series),
            )
            for label, of in rows
        ),
        toggles=tuple(series),
        toggled="model",
    )  # fmt: skip


def _values(rows: Sequence[DotRow]) -> list[Spec]:
    labels = short_labels([label for label, _ in rows])
    return [
        {
            "row": label,
            "model": series,
            "value": metric.estimate.value,
            "low": (metric.estimate.interval or (None, None))[0],
            "high": (metric.estimate.interval or (None, None))[1],
            **tooltip_values(metric),
        }
        for label, (_, of) in zip(labels, rows, strict=True)
        for series, metric in of.items()
        if not wording.undefined(metric.estimate)
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
    axis: str, styles: Styles, values: Sequence[Spec], *, signed: bool, intervals: bool,
    labelled: bool,
) -> Spec:  # fmt: skip
    models, legend = list(styles), None if labelled else {"symbolOpacity": 1}
    colour = nominal("model", models, [of for of, _ in styles.values()], legend)
    shape = nominal("model", models, [of for _, of in styles.values()], legend)
    apart = len({v["row"] for v in values}) < len(values)  # several dots in a row
    offset = {"yOffset": {"field": "model", "type": "nominal", "scale": {"domain": models}}}
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
            **(offset if apart else {}),
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
