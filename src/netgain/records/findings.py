"""Everything a report needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netgain.records.comparison import Changes, Comparison, FormatSkill, Sample
from netgain.records.figures import Metric
from netgain.records.further import FurtherResult
from netgain.records.problems import Difficulty, ErrorsFound, UnusualAnswers
from netgain.records.training import Forecast, TrainingPoint


@dataclass(frozen=True)
class Advice:
    """A proposed next experiment: what to do, and the figure of this run that asks for it.

    `effect` is what may be expected, with its source, or that it is not known. `reach` is the most
    it can change, a share of the problems, where there is such a bound. `cost` is projected from
    this run's own speed. `command` does it.
    """

    do: str
    evidence: str
    effect: str
    reach: Metric | None
    cost: tuple[Metric, ...]
    command: str


@dataclass(frozen=True)
class Findings:
    """Everything a report needs, assembled: the reporters' only input, the schema of report.json.

    `verdict` is one sentence; `caveats` are what a careful reader must know beside it. Metric
    groups are in display order. `curves` are the trainer's points. `settings`, `environment`,
    `data` and `reproduce` are plain facts (key → text) to print as they are.
    """

    title: str
    verdict: str
    caveats: tuple[str, ...]
    comparison: Comparison | None
    key_metrics: tuple[Metric, ...]
    accuracy_metrics: tuple[Metric, ...]
    training_metrics: tuple[Metric, ...]
    cost_metrics: tuple[Metric, ...]
    category_metrics: tuple[tuple[str, Metric, Metric], ...]  # category, base, tuned
    curves: tuple[TrainingPoint, ...]
    best_step: int | None
    samples_fixed: tuple[Sample, ...]
    samples_broken: tuple[Sample, ...]
    samples_both_wrong: tuple[Sample, ...]
    settings: Mapping[str, str]
    data: Mapping[str, str]
    environment: Mapping[str, str]
    reproduce: tuple[str, ...]
    notes: tuple[str, ...] = ()
    forecast: Forecast | None = None
    format_skill: FormatSkill | None = None
    errors_found: Mapping[str, ErrorsFound] = field(default_factory=dict)  # by model
    difficulty: Mapping[str, Difficulty] = field(default_factory=dict)  # by model
    unusual: Mapping[str, UnusualAnswers] = field(default_factory=dict)  # by model
    changes: Changes | None = None
    advice: tuple[Advice, ...] = ()
    further: tuple[FurtherResult, ...] = ()
    format_version: int = 1
