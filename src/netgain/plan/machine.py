"""The machine that is planned for, and the device and precision that a run would use on it.

As far as can be told without importing torch.
"""

import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from netgain import provenance
from netgain.errors import NetgainError
from netgain.plan.hardware import Gpu, find_gpu, known_gpu, near_names
from netgain.recipe import EvaluationPrecision

# Names of NVIDIA GPUs from before the Ampere generation, which do not compute in bf16.
NO_BF16 = re.compile(r"\b(?:GTX|TITAN|P4|P40|P100|M60|K80|RTX 20\d\d|Quadro RTX)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Machine:
    """`gpu` is the card's data sheet, where it is known; `gpus` the names that are there.

    With `elsewhere` it is not this machine.
    """

    name: str
    device: str
    gpus: tuple[str, ...]
    gpu: Gpu | None
    memory: float  # bytes: the card's, else this machine's
    elsewhere: bool

    def precision(self, asked: EvaluationPrecision) -> str:
        """ "bf16" or "fp32"."""
        return likely_precision(asked, self.gpus if self.device == "cuda" else ())

    def known_gpu(self) -> Gpu | None:
        """The card's data sheet; None where there is no card.

        Raises:
            NetgainError: there is a card that the table does not have.
        """
        if self.device == "cuda" and self.gpu is None:
            near = ", ".join(near_names(self.gpus[0])) or "an L4"
            raise NetgainError(
                f"the speed of the GPU {self.gpus[0]!r:.100} is not known, so nothing can be "
                "projected; have it measured (leave --no-measure out, with model and data on this "
                f"disk), or plan for another with --on (near it: {near})"
            )
        return self.gpu


def machine_of(on: str | None) -> Machine:
    """This machine, or one with the GPU of this name.

    Raises:
        NetgainError: the name is not known.
    """
    if on is not None:
        gpu = find_gpu(on)
        name = f"{gpu.name}, which is not asked here; figures from the {gpu.source}"
        return Machine(name, "cuda", (gpu.name,), gpu, gpu.memory * 1e9, True)
    gpus = provenance.gpus()
    device = likely_device(gpus, provenance.versions().get("torch", ""))
    if device != "cuda":
        words = provenance.hardware()
        name = f"CPU: {words['processor']}, {words['cores']} cores, {words['memory']}"
        return Machine(name, device, (), None, provenance.memory_limit(), False)
    known = known_gpu(gpus[0])
    memory = known.memory * 1e9 if known else float("inf")
    return Machine(", ".join(gpus), device, gpus, known, memory, False)


def likely_device(gpus: Sequence[str], torch_version: str) -> str:
    """cuda, mps or cpu. A torch built for the CPU alone says so in its version.

    >>> likely_device(["NVIDIA L4"], "2.8.0"), likely_device(["NVIDIA L4"], "2.8.0+cpu")
    ('cuda', 'cpu')
    """
    if gpus and not torch_version.endswith("+cpu"):
        return "cuda"
    return "mps" if (sys.platform, platform.machine()) == ("darwin", "arm64") else "cpu"


def likely_precision(asked: EvaluationPrecision, gpus: Sequence[str]) -> str:
    """bf16 or fp32: what was asked, or what the GPU (the processor where there is none) is for.

    >>> likely_precision("auto", ["NVIDIA L4"]), likely_precision("auto", ["Tesla T4"])
    ('bf16', 'fp32')
    """
    if asked != "auto":
        return asked
    if gpus:
        known = known_gpu(gpus[0])
        old = known.bf16 is None if known else bool(NO_BF16.search(gpus[0]))
        return "fp32" if old else "bf16"
    return "bf16" if provenance.has_bf16_cpu() else "fp32"
