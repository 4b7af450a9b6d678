"""Time, tokens and energy -> money; and the memory that training needs, reckoned beforehand."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

RAPL = Path("/sys/class/powercap")
# Of a policy gradient's answers, those that are learned from, as their group does not agree: very
# roughly.
MIXED = 0.5


def money(seconds: float, price_per_hour: float) -> float:
    """What so many seconds cost."""
    return seconds / 3600 * price_per_hour


# -- energy --------------------------------------------------------------------------------


class EnergyMeter:
    """Watt-hours used while it is open, sampled often, because the counters wrap within minutes.

    CPU packages from Linux's RAPL: the whole machine's, whoever else uses it. NVIDIA GPUs from NVML
    where its Python binding is installed (the extra `gpu`): those that this process may see, and
    whoever else uses them. `watt_hours` is None where no counter can be read.

    Args:
        gpus: how many GPUs are used, the first of those that are seen; None is all of them.
    """

    EVERY = 30.0  # s; the smallest counters wrap after some ten minutes at full power

    def __init__(self, gpus: int | None = None) -> None:
        self._gpus = gpus

    def __enter__(self) -> EnergyMeter:
        self._last = self._read()
        self._joules = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        if self._last:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._last:
            self._thread.join()
            self._add()

    @property
    def watt_hours(self) -> float | None:
        return self._joules / 3600 if self._last else None

    def _sample(self) -> None:
        while not self._stop.wait(self.EVERY):
            self._add()

    def _read(self) -> dict[str, tuple[float, float]]:
        return {**_rapl(), **_nvml(self._gpus)}

    def _add(self) -> None:
        now = self._read()
        self._joules += joules_between(self._last, now)
        self._last = {**self._last, **now}


def joules_between(
    before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]]
) -> float:
    """Joules between two readings of counters (value, value it wraps at).

    >>> joules_between({"a": (10.0, 100.0)}, {"a": (5.0, 100.0)})
    95.0
    """
    used = 0.0
    for name in before.keys() & after.keys():
        step = after[name][0] - before[name][0]
        used += step if step >= 0 else step + after[name][1]
    return used


def _rapl() -> dict[str, tuple[float, float]]:
    found = {}
    for zone in sorted(RAPL.glob("*-rapl:[0-9]")):
        try:
            if not (zone / "name").read_text().startswith("package"):
                continue  # a whole-platform counter holds the packages already
            value = int((zone / "energy_uj").read_text())
            wrap = int((zone / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            continue
        found[zone.name] = (value / 1e6, wrap / 1e6)
    return found


def _nvml(most: int | None) -> dict[str, tuple[float, float]]:
    try:
        import pynvml

        pynvml.nvmlInit()
        seen = visible_gpus(os.environ.get("CUDA_VISIBLE_DEVICES"), pynvml.nvmlDeviceGetCount())
        found = {}
        for gpu in seen[:most]:
            named = isinstance(gpu, str)
            by = pynvml.nvmlDeviceGetHandleByUUID if named else pynvml.nvmlDeviceGetHandleByIndex
            joules = pynvml.nvmlDeviceGetTotalEnergyConsumption(by(gpu)) / 1e3
            found[f"gpu{gpu}"] = (joules, float("inf"))
        return found
    except Exception:  # no binding, no driver, or a card without the counter: no reading
        return {}


def visible_gpus(setting: str | None, count: int) -> list[int | str]:
    """The GPUs that CUDA lets a process see, by number or by name (UUID).

    Args:
        setting: CUDA_VISIBLE_DEVICES; None where it is not set.
        count: GPUs of the machine.

    >>> visible_gpus(None, 2), visible_gpus("1", 2), visible_gpus("GPU-8f,0", 2)
    ([0, 1], [1], ['GPU-8f', 0])
    >>> visible_gpus("", 2), visible_gpus("0,-1,1", 2)
    ([], [0])
    """
    if setting is None:
        return list(range(count))
    found: list[int | str] = []
    for word in filter(None, (part.strip() for part in setting.split(","))):
        if not word.isdecimal():
            if not word.startswith(("GPU-", "MIG-")):
                break  # as CUDA does: what follows a word that names none is not seen
            found.append(word)
        elif int(word) >= count:
            break
        else:
            found.append(int(word))
    return found


# -- memory --------------------------------------------------------------------------------

# Tokens that training passes through a model at a time, where memory allows. A CPU gains nothing by
# more, and a GPU is kept busy by these.
TOKENS_AT_ONCE = {"cpu": 1024, "mps": 4096, "cuda": 16384}
LIBRARIES = 0.6e9  # bytes that torch and what comes with it take
# Bytes that training needs a trained weight, beside the model's own: the optimizer's two moments,
# gradient and, where the model computes in bf16, the fp32 master.
BYTES_TRAINED = 16.0


def bytes_to_train(
    weights: float, trained: float, layers: int, hidden: int, wide: int, tokens: int, width: int,
    checkpointed: bool = False,
) -> float:  # fmt: skip
    """Memory for weights, what is trained of them, and the activations of a micro-batch.

    Args:
        weights: the model's weights in memory, bytes.
        trained: how many weights are trained: those of the adapter, or all.
        layers, hidden, wide: the model's shape; `wide` is the size within its MLPs.
        tokens: passed through the model at a time.
        width: bytes of a number that is computed with: 2 in bf16, 4 in fp32.
        checkpointed: whether one layer's activations are held, and every layer's input (gradient
            checkpointing, Korthikanti et al. 2022, arXiv:2205.05198, full recomputation; reckoned,
            not measured here).

    A layer keeps about 20 hidden sizes and 12 MLP sizes a token for the backward pass (fitted to
    two models, 135M and 0.5B, at 1,024 tokens in bf16: benchmarks/training_speed.py).
    """
    of_a_layer = 20 * hidden + 12 * wide
    kept = of_a_layer + layers * hidden if checkpointed else layers * of_a_layer
    return LIBRARIES + weights + BYTES_TRAINED * trained + float(width) * tokens * kept
