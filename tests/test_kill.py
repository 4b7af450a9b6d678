"""SIGKILL at any moment: the same command goes on, and ends with the same numbers."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from glob import glob
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, netgain, tiny
from netgain.store import RunDirectory

# fp32 with dropout as the recipe has it; a checkpoint after every step, units of two answers.
SETTINGS = (
    "train.precision=fp32", "evaluate.precision=fp32", "train.checkpoint_seconds=0.01",
    "train.epochs=4", "train.validations_per_epoch=2", "evaluate.batch_size=2",
    "evaluate.max_new_tokens=48", "train.learning_rate=0.01",
)  # fmt: skip
Moment = Callable[[Path], bool]


def has(pattern: str, at_least: int = 1) -> Moment:
    # Path.glob fails where a folder goes meanwhile.
    return lambda root: len(glob(pattern, root_dir=root)) >= at_least  # noqa: PTH207


# What is on disk when a stage has begun; a random wait follows.
STAGES: dict[str, tuple[Moment, float]] = {
    "data": (has("recipe.yaml"), 0.3),
    "train": (has("train/checkpoints/checkpoint-*"), 3.0),
    "base": (has("evaluations/base/plan.json"), 1.5),
    "tuned": (has("evaluations/tuned/plan.json"), 1.5),
    "report": (has("evaluations/tuned/evaluation.json"), 0.5),
}


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "netgain.cli.main", *command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ),
    )  # fmt: skip


def kill_in(stage: str, command: list[str], root: Path, wait: random.Random) -> bool:
    """Start the run and kill it in a stage; False where it ended before."""
    begun, longest = STAGES[stage]
    process = start(command)
    deadline = time.monotonic() + 200
    while not begun(root) and process.poll() is None:
        assert time.monotonic() < deadline, f"stage {stage} was never reached"
        time.sleep(0.005)
    time.sleep(wait.uniform(0, longest))
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return not ended


CLOCKED = {"s", "USD", "Wh"}
INTERRUPTED = "The training was interrupted and went on."  # which a run without kills does not say


def untimed(value: Any) -> Any:
    """Without what a clock or the place of the run decides."""
    if isinstance(value, list):
        kept = [v for v in value if not (isinstance(v, dict) and v.get("unit") in CLOCKED)]
        return [
            untimed(v) for v in kept if not (isinstance(v, dict) and v.get("text") == INTERRUPTED)
        ]
    if isinstance(value, dict):
        left_out = {
            "cost_metrics",
            "overview",
            "reproduce",
            "environment",
            "seconds",
            "sentence",
            "command",
        }
        if value.get("section") == "training":
            left_out |= {"words", "interpretation"}  # that it was interrupted, and the forecast
        return {
            k: untimed(v)
            for k, v in value.items()
            if k not in left_out and not k.endswith("_seconds")  # of the parts of a round
        }
    return value


def figures(root: Path) -> dict[str, Any]:
    """All that must not depend on a kill: every number but times and what is made of them."""
    directory = RunDirectory(root)
    report = untimed(json.loads((root / "report" / "report.json").read_text()))
    answers = {
        model: [
            (g.problem_id, g.text, g.completion_tokens)
            for g in directory.evaluation(model).generations()
        ]
        for model in ("base", "tuned")
    }
    adapter = (directory.adapter / "adapter_model.safetensors").read_bytes()
    return {"report": report, "answers": answers, "adapter": adapter}


@pytest.fixture(scope="module")
def undisturbed(
    tiny_model: Path, hub_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("undisturbed") / "run"
    done = netgain("run", REFERENCE, *tiny(tiny_model, hub_data, *SETTINGS), "--out", root)
    assert done.returncode == 0, done.stderr
    return figures(root)


def kill_and_compare(
    stages: list[str], seed: int, model: Path, data: Path, root: Path, expected: dict[str, Any]
) -> None:
    """Kill once in each of the stages, in order, then let the run end."""
    command = ["run", str(REFERENCE), *tiny(model, data, *SETTINGS), "--out", str(root)]
    wait = random.Random(seed)
    killed = [stage for stage in stages if kill_in(stage, command, root, wait)]
    assert killed, "every kill came too late"
    done = netgain(*command)
    assert done.returncode == 0, done.stderr
    assert figures(root) == expected, f"killed in {killed} (seed {seed})"
    assert not list(root.rglob("*.tmp")), "something half-written was left"


@pytest.mark.slow
def test_killed_once_in_every_stage_it_ends_with_the_same_figures(
    undisturbed: dict[str, Any], tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    kill_and_compare(list(STAGES), 1, tiny_model, hub_data, tmp_path / "run", undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(2, 4))
@pytest.mark.parametrize("stage", list(STAGES))
def test_killed_three_times_in_one_stage_it_ends_with_the_same_figures(
    stage: str,
    seed: int,
    undisturbed: dict[str, Any],
    tiny_model: Path,
    hub_data: Path,
    tmp_path: Path,
) -> None:
    kill_and_compare([stage] * 3, seed, tiny_model, hub_data, tmp_path / "run", undisturbed)
