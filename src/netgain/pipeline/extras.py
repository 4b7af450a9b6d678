"""What a recipe asks to measure beside the headline: each of base and tuned, asked alike.

An extra evaluation is stored as the headline's are, in a folder of its own: `base-samples`,
`tuned-samples`, `base-prompt-1`, `base-task-arc_easy` and so on. Problems that are not the run's
test problems lie beside the answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from netgain.data.load import bad_rows_message
from netgain.data.overlap import find_overlaps, refuse_overlaps
from netgain.data.perturbing import perturb_all
from netgain.data.tasks import TASKS, LoadedTask, choice_items, load_task
from netgain.errors import DataError, RunDamaged
from netgain.generate.answering import Asking
from netgain.generate.sampler import Sampler
from netgain.pipeline.answering import Evaluation, settings_digest
from netgain.pipeline.contestant import Contestant, plan_evaluation
from netgain.pipeline.evaluating import (
    answer_or_reuse,
    ask_of,
    contestant_of,
    greedy,
    is_current,
    refuse_other_conditions,
    reused,
)
from netgain.pipeline.progress import Progress
from netgain.pipeline.prompt_check import measured_prompt
from netgain.pipeline.scoring import plan_scoring, score_evaluation
from netgain.recipe import PromptSettings, Recipe, TaskSettings
from netgain.records import FurtherKind, Problem
from netgain.store import RunDirectory

log = logging.getLogger("netgain")
LABEL = "extras"


@dataclass(frozen=True)
class Extra:
    """One further way to ask; `folder` is its name without the model's.

    `own_problems` are not the run's test problems. `task` is a benchmark's name where the model's
    choices are scored, and None where it answers. `set_aside` items were left out. `models` are
    those that are asked.
    """

    kind: FurtherKind
    folder: str
    name: str
    problems: Sequence[Problem]
    prompt: PromptSettings
    asking: Asking
    own_problems: bool = False
    task: str | None = None
    set_aside: int = 0
    models: tuple[str, ...] = ("base", "tuned")


def extras_of(directory: RunDirectory, recipe: Recipe) -> list[Extra]:
    """Every extra that the recipe asks for, of one model.

    Raises:
        NetgainError: a task is not known, or its data cannot be read.
    """
    test, wanted, prompt = directory.problems("test"), recipe.extras, recipe.prompt
    plain = Asking(greedy(recipe, prompt))
    found = []
    if wanted.samples is not None:
        s = wanted.samples
        drawn = replace(plain.sampling, temperature=s.temperature, top_p=s.top_p)
        asking = Asking(drawn, s.n, recipe.data.seed)
        found.append(Extra("samples", "samples", "samples", test[: s.limit], prompt, asking))
    if wanted.revisions is not None:
        asking = replace(plain, revisions=wanted.revisions.instructions)
        asked = test[: wanted.revisions.limit]
        found.append(Extra("revisions", "revisions", "revisions", asked, prompt, asking))
    if wanted.calculator is not None:
        asking = replace(plain, calculator=True)
        asked = test[: wanted.calculator.limit]
        found.append(Extra("calculator", "calculator", "calculator", asked, prompt, asking))
    if wanted.perturbed is not None:
        asked = test[: wanted.perturbed.limit]
        variants = [v for _, v in perturb_all(asked, wanted.perturbed.seed).pairs]
        if variants:
            found.append(
                Extra("perturbed", "perturbed", "perturbed", variants, prompt, plain, True,
                      set_aside=len(asked) - len(variants))
            )  # fmt: skip
        else:
            log.warning("extras.perturbed: none of the test problems has a sound variant")
    for number, other in enumerate(wanted.prompts, start=1):
        asking = Asking(greedy(recipe, other))
        name = f"{number}: {other.style}"
        found.append(Extra("prompt", f"prompt-{number}", name, test, other, asking))
    better = measured_prompt(directory, recipe)
    if better is not None:
        name, other = better
        asking = Asking(greedy(recipe, other))
        found.append(
            Extra("prompt", "prompt-measured", name, test, other, asking, models=("base",))
        )
    return found + [_task(directory, recipe, plain, task) for task in wanted.tasks]


def _task(directory: RunDirectory, recipe: Recipe, plain: Asking, wanted: TaskSettings) -> Extra:
    """A benchmark's problems: those stored with what was measured before, or read now."""
    stored = directory.evaluation(f"base-task-{wanted.name}")
    begun = stored.planned_settings()
    try:
        problems: Sequence[Problem] = [] if begun is None else stored.problems()
        set_aside = int((begun or {}).get("set_aside", 0))
    except RunDamaged as error:
        log.warning("%s: the problems are read again", error.what)
        problems = []
    if not problems:
        loaded = read_task(directory, recipe, wanted)
        problems, set_aside = loaded.problems, len(loaded.set_aside)
    return Extra(
        "task", f"task-{wanted.name}", wanted.name, problems, recipe.prompt, plain, True,
        wanted.name if TASKS[wanted.name].headline is not None else None, set_aside,
    )  # fmt: skip


def read_task(directory: RunDirectory, recipe: Recipe, wanted: TaskSettings) -> LoadedTask:
    """A benchmark that the recipe asks for, and the proof that none of it was trained on.

    Raises:
        DataError: there is no such task, or it has bad rows while `data.on_bad_row` is "stop".
        OverlapError: one of its problems is among the training or validation problems.
        HubUnreachable: it has to come from the Hub, which does not answer.
    """
    loaded = load_task(
        wanted.name, wanted.source, revision=wanted.revision, limit=wanted.limit,
        seed=recipe.data.seed,
    )  # fmt: skip
    if loaded.revision is not None:
        log.info("%s is %s at commit %s", wanted.name, loaded.source, loaded.revision)
    if loaded.bad_rows:
        if recipe.data.on_bad_row == "stop":
            raise DataError(bad_rows_message(loaded.bad_rows, loaded.problems))
        log.warning("%s: %d bad rows were skipped", wanted.name, len(loaded.bad_rows))
    pool = [*directory.problems("train"), *directory.problems("validation")]
    refuse_overlaps(find_overlaps(pool, loaded.problems), recipe.data.allow_overlap)
    return loaded


def evaluate_extras(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Do all that are not done, one model after the other, each loaded once."""
    extras = extras_of(directory, recipe)
    models = ("base",) if directory.training() is None else ("base", "tuned")
    for model in models:
        todo = [e for e in extras if model in e.models and not is_current(
            directory, f"{model}-{e.folder}", e.problems, e.own_problems
        )]  # fmt: skip
        if not todo:
            continue
        progress(LABEL, 0, 1, f"loading the {model} model")
        contestant = contestant_of(directory, recipe, model)
        keep = _Kept()
        for extra in sorted(todo, key=lambda e: e.task is not None):
            log.info("%s: %s, %d problems", model, extra.name, len(extra.problems))
            do = _answer if extra.task is None else _score
            do(directory, recipe, contestant, f"{model}-{extra.folder}", extra, keep, progress)
    if extras:
        progress(LABEL, 1, 1, "done")


class _Kept:
    """What was loaded last, for the next evaluation of the same model."""

    def __init__(self) -> None:
        self.sampler: Sampler | None = None
        self.model: Any = None

    def loader(self, evaluation: Evaluation) -> Callable[[], Sampler]:
        def load() -> Sampler:
            if self.sampler is None:
                self.sampler = evaluation.load()
            return self.sampler

        return load

    def load_model(self, contestant: Contestant) -> Any:
        from netgain.models.loading import load_model, load_tuned

        self.sampler = None  # one model at a time
        if self.model is None:
            base, precision = contestant.base, contestant.computed_in
            if contestant.adapter is None:
                self.model = load_model(base, precision)
            else:
                probe = contestant.renderer.completion_ids("12 + 30 = 42")
                self.model = load_tuned(base, contestant.adapter, precision, probe)
        return self.model


def _answer(
    directory: RunDirectory, recipe: Recipe, contestant: Contestant, name: str, extra: Extra,
    keep: _Kept, progress: Progress,
) -> None:  # fmt: skip
    folder = directory.evaluation(name)
    ask = ask_of(directory, extra.prompt, extra.problems, extra.asking)
    evaluation = plan_evaluation(LABEL, folder, contestant, ask, recipe.evaluate)
    settings = {**evaluation.settings, "set_aside": extra.set_aside}
    evaluation = replace(evaluation, settings=settings, load=keep.loader(evaluation))
    if extra.own_problems:
        folder.save_problems(extra.problems)
    answer_or_reuse(directory, evaluation, progress)


def _score(
    directory: RunDirectory, recipe: Recipe, contestant: Contestant, name: str, extra: Extra,
    keep: _Kept, progress: Progress,
) -> None:  # fmt: skip
    assert extra.task is not None
    folder = directory.evaluation(name)
    items = choice_items(extra.task, extra.problems)
    folder.save_problems(extra.problems)
    scoring = plan_scoring(LABEL, folder, contestant, extra.task, extra.problems, items)
    scoring = replace(scoring, settings={**scoring.settings, "set_aside": extra.set_aside})
    refuse_other_conditions(directory, name, scoring.settings)
    digest = settings_digest(scoring.settings)
    if not reused(directory, name, digest, extra.problems):
        score_evaluation(scoring, partial(keep.load_model, contestant), progress)
