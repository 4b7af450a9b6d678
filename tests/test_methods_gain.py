"""What the methods do on a task whose answer is known: one template of built-in problems.

A small model is taught the form by 90 solutions, and solves about a fifth of the test problems.
Learning from its own right answers must then raise that by at least 20 points, beyond chance, and
the same method with a random reward must not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import netgain
from netgain.data.wordproblems import word_problems
from netgain.records import Comparison, Problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
ASKED = 'Give the working in one line, then the answer after "#### ".'
ADAPTER: dict[str, Any] = {
    "learning_rate": 2e-4, "lora": {"r": 16, "alpha": 32, "dropout": 0.0}, "early_stopping": None,
}  # fmt: skip
ROUNDS: dict[str, Any] = {
    **ADAPTER, "method": "grpo", "schedule": "constant_with_warmup",
    "accuracy": {"limit": 36}, "select": "validation_accuracy",
    "rollouts": {"samples": 4, "temperature": 1.0},
}  # fmt: skip


def written(path: Path, problems: Sequence[Problem]) -> str:
    rows = ({"id": p.id, "question": p.question, "answer": p.solution} for p in problems)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A model that knows the form, and problems that it has not seen."""
    folder = tmp_path_factory.mktemp("task")
    some = word_problems(24_000, 5, distractors=False, most_steps=2)
    task = [p for p in some if p.metadata["template"] == "collection"][:560]
    test = written(folder / "test.jsonl", task[90:190])
    first = written(folder / "first.jsonl", task[:90])
    done = netgain.train(
        recipe("embedded", first, test, {
            "weights": "full", "learning_rate": 2e-5, "epochs": 1, "early_stopping": None,
            "validations_per_epoch": 2,
        }),
        out=folder / "taught", quiet=True,
    )  # fmt: skip
    return {
        "model": str(done.trained), "data": written(folder / "rest.jsonl", task[190:]),
        "test": test, "folder": folder,
    }  # fmt: skip


def recipe(model: str, data: str, test: str, train: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "task", "model": {"id": model},
        "data": {"source": data, "test_source": test, "validation_fraction": 0.1},
        "prompt": {"instruction": ASKED}, "train": train,
        "evaluate": {"max_new_tokens": 80}, "extras": {"prompt_check": 0},
    }  # fmt: skip


def compared(taught: dict[str, Any], name: str, train: dict[str, Any]) -> Comparison:
    done = netgain.run(
        recipe(taught["model"], taught["data"], taught["test"], train),
        out=taught["folder"] / name, quiet=True,
    )  # fmt: skip
    assert done.comparison is not None
    return done.comparison


def points(found: Comparison) -> float:
    assert found.difference.value is not None
    return 100 * found.difference.value


def test_rejection_sampling_raises_accuracy(taught: dict[str, Any]) -> None:
    train = {
        **ADAPTER, "method": "rft", "epochs": 2, "rollouts": {"samples": 8, "temperature": 1.0},
        "rft": {"most": 2},
    }  # fmt: skip
    found = compared(taught, "rft", train)
    assert points(found) >= 20 and found.verdict == "improved"


def test_a_policy_gradient_raises_accuracy(taught: dict[str, Any]) -> None:
    rounds = {"rounds": 30, "problems": 8, "samples": 8, "validate_every": 10}
    found = compared(taught, "grpo", {**ROUNDS, "grpo": rounds})
    assert points(found) >= 20 and found.verdict == "improved"


def test_with_a_random_reward_it_does_not(taught: dict[str, Any]) -> None:
    rounds = {
        "rounds": 30, "problems": 8, "samples": 8, "validate_every": 10, "reward": "random",
    }  # fmt: skip
    found = compared(taught, "random", {**ROUNDS, "grpo": rounds})
    assert points(found) < 20 and found.verdict != "improved"
