"""Tiny GGUF files of random weights: Llama and Qwen2, in any storage that can be written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from conftest import CHATML, make_tokenizer

HIDDEN, INNER, HEADS, KV_HEADS, LAYERS = 64, 96, 4, 2, 2


@lru_cache(maxsize=1)
def vocabulary() -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Tokens, merges and kinds of tokens of the tests' tokenizer, as GGUF keeps them."""
    said = json.loads(make_tokenizer()._tokenizer.to_str())
    by_id = sorted(said["model"]["vocab"].items(), key=lambda item: item[1])
    merges = tuple(" ".join(pair) for pair in said["model"]["merges"])
    special = {token["content"] for token in said["added_tokens"]}
    return tuple(t for t, _ in by_id), merges, tuple(3 if t in special else 1 for t, _ in by_id)


def tiny_gguf(
    path: Path,
    kind: str = "llama",
    storage: str = "F16",
    tied: bool = True,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    tensors: Callable[[dict[str, Any]], None] = lambda _: None,
    rows: int | None = None,
) -> Path:
    """Write one.

    Args:
        settings: texts, numbers or lists to set instead, by their keys; None leaves a key out.
        tensors: changes the fp32 tensors, by their names in the file, before they are stored.
        rows: of the embeddings, if not as many as there are tokens.
    """
    import gguf
    import numpy as np

    tokens, merges, kinds = vocabulary()
    said: dict[str, Any] = {
        f"{kind}.block_count": LAYERS, f"{kind}.context_length": 512,
        f"{kind}.embedding_length": HIDDEN, f"{kind}.feed_forward_length": INNER,
        f"{kind}.attention.head_count": HEADS, f"{kind}.attention.head_count_kv": KV_HEADS,
        f"{kind}.attention.layer_norm_rms_epsilon": 1e-5, f"{kind}.rope.freq_base": 10_000.0,
        "general.name": f"Tiny {kind}", "general.file_type": FILE_TYPES[storage],
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": list(tokens), "tokenizer.ggml.merges": list(merges),
        "tokenizer.ggml.token_type": list(kinds),
        "tokenizer.ggml.eos_token_id": tokens.index("<|im_end|>"),
        "tokenizer.ggml.padding_token_id": tokens.index("<|endoftext|>"),
        "tokenizer.ggml.bos_token_id": tokens.index("<|endoftext|>"),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHATML,
        **(settings or {}),
    }  # fmt: skip
    if kind == "llama":
        said.setdefault("llama.rope.dimension_count", HIDDEN // HEADS)
    writer = gguf.GGUFWriter(path, kind)
    for key, value in said.items():
        _add(writer, key, value)
    made = _tensors(kind, tied, rows or len(tokens), np.random.default_rng(seed))
    tensors(made)
    type_ = gguf.GGMLQuantizationType[storage]
    for name, values in made.items():
        if values.ndim == 2 and storage != "F32" and values.shape[1] % 32 == 0:
            writer.add_tensor(name, gguf.quants.quantize(values, type_), raw_dtype=type_)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


FILE_TYPES = {"F32": 0, "F16": 1, "BF16": 32, "Q4_0": 2, "Q4_1": 3, "Q5_0": 8, "Q5_1": 9, "Q8_0": 7}


def _add(writer: Any, key: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        (writer.add_uint32 if 0 <= value < 2**32 else writer.add_int64)(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)


def _tensors(kind: str, tied: bool, vocabulary: int, rng: Any) -> dict[str, Any]:
    import numpy as np

    keys = HIDDEN // HEADS * KV_HEADS
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (vocabulary, HIDDEN)}
    if not tied:
        shapes["output.weight"] = (vocabulary, HIDDEN)
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.{name}": shape
            for name, shape in {
                "attn_norm.weight": (HIDDEN,), "ffn_norm.weight": (HIDDEN,),
                "attn_q.weight": (HIDDEN, HIDDEN), "attn_k.weight": (keys, HIDDEN),
                "attn_v.weight": (keys, HIDDEN), "attn_output.weight": (HIDDEN, HIDDEN),
                "ffn_gate.weight": (INNER, HIDDEN), "ffn_up.weight": (INNER, HIDDEN),
                "ffn_down.weight": (HIDDEN, INNER),
            }.items()
        }  # fmt: skip
        if kind == "qwen2":
            shapes |= {
                f"blk.{layer}.attn_q.bias": (HIDDEN,), f"blk.{layer}.attn_k.bias": (keys,),
                f"blk.{layer}.attn_v.bias": (keys,),
            }  # fmt: skip
    shapes["output_norm.weight"] = (HIDDEN,)
    scale = {1: 1.0, 2: 0.2}
    return {
        name: (rng.standard_normal(shape) * scale[len(shape)]).astype(np.float32)
        for name, shape in shapes.items()
    }
