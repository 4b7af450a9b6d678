"""What a training curve is drawn of: lines, dots, the best step."""

from netgain.reporting.drawing import MUTED, OTHER_COLOUR, TUNED_COLOUR, Spec, nominal, tooltip

COLOURS = {
    "training": OTHER_COLOUR, "validation": TUNED_COLOUR,
    "tokens guessed": OTHER_COLOUR, "problems solved": TUNED_COLOUR,
}  # fmt: skip
SPARSE, DENSE = [5, 3], [1, 0]  # dashes of the training series: none where they would blur it
WIDTHS = {"training": 1.2}  # others are wider
WIDE = 2.2
LABEL_GAP = 0.15  # of the values' range, between two labels
STEP_LABEL = "format(datum.value, datum.value < 10000 ? 'd' : ',d')"  # as wording.integer does
MOST_TICKS = 6


def _steps(values: list[Spec], unit: str) -> Spec:
    """The axis of steps. Of few steps each has its tick: left alone, some would stand between."""
    first, last = (of(row["step"] for row in values) for of in (min, max))
    ticks: Spec = {"tickMinStep": 1, "tickCount": MOST_TICKS}
    if last - first < MOST_TICKS:
        ticks = {"values": list(range(first, last + 1))}
    return {
        "field": "step",
        "type": "quantitative",
        "title": unit,
        "scale": {"nice": False, "zero": False, "padding": 6},
        "axis": {"labelExpr": STEP_LABEL, **ticks},
    }


def curve_spec(
    values: list[Spec], axis: str, tick_format: str, unit: str = "step", zero: bool = False
) -> Spec:
    """Lines and dots by step.

    Args:
        unit: what a step is called.
    """
    names = list(dict.fromkeys(row["series"] for row in values))
    encoding = {
        "x": _steps(values, unit),
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": axis,
            "scale": {"zero": zero},
            "axis": {"tickCount": 5} | ({"format": tick_format} if tick_format else {}),
        },
        "color": nominal("series", names, [COLOURS[name] for name in names], None),
    }
    dots = {row["series"] for row in values if row["dot"]}
    dashes = [SPARSE if name in WIDTHS and name in dots else DENSE for name in names]
    dash = nominal("series", names, dashes, None)
    width = nominal("series", names, [WIDTHS.get(name, WIDE) for name in names], None)
    layers: list[Spec] = [
        {
            "mark": {"type": "line"},
            "encoding": encoding | {"strokeDash": dash, "strokeWidth": width},
        },
        {
            "transform": [{"filter": "datum.dot"}],
            "mark": {"type": "point", "filled": True, "size": 26, "opacity": 1},
            "encoding": encoding,
        },
    ]
    return {
        "height": 280,
        "padding": {"right": 20},
        "data": {"values": _labelled(values)},
        "layer": [*layers, _labels(encoding)],
    }


def _labelled(values: list[Spec]) -> list[Spec]:
    """The same, with a label at the end of each series, moved apart where they would overlap."""
    drawn = [row["value"] for row in values if row["value"] is not None]
    gap = LABEL_GAP * (max(drawn) - min(drawn))
    last = {row["series"]: row for row in values if row["value"] is not None}
    ends = sorted(last.values(), key=lambda row: float(row["value"]))
    places: list[float] = []
    for row in ends:
        places.append(max(row["value"], places[-1] + gap) if places else row["value"])
    at = {id(row): place for row, place in zip(ends, places, strict=True)}
    end = max(row["step"] for row in values)
    return [
        row | {"label": [row["series"], row["said"]], "place": at[id(row)], "end": end}
        if id(row) in at else row
        for row in values
    ]  # fmt: skip


def _labels(encoding: Spec) -> Spec:
    return {
        "transform": [{"filter": "isValid(datum.label)"}],
        "mark": {"type": "text", "align": "left", "dx": 8, "baseline": "middle", "lineHeight": 14},
        "encoding": {
            "x": encoding["x"] | {"field": "end"},
            "y": encoding["y"] | {"field": "place"},
            "color": encoding["color"],
            "text": {"field": "label", "type": "nominal"},
        },
    }


def sensed(axis: str, unit: str = "step") -> Spec:
    """Points larger than those that are drawn, so that a pointer finds them."""
    return {
        "mark": {"type": "point", "filled": True, "size": 180, "opacity": 0},
        "encoding": {
            "x": {"field": "step", "type": "quantitative"},
            "y": {"field": "value", "type": "quantitative"},
            "tooltip": tooltip(("series", "series"), ("at", unit), ("said", axis)),
        },
        "transform": [{"filter": "isValid(datum.value)"}],
    }


def best_step(best: int, label: str, steps: list[int], *, falling: bool) -> list[Spec]:
    # The label stands on the side with more room, where curves that have settled do not run.
    left = best - min(steps) < max(steps) - best
    place = {"x": {"field": "step", "type": "quantitative"}}
    return [
        {
            "data": {"values": [{"step": best}]},
            "mark": {"type": "rule", "strokeDash": [3, 3], "color": MUTED},
            "encoding": place,
        },
        {
            "data": {"values": [{"step": best}]},
            "mark": {
                "type": "text",
                "text": label,
                "align": "left" if left else "right",
                "dx": 6 if left else -6,
                "baseline": "top" if falling else "bottom",
                "y": 2 if falling else {"expr": "height - 4"},
                "color": MUTED,
                "fontSize": 12,
            },
            "encoding": place,
        },
    ]
