"""Problems with both models' answers, for a reader's eyes."""

from dataclasses import dataclass
from typing import Literal

from netgain.records.answers import Diagnosis, FinishReason

Outcome = Literal["fixed", "broken", "both right", "both wrong", "right", "wrong"]
LEFT_OUT = "(left out of this report)"
QUESTION_MARK = "\N{LEFT WHITE SQUARE BRACKET}question\N{RIGHT WHITE SQUARE BRACKET}"


@dataclass(frozen=True)
class SampleAnswer:
    """One model's graded answer.

    `diagnosis` is there where it is wrong and was looked into, or right and states a false
    equation.
    """

    text: str
    extracted: str | None
    finish_reason: FinishReason
    correct: bool  # the robust grader
    strict: bool
    completion_tokens: int
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True)
class Sample:
    """One problem with the answers of base and tuned; None where a model was not asked.

    `groups` are its features in words ("percent", "steps of the reference: 3"). `prompt` is a
    place in `Samples.prompts`, None where the prompt is not known.
    """

    problem_id: str
    question: str
    gold: str
    category: str | None
    steps: int | None
    groups: tuple[str, ...]
    prompt: int | None
    base: SampleAnswer | None
    tuned: SampleAnswer | None

    @property
    def outcome(self) -> Outcome:
        """What became of it; "right" or "wrong" where one model alone answered."""
        return outcome_of(self.base, self.tuned)


def outcome_of(base: SampleAnswer | None, tuned: SampleAnswer | None) -> Outcome:
    """What became of a problem that at least one model answered."""
    if base is None or tuned is None:
        alone = tuned or base
        return "right" if alone is not None and alone.correct else "wrong"
    if base.correct == tuned.correct:
        return "both right" if base.correct else "both wrong"
    return "fixed" if tuned.correct else "broken"


@dataclass(frozen=True)
class Stratum:
    """Problems that share an outcome and kinds of errors: how many there are, and are shown."""

    name: str
    n: int
    shown: int


@dataclass(frozen=True)
class Samples:
    """The problems shown one by one: all of `total`, or so many of each stratum.

    `prompts` are (role, content) messages in which `QUESTION_MARK` stands for the question; raw
    text has the role "". `folder` holds every answer as Parquet, relative to the report. Where
    `texts` is false, `LEFT_OUT` stands in place of every question and answer.
    """

    total: int
    rows: tuple[Sample, ...]
    chosen: str
    strata: tuple[Stratum, ...]
    prompts: tuple[tuple[tuple[str, str], ...], ...]
    folder: str
    texts: bool = True
