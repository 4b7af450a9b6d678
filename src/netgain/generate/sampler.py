"""What every engine offers. Imports no engine, so it can be read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from netgain.generate.stopping import cut_at_stop
from netgain.models.render import Renderer
from netgain.records import FinishReason, Prompt


@dataclass(frozen=True)
class Request:
    """One answer to give. A server gets `prompt`; an engine with the weights gets `ids`.

    `seed` decides this answer's draws and nothing else's; None where answers are greedy.
    """

    prompt: Prompt
    ids: tuple[int, ...] = ()
    seed: int | None = None


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn, and where they end.

    `temperature` 0 is greedy. An answer ends at a stop token, before the first of the texts
    `stop`, or after `max_new_tokens`. With `pause` "calculator" it also ends where a calculator
    should go on (`stopping.wants_result`).
    """

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    pause: Literal["calculator"] | None = None


@dataclass(frozen=True)
class Answer:
    """One raw answer: its text up to where it ended, why it ended, and what it took.

    `ids` are the generated tokens, the one that ended it left out; () from a server.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    seconds: float  # this answer's share of its batch's wall time
    error: str | None = None
    ids: tuple[int, ...] = ()


class Sampler(Protocol):
    """An engine with a model loaded."""

    @property
    def renderer(self) -> Renderer | None:
        """What makes token ids of prompts; None where a server does that by its own template."""
        ...

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        """Answer a batch, in order. A greedy answer does not depend on `seed`."""
        ...


def read_answer(
    renderer: Renderer, row: Sequence[int], prompt_tokens: int, seconds: float, sampling: Sampling
) -> Answer:
    """What an engine's token ids say: up to the first stop token or stop text, or cut off.

    Args:
        row: the generated token ids, with or without what comes after the end.
    """
    stops = set(renderer.stop_ids)
    end = next((i for i, token in enumerate(row) if token in stops), None)
    kept = list(row if end is None else row[:end])
    whole = renderer.tokenizer.decode(kept, skip_special_tokens=True)
    text, stopped = cut_at_stop(whole, sampling)
    return Answer(
        text=text,
        finish_reason="length" if end is None and not stopped else "stop",
        prompt_tokens=prompt_tokens,
        completion_tokens=len(kept) + (end is not None),
        seconds=seconds,
        ids=tuple(kept),
    )
