"""GPUs by name: memory, memory bandwidth and peak speed.

The figures are believed to be those of the makers' documents that are named as sources. Those of
A100, H100, H200, A40, A10, L40S, L4, T4, V100, RTX A6000, RTX A4000 and RTX 3090 agree with public
copies of these documents (resellers' pages and lists of data sheets); the others, and the documents
themselves, have not been looked at. What is planned with any of them is a rough projection.

A card is found by its exact name, as `nvidia-smi` prints it, or by the short form without the maker
and the family. A part of a name finds nothing: an RTX A1000 is no A100, and an L40 is no L4.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from netgain.errors import NetgainError

# Words that makers put before a card's own name.
FAMILY = re.compile(r"^(?:nvidia|amd|tesla|geforce|instinct)\s+")


@dataclass(frozen=True)
class Gpu:
    """One card.

    Attributes:
        memory: GB. bandwidth: GB/s.
        bf16: peak TFLOP/s of dense bf16 matrix products with fp32 sums, without sparsity; None
            where the card does not compute in bf16.
        fp32: peak TFLOP/s in fp32, which torch uses where bf16 is not asked for.
        source: the maker's document to check the figures against.
    """

    name: str
    memory: float
    bandwidth: float
    bf16: float | None
    fp32: float
    source: str

    def peak(self, precision: str) -> float:
        """FLOP/s in "bf16" or "fp32"."""
        return 1e12 * (self.bf16 if precision == "bf16" and self.bf16 else self.fp32)


_AMPERE = "NVIDIA Ampere GA102 GPU architecture whitepaper"
_ADA = "NVIDIA Ada GPU architecture whitepaper"
_BLACKWELL = "NVIDIA RTX Blackwell GPU architecture whitepaper"
_H100, _H200 = "NVIDIA H100 data sheet", "NVIDIA H200 data sheet"
_A100, _V100 = "NVIDIA A100 data sheet", "NVIDIA V100 data sheet"
# Where a sheet gives a figure with sparsity alone, half of it is the dense one.
_CARDS = (
    Gpu("B200", 180, 8000, 2250, 75, "NVIDIA HGX B200 data sheet, an eighth of it"),
    Gpu("H200", 141, 4800, 989, 67, _H200),
    Gpu("H200 NVL", 141, 4800, 835, 60, _H200),
    Gpu("H100 80GB HBM3", 80, 3350, 989, 67, _H100),
    Gpu("H100 PCIe", 80, 2000, 756, 51, _H100),
    Gpu("H100 NVL", 94, 3900, 835, 60, _H100),
    Gpu("GH200 480GB", 96, 4000, 990, 67, "NVIDIA GH200 data sheet"),
    Gpu("A100-SXM4-40GB", 40, 1555, 312, 19.5, _A100),
    Gpu("A100-SXM4-80GB", 80, 2039, 312, 19.5, _A100),
    Gpu("A100-PCIE-40GB", 40, 1555, 312, 19.5, _A100),
    Gpu("A100 80GB PCIe", 80, 1935, 312, 19.5, _A100),
    Gpu("A40", 48, 696, 149.7, 37.4, "NVIDIA A40 data sheet"),
    Gpu("A30", 24, 933, 165, 10.3, "NVIDIA A30 data sheet"),
    Gpu("A10", 24, 600, 125, 31.2, "NVIDIA A10 data sheet"),
    Gpu("L40S", 48, 864, 362, 91.6, "NVIDIA L40S data sheet"),
    Gpu("L40", 48, 864, 181, 90.5, "NVIDIA L40 data sheet"),
    Gpu("L4", 24, 300, 121, 30.3, "NVIDIA L4 data sheet"),
    Gpu("T4", 16, 320, None, 8.1, "NVIDIA T4 data sheet"),
    Gpu("V100-SXM2-16GB", 16, 900, None, 15.7, _V100),
    Gpu("V100-SXM2-32GB", 32, 900, None, 15.7, _V100),
    Gpu("V100-PCIE-16GB", 16, 900, None, 14, _V100),
    Gpu("V100-PCIE-32GB", 32, 900, None, 14, _V100),
    Gpu("RTX 6000 Ada Generation", 48, 960, 364.2, 91.1, _ADA),
    Gpu("RTX A6000", 48, 768, 154.8, 38.7, "NVIDIA RTX A6000 data sheet"),
    Gpu("RTX A5000", 24, 768, 111.1, 27.8, "NVIDIA RTX A5000 data sheet"),
    Gpu("RTX A4000", 16, 448, 76.7, 19.2, "NVIDIA RTX A4000 data sheet"),
    Gpu("RTX 5090", 32, 1792, 209.5, 104.8, _BLACKWELL),
    Gpu("RTX 5080", 16, 960, 112.6, 56.3, _BLACKWELL),
    Gpu("RTX 4090", 24, 1008, 165.2, 82.6, _ADA),
    Gpu("RTX 4080", 16, 716.8, 97.5, 48.7, _ADA),
    Gpu("RTX 3090", 24, 936, 71, 35.6, _AMPERE),
    Gpu("RTX 3080", 10, 760, 59.5, 29.8, _AMPERE),
    Gpu("RTX 3070", 8, 448, 40.6, 20.3, _AMPERE),
    Gpu("MI300X", 192, 5300, 1307.4, 163.4, "AMD Instinct MI300X data sheet"),
    Gpu("MI325X", 256, 6000, 1307.4, 163.4, "AMD Instinct MI325X data sheet"),
    Gpu("MI210", 64, 1600, 181, 22.6, "AMD Instinct MI210 data sheet"),
)


def _plain(name: str) -> str:
    """A name as names are compared: without maker and family, small letters, single spaces.

    >>> _plain("NVIDIA GeForce RTX 4090"), _plain("NVIDIA A100-SXM4-80GB"), _plain("RTX A1000")
    ('rtx 4090', 'a100 sxm4 80gb', 'rtx a1000')
    """
    plain = " ".join(re.split(r"[\s_-]+", name.strip().casefold()))
    while (shorter := FAMILY.sub("", plain)) != plain:
        plain = shorter
    return plain


GPUS: Mapping[str, Gpu] = {_plain(card.name): card for card in _CARDS}
# Short forms that can mean one card alone.
_SHORT = {"rtx 6000 ada": "RTX 6000 Ada Generation", "a6000": "RTX A6000",
          "a5000": "RTX A5000", "h100 sxm": "H100 80GB HBM3", "h100 sxm5": "H100 80GB HBM3",
          "h200 sxm": "H200", "gh200": "GH200 480GB"}  # fmt: skip


def known_gpu(name: str) -> Gpu | None:
    """The card of exactly this name; None where the table has none."""
    plain = _plain(name[:200])
    return GPUS.get(_plain(_SHORT.get(plain, plain)))


def find_gpu(name: str) -> Gpu:
    """The same, for a name that a user gave.

    Raises:
        NetgainError: the name is not in the table; it names those that are near.
    """
    found = known_gpu(name)
    if found is None:
        near = near_names(name)
        hint = f"near it: {', '.join(near)}" if near else f"known: {', '.join(every_name())}"
        raise NetgainError(f"nothing is known of the GPU {name!r:.100}; {hint}")
    return found


def near_names(name: str) -> list[str]:
    """Up to four cards whose names are like this one, those that begin with it first."""
    plain = _plain(name[:100])
    begins = [key for key in GPUS if plain and (key.startswith(plain) or plain.startswith(key))]
    like = difflib.get_close_matches(plain, GPUS, n=4, cutoff=0.6)
    return [GPUS[key].name for key in dict.fromkeys([*begins, *like])][:4]


def every_name() -> list[str]:
    """All the cards of the table."""
    return [card.name for card in _CARDS]
