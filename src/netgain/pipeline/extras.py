"""The table of extras: what a recipe may ask to measure beside the headline, and how it is done.

An entry says which questions are asked, and how (`ways`), and what the answers show (`analyse`).
Asking, reading back, checking ahead and planning are done alike for all of them, from here.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from netgain.analysis.further.asked_again import MODELS, FurtherEvaluation, Headline
from netgain.analysis.further.elsewhere import tasks
from netgain.analysis.further.majority import samples
from netgain.analysis.further.perturbed import perturbed
from netgain.analysis.further.prompts import prompts
from netgain.analysis.further.revisions import revisions
from netgain.analysis.further.with_calculator import calculator
from netgain.data.load import bad_rows_message
from netgain.data.overlap import find_overlaps, refuse_overlaps
from netgain.data.perturbing import perturb_all
from netgain.data.tasks import LoadedTask, find_task, load_task
from netgain.errors import DataError
from netgain.generate.answering import Asking
from netgain.pipeline.evaluating import greedy
from netgain.pipeline.prompt_check import measured_prompt
from netgain.recipe import PromptSettings, Recipe, TaskSettings
from netgain.records import FurtherKind, FurtherResult, Problem
from netgain.store import RunDirectory

log = logging.getLogger("netgain")
Asked = tuple[Sequence[Problem], int]  # problems, and how many were set aside


@dataclass(frozen=True)
class Way:
    """Some questions asked in some way, of each of `models`: the folder is `MODEL-` and `folder`.

    Asked are the first `limit` test problems, or problems of its `own`, which are stored beside the
    answers. `name` tells the ways of a kind apart. `task` is a benchmark's name where the model's
    choices are scored, and "" where it answers. `data` names data that must be had from elsewhere.
    """

    folder: str
    name: str
    prompt: PromptSettings
    asking: Asking
    limit: int | None = None
    own: Callable[[RunDirectory], Asked] | None = None
    task: str = ""
    data: TaskSettings | None = None
    models: tuple[str, ...] = MODELS

    def answers(self, test: int) -> tuple[int, int]:
        """Problems (at most), of so many test problems, and the answers that each one has."""
        each = self.asking.samples * (len(self.asking.revisions) + 1)
        return min(test, self.limit or test), each


@dataclass(frozen=True)
class Extra:
    """One entry.

    Attributes:
        kind: of the result; entries of one kind are told together, by the first one's `analyse`.
        ways: what the recipe asks for, in order; without a run, as far as the recipe alone tells.
        analyse: of both models' headline answers, and of the answers of this kind.
    """

    kind: FurtherKind
    ways: Callable[[Recipe, RunDirectory | None], Iterator[Way]]
    analyse: Callable[[Headline, Sequence[FurtherEvaluation]], FurtherResult | None]


def _tasks(recipe: Recipe, _: RunDirectory | None) -> Iterator[Way]:
    for wanted in recipe.extras.tasks:
        scored = wanted.name if find_task(wanted.name).headline is not None else ""
        yield Way(
            f"task-{wanted.name}", wanted.name, recipe.prompt, _greedy(recipe),
            own=partial(_task_problems, recipe, wanted), task=scored, data=wanted,
        )  # fmt: skip


def _perturbed(recipe: Recipe, _: RunDirectory | None) -> Iterator[Way]:
    wanted = recipe.extras.perturbed
    if wanted is not None:
        own = partial(_variants, wanted.seed, wanted.limit)
        yield Way("perturbed", "perturbed", recipe.prompt, _greedy(recipe), wanted.limit, own)


def _prompts(recipe: Recipe, _: RunDirectory | None) -> Iterator[Way]:
    for number, prompt in enumerate(recipe.extras.prompts, start=1):
        asking = Asking(greedy(recipe, prompt))
        yield Way(f"prompt-{number}", f"{number}: {prompt.style}", prompt, asking)


def _better_prompt(recipe: Recipe, directory: RunDirectory | None) -> Iterator[Way]:
    """The wording that the look at the prompt found to be better, asked the test problems."""
    better = None if directory is None else measured_prompt(directory, recipe)
    if better is not None:
        name, prompt = better
        asking = Asking(greedy(recipe, prompt))
        yield Way("prompt-measured", name, prompt, asking, models=("base",))


def _samples(recipe: Recipe, _: RunDirectory | None) -> Iterator[Way]:
    wanted = recipe.extras.samples
    if wanted is not None:
        drawn = replace(
            greedy(recipe, recipe.prompt), temperature=wanted.temperature, top_p=wanted.top_p
        )
        asking = Asking(drawn, wanted.n, recipe.data.seed)
        yield Way("samples", "samples", recipe.prompt, asking, wanted.limit)


def _revisions(recipe: Recipe, _: RunDirectory | None) -> Iterator[Way]:
    wanted = recipe.extras.revisions
    if wanted is not None:
        asking = replace(_greedy(recipe), revisions=wanted.instructions)
        yield Way("revisions", "revisions", recipe.prompt, asking, wanted.limit)


def _calculator(recipe: Recipe, _: RunDirectory | None) -> Iterator[Way]:
    wanted = recipe.extras.calculator
    if wanted is not None:
        asking = replace(_greedy(recipe), calculator=True)
        yield Way("calculator", "calculator", recipe.prompt, asking, wanted.limit)


# By the setting in `extras`, in reading order.
EXTRAS: dict[str, Extra] = {
    "tasks": Extra("task", _tasks, tasks),
    "perturbed": Extra("perturbed", _perturbed, perturbed),
    "prompts": Extra("prompt", _prompts, prompts),
    "prompt_check": Extra("prompt", _better_prompt, prompts),
    "samples": Extra("samples", _samples, samples),
    "revisions": Extra("revisions", _revisions, revisions),
    "calculator": Extra("calculator", _calculator, calculator),
}


def ways_of(recipe: Recipe, directory: RunDirectory | None = None) -> list[tuple[FurtherKind, Way]]:
    """Everything that the recipe asks for, with its kind, in reading order.

    Raises:
        DataError: a benchmark is not known.
    """
    return [(e.kind, way) for e in EXTRAS.values() for way in e.ways(recipe, directory)]


def further_results(
    headline: Headline, evaluations: Sequence[FurtherEvaluation]
) -> tuple[FurtherResult, ...]:
    """What the answers show, one result a kind, in reading order. The headline's verdict stays.

    Args:
        headline: both models' greedy answers to the test problems; a model may be absent.
        evaluations: in any order.
    """
    analyses = {extra.kind: extra.analyse for extra in reversed(EXTRAS.values())}
    kinds = dict.fromkeys(extra.kind for extra in EXTRAS.values())
    found = [analyses[k](headline, [e for e in evaluations if e.kind == k]) for k in kinds]
    return tuple(result for result in found if result is not None)


# -- questions -----------------------------------------------------------------------------


def _greedy(recipe: Recipe) -> Asking:
    """As the headline is asked."""
    return Asking(greedy(recipe, recipe.prompt))


def _variants(seed: int, limit: int | None, directory: RunDirectory) -> Asked:
    asked = directory.problems("test")[:limit]
    variants = [variant for _, variant in perturb_all(asked, seed).pairs]
    if not variants:
        log.warning("extras.perturbed: none of the test problems has a sound variant")
    return variants, len(asked) - len(variants)


def _task_problems(recipe: Recipe, wanted: TaskSettings, directory: RunDirectory) -> Asked:
    loaded = read_task(directory, recipe, wanted)
    return loaded.problems, len(loaded.set_aside)


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
