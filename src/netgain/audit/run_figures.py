"""Findings of a run -> the figures that a report's numbers are held against, by metric and model.

It leans on metrics, counts and settings alone, never on a sentence.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from netgain.records import Findings, Metric
from netgain.wording import capital, estimate_words, number, percent, quantity, value_words

# Metric of `naming.METRICS` -> what its name in Findings holds; the first that fits.
_NAMES = (
    ("token_accuracy", r"teacher-forced token accuracy"),
    ("gap", r"generali[sz]ation gap"),
    ("train_loss", r"training loss"),
    ("eval_loss", r"validation loss"),
    ("strict", r"strict-match|asked form"),
    ("flexible", r"flexible-extract"),
    ("format", r"no readable answer|token limit"),
    ("accuracy", r"^accuracy, |^difference|^accuracy$"),
    ("time", r"^time (?:for|in)"),
    ("cost", r"^cost"),
)
_ROLES = (
    ("base", r"\bbase\b"), ("tuned", r"\btuned\b"), ("best", r"\bbest\b|\bkept\b"),
    ("start", r"\bstart\b"), ("end", r"\bend\b"),
)  # fmt: skip


@dataclass(frozen=True)
class RunFigure:
    """A number of the run. `value` is a share, nats, seconds …; `change` is a difference of it."""

    metric: str
    role: str
    value: float
    words: str
    change: bool = False
    unit: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None


@dataclass(frozen=True)
class Run:
    """A run as the checks see it. `rows` are its metrics by name, lower case."""

    findings: Findings
    figures: tuple[RunFigure, ...]
    rows: Mapping[str, tuple[RunFigure, ...]]
    counts: Mapping[str, int]  # train, validation, test
    others: tuple[RunFigure, ...]  # of groups, kinds of errors, further measurements
    models: Mapping[str, tuple[RunFigure, ...]]  # of those between base and tuned, lower case

    def of(self, *metrics: str, change: bool = False) -> list[RunFigure]:
        return [f for f in self.figures if f.metric in metrics and f.change == change]

    @property
    def settings(self) -> Mapping[str, str]:
        return self.findings.settings

    @property
    def lowest_and_last(self) -> tuple[tuple[int, float], tuple[int, float]] | None:
        """(step, validation loss) at its lowest and its last; None of fewer than three."""
        points = [
            (p.step, p.eval_loss)
            for p in self.findings.curves
            if p.eval_loss is not None and math.isfinite(p.eval_loss)
        ]
        return (min(points, key=lambda p: p[1]), points[-1]) if len(points) >= 3 else None


def run_of(findings: Findings) -> Run:
    """Everything in the findings that a number can be held against."""
    rows: dict[str, dict[RunFigure, None]] = {}
    figures: dict[RunFigure, None] = {}
    for metric in _headline_metrics(findings):
        figure = _figure(metric)
        if figure is None:
            continue
        rows.setdefault(metric.name.lower(), {})[figure] = None
        if figure.metric:
            figures[figure] = None
    known = {(f.metric, f.role) for f in figures}
    paired = [
        f for f in _from_comparison(findings) if not f.role or (f.metric, f.role) not in known
    ]
    figures |= dict.fromkeys((*_from_curves(findings), *paired))
    counts = {
        m[2]: int(m[1]) for m in re.finditer(r"(\d+) (\w+)", findings.data.get("problems", ""))
    }
    others = tuple(dict.fromkeys(filter(None, map(_figure, _metrics(findings)))))
    by_name = {name: tuple(found) for name, found in rows.items()}
    models = {
        m.name.lower(): tuple(filter(None, map(_figure, _metrics(m))))
        for m in findings.models
        if m.name not in {"base", "tuned"}
    }
    return Run(findings, tuple(figures), by_name, counts, others, models)


def _metrics(value: object) -> Iterator[Metric]:
    """Every metric, wherever the findings hold it, but in the fields `_NEVER`."""
    if isinstance(value, Metric):
        yield value
    elif isinstance(value, tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _metrics(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            if each.name not in _NEVER:
                yield from _metrics(getattr(value, each.name))


_NEVER = frozenset({"curves", "samples", "publication"})


def _headline_metrics(findings: Findings) -> Iterator[Metric]:
    """The metrics whose own name says what they are."""
    yield from findings.key_metrics
    yield from findings.accuracy_metrics
    yield from findings.training_metrics
    yield from findings.cost_metrics
    if findings.format_skill is not None:
        yield from findings.format_skill.metrics


def _figure(metric: Metric) -> RunFigure | None:
    value, name = metric.estimate.value, metric.name.lower()
    if value is None or not math.isfinite(value):
        return None
    found = next((i for i, words in _NAMES if re.search(words, name)), "")
    if metric.kind == "projected":
        found = ""
    role = next((r for r, words in _ROLES if re.search(words, name)), "")
    e = metric.estimate
    shown = value_words(e, metric.unit)
    if e.interval is not None:
        shown = estimate_words(e, metric.unit, metric.kind)
    return RunFigure(
        found, role, value, f"{capital(metric.name)}: {shown}",
        metric.unit in {"points", "percent_change"}, metric.unit, e.interval, e.n,
    )  # fmt: skip


def _from_curves(findings: Findings) -> Iterator[RunFigure]:
    """Every logged value with its step; the role is of the moment."""
    best = findings.best_step
    validated = {p.step for p in findings.curves if p.eval_loss is not None}
    for metric, field, unit in (
        ("eval_loss", "eval_loss", "nats"), ("train_loss", "loss", "nats"),
        ("token_accuracy", "eval_token_accuracy", "share"),
        ("train_token_accuracy", "token_accuracy", "share"),
    ):  # fmt: skip
        logged = [(p.step, getattr(p, field)) for p in findings.curves]
        points = [(s, v) for s, v in logged if v is not None and math.isfinite(v)]
        for index, (step, value) in enumerate(points):
            role = {0: "start", len(points) - 1: "end"}.get(index, "best" if step == best else "")
            if not role and step not in validated:
                continue
            shown = percent(value) if unit == "share" else number(value)
            words = f"{metric.replace('_', ' ')} at step {step}: {shown}"
            yield RunFigure(metric, role, value, words, unit=unit)
            if role == "end" and step == best:
                yield RunFigure(metric, "best", value, words, unit=unit)
        if len(points) > 1 and unit == "nats" and points[0][1] > 0:
            for step, value in (points[-1], min(points, key=lambda p: p[1])):
                change = value / points[0][1] - 1
                words = f"step {points[0][0]} to step {step}: {quantity(change, 'percent_change')}"
                yield RunFigure(metric, "", change, words, change=True, unit="percent_change")
    for p in findings.curves:
        if p.task_n and p.task_correct is not None:
            share = p.task_correct / p.task_n
            words = f"accuracy on validation problems at step {p.step}: {percent(share)}"
            yield RunFigure("split_accuracy", "", share, words, unit="share", n=p.task_n)


def _from_comparison(findings: Findings) -> Iterator[RunFigure]:
    c = findings.comparison
    if c is None or not c.n:
        return
    shares = {"base": (c.both + c.lost) / c.n, "tuned": (c.both + c.won) / c.n}
    for role, share in shares.items():
        words = f"Accuracy, {role}: {percent(share)} (n = {c.n})"
        yield RunFigure("accuracy", role, share, words, unit="share", n=c.n)
    difference = shares["tuned"] - shares["base"]
    words = f"Difference, tuned − base: {quantity(difference, 'points')} (n = {c.n})"
    yield RunFigure("accuracy", "", difference, words, True, "points", c.difference.interval, c.n)
    if shares["base"] > 0:
        relative = difference / shares["base"]
        words = f"Relative change of accuracy: {quantity(relative, 'percent_change')}"
        yield RunFigure("accuracy", "", relative, words, True, "percent_change", n=c.n)
