"""An evaluation is there, is copied from a run beside, or is made: one function says which."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from leaderboard_runs import problems_of, write_evaluation, write_run
from netgain.errors import EvaluationError
from netgain.pipeline.evaluating import obtain
from netgain.store import RunDirectory

SAID = [True, False, True, None]
PROBLEMS = problems_of(len(SAID))


class Work:
    """Gives the written answers, and counts how often it was planned and done."""

    def __init__(self, run: RunDirectory, name: str, **settings: Any) -> None:
        self.run, self.name, self.label, self.changes = run, name, "extras", settings
        self.planned = self.made = 0

    def __call__(self) -> Work:
        self.planned += 1
        return self

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of the answers that `write_evaluation` writes."""
        aside = RunDirectory(self.run.root / "aside").evaluation(self.name)
        write_evaluation(aside, PROBLEMS, SAID, {"adapter": None, **self.changes})
        found = aside.summary()
        shutil.rmtree(self.run.root / "aside")
        assert found is not None
        return found.settings

    def make(self, progress: object) -> None:
        self.made += 1
        folder = self.run.evaluation(self.name)
        write_evaluation(folder, PROBLEMS, SAID, {"adapter": None, **self.changes})


@pytest.fixture
def runs(tmp_path: Path) -> tuple[RunDirectory, RunDirectory]:
    """One with an evaluation of the base, and one beside it with none."""
    write_run(tmp_path / "first", {"base": SAID})
    write_run(tmp_path / "second", {"base": SAID})
    first, second = (RunDirectory(tmp_path / name) for name in ("first", "second"))
    shutil.rmtree(second.root / "evaluations")
    return first, second


def silent(*_: object) -> None:
    pass


def test_what_is_there_is_not_planned_and_what_is_beside_us_is_not_made(
    runs: tuple[RunDirectory, RunDirectory],
) -> None:
    first, second = runs
    work = Work(second, "base")
    assert obtain(first, "base", PROBLEMS, Work(first, "base"), silent) == "there"
    assert obtain(second, "base", PROBLEMS, work, silent) == "beside"
    assert (work.planned, work.made) == (1, 0)
    summary = second.evaluation("base").summary()
    assert summary is not None and summary.reused_from == "first"
    assert obtain(second, "base", PROBLEMS, work, silent) == "there"
    assert (work.planned, work.made) == (1, 0)


def test_what_is_nowhere_is_made_and_a_damaged_neighbour_is_no_help(
    runs: tuple[RunDirectory, RunDirectory],
) -> None:
    first, second = runs
    other = Work(second, "base", precision="bf16")
    assert obtain(second, "base", PROBLEMS, other, silent) == "made", "asked in another way"
    shutil.rmtree(second.root / "evaluations")
    part = first.evaluation("base").part(0)
    part.write_bytes(part.read_bytes()[:-9])
    assert obtain(second, "base", PROBLEMS, Work(second, "base"), silent) == "made"


def cut(folder: Path) -> None:
    part = folder / "generations" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-9])


@pytest.mark.parametrize("damage", [cut, lambda folder: (folder / "problems.jsonl").unlink()])
def test_what_is_damaged_is_there_no_longer(
    runs: tuple[RunDirectory, RunDirectory], damage: Callable[[Path], None]
) -> None:
    _, second = runs
    name = "base-perturbed"
    work = Work(second, name)
    assert obtain(second, name, PROBLEMS, work, silent, own=True) == "made"
    assert second.evaluation(name).problems() == PROBLEMS
    assert obtain(second, name, PROBLEMS, work, silent, own=True) == "there"
    damage(second.evaluation(name).path)
    assert obtain(second, name, PROBLEMS, work, silent, own=True) == "made"
    assert work.made == 2


def test_a_tuned_model_that_would_be_asked_in_another_way_is_refused(tmp_path: Path) -> None:
    root = write_run(tmp_path / "run", {"base": SAID})
    run = RunDirectory(root)
    work = Work(run, "tuned", adapter="adapter", max_new_tokens=1)
    with pytest.raises(EvaluationError, match="max_new_tokens differ"):
        obtain(run, "tuned", PROBLEMS, work, silent)
    assert not work.made
