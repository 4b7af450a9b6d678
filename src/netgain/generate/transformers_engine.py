"""The engine that is always there: a model of transformers, decoded by a loop of our own.

Prompts are sorted by length; what they all begin with is read once, and kept for the next batch;
finished answers leave the batch. `batch_decoding` holds the caches. They rest on transformers'
insides, so they are tried when a model is loaded: a model, or a version, that they do not fit is
decoded by transformers' own `generate`, which rests on nothing but its documented interface.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from netgain.errors import EvaluationError
from netgain.generate.sampler import Answer, Request, Sampling, StopWatch, Tell, read_answer
from netgain.generate.token_choice import TokenChooser
from netgain.models.loading import is_out_of_memory
from netgain.models.render import Renderer

log = logging.getLogger("netgain")
Ids = tuple[int, ...]


class TransformersSampler:
    """Answers from a loaded model, all of a call in one batch.

    Args:
        without_gradient: what the model is run in. Of a model that is trained afterwards it has to
            be `torch.no_grad`: what it makes in inference mode and keeps cannot be learned from.
    """

    def __init__(
        self, model: Any, renderer: Renderer, without_gradient: Any = torch.inference_mode
    ) -> None:
        self.model = model
        self.renderer = renderer
        self.without_gradient = without_gradient
        self.shares_prefix = share_prefix(model)
        self._prefix: Any = None

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
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
        prompts = [r.ids for r in requests]
        with self.without_gradient():
            answers = self._decode(
                prompts, chooser, lambda: _Going(len(prompts), self.renderer, sampling, tell)
            )
        seconds = (time.perf_counter() - began) / len(requests)
        return [
            read_answer(self.renderer, row, len(request.ids), seconds, sampling)
            for row, request in zip(answers, requests, strict=True)
        ]

    def _decode(
        self, prompts: Sequence[Ids], chooser: TokenChooser, begin: Callable[[], _Going]
    ) -> list[list[int]]:
        """The generated token ids of every prompt, the one that ended it included."""
        going = begin()
        if self.shares_prefix:
            try:
                self._by_own_loop(prompts, chooser, going)
                return going.answers
            except BaseException as error:
                self._prefix = None  # after running out of memory nothing may be held
                if not isinstance(error, Exception) or is_out_of_memory(error):
                    raise
                log.warning("netgain's own decoding loop failed (%r): going on by generate", error)
            self.shares_prefix, going = False, begin()
            self.model.set_attn_implementation("sdpa")
        self._by_generate(prompts, chooser, going)
        return going.answers

    def _by_own_loop(self, prompts: Sequence[Ids], chooser: TokenChooser, going: _Going) -> None:
        from netgain.generate.batch_decoding import SharedPrefixBatch, longer_prefix, prefix_of

        prefix = prefix_of(self.model, prompts, self._prefix)
        self._prefix = longer_prefix(prefix, self._prefix)
        batch = SharedPrefixBatch(self.model, prompts, prefix)
        logits = batch.read_prompts()
        for step in range(going.most):
            tokens = chooser.choose(logits, batch.rows, step)
            places = going.take(batch.rows, tokens.tolist())
            if not places or step + 1 == going.most:
                break
            if len(places) < len(batch.rows):
                kept = fill_holes(places)
                batch.keep(kept)
                tokens = tokens[kept]
            logits = batch.step(tokens)

    def _by_generate(self, prompts: Sequence[Ids], chooser: TokenChooser, going: _Going) -> None:
        """The same answers; rows that are finished stay in the batch to its end."""
        from transformers import GenerationConfig

        width, device = max(map(len, prompts)), self.model.device
        pad: int = self.renderer.tokenizer.pad_token_id
        padded = [[pad] * (width - len(row)) + list(row) for row in prompts]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in prompts]
        rows = range(len(prompts))

        def choose(ids: Tensor, scores: Tensor) -> Tensor:
            tokens = chooser.choose(scores, rows, ids.shape[1] - width)
            only = torch.full_like(scores, -torch.inf)
            return only.scatter(1, tokens[:, None], 0.0)

        def ended(ids: Tensor, scores: Tensor, **_: Any) -> Tensor:
            live = [row for row in rows if not going.ended[row]]
            last = ids[:, -1].tolist()
            going.take(live, [last[row] for row in live])
            return torch.tensor(going.ended, device=device)

        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=going.most, do_sample=False, pad_token_id=pad,
            eos_token_id=list(self.renderer.stop_ids) or None,
        )  # fmt: skip
        own, self.model.generation_config = self.model.generation_config, config
        try:  # the model's own configuration may ask for penalties
            self.model.generate(
                input_ids=torch.tensor(padded, device=device),
                attention_mask=torch.tensor(mask, device=device),
                generation_config=config, logits_processor=[choose], stopping_criteria=[ended],
            )  # fmt: skip
        finally:
            self.model.generation_config = own


class _Going:
    """The tokens of each answer so far, and which have ended."""

    def __init__(
        self, count: int, renderer: Renderer, sampling: Sampling, tell: Tell | None
    ) -> None:
        self.most = sampling.max_new_tokens
        self.answers: list[list[int]] = [[] for _ in range(count)]
        self.ended = [False] * count
        self.stops = set(renderer.stop_ids)
        self.watch = StopWatch(renderer.tokenizer, sampling)
        self.tell = tell or (lambda answers, tokens: None)

    def take(self, rows: Sequence[int], tokens: Sequence[int]) -> list[int]:
        """One more token for each of these rows; the places in `rows` of those that go on."""
        going = []
        for place, (row, token) in enumerate(zip(rows, tokens, strict=True)):
            answer = self.answers[row]
            answer.append(token)
            if token in self.stops or len(answer) == self.most or self.watch.ended(answer):
                self.ended[row] = True
            else:
                going.append(place)
        self.tell(len(rows) - len(going), len(rows))
        return going


def share_prefix(model: Any) -> bool:
    """Set a model up for our own loop where that is right for it; the others stay as they are."""
    implementation = model.config._attn_implementation
    try:
        served: bool = importlib.import_module("netgain.generate.batch_decoding").serves(model)
    except Exception as error:  # whatever this model, or this transformers, does another way
        if is_out_of_memory(error):
            raise
        log.debug("%s is decoded by generate: %r", type(model).__name__, error)
        served = False
    if not served and model.config._attn_implementation != implementation:
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
