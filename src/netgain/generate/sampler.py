"""What every engine offers. Imports no engine, so it can be read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

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
