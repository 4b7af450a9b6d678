"""Several processes that train one model together: each takes a part of every step's examples.

They are started by the run itself, by torchrun, or by `accelerate launch`: all that is read is the
environment that these set (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT). The gradients
are sums over the whole step's tokens, so adding them up gives what one process would have had.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

from netgain.models.loading import choose_device


@dataclass(frozen=True)
class Group:
    """This process's place among those that train together."""

    rank: int = 0
    world: int = 1

    def sum_(self, *tensors: Tensor) -> None:
        """Replace each tensor by its sum over all processes, in one exchange for each type."""
        if self.world == 1:
            return
        by_type: dict[torch.dtype, list[Tensor]] = {}
        for tensor in tensors:
            by_type.setdefault(tensor.dtype, []).append(tensor)
        for some in by_type.values():
            flat = torch.cat([t.flatten() for t in some])
            distributed.all_reduce(flat)
            at = 0
            for tensor in some:
                tensor.copy_(flat[at : at + tensor.numel()].view(tensor.shape))
                at += tensor.numel()

    def from_first(self, numbers: Sequence[int]) -> list[int]:
        """The numbers that the first process passes here, in all of them; all pass as many."""
        held = torch.tensor(list(numbers), device=choose_device())
        if self.world > 1:
            distributed.broadcast(held, src=0)
        return [int(number) for number in held.tolist()]

    def wait(self) -> None:
        if self.world > 1:
            distributed.barrier()


def join_group() -> Group:
    """Take part in the group that the environment tells of; alone where it tells of none."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Group()
    rank, local = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", "0"))
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(local)
    # The others wait while the first has problems answered, which may take hours.
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo", rank=rank, world_size=world, timeout=timedelta(days=7)
    )
    return Group(rank, world)


def leave_group(group: Group) -> None:
    if group.world > 1:
        distributed.destroy_process_group()
