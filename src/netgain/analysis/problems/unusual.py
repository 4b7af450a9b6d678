"""Answers of one model that stand out: very long, repeating, copying, or off by a telling factor.

Each is a reason to look at the answer, not a verdict on it: a small wrong answer is twice the
right one by chance often enough. Of the ways to be off, the first that fits is given.
"""

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from netgain.analysis.estimates.statistics import wilson
from netgain.diagnosis.form import COPIED, LOOPED, RUN, copied_share, looped_share, loops
from netgain.errors import EvaluationError
from netgain.records import Generation, Grade, Metric, Problem, UnusualAnswer, UnusualAnswers
from netgain.text.numbers import format_number, parse_number

KINDS = (
    "very long",
    "repeated text",
    "copied question",
    "wrong sign",
    "off by a power of ten",
    "off by a factor",
)
FENCE = 3.0  # interquartile ranges beyond the upper quartile: "far out" (Tukey 1977), of log length
FEWEST_FOR_LENGTH = 20
FACTORS = (2, 3, 4, 5, 7, 12, 24, 30, 52, 60, 365)


def unusual(
    problems: Sequence[Problem], generations: Sequence[Generation], grades: Sequence[Grade]
) -> UnusualAnswers:
    """Everything that stands out among one model's answers, in the order of the answers.

    Raises:
        EvaluationError: an answer has no problem or no grade.
    """
    asked = {p.id: p for p in problems}
    graded = {(g.problem_id, g.sample, g.turn): g for g in grades}
    too_long = _length_limit(generations)
    found: list[UnusualAnswer] = []
    for answer in generations:
        grade = graded.get((answer.problem_id, answer.sample, answer.turn))
        problem = asked.get(answer.problem_id)
        if grade is None or problem is None:
            raise EvaluationError(
                f"the answer to problem {answer.problem_id!r} has no "
                f"{'grade' if problem else 'problem'}; grade the answers of this evaluation again"
            )
        reasons = {
            "very long": _very_long(answer, too_long),
            "repeated text": _repeated(answer.text),
            "copied question": _copied(problem.question, answer.text),
        } | _off_by(problem, grade)
        found += [UnusualAnswer(problem.id, kind, why) for kind, why in reasons.items() if why]
    return UnusualAnswers(len(generations), _counts(found, len(generations)), tuple(found))


def _counts(found: Sequence[UnusualAnswer], n: int) -> tuple[Metric, ...]:
    counted = Counter(item.kind for item in found)
    return tuple(Metric(kind, "share", "generated", wilson(counted[kind], n)) for kind in KINDS)


# -- length, repetition, copying -----------------------------------------------------------


def _length(answer: Generation) -> int:
    return answer.completion_tokens or len(answer.text.split())


def _length_limit(generations: Sequence[Generation]) -> tuple[float, float] | None:
    """The length beyond which an answer is far out, and the median; None with too few answers."""
    lengths = [_length(g) for g in generations if _length(g)]
    if len(lengths) < FEWEST_FOR_LENGTH:
        return None
    low, middle, high = np.quantile(np.log(lengths), (0.25, 0.5, 0.75))
    median = math.exp(middle)
    return max(math.exp(high + FENCE * (high - low)), 2 * median), median


def _very_long(answer: Generation, limit: tuple[float, float] | None) -> str:
    length = _length(answer)
    if limit is None or length <= limit[0]:
        return ""
    unit = "tokens" if answer.completion_tokens else "words"
    return f"{length} {unit}, where half the answers have {limit[1]:.0f} or fewer"


def _repeated(text: str) -> str:
    if not loops(text):
        return ""
    share, runs = looped_share(text)
    if share < LOOPED:
        return "it says the same again and again"
    return f"{share:.0%} of its last {runs} runs of {RUN} words stand in it three times or more"


def _copied(question: str, answer: str) -> str:
    share = copied_share(question, answer)
    return f"{share:.0%} of the question stands in it word for word" if share >= COPIED else ""


# -- off by a sign, a power of ten, a factor -----------------------------------------------


def _off_by(problem: Problem, grade: Grade) -> dict[str, str]:
    """The simplest relation of an answer to the right one, where they differ, with evidence."""
    if grade.extracted is None or not problem.answer:
        return {}
    value = parse_number(grade.extracted)
    if not value:
        return {}
    ratio = value / problem.answer
    told = f"answered {format_number(value)}, the right answer is {format_number(problem.answer)}"
    if ratio == -1:
        return {"wrong sign": told}
    if ratio <= 0:
        return {}
    times = max(ratio, 1 / ratio)
    if times.denominator != 1 or times == 1:
        return {}
    by = f"{told}, {times} times too {'much' if ratio > 1 else 'little'}"
    if _is_power_of_ten(times):
        return {"off by a power of ten": by}
    return {"off by a factor": by} if times in FACTORS else {}


def _is_power_of_ten(times: Fraction) -> bool:
    digits = str(times.numerator)
    return digits[0] == "1" and not digits[1:].strip("0")
