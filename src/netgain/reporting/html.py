"""report.html: one page that holds everything it shows.

No script, no network: the page forbids itself both. Text that others wrote is escaped by the
template engine and made visible first; drawings come from our own specs.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from netgain import wording
from netgain.records import Findings
from netgain.reporting import drawing, view
from netgain.reporting.charts import drawable
from netgain.reporting.drawing import Chart
from netgain.reporting.sections import sections

TEMPLATES = "netgain.reporting"


def render(findings: Findings) -> bytes:
    """report.html as bytes."""
    view.refuse_misplaced(findings)
    style = _style()
    drawn = {chart.name: chart for chart in drawable(findings)}
    page = _environment().get_template("report.html.j2")
    return page.render(
        f=findings,
        style=Markup(style),
        policy=_policy(style),
        label=view.verdict_label(findings),
        verdict=view.verdict_body(findings),
        missing=view.missing_comparison(findings),
        key_figures=view.key_figures(findings).rows,
        paired_lines=view.comparison_lines(findings.comparison) if findings.comparison else (),
        paired_chart=drawn.get("paired"),
        answer_figures=view.answer_figures(findings),
        format_figures=view.format_figures(findings),
        format_note=view.FORMAT_NOTE,
        category_chart=drawn.get("categories"),
        categories=_categories(findings),
        sections=list(sections(findings)),
        charts=drawn,
        training_figures=view.training_figures(findings),
        training_charts=[drawn[name] for name in ("loss", "token-agreement") if name in drawn],
        loss_note=view.LOSS_NOTE,
        cost_figures=view.cost_figures(findings),
        sample_groups=list(view.sample_groups(findings)),
        facts=list(view.facts(findings)),
    ).encode()


def _categories(findings: Findings) -> list[tuple[str, view.MetricRow, view.MetricRow]]:
    return [
        (category, view.metric_row(base), view.metric_row(tuned))
        for category, base, tuned in findings.category_metrics
    ]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["drawn"] = _drawn
    return environment


def _visible(value: Any) -> Any:
    """Whatever the page prints passes here, so no control character can be forgotten."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return wording.terminal_safe(value)
    return value


def _drawn(chart: Chart, width: str) -> Markup:
    # Two widths, because a wide drawing shrunk to a phone cannot be read.
    return Markup(drawing.svg(chart, drawing.NARROW if width == "narrow" else drawing.WIDE))


def _style() -> str:
    source, _, _ = PackageLoader(TEMPLATES).get_source(Environment(), "report.css")
    return source


def _policy(style: str) -> str:
    """A content policy that allows this one style block and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
