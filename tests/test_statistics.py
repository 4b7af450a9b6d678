"""The statistics behind the verdict, against published values, other libraries, and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scipy import integrate, stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from netgain.analysis.comparing.pairs import of_differences, paired
from netgain.analysis.estimates.clustered import (
    by_cluster,
    clustered_share,
    mean_difference,
    sign_flip_p,
)
from netgain.analysis.estimates.mcnemar import LARGEST, critical, half_counted, mcnemar
from netgain.analysis.estimates.melded import non_inferiority, p_at_most, paired_difference
from netgain.analysis.estimates.power import detectable_difference, mcnemar_power
from netgain.analysis.estimates.seeds import several_seeds
from netgain.analysis.estimates.statistics import (
    holm,
    share_estimate,
    wilson,
)
from netgain.records import Estimate, Metric, Share

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


# -- paired shares -------------------------------------------------------------------------


@given(counts, counts, counts)
@settings(max_examples=60, deadline=None)
def test_mcnemar_lies_between_the_mid_p_and_statsmodels_exact_p(
    both: int, lost: int, won: int
) -> None:
    n = both + lost + won + 5
    theirs = their_mcnemar([[both, lost], [won, 5]], exact=True).pvalue if lost + won else 1.0
    twice_the_tail = 2 * stats.binom.cdf(min(lost, won), lost + won, 0.5)
    mid_p = min(1.0, twice_the_tail - stats.binom.pmf(min(lost, won), lost + won, 0.5))
    assert mid_p - 1e-9 <= mcnemar(lost, won, n) <= max(theirs, 1.3 * mid_p) + 1e-9
    assert mcnemar(lost, won, n) == mcnemar(won, lost, n)
    assert mcnemar(lost, won, LARGEST + n) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("n", [1, 5, 12, 30, 50, 83, 200, 600])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_mcnemar_never_errs_more_often_than_it_says_whatever_share_differs(
    n: int, alpha: float
) -> None:
    """Summed exactly over all tables, on a finer grid of shares than the test's own."""
    m = np.arange(n + 1)
    wrong = np.zeros(n + 1)
    for differing in m:
        fewer = np.arange(differing + 1)
        mid_p = half_counted(np.minimum(fewer, differing - fewer), differing, n)
        wrong[differing] = stats.binom.pmf(fewer, differing, 0.5)[mid_p <= critical(n, alpha)].sum()
    shares = np.linspace(0, 1, 1501)[:, None]
    assert (stats.binom.pmf(m, n, shares) @ wrong).max() <= alpha * (1 + 1e-3)


def test_mcnemar_by_hand() -> None:
    """5 of 5 differ: 1/16 with the observed table, and no share makes it likelier. 5 of 30: the
    mid-p is 1/32, and (0, 5), (5, 0) or rarer come in 4.3% of experiments where most."""
    assert mcnemar(0, 5, 5) == pytest.approx(1 / 16)
    assert 1 / 32 < mcnemar(0, 5, 30) < 0.05
    assert mcnemar(0, 0, 30) == mcnemar(4, 4, 30) == 1.0
    assert mcnemar(0, 4, 30) > 0.05


@pytest.mark.parametrize(("n", "level"), [(12, 0.95), (41, 0.95), (41, 0.8), (30, 0.99)])
def test_the_interval_leaves_out_zero_exactly_where_the_test_rejects(n: int, level: float) -> None:
    """Every table of n problems."""
    for won, lost in itertools.product(range(n + 1), repeat=2):
        if won < lost or won + lost > n:
            continue
        low, high = paired_difference(lost, won, n, level).interval or (0.0, 0.0)
        rejects = mcnemar(lost, won, n) < 1 - level
        assert (low > 0 or high < 0) == rejects, (won, lost, n, level)


@given(counts, counts, counts, counts)
@settings(max_examples=60, deadline=None)
def test_the_paired_interval_holds_its_value_and_turns_with_the_sides(
    both: int, lost: int, won: int, neither: int
) -> None:
    n = both + lost + won + neither
    found = paired_difference(lost, won, n)
    if n == 0:
        assert found.value is None
        return
    assert found.value is not None and found.interval is not None
    low, high = found.interval
    assert -1 <= low <= found.value + 1e-9 and found.value - 1e-9 <= high <= 1
    turned = paired_difference(won, lost, n)
    assert turned.interval == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize(
    ("wins", "losses", "n", "at"),
    [(9, 3, 400, -0.004), (12, 2, 50, 0.04), (5, 0, 30, -0.01), (0, 4, 30, -0.2),
     (1, 8, 6000, 5e-4), (150, 110, 1319, 0.01), (1, 0, 100, 6e-4), (7, 3, 11, -0.1)],
)  # fmt: skip
def test_the_melded_distribution_is_that_of_adaptive_integration(
    wins: int, losses: int, n: int, at: float
) -> None:
    """P(ψ(2θ − 1) ≤ at) written down once more, from the definition and scipy's distributions."""
    m = wins + losses
    psi = stats.beta(m, n - m + 1) if at > 0 else stats.beta(m + 1, n - m)

    def won_less(x: float) -> float:
        if not wins:
            return 1.0
        counted = float(stats.beta.cdf(x, wins, losses + 1))
        rest = float(stats.beta.cdf(x, wins + 1, losses)) if losses else 0.0
        return counted if n > LARGEST else (counted + rest) / 2

    def mass(t: float) -> float:
        return float(psi.pdf(t) * won_less(0.5 + at / (2 * t)))

    ends = np.unique(np.clip(psi.ppf([1e-15, 0.01, 0.5, 0.99, 1 - 1e-15]), abs(at), 1))
    parts = [
        integrate.quad(mass, x, y, epsabs=1e-13, epsrel=1e-12)[0]
        for x, y in itertools.pairwise([abs(at), *ends])
    ]
    expected = math.fsum(parts) + (psi.cdf(at) if at > 0 else 0.0)
    assert p_at_most(wins, losses, n, at) == pytest.approx(expected, abs=1e-9)


def test_the_paired_interval_by_hand_where_nothing_differs_or_all_does() -> None:
    none = paired_difference(0, 0, 30).interval
    bound = 1 - 0.025 ** (1 / 30)  # of 30 problems none differed
    assert none == pytest.approx((-bound, bound), abs=1e-9)
    tail = critical(5) / 2
    assert paired_difference(5, 0, 5).interval == pytest.approx((-1.0, 0.0), abs=1e-7)
    assert tail == pytest.approx(1 / 64, rel=1e-6)


@pytest.mark.parametrize("n", [15, 30])
def test_the_paired_interval_covers_at_least_its_level_whatever_is_true(n: int) -> None:
    """Exact coverage over all tables of n problems, on a grid of true shares."""
    tables = [(won, lost) for won in range(n + 1) for lost in range(n + 1 - won)]
    limits = [paired_difference(lost, won, n).interval or (0, 0) for won, lost in tables]
    for up, down in itertools.product((0.0, 0.02, 0.1, 0.3, 0.5), repeat=2):
        if up + down == 1:
            continue
        chances = stats.multinomial.pmf(
            [(won, lost, n - won - lost) for won, lost in tables], n, (up, down, 1 - up - down)
        )
        held = [low - 1e-9 <= up - down <= high + 1e-9 for low, high in limits]
        assert math.fsum(chances[held]) > 0.95


def test_impossible_counts_are_refused_and_no_problems_give_no_difference() -> None:
    for function in (paired_difference, mcnemar):
        with pytest.raises(ValueError, match="cannot be"):
            function(-1, 0, 5)
        with pytest.raises(ValueError, match="cannot be"):
            function(3, 3, 5)
    assert paired_difference(0, 0, 0).value is None and mcnemar(0, 0, 0) == 1.0


@given(counts, counts, counts)
@settings(max_examples=60, deadline=None)
def test_a_loss_is_ruled_out_exactly_where_the_interval_lies_above_it(
    lost: int, won: int, rest: int
) -> None:
    n = lost + won + rest + 1
    p = non_inferiority(lost, won, n, margin=0.05)
    interval = paired_difference(lost, won, n).interval
    assert interval is not None
    assert (p < 0.025) == (interval[0] > -0.05)


def test_a_margin_must_be_a_share() -> None:
    for margin in (0.0, 1.0, -0.1, 2.0):
        with pytest.raises(ValueError, match="margin"):
            non_inferiority(1, 1, 10, margin)


# -- many tests ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "p_values", [[0.3], [0.01, 0.04, 0.03], [0.5, 0.6, 0.02, 0.02], [1.0, 0.0, 0.2], [0.04] * 5]
)
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-9)


def test_holm_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="not p-values"):
        holm([0.5, 1.2])


# -- planning ------------------------------------------------------------------------------


def power_by_enumeration(n: int, discordant_share: float, difference: float) -> float:
    """The chance of a verdict "improved", over every table."""
    up = (discordant_share + difference) / 2
    total = 0.0
    for wins in range(n + 1):
        for losses in range(min(wins, n - wins) + 1):
            if mcnemar(losses, wins, n) < 0.05:
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


def test_among_ten_pairs_a_larger_difference_is_needed() -> None:
    """What one pair shows 80% of the time is shown half of the time where Holm asks for 0.5%."""
    alone, among = (detectable_difference(1319, 300, pairs).value or 0.0 for pairs in (1, 10))
    assert 0.45 < mcnemar_power(1319, 300 / 1319, alone, 0.005) < 0.55
    assert mcnemar_power(1319, 300 / 1319, among, 0.005) == pytest.approx(0.8, abs=1e-6)


def test_very_few_problems_show_nothing_at_all() -> None:
    for n in (3, 4, 5):  # even 5 of 5 give p = 0.0625
        assert mcnemar(0, n, n) > 0.05
        assert detectable_difference(n, 1).value is None
    assert detectable_difference(0, 0).value is None


def test_planning_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        mcnemar_power(10, 0.1, 0.2)


# -- several answers a problem -------------------------------------------------------------


def test_a_mean_difference_is_bonett_and_prices_and_its_p_value_that_of_its_interval() -> None:
    """14 up, 3 down, 33 alike: 15 and 4 of 52 with one added at either end."""
    values = [1.0] * 14 + [-1.0] * 3 + [0.0] * 33
    found, p = mean_difference(values)
    up, down = 15 / 52, 4 / 52
    half = 1.959964 * math.sqrt((up + down - (up - down) ** 2) / 52)
    assert found.value == pytest.approx(11 / 50)
    assert found.interval == pytest.approx((up - down - half, up - down + half), abs=1e-6)
    for level in (1 - p - 1e-6, 1 - p + 1e-6):
        low, high = mean_difference(values, level=level)[0].interval or (0.0, 0.0)
        assert (low > 0 or high < 0) == (level < 1 - p)


def test_problems_of_one_cluster_count_as_one() -> None:
    once, p_once = mean_difference([0.5, 1.0, -0.5, 0.0, 1.0], list("abcde"))
    thrice, p_thrice = mean_difference([0.5, 1.0, -0.5, 0.0, 1.0] * 3, list("abcde") * 3)
    assert thrice.value == pytest.approx(once.value or 0) and p_thrice == pytest.approx(p_once)
    assert thrice.interval == pytest.approx(once.interval, abs=1e-12)
    assert by_cluster([1.0, 0.0, 1.0, 1.0], "aabb") == [0.5, 1.0]
    with pytest.raises(ValueError, match="argument 2"):
        mean_difference([1.0, 0.0], ["a"])


@pytest.mark.parametrize("value", [0.0, 1.0, 1 / 3])
def test_differences_all_alike_give_an_interval_with_a_width(value: float) -> None:
    found, _ = mean_difference([value] * 20)
    low, high = found.interval or (0.0, 0.0)
    assert low < value <= high and high - low > 0.05
    assert mean_difference([])[0].value is None


def test_a_share_over_clusters_is_wider_and_never_without_a_width() -> None:
    right = [True, True, True, True, False, False] * 5
    share, labels = Share.of(right), [i // 3 for i in range(30)]
    plain, clustered = (
        share_estimate(share),
        clustered_share(share, list(map(float, right)), labels),
    )
    width = [(e.interval or (0, 0))[1] - (e.interval or (0, 0))[0] for e in (plain, clustered)]
    assert clustered.value == plain.value and width[1] > width[0] > 0
    alike = clustered_share(Share.of([True] * 30), [1.0] * 30, labels)
    assert alike.interval == wilson(10, 10).interval and alike.n == 30


@given(counts, counts)
def test_the_sign_flip_test_of_single_answers_is_mcnemars_ordinary_one(up: int, down: int) -> None:
    expected = min(1.0, 2 * stats.binom.cdf(min(up, down), up + down, 0.5)) if up + down else 1.0
    assert sign_flip_p([1] * up + [-1] * down + [0] * 7) == pytest.approx(expected, abs=1e-10)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_interval_and_test_of_differences_never_disagree(gains: list[int]) -> None:
    found = of_differences(gains, 3)
    low, high = found.mean.interval or (0.0, 0.0)
    assert (low > 0 or high < 0) == (found.p_value < 0.05)
    assert (found.verdict == "no detectable change") == (found.p_value >= 0.05)


def false_verdicts(p: float, n: int, answers: tuple[int, int], experiments: int) -> float:
    generator = np.random.default_rng(7)
    wrong = 0
    for _ in range(experiments):
        rows = [(generator.random((n, k)) < p).tolist() for k in answers]
        wrong += paired(rows[0], rows[1]).p_value < 0.05
    return wrong / experiments


@pytest.mark.parametrize(("p", "answers"), [(0.95, (1, 8)), (0.98, (1, 16)), (0.5, (2, 7))])
def test_unequal_numbers_of_answers_make_no_false_verdicts(
    p: float, answers: tuple[int, int]
) -> None:
    assert false_verdicts(p, 40, answers, 400) <= 0.05 + 2 * 0.011


def test_unequal_numbers_are_made_equal_by_a_draw_that_is_said_and_repeats() -> None:
    few, many = [[True], [False], [True, False]], [[True, False, True]] * 2 + [[False, False]]
    found = paired(few, many)
    assert found == paired(few, many) and found.answers_each == ("1 to 2 answers each",) * 2
    assert found.caveats == (
        "One side has more answers to 2 problems: as many as the other has were drawn at random.",
    )
    turned = paired(many, few)
    assert turned.difference.value == pytest.approx(-(found.difference.value or 0))
    assert not paired(many, many).caveats
    with pytest.raises(ValueError, match="an answer to every problem"):
        paired(few, many[:-1])
    with pytest.raises(ValueError, match="an answer to every problem"):
        paired([[]], [[True]])


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=10))
def test_the_sign_flip_test_is_the_count_of_all_flips(differences: list[int]) -> None:
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    expected = sum(abs(s) >= abs(sum(differences)) for s in sums) / len(sums)
    assert sign_flip_p(differences) == pytest.approx(expected, abs=1e-10)


def test_sums_that_take_too_many_values_are_refused() -> None:
    assert sign_flip_p([10_000_000]) == 1.0  # a common divisor does not count
    with pytest.raises(ValueError, match="more than"):
        sign_flip_p([10_000_000, 1])


# -- shares are counts ---------------------------------------------------------------------


def test_an_accuracy_is_made_of_counted_answers_alone() -> None:
    measured = Estimate(0.823, "by some other way", why_no_interval="one figure", n=1000)
    for name, unit in (("accuracy", "share"), ("solved", "share"), ("Accuracy", "points"),
                       ("accuracy", ""), ("ac\u200bcuracy", "percent_change")):  # fmt: skip
        with pytest.raises(ValueError, match="counted answers"):
            Metric(name, unit, "generated", measured)
        with pytest.raises(ValueError, match="counted answers"):
            Metric(name, unit, "choice_loglikelihood", measured)
    right = share_estimate(Share.of([True] * 823 + [False] * 177))
    assert Metric("accuracy", "share", "generated", right).estimate.value == 0.823
    with pytest.raises(ValueError, match="those of its counts"):
        Estimate(0.9, "rounded up", why_no_interval="x", n=1000, share=Share.count(823, 1000))


def test_a_figure_of_answers_says_of_how_many_problems_it_is() -> None:
    bare = Estimate(0.1, "some way", why_no_interval="one figure")
    for kind in ("generated", "choice_loglikelihood", "published"):
        with pytest.raises(ValueError, match="of how many problems"):
            Metric("difference", "points", kind, bare)


def test_a_share_is_made_of_right_and_wrong_and_of_nothing_else() -> None:
    assert Share.of([[True, False], [True, True, True]]).value == 0.75
    assert Share.of([np.bool_(True), np.bool_(False)]).counts == ((0, 1, 1), (1, 1, 1))
    assert Share.of([]).value is None and Share.count(0, 3).value == 0.0
    for wrong in ([0.823], [1], ["yes"], [[0.5]]):
        with pytest.raises(TypeError):
            Share.of(wrong)
    with pytest.raises(TypeError):
        Share.count(0.5, 1)  # type: ignore[arg-type]
    for counts_ in (((2, 1, 1),), ((0, 0, 1),), ((0, 1, 0),), ((-1, 1, 1),)):
        with pytest.raises(ValueError, match="cannot be"):
            Share(counts_)


def test_a_stored_share_is_read_back_as_it_was() -> None:
    whole = Metric("accuracy", "share", "generated", wilson(823, 1000))
    stored = TypeAdapter(Metric).validate_json(TypeAdapter(Metric).dump_json(whole))
    assert stored == whole
    forged = TypeAdapter(Metric).dump_python(whole)
    forged["estimate"]["share"] = None
    with pytest.raises(ValueError, match="counted answers"):
        TypeAdapter(Metric).validate_python(forged)


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
    nothing = several_seeds(np.zeros((3, 4)))
    assert nothing.between_seeds is None and nothing.between_problems is None
    assert alike.caveats and not several_seeds(np.eye(6)).caveats


def test_seeds_that_differ_widely_give_no_difference_beyond_100_points() -> None:
    found = several_seeds([[1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    assert found.over_seeds.interval == (-1.0, 1.0)
    assert found.over_both.interval == (-1.0, 1.0)


def test_a_table_of_seeds_must_be_one() -> None:
    for table in ([1.0, 2.0], [[1.0], [2.0]], [[1.0, math.nan]]):
        with pytest.raises(ValueError, match=r"needed|finite"):
            several_seeds(table)
