"""The main job, end to end: the reference recipe with only the model and the data overridden."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, Done, netgain, tiny
from netgain import pipeline, store
from netgain.errors import EvaluationError, RunDamaged, RunError, StorageError
from netgain.generate.answering import Asking
from netgain.generate.sampler import Sampling
from netgain.grading import grade
from netgain.pipeline.standalone import Standalone, evaluate_alone
from netgain.recipe import Recipe, load_recipe, parse_recipe
from netgain.store import RunDirectory


@pytest.fixture(scope="module")
def first_run(
    tiny_model: Path, hub_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunDirectory, Done]:
    """recipes/gsm8k.yaml itself, as a user types it."""
    root = tmp_path_factory.mktemp("runs") / "first"
    done = netgain("run", REFERENCE, *tiny(tiny_model, hub_data), "--out", root)
    assert done.returncode == 0, done.stderr
    return RunDirectory(root), done


@pytest.fixture
def copied(first_run: tuple[RunDirectory, Done], tmp_path: Path) -> RunDirectory:
    shutil.copytree(first_run[0].root, tmp_path / "copy")
    return RunDirectory(tmp_path / "copy")


def recipe_of(directory: RunDirectory) -> Recipe:
    return directory.recipe()


def report_of(directory: RunDirectory) -> dict[str, Any]:
    return json.loads((directory.root / "report" / "report.json").read_text())


def silent(stage: str, done: int, total: int, note: str) -> None:
    pass


def go_on(directory: RunDirectory, only: str = "all") -> Path:
    return pipeline.run(recipe_of(directory), directory.root, only, "netgain run", silent)


def states(caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    """What a run said of what it makes, before it began: by name, whether it was there."""
    lines = (record.getMessage() for record in caplog.records)
    found = (re.fullmatch(r"([\w-]+) +(.*?); from .*", line) for line in lines)
    return {m[1]: m[2] for m in found if m}


def test_it_ends_with_a_verdict_and_a_report(first_run: tuple[RunDirectory, Done]) -> None:
    directory, done = first_run
    page = Path(done.stdout.strip())
    assert page == directory.root / "report" / "report.html"
    report = report_of(directory)
    assert report["verdict"] in " ".join(done.stderr.split())
    assert report["comparison"]["n"] == 12
    assert report["verdict"].startswith(
        ("No detectable change", "Improved", "Worse", "This run cannot")
    )
    for text in (page.read_text(), page.with_name("report.md").read_text()):
        assert "one training run" in text and "generated answers" in text
        assert "teacher-forced token accuracy" in text.lower()


def test_the_run_followed_the_recipe(first_run: tuple[RunDirectory, Done]) -> None:
    directory, _ = first_run
    training = json.loads((directory.train / "training.json").read_text())
    assert training["examples"] == {"train": 36, "validation": 4}
    state = json.loads((directory.train / "trainer_state.json").read_text())
    assert state["max_steps"] == 15  # 3 epochs of 36 in batches of 8
    split = json.loads((directory.data / "split.json").read_text())
    assert {k: len(v) for k, v in split["ids"].items()} == {
        "train": 36, "validation": 4, "test": 12,
    }  # fmt: skip


def test_every_problem_is_answered_once_by_each_model_with_reason_and_counts(
    first_run: tuple[RunDirectory, Done],
) -> None:
    directory, _ = first_run
    problems = {p.id for p in directory.problems("test")}
    for model in ("base", "tuned"):
        rows = directory.evaluation(model).generations()
        assert len(rows) == len(problems) and {g.problem_id for g in rows} == problems
        assert {g.finish_reason for g in rows} <= {"stop", "length"}
        assert all(0 < g.completion_tokens <= 1024 and g.prompt_tokens > 0 for g in rows)
        assert all((g.finish_reason == "length") == (g.completion_tokens == 1024) for g in rows)
        summary = directory.evaluation(model).summary()
        assert summary is not None
        assert summary.truncated == sum(g.finish_reason == "length" for g in rows)


def test_base_and_tuned_were_asked_the_same_and_only_the_adapter_differs(
    first_run: tuple[RunDirectory, Done],
) -> None:
    directory, _ = first_run
    base, tuned = (directory.evaluation(m).generations() for m in ("base", "tuned"))
    assert [(g.problem_id, g.prompt_digest) for g in base] == [
        (g.problem_id, g.prompt_digest) for g in tuned
    ]
    settings = [s.settings for m in ("base", "tuned") if (s := directory.evaluation(m).summary())]
    assert {k for k in settings[0] if settings[0][k] != settings[1][k]} == {"adapter"}
    assert settings[0]["adapter"] is None


def test_the_reported_accuracy_is_that_of_the_stored_answers(
    first_run: tuple[RunDirectory, Done],
) -> None:
    directory, _ = first_run
    gold = {p.id: p.answer for p in directory.problems("test")}
    report = report_of(directory)
    for model in ("base", "tuned"):
        metric = next(m for m in report["key_metrics"] if m["name"] == f"accuracy, {model}")
        right = [
            grade(g.text, gold[g.problem_id] or Fraction(0), finish_reason=g.finish_reason).correct
            for g in directory.evaluation(model).generations()
        ]
        assert metric["kind"] == "generated"
        assert metric["estimate"]["value"] == sum(right) / len(right)


def test_the_same_command_again_does_nothing_anew_and_gives_the_same_report(
    first_run: tuple[RunDirectory, Done],
    caplog: pytest.LogCaptureFixture,
) -> None:
    directory, _ = first_run
    kept = [p for p in directory.root.rglob("*") if p.is_file() and "report" not in p.parts
            and p.name not in {"run.log", "warnings.log", "recipe.yaml", ".lock"}]  # fmt: skip
    before = {p: p.stat().st_mtime_ns for p in kept}
    reports = {p: p.read_bytes() for p in (directory.root / "report").iterdir()}
    caplog.set_level("INFO", "netgain")
    go_on(directory)
    assert states(caplog) == {"train": "there", "base": "there", "tuned": "there",
                              "report": "to be made"}  # fmt: skip
    assert {p: p.stat().st_mtime_ns for p in kept} == before
    assert {p: p.read_bytes() for p in (directory.root / "report").iterdir()} == reports


@pytest.mark.slow
def test_a_base_that_was_evaluated_the_same_way_is_not_evaluated_again(
    first_run: tuple[RunDirectory, Done], tiny_model: Path, hub_data: Path
) -> None:
    directory, _ = first_run
    other = RunDirectory(directory.root.with_name("other-seed"))
    recipe = load_recipe(
        REFERENCE,
        [f"model.id={tiny_model}", f"data.source={hub_data}", "train.seed=1", "train.epochs=1"],
    )
    pipeline.run(recipe, other.root, "all", "netgain run", silent)
    summary = other.evaluation("base").summary()
    assert summary is not None and summary.reused_from == "first"
    assert other.evaluation("base").generations() == directory.evaluation("base").generations()
    tuned = other.evaluation("tuned").summary()
    assert tuned is not None and tuned.reused_from is None
    times = [
        metric["estimate"]["value"]
        for run in (directory, other)
        for metric in report_of(run)["cost_metrics"]
        if metric["name"] == "time for evaluating the base model"
    ]
    assert len(times) == 2 and times[0] == times[1] == summary.seconds  # as it took there


def test_a_training_that_was_done_the_same_way_is_not_done_again(
    first_run: tuple[RunDirectory, Done],
    caplog: pytest.LogCaptureFixture,
) -> None:
    directory, _ = first_run
    caplog.set_level("INFO", "netgain")
    other = RunDirectory(directory.root.with_name("other-limit"))
    plain = recipe_of(directory).plain()
    plain["evaluate"]["max_new_tokens"] += 1
    recipe = parse_recipe(plain)
    pipeline.run(recipe, other.root, "train", "netgain run", silent)
    assert states(caplog) == {"train": "taken over from first"}
    assert store.read_json(other.train / "training.json")["reused_from"] == "first"
    assert (other.serving() or {})["asked"][0] == "transformers"  # looked at anew
    weights = "adapter_model.safetensors"
    assert (other.adapter / weights).read_bytes() == (directory.adapter / weights).read_bytes()
    pipeline.run(recipe, other.root, "report", "netgain run", silent)
    report = report_of(other)
    assert "time for training" in str(report["cost_metrics"])  # as it took there
    assert "taken from the run first" in str(report["notes"])


@pytest.mark.slow
def test_another_limit_of_tokens_is_another_evaluation(
    first_run: tuple[RunDirectory, Done], tiny_model: Path, hub_data: Path
) -> None:
    directory, _ = first_run
    other = RunDirectory(directory.root.with_name("shorter"))
    overrides = [f"model.id={tiny_model}", f"data.source={hub_data}", "train.epochs=1",
                 "evaluate.max_new_tokens=8"]  # fmt: skip
    pipeline.run(load_recipe(REFERENCE, overrides), other.root, "all", "netgain run", silent)
    summary = other.evaluation("base").summary()
    assert summary is not None and summary.reused_from is None
    told = " ".join(c["text"] for c in report_of(other)["concerns"])
    assert "reached the limit of 8 tokens" in told


def test_each_stage_can_be_done_alone(tiny_model: Path, hub_data: Path, tmp_path: Path) -> None:
    overrides = [f"model.id={tiny_model}", f"data.source={hub_data}", "train.epochs=1",
                 "evaluate.max_new_tokens=8"]  # fmt: skip
    recipe = load_recipe(REFERENCE, overrides)
    directory = RunDirectory(tmp_path / "run")
    with pytest.raises(RunError, match="the data stage has not been done"):
        pipeline.run(recipe, directory.root, "report", "", silent)
    with pytest.raises(RunError, match="train first"):
        pipeline.run(recipe, directory.root, "evaluate", "", silent)
    pipeline.run(recipe, directory.root, "train", "", silent)
    assert directory.evaluation("tuned").summary() is None
    pipeline.run(recipe, directory.root, "report", "", silent)
    assert "No verdict" in report_of(directory)["verdict"]
    pipeline.run(recipe, directory.root, "evaluate", "", silent)
    pipeline.run(recipe, directory.root, "report", "", silent)
    assert report_of(directory)["comparison"]["n"] == 12


# -- what goes wrong gets one clear line ---------------------------------------------------


def test_a_directory_of_another_recipe_is_refused_with_the_settings_that_differ(
    copied: RunDirectory,
) -> None:
    recipe = recipe_of(copied)
    other = recipe.model_copy(update={"train": recipe.train.model_copy(update={"epochs": 7.0})})
    with pytest.raises(RunError, match=r"train\.epochs: 3\.0 there, 7\.0 here"):
        pipeline.run(other, copied.root, "all", "", silent)


def test_a_directory_that_holds_something_else_is_left_alone(
    copied: RunDirectory, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(RunError, match="not empty and no run"):
        pipeline.run(recipe_of(copied), tmp_path / "mine", "all", "", silent)
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_directory_in_use_is_refused(copied: RunDirectory) -> None:
    script = (
        "import time\nfrom filelock import FileLock\n"
        f"lock = FileLock({str(copied.root / '.lock')!r})\nlock.acquire()\n"
        "print('held', flush=True)\ntime.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="in use by another netgain process"):
            go_on(copied)
    finally:
        holder.kill()
        holder.wait()
    go_on(copied, "report")  # the lock died with its holder


@pytest.mark.parametrize(
    ("model", "code", "told"),
    [  # what shows before it is opened is a mistake of the recipe, told with all others
        ("no-such-folder", 2, "no such folder, and no Hub id"),
        ("someone/unknown", 1, "is not in the local cache"),
        ("{tmp}/empty", 2, "no model folder: it has no config.json"),
        ("{tmp}/pickled", 2, "a pickle, which is never loaded"),
        ("{tmp}/broken", 1, "is no sound safetensors file"),
    ],
)
def test_a_model_that_cannot_be_had_gets_one_line(
    model: str, code: int, told: str, tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_text("{}")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"\x80\x04")
    shutil.copytree(tiny_model, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"not tensors")
    where = model.format(tmp=tmp_path)
    done = netgain("run", REFERENCE, *tiny(Path(where), hub_data), "--out", tmp_path / "run")
    assert done.returncode == code
    error = done.stderr.strip().splitlines()[-1]
    assert error.startswith("netgain: " if code == 1 else "  - --set model.id: ")
    assert told in error
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_written(
    copied: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copied.evaluation("tuned").path)
    real = os.fsync
    calls = iter(range(100))

    def full(file: int) -> None:
        if next(calls) == 3:
            raise OSError(28, "No space left on device")
        real(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk is full"):
        go_on(copied)
    monkeypatch.undo()
    assert not list(copied.root.rglob("*.tmp"))
    go_on(copied)
    assert report_of(copied)["comparison"]["n"] == 12


@pytest.mark.slow
def test_a_real_full_file_system_is_told_as_such(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(small)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        done = netgain("run", REFERENCE, *tiny(tiny_model, hub_data), "--out", small / "run")
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_what_a_kill_left_aside_is_swept_and_nothing_else(copied: RunDirectory) -> None:
    half = copied.train / ".adapter.tmp"
    half.mkdir()
    (half / "adapter_config.json").write_text("{")
    (copied.train / ".adapter.old").mkdir()
    (copied.data / ".split.json.1.tmp").write_text("{")
    (copied.root / "mine.tmp").write_text("kept")
    go_on(copied, "report")
    assert not half.exists() and not (copied.train / ".adapter.old").exists()
    assert not (copied.data / ".split.json.1.tmp").exists()
    assert (copied.root / "mine.tmp").exists()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail] PytorchStreamWriter failed writing file data/0"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 61248 vs 61136"),
        Exception("I/O error: No space left on device (os error 28)"),
    ],
)
def test_native_writers_full_disks_are_told_as_such(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(StorageError, match="the disk is full"), store.storage_errors(tmp_path):
        raise error


def test_base_and_tuned_asked_under_other_conditions_are_not_compared(
    copied: RunDirectory,
) -> None:
    path = copied.evaluation("base").summary_file
    summary = json.loads(path.read_text())
    summary["settings"]["precision"] = "another"
    store.write_sealed(path, summary)
    with pytest.raises(EvaluationError, match=r"other conditions \(precision differ"):
        go_on(copied, "report")


def test_a_changed_adapter_is_not_evaluated_as_the_trained_one(copied: RunDirectory) -> None:
    path = copied.adapter / "adapter_config.json"
    path.write_text(path.read_text().replace('"r": 8', '"r":  8'))
    with pytest.raises(RunDamaged, match=r"train/adapter was changed: .*delete .*training\.json"):
        go_on(copied, "evaluate")
    (copied.train / "training.json").unlink()
    go_on(copied)
    assert copied.sound_adapter_digest()
    assert report_of(copied)["comparison"]["n"] == 12


def test_a_changed_adapter_is_refused_outside_its_run_too(
    copied: RunDirectory, tmp_path: Path
) -> None:
    path = copied.adapter / "adapter_config.json"
    path.write_text(path.read_text().replace('"lora_alpha": 16', '"lora_alpha": 17'))
    wanted = Standalone(
        load_recipe(copied.root / "recipe.yaml"), Asking(Sampling(8)), copied.adapter, any_base=True
    )
    with pytest.raises(RunDamaged, match="train/adapter was changed"):
        evaluate_alone(wanted, tmp_path / "alone", lambda *_: None)


def test_a_base_other_than_the_trained_one_is_refused(
    copied: RunDirectory, tiny_model: Path
) -> None:
    path = copied.train / "training.json"
    training = json.loads(path.read_text())
    training["model"]["digest"] = "another"
    store.write_sealed(path, training)
    shutil.rmtree(copied.evaluation("tuned").path)
    with pytest.raises(EvaluationError, match="not those the adapter was trained on"):
        go_on(copied)


def test_a_recipe_of_ones_own_in_the_folder_is_not_overwritten(
    copied: RunDirectory, tmp_path: Path
) -> None:
    mine = tmp_path / "project" / "recipe.yaml"
    mine.parent.mkdir()
    mine.write_text("# my comments\n")
    with pytest.raises(RunError, match="no run of netgain"):
        pipeline.run(recipe_of(copied), mine.parent, "all", "", silent)
    assert mine.read_text() == "# my comments\n"


def test_damaged_records_are_named(copied: RunDirectory) -> None:
    (copied.data / "split.json").write_text("{half")
    with pytest.raises(RunError, match=r"split\.json lacks the SHA-256"):
        go_on(copied, "report")


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    words = tiny(tiny_model, hub_data, "train.epochs=500", "train.checkpoint_seconds=0.1")
    root = tmp_path / "run"
    command = [sys.executable, "-m", "netgain.cli.main", "run", str(REFERENCE), "--out", str(root)]
    command += words
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        # A shell that runs the tests in the background has Ctrl-C ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(root.glob("train/checkpoints/checkpoint-*")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "give the same command again" in error.splitlines()[-1]
    assert "Traceback" not in error
