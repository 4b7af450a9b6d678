"""What a recipe asks to measure beside the headline: done once for each model, and reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, netgain, tiny
from netgain.store import RunDirectory

QUICK = ("evaluate.max_new_tokens=10", "evaluate.limit=8", "train.epochs=1", "data.limit=20")


def arc(folder: Path) -> Path:
    rows = [
        {
            "id": f"q{i}", "question": f"Which is more than {i}?", "answerKey": "B",
            "choices": {"text": [str(i - 1), str(i + 1)], "label": ["A", "B"]},
        }
        for i in range(10)
    ]  # fmt: skip
    folder.mkdir()
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def measured(
    tiny_model: Path, hub_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], RunDirectory]:
    """A run with every kind of extra; the command and what it left."""
    root = tmp_path_factory.mktemp("extras")
    task = arc(root / "arc")
    settings = (
        *QUICK, "extras.samples.n=3", "extras.samples.limit=5", "extras.revisions.limit=4",
        "extras.calculator={}", "extras.perturbed={}",
        "extras.prompts=[{style: few_shot_chat, shots: 1}, {style: answer_only}]",
        f"extras.tasks=[{{name: arc_easy, source: {task}}}]",
    )  # fmt: skip
    words = tiny(tiny_model, hub_data, *settings)
    command = ["run", str(REFERENCE), *words, "--out", str(root / "r")]
    done = netgain(*command)
    assert done.returncode == 0, done.stderr
    return command, RunDirectory(root / "r")


def further(directory: RunDirectory) -> dict[str, Any]:
    report = json.loads((directory.report / "report.json").read_text())
    return {result["kind"]: result for result in report["further"]}


def test_each_extra_is_measured_of_both_models_and_stands_in_every_report(
    measured: tuple[list[str], RunDirectory],
) -> None:
    directory = measured[1]
    kinds = {"samples", "revisions", "calculator", "perturbed", "prompt", "task"}
    found = further(directory)
    assert set(found) == kinds
    for name in ("report.html", "report.md"):
        page = (directory.report / name).read_text()
        assert all(result["title"] in page for result in found.values()), name


def test_extras_keep_their_own_problems_samples_and_turns(
    measured: tuple[list[str], RunDirectory],
) -> None:
    directory = measured[1]
    for model in ("base", "tuned"):
        drawn = directory.evaluation(f"{model}-samples").generations()
        assert len(drawn) == 15 and {g.sample for g in drawn} == {0, 1, 2}
        assert len({g.seed for g in drawn}) == 15
        revised = directory.evaluation(f"{model}-revisions").generations()
        assert len(revised) == 8 and {g.turn for g in revised} == {0, 1}
        variants = directory.evaluation(f"{model}-perturbed").problems()
        originals = {p.id: p.question for p in directory.problems("test")}
        assert variants
        assert all(originals[p.metadata["original"]] != p.question for p in variants)
        assert len(directory.evaluation(f"{model}-task-arc_easy").scores()) == 10


def test_the_same_command_does_none_of_it_again_and_a_lost_part_alone(
    measured: tuple[list[str], RunDirectory],
) -> None:
    command, directory = measured
    before = further(directory)
    samples = directory.evaluation("tuned-samples")
    whole = sorted((g.problem_id, g.sample, g.text) for g in samples.generations())
    folders = (directory.root / "evaluations").iterdir()
    stamps = {p.name: (p / "evaluation.json").stat().st_mtime_ns for p in folders}
    samples.part(0).unlink()
    done = netgain(*command)
    assert done.returncode == 0, done.stderr
    assert sorted((g.problem_id, g.sample, g.text) for g in samples.generations()) == whole
    after = {
        p.name: (p / "evaluation.json").stat().st_mtime_ns
        for p in (directory.root / "evaluations").iterdir()
    }
    assert {name for name in stamps if stamps[name] != after[name]} == {"tuned-samples"}
    found = further(directory)
    assert {k: found[k] for k in found if k != "samples"} == {
        k: before[k] for k in before if k != "samples"
    }


def test_a_task_that_is_not_known_is_told_with_the_known_ones(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    words = tiny(tiny_model, hub_data, *QUICK, "extras.tasks=[{name: arc_hard}]")
    done = netgain("run", REFERENCE, *words, "--out", tmp_path / "r")
    assert done.returncode != 0
    assert "arc_challenge" in done.stderr
    assert not (tmp_path / "r" / "train").exists(), "it is told before anything is trained"


def test_a_benchmark_that_was_trained_on_is_refused_before_training(
    tiny_model: Path, tmp_path: Path
) -> None:
    rows = [
        {"question": f"Ann has {i} red and {2 * i} blue pens in a box. How many pens?",
         "answer": f"{i} + {2 * i} = {3 * i}\n#### {3 * i}"}
        for i in range(3, 43)
    ]  # fmt: skip
    (tmp_path / "d").mkdir()
    for name, part in (("train", rows[:30]), ("test", rows[30:])):
        lines = "".join(json.dumps(row) + "\n" for row in part)
        (tmp_path / "d" / f"{name}.jsonl").write_text(lines)
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "test.jsonl").write_text(json.dumps(rows[2]) + "\n")
    settings = (*QUICK, f"extras.tasks=[{{name: gsm8k, source: {tmp_path / 't'}}}]")
    words = tiny(tiny_model, tmp_path / "d", *settings)
    done = netgain("run", REFERENCE, *words, "--out", tmp_path / "r")
    assert done.returncode != 0
    assert "among the training" in done.stderr
    assert not (tmp_path / "r" / "train").exists()
    again = netgain("run", REFERENCE, *words, "--out", tmp_path / "r")
    assert again.returncode != 0, "the second try is told the same"


def test_one_benchmark_twice_and_revisions_of_raw_text_are_mistakes(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    twice = "extras.tasks=[{name: mmlu}, {name: mmlu, limit: 3}]"
    done = netgain("run", REFERENCE, *tiny(tiny_model, hub_data, twice), "--out", tmp_path / "a")
    assert done.returncode == 2 and "stands 2 times" in done.stderr
    raw = ("prompt.style=few_shot_text", "prompt.shots=1", "extras.revisions={}")
    words = tiny(tiny_model, hub_data, *QUICK, *raw)
    done = netgain("run", REFERENCE, *words, "--out", tmp_path / "b")
    assert done.returncode != 0 and "need a chat prompt" in done.stderr
    assert not (tmp_path / "b" / "train").exists()


def test_extras_of_some_problems_are_compared_and_ranked_as_any_evaluation_is(
    measured: tuple[list[str], RunDirectory], tmp_path: Path
) -> None:
    """Five of eight test problems, three samples each; four, two turns each."""
    root = measured[1].root / "evaluations"
    done = netgain("compare", root / "base-samples", root / "tuned-samples", "--json")
    assert done.returncode == 0, done.stderr
    [pair] = json.loads(done.stdout)["pairs"]
    assert pair["n"] == 5 and pair["answers_each"] == ["3 answers each", "3 answers each"]
    places = (root / "base-revisions", root / "tuned-samples", measured[1].root)
    done = netgain("report", *places, "--out", tmp_path / "board")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "board" / "leaderboard.json").read_text())["n"] == 4
