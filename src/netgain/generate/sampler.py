"""What every engine offers, and where an answer ends. Can be read without torch."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from netgain.models.render import Renderer
from netgain.records import FinishReason, Prompt

# How far a batch is: answers that ended and tokens that were generated since the last call.
Tell = Callable[[int, int], None]
MOST_EXPRESSION = 80  # characters between << and = that a calculator is asked about
_OPEN_EXPRESSION = re.compile(rf"<<[0-9*+/.,() -]{{1,{MOST_EXPRESSION}}}=\Z")


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
    should go on (`wants_result`).
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

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
        """Answer a batch, in order. A greedy answer does not depend on `seed`.

        Args:
            tell: called as answers come, every few seconds at least; of each answer's end once.
        """
        ...


def cut_at_stop(text: str, sampling: Sampling) -> tuple[str, bool]:
    """The text before the first stop text, and whether the answer ends here by a text's rule.

    Where an answer pauses for a calculator the text is whole, up to and with the "=".
    """
    found = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
    if found:
        return text[: min(found)], True
    return text, sampling.pause == "calculator" and wants_result(text)


def wants_result(text: str) -> bool:
    """Whether the text ends in an open calculator annotation, such as `<<3*4=`.

    >>> wants_result("so 3 * 4 = <<3*4="), wants_result("so 3 * 4 =")
    (True, False)
    """
    return _OPEN_EXPRESSION.search(text[-MOST_EXPRESSION - 3 :]) is not None


class StopWatch:
    """Follows one answer while it is generated, token by token, and says when a text ends it.

    Only the last tokens are decoded each time: as many as the longest text of interest can take.
    """

    def __init__(self, tokenizer: Any, sampling: Sampling) -> None:
        self.tokenizer = tokenizer
        self.sampling = sampling
        longest = max((len(s.encode()) for s in sampling.stop), default=0)
        if sampling.pause is not None:
            longest = max(longest, MOST_EXPRESSION + 3)
        self.width = longest + 4  # a token has a byte at least; four of a letter may be apart
        self.watching = longest > 0

    def ended(self, ids: list[int]) -> bool:
        """Whether the answer with these generated tokens, the last one new, ends here."""
        if not self.watching:
            return False
        tail = self.tokenizer.decode(ids[-self.width :], skip_special_tokens=True)
        return cut_at_stop(tail, self.sampling)[1]


def common_prefix(prompts: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The longest common beginning that leaves at least one token of each prompt."""
    first = min(prompts)  # in the order of words: the least alike are the first and the last
    return first[: min(alike(first, max(prompts)), min(map(len, prompts)) - 1)]


def alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


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
