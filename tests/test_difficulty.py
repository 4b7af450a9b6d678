"""What makes problems hard: the groups, the correction for many tests, and the logistic model."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.problems import logistic
from netgain.analysis.problems.difficulty import difficulty
from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import adjusted, apart
from netgain.data.wordproblems import word_problems
from netgain.errors import EvaluationError
from netgain.records import Difficulty, Grade, Problem

PROBLEMS = word_problems(900, 4)


def grades(problems: list[Problem], right: list[bool]) -> list[Grade]:
    return [Grade(p.id, 0, 0, "1", "hashes", r, r, r) for p, r in zip(problems, right, strict=True)]


def planted(problems: list[Problem], percent: float, others: float, seed: int) -> Difficulty:
    """Problems with a percentage are solved at one rate, all others at another."""
    draw = random.Random(seed)
    right = [draw.random() < (percent if features_of(p).percent else others) for p in problems]
    return difficulty(problems, grades(problems, right))


# -- groups --------------------------------------------------------------------------------


def test_a_hard_group_is_found_and_named_with_both_shares() -> None:
    found = planted(PROBLEMS, 0.25, 0.75, seed=1)
    row = next(g for g in found.groups if g.feature == "percent")
    assert row.verdict == "harder" and row.adjusted_p is not None and row.adjusted_p < 1e-6
    value, interval = row.difference.estimate.value, row.difference.estimate.interval
    assert value is not None and interval is not None and interval[1] < 0
    assert "percent: yes (" in found.summary and "association" in found.summary
    ratio = next(m for m in found.odds_ratios if m.name == "odds ratio: percent")
    assert ratio.estimate.interval is not None and ratio.estimate.interval[1] < 1


def test_a_group_and_its_rest_hold_every_problem_once() -> None:
    right = [len(p.question) % 3 > 0 for p in PROBLEMS]
    found = difficulty(PROBLEMS, grades(PROBLEMS, right))
    for row in found.groups:
        inside, rest = row.accuracy.estimate, row.rest.estimate
        assert (inside.n or 0) + (rest.n or 0) == len(PROBLEMS)
        total = (inside.value or 0) * (inside.n or 0) + (rest.value or 0) * (rest.n or 0)
        assert total == pytest.approx(sum(right))


def test_where_nothing_differs_hardly_ever_is_a_group_called_different() -> None:
    """30 sets of 150 problems answered by coin: without correction about half would have one."""
    problems = PROBLEMS[:150]
    false_alarms = uncorrected = 0
    for seed in range(30):
        found = planted(problems, 0.5, 0.5, seed)
        false_alarms += any(g.verdict in {"harder", "easier"} for g in found.groups)
        uncorrected += any((g.p_value or 1) < 0.05 for g in found.groups)
    assert false_alarms <= 4
    assert uncorrected >= 9


@given(st.lists(st.floats(0, 1) | st.none(), max_size=30))
def test_the_correction_is_benjamini_hochbergs(p_values: list[float | None]) -> None:
    found = adjusted(p_values)
    tested = [p for p in p_values if p is not None]
    assert [q is None for q in found] == [p is None for p in p_values]
    if tested:
        expected = multipletests(tested, method="fdr_bh")[1]
        assert [q for q in found if q is not None] == pytest.approx(list(expected), abs=1e-12)


@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_the_difference_of_two_groups_is_newcombes(n: int, m: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = apart(wilson(a, n), wilson(b, m))
    expected = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")
    assert found.interval == pytest.approx(expected, abs=1e-9)


def test_a_small_group_is_shown_but_not_tested() -> None:
    problems = [
        Problem(f"{i}", "own", f"What is {i + 200} and 5{'%' * (i < 6)}?", Fraction(i + 205))
        for i in range(200)
    ]
    found = difficulty(problems, grades(problems, [i >= 6 for i in range(200)]))
    row = next(g for g in found.groups if g.feature == "percent")
    assert row.accuracy.estimate.n == 6 and row.accuracy.estimate.value == 0
    assert (row.p_value, row.adjusted_p, row.verdict) == (None, None, "too few")


def test_few_or_no_problems_give_words_and_no_numbers() -> None:
    for problems in ([], PROBLEMS[:3]):
        found = difficulty(problems, grades(problems, [True] * len(problems)))
        assert found.summary == "Too few problems to compare any group with the others."
        assert found.odds_ratios == () and found.explained is None and found.why_no_model


def test_grades_that_do_not_fit_the_problems_are_refused() -> None:
    marks = grades(PROBLEMS, [True] * len(PROBLEMS))
    for wrong in (marks[:-1], [*marks, marks[0]]):
        with pytest.raises(EvaluationError, match="not one for each"):
            difficulty(PROBLEMS, wrong)


def test_the_same_answers_give_the_same_findings_in_any_order() -> None:
    right = {p.id: len(p.question) % 4 > 0 for p in PROBLEMS}
    there = difficulty(PROBLEMS, grades(PROBLEMS, [right[p.id] for p in PROBLEMS]))
    again = difficulty(PROBLEMS, grades(PROBLEMS, [right[p.id] for p in PROBLEMS]))
    assert there == again
    turned = PROBLEMS[::-1]
    back = difficulty(turned, grades(turned, [right[p.id] for p in turned]))
    assert back.groups == there.groups
    for one, other in zip(there.odds_ratios, back.odds_ratios, strict=True):
        assert one.estimate.interval == pytest.approx(other.estimate.interval, rel=1e-5)


# -- which columns the model takes ---------------------------------------------------------


def test_no_model_is_fitted_on_too_few_wrong_answers_and_the_reason_is_given() -> None:
    right = [i >= 40 for i in range(len(PROBLEMS))]
    found = difficulty(PROBLEMS, grades(PROBLEMS, right))
    assert found.odds_ratios == ()
    assert found.why_no_model.startswith("40 wrong answers are too few for")
    assert "(10 for each)" in found.why_no_model


def test_columns_that_can_tell_nothing_are_dropped_with_a_word() -> None:
    """Here the steps are always one more than the numbers not needed, and nothing has units."""
    problems = [
        Problem(
            f"p{i}", "own", f"Add {i % 9 + 3} and 4" + ", not 77" * (i % 3) + "!",
            Fraction(i % 9 + 7), f"{i % 9 + 3} + 4 = {i % 9 + 7}", steps=i % 3 + 1,
        )
        for i in range(600)
    ]  # fmt: skip
    draw = random.Random(3)
    found = difficulty(problems, grades(problems, [draw.random() < 0.5 for _ in problems]))
    notes = "\n".join(found.notes)
    assert "percent: not in the model, it is the same for every problem" in notes
    assert "each number not needed: not in the model, those before it explain 100%" in notes
    assert "odds ratio: each further step" in {m.name for m in found.odds_ratios}


def test_a_feature_unknown_for_many_problems_is_left_out_of_the_model() -> None:
    problems = [
        p if i % 3 else Problem(p.id, p.source, p.question, p.answer)
        for i, p in enumerate(PROBLEMS)
    ]
    found = planted(problems, 0.4, 0.6, seed=2)
    assert "each further step: not in the model, not known for 300 problems" in found.notes
    assert "odds ratio: percent" in {m.name for m in found.odds_ratios}
    assert all(m.estimate.n == len(problems) for m in found.odds_ratios)


def test_screening_keeps_the_first_of_two_columns_that_say_the_same() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=200), rng.normal(size=200)
    verdicts = logistic.screened([one, 3 * one + 1, other, one + other, np.full(200, 2.0)])
    assert [bool(v) for v in verdicts] == [False, True, False, True, True]
    assert verdicts[4] == "it is the same for every problem"


# -- the fit -------------------------------------------------------------------------------


def sample(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A number, a share-like column and two rare marks, with outcomes that depend on them."""
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        [rng.normal(3, 2, n), rng.random(n), rng.random(n) < 0.3, rng.random(n) < 0.1]
    ).astype(float)
    log_odds = 1.5 - 0.5 * x[:, 0] + 0.8 * x[:, 1] - 0.7 * x[:, 2]
    return x, (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)


def fitted(x: np.ndarray, y: np.ndarray) -> tuple[logistic.Fit, np.ndarray, np.ndarray]:
    """The fit, its coefficients with the intercept, and the design matrix."""
    fit = logistic.fit(list(x.T), y, 0.95)
    return fit, np.array([fit.intercept, *fit.coefficients]), sm.add_constant(x)


def penalised(b: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    model = sm.Logit(y, x)
    return float(model.loglike(b) + np.linalg.slogdet(-model.hessian(b))[1] / 2)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_estimate_is_statsmodels_on_firths_augmented_data(seed: int) -> None:
    """Firth's estimate is the ordinary one when each answer counts 1 + h/2 times as it is and h/2
    times the other way round, with h the leverages at the estimate."""
    x, y = sample(150, seed)
    fit, b, design = fitted(x, y)
    weight = fit.probabilities * (1 - fit.probabilities)
    root = design * np.sqrt(weight)[:, None]
    h = np.diag(root @ np.linalg.inv(root.T @ root) @ root.T)
    model = sm.GLM(
        np.r_[y, 1 - y], np.r_[design, design], family=sm.families.Binomial(),
        freq_weights=np.r_[1 + h / 2, h / 2],
    )  # fmt: skip
    assert b == pytest.approx(model.fit(tol=1e-12).params, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(penalised(b, design, y), abs=1e-6)


def test_the_limits_are_where_the_profile_has_fallen_by_half_a_chi_square() -> None:
    """The other coefficients are maximised by a general optimiser, on statsmodels' functions."""
    x, y = sample(80, 5)
    fit, b, design = fitted(x, y)
    fall = stats.chi2.ppf(0.95, 1) / 2
    for j, limits in enumerate(fit.intervals, start=1):
        for limit in limits:
            free = [k for k in range(len(b)) if k != j]

            def loss(part: np.ndarray, j: int = j, limit: float = limit, free=free) -> float:
                whole = np.empty(len(b))
                whole[free], whole[j] = part, limit
                return -penalised(whole, design, y)

            lowest = optimize.minimize(loss, b[free], method="BFGS", options={"gtol": 1e-6})
            assert fit.log_likelihood + lowest.fun == pytest.approx(fall, abs=1e-5)


def test_with_many_answers_it_is_the_ordinary_estimate() -> None:
    x, y = sample(20_000, 6)
    fit, b, design = fitted(x, y)
    plain = sm.Logit(y, design).fit(disp=0)
    assert b == pytest.approx(plain.params, abs=2e-3)
    assert np.array(fit.intervals) == pytest.approx(plain.conf_int(0.05)[1:], abs=1e-2)


@pytest.mark.parametrize("table", [(12, 0, 20, 30), (8, 0, 0, 9), (5, 7, 9, 3)])
def test_a_column_that_separates_gives_a_finite_ratio(table: tuple[int, int, int, int]) -> None:
    """For one mark Firth's estimate adds a half to each cell (Heinze and Schemper 2002)."""
    a, b, c, d = table  # right with the mark, wrong with it, right without, wrong without
    mark = np.repeat([1.0, 1.0, 0.0, 0.0], table)
    right = np.repeat([1.0, 0.0, 1.0, 0.0], table)
    fit = logistic.fit([mark], right, 0.95)
    expected = math.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    assert fit.coefficients[0] == pytest.approx(expected, abs=1e-6)
    low, high = fit.intervals[0]
    assert -20 < low < fit.coefficients[0] < high < 20


def test_the_unit_of_a_column_changes_nothing_but_its_coefficient() -> None:
    x, y = sample(200, 7)
    plain, scaled = (
        logistic.fit(list(x.T), y, 0.95),
        logistic.fit([x[:, 0] * 1e6 + 1e7, *x.T[1:]], y, 0.95),
    )
    assert scaled.coefficients[0] * 1e6 == pytest.approx(plain.coefficients[0], rel=1e-5)
    assert scaled.intervals[1:] == pytest.approx(np.array(plain.intervals[1:]), abs=1e-5)
    assert scaled.probabilities == pytest.approx(plain.probabilities, abs=1e-6)


def test_intervals_hold_the_true_coefficient_about_as_often_as_they_say() -> None:
    """The mark's true log odds ratio is −0.7; 100 small sets, all the same in each run."""
    held = 0
    for seed in range(100):
        x, y = sample(120, 1000 + seed)
        low, high = logistic.fit([x[:, 0], x[:, 2]], y, 0.95).intervals[1]
        held += low <= -0.7 <= high
    assert 88 <= held <= 99
