"""The openvino engine answers as transformers does, from the same weights."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, make_tiny_model, netgain, tiny
from netgain.errors import EvaluationError, ModelError
from netgain.generate.calculator import answer_with_calculator
from netgain.generate.engines import EngineSpec, choose_engine, load_sampler
from netgain.generate.openvino_engine import (
    BLOCK,
    OpenVinoSampler,
    interrupts_held_back,
    token_bytes,
    why_not,
)
from netgain.generate.sampler import Answer, Request, Sampler, Sampling
from netgain.models.gguf_export import through_int8, write_gguf
from netgain.models.loading import load_model, load_renderer
from netgain.models.render import Renderer
from netgain.prompts import chat_prompt
from netgain.store import EvaluationFolder, RunDirectory

pytest.importorskip("openvino_genai", reason="the openvino extra is not installed")
GREEDY = Sampling(max_new_tokens=8)  # a random model has near ties: rounding may break one later
DRAWN = Sampling(max_new_tokens=12, temperature=1.0)
QUESTIONS = ("What is 3 + 4?", "Ann has 12 pens and buys 3 boxes of 8.", "Hello", "12 * 12")
LEARNED = "There are 12 * 3 = <<12*3=99>>99 pens in all."  # wrong on purpose


def requests(renderer: Renderer | None, seeds: Sequence[int | None] = (None,) * 4) -> list[Request]:
    assert renderer is not None
    prompts = [chat_prompt((("user", question),)) for question in QUESTIONS]
    return [
        Request(prompt, tuple(renderer.prompt_ids(prompt)), seed)
        for prompt, seed in zip(prompts, seeds, strict=True)
    ]


def loaded(engine: str, folder: Path, adapter: Path | None = None) -> Sampler:
    probe = tuple(load_renderer(folder).prompt_ids(chat_prompt((("user", QUESTIONS[0]),))))
    return load_sampler(EngineSpec(engine, folder, adapter, "fp32", probe))


def texts(engine: str, folder: Path, adapter: Path | None = None) -> list[tuple[str, str]]:
    sampler = loaded(engine, folder, adapter)
    found = sampler.generate(requests(sampler.renderer), GREEDY)
    return [(a.text, a.finish_reason) for a in found]


def without_seconds(answers: Sequence[Answer]) -> list[Answer]:
    return [replace(a, seconds=0.0) for a in answers]


@pytest.fixture(scope="module")
def fast(tiny_model: Path) -> Sampler:
    return loaded("openvino", tiny_model)


@pytest.fixture(scope="module")
def plain(tiny_model: Path) -> Sampler:
    return loaded("transformers", tiny_model)


@pytest.fixture(scope="module")
def annotating(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that has learned by heart to answer with a calculator's annotation."""
    import torch

    folder = tmp_path_factory.mktemp("annotating")
    make_tiny_model(folder)
    model, renderer = load_model(folder, "fp32"), load_renderer(folder)
    answer = renderer.completion_ids(LEARNED)
    rows = [[*r.ids, *answer] for r in requests(renderer)]
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-2)
    for _ in range(40):
        for row in rows:
            ids = torch.tensor([row])
            labels = torch.full_like(ids, -100)
            labels[0, -len(answer) :] = ids[0, -len(answer) :]
            model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return folder


def tiny_llama(folder: Path, **different: Any) -> None:
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
        **different,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    for name, weights in model.named_parameters():
        if name.endswith(".bias"):
            torch.nn.init.normal_(weights, std=0.3)
    model.save_pretrained(folder)


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


# -- the same model ------------------------------------------------------------------------


def test_a_qwen2_answers_alike(fast: Sampler, plain: Sampler) -> None:
    asked = requests(fast.renderer)
    assert without_seconds(fast.generate(asked, GREEDY)) == without_seconds(
        plain.generate(asked, GREEDY)
    )


@pytest.mark.parametrize("different", [{}, {"attention_bias": True}, {"head_dim": 32}])
def test_a_llama_with_its_own_output_matrix_answers_alike(
    tmp_path: Path, different: dict[str, Any]
) -> None:
    tiny_llama(tmp_path, **different)
    assert texts("openvino", tmp_path) == texts("transformers", tmp_path)


def test_an_adapter_is_served_merged_and_acts(tiny_model: Path, tmp_path: Path) -> None:
    tiny_adapter(tiny_model, tmp_path)
    tuned = texts("openvino", tiny_model, tmp_path)
    assert tuned == texts("transformers", tiny_model, tmp_path)
    assert tuned != texts("openvino", tiny_model)


@pytest.mark.slow
def test_a_run_is_evaluated_with_it_by_one_recipe_line(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    settings = ("evaluate.engine=openvino", "evaluate.max_new_tokens=8", "train.epochs=1")
    done = netgain(
        "run", REFERENCE, *tiny(tiny_model, hub_data, *settings), "--out", tmp_path / "r"
    )
    assert done.returncode == 0, done.stderr
    directory = RunDirectory(tmp_path / "r")
    summary = directory.evaluation("tuned").summary()
    assert summary is not None and summary.settings["engine"] == "openvino"
    assert "openvino" in (directory.report / "report.md").read_text()


def test_with_int8_weights_what_was_learned_is_still_known(annotating: Path) -> None:
    sampler = load_sampler(EngineSpec("openvino", annotating, None, "int8", ()))
    found = sampler.generate(requests(sampler.renderer), Sampling(max_new_tokens=64))
    assert {a.text for a in found} == {LEARNED}


# -- where answers end -----------------------------------------------------------------------


def test_a_stop_text_ends_an_answer_where_it_does_in_transformers(
    fast: Sampler, plain: Sampler
) -> None:
    asked = requests(fast.renderer)
    whole = plain.generate(asked, GREEDY)
    sampling = replace(GREEDY, stop=(whole[0].text[3:6], "never written"))
    found = fast.generate(asked, sampling)
    assert without_seconds(found) == without_seconds(plain.generate(asked, sampling))
    assert found[0].text == whole[0].text[: whole[0].text.index(sampling.stop[0])]
    assert found[0].finish_reason == "stop"
    assert found[0].completion_tokens < whole[0].completion_tokens


def test_the_calculator_computes_the_same_answers(annotating: Path) -> None:
    found = {}
    for engine in ("openvino", "transformers"):
        sampler = loaded(engine, annotating)
        asked = requests(sampler.renderer)
        answers = answer_with_calculator(sampler, asked, Sampling(max_new_tokens=64))
        found[engine] = without_seconds(answers)
    assert found["openvino"] == found["transformers"]
    assert all("<<12*3=36>>" in a.text for a in found["openvino"])


# -- draws -----------------------------------------------------------------------------------


def test_a_seed_decides_an_answer_whatever_else_is_in_the_batch(fast: Sampler) -> None:
    asked = requests(fast.renderer, (1, 2, 3, 4))
    together = fast.generate(asked, DRAWN)
    alone = [fast.generate([one], DRAWN)[0] for one in reversed(asked)]
    assert [a.ids for a in together] == [a.ids for a in reversed(alone)]


def test_another_seed_gives_another_answer_to_the_same_question(fast: Sampler) -> None:
    one = requests(fast.renderer)[0]
    found = fast.generate([replace(one, seed=seed) for seed in (1, 2, 3, 1)], DRAWN)
    assert len({a.ids for a in found}) == 3
    assert found[0].ids == found[3].ids


def test_a_draw_without_a_seed_is_refused(fast: Sampler) -> None:
    with pytest.raises(EvaluationError, match="seed"):
        fast.generate(requests(fast.renderer), DRAWN)


# -- the cache ---------------------------------------------------------------------------------


def with_blocks(folder: Path, blocks: int) -> OpenVinoSampler:
    model = load_model(folder, "fp32")
    gib = blocks * BLOCK * token_bytes(model.config, 4) / 2**30
    return OpenVinoSampler(model, load_renderer(folder), "fp32", gib)


def test_a_cache_for_two_answers_gives_the_same_to_many(tiny_model: Path, fast: Sampler) -> None:
    small = with_blocks(tiny_model, 4)
    asked = requests(fast.renderer) * 5
    found = small.generate(asked, GREEDY)
    assert small.blocks == 4
    assert [a.ids for a in found] == [a.ids for a in fast.generate(asked, GREEDY)]


def test_what_cannot_fit_is_an_answer_with_an_error_and_the_others_are_answered(
    tiny_model: Path, fast: Sampler
) -> None:
    small = with_blocks(tiny_model, 4)
    asked = requests(fast.renderer)
    long = replace(asked[0], ids=asked[0].ids * 20)
    found = small.generate([long, *asked], GREEDY)
    assert (found[0].finish_reason, found[0].text) == ("error", "")
    assert "cache of 128 tokens" in (found[0].error or "")
    assert [a.ids for a in found[1:]] == [a.ids for a in fast.generate(asked, GREEDY)]


def test_long_prompts_that_begin_alike_answer_as_in_transformers(
    fast: Sampler, plain: Sampler
) -> None:
    asked = requests(fast.renderer)
    shots = (*asked[1].ids, *asked[0].ids) * 6
    asked = [replace(r, ids=(*shots, *r.ids)) for r in asked]
    for _ in range(2):  # the second time all of it is in the cache
        found = fast.generate([*asked, *asked], GREEDY)
        assert [a.ids for a in found] == 2 * [a.ids for a in plain.generate(asked, GREEDY)]


def test_an_interrupted_unit_leaves_nothing_to_the_next(fast: Sampler) -> None:
    class Interrupted(Exception):
        pass

    class Tokenizer:
        def decode(self, *_: object, **__: object) -> str:
            raise Interrupted

    assert fast.renderer is not None
    asked, renderer = requests(fast.renderer), fast.renderer
    before = fast.generate(asked, GREEDY)
    fast.renderer = replace(renderer, tokenizer=Tokenizer())
    with pytest.raises(Interrupted) as held:  # what is held must not keep requests going
        fast.generate(asked, replace(GREEDY, stop=("x",)))
    assert held and isinstance(fast, OpenVinoSampler)
    assert not fast.pipeline.has_non_finished_requests()
    fast.renderer = renderer
    assert [a.ids for a in fast.generate(asked, GREEDY)] == [a.ids for a in before]


# -- what it cannot serve ------------------------------------------------------------------------


def test_ctrl_c_waits_while_openvino_is_at_work(tiny_model: Path) -> None:
    for _ in range(2):  # after two models the process ended in a segmentation fault
        assert loaded("openvino", tiny_model).generate(requests(load_renderer(tiny_model)), GREEDY)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    reached = []
    try:
        with pytest.raises(KeyboardInterrupt), interrupts_held_back():
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("the end of the block")
        with pytest.raises(KeyboardInterrupt):  # and afterwards it is heard at once, as before
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert reached == ["the end of the block"]


def test_a_model_the_format_has_no_names_for_is_refused(tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=1, n_head=2)
    )
    with pytest.raises(ModelError, match="gpt2"):
        write_gguf(model, tmp_path / "m.gguf")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"model_type": "gemma3_text"}, "gemma3_text"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0}}, "linear"),
        ({"rope_scaling": {"type": "yarn", "factor": 4.0}, "rope_parameters": None}, "yarn"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "sliding window"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised"),
    ],
)
def test_what_the_export_would_lose_is_named_from_the_configuration_alone(
    tiny_model: Path, tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    config = json.loads((tiny_model / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **changed}))
    assert words in (why_not(tmp_path) or "")


def test_a_model_it_can_serve_has_nothing_against_it(tiny_model: Path) -> None:
    assert why_not(tiny_model) is None


def test_stretched_positions_are_refused_and_not_quietly_lost(
    tiny_model: Path, tmp_path: Path
) -> None:
    model = load_model(tiny_model, "fp32")
    model.config.rope_parameters = {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}
    with pytest.raises(ModelError, match="linear"):
        write_gguf(model, tmp_path / "m.gguf")


def test_weights_beyond_fp16_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    import torch

    model = load_model(tiny_model, "fp32")
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight[0, 0] = 1e6
    with pytest.raises(ModelError, match="fp16"):
        write_gguf(model, tmp_path / "m.gguf")


# -- weights of 8 bits ---------------------------------------------------------------------


@pytest.mark.slow
def test_int8_is_chosen_by_one_setting_and_named_in_what_decides_the_answers(
    tiny_model: Path, tmp_path: Path
) -> None:
    for precision in ("int8", "bf16"):
        done = netgain(
            "evaluate", tiny_model, "--data", "builtin", "--limit", 3, "--out",
            tmp_path / precision, "--set", f"evaluate.precision={precision}",
            "--set", "evaluate.max_new_tokens=4",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    summaries = [EvaluationFolder(tmp_path / p).summary() for p in ("int8", "bf16")]
    int8, bf16 = (s for s in summaries if s is not None)
    assert (int8.settings["engine"], int8.settings["precision"]) == ("openvino", "int8")
    assert int8.digest != bf16.digest


@pytest.mark.parametrize("command", [["--engine", "transformers"], ["--engine", "vllm"]])
def test_int8_with_another_engine_is_refused_in_one_line(
    command: list[str], tiny_model: Path, tmp_path: Path
) -> None:
    done = netgain(
        "evaluate", tiny_model, "--data", "builtin", "--out", tmp_path / "e", *command,
        "--set", "evaluate.precision=int8",
    )  # fmt: skip
    assert done.returncode == 2
    assert "int8 is for the openvino engine" in done.stderr and not (tmp_path / "e").exists()


def test_int8_of_a_model_that_openvino_cannot_serve_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(EvaluationError, match=r"int8 is for the openvino engine; models of type"):
        choose_engine("auto", tmp_path, "int8")


def test_what_8_bits_leave_of_a_matrix_is_what_the_file_holds() -> None:
    import torch

    weight = torch.randn(8, 64, generator=torch.Generator().manual_seed(1))
    left = through_int8(weight)
    scales = weight.reshape(8, 2, 32).abs().amax(-1, keepdim=True) / 127
    apart = (left - weight).reshape(8, 2, 32).abs()
    assert apart.max() > 0
    assert (apart <= 0.6 * scales).all()  # half a step, and the rounding of the scale to fp16


def test_tokens_and_answers_are_told_as_they_come(fast: Sampler) -> None:
    told: list[tuple[int, int]] = []
    found = fast.generate(requests(fast.renderer), GREEDY, lambda *counts: told.append(counts))
    assert sum(answers for answers, _ in told) == len(found)
    assert sum(tokens for _, tokens in told) == sum(a.completion_tokens for a in found)
    assert len(told) > 4  # in the middle, too
