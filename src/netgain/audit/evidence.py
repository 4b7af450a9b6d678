"""Findings of a run -> what claims are held against: figures by metric and role, and settings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property

from netgain.audit.known import Known, folded, known_figures, own_metrics
from netgain.records import Comparison, Findings, Metric, Samples, TrainingPoint
from netgain.wording import (
    KIND_WORDS,
    capital,
    estimate_words,
    number,
    percent,
    quantity,
    value_words,
)

MOST_QUOTED = 2_000_000  # characters of problems and answers that a quotation is looked for in


@dataclass(frozen=True)
class Figure:
    """A number of the run.

    `value` is a share, nats, seconds, an amount … as the metric has it. `role` is base, tuned,
    start, best, end or "". `main` figures are those the run reports; others are read off its
    curves, and count only where a text names their step or their definition.
    """

    metric: str
    role: str
    value: float
    words: str
    change: bool = False
    main: bool = True
    split: str = ""
    step: int | None = None
    interval: tuple[float, float] | None = None
    n: int | None = None
    source: Metric | None = None


@dataclass(frozen=True)
class Evidence:
    """A run as the rules see it."""

    findings: Findings
    by_metric: Mapping[tuple[str, bool], tuple[Figure, ...]]  # (metric, whether a change)
    settings: Mapping[str, str]
    missing: Mapping[str, str] = field(default_factory=dict)  # metric -> why there is none
    known: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)  # by the name of a row
    own_words: str = ""  # every sentence of the run's own, folded

    def of(self, metric: str, *, change: bool = False) -> list[Figure]:
        return list(self.by_metric.get((metric, change), ()))

    @cached_property
    def others_words(self) -> str:
        """What data sets and models wrote, folded, as far as it is looked at."""
        return folded("\n".join(_others_words(self.findings.samples))[:MOST_QUOTED])

    @cached_property
    def features(self) -> frozenset[str]:
        """What problems are grouped by: "question length" of "question length: over 60 words"."""
        return frozenset(name.partition(": ")[0] for name in self.known if ": " in name)

    @cached_property
    def projected(self) -> tuple[Metric, ...]:
        """Every figure that is a projection."""
        return tuple(m for m in own_metrics(self.findings) if m.kind == "projected")

    @property
    def comparison(self) -> Comparison | None:
        return self.findings.comparison

    @property
    def validated(self) -> list[TrainingPoint]:
        return [p for p in self.findings.curves if p.eval_loss is not None]

    @property
    def source(self) -> str:
        """Where the problems came from, "" where that is not on record."""
        return self.findings.data.get("source", "") or self.settings.get("data.source", "")

    @property
    def model(self) -> str:
        """Every name the run has for its base model."""
        names = (self.settings.get("model.id", ""), self.findings.environment.get("base model", ""))
        return " ".join(n for n in names if n)


def evidence_of(findings: Findings) -> Evidence:
    """Everything in the findings that a claim can be held against."""
    metrics = dict.fromkeys(
        (
            *findings.key_metrics, *findings.accuracy_metrics, *findings.training_metrics,
            *findings.cost_metrics,
        )
    )  # fmt: skip
    missing = {}
    for metric in metrics:
        if metric.estimate.value is None:
            missing[_named(metric)[0]] = metric.estimate.why_no_interval
    figures = [*_from_metrics(metrics), *_from_curves(findings), *_from_comparison(findings)]
    by_metric: dict[tuple[str, bool], tuple[Figure, ...]] = {}
    for figure in dict.fromkeys(figures):
        key = (figure.metric, figure.change)
        by_metric[key] = (*by_metric.get(key, ()), figure)
    own_words = folded("\n".join(_sentences(findings)))
    return Evidence(
        findings, by_metric, findings.settings, missing, known_figures(findings), own_words
    )


def _sentences(value: object) -> Iterator[str]:
    """Every text of the findings that is the run's own, and not a model's or a data set's."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _sentences(item)
    elif isinstance(value, Mapping):  # by model; of plain facts the texts may be anybody's
        for item in value.values():
            yield from () if isinstance(item, str) else _sentences(item)
    elif is_dataclass(value) and not isinstance(value, type | Metric):
        for each in fields(value):
            if each.name not in _QUOTED:
                yield from _sentences(getattr(value, each.name))


# Curves hold no text, samples hold others', and so may what is ready to publish.
_QUOTED = frozenset({"curves", "category_metrics", "samples", "publication"})


def _others_words(samples: Samples | None) -> Iterator[str]:
    """What data sets and models wrote, as far as a report may quote it."""
    for row in samples.rows if samples is not None else ():
        yield row.question
        for answer in (row.base, row.tuned):
            if answer is not None:
                yield answer.text


# -- from metrics ----------------------------------------------------------------------------

_ROLES = (
    ("base", r"\bbase\b"), ("tuned", r"\btuned\b"), ("best", r"\bbest\b|\bkept\b"),
    ("start", r"\bstart\b|\bfirst\b|\bbefore\b"), ("end", r"\bend\b|\blast\b|\bfinal\b"),
)  # fmt: skip
# Metric id -> what its name in Findings holds, the first that fits.
_NAMES = (
    ("token_accuracy", r"teacher-forced token accuracy"),
    ("gap", r"generali[sz]ation gap"),
    ("train_loss", r"training loss"),
    ("eval_loss", r"validation loss"),
    ("strict", r"strict-match"),
    ("flexible", r"flexible-extract"),
    ("unreadable", r"no readable answer"),
    ("truncated", r"token limit"),
    ("length", r"length of an answer"),
    ("accuracy", r"accuracy|difference|gain"),
    ("energy", r"energy"),
    ("cost", r"cost|price"),
    ("time", r"\btime\b"),
    ("tokens", r"\btokens\b"),
)


def _named(metric: Metric) -> tuple[str, str]:
    """The metric's id and its role by its name."""
    name = metric.name.lower()
    found = next((i for i, words in _NAMES if re.search(words, name)), "")
    role = next((r for r, words in _ROLES if re.search(words, name)), "")
    return found, role


def _from_metrics(metrics: Iterable[Metric]) -> Iterator[Figure]:
    for metric in metrics:
        name, role = _named(metric)
        value = metric.estimate.value
        if not name or value is None or not math.isfinite(value):
            continue
        if metric.kind == "published":
            name = "published"
        change = metric.unit in {"points", "percent_change"}
        if name == "accuracy" and change:
            name = "difference"
        words = f"{capital(metric.name)}: {_value(metric)}, {KIND_WORDS[metric.kind]}"
        yield Figure(
            name, role, value, words, change, split=_split(metric),
            interval=metric.estimate.interval, n=metric.estimate.n, source=metric,
        )  # fmt: skip


def _value(metric: Metric) -> str:
    """The value with its interval; why there is none is no matter here."""
    if metric.estimate.interval is None:
        return value_words(metric.estimate, metric.unit)
    return estimate_words(metric.estimate, metric.unit, metric.kind)


def _split(metric: Metric) -> str:
    if metric.kind != "teacher_forced":
        return ""
    return "training" if "training" in metric.name else "validation"


# -- from the curves -------------------------------------------------------------------------


def _from_curves(findings: Findings) -> Iterator[Figure]:
    best = findings.best_step
    series = (
        ("eval_loss", "validation", [(p.step, p.eval_loss) for p in findings.curves]),
        ("train_loss", "training", [(p.step, p.loss) for p in findings.curves]),
        (
            "token_accuracy",
            "validation",
            [(p.step, p.eval_token_accuracy) for p in findings.curves],
        ),
        ("token_accuracy", "training", [(p.step, p.token_accuracy) for p in findings.curves]),
    )
    for metric, split, logged in series:
        points = [(s, v) for s, v in logged if v is not None and math.isfinite(v)]
        yield from _points(metric, split, points, best)
        yield from _drops(metric, split, points, best)


def _points(
    metric: str, split: str, points: list[tuple[int, float]], best: int | None
) -> Iterator[Figure]:
    name = "teacher-forced token accuracy" if metric == "token_accuracy" else "loss"
    for index, (step, value) in enumerate(points):
        roles = []
        if index == 0:
            roles.append("start")
        if step == best:
            roles.append("best")
        if index == len(points) - 1:
            roles.append("end")
        shown = percent(value) if metric == "token_accuracy" else f"{number(value)} nats"
        words = f"{capital(split)} {name} at step {step}: {shown}"
        for role in roles or [""]:
            yield Figure(metric, role, value, words, main=False, split=split, step=step)


def _drops(
    metric: str, split: str, points: list[tuple[int, float]], best: int | None
) -> Iterator[Figure]:
    """The percent changes a reader could mean: each is named by the points it goes between."""
    if metric == "token_accuracy" or len(points) < 2:
        return
    starts = dict.fromkeys((points[0], points[1])) if points[0][0] == 0 else [points[0]]
    ends = [points[-1], min(points, key=lambda p: p[1]), *(p for p in points if p[0] == best)]
    for first, a in starts:
        for last, b in dict.fromkeys(ends):
            if a > 0 and last > first:
                words = f"step {first} to step {last}: {quantity(b / a - 1, 'percent_change')}"
                yield Figure(
                    metric, "", b / a - 1, f"{capital(split)} loss, {words}", True, False, split
                )


# -- from the paired comparison --------------------------------------------------------------


def _from_comparison(findings: Findings) -> Iterator[Figure]:
    c = findings.comparison
    if c is None or not c.n:
        return
    base, tuned = (c.both + c.lost) / c.n, (c.both + c.won) / c.n
    for role, share in (("base", base), ("tuned", tuned)):
        words = f"Accuracy of the {role} model: {percent(share)} (n = {c.n}), generated answers"
        yield Figure("accuracy", role, share, words, main=False, n=c.n)
    d = c.difference
    if d.value is not None:
        words = f"Difference, tuned − base: {estimate_words(d, 'points')}, generated answers"
        yield Figure("difference", "", d.value, words, True, interval=d.interval, n=c.n)
    if base > 0:
        words = f"Relative change of accuracy: {quantity(tuned / base - 1, 'percent_change')}"
        yield Figure("relative", "", tuned / base - 1, words, True, main=False, n=c.n)
    smallest = c.detectable_difference.value
    if smallest is not None:
        words = f"Smallest detectable difference: {quantity(smallest, 'points').lstrip('+')}"
        yield Figure("detectable", "", smallest, words, True, n=c.n)
