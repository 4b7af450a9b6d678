"""Multiple choice by log-likelihood: which choice does a model hold most likely, and is it right?

Longer choices are less likely for their length alone, so three rules are in use. `acc` compares the
log-likelihoods as they are, `acc_norm` divides each by the choice's length in characters, and
`acc_tokens` by its number of tokens. `acc` and `acc_norm` are lm-eval's (0.4.13, `api/task.py`:
characters and not bytes, the space before a choice not counted; of equal scores the first counts).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from netgain.errors import EvaluationError
from netgain.records import ChoiceScores, Problem

ChoiceMetric = Literal["acc", "acc_norm", "acc_tokens"]


def chosen(scores: ChoiceScores, by: ChoiceMetric) -> int:
    """The index of the choice with the highest score, the first one of equals.

    Raises:
        EvaluationError: a log-likelihood is not a number.
    """
    if any(math.isnan(value) for value in scores.log_likelihoods):
        raise EvaluationError(
            f"problem {scores.problem_id!r:.80}: a log-likelihood is not a number; score it anew"
        )
    values = _normalised(scores, by)
    return values.index(max(values))


def _normalised(scores: ChoiceScores, by: ChoiceMetric) -> list[float]:
    lengths: dict[ChoiceMetric, Sequence[int]] = {
        "acc": [1] * len(scores.log_likelihoods),
        "acc_norm": scores.characters,
        "acc_tokens": scores.tokens,
    }
    # A choice without a character is never the answer, as in lm-eval (−x / 0).
    return [
        value / length if length else -math.inf
        for value, length in zip(scores.log_likelihoods, lengths[by], strict=True)
    ]


def graded_choices(
    problems: Sequence[Problem], scores: Sequence[ChoiceScores], by: ChoiceMetric = "acc"
) -> dict[str, bool]:
    """Problem id -> whether the choice with the highest score is the right one.

    Raises:
        EvaluationError: a problem is not of multiple choice, or has no scores of its choices.
    """
    scored: Mapping[str, ChoiceScores] = {each.problem_id: each for each in scores}
    graded = {}
    for problem in problems:
        found = scored.get(problem.id)
        if problem.answer_choice is None:
            raise EvaluationError(f"problem {problem.id!r:.80} has no right choice to compare with")
        if found is None or len(found.log_likelihoods) != len(problem.choices):
            raise EvaluationError(
                f"problem {problem.id!r:.80} has {len(problem.choices)} choices and "
                f"{len(found.log_likelihoods) if found else 0} scores; score these problems anew"
            )
        graded[problem.id] = chosen(found, by) == problem.answer_choice
    return graded
