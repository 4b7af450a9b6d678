"""Advice is given where a figure of the run asks for it, with a command, and not otherwise."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from graded_pairs import compare
from netgain.analysis.advice import Evidence, advise
from netgain.analysis.advice.scale import LADDER, LARGER
from netgain.analysis.assembling import at_floor
from netgain.analysis.comparing.pairs import compare_right
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
    tuned: range = range(41, 86),  # 6 won, 1 lost: p = 0.07
    losses: Sequence[float] = FLAT,
    gap: float = 0.3,
    cut: int = 0,
    strict: bool = True,
    settings: dict[str, Any] | None = None,
    available: dict[str, int] | None = None,
    examples: int | None = 100,
    said: str = "1",
) -> Evidence:
    """N problems of which `base` and `tuned` are right; the last `cut` tuned answers are cut.

    `available` are the problems of the source; `said` is the text of every answer.
    """
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
        m: [Generation(str(i), 0, 0, said, finish(m, i), 9, 50, 1.0, None, "d") for i in range(N)]
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
        recipe=recipe.plain(), facts={}, split={"available": available},
        training={"resumed": False, "parameters": 135e6, "examples": {"train": 900}}, state=log,
        problems=[Problem(str(i), "s", "q", Fraction(1), "s", steps=3) for i in range(N)],
        summaries=summaries, generations=generations, grades=grades, place="runs/r",
    )  # fmt: skip
    comparison = compare(grades["base"], grades["tuned"])
    return Evidence(
        records,
        comparison,
        at_floor(comparison),
        forecast(log.points, examples),
        training_metrics(log.points, log.best_step, examples),
        examples,
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
    assert "evaluate.max_new_tokens=200" in found.command


def test_cut_off_answers_that_repeat_themselves_ask_for_nothing() -> None:
    assert advise(evidence(cut=30, said="Then we add them once more.\n" * 40)) == ()


def test_right_answers_that_were_cut_off_ask_for_nothing() -> None:
    assert advise(evidence(base=range(150, 200), tuned=range(150, 200), cut=30)) == ()


# -- was there enough of everything? -------------------------------------------------------


BOTH_WAYS: dict[str, Any] = {"base": range(40, 80), "tuned": range(55, 95)}  # 15 won, 15 lost


def test_scale_comes_first_where_a_run_used_little_of_everything() -> None:
    """40 of 7,473 training problems, 5 steps, 200 of 1,319 test problems, some answers cut off."""
    little = {"data": {"source": "owner/data", "limit": 40}, "evaluate": {"limit": N}}
    e = evidence(
        **BOTH_WAYS, cut=60, settings=little, available={"train": 7473, "test": 1319}, examples=4
    )
    assert e.records.state is not None
    e = replace(e, records=replace(e.records, state=replace(e.records.state, steps=5)))
    found = advise(e)
    assert [a.do for a in found] == [
        "Train on all the data", "Ask the other test problems", "Validate on more problems",
        "Let answers be longer",
    ]  # fmt: skip
    data, test, validation, _ = found
    assert (
        "40 of the 7473 training problems (0.54%; data.limit). That is 5 optimizer steps"
        in data.evidence
    )
    assert "data.limit=null" in data.command
    assert "200 of the 1319 test problems" in test.evidence
    assert "4 problems" in validation.evidence and "validation_fraction" in validation.command


def test_more_test_problems_are_new_ones_alone_so_that_no_test_is_made_twice() -> None:
    limited = {"evaluate": {"limit": N, "skip": 100}}
    found = find(advise(evidence(**BOTH_WAYS, settings=limited)), "Ask the other test problems")
    assert "evaluate.skip=300" in found.command and "evaluate.limit=null" in found.command
    assert "only the new problems" in found.effect and "up to about 8%" in found.effect
    assert all(m.estimate.value is None for m in found.cost), "how many there are is not known"


@pytest.mark.parametrize(
    "e",
    [
        evidence(),
        evidence(settings={"evaluate": {"limit": 200}}, available={"train": 900, "test": 200}),
        evidence(settings={"data": {"source": "o/d", "limit": 900}}, available={"train": 900}),
    ],
)
def test_a_run_that_used_all_there_is_is_not_told_to_use_more(e: Evidence) -> None:
    assert not {a.kind for a in advise(e)} & {"more_data", "more_test_problems"}


def test_few_steps_ask_for_more_of_them_where_all_the_data_was_used() -> None:
    e = evidence()
    assert e.records.state is not None
    e = replace(
        e, records=replace(e.records, state=replace(e.records.state, steps=25, planned_steps=25))
    )
    found = find(advise(e), "Train for more steps")
    assert "25 optimizer steps" in found.evidence and "train.epochs=8" in found.command


def test_another_seed_costs_what_is_said_to_be_counted() -> None:
    (advice,) = [a for a in advise(evidence(tuned=range(40, 120))) if a.kind == "another_seed"]
    time = advice.cost[0].estimate
    assert time.value == 12_000 + 200 / 2  # its training, and half of both models' answering
    assert time.method.startswith("this run's training and half of its answering, as the base's")


def test_few_rounds_ask_for_more_of_them_whatever_the_data() -> None:
    e = evidence(settings={"data": {"source": "owner/data", "limit": 60}})
    recipe = {**e.records.recipe, "train": {**e.records.recipe["train"], "method": "grpo"}}
    assert e.records.state is not None
    for rounds, asked in ((3, True), (10, False)):
        state = replace(e.records.state, steps=rounds, planned_steps=rounds)
        of = replace(e, records=replace(e.records, recipe=recipe, state=state))
        found = [a for a in advise(of) if a.kind == "more_steps"]
        assert bool(found) == asked
        assert all("3 rounds" in a.evidence and "grpo.rounds=60" in a.command for a in found)


@pytest.mark.parametrize(("tuned", "asked"), [(range(55, 95), True), (range(40, 120), False)])
def test_of_built_in_problems_there_are_always_more_to_ask(tuned: range, asked: bool) -> None:
    """They are made to the limit, so what there is says nothing of what there can be."""
    limited = {"data": {"source": "builtin"}, "evaluate": {"limit": N}}
    e = evidence(**BOTH_WAYS | {"tuned": tuned}, settings=limited, available={"test": N})
    found = [a for a in advise(e) if a.kind == "more_test_problems"]
    assert bool(found) == asked
    assert all("trained anew" in a.effect and "of the" not in a.evidence[:30] for a in found)


@pytest.mark.parametrize("right", [0, 1, 9])
@pytest.mark.parametrize("parameters", [135e6, 0.6e9, 1.5e9, 3e9])
def test_at_the_floor_a_larger_model_is_advised_and_never_a_smaller_one(
    right: int, parameters: float
) -> None:
    e = evidence(base=range(right), tuned=range(right))
    training = {**(e.records.training or {}), "parameters": parameters}
    e = replace(e, records=replace(e.records, training=training))
    assert e.at_floor
    first = advise(e)[0]
    assert first.kind == "larger_model"
    assert "cannot answer whether training helps" in first.evidence
    named = dict(LADDER)[first.command.partition("model.id=")[2]]
    assert named >= LARGER * parameters


def test_at_the_floor_of_answers_that_were_cut_off_longer_ones_come_before_a_larger_model() -> None:
    """So it was in a run whose limit cut off all answers: nothing shows that they are too hard."""
    e = evidence(base=range(0), tuned=range(0), cut=N)
    assert not e.mostly_unread  # the base's answers ended and were read
    assert [a.kind for a in advise(e)] == ["larger_model", "longer_answers"]
    grades = {
        m: [replace(g, extracted=None if m == "base" else "1") for g in rows]
        for m, rows in e.records.grades.items()
    }
    e = replace(e, records=replace(e.records, grades=grades))
    first, *_, last = advise(e)
    assert first.kind == "longer_answers" and last.kind == "larger_model"
    assert "does not say that the problems are too hard" in last.evidence
    assert "own right answers" not in last.effect


def test_what_is_said_of_own_answers_at_the_floor_is_what_was_drawn() -> None:
    e = evidence(base=range(0), tuned=range(0))
    assert "own right answers" not in advise(e)[0].effect  # none were drawn
    own = {"train": {"problems": 29, "samples": 116, "right": 1, "mixed": 1}}
    training = {**(e.records.training or {}), "own_answers": own}
    recipe = {**e.records.recipe, "train": {**e.records.recipe["train"], "method": "rft"}}
    drawn = replace(e, records=replace(e.records, training=training, recipe=recipe))
    assert "Of 116 samples drawn for training 1 was right" in advise(drawn)[0].effect


def test_no_larger_model_is_named_for_one_that_is_large_or_of_unknown_size() -> None:
    e = evidence(base=range(0), tuned=range(0))
    for training in ({"resumed": False, "parameters": 7e9}, {"resumed": False}):
        records = replace(e.records, training=training)
        assert "larger_model" not in {a.kind for a in advise(replace(e, records=records))}


@pytest.mark.parametrize("n", [5, 30, 72])
def test_a_floor_is_seen_on_few_problems_too(n: int) -> None:
    c = compare_right([False] * n, [False] * n)
    assert at_floor(c)
    assert not at_floor(compare_right([True] + [False] * 9, [False] * 10))


# -- other rules ---------------------------------------------------------------------------


def test_a_change_asks_for_another_seed() -> None:
    found = advise(evidence(base=range(40, 80), tuned=range(40, 120)))
    assert "train.seed=43" in find(found, "Train once more with another seed").command


def test_a_run_elsewhere_has_its_proposals_put_beside_it() -> None:
    e = evidence(base=range(40, 80), tuned=range(40, 120))
    e = replace(e, records=replace(e.records, place="my runs/first"))
    command = find(advise(e), "Train once more with another seed").command
    assert shlex.split(command) == [
        "netgain", "run", "my runs/first/recipe.yaml", "--set", "train.seed=43", "--out",
        "my runs/first-seed-43",
    ]  # fmt: skip


def test_a_loss_of_accuracy_asks_for_a_smaller_learning_rate() -> None:
    found = find(
        advise(evidence(base=range(40, 120), tuned=range(40, 80))), "Change the model less"
    )
    assert "train.learning_rate=0.0001" in found.command
    assert "20.0 points" in found.evidence


def test_a_curve_that_still_falls_asks_for_more_epochs_and_promises_no_accuracy() -> None:
    e = evidence(losses=FALLING)
    assert e.forecast is not None and e.forecast.outlook == "still falling"
    found = find(advise(e), "Train longer")
    assert found.evidence == e.forecast.sentence
    assert "accuracy is not known" in found.effect
    assert "train.epochs=3" in found.command


def test_a_curve_that_turned_asks_for_fewer_epochs() -> None:
    found = find(advise(evidence(losses=TURNED)), "Train shorter")
    assert "train.epochs=0.8" in found.command


def test_a_fall_that_is_not_shown_asks_for_nothing() -> None:
    e = evidence(gap=0.0)
    assert e.forecast is not None and e.forecast.outlook == "no fall shown"
    assert advise(e) == ()


def test_right_answers_in_no_strict_form_ask_for_the_form() -> None:
    plain = {"prompt": {"instruction": "Answer, step by step."}}
    found = find(
        advise(evidence(strict=False, settings=plain)), "Ask for the form that strict graders read"
    )
    assert "45 of 200" in found.evidence
    assert "not measured" in found.effect and "can be a loss" in found.effect
    assert advise(evidence(strict=False)) == (), "the default instruction asks for the form already"


def test_answers_without_working_ask_for_the_steps() -> None:
    terse = {"prompt": {"instruction": "Give only the answer after ####."}}
    e = evidence(settings=terse)
    short = replace(e.records.summaries["tuned"], completion_tokens=5 * N)
    records = replace(e.records, summaries={**e.records.summaries, "tuned": short})
    found = find(advise(replace(e, records=records)), "Ask for the working, step by step")
    assert "5 tokens" in found.evidence and "arXiv:2201.11903" in found.effect


def test_a_better_measurement_comes_first_and_then_the_cheapest() -> None:
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
        evidence(
            base=range(40, 80),
            tuned=range(55, 95),
            settings={"evaluate": {"limit": N}},
            available={"test": 900},
        ),
        evidence(settings={"data": {"source": "o/d", "limit": 40}}, examples=5),
        evidence(base=range(0), tuned=range(0)),
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


def test_what_is_said_of_a_second_look_is_what_was_simulated() -> None:
    table = json.loads((ROOT / "benchmarks" / "results" / "second_look.json").read_text())
    assert all(cell["second_on_others_alone"] <= 0.05 for cell in table)
    assert 0.08 <= max(cell["one_or_the_other_if_second_on_others"] for cell in table) < 0.085
