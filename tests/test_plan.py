"""`netgain plan` says beforehand what a run would take, with ranges, and runs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import REFERENCE, ROOT, netgain
from netgain.errors import NetgainError
from netgain.plan import make_plan, model_size
from netgain.recipe import load_recipe


def test_the_reference_recipe_is_planned_without_hub_or_model() -> None:
    plan = make_plan(load_recipe(REFERENCE))
    stages = {name: what for name, what, _ in plan.stages}
    assert stages["data"] == "6726 train, 747 validation, 1319 test"
    assert stages["train"].startswith("2523 steps")
    for metric in plan.totals:
        assert metric.kind == "projected"
        value, interval = metric.estimate.value, metric.estimate.interval
        assert value is not None and interval is not None
        assert 0 < interval[0] <= value <= interval[1]


def test_more_work_is_planned_to_take_longer() -> None:
    short = make_plan(load_recipe(ROOT / "recipes/demo.yaml", ["train.epochs=1"]))
    long = make_plan(load_recipe(ROOT / "recipes/demo.yaml", ["train.epochs=10"]))
    assert (short.totals[0].estimate.value or 0) < (long.totals[0].estimate.value or 0)


def test_sizes_come_from_a_local_configuration_or_the_name(tiny_model: Path) -> None:
    stored = (tiny_model / "model.safetensors").stat().st_size / 4  # fp32, and a small header
    assert model_size(str(tiny_model)).parameters == pytest.approx(stored, rel=0.1)
    assert model_size("someone/Thing-1.5B-Chat").parameters == 1.5e9
    with pytest.raises(NetgainError, match="nothing is known of the size"):
        model_size("someone/thing")


def test_the_command_prints_a_plan_and_leaves_no_trace(tmp_path: Path) -> None:
    done = netgain("plan", REFERENCE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Nothing was run" in done.stdout and "Cost in all" in done.stdout
    assert list(tmp_path.iterdir()) == []
