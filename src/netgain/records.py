"""The vocabulary: every record that flows through netgain, on one page.

Frozen dataclasses on plain data; nothing of ours is imported here. Numbers reach a reader
only as a `Metric`, which names its kind and refuses to call a teacher-forced number accuracy.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

FinishReason = Literal["stop", "length", "error"]
Verdict = Literal["improved", "worse", "no detectable change"]
Outlook = Literal["overfitting", "further fall expected", "no further fall shown", "not known"]
ErrorKind = Literal[
    "none", "arithmetic", "no_answer", "truncated", "looping", "past_the_answer", "setup"
]
SubKind = Literal[
    "wrong_quantity_or_operation",
    "missing_step",
    "invented_quantity",
    "misread_question",
    "conversion",
]
MetricKind = Literal[
    "teacher_forced", "generated", "choice_loglikelihood", "measured", "projected", "published"
]
# Every name a teacher-forced number may bear. A list and not a rule, so that nothing slips past.
TEACHER_FORCED_NAMES: frozenset[str] = frozenset(
    {
        "training loss at the start",
        "training loss at the end",
        "change of training loss",
        "change of training loss over the last third",
        "validation loss at the start",
        "validation loss, best",
        "validation loss at the end",
        "change of validation loss",
        "change of validation loss, start to end",
        "change of validation loss over the last third",
        "generalisation gap of the loss, at the kept step",
        "generalisation gap of the loss, at the end",
        "teacher-forced token accuracy, at the start",
        "teacher-forced token accuracy, of the kept adapter",
        "teacher-forced token accuracy, at the end",
        "teacher-forced token accuracy on training batches, at the start",
        "teacher-forced token accuracy on training batches, at the end",
    }
)
ACCURACY_KINDS: frozenset[str] = frozenset({"generated", "choice_loglikelihood", "published"})


@dataclass(frozen=True)
class Problem:
    """A question with a known answer.

    `answer` is exact (a rational) for numeric problems and None for multiple choice, where
    `choices` and `answer_choice` (0-based) say it. `solution` is the reference solution as text
    (GSM8K style, ending in `#### n`), "" where there is none. `steps` counts its steps.
    """

    id: str
    source: str
    question: str
    answer: Fraction | None
    solution: str = ""
    choices: tuple[str, ...] = ()
    answer_choice: int | None = None
    category: str | None = None
    steps: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Prompt:
    """What a model is asked: chat messages, or raw text where `messages` is empty."""

    messages: tuple[tuple[str, str], ...]  # (role, content)
    text: str = ""
    digest: str = ""  # sha256 of the content, hex


@dataclass(frozen=True)
class Generation:
    """One generated answer, as it came from the model. `seconds` is its share of a batch's time."""

    problem_id: str
    sample: int
    turn: int
    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    seed: int | None
    prompt_digest: str
    error: str | None = None


@dataclass(frozen=True)
class Grade:
    """A judged answer. `rule` names what found `extracted`, or why nothing was found."""

    problem_id: str
    sample: int
    turn: int
    extracted: str | None
    rule: str
    strict: bool
    flexible: bool
    correct: bool  # the robust grader: it decides the headline


@dataclass(frozen=True)
class CheckedEquation:
    """An equation as written in a step (0-based); `holds` is None where it has an unknown."""

    step: int
    text: str
    holds: bool | None


@dataclass(frozen=True)
class Diagnosis:
    """Where a solution first goes wrong. `first_error` is a 0-based step, −1 for none.

    `confidence` (0 to 1) is in `first_error`. `sub_kind` is a suggestion, None where none stands
    out. `evidence` is one sentence that counts steps from 1.
    """

    steps: tuple[str, ...]
    first_error: int
    error_kind: ErrorKind
    sub_kind: SubKind | None
    confidence: float
    evidence: str
    equations: tuple[CheckedEquation, ...]


@dataclass(frozen=True)
class ErrorsFound:
    """Kinds of one model's wrong answers. `kinds` are shares of all `n` of them.

    `sub_kinds` are suggestions, as shares of the `setup` errors; no accuracy is claimed for them.
    `in_first_step` is a share of the errors that were located in a step.
    """

    n: int
    kinds: tuple[Metric, ...]
    sub_kinds: tuple[Metric, ...]
    in_first_step: Metric


@dataclass(frozen=True)
class TrainingPoint:
    """One row of a trainer's log; what was not logged is None. Token accuracy is teacher-forced."""

    step: int
    epoch: float | None = None
    tokens: int | None = None
    seconds: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    token_accuracy: float | None = None
    eval_token_accuracy: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None


@dataclass(frozen=True)
class TrainingLog:
    """What a trainer left behind: its curve, and the step whose validation loss was lowest."""

    points: tuple[TrainingPoint, ...]
    best_step: int | None
    steps: int
    planned_steps: int
    epochs: float | None


@dataclass(frozen=True)
class Estimate:
    """A value with its uncertainty. Without an interval, `why_no_interval` says why.

    `value` is None where the quantity is undefined (never 0 in its place).
    """

    value: float | None
    method: str
    interval: tuple[float, float] | None = None
    why_no_interval: str = ""
    level: float | None = None
    n: int | None = None

    def __post_init__(self) -> None:
        if self.interval is None and not self.why_no_interval:
            raise ValueError("an estimate without an interval must say why (why_no_interval)")
        if self.interval is not None and self.level is None:
            raise ValueError("an interval needs its level")


@dataclass(frozen=True)
class Metric:
    """The only way a number reaches a reader.

    A share of right answers may be called accuracy only where answers were generated, chosen by
    log-likelihood, or published. A teacher-forced number can only bear a name of
    `TEACHER_FORCED_NAMES`.

    >>> Metric("accuracy", "share", "teacher_forced", Estimate(0.9, "TRL", why_no_interval="one"))
    Traceback (most recent call last):
    ValueError: ...
    """

    name: str
    unit: str
    kind: MetricKind
    estimate: Estimate
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind == "teacher_forced":
            if self.name not in TEACHER_FORCED_NAMES:
                raise ValueError(
                    f"{self.name!r} is no name for a teacher-forced number (an accuracy on the "
                    "task least of all); choose one of: " + "; ".join(sorted(TEACHER_FORCED_NAMES))
                )
        elif self.kind not in ACCURACY_KINDS and "accura" in _folded(self.name):
            raise ValueError(f"a {self.kind} metric cannot be named {self.name!r}")
        elif "teacher-forced" in _folded(self.name):
            raise ValueError(f"{self.name!r} says teacher-forced but its kind is {self.kind!r}")


def _folded(name: str) -> str:
    """Case, width and invisible characters removed, so that no spelling slips past the check."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in {"Cf", "Mn"})


@dataclass(frozen=True)
class BandPoint:
    """Where a fitted loss curve runs at one step, and the interval for a value logged there."""

    step: int
    loss: float
    low: float
    high: float


@dataclass(frozen=True)
class CurveFit:
    """A saturating form fitted to one series of losses, and its continuation.

    Without a fit `form` and `band` are empty and `why_none` says why.
    """

    series: Literal["validation", "training"]
    n: int
    form: str = ""
    equation: str = ""
    band: tuple[BandPoint, ...] = ()
    level: float | None = None
    why_none: str = ""


@dataclass(frozen=True)
class Forecast:
    """What training on would do to the validation loss, in a sentence and in figures.

    `change` is the loss `more_epochs` later − the lowest so far, in nats (None where there is no
    fit). `best_step` is the step of the lowest validation loss. `metrics` are projected.
    """

    outlook: Outlook
    sentence: str
    change: Estimate
    more_epochs: float | None
    best_step: int | None
    fits: tuple[CurveFit, ...]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class EvaluationSummary:
    """What one evaluation did, without its rows (those lie in Parquet beside it)."""

    model: str  # "base" or "tuned"
    digest: str  # of everything that decides the answers
    settings: Mapping[str, Any]
    problems_digest: str
    n: int
    truncated: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    reused_from: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Base and tuned on the same problems, paired. `difference` is tuned − base (a share).

    The test decides the verdict. `other_intervals` are the same difference by other methods;
    `caveats` say where one of the intervals and the test disagree.
    """

    n: int
    both: int
    only_base: int
    only_tuned: int
    neither: int
    difference: Estimate
    p_value: float
    test: str
    verdict: Verdict
    detectable_difference: Estimate
    other_intervals: tuple[Estimate, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One problem with both answers, for a reader's eyes."""

    problem_id: str
    question: str
    gold: str
    category: str | None
    base_text: str
    tuned_text: str
    base_extracted: str | None
    tuned_extracted: str | None
    base_finish: FinishReason
    tuned_finish: FinishReason
    base_correct: bool
    tuned_correct: bool
    base_diagnosis: Diagnosis | None = None
    tuned_diagnosis: Diagnosis | None = None


@dataclass(frozen=True)
class GroupAccuracy:
    """Problems that share a feature, against all others. `difference` is the group's − the rest's.

    `p_value` is None where there are too few to test; `adjusted_p` is corrected for all tests.
    """

    feature: str
    group: str
    accuracy: Metric
    rest: Metric
    difference: Metric
    p_value: float | None
    adjusted_p: float | None
    verdict: Literal["harder", "easier", "no difference shown", "too few"]


@dataclass(frozen=True)
class Difficulty:
    """What goes with right and wrong answers of one model: an association, not a cause.

    `odds_ratios` are of a right answer, with the other features held; where there are none,
    `why_no_model` says why. `notes` name what was left out.
    """

    n: int
    summary: str
    groups: tuple[GroupAccuracy, ...]
    odds_ratios: tuple[Metric, ...]
    explained: Metric | None
    why_no_model: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class GroupChange:
    """Base against tuned on the problems that share a feature (tuned − base, paired).

    `beyond_rest` is the group's change less that of all other problems.
    """

    feature: str
    group: str
    n: int
    fixed: int
    broken: int
    difference: Metric
    beyond_rest: Metric
    p_value: float | None
    adjusted_p: float | None
    verdict: Verdict | Literal["too few"]


@dataclass(frozen=True)
class KindChange:
    """How often a kind of error (or "right") occurs before and after, paired."""

    kind: str
    base: Metric
    tuned: Metric
    difference: Metric


@dataclass(frozen=True)
class Changes:
    """What tuning changed, problem by problem.

    `moves[i][j]` counts problems of `kinds[i]` before and `kinds[j]` after. `stuck` are those with
    the same wrong answer both times. The shares are of the problems wrong both times;
    `same_kind_by_chance` is what independence gives.
    """

    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    groups: tuple[GroupChange, ...]
    kinds: tuple[str, ...]
    moves: tuple[tuple[int, ...], ...]
    kind_changes: tuple[KindChange, ...]
    stuck: tuple[str, ...]
    same_answer: Metric
    same_kind: Metric
    same_kind_by_chance: Metric
    notes: tuple[str, ...]


@dataclass(frozen=True)
class UnusualAnswer:
    """One answer that stands out, how, and the evidence in a sentence."""

    problem_id: str
    kind: str
    evidence: str


@dataclass(frozen=True)
class UnusualAnswers:
    """All that stand out among one model's answers, and how many of each kind."""

    n: int
    counts: tuple[Metric, ...]
    answers: tuple[UnusualAnswer, ...]


@dataclass(frozen=True)
class FormatSkill:
    """A change in strict accuracy, taken apart. Counts of problems, tuned − base, that add up.

    `strict` = `skill` + `unattributed` + `format`. `skill` and `unattributed` are the change in
    robust accuracy: `unattributed` what was won where the base model's answer was cut off or could
    not be read. `format` is the change of strict − robust. `metrics` are the same four as shares.
    """

    n: int
    strict: int
    skill: int
    unattributed: int
    format: int
    metrics: tuple[Metric, ...]

    def __post_init__(self) -> None:
        if self.strict != self.skill + self.unattributed + self.format:
            raise ValueError("the parts of a change in strict accuracy must add up to it")


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
    format_version: int = 1
