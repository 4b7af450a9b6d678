"""A key/value cache for decoding many rows: written in place, with a prefix that is there once.

transformers' `DynamicCache` concatenates, and so copies every key and value in every step. Here
each layer has one buffer [rows, heads, columns, head size] that grows in chunks. Rows are padded
on the left, so that all rows write the same column; a row that is finished is overwritten by the
last one, so that the live rows stay the first ones and dropping a row copies one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from netgain.generate.shared_attention import KeysValues

CHUNK = 64  # columns of free room that a buffer is made with


@dataclass
class Window:
    """What the next forward pass writes and, where it reads several tokens, sees.

    It writes `rows` from the column `start` on. Several new tokens see the columns from `first`
    on; one new token gets all columns, and a mask for those that are not its own.
    """

    rows: slice
    first: int
    start: int


class PrefixedLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer's buffers. Its attributes are named as those of transformers' own layers."""

    is_sliding = False
    keys: Tensor
    values: Tensor

    def __init__(self, window: Window, width: int, prefix: KeysValues | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.window = window
        self.rows = window.rows.stop
        self.width = width
        self.prefix = prefix
        self.prefix_length = 0 if prefix is None else prefix[0].shape[2]

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        self.keys = _zeros(key_states, self.rows, self.width + CHUNK)
        self.values = _zeros(value_states, self.rows, self.width + CHUNK)
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Write new keys and values, and say what these rows attend to.

        For one token the prefix is left to `shared_attention`, which needs no copy of it a row.
        """
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        window = self.window
        end = window.start + key_states.shape[2]
        self.keys[window.rows, :, window.start : end] = key_states
        self.values[window.rows, :, window.start : end] = value_states
        if key_states.shape[2] == 1:  # whole rows: a product with a part would copy it first
            return self.keys[window.rows], self.values[window.rows]
        keys = self.keys[window.rows, :, window.first : end]
        values = self.values[window.rows, :, window.first : end]
        if self.prefix is None:
            return keys, values
        return _after(self.prefix[0], keys), _after(self.prefix[1], values)

    def move_rows(self, to: Tensor, source: Tensor) -> None:
        self.keys[to] = self.keys[source]
        self.values[to] = self.values[source]

    def make_room(self) -> None:
        self.keys = _larger(self.keys, self.window)
        self.values = _larger(self.values, self.window)

    def get_seq_length(self) -> int:
        return self.prefix_length + self.window.start - self.window.first

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    def get_max_length(self) -> int:
        return -1  # transformers' word for no limit


class PrefixedCache(Cache):
    """The buffers of all layers, which share one window. `width`: columns of the prompts."""

    def __init__(
        self, layers: int, window: Window, width: int, prefix: Sequence[KeysValues]
    ) -> None:
        self.window = window
        self.prefixed = [
            PrefixedLayer(window, width, prefix[at] if prefix else None) for at in range(layers)
        ]
        super().__init__(layers=list(self.prefixed))

    def move_rows(self, to: Tensor, source: Tensor) -> None:
        """Overwrite the rows `to` (finished) with the rows `source`, in every layer."""
        for layer in self.prefixed:
            layer.move_rows(to, source)

    def make_room(self) -> None:
        """Keep the window's rows and its columns from `first` on, and add room behind them."""
        for layer in self.prefixed:
            layer.make_room()
        self.window.start -= self.window.first
        self.window.first = 0


def _zeros(like: Tensor, rows: int, columns: int) -> Tensor:
    # Not left as they come: what is masked is still multiplied, by a weight of zero.
    return like.new_zeros(rows, like.shape[1], columns, like.shape[3])


def _larger(states: Tensor, window: Window) -> Tensor:
    used = states[window.rows, :, window.first : window.start]
    larger = _zeros(states, used.shape[0], used.shape[2] + CHUNK)
    larger[:, :, : used.shape[2]] = used
    return larger


def _after(prefix: Tensor, own: Tensor) -> Tensor:
    return torch.cat([prefix.expand(own.shape[0], -1, -1, -1), own], 2)
