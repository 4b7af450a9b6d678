"""Findings of a run -> its figures as rows and columns of a table name them.

A figure of a group, of a kind of error or of a further measurement has a name only together with
what it stands beside: its row, its column, its model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from netgain.audit.document import plain
from netgain.audit.quantities import CELL_START, annotate
from netgain.records import (
    Changes,
    Comparison,
    Difficulty,
    ErrorsFound,
    Findings,
    FurtherCurve,
    FurtherTable,
    GroupAccuracy,
    GroupChange,
    Metric,
)
from netgain.wording import (
    estimate_words,
    group_words,
    integer,
    number,
    probability,
    quantity,
    value_words,
)

MODELS = ("base", "tuned")


@dataclass(frozen=True)
class Known:
    """A figure of the run under the names of a row.

    `name` is folded. `columns` are the heads that it stands under; none stands for a head that
    says nothing. Other figures may go by the name of one that is `projected` ("time").
    """

    name: str
    kind: str
    value: float
    unit: str
    words: str
    role: str = ""
    columns: frozenset[str] = frozenset()
    projected: bool = False
    interval: tuple[float, float] | None = None
    n: int | None = None


def folded(text: str) -> str:
    """Text with case, marks of Markdown and white space set aside, to find it again."""
    return " ".join(plain(text.replace("\n", " ")).casefold().split())


def known_figures(findings: Findings) -> Mapping[str, tuple[Known, ...]]:
    """Every figure of the findings by the names that its row may have."""
    by_name: dict[str, dict[Known, None]] = {}
    for known in _all_known(findings):
        if known.name and math.isfinite(known.value):
            by_name.setdefault(known.name, {})[known] = None
    return {name: tuple(known) for name, known in by_name.items()}


def own_metrics(value: object) -> Iterator[Metric]:
    """Every metric whose own name says what it is, wherever the findings hold it."""
    if isinstance(value, Metric):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from own_metrics(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from own_metrics(item)
    elif is_dataclass(value) and not isinstance(value, type | _NAMED_BY_PLACE):
        for each in fields(value):
            if each.name not in _NOT_OWN:
                yield from own_metrics(getattr(value, each.name))


# Their metrics are named alike in each of them.
_NAMED_BY_PLACE = GroupAccuracy | GroupChange | FurtherCurve | Comparison
_NOT_OWN = frozenset({"curves", "samples", "category_metrics", "publication"})


def _all_known(findings: Findings) -> Iterator[Known]:
    for metric in own_metrics(findings):
        yield from _of(metric, (metric.name,), own=True)
        stem, _, model = metric.name.rpartition(", ")
        if model in MODELS:
            yield from _of(metric, (stem,), model, (model,), own=True)
    if findings.format_skill is not None:
        for part in findings.format_skill.metrics:
            yield from _of(part, (part.name.removeprefix("due to "),), own=True)
    for model, errors in findings.errors_found.items():
        yield from _errors(model, errors)
    for model, difficulty in findings.difficulty.items():
        yield from _difficulty(model, difficulty)
    for model, unusual in findings.unusual.items():
        for count in unusual.counts:
            yield from _of(count, (count.name,), model, (model,))
    if findings.changes is not None:
        yield from _changes(findings.changes)
    for category, *pair in findings.category_metrics:
        for model, metric in zip(MODELS, pair, strict=True):
            yield from _of(metric, (category,), model, (model,))
    for result in findings.further:
        for table in result.tables:
            yield from _table(table)
        for change in result.changes:
            yield from _change(change)
        for curve in result.curves:
            yield from _curve(curve)


def _of(
    metric: Metric,
    names: Iterable[str],
    role: str = "",
    columns: Iterable[str] = (),
    *,
    own: bool = False,
) -> Iterator[Known]:
    """A metric under each of its names."""
    value = metric.estimate.value
    if value is None:
        return
    words = f"{metric.name}: {estimate_words(metric.estimate, metric.unit, metric.kind)}"
    kind = "accuracy" if "accuracy" in metric.name and not own else metric.name
    stem, _, model = metric.name.rpartition(", ")
    role = role or (model if stem and model in MODELS else "")
    heads = frozenset(map(folded, columns))
    for name in names:
        row = folded(name)
        shown = words if row in folded(metric.name) else f"{name}, {words}"
        if role and role not in shown:
            shown = f"{role}, {shown}"
        yield Known(
            row, kind, value, metric.unit, shown, role, heads, metric.kind == "projected",
            metric.estimate.interval, metric.estimate.n,
        )  # fmt: skip


def _errors(model: str, errors: ErrorsFound) -> Iterator[Known]:
    head = f"{model} ({integer(errors.n)} wrong answer{'s'[: errors.n != 1]})"
    for metric in errors.kinds:
        yield from _of(metric, (metric.name,), model, (head, model))


def _difficulty(model: str, difficulty: Difficulty) -> Iterator[Known]:
    for g in difficulty.groups:
        names = (group_words(g.feature, g.group),)
        yield from _of(g.accuracy, names, model, (f"{model} accuracy",))
        yield from _of(g.rest, names, model, ("all others", f"{model} accuracy on all others"))
        yield from _of(g.difference, names, model, (model,))


def _changes(changes: Changes) -> Iterator[Known]:
    for g in changes.groups:
        names = (group_words(g.feature, g.group),)
        yield from _of(g.difference, names, "", ("tuned − base", "difference"))
        yield from _of(g.beyond_rest, names, "", ("beyond the rest",))


def _table(table: FurtherTable) -> Iterator[Known]:
    """The figures of a table, those among its words too."""
    for first, *cells in table.rows:
        row = value_words(first.estimate, first.unit) if isinstance(first, Metric) else first
        model, _, what = row.partition(", ")
        names = (row, what) if model in MODELS and what else (row,)
        whose = model if model in MODELS else ""
        for column, cell in zip(table.columns[1:], cells, strict=True):
            if isinstance(cell, Metric):
                yield from _of(cell, names, whose, (column,))
            else:
                yield from _told(cell, names, whose, column)


def _told(cell: str, names: Iterable[str], role: str, column: str) -> Iterator[Known]:
    """The number that a cell of words begins with."""
    text = plain(cell)
    for q in annotate(text).quantities[:1]:
        for name in names if CELL_START.match(text[: q.start]) else ():
            known = Known(folded(name), column, q.value, q.unit, f"{name}, {column}: {cell}")
            yield replace(known, role=role, columns=frozenset({folded(column)}))


def _curve(curve: FurtherCurve) -> Iterator[Known]:
    names = (f"{curve.model}, {curve.measure}", curve.measure)
    for point in curve.points:
        yield from _of(point.figure, names, curve.model, ("right",))
        for value, unit, head in (
            (point.tokens, "tokens", "generated tokens a problem"),
            (point.seconds, "s", "time a problem"),
        ):
            shown = number(value, 3) if unit == "tokens" else quantity(value, unit)
            yield from _told(shown, names, curve.model, head)


def _change(change: Comparison) -> Iterator[Known]:
    names = _compared(change)
    yield from _of(change.metric, names, change.model, ("difference",))
    for cell, column in (
        (integer(change.n), "n"),
        (f"{integer(change.won)} / {integer(change.lost)}", "won / lost"),
    ):
        yield from _told(cell, names, change.model, column)
    for p, column in ((change.p_value, "p"), (change.adjusted_p, "p, holm")):
        if p is not None:
            yield from (_p_value(name, p, change.model, column) for name in names)


def _p_value(name: str, p: float, model: str, column: str) -> Known:
    words = f"{name}: {probability(p)}"
    return Known(folded(name), column, p, "", words, model, frozenset({column}))


def _compared(change: Comparison) -> tuple[str, ...]:
    """What a row of paired comparisons may be called."""
    told = f"{change.other}, against {change.reference}"
    both = change.other.removeprefix("tuned, ").removesuffix(", tuned")
    return (told,) if change.model or both == change.other else (told, both)
