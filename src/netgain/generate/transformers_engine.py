"""The engine that is always there: transformers' own greedy decoding of padded batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from netgain.generate.render import Renderer
from netgain.generate.sampler import Answer, read_answer


class TransformersSampler:
    """Greedy answers from a loaded model. Left-padded static batches."""

    def __init__(self, model: Any, renderer: Renderer) -> None:
        self.model = model
        self.renderer = renderer

    def generate(self, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> list[Answer]:
        """Answer a batch; each answer carries an equal share of the batch's wall time."""
        import torch

        tokenizer = self.renderer.tokenizer
        began = time.perf_counter()
        width = max(len(ids) for ids in prompts)
        pad = tokenizer.pad_token_id
        padded = [[pad] * (width - len(ids)) + list(ids) for ids in prompts]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts]
        device = self.model.device
        with torch.inference_mode():
            whole = self.model.generate(
                input_ids=torch.tensor(padded, device=device),
                attention_mask=torch.tensor(mask, device=device),
                generation_config=self._config(max_new_tokens),
            )
        rows = whole[:, width:].tolist()
        seconds = (time.perf_counter() - began) / len(prompts)
        return [
            read_answer(self.renderer, row, len(ids), seconds)
            for row, ids in zip(rows, prompts, strict=True)
        ]

    def _config(self, max_new_tokens: int) -> Any:
        """A configuration of our own: a model's saved one may ask for sampling or penalties."""
        from transformers import GenerationConfig

        return GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=max_new_tokens,
            do_sample=False,
            num_beams=1,
            eos_token_id=list(self.renderer.stop_ids),
            pad_token_id=self.renderer.tokenizer.pad_token_id,
        )
