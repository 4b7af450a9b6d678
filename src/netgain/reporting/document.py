"""Findings -> the document that every readable format renders: built here, once."""

from netgain.records import Findings
from netgain.reporting import phrases, view
from netgain.reporting.appendix import appendix
from netgain.reporting.blocks import Document, Problems, Section
from netgain.reporting.charts import drawable
from netgain.reporting.first_screen import first_screen
from netgain.reporting.main_parts import drawn_in, main_parts


def document(findings: Findings) -> Document:
    """A report in its order.

    Raises:
        ValueError: a figure stands where its kind would be misread.
    """
    view.refuse_misplaced(findings)
    drawn = {chart.name: chart for chart in drawable(findings)}
    first, parts = first_screen(findings, drawn), tuple(main_parts(findings, drawn))
    has_samples = findings.samples is not None and findings.samples.rows
    problems = Section("samples", "Problems and answers", (Problems(),))
    return Document(
        findings.title,
        phrases.lede(findings),
        first,
        parts,
        (problems,) if has_samples else (),
        tuple(appendix(findings, drawn, drawn_in((first, *parts)))),
    )
