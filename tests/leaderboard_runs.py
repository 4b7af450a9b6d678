"""Run directories and evaluations on disk, made of written records: no model, no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from netgain.data.load import problems_digest
from netgain.pipeline.evaluations import settings_digest
from netgain.recipe import parse_recipe
from netgain.records import EvaluationSummary, Generation, Problem
from netgain.store import EvaluationFolder, RunDirectory, write_json

FACTS = {
    "command": "netgain run r.yaml",
    "versions": {"python": "3.11.7", "netgain": "0.1.0"},
    "hardware": {"processor": "made up", "cores": "2", "memory": "8 GiB", "system": "Linux"},
}
# What a model says: True is the right answer, an int that number, None no answer at all.
Said = Sequence[bool | int | None]


def problems_of(n: int, first: int = 0) -> list[Problem]:
    """Problems p0, p1 …, whose answers are 100, 101 …"""
    return [
        Problem(f"p{i}", "made", f"How much is {i} and 100?", Fraction(100 + i), category="sums")
        for i in range(first, first + n)
    ]


def recipe(name: str = "made", **train: Any) -> dict[str, Any]:
    """A recipe's settings; `train` are settings of its training, `price` is an hour's."""
    return {
        "name": name,
        "model": {"id": "owner/small-model"},
        "data": {"source": "builtin"},
        "cost": {"price_per_hour": train.pop("price", 0.0)},
        "train": train,
    }


def write_run(
    root: Path,
    said: Mapping[str, Said],
    problems: Sequence[Problem] = (),
    words: int = 0,
    **train: Any,
) -> Path:
    """A finished run in which the models of `said` ("base", "tuned") gave these answers.

    Answers begin with so many idle `words`; `train` are settings of the recipe's training.
    """
    asked = list(problems) or problems_of(len(next(iter(said.values()))))
    directory = RunDirectory(root)
    root.mkdir(parents=True)
    directory.begin(parse_recipe(recipe(**train)), FACTS)
    split = {"source": "builtin", "revision": None, "bad_rows": [], "overlaps": [],
             "no_solution": []}  # fmt: skip
    directory.save_problems({"train": [], "validation": [], "test": asked}, split)
    if "tuned" in said:
        write_training(directory, 2.0 + len(root.name) % 3)
    for model, answers in said.items():
        adapter = f"adapter of {root.name}" if model == "tuned" else None
        folder = directory.evaluation(model)
        write_evaluation(folder, asked, answers, {"adapter": adapter}, words=words)
    return root


def write_training(directory: RunDirectory, start: float) -> None:
    """A finished training of 20 steps, validated every fourth."""
    history: list[dict[str, Any]] = []
    for step in range(21):
        row: dict[str, Any] = {"step": step, "epoch": step / 10, "num_tokens": 100 * step,
                               "seconds": 3.0 * step}  # fmt: skip
        if step:
            history.append(row | {"loss": start / (1 + step / 8)})
        if step % 4 == 0:
            history.append(row | {"eval_loss": start / (1 + step / 9)})
    state = {"log_history": history, "global_step": 20, "max_steps": 20, "epoch": 2.0,
             "best_global_step": 20, "num_train_epochs": 2}  # fmt: skip
    write_json(directory.train / "trainer_state.json", state)
    directory.save_training({
        "precision": "fp32", "device": "cpu", "tokens_at_once": 1024, "processes": 1,
        "trainable_parameters": 10, "parameters": 100, "digest": "0" * 64, "adapter": "0" * 64,
        "model": {"description": "owner/small-model", "revision": None, "digest": "0" * 64},
        "template": "the model's own", "too_long": [], "energy_wh": None, "resumed": False,
        "versions": FACTS["versions"], "hardware": FACTS["hardware"],
    })  # fmt: skip


def write_evaluation(
    folder: EvaluationFolder,
    problems: Sequence[Problem],
    said: Said,
    settings: Mapping[str, Any],
    samples: int = 1,
    words: int = 0,
) -> Path:
    """A finished evaluation; with several `samples` each answer is given so many times."""
    answers = [
        Generation(
            p.id,
            sample,
            0,
            "so on " * words + _text(p, one),
            "stop",
            9,
            5,
            0.5,
            None,
            f"asked {p.id}",
        )
        for p, one in zip(problems, said, strict=True)
        for sample in range(samples)
    ]
    digest = problems_digest(problems)
    deciding: dict[str, Any] = {
        "engine": "transformers", "model": "0" * 64, "adapter": None, "device": "cpu",
        "precision": "fp32", "max_new_tokens": 64, "batch_size": 8, "problems": digest,
        "prompt": {"style": "zero_shot_chat", "instruction": "Solve it."}, **settings,
    }  # fmt: skip
    if samples > 1:
        deciding |= {"samples": samples, "temperature": 0.7}
    folder.save_part(0, answers, settings_digest(deciding))
    n = len(answers)
    folder.save_summary(
        EvaluationSummary(folder.path.name, settings_digest(deciding), deciding, digest, n, 0, 0,
                          9 * n, 5 * n, 0.5 * n)
    )  # fmt: skip
    return folder.path


def write_standalone(
    path: Path, said: Said, problems: Sequence[Problem] = (), samples: int = 1, **settings: Any
) -> Path:
    """A folder of `netgain evaluate`."""
    asked = list(problems) or problems_of(len(said))
    folder = EvaluationFolder(path)
    folder.save_problems(asked)
    return write_evaluation(folder, asked, said, settings, samples)


def _text(problem: Problem, said: bool | int | None) -> str:
    if said is None:
        return "I cannot say."
    right = problem.answer or Fraction(0)
    number = right if said is True else right + 1 if said is False else said
    return f"So it is\n#### {number}"
