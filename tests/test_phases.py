"""Trainings that follow each other in one recipe: each a run of its own, all compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import netgain
from conftest import REFERENCE, tiny
from netgain.errors import RecipeError
from netgain.plan import make_plan
from netgain.recipe import load_recipe, parse_recipe
from netgain.store import RunDirectory, folder_digest

WHOLE: dict[str, Any] = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}


def phased(*trains: dict[str, Any]) -> Any:
    return parse_recipe({**WHOLE, "train": list(trains)})


def test_a_list_under_train_is_phases_and_a_run_of_its_own() -> None:
    recipe = phased({"epochs": 1}, {"method": "rft"})
    assert [p.method for p in recipe.phases] == ["sft"] and recipe.train.method == "rft"
    assert parse_recipe(yaml.safe_load(recipe.to_yaml())) == recipe
    alone = parse_recipe({**WHOLE, "train": {"method": "rft"}})
    assert phased({"method": "rft"}).digest() == alone.digest() != recipe.digest()


@pytest.mark.parametrize(
    ("trains", "told"),
    [
        (({"lora": {"r": 4}}, {}), "train.lora.r is 4 in phase 1 and 8 in the last one"),
        (({}, {"start": "x"}), "train.start has no effect after phases"),
        (({}, {"start": "x"}, {}), "phase 2: train.start is the phase before it"),
        (({"method": "grpo"}, {}), "phase 1: train.method: grpo keeps the weights"),
        (({"epochs": -1}, {}), "epochs"),
    ],
)
def test_phases_that_cannot_follow_each_other_are_refused_at_once(
    trains: tuple[dict[str, Any], ...], told: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        phased(*trains)
    assert told in str(caught.value)


def test_every_phase_is_planned() -> None:
    stages = make_plan(phased({"epochs": 1}, {"method": "rft"})).stages
    names = [name for name, _, _ in stages]
    assert names.index("phase 1: train") < names.index("own answers") < names.index("train")
    assert "phase 1: evaluate tuned" in names


def test_each_phase_goes_on_from_the_one_before_and_all_are_compared(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    words = ("evaluate.limit=8", "train.epochs=1", "train.loss=dft", "evaluate.max_new_tokens=16")
    raw = yaml.safe_load(REFERENCE.read_text())
    first = {**raw["train"], "epochs": 1, "learning_rate": 0.01}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**raw, "train": [first, raw["train"]]}))
    changes = [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"]
    root = tmp_path / "run"
    netgain.run(str(path), changes, out=root, quiet=True)
    earlier, last = RunDirectory(root / "phases" / "1-sft"), RunDirectory(root)
    there = earlier.training(), last.training()
    assert there[0] is not None and there[1] is not None
    assert there[0]["start"] is None and there[1]["start"] == folder_digest(earlier.adapter)
    assert there[1]["adapter"] != there[0]["adapter"]
    models = json.loads((root / "report" / "report.json").read_text())["models"]
    assert [m["name"] for m in models] == ["base", "1-sft", "tuned"]
    assert [m["to_base"] is None for m in models] == [True, False, False]
    board = json.loads((root / "phases" / "leaderboard" / "leaderboard.json").read_text())
    assert [m["role"] for m in board["models"]].count("tuned") == 2
    assert len(board["models"]) == 3
    assert last.evaluation("base").summary() is not None
    assert not (earlier.root / "evaluations" / "base").exists()
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*.parquet")}
    netgain.run(str(path), changes, out=root, quiet=True)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*.parquet")} == before
    assert load_recipe(root / "recipe.yaml").phases
