"""report.html: one page that holds everything it shows, and needs no network.

Text that others wrote is escaped by the template engine and made visible first; drawings come from
our own specs. Without scripts it reads the same: they add movement to the charts, and a browser of
all samples.
"""

from __future__ import annotations

from typing import Any

from netgain.records import Findings
from netgain.reporting import browser, categories, examples, view
from netgain.reporting.charts import drawable
from netgain.reporting.glossary import GLOSSARY
from netgain.reporting.outline import TRAINING_CHARTS, contents
from netgain.reporting.page import page
from netgain.reporting.sections import sections
from netgain.reporting.settings import settings_rows


def render(findings: Findings) -> bytes:
    """report.html as bytes."""
    view.refuse_misplaced(findings)
    drawn = {chart.name: chart for chart in drawable(findings)}
    told = {section.name: section for section in sections(findings)}
    listed = contents(findings, drawn, told.values())
    context = {
        **_opening(findings),
        **_figures(findings),
        "f": findings,
        "drawn": drawn,
        "told": told,
        "further": [s for name, s in told.items() if name.startswith("further-")],
        "titles": {name: title for _, entries in listed for name, title in entries},
        "contents": listed,
        "training_charts": [drawn[name] for name in TRAINING_CHARTS if name in drawn],
        "sample_groups": list(examples.sample_groups(findings)),
        "settings": settings_rows(findings),
        "glossary": GLOSSARY,
    }
    if findings.samples is None:
        return page("report.html.j2", {**context, "browser": None}, charts=bool(drawn))
    return page(
        "report.html.j2",
        {**context, "browser": browser.embedded(findings.samples)},
        browser.STYLES,
        browser.SCRIPTS,
        charts=bool(drawn),
    )


def _opening(findings: Findings) -> dict[str, Any]:
    """The verdict, and the whole in a few lines."""
    return {
        "label": view.verdict_label(findings),
        "verdict": view.verdict_body(findings),
        "missing": view.missing_comparison(findings),
        "to_heed": view.to_heed(findings),
        "checked": view.checked(findings),
        "summary": view.summary_lines(findings),
        "key_figures": view.key_figures(findings).rows,
    }


def _figures(findings: Findings) -> dict[str, Any]:
    """Tables of figures: of both models side by side, and the others."""
    paired, alone = view.paired_rows(findings.accuracy_metrics)
    return {
        "paired_lines": view.comparison_lines(findings.comparison) if findings.comparison else (),
        "answers_paired": paired,
        "answers_alone": alone,
        "answers_caption": view.answer_figures(findings).caption,
        "format_figures": view.format_figures(findings),
        "format_note": view.FORMAT_NOTE,
        "categories": view.category_rows(findings),
        "categories_left_out": categories.left_out(findings),
        "training_figures": view.training_figures(findings),
        "loss_note": view.LOSS_NOTE,
        "cost_figures": view.cost_figures(findings),
    }
