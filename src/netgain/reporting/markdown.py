"""report.md: reads well as plain text, and on a page that renders Markdown.

The same parts in the same order as report.html. Foreign text stands in fenced blocks or is
escaped; no HTML is written at all. Links lead to headings of the page, by the anchors that GitHub
gives them, and to the files beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netgain import wording
from netgain.records import Concern, Findings, Metric, Severity
from netgain.reporting import categories, view
from netgain.reporting.charts import drawable
from netgain.reporting.drawing import Chart
from netgain.reporting.glossary import used_terms
from netgain.reporting.markdown_blocks import (
    bullets,
    definitions,
    escaped,
    fenced,
    grid,
    link,
    linked,
    metric_table,
    paired_table,
)
from netgain.reporting.markdown_examples import example_blocks
from netgain.reporting.outline import TRAINING_CHARTS, Contents, contents
from netgain.reporting.parts import Section
from netgain.reporting.sections import sections

ROWS_BESIDE_A_CHART = 12
READ_BY_ALL = {"summary", "key"}  # stand before the list of contents
SAID: dict[Severity, str] = {"passed": "✓", "not checked": "?"}  # before a line of the notes


@dataclass(frozen=True)
class Told:
    """What the parts of a report are made of."""

    findings: Findings
    drawn: Mapping[str, Chart]
    sections: Mapping[str, Section]


Part = Callable[[Told], Iterator[str]]


def render(findings: Findings) -> bytes:
    """report.md as bytes."""
    view.refuse_misplaced(findings)
    drawn = {chart.name: chart for chart in drawable(findings)}
    made = {section.name: section for section in sections(findings)}
    told, held = Told(findings, drawn, made), contents(findings, drawn, made.values())
    blocks = list(_opening(told))
    for name, title in _entries(held):
        if name in {"verdict", "glossary"}:
            continue
        if name not in READ_BY_ALL and "## Contents" not in blocks:
            blocks += _contents(held)
        blocks += [f"## {escaped(title)}", *PARTS.get(name, _section(name))(told)]
    # A sentence that says there is no accuracy does not make it a word of this report.
    said = "\n".join(blocks).replace(view.missing_comparison(findings), "")
    blocks += ["## Glossary", *_glossary(said)]
    parts = {f"## {escaped(title)}": name for name, title in _entries(held)}
    return ("\n\n".join(linked(blocks, parts)) + "\n").encode()


def chart_file(name: str) -> str:
    """The name of a chart's file beside report.md."""
    return f"chart-{name}.svg"


# -- the top -------------------------------------------------------------------------------


def _opening(told: Told) -> Iterator[str]:
    f = told.findings
    yield f"# {escaped(f.title)}"
    yield f"**{view.verdict_label(f)}.** {escaped(view.verdict_body(f))}"
    missing = view.missing_comparison(f)
    if missing:
        yield missing
    to_heed = view.to_heed(f)
    if to_heed:
        yield "Bear in mind:"
        yield "\n".join(map(_concern, to_heed))


def _summary(told: Told) -> Iterator[str]:
    lines = []
    for point in told.findings.summary:
        lines.append(f"- **{link(point.section, escaped(point.title))}**")
        lines += [f"  - {escaped(_figure_words(metric))}" for metric in point.figures]
        lines.append(f"  - {escaped(point.interpretation)}")
        if point.recommendation:
            lines.append(f"  - **What to do:** {escaped(point.recommendation)}")
    yield "\n".join(lines)


def _figure_words(metric: Metric) -> str:
    """A figure on a line; why it has no interval stands in the tables."""
    words = wording.metric_words(metric)
    if metric.estimate.interval is None:
        n = metric.estimate.n
        value = wording.value_words(metric.estimate, metric.unit)
        counted = "" if n is None or " of " in value else f"n = {wording.integer(n)}"
        words = f"{wording.with_remark(value, counted)}, {wording.KIND_WORDS[metric.kind]}"
    return f"{wording.capital(metric.name)}: {words}"


def _key(told: Told) -> Iterator[str]:
    yield metric_table(view.key_figures(told.findings).rows)


def _contents(entries: Contents) -> Iterator[str]:
    yield "## Contents"
    lines = []
    for head, named in entries:
        indent = "  " if head else ""
        lines += [f"- {head}"] if head else []
        lines += [
            f"{indent}- {link(name, escaped(title))}" for name, title in named if name != "verdict"
        ]
    yield "\n".join(lines)


def _entries(entries: Contents) -> Iterator[tuple[str, str]]:
    return (entry for _, group in entries for entry in group)


# -- figures -------------------------------------------------------------------------------


def _comparison(told: Told) -> Iterator[str]:
    comparison = told.findings.comparison
    if comparison is None:
        return
    both, only_tuned, only_base, neither = (n for _, n in view.paired_counts(comparison))
    yield grid(
        ("", "tuned right", "tuned wrong"),
        [("base right", both, only_base), ("base wrong", only_tuned, neither)],
    )
    yield from _figure(told.drawn["paired"])
    lines = view.comparison_lines(comparison)
    yield "\n".join(f"- {what}: {escaped(words)}" for what, words in lines)


def _answers(told: Told) -> Iterator[str]:
    paired, alone = view.paired_rows(told.findings.accuracy_metrics)
    if paired:
        yield paired_table(paired)
    if alone:
        yield metric_table(alone)


def _format(told: Told) -> Iterator[str]:
    yield view.FORMAT_NOTE
    if "format" in told.drawn:
        yield from _figure(told.drawn["format"])
    yield metric_table(view.format_figures(told.findings).rows)


def _training(told: Told) -> Iterator[str]:
    yield view.LOSS_NOTE
    if told.findings.training_metrics:
        yield metric_table(view.training_figures(told.findings).rows)
    for chart in (told.drawn[name] for name in TRAINING_CHARTS if name in told.drawn):
        yield f"### {chart.title}"
        yield from _figure(chart)
        validated = [row for row in chart.rows if row[-1]]
        yield grid(chart.columns, _spread(validated or chart.rows))


def _spread(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A few rows from first to last, evenly."""
    last = len(rows) - 1
    if last < ROWS_BESIDE_A_CHART:
        return list(rows)
    return [rows[k * last // (ROWS_BESIDE_A_CHART - 1)] for k in range(ROWS_BESIDE_A_CHART)]


def _categories(told: Told) -> Iterator[str]:
    if "categories" in told.drawn:
        yield from _figure(told.drawn["categories"])
    yield paired_table(view.category_rows(told.findings))
    left_out = categories.left_out(told.findings)
    if left_out:
        yield left_out


def _cost(told: Told) -> Iterator[str]:
    yield metric_table(view.cost_figures(told.findings).rows)


def _figure(chart: Chart) -> Iterator[str]:
    yield f"![{escaped(chart.alt)}]({chart_file(chart.name)})"
    yield chart.caption


# -- words ---------------------------------------------------------------------------------


def _section(name: str) -> Part:
    """A part made of sentences and plain tables."""

    def blocks(told: Told) -> Iterator[str]:
        section = told.sections[name]
        yield from map(escaped, section.paragraphs)
        if section.chart in told.drawn:
            yield from _figure(told.drawn[section.chart])
        for table in section.grids:
            yield f"{escaped(table.caption)}:"
            yield grid([*map(escaped, table.columns)], [[*map(escaped, r)] for r in table.rows])
        if section.bullets:
            yield bullets(section.bullets)
        for proposal in section.proposals:
            yield f"### {escaped(proposal.title)}"
            yield bullets(proposal.lines, links=True)
            yield fenced(proposal.command, "sh")

    return blocks


def _checks(told: Told) -> Iterator[str]:
    checked = view.checked(told.findings)
    if checked:
        yield "\n".join(f"- {SAID.get(c.severity, '!')} {escaped(c.text)}" for c in checked)
    if told.findings.notes:
        yield bullets(told.findings.notes)


def _concern(concern: Concern) -> str:
    grave = "**Grave.** " if concern.severity == "grave" else ""
    return f"- {grave}{escaped(concern.text)}"


def _reproduce(told: Told) -> Iterator[str]:
    yield fenced("\n".join(told.findings.reproduce), "sh")


def _glossary(body: str) -> Iterator[str]:
    """The terms that the report uses."""
    yield "\n".join(f"- **{escaped(head)}**: {escaped(words)}" for head, words in used_terms(body))


PARTS: dict[str, Part] = {
    "summary": _summary,
    "key": _key,
    "comparison": _comparison,
    "answers": _answers,
    "format": _format,
    "training": _training,
    "categories": _categories,
    "cost": _cost,
    "checks": _checks,
    "samples": lambda told: example_blocks(told.findings),
    "data": lambda told: iter([definitions(told.findings.data)]),
    "settings": lambda told: iter([definitions(told.findings.settings)]),
    "environment": lambda told: iter([definitions(told.findings.environment)]),
    "reproduce": _reproduce,
}
