"""Training metrics say from which to which point, and spikes are found where they are."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.analysis.training.anomalies import LEAST_VALUES, find_spikes, spike_metrics
from netgain.analysis.training.metrics import pace_metrics, training_metrics
from netgain.records import Metric, TrainingPoint
from netgain.wording import metric_words


def log_of_run() -> list[TrainingPoint]:
    """60 steps of 100 tokens and 2 s, validated every 10 steps (5 s more), best at step 40."""
    points = [TrainingPoint(0, eval_loss=2.0, eval_token_accuracy=0.4, tokens=0, seconds=5.0)]
    for step in range(1, 61):
        validates = step % 10 == 0
        points.append(
            TrainingPoint(
                step, epoch=step / 20, tokens=100 * step,
                seconds=5.0 + 2.0 * step + 5.0 * (step // 10), loss=3.0 - step / 30,
                eval_loss=1.5 + abs(step - 40) / 100 if validates else None,
                token_accuracy=0.5 + step / 200,
                eval_token_accuracy=0.5 + step / 200 if validates else None,
                grad_norm=1.0,
            )
        )  # fmt: skip
    return points


def named(metrics: tuple[Metric, ...]) -> dict[str, Metric]:
    assert len({m.name for m in metrics}) == len(metrics)
    return {m.name: m for m in metrics}


def value(metrics: dict[str, Metric], name: str) -> float:
    found = metrics[name].estimate.value
    assert found is not None
    return found


def test_each_change_is_from_the_point_to_the_point_that_its_method_names() -> None:
    found = named(training_metrics(log_of_run(), best_step=40))
    first, last = 3.0 - 3 / 30, 3.0 - 58 / 30  # means of five steps
    assert value(found, "change of training loss") == pytest.approx(last / first - 1)
    assert value(found, "change of validation loss") == pytest.approx(1.5 / 2.0 - 1)
    assert value(found, "change of validation loss, start to end") == pytest.approx(1.7 / 2.0 - 1)
    whole = found["change of validation loss, start to end"].estimate
    assert whole.method == "start (before the first step) to end (step 60)"


def test_the_generalisation_gap_compares_a_validation_with_the_training_steps_up_to_it() -> None:
    found = named(training_metrics(log_of_run(), best_step=40))
    kept = found["generalisation gap of the loss, at the kept step"].estimate
    assert kept.value == pytest.approx(1.5 - (3.0 - 38 / 30))
    assert "dropout" in kept.method and "before its step's update" in kept.method
    end = value(found, "generalisation gap of the loss, at the end")
    assert end == pytest.approx(1.7 - (3.0 - 58 / 30))


def test_token_accuracy_is_called_teacher_forced_wherever_it_stands() -> None:
    found = training_metrics(log_of_run(), best_step=40)
    shares = [m for m in found if m.unit == "share"]
    assert len(shares) == 3
    for metric in shares:
        assert metric.kind == "teacher_forced" and "teacher-forced" in metric.name
    by_name = named(found)
    assert value(by_name, "teacher-forced token accuracy, at the start") == 0.4
    assert value(by_name, "teacher-forced token accuracy, of the kept adapter") == 0.7
    assert value(by_name, "teacher-forced token accuracy, at the end") == 0.8


def test_what_the_log_lacks_is_none_with_the_reason() -> None:
    bare = [TrainingPoint(step, loss=2.0 - step / 100) for step in range(1, 40)]
    found = named(training_metrics(bare, None) + pace_metrics(bare))
    for name, why in {
        "change of validation loss": "the log has no validation loss",
        "generalisation gap of the loss, at the end": "not both in the log",
        "teacher-forced token accuracy, at the start": "the log has no token accuracy",
        "tokens a step": "the log has no token counts",
        "time a step": "the log has no two times",
    }.items():
        assert found[name].estimate.value is None
        assert why in metric_words(found[name])
    only_validation = [TrainingPoint(0, eval_loss=1.0)]
    words = metric_words(named(training_metrics(only_validation, None))["change of training loss"])
    assert "the log has no training loss" in words


def test_figures_from_almost_nothing_are_not_shown_and_say_how_little_it_is() -> None:
    short = [p for p in log_of_run() if p.step <= 5]
    found = named(training_metrics([*short, TrainingPoint(5, eval_loss=1.9)], None, examples=2))
    for name in ("change of training loss", "training loss at the start"):
        assert found[name].estimate.value is None
        assert "logged only 5 times (20 needed)" in metric_words(found[name])
    change = found["change of validation loss"]
    assert change.estimate.value is None
    assert "only 2 validation problems (20 needed)" in metric_words(change)
    best = found["validation loss, best"].estimate
    assert (best.value, best.n) == (1.9, 2)
    agreed = found["teacher-forced token accuracy, at the start"].estimate
    assert "2 validation problems" in agreed.method
    enough = named(training_metrics(log_of_run(), 40, examples=20))
    assert enough["change of validation loss"].estimate.n == 20


def test_time_a_step_leaves_validations_out_and_the_other_one_holds_them() -> None:
    found = named(pace_metrics(log_of_run()))
    assert value(found, "time a step") == pytest.approx(2.0)
    assert value(found, "time a step, validation included") == pytest.approx((5 + 120 + 30) / 60)
    assert value(found, "tokens a step") == 100
    assert {m.kind for m in found.values()} == {"measured"}


def noisy_fall(n: int, seed: int) -> list[tuple[int, float]]:
    rng = random.Random(seed)
    return [(step, (0.5 + 2 / step**0.5) * math.exp(rng.gauss(0, 0.1))) for step in range(1, n + 1)]


def test_a_spike_is_found_at_its_step_and_nothing_else_is() -> None:
    for seed in range(20):
        series = noisy_fall(200, seed)
        assert find_spikes(series) == ()
        series[120] = (121, 3 * series[120][1])
        (spike,) = find_spikes(series)
        assert spike.step == 121 and spike.deviations > 6
        assert spike.usual == pytest.approx(0.5 + 2 / 121**0.5, rel=0.15)


def test_a_steep_fall_and_a_level_that_rises_and_stays_are_no_spikes() -> None:
    assert find_spikes([(step, 10 / step**3) for step in range(1, 100)]) == ()
    steps = [(step, (1.0 if step < 50 else 2.0) + 0.01 * (step % 7)) for step in range(1, 100)]
    assert find_spikes(steps) == ()


def test_one_of_a_kind_is_told_as_one() -> None:
    (spikes, _) = spike_metrics([TrainingPoint(1, loss=1.0)])
    assert spikes.estimate.why_no_interval == "1 value is too few to know a spike (30 needed)"


def test_spikes_are_told_with_their_steps_and_too_short_a_log_tells_none() -> None:
    series = noisy_fall(100, 1)
    points = [
        TrainingPoint(step, loss=loss, grad_norm=9.0 if step in (30, 60) else 0.5)
        for step, loss in series
    ]
    loss, norm = spike_metrics(points)
    assert (loss.name, loss.estimate.value, loss.note) == ("loss spikes", 0, "")
    assert norm.estimate.value == 2
    assert norm.note == "step 30 (9, usual there 0.5), step 60 (9, usual there 0.5)"
    short, absent = spike_metrics([TrainingPoint(p.step, loss=p.loss) for p in points[:10]])
    assert short.estimate.value is None and str(LEAST_VALUES) in short.estimate.why_no_interval
    assert "none was logged" in metric_words(absent)


numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)
whole = st.none() | st.integers(0, 10**12)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            TrainingPoint, step=st.integers(0, 10**9), epoch=numbers, tokens=whole, seconds=numbers,
            loss=numbers, eval_loss=numbers, token_accuracy=numbers, grad_norm=numbers,
        ),
        max_size=60, unique_by=lambda p: p.step,
    ),
    st.none() | st.integers(0, 10**9),
)  # fmt: skip
def test_no_log_however_odd_stops_the_report(points: list[TrainingPoint], best: int | None) -> None:
    points = sorted(points, key=lambda p: p.step)
    metrics = training_metrics(points, best) + pace_metrics(points)
    for metric in (*metrics, *(spike_metrics(points) if points else ())):
        assert metric_words(metric)
