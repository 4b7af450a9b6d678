"""A batch of prompts at a model whose layers all attend to everything: what they begin with is read
once, then one token a row and step, in a cache that is written in place.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from netgain.generate.kv_cache import CHUNK, PrefixedCache, Window
from netgain.generate.sampler import alike, common_prefix
from netgain.generate.shared_attention import NAME, KeysValues, use_shared_attention

PROMPT_TOKENS = 2048  # read in one forward pass, padding counted
# Of the logits' spread: rounding gives 1e-5 in fp32 and 0.06 in bf16, a dropped prefix about 1.
AGREES, AGREES_ROUNDED = 1e-3, 0.2
Ids = tuple[int, ...]


@dataclass(frozen=True)
class Prefix:
    """Token ids, and their keys and values in every layer ([1, heads, tokens, head size] each)."""

    ids: Ids = ()
    states: tuple[KeysValues, ...] = ()

    def first(self, tokens: int) -> Prefix:
        if tokens == len(self.ids):
            return self
        cut = tuple((k[:, :, :tokens], v[:, :, :tokens]) for k, v in self.states)
        return Prefix(self.ids[:tokens], cut if tokens else ())


def prefix_of(model: Any, prompts: Sequence[Ids], known: Prefix | None) -> Prefix:
    """What all prompts begin with, and its states."""
    return read_prefix(model, common_prefix(prompts), known or Prefix())


def longer_prefix(new: Prefix, kept: Prefix | None) -> Prefix:
    """The one to keep for the next batch: a shorter prefix in between does not lose a long one."""
    return kept if kept is not None and kept.ids[: len(new.ids)] == new.ids else new


def read_prefix(model: Any, ids: Ids, known: Prefix) -> Prefix:
    """The states of a prefix; what it has in common with `known` is not computed again."""
    shared = known.first(alike(ids, known.ids))
    if len(shared.ids) == len(ids):
        return shared
    cache = DynamicCache()
    for layer, (keys, values) in enumerate(shared.states):
        cache.update(keys, values, layer)
    new = torch.tensor([ids[len(shared.ids) :]], device=model.device)
    at = torch.arange(len(shared.ids), len(ids), device=model.device)[None]
    model(input_ids=new, position_ids=at, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return Prefix(ids, tuple((keys, values) for keys, values, _ in cache))


class SharedPrefixBatch:
    """Live rows that share a prefix, sorted by length; `rows` are their places in the prompts."""

    def __init__(self, model: Any, prompts: Sequence[Ids], prefix: Prefix) -> None:
        self.model = model
        self.prefix = prefix
        self.rows = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        self.own = [prompts[i][len(prefix.ids) :] for i in self.rows]
        self.width = len(self.own[-1])
        self.pads = [self.width - len(ids) for ids in self.own]
        self.window = Window(slice(0, len(self.rows)), 0, 0)
        layers = model.config.get_text_config(decoder=True).num_hidden_layers
        self.cache = PrefixedCache(layers, self.window, self.width, prefix.states)
        # Added to scores: -inf hides a row's padding and the columns that are not written yet.
        self.bias = torch.full(
            (len(self.rows), 1, 1, self.width + CHUNK), -torch.inf,
            device=model.device, dtype=model.dtype,
        )  # fmt: skip
        for row, pad in enumerate(self.pads):
            self.bias[row, :, :, pad : self.width] = 0
        lengths = [[len(prompts[i])] for i in self.rows]
        self.positions = torch.tensor(lengths, device=model.device)

    def read_prompts(self) -> Tensor:
        """Logits [rows, vocabulary] for the first new token."""
        logits = [self._read(rows) for rows in _parts([len(ids) for ids in self.own])]
        self.window.rows, self.window.start = slice(0, len(self.rows)), self.width
        return torch.cat(logits)

    def step(self, tokens: Tensor) -> Tensor:
        """Logits [rows, vocabulary] after one more token a row."""
        window = self.window
        if window.start == self.bias.shape[3]:
            self._make_room()
        self.bias[..., window.start] = 0
        logits = self._forward(tokens[:, None], self.bias, self.positions)
        window.start += 1
        self.positions = self.positions + 1
        return logits

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the rows at these places, in this order."""
        moved = [(to, source) for to, source in enumerate(places) if to != source]
        if moved:
            to, source = torch.tensor(moved, device=self.bias.device).T
            self.cache.move_rows(to, source)
        at = torch.tensor(places, device=self.bias.device)
        self.bias, self.positions = self.bias[at], self.positions[at]
        self.rows = [self.rows[i] for i in places]
        self.pads = [self.pads[i] for i in places]
        self.window.rows = slice(0, len(self.rows))

    def _make_room(self) -> None:
        """Larger buffers, without the columns that are padding in every row that is left."""
        unused = self.window.first = min(self.pads)
        self.cache.make_room()
        shown = self.bias[..., unused:]
        self.bias = torch.nn.functional.pad(shown, (0, CHUNK), value=-torch.inf)
        self.pads = [pad - unused for pad in self.pads]

    def _read(self, rows: slice) -> Tensor:
        own = self.own[rows]
        width, before = len(own[-1]), len(self.prefix.ids)
        window = self.window
        window.rows, window.first, window.start = rows, self.width - width, self.width - width
        ids, mask, positions = _padded_left(own, self.model.device)
        if width == 1:
            return self._forward(ids, self.bias[rows], positions + before)
        seen = mask.new_ones(len(own), before)
        return self._forward(ids, torch.cat([seen, mask], 1), positions + before)

    def _forward(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        out = self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=self.cache,
            use_cache=True, logits_to_keep=1, shared_prefix=self.prefix.states,
        )  # fmt: skip
        logits: Tensor = out.logits[:, -1]
        return logits


def serves(model: Any) -> bool:
    """Set a model up for `SharedPrefixBatch`, and try it; False where it is not for this model.

    Every layer must attend to all that came before (a sliding window, a recurrent state or
    keys of another layer are cached another way), attention must be plain `sdpa`, and the model
    must hand our arguments down to it. A model may be marked so, and yet drop them: so its logits
    on two tiny prompts must be the model's own.
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
    prompts: list[Ids] = [(1, 2, 3, 4, 5), (1, 2, 3, 6)]
    with torch.no_grad():  # the model may be trained afterwards
        whole = [torch.tensor([[*ids, 7]], device=model.device) for ids in prompts]
        expected = torch.stack([model(input_ids=ids).logits[0, -1] for ids in whole]).float()
        prefix = read_prefix(model, common_prefix(prompts), Prefix())
        batch = SharedPrefixBatch(model, prompts, prefix)
        batch.read_prompts()
        logits = batch.step(torch.full((2,), 7, device=model.device)).float()
    expected = expected[batch.rows]
    apart = (logits - expected).std() / expected.std()
    return bool(apart < (AGREES if model.dtype == torch.float32 else AGREES_ROUNDED))


def _parts(lengths: Sequence[int]) -> Iterator[slice]:
    """Runs of rows, ascending in length, none of more tokens than are read in one pass."""
    begin = 0
    for end in range(1, len(lengths) + 1):
        if end == len(lengths) or (end + 1 - begin) * lengths[end] > PROMPT_TOKENS:
            yield slice(begin, end)
            begin = end


def _padded_left(prompts: Sequence[Ids], device: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Ids (0 as padding), mask and positions, each [rows, longest prompt]."""
    width = max(map(len, prompts))
    ids = [[0] * (width - len(row)) + list(row) for row in prompts]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in prompts]
    shown = torch.tensor(mask, device=device)
    return torch.tensor(ids, device=device), shown, (shown.cumsum(1) - 1).clamp(min=0)
