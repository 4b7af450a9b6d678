"""netgain's side of the contract with vLLM, against a stand-in: no GPU was at hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from conftest import make_tokenizer
from fake_vllm import Script, fake_vllm
from netgain.errors import EvaluationError, MissingDependency, ModelError
from netgain.generate.calculator import answer_with_calculator
from netgain.generate.sampler import Request, Sampling
from netgain.generate.vllm_engine import VllmSampler, adapter_room
from netgain.models.render import Renderer, make_renderer
from netgain.prompts import chat_prompt

SAMPLING = Sampling(max_new_tokens=100)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return make_renderer(make_tokenizer())


@pytest.fixture
def script(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> Script:
    script = Script(renderer.tokenizer, eos=renderer.end_id)
    for name, module in fake_vllm(script).items():
        monkeypatch.setitem(sys.modules, name, module)
    return script


def asks(renderer: Renderer, *words: str, seed: int | None = None) -> list[Request]:
    prompts = [chat_prompt((("user", word),)) for word in words]
    return [Request(p, tuple(renderer.prompt_ids(p)), seed) for p in prompts]


def says(script: Script, request: Request, text: str, ends: bool = True, tuned: bool = False):
    ids = script.tokenizer(text, add_special_tokens=False)["input_ids"]
    known = script.tuned if tuned else script.base
    known[request.ids] = [*ids, *([script.eos] if ends else [])]
    return len(ids)


def make_adapter(folder: Path, rank: int = 8, **more: object) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank, **more}))
    return folder


def test_ids_go_in_and_answers_come_out_in_order(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "first", "second")
    lengths = [says(script, r, f"answer {i}") for i, r in enumerate(requests)]
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    answers = sampler.generate(requests, SAMPLING)
    assert [a.text for a in answers] == ["answer 0", "answer 1"]
    assert {a.finish_reason for a in answers} == {"stop"}
    assert [a.completion_tokens for a in answers] == [n + 1 for n in lengths]  # and the end token
    assert [a.prompt_tokens for a in answers] == [len(r.ids) for r in requests]
    prompts = script.engines[0].calls[0][0]
    assert [tuple(p["prompt_token_ids"]) for p in prompts] == [r.ids for r in requests]


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", "bfloat16"), ("fp32", "float32")])
def test_the_model_is_loaded_as_asked_and_runs_no_code_of_its_own(
    script: Script, renderer: Renderer, tmp_path: Path, precision: str, dtype: str
) -> None:
    VllmSampler(tmp_path, None, renderer, precision)
    engine = script.engines[0]
    assert engine.model == str(tmp_path)
    assert engine.settings["dtype"] == dtype
    assert engine.settings["trust_remote_code"] is False
    assert engine.settings["enable_prefix_caching"] is True
    assert engine.settings["generation_config"] == "vllm"  # no penalties of the model's folder


def test_greedy_answers_have_no_seed_and_sampled_ones_their_own(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    sampler.generate(asks(renderer, "a"), SAMPLING)
    sampled = Sampling(max_new_tokens=9, temperature=0.8, top_p=0.9)
    sampler.generate([*asks(renderer, "a", seed=3), *asks(renderer, "b", seed=4)], sampled)
    (_, [greedy]), (_, drawn) = script.engines[0].calls
    assert (greedy.temperature, greedy.seed, greedy.stop) == (0.0, None, None)
    assert [(p.temperature, p.top_p, p.seed, p.max_tokens) for p in drawn] == [
        (0.8, 0.9, 3, 9),
        (0.8, 0.9, 4, 9),
    ]
    assert set(greedy.stop_token_ids) == set(renderer.stop_ids)


@pytest.mark.parametrize("temperature", [0.001, 2.5])
def test_a_temperature_that_vllm_would_change_or_refuse_is_refused(
    script: Script, renderer: Renderer, tmp_path: Path, temperature: float
) -> None:
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    with pytest.raises(EvaluationError, match=r"from 0\.01 to 2"):
        sampler.generate(asks(renderer, "a", seed=1), Sampling(8, temperature=temperature))


def test_an_answer_ends_before_a_stop_text(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a")
    says(script, requests[0], "the total is 12 apples. Question: how many pears")
    sampling = Sampling(max_new_tokens=100, stop=("Question:", "never"))
    answer = VllmSampler(tmp_path, None, renderer, "bf16").generate(requests, sampling)[0]
    assert (answer.text, answer.finish_reason) == ("the total is 12 apples. ", "stop")


def test_an_answer_that_reaches_the_limit_is_cut_off(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a")
    says(script, requests[0], "one two three four five six seven eight", ends=False)
    answer = VllmSampler(tmp_path, None, renderer, "bf16").generate(requests, Sampling(4))[0]
    assert (answer.finish_reason, answer.completion_tokens) == ("length", 4)


def test_a_prompt_too_long_for_the_model_is_an_error_and_the_others_are_answered(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a", "apples " * 300, "b")
    script.max_model_len = 200
    for r in (requests[0], requests[2]):
        says(script, r, "fine")
    answers = VllmSampler(tmp_path, None, renderer, "bf16").generate(requests, SAMPLING)
    assert [a.finish_reason for a in answers] == ["stop", "error", "stop"]
    assert "the model takes 200" in (answers[1].error or "")


def test_an_adapter_stays_beside_its_base_and_its_answers_are_the_tuned_ones(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    adapter = make_adapter(tmp_path / "adapter", rank=12)
    requests = asks(renderer, "a")
    says(script, requests[0], "base")
    says(script, requests[0], "tuned", tuned=True)
    tuned = VllmSampler(tmp_path, adapter, renderer, "bf16")
    assert tuned.generate(requests, SAMPLING)[0].text == "tuned"
    assert script.engines[0].settings["enable_lora"] is True
    assert script.engines[0].settings["max_lora_rank"] == 16
    base = VllmSampler(tmp_path, None, renderer, "bf16")
    assert base.generate(requests, SAMPLING)[0].text == "base"
    assert "enable_lora" not in script.engines[1].settings


def test_an_adapter_that_changes_nothing_is_refused(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    script.adapter_acts = False
    with pytest.raises(EvaluationError, match="changes nothing"):
        VllmSampler(tmp_path, make_adapter(tmp_path / "adapter"), renderer, "bf16")


def test_an_adapter_that_vllm_refuses_is_named_with_its_reason(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    adapter = make_adapter(tmp_path / "adapter", use_dora=True)
    with pytest.raises(EvaluationError, match=r"cannot take the adapter.*DoRA"):
        VllmSampler(tmp_path, adapter, renderer, "bf16")


def test_an_adapter_in_fp32_is_refused_with_another_way(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError, match="16 bits"):
        VllmSampler(tmp_path, make_adapter(tmp_path / "adapter"), renderer, "fp32")


@pytest.mark.parametrize(("rank", "room"), [(1, 1), (2, 8), (8, 8), (64, 64), (300, 320)])
def test_room_is_made_for_the_adapters_rank(tmp_path: Path, rank: int, room: int) -> None:
    assert adapter_room(make_adapter(tmp_path / "a", rank)) == room
    assert adapter_room(make_adapter(tmp_path / "b", 1, rank_pattern={"q_proj": rank})) == room


@pytest.mark.parametrize(
    ("rank", "words"), [(513, "512 at most"), (0, "no rank"), ("8", "no rank")]
)
def test_a_rank_that_cannot_be_taken_is_refused(tmp_path: Path, rank: object, words: str) -> None:
    adapter = make_adapter(tmp_path / "a")
    (adapter / "adapter_config.json").write_text(json.dumps({"r": rank}))
    with pytest.raises(EvaluationError, match=words):
        adapter_room(adapter)


def test_a_model_that_vllm_cannot_load_is_named(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"vllm cannot load the model in .*nowhere"):
        VllmSampler(tmp_path / "nowhere", None, renderer, "bf16")


def test_without_vllm_the_command_that_installs_it_is_said(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingDependency, match=r"pip install 'netgain\[vllm\]'"):
        VllmSampler(tmp_path, None, renderer, "bf16")


# -- the calculator --------------------------------------------------------------------------------

PLAIN_SIGNS = "so 3 * 4 = 12 and 2 + 2 = 4, in all <<12+4="


def test_an_answer_pauses_at_an_open_annotation_and_not_at_a_plain_sign(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a", "b")
    says(script, requests[0], PLAIN_SIGNS + "99>>")
    says(script, requests[1], "x = 5")
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    paused = sampler.generate(requests, Sampling(100, pause="calculator"))
    assert [a.text for a in paused] == [PLAIN_SIGNS, "x = 5"]
    assert paused[0].ids == tuple(renderer.completion_ids(PLAIN_SIGNS)[:-1])
    assert len(script.engines[0].calls) == 3  # at the first signs, and then only the first goes on


def test_the_calculators_result_takes_the_place_of_the_models(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a")
    opened = renderer.completion_ids(PLAIN_SIGNS)[:-1]
    result = renderer.tokenizer("16>>", add_special_tokens=False)["input_ids"]
    after = renderer.completion_ids("16 apples")
    script.base[requests[0].ids] = [*opened, *result, *after]
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    answer = answer_with_calculator(sampler, requests, SAMPLING)[0]
    assert answer.text == PLAIN_SIGNS + "16>>16 apples"
    assert answer.finish_reason == "stop"


def test_a_plain_sign_at_the_very_limit_is_a_cut_off_answer(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a")
    length = says(script, requests[0], "3 * 4 =", ends=False)
    script.base[requests[0].ids] += renderer.completion_ids(" 12")
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    answer = sampler.generate(requests, Sampling(length, pause="calculator"))[0]
    assert (answer.finish_reason, answer.completion_tokens) == ("length", length)


def test_pieces_of_a_sampled_answer_are_drawn_with_different_seeds(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a", seed=100)
    says(script, requests[0], "1 = 1 = 1")
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    sampler.generate(requests, Sampling(50, temperature=1.0, pause="calculator"))
    seeds = [params[0].seed for _, params in script.engines[0].calls]
    assert len(seeds) == 3 and len(set(seeds)) == 3
