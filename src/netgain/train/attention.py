"""Attention over a packed row: each example sees itself alone, and a prompt that it shares.

On a GPU one variable-length FlashAttention call does all examples (torch's own,
`torch.nn.attention.varlen`). On a CPU short examples, whose scores are small, are plain matrix
products, three times as fast as torch's kernel there; long ones have a call of
`scaled_dot_product_attention` each.
"""

import itertools
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, DynamicCache
from transformers.cache_utils import DynamicLayer

from netgain.models.loading import is_out_of_memory

NAME = "netgain_packed"
SHORT = 512 * 512  # scores of a head; more would take much memory
LONGER = 4 * SHORT  # of a completion beside its prompt, where torch's kernel needs a mask


def pack_attention(model: Any) -> bool:
    """Let a model attend within the bounds of a packed row; False where it cannot.

    Every layer must attend to all that came before it (a sliding window or a recurrent state
    needs another way), without dropout, and the model must hand its arguments down to its
    attention. Whether the logits are those of the model's own attention is tried.
    """
    layers = DynamicCache(config=model.config.get_text_config(decoder=True)).layers
    if not model._supports_attention_backend or {type(x) for x in layers} != {DynamicLayer}:
        return False
    if getattr(model.config.get_text_config(), "attention_dropout", 0):
        return False
    AttentionInterface.register(NAME, packed_attention)
    before = model.config._attn_implementation
    try:
        sound = _packs(model)
    except Exception as error:  # whatever it is that this model does another way
        if is_out_of_memory(error):
            raise
        sound = False
    if not sound:
        model.set_attn_implementation(before)
    return sound


def packed_attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    bounds: tuple[int, ...] | None = None,
    ends: Tensor | None = None,
    after: tuple[int, ...] = (),
    **_: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in each layer (its `AttentionInterface`).

    Args:
        query: [1, query heads, tokens, head size]; key and value likewise, with fewer heads.
        bounds: where each piece of the row begins, and where the last one ends.
        ends: the same as an int32 tensor on the model's device.
        after: for each piece the one that it goes on from, a shared prompt, or −1; () where each
            is an example by itself. On a CPU alone.

    Returns:
        [1, tokens, query heads, head size], and None in place of the attention's weights.
    """
    assert bounds is not None and ends is not None, "a packed model needs a row's bounds"
    if query.device.type == "cuda" and query.dtype in (torch.bfloat16, torch.float16):
        return _flash(query, key, value, bounds, ends, scaling), None
    # Slicing each example out would cost a gradient of full size for each; `split` does not.
    lengths = [b - a for a, b in itertools.pairwise(bounds)]
    factor = query.shape[-1] ** -0.5 if scaling is None else scaling
    queries, keys, values = (torch.split(x, lengths, 2) for x in (query, key, value))
    out = []
    for q, k, v, first in zip(queries, keys, values, after or [-1] * len(lengths), strict=True):
        if first >= 0:
            k, v = torch.cat([keys[first], k], 2), torch.cat([values[first], v], 2)
        out.append(_causal(q, k, v, factor))
    return torch.cat(out, 2).transpose(1, 2), None


def _causal(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """Attention of one piece's queries, which are the last of its keys."""
    n, tokens = query.shape[2], key.shape[2]
    if query.device.type == "cpu" and n * tokens <= (SHORT if n == tokens else LONGER):
        out: Tensor = _Short.apply(query, key, value, scale)  # type: ignore[no-untyped-call]
        return out
    seen = None if n == tokens else ~_later(n, tokens, query.device)
    return scaled_dot_product_attention(
        query, key, value, attn_mask=seen, is_causal=seen is None, scale=scale,
        enable_gqa=query.shape[1] != key.shape[1],
    )  # fmt: skip


def _later(n: int, tokens: int, device: torch.device) -> Tensor:
    """[n, tokens]: which keys come after each of the last n."""
    return torch.ones(n, tokens, dtype=torch.bool, device=device).triu_(1 + tokens - n)


class _Short(torch.autograd.Function):
    """Causal attention of one piece: [1, heads, tokens, head size]; fewer heads for key, value.

    The queries that share a key's head are taken together, as rows of one product.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        (heads, tokens), n = key.shape[1:3], query.shape[2]
        q = (query * scale).reshape(heads, -1, query.shape[-1])
        scores = torch.bmm(q, key[0].transpose(1, 2))
        later = _later(n, tokens, q.device)
        scores.view(heads, -1, n, tokens).masked_fill_(later, float("-inf"))
        share = scores.softmax(-1)
        ctx.save_for_backward(q, key, value, share)
        ctx.scale = scale
        return torch.bmm(share, value[0]).view(query.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        q, key, value, share = ctx.saved_tensors
        shape = grad.shape
        grad = grad.reshape(q.shape)
        of_value = torch.bmm(share.transpose(1, 2), grad)
        of_share = torch.bmm(grad, value[0].transpose(1, 2))
        of_scores = torch.ops.aten._softmax_backward_data(of_share, share, -1, share.dtype)
        of_query = torch.bmm(of_scores, key[0]).mul_(ctx.scale)
        of_key = torch.bmm(of_scores.transpose(1, 2), q)
        return of_query.view(shape), of_key[None], of_value[None], None


def _flash(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bounds: tuple[int, ...],
    ends: Tensor,
    scaling: float | None,
) -> Tensor:
    from torch.nn.attention.varlen import varlen_attn

    longest = max(b - a for a, b in itertools.pairwise(bounds))
    out = varlen_attn(
        query[0].transpose(0, 1), key[0].transpose(0, 1), value[0].transpose(0, 1),
        ends, ends, longest, longest, scale=scaling, window_size=(-1, 0),
        enable_gqa=query.shape[1] != key.shape[1],
    )  # fmt: skip
    assert isinstance(out, Tensor)
    return out.unsqueeze(0)


def _packs(model: Any) -> bool:
    """Whether an example's logits in a packed row are those of the model's own attention."""
    size = min(model.config.get_text_config().vocab_size, 1000)
    first, second = ([(7 * i + k) % size for i in range(5 + k)] for k in (1, 2))
    with torch.inference_mode():
        ids = torch.tensor([second], device=model.device)
        alone = model(input_ids=ids, use_cache=False).logits[0].float()
        model.set_attn_implementation(NAME)
        both = _logits(
            model, first + second, [0, len(first), len(first) + len(second)],
            [*range(len(first)), *range(len(second))],
        )[len(first) :]  # fmt: skip
    return bool((alone - both).abs().max() <= 0.05 * alone.abs().max())


def _logits(model: Any, ids: list[int], bounds: list[int], positions: list[int]) -> Tensor:
    out: Tensor = model(
        input_ids=torch.tensor([ids], device=model.device),
        position_ids=torch.tensor([positions], device=model.device),
        bounds=tuple(bounds), use_cache=False,
        ends=torch.tensor(bounds, dtype=torch.int32, device=model.device),
    ).logits[0].float()  # fmt: skip
    return out
