"""A gain in strict accuracy is taken apart into skill, form and what cannot be told; it adds up."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.analysis.comparing.format_skill import parts_of_change
from netgain.analysis.estimates.clustered import mean_difference
from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.inputs import answered
from netgain.errors import EvaluationError
from netgain.records import FormatSkill, Grade

OUTCOMES = {
    "right in form": ("7", "hashes", True, True),
    "right": ("7", "stated", False, True),
    "wrong": ("8", "hashes", False, False),
    "cut off": (None, "truncated", False, False),
    "nothing": (None, "empty", False, False),
    "strict only": ("8", "closing", True, False),
}


def graded(*outcomes: str) -> list[Grade]:
    found = []
    for i, outcome in enumerate(outcomes):
        extracted, rule, strict, correct = OUTCOMES[outcome]
        found.append(Grade(f"p{i}", 0, 0, extracted, rule, strict, correct, correct))
    return found


def format_and_skill(base: list[Grade], tuned: list[Grade]) -> FormatSkill | None:
    ids = [g.problem_id for g in base]
    return parts_of_change(answered(ids, base), answered(ids, tuned))


def parts(base: list[str], tuned: list[str]) -> FormatSkill:
    found = format_and_skill(graded(*base), graded(*tuned))
    assert found is not None
    return found


def counts(found: FormatSkill) -> tuple[int, int, int, int]:
    return found.strict, found.skill, found.unattributed, found.format


pairs = st.lists(st.tuples(*[st.sampled_from(sorted(OUTCOMES))] * 2), min_size=1, max_size=40)


@given(pairs)
def test_the_parts_add_up_exactly_and_each_lies_in_its_interval(pairs: list) -> None:
    base, tuned = graded(*(b for b, _ in pairs)), graded(*(t for _, t in pairs))
    found = format_and_skill(base, tuned)
    assert found is not None
    assert found.strict == found.skill + found.unattributed + found.format
    assert found.strict == sum(g.strict for g in tuned) - sum(g.strict for g in base)
    assert found.skill + found.unattributed == (
        sum(g.correct for g in tuned) - sum(g.correct for g in base)
    )
    for metric, count in zip(found.metrics, counts(found), strict=True):
        value, interval = metric.estimate.value, metric.estimate.interval
        assert value == pytest.approx(count / found.n, abs=1e-12)
        assert interval is not None and interval[1] - interval[0] > 0
        assert interval[0] - 1e-12 <= count / found.n <= interval[1] + 1e-12


@given(pairs)
def test_turning_base_and_tuned_around_turns_strict_and_form(pairs: list) -> None:
    there = parts([b for b, _ in pairs], [t for _, t in pairs])
    back = parts([t for _, t in pairs], [b for b, _ in pairs])
    assert (back.strict, back.format) == (-there.strict, -there.format)


def test_learning_the_form_is_no_skill() -> None:
    found = parts(["right"] * 30 + ["wrong"] * 10, ["right in form"] * 30 + ["wrong"] * 10)
    assert counts(found) == (30, 0, 0, 30)
    skill, form = found.metrics[1].estimate, found.metrics[3].estimate
    assert skill.interval is not None and skill.interval[0] < 0 < skill.interval[1]
    assert form == paired_difference(lost=0, won=30, n=40)


def test_learning_to_solve_in_a_form_known_before_is_skill() -> None:
    found = parts(["wrong"] * 20 + ["right in form"] * 5, ["right in form"] * 25)
    assert counts(found) == (20, 20, 0, 0)
    assert found.metrics[1].estimate == paired_difference(lost=0, won=20, n=25)


@pytest.mark.parametrize("before", ["cut off", "nothing"])
def test_what_was_won_where_the_base_gave_no_answer_is_not_counted_as_skill(before: str) -> None:
    found = parts([before] * 12 + ["wrong"] * 8, ["right in form"] * 14 + ["wrong"] * 6)
    assert counts(found) == (14, 2, 12, 0)
    assert found.metrics[2].estimate == wilson(12, 20)
    assert found.metrics[1].estimate == paired_difference(lost=0, won=2, n=20)


def test_a_loss_because_the_tuned_model_gives_no_answer_stays_with_skill() -> None:
    found = parts(["right in form"] * 9, ["cut off"] * 9)
    assert counts(found) == (-9, -9, 0, 0)


def test_a_strict_answer_that_the_robust_grader_refuses_is_form_too() -> None:
    found = parts(["right", "wrong", "wrong"], ["strict only", "strict only", "wrong"])
    assert counts(found) == (2, -1, 0, 3)
    assert "Bonett" in found.metrics[3].estimate.method


def test_different_problems_cannot_be_taken_apart_and_none_give_nothing() -> None:
    with pytest.raises(EvaluationError, match="same problems"):
        format_and_skill(graded("wrong", "wrong"), graded("wrong"))
    with pytest.raises(EvaluationError, match="same problems"):
        format_and_skill(graded("wrong"), graded("wrong") * 2)
    assert format_and_skill([], []) is None


def test_parts_that_do_not_add_up_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="add up"):
        FormatSkill(n=10, strict=5, skill=3, unattributed=1, format=0, metrics=())


def test_the_interval_for_differences_is_bonett_and_prices_by_hand() -> None:
    """14 of 50 up and 3 down: p12 = 15/52, p21 = 4/52, 11/52 ± 1.96·√((19/52 − (11/52)²)/52)."""
    found, _ = mean_difference([1] * 14 + [-1] * 3 + [0] * 33)
    assert found.value == pytest.approx(0.22)
    assert found.interval == pytest.approx((0.0576, 0.3654), abs=5e-5)


@pytest.mark.parametrize("n", [12, 30])
@pytest.mark.parametrize(
    "chances", [(0.0, 0.02), (0.05, 0.05), (0.0, 0.3), (0.2, 0.5), (0.45, 0.5), (0.02, 0.95)]
)
def test_the_interval_for_differences_covers_the_true_one_about_95_times_of_100(
    n: int, chances: tuple[float, float]
) -> None:
    """Exact coverage: every outcome of n problems that go down, up or stay counted."""
    down, up = chances
    covered = 0.0
    for downs in range(n + 1):
        for ups in range(n + 1 - downs):
            rest = n - downs - ups
            chance = comb(n, downs) * comb(n - downs, ups)
            weight = chance * down**downs * up**ups * (1 - down - up) ** rest
            if weight < 1e-9:
                continue
            found = mean_difference([-1] * downs + [1] * ups + [0] * rest)[0].interval
            assert found is not None
            covered += weight * (found[0] <= up - down <= found[1])
    assert covered > 0.92
