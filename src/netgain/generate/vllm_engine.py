"""The fast engine on GPUs: vLLM, with continuous batching, prefix caching and unmerged adapters.

It gets token ids and gives token ids, so prompts are rendered, and answers decoded, as for every
other engine. Written from the source of vLLM 0.33.0 and tested against a stand-in for it; not
verified on hardware.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netgain.errors import EvaluationError, MissingDependency, ModelError
from netgain.generate.sampler import Answer, Request, Sampling, read_answer
from netgain.models.render import Renderer
from netgain.records import Prompt
from netgain.store import read_json
from netgain.wording import one_line

INSTALL = "pip install 'netgain[vllm]'"
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # what vLLM makes room for (`MaxLoRARanks`)
COLDEST, HOTTEST = 0.01, 2.0  # it quietly raises what is colder, and refuses what is hotter
DTYPES = {"bf16": "bfloat16", "fp32": "float32"}
PROBE = Prompt(messages=(("user", "What is 2 + 3?"),))


class VllmSampler:
    """Answers from a model in a folder, with an adapter beside it where one is given.

    Args:
        precision: "bf16" or "fp32". An adapter is computed in 16 bits only.

    Raises:
        MissingDependency: vLLM is not installed.
        ModelError: vLLM cannot load the model.
        EvaluationError: the adapter does not fit, changes nothing, or is asked for in fp32.
    """

    def __init__(
        self, folder: Path, adapter: Path | None, renderer: Renderer, precision: str
    ) -> None:
        vllm = require_vllm()
        self.renderer = renderer
        self.lora: Any = None
        extra: dict[str, Any] = {}
        if adapter is not None:
            if precision != "bf16":
                raise EvaluationError(
                    "vllm computes an adapter beside its base in 16 bits only; set the precision "
                    "to bf16, or choose the transformers engine for fp32"
                )
            extra = {"enable_lora": True, "max_loras": 1, "max_lora_rank": adapter_room(adapter)}
        try:
            self.llm = vllm.LLM(
                model=str(folder),
                dtype=DTYPES[precision],
                seed=0,
                trust_remote_code=False,
                enable_prefix_caching=True,
                generation_config="vllm",  # not the model's own, which may ask for penalties
                **extra,
            )
        except Exception as error:  # it raises whatever its parts do
            raise ModelError(f"vllm cannot load the model in {folder}: {_said(error)}") from error
        self.longest = int(self.llm.llm_engine.model_config.max_model_len)
        if adapter is not None:
            self._take_adapter(adapter)

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        """Answer a batch, in order; each answer carries an equal share of its wall time.

        A prompt that leaves no room for a token is answered with an error. With a pause for the
        calculator, vLLM stops at every "=", since it knows stop texts only, and goes on at once
        where no result is wanted.

        Raises:
            EvaluationError: the temperature is one that vLLM changes or refuses.
        """
        if not requests:
            return []
        if sampling.temperature and not COLDEST <= sampling.temperature <= HOTTEST:
            raise EvaluationError(
                f"vllm draws at temperatures from {COLDEST} to {HOTTEST:g}, and "
                f"{sampling.temperature:g} is asked for; choose another, or another engine"
            )
        began = time.perf_counter()
        written: list[list[int]] = [[] for _ in requests]
        answers = [
            Answer("", "error", len(r.ids), 0, 0.0, error=self._too_long(r)) for r in requests
        ]
        going = [i for i, r in enumerate(requests) if len(r.ids) < self.longest]
        while going:
            found = self._go_on([requests[i] for i in going], [written[i] for i in going], sampling)
            for i, one in zip(going, found, strict=True):
                written[i] += one.token_ids
                answers[i] = self._read(requests[i], written[i], one, sampling)
            going = [
                i
                for i, one in zip(going, found, strict=True)
                if self._goes_on(requests[i], written[i], one, sampling)
            ]
        seconds = (time.perf_counter() - began) / len(requests)
        return [replace(answer, seconds=seconds) for answer in answers]

    def _go_on(
        self, requests: Sequence[Request], written: Sequence[list[int]], sampling: Sampling
    ) -> list[Any]:
        """What vLLM adds to each answer: its `CompletionOutput`s."""
        vllm = require_vllm()
        stop = [*sampling.stop, "="] if sampling.pause else list(sampling.stop)
        settings = [
            vllm.SamplingParams(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                # another seed for each piece, or its draws would be the first one's
                seed=None if r.seed is None else r.seed + len(ids),
                max_tokens=sampling.max_new_tokens - len(ids),
                stop=stop or None,
                stop_token_ids=list(self.renderer.stop_ids),
                detokenize=bool(stop),  # its own text serves for its stop texts alone
            )
            for r, ids in zip(requests, written, strict=True)
        ]
        prompts = [
            vllm.TokensPrompt(prompt_token_ids=[*r.ids, *ids])
            for r, ids in zip(requests, written, strict=True)
        ]
        found = self.llm.generate(prompts, settings, use_tqdm=False, lora_request=self.lora)
        return [one.outputs[0] for one in found]

    def _read(self, request: Request, written: list[int], one: Any, sampling: Sampling) -> Answer:
        answer = read_answer(self.renderer, written, len(request.ids), 0.0, sampling)
        if one.finish_reason not in ("stop", "length"):
            error = f"vllm ended it with {one.finish_reason!r}"
            return replace(answer, finish_reason="error", error=error)
        if one.finish_reason == "stop" and one.stop_reason != "=":
            return replace(answer, finish_reason="stop")  # also at an end token only vLLM knows
        return answer

    def _goes_on(self, request: Request, written: list[int], one: Any, sampling: Sampling) -> bool:
        """Whether it was stopped at an "=" that asks for no result."""
        if sampling.pause is None or one.finish_reason != "stop" or not one.token_ids:
            return False
        room = min(sampling.max_new_tokens, self.longest - len(request.ids)) - len(written)
        ended = read_answer(self.renderer, written, 0, 0.0, sampling).finish_reason == "stop"
        return one.stop_reason == "=" and not ended and room > 0

    def _too_long(self, request: Request) -> str:
        return f"the prompt has {len(request.ids)} tokens, and the model takes {self.longest}"

    def _take_adapter(self, adapter: Path) -> None:
        """Load the adapter, and prove that it acts: other logits than the base alone."""
        from vllm.lora.request import LoRARequest

        before = self._first_logprobs()
        self.lora = LoRARequest(lora_name="tuned", lora_int_id=1, lora_path=str(adapter))
        try:
            after = self._first_logprobs()
        except Exception as error:
            raise EvaluationError(
                f"vllm cannot take the adapter in {adapter}: {_said(error)}"
            ) from error
        if before == after:
            raise EvaluationError(
                f"the adapter in {adapter} changes nothing: base and tuned give the same logits, "
                "so they would be one model compared with itself (was it trained at all?)"
            )

    def _first_logprobs(self) -> dict[int, float]:
        """Token id -> log-probability of the likeliest tokens after a short prompt."""
        vllm = require_vllm()
        found = self.llm.generate(
            [vllm.TokensPrompt(prompt_token_ids=self.renderer.prompt_ids(PROBE))],
            vllm.SamplingParams(temperature=0.0, max_tokens=1, logprobs=5, detokenize=False),
            use_tqdm=False,
            lora_request=self.lora,
        )
        return {token: one.logprob for token, one in found[0].outputs[0].logprobs[0].items()}


def adapter_room(adapter: Path) -> int:
    """The least rank that vLLM can make room for and that holds the adapter's.

    Raises:
        EvaluationError: the adapter has no rank, or a higher one than vLLM takes.
    """
    config = read_json(adapter / "adapter_config.json")
    config = config if isinstance(config, dict) else {}
    by_module = config.get("rank_pattern")
    ranks = [config.get("r"), *(by_module.values() if isinstance(by_module, dict) else ())]
    if not all(isinstance(r, int) and r > 0 for r in ranks):
        raise EvaluationError(f"{adapter / 'adapter_config.json'} gives no rank (r) of an adapter")
    room = next((rank for rank in RANKS if rank >= max(ranks)), None)
    if room is None:
        raise EvaluationError(
            f"the adapter in {adapter} has rank {max(ranks)}, and vllm takes {RANKS[-1]} at most; "
            "choose the transformers engine, which merges it"
        )
    return room


def require_vllm() -> Any:
    """vLLM, or one line on how to get it."""
    try:
        import vllm
    except ImportError:
        raise MissingDependency(f"the vllm engine is not installed: {INSTALL}") from None
    return vllm


def _said(error: Exception) -> str:
    return one_line(str(error))[:300] or type(error).__name__
