"""Learning curves: what a fit finds, what is said of more epochs, and what is no evidence."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from netgain.analysis.training.curves import fit_curve
from netgain.analysis.training.forecast import REACH, WIDENING, forecast
from netgain.analysis.training.losses import has_turned, loss_series
from netgain.records import Forecast, TrainingPoint
from netgain.reporting import html, json_report, markdown
from test_reporting import training_only

RESULTS = ROOT / "benchmarks" / "results"
Curve = Callable[[float], float]  # of the share of the run


def power_law(at: float) -> float:
    return 0.6 + 0.7 * (1 + at / 0.05) ** -0.5


def exponential(at: float) -> float:
    return 0.8 + 0.5 * math.exp(-at / 0.2)


def still_falling(at: float) -> float:
    return 1.0 + math.exp(-at / 0.7)


def turning(at: float) -> float:
    return 0.8 + 0.5 * math.exp(-at / 0.1) + 0.4 * at


def log_of(
    validation: Curve | None, n: int = 24, noise: float = 0.004, rate: Curve = lambda at: 1e-3
) -> list[TrainingPoint]:
    """Three epochs of 120 steps of 100 tokens; training loss falls all the way."""
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


def judged(points: list[TrainingPoint], price: float = 0.0) -> Forecast:
    found = forecast(points, price)
    assert found is not None
    return found


@pytest.mark.parametrize("curve", [power_law, exponential, turning])
def test_a_known_curve_is_continued_to_where_it_goes(curve: Curve) -> None:
    rng = np.random.default_rng(5)
    t = np.linspace(0, 1, 25)
    losses = np.array([curve(at) for at in t]) + rng.normal(0, 0.003, 25)
    fitted = fit_curve(1000 * t, losses, [1500.0], rng, may_rise=True, widening=1.0)
    assert fitted.loss[0] == pytest.approx(curve(1.5), abs=0.03)
    assert fitted.low[0] < curve(1.5) < fitted.high[0]


def test_the_floor_of_an_exponential_is_found_within_its_interval() -> None:
    rng = np.random.default_rng(6)
    t = np.linspace(0, 1, 25)
    losses = np.array([exponential(at) for at in t]) + rng.normal(0, 0.003, 25)
    fitted = fit_curve(1000 * t, losses, [1500.0], rng, may_rise=False, widening=1.0)
    low, high = fitted.floor_interval
    assert fitted.floor == pytest.approx(0.8, abs=0.02) and low < 0.8 < high


def test_one_wild_value_moves_a_fit_hardly_at_all() -> None:
    t = np.linspace(0, 1, 25)
    noise = np.random.default_rng(7).normal(0, 0.003, 25)
    losses = np.array([exponential(at) for at in t]) + noise
    wild = losses.copy()
    wild[15] += 1.0
    ends = [
        fit_curve(t, y, [1.5], np.random.default_rng(0), may_rise=True, widening=1.0).loss[0]
        for y in (losses, wild)
    ]
    assert ends[0] == pytest.approx(ends[1], abs=0.01)


def test_a_validation_loss_that_has_turned_is_overfitting_with_its_best_step() -> None:
    found = judged(log_of(turning))
    assert found.outlook == "overfitting"
    assert found.best_step is not None and 15 <= found.best_step <= 45
    assert f"lowest at step {found.best_step} " in found.sentence
    assert "More epochs are not expected to help" in found.sentence


def test_a_wobble_at_the_end_is_no_turn_but_a_clear_rise_is() -> None:
    rng = np.random.default_rng(1)
    flat = [1.0 + e for e in rng.normal(0, 0.01, 30)]
    assert not has_turned(flat)
    assert not has_turned([2.0, 1.0, 1.001, 1.002, 1.001])
    assert has_turned([2.0, 1.5, 1.0, 1.05, 1.1, 1.2])
    assert not has_turned([2.0, 1.5, 1.0, 1.3, 1.1, 0.99])
    assert not has_turned([]) and not has_turned([1.0])


def test_a_curve_that_clearly_falls_is_expected_to_fall_further_at_a_cost() -> None:
    found = judged(log_of(still_falling), price=3.6)
    assert found.outlook == "further fall expected"
    assert found.sentence.startswith("One more epoch would be expected to lower validation loss")
    low, high = found.change.interval or (0.0, 0.0)
    assert low < math.exp(-4 / 2.1) - math.exp(-1 / 0.7) < high < 0
    assert "it would take 1 min 20 s (0.08 USD)" in found.sentence  # 240 s for three epochs
    spent = {m.name: m.estimate.value for m in found.metrics}
    assert spent["time, one more epoch"] == pytest.approx(80)
    assert spent["cost, one more epoch"] == pytest.approx(0.08)
    assert {m.kind for m in found.metrics} == {"projected"}


def test_where_the_curve_is_flat_nothing_shows_that_an_epoch_helps() -> None:
    found = judged(log_of(lambda at: 0.8 + 0.5 * math.exp(-at / 0.08)))
    assert found.outlook == "no further fall shown"
    assert found.sentence.startswith("Nothing shows that one more epoch would lower")


def test_a_falling_training_loss_is_never_the_evidence() -> None:
    alone = judged(log_of(None))
    assert alone.outlook == "not known" and alone.change.value is None
    assert "the log has no validation loss" in alone.sentence
    assert "training loss was still falling is no evidence" in alone.sentence
    training = alone.fits[1]
    assert training.series == "training" and training.band  # it is fitted all the same
    both = judged(log_of(exponential))
    assert "fitted to 17 validation losses" in both.sentence
    assert "training loss was still falling is no evidence" in both.sentence


def test_too_few_validations_are_not_fitted_and_the_reason_is_told() -> None:
    found = judged(log_of(exponential, n=5))
    assert found.outlook == "not known"
    assert "too few to fit a curve (8 needed)" in found.sentence
    assert found.fits[0].band == () and found.fits[0].why_none


def test_a_learning_rate_that_has_decayed_asks_for_a_run_planned_longer_from_the_start() -> None:
    decayed = judged(log_of(exponential, rate=lambda at: 1e-3 * (1 - at) + 1e-9), price=3.6)
    assert "of its peak by the end, so going on from there would change little" in decayed.sentence
    spent = {m.name: m.estimate.value for m in decayed.metrics}
    assert spent["time, one more epoch"] == pytest.approx(240 + 80)  # all of it, trained anew
    assert "going on from there" not in judged(log_of(exponential)).sentence
    unknown = judged([replace(p, learning_rate=None) for p in log_of(exponential)])
    assert "The log has no learning rates" in unknown.sentence


def test_a_curve_flattened_by_a_decaying_rate_alone_is_seen_to_fall_further() -> None:
    """Its loss falls with the sum of the learning rates, as in a run at a constant rate."""
    flattened = log_of(
        lambda at: 1 + math.exp(-(at - at * at / 2)), rate=lambda at: 1e-3 * (1 - at)
    )
    found = judged(flattened)
    expected = math.exp(-0.5 * 4 / 3) - math.exp(-0.5)  # four epochs' sum against three's
    assert found.outlook == "further fall expected"
    assert found.change.value == pytest.approx(expected, rel=0.3)
    by_steps = judged([replace(p, learning_rate=None) for p in flattened])
    assert abs((by_steps.change.value or 0.0) - expected) > 0.5 * abs(expected)


def test_a_forecast_reaches_no_farther_than_forecasts_were_tried() -> None:
    points = [
        replace(p, epoch=None if p.epoch is None else p.epoch / 3) for p in log_of(exponential)
    ]
    found = judged(points)
    assert found.more_epochs == pytest.approx(REACH)
    assert "0.5 more epochs" in found.sentence and "no forecast was tried" in found.sentence
    assert found.fits[0].band[-1].step == 180


def test_the_same_log_gives_the_same_forecast() -> None:
    assert forecast(log_of(exponential)) == forecast(log_of(exponential))
    assert forecast([]) is None


def test_a_long_log_is_averaged_and_keeps_its_tokens() -> None:
    points = [TrainingPoint(s, tokens=10 * s, loss=1 / s) for s in range(1, 5001)]
    series = loss_series(points, "training")
    assert len(series.x) == 40
    assert np.mean(series.losses) == pytest.approx(np.mean([1 / s for s in range(1, 5001)]))
    assert series.x[0] == pytest.approx(10 * 63) and series.x == tuple(sorted(series.x))


numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=25, deadline=None)
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
            epoch=epoch, seconds=seconds,
        )
        for step, (loss, validation, tokens, epoch, seconds) in enumerate(rows)
    ]  # fmt: skip
    assert judged(points).sentence


def test_the_interval_in_use_is_the_one_the_back_test_set_and_measured() -> None:
    measured = json.loads(Path(RESULTS / "forecast_backtest.json").read_text())
    assert measured["widening_used"] == WIDENING
    curves = json.loads(Path(RESULTS / "forecast_curves.json").read_text())
    assert measured["runs"] == sum(run["length"] == 1 for run in curves) >= 20


def test_the_report_shows_the_sentence_the_band_and_a_table_behind_it() -> None:
    points = tuple(log_of(exponential))
    found = judged(list(points))
    reported = training_only()
    reported = replace(reported, curves=points, best_step=None, forecast=found)
    page, text = html.render(reported).decode(), markdown.render(reported).decode()
    for shown in (page, text):
        assert found.sentence in shown
        assert re.search(r"forecast 0\.[78]\d+ \(95% interval 0\.7", shown)
    assert page.count(">forecast</text>") == 2  # the wide drawing and the narrow one
    assert f"best step {found.best_step}<" in page
    stored = json.loads(json_report.render(reported))["forecast"]
    assert stored["outlook"] == found.outlook
    assert stored["fits"][0]["band"][-1]["step"] == 160


def test_without_a_fit_the_report_says_why_and_draws_no_band() -> None:
    points = tuple(log_of(exponential, n=5))
    reported = replace(training_only(), curves=points, forecast=judged(list(points)))
    page = html.render(reported).decode()
    assert "too few to fit a curve" in page and ">forecast</text>" not in page
