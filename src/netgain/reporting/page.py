"""A page of ours from a template: its style, its scripts, and the policy that fits them.

Reports and leaderboards are documents (blocks.py) in report.html.j2; the viewer extends the same
layout.

Everything the template prints is escaped and made visible first; a `Markup` of our own making
passes. Templates hold no inline event handlers and no `style` attributes: the policy refuses them.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from netgain import wording
from netgain.reporting import drawing
from netgain.reporting.blocks import Document
from netgain.reporting.drawing import Chart

TEMPLATES = "netgain.reporting"
STYLE = "report.css"  # of every page
THEME = "theme.js"  # runs before anything is drawn, so that a page does not flash
SCRIPT = "page.js"  # of every page
HELD = "vega.js"  # large, so packed; runs only once a chart comes into view


def page(
    template: str,
    context: Mapping[str, Any],
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    *,
    charts: bool = False,
    served: bool = False,
) -> bytes:
    """A whole page as bytes; the same arguments give the same bytes.

    `template` extends layout.html.j2; `context` is what its blocks use, and `doc`, whose
    contents stand at the side. `styles` and `scripts` are files of templates/ beside those that
    every page has; scripts run in their order at the end of the page, as classic scripts that
    share one global scope. `charts` adds the chart library and charts.js. The policy allows just
    what stands in the page, by its hash; `served` pages may also fetch from where they came
    (`connect-src 'self'`).
    """
    style = "\n".join(map(source, (STYLE, *styles)))
    names = (THEME, *(("charts.js",) if charts else ()), *scripts, SCRIPT)
    texts = {name: source(name) for name in names}
    held = source(HELD) if charts else ""
    return (
        environment()
        .get_template(template)
        .render(
            {
                "contents": (),
                **_of_document(context.get("doc")),
                **context,
                "style": Markup(style),
                "theme_script": Markup(texts.pop(THEME)),
                "scripts": [Markup(text) for text in texts.values()],
                "held_script": _library() if held else "",
                "policy": policy(
                    [style],
                    [source(THEME), *texts.values(), *([held] if held else [])],
                    served=served,
                ),
            }
        )
        .encode()
    )


def _of_document(made: Document | None) -> dict[str, Any]:
    if made is None:
        return {}
    anchors = {section.name for section in made.sections}
    return {"contents": made.contents, "anchors": anchors, "maker": "report"}


def policy(styles: Sequence[str], scripts: Sequence[str], *, served: bool = False) -> str:
    """A content policy that allows these blocks, pictures inside the page, and nothing else."""
    allowed = {"script-src": map(_digest, scripts), "style-src": map(_digest, styles)}
    rules = ["default-src 'none'"]
    rules += [f"{what} {' '.join(digests)}" for what, digests in allowed.items()]
    rules += ["img-src data:", "base-uri 'none'", "form-action 'none'"]
    rules += ["connect-src 'self'"] if served else []
    return "; ".join(rules)


def json_block(value: Any) -> Markup:
    """Plain data as JSON that can stand in a `<script type="application/json">`.

    >>> json_block({"a": "</script>"})
    Markup('{"a":"\\\\u003c/script>"}')
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


@cache
def environment() -> Environment:
    """The template engine: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=PackageLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["drawn"] = _drawn
    made.filters["packed"] = _packed_live
    return made


@cache
def source(name: str) -> str:
    """A file of templates/ as it stands in a page."""
    text, _, _ = PackageLoader(TEMPLATES).get_source(Environment(), name)
    text = text.strip("\n")
    # A browser would end the block there and hash less than was hashed here.
    if "</" in text and any(end in text.lower() for end in ("</script", "</style")):
        raise ValueError(f"templates/{name} holds an end tag and cannot stand in a page")
    return text


def packed(text: str) -> str:
    """A text gzipped, in base64: a script of its own size would be most of a page."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


@cache
def _library() -> str:
    return packed(source(HELD))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _visible(value: Any) -> Any:
    """Whatever the page prints passes here, so no control character can be forgotten."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return wording.terminal_safe(value)
    return value


def _drawn(chart: Chart, width: str) -> Markup:
    # Two widths, because a wide drawing shrunk to a phone cannot be read.
    return Markup(drawing.svg(chart, drawing.NARROW if width == "narrow" else drawing.WIDE))


def _packed_live(charts: Sequence[Chart]) -> str:
    """What charts.js needs to make these move, by their names."""
    return packed(json_block({c.name: drawing.live(c) for c in charts if c.moves}))
