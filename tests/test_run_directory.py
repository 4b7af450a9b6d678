"""A run directory changed, damaged or in an odd place; and what a run says of itself."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, netgain
from netgain import pipeline, provenance
from netgain.api.display import Display
from netgain.errors import (
    NetgainError,
    RecipeError,
    RunDamaged,
    RunError,
    StorageError,
)
from netgain.recipe import Recipe, load_recipe
from netgain.store import RunDirectory, read_json, write_sealed
from tiny_gguf import tiny_gguf

News = tuple[str, int, int, str]


@pytest.fixture(scope="module")
def finished(
    tiny_model: Path, hub_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunDirectory:
    """A trained and evaluated run: 12 test problems, answered in three units."""
    root = tmp_path_factory.mktemp("finished") / "run"
    overrides = [f"model.id={tiny_model}", f"data.source={hub_data}", "train.epochs=0.4",
                 "train.precision=fp32", "train.learning_rate=0.01", "evaluate.precision=fp32",
                 "evaluate.max_new_tokens=8", "evaluate.batch_size=4"]  # fmt: skip
    for part in ("train", "evaluate"):
        pipeline.run(load_recipe(REFERENCE, overrides), root, part, "netgain run r.yaml", silent)
    return RunDirectory(root)


@pytest.fixture
def copied(finished: RunDirectory, tmp_path: Path) -> RunDirectory:
    shutil.copytree(finished.root, tmp_path / "runs" / "copy")
    return RunDirectory(tmp_path / "runs" / "copy")


def silent(stage: str, done: int, total: int, note: str) -> None:
    pass


def go_on(directory: RunDirectory, only: str, recipe: Recipe | None = None) -> list[News]:
    """Give the same command again; returns what was shown."""
    news: list[News] = []
    chosen = recipe or directory.recipe()
    pipeline.run(chosen, directory.root, only, "netgain run", lambda *n: news.append(n))
    return news


def edit(path: Path, **changes: Any) -> None:
    """Other content under a right seal, as only a program makes it."""
    write_sealed(path, {**read_json(path), **changes})


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


# -- problems and their digests ------------------------------------------------------------


@pytest.mark.parametrize("column", ["gold", "question"])
def test_problems_that_were_edited_are_refused(copied: RunDirectory, column: str) -> None:
    path = copied.data / "test.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[3][column] = "77"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(RunDamaged, match=r"test\.jsonl was changed or damaged since.*--out"):
        pipeline.findings_of(copied)
    with pytest.raises(RunDamaged, match="was changed"):
        go_on(copied, "evaluate")


def test_answers_to_other_problems_are_not_reported(copied: RunDirectory) -> None:
    problems = {n: copied.problems(n) for n in ("train", "validation", "test")}
    problems["test"].reverse()
    copied.save_problems(problems, copied.split())
    with pytest.raises(RunDamaged, match=r"evaluation\.json is of other problems"):
        pipeline.findings_of(copied)


def test_a_run_of_an_unknown_format_is_refused(copied: RunDirectory) -> None:
    edit(copied.root / "run.json", format_version=1)
    for use in (pipeline.findings_of, lambda d: go_on(d, "evaluate")):
        with pytest.raises(RunError, match=r"of format 1, and this netgain reads format 2; use"):
            use(copied)


# -- files that are lost or damaged --------------------------------------------------------


def test_a_lost_recipe_is_no_reason_to_take_another_one(copied: RunDirectory) -> None:
    recipe = copied.recipe()
    (copied.root / "recipe.yaml").unlink()
    with pytest.raises(RunDamaged, match=r"recipe\.yaml is missing; restore it, or"):
        go_on(copied, "report", recipe)
    with pytest.raises(RunDamaged, match=r"recipe\.yaml is missing"):
        pipeline.findings_of(copied)
    assert not (copied.root / "recipe.yaml").exists()


def test_a_run_that_was_killed_before_its_recipe_was_written_begins(
    copied: RunDirectory, tmp_path: Path
) -> None:
    root = tmp_path / "begun"
    root.mkdir()
    shutil.copy(copied.root / "run.json", root)
    with pytest.raises(RunError, match="the data stage has not been done"):
        pipeline.run(copied.recipe(), root, "report", "", silent)
    assert (root / "recipe.yaml").exists()


def test_the_file_that_a_run_lacks_is_named(copied: RunDirectory) -> None:
    recipe = copied.recipe()
    (copied.root / "run.json").unlink()
    with pytest.raises(RunDamaged, match=r"run\.json is missing; restore it, or"):
        go_on(copied, "all", recipe)


def test_lost_splits_are_not_drawn_anew_under_an_adapter(copied: RunDirectory) -> None:
    (copied.data / "split.json").unlink()
    with pytest.raises(RunDamaged, match=r"split\.json is missing"):
        go_on(copied, "evaluate")


PART = "evaluations/tuned/generations/part-00001.parquet"
DAMAGES: list[tuple[str, str | None]] = [
    ("run.json", "[]"),
    ("run.json", "{half"),
    ("run.json", '{"format_version": 2, "command": 3, "versions": {}, "hardware": {}}'),
    ("recipe.yaml", "train: [\n"),
    ("recipe.yaml", "name: x\n"),
    ("data/split.json", "{}"),
    ("data/split.json", '{"digests": []}'),
    ("data/split.json", None),
    ("data/test.jsonl", "[]\n"),
    ("data/test.jsonl", '{"id": 1}\n'),
    ("data/test.jsonl", None),
    ("train/training.json", "{}"),
    ("train/training.json", "{half"),
    ("train/training.json", None),
    ("train/trainer_state.json", "{half"),
    ("train/trainer_state.json", '{"log_history": [{"step": "first"}]}'),
    ("train/trainer_state.json", '{"log_history": [], "global_step": [3]}'),
    ("train/trainer_state.json", None),
    ("evaluations/base/evaluation.json", "[" * 100_000),
    ("evaluations/base/evaluation.json", '{"model": "base"}'),
    ("evaluations/tuned/evaluation.json", "\x00"),
    (PART, "PAR1"),
    (PART, ""),
    (PART, None),
]


@pytest.mark.parametrize(("name", "content"), DAMAGES)
def test_damage_is_told_with_its_place_and_the_way_out(
    copied: RunDirectory, name: str, content: str | None
) -> None:
    path = copied.root / name
    if content is None:
        path.unlink()
    elif content.startswith('{"'):
        write_sealed(path, json.loads(content))
    else:
        path.write_text(content)
    with pytest.raises(RunDamaged) as caught:
        pipeline.findings_of(copied)
    said = str(caught.value)
    assert str(path if name != PART else path.parent) in said
    assert any(way in said for way in ("; restore it, or", "; delete ", "; give the command"))
    root = copied.root
    out = root.with_name(f"{root.name}-again") if "; restore" in said else root
    recipe = "YOUR-RECIPE.yaml" if name == "recipe.yaml" else root / "recipe.yaml"
    assert f"the command `netgain run {recipe} --out {out}`: " in said
    assert not (name == "train/training.json" and content is None and "delete" in said)


def test_what_is_lost_of_an_evaluation_is_answered_again_and_nothing_else(
    copied: RunDirectory, finished: RunDirectory
) -> None:
    parts = [copied.evaluation("tuned").part(unit) for unit in range(3)]
    cut(parts[1])
    before = {p: p.stat().st_mtime_ns for p in (parts[0], parts[2])}
    copied.evaluation("base").part(2).unlink()
    go_on(copied, "evaluate")
    for model in ("base", "tuned"):
        answers = [(g.problem_id, g.text) for g in copied.evaluation(model).generations()]
        assert answers == [(g.problem_id, g.text) for g in finished.evaluation(model).generations()]
    assert {p: p.stat().st_mtime_ns for p in before} == before
    told = (copied.root / "run.log").read_text()
    assert "part-00001.parquet lacks the SHA-256" in told and "answered again" in told
    assert pipeline.findings_of(copied).comparison is not None


@pytest.mark.parametrize("damage", [cut, lambda path: edit(path, settings={})])
def test_a_damaged_summary_is_made_again_from_the_stored_answers(
    copied: RunDirectory, finished: RunDirectory, damage: Callable[[Path], None]
) -> None:
    before = {p: p.stat().st_mtime_ns for p in copied.root.rglob("*.parquet")}
    damage(copied.evaluation("base").summary_file)
    go_on(copied, "evaluate")
    assert copied.evaluation("base").summary() == finished.evaluation("base").summary()
    assert {p: p.stat().st_mtime_ns for p in before} == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda adapter: cut(adapter / "adapter_model.safetensors"),
        pytest.param(shutil.rmtree, marks=pytest.mark.slow),
        pytest.param(
            lambda adapter: (adapter / "adapter_config.json").unlink(), marks=pytest.mark.slow
        ),
        pytest.param(
            lambda adapter: (adapter / "adapter_model.safetensors").write_bytes(b""),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_damaged_adapter_costs_no_answers_and_comes_back_as_the_message_says(
    copied: RunDirectory, finished: RunDirectory, damage: Callable[[Path], None]
) -> None:
    damage(copied.adapter)
    with pytest.raises(RunDamaged, match=r"adapter (is missing|was changed).*delete \S+ and give"):
        go_on(copied, "evaluate")
    assert copied.evaluation("tuned").summary() == finished.evaluation("tuned").summary()
    (copied.train / "training.json").unlink()
    go_on(copied, "train")
    assert copied.adapter_digest() == finished.adapter_digest()
    assert ("tuned", 12, 12, "already done") in go_on(copied, "evaluate")


def test_a_damaged_neighbour_is_not_reused(copied: RunDirectory) -> None:
    path = copied.adapter / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\x00\x00\x00\x00")
    cut(copied.evaluation("base").part(0))
    other = RunDirectory(copied.root.with_name("other"))
    go_on(other, "train", copied.recipe())
    go_on(other, "evaluate")
    assert "reused_from" not in read_json(other.train / "training.json")
    summary = other.evaluation("base").summary()
    assert summary is not None and summary.reused_from is None


@pytest.mark.parametrize("lost", ["run.json", "recipe.yaml", "data/split.json"])
def test_with_another_out_what_is_sound_is_taken_over(copied: RunDirectory, lost: str) -> None:
    recipe = copied.recipe()
    (copied.root / lost).unlink()
    other = RunDirectory(copied.root.with_name("other"))
    go_on(other, "train", recipe)
    go_on(other, "evaluate")
    assert read_json(other.train / "training.json")["reused_from"] == "copy"
    for model in ("base", "tuned"):
        summary = other.evaluation(model).summary()
        assert summary is not None and summary.reused_from == "copy"


# -- mistakes of the user ------------------------------------------------------------------


@pytest.mark.parametrize("out", ["{tmp}/file", "{tmp}/file/x", "{tmp}/" + "x" * 300, "/proc/x"])
def test_an_out_that_cannot_be_is_told_as_such(
    finished: RunDirectory, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match=r"cannot be written .*choose another place with --out"):
        pipeline.run(finished.recipe(), Path(out.format(tmp=tmp_path)), "all", "", silent)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (["q_proj", "zz"], "'zz' is the name of no layer"),
        ("nonsense", "'nonsense' is the name of no layer"),
        (["mlp"], "'mlp' names parts of the model that no adapter fits"),
        (["norm"], "no adapter fits"),
        ("(q_proj", "is no regular expression"),
        ([], "names no layers"),
    ],
)
def test_target_modules_that_the_model_lacks_are_named(
    finished: RunDirectory, tmp_path: Path, setting: Any, told: str
) -> None:
    override = f"train.lora.target_modules={json.dumps(setting)}"
    recipe = load_recipe(finished.root / "recipe.yaml", [override])
    with pytest.raises(NetgainError) as caught:
        pipeline.run(recipe, tmp_path / "run", "train", "", silent)
    assert told in str(caught.value)
    assert "list" in str(caught.value)  # what to do: the names there are, or how to write them


def test_a_seed_out_of_range_is_a_mistake_of_the_recipe(
    finished: RunDirectory, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=r"train\.seed.*not allowed"):
        recipe = load_recipe(finished.root / "recipe.yaml", [f"train.seed={10**25}"])
        pipeline.run(recipe, tmp_path / "run", "train", "", silent)


def test_a_cache_that_cannot_be_written_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netgain.models import embedded

    tiny_gguf(tmp_path / "model.gguf")
    monkeypatch.setattr(embedded, "_gguf_file", lambda: tmp_path / "model.gguf")
    monkeypatch.setenv("NETGAIN_CACHE", "/proc/x")
    with pytest.raises(StorageError, match=r"cannot be written .*set NETGAIN_CACHE"):
        embedded.embedded_model()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_output_that_cannot_be_written_is_told_as_such(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netgain.cli.main", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "netgain: standard output cannot be written (No space left on device)\n"


def test_help_is_shown_where_the_encoding_lacks_its_signs() -> None:
    for words in (["--help"], ["run", "--help"]):
        done = netgain(*words, PYTHONIOENCODING="ascii")
        assert done.returncode == 0 and "Examples" in done.stdout, done.stderr


# -- what a run says of itself -------------------------------------------------------------


def test_stages_that_are_done_say_so(copied: RunDirectory) -> None:
    news = go_on(copied, "train") + go_on(copied, "evaluate")
    assert ("data", 1, 1, "already done: 36 train, 4 validation, 12 test") in news
    steps = copied.training_log().steps
    assert ("train", steps, steps, "already done") in news
    for model in ("base", "tuned"):
        assert [n for n in news if n[0] == model] == [(model, 12, 12, "already done")]


def test_an_interrupted_evaluation_says_where_it_goes_on(
    copied: RunDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "netgain")
    (copied.evaluation("tuned").summary_file).unlink()
    copied.evaluation("tuned").part(2).unlink()
    go_on(copied, "evaluate")
    told = copied.log.read_text()
    assert "going on after 8 of 12 problems\n" in told


def test_sigterm_ends_a_run_as_ctrl_c_does() -> None:
    process = subprocess.Popen(  # it waits for the rest of its recipe
        [sys.executable, "-m", "netgain.cli.main", "run", "/dev/stdin"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write("# a recipe\n")
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, b"    "))[0]:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    while process.poll() is None:
        assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)  # one that comes between two readings is not seen
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert error == "netgain: stopped; give the same command again and it goes on from here\n"


def test_lines_are_not_wrapped_where_the_output_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "many words " * 30 + "end"
    with Display():
        logging.getLogger("netgain").warning("%s", words)
    assert capsys.readouterr().err.splitlines() == [words]


def test_a_run_records_its_command_by_netgain_s_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/netgain/cli/main.py", "run", "a b.yaml"])
    assert provenance.command_line() == "netgain run 'a b.yaml'"


def test_the_commands_to_reproduce_a_run_make_it_again_elsewhere(finished: RunDirectory) -> None:
    lines = pipeline.findings_of(finished).reproduce
    commands = [shlex.split(line) for line in lines if not line.startswith("#")]
    began, install, again = commands
    assert began == ["netgain", "run", "r.yaml"]
    assert install[:3] == ["pip", "install", ".[train]"]
    assert {"torch", "transformers", "peft", "tokenizers"} <= {w.split("==")[0] for w in install}
    assert again[:3] == ["netgain", "run", str(finished.root / "recipe.yaml")]
    # A folder beside this run would have its adapter and answers reused.
    assert again[3] == "--out" and Path(again[4]).resolve().parent != finished.root.parent
