"""The engine that is always there: our own decoding loop around a transformers model.

Prompts are sorted by length; what they all begin with is read once, and kept for the next batch;
finished answers leave the batch. `batch_decoding` holds the caches.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from netgain.errors import EvaluationError
from netgain.generate.batch_decoding import (
    Batch,
    PlainBatch,
    Prefix,
    SharedPrefixBatch,
    common_prefix,
    read_prefix,
    serves,
)
from netgain.generate.sampler import Answer, Request, Sampling, read_answer
from netgain.generate.shared_attention import NAME, use_shared_attention
from netgain.generate.stopping import StopWatch
from netgain.generate.token_choice import TokenChooser
from netgain.models.loading import is_out_of_memory
from netgain.models.render import Renderer

log = logging.getLogger("netgain")


class TransformersSampler:
    """Answers from a loaded model, all of a call in one batch."""

    def __init__(self, model: Any, renderer: Renderer) -> None:
        self.model = model
        self.renderer = renderer
        self.shares_prefix = share_prefix(model)
        self._prefix = Prefix()

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        """Answer a batch; each answer carries an equal share of the batch's wall time.

        Raises:
            EvaluationError: a prompt has no tokens, or an answer is to be drawn without a seed.
        """
        if not requests:
            return []
        if not all(r.ids for r in requests):
            raise EvaluationError("a prompt has no tokens, so there is nothing to go on from")
        began = time.perf_counter()
        chooser = TokenChooser(sampling, [r.seed for r in requests], self.model.device)
        with torch.inference_mode():
            try:
                batch = self._batch([r.ids for r in requests])
                answers = self._decode(batch, chooser, sampling)
            except BaseException:
                self._prefix = Prefix()  # after running out of memory nothing may be held
                raise
        seconds = (time.perf_counter() - began) / len(requests)
        return [
            read_answer(self.renderer, row, len(request.ids), seconds, sampling)
            for row, request in zip(answers, requests, strict=True)
        ]

    def _batch(self, prompts: Sequence[tuple[int, ...]]) -> Batch:
        if not self.shares_prefix:
            return PlainBatch(self.model, prompts)
        prefix = read_prefix(self.model, common_prefix(prompts), self._prefix)
        if (
            len(prefix.ids) > len(self._prefix.ids)
            or prefix.ids != self._prefix.ids[: len(prefix.ids)]
        ):
            self._prefix = prefix
        return SharedPrefixBatch(self.model, prompts, prefix)

    def _decode(self, batch: Batch, chooser: TokenChooser, sampling: Sampling) -> list[list[int]]:
        """The generated token ids of every prompt, the one that ended it included."""
        stops = set(self.renderer.stop_ids)
        watch = StopWatch(self.renderer.tokenizer, sampling)
        answers: list[list[int]] = [[] for _ in batch.rows]
        logits = batch.read_prompts()
        for step in range(sampling.max_new_tokens):
            tokens = chooser.choose(logits, batch.rows, step)
            going = []
            for place, (row, token) in enumerate(zip(batch.rows, tokens.tolist(), strict=True)):
                answers[row].append(token)
                if token not in stops and not watch.ended(answers[row]):
                    going.append(place)
            if not going or step + 1 == sampling.max_new_tokens:
                break
            if len(going) < len(batch.rows):
                kept = fill_holes(going)
                batch.keep(kept)
                tokens = tokens[kept]
            logits = batch.step(tokens)
        return answers


def share_prefix(model: Any) -> bool:
    """Set a model up for the fast way where it is right for it; the others stay as they are.

    Every layer must attend to all that came before (a sliding window, a recurrent state or
    keys of another layer are cached another way), attention must be plain `sdpa`, and the model
    must hand our arguments down to it, which transformers marks as `_supports_attention_backend`
    and `serves` tries.
    """
    own = DynamicCache(config=model.config.get_text_config(decoder=True))
    taken = inspect.signature(model.forward).parameters
    if not (
        {type(layer) for layer in own.layers} == {DynamicLayer}
        and model._supports_attention_backend
        and model.config._attn_implementation in ("sdpa", NAME)
        and {"position_ids", "logits_to_keep", "kwargs"} <= taken.keys()
    ):
        return False
    use_shared_attention(model)
    try:
        served = serves(model)
    except Exception as error:  # whatever it is that this model does another way
        if is_out_of_memory(error):
            raise
        log.debug("%s is decoded the plain way: %r", type(model).__name__, error)
        served = False
    if not served:
        model.set_attn_implementation("sdpa")
    return served


def fill_holes(going: Sequence[int]) -> list[int]:
    """The places that go on, ordered so that as few as possible change: the last fill the gaps.

    >>> fill_holes([0, 2, 3, 5])
    [0, 5, 2, 3]
    """
    count = len(going)
    staying = set(going)
    last = iter(sorted((place for place in going if place >= count), reverse=True))
    return [place if place in staying else next(last) for place in range(count)]
