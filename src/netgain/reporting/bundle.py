"""The chart library as it stands in a page, made by vl-convert, which brings it along.

Made anew, after a change of vl-convert, by `python -m netgain.reporting.bundle`. It needs no
network. The licences of what it holds stand at its head, so that they go where a page goes.
"""

from pathlib import Path

import vl_convert

from netgain.reporting.drawing import VEGA_LITE

FOLDER = Path(__file__).parent / "templates"
FILE, LICENCES = FOLDER / "vega.js", FOLDER / "vega-licences.txt"
SNIPPET = "window.netgainEmbed = vegaEmbed;"  # the one name that charts.js uses


def bundle() -> str:
    """The library as one classic script with its licences."""
    licences = LICENCES.read_text(encoding="utf-8")
    script: str = vl_convert.javascript_bundle(SNIPPET, vl_version=VEGA_LITE)
    return f"/*!\n{licences}*/\n{script}"


if __name__ == "__main__":
    FILE.write_text(bundle(), encoding="utf-8")
