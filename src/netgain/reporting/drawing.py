"""What a chart is, its colours, and its drawing as SVG without a browser or a network."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import vl_convert

# Okabe and Ito's palette, which people with any colour vision can tell apart.
BLUE, VERMILION, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#8c8c8c"
INK, MUTED, RULE = "#333333", "#666666", "#e3e3e3"  # the style sheet turns these in the dark

VEGA_LITE = "5.21"  # bundled with vl-convert; fixed, so that an upgrade does not move a pixel
WIDE, NARROW = 720, 360

Spec = dict[str, Any]

CONFIG: dict[str, Any] = {
    "aria": False,  # one text alternative on the whole instead of a label on every mark
    "background": "white",
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "title": {"anchor": "start", "color": INK, "fontSize": 15, "fontWeight": 600, "offset": 14},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "gridColor": RULE,
        "domainColor": RULE,
        "tickColor": RULE,
        "labelFlush": False,
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
    "legend": {
        "orient": "top",
        "labelColor": INK,
        "labelFontSize": 12,
        "symbolStrokeWidth": 2,
        "symbolSize": 120,
        "offset": 10,
    },
    "text": {"fontSize": 12},
}


@dataclass(frozen=True)
class Chart:
    """A chart without its width, the table behind it, and what it says in words."""

    name: str
    title: str
    alt: str
    caption: str
    spec: Spec
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def svg(chart: Chart, width: int = WIDE, *, titled: bool = False) -> str:
    """A chart as an SVG element with its text alternative; `titled` for one that stands alone."""
    spec = chart.spec | {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": chart.spec["height"] + (50 if titled else 0),
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 12 if titled else 4,
        "config": CONFIG | {"axisY": CONFIG["axisY"] | {"labelLimit": width * 2 // 5}},
    }
    if titled:
        spec["title"] = chart.title
    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    head = f'<svg role="img" aria-label="{html.escape(chart.alt)}" '
    return drawn.replace("<svg ", head, 1)


def svg_file(chart: Chart) -> bytes:
    """A chart as the bytes of a file of its own."""
    return (svg(chart, titled=True) + "\n").encode()
