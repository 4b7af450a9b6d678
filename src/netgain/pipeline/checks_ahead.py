"""Mistakes that would only show after hours of training, looked for before it begins."""

import logging
from collections.abc import Callable

from netgain.generate.answering import refuse_raw_text
from netgain.generate.engines import require_engine
from netgain.pipeline.evaluating import prompter_of
from netgain.pipeline.extras import ways_of
from netgain.pipeline.telling import require_trackers
from netgain.recipe import PromptSettings, Recipe, unheeded
from netgain.records import Problem, Prompt
from netgain.store import RunDirectory

log = logging.getLogger("netgain")


def check_ahead(directory: RunDirectory, recipe: Recipe) -> None:
    """Look whether the engine is here, the benchmarks can be read, and the prompts be made.

    Called once the problems are split, until there is an adapter. What was set and has no effect
    is told.

    Raises:
        NetgainError: one of them is not so.
    """
    for line in unheeded(recipe.train):
        log.warning("%s", line)
    require_installed(recipe)
    test = directory.problems("test")
    try_prompts(recipe, lambda prompt: prompter_of(directory, prompt, test), test[0])
    for _, way in ways_of(recipe):
        if way.own is not None and way.data is not None:
            way.own(directory)


def require_installed(recipe: Recipe) -> None:
    """Raise NetgainError where a tracker or the engine is not here, or the engine lacks a part."""
    require_trackers(recipe)
    calculator = any(way.asking.calculator for _, way in ways_of(recipe))
    require_engine(recipe.evaluate.engine, recipe.evaluate.precision, calculator)


def try_prompts(
    recipe: Recipe,
    prompter_of: Callable[[PromptSettings], Callable[[Problem], Prompt]],
    problem: Problem,
) -> None:
    """Raise NetgainError where one of the recipe's prompts cannot be made, or not gone on with."""
    prompter_of(recipe.prompt)(problem)
    for _, way in ways_of(recipe):
        asked = prompter_of(way.prompt)(problem)
        if way.asking.revisions:
            refuse_raw_text(asked)
