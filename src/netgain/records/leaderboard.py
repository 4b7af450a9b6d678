"""Several models side by side: who is ahead, by how much, and who cannot be told apart."""

from dataclasses import dataclass
from typing import Literal

from netgain.records.comparison import Comparison
from netgain.records.figures import Metric
from netgain.records.training import TrainingPoint

ModelRole = Literal["base", "tuned", "evaluated"]


@dataclass(frozen=True)
class RankedModel:
    """One model of a leaderboard.

    `runs` hold its answers: several where they hold the same ones. `weights` is the base model in
    words, `base` the name of the model that it was tuned from ("" where that is not here). Models
    of the same accuracy share a `place`. `ranks` are the best and the worst rank that the pairwise
    decisions leave open; models that share one of `letters` are not told apart by them. `to_best`
    is this model − the best one, `to_base` this model − its base.
    """

    name: str
    role: ModelRole
    runs: tuple[str, ...]
    weights: str
    base: str
    answers_each: str
    accuracy: Metric
    place: int
    ranks: tuple[int, int]
    letters: tuple[str, ...]
    to_best: Comparison | None
    to_base: Comparison | None
    costs: tuple[Metric, ...]


@dataclass(frozen=True)
class ModelAgreement:
    """How alike two models answer, problem by problem.

    `same_outcome` is the share of the problems that both got right or both got wrong. Of the
    `both_wrong`, `same_wrong_answer` is the share with the same wrong answer. `kappa` is Cohen's,
    of being right: 0 where they agree as often as chance makes them, 1 where always.
    """

    first: str
    second: str
    both_wrong: int
    same_outcome: Metric
    same_wrong_answer: Metric
    kappa: Metric


@dataclass(frozen=True)
class SolvedByOne:
    """A problem that one model alone solved."""

    problem_id: str
    question: str
    category: str | None
    model: str


@dataclass(frozen=True)
class Overlap:
    """Which problems the models solve together.

    `solved_by[k]` counts the problems that exactly k of the models solved. `alone` counts by model
    those that it alone solved; `solved_by_one` lists them, where they are many the first.
    """

    models: tuple[str, ...]
    n: int
    solved_by: tuple[int, ...]
    alone: tuple[tuple[str, int], ...]
    solved_by_one: tuple[SolvedByOne, ...]


@dataclass(frozen=True)
class RunCurve:
    """A run's training log; `best_step` is the one that was kept."""

    run: str
    points: tuple[TrainingPoint, ...]
    best_step: int | None


@dataclass(frozen=True)
class SeedSpread:
    """Runs of one recipe that differ in `train.seed` alone: the gain of each, and of all.

    `over_seeds` is about other seeds on these problems, `over_both` about other seeds and other
    problems of the kind. `between_seeds` and `between_problems` are standard deviations of true
    gains.
    """

    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    gains: tuple[Metric, ...]
    over_seeds: Metric
    over_both: Metric
    between_seeds: Metric
    between_problems: Metric
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class ComparedRun:
    """A run, or an evaluation without one. `problems` counts those that all its models answered."""

    name: str
    title: str
    problems: int
    left_out: int
    models: tuple[str, ...]


@dataclass(frozen=True)
class SettingDifference:
    """A setting that is not the same in all runs; values in the order of the runs."""

    setting: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class LeftOut:
    """A run that could not be used, and why."""

    run: str
    why: str


@dataclass(frozen=True)
class Leaderboard:
    """Everything that a page about several models needs, the schema of leaderboard.json.

    `sentence` says who is ahead. `models` are in order of accuracy; `pairs` are all pairs of them,
    the one lower on the list against the higher one. `letters_note` says why there are no letters
    where that is so.
    """

    title: str
    sentence: str
    caveats: tuple[str, ...]
    n: int
    runs: tuple[ComparedRun, ...]
    left_out: tuple[LeftOut, ...]
    models: tuple[RankedModel, ...]
    pairs: tuple[Comparison, ...]
    letters_note: str
    differences: tuple[SettingDifference, ...]
    curves: tuple[RunCurve, ...]
    agreements: tuple[ModelAgreement, ...]
    overlap: Overlap | None
    agreement_notes: tuple[str, ...]
    seeds: tuple[SeedSpread, ...]
    format_version: int = 1
