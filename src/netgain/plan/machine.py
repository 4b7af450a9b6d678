"""Which device and precision a run would use, as far as can be told without importing torch."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence

from netgain import provenance
from netgain.recipe import Precision

# NVIDIA GPUs before the Ampere generation do not compute in bf16.
NO_BF16 = ("T4", "V100", "P100", "GTX", "RTX 20", "TITAN", "Quadro RTX")


def likely_device(gpus: Sequence[str], torch_version: str) -> str:
    """cuda, mps or cpu. A torch built for the CPU alone says so in its version.

    >>> likely_device(["NVIDIA L4"], "2.8.0"), likely_device(["NVIDIA L4"], "2.8.0+cpu")
    ('cuda', 'cpu')
    """
    if gpus and not torch_version.endswith("+cpu"):
        return "cuda"
    return "mps" if (sys.platform, platform.machine()) == ("darwin", "arm64") else "cpu"


def likely_precision(asked: Precision, gpus: Sequence[str]) -> str:
    """bf16 or fp32: what was asked, or what the GPU (the processor where there is none) is for.

    >>> likely_precision("auto", ["NVIDIA L4"]), likely_precision("auto", ["Tesla T4"])
    ('bf16', 'fp32')
    """
    if asked != "auto":
        return asked
    if gpus:
        return "fp32" if any(name in gpus[0] for name in NO_BF16) else "bf16"
    return "bf16" if provenance.has_bf16_cpu() else "fp32"
