"""Two models on the same problems: the verdict, and what a difference is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netgain.records.figures import Estimate, Metric

Verdict = Literal["improved", "worse", "no detectable change"]


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
    stuck: tuple[str, ...]
    same_answer: Metric
    same_kind: Metric
    same_kind_by_chance: Metric
    notes: tuple[str, ...]
