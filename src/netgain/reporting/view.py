"""What both readable reports show, in words, before either format lays it out.

Nothing is computed: rows and sentences are made of what Findings holds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter

from netgain import wording
from netgain.records import Comparison, Concern, Findings, Metric
from netgain.reporting import captions
from netgain.reporting.blocks import Cell, Grid
from netgain.reporting.drawing import MODELS

Row = tuple[str, Sequence[Metric | None]]  # a name and the figure of each model, if there is one


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


def paired(metrics: Iterable[Metric]) -> tuple[list[Row], list[Metric]]:
    """Metrics named "…, base" and "…, tuned" as rows of both, and the others alone.

    Only figures of the same unit and kind share a row.
    """
    found: dict[tuple[str, str, str], dict[str, Metric]] = {}
    alone: list[Metric] = []
    for metric in metrics:
        name, comma, model = metric.name.rpartition(", ")
        if comma and model in MODELS:
            found.setdefault((name, metric.unit, metric.kind), {})[model] = metric
        else:
            alone.append(metric)
    both: list[Row] = [
        (wording.capital(name), [of.get(model) for model in MODELS])
        for (name, *_), of in found.items()
    ]
    return both, alone


def paired_grid(rows: Iterable[Row], caption: str) -> Grid:
    """Figures of both models side by side."""
    return _grid(rows, [wording.capital(model) for model in MODELS], caption)


def metric_grid(metrics: Iterable[Metric], caption: str) -> Grid:
    """Metrics as a table."""
    return _grid(
        [(wording.capital(metric.name), [metric]) for metric in metrics], ["Value"], caption
    )


def _grid(rows: Iterable[Row], heads: Sequence[str], caption: str) -> Grid:
    """How a figure was measured stands below its name; a reason for no interval that most have, and
    the n of figures that have one, are told once. Where two figures differ in it, both are told."""
    held = [(name, [m for m in of if m is not None], of) for name, of in rows]
    reasons = Counter(why for _, metrics, _ in held for m in metrics if (why := _why(m)))
    shared, count = max(reasons.items(), key=itemgetter(1), default=("", 0))
    shared = shared if count > len(held) / 2 and count > 1 else ""
    counted = any(m.estimate.n is not None for _, metrics, _ in held for m in metrics)
    return Grid(
        captions.WITHOUT_INTERVAL.format(caption, shared) if shared else caption,
        ("Figure", *heads, "Kind", *(["n"] if counted else [])),
        tuple(
            (
                Cell(name, _both(map(_measured, metrics))),
                *("–" if m is None else value_cell(m, shared) for m in of),
                wording.KIND_WORDS[metrics[0].kind],
                *([_both(map(_n, metrics)) or "–"] if counted else []),
            )
            for name, metrics, of in held
        ),
        stacked=True,
        below="How measured",
    )


def value_cell(metric: Metric, told: str = "") -> Cell:
    """A value with its interval, or why it has none; `told` is a reason that is told elsewhere."""
    estimate = metric.estimate
    value = wording.value_words(estimate, metric.unit)
    if wording.undefined(estimate):
        return Cell(value)
    sure = wording.interval_words(estimate, metric.unit, metric.kind)
    n = f"n = {_n(metric)}" if estimate.n is not None else ""
    said = ", ".join(filter(None, (value, sure, n, wording.KIND_WORDS[metric.kind])))
    return Cell(value, "" if told and _why(metric) == told else sure, said, strong=True)


def _why(metric: Metric) -> str:
    """Why there is no interval, where one was to be expected."""
    estimate = metric.estimate
    missing = not wording.undefined(estimate) and estimate.interval is None
    return estimate.why_no_interval if missing and metric.kind != "measured" else ""


def _measured(metric: Metric) -> str:
    return "; ".join(filter(None, (metric.estimate.method, metric.note)))


def _n(metric: Metric) -> str:
    return "" if metric.estimate.n is None else wording.integer(metric.estimate.n)


def _both(words: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(filter(None, words)))


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
        captions.OUTCOMES.format(wording.quantity(c.n, "problems")),
        ("", "tuned right", "tuned wrong"),
        (
            ("base right", both, Cell(lost, "broken", strong=True)),
            ("base wrong", Cell(won, "fixed", strong=True), neither),
        ),
    )


def bare_p(p: float | None) -> str:
    """A p-value under a column that is called so."""
    return "–" if p is None else wording.probability(p).removeprefix("p ").removeprefix("= ")


def unbroken(words: str) -> str:
    """A figure that stays on one line of a narrow cell."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def opening(foreign: str, most: int = 110) -> str:
    """The beginning of a text on one line, cut between words where that is possible."""
    line = wording.one_line(foreign[: 4 * most])
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    whole_words = cut.rsplit(" ", 1)[0].rstrip(".,;:")
    return (whole_words if " " in cut[most // 2 :] else cut) + "…"
