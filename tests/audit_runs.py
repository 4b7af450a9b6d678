"""Runs to hold reports against: their figures are made up, and are made by the analysis."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from graded_pairs import compare
from netgain.analysis.comparing.pairs import verdict_sentence
from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.model_figures import accuracy
from netgain.analysis.training.metrics import training_metrics
from netgain.recipe import parse_recipe
from netgain.records import Concern, Estimate, Findings, Grade, Metric
from netgain.records import TrainingPoint as Point

STEPS = 300
BEST = 210


def curve(best: int = BEST) -> tuple[Point, ...]:
    """Training loss 1.812 → 0.643; validation loss lowest at `best`; token accuracy to 92.85%."""
    points = [Point(0, epoch=0.0, eval_loss=1.0, eval_token_accuracy=0.492, tokens=0)]
    for step in range(1, STEPS + 1):
        done = step / STEPS
        validated = step % 30 == 0
        away = abs(step - best) / STEPS
        points.append(
            Point(
                step,
                epoch=round(3 * done, 4),
                tokens=1000 * step,
                seconds=14.4 * step,
                loss=round(1.812 - 1.169 * (step - 1) / (STEPS - 1), 4),
                token_accuracy=round(0.52 + 0.42 * done, 4),
                eval_loss=round(0.5379 + 0.5 * away**1.5, 4) if validated else None,
                eval_token_accuracy=round(0.9285 - 0.3 * away, 4) if validated else None,
            )
        )
    return tuple(points)


def grades(right: range, n: int) -> list[Grade]:
    return [
        Grade(str(i), 0, 0, "1", "marked", i in right, i in right, i in right) for i in range(n)
    ]


def recipe(**changes: Any) -> dict[str, str]:
    """The reference recipe's settings as a report prints them."""
    settings = parse_recipe(
        {
            "name": "reference",
            "model": {"id": "Qwen/Qwen2-0.5B-Instruct"},
            "data": {"source": "openai/gsm8k"},
            "train": {"learning_rate": 2e-4, "epochs": 3},
            "evaluate": {
                "max_new_tokens": 400,
                "limit": 400,
                "engine": "transformers",
                "batch_size": 32,
            },
        }
    ).plain()
    found: dict[str, str] = {}

    def walk(group: Mapping[str, Any], prefix: str) -> None:
        for key, value in group.items():
            if isinstance(value, Mapping):
                walk(value, f"{prefix}{key}.")
            else:
                found[prefix + key] = "none" if value is None else str(value)

    walk(settings, "")
    return found | {
        "used: precision, device": "bf16, cuda",
        "used: trainable parameters": "4,399,104 of 498,431,872",
        "used: optimizer steps": f"{STEPS} of {STEPS} planned",
    } | changes  # fmt: skip


def run(base: range, tuned: range, n: int = 400, best: int = BEST) -> Findings:
    """A run in which the base model got the problems of `base` right, the tuned of `tuned`."""
    by_model = {"base": grades(base, n), "tuned": grades(tuned, n)}
    comparison = compare(by_model["base"], by_model["tuned"])
    points = curve(best)
    accuracies = tuple(
        accuracy(model, np.array([g.correct for g in rows])) for model, rows in by_model.items()
    )
    strict = tuple(
        Metric(f"accuracy by lm-eval strict-match, {m}", "share", "generated", wilson(k, n))
        for m, k in (("base", 8), ("tuned", 160))
    )
    cut = tuple(
        Metric(f"answers at the token limit, {m}", "share", "generated", wilson(k, n))
        for m, k in (("base", 30), ("tuned", 6))
    )
    once = {"why_no_interval": "measured once"}
    spent = (
        Metric("time for training", "s", "measured", Estimate(4320.0, "read off", **once)),
        Metric("time in all", "s", "measured", Estimate(5400.0, "read off", **once)),
        Metric("cost in all", "USD", "measured", Estimate(0.75, "read off", **once)),
        Metric("energy for training", "Wh", "measured",
               Estimate(None, "read off", why_no_interval="the counters cannot be read")),
    )  # fmt: skip
    category = tuple(wilson(k, 50) for k in (20, 30))
    return Findings(
        title="Qwen2-0.5B-Instruct on openai/gsm8k",
        verdict=verdict_sentence(comparison),
        concerns=(Concern("warning", "This is one training run with one seed (42).", "settings"),),
        comparison=comparison,
        key_metrics=accuracies,
        accuracy_metrics=(*accuracies, *strict, *cut),
        training_metrics=training_metrics(points, best),
        cost_metrics=spent,
        category_metrics=(
            ("money", Metric("accuracy, base", "share", "generated", category[0]),
             Metric("accuracy, tuned", "share", "generated", category[1])),
        ),
        curves=points,
        best_step=best,
        settings=recipe(),
        data={"source": "openai/gsm8k", "problems": f"6725 train, 748 validation, {n} test"},
        environment={
            "processor": "NVIDIA A100-SXM4-40GB",
            "base model": "Qwen/Qwen2-0.5B-Instruct",
            "tuned answers": "transformers, bf16, cuda, greedy, batches of 32",
        },
        reproduce=("netgain run recipe.yaml",),
        notes=("Accuracy is the share of problems whose generated answer is right.",),
    )  # fmt: skip


def better() -> Findings:
    """31.0% → 41.25% of 400: improved. Validation loss turned at step 210 of 300."""
    return run(range(124), range(24, 189))


def unclear() -> Findings:
    """31.0% → 33.0% of 400: no detectable change. Validation loss lowest at the end."""
    return run(range(124), range(30, 162), best=STEPS)


def training_only() -> Findings:
    """No answers were generated; token accuracy of the kept adapter is 92.85%."""
    whole = better()
    spent = tuple(m for m in whole.cost_metrics if "energy" not in m.name)
    return dataclasses.replace(
        whole, verdict="No verdict.", comparison=None, key_metrics=(), accuracy_metrics=(),
        category_metrics=(), cost_metrics=spent,
    )  # fmt: skip
