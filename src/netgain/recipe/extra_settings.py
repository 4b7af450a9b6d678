"""What is measured of both models beside the headline."""

from typing import Annotated

from pydantic import Field

from netgain.recipe.prompt_settings import PromptSettings
from netgain.recipe.setting_kinds import Count, Seed, Settings, allowed


class SamplesSettings(Settings):
    """Several answers a problem, drawn at a temperature: maj@k and pass@k."""

    n: Annotated[int, Field(ge=2, le=1000)] = Field(default=8, description="Answers a problem.")
    temperature: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.7, description="Of the draws."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Draws are from the likeliest tokens that have this share."
    )
    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class RevisionSettings(Settings):
    """Self-refinement: the model is told to check its answer, and every turn is graded."""

    instructions: tuple[str, ...] = Field(
        default=(
            "Check the answer above step by step. If there is a mistake, correct it. Put your "
            "final answer within \\boxed{}.",
        ),
        min_length=1,
        max_length=5,
        description="What the model is told after each of its answers, one turn each.",
        json_schema_extra=allowed("a list of one to five texts"),
    )
    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class CalculatorSettings(Settings):
    """Greedy answers in which open annotations (`<<3*4=`) are computed, always told apart."""

    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class PerturbedSettings(Settings):
    """Test problems with other numbers, against the originals."""

    seed: Seed = Field(default=42, description="Decides the new numbers.")
    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class TaskSettings(Settings):
    """A benchmark elsewhere, base against tuned."""

    name: str = Field(
        min_length=1,
        description="The benchmark.",
        json_schema_extra=allowed("a task's name, see tasks.md"),
    )
    source: str | None = Field(
        default=None, description="A local folder or file of it; null fetches it from the Hub."
    )
    revision: str | None = Field(
        default=None, description="Its commit on the Hub; null is the newest."
    )
    limit: Count | None = Field(
        default=None, description="So many of its items, drawn by `data.seed`; null takes all."
    )


class ExtraSettings(Settings):
    """What is measured of both models beside the headline, each where it is asked for."""

    samples: SamplesSettings | None = Field(
        default=None, json_schema_extra=allowed("a group of settings, or null: not done")
    )
    revisions: RevisionSettings | None = Field(
        default=None, json_schema_extra=allowed("a group of settings, or null: not done")
    )
    calculator: CalculatorSettings | None = Field(
        default=None, json_schema_extra=allowed("a group of settings, or null: not done")
    )
    perturbed: PerturbedSettings | None = Field(
        default=None, json_schema_extra=allowed("a group of settings, or null: not done")
    )
    prompts: tuple[PromptSettings, ...] = Field(
        default=(),
        max_length=20,
        description="Other prompts for the same test problems (a prompt sweep).",
        json_schema_extra=allowed("a list of groups like prompt, at most 20"),
    )
    prompt_check: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=40,
        description="Training problems that the base model answers before training, to see whether "
        "the prompt suits it; 0 asks none. Other wordings are asked where it does not, and the "
        "best of them is asked the test problems.",
    )
    tasks: tuple[TaskSettings, ...] = Field(
        default=(),
        max_length=20,
        description="Benchmarks elsewhere: what was forgotten, what carries over.",
        json_schema_extra=allowed(
            "a list of groups of name, source, revision and limit, at most 20"
        ),
    )
