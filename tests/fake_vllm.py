"""A stand-in for vLLM: the part of its interface that netgain uses, as strict as the real one.

Signatures and semantics are those of the source of vLLM 0.33.0: `entrypoints/llm.py` (LLM),
`sampling_params.py`, `lora/request.py`, `config/lora.py` (ranks), `v1/engine/detokenizer.py` (stop
texts; which token ids are kept), `v1/core/sched/utils.py` (stop tokens, limits) and
`v1/engine/input_processor.py` (prompts that are too long). What a model says is a script.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

ENGINE_ARGUMENTS = {
    "tokenizer", "trust_remote_code", "dtype", "seed", "gpu_memory_utilization", "enforce_eager",
    "max_model_len", "enable_prefix_caching", "generation_config", "enable_lora", "max_loras",
    "max_lora_rank",
}  # fmt: skip


@dataclass
class SamplingParams:
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: str | list[str] | None = None
    stop_token_ids: list[int] | None = None
    ignore_eos: bool = False
    max_tokens: int | None = 16
    logprobs: int | None = None
    detokenize: bool = True
    skip_special_tokens: bool = True
    include_stop_str_in_output: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 2:
            raise ValueError("temperature must be in [0, 2]")
        if not 0 < self.top_p <= 1:
            raise ValueError("top_p must be in (0, 1]")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ValueError("max_tokens must be at least 1")
        if self.stop and not self.detokenize:
            raise ValueError("stop strings are only supported when detokenize is True")
        if any(not text for text in self.stop or ()):
            raise ValueError("stop cannot contain an empty string")


@dataclass
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str = ""

    def __post_init__(self) -> None:
        if self.lora_int_id < 1:
            raise ValueError("id must be > 0")
        assert self.lora_path, "lora_path cannot be empty"


@dataclass
class CompletionOutput:
    index: int
    text: str
    token_ids: Sequence[int]
    finish_reason: str | None = None
    stop_reason: int | str | None = None
    logprobs: list[dict[int, Any]] | None = None


@dataclass
class Script:
    """What the model writes after a prompt, with and without an adapter: token ids by prompt."""

    tokenizer: Any
    eos: int  # the end token that vLLM reads from the model's folder
    base: dict[tuple[int, ...], list[int]] = field(default_factory=dict)
    tuned: dict[tuple[int, ...], list[int]] = field(default_factory=dict)
    max_model_len: int = 512
    adapter_acts: bool = True
    engines: list[Any] = field(default_factory=list)  # every LLM that was made


def fake_vllm(script: Script) -> dict[str, ModuleType]:
    """The modules to put into `sys.modules`."""

    class LLM:
        def __init__(self, model: str, **settings: Any) -> None:
            unknown = set(settings) - ENGINE_ARGUMENTS
            if unknown:
                raise TypeError(f"unexpected keyword arguments {unknown}")
            if settings.get("max_lora_rank", 16) not in (1, 8, 16, 32, 64, 128, 256, 320, 512):
                raise ValueError("max_lora_rank is none of the allowed ones")
            if not Path(model).is_dir():
                raise OSError(f"{model} is not a folder")
            self.model, self.settings = model, settings
            self.llm_engine = SimpleNamespace(
                model_config=SimpleNamespace(max_model_len=script.max_model_len)
            )
            self.calls: list[tuple[list[Any], Any]] = []
            script.engines.append(self)

        def generate(
            self,
            prompts: Any,
            sampling_params: Any = None,
            *,
            use_tqdm: bool = True,
            lora_request: Any = None,
        ) -> list[Any]:
            params = sampling_params if isinstance(sampling_params, list) else None
            params = params or [sampling_params] * len(prompts)
            if len(params) != len(prompts):
                raise ValueError("The lengths of prompts and sampling_params must be the same.")
            self._check_adapter(lora_request)
            self.calls.append((prompts, params))
            rows = [p["prompt_token_ids"] for p in prompts]
            for ids in rows:
                if not 0 < len(ids) < script.max_model_len:
                    raise ValueError("the prompt is empty or longer than the maximum model length")
            return [
                SimpleNamespace(prompt_token_ids=ids, outputs=[_complete(script, ids, p, lora)])
                for ids, p in zip(rows, params, strict=True)
                for lora in [lora_request is not None]
            ]

        def _check_adapter(self, lora_request: Any) -> None:
            if lora_request is None:
                return
            if not self.settings.get("enable_lora"):
                raise ValueError("Got lora_request but LoRA is not enabled!")
            assert self.settings["dtype"] in ("float16", "bfloat16"), "the kernels are 16 bits"
            config = json.loads((Path(lora_request.lora_path) / "adapter_config.json").read_text())
            if config["r"] > self.settings.get("max_lora_rank", 16):
                raise ValueError(f"LoRA rank {config['r']} is greater than max_lora_rank")
            if config.get("use_dora"):
                raise ValueError("vLLM does not yet support DoRA.")

    vllm, lora, request = (ModuleType(n) for n in ("vllm", "vllm.lora", "vllm.lora.request"))
    vllm.LLM, vllm.SamplingParams, vllm.TokensPrompt = LLM, SamplingParams, dict
    request.LoRARequest = LoRARequest
    return {"vllm": vllm, "vllm.lora": lora, "vllm.lora.request": request}


def _complete(script: Script, ids: list[int], params: Any, tuned: bool) -> CompletionOutput:
    """Token by token: an end token, then the limits, then stop texts, as vLLM checks them."""
    written: list[int] = []
    text = ""
    stops = {*(params.stop_token_ids or ()), script.eos}
    for token in _rest(script, ids, tuned):
        written.append(token)
        if token in stops:
            why = None if token == script.eos else token
            return _output(script, text, written, "stop", why, params, tuned)
        if params.detokenize:
            text = script.tokenizer.decode(written, skip_special_tokens=True)
            found = [(text.find(s), s) for s in params.stop or () if s in text]
            if found:
                at, stop = min(found)
                return _output(script, text[:at], written, "stop", stop, params, tuned)
        if len(ids) + len(written) >= script.max_model_len or len(written) >= params.max_tokens:
            break
    return _output(script, text, written, "length", None, params, tuned)


def _rest(script: Script, ids: list[int], tuned: bool) -> list[int]:
    """What is left of the script for this prompt, of which a part may be in the prompt already."""
    known = script.tuned if tuned and script.adapter_acts else script.base
    for prompt, whole in known.items():
        done = len(ids) - len(prompt)
        if tuple(ids[: len(prompt)]) == prompt and ids[len(prompt) :] == whole[:done]:
            return whole[done:]
    return [script.eos]


def _output(
    script: Script, text: str, ids: list[int], finish: str, why: Any, params: Any, tuned: bool
) -> CompletionOutput:
    logprobs = None
    if params.logprobs is not None:
        first = -1.0 if tuned and script.adapter_acts else -2.0
        logprobs = [{token: SimpleNamespace(logprob=first, rank=1)} for token in ids]
    return CompletionOutput(0, text, ids, finish, why, logprobs)
