"""The next token of each row: the most probable one, or one drawn by the row's own seed."""

from collections.abc import Sequence

import torch
from torch import Tensor

from netgain.errors import EvaluationError
from netgain.generate.sampler import Sampling

NUCLEUS = 256  # most tokens looked at before a row's whole vocabulary is sorted


class TokenChooser:
    """Chooses as `Sampling` says. A row's draws come from its seed alone.

    All uniform numbers are drawn beforehand, on the CPU, so that they are the same on every
    device and whatever else is in the batch. (The probabilities they meet are as exact as the
    model's precision: in bf16 another batch rounds them another way.)
    """

    def __init__(
        self, sampling: Sampling, seeds: Sequence[int | None], device: torch.device
    ) -> None:
        self.sampling = sampling
        if sampling.temperature == 0:
            return
        if any(seed is None for seed in seeds):
            raise EvaluationError("an answer that is drawn at a temperature needs a seed")
        generators = [torch.Generator().manual_seed(seed or 0) for seed in seeds]
        drawn = [torch.rand(sampling.max_new_tokens, generator=g) for g in generators]
        self.draws = torch.stack(drawn).to(device)

    def choose(self, logits: Tensor, rows: Sequence[int], step: int) -> Tensor:
        """The tokens of `rows` (places in `seeds`), [rows], from logits [rows, vocabulary]."""
        if self.sampling.temperature == 0:
            return logits.max(-1).indices  # the first of equals as argmax, and faster in bf16
        scores = logits.float() / self.sampling.temperature
        return draw(scores, self.sampling.top_p, self.draws[list(rows), step])


def draw(scores: Tensor, top_p: float, draws: Tensor) -> Tensor:
    """One token a row by inverting its cumulative distribution at `draws`.

    Args:
        scores: logits by temperature, [rows, vocabulary], fp32.
        top_p: only the most probable tokens that reach this together are left, at least one (as
            transformers' `TopPLogitsWarper`).
        draws: uniform in [0, 1), [rows].
    """
    probabilities = scores.softmax(-1)
    if top_p >= 1:
        return _invert(probabilities, draws)
    top, tokens = probabilities.topk(min(NUCLEUS, scores.shape[1]))
    chosen = tokens.gather(1, _invert(_nucleus(top, top_p), draws)[:, None])[:, 0]
    wide = (top.sum(-1) < top_p).nonzero()[:, 0]
    if len(wide):
        top, tokens = probabilities[wide].sort(descending=True)
        at = _invert(_nucleus(top, top_p), draws[wide])
        chosen[wide] = tokens.gather(1, at[:, None])[:, 0]
    return chosen


def _nucleus(descending: Tensor, top_p: float) -> Tensor:
    """Probabilities in falling order, zero where those before them already reach `top_p`."""
    before = descending.cumsum(-1) - descending
    outside = before >= top_p
    outside[:, 0] = False
    return descending.masked_fill(outside, 0.0)


def _invert(weights: Tensor, draws: Tensor) -> Tensor:
    cumulative = weights.cumsum(-1)
    total = cumulative[:, -1:]
    target = torch.minimum(draws[:, None] * total, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cumulative, target, right=True)[:, 0]
