"""What the methods gain on a task whose answer is known: one template of built-in problems.

    python benchmarks/methods_gain.py FOLDER [--only rft|grpo|random]

A small model is taught the form by 90 solutions and then learns from its own right answers: by
rejection sampling, by a policy gradient, and by the same with a random reward, the control.
Each is a run in FOLDER, so the same command goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import netgain
from netgain.data.wordproblems import word_problems
from netgain.records import Problem

ASKED = 'Give the working in one line, then the answer after "#### ".'
TAUGHT: dict[str, Any] = {
    "weights": "full", "learning_rate": 2e-5, "epochs": 1, "early_stopping": None,
    "validations_per_epoch": 2,
}  # fmt: skip
ADAPTER: dict[str, Any] = {
    "learning_rate": 2e-4, "lora": {"r": 16, "alpha": 32, "dropout": 0.0},
}  # fmt: skip
ROUNDS: dict[str, Any] = {"rounds": 30, "problems": 8, "samples": 8, "validate_every": 10}
GRPO: dict[str, Any] = {
    **ADAPTER, "method": "grpo", "schedule": "constant_with_warmup", "early_stopping": None,
    "accuracy": {"limit": 36}, "select": "validation_accuracy",
    "rollouts": {"samples": 4, "temperature": 1.0},
}  # fmt: skip
METHODS: dict[str, dict[str, Any]] = {
    "rft": {
        **ADAPTER, "method": "rft", "epochs": 2, "rollouts": {"samples": 8, "temperature": 1.0},
        "rft": {"most": 2},
    },
    "grpo": {**GRPO, "grpo": ROUNDS},
    "random": {**GRPO, "grpo": {**ROUNDS, "reward": "random"}},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=METHODS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    some = word_problems(24_000, 5, distractors=False, most_steps=2)
    task = [p for p in some if p.metadata["template"] == "collection"][:560]
    first, test, rest = (
        written(given.folder / f"{name}.jsonl", part)
        for name, part in (("first", task[:90]), ("test", task[90:190]), ("rest", task[190:]))
    )
    taught = netgain.train(recipe("embedded", first, test, TAUGHT), out=given.folder / "taught")
    for name, train in METHODS.items():
        if given.only in (None, name):
            done = netgain.run(
                recipe(str(taught.trained), rest, test, train), out=given.folder / name
            )
            print(f"{name}: {done.verdict}", flush=True)


def written(path: Path, problems: Sequence[Problem]) -> str:
    rows = ({"id": p.id, "question": p.question, "answer": p.solution} for p in problems)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def recipe(model: str, data: str, test: str, train: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "task", "model": {"id": model},
        "data": {"source": data, "test_source": test, "validation_fraction": 0.1},
        "prompt": {"instruction": ASKED}, "train": train,
        "evaluate": {"max_new_tokens": 80}, "extras": {"prompt_check": 0},
    }  # fmt: skip


if __name__ == "__main__":
    main()
