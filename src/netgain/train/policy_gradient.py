"""Learning from a model's own answers by whether they are right (GRPO, Shao et al. 2024,
arXiv:2402.03300).

The gradient is that of −Σ A·log p over the tokens of the answers, divided by their number. Where a
round takes several steps, a token counts by the ratio of its probability to that of when it was
drawn, and is left alone where that has gone too far (`objective.Weighing`). An answer's advantage A
is its reward less the mean of its group, the answers to the same problem. A group whose answers
all have the same reward has no advantages, and costs no step.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from netgain.records import Generation, Grade
from netgain.train.examples import Example

Reward = Literal["robust", "strict", "random"]


@dataclass(frozen=True)
class Judged:
    """An answer with its token ids, its grade, and what it is worth."""

    generation: Generation
    grade: Grade
    reward: float


def reward_of(generation: Generation, grade: Grade, kind: Reward, seed: int) -> float:
    """1 for an answer that is right and ended by itself, else 0.

    Args:
        kind: the grader that decides; "random" is 1 or 0 alike, whatever the answer says.
        seed: of the random reward, with the problem and the sample.
    """
    if kind == "random":
        content = f"{seed}:{generation.problem_id}:{generation.sample}".encode()
        return float(hashlib.sha256(content).digest()[0] & 1)
    right = grade.correct if kind == "robust" else grade.strict
    return float(right and generation.finish_reason == "stop")


def advantages(rewards: Sequence[float], standardise: bool = False) -> list[float]:
    """Each reward less their mean; divided by their standard deviation where asked for.

    >>> advantages([1, 0, 0, 1])
    [0.5, -0.5, -0.5, 0.5]
    >>> advantages([1, 1])
    [0.0, 0.0]
    """
    values = np.asarray(rewards, dtype=np.float64)
    centred = values - values.mean()
    if standardise and centred.any():
        centred = centred / values.std(ddof=1)
    return [float(a) for a in centred]


def to_examples(
    answers: Sequence[Judged],
    prompt_ids: Mapping[str, Sequence[int]],
    end_id: int,
    standardise: bool = False,
) -> list[Example]:
    """What is learned from a round: every answer of a group that does not agree.

    The tokens are those that were sampled: the one that ends a turn is among them where the model
    drew it, and not where a text of `prompt.stop` ended the answer.
    """
    found = []
    for group in groups_of(answers):
        worth = advantages([a.reward for a in group], standardise)
        for answer, advantage in zip(group, worth, strict=True):
            g = answer.generation
            drew_end = g.finish_reason == "stop" and g.completion_tokens > len(g.token_ids)
            ids = (*g.token_ids, *([end_id] if drew_end else []))
            if advantage and ids:
                found.append(
                    Example(
                        g.problem_id, tuple(prompt_ids[g.problem_id]), ids, advantage, "rollout"
                    )
                )
    return found


def groups_of(answers: Sequence[Judged]) -> list[list[Judged]]:
    """The answers to each problem, by problem id."""
    found: dict[str, list[Judged]] = {}
    for answer in answers:
        found.setdefault(answer.generation.problem_id, []).append(answer)
    return [found[key] for key in sorted(found)]


def told_of(answers: Sequence[Judged]) -> dict[str, float]:
    """What a round's answers were like: means over answers, under TRL's names where it has one.

    `reward_robust` and `reward_strict` are the shares that each grader calls right, whichever
    gives the reward: a gain in format shows in one of them alone.
    """
    n = len(answers)
    groups = groups_of(answers)
    agreed = sum(len({a.reward for a in group}) == 1 for group in groups)
    rows = [a.generation for a in answers]
    return {
        "reward": math.fsum(a.reward for a in answers) / n,
        "reward_robust": sum(a.grade.correct for a in answers) / n,
        "reward_strict": sum(a.grade.strict for a in answers) / n,
        "frac_reward_zero_std": agreed / len(groups),
        "completions/mean_length": sum(g.completion_tokens for g in rows) / n,
        "completions/clipped_ratio": sum(g.finish_reason == "length" for g in rows) / n,
    }
