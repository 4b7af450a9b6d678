"""Mistakes that would only show after hours of training, looked for before it begins."""

from __future__ import annotations

from netgain.data.tasks import load_task
from netgain.generate.engines import require_engine
from netgain.pipeline.evaluating import prompter_of
from netgain.recipe import Recipe
from netgain.store import RunDirectory


def check_ahead(directory: RunDirectory, recipe: Recipe) -> None:
    """Look whether the engine is here, the benchmarks can be read, and the prompts be made.

    Called once the problems are split.

    Raises:
        NetgainError: one of them is not so.
    """
    require_engine(recipe.evaluate.engine)
    for task in recipe.extras.tasks:
        load_task(task.name, task.source, limit=task.limit, seed=recipe.data.seed)
    test = directory.problems("test")
    for prompt in (recipe.prompt, *recipe.extras.prompts):
        prompter_of(directory, prompt, test)(test[0])
