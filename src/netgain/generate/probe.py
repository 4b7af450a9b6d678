"""How fast, and with how much memory, an engine answers here: a process that tries it.

`python -m netgain.generate.probe JOB` does what a run does between training and report, on a few
prompts: it looks at what rounding leaves of the trained weights, loads the base and answers, and
loads what was trained. It prints one line of JSON on its standard output. It is a process of its
own so that the most memory it takes is what a run takes.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil

from netgain.generate.engines import EngineSpec, load_sampler
from netgain.generate.openvino_engine import BLOCK, token_bytes
from netgain.generate.sampler import Request, Sampler, Sampling
from netgain.provenance import peak_memory
from netgain.records import Prompt
from netgain.store import read_json

FEW, FEW_TOKENS = 4, 32  # answers at a time where the time of a step without much work is looked at


@dataclass(frozen=True)
class Timed:
    """Some prompts answered together: tokens of each prompt and answer, and the wall time."""

    prompts: tuple[int, ...]
    answers: tuple[int, ...]
    seconds: float


@dataclass(frozen=True)
class Probed:
    """What the process found. Times in seconds, memory in bytes, each the most so far.

    `start` is what starting Python and importing the libraries takes, `look` the comparison of
    rounded with unrounded weights. `held_bytes` is what was in memory after the answers, when the
    base was loaded. Keys and values of a token take `token_bytes`; an engine that keeps those of
    earlier answers keeps up to `cache_tokens` (0: none).
    """

    start: float
    look: float
    load_base: float
    load_tuned: float
    runs: tuple[Timed, ...]
    look_bytes: int
    peak_bytes: int
    held_bytes: int
    token_bytes: int
    cache_tokens: int


def answer_timed(
    sampler: Sampler, requests: Sequence[Request], sampling: Sampling, unit: int
) -> Timed:
    """Answer requests, `unit` at a time, and take the time."""
    began = time.perf_counter()
    answers = [
        answer
        for at in range(0, len(requests), unit)
        for answer in sampler.generate(requests[at : at + unit], sampling)
    ]
    return Timed(
        tuple(len(r.ids) for r in requests),
        tuple(a.completion_tokens for a in answers),
        time.perf_counter() - began,
    )


def _probe(job: dict[str, Any]) -> Probed:
    from netgain.models.loading import free_memory
    from netgain.models.serving import choose_serving

    base, adapter = Path(job["base"]), Path(job["adapter"])
    start = time.time() - psutil.Process().create_time()
    clock = _Clock()
    choose_serving(base, adapter, (job["engine"], job["precision"]), job["texts"])
    look, look_bytes = clock.lap(), _peak()
    probe_ids = tuple(job["prompts"][0])
    spec = EngineSpec(job["engine"], base, None, job["precision"], probe_ids)
    sampler = load_sampler(spec)
    load_base = clock.lap()
    runs = _answer(sampler, job)
    held = psutil.Process().memory_info().rss
    cache_tokens = BLOCK * getattr(sampler, "blocks", 0)
    del sampler
    free_memory()
    clock.lap()
    load_sampler(EngineSpec(spec.engine, base, adapter, spec.precision, probe_ids))
    load_tuned = clock.lap()
    return Probed(
        start, look, load_base, load_tuned, runs, look_bytes, _peak(), held,
        _token_bytes(base, spec.precision), cache_tokens,
    )  # fmt: skip


def _token_bytes(base: Path, precision: str) -> int:
    """Bytes of a token's keys and values; 0 where the configuration has no such numbers."""
    config = SimpleNamespace(**read_json(base / "config.json"))
    try:
        return token_bytes(config, 4 if precision == "fp32" else 2)
    except (AttributeError, TypeError, ZeroDivisionError):
        return 0


def _answer(sampler: Sampler, job: dict[str, Any]) -> tuple[Timed, ...]:
    """Reading prompts, decoding a few, decoding many: what a run's time is made of.

    Each has prompts of its own, since an engine may keep those that it has read.
    """
    stop, unit = tuple(job["stop"]), job["unit"]
    others, prompts = (
        [Request(Prompt(()), tuple(ids)) for ids in job[name]] for name in ("others", "prompts")
    )
    sampler.generate(others[:1], Sampling(4))  # what is only done once is no speed
    few, read = others[1 : 1 + FEW], others[1 + FEW :]
    return (
        answer_timed(sampler, read, Sampling(1), unit),
        answer_timed(sampler, few, Sampling(FEW_TOKENS), unit),
        answer_timed(sampler, prompts, Sampling(job["most_tokens"], stop=stop), unit),
    )


class _Clock:
    def __init__(self) -> None:
        self.at = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self.at = self.at, time.perf_counter()
        return self.at - before


def _peak() -> int:
    """The most memory so far: the GPU's where there is one, else this process's."""
    import torch

    return torch.cuda.max_memory_reserved() if torch.cuda.is_available() else peak_memory()


def main(path: str) -> None:
    """Do a job, and print what was found, or the error of ours that was met."""
    from netgain.errors import NetgainError
    from netgain.models.loading import load_renderer

    # Standard output is for our line alone; what libraries print goes to standard error.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        load_renderer(Path(job["base"]))
        said: dict[str, Any] = {"done": asdict(_probe(job))}
    except NetgainError as error:
        said = {"error": [type(error).__name__, str(error)]}
    out.write(json.dumps(said) + "\n")
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
