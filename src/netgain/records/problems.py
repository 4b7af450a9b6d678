"""One model: its kinds of errors, the problems it finds hard, the answers that stand out."""

from dataclasses import dataclass
from typing import Literal

from netgain.records.figures import Metric


@dataclass(frozen=True)
class ErrorsFound:
    """Kinds of one model's wrong answers, one kind an answer. `kinds` are shares of all `n`.

    `in_first_step` is a share of the errors that were located in a step. The labels are a
    program's and sometimes wrong, so none of these has an interval.
    """

    n: int
    kinds: tuple[Metric, ...]
    in_first_step: Metric


AnswerForm = Literal[
    "false_equation", "truncated", "loops", "no_answer", "begins_with_mark", "copies_question"
]


@dataclass(frozen=True)
class FormChange:
    """How many answers to the same `n` problems have one form, before and after.

    An answer can have several forms or none, whether it is right or wrong. `only_base` and
    `only_tuned` are the problems on which one model's answer alone has it. The verdict goes by
    `adjusted_p`, which is corrected (Holm) for the number of forms that were compared.
    """

    form: AnswerForm
    n: int
    base: int
    tuned: int
    only_base: int
    only_tuned: int
    p_value: float
    adjusted_p: float
    verdict: Literal["more", "fewer", "no change shown"]


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

    `notes` name what was left out.
    """

    n: int
    summary: str
    groups: tuple[GroupAccuracy, ...]
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
