"""Advice is given where a figure of the run asks for it, with a command, and not otherwise."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from netgain.analysis.advice import Evidence, advise
from netgain.analysis.comparing.comparison import compare
from netgain.analysis.inputs import RunRecords
from netgain.analysis.training.forecast import forecast
from netgain.analysis.training.metrics import training_metrics
from netgain.recipe import load_recipe, parse_recipe
from netgain.records import (
    Advice,
    EvaluationSummary,
    FinishReason,
    Generation,
    Grade,
    Problem,
    TrainingLog,
    TrainingPoint,
)

SETTINGS: dict[str, Any] = {
    "name": "r", "model": {"id": "owner/model"}, "data": {"source": "owner/data"},
    "train": {"epochs": 2, "learning_rate": 4e-4}, "cost": {"price_per_hour": 3.6},
    "evaluate": {"max_new_tokens": 100},
}  # fmt: skip
N = 200


def curve(losses: Sequence[float], gap: float = 0.0) -> TrainingLog:
    """Validated every 10 steps; the training loss stays `gap` below."""
    points = []
    for i, loss in enumerate(losses):
        step = 10 * i
        at = {"epoch": 2 * i / (len(losses) - 1), "tokens": 1000 * step, "seconds": 60.0 * step}
        if step:
            points.append(TrainingPoint(step, loss=loss - gap, learning_rate=1e-4, **at))
        points.append(TrainingPoint(step, eval_loss=loss, **at))
    lowest = min(range(len(losses)), key=lambda i: losses[i])
    return TrainingLog(tuple(points), 10 * lowest, 10 * (len(losses) - 1), 100, 2.0)


FALLING = [0.5 + 1.5 * (i + 1) ** -0.5 for i in range(21)]
FLAT = [0.5 + 1.0 * 0.4**i + 0.001 * (-1) ** i for i in range(21)]
TURNED = [0.5 + 0.004 * (i - 8) ** 2 for i in range(21)]


def evidence(
    base: range = range(40, 80),
    tuned: range = range(40, 85),
    losses: Sequence[float] = FLAT,
    gap: float = 0.3,
    cut: int = 0,
    strict: bool = True,
    settings: dict[str, Any] | None = None,
) -> Evidence:
    """N problems of which `base` and `tuned` are right; the last `cut` tuned answers are cut."""
    recipe = parse_recipe({**SETTINGS, **(settings or {})})
    rights = {"base": base, "tuned": tuned}
    grades = {
        m: [
            Grade(str(i), 0, 0, "1", "hashes", strict and i in r, i in r, i in r)
            for i in range(N)
        ]
        for m, r in rights.items()
    }  # fmt: skip

    def finish(model: str, i: int) -> FinishReason:
        return "length" if model == "tuned" and i >= N - cut else "stop"

    generations = {
        m: [Generation(str(i), 0, 0, "1", finish(m, i), 9, 50, 1.0, None, "d") for i in range(N)]
        for m in rights
    }
    summaries = {
        m: EvaluationSummary(
            m, "d", {"max_new_tokens": 100}, "p", N, cut if m == "tuned" else 0, 0, 9 * N, 50 * N,
            100.0,
        )
        for m in rights
    }  # fmt: skip
    log = curve(losses, gap)
    records = RunRecords(
        recipe=recipe.plain(), facts={}, split={}, training={"resumed": False}, state=log,
        problems=[Problem(str(i), "s", "q", Fraction(1), "s", steps=3) for i in range(N)],
        summaries=summaries, generations=generations, grades=grades, place="runs/r",
    )  # fmt: skip
    return Evidence(
        records,
        compare(grades["base"], grades["tuned"]),
        forecast(log.points, 3.6),
        training_metrics(log.points, log.best_step),
    )


def find(found: Sequence[Advice], do: str) -> Advice:
    matches = [a for a in found if a.do == do]
    assert matches, f"{do!r} is not among {[a.do for a in found]}"
    return matches[0]


def test_a_run_that_gives_no_evidence_gets_no_advice() -> None:
    assert advise(evidence()) == ()


def test_answers_that_were_cut_off_ask_for_a_higher_limit() -> None:
    found = find(advise(evidence(cut=30)), "Let answers be longer")
    assert "30 of 200" in found.evidence
    assert found.reach is not None and found.reach.estimate.value == 30 / N
    assert "evaluate.max_new_tokens=200" in found.command


def test_right_answers_that_were_cut_off_ask_for_nothing() -> None:
    assert advise(evidence(base=range(150, 200), tuned=range(150, 200), cut=30)) == ()


def test_noise_asks_for_more_problems_only_where_a_limit_left_some_out() -> None:
    limited = {"evaluate": {"max_new_tokens": 100, "limit": N}}
    found = find(
        advise(evidence(base=range(40, 80), tuned=range(45, 88), settings=limited)),
        "Ask more problems",
    )
    asked = int(found.command.rpartition("=")[2])
    assert N < asked <= 20 * N
    assert advise(evidence(base=range(40, 80), tuned=range(45, 88))) == ()


def test_a_change_asks_for_another_seed() -> None:
    found = advise(evidence(base=range(40, 80), tuned=range(40, 120)))
    assert "train.seed=43" in find(found, "Train once more with another seed").command


def test_a_loss_of_accuracy_asks_for_a_smaller_learning_rate() -> None:
    found = find(
        advise(evidence(base=range(40, 120), tuned=range(40, 80))), "Change the model less"
    )
    assert "train.learning_rate=0.0001" in found.command
    assert "20.0 points" in found.evidence


def test_a_curve_that_still_falls_asks_for_more_epochs_and_promises_no_accuracy() -> None:
    e = evidence(losses=FALLING)
    assert e.forecast is not None and e.forecast.outlook == "further fall expected"
    found = find(advise(e), "Train longer")
    assert found.evidence == e.forecast.sentence
    assert "accuracy is not known" in found.effect
    assert "train.epochs=3" in found.command


def test_a_curve_that_turned_asks_for_fewer_epochs() -> None:
    found = find(advise(evidence(losses=TURNED)), "Train shorter")
    assert "train.epochs=0.8" in found.command


def test_a_flat_curve_asks_for_a_larger_adapter_only_without_a_gap() -> None:
    assert (
        "train.lora.r=32" in find(advise(evidence(gap=0.0)), "Give the adapter more room").command
    )
    assert advise(evidence(gap=0.3)) == ()


def test_right_answers_in_no_strict_form_ask_for_the_form() -> None:
    plain = {"prompt": {"instruction": "Answer, step by step."}}
    found = find(
        advise(evidence(strict=False, settings=plain)), "Ask for the form that strict graders read"
    )
    assert "45 of 200" in found.evidence
    assert advise(evidence(strict=False)) == (), "the default instruction asks for the form already"


def test_answers_without_working_ask_for_the_steps() -> None:
    terse = {"prompt": {"instruction": "Give only the answer after ####."}}
    e = evidence(settings=terse)
    short = replace(e.records.summaries["tuned"], completion_tokens=5 * N)
    records = replace(e.records, summaries={**e.records.summaries, "tuned": short})
    found = find(advise(replace(e, records=records)), "Ask for the working, step by step")
    assert "5 tokens" in found.evidence and "arXiv:2201.11903" in found.effect


def test_where_both_models_fail_a_larger_one_is_advised() -> None:
    found = find(advise(evidence(base=range(1), tuned=range(2))), "Take a larger model")
    assert "model.id=" in found.command


def test_a_better_measurement_comes_first_and_larger_bounds_before_smaller() -> None:
    plain = {"prompt": {"instruction": "Answer, step by step."}}
    found = advise(evidence(cut=10, strict=False, losses=FALLING, settings=plain))
    assert [a.do for a in found] == [
        "Let answers be longer", "Ask for the form that strict graders read", "Train longer",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "e",
    [
        evidence(cut=30),
        evidence(losses=FALLING),
        evidence(base=range(40, 120), tuned=range(40, 80)),
        evidence(strict=False, settings={"prompt": {"instruction": 'It\'s "hard"; say $HOME.'}}),
    ],
)
def test_every_command_is_one_that_the_recipe_accepts(e: Evidence, tmp_path: Path) -> None:
    kept = tmp_path / "recipe.yaml"
    kept.write_text(parse_recipe(e.records.recipe).to_yaml(), encoding="utf-8")
    for advice in advise(e):
        words = shlex.split(advice.command)
        assert words[:3] == ["netgain", "run", "runs/r/recipe.yaml"]
        changed = load_recipe(kept, words[4::2])
        assert changed.digest() != load_recipe(kept).digest(), "the command would change nothing"


def test_costs_follow_from_the_runs_own_times() -> None:
    found = find(advise(evidence(cut=30)), "Let answers be longer")
    prices = {m.name: m.estimate.value for m in found.cost}
    assert prices == {"time": 400.0, "cost": pytest.approx(0.4)}
