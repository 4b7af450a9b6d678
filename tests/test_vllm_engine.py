"""`vllm serve` started, waited for, asked and stopped, against a stand-in: no GPU was at hand."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from conftest import ROOT, make_tokenizer, netgain
from netgain.errors import EvaluationError, MissingDependency, ModelError, ServerError
from netgain.generate import vllm_engine
from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.engines import require_engine
from netgain.generate.sampler import Request, Sampling
from netgain.generate.vllm_engine import VllmSampler, adapter_room, vllm_version
from netgain.models.render import Renderer, make_renderer
from netgain.prompts import chat_prompt
from netgain.store import EvaluationFolder

SAMPLING = Sampling(max_new_tokens=100)
Script = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return make_renderer(make_tokenizer())


@pytest.fixture(autouse=True)
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """The program, and a way to say what it does; it gives what the server was asked so far."""
    program, path = tmp_path / "vllm", tmp_path / "script.json"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/fake_vllm.py "$@"\n')
    program.chmod(0o755)
    path.write_text("{}")
    monkeypatch.setenv("NETGAIN_VLLM", str(program))
    monkeypatch.setenv("FAKE_VLLM", str(path))
    logs = tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setenv("TMPDIR", str(logs))
    monkeypatch.setattr(tempfile, "tempdir", str(logs))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # which nobody asks
    vllm_version.cache_clear()

    def write(**said: Any) -> list[dict[str, Any]]:
        if said:
            path.write_text(json.dumps(said))
        asked = path.with_suffix(".asked")
        return [json.loads(line) for line in asked.read_text().splitlines()]

    path.with_suffix(".asked").touch()
    return write


def asks(renderer: Renderer, *words: str, seed: int | None = None) -> list[Request]:
    prompts = [chat_prompt((("user", word),)) for word in words]
    return [Request(p, tuple(renderer.prompt_ids(p)), seed) for p in prompts]


def answers(renderer: Renderer, requests: list[Request], *texts: str) -> dict[str, list[int]]:
    return {
        ",".join(map(str, r.ids)): renderer.completion_ids(text)
        for r, text in zip(requests, texts, strict=True)
    }


def make_adapter(folder: Path, rank: int = 8, **more: object) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank, **more}))
    return folder


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ids_go_in_and_answers_come_out_in_order_and_it_is_stopped_with_its_sampler(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "first", "second")
    script(base=answers(renderer, requests, "answer 0", "answer 1"), ready_after=0.5)
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    told: list[tuple[int, int]] = []
    found = sampler.generate(requests, SAMPLING, lambda n, tokens: told.append((n, tokens)))
    assert [a.text for a in found] == ["answer 0", "answer 1"]
    assert {a.finish_reason for a in found} == {"stop"}
    whole = [len(renderer.completion_ids(f"answer {i}")) for i in range(2)]
    assert [a.completion_tokens for a in found] == whole  # with the end token
    assert [a.prompt_tokens for a in found] == [len(r.ids) for r in requests]
    assert sorted(told) == sorted((1, n) for n in whole)  # each when it was finished
    started, *asked = script()
    assert sorted(body["prompt"] for body in asked) == sorted(list(r.ids) for r in requests)
    log = sampler.process.log
    del sampler
    gc.collect()
    wait_for_end(started["pid"])
    assert not log.exists()


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", "bfloat16"), ("fp32", "float32")])
def test_the_model_is_served_as_asked_on_this_machine_alone_and_runs_no_code_of_its_own(
    script: Script, renderer: Renderer, tmp_path: Path, precision: str, dtype: str
) -> None:
    VllmSampler(tmp_path, None, renderer, precision)
    argv = script()[0]["argv"]
    assert argv[:2] == ["serve", str(tmp_path)]
    assert argv[argv.index("--host") + 1] == "127.0.0.1"
    assert argv[argv.index("--dtype") + 1] == dtype
    assert argv[argv.index("--generation-config") + 1] == "vllm"  # no penalties of the model's
    assert "--trust-remote-code" not in argv
    assert "--enable-prefix-caching" in argv and "--enable-lora" not in argv


def test_greedy_answers_have_no_seed_and_sampled_ones_their_own(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    sampler.generate(asks(renderer, "a"), SAMPLING)
    sampled = Sampling(max_new_tokens=9, temperature=0.8, top_p=0.9)
    sampler.generate([*asks(renderer, "a", seed=3), *asks(renderer, "b", seed=4)], sampled)
    _, greedy, *drawn = script()
    assert greedy["temperature"] == 0 and "seed" not in greedy and "stop" not in greedy
    assert {(p["temperature"], p["top_p"], p["max_tokens"]) for p in drawn} == {(0.8, 0.9, 9)}
    assert {p["seed"] for p in drawn} == {3, 4}
    assert set(greedy["stop_token_ids"]) == set(renderer.stop_ids)


@pytest.mark.parametrize("temperature", [0.001, 2.5])
def test_a_temperature_that_vllm_would_change_or_refuse_is_refused(
    renderer: Renderer, tmp_path: Path, temperature: float
) -> None:
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    with pytest.raises(EvaluationError, match=r"from 0\.01 to 2"):
        sampler.generate(asks(renderer, "a", seed=1), Sampling(8, temperature=temperature))


def test_an_answer_ends_before_a_stop_text_or_at_the_limit(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a", "b")
    said = "the total is 12 apples. Question: how many pears"
    script(base=answers(renderer, requests, said, said))
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    stopped = sampler.generate(requests[:1], Sampling(100, stop=("Question:", "never")))[0]
    assert (stopped.text, stopped.finish_reason) == ("the total is 12 apples. ", "stop")
    cut = sampler.generate(requests[1:], Sampling(4))[0]
    assert (cut.finish_reason, cut.completion_tokens) == ("length", 4)


def test_a_prompt_too_long_for_the_model_is_an_error_and_the_others_are_answered(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    requests = asks(renderer, "a", "apples " * 300, "b")
    script(base=answers(renderer, [requests[0], requests[2]], "fine", "fine"), max_model_len=200)
    found = VllmSampler(tmp_path, None, renderer, "bf16").generate(requests, SAMPLING)
    assert [a.finish_reason for a in found] == ["stop", "error", "stop"]
    assert "maximum context length is 200" in (found[1].error or "")


def test_an_adapter_stays_beside_its_base_and_its_answers_are_the_tuned_ones(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    adapter = make_adapter(tmp_path / "adapter", rank=12)
    requests = asks(renderer, "a")
    script(base=answers(renderer, requests, "base"), tuned=answers(renderer, requests, "tuned"))
    tuned = VllmSampler(tmp_path, adapter, renderer, "bf16")
    assert tuned.generate(requests, SAMPLING)[0].text == "tuned"
    argv = script()[0]["argv"]
    assert argv[argv.index("--max-lora-rank") + 1] == "16"
    assert argv[argv.index("--lora-modules") + 1] == f"tuned={adapter}"


def test_an_adapter_that_changes_nothing_or_is_refused_is_named(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    script(adapter_acts=False)
    with pytest.raises(EvaluationError, match="changes nothing"):
        VllmSampler(tmp_path, make_adapter(tmp_path / "plain"), renderer, "bf16")
    wait_for_end(script()[0]["pid"])
    with pytest.raises(ModelError, match=r"ended with 1: ValueError.*DoRA"):
        VllmSampler(tmp_path, make_adapter(tmp_path / "dora", use_dora=True), renderer, "bf16")
    with pytest.raises(EvaluationError, match="16 bits"):
        VllmSampler(tmp_path, make_adapter(tmp_path / "wide"), renderer, "fp32")
    assert [p.name.endswith(".failed.log") for p in (tmp_path / "logs").iterdir()] == [True]


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


def test_where_it_dies_before_it_is_ready_its_own_words_are_told(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    script(dies="ERROR torch.OutOfMemoryError: CUDA out of memory\nRuntimeError: see above")
    with pytest.raises(ModelError, match=r"ended with 1: .*CUDA out of memory \(see .*\.log\)"):
        VllmSampler(tmp_path, None, renderer, "bf16")
    with pytest.raises(ModelError, match=r"vllm cannot serve the model in .*nowhere"):
        VllmSampler(tmp_path / "nowhere", None, renderer, "bf16")


def test_one_that_never_gets_ready_is_ended_though_it_is_stubborn(
    script: Script, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm_engine, "START_SECONDS", 1.5)
    monkeypatch.setattr(vllm_engine, "STOP_SECONDS", 0.5)
    script(ready_after=1000, stubborn=True)
    with pytest.raises(ModelError, match="was not ready in 2 s"):
        VllmSampler(tmp_path, None, renderer, "bf16")
    wait_for_end(script()[0]["pid"])


def test_one_that_dies_midway_ends_the_run_with_one_line(
    script: Script, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = asks(renderer, *"abcdef")
    script(base=answers(renderer, requests, *"uvwxyz"), dies_after=3)
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    with pytest.raises(ServerError, match="answers so far are kept"):
        sampler.generate(requests, SAMPLING)


def test_it_does_not_outlive_a_netgain_that_is_killed(
    script: Script, renderer: Renderer, tmp_path: Path
) -> None:
    code = (
        "import os, signal; from pathlib import Path; from conftest import make_tokenizer;"
        "from netgain.generate.vllm_engine import VllmSampler;"
        "from netgain.models.render import make_renderer;"
        f"s = VllmSampler(Path({str(tmp_path)!r}), None, make_renderer(make_tokenizer()), 'bf16');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}/tests"}
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=100, check=False)
    wait_for_end(script()[0]["pid"])


def test_without_vllm_it_is_said_how_to_get_it(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETGAIN_VLLM", "/nowhere/vllm")
    with pytest.raises(MissingDependency, match=r"environment of its own.*set NETGAIN_VLLM"):
        VllmSampler(tmp_path, None, renderer, "bf16")


def test_its_version_is_known_for_the_record() -> None:
    assert vllm_version() == "0.33.0"


def test_the_calculator_is_refused(renderer: Renderer, tmp_path: Path) -> None:
    sampler = VllmSampler(tmp_path, None, renderer, "bf16")
    question = Question("p", chat_prompt((("user", "a"),)))
    with pytest.raises(EvaluationError, match="calculator"):
        answer_unit(sampler, [question], Asking(SAMPLING, calculator=True))


def test_a_run_with_the_calculator_is_refused_before_it_begins() -> None:
    with pytest.raises(EvaluationError, match=r"calculator pauses.*choose the transformers"):
        require_engine("vllm", calculator=True)


def test_the_command_evaluates_with_it_and_records_its_version(
    script: Script, tiny_model: Path, tmp_path: Path
) -> None:
    """The stand-in says nothing, so every answer is empty and cut off: what counts is the way."""
    done = netgain(
        "evaluate", tiny_model, "--data", "builtin", "--limit", 3, "--engine", "vllm",
        "--out", tmp_path / "e", "--set", "evaluate.precision=bf16",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 answers by vllm" in done.stdout
    started, *asked = script()
    assert len(asked) == 3 and all(body["prompt"] for body in asked)
    summary = EvaluationFolder(tmp_path / "e").summary()
    assert summary is not None and summary.settings["versions"]["vllm"] == "0.33.0"
    wait_for_end(started["pid"])
