"""`netgain.load_recipe`: a recipe read, checked and changed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from netgain.errors import UsageError
from netgain.recipe import Look, Recipe, parse_recipe
from netgain.recipe import load_recipe as read_recipe
from netgain.recipe.mistakes import set_instead

__all__ = ["AnyRecipe", "Changes", "load_recipe", "recipe_of", "set_instead", "words_of"]
AnyRecipe = Recipe | Mapping[str, Any] | str | Path
Changes = Mapping[str, Any] | Sequence[str]


def load_recipe(recipe: AnyRecipe, changes: Changes = ()) -> Recipe:
    """Read a recipe, check it, and change settings in it. All its mistakes are told at once.

    Args:
        recipe: a YAML file, its settings as a dictionary, or a recipe that was read already.
        changes: settings by their dotted names, {"train.epochs": 1}, or as the command line takes
            them, ["train.epochs=1"].

    Raises:
        RecipeError: with one line a mistake, all of them.

    >>> import netgain
    >>> recipe = netgain.load_recipe(
    ...     {"name": "mine", "model": {"id": "embedded"}, "data": {"source": "builtin"}},
    ...     {"train.epochs": 1},
    ... )
    >>> recipe.train.epochs, recipe.run_name()[:5]
    (1.0, 'mine-')
    """
    return recipe_of(recipe, changes)


def recipe_of(recipe: AnyRecipe, changes: Changes, look: Look | None = None) -> Recipe:
    """The same; `look` finds mistakes that show outside the recipe."""
    words = words_of(changes)
    if isinstance(recipe, Recipe):
        return parse_recipe(recipe.plain(), "the recipe", words, look)
    if isinstance(recipe, Mapping):
        own = yaml.safe_load(yaml.safe_dump(dict(recipe)))  # changes leave the caller's alone
        return parse_recipe(own, "the recipe", words, look)
    return read_recipe(Path(recipe), words, look)


def words_of(changes: Changes) -> list[str]:
    """Changes as the command line gives them: FIELD=VALUE."""
    if isinstance(changes, str):
        raise UsageError("changes", 'give a list, for example ["train.epochs=1"]')
    if isinstance(changes, Mapping):
        return [f"{name}={json.dumps(value)}" for name, value in changes.items()]
    return list(changes)
