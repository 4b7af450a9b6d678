"""What a chart is, its colours, and its drawing as SVG without a browser or a network."""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import vl_convert

from netgain import wording

# Okabe and Ito's palette, which people with any colour vision can tell apart. A colour has one
# meaning in all charts; the style sheet gives each another shade in the dark.
BASE_COLOUR, TUNED_COLOUR = "#6b6b6b", "#0072b2"
FIXED_COLOUR, BROKEN_COLOUR = "#009e73", "#d55e00"
OTHER_COLOUR = "#a8517f"  # what is neither of the models
HOLLOW = "#ffffff"  # the paper that a mark stands on
INK, MUTED, RULE = "#333333", "#666666", "#e3e3e3"
MODELS = ("base", "tuned")
POINT_LABEL = "datum.value == 0 ? '0' : format(datum.value * 100, '+.3~f')"  # a share as points

VEGA_LITE = "6.4"  # bundled with vl-convert; fixed, so that an upgrade does not move a pixel
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDE, NARROW = 720, 360

# Room at the sides, because a reader's font may be wider than the one that was measured.
PADDING = {"left": 10, "right": 6, "top": 4, "bottom": 4}  # px

Spec = dict[str, Any]

# Dragging moves the horizontal scale. The wheel alone goes on scrolling the page.
ZOOM: Spec = {
    "name": "zoom",
    "select": {"type": "interval", "encodings": ["x"], "zoom": "wheel![event.ctrlKey]"},
    "bind": "scales",
}

CONFIG: dict[str, Any] = {
    "aria": False,  # one text alternative on the whole instead of a label on every mark
    "background": "white",
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
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
    "axisX": {"grid": False, "labelSeparation": 8},
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
    """A chart without its width, the table behind it, and what it says in words.

    On a page that runs scripts a reader can hide each of `toggles`, the values of the field
    `toggled`, and, where `zoom` names the horizontal field, look at a part of it; `sensed` are
    layers that nobody sees and that answer to the pointer.
    """

    name: str
    title: str
    alt: str
    caption: str
    spec: Spec
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    toggles: tuple[str, ...] = ()
    toggled: str = ""
    zoom: str = ""
    sensed: tuple[Spec, ...] = ()
    keep_legend: bool = False  # beside the toggles, which then bear no signs of their own
    moves: bool = True  # where a hand gains by it: a few bars with their values beside them do not


def nominal(field: str, domain: Iterable[str], values: Iterable[object], legend: Any) -> Spec:
    """An encoding of the names in `domain` by as many colours, shapes or dashes."""
    scale = {"domain": list(domain), "range": list(values)}
    return {"field": field, "type": "nominal", "title": None, "scale": scale, "legend": legend}


def tooltip(*fields: tuple[str, str]) -> list[Spec]:
    """What a mark says of itself: (field of its data, name in front of it)."""
    return [{"field": field, "title": title, "type": "nominal"} for field, title in fields]


def svg(chart: Chart, width: int = WIDE) -> str:
    """A chart as an SVG element with its text alternative."""
    return _labelled(chart, _drawn(json.dumps(_whole(chart, width), sort_keys=True)))


def svg_file(chart: Chart) -> bytes:
    """A chart as the bytes of a file of its own, with its title and a ground to stand on."""
    drawn = _drawn(json.dumps(_whole(chart, WIDE), sort_keys=True))
    width, height = (int(n) for n in _SIZE.match(drawn).groups())  # type: ignore[union-attr]
    edge, head = 12, 44
    whole = (width + 2 * edge, height + head + edge)
    title = html.escape(wording.one_line(chart.title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole[0]}" height="{whole[1]}" '
        f'viewBox="0 0 {whole[0]} {whole[1]}"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{edge + 4}" y="28" font-family="Helvetica, Arial, sans-serif" font-size="15px" '
        f'font-weight="600" fill="{INK}">{title}</text>'
        f'{_labelled(chart, drawn).replace("<svg ", f"""<svg x="{edge}" y="{head}" """, 1)}</svg>\n'
    ).encode()


def _labelled(chart: Chart, drawn: str) -> str:
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(chart.alt)}" ', 1)


_SIZE = re.compile(r'<svg [^>]*?width="(\d+)" height="(\d+)"')


FONT = f' font-family="{CONFIG["font"]}"'
_TAG = re.compile(r"<[a-z][^<>]*>")
_NO_FRAME = re.compile(r'<path class="(?:background|foreground)"[^<>]*/>')
# A picture has one name, so its parts have none; what is so by default is not said; and a font is
# said once.
_NEEDLESS = re.compile(
    r' role="graphics-[a-z]+"| aria-roledescription="[^"]*"| aria-hidden="true"'
    r'| pointer-events="none"| opacity="1"| stroke-width="1"| class="[a-z -]+"'
    r'| xmlns:xlink="[^"]*"| version="1.1"|' + re.escape(FONT)
)
_LONG_NUMBER = re.compile(r"\d+\.\d{3,}")


@lru_cache(maxsize=64)
def _drawn(spec: str) -> str:
    # Kept, because one report shows the same drawing in its page and in a file.
    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    slim = _TAG.sub(lambda tag: _slim(tag[0]), _NO_FRAME.sub("", drawn))
    return slim.replace("<svg ", f"<svg{FONT} ", 1)


def _slim(tag: str) -> str:
    """Nothing that a reader could see, and a page is a third smaller for it."""
    return _LONG_NUMBER.sub(_rounded, _NEEDLESS.sub("", tag))


def _rounded(number: re.Match[str]) -> str:
    """A coordinate to a hundredth of a pixel."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def live(chart: Chart) -> dict[str, Any]:
    """What charts.js needs: the chart as a Vega specification, and what a reader may do with it."""
    spec = _whole(chart, WIDE)
    layers = [*spec["layer"], *chart.sensed]
    if chart.toggles:
        spec["params"] = [{"name": "shown", "value": list(chart.toggles)}]
        shown = {"filter": f"indexof(shown, datum.{chart.toggled}) >= 0"}
        spec["transform"] = [shown]
    if chart.zoom:
        layers[0] = layers[0] | {"params": [ZOOM]}
    drawn = vl_convert.vegalite_to_vega(spec | {"layer": layers}, vl_version=VEGA_LITE)
    if chart.zoom:
        _clip(drawn["marks"], {"signal": f"!!zoom_{chart.zoom}"})
    drawn.pop("background", None)  # the page has its own, light or dark
    if not chart.keep_legend:
        drawn["legends"] = _needed(drawn, chart.toggles)
    return {"spec": drawn, "toggles": list(chart.toggles), "zoom": chart.zoom}


def _needed(drawn: Spec, toggles: tuple[str, ...]) -> list[Spec]:
    """The legends that the page's own buttons do not stand for."""
    told = {s["name"] for s in drawn["scales"] if s.get("domain") == list(toggles)}
    return [each for each in drawn.get("legends", ()) if not told & set(map(str, each.values()))]


def _clip(marks: list[Spec], clip: Spec) -> None:
    """Cut marks off at the frame while a part is looked at; else a dot on its edge stays whole."""
    for mark in marks:
        mark["clip"] = clip
        _clip(mark.get("marks", []), clip)


def _whole(chart: Chart, width: int) -> Spec:
    return chart.spec | {
        "$schema": SCHEMA,
        "width": width,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": PADDING | chart.spec.get("padding", {}),
        "config": CONFIG | {"axisY": CONFIG["axisY"] | {"labelLimit": width * 2 // 5}},
    }
