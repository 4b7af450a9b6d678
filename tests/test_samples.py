"""Several samples a problem: majorities, pass@k and their intervals, against brute force."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.analysis.comparing.tally import Tally, summarise
from netgain.analysis.estimates.statistics import share_estimate, wilson
from netgain.grading.several_samples import majorities, pass_at_k
from netgain.records import Estimate, Grade, Share

answers = st.lists(st.sampled_from([None, "1", "2", "3"]), max_size=12)


def graded(*extracted: str | None, gold: str = "1") -> list[Grade]:
    return [
        Grade("p", i, 0, one, "hashes" if one else "empty", one == gold, False, one == gold)
        for i, one in enumerate(extracted)
    ]


def tally(*problems: list[Grade]) -> Tally:
    found = Tally()
    for problem in problems:
        found.add(problem)
    return found


# --- the majority


def majority_by_hand(given_answers: list[str | None]) -> str | None:
    votes = [one for one in given_answers if one is not None]
    return max(dict.fromkeys(votes), key=votes.count, default=None)  # the first of the most


@given(answers)
def test_the_majority_is_the_first_seen_of_those_with_most_votes(given_answers: list) -> None:
    expected = [majority_by_hand(given_answers[: i + 1]) for i in range(len(given_answers))]
    assert majorities(given_answers) == expected


def test_ties_go_to_the_answer_seen_first_even_if_another_came_to_the_top_before() -> None:
    assert majorities(["2", "1", "1", "2"])[-1] == "2"
    assert majorities(["3", "1", "2"])[-1] == "3"


def test_no_answer_has_no_vote() -> None:
    assert majorities([None, None, "5"]) == [None, None, "5"]
    assert majorities([None, None]) == [None, None]
    assert majorities([]) == []


# --- pass@k


@given(st.integers(1, 9), st.data())
def test_pass_at_k_is_the_share_of_subsets_that_hold_a_right_sample(
    n: int, data: st.DataObject
) -> None:
    right, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    samples = [i < right for i in range(n)]
    subsets = list(itertools.combinations(samples, k))
    share = sum(any(subset) for subset in subsets) / len(subsets)
    assert pass_at_k(n, right, k) == pytest.approx(share, abs=1e-12)


@given(st.integers(1, 3000), st.data())
def test_pass_at_k_is_the_exact_ratio_of_binomials_for_many_samples(
    n: int, data: st.DataObject
) -> None:
    right, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    exact = 1 - comb(n - right, k) / comb(n, k) if k <= n - right else 1.0
    assert pass_at_k(n, right, k) == pytest.approx(exact, abs=1e-10)
    assert 0 <= pass_at_k(n, right, k) <= 1


@pytest.mark.parametrize(("n", "right", "k"), [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_pass_at_k_refuses_counts_that_cannot_be(n: int, right: int, k: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        pass_at_k(n, right, k)


# --- over problems


def test_one_sample_each_gives_wilson_and_neither_majority_nor_pass() -> None:
    found = summarise(tally(*[graded("1")] * 7, *[graded("2")] * 2, graded(None)))
    assert found.n == found.samples == 10
    assert found.accuracies["robust"].estimate == wilson(7, 10)
    assert (found.majority, found.passed) == ({}, {})
    assert found.unanswered == {"empty": 1} and found.rules == {"hashes": 9}


def test_problems_count_once_however_many_samples_they_have() -> None:
    found = summarise(tally(graded("1", "1", "1", "1", "1", "1"), graded("2", "2")))
    assert found.accuracies["robust"].estimate.value == pytest.approx(0.5)
    assert (found.n, found.samples) == (2, 8)


def test_maj_and_pass_go_up_to_the_samples_that_every_problem_has() -> None:
    long = graded("2", "1", "1", None, "1", "1", "2")
    found = summarise(tally(long, graded("1", "2", None, "2", "2")))
    assert list(found.majority) == list(found.passed) == [1, 2, 4, 5]
    # The firsts: "2", "1"; of two: "2" (tie, seen first), "1"; of four and of five: "1", "2".
    assert [m.estimate.value for m in found.majority.values()] == [0.5, 0.5, 0.5, 0.5]
    assert found.passed[1].estimate.value == found.accuracies["robust"].estimate.value
    expected = (pass_at_k(7, 4, 2) + pass_at_k(5, 1, 2)) / 2
    assert found.passed[2].estimate.value == pytest.approx(expected)


def test_a_majority_for_a_wrong_answer_or_for_none_is_wrong() -> None:
    found = summarise(tally(graded("2", "2", "1"), graded(None, None, None)))
    assert found.majority[3].estimate.value == 0


def test_without_problems_there_is_no_figure() -> None:
    found = summarise(Tally())
    assert found.n == 0
    assert all(m.estimate.value is None for m in found.accuracies.values())


def mean_of(parts: dict[int, int], whole: int) -> Estimate:
    """The mean where so many problems have each part of a whole."""
    return share_estimate(Share.by_value({Fraction(k, whole): n for k, n in parts.items()}))


@given(st.dictionaries(st.integers(0, 16), st.integers(1, 40), min_size=1, max_size=6))
def test_an_interval_for_a_mean_holds_it_has_a_width_and_turns_with_the_sides(
    sixteenths: dict[int, int],
) -> None:
    found = mean_of(sixteenths, 16)
    assert found.value is not None and found.interval is not None
    low, high = found.interval
    assert 0 <= low <= found.value + 1e-12 and found.value - 1e-12 <= high <= 1
    assert high - low > 0
    turned = mean_of({16 - part: count for part, count in sixteenths.items()}, 16)
    assert turned.interval == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("n", [15, 40])
@pytest.mark.parametrize(
    "chances", [(0.98, 0.02, 0.0), (0.9, 0.1, 0.0), (0.6, 0.3, 0.1), (0.1, 0.8, 0.1), (0.5, 0, 0.5)]
)
def test_the_interval_of_a_mean_covers_the_true_one_95_times_of_100(
    n: int, chances: tuple[float, float, float]
) -> None:
    """Exact coverage for two samples a problem: every outcome of the three values counted."""
    nothing, half, all_ = chances
    truth = half / 2 + all_
    covered = 0.0
    for halves in range(n + 1):
        for wholes in range(n + 1 - halves):
            rest = n - halves - wholes
            chance = comb(n, halves) * comb(n - halves, wholes)
            weight = chance * nothing**rest * half**halves * all_**wholes
            if weight < 1e-9:
                continue
            found = mean_of({0: rest, 1: halves, 2: wholes}, 2).interval
            assert found is not None
            covered += weight * (found[0] <= truth <= found[1])
    assert covered > 0.94
