"""Everything a report needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from netgain.records.comparison import Changes, Comparison, FormatSkill
from netgain.records.figures import Metric
from netgain.records.further import FurtherResult
from netgain.records.problems import Difficulty, ErrorsFound, FormChange, UnusualAnswers
from netgain.records.publication import Publication
from netgain.records.samples import Samples
from netgain.records.training import Forecast, TrainingPoint

Severity = Literal["grave", "warning", "not checked", "passed"]
AdviceKind = Literal[
    "larger_model", "more_data", "more_steps", "more_test_problems", "more_validation_problems",
    "longer_answers", "another_seed", "sample_first", "perturb_first", "majority_vote",
    "self_refinement", "other_prompt", "strict_form", "step_by_step", "more_samples",
    "own_solutions", "policy_gradient", "more_varied_problems", "train_longer", "train_shorter",
    "smaller_change",
]  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """A proposed next experiment: what to do, and the figure of this run that asks for it.

    `effect` is what may be expected, with its source, or that it is not known. `measured` is a gain
    that this run has measured already, on the same problems. `cost` is projected from this run's
    own speed. `command` does it.
    """

    kind: AdviceKind
    do: str
    evidence: str
    effect: str
    cost: tuple[Metric, ...]
    command: str
    measured: Metric | None = None


@dataclass(frozen=True)
class Concern:
    """Something that a careful reader must know, or that was looked for and not found.

    "grave": the figures may not mean what they seem to. "warning": bear it in mind. "not checked":
    this run cannot tell. "passed": looked for, and all is well. `source` names the part of the
    report that has the figures it comes from, `kind` what was looked at ("cut_off", "weights"…).
    """

    severity: Severity
    text: str
    source: str
    kind: str = ""


@dataclass(frozen=True)
class ModelFigures:
    """One model of a report. `about` says in words how it was made.

    `accuracy` is by the robust grader, `strict` by the strict one. `to_base` is this model − the
    base; None for the base itself. Its verdict is corrected (Holm) where there are several models
    beside the one that the run is about.
    """

    name: str
    about: str
    accuracy: Metric
    strict: Metric
    to_base: Comparison | None


@dataclass(frozen=True)
class Findings:
    """Everything a report needs, assembled: the reporters' only input, the schema of report.json.

    `verdict` is what the test says, in words; `at_floor` says that both models solve almost
    nothing, so that the run cannot answer its question, and `mostly_unread` that most of their
    answers then were cut off or held no readable result. `concerns` are all that must be known
    beside the verdict, the gravest first. Metric groups are in display order. `overview` says what
    was done, `models` are all that answered, the base first, `curves` are the trainer's points,
    `forms` how answers changed. `overview`, `settings`, `environment`, `data` and `reproduce` are
    plain facts (key → text) to print as they are. `began_at` names the weights that the last
    training began from, "" for the base's. Where a training outside this run made those that the
    first one began from, `comparison` is of that and this run together (`after_another`), and
    `over_start` is the tuned model − the start, if that was asked the same.
    """

    title: str
    verdict: str
    comparison: Comparison | None
    key_metrics: tuple[Metric, ...]
    accuracy_metrics: tuple[Metric, ...]
    training_metrics: tuple[Metric, ...]
    cost_metrics: tuple[Metric, ...]
    category_metrics: tuple[tuple[str, Metric, Metric], ...]  # category, base, tuned
    curves: tuple[TrainingPoint, ...]
    best_step: int | None
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
    forms: tuple[FormChange, ...] = ()
    advice: tuple[Advice, ...] = ()
    further: tuple[FurtherResult, ...] = ()
    overview: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelFigures, ...] = ()
    at_floor: bool = False
    mostly_unread: bool = False
    concerns: tuple[Concern, ...] = ()
    samples: Samples | None = None
    publication: Publication | None = None  # None where there is no adapter
    began_at: str = ""
    after_another: bool = False
    over_start: Comparison | None = None
    format_version: int = 4
