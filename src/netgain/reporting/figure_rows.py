"""Every figure of a report as a row: name, value, interval, n, kind and how it came about."""

from collections.abc import Iterator
from typing import Any

from netgain.records import Findings, Metric

COLUMNS = ("part", "name", "value", "low", "high", "level", "n", "unit", "kind", "method", "note")


def figure_rows(findings: Findings) -> Iterator[dict[str, Any]]:
    """Rows under `COLUMNS`; what is not known is None. A figure that stands twice comes once."""
    seen = set()
    for part, metric in _metrics(findings):
        known = (part if part.startswith("extra") else "", metric.name, metric.estimate)
        if known not in seen:
            seen.add(known)
            yield figure_row(part, metric)


def figure_row(part: str, metric: Metric) -> dict[str, Any]:
    """One figure."""
    found = metric.estimate
    low, high = found.interval or (None, None)
    return dict(
        zip(
            COLUMNS,
            (part, metric.name, found.value, low, high, found.level, found.n, metric.unit,
             metric.kind, found.method, metric.note or found.why_no_interval),
            strict=True,
        )
    )  # fmt: skip


def _metrics(f: Findings) -> Iterator[tuple[str, Metric]]:
    if f.comparison is not None:
        yield f"{f.comparison.other} against {f.comparison.reference}", f.comparison.metric
    if f.over_start is not None:
        yield f"{f.over_start.other} against {f.over_start.reference}", f.over_start.metric
    for metric in f.accuracy_metrics:
        yield "accuracy", metric
    for model in f.models:
        yield f"model {model.name}", model.accuracy
        yield f"model {model.name}", model.strict
    for category, *both in f.category_metrics:
        yield from ((f"category {category}", metric) for metric in both)
    for result in f.further:
        part = f"extra {result.kind}"
        for change in result.changes:
            yield f"{part}: {change.other} against {change.reference}", change.metric
        for table in result.tables:
            for name, *cells in table.rows:
                yield from ((f"{part}: {name}", c) for c in cells if isinstance(c, Metric))
        yield from ((part, metric) for metric in result.figures)
    for metric in f.training_metrics:
        yield "training", metric
    for metric in f.cost_metrics:
        yield "cost", metric
