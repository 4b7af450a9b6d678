"""Which examples make an optimizer step, and how they are laid out for the model.

Everything here is a function of the settings, the seed and the step, so a resumed run sees the
batches of an uninterrupted one, and nothing about them has to be stored.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netgain.recipe import TrainSettings
from netgain.train.examples import Example

LOGGED_STEPS = 4000  # a longer run logs every second step, or third…: the log stays readable


@dataclass(frozen=True)
class Plan:
    """Optimizer steps, planned before the first one."""

    steps_per_epoch: int
    total: int
    validate_every: int
    log_every: int
    warmup: int


def plan_steps(settings: TrainSettings, n: int) -> Plan:
    """How many optimizer steps `n` examples make, and when to validate and log."""
    if settings.method == "grpo":
        return _plan_rounds(settings, n)
    per_epoch = math.ceil(n / settings.step_examples)
    total = math.ceil(settings.epochs * per_epoch)
    every = max(1, round(per_epoch / settings.validations_per_epoch))
    log_every = max(1, math.ceil(total / LOGGED_STEPS))
    while every % log_every:  # a validation falls on a logged step
        log_every -= 1
    # A warm-up begins at a learning rate of 0, so at least one step has to come after it.
    warmup = min(math.ceil(total * settings.warmup_ratio), total - 1)
    return Plan(per_epoch, total, every, log_every, warmup)


def _plan_rounds(settings: TrainSettings, n: int) -> Plan:
    """The same for rounds, whose examples are drawn as they come; `n` is problems."""
    asked = settings.grpo
    warmup = min(math.ceil(asked.rounds * settings.warmup_ratio), asked.rounds - 1)
    return Plan(math.ceil(n / asked.problems), asked.rounds, asked.validate_every, 1, warmup)


def examples_of_step(settings: TrainSettings, n: int, step: int) -> list[int]:
    """The places of the examples that optimizer step `step` (from 0) learns from.

    Every epoch goes through all `n` in an order of its own, decided by the seed.
    """
    return places_of_step(n, settings.step_examples, settings.seed, step)


def places_of_step(n: int, size: int, seed: int, step: int) -> list[int]:
    """`size` of n places for step `step` (from 0): all are had once before any is had again."""
    epoch, place = divmod(step, math.ceil(n / size))
    order = np.random.default_rng([seed, epoch]).permutation(n)
    return [int(i) for i in order[place * size : (place + 1) * size]]


def places_of_round(n: int, size: int, seed: int, step: int) -> list[int]:
    """The same for rounds of about equal sizes, `size` at most: a small one is all noise."""
    epoch, place = divmod(step, rounds := math.ceil(n / size))
    order = np.random.default_rng([seed, epoch]).permutation(n)
    return [int(i) for i in np.array_split(order, rounds)[place]]


def share(places: Sequence[int], examples: Sequence[Example], rank: int, world: int) -> list[int]:
    """What one of `world` processes takes of a step: dealt out by length, so that all are busy."""
    by_length = sorted(places, key=lambda i: (-examples[i].tokens, i))
    return by_length[rank::world]


def within_budget(
    examples: Iterable[Example], tokens: int, padded: bool, shared: bool = False
) -> list[list[Example]]:
    """Examples of like lengths together, at most `tokens` tokens at a time (or one example).

    Args:
        padded: whether each counts as long as the longest beside it.
        shared: whether those of one prompt follow each other, and their prompt counts once.
    """
    ordered = sorted(examples, key=lambda e: (-e.tokens, e.problem_id))
    if shared:
        by_prompt: dict[tuple[int, ...], list[Example]] = {}
        for example in ordered:
            by_prompt.setdefault(example.prompt_ids, []).append(example)
        ordered = [e for some in by_prompt.values() for e in some]
    groups: list[list[Example]] = []
    held = 0
    for example in ordered:
        takes = example.tokens
        if groups and padded:
            takes = groups[-1][0].tokens  # the first of a group is its longest
        elif groups and shared and groups[-1][-1].prompt_ids == example.prompt_ids:
            takes = len(example.completion_ids)
        if groups and held + takes <= tokens:
            groups[-1].append(example)
            held += takes
        else:
            groups.append([example])
            held = example.tokens
    return groups


@dataclass(frozen=True)
class Batch:
    """Some examples as the model gets them.

    Packed, they stand one after the other in a single row without padding. Where several go on
    from one prompt, it stands before them once. Padded, each has a row, and `attention_mask` says
    what is padding.

    Attributes:
        input_ids, position_ids: [rows, tokens].
        attention_mask: [rows, tokens], or None where the batch is packed.
        bounds: where each piece of a packed row begins and the last one ends; a piece is an
            example, a shared prompt, or a completion that goes on from one. () if padded.
        ends: the same as a tensor, int32.
        after: for each piece the shared prompt's piece that it goes on from, or −1; () where
            no prompt is shared.
        learned: places in the flattened `input_ids` whose next token is learned.
        labels, weights: that next token and its weight, one for each of `learned`.
    """

    input_ids: Tensor
    position_ids: Tensor
    attention_mask: Tensor | None
    bounds: tuple[int, ...]
    ends: Tensor
    after: tuple[int, ...]
    learned: Tensor
    labels: Tensor
    weights: Tensor

    def to(self, device: str) -> Batch:
        """The same on a device; nothing waits for the copy."""
        if device == "cpu":
            return self
        tensors = {name: x for name, x in vars(self).items() if isinstance(x, Tensor)}
        if device == "cuda":
            tensors = {name: x.pin_memory() for name, x in tensors.items()}
        moved: dict[str, Any] = {
            name: x.to(device, non_blocking=True) for name, x in tensors.items()
        }
        return replace(self, **moved)


def lay_out(examples: Sequence[Example], padded: bool = False, shared: bool = False) -> Batch:
    """Examples as one batch: packed into a single row, or a row each.

    Args:
        shared: whether a prompt that several examples in turn have is laid out once.
    """
    width = max(e.tokens for e in examples) if padded else 0
    ids: list[int] = []
    positions: list[int] = []
    learned: list[int] = []
    bounds = [0]
    after: list[int] = []

    def add(piece: Sequence[int], position: int, goes_on_from: int = -1) -> None:
        ids.extend(piece)
        positions.extend(range(position, position + len(piece)))
        bounds.append(len(ids))
        after.append(goes_on_from)

    for prompt, some in itertools.groupby(examples, lambda e: e.prompt_ids):
        group = list(some)
        if shared and len(group) > 1:
            add(prompt, 0)
            end, piece = len(ids), len(after) - 1
            for example in group:
                first = len(ids)
                add(example.completion_ids, len(prompt), piece)
                learned += [end - 1, *range(first, len(ids) - 1)]
            continue
        for example in group:
            first = len(ids) + len(prompt)
            learned += range(first - 1, first - 1 + len(example.completion_ids))
            # What fills a row up comes after everything that is learned, so no token sees it.
            padding = [0] * max(0, width - example.tokens)
            add([*prompt, *example.completion_ids, *padding], 0)
    rows = len(examples) if padded else 1
    lengths = torch.tensor([[e.tokens] for e in examples])
    return Batch(
        input_ids=torch.tensor(ids).view(rows, -1),
        position_ids=torch.tensor(positions).view(rows, -1),
        attention_mask=(torch.arange(width) < lengths).long() if padded else None,
        bounds=() if padded else tuple(bounds),
        ends=torch.tensor(bounds, dtype=torch.int32),
        after=tuple(after) if max(after) >= 0 else (),
        learned=torch.tensor(learned),
        labels=torch.tensor([i for e in examples for i in e.completion_ids]),
        weights=torch.tensor([e.weight for e in examples for _ in e.completion_ids]),
    )
