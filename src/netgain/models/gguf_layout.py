"""Which tensors a GGUF file must have, their names in transformers, and what it may not say.

Covers the architectures llama and qwen2. Everything that would change what the model computes and
has no place here is refused by name, since quietly leaving it out would make another model.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import ModelError
from netgain.models.gguf_header import PLAIN, Array, Gguf, read_header
from netgain.wording import one_line

ARCHITECTURES = ("llama", "qwen2")
MOST_LAYERS = 1_000
ROPE_FACTORS = "rope_freqs.weight"
# Ways to split text before merging that transformers knows by these names, or that change nothing.
SPLITS = frozenset(
    {"", "default", "gpt-2", "smollm", "qwen2", "llama3", "llama-v3", "llama-bpe", "tekken",
     "deepseek-r1-qwen", "falcon3", "dbrx", "smaug-bpe", "gpt-4o", "llama4"}
)  # fmt: skip
# Whatever else a file says of its architecture in these words would change what it computes.
UNHEEDED = ("expert", "sliding_window", "logit_scale", "softcapping", "clamp", "alibi",
            "residual_scale", "embedding_scale", "ssm", "swin", "causal")  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """The sizes of a decoder. `width` is that of one head."""

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    width: int
    vocabulary: int


def shape_of(file: Gguf) -> Shape:
    """The sizes that a file's metadata gives, checked against each other.

    Raises:
        ModelError: its architecture is not known here, or its metadata makes no sense.
    """
    kind = file.text("general.architecture")
    if file.text("general.type") not in ("", "model"):
        raise ModelError(f"{file.path} holds no model but {one_line(file.text('general.type'))!r}")
    if kind not in ARCHITECTURES:
        raise ModelError(
            f"{file.path} is of the architecture {one_line(kind)[:60]!r}; only "
            f"{' and '.join(ARCHITECTURES)} are unpacked here, so give the model's folder instead"
        )
    _refuse_unheeded(file, kind)
    hidden, heads = (
        file.count(f"{kind}.embedding_length"),
        file.count(f"{kind}.attention.head_count"),
    )
    layers = file.count(f"{kind}.block_count")
    kv = file.count(f"{kind}.attention.head_count_kv", heads)
    if hidden % heads or heads % kv or layers > MOST_LAYERS:
        raise ModelError(
            f"{file.path} says what makes no sense: {layers} layers of {heads} heads ({kv} for "
            f"keys) for {hidden} values"
        )
    width = hidden // heads
    for key in ("rope.dimension_count", "attention.key_length", "attention.value_length"):
        if file.count(f"{kind}.{key}", width) != width:
            raise ModelError(f"{file.path} has a {kind}.{key} other than {width}, not known here")
    _positive(file, f"{kind}.attention.layer_norm_rms_epsilon", None)
    _positive(file, f"{kind}.rope.freq_base", 10_000.0)
    file.count(f"{kind}.context_length")
    return Shape(
        layers, hidden, file.count(f"{kind}.feed_forward_length"), heads, kv, width,
        _vocabulary(file),
    )  # fmt: skip


def _positive(file: Gguf, key: str, default: float | None) -> None:
    found = file.said.get(key, default)
    if not isinstance(found, float) or not math.isfinite(found) or found <= 0:
        raise ModelError(f"{file.path} has no usable {key} in its metadata ({found!r:.80})")


def _refuse_unheeded(file: Gguf, kind: str) -> None:
    for key, value in file.said.items():
        if not key.startswith(f"{kind}.") or value in (0, 0.0, False, "", "none"):
            continue
        setting = key.removeprefix(f"{kind}.")
        scaled = setting.startswith("rope.scaling.") and not (
            setting.endswith("factor") and value == 1.0
        )
        if (scaled and setting.endswith(("type", "factor"))) or any(
            word in setting for word in UNHEEDED
        ):
            raise ModelError(
                f"{file.path} sets {one_line(key)} = {value!r:.60}, which is not known here; give "
                "the model's folder instead"
            )


def _vocabulary(file: Gguf) -> int:
    """How many tokens there are; the tokenizer has to be whole."""
    tokens, model = file.said.get("tokenizer.ggml.tokens"), file.text("tokenizer.ggml.model")
    if not isinstance(tokens, Array) or not tokens.texts or not tokens.length:
        raise ModelError(f"{file.path} has no tokenizer (tokenizer.ggml.tokens) in it")
    if model not in ("gpt2", "llama"):
        raise ModelError(
            f"{file.path} has a tokenizer of the unknown kind {one_line(model)[:60]!r}"
        )
    needed = "merges" if model == "gpt2" else "scores"
    if not isinstance(file.said.get(f"tokenizer.ggml.{needed}"), Array):
        raise ModelError(
            f"{file.path} has no tokenizer.ggml.{needed}, so its tokenizer is not whole"
        )
    split = file.text("tokenizer.ggml.pre")
    if model == "gpt2" and split not in SPLITS:
        raise ModelError(
            f"{file.path} has a tokenizer that splits text as {one_line(split)[:60]!r}, which is "
            "not known here"
        )
    for name in ("bos", "eos", "padding", "unknown"):
        key = f"tokenizer.ggml.{name}_token_id"
        found = file.said.get(key, None if name == "eos" else 0)
        if not isinstance(found, int) or not 0 <= found < tokens.length:
            raise ModelError(f"{file.path} has no usable {key} ({found!r:.60})")
    return tokens.length


def gguf_sizes(path: Path) -> dict[str, Any]:
    """The sizes of the model in a GGUF file, by their names in a config.json.

    Raises:
        ModelError: it is no such file, or of no architecture that is known here.
    """
    file = read_header(path)
    shape = shape_of(file)
    return {
        "num_hidden_layers": shape.layers, "hidden_size": shape.hidden,
        "intermediate_size": shape.inner, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "vocab_size": shape.vocabulary,
        "tie_word_embeddings": "output.weight" not in file.tensors,
    }  # fmt: skip


def tensor_names(file: Gguf, shape: Shape) -> dict[str, str]:
    """By each tensor's name in transformers, its name in the file.

    Raises:
        ModelError: a tensor is missing, left over or of another shape.
    """
    wanted = _wanted(shape, file.text("general.architecture") == "qwen2")
    if "output.weight" not in file.tensors:  # tied to the embeddings
        del wanted["output.weight"]
    for name, (_, size) in wanted.items():
        if name not in file.tensors:
            raise ModelError(f"{file.path} lacks the tensor {name}; fetch it again")
        if (found := file.tensors[name].shape) != size:
            raise ModelError(f"{file.path} has the tensor {name} as {found}, and not as {size}")
    left = [name for name in file.tensors if name not in wanted and name != ROPE_FACTORS]
    if left:
        raise ModelError(
            f"{file.path} has a tensor that a {file.text('general.architecture')} model has no "
            f"place for: {one_line(left[0])}"
        )
    return {ours: name for name, (ours, _) in wanted.items()}


def _wanted(shape: Shape, biases: bool) -> dict[str, tuple[str, tuple[int, ...]]]:
    hidden, inner = shape.hidden, shape.inner
    queries, keys = shape.heads * shape.width, shape.kv_heads * shape.width
    found: dict[str, tuple[str, tuple[int, ...]]] = {
        "token_embd.weight": ("model.embed_tokens.weight", (shape.vocabulary, hidden)),
        "output.weight": ("lm_head.weight", (shape.vocabulary, hidden)),
        "output_norm.weight": ("model.norm.weight", (hidden,)),
    }
    parts: dict[str, tuple[str, tuple[int, ...]]] = {
        "attn_norm.weight": ("input_layernorm.weight", (hidden,)),
        "ffn_norm.weight": ("post_attention_layernorm.weight", (hidden,)),
        "attn_q.weight": ("self_attn.q_proj.weight", (queries, hidden)),
        "attn_k.weight": ("self_attn.k_proj.weight", (keys, hidden)),
        "attn_v.weight": ("self_attn.v_proj.weight", (keys, hidden)),
        "attn_output.weight": ("self_attn.o_proj.weight", (hidden, queries)),
        "ffn_gate.weight": ("mlp.gate_proj.weight", (inner, hidden)),
        "ffn_up.weight": ("mlp.up_proj.weight", (inner, hidden)),
        "ffn_down.weight": ("mlp.down_proj.weight", (hidden, inner)),
    }
    if biases:
        parts |= {
            "attn_q.bias": ("self_attn.q_proj.bias", (queries,)),
            "attn_k.bias": ("self_attn.k_proj.bias", (keys,)),
            "attn_v.bias": ("self_attn.v_proj.bias", (keys,)),
        }
    for layer in range(shape.layers):
        for name, (ours, size) in parts.items():
            found[f"blk.{layer}.{name}"] = (f"model.layers.{layer}.{ours}", size)
    return found


# Llama 3.1 and 3.2 stretch their rotary positions; the file holds only what comes of it.
LLAMA3 = tuple(
    {"rope_type": "llama3", "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
     "original_max_position_embeddings": 8192}
    for factor in (8.0, 32.0)
)  # fmt: skip


def llama3_rope(factors: Any, base: float, width: int) -> Mapping[str, Any] | None:
    """The settings of Llama 3.x that give these factors of a head's frequencies, if any do.

    Source: llama.cpp's convert_hf_to_gguf.py, which computes them so.
    """
    for settings in LLAMA3:
        whole, stretch = 8192, settings["factor"]
        expected = []
        for i in range(width // 2):
            wave = 2 * math.pi * base ** (2 * i / width)
            smooth = min(1.0, max(0.0, (whole / wave - 1) / 3))
            expected.append(1 / ((1 - smooth) / stretch + smooth))
        if len(factors) == len(expected) and all(
            math.isclose(a, b, rel_tol=1e-4) for a, b in zip(factors, expected, strict=True)
        ):
            return {**settings, "rope_theta": base}
    return None


def storage_name(file: Gguf, names: Mapping[int, str]) -> str:
    """How the weights are stored, as "Q4_K_M": what the file says, or what most of it is.

    Args:
        names: the format's names of file types, by their numbers.
    """
    sizes: Counter[str] = Counter()
    for tensor in file.tensors.values():
        if len(tensor.shape) > 1:
            sizes[tensor.kind] += math.prod(tensor.shape)
    most = sizes.most_common(1)[0][0] if sizes else "F32"
    said = names.get(file.said.get("general.file_type", -1), "")
    # A file that calls itself unquantised, and is not, is believed in what it is.
    if not said or (said in PLAIN and set(sizes) - PLAIN) or (most in PLAIN) != (said in PLAIN):
        return most
    return said
