"""The statistics behind the verdict, against published values, other libraries, and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas
import pytest
import statsmodels.api
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from netgain.analysis.estimates.clustered import clustered_mean, scaled_differences, sign_flip_p
from netgain.analysis.estimates.melded import melded_limits, p_at_most
from netgain.analysis.estimates.power import detectable_difference, mcnemar_power, problems_needed
from netgain.analysis.estimates.seeds import several_seeds
from netgain.analysis.estimates.statistics import (
    binomial_exact,
    bootstrap_difference,
    excludes_zero,
    holm,
    mcnemar_exact,
    newcombe,
    non_inferiority,
    paired_difference,
    wilson,
)
from netgain.records import Estimate

counts = st.integers(0, 60)


# -- one share -----------------------------------------------------------------------------


@given(st.integers(1, 400), st.data())
def test_wilson_is_that_of_scipy_and_statsmodels_and_holds_its_value(
    n: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(0, n))
    found = wilson(k, n)
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.interval == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9)
    assert found.interval is not None and found.value is not None
    assert 0 <= found.interval[0] <= found.value <= found.interval[1] <= 1


def test_no_problems_give_no_share_and_impossible_counts_are_refused() -> None:
    assert wilson(0, 0).value is None
    for successes, n in ((3, 2), (-1, 5), (0, -1)):
        with pytest.raises(ValueError, match="cannot be"):
            wilson(successes, n)
        with pytest.raises(ValueError, match="cannot be"):
            binomial_exact(successes, n, 0.5)


def test_a_share_against_a_fixed_one_is_the_exact_binomial_test() -> None:
    tail = stats.binom.sf(29, 50, 0.4)  # 30 or more of 50
    likely = [k for k in range(51) if stats.binom.pmf(k, 50, 0.4) <= stats.binom.pmf(30, 50, 0.4)]
    expected = math.fsum(stats.binom.pmf(k, 50, 0.4) for k in likely)
    assert binomial_exact(30, 50, 0.4) == pytest.approx(expected, abs=1e-12)
    assert binomial_exact(30, 50, 0.4) > tail
    assert binomial_exact(0, 0, 0.4) == 1.0


# -- paired shares -------------------------------------------------------------------------


@given(counts, counts, counts)
def test_mcnemar_is_the_two_sided_sign_test_and_that_of_statsmodels(
    both: int, only_base: int, only_tuned: int
) -> None:
    n = only_base + only_tuned
    expected = stats.binomtest(only_base, n, 0.5).pvalue if n else 1.0
    found = mcnemar_exact(only_base, only_tuned)
    assert found == pytest.approx(expected, abs=1e-12)
    if n:
        theirs = mcnemar([[both, only_base], [only_tuned, 5]], exact=True).pvalue
        assert found == pytest.approx(theirs, abs=1e-9)
    assert found == mcnemar_exact(only_tuned, only_base)


def test_the_interval_leaves_out_zero_exactly_where_the_test_rejects() -> None:
    """Every table of 12 and of 41 problems, at two levels."""
    for n, level in ((12, 0.95), (41, 0.95), (41, 0.8)):
        for wins, losses in itertools.product(range(n + 1), repeat=2):
            if wins < losses or wins + losses > n:
                continue
            low, high = melded_limits(wins, losses, n, level)
            rejects = mcnemar_exact(losses, wins) < 1 - level
            assert (low > 0 or high < 0) == rejects, (wins, losses, n, level)


@given(counts, counts, counts, counts)
@settings(max_examples=60, deadline=None)
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


@pytest.mark.parametrize(
    ("wins", "losses", "n", "at"),
    [(9, 3, 400, -0.004), (12, 2, 50, 0.04), (5, 0, 30, -0.01), (0, 4, 30, -0.2),
     (1, 8, 5000, 5e-4), (150, 110, 1319, 0.01), (1, 0, 100, 6e-4), (7, 3, 11, -0.1)],
)  # fmt: skip
def test_the_melded_distribution_is_that_of_adaptive_integration(
    wins: int, losses: int, n: int, at: float
) -> None:
    """P(ψ(2θ − 1) ≤ at) written down once more, from the definition and scipy's distributions."""
    m = wins + losses
    psi = stats.beta(m, n - m + 1) if at > 0 else stats.beta(m + 1, n - m)

    def mass(t: float) -> float:
        theta = stats.beta.cdf(0.5 + at / (2 * t), wins, losses + 1) if wins else 1.0
        return float(psi.pdf(t) * theta)

    ends = np.unique(np.clip(psi.ppf([1e-15, 0.01, 0.5, 0.99, 1 - 1e-15]), abs(at), 1))
    parts = [
        integrate.quad(mass, x, y, epsabs=1e-13, epsrel=1e-12)[0]
        for x, y in itertools.pairwise([abs(at), *ends])
    ]
    expected = math.fsum(parts) + (psi.cdf(at) if at > 0 else 0.0)
    assert p_at_most(wins, losses, n, at) == pytest.approx(expected, abs=1e-9)


def test_the_paired_interval_by_hand_where_nothing_differs_or_all_does() -> None:
    none = paired_difference(10, 0, 0, 20).interval
    bound = 1 - 0.025 ** (1 / 30)  # of 30 problems none differed
    assert none == pytest.approx((-bound, bound), abs=1e-12)
    assert paired_difference(0, 5, 0, 0).interval == pytest.approx(
        (-1.0, 2 * (1 - 0.025 ** (1 / 5)) - 1), abs=1e-9
    )


def test_the_paired_interval_covers_at_least_its_level_whatever_is_true() -> None:
    """Exact coverage over all tables of 15 problems, on a grid of true shares."""
    n = 15
    tables = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    limits = [melded_limits(b, c, n, 0.95) for b, c in tables]
    for up, down in itertools.product((0.0, 0.02, 0.1, 0.3, 0.5), repeat=2):
        chances = [stats.multinomial.pmf((b, c, n - b - c), n, (up, down, 1 - up - down))
                   for b, c in tables]  # fmt: skip
        held = [low - 1e-12 <= up - down <= high + 1e-12 for low, high in limits]
        assert math.fsum(p for p, ok in zip(chances, held, strict=True) if ok) > 0.95


def test_newcombes_interval_is_his_published_example() -> None:
    """Newcombe 1998, table II: a = 36, b = 12, c = 2, d = 0, method 10: 0.0569 to 0.3404."""
    found = newcombe(both=36, only_tuned=12, only_base=2, neither=0)
    assert found.value == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_newcombes_interval_corrects_a_positive_correlation() -> None:
    """By hand for (20, 12, 2, 16): q = 20·16 − 12·2 − 25 = 271, φ = 271 / √(32·18·22·28)."""
    found = newcombe(both=20, only_tuned=12, only_base=2, neither=16)
    assert found.interval == pytest.approx((0.0562, 0.3292), abs=1e-4)


def test_negative_counts_are_refused_and_no_problems_give_no_difference() -> None:
    for function in (paired_difference, newcombe):
        with pytest.raises(ValueError, match="negative"):
            function(1, -1, 0, 0)
        assert function(0, 0, 0, 0).value is None
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 3)


@given(counts, counts, counts)
@settings(max_examples=60, deadline=None)
def test_a_loss_is_ruled_out_exactly_where_the_interval_lies_above_it(
    only_base: int, only_tuned: int, rest: int
) -> None:
    n = only_base + only_tuned + rest + 1
    p = non_inferiority(only_base, only_tuned, n, margin=0.05)
    interval = paired_difference(0, only_base, only_tuned, rest + 1).interval
    assert interval is not None
    assert (p < 0.025) == (interval[0] > -0.05)


def test_a_margin_must_be_a_share() -> None:
    for margin in (0.0, 1.0, -0.1, 2.0):
        with pytest.raises(ValueError, match="margin"):
            non_inferiority(1, 1, 10, margin)


def test_the_bootstrap_is_that_of_scipy_up_to_its_draws_and_repeats_with_its_seed() -> None:
    values = np.array([1] * 12 + [-1] * 2 + [0] * 36)
    found = bootstrap_difference(values, np.random.default_rng(1), resamples=20_000)
    again = bootstrap_difference(values, np.random.default_rng(1), resamples=20_000)
    assert found == again and found.value == 0.2
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert found.interval == pytest.approx((theirs.low, theirs.high), abs=0.0201)  # one problem
    assert bootstrap_difference([], np.random.default_rng(1)).value is None
    with pytest.raises(ValueError, match="finite"):
        bootstrap_difference([1.0, math.nan], np.random.default_rng(1))


def test_why_nothing_was_resampled_is_true_of_the_problems() -> None:
    def why(values: list[float]) -> str:
        return bootstrap_difference(values, np.random.default_rng(1)).why_no_interval

    assert why([1.0] * 20) == "the 20 problems differ all alike, so resampling shows no spread"
    assert why([0.0] * 20) == "no problem differs, so resampling shows no spread"
    assert why([1.0] + [0.0] * 20) == "only 1 problem differs, too few to resample"
    assert why([1.0] * 20 + [0.0] * 3) == (
        "only 3 problems depart from the most common difference, too few to resample"
    )


def test_few_problems_that_differ_are_not_resampled() -> None:
    found = bootstrap_difference([1.0] * 9 + [0.0] * 91, np.random.default_rng(1))
    assert found.value == pytest.approx(0.09) and found.interval is None
    assert "only 9 problems differ" in found.why_no_interval


@pytest.mark.parametrize(
    "p_values", [[0.3], [0.01, 0.04, 0.03], [0.5, 0.6, 0.02, 0.02], [1.0, 0.0, 0.2], [0.04] * 5]
)
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-9)


def test_holm_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="not p-values"):
        holm([0.5, 1.2])


def test_an_interval_that_is_not_there_excludes_nothing() -> None:
    assert excludes_zero(Estimate(0.1, "one run", why_no_interval="one run")) is None
    assert excludes_zero(Estimate(0.1, "x", (0.0, 0.2), level=0.95)) is False
    assert excludes_zero(Estimate(0.1, "x", (0.01, 0.2), level=0.95)) is True


# -- planning ------------------------------------------------------------------------------


def power_by_enumeration(n: int, discordant_share: float, difference: float) -> float:
    """The chance of a verdict "improved", over every table."""
    up = (discordant_share + difference) / 2
    total = 0.0
    for wins in range(n + 1):
        for losses in range(min(wins, n - wins) + 1):
            if mcnemar_exact(losses, wins) < 0.05:
                shares = (up, discordant_share - up, 1 - discordant_share)
                total += stats.multinomial.pmf((wins, losses, n - wins - losses), n, shares)
    return total


@pytest.mark.parametrize(
    ("n", "share", "difference"), [(30, 0.4, 0.3), (30, 0.25, 0.25), (45, 0.2, 0.0), (5, 1.0, 1.0)]
)
def test_power_is_the_sum_over_all_tables(n: int, share: float, difference: float) -> None:
    expected = power_by_enumeration(n, share, difference)
    assert mcnemar_power(n, share, difference) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "discordant"), [(100, 20), (400, 80), (1319, 300), (1319, 30)])
def test_the_detectable_difference_is_detected_80_percent_of_the_time(
    n: int, discordant: int
) -> None:
    found = detectable_difference(n, discordant).value
    assert found is not None
    share = max(discordant / n, found)
    assert mcnemar_power(n, share, found) == pytest.approx(0.8, abs=1e-6)
    assert mcnemar_power(n, share, found * 0.9) < 0.8


def test_very_few_problems_show_nothing_at_all() -> None:
    for n in (3, 4, 5):  # even 5 of 5 give p = 0.0625
        assert detectable_difference(n, 1).value is None
    assert detectable_difference(0, 0).value is None


@pytest.mark.parametrize(("difference", "share"), [(0.05, 0.2), (0.1, 0.1), (0.03, 0.01), (1, 1)])
def test_the_problems_needed_are_the_fewest_that_give_the_power(
    difference: float, share: float
) -> None:
    found = problems_needed(difference, share).value
    assert found is not None
    share = max(share, difference)
    assert mcnemar_power(int(found), share, difference) >= 0.8
    assert mcnemar_power(int(found) - 1, share, difference) < 0.8
    assert problems_needed(-difference, share).value == found


def test_planning_refuses_what_cannot_be_and_says_when_no_number_is_enough() -> None:
    with pytest.raises(ValueError, match="not 0"):
        problems_needed(0.0, 0.2)
    with pytest.raises(ValueError, match="cannot be"):
        mcnemar_power(10, 0.1, 0.2)
    assert problems_needed(1e-5, 0.5).value is None


# -- several answers a problem -------------------------------------------------------------


def test_the_clustered_error_is_that_of_statsmodels() -> None:
    generator = np.random.default_rng(5)
    clusters = np.repeat(np.arange(40), generator.integers(1, 6, size=40))
    values = generator.normal(size=len(clusters)) + generator.normal(size=40)[clusters]
    fit = statsmodels.api.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    found = clustered_mean(values, clusters.tolist())
    assert found.value == pytest.approx(fit.params[0], abs=1e-9)
    assert found.interval == pytest.approx(tuple(fit.conf_int()[0]), abs=1e-9)


def test_one_answer_a_problem_gives_the_ordinary_t_interval() -> None:
    values = [0.0, 0.5, 1.0, 1.0, -0.5, 0.25]
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = clustered_mean(values, range(6))
    assert found.interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_repeating_every_answer_makes_nothing_more_certain() -> None:
    once = clustered_mean([0.0, 1.0, 1.0, 0.0, 1.0], list("abcde"))
    thrice = clustered_mean([0.0, 1.0, 1.0, 0.0, 1.0] * 3, list("abcde") * 3)
    assert thrice.value == once.value
    assert thrice.interval == pytest.approx(once.interval, abs=1e-12)


def test_no_spread_gives_no_interval_but_a_reason() -> None:
    assert clustered_mean([1.0, 1.0, 1.0], "abc").why_no_interval
    assert clustered_mean([1 - 2 / 3] * 20, range(20)).why_no_interval  # but for rounding
    assert clustered_mean([1.0, 0.0], "aa").why_no_interval
    assert clustered_mean([], []).value is None
    with pytest.raises(ValueError, match="one cluster label each"):
        clustered_mean([1.0, 0.0], ["a"])


@given(counts, counts)
def test_the_sign_flip_test_of_single_answers_is_mcnemars(up: int, down: int) -> None:
    expected = mcnemar_exact(down, up)
    assert sign_flip_p([1] * up + [-1] * down + [0] * 7) == pytest.approx(expected, abs=1e-10)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=10))
def test_the_sign_flip_test_is_the_count_of_all_flips(differences: list[int]) -> None:
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    expected = sum(abs(s) >= abs(sum(differences)) for s in sums) / len(sums)
    assert sign_flip_p(differences) == pytest.approx(expected, abs=1e-10)


def test_unequal_numbers_of_answers_are_put_over_one_denominator() -> None:
    base = [[True, False], [False, False]]
    tuned = [[True, True, True], [True, False, False]]
    assert scaled_differences(base, tuned) == [3, 2]  # sixths: 1 − 1/2 and 1/3 − 0
    with pytest.raises(ValueError, match="more than"):
        sign_flip_p([10_000_000])


# -- several seeds -------------------------------------------------------------------------


def test_the_spread_of_seeds_and_problems_is_that_of_a_two_way_analysis_of_variance() -> None:
    generator = np.random.default_rng(2)
    table = (generator.normal(size=(4, 9)) + generator.normal(size=(4, 1)) * 2) / 10
    rows = [(s, p, table[s, p]) for s in range(4) for p in range(9)]
    frame = pandas.DataFrame(rows, columns=["seed", "problem", "gain"])
    squares = anova_lm(ols("gain ~ C(seed) + C(problem)", frame).fit())["mean_sq"]
    found = several_seeds(table)
    seed_variance = max(0.0, squares["C(seed)"] - squares["Residual"]) / 9
    problem_variance = max(0.0, squares["C(problem)"] - squares["Residual"]) / 4
    assert found.between_seeds == pytest.approx(math.sqrt(seed_variance), abs=1e-9)
    assert found.between_problems == pytest.approx(math.sqrt(problem_variance), abs=1e-9)
    theirs = stats.ttest_1samp(table.mean(axis=1), 0).confidence_interval(0.95)
    assert found.over_seeds.interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_one_seed_has_no_interval_over_seeds_and_few_have_a_caveat() -> None:
    one = several_seeds([[0.0, 1.0, 0.0]])
    assert one.over_seeds.interval is None and one.between_seeds is None and one.caveats
    assert one.over_seeds.value == pytest.approx(1 / 3)
    alike = several_seeds([[0.0, 1.0, 0.0]] * 3)
    assert alike.over_seeds.interval is None and "no proof" in alike.over_seeds.why_no_interval
    assert alike.over_both.interval is not None  # problems still differ
    assert alike.caveats and not several_seeds(np.eye(6)).caveats


def test_seeds_that_differ_widely_give_no_difference_beyond_100_points() -> None:
    found = several_seeds([[1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    assert found.over_seeds.interval == (-1.0, 1.0)
    assert found.over_both.interval == (-1.0, 1.0)


def test_a_table_of_seeds_must_be_one() -> None:
    for table in ([1.0, 2.0], [[1.0], [2.0]], [[1.0, math.nan]]):
        with pytest.raises(ValueError, match=r"needed|finite"):
            several_seeds(table)
