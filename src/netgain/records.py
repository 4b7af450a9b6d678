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
MetricKind = Literal[
    "teacher_forced", "generated", "choice_loglikelihood", "measured", "projected", "published"
]
# Every name a teacher-forced number may bear. A list and not a rule, so that nothing slips past.
TEACHER_FORCED_NAMES: frozenset[str] = frozenset(
    {
        "training loss at the start",
        "training loss at the end",
        "change of training loss",
        "validation loss at the start",
        "validation loss, best",
        "validation loss at the end",
        "change of validation loss",
        "teacher-forced token accuracy, at the start",
        "teacher-forced token accuracy, of the kept adapter",
        "teacher-forced token accuracy, at the end",
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
    """Base and tuned on the same problems, paired. `difference` is tuned − base (a share)."""

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
    format_version: int = 1
