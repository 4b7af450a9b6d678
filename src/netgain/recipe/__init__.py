"""Recipe: everything a user may set, validated all at once.

`settings` has the settings with their defaults and meanings (`data_settings` and `train_settings`
those of the two largest sections), `reading` reads a file, `mistakes` says what is wrong, `page`
writes the tables of docs/recipe.md from the settings.
"""

from netgain.recipe.data_settings import (
    BUILTIN_TEST,
    BUILTIN_TRAIN,
    MAX_BUILTIN,
    DataSettings,
    MixtureSettings,
)
from netgain.recipe.kinds import HUB_ID, EvaluationPrecision, Precision
from netgain.recipe.mistakes import Mistake
from netgain.recipe.prompt_rules import DEFAULT_SHOTS
from netgain.recipe.reading import Look, load_recipe, parse_recipe
from netgain.recipe.settings import (
    DEFAULT_INSTRUCTION,
    Engine,
    EvaluateSettings,
    ExtraSettings,
    ModelSettings,
    PromptSettings,
    Recipe,
    TaskSettings,
    local_path,
)
from netgain.recipe.train_settings import SECTIONS, TrainSettings

__all__ = [
    "BUILTIN_TEST",
    "BUILTIN_TRAIN",
    "DEFAULT_INSTRUCTION",
    "DEFAULT_SHOTS",
    "HUB_ID",
    "MAX_BUILTIN",
    "SECTIONS",
    "DataSettings",
    "Engine",
    "EvaluateSettings",
    "EvaluationPrecision",
    "ExtraSettings",
    "Look",
    "Mistake",
    "MixtureSettings",
    "ModelSettings",
    "Precision",
    "PromptSettings",
    "Recipe",
    "TaskSettings",
    "TrainSettings",
    "load_recipe",
    "local_path",
    "parse_recipe",
]
