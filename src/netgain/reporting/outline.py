"""The parts of a report in reading order, with their anchors and titles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from netgain.records import Findings
from netgain.reporting import view
from netgain.reporting.parts import Section

# Under the heads of the contents list; "further" stands for every measurement beside the headline.
ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("verdict", "summary", "key")),
    ("The gain", ("comparison", "answers", "format", "training")),
    ("The problems", ("errors", "changes", "difficulty", "categories", "unusual")),
    ("Further measurements", ("further",)),
    ("What follows", ("cost", "advice", "checks")),
    ("Problem by problem", ("samples",)),
    ("The run", ("data", "settings", "environment", "reproduce", "glossary")),
)
TRAINING_CHARTS = ("loss", "token-agreement")

# A group's title ("" for none) and its entries: (anchor, title).
Contents = list[tuple[str, list[tuple[str, str]]]]


def contents(findings: Findings, drawn: Collection[str], told: Iterable[Section]) -> Contents:
    """What a report of these findings holds, in its order.

    `drawn` are the names of its charts, `told` the sections made of sentences.
    """
    titles = dict(_titles(findings, drawn, told))
    groups = (
        (head, [(name, titles[name]) for each in names for name in _of(each, titles)])
        for head, names in ORDER
    )
    return [(head, entries) for head, entries in groups if entries]


def _titles(
    findings: Findings, drawn: Collection[str], told: Iterable[Section]
) -> Iterator[tuple[str, str]]:
    f = findings
    fixed: tuple[tuple[str, str, object], ...] = (
        ("verdict", "Verdict", True),
        ("summary", "Summary", f.summary),
        ("key", "Key figures", f.key_metrics),
        ("comparison", "Fixed and broken", f.comparison),
        ("answers", "Base and tuned", f.accuracy_metrics),
        ("format", "Format and skill", f.format_skill),
        ("training", "Learning curves", f.training_metrics or set(drawn) & set(TRAINING_CHARTS)),
        ("categories", "Categories", f.category_metrics),
        ("cost", "Cost and energy", f.cost_metrics),
        ("checks", "What was checked", view.checked(f) or f.notes),
        ("samples", "Problems and answers", f.samples and f.samples.rows),
        ("data", "Data and split", f.data),
        ("settings", "Settings", f.settings),
        ("environment", "Environment", f.environment),
        ("reproduce", "How to reproduce", f.reproduce),
        ("glossary", "Glossary", True),
    )
    yield from ((name, title) for name, title, holds in fixed if holds)
    yield from ((section.name, section.title) for section in told)


def _of(name: str, titles: Collection[str]) -> list[str]:
    if name == "further":
        return [each for each in titles if each.startswith("further-")]
    return [name] if name in titles else []
