"""What both readable reports show, in words, before either format lays it out.

Nothing is computed: rows and sentences are made of what Findings holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from netgain import wording
from netgain.records import Comparison, Concern, Findings, Metric
from netgain.reporting.blocks import Cell, Grid
from netgain.reporting.drawing import MODELS


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


def to_heed(findings: Findings) -> tuple[Concern, ...]:
    """What stands beside the verdict, the gravest first."""
    return tuple(c for c in findings.concerns if c.severity in {"grave", "warning"})


def checked(findings: Findings) -> tuple[Concern, ...]:
    """What was looked for beside that: what this run cannot tell, and what is well."""
    return tuple(c for c in findings.concerns if c.severity in {"not checked", "passed"})


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
    return tuple(paired_row(name, of) for (name, _, _), of in found.items()), metric_rows(
        tuple(alone)
    )


def paired_row(name: str, of: Mapping[str, Metric]) -> PairedRow:
    rows = {model: metric_row(of[model]) for model in MODELS if model in of}
    return PairedRow(
        name=wording.capital(name),
        base=rows.get("base"),
        tuned=rows.get("tuned"),
        kind=next(iter(rows.values())).kind,
        n=" / ".join(dict.fromkeys(row.n for row in rows.values() if row.n)),
        measured=" / ".join(dict.fromkeys(row.measured for row in rows.values() if row.measured)),
    )


def metric_grid(metrics: Iterable[Metric], caption: str) -> Grid:
    """Metrics as a table. A reason for no interval that most rows share stands in its caption."""
    rows = [metric_row(m) if isinstance(m, Metric) else m for m in metrics]
    reasons = Counter(row.why for row in rows if row.why)
    shared, count = max(reasons.items(), key=itemgetter(1), default=("", 0))
    shared = shared if count > len(rows) / 2 and count > 1 else ""
    counted = any(row.n for row in rows)
    return Grid(
        f"{caption} (where no interval is given: {shared})" if shared else caption,
        ("Figure", "Value", "Kind", *(["n"] if counted else [])),
        tuple(
            (
                Cell(row.name, row.measured),
                _value(row, "" if row.why and row.why == shared else row.uncertainty),
                row.kind,
                *([row.n or "–"] if counted else []),
            )
            for row in rows
        ),
        stacked=True,
        below="How measured",
    )


def paired_grid(rows: Iterable[PairedRow], caption: str) -> Grid:
    """Figures of both models side by side."""
    held = tuple(rows)
    counted = any(row.n for row in held)
    return Grid(
        caption,
        ("Figure", "Base", "Tuned", "Kind", *(["n"] if counted else [])),
        tuple(
            (
                Cell(row.name, row.measured),
                *(_value(of, of.uncertainty) if of else "–" for of in (row.base, row.tuned)),
                row.kind,
                *([row.n or "–"] if counted else []),
            )
            for row in held
        ),
        stacked=True,
        below="How measured",
    )


def _value(row: MetricRow, aside: str) -> Cell:
    return Cell(row.value, aside, row.said, strong=not row.undefined)


def short_words(metric: Metric) -> str:
    """A value with its interval, short enough for a cell."""
    estimate = metric.estimate
    value = wording.value_words(estimate, metric.unit)
    if wording.undefined(estimate) or estimate.interval is None:
        return value
    interval = wording.interval_words(estimate, metric.unit)
    return wording.with_remark(
        value, interval.removeprefix(f"{wording.level_words(estimate.level)} CI ")
    )


def comparison_lines(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """The paired comparison as (what, words)."""
    c = comparison
    detectable = c.detectable_difference
    # A size has no direction, so it goes without the sign of a difference.
    size = wording.value_words(detectable, "points").lstrip("+")
    return (
        (
            "Difference",
            f"{wording.estimate_words(c.difference, 'points')}; generated answers, "
            f"{c.difference.method}",
        ),
        ("Test", f"{c.test}: {wording.probability(c.p_value)}"),
        ("Smallest detectable difference", f"{size}; {detectable.method}"),
    )


def outcomes_grid(c: Comparison) -> Grid:
    """The four outcomes. Only what one model alone got right speaks for or against the tuning."""
    both, won, lost, neither = map(wording.integer, (c.both, c.won, c.lost, c.neither))
    return Grid(
        f"The same {wording.quantity(c.n, 'problems')}, before and after",
        ("", "tuned right", "tuned wrong"),
        (
            ("base right", both, Cell(lost, "broken", strong=True)),
            ("base wrong", Cell(won, "fixed", strong=True), neither),
        ),
    )


def opening(foreign: str, most: int = 110) -> str:
    """The beginning of a text on one line, cut between words where that is possible."""
    line = wording.one_line(foreign[: 4 * most])
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    whole_words = cut.rsplit(" ", 1)[0].rstrip(".,;:")
    return (whole_words if " " in cut[most // 2 :] else cut) + "…"
