"""Advice knows the method: what it proposes is taken by the recipe, and has an effect there."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any, get_args

import pytest

from netgain.analysis import facts
from netgain.analysis.advice import Evidence, advise
from netgain.analysis.training.metrics import training_metrics
from netgain.pipeline.extras import further_results
from netgain.recipe import Recipe, parse_recipe, unheeded
from netgain.records import Advice, FurtherResult, TrainingLog
from netgain.records.findings import AdviceKind
from test_advice import BOTH_WAYS, FALLING, SETTINGS, TURNED, N, evidence
from test_further import ORIGINALS, evaluation, headline, sampled, turns, variants
from test_rounds import points

BY_ACCURACY = {"select": "validation_accuracy", "accuracy": {"limit": 100}}
GRPO = {"method": "grpo", "learning_rate": 3e-5, **BY_ACCURACY}
MIXTURE = {"data": {"mixture": [{"name": "arc_easy", "share": 0.1}]}}
# What a recipe may have beside a method, and what may contradict a proposal.
RECIPES: dict[str, dict[str, Any]] = {
    "sft": {},
    "sft, dft": {"train": {"loss": "dft"}},
    "sft, full": {"train": {"weights": "full"}},
    "sft, by accuracy": {"train": BY_ACCURACY},
    "sft, phases": {"phases": [{"method": "rft"}]},
    "sft, mixture": MIXTURE,
    "sft, builtin": {"data": {"source": "builtin"}},
    "sft, from a start": {
        "train": {"start": "runs/earlier"},
        "model": {"revision": "main", "name": "Ours", "same_as": "owner/model"},
    },
    "sft, ending": {"prompt": {"ending": "hashes", "instruction": "Answer."}},
    "sft, at the limits": {
        "train": {"epochs": 1000, "seed": 2**32 - 1, "learning_rate": 1},
    },
    "rft": {"train": {"method": "rft", "rft": {"rounds": 2, "samplers": ["runs/a"]}}},
    "rft, all at once": {
        "train": {"method": "rft", "loss": "dft", "weights": "full", "epochs": 2,
                  "rollouts": {"samples": 9}},
        "phases": [{"weights": "full"}], **MIXTURE,
    },
    "distil": {"train": {"method": "distil", "distil": {"source": "t.jsonl"}}},
    "grpo": {"train": GRPO},
    "grpo, phases": {"train": GRPO, "phases": [{}], **MIXTURE},
    "grpo, full": {"train": {**GRPO, "weights": "full", "grpo": {"steps": 2, "clip": 0.1}}},
}  # fmt: skip
PLAIN = {"prompt": {"instruction": "Answer."}}
LITTLE = {"data": {"limit": 40}, "evaluate": {"limit": N}}
SOURCE = {"train": 7473, "test": 1319}
# What `evidence` is given so that some rules find theirs, and what is measured beside it.
RUNS: dict[str, dict[str, Any]] = {
    "cut off": {"cut": 30},
    "still falling": {"losses": FALLING},
    "turned": {"losses": TURNED},
    "floor": {"base": range(0), "tuned": range(0)},
    "worse": {"base": range(40, 120), "tuned": range(40, 80)},
    "better": {"tuned": range(40, 120), "gap": 0.4},
    "both ways": {**BOTH_WAYS, "settings": LITTLE, "available": SOURCE, "examples": 5},
    "few validated": {"examples": 5},
    "no form": {"strict": False, "settings": PLAIN},
    "short": {"settings": PLAIN},
    "both ways, often": {"base": range(40, 100), "tuned": range(70, 130)},
    "few steps": {},
}
HALF = sampled(["1"] * 20 + ["2"] * 20)
WRONG, RIGHT = sampled(["2"] * 40), sampled(["1"] * 40)


@cache
def measured(name: str) -> tuple[FurtherResult, ...]:
    """What was asked beside the headline, so that a rule finds its evidence."""
    wrong = headline(tuned=WRONG, base=WRONG)
    own = evidence().records.recipe["prompt"]
    better = {"prompt": {**own, "system": "Think."}}
    both = [
        evaluation("perturbed", m, variants(of * 40), originals=ORIGINALS)
        for m, of in (("base", "1"), ("tuned", "2"))
    ]
    made: dict[str, Callable[[], tuple[FurtherResult, ...]]] = {
        "votes win": lambda: further_results(
            wrong, [evaluation("samples", "tuned", sampled(["2311"] * 40))]
        ),
        "votes rise": lambda: further_results(
            headline(tuned=RIGHT), [evaluation("samples", "tuned", sampled(["2311"] * 40))]
        ),
        "among samples": lambda: further_results(
            wrong, [evaluation("samples", "base", sampled(["1222"] * 30 + ["2222"] * 10))]
        ),
        "revised": lambda: further_results(
            wrong, [evaluation("revisions", "tuned", turns("2" * 40, "1" * 40))]
        ),
        "prompt": lambda: further_results(
            headline(own, tuned=WRONG),
            [evaluation("prompt", "tuned", RIGHT, "better", settings=better)],
        ),
        "perturbed": lambda: further_results(headline(base=RIGHT, tuned=RIGHT), both),
    }
    return made[name]()


MEASURED = ("votes win", "votes rise", "among samples", "revised", "prompt", "perturbed")
EXTRAS = {"samples": {"n": 4, "limit": 40}, "revisions": {"instructions": ["Check."]}}


def evidences(settings: dict[str, Any]) -> Iterator[Evidence]:
    """Runs with these settings in which rules find what they look for."""
    for name, given in RUNS.items():
        steps = 25 if name == "few steps" else 200
        yield _as_logged(base(name), _merged(given.get("settings", {}), settings), steps)
    for name in MEASURED:
        e = base("few steps")
        e = replace(e, records=replace(e.records, further=measured(name)))
        yield _as_logged(e, _merged({"extras": EXTRAS}, settings), 200)


@cache
def base(name: str) -> Evidence:
    given = RUNS[name]
    e = evidence(**{**given, "settings": _merged(given.get("settings", {}), {})})
    if name != "short":
        return e
    tuned = replace(e.records.summaries["tuned"], completion_tokens=5 * N)
    return replace(e, records=replace(e.records, summaries={**e.records.summaries, "tuned": tuned}))


def _merged(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    found = {k: dict(v) if isinstance(v, dict) else v for k, v in SETTINGS.items()}
    for settings in (first, then):
        for name, value in settings.items():
            found[name] = {**found.get(name, {}), **value} if isinstance(value, dict) else value
    return found


def _as_logged(e: Evidence, settings: dict[str, Any], steps: int) -> Evidence:
    """With these settings, a log of the method, and what is on record of its answers."""
    state = e.records.state
    assert state is not None
    recipe = parse_recipe(settings).plain()
    steps = max(steps, int(recipe["train"]["epochs"]))  # an epoch has at least one
    state = replace(state, steps=steps, planned_steps=steps)
    problems = [replace(p, solution="2*3=<<2*3=6>>6") for p in e.records.problems]
    training = {**(e.records.training or {}), "examples": {"train": 30, "validation": 5}}
    split = {**e.records.split, "ids": {"train": range(900), "validation": range(5)}}
    records = replace(e.records, state=state, problems=problems, split=split, recipe=recipe)
    e = replace(e, records=records)
    if recipe["train"]["method"] == "rft":
        drawn = {"problems": 200, "samples": 800, "mixed": 60}
        training = {**training, "own_answers": {"train": drawn}}
    if recipe["train"]["method"] == "grpo":
        log = [replace(p, task_n=5 if p.task_n else None, task_correct=1) for p in points()]
        state = TrainingLog(tuple(log), 20, 20, 20, 1.0)
        e = replace(e, forecast=None, training=training_metrics(log, 20, e.examples))
    return replace(e, records=replace(e.records, training=training, state=state))


@cache
def proposed(recipe: str) -> list[tuple[Evidence, Advice, Recipe]]:
    """Every proposal of the runs of a recipe, with the recipe that its command makes."""
    found = []
    for e in evidences(RECIPES[recipe]):
        for advice in advise(e):
            words = shlex.split(advice.command)
            assert words[:3] == ["netgain", "run", "runs/r/recipe.yaml"]
            changed = parse_recipe(deepcopy(e.records.recipe), overrides=words[4::2])
            found.append((e, advice, changed))
    return found


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_proposed_is_taken_by_the_recipe_and_changes_what_is_done(recipe: str) -> None:
    all_proposed = proposed(recipe)
    assert len({a.kind for _, a, _ in all_proposed}) >= 9
    for e, advice, changed in all_proposed:
        before = parse_recipe(e.records.recipe)
        assert changed.digest() != before.digest(), advice.command
        assert "epochs" not in advice.command or changed.train.method != "grpo", advice.command
        if advice.kind != "policy_gradient":  # it starts from what the recipe had
            assert unheeded(changed.train) == unheeded(before.train), advice.command


def test_every_proposal_was_looked_at() -> None:
    seen = {a.kind for recipe in ("sft", "rft") for _, a, _ in proposed(recipe)}
    assert seen == set(get_args(AdviceKind))


def test_what_the_model_learned_is_said_as_the_method_has_it() -> None:
    said = {
        recipe: next(a for _, a, _ in proposed(recipe) if a.kind == "smaller_change")
        for recipe in ("sft", "rft", "distil", "grpo")
    }
    assert "the model learned the reference solutions" in said["sft"].evidence
    assert "the model learned its own right answers" in said["rft"].evidence
    assert "the model learned another model's answers" in said["distil"].evidence
    assert "learned" not in said["grpo"].evidence, "its log has no loss that fell"
    assert [k for k, a in said.items() if "human solutions" in a.effect] == ["sft"]


def test_more_data_to_distil_from_needs_more_of_the_other_model() -> None:
    said = {
        recipe: next(a.effect for _, a, _ in proposed(recipe) if a.kind == "more_data")
        for recipe in ("sft", "distil")
    }
    assert "train.distil.source" in said["distil"] and "train.distil" not in said["sft"]


def test_what_chose_the_weights_is_named_and_made_surer() -> None:
    def asked(recipe: str) -> Advice:
        return next(a for _, a, _ in proposed(recipe) if a.kind == "more_validation_problems")

    assert "validation loss, which chooses the kept weights" in asked("sft").evidence
    by_accuracy = asked("grpo")
    assert "accuracy on validation problems, which chooses the kept weights" in by_accuracy.evidence
    assert "only 5 problems" in by_accuracy.evidence
    assert "data.validation_fraction=0.11" in by_accuracy.command
    few = parse_recipe(_merged({}, {"train": {**GRPO, "accuracy": {"limit": 5}}}))
    e = next(iter(evidences({"train": few.train.model_dump(mode="json")})))
    split = {"ids": {"train": range(900), "validation": range(100)}}
    e = replace(e, records=replace(e.records, split=split))
    (found,) = [a for a in advise(e) if a.kind == "more_validation_problems"]
    assert found.command.endswith("--set train.accuracy.limit=100")


def test_going_on_with_a_policy_gradient_turns_off_what_it_cannot_have() -> None:
    of = [r for _, a, r in proposed("rft, all at once") if a.kind == "policy_gradient"]
    changed, train = of[0], of[0].train
    assert (train.method, train.start, train.loss) == ("grpo", "runs/r", "nll")
    assert (train.weights, train.learning_rate) == ("full", 1e-6)
    assert changed.phases == () and changed.data.mixture == ()


def test_settings_that_rounds_do_not_heed_are_not_shown_as_the_runs() -> None:
    """So nothing that a report says of epochs is set against them."""
    shown = {}
    for recipe in ("sft, by accuracy", "grpo"):
        records = next(iter(evidences(RECIPES[recipe]))).records
        shown[recipe] = facts.settings(replace(records, training=None))
    assert (
        shown["sft, by accuracy"]["train.epochs"] == "2.0"
        and shown["grpo"]["train.grpo.rounds"] == "60"
    )
    gone = {"train.epochs", "train.batch_size", "train.gradient_accumulation",
            "train.validations_per_epoch", "used: optimizer steps"}  # fmt: skip
    assert shown["sft, by accuracy"].keys() - shown["grpo"].keys() == gone
    # Nor what belongs to another method.
    more = shown["grpo"].keys() - shown["sft, by accuracy"].keys() - {"used: rounds"}
    assert {name.split(".")[1] for name in more} == {"rollouts", "grpo"}


def test_a_training_that_stopped_early_is_not_told_to_take_more_steps() -> None:
    e = list(evidences({}))[list(RUNS).index("few steps")]
    assert "more_steps" in {a.kind for a in advise(e)}
    assert e.records.state is not None
    e = replace(e, records=replace(e.records, state=replace(e.records.state, planned_steps=60)))
    assert "more_steps" not in {a.kind for a in advise(e)}
