"""What makes problems hard: the groups, and the correction for many tests."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

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
    assert "percent (" in found.summary and "association" in found.summary


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
def test_the_difference_of_two_groups_is_agresti_and_caffos(
    n: int, m: int, data: st.DataObject
) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found, p = apart(Counter({1: a, 0: n - a}), Counter({1: b, 0: m - b}))
    low, high = confint_proportions_2indep(a, n, b, m, method="agresti-caffo", compare="diff")
    assert found.interval == pytest.approx((max(-1, low), min(1, high)), abs=1e-9)
    assert found.value == pytest.approx(a / n - b / m)
    assert (p < 0.05) == (low > 0 or high < 0)


def test_a_groups_test_and_its_interval_never_disagree() -> None:
    for seed in range(15):
        for row in planted(PROBLEMS[:200], 0.4, 0.55, seed).groups:
            interval = row.difference.estimate.interval
            if row.p_value is not None and interval is not None:
                assert (row.p_value < 0.05) == (interval[0] > 0 or interval[1] < 0)


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
        assert all(g.verdict == "too few" for g in found.groups)


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
