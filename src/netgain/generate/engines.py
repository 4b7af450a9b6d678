"""The engines there are, by name, and how each takes over a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from netgain.errors import EvaluationError
from netgain.generate.sampler import Sampler
from netgain.models.render import Renderer

GIB = 2**30
# Questions in a unit of work: what each engine answers well together. An engine that batches
# continuously idles at the end of each unit, so its units are longer.
UNIT_SIZES = {"transformers": 32, "openvino": 256, "vllm": 512}


@dataclass(frozen=True)
class EngineSpec:
    """All that an engine needs to be loaded, in this process or in another one.

    `engine` is a name in `ENGINES`, `precision` "fp32" or "bf16" (what is computed in), or "int8"
    (what weights are stored in), and `probe_ids` the token ids of a prompt, on which an adapter is
    proved to act.
    """

    engine: str
    base: Path
    adapter: Path | None
    precision: str
    probe_ids: tuple[int, ...]


def load_sampler(spec: EngineSpec) -> Sampler:
    """A sampler for the base model, or for base and adapter merged where one is given.

    Raises:
        MissingDependency: the engine is not installed.
        ModelError: the model cannot be loaded, or the engine cannot take it.
        EvaluationError: the adapter does not fit or changes nothing.
    """
    from netgain.models.adapter_files import is_adapter
    from netgain.models.loading import load_model, load_renderer, load_tuned

    if spec.precision == "int8" and spec.engine != "openvino":
        raise EvaluationError(f"int8 is for the openvino engine, and this is {spec.engine}")
    renderer = load_renderer(spec.base)
    if spec.engine == "vllm":
        from netgain.generate.vllm_engine import VllmSampler

        if spec.adapter is not None and not is_adapter(spec.adapter):
            return VllmSampler(spec.adapter, None, renderer, spec.precision)
        return VllmSampler(spec.base, spec.adapter, renderer, spec.precision)
    # An engine that keeps its own copy is given the weights unrounded.
    loaded_in = spec.precision if spec.engine == "transformers" else "fp32"
    if spec.adapter is None:
        model = load_model(spec.base, loaded_in)
    else:
        model = load_tuned(spec.base, spec.adapter, loaded_in, list(spec.probe_ids))
    return ENGINES[spec.engine](model, renderer, spec.precision)


def choose_engine(asked: str, base: Path, precision: str = "auto") -> str:
    """The engine asked for, or for "auto" the fastest that is here and can serve the model.

    vLLM is not chosen by itself: it has not been verified on hardware here (docs/engines.md).

    Raises:
        EvaluationError: weights of 8 bits are asked for, and no engine here can serve them.
    """
    from netgain.generate.openvino_engine import why_not
    from netgain.models.loading import choose_device

    if precision == "int8":
        reason = why_not(base) if asked in ("auto", "openvino") else f"this is {asked}"
        if reason is not None:
            raise EvaluationError(f"evaluate.precision: int8 is for the openvino engine; {reason}")
        return "openvino"
    if asked != "auto":
        return asked
    return "openvino" if choose_device() == "cpu" and why_not(base) is None else "transformers"


def require_engine(engine: str, precision: str = "auto", calculator: bool = False) -> None:
    """Look whether an engine is here, and does what is asked of it.

    Raises:
        MissingDependency: it is not installed; with the command that installs it.
        EvaluationError: a calculator is asked for, and the engine has none.
    """
    if calculator and engine == "vllm":
        raise EvaluationError(
            "the calculator pauses in the middle of an answer, which vllm does not; choose the "
            "transformers or the openvino engine, or leave the calculator out"
        )
    if engine == "openvino" or precision == "int8":
        from netgain.generate.openvino_engine import require_openvino

        require_openvino()
    elif engine == "vllm":
        from netgain.generate.vllm_engine import require_vllm

        require_vllm()


def _transformers(model: Any, renderer: Renderer, precision: str) -> Sampler:
    from netgain.generate.transformers_engine import TransformersSampler

    return TransformersSampler(model, renderer)


def _openvino(model: Any, renderer: Renderer, precision: str) -> Sampler:
    from netgain.generate.openvino_engine import OpenVinoSampler

    cache = min(8, max(1, psutil.virtual_memory().total // (4 * GIB)))
    return OpenVinoSampler(model, renderer, precision, cache)


# The engines that take over a model which transformers has loaded.
ENGINES: Mapping[str, Callable[[Any, Renderer, str], Sampler]] = {
    "transformers": _transformers,
    "openvino": _openvino,
}
