"""The openvino engine answers as transformers does, from the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, make_tiny_model, netgain, tiny
from netgain.errors import ModelError
from netgain.generate.engines import load_sampler
from netgain.generate.gguf_export import write_gguf
from netgain.generate.loading import generation_eos, load_tokenizer
from netgain.generate.render import Renderer, make_renderer
from netgain.records import Prompt
from netgain.store import RunDirectory

pytest.importorskip("openvino_genai", reason="the openvino extra is not installed")
TOKENS = 8  # a random model has near ties, which rounding may break another way later on
QUESTIONS = ("What is 3 + 4?", "Ann has 12 pens and buys 3 boxes of 8.", "Hello", "12 * 12")


def renderer_of(folder: Path) -> Renderer:
    return make_renderer(load_tokenizer(folder), generation_eos(folder))


def asked(renderer: Renderer) -> list[list[int]]:
    return [renderer.prompt_ids(Prompt((("user", q),))) for q in QUESTIONS]


def tiny_llama(folder: Path) -> None:
    """As the tiny Qwen2, but a Llama with an output matrix of its own."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    make_tiny_model(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=96, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
        tie_word_embeddings=False, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def tiny_adapter(base: Path, folder: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(5)
    model: Any = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base), LoraConfig(r=4, target_modules="all-linear")
    )
    for name, weights in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.1)
    model.save_pretrained(folder)


def texts(engine: str, folder: Path, adapter: Path | None = None) -> list[tuple[str, str]]:
    renderer = renderer_of(folder)
    ids = asked(renderer)
    sampler = load_sampler(engine, renderer, "fp32", folder, adapter, ids[0])
    return [(a.text, a.finish_reason) for a in sampler.generate(ids, TOKENS)]


def test_a_qwen2_answers_alike(tiny_model: Path) -> None:
    assert texts("openvino", tiny_model) == texts("transformers", tiny_model)


def test_a_llama_with_its_own_output_matrix_answers_alike(tmp_path: Path) -> None:
    tiny_llama(tmp_path)
    assert texts("openvino", tmp_path) == texts("transformers", tmp_path)


def test_an_adapter_is_served_merged_and_acts(tiny_model: Path, tmp_path: Path) -> None:
    tiny_adapter(tiny_model, tmp_path)
    tuned = texts("openvino", tiny_model, tmp_path)
    assert tuned == texts("transformers", tiny_model, tmp_path)
    assert tuned != texts("openvino", tiny_model)


def test_a_run_is_evaluated_with_it_by_one_recipe_line(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    settings = ("evaluate.engine=openvino", "evaluate.max_new_tokens=8", "train.epochs=1")
    done = netgain(
        "run", REFERENCE, *tiny(tiny_model, hub_data, *settings), "--out", tmp_path / "r"
    )
    assert done.returncode == 0, done.stderr
    directory = RunDirectory(tmp_path / "r")
    summary = directory.summary("tuned")
    assert summary is not None and summary.settings["engine"] == "openvino"
    assert "openvino" in (directory.report / "report.md").read_text()


def test_a_model_the_format_has_no_names_for_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=1, n_head=2)
    )
    with pytest.raises(ModelError, match="gpt2"):
        write_gguf(model, tmp_path / "m.gguf")


def test_stretched_positions_are_refused_and_not_quietly_lost(
    tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    model.config.rope_parameters = {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}
    with pytest.raises(ModelError, match="linear"):
        write_gguf(model, tmp_path / "m.gguf")


def test_weights_beyond_fp16_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight[0, 0] = 1e6
    with pytest.raises(ModelError, match="fp16"):
        write_gguf(model, tmp_path / "m.gguf")
