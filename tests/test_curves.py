"""The end of a validation loss: what it shows of training on, and what is no evidence."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from netgain.analysis.sentences import BACK_TEST
from netgain.analysis.training.forecast import forecast
from netgain.analysis.training.losses import has_turned, late_change, weighted_steps
from netgain.records import Forecast, TrainingPoint
from netgain.reporting import html, json_report, markdown
from test_reporting import training_only

RESULTS = ROOT / "benchmarks" / "results"
Curve = Callable[[float], float]  # of the share of the run


def exponential(at: float) -> float:
    return 0.8 + 0.5 * math.exp(-at / 0.2)


def still_falling(at: float) -> float:
    return 1.0 + math.exp(-at / 0.7)


def turning(at: float) -> float:
    return 0.8 + 0.5 * math.exp(-at / 0.1) + 0.4 * at


def log_of(
    validation: Curve | None, n: int = 24, noise: float = 0.004, rate: Curve = lambda at: 1e-3
) -> list[TrainingPoint]:
    """Three epochs of 120 steps; training loss falls all the way."""
    rng = random.Random(3)
    points = []
    for step in range(121):
        at = step / 120
        validates = validation is not None and step % (120 // n) == 0
        points.append(
            TrainingPoint(
                step, epoch=3 * at, tokens=100 * step, seconds=2.0 * step,
                loss=1.5 - at + rng.gauss(0, 0.02) if step else None,
                eval_loss=validation(at) + rng.gauss(0, noise) if validates else None,
                learning_rate=rate(at) if step else None,
            )
        )  # fmt: skip
    return points


def judged(points: list[TrainingPoint], examples: int | None = 100) -> Forecast:
    found = forecast(points, examples)
    assert found is not None
    return found


def turned(losses: list[float]) -> bool:
    return has_turned(np.arange(len(losses), dtype=float), np.array(losses))


def test_a_validation_loss_that_has_turned_is_overfitting_with_its_best_step() -> None:
    found = judged(log_of(turning))
    assert found.outlook == "overfitting"
    assert found.best_step is not None and 15 <= found.best_step <= 45
    assert f"lowest at step {found.best_step} " in found.sentence
    assert found.sentence.startswith("Overfitting: validation loss on 100 problems was lowest")


def test_a_wobble_at_the_end_is_no_turn_but_a_clear_rise_is() -> None:
    rng = np.random.default_rng(1)
    assert not turned([1.0 + e for e in rng.normal(0, 0.01, 30)])
    assert not turned([2.0, 1.0, 1.001, 1.002, 1.001, 1.002])
    assert turned([2.0, 1.5, 1.0, 1.05, 1.1, 1.14, 1.2, 1.26])
    assert not turned([2.0, 1.5, 1.0, 1.3, 1.1, 0.99])
    assert not turned([]) and not turned([1.0])


def test_the_change_over_the_last_third_is_that_of_the_line_through_it() -> None:
    steps = np.arange(0.0, 121, 5)
    change, first = late_change(steps, 2 - steps / 100)
    assert steps[first] == 80 and change.n == 9
    assert change.value == pytest.approx(-0.4)  # 40 steps of a hundredth each
    assert change.interval == pytest.approx((-0.4, -0.4))


def test_a_curve_that_falls_to_the_end_is_said_to_fall_and_nothing_is_promised() -> None:
    found = judged(log_of(still_falling))
    assert found.outlook == "still falling"
    low, high = found.change.interval or (0.0, 0.0)
    true = math.exp(-1 / 0.7) - math.exp(-2 / 2.1)
    assert low < true < high < 0
    assert "From step 80 to 120 validation loss on 100 problems fell by 0.1" in found.sentence
    assert "In a back-test on short runs of a tiny model, 32 of 34 runs" in found.sentence


def test_a_fall_that_is_not_shown_is_not_called_level() -> None:
    found = judged(log_of(lambda at: 0.8 + 0.5 * math.exp(-at / 0.08), noise=0.01))
    assert found.outlook == "no fall shown"
    assert "is not shown to have fallen" in found.sentence
    assert "level" not in found.sentence and "flat" not in found.sentence


def test_a_falling_training_loss_is_never_the_evidence() -> None:
    alone = judged(log_of(None))
    assert alone.outlook == "not known" and alone.change.value is None
    assert "the log has no validation loss" in alone.sentence


@pytest.mark.parametrize("examples", [0, 2, 19])
def test_the_loss_of_a_few_problems_shows_nothing(examples: int) -> None:
    for curve in (still_falling, turning):
        found = judged(log_of(curve), examples)
        assert found.outlook == "not known"
        assert f"only {examples} problems were validated on (20 needed)" in found.sentence


def test_too_few_validations_show_nothing_and_the_reason_is_told() -> None:
    found = judged(log_of(exponential, n=6))
    assert found.outlook == "not known" and found.change.value is None
    assert "the last third of the training has 3 validations, and 4 are needed" in found.sentence
    assert "4 are needed" in found.sentence


def test_a_decayed_learning_rate_asks_for_a_run_planned_longer_from_the_start() -> None:
    decayed = judged(log_of(exponential, rate=lambda at: 1e-3 * (1 - at) + 1e-9))
    assert decayed.decayed and "planned longer from the start" in decayed.sentence
    assert "planned longer" not in judged(log_of(exponential)).sentence
    unknown = judged([replace(p, learning_rate=None) for p in log_of(exponential)])
    assert unknown.decayed is None and "no learning rates" in unknown.sentence


def test_steps_count_by_their_learning_rate() -> None:
    """At a rate that decays to nothing, the last third by the rate begins before half the steps."""
    points = log_of(still_falling, rate=lambda at: 1e-3 * (1 - at))
    assert weighted_steps(points)[-1] == pytest.approx(60, rel=0.02)
    assert judged(points).from_step == 55
    assert judged([replace(p, learning_rate=None) for p in points]).from_step == 80


def test_the_same_log_gives_the_same_forecast() -> None:
    assert forecast(log_of(exponential)) == forecast(log_of(exponential))
    assert forecast([]) is None


numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(numbers, numbers, st.none() | st.integers(-5, 10**15), numbers, numbers),
        min_size=8, max_size=20,
    )
)  # fmt: skip
def test_no_log_however_odd_stops_a_forecast(rows: list[tuple[float | None, ...]]) -> None:
    points = [
        TrainingPoint(
            step, loss=loss, eval_loss=validation, tokens=None if tokens is None else int(tokens),
            epoch=epoch, learning_rate=rate,
        )
        for step, (loss, validation, tokens, epoch, rate) in enumerate(rows)
    ]  # fmt: skip
    assert judged(points).sentence


@pytest.mark.parametrize("apart", [1e-170, 1e170])
def test_steps_whose_squares_are_no_numbers_have_no_slope(apart: float) -> None:
    x, losses = np.arange(12) * apart, np.linspace(2.0, 1.0, 12)
    change, _ = late_change(x, losses, 100)
    assert change.value is None and change.why_no_interval


def test_what_the_sentences_say_of_the_back_test_is_what_it_found() -> None:
    measured = json.loads((RESULTS / "forecast_backtest.json").read_text())
    found = {k: (v["n"], v["count"]) for k, v in measured["all_cases"].items()}
    assert found == BACK_TEST


def test_flat_losses_are_judged_falsely_at_most_one_time_in_twenty() -> None:
    measured = json.loads((RESULTS / "forecast_backtest.json").read_text())
    for cell in measured["flat"]:
        for judgement in ("fell", "rose", "overfitting"):
            assert cell[judgement]["count"] / cell[judgement]["n"] <= 0.05, cell


def test_the_report_tells_the_sentence_and_draws_nothing_beyond_the_last_step() -> None:
    points = tuple(log_of(exponential))
    found = judged(list(points))
    reported = replace(training_only(), curves=points, best_step=None, forecast=found)
    page, text = html.render(reported).decode(), markdown.render(reported).decode()
    for shown in (page, text):
        assert found.sentence in shown
    assert f"best step {found.best_step}<" in page and ">forecast</text>" not in page
    stored = json.loads(json_report.render(reported))["forecast"]
    assert (stored["outlook"], stored["to_step"]) == (found.outlook, 120)
