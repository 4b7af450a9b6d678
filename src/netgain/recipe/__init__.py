"""Recipe: everything a user may set, validated all at once.

`settings` has the settings with their defaults and meanings (those of a large section are in a file
of their own, as `train_settings`), `reading` reads a file, `mistakes` and `contradictions` say what
is wrong, `page` writes the tables of docs/recipe.md from the settings.
"""

from netgain.recipe.contradictions import EMBEDDED, unheeded
from netgain.recipe.data_settings import (
    BUILTIN_TEST,
    BUILTIN_TRAIN,
    MAX_BUILTIN,
    DataSettings,
    MixtureSettings,
)
from netgain.recipe.extra_settings import ExtraSettings, TaskSettings
from netgain.recipe.mistakes import Mistake
from netgain.recipe.prompt_rules import DEFAULT_SHOTS
from netgain.recipe.prompt_settings import DEFAULT_INSTRUCTION, PromptSettings
from netgain.recipe.reading import Look, load_recipe, parse_recipe
from netgain.recipe.setting_kinds import HUB_ID, EvaluationPrecision, Precision
from netgain.recipe.settings import Engine, EvaluateSettings, ModelSettings, Recipe, local_path
from netgain.recipe.train_settings import (
    INSTEAD,
    SECTIONS,
    DistilSettings,
    GrpoSettings,
    TrainSettings,
)
