"""The statistics behind the verdict, against published values, scipy, and brute force."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from netgain.analysis.comparison import compare, verdict_sentence
from netgain.analysis.statistics import (
    detectable_difference,
    mcnemar_exact,
    paired_difference,
    wilson,
)
from netgain.analysis.training import training_metrics
from netgain.errors import EvaluationError
from netgain.records import Grade, TrainingPoint

counts = st.integers(0, 60)


def grades(right: list[bool]) -> list[Grade]:
    return [Grade(f"p{i}", 0, 0, "1", "hashes", r, r, r) for i, r in enumerate(right)]


def pairs(
    both: int, only_base: int, only_tuned: int, neither: int
) -> tuple[list[Grade], list[Grade]]:
    base = [True] * (both + only_base) + [False] * (only_tuned + neither)
    tuned = [True] * both + [False] * only_base + [True] * only_tuned + [False] * neither
    return grades(base), grades(tuned)


@given(st.integers(1, 400), st.data())
def test_wilson_is_scipys_and_holds_its_value(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    found = wilson(k, n)
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.interval is not None and found.value is not None
    assert 0 <= found.interval[0] <= found.value <= found.interval[1] <= 1


def test_no_problems_give_no_share_and_impossible_counts_are_refused() -> None:
    assert wilson(0, 0).value is None
    for successes, n in ((3, 2), (-1, 5), (0, -1)):
        with pytest.raises(ValueError, match="cannot be"):
            wilson(successes, n)


@given(counts, counts)
def test_mcnemar_is_the_two_sided_sign_test(only_base: int, only_tuned: int) -> None:
    n = only_base + only_tuned
    expected = stats.binomtest(only_base, n, 0.5).pvalue if n else 1.0
    assert mcnemar_exact(only_base, only_tuned) == pytest.approx(expected, abs=1e-12)
    assert mcnemar_exact(only_base, only_tuned) == mcnemar_exact(only_tuned, only_base)


def test_the_paired_interval_is_newcombes_published_example() -> None:
    """Newcombe 1998, table II: a = 36, b = 12, c = 2, d = 0, method 10: 0.0569 to 0.3404."""
    found = paired_difference(both=36, only_tuned=12, only_base=2, neither=0)
    assert found.value == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_the_paired_interval_corrects_a_positive_correlation() -> None:
    """By hand for (20, 12, 2, 16): q = 20·16 − 12·2 − 25 = 271, φ = 271 / √(32·18·22·28)."""
    found = paired_difference(both=20, only_tuned=12, only_base=2, neither=16)
    assert found.interval == pytest.approx((0.0562, 0.3292), abs=1e-4)


@given(counts, counts, counts, counts)
def test_the_paired_interval_holds_its_value_and_turns_with_the_sides(
    both: int, only_base: int, only_tuned: int, neither: int
) -> None:
    found = paired_difference(both, only_base, only_tuned, neither)
    if both + only_base + only_tuned + neither == 0:
        assert found.value is None
        return
    assert found.value is not None and found.interval is not None
    low, high = found.interval
    assert -1 <= low <= found.value <= high <= 1
    turned = paired_difference(both, only_tuned, only_base, neither)
    assert turned.interval == pytest.approx((-high, -low), abs=1e-12)


def test_the_verdict_is_mcnemars() -> None:
    assert compare(*pairs(20, 2, 12, 66)).verdict == "improved"
    assert compare(*pairs(20, 12, 2, 66)).verdict == "worse"
    assert compare(*pairs(20, 7, 9, 64)).verdict == "no detectable change"
    assert compare(*pairs(100, 0, 0, 0)).verdict == "no detectable change"
    assert compare(*pairs(0, 0, 5, 0)).verdict == "no detectable change"  # p = 0.0625


def test_the_sentence_gives_n_both_shares_interval_and_test() -> None:
    words = verdict_sentence(compare(*pairs(20, 2, 12, 66)))
    for told in ("Improved", "same 100 problems", "32.0%", "22.0%", "+10.0 points", "95% CI",
                 "exact McNemar", "p = 0.013"):  # fmt: skip
        assert told in words
    nothing = verdict_sentence(compare(*pairs(20, 7, 9, 64)))
    assert "No detectable change" in nothing and "a smaller one may well exist" in nothing


def test_different_problems_cannot_be_compared() -> None:
    base, tuned = pairs(1, 1, 1, 1)
    with pytest.raises(EvaluationError, match="same problems"):
        compare(base, tuned[:-1])
    with pytest.raises(EvaluationError, match="same problems"):
        compare([*base, base[0]], tuned)


@pytest.mark.parametrize(("n", "discordant"), [(100, 20), (400, 80), (1319, 300), (1319, 30)])
def test_the_detectable_difference_is_detected_about_80_percent_of_the_time(
    n: int, discordant: int
) -> None:
    """Exact power of the exact test at that difference: no simulation."""
    found = detectable_difference(n, discordant)
    assert found.value is not None
    psi = max(discordant / n, found.value)
    upward = (psi + found.value) / (2 * psi)
    power = 0.0
    for m in range(n + 1):
        weight = stats.binom.pmf(m, n, psi)
        if weight < 1e-9:
            continue
        rejected = [k for k in range(m // 2 + 1) if mcnemar_exact(k, m - k) < 0.05]
        if rejected:
            power += weight * stats.binom.cdf(rejected[-1], m, 1 - upward)
    assert 0.70 < power < 0.86


def test_very_few_problems_show_nothing_at_all() -> None:
    for n in (3, 4, 5):  # even 5 of 5 give p = 0.0625
        assert detectable_difference(n, 1).value is None
    assert detectable_difference(0, 0).value is None


def test_training_metrics_say_from_where_to_where() -> None:
    points = [TrainingPoint(0, eval_loss=2.0, eval_token_accuracy=0.5)]
    points += [
        TrainingPoint(i, loss=2.0 / i, eval_loss=1.5 if i == 20 else None) for i in range(1, 41)
    ]
    points.append(TrainingPoint(41, loss=0.05, eval_loss=1.8, eval_token_accuracy=0.6))
    found = {m.name: m for m in training_metrics(points, best_step=20)}
    assert found["change of validation loss"].estimate.value == pytest.approx(-0.25)
    assert "step 20" in found["validation loss, best"].estimate.method
    assert found["validation loss at the end"].estimate.value == 1.8
    first = (2.0 + 1.0 + 2 / 3) / 3  # 5% of 41 rows: 3
    assert found["training loss at the start"].estimate.value == pytest.approx(first)
    assert all(m.kind == "teacher_forced" for m in found.values())


def test_an_undefined_change_is_none_and_never_nought() -> None:
    points = [TrainingPoint(1, loss=0.0), TrainingPoint(2, loss=0.0)]
    found = {m.name: m for m in training_metrics(points, None)}
    assert found["change of training loss"].estimate.value is None
    assert training_metrics([], None) == ()
    assert not math.isnan(found["training loss at the end"].estimate.value or 0.0)
