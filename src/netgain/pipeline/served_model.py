"""The model that an evaluation is of, as an engine will load it, and what decides its answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netgain import provenance
from netgain.data.load import problems_digest
from netgain.generate.answering import Asking
from netgain.generate.engines import (
    UNIT_SIZES,
    EngineSpec,
    choose_engine,
    load_sampler,
    require_engine,
)
from netgain.models.render import Renderer
from netgain.pipeline.evaluations import Evaluation, Workers, measure_prompts
from netgain.recipe import EvaluateSettings, ModelSettings, PromptSettings
from netgain.records import Problem, Prompt
from netgain.store import EvaluationFolder, read_json

if TYPE_CHECKING:
    from netgain.models.serving import Serving

log = logging.getLogger("netgain")
COMPARED_TEXTS = 4  # on which served weights are compared with trained ones
# Packages whose version may change an answer, by engine.
_WEIGHTS = {"transformers", "tokenizers", "peft"}
ENGINE_PACKAGES = {
    "transformers": {"torch", *_WEIGHTS},
    "openvino": {"openvino", "openvino-genai", *_WEIGHTS},
    "vllm": {"transformers", "tokenizers"},  # and vLLM's own, which is in another environment
}


@dataclass(frozen=True)
class ServedModel:
    """A base model, or it with an adapter, on an engine. Digests are SHA-256 (hex)."""

    base: Path
    base_digest: str
    revision: str | None  # the Hub commit that was used
    adapter: Path | None
    adapter_digest: str | None
    engine: str
    precision: str
    renderer: Renderer

    @property
    def computed_in(self) -> str:
        """ "bf16" or "fp32", also where weights are stored in 8 bits."""
        return "bf16" if self.precision == "int8" else self.precision


def find_served_model(
    model: ModelSettings,
    settings: EvaluateSettings,
    adapter: Path | None,
    adapter_digest: str | None,
) -> ServedModel:
    """Locate the model, and settle engine and precision.

    Args:
        adapter_digest: SHA-256 (hex) over the adapter's files.

    Raises:
        NetgainError: there is no such model, or the engine is not installed or cannot take it.
    """
    from netgain.models.loading import (
        check_trained,
        choose_precision,
        find_model,
        load_renderer,
    )

    files = find_model(model)
    if adapter is not None:
        check_trained(files.folder, adapter)
    engine = choose_engine(settings.engine, files.folder, settings.precision)
    return ServedModel(
        base=files.folder,
        base_digest=files.digest,
        revision=files.revision,
        adapter=adapter,
        adapter_digest=adapter_digest and f"{_how_applied(engine, adapter)}, {adapter_digest}",
        engine=engine,
        precision=choose_precision(settings.precision),
        renderer=load_renderer(files.folder),
    )


def _how_applied(engine: str, trained: Path | None) -> str:
    from netgain.models.adapter_files import is_adapter

    if trained is not None and not is_adapter(trained):
        return "a whole model"
    return "beside the base" if engine == "vllm" else "merged in fp32"


@dataclass(frozen=True)
class Ask:
    """What is asked: problems, the prompt that is made of them, and how they are answered."""

    problems: Sequence[Problem]
    prompt: PromptSettings
    prompt_of: Callable[[Problem], Prompt]
    asking: Asking


def plan_evaluation(
    label: str,
    folder: EvaluationFolder,
    served_model: ServedModel,
    ask: Ask,
    settings: EvaluateSettings,
    workers: Workers | None = None,
) -> Evaluation:
    """The evaluation of a model with its weights here, ready to be answered."""
    require_engine(served_model.engine, calculator=ask.asking.calculator)
    asked, lengths = measure_prompts(ask.problems, ask.prompt_of, served_model.renderer)
    unit_size = settings.batch_size or UNIT_SIZES[served_model.engine]
    probe = served_model.renderer.prompt_ids(ask.prompt_of(ask.problems[0]))
    spec = EngineSpec(
        served_model.engine,
        served_model.base,
        served_model.adapter,
        served_model.precision,
        tuple(probe),
    )
    deciding = {
        **model_settings(served_model),
        **asking_settings(ask.prompt, ask.asking),
        "batch_size": unit_size,
        "asked": asked,
        "problems": problems_digest(ask.problems),
    }
    asking = replace(ask.asking, at_once=unit_size)
    _warn_of_window(served_model.base, max(lengths.values()), asking)
    return Evaluation(
        label, folder, ask.problems, ask.prompt_of, lengths, asking, unit_size, deciding,
        partial(load_sampler, spec), workers,
    )  # fmt: skip


def look_at_rounding(served_model: ServedModel, ask: Ask) -> Serving:
    """What rounding to the served_model's engine and precision leaves of what was trained."""
    from netgain.models.serving import choose_serving

    assert served_model.adapter is not None
    texts = [
        served_model.renderer.prompt_ids(ask.prompt_of(p)) for p in ask.problems[:COMPARED_TEXTS]
    ]
    asked = (served_model.engine, served_model.precision)
    return choose_serving(served_model.base, served_model.adapter, asked, texts)


def _warn_of_window(base: Path, longest: int, asking: Asking) -> None:
    """Beyond the positions that it was trained for, a model answers rubbish."""
    window = read_json(base / "config.json").get("max_position_embeddings")
    most = asking.sampling.max_new_tokens
    if isinstance(window, int) and longest + most > window:
        log.warning(
            "the longest prompt (%d tokens) and evaluate.max_new_tokens (%d) go beyond the model's "
            "context of %d tokens, where answers get worse; lower the limit, or show fewer shots",
            longest, most, window,
        )  # fmt: skip


def asking_settings(prompt: PromptSettings, asking: Asking) -> dict[str, Any]:
    """How the model is asked, as it is stored; a plain greedy answer says no more than it must."""
    found: dict[str, Any] = {
        "prompt": prompt.model_dump(mode="json"),
        "max_new_tokens": asking.sampling.max_new_tokens,
        "stop": list(asking.sampling.stop),
    }
    if asking.sampling.temperature:
        found |= {
            "temperature": asking.sampling.temperature,
            "top_p": asking.sampling.top_p,
            "seed": asking.seed,
        }
    if asking.samples > 1:
        found["samples"] = asking.samples
    if asking.revisions:
        found["revisions"] = list(asking.revisions)
    if asking.calculator:
        found["calculator"] = True
    return found


def model_settings(served_model: ServedModel) -> Mapping[str, Any]:
    from netgain.models.loading import choose_device

    engine = served_model.engine
    versions = {k: v for k, v in provenance.versions().items() if k in ENGINE_PACKAGES[engine]}
    if engine == "vllm":
        from netgain.generate.vllm_engine import vllm_version

        versions["vllm"] = vllm_version()
    return {
        "engine": engine,
        "model": served_model.base_digest,
        "adapter": served_model.adapter_digest,
        "device": "cpu" if engine == "openvino" else choose_device(),
        "precision": served_model.precision,
        "versions": versions,
    }
