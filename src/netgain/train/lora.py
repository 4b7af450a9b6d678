"""LoRA's linear layers, done in one piece each: y = x·Wᵀ + b + s·((x∘m)/keep)·Aᵀ·Bᵀ.

PEFT owns the adapter: its configuration, its parameters' names, its files. Only the forward pass
of plain LoRA layers is replaced here (Hu et al. 2021, arXiv:2106.09685), because PEFT's saves each
input several times, casts it to fp32, and draws a dropout mask for every layer. Whatever is not
plain LoRA (DoRA, trained biases, quantised weights) keeps PEFT's own forward.

Dropout: a micro-batch has one pool of independent draws; each layer's mask is a piece of it, at a
place of its own. So the tokens of a layer, and all steps, have independent masks; layers that read
the same input share one. Pool and places are functions of the seed, the step and the micro-batch,
so a resumed run draws what an uninterrupted one does. Masks are 0 or 1 and the scale 1/keep is put
into the small matrices, so that rounding does not touch it.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


@dataclass
class Masks:
    """The dropout masks of one micro-batch after the other.

    Attributes:
        keep: the share of inputs that is kept; 1 is no dropout.
        widest: the most features that a layer reads.
    """

    keep: float
    layers: int
    widest: int
    _pool: Tensor | None = None
    _places: list[int] = field(default_factory=list)

    def draw(self, seed: int, tokens: int, like: Tensor) -> None:
        """Draw anew for a micro-batch of `tokens` tokens; `like` has the layers' type and place."""
        if self.keep == 1:
            return
        generator = torch.Generator(like.device).manual_seed(seed)
        size = tokens * self.widest
        # Twice what one layer needs, so that there are many places to begin.
        pool = torch.empty(2 * size, device=like.device, dtype=like.dtype)
        self._pool = pool.bernoulli_(self.keep, generator=generator)
        own = torch.Generator().manual_seed(seed)
        self._places = torch.randint(0, size + 1, (self.layers,), generator=own).tolist()

    def of_layer(self, number: int, x: Tensor) -> Tensor | None:
        """The mask of a layer for its input x, of 0 and 1; None where nothing is dropped."""
        if self._pool is None:
            return None
        at = self._places[number]
        return self._pool[at : at + x.numel()].view(x.shape)


class _Input:
    """The last input of a layer, with its masked twin: layers that read the same share both."""

    x: Tensor | None = None
    masked: Tensor
    mask: Tensor | None = None

    def take(self, x: Tensor, number: int, masks: Masks, training: bool) -> None:
        if x is self.x:
            return
        self.x = x
        flat = x.detach().reshape(-1, x.shape[-1])
        self.mask = masks.of_layer(number, flat) if training else None
        self.masked = flat if self.mask is None else flat * self.mask


class _LoraLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, masked: Tensor, mask: Tensor | None, weight: Tensor,
        bias: Tensor | None, a: Tensor, b: Tensor, scale: float,
    ) -> Tensor:  # fmt: skip
        out = torch.nn.functional.linear(x.reshape(-1, x.shape[-1]), weight, bias)
        low = masked @ a.to(x.dtype).t()
        scaled = (b * scale).to(x.dtype)
        out.addmm_(low, scaled.t())
        ctx.save_for_backward(masked, mask, weight, a, scaled, low)
        ctx.scale = scale
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        masked, mask, weight, a, scaled, low = ctx.saved_tensors
        flat = grad.reshape(-1, grad.shape[-1])
        of_low = flat @ scaled
        of_a = (of_low.t() @ masked).float()
        of_b = (flat.t() @ low).float() * ctx.scale
        of_x = None
        if ctx.needs_input_grad[0]:
            of_x = flat @ weight
            through = of_low @ a.to(flat.dtype)
            of_x = of_x.add_(through) if mask is None else of_x.addcmul_(through, mask)
            of_x = of_x.view(*grad.shape[:-1], -1)
        return of_x, None, None, None, None, of_a, of_b, None


def speed_up_lora(model: Any) -> Masks:
    """Give every plain LoRA layer of a PEFT model the forward above.

    Returns:
        What has to draw before every micro-batch; it drops nothing where no layer was plain.
    """
    plain = [module for module in model.modules() if _is_plain(module)]
    rates = {module.lora_dropout["default"].p for module in plain
             if isinstance(module.lora_dropout["default"], torch.nn.Dropout)}  # fmt: skip
    masks = Masks(
        keep=1 - max(rates, default=0.0),
        layers=len(plain),
        widest=max((m.base_layer.in_features for m in plain), default=0),
    )
    last = _Input()
    for number, module in enumerate(plain):
        module.forward = _forward_of(module, number, masks, last)
    return masks


def _forward_of(module: Any, number: int, masks: Masks, last: _Input) -> Any:
    a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
    weight, bias = module.base_layer.weight, module.base_layer.bias
    scale = module.scaling["default"]

    def forward(x: Tensor) -> Tensor:
        if module.disable_adapters:
            return torch.nn.functional.linear(x, weight, bias)
        last.take(x, number, masks, module.training)
        kept = masks.keep if last.mask is not None else 1.0
        out: Tensor = _LoraLinear.apply(  # type: ignore[no-untyped-call]
            x, last.masked, last.mask, weight, bias, a, b, scale / kept
        )
        return out

    return forward


def _is_plain(module: Any) -> bool:
    """Whether this is LoRA on an ordinary frozen linear layer and nothing more."""
    from peft.tuners.lora.layer import Linear

    return (
        type(module) is Linear
        and type(module.base_layer) is torch.nn.Linear
        and list(module.lora_A) == ["default"]
        and not module.lora_variant
        and not module.lora_bias["default"]
        and not module.fan_in_fan_out
        and not any(p.requires_grad for p in module.base_layer.parameters())
        and all(p.requires_grad for p in module.lora_A.parameters())
    )
