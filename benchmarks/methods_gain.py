"""What the methods gain on a task whose answer is known: one template of built-in problems.

    python benchmarks/methods_gain.py FOLDER [--only rft|grpo|random]

A small model is taught the form by 90 solutions, and samples right answers to more problems than it
solves greedily. It then learns from its own right answers: by rejection sampling, by a policy
gradient, and by the same with a random reward, the control. The numbers of this template are few,
so what is learned of one problem holds for others. Each is a run in FOLDER, so the same command
goes on, and the samples are drawn once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import netgain
from netgain.data.overlap import find_overlaps
from netgain.data.wordproblems import word_problems
from netgain.records import Problem

ASKED = 'Give the working in one line, then the answer after "#### ".'
TAUGHT: dict[str, Any] = {
    "weights": "full", "learning_rate": 2e-5, "epochs": 1, "early_stopping": None,
    "validations_per_epoch": 1,
}  # fmt: skip
ADAPTER: dict[str, Any] = {
    "learning_rate": 2e-4, "lora": {"r": 16, "alpha": 32, "dropout": 0.0}, "early_stopping": None,
    "rollouts": {"samples": 6, "temperature": 0.6},
}  # fmt: skip
ROUNDS: dict[str, Any] = {
    "rounds": 24, "problems": 16, "samples": 8, "temperature": 0.7, "reward": "strict",
    "validate_every": 8,
}  # fmt: skip
GRPO: dict[str, Any] = {
    **ADAPTER, "method": "grpo", "schedule": "constant", "accuracy": {"limit": 35},
    "select": "validation_accuracy",
}  # fmt: skip
METHODS: dict[str, dict[str, Any]] = {
    "rft": {
        **ADAPTER, "method": "rft", "epochs": 2, "validations_per_epoch": 1, "rft": {"most": 3},
    },
    "grpo": {**GRPO, "grpo": ROUNDS},
    "random": {**GRPO, "grpo": {**ROUNDS, "reward": "random"}},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=METHODS)
    given = parser.parse_args()
    task = teach(given.folder)
    for name, train in METHODS.items():
        if given.only in (None, name):
            print(f"{name}: {learn(task, given.folder / name, train).verdict}", flush=True)


def teach(folder: Path) -> dict[str, str]:
    """A model that knows the form, and problems that it has not seen: paths, by what they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    some = word_problems(24_000, 5, distractors=False, most_steps=2)
    task = [p for p in some if p.metadata["template"] == "practice"]
    test, rest = task[:120], task[120:]
    # Of few numbers some questions come out nearly alike: none of those is learned from.
    twins = {o.test_id for o in find_overlaps(training=test, test=rest)}
    rest = [p for p in rest if p.id not in twins]
    parts = {"first": rest[:90], "rest": rest[90:440], "test": test}
    found = {name: written(folder / f"{name}.jsonl", part) for name, part in parts.items()}
    taught = netgain.train(
        recipe("embedded", found["first"], found["test"], TAUGHT),
        out=folder / "taught", quiet=True,
    )  # fmt: skip
    return {**found, "model": str(taught.trained)}


def learn(task: dict[str, str], folder: Path, train: dict[str, Any]) -> Any:
    """What a method makes of the taught model."""
    return netgain.run(
        recipe(task["model"], task["rest"], task["test"], train), out=folder, quiet=True
    )


def written(path: Path, problems: Sequence[Problem]) -> str:
    rows = ({"id": p.id, "question": p.question, "answer": p.solution} for p in problems)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def recipe(model: str, data: str, test: str, train: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "task", "model": {"id": model},
        "data": {"source": data, "test_source": test, "validation_fraction": 0.1},
        "prompt": {"instruction": ASKED}, "train": train,
        "evaluate": {"max_new_tokens": 64}, "extras": {"prompt_check": 0},
    }  # fmt: skip


if __name__ == "__main__":
    main()
