"""A finished run whose files are damaged, edited, or put in the place of other things."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import damaged_run
from conftest import netgain
from damaged_run import Told, counted, damages, finished_run, read_all, tried
from netgain import pipeline, provenance
from netgain.errors import RunDamaged, RunError, StorageError
from netgain.generate.answering import Asking
from netgain.pipeline.comparing_runs import compare_runs
from netgain.pipeline.evaluating import greedy
from netgain.pipeline.rebuilding import rebuild
from netgain.pipeline.standalone import Standalone, evaluate_alone
from netgain.store import RunDirectory, folder_digest
from netgain.store.parts import GENERATION_SCHEMA, OF, Part, write_table

PART = "evaluations/tuned/generations/part-00001.parquet"


@pytest.fixture(scope="module")
def finished(
    tiny_model: Path, hub_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunDirectory:
    root = tmp_path_factory.mktemp("damaged") / "run"
    return finished_run(root, tiny_model, hub_data, *damaged_run.EXTRAS)


@pytest.fixture(scope="module")
def undamaged(finished: RunDirectory) -> dict[str, Told]:
    return read_all(finished.root)


@pytest.fixture
def copied(finished: RunDirectory, tmp_path: Path) -> RunDirectory:
    shutil.copytree(finished.root, tmp_path / "runs" / "run")
    return RunDirectory(tmp_path / "runs" / "run")


def quiet(*_: object) -> None:
    pass


def go_on(directory: RunDirectory, recipe: Any = None) -> str:
    """Give the same command again; returns what was logged of it."""
    before = len(directory.log.read_text(errors="replace"))
    pipeline.run(recipe or directory.recipe(), directory.root, "all", "", lambda *_: None)
    return directory.log.read_text(errors="replace")[before:]


def figures(directory: RunDirectory) -> str:
    return repr(pipeline.findings_of(directory).comparison)


# -- damage --------------------------------------------------------------------------------


def test_damage_changes_no_figure_without_a_word(
    finished: RunDirectory, undamaged: dict[str, Told]
) -> None:
    outcomes = [tried(d, finished.root, undamaged) for d in islice(damages(finished.root, 1), 16)]
    found = counted(outcomes)
    assert {word for of in found.values() for word in of} <= {"same", "refused"}, found
    assert found["report"]["refused"] >= 3


def test_damage_to_an_evaluation_alone_changes_no_figure_without_a_word(
    finished: RunDirectory, tmp_path: Path
) -> None:
    recipe, alone = finished.recipe(), tmp_path / "alone"
    evaluate_alone(Standalone(recipe, Asking(greedy(recipe, recipe.prompt))), alone, quiet)
    undamaged = read_all(alone, ("compare", "leaderboard", "view"))
    found = counted([tried(d, alone, undamaged) for d in islice(damages(alone, 2), 40)])
    assert {word for of in found.values() for word in of} <= {"same", "refused"}, found
    assert found["compare"]["refused"] >= 10


EDITS: dict[str, tuple[str, str, str]] = {
    "learning rate": ("recipe.yaml", "learning_rate: 0.01", "learning_rate: 0.02"),
    "answers": ("evaluations/base/evaluation.json", '"n": 12', '"n": 13'),
    "command": ("run.json", '"command": "netgain', '"command": "netgaim'),
    "loss": ("train/trainer_state.json", '"eval_loss": ', '"eval_loss": 1'),
    "precision": ("train/training.json", '"precision": "fp32"', '"precision": "bf16"'),
    "kept": ("train/serving.json", '"precision": "fp32"', '"precision": "bf16"'),
    "category": ("data/test.jsonl", '"steps": ', '"steps": 1'),
    "shots": ("data/train.jsonl", '"steps": ', '"steps": 1'),
    "overlaps": ("data/split.json", '"source": ', '"source" : '),
    "variants": ("evaluations/base-perturbed/problems.jsonl", '"steps": ', '"steps": 1'),
    "adapter": ("train/adapter/adapter_config.json", '"lora_alpha": ', '"lora_alpha": 1'),
    "not UTF-8": ("recipe.yaml", "name: ", "name: \udcff"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_told_in_one_line_that_names_the_file(copied: RunDirectory, edit: str) -> None:
    name, old, new = EDITS[edit]
    path = copied.root / name
    text = path.read_text(errors="surrogateescape")
    assert old in text
    path.write_text(text.replace(old, new, 1), errors="surrogateescape")
    with pytest.raises(RunDamaged, match="was changed") as caught:
        pipeline.findings_of(copied)
    told = str(caught.value)
    assert name.removesuffix("/adapter_config.json") in told and "\n" not in told
    assert re.search("restore it, or give the command|delete .* and give the|give the comm", told)


def _other_file_of_ours(copied: RunDirectory) -> None:
    base = copied.evaluation("base")
    shutil.copy(base.part(1), copied.evaluation("tuned").part(1))


def _not_utf8(copied: RunDirectory) -> None:
    """Text that cannot be decoded, under a right seal."""
    import pyarrow

    part = Part(copied.root / PART)
    table, at = part.table(GENERATION_SCHEMA), GENERATION_SCHEMA.get_field_index("text")
    bad = pyarrow.array([b"\xff\xfe"] * len(table), pyarrow.binary()).cast(
        pyarrow.string(), safe=False
    )
    write_table(part.path, table.set_column(at, "text", bad), {OF: part.marks[OF]})


@pytest.mark.parametrize("damage", [_other_file_of_ours, _not_utf8])
def test_answers_that_are_whole_and_not_to_be_used_are_refused_and_given_again(
    copied: RunDirectory, finished: RunDirectory, damage: Callable[[RunDirectory], None]
) -> None:
    damage(copied)
    with pytest.raises(RunDamaged, match=r"part-00001\.parquet (is of another|cannot be read)"):
        pipeline.findings_of(copied)
    assert "part-00001.parquet" in go_on(copied)
    assert figures(copied) == figures(finished)


HEALED = (
    "train/serving.json",
    "evaluations/base/evaluation.json",
    "evaluations/check-own/problems.jsonl",
    "evaluations/check-1/problems.jsonl",
    "evaluations/check-2/generations/part-00000.parquet",
    "evaluations/base-perturbed/problems.jsonl",
    "evaluations/tuned-samples/generations/part-00000.parquet",
)
NO_NEED = ("evaluations/tuned/judged/part-00000.parquet", "evaluations/base/plan.json")


def test_a_run_mends_what_it_can_and_ends_with_the_same_findings(
    copied: RunDirectory, undamaged: dict[str, Told], finished: RunDirectory
) -> None:
    for name in (*HEALED, *NO_NEED):
        path = copied.root / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(RunDamaged):
        pipeline.findings_of(copied)
    told = go_on(copied)
    for name in HEALED:
        assert name in told, told
    figures, _ = read_all(copied.root)["compare"]
    assert figures == undamaged["compare"][0]
    assert "WARNING" not in go_on(copied)


def test_a_lost_plan_costs_no_answer(copied: RunDirectory, finished: RunDirectory) -> None:
    folder = copied.evaluation("base")
    folder.summary_file.unlink()
    folder.plan_file.write_bytes(folder.plan_file.read_bytes()[:-9])
    before = {p: p.stat().st_mtime_ns for p in folder.answer_parts()}
    go_on(copied)
    assert {p: p.stat().st_mtime_ns for p in folder.answer_parts()} == before
    assert figures(copied) == figures(finished)


# -- what is no plain file -----------------------------------------------------------------

READ = ("recipe.yaml", "run.json", "data/split.json", "data/test.jsonl", "data/train.jsonl",
        "train/training.json", "train/trainer_state.json", "train/adapter/adapter_config.json",
        "evaluations/base/evaluation.json", PART)  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(copied: RunDirectory, name: str) -> None:
    recipe = copied.recipe()
    path = copied.root / name
    path.unlink()
    os.mkfifo(path)
    began = time.monotonic()
    for read in (pipeline.findings_of, lambda d: go_on(d, recipe)):
        with pytest.raises(RunError, match="is a pipe") as caught:
            read(copied)
        assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", [*READ, "evaluations", "evaluations/tuned", "data", "train"])
def test_a_link_out_of_the_folder_is_refused(
    copied: RunDirectory, name: str, tmp_path: Path
) -> None:
    recipe = copied.recipe()
    path, elsewhere = copied.root / name, tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    for read in (pipeline.findings_of, lambda d: go_on(d, recipe)):
        with pytest.raises(RunError, match="is a link"):
            read(copied)


@pytest.mark.parametrize("name", ["run.log", ".lock", "train/serving.json", ".running"])
def test_a_run_writes_through_no_link(copied: RunDirectory, name: str, tmp_path: Path) -> None:
    recipe, mine = copied.recipe(), tmp_path / "mine"
    mine.write_text("mine")
    (copied.root / name).unlink(missing_ok=True)
    (copied.root / name).symlink_to(mine)
    with pytest.raises(RunError, match=f"{name} is a link"):
        pipeline.run(recipe, copied.root, "all", "", lambda *_: None)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("command", ["report", "view", "compare"])
def test_commands_refuse_a_pipe_in_one_line(copied: RunDirectory, command: str) -> None:
    path = copied.root / PART
    path.unlink()
    os.mkfifo(path)
    done = netgain(command, copied.root)
    assert done.returncode == 1
    assert re.fullmatch(r"netgain: \S+part-00001.parquet is a pipe.*\n", done.stderr)


# -- keys ----------------------------------------------------------------------------------


def test_a_run_that_goes_on_with_other_gpus_keeps_its_answers(
    copied: RunDirectory, finished: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied.evaluation("tuned")
    folder.summary_file.unlink()
    folder.part(2).unlink()
    before = {p: p.stat().st_mtime_ns for p in folder.answer_parts()}
    monkeypatch.setattr(provenance, "gpus", lambda: ("NVIDIA RTX A1000",) * 2)
    told = go_on(copied)
    assert "going on after 8 of 12 problems" in told
    assert {p: p.stat().st_mtime_ns for p in before} == before
    summary, earlier = folder.summary(), finished.evaluation("tuned").summary()
    assert summary is not None and earlier is not None
    assert summary.gpus == ("NVIDIA RTX A1000",)
    assert summary.digest == earlier.digest
    concerns = [c.text for c in pipeline.findings_of(copied).concerns]
    assert any("on different GPUs (none; NVIDIA RTX A1000)" in text for text in concerns)
    assert figures(copied) == figures(finished)


def test_what_was_done_with_other_gpus_is_taken_over(
    copied: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "gpus", lambda: ("NVIDIA RTX A1000",))
    other = RunDirectory(copied.root.with_name("other"))
    pipeline.run(copied.recipe(), other.root, "all", "", quiet)
    assert (other.training() or {})["reused_from"] == "run"
    for model in ("base", "tuned", "base-samples", "check-own"):
        summary = other.evaluation(model).summary()
        assert summary is not None and (summary.reused_from, summary.gpus) == ("run", ())


def test_an_adapter_is_one_model_wherever_it_is_evaluated(
    finished: RunDirectory, tmp_path: Path
) -> None:
    recipe = finished.recipe()
    wanted = Standalone(recipe, Asking(greedy(recipe, recipe.prompt)), finished.adapter)
    alone = tmp_path / "alone"
    evaluate_alone(wanted, alone, quiet)
    board = compare_runs([finished.root, alone])
    assert len(board.models) == 2
    assert finished.adapter_digest() == folder_digest(finished.adapter)


def test_what_lies_beside_an_adapter_is_no_part_of_it(copied: RunDirectory) -> None:
    before = copied.sound_adapter_digest()
    (copied.adapter / "README.md").write_text("a card")
    assert copied.sound_adapter_digest() == before
    config = copied.adapter / "adapter_config.json"
    config.rename(copied.adapter / "other.json")
    with pytest.raises(RunDamaged, match=r"adapter is missing"):
        copied.sound_adapter_digest()


# -- mistakes of the user ------------------------------------------------------------------


def test_a_run_directory_that_is_removed_meanwhile_is_told_as_such(copied: RunDirectory) -> None:
    recipe = copied.recipe()
    shutil.rmtree(copied.evaluation("tuned").path)

    def removing(stage: str, done: int, total: int, note: str) -> None:
        if stage == "tuned":
            shutil.rmtree(copied.root, ignore_errors=True)

    with pytest.raises(StorageError, match=r"was removed while the run was in it; give the same"):
        pipeline.run(recipe, copied.root, "all", "", removing)


def shell(line: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as a shell's `line` has it, where it stands as "$@"."""
    netgain = (sys.executable, "-m", "netgain.cli.main", *map(str, words))
    return subprocess.run(
        ["bash", "-c", line, "bash", *netgain], capture_output=True, text=True, check=False
    )


def test_a_limit_on_the_size_of_files_is_told_as_such(copied: RunDirectory) -> None:
    done = shell('ulimit -f 40; exec "$@"', "report", copied.root)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert (
        "File too large. Free some space, raise a limit on the size of files (ulimit -f)"
        in done.stderr
    )


@pytest.mark.parametrize("command", ["report", "run"])
def test_a_closed_output_is_told_as_such(copied: RunDirectory, command: str) -> None:
    before = copied.log.read_bytes()
    done = shell('exec "$@" >&-', command, copied.root)
    told = "netgain: standard output is closed; leave it open, or redirect it "
    assert done.returncode == 1 and done.stderr == f"{told}(> FILE, > /dev/null)\n"
    assert copied.log.read_bytes() == before


def test_what_a_killed_process_left_is_swept(copied: RunDirectory, tmp_path: Path) -> None:
    gone = 2**22 + 7  # no process has such a number
    left = [
        copied.report / f".report.html.{gone}.old", copied.report / f".report.md.{gone}.tmp",
        copied.evaluation("base-task-x").scores_folder / f".part-00000.parquet.{gone}.tmp",
        copied.train / "rollouts" / "step-3" / "generations" / f".part-00000.parquet.{gone}.tmp",
    ]  # fmt: skip
    mine = [copied.report / ".notes", copied.adapter / ".mine.tmp"]
    for path in (*left, *mine):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    go_on(copied)
    assert not any(path.exists() for path in left) and all(path.exists() for path in mine)
    out = tmp_path / "elsewhere"
    out.mkdir()
    for name in (f".report.html.{gone}.old", f".report.json.{gone}.tmp", ".notes"):
        (out / name).write_text("half")
    with pytest.raises(StorageError, match=r"holds other files .*: \.notes;"):
        rebuild(copied.root, out)
    (out / ".notes").unlink()
    rebuild(copied.root, out)
    assert not [p for p in out.iterdir() if p.suffix in {".old", ".tmp"}]
