"""What every engine offers. Imports no engine, so it can be read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from netgain.generate.render import Renderer
from netgain.records import FinishReason


@dataclass(frozen=True)
class Answer:
    """One raw answer: its text without the stop token, why it ended, and what it took."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    seconds: float  # this answer's share of its batch's wall time
    error: str | None = None


class Sampler(Protocol):
    """An engine with a model loaded."""

    def generate(self, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> list[Answer]:
        """Answer a batch of token-id prompts greedily, in order."""
        ...


def read_answer(renderer: Renderer, row: list[int], prompt_tokens: int, seconds: float) -> Answer:
    """What an engine's token ids say: up to the first stop token, or cut off without one."""
    stops = set(renderer.stop_ids)
    end = next((i for i, token in enumerate(row) if token in stops), None)
    kept = row if end is None else row[:end]
    return Answer(
        text=renderer.tokenizer.decode(kept, skip_special_tokens=True),
        finish_reason="length" if end is None else "stop",
        prompt_tokens=prompt_tokens,
        completion_tokens=len(kept) + (end is not None),
        seconds=seconds,
    )
