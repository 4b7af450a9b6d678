"""Time, tokens and energy -> money; and what a run will take, projected before it is begun.

Training with LoRA needs about 4 floating-point operations a parameter and token (2 forward, 2
backward; the frozen weights get no gradient), a forward pass 2 (Kaplan et al. 2020,
arXiv:2001.08361). How much of a machine's peak is reached varies, so every projection is a range.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netgain.records import Estimate

RAPL = Path("/sys/class/powercap")


def money(seconds: float, price_per_hour: float) -> float:
    """What so many seconds cost."""
    return seconds / 3600 * price_per_hour


# -- energy --------------------------------------------------------------------------------


class EnergyMeter:
    """Watt-hours used while it is open, sampled often, because the counters wrap within minutes.

    CPU packages from Linux's RAPL, NVIDIA GPUs from NVML where its Python binding is installed: the
    whole machine's, whoever else uses it. `watt_hours` is None where no counter can be read.
    """

    EVERY = 30.0  # s; the smallest counters wrap after some ten minutes at full power

    def __enter__(self) -> EnergyMeter:
        self._last = {**_rapl(), **_nvml()}
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

    def _add(self) -> None:
        now = {**_rapl(), **_nvml()}
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


def _nvml() -> dict[str, tuple[float, float]]:
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return {
            f"gpu{i}": (pynvml.nvmlDeviceGetTotalEnergyConsumption(h) / 1e3, float("inf"))
            for i, h in enumerate(handles)
        }
    except Exception:  # no binding, no driver, or a card without the counter: no reading
        return {}


# -- projection ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Hardware:
    """What a projection needs to know of a machine; speeds as (low, high)."""

    name: str
    train_flops: tuple[float, float]  # reached in training, FLOP/s
    generate_flops: tuple[float, float]  # reached in batched decoding, FLOP/s
    step_seconds: float  # least time of one decoding step, whatever the batch
    memory: float  # bytes


# Peak dense bf16 TFLOP/s and memory (GB), from the makers' data sheets.
GPUS: Mapping[str, tuple[float, float]] = {
    "H200": (989, 141), "H100": (989, 80), "A100": (312, 80), "L40S": (362, 48),
    "A10": (125, 24), "L4": (121, 24), "T4": (65, 16), "V100": (125, 16),
    "RTX 4090": (165, 24), "RTX 3090": (71, 24), "RTX 4080": (97, 16), "RTX 3060": (51, 12),
}  # fmt: skip
TRAIN_SHARE = (0.05, 0.35)  # of a GPU's peak, small models and short texts included
GENERATE_SHARE = (0.01, 0.10)
GPU_STEP = 0.025  # s, a decoding step of transformers on any GPU: launching its kernels
# Reached share of this machine's own fp32 matrix product: fp32, and bf16 where it is native.
CPU_SHARES = {False: ((0.5, 1.0), (0.12, 0.35)), True: ((1.2, 3.6), (0.3, 0.8))}


def this_machine(gpus: tuple[str, ...], bf16_cpu: bool, cpu_memory: float) -> Hardware:
    """The machine's speed: its GPU's data sheet, or a quarter second of matrix products."""
    for name in gpus:
        for known, (tflops, gigabytes) in GPUS.items():
            if known in name:
                peak = tflops * 1e12
                return Hardware(
                    name,
                    (peak * TRAIN_SHARE[0], peak * TRAIN_SHARE[1]),
                    (peak * GENERATE_SHARE[0], peak * GENERATE_SHARE[1]),
                    GPU_STEP,
                    gigabytes * 1e9,
                )
    measured = _matrix_product_speed()
    train, generate = CPU_SHARES[bf16_cpu]
    return Hardware(
        f"CPU, {measured / 1e9:.0f} GFLOP/s in fp32 matrix products (measured now)",
        (measured * train[0], measured * train[1]),
        (measured * generate[0], measured * generate[1]),
        0.0,
        cpu_memory,
    )


def _matrix_product_speed() -> float:
    import numpy

    a = numpy.ones((1024, 1024), dtype=numpy.float32)
    best = float("inf")
    end = time.perf_counter() + 0.25
    while time.perf_counter() < end:
        began = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - began)
    return float(2 * 1024**3 / best)


def seconds_to_train(
    machine: Hardware, parameters: float, train: float, forward: float
) -> Estimate:
    """Projected seconds for so many trained tokens and so many that are only validated on."""
    work = parameters * (4 * train + 2 * forward)
    return _projected(work, machine.train_flops, "4 FLOP a parameter and trained token")


def seconds_to_generate(
    machine: Hardware, parameters: float, n: int, prompt: float, answer: float, batch: int
) -> Estimate:
    """Projected seconds to answer n problems with so many tokens of prompt and answer each."""
    work = parameters * 2 * n * (prompt + answer)
    plain = _projected(work, machine.generate_flops, "2 FLOP a parameter and token")
    assert plain.value is not None and plain.interval is not None
    floor = -(-n // batch) * answer * machine.step_seconds
    low, high = plain.interval
    return Estimate(
        max(plain.value, 2 * floor), plain.method,
        (max(low, floor), max(high, 4 * floor)), level=plain.level,
    )  # fmt: skip


def _projected(work: float, speed: tuple[float, float], method: str) -> Estimate:
    slow, fast = speed
    low, high = work / fast, work / slow
    return Estimate((low * high) ** 0.5, f"{method}, usual share of peak", (low, high), level=0.8)


# Tokens that training passes through a model at a time, where memory allows. A CPU gains nothing by
# more, and a GPU is kept busy by these.
TOKENS_AT_ONCE = {"cpu": 1024, "mps": 4096, "cuda": 16384}
LIBRARIES = 0.6e9  # bytes that torch and what comes with it take
# Bytes that training needs a trained weight, beside the model's own: the optimizer's two moments,
# gradient and, where the model computes in bf16, the fp32 master.
BYTES_TRAINED = 16.0


def bytes_to_train(
    weights: float, trained: float, layers: int, hidden: int, wide: int, tokens: int, width: int
) -> float:
    """Memory for weights, what is trained of them, and the activations of a micro-batch.

    Args:
        weights: the model's weights in memory, bytes.
        trained: how many weights are trained: those of the adapter, or all.
        layers, hidden, wide: the model's shape; `wide` is the size within its MLPs.
        tokens: passed through the model at a time.
        width: bytes of a number that is computed with: 2 in bf16, 4 in fp32.

    A layer keeps about 20 hidden sizes and 12 MLP sizes a token for the backward pass (fitted to
    two models, 135M and 0.5B, at 1,024 tokens in bf16: benchmarks/training_speed.py).
    """
    activations = float(width) * tokens * layers * (20 * hidden + 12 * wide)
    return LIBRARIES + weights + BYTES_TRAINED * trained + activations


def bytes_to_train_checkpointed(
    weights: float, trained: float, layers: int, hidden: int, wide: int, tokens: int, width: int
) -> float:
    """The same with gradient checkpointing: one layer's activations and every layer's input.

    (Korthikanti et al. 2022, arXiv:2205.05198, full recomputation; reckoned, not measured here.)
    """
    inputs = float(width) * tokens * layers * hidden
    return bytes_to_train(weights, trained, 1, hidden, wide, tokens, width) + inputs
