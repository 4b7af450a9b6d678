"""Attention of one new token a row to a prefix that all rows share and to each row's own past.

The prefix's keys and values are there once, so its scores are one matrix product for all rows
instead of one small product a row (as in Hydragen, Juravsky et al. 2024, arXiv:2402.05099). The
softmax runs over both parts together. Scores are rounded to the model's precision, as in
transformers' `eager` attention. Every other call (prompts, other callers of the model) goes to
transformers' own `sdpa`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "netgain_shared_prefix"
KeysValues = tuple[Tensor, Tensor]  # of one layer, each [rows, heads, tokens, head size]


def use_shared_attention(model: Any) -> None:
    """Let a model that runs `sdpa` attend through `shared_attention`; nothing else changes."""
    AttentionInterface.register(NAME, shared_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def shared_attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    shared_prefix: Sequence[KeysValues] | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in each layer (its `AttentionInterface`).

    Args:
        query: [rows, query heads, new tokens, head size].
        key, value: [rows, key heads, tokens, head size]; with one new token only the rows' own.
        attention_mask: with one new token and `shared_prefix`, what is added to the scores of the
            rows' own tokens ([rows, 1, 1, tokens]); otherwise `sdpa`'s mask.
        shared_prefix: keys and values of every layer, or () for none; None: not our call.

    Returns:
        The attention's output, [rows, new tokens, query heads, head size], and None.
    """
    if shared_prefix is None or query.shape[2] > 1:
        out, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **kwargs
        )
        return out, None
    assert attention_mask is not None  # a step is always given one
    prefix = shared_prefix[module.layer_idx] if shared_prefix else None
    factor = query.shape[-1] ** -0.5 if scaling is None else scaling
    return attend_one(query, key, value, attention_mask, factor, prefix), None


def attend_one(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor,
    scaling: float,
    prefix: KeysValues | None,
) -> Tensor:
    """Grouped-query attention of one token a row; shapes as in `shared_attention`."""
    rows, heads = key.shape[:2]
    group = query.shape[1] // heads
    q = query.reshape(rows, heads, group, -1) * scaling
    scores = torch.matmul(q, key.transpose(-1, -2)).add_(bias)
    if prefix is None:
        return torch.matmul(scores.softmax(-1), value).reshape(rows, 1, heads * group, -1)
    # Heads first, as a prefix has them: its part, the longer one, is then never transposed.
    q = q.transpose(0, 1).reshape(heads, rows * group, -1)
    shared = torch.matmul(q, prefix[0][0].transpose(-1, -2)).view(heads, rows, group, -1)
    weights = torch.cat([shared, scores.transpose(0, 1)], -1).softmax(-1)
    tokens = shared.shape[-1]
    own = torch.matmul(weights[..., tokens:].transpose(0, 1), value)
    seen = torch.matmul(weights[..., :tokens].reshape(heads, rows * group, -1), prefix[1][0])
    seen = seen.view(heads, rows, group, -1).transpose(0, 1)
    return (own + seen).reshape(rows, 1, heads * group, -1)
