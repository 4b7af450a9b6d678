"""`netgain benchmark-engine`: how fast each engine that is installed answers on this machine."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from netgain.generate.engines import EngineSpec
    from netgain.generate.sampler import Request, Sampling

EPILOG = (
    "Examples:  netgain benchmark-engine  ·  netgain benchmark-engine Qwen/Qwen2-0.5B-Instruct "
    "--problems 128 --max-new-tokens 256"
)


class Precision(StrEnum):
    auto = "auto"
    bf16 = "bf16"
    fp32 = "fp32"


@dataclass(frozen=True)
class Speed:
    """One engine's figures; `why_not` where there are none. `seconds` leaves loading out."""

    engine: str
    load_seconds: float | None = None
    seconds: float | None = None
    tokens: int | None = None
    tokens_per_second: float | None = None
    problems_per_second: float | None = None
    why_not: str | None = None


def benchmark_engine(
    model: Annotated[
        str, typer.Argument(help="A Hub id, a local folder, a GGUF file, or embedded.")
    ] = "embedded",
    problems: Annotated[int, typer.Option(min=1, max=100_000, help="Built-in problems.")] = 64,
    max_new_tokens: Annotated[int, typer.Option(min=1, max=100_000)] = 128,
    precision: Annotated[Precision, typer.Option()] = Precision.auto,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tokens and problems a second of every engine that is here, on built-in word problems.

    Tokens are those of answers, up to where each ends. Other work on the machine slows all of them.
    """
    from netgain import provenance
    from netgain.data.wordproblems import word_problems
    from netgain.generate.engines import UNIT_SIZES, EngineSpec
    from netgain.generate.sampler import Request, Sampling
    from netgain.models.loading import choose_precision, find_model, load_renderer
    from netgain.prompts import prompter
    from netgain.recipe import ModelSettings, PromptSettings

    files = find_model(ModelSettings(id=model))
    renderer = load_renderer(files.folder)
    computed = choose_precision(precision.value)
    prompt_of = prompter(PromptSettings())
    prompts = [prompt_of(p) for p in word_problems(problems, seed=7)]
    requests = [Request(p, tuple(renderer.prompt_ids(p))) for p in prompts]
    found = [
        _measure(
            EngineSpec(name, files.folder, None, computed, requests[0].ids),
            requests, Sampling(max_new_tokens), size,
        )
        for name, size in UNIT_SIZES.items()
    ]  # fmt: skip
    hardware = provenance.hardware()
    if as_json:
        print(json.dumps({
            "model": files.description, "precision": computed,
            "hardware": hardware, "versions": provenance.versions(),
            "problems": problems, "max_new_tokens": max_new_tokens,
            "engines": [asdict(speed) for speed in found],
        }, indent=2))  # fmt: skip
    else:
        _print(found, f"{files.description}, {computed}", hardware)


def _measure(spec: EngineSpec, requests: list[Request], sampling: Sampling, unit: int) -> Speed:
    from netgain.errors import NetgainError
    from netgain.generate.engines import load_sampler
    from netgain.generate.probe import answer_timed
    from netgain.generate.sampler import Sampling

    began = time.perf_counter()
    try:
        sampler = load_sampler(spec)
        loaded = time.perf_counter()
        sampler.generate(requests[:1], Sampling(4))  # what is only done once is no speed
        timed = answer_timed(sampler, requests, sampling, unit)
    except NetgainError as error:
        return Speed(spec.engine, why_not=str(error))
    tokens, seconds = sum(timed.answers), timed.seconds
    return Speed(
        spec.engine, loaded - began, seconds, tokens, tokens / seconds, len(requests) / seconds
    )


def _print(found: list[Speed], what: str, hardware: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "engine", "tokens/s", "problems/s", "loading", box=None, pad_edge=False,
        caption=f"{what}; {', '.join(hardware.values())}", caption_justify="left",
    )  # fmt: skip
    for speed in found:
        table.add_row(speed.engine, *_cells(speed))
    Console(highlight=False).print(table)


def _cells(speed: Speed) -> tuple[Any, ...]:
    if speed.tokens_per_second is None or speed.problems_per_second is None:
        return (f"not here: {speed.why_not}",)
    return (
        f"{speed.tokens_per_second:.0f}",
        f"{speed.problems_per_second:.2f}",
        f"{speed.load_seconds:.1f} s",
    )
