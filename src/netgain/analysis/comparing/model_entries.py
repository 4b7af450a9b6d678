"""Runs' judged answers -> the models of a leaderboard: each once, on the problems all answered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from netgain import cost
from netgain.analysis.comparing.contest import MOST_MODELS
from netgain.analysis.comparing.likeness import Asked
from netgain.analysis.model_figures import CLOCKED, COUNTED, measured
from netgain.errors import EvaluationError
from netgain.recipe.settings import CostSettings
from netgain.records import EvaluationSummary, Metric, MetricKind, ModelRole, TrainingLog
from netgain.wording import quantity

Right = Mapping[str, tuple[bool, ...]]


@dataclass(frozen=True)
class ModelEntry:
    """One model's judged answers, by problem; problems are named by what they ask.

    `identity` stands for all that decides the answers but the problems, `base_identity` for the
    same of the model it was tuned from; "" where that is not known. `extracted` holds what was read
    from the answers where there is one a problem, `asked` the digests of the prompts.
    """

    role: ModelRole
    weights: str
    right: Right
    identity: str = ""
    base_identity: str = ""
    kind: MetricKind = "generated"
    extracted: Mapping[str, str | None] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    costs: tuple[Metric, ...] = ()


@dataclass(frozen=True)
class RunEntry:
    """A run, or an evaluation without one, read. `recipe_but_seed` tells recipes apart."""

    name: str
    title: str
    problems: Mapping[str, Asked]
    entries: tuple[ModelEntry, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""
    log: TrainingLog | None = None
    recipe_but_seed: str = ""
    seed: int | None = None
    trained_in: str = ""


@dataclass(frozen=True)
class Model:
    """A model of the leaderboard: an entry under a name that no other has.

    `base` is the place in the list of the model it was tuned from, None where it is not there.
    """

    name: str
    entry: ModelEntry
    runs: tuple[str, ...]
    base: int | None


def common_problems(runs: Sequence[RunEntry]) -> list[str]:
    """The problems that every model of every run answered, in the first run's order.

    Raises:
        EvaluationError: there is none.
    """
    answered = [entry.right.keys() for run in runs for entry in run.entries]
    shared = set(answered[0]).intersection(*answered[1:])
    if shared:
        return [key for key in runs[0].problems if key in shared]
    sets = Counter(key for run in runs for key in run.problems)
    most = max(sets.values())
    told = "; ".join(_answered(run) for run in runs[:5]) + ("; …" if len(runs) > 5 else "")
    remedy = "each of them stands alone"
    if most > 1:
        key = next(key for key, count in sets.items() if count == most)
        together = [run.name for run in runs if key in run.problems]
        remedy = f"these share some: {', '.join(together)}"
    raise EvaluationError(
        f"nothing can be compared: no problem was answered by all models ({told}). Problems are "
        f"the same where question and known answer are; {remedy}"
    )


def _answered(run: RunEntry) -> str:
    example = next(iter(run.problems.values()), None)
    such = "" if example is None else f", such as {example.problem_id!r:.60}"
    return f"{run.name} has {quantity(len(run.problems), 'problems')}{such}"


def find_models(runs: Sequence[RunEntry], problems: Sequence[str]) -> list[Model]:
    """Each model once. Entrants of one identity are one model where their answers are the same.

    Raises:
        EvaluationError: there are fewer than two models, or more than `MOST_MODELS`.
    """
    found: list[tuple[ModelEntry, list[str]]] = []
    places: dict[tuple[str, ModelRole], int] = {}
    for run in runs:
        for entry in run.entries:
            place = _place_of(entry, found, problems)
            if place == len(found):
                found.append((entry, []))
            elif not found[place][0].weights:  # an evaluation alone does not know their name
                named = replace(found[place][0], weights=entry.weights)
                found[place] = (named, found[place][1])
            found[place][1].append(run.name)
            places[run.name, entry.role] = place
    if not 2 <= len(found) <= MOST_MODELS:
        raise EvaluationError(
            f"a leaderboard needs from 2 to {MOST_MODELS} different models, and {len(found)} "
            f"{'was' if len(found) == 1 else 'were'} found in {', '.join(r.name for r in runs)}"
        )
    names = _names(found)
    return [
        Model(name, entry, tuple(its), _base_of(entry, its[0], places, found))
        for name, (entry, its) in zip(names, found, strict=True)
    ]


def _place_of(
    entry: ModelEntry, found: Sequence[tuple[ModelEntry, list[str]]], problems: Sequence[str]
) -> int:
    """Where the same model stands already, or the place after the last one."""
    if entry.identity:
        for place, (other, _) in enumerate(found):
            if other.identity == entry.identity and all(
                other.right[p] == entry.right[p]
                and other.extracted.get(p) == entry.extracted.get(p)
                for p in problems
            ):
                return place
    return len(found)


def _base_of(
    entry: ModelEntry,
    run: str,
    places: Mapping[tuple[str, ModelRole], int],
    found: Sequence[tuple[ModelEntry, list[str]]],
) -> int | None:
    if entry.role == "base":
        return None
    own = places.get((run, "base"))
    if own is not None or not entry.base_identity:
        return own
    identities = [other.identity for other, _ in found]
    return identities.index(entry.base_identity) if entry.base_identity in identities else None


def _names(found: Sequence[tuple[ModelEntry, list[str]]]) -> list[str]:
    """A tuned model is called by its run, a base model by its weights, each as no other is."""
    names = [runs[0] if entry.role != "base" else entry.weights or runs[0] for entry, runs in found]
    times = Counter(names)
    names = [
        f"{name} ({entry.role}, {runs[0]})" if times[name] > 1 else name
        for name, (entry, runs) in zip(names, found, strict=True)
    ]
    taken: Counter[str] = Counter()
    for place, name in enumerate(names):
        taken[name] += 1
        if taken[name] > 1:
            names[place] = f"{name} #{taken[name]}"
    return names


# -- what it took --------------------------------------------------------------------------

TRAINING_TIME, TRAINING_COST = "time for training", "cost of training"
ANSWER_TIME, ANSWER_TOKENS = "time for an answer", "generated tokens of an answer"


def training_costs(
    log: TrainingLog | None, price: CostSettings, trained_in: str = ""
) -> tuple[Metric, ...]:
    """What the adapter took to train, by its log's clock; also where another run trained it."""
    seconds = max((p.seconds or 0.0 for p in log.points), default=0.0) if log else 0.0
    if not seconds:
        return ()
    note = f"trained in {trained_in}" if trained_in else ""
    spent = cost.money(seconds, price.price_per_hour)
    return (
        measured(TRAINING_TIME, "s", seconds, CLOCKED, note),
        measured(TRAINING_COST, price.currency, spent, CLOCKED, note),
    )


def answer_costs(summary: EvaluationSummary) -> tuple[Metric, ...]:
    """What one answer took on average."""
    n = summary.n
    if not n:
        return ()
    return (
        measured(ANSWER_TIME, "s", summary.seconds / n, CLOCKED),
        measured(ANSWER_TOKENS, "tokens", summary.completion_tokens / n, COUNTED),
    )
