"""Two models on the same problems: the verdict, and what a difference is made of."""

from dataclasses import dataclass
from typing import Literal

from netgain.records.figures import Estimate, Metric, MetricKind

Verdict = Literal["improved", "worse", "no detectable change"]
NOT_PLANNED = Estimate(
    None, "smallest detectable difference", why_no_interval="not worked out for this pair"
)
GroupVerdict = Literal[
    "better than the rest", "worse than the rest", "no difference shown", "too few"
]


@dataclass(frozen=True)
class Comparison:
    """Two models, or two ways of asking one, on the same problems, paired.

    `difference` is other − reference (a share). `won` problems went up and `lost` went down; where
    there are `clusters`, that many of these. `both` were always right under both, `neither` never
    under either. The verdict goes by `adjusted_p` where several are compared together, else by
    `p_value`; the interval leaves out zero exactly where `p_value` is below 5%. The shares (the two
    figures that it is the difference of) and `answers_each` are of the answers compared.
    `detectable_difference` is planned for the headline and for `netgain compare` alone. `model` is
    "base", "tuned", or "" where it is between the two; `at` is the k or the turn that it is about;
    `recipe` are the recipe's lines that make the other way the run's own.
    """

    n: int
    both: int
    lost: int
    won: int
    neither: int
    difference: Estimate
    p_value: float
    test: str
    verdict: Verdict
    reference_share: Estimate
    other_share: Estimate
    reference: str = "base"
    other: str = "tuned"
    kind: MetricKind = "generated"
    adjusted_p: float | None = None
    clusters: int | None = None
    answers_each: tuple[str, str] = ("1 answer each", "1 answer each")
    detectable_difference: Estimate = NOT_PLANNED
    model: str = ""
    at: int | None = None
    recipe: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def deciding_p(self) -> float:
        return self.p_value if self.adjusted_p is None else self.adjusted_p

    @property
    def metric(self) -> Metric:
        """The difference as it reaches a reader."""
        return Metric("difference", "points", self.kind, self.difference)


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

    `beyond_rest` is the group's change less that of all other problems; test and verdict are about
    it: whether the group changed more, or less, than the rest did.
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
    verdict: GroupVerdict


@dataclass(frozen=True)
class Changes:
    """What tuning changed, problem by problem.

    `moves[i][j]` counts problems of `kinds[i]` before and `kinds[j]` after. `stuck` are those with
    the same wrong answer both times; `same_answer` is their share of the problems wrong both times.
    """

    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    groups: tuple[GroupChange, ...]
    kinds: tuple[str, ...]
    moves: tuple[tuple[int, ...], ...]
    stuck: tuple[str, ...]
    same_answer: Metric
    notes: tuple[str, ...]
