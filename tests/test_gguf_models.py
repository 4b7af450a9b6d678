"""A GGUF file is a model: the same logits as transformers reads from it, unpacked once."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import SHARED, netgain
from netgain.errors import ModelError
from netgain.models.gguf_folder import describe, unpacked
from netgain.models.loading import find_model, load_model, load_renderer
from netgain.recipe import ModelSettings
from tiny_gguf import HEADS, HIDDEN, tiny_gguf

REAL = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETGAIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def logits(model, ids=(1, 5, 9, 200, 7, 3)):
    import torch

    with torch.inference_mode():
        return model(input_ids=torch.tensor([list(ids)])).logits[0]


def theirs(path: Path):
    """The file as transformers reads it."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype=torch.float32, local_files_only=True
    ).eval()


@pytest.mark.parametrize("storage", ["F32", "F16", "BF16", "Q8_0", "Q5_0", "Q4_1", "Q4_0"])
@pytest.mark.parametrize(("kind", "tied"), [("llama", True), ("qwen2", True), ("qwen2", False)])
def test_the_logits_are_those_that_transformers_reads(
    kind: str, tied: bool, storage: str, tmp_path: Path
) -> None:
    import torch

    path = tiny_gguf(tmp_path / "model.gguf", kind, storage, tied)
    model = load_model(unpacked(path), "fp32")
    assert bool(model.config.tie_word_embeddings) is tied
    embeddings = model.get_input_embeddings().weight.data_ptr()
    assert (model.get_output_embeddings().weight.data_ptr() == embeddings) is tied
    assert torch.equal(logits(model), logits(theirs(path)))


def test_a_llama_with_a_head_of_its_own(tmp_path: Path) -> None:
    import torch

    path = tiny_gguf(tmp_path / "model.gguf", "llama", "Q8_0", tied=False)
    assert torch.equal(logits(load_model(unpacked(path), "fp32")), logits(theirs(path)))


def test_the_weights_are_the_ones_that_were_stored(tmp_path: Path) -> None:
    """Independently of both readers: what was put in comes out, where nothing is rounded."""
    import numpy as np
    from safetensors.numpy import load_file

    put = {}
    path = tiny_gguf(tmp_path / "model.gguf", "qwen2", "F32", tensors=put.update)
    found = load_file(unpacked(path) / "model.safetensors")
    pairs = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.layers.1.self_attn.q_proj.weight": "blk.1.attn_q.weight",
        "model.layers.0.mlp.down_proj.weight": "blk.0.ffn_down.weight",
        "model.layers.0.self_attn.k_proj.bias": "blk.0.attn_k.bias",
    }
    for ours, name in pairs.items():
        assert np.array_equal(found[ours], put[name])


def test_it_is_unpacked_once_wherever_it_lies(tmp_path: Path, own_cache: Path) -> None:
    path = tiny_gguf(tmp_path / "model.gguf")
    folder = unpacked(path)
    made = (folder / "model.safetensors").stat().st_mtime_ns
    moved = path.rename(tmp_path / "other.gguf")
    assert unpacked(moved) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    assert len(list(own_cache.glob("gguf-*-v1"))) == 1
    assert not list(own_cache.glob(".gguf*"))


def test_another_file_in_its_place_is_another_model(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "model.gguf")
    folder = unpacked(path)
    path.unlink()
    assert unpacked(tiny_gguf(path, seed=1)) != folder


def test_files_beside_it_are_not_read(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "model.gguf")
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": "theirs"}')
    (tmp_path / "chat_template.jinja").write_text("theirs")
    renderer = load_renderer(unpacked(path))
    assert renderer.tokenizer.chat_template.startswith("{% for message")


def test_a_model_is_described_by_what_the_file_says(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "model.gguf", storage="Q4_0")
    found = find_model(ModelSettings(id=str(path)))
    assert found.description == "Tiny llama, Q4_0, de-quantised"
    assert describe(tiny_gguf(tmp_path / "plain.gguf")) == "Tiny llama, F16, from GGUF"
    lies = tiny_gguf(tmp_path / "lies.gguf", storage="Q4_0", settings={"general.file_type": 1})
    assert describe(lies) == "Tiny llama, Q4_0, de-quantised"
    active = {"general.name": "a\x1b[31m\u202eb\n" + "x" * 500}
    assert describe(tiny_gguf(tmp_path / "active.gguf", settings=active)).isprintable()
    bare = tiny_gguf(tmp_path / "bare.gguf", settings={"general.name": None})
    assert describe(bare).startswith("bare, ")


def test_a_sentencepiece_tokenizer_is_kept(tmp_path: Path) -> None:
    """Older Llama files: pieces with scores, no merges, single bytes as <0x41>."""
    from transformers import AutoTokenizer

    words = ["▁", *"Anahs1pebuyHowm.?", "▁a", "▁p", "en", "▁pen", "▁h", "as", "▁has", "Ho", "▁Ho"]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256)), *words]
    tokens = list(dict.fromkeys(tokens))
    kinds = [2, 3, 3] + [6] * 256 + [1] * (len(tokens) - 259)
    scores = [0.0] * 259 + [-float(i) for i in range(len(tokens) - 259)]
    settings = {
        "tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": None, "tokenizer.ggml.merges": None,
        "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.scores": scores,
        "tokenizer.ggml.token_type": kinds, "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.padding_token_id": None, "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": None,
    }  # fmt: skip
    path = tiny_gguf(tmp_path / "model.gguf", "llama", "Q8_0", settings=settings, rows=len(tokens))
    text = "Ana has 12 pens. How é?"
    ours = load_renderer(unpacked(path)).tokenizer(text)["input_ids"]
    reference = AutoTokenizer.from_pretrained(str(tmp_path), gguf_file=path.name)
    assert ours == reference(text)["input_ids"]
    assert ours[0] == 1 and tokens.index("▁pen") in ours


def test_llama_3_keeps_its_stretched_positions(tmp_path: Path) -> None:
    """The file holds only the factors; transformers' own reading leaves them out."""
    import numpy as np
    import torch
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    rope = {"rope_type": "llama3", "rope_theta": 10_000.0, "factor": 32.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}  # fmt: skip
    config = LlamaConfig(hidden_size=HIDDEN, num_attention_heads=HEADS, rope_parameters=rope,
                         max_position_embeddings=131_072)  # fmt: skip
    stretched, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    width = HIDDEN // HEADS
    plain = 10_000.0 ** (-np.arange(0, width, 2) / width)
    factors = (plain / stretched.numpy()).astype(np.float32)

    def add(tensors) -> None:
        tensors["rope_freqs.weight"] = factors

    path = tiny_gguf(tmp_path / "model.gguf", tensors=add)
    model = load_model(unpacked(path), "fp32")
    assert torch.allclose(model.model.rotary_emb.inv_freq, stretched)
    others = tiny_gguf(tmp_path / "other.gguf", tensors=lambda t: t.update(
        {"rope_freqs.weight": factors * 3}))  # fmt: skip
    with pytest.raises(ModelError, match="rotary positions"):
        unpacked(others)


def test_the_command_line_evaluates_a_file(tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "Tiny-Model.gguf", "qwen2", "Q8_0")
    done = netgain(
        "evaluate", path, "--data", "builtin", "--limit", "3", "--engine", "transformers",
        "--set", "evaluate.max_new_tokens=8", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 answers by transformers" in done.stdout


@pytest.mark.slow
def test_a_real_file_gives_the_same_logits() -> None:
    import torch

    path = next((p for p in (SHARED / "models" / REAL, SHARED.parent / "models" / REAL)
                 if p.exists()), None)  # fmt: skip
    if path is None:
        pytest.skip(f"needs {REAL} (491 MB), in the folder models beside or in $NETGAIN_SHARED")
    assert describe(path) == "Qwen2.5 Coder 0.5B Instruct AWQ, Q4_K_M, de-quantised"
    ours = logits(load_model(unpacked(path), "fp32"), range(100, 132))
    reference = logits(theirs(path), range(100, 132))
    assert torch.equal(ours, reference)
