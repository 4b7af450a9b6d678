"""A tokenizer and its chat template -> GGUF's metadata, for programs that get text.

Covers byte-level BPE, as Llama 3, Qwen and SmolLM have it. GGUF names a way to split text and does
not carry it, so a way that has no name here is refused: the file would give other tokens.
"""

import json
from collections.abc import Mapping
from typing import Any

from netgain.errors import ModelError
from netgain.models.render import Renderer

_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Ways to split text before merging (parts of `pre_tokenizer` in tokenizer.json), by llama.cpp's
# names (`llama_vocab_pre_type` in src/llama-vocab.cpp, with the same expressions).
SPLITS: Mapping[tuple[str, ...], str] = {
    ("ByteLevel with words",): "gpt-2",
    ("Digits one by one", "ByteLevel with words"): "smollm",
    ("Split " + _WORDS % r"\p{N}", "ByteLevel"): "qwen2",
    ("Split " + _WORDS % r"\p{N}{1,3}", "ByteLevel"): "llama-bpe",
}
NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5  # types of tokens in GGUF


def split_name(tokenizer: Any) -> str:
    """What GGUF calls the way in which a transformers tokenizer splits text.

    Raises:
        ModelError: it has no name for it, or the tokenizer is of another kind.
    """
    said = _said(tokenizer)
    model, normalizer = said.get("model") or {}, said.get("normalizer")
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise ModelError(_refusal("is no byte-level BPE"))
    if normalizer is not None and normalizer.get("type") != "NFC":
        raise ModelError(_refusal("changes text before it splits it"))
    whole = said.get("pre_tokenizer") or {}
    parts = whole.get("pretokenizers") or [whole]
    name = SPLITS.get(tuple(map(_part_name, parts)))
    if name is None:
        raise ModelError(_refusal("splits text in a way that has no name here"))
    return name


def add_tokenizer(writer: Any, renderer: Renderer, vocabulary: int) -> None:
    """Put a tokenizer, its special tokens and its chat template into a GGUF writer.

    Args:
        writer: a gguf.GGUFWriter.
        vocabulary: rows of the model's embedding, of which the last may have no token.

    Raises:
        ModelError: as `split_name`.
    """
    tokenizer = renderer.tokenizer
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(split_name(tokenizer))
    said = _said(tokenizer)
    tokens = [f"[PAD{i}]" for i in range(vocabulary)]
    kinds = [UNUSED] * vocabulary
    for text, i in said["model"]["vocab"].items():
        tokens[i], kinds[i] = text, NORMAL
    for added in said["added_tokens"]:
        tokens[added["id"]] = added["content"]
        kinds[added["id"]] = CONTROL if added["special"] else USER_DEFINED
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    merges = said["model"]["merges"]
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    # What ends an answer here has to end it there.
    writer.add_eos_token_id(renderer.end_id)
    writer.add_eot_token_id(renderer.end_id)
    for name in ("bos", "pad", "unk"):
        number = getattr(tokenizer, f"{name}_token_id")
        if number is not None:
            getattr(writer, f"add_{name}_token_id")(number)
    begin = tokenizer.bos_token_id
    writer.add_add_bos_token(begin is not None and tokenizer("x")["input_ids"][:1] == [begin])
    writer.add_chat_template(tokenizer.get_chat_template())


def _said(tokenizer: Any) -> dict[str, Any]:
    """A tokenizer as its tokenizer.json has it."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError(_refusal("is none of the tokenizers library"))
    said: dict[str, Any] = json.loads(backend.to_str())
    return said


def _part_name(part: Mapping[str, Any]) -> str:
    kind = part.get("type")
    if kind == "ByteLevel" and not part.get("add_prefix_space"):
        return "ByteLevel with words" if part.get("use_regex") else "ByteLevel"
    if kind == "Digits" and part.get("individual_digits"):
        return "Digits one by one"
    if kind == "Split" and part.get("behavior") == "Isolated" and not part.get("invert"):
        return f"Split {part['pattern'].get('Regex')}"
    return f"{kind}, not known"


def _refusal(why: str) -> str:
    return (
        f"the model's tokenizer {why}, so a GGUF file could give other tokens; export safetensors "
        "and use llama.cpp's convert_hf_to_gguf.py"
    )
