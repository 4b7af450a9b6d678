"""summary.png: the verdict with its picture, for a README, a post or a talk.

1200 × 630 pixels, which the sites that show a link as a card take. Drawn as SVG from the charts of
the first screen, so it says what the report says; the same findings give the same bytes.
"""

import html
import textwrap
from collections.abc import Iterator

import vl_convert

from netgain import wording
from netgain.records import Findings
from netgain.reporting import phrases
from netgain.reporting.curves import progress_chart
from netgain.reporting.drawing import BROKEN_COLOUR, CONFIG, FIXED_COLOUR, INK, MUTED, svg
from netgain.reporting.picture import accuracy_chart

NAME = "summary.png"
WIDTH, HEIGHT, EDGE = 1200, 630, 60
CHART, SCALE, CHARTS_AT = 480, 1.08, 330  # px: the width of one, how much larger, its top
TONES = {"Improved": FIXED_COLOUR, "Worse": BROKEN_COLOUR}


def files(findings: Findings) -> dict[str, bytes]:
    """The picture by its name; none where no model answered."""
    if accuracy_chart(findings) is None:
        return {}
    made: bytes = vl_convert.svg_to_png("".join(_parts(findings)))
    return {NAME: made}


def _parts(f: Findings) -> Iterator[str]:
    label = phrases.verdict_label(f)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="{CONFIG["font"]}"><rect width="100%" height="100%" fill="white"/>'
        f'<rect width="14" height="100%" fill="{TONES.get(label, MUTED)}"/>'
    )
    yield from _text(wording.one_line(f.title), 58, 26, MUTED, 72, 1)
    yield from _text(label, 124, 56, TONES.get(label, INK), 30, 1, weight="bold")
    yield from _text(wording.one_line(phrases.verdict_sentences(f)[0]), 178, 27, INK, 78, 4)
    charts = [chart for chart in (accuracy_chart(f), progress_chart(f)) if chart is not None]
    for place, chart in enumerate(charts):
        x = EDGE + place * (WIDTH - EDGE) // 2
        yield (
            f'<g transform="translate({x},{CHARTS_AT}) scale({SCALE})">'
            f'<text y="-6" font-size="17" font-weight="bold" fill="{INK}">'
            f"{html.escape(chart.title)}</text>{svg(chart, CHART * (3 - len(charts)))}</g>"
        )
    yield "</svg>"


def _text(
    words: str, top: int, size: int, colour: str, width: int, most: int, weight: str = "normal"
) -> Iterator[str]:
    """Words in lines of at most `width` characters; what does not fit ends with …"""
    lines = textwrap.wrap(words, width, max_lines=most, placeholder=" …")
    for place, line in enumerate(lines):
        yield (
            f'<text x="{EDGE}" y="{top + place * size * 1.3:.0f}" font-size="{size}" '
            f'font-weight="{weight}" fill="{colour}">{html.escape(line)}</text>'
        )
