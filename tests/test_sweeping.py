"""Sweeps: trials share what is the same, validation chooses, and the test is asked last."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import netgain
from conftest import REFERENCE, ROOT, tiny
from netgain.errors import RecipeError, TrainingError, UsageError
from netgain.pipeline import trials
from netgain.pipeline.run_entries import _recipe_but_seed
from netgain.pipeline.trials import Trial, best_setting, chosen_by, combinations, folder_name
from netgain.recipe import parse_recipe
from netgain.store import RunDirectory

WHOLE: dict[str, Any] = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}


def test_all_combinations_are_tried_or_some_drawn_by_a_seed() -> None:
    over = {"train.seed": ["1", "2", "3"], "train.lora.r": ["4", "8"]}
    every = combinations(over)
    assert len(set(every)) == 6 and ("train.seed=3", "train.lora.r=8") in every
    some = combinations(over, 4, seed=1)
    assert len(set(some)) == 4 and set(some) < set(every)
    assert some == combinations(over, 4, seed=1)
    assert combinations(over, 9) == every
    with pytest.raises(UsageError, match="too many"):
        combinations({f"f{i}": [str(v) for v in range(10)] for i in range(4)})


def test_what_validation_cannot_choose_between_is_refused() -> None:
    plain = parse_recipe(WHOLE)
    measured = parse_recipe({**WHOLE, "train": {"accuracy": {"limit": 5}}})
    assert chosen_by({"train.seed": ["1"]}, plain) is None
    assert chosen_by({"train.lora.r": ["1"]}, plain) == "validation loss"
    assert chosen_by({"train.lora.r": ["1"]}, measured) == "validation accuracy"
    assert chosen_by({"train.method": ["rft"]}, measured) == "validation accuracy"
    with pytest.raises(RecipeError, match=r"set train\.accuracy"):
        chosen_by({"train.method": ["rft"]}, plain)
    with pytest.raises(RecipeError, match="changes the validation problems"):
        chosen_by({"data.seed": ["1", "2"]}, measured)
    for aside in ("name", "evaluate.limit", "report.author"):
        with pytest.raises(RecipeError, match="changes neither training nor the validation"):
            chosen_by({aside: ["1", "2"]}, measured)
    assert chosen_by({"data.perturbed": ["0", "1"]}, plain) == "validation loss"
    # Texts that are too long are left out of the validation, so its loss is of other texts.
    assert chosen_by({"train.max_length": ["64", "512"]}, measured) == "validation accuracy"
    with pytest.raises(RecipeError, match=r"set train\.accuracy"):
        chosen_by({"train.max_length": ["64", "512"]}, plain)


def test_the_same_trial_twice_is_refused_before_any_training(tmp_path: Path) -> None:
    over = {"train.learning_rate": ["0.001", "1.0e-3"]}
    with pytest.raises(UsageError, match=r"rate=0\.001 and train\.learning_rate=1\.0e-3 are the"):
        netgain.sweep(WHOLE, over, out=tmp_path / "sweep", quiet=True)
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize(
    "name", ["train.accuracy", "train.accuracy.limit", "train.accuracy.every", "train.select",
             "train", "data"],
)  # fmt: skip
@pytest.mark.parametrize("measured", [None, {"limit": 5}])
def test_what_trials_are_chosen_by_cannot_be_varied(name: str, measured: Any) -> None:
    with pytest.raises(RecipeError, match=f"--over {name} changes the validation problems"):
        chosen_by({name: ["a", "b"]}, parse_recipe({**WHOLE, "train": {"accuracy": measured}}))


def test_a_kept_step_that_may_have_no_accuracy_is_refused_before_anything_is_trained() -> None:
    def by(**train: Any) -> str | None:
        return chosen_by({"train.lora.r": ["1"]}, parse_recipe({**WHOLE, "train": train}))

    with pytest.raises(RecipeError, match=r"set train\.accuracy\.every=1, or"):
        by(accuracy={"limit": 5, "every": 2})
    measured = {"accuracy": {"limit": 5, "every": 2}, "select": "validation_accuracy"}
    assert by(**measured) == "validation accuracy"


def test_the_best_mean_over_seeds_is_chosen_and_a_failed_setting_is_not() -> None:
    def trial(r: int, seed: int, score: float | None) -> Trial:
        failed = "" if score is not None else "no"
        return Trial((f"train.lora.r={r}", f"train.seed={seed}"), Path("x"), score, failed=failed)

    trials = [
        trial(2, 1, 0.9), trial(2, 2, 0.1), trial(4, 1, 0.6), trial(4, 2, 0.5),
        trial(8, 1, 0.99), trial(8, 2, None),
    ]  # fmt: skip
    assert best_setting(trials, "validation accuracy") == ("train.lora.r=4",)
    assert best_setting(trials, "validation loss") == ("train.lora.r=2",)
    assert best_setting(trials[-1:], "validation loss") is None


def test_a_trials_folder_is_safe_and_short() -> None:
    assert folder_name(["train.schedule=constant_with_warmup", "train.learning_rate=1e-4"]) == (
        "schedule-constant_with_warmup_learning-rate-1e-4"
    )
    values = ("a/b.jsonl", "a_b.jsonl", "a-b.jsonl", "../a/b.jsonl", "a b.jsonl", "a/b.jsonl.")
    names = {folder_name([f"train.distil.source={value}"]) for value in values}
    assert len(names) == len(values)
    assert all(re.fullmatch(r"source-[A-Za-z0-9][\w.-]*", name) for name in names)
    long = [folder_name([f"prompt.instruction={'x' * 300}{i}"]) for i in range(2)]
    assert max(map(len, long)) <= 80 and len(set(long)) == 2


def test_a_swept_seed_is_that_of_every_phase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was chosen is written down even where the test problems cannot be asked."""
    done: list[trials.Job] = []

    def doing(jobs: Any, do: Any, tell: Any) -> Any:
        done.extend(jobs)
        return [TrainingError("the GPU is gone") if job.only == "all" else None for job in jobs]

    monkeypatch.setattr("netgain.api.swept.one_after_the_other", doing)
    monkeypatch.setattr(trials, "_scored", lambda trial, by: replace(trial, score=0.5, n=10))
    recipe = {**WHOLE, "train": [{"epochs": 1, "seed": 7}, {"epochs": 2}]}
    with pytest.raises(TrainingError, match="the GPU is gone"):
        netgain.sweep(recipe, {"train.seed": [1, 2]}, out=tmp_path, quiet=True)
    seeds = [[t.seed for t in (*job.recipe.phases, job.recipe.train)] for job in done]
    assert seeds == [[1, 1], [2, 2]] * 2
    assert _recipe_but_seed(done[0].recipe) == _recipe_but_seed(done[1].recipe)
    assert [t["score"] for t in json.loads((tmp_path / "sweep.json").read_text())["trials"]] == [
        0.5, 0.5,
    ]  # fmt: skip
    done.clear()
    with pytest.raises(TrainingError, match="the GPU is gone"):
        netgain.sweep(recipe, {"train.epochs": [2, 3]}, out=tmp_path, quiet=True)
    assert {job.recipe.phases[0].seed for job in done} == {7}


@pytest.mark.slow
def test_only_what_was_chosen_is_asked_the_test_and_trials_share_the_rest(
    tiny_model: Path, hub_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate.limit=6", "train.epochs=1", "evaluate.max_new_tokens=8")
    changes = [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"]
    over = {"train.lora.r": [2, 4], "train.seed": [1, 2]}
    root = tmp_path / "sweep"
    true, broken = trials.one_after_the_other, ["r-4_seed-2"]

    def failing(jobs: Any, do: Any, tell: Any) -> Any:
        def at(job: Any) -> None:
            if job.folder.name in broken:
                raise TrainingError("the GPU is gone")
            do(job)

        return true(jobs, at, tell)

    monkeypatch.setattr("netgain.api.swept.one_after_the_other", failing)
    found = netgain.sweep(REFERENCE, over, changes, out=root, quiet=True)
    assert found.by == "validation loss" and found.chosen == ("train.lora.r=2",)
    assert [t.failed for t in found.trials] == ["", "", "", "the GPU is gone"]
    assert found.remarks() == ["1 of 4 trials failed; the same command does them again"]
    tested = [t.folder.name for t in found.trials if (t.folder / "report").exists()]
    assert tested == ["r-2_seed-1", "r-2_seed-2"] == list(found.tested)
    assert all("both models solve almost none" in told for told in found.tested.values())
    assert found.page is not None and found.page.parent.name == "leaderboard"
    base = RunDirectory(root / "r-2_seed-2").evaluation("base").summary()
    assert base is not None and base.reused_from == "r-2_seed-1"
    record = json.loads((root / "sweep.json").read_text())
    assert record["chosen"] == ["train.lora.r=2"] and len(record["trials"]) == 4
    before = {p: p.stat().st_mtime_ns for p in root.rglob("adapter_model.safetensors")}
    broken.clear()
    shutil.rmtree(root / "r-2_seed-2" / "report")
    again = netgain.sweep(REFERENCE, over, changes, out=root, quiet=True)
    assert not again.remarks() and again.chosen is not None
    after = {p: p.stat().st_mtime_ns for p in root.rglob("adapter_model.safetensors")}
    assert {p: after[p] for p in before} == before  # nothing was trained twice
    assert len(after) == 4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_trials_on_workers_end_as_those_here_and_a_failed_one_is_told(
    tiny_model: Path, hub_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    words = ("evaluate.limit=6", "train.epochs=1", "evaluate.max_new_tokens=8")
    changes = [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"]
    # No layer is called as the last says.
    over = {"train.lora.target_modules": ["all-linear", "[q_proj]", "[no_such_layer]"]}
    here = netgain.sweep(REFERENCE, over, changes, out=tmp_path / "here", quiet=True)
    there = netgain.sweep(REFERENCE, over, changes, out=tmp_path / "there", workers=2, quiet=True)
    assert there.chosen == here.chosen and there.page is not None
    assert [bool(t.failed) for t in there.trials] == [False, False, True]
    assert there.trials[2].failed == here.trials[2].failed
    assert [t.score for t in there.trials] == [t.score for t in here.trials]
    weights = "train/adapter/adapter_model.safetensors"
    for one, other in zip(here.trials, there.trials, strict=True):
        if not one.failed:
            assert (one.folder / weights).read_bytes() == (other.folder / weights).read_bytes()
