"""Problems, what models answered, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

FinishReason = Literal["stop", "length", "error"]
Ending = Literal["hashes", "boxed", "the_answer_is"]  # how a prompt asks for an answer's mark
ErrorKind = Literal[
    "none", "arithmetic", "no_answer", "truncated", "looping", "begins_with_mark",
    "copies_question", "past_the_answer", "setup",
]  # fmt: skip


# What an answer looks like; the forms do not exclude each other.
Form = Literal["empty", "begins_with_mark", "copies_question", "loops", "truncated"]


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
    """One generated answer, as it came from the model. `seconds` is its share of a batch's time.

    `token_ids` are all tokens of this turn's answer, those after a stop text and those that the
    calculator put in too, the token that ended it left out; () where they are not known (a server
    tells none) or were not read.
    """

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
    token_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class ChoiceScores:
    """How likely a model holds each choice of a problem, in the order of its choices.

    `log_likelihoods` are sums over tokens, in nats. `characters` and `tokens` are the lengths of
    what was scored, without and with the space before it. `greedy` says of each choice whether a
    greedy answer would begin with it. `cut` is how many tokens of the context's beginning had to
    be left out for the longest choice.
    """

    problem_id: str
    log_likelihoods: tuple[float, ...]
    characters: tuple[int, ...]
    tokens: tuple[int, ...]
    greedy: tuple[bool, ...]
    cut: int = 0


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
    """An equation as written in a step (0-based).

    `holds` is None where that cannot be said: an unknown, or loose writing that is no error.
    """

    step: int
    text: str
    holds: bool | None


@dataclass(frozen=True)
class Diagnosis:
    """Where a solution first goes wrong. `first_error` is a 0-based step, −1 for none.

    `confidence` (0 to 1) is in `first_error`. `evidence` is one sentence that counts steps from 1.
    Kinds exclude each other; `forms` (what the answer looks like) and the equations do not, so
    changes are better counted by them.
    """

    steps: tuple[str, ...]
    first_error: int
    error_kind: ErrorKind
    confidence: float
    evidence: str
    equations: tuple[CheckedEquation, ...]
    forms: tuple[Form, ...] = ()

    @property
    def has_false_equation(self) -> bool:
        """Whether any of its equations is false, wherever the first wrong step is."""
        return any(equation.holds is False for equation in self.equations)


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
    gpus: Sequence[str] = ()  # of the machines that answered; they decide nothing
    reused_from: str | None = None
