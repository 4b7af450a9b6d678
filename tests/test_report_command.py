"""`netgain report`: one run's report made anew, and a leaderboard of several runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import netgain as netgain_package
from conftest import netgain
from leaderboard_runs import write_run, write_standalone
from netgain.cli.main import app
from netgain.errors import NetgainError, RunError, StorageError
from netgain.reporting.leaderboard import PAGE, RECORD
from netgain.store import RunDirectory

BASE = [True] * 10 + [False] * 30
TUNED = [True] * 24 + [False] * 16


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "one", {"base": BASE, "tuned": TUNED})


def reported(*words: object) -> str:
    """What the command prints; its refusals are raised."""
    done = CliRunner().invoke(app, ["report", *map(str, words)])
    if isinstance(done.exception, NetgainError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


# -- one run -------------------------------------------------------------------------------


def test_one_run_s_report_is_made_in_its_place_and_its_verdict_is_said(run: Path) -> None:
    verdict, page = reported(run).splitlines()
    assert verdict.startswith("Improved: on the same 40 problems")
    assert page == str(run / "report" / "report.html") and Path(page).exists()
    assert json.loads((run / "report" / "report.json").read_text())["verdict"] == verdict


def test_a_report_elsewhere_says_the_same_and_leaves_the_run_as_it_was(
    run: Path, tmp_path: Path
) -> None:
    before = {p: p.stat().st_mtime_ns for p in run.rglob("*")}
    out = tmp_path / "published"
    verdict, page = reported(run, "--out", out).splitlines()
    assert {p: p.stat().st_mtime_ns for p in run.rglob("*")} == before
    assert page == str(out / "report.html")
    found = json.loads((out / "report.json").read_text())
    assert found["verdict"] == verdict
    assert (out / found["samples"]["folder"]).resolve() == (run / "evaluations").resolve()
    assert reported(run, "--out", out).splitlines()[0] == verdict


def test_a_report_is_not_written_among_other_files(run: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds other files and no report\.json"):
        reported(run, "--out", foreign)
    assert [p.name for p in foreign.iterdir()] == ["letter.txt"]


def test_what_has_no_report_of_its_own_is_told_where_to_go(tmp_path: Path) -> None:
    alone = write_standalone(tmp_path / "alone", TUNED)
    with pytest.raises(RunError, match="is an evaluation without a run"):
        reported(alone)
    with pytest.raises(RunError, match="is no run directory"):
        reported(tmp_path)
    with pytest.raises(RunError, match="is no folder"):
        reported(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_an_evaluation_inside_a_run_leads_to_the_run(run: Path) -> None:
    with pytest.raises(RunError, match=f"report the run: `netgain report {run}`$"):
        reported(run / "evaluations" / "base")


def test_a_run_whose_adapter_is_gone_says_so_and_gets_no_card(run: Path) -> None:
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (run / "train" / "adapter").mkdir(exist_ok=True)
        (run / "train" / "adapter" / name).write_bytes(b"{}")
    directory = RunDirectory(run)
    directory.save_training({**(directory.training() or {}), "adapter": directory.adapter_digest()})
    reported(run)
    assert (run / "report" / "README.md").exists()
    (run / "train" / "adapter" / "adapter_model.safetensors").unlink()
    reported(run)
    assert not (run / "report" / "README.md").exists()
    assert "The adapter is no longer in train/adapter" in (run / "report" / "report.md").read_text()


# -- several -------------------------------------------------------------------------------


def test_several_runs_give_a_leaderboard_in_its_own_folder(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_run(tmp_path / "two", {"base": BASE, "tuned": TUNED[4:] + TUNED[:4]}, seed=7)
    monkeypatch.chdir(tmp_path)
    said, page = reported(run, other).splitlines()
    assert said.startswith("one answers 60.0% of the same 40 problems correctly")
    assert page == f"leaderboard/{PAGE}" and (tmp_path / page).exists()
    record = json.loads((tmp_path / "leaderboard" / RECORD).read_text())
    assert [m["name"] for m in record["models"]] == ["one", "two", "owner/small-model"]
    assert reported(run, other, "--out", tmp_path / "leaderboard").splitlines()[0] == said


def test_a_run_that_is_left_out_is_told_and_the_code_says_so(run: Path, tmp_path: Path) -> None:
    two = write_run(tmp_path / "two", {"base": BASE, "tuned": TUNED[::-1]})
    broken = write_run(tmp_path / "broken\x1b[31m", {"base": BASE, "tuned": TUNED})
    (broken / "recipe.yaml").write_text("name: [")
    done = netgain("report", run, two, broken, "--out", tmp_path / "out")
    assert done.returncode == 1 and (tmp_path / "out" / PAGE).exists()
    assert "is left out" in done.stderr and "give the command `netgain run" in done.stderr
    page = (tmp_path / "out" / PAGE).read_text()
    assert "is left out" in page and "give the command" not in page
    assert "\x1b" not in done.stderr + done.stdout and "Traceback" not in done.stderr


def test_nothing_is_read_where_nothing_may_be_written(run: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"holds other files and no leaderboard\.json"):
        reported(run, tmp_path / "no such run", "--out", run)
    with pytest.raises(RunError, match="given twice"):
        reported(run, run, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_run_or_with_an_empty_name_the_usage_is_shown(run: Path) -> None:
    for words in ([], [str(run), ""], [str(run), "--out", ""]):
        done = CliRunner().invoke(app, ["report", *words])
        assert done.exit_code == 2 and "Usage" in done.output


@pytest.mark.parametrize("wanted", ["report", "push", "export"])
def test_answers_and_folders_of_runs_are_no_run_and_told_so(wanted: str, tmp_path: Path) -> None:
    answers = tmp_path / "tables" / "answers.csv"
    answers.parent.mkdir()
    answers.write_text("id,question,gold,completion\n1,2 + 2?,4,It is 4.\n")
    rows = tmp_path / "tables" / "a.jsonl"
    rows.write_text('{"id": "1", "question": "2 + 2?", "gold": "4", "completion": "It is 4."}\n')
    inner = write_run(tmp_path / "runs" / "one", {"base": BASE, "tuned": TUNED}).parent
    more = {"report": (), "push": ("me/x",), "export": (str(tmp_path / "out"),)}[wanted]
    for path in (answers.parent, answers, rows):
        with pytest.raises(RunError, match=r"no run directory; give one, as .* `netgain analyse"):
            call(wanted, path, *more)
    with pytest.raises(RunError, match=r"no run directory; give one, as .*runs/one$"):
        call(wanted, inner, *more)


def call(door: str, path: Path, *more: str) -> None:
    getattr(netgain_package, door)(path, *more)
