"""`netgain.benchmark_engine`: how fast each engine that is installed answers on this machine."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast, get_args

from netgain import provenance
from netgain.api.arguments import refuse_outside, refuse_unknown
from netgain.api.shown import Part, Shown, Table
from netgain.data.wordproblems import word_problems
from netgain.errors import NetgainError
from netgain.generate.engines import UNIT_SIZES, EngineSpec, load_sampler
from netgain.generate.probe import answer_timed
from netgain.generate.sampler import Request, Sampling
from netgain.models.loading import choose_precision, find_model, load_renderer
from netgain.prompts import prompter
from netgain.recipe import EvaluationPrecision, ModelSettings, PromptSettings


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


@dataclass(frozen=True, repr=False)
class EngineSpeeds(Shown):
    """What each engine did, on which model and machine."""

    model: str
    precision: str
    problems: int
    max_new_tokens: int
    engines: tuple[Speed, ...]

    def parts(self) -> Iterator[Part]:
        where = ", ".join(provenance.hardware().values())
        yield Table(
            [(speed.engine, *_cells(speed)) for speed in self.engines],
            ("engine", "tokens/s", "problems/s", "loading"),
            below=f"{self.model}, {self.precision}; {where}",
        )

    def plain(self) -> dict[str, Any]:
        return {
            "model": self.model, "precision": self.precision,
            "hardware": provenance.hardware(), "versions": provenance.versions(),
            "problems": self.problems, "max_new_tokens": self.max_new_tokens,
            "engines": [asdict(speed) for speed in self.engines],
        }  # fmt: skip


def benchmark_engine(
    model: str = "embedded",
    *,
    problems: int = 64,
    max_new_tokens: int = 128,
    precision: str = "auto",
) -> EngineSpeeds:
    """Tokens and problems a second of every engine that is here, on built-in word problems.

    Tokens are those of answers, up to where each ends. Other work on the machine slows all of them.

    Args:
        model: a Hub id, a local folder, a GGUF file, or embedded.
        problems: built-in problems.
        max_new_tokens: of each answer.
        precision: as `evaluate.precision` of a recipe.

    Raises:
        NetgainError: the model cannot be used.

    >>> import netgain
    >>> found = netgain.benchmark_engine("model", problems=2, max_new_tokens=4)
    >>> [speed.engine for speed in found.engines if speed.engine == "transformers"]
    ['transformers']
    """
    refuse_unknown("precision", precision, get_args(EvaluationPrecision))
    refuse_outside("problems", problems, 1, 100_000)
    refuse_outside("max_new_tokens", max_new_tokens, 1, 100_000)
    files = find_model(ModelSettings(id=model))
    renderer = load_renderer(files.folder)
    computed = choose_precision(cast(EvaluationPrecision, precision))
    prompt_of = prompter(PromptSettings())
    prompts = [prompt_of(p) for p in word_problems(problems, seed=7)]
    requests = [Request(p, tuple(renderer.prompt_ids(p))) for p in prompts]
    found = tuple(
        _measure(
            EngineSpec(name, files.folder, None, computed, requests[0].ids),
            requests, Sampling(max_new_tokens), size,
        )
        for name, size in UNIT_SIZES.items()
    )  # fmt: skip
    return EngineSpeeds(files.description, computed, problems, max_new_tokens, found)


def _measure(spec: EngineSpec, requests: list[Request], sampling: Sampling, unit: int) -> Speed:
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


def _cells(speed: Speed) -> tuple[str, ...]:
    if speed.tokens_per_second is None or speed.problems_per_second is None:
        return f"not here: {speed.why_not}", "", ""
    return (
        f"{speed.tokens_per_second:.0f}",
        f"{speed.problems_per_second:.2f}",
        f"{speed.load_seconds:.1f} s",
    )
