"""The settings of a training: the section `train` of a recipe."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from netgain.recipe.setting_kinds import Count, Positive, Precision, Seed, Settings, Share, allowed


class LoraSettings(Settings):
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
        json_schema_extra=allowed("all-linear, a regular expression, or a list of module names"),
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


class EarlyStopping(Settings):
    """Stop when validation has not improved for `patience` validations in a row."""

    patience: Positive = Field(
        default=5, description="How many validations in a row may pass without improvement."
    )


class AccuracySettings(Settings):
    """Accuracy on the task while training: validation problems, answered as in evaluation."""

    limit: Count | None = Field(
        default=100, description="Validation problems, the first so many; null takes all."
    )
    every: Positive = Field(
        default=1,
        description="Measured at every so many validations, before training, and at the end.",
    )


class RolloutSettings(Settings):
    """Samples of the starting model's answers: `rft` learns from them, `grpo` chooses by them."""

    samples: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=4, description="Answers drawn of each training problem."
    )
    temperature: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.8, description="Of the draws."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Draws are from the likeliest tokens that have this share."
    )


class RftSettings(Settings):
    """Rejection sampling: the model's own right answers to training problems."""

    most: Positive = Field(
        default=2, description="Right answers of one problem that are learned from, the most."
    )
    rounds: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1,
        description="The second round also samples the model that the first one left, and so on. "
        "Each trains anew from where training began, on the answers of all rounds so far.",
    )
    easy: Literal["alike", "less"] = Field(
        default="alike",
        description="`less` weighs an answer by the share of its problem's samples that were "
        "wrong, so that problems which the model solves anyway teach less.",
    )
    unsolved: Literal["leave_out", "solution"] = Field(
        default="leave_out",
        description="What to do about a problem without a right answer of the model's own: leave "
        "it out, or learn the data's solution. The second rewrites the data in the model's own "
        "words where it has them.",
    )
    samplers: tuple[str, ...] = Field(
        default=(),
        max_length=10,
        description="Runs whose trained models are sampled too. Rounds name their own.",
        json_schema_extra=allowed("a list of run directories"),
    )


class DistilSettings(Settings):
    """Another model's answers to the training problems, of which the right ones are learned."""

    source: str | None = Field(
        default=None,
        description="A file of its answers, of any shape that `netgain grade` reads; rows are "
        "matched with the training problems by their questions.",
        json_schema_extra=allowed("the path of a .jsonl or .parquet file"),
    )
    most: Positive = Field(
        default=1, description="Right answers to one problem that are learned from, the shortest."
    )


class GrpoSettings(Settings):
    """Policy gradient on the model's own answers, each right (1) or not (0)."""

    rounds: Positive = Field(
        default=60, description="Rounds, each with answers of the model as it then is."
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
    steps: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="Optimizer steps of a round, each from all of its answers."
    )
    clip: Share | tuple[Share, Share] = Field(
        default=0.2,
        description="With more than one step: a token whose probability, by the ratio to what it "
        "was when it was drawn, has gone so far in the direction it is pushed is not learned from. "
        "Two values bound the way down and the way up (Yu et al. 2025, arXiv:2503.14476).",
        json_schema_extra=allowed("a number above 0, below 1, or two of them"),
    )
    choose: Literal["mixed", "all"] = Field(
        default="mixed",
        description="`mixed` takes problems that the base solves in some of `train.rollouts` and "
        "not in others, `all` takes all.",
    )
    validate_every: Positive = Field(
        default=10, description="Rounds between validations, of which the best is kept."
    )

    @property
    def clip_bounds(self) -> tuple[float, float]:
        """How far a ratio may go below 1, and above."""
        return self.clip if isinstance(self.clip, tuple) else (self.clip, self.clip)


# The sections of `train` that a method heeds.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "sft": (),
    "rft": ("rollouts", "rft"),
    "distil": ("distil",),
    "grpo": ("rollouts", "grpo"),
}
# What `grpo` does not heed, and the setting of `train.grpo` that takes its place.
INSTEAD = {
    "epochs": "rounds", "batch_size": "problems", "gradient_accumulation": "problems",
    "validations_per_epoch": "validate_every",
}  # fmt: skip


class TrainSettings(Settings):
    """Fine-tuning; the loss is on the completion alone."""

    method: Literal["sft", "rft", "distil", "grpo"] = Field(
        default="sft",
        description="What is learned from: `sft` the data's solutions, `rft` the model's own "
        "right answers (rejection sampling, Yuan et al. 2023, arXiv:2308.01825), `distil` another "
        "model's right answers, `grpo` its own answers as it learns, by whether they are right "
        "(policy gradient). See methods.md.",
    )
    start: str | None = Field(
        default=None,
        description="A run directory, or a folder of trained weights, whose weights training goes "
        "on from; null begins at the base model. `rft` and `grpo` sample from these weights.",
        json_schema_extra=allowed("the path of a run directory or of its train/adapter, or null"),
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
        default=3,
        gt=0,
        le=1000,
        description="Passes over what is learned from; 0.5 is half one. `grpo` has `rounds`.",
    )
    batch_size: Positive = Field(
        default=8,
        description="Examples of a batch; `grpo` has `problems`. How many are passed through the "
        "model at a time depends on memory and changes no result.",
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
    seed: Seed = Field(
        default=42, description="Order of examples, dropout, the adapter's start, samples."
    )
    precision: Precision = Field(
        default="auto", description="`auto` is bf16 where the hardware computes in it, else fp32."
    )
    gradient_checkpointing: bool = Field(default=False, description="Less memory, but slower.")
    validations_per_epoch: Positive = Field(
        default=10,
        description="How often validation loss is measured; one comes before training. `grpo` has "
        "`validate_every`.",
    )
    early_stopping: EarlyStopping | None = Field(
        default=EarlyStopping(),
        json_schema_extra=allowed("a group of settings (patience), or null, which turns it off"),
    )
    accuracy: AccuracySettings | None = Field(
        default=None, json_schema_extra=allowed("a group of settings, or null: not measured")
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

    @property
    def step_examples(self) -> int:
        """Examples that an optimizer step learns from, at most."""
        if self.method == "grpo":
            return self.grpo.problems * self.grpo.samples
        return self.batch_size * self.gradient_accumulation

    def deciding(self, places: bool = True) -> dict[str, Any]:
        """The settings that can change what is learned, as JSON.

        Those that came later are left out where they have no effect, so that a digest stays.

        Args:
            places: with the folders of other runs' weights; without, where their content counts.
        """
        sections = {name for names in SECTIONS.values() for name in names}
        without = {"checkpoint_seconds"} | (sections - set(SECTIONS[self.method]))
        if self.method == "sft":  # as it was before there were methods
            without |= {"method"} | ({"loss"} if self.loss == "nll" else set())
        if self.start is None or not places:
            without |= {"start"}
        found = self.model_dump(mode="json", exclude=without)
        if self.method == "grpo" and self.grpo.steps == 1:
            del found["grpo"]["steps"], found["grpo"]["clip"]
        if self.method == "rft":
            plain = RftSettings().model_dump(mode="json")
            later = [k for k in plain if k != "most" and found["rft"][k] == plain[k]]
            later += [] if places else ["samplers"]
            found["rft"] = {k: v for k, v in found["rft"].items() if k not in later}
        return found
