"""One optimizer step, and one validation: forward, backward, update."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netgain.models.loading import choose_device
from netgain.provenance import peak_memory
from netgain.recipe import TrainSettings
from netgain.train.attention import pack_attention
from netgain.train.batches import Batch, examples_of_step, lay_out, share, within_budget
from netgain.train.examples import Example
from netgain.train.objective import Weighing, batch_loss, log_probabilities, plain_head
from netgain.train.processes import Group
from netgain.train.weights import Held

CLIPPED = 3  # where the objective's sums have the number of clipped tokens
MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True)
class Measured:
    """What a step left, still on the device: the objective's sums, and the gradient's norm.

    The sums are over the step's learned tokens, of which there were `learned`, in all processes.
    Of a round with several steps they are the first one's, but for the number of clipped tokens,
    which is the mean over the steps, and the norm, which is the largest.
    """

    sums: Tensor
    norm: Tensor
    learned: int
    tokens: int


class Stepper:
    """A model with its optimizer, ready to step.

    Args:
        budget: tokens that are passed through the model at a time. Every step learns from the
            same examples, whatever it is, and its loss is their mean; only rounding and what
            dropout drops depend on it.
    """

    def __init__(self, held: Held, settings: TrainSettings, budget: int, group: Group) -> None:
        self.held, self.settings, self.budget, self.group = held, settings, budget, group
        self.device = choose_device()
        bare = held.model.get_base_model() if hasattr(held.model, "peft_config") else held.model
        bare.eval()
        self.bare = bare
        self.padded = not pack_attention(bare)
        # A GPU's kernel takes each piece by itself.
        self.shared = not self.padded and self.device == "cpu"
        self.head = plain_head(bare, packed=not self.padded)
        if settings.gradient_checkpointing:
            bare.gradient_checkpointing_enable({"use_reentrant": False})
        self.optimizer = torch.optim.AdamW(
            _decayed_and_not(held.masters, settings.weight_decay),
            lr=settings.learning_rate,
            fused=self.device == "cuda",
        )
        self.own = {n: p for n, p in held.model.named_parameters() if p.requires_grad}

    def step(self, examples: Sequence[Example], number: int, rate: float) -> Measured:
        """Learn from the examples of step `number` (from 0), with this learning rate."""
        places = examples_of_step(self.settings, len(examples), number)
        return self.learn([examples[i] for i in places], number, rate)

    def learn(self, chosen: Sequence[Example], number: int, rate: float) -> Measured:
        """Learn from these examples; where there are none, nothing changes.

        A round of a policy gradient may take several steps, each from all of its answers.
        """
        learned = sum(len(e.completion_ids) for e in chosen)
        if not chosen:
            return Measured(torch.zeros(4), torch.zeros(()), 0, 0)
        group = self.group
        mine = [chosen[i] for i in share(range(len(chosen)), chosen, group.rank, group.world)]
        steps = self.settings.grpo.steps if self.settings.method == "grpo" else 1
        old = self._log_probabilities(mine) if steps > 1 else None
        made = [
            self._update(mine, learned, (number, *([k] if k else [])), rate, old)
            for k in range(steps)
        ]
        sums = torch.stack([sums for sums, _ in made])
        sums[0, CLIPPED] = sums[:, CLIPPED].mean()
        norm = torch.stack([norm for _, norm in made]).max()
        return Measured(sums[0], norm, learned, sum(e.tokens for e in chosen))

    def _log_probabilities(self, examples: Sequence[Example]) -> list[Tensor]:
        """log p of what is learned, by the model as it is, a tensor for each micro-batch."""
        self.held.model.eval()
        temperature = self.settings.grpo.temperature
        return [
            log_probabilities(self.bare, self.head, batch, temperature)
            for batch in self._batches(examples)
        ]

    def _update(
        self,
        mine: Sequence[Example],
        learned: int,
        step: tuple[int, ...],
        rate: float,
        old: Sequence[Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        """One optimizer step: its sums and its gradient's norm.

        Args:
            mine: what this process takes of it; `learned` tokens are learned in all of them.
            step: what decides its dropout masks, beside the seed.
            old: log p when the answers were drawn, for each micro-batch.
        """
        sums = torch.zeros(4, device=self.device)
        self.held.model.train()
        for micro, batch in enumerate(self._batches(mine)):
            seed = _seed(self.settings.seed, step[0], self.group.rank, micro, *step[1:])
            torch.manual_seed(seed)  # for layers with a dropout of PEFT's own
            like = self.bare.get_input_embeddings().weight
            self.held.masks.draw(seed, batch.input_ids.numel(), like)
            weighing = self._weighing(batch, None if old is None else old[micro])
            own = batch_loss(self.bare, self.head, batch, weighing)
            (own[0] / learned).backward()  # type: ignore[no-untyped-call]
            self._gather_gradients()
            sums += own.detach()
        for master in self.held.masters.values():
            if master.grad is None:
                master.grad = torch.zeros_like(master)
        grads = [m.grad for m in self.held.masters.values() if m.grad is not None]
        self.group.sum_(sums, *grads)
        norm = torch.nn.utils.clip_grad_norm_(
            self.held.masters.values(), self.settings.max_grad_norm
        )
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.held.write_back()
        return sums, norm

    def _weighing(self, batch: Batch, old: Tensor | None = None) -> Weighing:
        """How this batch's tokens are weighed; the reference model is the base."""
        settings = self.settings
        if settings.method != "grpo":
            return Weighing(dft=settings.loss == "dft")
        drawn = Weighing(settings.grpo.temperature, old=old, clip=settings.grpo.clip_bounds)
        if not settings.grpo.kl:
            return drawn
        model = self.held.model
        model.eval()
        with model.disable_adapter():
            reference = log_probabilities(self.bare, self.head, batch, drawn.temperature)
        model.train()
        return replace(drawn, kl=settings.grpo.kl, reference=reference)

    def validate(self, examples: Sequence[Example]) -> tuple[float, float]:
        """Loss and token accuracy: means over all learned tokens, however they are batched.

        The loss is in nats a token; the accuracy is the share of tokens that the model ranks first
        where everything before them is given (teacher forcing).
        """
        mine = share(range(len(examples)), examples, self.group.rank, self.group.world)
        wide = torch.float32 if self.device == "mps" else torch.float64
        sums = torch.zeros(4, device=self.device, dtype=wide)
        self.held.model.eval()
        with torch.no_grad():
            for batch in self._batches([examples[i] for i in mine]):
                sums += batch_loss(self.bare, self.head, batch)
        self.group.sum_(sums)
        learned = sum(len(e.completion_ids) for e in examples)
        _, loss, first, _ = (sums / learned).tolist()
        return loss, first

    def _batches(self, examples: Sequence[Example]) -> Iterator[Batch]:
        for some in within_budget(examples, self.budget, self.padded, self.shared):
            yield lay_out(some, self.padded, self.shared).to(self.device)

    def _gather_gradients(self) -> None:
        """Add what a micro-batch left on rounded weights to their fp32 twins."""
        for name, master in self.held.masters.items():
            own = self.own[name]
            if own is master or own.grad is None:
                continue
            if master.grad is None:
                master.grad = own.grad.float()
            else:
                master.grad += own.grad
            own.grad = None

    def peak_memory(self) -> int:
        """The most bytes taken so far: on a GPU torch's, else the process's own."""
        return torch.cuda.max_memory_reserved() if self.device == "cuda" else peak_memory()

    # -- what a checkpoint holds of the optimizer -----------------------------------------

    def moments(self) -> dict[str, Tensor]:
        """AdamW's state of every trained tensor, by name: two moments, and the steps it took.

        A round may take several steps, or none, so these are not the steps of the log.
        """
        found = {}
        for name, master in self.held.masters.items():
            state = self.optimizer.state.get(master, {})
            for key in MOMENTS:
                if key in state:
                    found[f"{name}.{key}"] = state[key].detach().cpu().contiguous()
        return found

    def restore_moments(self, found: dict[str, Tensor]) -> None:
        """Put back what `moments` gave; nothing where no step was taken yet."""
        if not found:
            return
        named = {id(master): name for name, master in self.held.masters.items()}
        whole: dict[str, Any] = self.optimizer.state_dict()
        place = 0
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                name = named[id(parameter)]
                whole["state"][place] = {key: found[f"{name}.{key}"] for key in MOMENTS}
                place += 1
        self.optimizer.load_state_dict(whole)


def _decayed_and_not(masters: dict[str, Tensor], decay: float) -> list[dict[str, Any]]:
    """Matrices are decayed; biases and norms are not, as is the custom."""
    matrices = [m for m in masters.values() if m.dim() >= 2]
    others = [m for m in masters.values() if m.dim() < 2]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _seed(*numbers: int) -> int:
    """One seed of several numbers, each of which changes it wholly."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
