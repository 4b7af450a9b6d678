"""How fast a machine trains and answers: from a measurement, or reckoned from its data sheet.

Training with LoRA needs about 4 floating-point operations a parameter and token (2 forward, 2
backward; the frozen weights get no gradient), a forward pass 2 (Kaplan et al. 2020,
arXiv:2001.08361). How much of a machine's peak is reached varies widely, so what is reckoned has a
wide range.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from netgain.generate.probe import Timed
from netgain.plan.hardware import Gpu
from netgain.plan.sizes import ModelSize
from netgain.plan.trial import Measured

# Of a GPU's peak in training, small models and short texts included; in decoding.
TRAIN_SHARE, DECODE_SHARE = (0.05, 0.35), (0.01, 0.10)
LAUNCHING = 0.025  # s, a decoding step of transformers on any GPU: launching its kernels
# Reached share of this machine's own fp32 matrix product: fp32, and bf16 where it is native.
CPU_SHARES = {False: ((0.5, 1.0), (0.12, 0.35)), True: ((1.2, 3.6), (0.3, 0.8))}
STARTING = 15.0  # s, to start a process, import the libraries and load a small model
# Within which factor a time should fall, where it was measured. The rest of a run is like the
# measured steps; of answers only some were seen, and those of the tuned model none.
TRAIN_FACTOR, BASE_FACTOR, TUNED_FACTOR = 1.15, 1.25, 1.5
DRAWS = 40  # evaluations that are imagined, of answers as long as those seen


@dataclass(frozen=True)
class Speed:
    """Seconds for each thing that a run does; factors down and up within which they should lie.

    Attributes:
        token, validated_token: a trained one, and one that a loss is measured on.
        start: starting the trainer, and what it does at its end. checkpoint: saving one.
        begin: importing the libraries into the run itself. look: comparing rounded weights.
        load_base, load_tuned: an engine with the model.
        prompt_token, step, answer_token: reading a prompt; a decoding step, and each answer's
            token in it.
        train_factor, base_factor, tuned_factor: (down, up).
        base_answers: lengths of the base model's answers in tokens, where some were seen.
    """

    token: float
    validated_token: float
    start: float
    checkpoint: float
    begin: float
    look: float
    load_base: float
    load_tuned: float
    prompt_token: float
    step: float
    answer_token: float
    train_factor: tuple[float, float]
    base_factor: tuple[float, float]
    tuned_factor: tuple[float, float]
    base_answers: tuple[int, ...] = ()


def measured_speed(measured: Measured, most_tokens: int) -> Speed:
    """The speed of this machine as it was measured.

    Args:
        most_tokens: of an answer in the run; those that were cut off earlier are taken to go on to
            it, since an answer that is so long is a loop, as a rule.
    """
    train, answer = measured.training, measured.answering.found
    prompt_token, step, answer_token = _decoding(answer.runs)
    cut = measured.answering.most_tokens
    lengths = tuple(most_tokens if n >= cut else n for n in answer.runs[-1].answers)
    return Speed(
        token=train.token, validated_token=train.validated_token, start=train.start,
        checkpoint=train.checkpoint, begin=answer.start, look=answer.look,
        load_base=answer.load_base, load_tuned=answer.load_tuned, prompt_token=prompt_token,
        step=step, answer_token=answer_token, train_factor=_around(TRAIN_FACTOR),
        base_factor=_around(BASE_FACTOR), tuned_factor=_around(TUNED_FACTOR),
        base_answers=lengths,
    )  # fmt: skip


def _decoding(runs: Sequence[Timed]) -> tuple[float, float, float]:
    """Seconds a prompt token, a decoding step and an answer's token, from the timed runs.

    A run of answers takes p·(prompt tokens) + a·(steps: the longest answer) + c·(answer tokens).
    Least squares on relative errors, none of them negative.
    """
    rows, times = [], []
    for run in runs:
        rows.append([sum(run.prompts), max(run.answers, default=0), sum(run.answers)])
        times.append(max(1e-6, run.seconds))
    scaled = np.array(rows, dtype=float) / np.array(times)[:, None]
    found, _ = nnls(scaled, np.ones(len(times)))
    return float(found[0]), float(found[1]), float(found[2])


def projected_speed(
    model: ModelSize, peak: tuple[float, float], decode: tuple[float, float], step: float
) -> Speed:
    """Reckoned from what a machine reaches, as (low, high) FLOP/s.

    Args:
        peak: in training. decode: in batched decoding.
        step: least seconds of a decoding step, whatever the batch.
    """
    mean, spread = _middle(peak)
    decoding, decode_spread = _middle(decode)
    token = 2 * model.parameters
    # Answers may well be twice as long or short as is thought, and a base model may ramble.
    ramble = 2.0 * decode_spread
    return Speed(
        token=2 * token / mean, validated_token=token / mean, start=STARTING, checkpoint=1.0,
        begin=STARTING, look=STARTING, load_base=STARTING, load_tuned=STARTING,
        prompt_token=token / decoding, step=step, answer_token=token / decoding,
        train_factor=_around(spread), base_factor=(1 / decode_spread, ramble),
        tuned_factor=(1 / decode_spread, ramble),
    )  # fmt: skip


def gpu_speed(model: ModelSize, gpu: Gpu, precision: str) -> Speed:
    """Reckoned from a card's data sheet."""
    peak, width = gpu.peak(precision), 2 if precision == "bf16" else 4
    train, decode = ((peak * low, peak * high) for low, high in (TRAIN_SHARE, DECODE_SHARE))
    reading = model.parameters * width / (gpu.bandwidth * 1e9)  # all weights, once a step
    return projected_speed(model, train, decode, LAUNCHING + reading)


def cpu_speed(model: ModelSize, flops: float, bf16: bool) -> Speed:
    """Reckoned from this machine's matrix products, FLOP/s in fp32."""
    train, decode = (
        (flops * low, flops * high) for low, high in CPU_SHARES[bf16]
    )  # fmt: skip
    return projected_speed(model, train, decode, 0.0)


def matrix_product_speed() -> float:
    """FLOP/s of fp32 matrix products here, the best in a quarter of a second."""
    a = np.ones((1024, 1024), dtype=np.float32)
    best = float("inf")
    end = time.perf_counter() + 0.25
    while time.perf_counter() < end:
        began = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - began)
    return float(2 * 1024**3 / best)


def answering_seconds(
    speed: Speed, n: int, prompt: float, lengths: Sequence[int], unit: int
) -> float:
    """Seconds to answer n problems, `unit` at a time, with answers as long as some of these.

    Args:
        prompt: mean tokens of a prompt.
        lengths: tokens of answers, from which the imagined ones are drawn.
    """
    if n <= 0:
        return 0.0
    rng = np.random.default_rng(0)
    pool = np.asarray(lengths)
    units, rest = divmod(n, unit)

    def steps(size: int) -> float:
        draws = rng.choice(pool, (DRAWS, size))
        return statistics.fmean(draws.max(axis=1).tolist())

    longest = (units * steps(unit) if units else 0.0) + (steps(rest) if rest else 0.0)
    return (
        n * (prompt * speed.prompt_token + float(pool.mean()) * speed.answer_token)
        + longest * speed.step
    )


def _middle(span: tuple[float, float]) -> tuple[float, float]:
    """The geometric middle, and the factor to either end."""
    low, high = span
    return (low * high) ** 0.5, (high / low) ** 0.5


def _around(factor: float) -> tuple[float, float]:
    return 1 / factor, factor
