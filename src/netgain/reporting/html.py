"""report.html: one page that holds everything it shows, and needs no network.

Text that others wrote is escaped by the template engine and made visible first; drawings come from
our own specs. Without scripts it reads the same: they add movement to the charts, and a browser of
all samples.
"""

from netgain.records import Findings
from netgain.reporting import browser, quoted_examples
from netgain.reporting.charts import drawable
from netgain.reporting.document import document
from netgain.reporting.page import page


def render(findings: Findings) -> bytes:
    """report.html as bytes."""
    drawn = drawable(findings)
    held = findings.samples is not None
    context = {
        "doc": document(findings),
        "charts": drawn,
        "sample_groups": list(quoted_examples.sample_groups(findings)),
        "browser": browser.embedded(findings.samples) if findings.samples is not None else None,
    }
    return page(
        "report.html.j2", context, browser.STYLES if held else (), browser.SCRIPTS if held else (),
        charts=bool(drawn),
    )  # fmt: skip
