"""Problem -> Prompt. Training and evaluation, base and tuned, all ask through here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from netgain.recipe import PromptSettings
from netgain.records import Problem, Prompt


def build_prompt(problem: Problem, settings: PromptSettings) -> Prompt:
    """The prompt that the recipe's style makes of a problem."""
    return STYLES[settings.style](problem, settings)


def zero_shot_chat(problem: Problem, settings: PromptSettings) -> Prompt:
    """One user turn: the question, an empty line, the instruction."""
    user = f"{problem.question}\n\n{settings.instruction}".strip()
    messages = (("system", settings.system),) if settings.system is not None else ()
    return _with_digest((*messages, ("user", user)))


STYLES: dict[str, Callable[[Problem, PromptSettings], Prompt]] = {
    "zero_shot_chat": zero_shot_chat,
}


def _with_digest(messages: tuple[tuple[str, str], ...]) -> Prompt:
    digest = hashlib.sha256(json.dumps(messages).encode()).hexdigest()
    return Prompt(messages=messages, digest=digest)
