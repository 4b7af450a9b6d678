"""The engines there are, by name, and how each takes over a loaded model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from netgain.generate.render import Renderer
from netgain.generate.sampler import Sampler

GIB = 2**30


def load_sampler(
    engine: str,
    renderer: Renderer,
    precision: str,
    base: Path,
    adapter: Path | None,
    probe_ids: list[int],
) -> Sampler:
    """A sampler for the base model, or for base and adapter merged where one is given.

    Args:
        engine: a name in `ENGINES`.
        precision: "fp32" or "bf16", what is computed in.
        probe_ids: token ids of a prompt, on which the adapter is proved to act.

    Raises:
        MissingDependency: the engine is not installed.
        ModelError: the model cannot be loaded, or the engine cannot take it.
        EvaluationError: the adapter does not fit or changes nothing.
    """
    from netgain.generate.loading import load_model, load_tuned

    # An engine that keeps its own copy is given the weights unrounded.
    loaded_in = precision if engine == "transformers" else "fp32"
    if adapter is None:
        model = load_model(base, loaded_in)
    else:
        model = load_tuned(base, adapter, loaded_in, probe_ids)
    return ENGINES[engine](model, renderer, precision)


def _transformers(model: Any, renderer: Renderer, precision: str) -> Sampler:
    from netgain.generate.transformers_engine import TransformersSampler

    return TransformersSampler(model, renderer)


def _openvino(model: Any, renderer: Renderer, precision: str) -> Sampler:
    from netgain.generate.openvino_engine import OpenVinoSampler

    cache = min(8, max(1, psutil.virtual_memory().total // (4 * GIB)))
    return OpenVinoSampler(model, renderer, precision, cache)


ENGINES: Mapping[str, Callable[[Any, Renderer, str], Sampler]] = {
    "transformers": _transformers,
    "openvino": _openvino,
}
