"""The fast engine on CPUs: OpenVINO GenAI, with continuous batching and prefix caching.

It gets token ids and gives token ids, so prompts are rendered, and answers decoded, as for every
other engine. The model is handed over as GGUF, written from the very weights that transformers
loaded (the tuned model merged in fp32). Its loop is driven here, a step a token: that is how a
text can end an answer, and how no answer is begun that the cache could not hold to its end.
"""

import ctypes
import importlib.util
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netgain.errors import EvaluationError, MissingDependency
from netgain.generate.sampler import (
    Answer,
    Request,
    Sampling,
    StopWatch,
    Tell,
    common_prefix,
    read_answer,
)
from netgain.models.gguf_export import unsupported, write_gguf
from netgain.models.render import Renderer
from netgain.store import read_json, storage_errors

INSTALL = "pip install 'netgain[openvino]'"
NEEDED = ("openvino", "openvino_genai", "openvino_tokenizers", "gguf")
MOST_SEQUENCES = 256  # decoded at once
BATCHED_TOKENS = 4096  # prompt tokens read in one step
BLOCK = 32  # tokens in a block of the cache, as GenAI has it on CPUs
# Enough for 256 answers of 512 tokens with their prompts. Finished prompts are kept until the
# cache is full, so a larger one would take more memory for little more speed.
CACHE_TOKENS = 131_072
# Each number of tokens in a step has kernels of its own, a megabyte and more; by default 5,000 of
# them are kept, which took gigabytes in long evaluations. Fewer cost no time that was seen.
KEPT_KERNELS = 256
_SS_DISABLE = 2  # of sigaltstack(2) on Linux
# What is computed in, and what keys and values are kept in. Weights are fp16, or int8 for "int8".
PRECISIONS = {"fp32": ("f32", "f32"), "bf16": ("bf16", "bf16"), "int8": ("bf16", "bf16")}


def why_not(folder: Path) -> str | None:
    """Why this engine cannot serve the model in `folder`; None where it can.

    Looks at what is installed and at config.json, and loads nothing.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return f"{missing[0]} is not installed: {INSTALL}"
    return unsupported(read_json(folder / "config.json"))


@dataclass
class _Going:
    """An answer that is being generated."""

    index: int
    handle: Any
    watch: StopWatch
    blocks: int  # of the cache that it may come to fill
    row: list[int] = field(default_factory=list)


class OpenVinoSampler:
    """Answers from a model handed over as GGUF.

    Args:
        precision: "fp32" or "bf16", or "int8" for weights of 8 bits computed in bf16.
        cache_gib: the most memory that prompts and answers may take.
    """

    def __init__(self, model: Any, renderer: Renderer, precision: str, cache_gib: float) -> None:
        genai = require_openvino()
        self.renderer = renderer
        computed_in, kept_in = PRECISIONS[precision]
        block_bytes = BLOCK * token_bytes(model.config, 4 if kept_in == "f32" else 2)
        self.blocks = min(CACHE_TOKENS // BLOCK, int(cache_gib * 2**30 // block_bytes))
        scheduler = genai.SchedulerConfig()
        scheduler.num_kv_blocks = self.blocks
        scheduler.enable_prefix_caching = True
        scheduler.max_num_seqs = MOST_SEQUENCES
        scheduler.max_num_batched_tokens = BATCHED_TOKENS
        with tempfile.TemporaryDirectory(prefix="netgain-") as folder:
            path = Path(folder) / "model.gguf"
            with storage_errors(path, "set TMPDIR to a folder with room for the model"):
                write_gguf(model, path, int8=precision == "int8")
            with interrupts_held_back():
                self.pipeline = genai.ContinuousBatchingPipeline(
                    str(path), _no_tokenizer(genai, Path(folder)), scheduler, "CPU",
                    INFERENCE_PRECISION_HINT=computed_in, KV_CACHE_PRECISION=kept_in,
                    CPU_RUNTIME_CACHE_CAPACITY=KEPT_KERNELS, **_threads(),
                )  # fmt: skip

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
        """Answer all; each answer carries an equal share of the wall time.

        An answer's draws depend on its seed alone. What rounding does to its logits depends a
        little on what it is computed with, so in bf16 a near tie may fall another way.

        Raises:
            EvaluationError: an answer is to be drawn without a seed, or the cache ran out.
        """
        if not requests:
            return []
        began = time.perf_counter()
        rows = _Unit(self, requests, sampling).answer(tell)
        seconds = (time.perf_counter() - began) / len(requests)
        return [
            self._too_long(request, seconds, sampling)
            if row is None
            else read_answer(self.renderer, row, len(request.ids), seconds, sampling)
            for request, row in zip(requests, rows, strict=True)
        ]

    def _too_long(self, request: Request, seconds: float, sampling: Sampling) -> Answer:
        return Answer(
            text="", finish_reason="error", prompt_tokens=len(request.ids), completion_tokens=0,
            seconds=seconds,
            error=f"a prompt of {len(request.ids)} tokens and an answer of up to "
            f"{sampling.max_new_tokens} do not fit into the engine's cache of "
            f"{self.blocks * BLOCK} tokens",
        )  # fmt: skip


class _Unit:
    """The requests of one call, on their way through the pipeline."""

    def __init__(
        self, sampler: OpenVinoSampler, requests: Sequence[Request], sampling: Sampling
    ) -> None:
        if sampling.temperature > 0 and any(r.seed is None for r in requests):
            raise EvaluationError("an answer that is drawn needs a seed, and a request has none")
        self.pipeline = sampler.pipeline
        self.renderer = sampler.renderer
        self.requests = requests
        self.sampling = sampling
        # What all prompts begin with is in the cache once.
        self.shared = len(common_prefix([r.ids for r in requests])) // BLOCK
        self.room = sampler.blocks - self.shared
        self.going: list[_Going] = []
        self.rows: list[list[int] | None] = [None] * len(requests)
        fits = (i for i in range(len(requests)) if self._blocks(i) <= self.room)
        self.waiting = list(fits)
        self.unread: set[tuple[int, ...]] = set()  # prompts that are just being read
        self.written = 0  # tokens, of all answers
        self.alone = self.shared > 0  # the first prompt, so that the others find it in the cache

    def answer(self, tell: Tell | None) -> list[list[int] | None]:
        """The generated token ids of each request; None where it does not fit into the cache."""
        try:
            while self.waiting or self.going:
                before, written = len(self.going), self.written
                with interrupts_held_back():
                    before += self._admit()
                    self.pipeline.step()
                    self.going = [one for one in self.going if self._goes_on(one)]
                if tell is not None:
                    tell(before - len(self.going), self.written - written)
        finally:
            with interrupts_held_back():
                for one in self.going:
                    one.handle.stop()
                while self.pipeline.has_non_finished_requests():
                    self.pipeline.step()
        return self.rows

    def _admit(self) -> int:
        """Begin the answers that there is room for, and count them.

        One whose prompt is just being read waits.
        """
        left = []
        going = len(self.going)
        for place, index in enumerate(self.waiting):
            full = len(self.going) >= MOST_SEQUENCES or (self.alone and self.going)
            if full:
                left += self.waiting[place:]
                break
            ids, blocks = self.requests[index].ids, self._blocks(index)
            if ids in self.unread or blocks > self.room:
                left.append(index)
            else:
                self._begin(index, blocks)
                self.unread.add(ids)
        self.waiting = left
        return len(self.going) - going

    def _begin(self, index: int, blocks: int) -> None:
        import numpy as np
        import openvino

        request = self.requests[index]
        ids = openvino.Tensor(np.array([request.ids], dtype=np.int64))
        handle = self.pipeline.add_request(index, ids, self._config(request.seed))
        watch = StopWatch(self.renderer.tokenizer, self.sampling)
        self.going.append(_Going(index, handle, watch, blocks))
        self.room -= blocks

    def _goes_on(self, one: _Going) -> bool:
        """Take in what was generated; False, with its room given back, where the answer ended."""
        ended = False
        if one.handle.can_read():
            self.alone = False
            self.unread.discard(self.requests[one.index].ids)
            for output in one.handle.read().values():
                for token in output.generated_ids:
                    self.written += 1
                    one.row.append(token)
                    ended = ended or one.watch.ended(one.row)
        status = one.handle.get_status().name
        if status == "RUNNING" and not ended:
            return True
        if status == "IGNORED":
            raise EvaluationError(
                "OpenVINO's cache ran out in the middle of an answer; lower "
                "evaluate.max_new_tokens, or use evaluate.engine: transformers"
            )
        if status == "RUNNING":
            one.handle.stop()
        self.rows[one.index] = one.row
        self.room += one.blocks
        return False

    def _blocks(self, index: int) -> int:
        tokens = len(self.requests[index].ids) + self.sampling.max_new_tokens
        return -(-tokens // BLOCK) - self.shared

    def _config(self, seed: int | None) -> Any:
        genai = require_openvino()
        config = genai.GenerationConfig()
        config.max_new_tokens = self.sampling.max_new_tokens
        config.do_sample = self.sampling.temperature > 0
        if config.do_sample:
            config.temperature = self.sampling.temperature
            config.top_p = self.sampling.top_p
            config.rng_seed = seed
        config.apply_chat_template = False
        config.stop_token_ids = set(self.renderer.stop_ids)
        config.set_eos_token_id(self.renderer.end_id)
        return config


def token_bytes(config: Any, number_bytes: int) -> int:
    """Bytes that the keys and values of one token take in the cache."""
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    return int(2 * config.num_hidden_layers * config.num_key_value_heads * width * number_bytes)


def _threads() -> dict[str, int]:
    """As many threads as a worker's share of the cores says; OpenVINO does not ask by itself."""
    share = os.environ.get("OMP_NUM_THREADS", "")
    return {"INFERENCE_NUM_THREADS": int(share)} if share.isdigit() and int(share) else {}


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """A block of OpenVINO's work in which Ctrl-C and SIGTERM wait for its end.

    An import that is interrupted fails as if the package were not there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        _handle_signals_on_the_usual_stack()
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for one in came:
            signal.raise_signal(one)


def _handle_signals_on_the_usual_stack() -> None:
    """Take back the stack for signal handlers that OpenVINO gives a thread.

    With a second model in the process it can be one that the first has given back to the system,
    and then the next signal ends in a segmentation fault.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).sigaltstack(ctypes.byref(_SignalStack(None, _SS_DISABLE, 0)), None)


class _SignalStack(ctypes.Structure):  # stack_t of sigaltstack(2)
    _fields_ = (("sp", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def require_openvino() -> Any:
    """OpenVINO GenAI, or one line on how to get it."""
    try:
        with interrupts_held_back():
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
