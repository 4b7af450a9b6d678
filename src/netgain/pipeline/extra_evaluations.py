"""The extras of a run, whichever the table has: asked of each model, and read back.

Each way to ask is stored as the headline's answers are, in a folder of its own: `base-samples`,
`tuned-samples`, `base-prompt-1`, `base-task-arc_easy` and so on.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from netgain.analysis.further.asked_again import MODELS, FurtherEvaluation, Headline
from netgain.analysis.model_figures import DRAWN
from netgain.data.tasks import TASKS, choice_items
from netgain.errors import RunDamaged
from netgain.generate.sampler import Sampler
from netgain.grading.loglikelihood import ChoiceMetric
from netgain.pipeline.evaluating import ask_of, obtain, refuse_other_conditions, served_model_of
from netgain.pipeline.evaluations import Evaluation
from netgain.pipeline.extras import Asked, Way, further_results, ways_of
from netgain.pipeline.progress import Progress
from netgain.pipeline.prompt_check import wordings_of
from netgain.pipeline.scoring import Scoring, plan_scoring
from netgain.pipeline.served_model import ServedModel, plan_evaluation
from netgain.pipeline.stored_answers import StoredAnswers, read_stored_answers
from netgain.recipe import Recipe
from netgain.records import (
    EvaluationSummary,
    FurtherKind,
    FurtherResult,
    Generation,
    Grade,
    Problem,
)
from netgain.store import RunDirectory

log = logging.getLogger("netgain")
LABEL = "extras"
CHOICES: dict[ChoiceMetric, str] = {
    "acc": "log-likelihood",
    "acc_norm": "log-likelihood, normalised by length",
}
HeadlineAnswers = Mapping[str, tuple[Sequence[Generation], Sequence[Grade]]]  # by model


def evaluate_extras(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Do all that are not done, one model after the other, each loaded once."""
    ways = [way for _, way in ways_of(recipe, directory)]
    asked = {way.folder: _asked(directory, way) for way in ways}
    for model in ("base",) if directory.training() is None else MODELS:
        loaded = _Loaded(directory, recipe, model, progress)
        for way in sorted(ways, key=lambda way: bool(way.task)):
            problems, _ = asked[way.folder]
            if problems and model in way.models:
                name, own = f"{model}-{way.folder}", way.own is not None
                work = loaded.work(way, asked[way.folder])
                obtain(directory, name, problems, work, progress, own)
    if ways:
        progress(LABEL, 1, 1, "done")


def _asked(directory: RunDirectory, way: Way) -> Asked:
    """The problems: those that are stored with what was begun before, or found now."""
    if way.own is None:
        return directory.problems("test")[: way.limit], 0
    stored = directory.evaluation(f"base-{way.folder}")
    begun = stored.planned_settings()
    try:
        problems = stored.problems() if begun is not None else []
    except RunDamaged as error:
        log.warning("%s: the problems are read again", error.what)
        problems = []
    return (problems, _set_aside(begun or {})) if problems else way.own(directory)


class _Loaded:
    """One model, loaded when something is to be asked, and kept for what is asked next."""

    def __init__(
        self, directory: RunDirectory, recipe: Recipe, model: str, progress: Progress
    ) -> None:
        self.directory, self.recipe, self.model, self.progress = directory, recipe, model, progress
        self.sampler: Sampler | None = None
        self.weights: Any = None

    @cached_property
    def served_model(self) -> ServedModel:
        self.progress(LABEL, 0, 1, f"loading the {self.model} model")
        return served_model_of(self.directory, self.recipe, self.model)

    def work(self, way: Way, asked: Asked) -> Callable[[], Evaluation | Scoring]:
        """What would ask it."""
        problems, set_aside = asked
        folder = self.directory.evaluation(f"{self.model}-{way.folder}")

        def work() -> Evaluation | Scoring:
            log.info("%s: %s, %d problems", self.model, way.name, len(problems))
            found: Evaluation | Scoring
            if way.task:
                items = choice_items(way.task, problems)
                found = plan_scoring(LABEL, folder, self.served_model, way.task, problems, items)
                load = self._scoring(found)
            else:
                ask = ask_of(self.directory, way.prompt, problems, way.asking)
                found = plan_evaluation(LABEL, folder, self.served_model, ask, self.recipe.evaluate)
                load = self._answering(found)
            settings = {**found.settings, "set_aside": set_aside}
            return replace(found, settings=settings, load=load)

        return work

    def _answering(self, evaluation: Evaluation) -> Callable[[], Sampler]:
        def load() -> Sampler:
            self.sampler = self.sampler or evaluation.load()
            return self.sampler

        return load

    def _scoring(self, scoring: Scoring) -> Callable[[], Any]:
        def load() -> Any:
            self.sampler = None  # one model at a time
            self.weights = self.weights or scoring.load()
            return self.weights

        return load


# -- read back -----------------------------------------------------------------------------


def further_of(
    directory: RunDirectory,
    recipe: Recipe,
    test: Callable[[], Sequence[Problem]],
    headline: Callable[[Collection[str]], HeadlineAnswers],
) -> tuple[FurtherResult, ...]:
    """Every finished extra of the recipe, analysed.

    Args:
        test: gives the test problems.
        headline: gives the headline's answers to some problems, by id; more are no harm.

    Raises:
        RunDamaged: an extra's records were changed or are not whole.
    """
    found = []
    for kind, way in ways_of(recipe, directory):
        for model in MODELS:
            folder = directory.evaluation(f"{model}-{way.folder}")
            summary = folder.summary()
            if summary is None:
                continue
            refuse_other_conditions(directory, folder.path.name, summary.settings)
            problems = test()[: way.limit] if way.own is None else folder.problems()
            answers = read_stored_answers(folder, problems)
            assert answers is not None
            found.append(_evaluation(answers, kind, model, way.name))
    if not found:
        return ()
    asked = {i for e in found for p in e.problems for i in (p.id, e.originals.get(p.id, p.id))}
    beside = headline(asked)
    generations = {m: rows for m, (rows, _) in beside.items()}
    grades = {m: rows for m, (_, rows) in beside.items()}
    prompt = recipe.prompt.model_dump(mode="json")
    return further_results(Headline(generations, grades, prompt), found)


def _evaluation(
    answers: StoredAnswers, kind: FurtherKind, model: str, name: str
) -> FurtherEvaluation:
    said = {p.id: p.metadata for p in answers.problems}
    scored = {}
    if answers.scores:
        first: ChoiceMetric = "acc_norm" if TASKS[name].headline == "acc_norm" else "acc"
        metrics = sorted(CHOICES, key=lambda metric: metric != first)
        scored = {CHOICES[metric]: answers.chosen(metric) for metric in metrics}
    return FurtherEvaluation(
        name=name,
        kind=kind,
        model=model,
        settings=answers.summary.settings,
        problems=answers.problems,
        generations=answers.generations,
        grades=answers.grades,
        scored=scored,
        clusters={i: str(of["cluster"]) for i, of in said.items() if "cluster" in of},
        originals={i: str(of["original"]) for i, of in said.items() if "original" in of},
        set_aside=_set_aside(answers.summary.settings),
    )


def _set_aside(settings: Mapping[str, Any]) -> int:
    return int(settings.get("set_aside", 0))


def extra_summaries(directory: RunDirectory, recipe: Recipe) -> dict[str, EvaluationSummary]:
    """The summary of every finished extra, of the look at the prompt, and of the answers that
    training learned from, by folder.
    """
    ways = [way.folder for _, way in ways_of(recipe, directory)]
    names = [*wordings_of(recipe), *(f"{model}-{way}" for way in ways for model in MODELS)]
    folders = directory.root / "evaluations"
    names += sorted(p.name for p in folders.glob("*") if DRAWN.search(p.name))
    told = {name: directory.evaluation(name).summary() for name in names}
    return {name: summary for name, summary in told.items() if summary is not None}
