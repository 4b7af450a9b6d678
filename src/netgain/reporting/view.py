"""What both readable reports show, in words, before either format lays it out.

Nothing is computed: rows and sentences are made of what Findings holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

from netgain import wording
from netgain.records import (
    ACCURACY_KINDS,
    Comparison,
    Concern,
    Findings,
    Metric,
    Verdict,
)
from netgain.reporting import categories
from netgain.reporting.drawing import MODELS
from netgain.reporting.parts import short_words

VERDICT_LABELS: dict[Verdict | None, str] = {
    "improved": "Improved",
    "worse": "Worse",
    "no detectable change": "No detectable change",
    None: "Not compared",
}

LOSS_NOTE = (
    "Loss and teacher-forced token accuracy are measured while the model is given the reference "
    "solution and guesses each next token. They say how training went, not how many problems are "
    "solved."
)

FORMAT_NOTE = (
    "The strict grader sees an answer only in one form, so a rise in it can be a matter of form. "
    "The first row is the sum of the other three. Skill is what the robust grader, which reads an "
    "answer in any form, saw change; what was won where the base model gave no readable answer is "
    "counted apart."
)


@dataclass(frozen=True)
class MetricRow:
    """One metric as table cells. `uncertainty` is an interval or the words for why there is none.

    `why` is the reason itself, where there is no interval and one was to be expected.
    """

    name: str
    value: str
    undefined: bool
    uncertainty: str
    why: str
    kind: str
    method: str
    n: str
    note: str
    short: str  # the value with its interval, for a place that has little room

    @property
    def measured(self) -> str:
        """How it was measured, with what is to be known about it."""
        return "; ".join(part for part in (self.method, self.note) if part)

    @property
    def said(self) -> str:
        """All of it in one phrase: value, uncertainty, n, kind."""
        n = f"n = {self.n}" if self.n else ""
        return ", ".join(part for part in (self.value, self.uncertainty, n, self.kind) if part)


@dataclass(frozen=True)
class PairedRow:
    """A figure of the base and of the tuned model, side by side; None where there is none."""

    name: str
    base: MetricRow | None
    tuned: MetricRow | None
    kind: str
    n: str
    measured: str


@dataclass(frozen=True)
class Table:
    """A titled group of metrics."""

    title: str
    caption: str
    rows: tuple[MetricRow, ...]

    @property
    def reason(self) -> str:
        """Why most rows have no interval, if it is the same; a caption can tell it once for all."""
        reasons = Counter(r.why for r in self.rows if r.why)
        found, count = max(reasons.items(), key=itemgetter(1), default=("", 0))
        return found if count > len(self.rows) / 2 else ""


@dataclass(frozen=True)
class SummaryLine:
    """A line of the summary; `section` and `problems` are what it links to (see SummaryPoint)."""

    title: str
    figures: tuple[MetricRow, ...]
    interpretation: str
    recommendation: str
    section: str
    problems: str

    @property
    def basis(self) -> str:
        """What the figures have in common: kinds, n, intervals or why there are none."""
        said = (part for row in self.figures for part in (row.kind, *_counted(row), _surety(row)))
        return "; ".join(dict.fromkeys(part for part in said if part))


def _counted(row: MetricRow) -> tuple[str, ...]:
    return (f"n = {row.n}",) if row.n else ()


def _surety(row: MetricRow) -> str:
    level, is_interval, _ = row.uncertainty.partition("CI ")
    return f"{level}CI in parentheses" if is_interval else row.uncertainty


def refuse_misplaced(findings: Findings) -> None:
    """Raise if a metric stands where its kind would be misread as an accuracy."""
    by_category = [metric for _, *pair in findings.category_metrics for metric in pair]
    further = [
        cell for result in findings.further for table in result.tables for row in table.rows
        for cell in row if isinstance(cell, Metric)
    ]  # fmt: skip
    for metric in (*findings.accuracy_metrics, *by_category, *further):
        if metric.kind == "teacher_forced":
            raise ValueError(
                f"{metric.name!r} is teacher-forced: it belongs to training_metrics, not among "
                "the figures about generated answers"
            )


def verdict_body(findings: Findings) -> str:
    """The verdict's sentence without the label that stands above or before it.

    A sentence that begins in another way stays whole.
    """
    label = verdict_label(findings)
    if findings.verdict.startswith(f"{label}: "):
        return wording.capital(findings.verdict.removeprefix(f"{label}: "))
    return findings.verdict


def verdict_label(findings: Findings) -> str:
    """The verdict in one to three words."""
    return VERDICT_LABELS[findings.comparison.verdict if findings.comparison else None]


def to_heed(findings: Findings) -> tuple[Concern, ...]:
    """What stands beside the verdict, the gravest first."""
    return tuple(c for c in findings.concerns if c.severity in {"grave", "warning"})


def checked(findings: Findings) -> tuple[Concern, ...]:
    """What was looked for beside that: what this run cannot tell, and what is well."""
    return tuple(c for c in findings.concerns if c.severity in {"not checked", "passed"})


def missing_comparison(findings: Findings) -> str:
    """Why there is no paired comparison, or "" where there is one."""
    if findings.comparison is not None:
        return ""
    by_category = [metric for _, *pair in findings.category_metrics for metric in pair]
    metrics = (*findings.key_metrics, *findings.accuracy_metrics, *by_category)
    if any(metric.kind in ACCURACY_KINDS - {"published"} for metric in metrics):
        return (
            "There is no paired comparison of the base and the tuned model, so nothing can be "
            "said about a gain."
        )
    return (
        "No answers were generated, so there is no accuracy to report and nothing can be said "
        "about a gain. What follows describes the training only."
    )


def metric_row(metric: Metric) -> MetricRow:
    """A metric as table cells."""
    estimate = metric.estimate
    undefined = wording.undefined(estimate)
    return MetricRow(
        name=wording.capital(metric.name),
        value=wording.value_words(estimate, metric.unit),
        undefined=undefined,
        uncertainty="" if undefined else wording.interval_words(estimate, metric.unit, metric.kind),
        why=""
        if undefined or estimate.interval or metric.kind == "measured"
        else estimate.why_no_interval,
        kind=wording.KIND_WORDS[metric.kind],
        method=estimate.method,
        n="" if estimate.n is None else wording.integer(estimate.n),
        note=metric.note,
        short=short_words(metric),
    )


def metric_rows(metrics: tuple[Metric, ...]) -> tuple[MetricRow, ...]:
    return tuple(metric_row(metric) for metric in metrics)


def paired_rows(metrics: Iterable[Metric]) -> tuple[tuple[PairedRow, ...], tuple[MetricRow, ...]]:
    """Metrics named "…, base" and "…, tuned" as rows of both, and the others alone.

    Only figures of the same unit and kind share a row. Where the two differ in n, or in how they
    were measured, both are told.
    """
    found: dict[tuple[str, str, str], dict[str, Metric]] = {}
    alone: list[Metric] = []
    for metric in metrics:
        name, comma, model = metric.name.rpartition(", ")
        if comma and model in MODELS:
            found.setdefault((name, metric.unit, metric.kind), {})[model] = metric
        else:
            alone.append(metric)
    return tuple(_paired_row(name, of) for (name, _, _), of in found.items()), metric_rows(
        tuple(alone)
    )


def _paired_row(name: str, of: Mapping[str, Metric]) -> PairedRow:
    rows = {model: metric_row(of[model]) for model in MODELS if model in of}
    return PairedRow(
        name=wording.capital(name),
        base=rows.get("base"),
        tuned=rows.get("tuned"),
        kind=next(iter(rows.values())).kind,
        n=" / ".join(dict.fromkeys(row.n for row in rows.values() if row.n)),
        measured=" / ".join(dict.fromkeys(row.measured for row in rows.values() if row.measured)),
    )


def key_figures(findings: Findings) -> Table:
    return Table("Key figures", "The figures to quote", metric_rows(findings.key_metrics))


def category_rows(findings: Findings) -> tuple[PairedRow, ...]:
    """Figures by category, base and tuned side by side; the largest of very many."""
    return tuple(
        replace(_paired_row("", {"base": base, "tuned": tuned}), name=wording.one_line(category))
        for category, base, tuned in categories.largest(findings)
    )


def summary_lines(findings: Findings) -> tuple[SummaryLine, ...]:
    """The summary in words."""
    return tuple(
        SummaryLine(
            p.title,
            metric_rows(p.figures),
            p.interpretation,
            p.recommendation,
            p.section,
            p.problems,
        )
        for p in findings.summary
    )


def answer_figures(findings: Findings) -> Table:
    return Table(
        "Generated answers",
        "What was measured on the answers themselves",
        metric_rows(findings.accuracy_metrics),
    )


def format_figures(findings: Findings) -> Table:
    """The parts of a change in strict accuracy; no rows where there is no pair to compare."""
    parts = findings.format_skill
    return Table(
        "Format and skill",
        "What a change in strict accuracy is made of",
        metric_rows(parts.metrics if parts else ()),
    )


def training_figures(findings: Findings) -> Table:
    return Table("Training", "How training went", metric_rows(findings.training_metrics))


def cost_figures(findings: Findings) -> Table:
    return Table("Cost", "What it took", metric_rows(findings.cost_metrics))


def comparison_lines(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """The paired comparison as (what, words)."""
    c = comparison
    detectable = c.detectable_difference
    # A size has no direction, so it goes without the sign of a difference.
    size = wording.value_words(detectable, "points").lstrip("+")
    return (
        (
            "Difference, tuned − base",
            f"{wording.estimate_words(c.difference, 'points')}; generated answers, "
            f"{c.difference.method}",
        ),
        ("Test", f"{c.test}: {wording.probability(c.p_value)}"),
        ("Smallest detectable difference", f"{size}; {detectable.method}"),
    )


def paired_counts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """The four outcomes as (label, count)."""
    c = comparison
    labelled = (
        ("both right", c.both),
        ("only tuned right", c.won),
        ("only base right", c.lost),
        ("neither right", c.neither),
    )
    return tuple((label, wording.integer(count)) for label, count in labelled)


def opening(foreign: str, most: int = 110) -> str:
    """The beginning of a text on one line, cut between words where that is possible."""
    line = wording.one_line(foreign[: 4 * most])
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    whole_words = cut.rsplit(" ", 1)[0].rstrip(".,;:")
    return (whole_words if " " in cut[most // 2 :] else cut) + "…"
