"""Prompt -> token ids: the one rendering that training and every engine share.

A prompt is rendered by the model's own chat template, or by a plain one where it has none. A
training example is those same ids, then the solution's ids, then the token that ends a turn.
Prompt and solution are tokenised apart, so that what precedes the solution in training is
exactly what precedes the answer in evaluation.
"""

from dataclasses import dataclass
from typing import Any

from netgain.errors import ModelError
from netgain.in_limits import OutOfLimits, render
from netgain.records import Prompt

PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}\n\n"
    "{% endfor %}{% if add_generation_prompt %}Assistant: {% endif %}"
)
_PROBE = "netgain-probe"


@dataclass(frozen=True)
class Renderer:
    """A tokenizer with its template and its end-of-turn token settled.

    `end_id` is what training teaches at the end of a solution; generation stops at any of
    `stop_ids`, of which it is one.
    """

    tokenizer: Any
    end_id: int
    stop_ids: tuple[int, ...]
    template: str  # "the model's own" or "plain"

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        if not prompt.messages:
            # Raw text gets what the tokenizer puts first, unless it stands there already.
            begin = self.tokenizer.bos_token
            has_begin = bool(begin) and prompt.text.startswith(begin)
            return list(self.tokenizer(prompt.text, add_special_tokens=not has_begin)["input_ids"])
        text = self.rendered(prompt.messages)
        return list(self.tokenizer(text, add_special_tokens=self.template == "plain")["input_ids"])

    def completion_ids(self, completion: str) -> list[int]:
        """What is learned of a text, and one end: ends that are written out at its end are left
        out, and other special tokens in it are plain text, so that no text teaches another turn.
        """
        ends = self.tokenizer.convert_ids_to_tokens(list(self.stop_ids))
        stop = len(completion)
        while end := next((e for e in ends if e and completion.endswith(e, 0, stop)), None):
            stop -= len(end)
        if stop < len(completion):
            completion = completion[:stop].rstrip()
        return [
            *self.tokenizer(completion, add_special_tokens=False, split_special_tokens=True)[
                "input_ids"
            ],
            self.end_id,
        ]

    def rendered(self, messages: tuple[tuple[str, str], ...]) -> str:
        """(role, content) as the text that a model gets, up to where its answer begins."""
        return _apply(self.tokenizer, messages, generation_prompt=True)


def make_renderer(tokenizer: Any, generation_eos: Any = None) -> Renderer:
    """Settle the template and the end-of-turn token of a tokenizer.

    Args:
        tokenizer: a transformers tokenizer; a plain chat template is set where it has none, and
            a padding token where it has none.
        generation_eos: `generation_config.eos_token_id` of the model: a token id, a list, or None.

    Raises:
        ModelError: the template cannot be used, or there is no token that could end an answer.
    """
    template = "the model's own"
    if not getattr(tokenizer, "chat_template", None):
        tokenizer.chat_template = PLAIN_TEMPLATE
        template = "plain"
    _refuse_deaf(tokenizer)
    end_id = _end_of_turn(tokenizer) if template != "plain" else tokenizer.eos_token_id
    if end_id is None:
        end_id = tokenizer.eos_token_id
    if end_id is None:
        raise ModelError(
            "the tokenizer has no end-of-sequence token, so the model could never learn to stop; "
            "set eos_token in its tokenizer_config.json"
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(end_id)
    extra = generation_eos if isinstance(generation_eos, (list, tuple)) else [generation_eos]
    stops = {end_id, tokenizer.eos_token_id, *extra} - {None}
    return Renderer(tokenizer, end_id, tuple(sorted(stops)), template)


def _end_of_turn(tokenizer: Any) -> int | None:
    """The special token that the template puts right after an assistant's words, if any."""
    before = (("user", "hello"),)
    after = (*before, ("assistant", _PROBE))
    try:
        whole = _apply(tokenizer, after, generation_prompt=False)
    except ModelError:  # a template may refuse a closed conversation; then eos ends it
        return None
    tail = whole.rpartition(_PROBE)[2]
    ids = tokenizer(tail, add_special_tokens=False)["input_ids"] if tail else []
    special = set(tokenizer.all_special_ids) | set(getattr(tokenizer, "added_tokens_decoder", {}))
    return next((i for i in ids if i in special), None)


def _refuse_deaf(tokenizer: Any) -> None:
    """Try the template, before anything is asked: it has to pass on what a user says."""
    if _PROBE not in _apply(tokenizer, (("user", _PROBE),), generation_prompt=True):
        raise ModelError("the model's chat template leaves out what the user says")


def _apply(tokenizer: Any, messages: tuple[tuple[str, str], ...], generation_prompt: bool) -> str:
    """The chat as text. The template is a stranger's program, so it runs within limits.

    Raises:
        ModelError: it fails, or takes too much time or memory.
    """
    values = {
        "messages": [{"role": role, "content": content} for role, content in messages],
        "tools": None, "documents": None, "add_generation_prompt": generation_prompt,
        **{name: str(token) for name, token in tokenizer.special_tokens_map.items()},
    }  # fmt: skip
    try:
        return render(tokenizer.get_chat_template(), values)
    except (OutOfLimits, ValueError, TypeError) as error:
        raise ModelError(f"the model's chat template cannot be used: {error}") from error
