"""The commands with models and data from a stand-in of the Hub: nothing but its address changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

import hub_standin as standin
from conftest import REFERENCE, Done, netgain
from hub_standin import HubStandin, Repository
from netgain.data.wordproblems import word_problems
from netgain.recipe import load_recipe
from netgain.store import RunDirectory

RECIPE = load_recipe(REFERENCE)
MODEL, MODEL_COMMIT = RECIPE.model.id, str(RECIPE.model.revision)
DATA, DATA_COMMIT = RECIPE.data.source, str(RECIPE.data.revision)
OTHER, OTHER_COMMIT = "owner/other-problems", "d" * 40
TASK, TASK_COMMIT = "madrylab/gsm8k-platinum", "e" * 40


@pytest.fixture(scope="module")
def repositories(
    tiny_model: Path, hub_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Repository]:
    """Tiny ones under the reference recipe's names and commits, and two more test sets."""
    model = Repository.of_folder("models", MODEL, MODEL_COMMIT, tiny_model)
    beside = {"README.md": b"# Qwen\n", "onnx/model.safetensors": b"0" * 999}
    data = Repository.of_folder("datasets", DATA, DATA_COMMIT, hub_data)
    socratic = {f"socratic/{split}-00000-of-00001.parquet": b"PAR1" for split in ("train", "test")}
    folder = tmp_path_factory.mktemp("other")
    rows = [{"question": p.question, "answer": p.solution} for p in word_problems(8, 77)]
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist(rows), folder / "test-00000-of-00001.parquet"
    )
    test = {"main/test-00000-of-00001.parquet": next(folder.iterdir()).read_bytes()}
    return [
        replace(model, files={**model.files, **beside}),
        replace(data, files={**data.files, **socratic}),
        Repository("datasets", OTHER, OTHER_COMMIT, test),
        Repository("datasets", TASK, TASK_COMMIT, test),
    ]


@pytest.fixture
def hub(repositories: list[Repository]) -> Iterator[HubStandin]:
    with standin.serving(*repositories) as hub:
        yield hub


def asked_of(hub: HubStandin, home: Path, *words: object, **more: str) -> Done:
    return netgain(*words, cwd=home, **hub.environment(home / "hf", HF_HUB_OFFLINE="0", **more))


# -- the reference recipe, end to end --------------------------------------------------------


@pytest.fixture(scope="module")
def reference_run(
    repositories: list[Repository], tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunDirectory, HubStandin]:
    """`netgain run recipes/gsm8k.yaml`, with HF_ENDPOINT and a cache of its own."""
    home = tmp_path_factory.mktemp("reference")
    with standin.serving(*repositories) as hub:
        done = asked_of(hub, home, "run", REFERENCE, "--out", home / "run")
    assert done.returncode == 0, done.stderr
    return RunDirectory(home / "run"), hub


def test_the_reference_recipe_runs_with_only_the_hubs_address_changed(
    reference_run: tuple[RunDirectory, HubStandin],
) -> None:
    run, hub = reference_run
    assert run.recipe() == RECIPE
    assert [len(run.split()["ids"][name]) for name in ("train", "validation", "test")] == [
        36,
        4,
        12,
    ]
    assert {f.name for f in (run.root / "report").iterdir()} >= {"report.html", "report.json"}
    wanted = {name for name in hub.repositories[0].files if "/" not in name} - {"README.md"}
    wanted |= {"train-00000-of-00001.parquet", "test-00000-of-00001.parquet"}
    assert sorted(hub.files_asked()) == sorted(wanted)  # each of them once, and nothing else


def test_the_commits_that_were_used_are_on_record_and_in_the_report(
    reference_run: tuple[RunDirectory, HubStandin],
) -> None:
    run, _ = reference_run
    assert run.split()["revision"] == DATA_COMMIT
    training = run.training()
    assert training is not None and training["model"]["revision"] == MODEL_COMMIT
    assert training["model"]["description"] == MODEL
    report: dict[str, Any] = json.loads((run.root / "report" / "report.json").read_text())
    told = json.dumps(report)
    assert f"{DATA} at {DATA_COMMIT}" in told and MODEL_COMMIT in told
    page = (run.root / "report" / "report.html").read_text()
    assert DATA_COMMIT in page and MODEL_COMMIT in page
    card = (run.root / "report" / "README.md").read_text()
    assert MODEL_COMMIT in card and DATA_COMMIT in card


# -- test sets and benchmarks by id and revision ---------------------------------------------


def test_a_test_set_elsewhere_is_pinned_by_its_own_revision(
    hub: HubStandin, tmp_path: Path
) -> None:
    words = ["run", REFERENCE, "--set", "model.id=owner/missing", "--only", "train"]
    words += ["--set", f"data.test_source={OTHER}", "--set"]
    pinned = f"data.test_revision={OTHER_COMMIT}"
    done = asked_of(hub, tmp_path, *words, pinned, "--out", tmp_path / "run")
    said_in_one_line(done, "model 'owner/missing'")  # the problems are kept by then
    split = RunDirectory(tmp_path / "run").split()
    assert (split["revision"], split["test_revision"]) == (DATA_COMMIT, OTHER_COMMIT)
    assert len(split["ids"]["test"]) == 8
    # Of the training data no test split, of the test set nothing else.
    assert hub.files_asked() == ["train-00000-of-00001.parquet", "test-00000-of-00001.parquet"]
    done = asked_of(hub, tmp_path, *words, "data.test_revision=v9", "--out", tmp_path / "no")
    said_in_one_line(done, f"data set '{OTHER}' at revision 'v9'", "no such revision")


@pytest.mark.parametrize(
    ("data", "commit", "asked"), [(DATA, DATA_COMMIT, 2), ("gsm8k_platinum", TASK_COMMIT, 1)]
)
def test_an_evaluation_pins_model_and_data_and_keeps_their_commits(
    hub: HubStandin, tmp_path: Path, data: str, commit: str, asked: int
) -> None:
    done = asked_of(
        hub, tmp_path, "evaluate", MODEL, "--data", data, "--limit", 2, "--out", tmp_path / "e",
        "--engine", "transformers", "--set", f"model.revision={MODEL_COMMIT}",
        "--set", f"data.revision={commit}", "--set", "evaluate.max_new_tokens=8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sources = json.loads((tmp_path / "e" / "sources.json").read_text())
    assert sources["model"] == {"id": MODEL, "revision": MODEL_COMMIT}
    assert (sources["data"]["source"], sources["data"]["revision"]) == (data, commit)
    assert sum(name.endswith(".parquet") for name in hub.files_asked()) == asked


# -- refusals, and plans ---------------------------------------------------------------------


def said_in_one_line(done: Done, *words: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("netgain: ")]
    for word in words:
        assert word in line
    assert "fault of netgain" not in done.stderr and "Traceback" not in done.stderr
    assert standin.TOKEN not in done.stdout + done.stderr


def test_a_refusal_ends_a_command_with_one_line(
    repositories: list[Repository], tmp_path: Path
) -> None:
    gated = [replace(repositories[0], gated=True), *repositories[1:]]
    with standin.serving(*gated) as hub:
        token = {"HF_TOKEN": standin.TOKEN}
        run = ["run", REFERENCE, "--out", tmp_path / "run"]
        done = asked_of(hub, tmp_path, *run, **token)
        said_in_one_line(done, f"model '{MODEL}'", "ask for access at", "wait until you are let in")
        kept = "".join(p.read_text(errors="replace") for p in (tmp_path / "run").rglob("*.log"))
        assert "ask for access" in kept and standin.TOKEN not in kept
        hub.break_down("/datasets/", standin.refusing(429, Retry_After=900))
        done = asked_of(hub, tmp_path, "evaluate", MODEL, "--data", "gsm8k_platinum")
        said_in_one_line(done, f"data set '{TASK}'", "429", "try again in 15 min")


@pytest.mark.slow
def test_a_plan_fetches_no_weights_and_tells_refusals(
    repositories: list[Repository], tmp_path: Path
) -> None:
    unknown = replace(repositories[0], name="owner/something")
    gated = replace(unknown, name="owner/gated", gated=True)
    with standin.serving(unknown, gated, *repositories[1:]) as hub:
        done = asked_of(hub, tmp_path, "plan", REFERENCE)
        assert done.returncode == 0 and hub.asked == []  # its table knows both
        pinned = ["plan", REFERENCE, "--set", "model.id=owner/something"]
        done = asked_of(hub, tmp_path, *pinned)
        assert done.returncode == 0, done.stderr
        assert hub.files_asked() == ["config.json"]
        hub.asked.clear()
        data = ["--set", f"data.test_source={OTHER}", "--set", f"data.test_revision={OTHER_COMMIT}"]
        done = asked_of(hub, tmp_path, *pinned, *data)
        assert done.returncode == 0, done.stderr
        assert "36 train, 4 validation, 8" in " ".join(done.stdout.split())
        assert "all 1319 test problems" not in " ".join(done.stdout.split())
        assert all(name.endswith(".parquet") for name in hub.files_asked())
        done = asked_of(hub, tmp_path, "plan", REFERENCE, "--set", "model.id=owner/gated")
        said_in_one_line(done, "model 'owner/gated'", "ask for access at", "hf auth login")
        done = asked_of(hub, tmp_path, "plan", REFERENCE, "--set", "data.source=owner/missing")
        said_in_one_line(done, "data set 'owner/missing'", "nothing of this id")
