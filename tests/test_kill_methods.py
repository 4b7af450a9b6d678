"""20 SIGKILLs over the rounds of each method of training: the same figures as without them.

A random model solves nothing, so what is right is decided by a coin that hangs on the answer's text
alone. All else is as in any run: the run, its engine, its training process. Runs are forks of this
process, which has everything imported, so that what is killed is a run and not its start.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from glob import glob
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest

import netgain
from conftest import REFERENCE, tiny
from netgain.data import load_problems
from netgain.grading import grade_all
from netgain.pipeline import rollouts, rounds
from netgain.recipe import load_recipe
from netgain.records import Generation, Grade, Problem
from netgain.store import RunDirectory
from netgain.store.parts import read_part
from test_kill import figures

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
KILLS = 20
# Units of four answers; a checkpoint after every step; a random model ends few answers itself.
SETTINGS = (
    "train.precision=fp32", "evaluate.precision=fp32", "train.checkpoint_seconds=0.01",
    "train.learning_rate=0.01", "evaluate.batch_size=4", "evaluate.max_new_tokens=96",
    "evaluate.limit=4", "train.validations_per_epoch=1",
)  # fmt: skip
METHODS: dict[str, tuple[str, ...]] = {
    "rft": (
        "train.method=rft", "train.rft.rounds=2", "train.rft.easy=less", "train.epochs=2",
        "train.rollouts.samples=2", "train.rollouts.temperature=1", "train.batch_size=2",
    ),
    "distil": ("train.method=distil", "train.epochs=8", "train.batch_size=4"),
    "grpo": (
        "train.method=grpo", "train.grpo.rounds=6", "train.grpo.problems=4",
        "train.grpo.samples=4", "train.grpo.steps=2", "train.grpo.choose=all",
        "train.grpo.validate_every=3", "train.accuracy.limit=4", "train.warmup_ratio=0",
        "train.select=validation_accuracy",
    ),
}  # fmt: skip


def done(root: Path) -> set[str]:
    """What is finished: batches of answers and checkpoints, wherever they are.

    `glob` passes over a folder that the run removes meanwhile, and `Path.glob` does not.
    """
    kinds = ("**/part-*.parquet", "**/checkpoint-*")
    found = [glob(kind, root_dir=root, recursive=True) for kind in kinds]  # noqa: PTH207
    return {path for paths in found for path in paths}


def coin(problems: Sequence[Problem], generations: Sequence[Generation], *more: Any) -> list[Grade]:
    """Grades that call an answer right by a coin."""
    sides = [hashlib.sha256(g.text.encode()).digest()[0] & 1 for g in generations]
    grades = grade_all(problems, generations, *more)
    return [
        replace(g, correct=bool(side), strict=bool(side))
        for g, side in zip(grades, sides, strict=True)
    ]


def started(changes: list[str], root: Path) -> ForkProcess:
    """The run, in a process of its own."""

    def run() -> None:
        rollouts.grade_all = rounds.grade_all = coin  # type: ignore[attr-defined, assignment]
        netgain.run(str(REFERENCE), changes, out=root, quiet=True)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


def run_to_the_end(changes: list[str], root: Path) -> None:
    process = started(changes, root)
    process.join()
    assert process.exitcode == 0


def kill_and_end(changes: list[str], root: Path, seed: int) -> int:
    """Run to the end with up to 20 SIGKILLs, each a random moment after something was finished.

    Returns how many met a living process.
    """
    wait, met = random.Random(seed), 0
    for _ in range(KILLS):
        before = done(root)
        process = started(changes, root)
        while not done(root) - before and process.is_alive():
            time.sleep(0.01)
        time.sleep(wait.uniform(0, 0.4))
        alive = process.is_alive()
        process.kill()
        process.join()
        met += alive
        if not alive:
            break
    run_to_the_end(changes, root)
    return met


def all_answers(root: Path) -> dict[str, list[tuple[str, int, str]]]:
    """Every answer that was stored, of rounds and of evaluations, by its file."""
    return {
        str(part.relative_to(root)): [(g.problem_id, g.sample, g.text) for g in read_part(part)]
        for part in root.glob("**/generations/part-*.parquet")
    }


def log_of(root: Path) -> list[dict[str, Any]]:
    rows = json.loads((root / "train" / "trainer_state.json").read_text())["log_history"]
    return [
        {k: v for k, v in row.items() if not k.startswith("seconds") and k != "eval_runtime"}
        for row in rows
    ]


@pytest.mark.parametrize("method", list(METHODS))
def test_twenty_kills_over_its_rounds_change_no_figure(
    method: str, tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    words = [w for w in tiny(tiny_model, hub_data, *SETTINGS, *METHODS[method]) if w != "--set"]
    if method == "distil":
        taught = tmp_path / "taught.jsonl"
        pool = load_problems(load_recipe(REFERENCE, words[:2]).data).pool
        rows = [{"question": p.question, "completion": p.solution, "gold": "0"} for p in pool]
        taught.write_text("".join(json.dumps(row) + "\n" for row in rows))
        words.append(f"train.distil.source={taught}")

    whole, parts = tmp_path / "a" / "run", tmp_path / "b" / "run"
    run_to_the_end(words, whole)
    met = kill_and_end(words, parts, seed=7)
    assert met >= 15, "the run ended before it was killed often"
    assert figures(parts) == figures(whole)
    assert log_of(parts) == log_of(whole)
    assert all_answers(parts) == all_answers(whole)
    first, second = (RunDirectory(root).training() for root in (whole, parts))
    assert first is not None and second is not None
    assert first["origins"] == second["origins"] and first["own_answers"] == second["own_answers"]
    if method == "rft":
        assert first["own_answers"]["train"]["examples"] > 8
    assert not list(parts.rglob("*.tmp")), "something half-written was left"
