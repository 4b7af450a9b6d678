"""The settings of a recipe: each with its meaning, its bounds and its default.

What is not listed here cannot be set. The descriptions and bounds are also what docs/recipe.md and
the messages about mistakes say; `allowed` is given where a type does not say it well.
"""

from __future__ import annotations

import hashlib
import html
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, field_validator, model_validator

from netgain.recipe.data_settings import BUILTIN_TEST, LATER, MAX_BUILTIN, DataSettings
from netgain.recipe.extra_settings import ExtraSettings, TaskSettings
from netgain.recipe.prompt_settings import PromptSettings
from netgain.recipe.setting_kinds import (
    HUB_ID,
    Count,
    EvaluationPrecision,
    Positive,
    Settings,
    allowed,
    refuse,
)
from netgain.recipe.train_settings import TrainSettings
from netgain.wording import terminal_safe


class ModelSettings(Settings):
    """The model to start from."""

    id: str = Field(
        min_length=1,
        description="The model. `embedded` is SmolLM2-135M-Instruct from a Python package.",
        json_schema_extra=allowed(
            "a Hub id (owner/name), a local folder, a .gguf file, or embedded"
        ),
    )
    revision: str | None = Field(
        default=None,
        description="Commit, branch or tag on the Hub; null is the newest. Used for a Hub id only.",
    )
    name: str | None = Field(
        default=None,
        pattern=r"^[^\W_][^\x00-\x1f\x7f]{0,99}$",
        description="What to call the model, where a folder or a file does not say it well.",
        json_schema_extra=allowed("a line of at most 100 characters, or null"),
    )
    same_as: str | None = Field(
        default=None,
        pattern=HUB_ID.pattern,
        max_length=200,
        description="The Hub id of the published model whose weights a local folder or file holds. "
        "The adapter and its card name it, and its published figures are compared.",
        json_schema_extra=allowed("a Hub id (owner/name), or null"),
    )

    def called(self, description: str) -> str:
        """The model's name for people; that it was quantised is never left out.

        >>> ModelSettings(id="m.gguf", same_as="Qwen/Q").called("m, Q4_0, de-quantised")
        'Q, Q4_0, de-quantised'
        """
        said = self.name or (self.same_as or "").rpartition("/")[2]
        how = description.partition(", ")[2] if description.endswith(", de-quantised") else ""
        return ", ".join(part for part in (said, how) if part) if said else description


Engine = Literal["auto", "transformers", "openvino", "vllm"]


class EvaluateSettings(Settings):
    """How both models answer the test problems: greedily, one answer a problem."""

    engine: Engine = Field(
        default="auto",
        description="What generates. `auto` is `openvino` on a CPU where it is installed and can "
        "serve the model (Llama, Qwen2 and Qwen3 types), else `transformers`. See engines.md.",
    )
    limit: Count | None = Field(
        default=None,
        description="Test problems, drawn by `data.seed`; null takes all, or makes "
        f"{BUILTIN_TEST:,} with builtin, where {MAX_BUILTIN:,} is the most.",
    )
    skip: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Test problems passed over before the limit counts: those that an earlier run "
        "looked at. A verdict on new problems alone keeps its 5%; see statistics.md.",
    )
    max_new_tokens: Positive = Field(
        default=1024, description="Tokens of an answer; one that reaches it is counted as cut off."
    )
    batch_size: Positive | None = Field(
        default=None, description="Answers generated at a time; null leaves it to the engine."
    )
    precision: EvaluationPrecision = Field(
        default="auto",
        description="As in training; or `int8`, weights of 8 bits computed in bf16, which is for "
        "the `openvino` engine. Its figures are figures of another model.",
    )

    @model_validator(mode="after")
    def _refuse_int8(self) -> EvaluateSettings:
        if self.precision == "int8" and self.engine in ("transformers", "vllm"):
            said = f"int8 is for the openvino engine, and evaluate.engine is {self.engine}"
            refuse("evaluate", self, [("precision", said)])
        return self


class CostSettings(Settings):
    """What an hour on this machine costs."""

    price_per_hour: float = Field(default=0.0, ge=0, description="In `currency`.")
    currency: str = Field(
        default="USD",
        pattern=r"^[A-Z]{3}$",
        description="ISO 4217 code.",
        json_schema_extra=allowed("three capital letters, for example USD"),
    )


class ReportSettings(Settings):
    """What a report shows."""

    texts: bool = Field(
        default=True,
        description="Questions and answers. `false` leaves them out, so that a report on private "
        "or licensed data can be passed on: ids, kinds and figures stay; the run keeps them all.",
    )
    author: str | None = Field(
        default=None,
        pattern=r"^[^\W_][^\x00-\x1f\x7f]{0,99}$",
        description="Who hands the report in. The name stands under its title.",
        json_schema_extra=allowed("a line of at most 100 characters, or null"),
    )


SHOWN = {"name", "cost", "report", "report_to"}  # settings that change no result


class Recipe(Settings):
    """The whole recipe."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="A short name, which begins the name of the run directory.",
        json_schema_extra=allowed(
            "at most 64 letters, digits, '.', '_' and '-', the first a letter or a digit"
        ),
    )
    model: ModelSettings
    data: DataSettings
    prompt: PromptSettings = PromptSettings()
    train: TrainSettings = TrainSettings()
    phases: tuple[TrainSettings, ...] = Field(
        default=(),
        max_length=10,
        description="Trainings before `train`, in order, each going on from the one before. A list "
        "under `train` comes to the same: its last is `train`. See methods.md.",
        json_schema_extra=allowed("a list of groups like train, at most 10"),
    )
    evaluate: EvaluateSettings = EvaluateSettings()
    extras: ExtraSettings = ExtraSettings()
    cost: CostSettings = CostSettings()
    report: ReportSettings = ReportSettings()
    report_to: tuple[Literal["tensorboard", "wandb", "mlflow", "trackio"], ...] = Field(
        default=(),
        max_length=4,
        description="Trackers that get the training's log as it comes, and the figures with their "
        "intervals at the end. Each needs its package. See export.md.",
        json_schema_extra=allowed("a list of tensorboard, wandb, mlflow and trackio"),
    )

    @field_validator("report_to", mode="before")
    @classmethod
    def _one_tracker(cls, given: Any) -> Any:
        """A single name, or "none", as other trainers take it."""
        if isinstance(given, str):
            return () if given == "none" else (given,)
        return given

    def plain(self) -> dict[str, Any]:
        """The recipe as JSON-like data, every default filled in."""
        return self.model_dump(mode="json")

    def digest(self, places: bool = True) -> str:
        """SHA-256 (hex) of all that can change a result: neither names, price nor what is shown.

        Args:
            places: as `TrainSettings.deciding` takes it.
        """
        deciding = {k: v for k, v in self.plain().items() if k not in SHOWN}
        deciding["model"] = self.model.model_dump(mode="json", exclude={"name", "same_as"})
        deciding["train"] = self.train.deciding(places)
        deciding["phases"] = [phase.deciding(places) for phase in self.phases]
        if not self.phases:  # as it was before there were phases
            del deciding["phases"]
        if not self.evaluate.skip:  # as it was before there was such a setting
            del deciding["evaluate"]["skip"]
        for name in LATER:
            if getattr(self.data, name) == DataSettings.model_fields[name].default:
                del deciding["data"][name]
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    @property
    def tasks(self) -> tuple[TaskSettings, ...]:
        """The benchmarks that are tested beside the headline; nothing of them is learned."""
        return self.extras.tasks

    def run_name(self) -> str:
        """NAME-DIGEST: what its run directory is called, unless the user says otherwise."""
        return f"{self.name}-{self.digest()[:8]}"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(terminal_safe(self.to_yaml()))}</pre>"

    def to_yaml(self) -> str:
        return yaml.safe_dump(self.plain(), sort_keys=False, allow_unicode=True)


def local_path(text: str) -> Path | None:
    """The file or folder that a source or a model id names, or None where there is none."""
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, an unknown ~user, half a character
        return None
