"""The settings of a recipe: each with its meaning, its bounds and its default.

What is not listed here cannot be set. The descriptions and bounds are also what docs/recipe.md and
the messages about mistakes say; `allowed` is given where a type does not say it well.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from netgain.recipe.prompt_rules import (
    ASKS_FOR_ENDING,
    DEFAULT_SHOTS,
    named_ending,
    prompt_mistakes,
)
from netgain.records import Ending
from netgain.wording import terminal_safe

HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")  # owner/name
# Built-in problems: how many are made where no limit is set, and the most of each, which bounds
# time and memory.
BUILTIN_TRAIN, BUILTIN_TEST, MAX_BUILTIN = 1000, 300, 100_000

# Chosen by measurement (docs/prompts.md). Some models take "####" for a heading, and begin with it.
DEFAULT_INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[int, Field(ge=1, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # what every library's generator takes
Share = Annotated[float, Field(gt=0, lt=1)]
Precision = Literal["auto", "bf16", "fp32"]
EvaluationPrecision = Literal["auto", "bf16", "fp32", "int8"]


def _allowed(words: str) -> dict[str, Any]:
    return {"allowed": words}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelSettings(_Settings):
    """The model to start from."""

    id: str = Field(
        min_length=1,
        description="The model. `embedded` is SmolLM2-135M-Instruct from a Python package.",
        json_schema_extra=_allowed(
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
        json_schema_extra=_allowed("a line of at most 100 characters, or null"),
    )
    same_as: str | None = Field(
        default=None,
        pattern=HUB_ID.pattern,
        max_length=200,
        description="The Hub id of the published model whose weights a local folder or file holds. "
        "The adapter and its card name it, and its published figures are compared.",
        json_schema_extra=_allowed("a Hub id (owner/name), or null"),
    )

    def called(self, description: str) -> str:
        """The model's name for people; that it was quantised is never left out.

        >>> ModelSettings(id="m.gguf", same_as="Qwen/Q").called("m, Q4_0, de-quantised")
        'Q, Q4_0, de-quantised'
        """
        said = self.name or (self.same_as or "").rpartition("/")[2]
        how = description.partition(", ")[2] if description.endswith(", de-quantised") else ""
        return ", ".join(part for part in (said, how) if part) if said else description


class DataSettings(_Settings):
    """Where problems come from and how they are split."""

    source: str = Field(
        min_length=1,
        description="Where problems come from. `builtin` makes word problems. A folder holds "
        "train.jsonl and test.jsonl, or Parquet as on the Hub; one file needs `test_source` or "
        "`test_fraction`.",
        json_schema_extra=_allowed(
            "a Hub id (owner/name), a local folder, a file of rows (import.md), or builtin"
        ),
    )
    revision: str | None = Field(
        default=None,
        description="Commit of the data set on the Hub; null is the newest. Used for a Hub id "
        "only; refused with builtin.",
    )
    subset: str = Field(
        default="main",
        pattern=r"^[\w.-]+$",
        description="The Hub's name of a configuration: the folder its Parquet files lie in.",
        json_schema_extra=_allowed("letters, digits, '.', '_' and '-'"),
    )
    test_source: str | None = Field(
        default=None,
        min_length=1,
        description="Where test problems come from, if not from `source`.",
        json_schema_extra=_allowed("a Hub id, a local folder or file, or null"),
    )
    test_revision: str | None = Field(
        default=None,
        description="Commit of `test_source` on the Hub; null is the newest. Used for a Hub id "
        "only.",
    )
    test_fraction: Share | None = Field(
        default=None,
        description="Hold out this part of `source` for testing, where it has no test problems of "
        "its own.",
    )
    builtin_steps: Annotated[int, Field(ge=1, le=8)] | None = Field(
        default=None,
        description="The most steps that a built-in problem's solution has; null is 8. Used with "
        "builtin only.",
    )
    limit: Count | None = Field(
        default=None,
        description="Problems for training and validation together; test problems do not count. "
        f"null takes all, or makes {BUILTIN_TRAIN:,} with builtin, where {MAX_BUILTIN:,} is the "
        "most.",
    )
    validation_fraction: Share = Field(
        default=0.1, description="The part of these that is validated on and never trained on."
    )
    seed: Seed = Field(
        default=42,
        description="Decides the split, which problems a limit keeps, and the built-in problems.",
    )
    on_bad_row: Literal["stop", "skip"] = Field(
        default="stop",
        description="What to do about a row that holds no usable problem: stop and name it, or "
        "leave it out and count it.",
    )
    columns: tuple[Annotated[str, Field(pattern=r"^(id|question|answer|gold)=.{1,200}$")], ...] = (
        Field(
            default=(),
            max_length=4,
            description="Where a column of the data's rows stands that has another name, also "
            "inside another one: `[question=text, answer=output.text]`.",
            json_schema_extra=_allowed("a list of COLUMN=NAME; COLUMN id, question, answer, gold"),
        )
    )
    allow_overlap: tuple[str, ...] = Field(
        default=(),
        description="Ids of test problems that may stand, exactly or nearly, among the training "
        "problems.",
        json_schema_extra=_allowed("a list of ids"),
    )


PromptStyle = Literal[
    "zero_shot_chat", "few_shot_chat", "few_shot_text", "chain_of_thought", "answer_only",
    "lm_eval_gsm8k", "lm_eval_gsm8k_cot", "template",
]  # fmt: skip


class PromptSettings(_Settings):
    """What the model is asked, in training and in evaluation alike. See prompts.md."""

    style: PromptStyle = Field(
        default="zero_shot_chat",
        description="`zero_shot_chat` is one user turn: the question, an empty line, the "
        "instruction. The others are shown in prompts.md.",
    )
    system: str | None = Field(
        default=None, description="System message; null leaves the chat template's own default."
    )
    instruction: str = Field(
        default=DEFAULT_INSTRUCTION,
        description="What is asked of the model after the question.",
    )
    ending: Ending | None = Field(
        default=None,
        description="How an answer is marked: `hashes` is a line `#### 42`, `boxed` is "
        "`\\boxed{42}`, `the_answer_is` is `The answer is 42.`. Solutions to learn from and worked "
        "examples get this ending, and the strict grader reads it. null reads it from the "
        "instruction or the template, and is `hashes` where they name none.",
    )
    shots: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None,
        description="Worked examples before the question, from training problems. null is 5 with "
        "the few-shot styles and `lm_eval_gsm8k`, 8 with `lm_eval_gsm8k_cot`, else none.",
    )
    shot_seed: Seed = Field(
        default=1234, description="Decides which training problems are shown; lm-eval's is 1234."
    )
    shot_ids: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="The training problems to show, in this order, instead of `shots` drawn ones.",
        json_schema_extra=_allowed("a list of at most 100 ids"),
    )
    stop: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(),
        max_length=16,
        description="Texts that end an answer, beside the style's own.",
        json_schema_extra=_allowed("a list of at most 16 texts of 1 to 200 characters"),
    )
    template: str | None = Field(
        default=None,
        description="The prompt as a Jinja template, for the style `template`.",
    )
    template_as: Literal["chat", "text"] = Field(
        default="chat",
        description="What the template makes: one user turn, or raw text without a chat template.",
    )

    @property
    def answer_ending(self) -> Ending:
        """How an answer is to end: as set, or as the instruction or the template says."""
        if self.ending is not None:
            return self.ending
        said = self.template if self.style == "template" else self.instruction
        return named_ending(said or "") if self.style in ASKS_FOR_ENDING else "hashes"

    @property
    def shot_count(self) -> int:
        """How many worked examples stand before the question."""
        if self.shot_ids:
            return len(self.shot_ids)
        return DEFAULT_SHOTS.get(self.style, 0) if self.shots is None else self.shots

    @model_validator(mode="after")
    def _refuse_mistakes(self) -> PromptSettings:
        found = [
            InitErrorDetails(
                type=PydanticCustomError("mistake", "{said}", {"said": said}),
                loc=(name,),
                input=getattr(self, name),
            )
            for name, said in prompt_mistakes(self)
        ]
        if found:
            raise ValidationError.from_exception_data("prompt", found)
        return self


class LoraSettings(_Settings):
    """The adapter (Hu et al. 2021, arXiv:2106.09685)."""

    r: Positive = Field(default=8, description="Rank of the adapter's matrices.")
    alpha: Positive = Field(default=16, description="The adapter is scaled by alpha / r.")
    dropout: float = Field(
        default=0.1, ge=0, lt=1, description="Share of the adapter's inputs dropped in training."
    )
    bias: Literal["none", "all", "lora_only"] = Field(
        default="none", description="Which biases are trained too."
    )
    target_modules: str | tuple[str, ...] = Field(
        default="all-linear",
        description="The layers that get an adapter.",
        json_schema_extra=_allowed("all-linear, a regular expression, or a list of module names"),
    )
    use_rslora: bool = Field(
        default=False,
        description="Scale by alpha / √r instead (rsLoRA, Kalajdzievski 2023, arXiv:2312.03732).",
    )
    use_dora: bool = Field(
        default=False,
        description="Learn magnitudes apart from directions (DoRA, Liu et al. 2024, "
        "arXiv:2402.09353). Slower.",
    )


class EarlyStopping(_Settings):
    """Stop when validation has not improved for `patience` validations in a row."""

    patience: Positive = Field(
        default=5, description="How many validations in a row may pass without improvement."
    )


class AccuracySettings(_Settings):
    """Accuracy on the task while training: validation problems, answered as in evaluation."""

    limit: Count | None = Field(
        default=100, description="Validation problems, the first so many; null takes all."
    )
    every: Positive = Field(
        default=1,
        description="Measured at every so many validations, before training, and at the end.",
    )


class RolloutSettings(_Settings):
    """Samples of the base model's answers to training problems, which `rft` and `grpo` look at."""

    samples: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=4, description="Answers drawn of each training problem."
    )
    temperature: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.8, description="Of the draws."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Draws are from the likeliest tokens that have this share."
    )


class RftSettings(_Settings):
    """Rejection sampling: the base model's own right answers to training problems."""

    most: Positive = Field(
        default=2, description="Right answers of one problem that are learned from, the most."
    )


class DistilSettings(_Settings):
    """Another model's answers to the training problems, of which the right ones are learned."""

    source: str | None = Field(
        default=None,
        description="A file of its answers, of any shape that `netgain grade` reads; rows are "
        "matched with the training problems by their questions.",
        json_schema_extra=_allowed("the path of a .jsonl or .parquet file"),
    )
    most: Positive = Field(
        default=1, description="Right answers to one problem that are learned from, the shortest."
    )


class GrpoSettings(_Settings):
    """Policy gradient on the model's own answers, each right (1) or not (0)."""

    rounds: Positive = Field(
        default=60, description="Optimizer steps, each with answers of the model as it then is."
    )
    problems: Positive = Field(default=16, description="Training problems of a round.")
    samples: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=8, description="Answers to each of them; their mean reward is the baseline."
    )
    temperature: Annotated[float, Field(gt=0, le=10)] = Field(
        default=1.0, description="Of these answers; 1 is the model's own distribution."
    )
    reward: Literal["robust", "strict", "random"] = Field(
        default="robust",
        description="1 for an answer that is right by this grader and ended by itself, else 0. "
        "`random` is a control: it shows what the method does without a reward.",
    )
    standardise: bool = Field(
        default=False,
        description="Divide an advantage by the standard deviation of its group, as in Shao et "
        "al. 2024 (arXiv:2402.03300); not, as in Liu et al. 2025 (arXiv:2503.20783).",
    )
    kl: float = Field(
        default=0.0,
        ge=0,
        description="Weight of a penalty for going away from the base model, the KL divergence "
        "of its tokens; with adapters only.",
    )
    choose: Literal["mixed", "all"] = Field(
        default="mixed",
        description="`mixed` takes problems that the base solves in some of `train.rollouts` and "
        "not in others, `all` takes all.",
    )
    validate_every: Positive = Field(
        default=10, description="Rounds between validations, of which the best is kept."
    )


# The sections of `train` that a method heeds.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "sft": (),
    "rft": ("rollouts", "rft"),
    "distil": ("distil",),
    "grpo": ("rollouts", "grpo"),
}


class TrainSettings(_Settings):
    """Fine-tuning; the loss is on the completion alone."""

    method: Literal["sft", "rft", "distil", "grpo"] = Field(
        default="sft",
        description="What is learned from: `sft` the data's solutions, `rft` the base model's own "
        "right answers (rejection sampling, Yuan et al. 2023, arXiv:2308.01825), `distil` another "
        "model's right answers, `grpo` its own answers as it learns, by whether they are right "
        "(policy gradient). See methods.md.",
    )
    start: str | None = Field(
        default=None,
        description="A run directory, or a folder of trained weights, whose weights training goes "
        "on from; null begins at the base model. `rft` and `grpo` sample from these weights.",
        json_schema_extra=_allowed("the path of a run directory or of its train/adapter, or null"),
    )
    loss: Literal["nll", "dft"] = Field(
        default="nll",
        description="`dft` weighs each token by its own probability (dynamic fine-tuning, Wu et "
        "al. 2025, arXiv:2508.05629).",
    )
    rollouts: RolloutSettings = RolloutSettings()
    rft: RftSettings = RftSettings()
    distil: DistilSettings = DistilSettings()
    grpo: GrpoSettings = GrpoSettings()
    weights: Literal["lora", "qlora", "full"] = Field(
        default="lora",
        description="What is trained: an adapter, an adapter beside a base of 4 bits (NVIDIA GPU "
        "and bitsandbytes), or all weights. See training.md.",
    )
    lora: LoraSettings = LoraSettings()
    learning_rate: float = Field(
        default=2e-4, gt=0, le=1, description="The highest learning rate of the schedule."
    )
    epochs: float = Field(
        default=3, gt=0, le=1000, description="Passes over the training problems; 0.5 is half one."
    )
    batch_size: Positive = Field(
        default=8,
        description="Examples of a batch. How many are passed through the model at a time depends "
        "on memory and changes no result.",
    )
    gradient_accumulation: Positive = Field(
        default=1,
        description="Batches that make one optimizer step, over all GPUs together.",
    )
    max_length: int = Field(
        default=1024,
        ge=16,
        le=1_000_000,
        description="Tokens of prompt and solution together; longer examples are left out and "
        "counted.",
    )
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"] = Field(
        default="linear", description="How the learning rate goes on after the warm-up."
    )
    warmup_ratio: float = Field(
        default=0.03, ge=0, le=1, description="Part of all steps in which the learning rate rises."
    )
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW's weight decay.")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Longer gradients are clipped.")
    seed: Seed = Field(default=42, description="Order of examples, dropout, the adapter's start.")
    precision: Precision = Field(
        default="auto", description="`auto` is bf16 where the hardware computes in it, else fp32."
    )
    gradient_checkpointing: bool = Field(default=False, description="Less memory, but slower.")
    validations_per_epoch: Positive = Field(
        default=10, description="How often validation loss is measured; one comes before training."
    )
    early_stopping: EarlyStopping | None = Field(
        default=EarlyStopping(),
        json_schema_extra=_allowed("a group of settings (patience), or null, which turns it off"),
    )
    accuracy: AccuracySettings | None = Field(
        default=None, json_schema_extra=_allowed("a group of settings, or null: not measured")
    )
    select: Literal["validation_loss", "validation_accuracy"] = Field(
        default="validation_loss",
        description="What early stopping and the kept weights follow. The second needs `accuracy`.",
    )
    processes: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None,
        description="Processes that share each step; null is one for each GPU, or one.",
    )
    checkpoint_seconds: float = Field(
        default=45,
        ge=0,
        description="Seconds between checkpoints, from which an interrupted run goes on; 0 saves "
        "at the end only.",
    )

    def deciding(self) -> dict[str, Any]:
        """The settings that can change what is learned, as JSON."""
        sections = {name for names in SECTIONS.values() for name in names}
        without = {"checkpoint_seconds"} | (sections - set(SECTIONS[self.method]))
        if self.method == "sft":  # as it was before there were methods
            without |= {"method"} | ({"loss"} if self.loss == "nll" else set())
        if self.start is None:
            without |= {"start"}
        return self.model_dump(mode="json", exclude=without)


Engine = Literal["auto", "transformers", "openvino", "vllm"]


class EvaluateSettings(_Settings):
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
            wrong = InitErrorDetails(
                type=PydanticCustomError("mistake", "{said}", {"said": said}),
                loc=("precision",),
                input=self.precision,
            )
            raise ValidationError.from_exception_data("evaluate", [wrong])
        return self


class SamplesSettings(_Settings):
    """Several answers a problem, drawn at a temperature: maj@k and pass@k."""

    n: Annotated[int, Field(ge=2, le=1000)] = Field(default=8, description="Answers a problem.")
    temperature: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.7, description="Of the draws."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Draws are from the likeliest tokens that have this share."
    )
    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class RevisionSettings(_Settings):
    """Self-refinement: the model is told to check its answer, and every turn is graded."""

    instructions: tuple[str, ...] = Field(
        default=(
            "Check the answer above step by step. If there is a mistake, correct it. Put your "
            "final answer within \\boxed{}.",
        ),
        min_length=1,
        max_length=5,
        description="What the model is told after each of its answers, one turn each.",
        json_schema_extra=_allowed("a list of one to five texts"),
    )
    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class CalculatorSettings(_Settings):
    """Greedy answers in which open annotations (`<<3*4=`) are computed, always told apart."""

    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class PerturbedSettings(_Settings):
    """Test problems with other numbers, against the originals."""

    seed: Seed = Field(default=42, description="Decides the new numbers.")
    limit: Count | None = Field(default=None, description="Test problems, the first so many.")


class TaskSettings(_Settings):
    """A benchmark elsewhere, base against tuned."""

    name: str = Field(
        min_length=1,
        description="The benchmark.",
        json_schema_extra=_allowed("a task's name, see tasks.md"),
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


class ExtraSettings(_Settings):
    """What is measured of both models beside the headline, each where it is asked for."""

    samples: SamplesSettings | None = Field(
        default=None, json_schema_extra=_allowed("a group of settings, or null: not done")
    )
    revisions: RevisionSettings | None = Field(
        default=None, json_schema_extra=_allowed("a group of settings, or null: not done")
    )
    calculator: CalculatorSettings | None = Field(
        default=None, json_schema_extra=_allowed("a group of settings, or null: not done")
    )
    perturbed: PerturbedSettings | None = Field(
        default=None, json_schema_extra=_allowed("a group of settings, or null: not done")
    )
    prompts: tuple[PromptSettings, ...] = Field(
        default=(),
        max_length=20,
        description="Other prompts for the same test problems (a prompt sweep).",
        json_schema_extra=_allowed("a list of groups like prompt, at most 20"),
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
        json_schema_extra=_allowed(
            "a list of groups of name, source, revision and limit, at most 20"
        ),
    )


class CostSettings(_Settings):
    """What an hour on this machine costs."""

    price_per_hour: float = Field(default=0.0, ge=0, description="In `currency`.")
    currency: str = Field(
        default="USD",
        pattern=r"^[A-Z]{3}$",
        description="ISO 4217 code.",
        json_schema_extra=_allowed("three capital letters, for example USD"),
    )


class Recipe(_Settings):
    """The whole recipe."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="A short name, which begins the name of the run directory.",
        json_schema_extra=_allowed(
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
        json_schema_extra=_allowed("a list of groups like train, at most 10"),
    )
    evaluate: EvaluateSettings = EvaluateSettings()
    extras: ExtraSettings = ExtraSettings()
    cost: CostSettings = CostSettings()

    def plain(self) -> dict[str, Any]:
        """The recipe as JSON-like data, every default filled in."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """SHA-256 (hex) of all that can change a result: neither names nor the price."""
        deciding = {k: v for k, v in self.plain().items() if k not in {"name", "cost"}}
        deciding["model"] = self.model.model_dump(mode="json", exclude={"name", "same_as"})
        deciding["train"] = self.train.deciding()
        deciding["phases"] = [phase.deciding() for phase in self.phases]
        if not self.phases:  # as it was before there were phases
            del deciding["phases"]
        if not self.evaluate.skip:  # as it was before there was such a setting
            del deciding["evaluate"]["skip"]
        if not self.data.columns:
            del deciding["data"]["columns"]
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

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
