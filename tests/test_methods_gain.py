"""What the methods do on a task whose answer is known: one template of built-in problems.

A small model that was taught the form solves about a third of the test problems. Learning from its
own right answers must raise that by at least 20 points, beyond chance, and the same method with a
random reward must not. The task and the recipes are those of benchmarks/methods_gain.py.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from conftest import ROOT
from netgain.records import Comparison

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
NEEDED = 20  # points


def benchmark() -> ModuleType:
    path = ROOT / "benchmarks" / "methods_gain.py"
    spec = importlib.util.spec_from_file_location("methods_gain", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GAIN = benchmark()


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    found: dict[str, str] = GAIN.teach(tmp_path_factory.mktemp("task"))
    return found


def compared(task: dict[str, str], method: str) -> Comparison:
    folder = Path(task["test"]).parent / method  # beside the others: samples are drawn once
    found = GAIN.learn(task, folder, GAIN.METHODS[method]).comparison
    assert isinstance(found, Comparison)
    return found


def points(found: Comparison) -> float:
    assert found.difference.value is not None
    return 100 * found.difference.value


@pytest.mark.parametrize("method", ["rft", "grpo"])
def test_learning_from_its_own_right_answers_raises_accuracy(
    method: str, task: dict[str, str]
) -> None:
    found = compared(task, method)
    assert points(found) >= NEEDED and found.verdict == "improved"


def test_learning_by_a_random_reward_does_not(task: dict[str, str]) -> None:
    found = compared(task, "random")
    assert points(found) < NEEDED and found.verdict != "improved"
