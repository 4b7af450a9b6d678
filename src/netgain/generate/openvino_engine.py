"""The fast engine on CPUs: OpenVINO GenAI, with continuous batching and prefix caching.

It gets token ids and gives token ids, so prompts are rendered, and answers decoded, as for every
other engine. The model is handed over as GGUF, written from the very weights that transformers
loaded (the tuned model merged in fp32).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netgain.errors import MissingDependency
from netgain.generate.gguf_export import write_gguf
from netgain.generate.render import Renderer
from netgain.generate.sampler import Answer, read_answer

INSTALL = "pip install 'netgain[openvino]'"
MOST_SEQUENCES = 128  # decoded at once; more gain nothing on the CPUs it was tried on
BATCHED_TOKENS = 4096  # prompt tokens read in one step


class OpenVinoSampler:
    """Greedy answers from a model handed over as GGUF."""

    def __init__(self, model: Any, renderer: Renderer, precision: str, cache_gib: int) -> None:
        genai = require_openvino()
        self.renderer = renderer
        scheduler = genai.SchedulerConfig()
        scheduler.cache_size = cache_gib
        scheduler.enable_prefix_caching = True
        scheduler.max_num_seqs = MOST_SEQUENCES
        scheduler.max_num_batched_tokens = BATCHED_TOKENS
        hints = {"fp32": "f32", "bf16": "bf16"}
        with tempfile.TemporaryDirectory(prefix="netgain-") as folder:
            path = Path(folder) / "model.gguf"
            write_gguf(model, path)
            self.pipeline = genai.ContinuousBatchingPipeline(
                str(path), _no_tokenizer(genai, Path(folder)), scheduler, "CPU",
                INFERENCE_PRECISION_HINT=hints[precision],
                KV_CACHE_PRECISION="f32" if precision == "fp32" else "bf16",
            )  # fmt: skip

    def generate(self, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> list[Answer]:
        """Answer all prompts together; each carries an equal share of the wall time."""
        import numpy as np
        import openvino

        began = time.perf_counter()
        config = self._config(max_new_tokens)
        found = self.pipeline.generate(
            [openvino.Tensor(np.array([ids], dtype=np.int64)) for ids in prompts],
            [config] * len(prompts),
        )
        seconds = (time.perf_counter() - began) / len(prompts)
        return [
            read_answer(self.renderer, list(one.m_generation_ids[0]), len(ids), seconds)
            for one, ids in zip(found, prompts, strict=True)
        ]

    def _config(self, max_new_tokens: int) -> Any:
        genai = require_openvino()
        config = genai.GenerationConfig()
        config.max_new_tokens = max_new_tokens
        config.do_sample = False
        config.apply_chat_template = False
        config.stop_token_ids = set(self.renderer.stop_ids)
        config.set_eos_token_id(self.renderer.end_id)
        return config


def require_openvino() -> Any:
    """OpenVINO GenAI, or one line on how to get it."""
    try:
        import openvino_genai
    except ImportError:
        raise MissingDependency(f"the openvino engine is not installed: {INSTALL}") from None
    return openvino_genai


def _no_tokenizer(genai: Any, folder: Path) -> Any:
    """A tokenizer of two tokens: a pipeline insists on one, and is only given ids."""
    import openvino
    from openvino_tokenizers import convert_tokenizer
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = Tokenizer(models.BPE(vocab={"<e>": 0, "a": 1}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    fast: Any = PreTrainedTokenizerFast
    wrapped = fast(tokenizer_object=letters, eos_token="<e>", pad_token="<e>")
    for name, converted in zip(
        ("tokenizer", "detokenizer"), convert_tokenizer(wrapped, with_detokenizer=True), strict=True
    ):
        openvino.save_model(converted, folder / f"openvino_{name}.xml")
    return genai.Tokenizer(str(folder))
