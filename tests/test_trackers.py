"""W&B, MLflow, Trackio, TensorBoard: told of a run as it goes on; nothing they do ends it."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import netgain
from conftest import ROOT, tiny
from netgain.errors import MissingDependency, RecipeError, TrainingError
from netgain.hub.secrets import secrets_in, without_secrets
from netgain.pipeline import telling as room
from netgain.pipeline.telling import Told, require_trackers, telling
from netgain.recipe import Recipe, load_recipe, parse_recipe
from netgain.store import RunDirectory
from netgain.trackers import TRACKERS

FAKES = ROOT / "tests" / "fake_trackers"
ALL = ("tensorboard", "wandb", "mlflow", "trackio")


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins of the libraries, here and in processes; gives the file of what they are told."""
    source = str(Path(netgain.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", f"{FAKES}:{source}")
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "said.jsonl"))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.syspath_prepend(str(FAKES))
    yield tmp_path / "said.jsonl"
    for name in [n for n in sys.modules if n.partition(".")[0] in {*ALL, "fake_log"}]:
        del sys.modules[name]


def rows(said: Path, tracker: str, what: str = "log") -> list[dict[str, Any]]:
    lines = map(json.loads, said.read_text().splitlines()) if said.exists() else ()
    return [row for row in lines if (row["tracker"], row["what"]) == (tracker, what)]


def recipe(*trackers: str) -> Recipe:
    return parse_recipe(
        {"name": "n", "model": {"id": "m"}, "data": {"source": "builtin"}, "report_to": trackers}
    )


def step(number: int, **more: float) -> dict[str, float]:
    return {"step": number, "loss": 1 / number, "learning_rate": 0.1, **more}


def test_every_tracker_gets_the_log_and_the_figures(
    said: Path, tmp_path: Path, tiny_model: Path, hub_data: Path
) -> None:
    words = tiny(tiny_model, hub_data, "train.epochs=0.4", "evaluate.max_new_tokens=8",
                 "train.accuracy={limit: 2}", f"report_to=[{', '.join(ALL)}]")[1::2]  # fmt: skip
    whole = load_recipe(ROOT / "recipes" / "gsm8k.yaml", words)
    run = netgain.run(whole, out=tmp_path / "run", quiet=True)
    log = json.loads((run.folder / "train" / "trainer_state.json").read_text())["log_history"]
    losses = {row["step"]: row["loss"] for row in log if "loss" in row}
    validated = [row for row in log if "eval_loss" in row]
    assert run.comparison is not None and losses and validated
    for name in ALL:
        told = rows(said, name)
        assert {
            row["step"]: row["values"]["train/loss"]
            for row in told
            if "train/loss" in row["values"]
        } == pytest.approx(losses)
        evals = [row["values"] for row in told if "validation/loss" in row["values"]]
        assert len(evals) == len(validated)
        assert evals[-1]["validation/accuracy_on_the_task"] in (0, 0.5, 1)
        final = told[-1]["values"]
        interval = run.comparison.difference.interval
        assert interval is not None
        assert final["final/difference"] == run.comparison.difference.value
        assert (final["final/difference low"], final["final/difference high"]) == interval
        names = {name for row in told for name in row["values"]}
        of_tokens = {n for n in names if "token" in n and "accura" in n}
        assert of_tokens and all("teacher" in n and "forced" in n for n in of_tokens)
        assert len(rows(said, name, "begin")) == (1 if name == "mlflow" else 2)
    netgain.run(whole, out=run.folder, only="report", quiet=True)  # the same figures
    assert len(rows(said, "wandb", "begin")) == 2
    assert "password" not in (run.folder / "run.log").read_text()


@pytest.mark.parametrize("name", ALL)
def test_a_resumed_run_is_the_same_one_there_and_no_step_is_told_twice(
    said: Path, tmp_path: Path, name: str
) -> None:
    run = RunDirectory(tmp_path)
    for numbers in ((1, 2, 3), (2, 3, 4)):
        with telling(run, recipe(name)) as told:
            for number in numbers:
                told.row(step(number))
                told.row({"step": number, "eval_loss": 0.5})
    assert [row["step"] for row in rows(said, name)] == [1, 1, 2, 2, 3, 3, 4, 4]
    begun = [row["id"] for row in rows(said, name, "begin") if "id" in row]
    if name == "wandb":
        assert begun == [None, "id-of-wandb"]
    elif name == "mlflow":
        assert len(rows(said, name, "begin")) == 1
        assert {row["id"] for row in rows(said, name)} == {"id-of-mlflow"}
    else:
        assert len(set(begun)) == 1
    assert len(rows(said, name, "end")) == 2


@pytest.mark.parametrize("what", ["begin", "log", "end"])
def test_a_tracker_that_fails_is_told_once_and_the_others_go_on(
    said: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv("FAKE_FAILS", f"wandb {what}")
    with (
        caplog.at_level(logging.WARNING, "netgain"),
        telling(RunDirectory(tmp_path), recipe("wandb", "trackio")) as told,
    ):
        for number in range(1, 40):
            told.row(step(number))
            time.sleep(0.05 if number > 20 else 0)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1 and "wandb failed, and the run goes on" in messages[0]
    assert "no connection" in messages[0] and "hf_x" not in messages[0]
    assert len(rows(said, "trackio")) == 39


@pytest.mark.slow  # it waits for what hangs
def test_a_tracker_that_hangs_or_is_killed_does_not_hold_a_run(
    said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv("FAKE_HANGS", "wandb begin")
    told = Told(RunDirectory(tmp_path), recipe("wandb", "trackio"))
    began = time.monotonic()
    for number in range(1, 4000):  # far more than a pipe holds
        told.row(step(number))
    assert time.monotonic() - began < 20
    with caplog.at_level(logging.WARNING, "netgain"):
        told.end(45.0)
        assert len(rows(said, "trackio")) == 3999
        other = Told(RunDirectory(tmp_path), recipe("wandb"))
        other.children[0].process.kill()
        other.children[0].process.wait()
        other.row(step(1))
        other.end(1.0)
    assert "did not end in time" in caplog.text and "ended with -9" in caplog.text


def test_a_damaged_memory_of_a_tracker_begins_anew(said: Path, tmp_path: Path) -> None:
    (tmp_path / "trackers").mkdir()
    for damage in (b"{", b"[1]", b'{"id": 1, "steps": {"train": "x"}, "figures": ""}', b"\xff"):
        (tmp_path / "trackers" / "wandb.json").write_bytes(damage)
        with telling(RunDirectory(tmp_path), recipe("wandb")) as told:
            told.row(step(1))
    assert [row["id"] for row in rows(said, "wandb", "begin")] == [None] * 4


def test_what_a_tracker_needs_is_said_before_a_run(
    said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    require_trackers(recipe(*ALL))
    monkeypatch.delenv("WANDB_MODE")
    with pytest.raises(TrainingError, match=r"wandb login.*WANDB_MODE=offline"):
        require_trackers(recipe("wandb"))
    monkeypatch.setitem(sys.modules, "trackio", None)
    real = room.importlib.util.find_spec
    monkeypatch.setattr(
        room.importlib.util, "find_spec", lambda n: None if n == "trackio" else real(n)
    )
    with pytest.raises(MissingDependency, match="report_to: trackio needs: pip install trackio"):
        require_trackers(recipe("trackio"))
    plain = {"name": "n", "model": {"id": str(tiny_model)}, "data": {"source": "builtin"},
             "report_to": "trackio", "evaluate": {"engine": "transformers"}}  # fmt: skip
    for call in (netgain.plan, netgain.train):
        with pytest.raises(MissingDependency, match="trackio"):
            call(plain, **({"out": tmp_path / "x"} if call is netgain.train else {}))


def test_report_to_changes_no_result_and_takes_one_name() -> None:
    assert recipe().digest() == recipe(*ALL).digest()
    given = {"name": "n", "model": {"id": "m"}, "data": {"source": "builtin"}}
    assert parse_recipe({**given, "report_to": "wandb"}).report_to == ("wandb",)
    assert parse_recipe({**given, "report_to": "none"}).report_to == ()
    with pytest.raises(RecipeError, match="set report_to at the top of the recipe"):
        parse_recipe({**given, "train": {"report_to": "wandb"}})
    assert set(TRACKERS) == set(ALL)


# -- secrets -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("hf_" + "aB3" * 11, "a Hugging Face token"),
        ("sk-ant-" + "aB3-" * 8, "an OpenAI or Anthropic key"),
        ("AKIA" + "ABCD2345" * 2, "an AWS key"),
        ("ghp_" + "aB3" * 12, "a GitHub token"),
        ("https://ana:geheim123@host/x", "a password in an address"),
        ("eyJ" + "hbGciOi" * 3 + ".eyJ" + "zdWIiOi" * 3, "a web token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ],
)
def test_secrets_are_found_by_line_and_never_shown(secret: str, kind: str) -> None:
    text = f"one\ntwo ({secret})\n"
    assert list(secrets_in(text)) == [(2, kind)]
    assert secret not in without_secrets(text)


def test_the_environments_secrets_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "plain words 12")
    monkeypatch.setenv("SSH_KEY_PATH", "/etc/some/place")
    monkeypatch.setenv("PIN_TOKEN", "12345678")
    assert list(secrets_in("a plain words 12 b")) == [(1, "the value of MY_API_KEY")]
    assert not list(secrets_in("/etc/some/place 12345678 task_hf_x sk-short"))
