"""Which categories a report shows where a data set has very many."""

from netgain import wording
from netgain.records import Findings, Metric
from netgain.reporting import phrases
from netgain.reporting.view import Row

MOST_CATEGORIES = 100

CategoryRow = tuple[str, Metric, Metric]  # category, base, tuned


def largest(findings: Findings) -> tuple[CategoryRow, ...]:
    """The categories with the most problems, at most `MOST_CATEGORIES`, in their own order."""
    rows = findings.category_metrics
    sizes = [max(base.estimate.n or 0, tuned.estimate.n or 0) for _, base, tuned in rows]
    places = sorted(range(len(rows)), key=lambda place: (-sizes[place], place))
    return tuple(rows[place] for place in sorted(places[:MOST_CATEGORIES]))


def rows(findings: Findings) -> list[Row]:
    """Figures by category, base and tuned side by side; the largest of very many."""
    return [(wording.one_line(name), pair) for name, *pair in largest(findings)]


def left_out(findings: Findings) -> str:
    """What is to be said of the categories that are not shown; "" where all are."""
    total = len(findings.category_metrics)
    if total <= MOST_CATEGORIES:
        return ""
    return phrases.CATEGORIES_LEFT_OUT.format(MOST_CATEGORIES, wording.integer(total))
