"""The objective: −Σ w·log p over the tokens that are learned, and the head that it needs.

The head's matrix is the largest of a small model. Its logits are made for learned tokens alone,
some at a time, and their gradient is taken on the spot, so that never more than one piece of them
is held.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from netgain.train.batches import Batch

HELD_LOGITS = 1 << 24  # at a time: 64 MiB in fp32
Sums = Tensor  # [4]: w·(−log p), −log p, tokens ranked first, clipped; over learned tokens


@dataclass(frozen=True)
class Weighing:
    """How p is read, and what a token's weight becomes beyond its example's (without a gradient).

    Attributes:
        temperature: logits are divided by it, where tokens were drawn at it: p is then the
            probability with which they were drawn.
        dft: it is multiplied by the token's own probability p (dynamic fine-tuning, Wu et al.
            2025, arXiv:2508.05629).
        kl: β, of a penalty β·KL(p ‖ p_reference). On tokens drawn from p its gradient is the mean
            of β·log(p / p_reference)·∇log p, so that factor is taken from the weight. (TRL's
            unbiased estimate, `use_bias_correction_kl`, comes to the same.)
        reference: log p of the learned tokens by the reference model, where `kl` is not 0.
        old: log p of the learned tokens by the model that drew them, where it has changed since.
            Weights are then multiplied by the ratio p / p_old.
        clip: [low, high]. A token whose ratio is beyond 1 + high, where its weight is positive, or
            below 1 − low, where it is negative, has gone far enough and is not learned from (PPO,
            Schulman et al. 2017, arXiv:1707.06347; two bounds as in DAPO, Yu et al. 2025,
            arXiv:2503.14476).
    """

    temperature: float = 1.0
    dft: bool = False
    kl: float = 0.0
    reference: Tensor | None = None
    old: Tensor | None = None
    clip: tuple[float, float] = (math.inf, math.inf)

    def of(self, weights: Tensor, log_p: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        """The weights of some of the learned tokens, `part` of them, and which are clipped."""
        clipped = torch.zeros_like(log_p, dtype=torch.bool)
        ratio = None if self.old is None else (log_p - self.old[part]).exp()
        if self.dft:
            weights = weights * log_p.exp()
        if ratio is not None:
            low, high = self.clip
            clipped = torch.where(weights > 0, ratio > 1 + high, ratio < 1 - low)
            weights = (weights * ratio).masked_fill(clipped, 0)
        if self.reference is not None:
            away = log_p - self.reference[part]
            weights = weights - self.kl * (away if ratio is None else ratio * away)
        return weights, clipped


class _HeadLoss(torch.autograd.Function):
    """Hidden states and the head's weights -> Sums; the first of them has a gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        head: Tensor,
        labels: Tensor,
        weights: Tensor,
        weighing: Weighing,
    ) -> Tensor:
        size = max(1, HELD_LOGITS // len(head))
        sums = torch.zeros(4, device=hidden.device)
        learns, learns_head = ctx.needs_input_grad[:2]
        grad = torch.empty_like(hidden) if learns else None
        head_grad = torch.zeros_like(head, dtype=torch.float32) if learns_head else None
        for at in range(0, len(labels), size):
            part = slice(at, at + size)
            x, label, weight = hidden[part], labels[part], weights[part]
            log_p = _log_softmax(x @ head.t(), weighing.temperature)
            own = log_p.gather(-1, label[:, None])[:, 0]
            first = log_p.argmax(-1) == label  # of fp32: on a CPU six times as fast
            weight, clipped = weighing.of(weight, own, part)
            sums += torch.stack([-(weight * own).sum(), -own.sum(), first.sum(), clipped.sum()])
            if grad is None and head_grad is None:
                continue
            # d(−w·log p)/d logits = w·(softmax − one-hot) / temperature
            slope = log_p.exp_()
            slope[torch.arange(len(label), device=label.device), label] -= 1
            slope = slope.mul_(weight[:, None] / weighing.temperature).to(head.dtype)
            if grad is not None:
                torch.mm(slope, head, out=grad[part])
            if head_grad is not None:
                head_grad += slope.t() @ x
        ctx.save_for_backward(grad, head_grad)
        ctx.head_dtype = head.dtype
        return sums

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_sums: Tensor) -> tuple[Tensor | None, ...]:
        grad, head_grad = ctx.saved_tensors
        factor = of_sums[0]
        if grad is not None:
            grad = grad * factor.to(grad.dtype)
        if head_grad is not None:
            head_grad = (head_grad * factor).to(ctx.head_dtype)
        return grad, head_grad, None, None, None


PLAIN = Weighing()


def plain_head(model: Any, packed: bool) -> Any:
    """The model's head where its logits are no more than a matrix product; None elsewhere."""
    head = model.get_output_embeddings()
    decoder = getattr(model, "model", None)
    if type(head) is not torch.nn.Linear or head.bias is not None or decoder is None:
        return None
    ids = torch.arange(6, device=model.device)[None]
    how: dict[str, Any] = {"input_ids": ids, "position_ids": ids, "use_cache": False}
    if packed:
        ends = torch.tensor([0, 6], dtype=torch.int32, device=model.device)
        how |= {"bounds": (0, 6), "ends": ends}
    with torch.inference_mode():
        whole = model(**how).logits
        ours = head(decoder(**how).last_hidden_state)
    return head if torch.allclose(whole, ours, rtol=1e-3, atol=1e-3) else None


def batch_loss(model: Any, head: Any, batch: Batch, weighing: Weighing = PLAIN) -> Sums:
    """Sums over a batch's learned tokens: w·(−log p), −log p, how many rank first, how many are
    clipped. The first has a gradient.

    Args:
        head: what `plain_head` found; None where only the model itself can make its logits.
    """
    how = _inputs(batch)
    if head is not None:
        hidden = model.model(**how).last_hidden_state.flatten(0, 1)
        sums: Tensor = _HeadLoss.apply(  # type: ignore[no-untyped-call]
            hidden[batch.learned], head.weight, batch.labels, batch.weights, weighing
        )
        return sums
    logits = model(**how).logits.flatten(0, 1)[batch.learned]
    own = _log_softmax(logits, weighing.temperature).gather(-1, batch.labels[:, None])[:, 0]
    first = (logits.argmax(-1) == batch.labels).sum()
    weights, clipped = weighing.of(batch.weights, own.detach(), slice(None))
    return torch.stack([-(weights * own).sum(), -own.detach().sum(), first, clipped.sum()])


@torch.no_grad()
def log_probabilities(model: Any, head: Any, batch: Batch, temperature: float = 1.0) -> Tensor:
    """log p of each learned token, in fp32: [learned tokens]."""
    how = _inputs(batch)
    if head is None:
        whole = _log_softmax(model(**how).logits.flatten(0, 1)[batch.learned], temperature)
        return whole.gather(-1, batch.labels[:, None])[:, 0]
    hidden = model.model(**how).last_hidden_state.flatten(0, 1)[batch.learned]
    size = max(1, HELD_LOGITS // len(head.weight))
    found = []
    for at in range(0, len(batch.labels), size):
        part = slice(at, at + size)
        log_p = _log_softmax(hidden[part] @ head.weight.t(), temperature)
        found.append(log_p.gather(-1, batch.labels[part, None])[:, 0])
    return torch.cat(found)


def _log_softmax(logits: Tensor, temperature: float) -> Tensor:
    """In fp32, over the last dimension."""
    if temperature != 1:
        logits = logits.float() / temperature
    return torch.log_softmax(logits, -1, dtype=torch.float32)


def _inputs(batch: Batch) -> dict[str, Any]:
    how: dict[str, Any] = {"input_ids": batch.input_ids, "use_cache": False}
    how |= {"position_ids": batch.position_ids}
    if batch.bounds:
        return how | {"bounds": batch.bounds, "ends": batch.ends, "after": batch.after}
    return how | {"attention_mask": batch.attention_mask}
