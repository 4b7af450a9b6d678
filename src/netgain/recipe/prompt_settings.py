"""How a problem is put to the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from netgain.recipe.prompt_rules import (
    ASKS_FOR_ENDING,
    DEFAULT_SHOTS,
    named_ending,
    prompt_mistakes,
)
from netgain.recipe.setting_kinds import Seed, Settings, allowed, refuse
from netgain.records import Ending

# Chosen by measurement (docs/prompts.md). Some models take "####" for a heading, and begin with it.
DEFAULT_INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."


PromptStyle = Literal[
    "zero_shot_chat", "few_shot_chat", "few_shot_text", "chain_of_thought", "answer_only",
    "lm_eval_gsm8k", "lm_eval_gsm8k_cot", "template",
]  # fmt: skip


class PromptSettings(Settings):
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
        json_schema_extra=allowed("a list of at most 100 ids"),
    )
    stop: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(),
        max_length=16,
        description="Texts that end an answer, beside the style's own.",
        json_schema_extra=allowed("a list of at most 16 texts of 1 to 200 characters"),
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
        refuse("prompt", self, prompt_mistakes(self))
        return self
