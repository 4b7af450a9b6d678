"""Mistakes that would only show after hours of training, looked for before it begins."""

from __future__ import annotations

from netgain.generate.answering import refuse_raw_text
from netgain.generate.engines import require_engine
from netgain.pipeline.evaluating import prompter_of
from netgain.pipeline.extras import ways_of
from netgain.pipeline.telling import require_trackers
from netgain.recipe import Recipe
from netgain.store import RunDirectory


def check_ahead(directory: RunDirectory, recipe: Recipe) -> None:
    """Look whether the engine is here, the benchmarks can be read, and the prompts be made.

    Called once the problems are split, until there is an adapter.

    Raises:
        NetgainError: one of them is not so.
    """
    require_trackers(recipe)
    ways = [way for _, way in ways_of(recipe)]
    calculator = any(way.asking.calculator for way in ways)
    require_engine(recipe.evaluate.engine, recipe.evaluate.precision, calculator)
    test = directory.problems("test")
    prompter_of(directory, recipe.prompt, test)(test[0])
    for way in ways:
        if way.own is not None and way.data is not None:
            way.own(directory)
        prompt = prompter_of(directory, way.prompt, test)(test[0])
        if way.asking.revisions:
            refuse_raw_text(prompt)
