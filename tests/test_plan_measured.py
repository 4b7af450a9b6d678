"""`netgain plan` by measurement: real steps and answers of a tiny model, kept and told apart."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE
from netgain import pipeline
from netgain.analysis.estimates.power import detectable_difference
from netgain.errors import NetgainError, RunError
from netgain.generate.probe import Probed, Timed
from netgain.models.loading import find_model, load_renderer
from netgain.pipeline.artefacts import Done, done_here, look_beside
from netgain.plan import Plan, busy, make_plan, refusals, to_answer, to_train
from netgain.plan import trial as measuring
from netgain.plan.earlier_runs import Earlier, earlier_runs
from netgain.plan.showing import what_it_shows
from netgain.plan.speed import Speed, answering_seconds, measured_speed
from netgain.plan.stage import Setting
from netgain.plan.trial import Answering, Measured, Training
from netgain.plan.workload import workload
from netgain.recipe import Recipe, load_recipe
from netgain.recipe.train_settings import AccuracySettings
from netgain.store import EvaluationFolder, RunDirectory

SMALL = ("train.epochs=1", "evaluate.max_new_tokens=24", "evaluate.engine=transformers",
         "train.precision=fp32", "evaluate.precision=fp32", "train.learning_rate=0.01")  # fmt: skip


@pytest.fixture(scope="module")
def recipe(tiny_model: Path, hub_data: Path) -> Recipe:
    return load_recipe(REFERENCE, [f"model.id={tiny_model}", f"data.source={hub_data}", *SMALL])


def recipe_words(recipe: Recipe) -> list[str]:
    return [f"model.id={recipe.model.id}", f"data.source={recipe.data.source}", *SMALL]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("NETGAIN_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def first(recipe: Recipe, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan that had to measure, before any run."""
    root = tmp_path_factory.mktemp("runs") / "run"
    return make_plan(recipe, measured=True, root=root)


def time_of(plan: Plan, stage: str) -> float:
    metrics = {name: metrics for name, _, metrics in plan.stages}[stage]
    return next(m.estimate.value or 0.0 for m in metrics if m.name == "time")


def test_a_few_real_steps_and_answers_are_what_a_plan_is_made_of(
    first: Plan, cache: Path, recipe: Recipe
) -> None:
    assert first.measured and "measured just now" in first.machine
    [kept] = [json.loads(p.read_text()) for p in cache.glob("speed/*")]
    assert all(kept["training"][k] > 0 for k in ("token", "validated_token", "start"))
    assert all(0 <= part["others"] <= 1 for part in (kept["training"], kept["answering"]))
    found = kept["answering"]["found"]
    assert min(found["peak_bytes"], kept["training"]["peak_bytes"]) > 100e6  # torch alone is more
    _, few, many = found["runs"]
    assert len(few["prompts"]) == 4 and len(many["prompts"]) == 12  # all test problems
    assert max(many["answers"]) == recipe.evaluate.max_new_tokens
    memory = {m.name: m.estimate.value for m in first.totals}["memory"]
    assert memory is not None and memory > kept["training"]["peak_bytes"] / 2**30
    assert all(m.kind == "projected" for _, _, metrics in first.stages for m in metrics)


def test_lengths_are_the_models_own_tokens(recipe: Recipe, first: Plan) -> None:
    from netgain.plan.sizes import data_and_split

    data, split = data_and_split(recipe)
    assert split is not None
    work = workload(recipe, split, load_renderer(find_model(recipe.model).folder))
    tokens = next(m for _, _, ms in first.stages for m in ms if m.name == "tokens")
    assert tokens.estimate.value == pytest.approx(sum(e.tokens for e in work.train), rel=1e-9)
    assert data.solution_tokens != sum(len(e.completion_ids) for e in work.train) / len(work.train)


def test_what_was_measured_is_used_again_and_not_for_another_setting(
    recipe: Recipe, first: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(measuring, "busy_share", lambda _: 1.0)

    def refuse(*_: object) -> Any:
        raise NetgainError("it is measured")

    monkeypatch.setattr(measuring, "_train", refuse)
    longer = recipe.model_copy(
        update={"train": recipe.train.model_copy(update={"epochs": 9.0, "learning_rate": 0.1})}
    )
    again = make_plan(longer, measured=True, root=tmp_path / "run")
    assert again.measured and "just now" not in again.machine
    assert time_of(again, "train") > time_of(first, "train")
    wider = recipe.train.lora.model_copy(update={"r": 16})
    other = recipe.model_copy(update={"train": recipe.train.model_copy(update={"lora": wider})})
    with pytest.raises(NetgainError, match="it is measured"):
        make_plan(other, measured=True, root=tmp_path / "run")


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"others": "x"}', "[" * 50_000, "\0"])
def test_a_damaged_measurement_counts_as_none(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "training.json"
    path.write_text(damage)
    assert measuring._cached(path, 0.0) is None


# -- quiet and busy ------------------------------------------------------------------------


def training(others: float = 0.0, **changes: Any) -> Training:
    made = Training(0.001, 0.0005, 10.0, 1.0, 2e9, 5e8, 6, others, "2026-01-01 00:00")
    return replace(made, **changes)


def answering(**changes: Any) -> Answering:
    """An engine that reads a prompt's token in 1 ms, and takes 20 ms a step and 2 ms a token."""
    runs = tuple(
        Timed(
            (prompt,) * n, (length,) * n,
            n * prompt * 0.001 + length * 0.02 + n * length * 0.002,
        )
        for n, prompt, length in ((16, 90, 1), (4, 100, 32), (32, 80, 50))
    )  # fmt: skip
    found = Probed(5.0, 6.0, 7.0, 8.0, runs, 10**9, 1_500_000_000, 10**9, 10_000, 131_072)
    made = Answering(found, 64, 0.0)
    return replace(made, **changes)


def test_a_quiet_measurement_stays_and_a_busy_one_gives_way(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    busy, quiet = (Measured(training(others), answering(), True) for others in (0.45, 0.0))
    measuring._keep(path, busy)
    assert measuring._cached(path, now=0.40) == replace(busy, fresh=False)
    assert measuring._cached(path, now=0.05) is None
    measuring._keep(path, quiet)
    assert measuring._cached(path, now=0.9) == replace(quiet, fresh=False)


def test_a_plan_tells_busy_from_quiet(
    recipe: Recipe, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(others: float, now: float, fresh: bool) -> str:
        found = Measured(training(others), answering(), fresh)
        monkeypatch.setattr("netgain.plan.measure", lambda *_: found)
        monkeypatch.setattr("netgain.plan.busy_share", lambda _: now)
        return " ".join(make_plan(recipe, measured=True, root=tmp_path / "run").remarks)

    assert "other programs took 45.0% of the processor" in planned(0.45, 0.0, fresh=True)
    assert "other programs take 60.0% of the processor now" in planned(0.0, 0.6, fresh=False)
    assert "other programs" not in planned(0.05, 0.06, fresh=False)


def test_others_work_is_counted_and_our_own_is_not() -> None:
    spin = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"
    own = [sys.executable, "-c", spin.format(1.5)]
    # A child that has not ended when we stop looking is somebody else, for all that is known.
    with busy.watched() as with_other, subprocess.Popen(own) as other:
        assert 0 < busy.busy_share(0.6) <= 1
        other.kill()
    before = busy._own_seconds()
    subprocess.run(own, check=True)
    assert busy._own_seconds() - before > 1.4
    assert 0 <= with_other.others <= 1


# -- from measurements to times ------------------------------------------------------------


def test_reading_stepping_and_decoding_are_taken_apart() -> None:
    speed = measured_speed(Measured(training(), answering(), True), 50)
    assert speed.prompt_token == pytest.approx(0.001, rel=1e-6)
    assert speed.step == pytest.approx(0.02, rel=1e-6)
    assert speed.answer_token == pytest.approx(0.002, rel=1e-6)
    # 100 answers of 50 tokens in units of 40, 40 and 20: three times 50 steps.
    seconds = answering_seconds(speed, 100, 80, [50], 40)
    assert seconds == pytest.approx(100 * 80 * 0.001 + 3 * 50 * 0.02 + 100 * 50 * 0.002)
    assert answering_seconds(speed, 0, 80, [50], 40) == 0


def test_answers_that_were_cut_off_early_are_taken_to_go_on_to_the_limit() -> None:
    cut = answering(most_tokens=50)
    assert measured_speed(Measured(training(), cut, True), 300).base_answers == (300,) * 32


def setting_of(recipe: Recipe, **changes: Any) -> Setting:
    from netgain.plan.sizes import DataSize, ModelSize

    found = Measured(training(), answering(), True)
    speed: Speed = measured_speed(found, recipe.evaluate.max_new_tokens)
    made = Setting(
        recipe, ModelSize(1e8, 10, 100, 400, ""), DataSize(80, 10, 20, 60, 40, ""), "cpu",
        "transformers", 4, speed, found, Done(), Earlier(),
    )  # fmt: skip
    return replace(made, **changes)


def test_training_time_is_steps_validations_checkpoints_and_starting(recipe: Recipe) -> None:
    stage = to_train.train_stage(setting_of(recipe))
    # 80 examples of 100 tokens, 11 validations of 10, a last checkpoint and the best weights.
    assert stage.what == "10 steps, 11 validations"
    steps, checks = 80 * 100 * 0.001, 11 * 10 * 100 * 0.0005
    saved = (1 + 11 / 3) * 1.0
    assert stage.seconds is not None
    assert stage.seconds.value == pytest.approx(5 + 10 + steps + checks + saved + 6)
    assert stage.memory is not None and stage.memory.value == to_train.GROWS * 2e9 + 5e8


def test_problems_answered_while_training_cost_time_and_memory(recipe: Recipe) -> None:
    asked = recipe.model_copy(
        update={"train": recipe.train.model_copy(update={"accuracy": AccuracySettings(every=5)})}
    )
    plain, with_answers = (to_train.train_stage(setting_of(r)) for r in (recipe, asked))
    assert "10 validation problems answered 3 times" in with_answers.what
    assert plain.seconds and with_answers.seconds and with_answers.memory
    loading = 7.0 + 2 * 8.0  # the base, and what is trained, twice
    assert (with_answers.seconds.value or 0) > (plain.seconds.value or 0) + loading
    assert with_answers.memory.value == to_train.GROWS * 2e9 + 1.5e9


def test_the_tuned_models_answers_are_those_of_the_references(recipe: Recipe) -> None:
    longer = recipe.evaluate.model_copy(update={"max_new_tokens": 300})
    setting = setting_of(recipe.model_copy(update={"evaluate": longer}))
    data = replace(setting.data, solutions=(10, 20))
    assert set(to_answer.answer_lengths(replace(setting, data=data), "tuned")) == {10, 20}
    earlier = Earlier(answers={"tuned": (7,)})
    assert to_answer.answer_lengths(replace(setting, earlier=earlier), "tuned") == (7,)


@pytest.mark.parametrize(
    ("test", "cache_tokens", "expected"),
    [
        (20, 131_072, 1.5e9),  # what was loaded takes more than these few answers
        (500, 131_072, 1e9 + (500 * 150 - 6144) * 10_000),
        (100_000, 131_072, 1e9 + (131_072 - 6144) * 10_000),
        (100_000, 0, 1.5e9),  # as many at once as were tried
    ],
)
def test_keys_and_values_of_many_answers_take_memory_up_to_the_cache(
    test: int, cache_tokens: int, expected: float, recipe: Recipe
) -> None:
    """6,144 tokens were read and decoded in the measurement."""
    longer = recipe.evaluate.model_copy(update={"max_new_tokens": 300})
    setting = setting_of(recipe.model_copy(update={"evaluate": longer}))
    found = replace(answering().found, cache_tokens=cache_tokens)
    assert sum(sum(run.prompts) + sum(run.answers) for run in found.runs) == 6144
    measured = replace(setting.measured, answering=replace(answering(), found=found))
    data = replace(setting.data, test=test, asked_tokens=100.0)
    stage = to_answer.evaluate_stage(replace(setting, data=data, measured=measured), "base")
    assert stage.memory and stage.memory.value == pytest.approx(expected)


def test_where_memory_may_not_suffice_the_settings_that_help_are_named(
    recipe: Recipe, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Measured(training(peak_bytes=1e15), answering(), True)
    monkeypatch.setattr("netgain.plan.measure", lambda *_: found)
    remarks = make_plan(recipe, measured=True, root=tmp_path / "run").remarks
    assert "set train.precision: auto" in remarks[-1]
    assert "set train.gradient_checkpointing: true" in remarks[-1]


# -- what is done already ------------------------------------------------------------------


def test_what_is_done_costs_nothing_here_and_beside(
    recipe: Recipe, first: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "one"
    pipeline.run(recipe, root, "all", "", lambda *_: None)
    done = make_plan(recipe, measured=True, root=root)
    for stage in ("train", "evaluate base", "evaluate tuned"):
        assert time_of(done, stage) == 0 and time_of(first, stage) > 0
    words = " ".join(done.remarks)
    assert "training: done, costs nothing" in words and "the base's answers: done" in words

    longer = recipe.model_copy(update={"train": recipe.train.model_copy(update={"epochs": 2.0})})
    digest = find_model(recipe.model).digest
    problems = {n: RunDirectory(root).problems(n) for n in ("train", "validation", "test")}
    two = tmp_path / "two"

    def stages_beside(wanted: Recipe, model: str = digest) -> dict[str, str]:
        done = done_here(wanted, two)
        with monkeypatch.context() as patched:  # no answer is read for it
            patched.delattr(EvaluationFolder, "generations")
            look_beside(done, wanted, two, model, problems)
        return done.stages

    assert stages_beside(longer) == dict.fromkeys(("base", "prompt"), "taken over from one")
    seen = earlier_runs(longer, two, digest)
    assert len(seen.answers["tuned"]) == 12 and seen.discordant is not None
    limit = recipe.evaluate.model_copy(update={"max_new_tokens": 23})
    shorter = recipe.model_copy(update={"evaluate": limit})
    assert stages_beside(shorter) == {"train": "taken over from one"}
    assert not earlier_runs(shorter, two, digest).answers
    assert stages_beside(longer, "another model") == {}
    assert earlier_runs(longer, two, "another model") == Earlier()
    assert "another recipe" in done_here(longer, root).trouble
    with pytest.raises(RunError, match="train first"):
        pipeline.run(longer, tmp_path / "two", "evaluate", "", lambda *_: None)
    base = RunDirectory(tmp_path / "two").evaluation("base").summary()
    assert base is not None and base.reused_from == "one"  # as the plan said


def stages_with_zero(plan: Plan) -> dict[str, str]:
    """What costs nothing, with the reason."""
    return {
        name: what.partition(":")[0] for name, what, metrics in plan.stages
        if metrics and metrics[0].name == "time" and metrics[0].estimate.value == 0
    }  # fmt: skip


def test_what_was_answered_before_training_costs_nothing_again(
    recipe: Recipe, tmp_path: Path
) -> None:
    """No sample of so small a model is right, so the run ends where its samples are there."""

    def of(**changes: Any) -> Recipe:
        train = {"method": "rft", "rollouts": {"samples": 2}, **changes}
        words = [f"train.{k}={json.dumps(v)}" for k, v in train.items()]
        return load_recipe(REFERENCE, [*recipe_words(recipe), "extras.prompt_check=5", *words])

    with pytest.raises(NetgainError, match="is right and ended by itself"):
        pipeline.run(of(), tmp_path / "one", "train", "", lambda *_: None)
    here = make_plan(of(), root=tmp_path / "one")
    assert stages_with_zero(here) == {"prompt": "done", "own answers": "done"}
    beside = dict.fromkeys(("prompt", "own answers"), "taken over from one")
    assert stages_with_zero(make_plan(of(epochs=3), root=tmp_path / "two")) == beside
    for other in ({"rollouts": {"samples": 3}}, {"rollouts": {"samples": 2, "top_p": 0.5}},
                  {"seed": 3}):  # fmt: skip
        found = stages_with_zero(make_plan(of(**other), root=tmp_path / "two"))
        assert found == {"prompt": "taken over from one"}
    with pytest.raises(NetgainError, match="is right and ended by itself"):
        pipeline.run(of(epochs=3), tmp_path / "two", "train", "", lambda *_: None)
    for name in ("base-rollouts", "check-own"):
        taken = RunDirectory(tmp_path / "two").evaluation(name).summary()
        assert taken is not None and taken.reused_from == "one"  # as the plan said
    alone = tmp_path / "alone" / "one"
    shutil.copytree(tmp_path / "one", alone)
    half = RunDirectory(alone).evaluation("base-rollouts")
    half.reopen()
    half.answer_parts()[0].unlink()
    left, whole = make_plan(of(), root=alone), make_plan(of(seed=3), root=alone.with_name("two"))
    assert 0 < time_of(left, "own answers") < time_of(whole, "own answers")


def test_replayed_answers_beside_cost_nothing(recipe: Recipe, tmp_path: Path) -> None:
    rows = "".join(f'{{"question": "{name}?", "answer": "x"}}\n' for name in "abc")
    (tmp_path / "rows.jsonl").write_text(rows)

    def of(*words: str) -> Recipe:
        mixture = f"data.mixture=[{{source: {tmp_path / 'rows.jsonl'}, answers: own}}]"
        return load_recipe(REFERENCE, [*recipe_words(recipe), mixture, *words])

    pipeline.run(of(), tmp_path / "one", "train", "", lambda *_: None)
    found = stages_with_zero(make_plan(of("train.epochs=2"), root=tmp_path / "two"))
    assert found == dict.fromkeys(("prompt", "replay"), "taken over from one")
    found = stages_with_zero(make_plan(of("evaluate.max_new_tokens=9"), root=tmp_path / "two"))
    assert found == {"train": "taken over from one"}
    with pytest.raises(NetgainError, match=r"has r 8, and train\.lora\.r is 4"):
        make_plan(of(f"train.start={tmp_path / 'one'}", "train.lora.r=4"), root=tmp_path / "two")


def test_a_begun_training_is_planned_from_its_last_checkpoint(
    recipe: Recipe, tmp_path: Path
) -> None:
    setting = setting_of(recipe)
    half = replace(setting.done, steps=5)
    begun = to_train.train_stage(replace(setting, done=half))
    whole = to_train.train_stage(setting)
    assert begun.what.startswith("from step 5 on")
    assert begun.seconds and whole.seconds
    assert (begun.seconds.value or 0) < (whole.seconds.value or 0)


# -- what it can show ----------------------------------------------------------------------


def test_what_can_be_shown_is_the_reports_own_figure() -> None:
    value = detectable_difference(300, 60).value
    assert value is not None
    told = what_it_shows(300, None, 0.2)
    assert (
        f"300 test problems show a true change of {100 * value:.1f} points" in told
        and "earlier run" in told
    )
    spans = what_it_shows(30, 1319, None)
    low, high = (detectable_difference(1319, round(1319 * share)).value for share in (0.1, 0.3))
    assert low is not None and high is not None
    assert "30 test problems show a true change of" in spans
    assert (
        f"all 1319 test problems show a true change of {100 * low:.1f} to {100 * high:.1f} points"
        in spans
    )
    assert "10.0% to 30.0%" in spans
    assert what_it_shows(4, None, None).endswith("no true change, however large: take more")


def test_no_change_is_planned_that_is_larger_than_the_share_that_changes_sides() -> None:
    assert "49.7 points or more (if 49.7% of the answers change sides, more than the usual 30.0%)" \
        in what_it_shows(12, None, None)  # fmt: skip
    assert "more than the 10.0% of an earlier run" in what_it_shows(12, None, 0.1)
    assert (
        "24 test problems show a true change of 26.4 to 27.8 points or more (if 26.4% to 30.0% of "
        "the answers change sides); all 1319 test problems show a true change of 2.4 to 4.2 points "
        "or more (if 10.0% to 30.0% of the answers change sides)"
    ) in what_it_shows(24, 1319, None)
    for n, share in itertools.product(range(6, 120), (None, 0.03, 0.25)):
        told = what_it_shows(n, None, share)
        changes = [float(x) for x in re.findall(r"[\d.]+(?= to [\d.]+ points| points)", told)]
        shares = [float(x) for x in re.findall(r"([\d.]+)%", told.partition("more than")[0])]
        assert all(change <= most for change, most in zip(changes, shares, strict=False)), told


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["train.weights=qlora"], "qlora needs an NVIDIA GPU"),
        (["train.lora.target_modules=[q_proj, lm_head]"], "'lm_head' names the model's head"),
        (["train.lora.target_modules=[model.embed_tokens]"], "head or embeddings"),
        (["train.lora.target_modules=[]"], "names no layers"),
        (["train.lora.target_modules=[nothing]"], "'nothing' is the name of no layer"),
        (["train.max_length=16"], "none of the 36 problems fits"),
        (["prompt.style=few_shot_text", "extras.revisions={}"], "revisions need a chat prompt"),
        (["evaluate.engine=vllm"], "vllm"),
    ],
)
def test_a_plan_refuses_what_a_run_would_refuse(
    overrides: list[str], told: str, tiny_model: Path, hub_data: Path, cache: Path
) -> None:
    refused = load_recipe(
        REFERENCE, [f"model.id={tiny_model}", f"data.source={hub_data}", *SMALL, *overrides]
    )
    with pytest.raises(NetgainError, match=told):
        make_plan(refused, measured=True)


def test_for_another_machine_nothing_is_asked_of_this_one(recipe: Recipe) -> None:
    for weights in ("qlora", "lora"):
        train = recipe.train.model_copy(update={"weights": weights})
        refusals.refuse_early(
            recipe.model_copy(update={"train": train}), "cuda", True, None
        )  # fmt: skip
