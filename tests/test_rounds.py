"""Rounds told in the report: first and last, and what went wrong in them; where they come from."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import REFERENCE, tiny
from netgain.analysis.overview import training_words
from netgain.analysis.training.anomalies import LOSS_SPIKES, NORM_SPIKES, spike_metrics
from netgain.analysis.training.forecast import forecast
from netgain.analysis.training.metrics import training_metrics
from netgain.analysis.training.round_metrics import none_better, round_alarms, round_metrics
from netgain.errors import TrainingError
from netgain.importers import read_trainer_state
from netgain.models.loading import find_model, load_renderer
from netgain.pipeline.preparing import prepare_data
from netgain.pipeline.rounds import chosen_problems, round_of
from netgain.recipe import load_recipe
from netgain.records import TrainingLog, TrainingPoint
from netgain.store import RunDirectory, write_json
from netgain.train.job import read_examples, rollouts_file
from test_own_answers import Scripted


def points(
    reward: tuple[float, float] = (0.2, 0.2), entropy: tuple[float, float] = (1.0, 1.0),
    cut: tuple[float, float] = (0.0, 0.0), solved: tuple[int, int] = (20, 30),
) -> list[TrainingPoint]:  # fmt: skip
    """A log of 20 rounds that go straight from one figure to another."""

    def at(ends: tuple[float, float], step: int) -> float:
        return ends[0] + (ends[1] - ends[0]) * (step - 1) / 19

    rounds = [
        TrainingPoint(
            step, loss=0.0, reward=at(reward, step), reward_robust=at(reward, step),
            reward_strict=0.0, agreed=0.5, truncated=at(cut, step), answer_tokens=100.0,
            entropy=at(entropy, step), eval_loss=1.0 if step == 20 else None,
        )
        for step in range(1, 21)
    ]  # fmt: skip
    first = TrainingPoint(0, eval_loss=1.0, task_n=100, task_correct=solved[0], task_strict=0)
    rounds[-1] = replace(rounds[-1], task_n=100, task_correct=solved[1], task_strict=0)
    return [first, *rounds]


def test_a_log_of_rounds_has_rewards_and_no_losses() -> None:
    found = {m.name: m.estimate.value for m in training_metrics(points((0.2, 0.58)), 20, 100)}
    assert found["mean reward of a round's answers, first rounds"] == pytest.approx(0.23)
    assert found["mean reward of a round's answers, last rounds"] == pytest.approx(0.55)
    assert found["accuracy on validation problems, at the start"] == 0.2
    assert not any("loss" in name for name in found)
    assert forecast(points()) is None


def test_the_time_of_a_round_is_told_by_its_parts() -> None:
    rounds = [
        replace(p, sampling_seconds=2.0 + p.step % 2, training_seconds=4.0, clipped=0.1)
        for p in points()[1:]
    ]
    found = {m.name: m.estimate.value for m in round_metrics(rounds)}
    assert found["time of a round: sampling"] == 2.5
    assert found["time of a round: training"] == 4
    assert "time of a round: grading" not in found
    assert found["tokens of a round that were clipped"] == pytest.approx(0.1)
    assert not any("clipped" in m.name or "time" in m.name for m in round_metrics(points()))


def test_rounds_that_go_well_give_no_alarm() -> None:
    assert list(round_alarms(points((0.2, 0.6), (1.0, 0.7), (0.02, 0.03)))) == []


def test_a_reward_that_rises_without_the_task_is_told() -> None:
    (told,) = round_alarms(points((0.2, 0.6), solved=(30, 28)))
    assert "from 30 to 28 of 100" in told and "what is rewarded and not the task" in told


def test_samples_that_become_alike_and_answers_that_grow_are_told() -> None:
    alike, grown = round_alarms(points(entropy=(1.0, 0.1), cut=(0.0, 0.5)))
    assert alike.startswith("The entropy of a sampled token fell from")
    assert "cut off rose from" in grown


def without_learning(point: TrainingPoint) -> TrainingPoint:
    """A round whose groups all agree: no token is learned from, so none has an entropy."""
    return replace(point, entropy=None, clipped=None, agreed=1.0, loss=0.0, grad_norm=0.0)


def test_rounds_that_nothing_is_learned_from_are_no_loss_of_entropy() -> None:
    steady = [replace(p, clipped=0.2) for p in points()[1:]]
    rounds = [without_learning(p) if p.step % 2 and p.step > 5 else p for p in steady]
    found = {m.name: m.estimate for m in round_metrics(rounds)}
    assert found["entropy of a sampled token, last rounds"].value == pytest.approx(1.0)
    assert found["tokens of a round that were clipped"].value == pytest.approx(0.2)
    assert found["tokens of a round that were clipped"].n == 13
    assert list(round_alarms(rounds)) == []


def test_a_figure_that_few_rounds_have_says_of_how_many() -> None:
    rounds = [without_learning(p) if p.step > 5 else p for p in points((0.2, 0.6))[1:]]
    found = {m.name: m.estimate for m in round_metrics(rounds)}
    assert found["mean reward of a round's answers, last rounds"].value is not None
    entropy = found["entropy of a sampled token, first rounds"]
    assert entropy.value is None and entropy.why_no_interval == "only 5 rounds have it (10 needed)"
    nowhere = [without_learning(p) for p in points()]
    assert "only 0 rounds have it" in str(round_metrics(nowhere))
    assert list(round_alarms(nowhere)) == []


def test_so_few_rounds_that_none_are_first_or_last_have_one_line_for_that() -> None:
    found = [m for m in round_metrics(points()[:4]) if m.estimate.value is None]
    assert [m.estimate.why_no_interval for m in found] == ["only 3 rounds (10 needed)"]


def test_it_is_told_where_no_round_solved_more_than_before_training() -> None:
    assert none_better(points(solved=(20, 30))) is None
    assert none_better(points(solved=(20, 20))) == (20, 100) == none_better(points(solved=(20, 9)))
    assert none_better(points(solved=(20, 9))[1:]) is None  # nothing of before training
    by_accuracy = ["train.select=validation_accuracy", "train.accuracy.limit=9"]
    log = TrainingLog(tuple(points(solved=(20, 20))), 20, 20, 20, None)
    for method, unit in (("grpo", "round"), ("sft", "step")):
        train = load_recipe(REFERENCE, [f"train.method={method}", *by_accuracy]).train.model_dump()
        *_, kept = training_words(train, log)
        assert kept.startswith(f"weights of {unit} 20 kept, though no {unit} solved more")
        assert "though" not in [*training_words({**train, "select": "validation_loss"}, log)][-1]


@pytest.mark.parametrize("n", [1, 2, 9, 10, 11])
def test_so_few_rounds_that_first_and_last_are_the_same_give_no_alarm(n: int) -> None:
    few = points((0.0, 1.0), (1.0, 0.1), (0.0, 0.9), (30, 20))
    few = [few[0], *few[1:n], replace(few[-1], step=n)]
    assert len(list(round_alarms(few))) == (3 if n >= 10 else 0)


def test_a_log_that_was_gone_on_with_has_each_round_once(tmp_path: Path) -> None:
    """Another trainer's log keeps the rounds that were done again after an interruption."""
    rows = [
        {"step": step, "reward": 0.1 * tried, "frac_reward_zero_std": 0.5, "entropy": 1.0}
        for tried, steps in enumerate((range(1, 9), range(6, 13))) for step in steps
    ]  # fmt: skip
    path = tmp_path / "trainer_state.json"
    write_json(path, {"log_history": rows, "global_step": 12, "max_steps": 12})
    found = read_trainer_state(path).points
    assert [p.step for p in found] == list(range(1, 13))
    assert [p.reward for p in found] == [0.0] * 5 + [0.1] * 7


def test_the_loss_of_rounds_is_not_searched_for_spikes() -> None:
    """It is noise around nought, whatever is learned; the gradient's norm is looked at."""
    rounds = [
        replace(points()[1], step=i, loss=1e-3 if i == 20 else 1e-6, grad_norm=1.0)
        for i in range(1, 41)
    ]
    assert [m.name for m in spike_metrics(rounds)] == [NORM_SPIKES]
    plain = [replace(p, reward=None) for p in rounds]
    assert [m.name for m in spike_metrics(plain)] == [LOSS_SPIKES, NORM_SPIKES]


def test_the_log_of_another_trainer_is_read_as_rounds(tmp_path: Path) -> None:
    row = {
        "step": 1, "loss": 0.0, "reward": 0.25, "frac_reward_zero_std": 0.5, "entropy": 0.9,
        "completions/mean_length": 120.0, "completions/clipped_ratio": 0.1,
    }  # fmt: skip
    path = tmp_path / "trainer_state.json"
    write_json(path, {"log_history": [row, {"step": 2, "loss": 1.0, "entropy": 0.5}],
                      "global_step": 2, "max_steps": 2})  # fmt: skip
    first, second = read_trainer_state(path).points
    assert (first.reward, first.agreed, first.truncated) == (0.25, 0.5, 0.1)
    assert (first.answer_tokens, first.entropy) == (120.0, 0.9)
    assert second.reward is None and second.entropy is None  # no round: of reference tokens


def test_the_overview_counts_rounds_and_neither_epochs_nor_batches() -> None:
    by_accuracy = ["train.select=validation_accuracy", "train.accuracy.limit=9"]
    by_rounds = ["train.method=grpo", "train.grpo.rounds=30"]
    train = load_recipe(REFERENCE, by_rounds + by_accuracy).train
    log = TrainingLog(tuple(points()), best_step=10, steps=20, planned_steps=30, epochs=2.5)
    told = ", ".join(training_words(train.model_dump(), log))
    assert told.startswith("20 rounds of 30 planned, of 16 problems with 8 answers each, learning")
    assert told.endswith("weights of round 10 kept")
    assert "epochs" not in told and "batches" not in told
    assert next(training_words(train.model_dump(), None)).startswith("30 rounds of 16 problems")


@pytest.mark.parametrize(
    ("right", "reward"), [(True, "robust"), (False, "robust"), (True, "strict")]
)
def test_a_round_is_asked_graded_and_learned_from_once(
    right: bool, reward: str, tmp_path: Path, tiny_model: Path, hub_data: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """The answers are never in the form that the prompt asks for, so the strict reward is 0."""
    words = (
        f"train.grpo.reward={reward}", "prompt.ending=boxed",
        "train.method=grpo", "train.rollouts.samples=3", "train.grpo.problems=4",
        "train.grpo.samples=4", "train.select=validation_accuracy", "train.accuracy.limit=2",
        "evaluate.limit=8", "train.epochs=2",
    )  # fmt: skip
    recipe = load_recipe(REFERENCE, [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"])
    directory = RunDirectory(tmp_path / "run")
    directory.begin(recipe, {"command": "", "begun": "", "versions": {}, "hardware": {}})

    def quiet(*_: object) -> None:
        pass

    with caplog.at_level(logging.WARNING, "netgain"):
        prepare_data(directory, recipe, quiet)
    # A recipe for fine-tuning is run with another method: what that does not heed is told.
    assert "no effect with train.method: grpo: train.epochs (train.grpo.rounds" in caplog.text
    asked = [*directory.problems("train"), *directory.problems("validation")]
    engine = Scripted({p.question: str(p.answer) for p in asked}, right)
    monkeypatch.setattr("netgain.pipeline.served_model.load_sampler", lambda spec: engine)
    if not right or reward == "strict":
        with pytest.raises(TrainingError, match="solves none of 36 training problems in some of"):
            chosen_problems(directory, recipe, quiet)
        return
    mixed = chosen_problems(directory, recipe, quiet)
    assert len(mixed) == 36 and engine.asked == 120
    renderer = load_renderer(find_model(recipe.model).folder)
    play = round_of(directory, recipe, renderer, mixed, quiet)
    rolled = play(0, None)
    assert rolled["reward"] == rolled["reward_robust"] == 0.5
    assert rolled["frac_reward_zero_std"] == 0
    learned = read_examples(rollouts_file(directory.checkpoints, 0))
    assert len(learned) == 16 and {e.weight for e in learned} == {0.5, -0.5}
    assert {e.completion_ids[-1] for e in learned} == {renderer.end_id}
    parts = {k: v for k, v in rolled.items() if k.startswith("seconds_")}
    assert set(parts) == {"seconds_sampling", "seconds_grading"}
    again = play(0, None)
    assert {**again, **parts} == rolled and engine.asked == 136  # its answers were stored
