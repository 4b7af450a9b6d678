"""Mistakes that would only show after hours of training, looked for before it begins."""

from __future__ import annotations

from netgain.generate.answering import refuse_raw_text
from netgain.generate.engines import require_engine
from netgain.pipeline.evaluating import prompter_of
from netgain.pipeline.extras import read_task
from netgain.recipe import Recipe
from netgain.store import RunDirectory


def check_ahead(directory: RunDirectory, recipe: Recipe) -> None:
    """Look whether the engine is here, the benchmarks can be read, and the prompts be made.

    Called once the problems are split, until there is an adapter.

    Raises:
        NetgainError: one of them is not so.
    """
    require_engine(
        recipe.evaluate.engine, recipe.evaluate.precision, recipe.extras.calculator is not None
    )
    for task in recipe.extras.tasks:
        read_task(directory, recipe, task)
    test = directory.problems("test")
    for prompt in (recipe.prompt, *recipe.extras.prompts):
        prompter_of(directory, prompt, test)(test[0])
    if recipe.extras.revisions is not None:
        refuse_raw_text(prompter_of(directory, recipe.prompt, test)(test[0]))
