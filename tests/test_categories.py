"""Of very many categories a report shows the largest, and says where the others are."""

from __future__ import annotations

import json
from dataclasses import replace

from netgain.records import Findings
from netgain.reporting import html, json_report, markdown
from test_reporting import findings, metric

N = 1000
SAID = "Only the 100 largest of 1000 categories are shown; report.json has the others."


def many() -> Findings:
    """Every tenth category is large."""
    pairs = {n: (metric("accuracy", 0.5, n=n), metric("accuracy", 0.5, n=n)) for n in (50, 2)}
    rows = tuple((f"cat-{i:04}", *pairs[50 if i % 10 == 0 else 2]) for i in range(N))
    return findings(category_metrics=rows)


def test_the_largest_of_very_many_categories_are_shown_and_the_others_counted() -> None:
    made = many()
    for text in (html.render(made).decode(), markdown.render(made).decode()):
        assert text.count(SAID) == 1
        assert "cat-0990" in text and "cat-0991" not in text
    assert len(json.loads(json_report.render(made))["category_metrics"]) == N


def test_nothing_is_said_where_all_categories_are_shown() -> None:
    made = many()
    few = replace(made, category_metrics=made.category_metrics[:100])
    for text in (html.render(few).decode(), markdown.render(few).decode()):
        assert "cat-0099" in text and "largest of" not in text
