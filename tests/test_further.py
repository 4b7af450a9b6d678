"""What is measured beside the headline: figures by hand or by scipy, and words that follow them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from netgain.analysis.estimates.clustered import mean_difference
from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.further.asked_again import FurtherEvaluation, Headline
from netgain.analysis.further.pairing import accuracy
from netgain.analysis.further.prompts import recipe_lines
from netgain.pipeline.extras import further_results
from netgain.records import (
    Comparison,
    FinishReason,
    FurtherKind,
    FurtherResult,
    FurtherTable,
    Generation,
    Grade,
    Metric,
    Problem,
)

Row = tuple[Generation, Grade]


def answered(
    problem: str,
    answer: str | None,
    gold: str = "1",
    *,
    sample: int = 0,
    turn: int = 0,
    tokens: int = 10,
    text: str = "",
    finish: FinishReason = "stop",
) -> Row:
    right = answer == gold
    return (
        Generation(problem, sample, turn, text, finish, 20, tokens, tokens / 10, None, "d"),
        Grade(problem, sample, turn, answer, "hashes" if answer else "empty", right, right, right),
    )


def sampled(answers: Sequence[str], tokens: int = 10) -> list[Row]:
    """One string a problem, one character a sample; "-" is no answer."""
    return [
        answered(f"p{i}", None if a == "-" else a, sample=s, tokens=tokens)
        for i, of in enumerate(answers)
        for s, a in enumerate(of)
    ]


def problems(n: int) -> list[Problem]:
    return [
        Problem(f"p{i}", "ours", "Ann has 2 bags of 3 pens.", Fraction(1), "2*3=6")
        for i in range(n)
    ]


def evaluation(
    kind: FurtherKind, model: str, rows: Iterable[Row], name: str = "", **other: Any
) -> FurtherEvaluation:
    pairs = list(rows)
    asked = other.pop("problems", problems(40))
    return FurtherEvaluation(
        name or kind, kind, model, other.pop("settings", {}), asked,
        [g for g, _ in pairs], [g for _, g in pairs], **other,
    )  # fmt: skip


def headline(prompt: Mapping[str, Any] | None = None, **models: Iterable[Row]) -> Headline:
    pairs = {m: list(rows) for m, rows in models.items()}
    return Headline(
        {m: [g for g, _ in rows] for m, rows in pairs.items()},
        {m: [g for _, g in rows] for m, rows in pairs.items()},
        prompt or {},
    )


def only(found: tuple[FurtherResult, ...]) -> FurtherResult:
    assert len(found) == 1
    return found[0]


def mid_p(fewer: int, more: int) -> float:
    n = fewer + more
    return float(2 * stats.binom.cdf(fewer, n, 0.5) - stats.binom.pmf(fewer, n, 0.5))


def change(result: FurtherResult, other: str, reference: str = "", model: str = "") -> Comparison:
    matches = [
        c for c in result.changes
        if c.other == other and reference in c.reference and model in c.model
    ]  # fmt: skip
    assert len(matches) == 1, [(c.model, c.reference, c.other) for c in result.changes]
    return matches[0]


def cell(table: FurtherTable, row: str, column: str) -> str | Metric:
    place = table.columns.index(column)
    return next(r[place] for r in table.rows if r[0] == row)


def share(of: str | Metric) -> float | None:
    assert isinstance(of, Metric)
    return of.estimate.value


def test_nothing_measured_gives_nothing_to_report() -> None:
    assert further_results(headline(base=sampled(["1"])), []) == ()


# --- samples

# Four problems with four samples each; the right answer is 1.
FOUR = ["1111", "2112", "2211", "2222"]


def test_majorities_and_pass_at_k_are_those_counted_by_hand() -> None:
    found = only(further_results(headline(), [evaluation("samples", "tuned", sampled(FOUR))]))
    curves = {c.measure: {p.k: p.figure.estimate.value for p in c.points} for c in found.curves}
    # First votes: 1,2,2,2. A tie goes to the answer seen first: 2112 -> 2 after four, 2211 -> 2.
    assert curves["maj@k"] == {1: 1 / 4, 2: 1 / 4, 4: 1 / 4}
    # Of the pairs of 2112 and of 2211 one in six holds no 1: 1, 5/6, 5/6, 0.
    assert curves["pass@k"] == pytest.approx({1: 2 / 4, 2: (1 + 5 / 6 + 5 / 6) / 4, 4: 3 / 4})


def test_a_majority_has_wilsons_interval_over_problems() -> None:
    found = only(
        further_results(
            headline(), [evaluation("samples", "base", sampled(["111"] * 13 + ["222"]))]
        )
    )
    point = next(c for c in found.curves if c.measure == "maj@k").points[-1]
    assert point.figure.estimate.interval == pytest.approx(
        proportion_confint(13, 14, method="wilson"), abs=1e-12
    )


def test_what_k_samples_take_is_k_times_the_mean_sample_of_a_problem() -> None:
    rows = [*sampled(["11", "11"], tokens=30)[:2], *sampled(["11", "11"], tokens=50)[2:]]
    found = only(further_results(headline(), [evaluation("samples", "base", rows)]))
    points = next(c for c in found.curves if c.measure == "maj@k").points
    assert [(p.k, p.tokens, p.seconds) for p in points] == [(1, 40, 4), (2, 80, 8)]


def test_majority_against_greedy_is_the_exact_mcnemar_test() -> None:
    # 12 problems won by the vote, 3 lost, 10 alike.
    greedy = sampled(["2"] * 12 + ["1"] * 13)
    votes = sampled(["111"] * 12 + ["222"] * 3 + ["111"] * 10)
    found = only(further_results(headline(tuned=greedy), [evaluation("samples", "tuned", votes)]))
    seen = change(found, "maj@3", "greedy")
    assert (seen.won, seen.lost, seen.n) == (12, 3, 25)
    assert seen.p_value == pytest.approx(mid_p(3, 12), rel=0.1) and seen.verdict == "improved"
    assert seen.difference.value == pytest.approx(9 / 25)
    assert found.sentences[0].startswith("Improved (the majority of 3 samples against one greedy")
    assert "3 times as many as the greedy answer" in found.sentences[0]


def test_ks_are_tested_from_the_largest_down_and_no_further_than_the_first_without_a_gain() -> None:
    # The first two samples are wrong, so maj@2 and maj@1 give nothing; only maj@8 and maj@4 do.
    greedy = sampled(["2"] * 30)
    votes = sampled(["23111111"] * 30)
    found = only(further_results(headline(tuned=greedy), [evaluation("samples", "tuned", votes)]))
    tested = [c for c in found.changes if "greedy" in c.reference]
    assert [(c.at, c.verdict) for c in tested] == [
        (8, "improved"), (4, "improved"), (2, "no detectable change"),
    ]  # fmt: skip
    assert "down to 4 samples" in found.sentences[0]


def test_base_samples_reach_the_tuned_model_only_where_a_loss_is_ruled_out() -> None:
    # Alike on every one of 400 problems: the interval is within 1 point, so 2 points are ruled out.
    many = evaluation("samples", "base", sampled(["11"] * 200 + ["22"] * 200))
    same = headline(tuned=sampled(["1"] * 200 + ["2"] * 200, tokens=8))
    text = " ".join(only(further_results(same, [many])).sentences)
    assert "Without any training, one sample of the base model is not worse" in text
    assert "takes 10 generated tokens a problem, the tuned model's answer 8" in text
    # The same shares on 20 problems say nothing.
    few = evaluation("samples", "base", sampled(["11"] * 10 + ["22"] * 10))
    same = headline(tuned=sampled(["1"] * 10 + ["2"] * 10))
    text = " ".join(only(further_results(same, [few])).sentences)
    assert "is not shown" in text and "not worse" not in text


def test_base_samples_that_stay_below_are_said_to() -> None:
    samples = evaluation("samples", "base", sampled(["22"] * 30))
    found = only(further_results(headline(tuned=sampled(["1"] * 30)), [samples]))
    assert "Even the majority of 2 samples of the base model stays below" in found.sentences[-2]


def test_tuned_and_base_majorities_are_paired() -> None:
    both = [
        evaluation("samples", "base", sampled(["22"] * 9 + ["11"] * 11)),
        evaluation("samples", "tuned", sampled(["11"] * 20)),
    ]
    seen = change(only(further_results(headline(), both)), "maj@2, tuned")
    assert (seen.won, seen.lost, seen.verdict) == (9, 0, "improved")
    assert mid_p(0, 9) <= seen.p_value < 2 / 2**9


def test_agreement_counts_problems_whose_samples_are_all_the_same_answer() -> None:
    rows = sampled(["111", "222", "112", "---"])
    found = only(further_results(headline(), [evaluation("samples", "base", rows)]))
    assert found.sentences[-1] == (
        "All samples of the base model agree on 50.0% of 4 problems; 50.0% of these answers are "
        "right."
    )


def test_one_sample_a_problem_is_no_curve() -> None:
    one = evaluation("samples", "base", sampled(["1", "2"]))
    assert further_results(headline(base=sampled(["1", "2"])), [one]) == ()


# --- revisions


def turns(*of: str) -> list[Row]:
    """One string a turn, one character a problem."""
    return [
        answered(f"p{i}", a, turn=t, tokens=5 * (t + 1), finish="length" if a == "9" else "stop")
        for t, answers in enumerate(of)
        for i, a in enumerate(answers)
    ]


def test_each_turn_is_set_against_the_one_before() -> None:
    rows = turns("1" * 20 + "2" * 10, "1" * 8 + "2" * 12 + "1" + "2" * 9)
    found = only(further_results(headline(), [evaluation("revisions", "tuned", rows)]))
    seen = change(found, "revision 1")
    assert (seen.won, seen.lost) == (1, 12)
    assert seen.p_value == pytest.approx(mid_p(1, 12), rel=0.1)
    assert found.sentences[0].startswith("Worse (revision 1 against first answer, tuned model)")
    assert "1 mended, 12 broken" in found.sentences[0]
    assert found.sentences[0].endswith("Revising hurts here.")


def test_several_turns_are_corrected_for_their_number() -> None:
    rows = turns("2" * 30, "1" * 5 + "2" * 25, "1" * 5 + "2" * 25)
    found = only(further_results(headline(), [evaluation("revisions", "base", rows)]))
    first = change(found, "revision 1", "first answer")
    assert first.p_value < 0.05  # alone it would be called improved
    assert first.adjusted_p == pytest.approx(3 * first.p_value)
    assert first.verdict == "no detectable change"
    assert change(found, "revision 2", "first answer").won == 5


def test_the_turns_table_counts_what_was_cut_off_and_what_a_turn_took() -> None:
    rows = turns("1122", "1992")
    table = only(further_results(headline(), [evaluation("revisions", "base", rows)])).tables[0]
    assert share(cell(table, "base, first answer", "Accuracy")) == 1 / 2
    assert share(cell(table, "base, revision 1", "Accuracy")) == 1 / 4
    assert cell(table, "base, revision 1", "Mended / broken") == "0 / 1"
    assert cell(table, "base, revision 1", "Other answer than before") == "2"
    assert cell(table, "base, revision 1", "Cut off") == "2"
    assert cell(table, "base, revision 1", "Generated tokens a problem") == "10"
    assert cell(table, "base, revision 1", "Time a problem") == "1.0 s"


# --- calculator


def test_calculator_figures_never_bear_the_plain_name() -> None:
    plain = [answered(f"p{i}", "2", text="2 * 3 = 7\n#### 2") for i in range(10)]
    right = [answered(f"p{i}", "1", text="<<2*3=6>>6\n#### 1") for i in range(10)]
    found = only(further_results(headline(tuned=plain), [evaluation("calculator", "tuned", right)]))
    metrics = [c for t in found.tables for row in t.rows for c in row if isinstance(c, Metric)]
    assert {m.name for m in metrics} == {
        "accuracy without the calculator, tuned", "accuracy with the calculator, tuned",
    }  # fmt: skip
    assert "cannot be compared with plain accuracy" in found.caveats[0]
    assert change(found, "with the calculator").verdict == "improved"


def test_of_what_the_calculator_mended_false_equations_are_counted() -> None:
    wrong = ["2 * 3 = 7\n#### 2"] * 4 + ["2 + 3 = 5\n#### 2"] * 3
    plain = [answered(f"p{i}", "2", text=t) for i, t in enumerate(wrong)]
    right = [answered(f"p{i}", "1", text="<<2*3=6>>6\n#### 1") for i in range(6)]
    right.append(answered("p6", "2", text="no sums\n#### 2"))
    found = only(further_results(headline(base=plain), [evaluation("calculator", "base", right)]))
    assert "6 of 7 answers hold annotations" in found.sentences[0]
    assert "Of 6 problems that it mended, 4 had a false equation" in found.sentences[0]


def test_a_calculator_that_nobody_called_is_said_to_have_done_nothing() -> None:
    plain = [answered("p0", "1", text="2 + 3 = 5")]
    found = only(further_results(headline(base=plain), [evaluation("calculator", "base", plain)]))
    assert "had nothing to compute" in found.sentences[0]


# --- prompts


def test_prompts_are_corrected_for_their_number_within_a_model() -> None:
    own = headline(base=sampled(["2"] * 40))
    sweep = [
        evaluation("prompt", "base", sampled(["1"] * won + ["2"] * (40 - won)), f"prompt {won}")
        for won in (5, 3, 0)
    ]
    found = only(further_results(own, sweep))
    first = change(found, "prompt 5")
    assert first.p_value < 0.05 and first.adjusted_p == pytest.approx(3 * first.p_value)
    assert first.verdict == "no detectable change"


def test_what_is_left_of_a_gain_is_bounded_for_the_best_of_several_prompts() -> None:
    # base 10 of 40, tuned 30, base under the better prompt 26 of the tuned's 30.
    own = headline(base=sampled(["1"] * 10 + ["2"] * 30), tuned=sampled(["1"] * 30 + ["2"] * 10))
    sweep = [
        evaluation("prompt", "base", sampled(["1"] * 26 + ["2"] * 14), "shots"),
        evaluation("prompt", "base", sampled(["1"] * 4 + ["2"] * 36), "terse"),
    ]
    found = only(further_results(own, sweep))
    tuning, prompt, left = (m.estimate for m in found.figures)
    assert (tuning.value, prompt.value, left.value) == pytest.approx((20 / 40, 16 / 40, 4 / 40))
    assert tuning.level == 0.95 and prompt.level == left.level == 0.975
    assert left.interval == paired_difference(0, 4, 40, 0.975).interval
    assert found.sentences[0].startswith("How much a prompt gives for free: 'shots', the best of 2")
    assert "not shown that the tuning gave more" in found.sentences[0]


@pytest.mark.parametrize(
    ("tuned", "prompt", "told"),
    [
        (38, 12, "The tuning gave more than any of these prompts"),
        (12, 38, "That prompt alone gave more than the tuning"),
        (11, 12, "Neither is shown to be better"),
    ],
)
def test_the_free_gain_is_told_as_the_intervals_say(tuned: int, prompt: int, told: str) -> None:
    own = headline(base=sampled(["1"] * 10 + ["2"] * 30),
                   tuned=sampled(["1"] * tuned + ["2"] * (40 - tuned)))  # fmt: skip
    other = evaluation("prompt", "base", sampled(["1"] * prompt + ["2"] * (40 - prompt)), "other")
    assert told in only(further_results(own, [other])).sentences[0]


def test_a_prompt_knows_the_recipe_lines_that_make_it_the_runs_own() -> None:
    own = {"style": "chat", "instruction": "Solve.", "shots": None}
    lines = recipe_lines({**own, "instruction": 'Say "x": go.', "shots": 5}, own)
    assert lines == ('prompt.instruction="Say \\"x\\": go."', "prompt.shots=5")


def test_tuning_is_compared_under_every_prompt_that_both_were_asked() -> None:
    own = headline(base=sampled(["2"] * 20), tuned=sampled(["1"] * 20))
    both = [
        evaluation("prompt", "base", sampled(["1"] * 9 + ["2"] * 11), "shots"),
        evaluation("prompt", "tuned", sampled(["1"] * 20), "shots"),
    ]
    seen = change(only(further_results(own, both)), "tuned, shots")
    assert (seen.won, seen.lost, seen.verdict) == (11, 0, "improved")


# --- tasks


def pair(
    kind: FurtherKind, base: list[Row], tuned: list[Row], **other: Any
) -> list[FurtherEvaluation]:
    return [evaluation(kind, "base", base, **other), evaluation(kind, "tuned", tuned, **other)]


def test_a_loss_of_the_margin_is_ruled_out_only_where_the_interval_says_so() -> None:
    alike = sampled(["1"] * 300 + ["2"] * 300)
    found = only(further_results(headline(), pair("task", alike, alike, name="elsewhere")))
    assert "No detectable change (elsewhere, tuned against base model)" in found.sentences[0]
    assert "A loss of 2.0 points or more is ruled out" in found.sentences[0]
    few = sampled(["1"] * 30)
    found = only(further_results(headline(), pair("task", few, few)))
    assert "A loss of 2.0 points or more is not ruled out" in found.sentences[0]


def test_items_set_aside_and_answers_that_failed_are_counted() -> None:
    rows = [answered("p0", None, finish="error"), answered("p1", "1")]
    found = only(further_results(headline(), pair("task", rows, rows, name="t", set_aside=7)))
    assert "t: 7 items set aside for want of an answer to grade by." in found.caveats
    assert "1 answer of t, base model ended with an error and counted as wrong." in found.caveats


def test_items_of_one_template_are_one_cluster() -> None:
    """40 clusters of 5 items that all change together tell no more than 40 items."""
    marks = [*[("2", "1")] * 14, *[("1", "2")] * 4, *[("1", "1")] * 22]
    base = sampled([b for b, _ in marks for _ in range(5)])
    tuned = sampled([t for _, t in marks for _ in range(5)])
    clusters = {f"p{i}": str(i // 5) for i in range(200)}
    found = only(further_results(headline(), pair("task", base, tuned, clusters=clusters)))
    seen = found.changes[0]
    assert (seen.n, seen.clusters, seen.won, seen.lost) == (200, 40, 14, 4)
    assert seen.p_value == pytest.approx(mcnemar([[0, 4], [14, 0]], exact=True).pvalue)
    values = np.array([1.0] * 15 + [-1.0] * 5 + [0.0] * 22)  # one added at either end
    half = stats.norm.isf(0.025) * values.std() / math.sqrt(42)
    centre = values.mean()
    assert seen.difference.interval == pytest.approx((centre - half, centre + half))
    assert "of 200 problems in 40 clusters 14 clusters won, 4 lost" in found.sentences[0]


def choices(model: str, right: str, normalised: str, **other: Any) -> FurtherEvaluation:
    """The normalised score decides, as the first."""
    scored = {
        by: {f"p{i}": (mark == "1",) for i, mark in enumerate(marks)}
        for by, marks in (("normalised", normalised), ("plain", right))
    }
    return evaluation("task", model, [], "quiz", scored=scored, **other)


def test_choices_have_their_own_kind_and_are_judged_by_what_the_task_takes() -> None:
    both = [choices("base", "1" * 20, "0" * 20), choices("tuned", "1" * 20, "1" * 20)]
    found = only(further_results(headline(), both))
    assert found.changes[0].verdict == "improved"
    assert found.changes[0].kind == "choice_loglikelihood"
    assert share(cell(found.tables[0], "quiz", "Base")) == 0
    assert share(cell(found.tables[0], "quiz, beside it", "Base")) == 1
    other = [choices("base", "0" * 20, "1" * 20), choices("tuned", "1" * 20, "1" * 20)]
    assert only(further_results(headline(), other)).changes[0].verdict == "no detectable change"


def test_categories_are_shown_and_not_judged() -> None:
    asked = [replace(p, category="law" if i < 4 else "art") for i, p in enumerate(problems(10))]
    both = [choices(m, "1" * 10, "1111000000", problems=asked) for m in ("base", "tuned")]
    found = only(further_results(headline(), both))
    assert share(cell(found.tables[1], "law", "Base")) == 1
    assert share(cell(found.tables[1], "art", "Tuned")) == 0
    assert len(found.changes) == 1


def test_a_task_that_one_model_alone_answered_is_named_and_not_compared() -> None:
    found = only(further_results(headline(), [evaluation("task", "base", sampled(["1"]), "lone")]))
    assert found.changes == ()
    assert "Not compared, because one model alone answered: lone." in found.sentences


# --- perturbed


def variants(answers: str) -> list[Row]:
    return [answered(f"p{i}~1", a) for i, a in enumerate(answers)]


ORIGINALS = {f"p{i}~1": f"p{i}" for i in range(40)}


def test_a_drop_is_paired_by_original_problem() -> None:
    own = headline(base=sampled(["1"] * 20 + ["2"] * 20))
    rows = variants("1" * 11 + "2" * 9 + "1" * 2 + "2" * 18)
    other = evaluation("perturbed", "base", rows, originals=ORIGINALS, set_aside=5)
    found = only(further_results(own, [other]))
    seen = found.changes[0]
    assert (seen.n, seen.won, seen.lost) == (40, 2, 9)
    assert seen.difference == paired_difference(9, 2, 40)
    assert "For 5 problems of those asked no sound variant was found." in found.sentences


def test_problems_without_a_variant_do_not_count_among_the_originals() -> None:
    own = headline(base=sampled(["1"] * 10 + ["2"] * 30))
    other = evaluation("perturbed", "base", variants("1" * 10), originals=ORIGINALS)
    found = only(further_results(own, [other]))
    assert found.changes[0].n == 10
    assert share(cell(found.tables[0], "base", "Original numbers")) == 1


def test_a_wider_drop_of_the_tuned_model_is_the_tunings() -> None:
    own = headline(base=sampled(["1"] * 40), tuned=sampled(["1"] * 40))
    both = [
        evaluation("perturbed", "base", variants("1" * 38 + "22"), originals=ORIGINALS),
        evaluation("perturbed", "tuned", variants("2" * 20 + "1" * 20), originals=ORIGINALS),
    ]
    found = only(further_results(own, both))
    between = found.changes[-1]
    assert between.difference.value == pytest.approx((-20 + 2) / 40)
    # Each problem's difference of changes may be its opposite as well: the sign-flip test.
    assert 2 * stats.binom.cdf(2, 22, 0.5) <= between.p_value < 2e-4
    assert between.verdict == "worse"
    assert found.sentences[0].startswith("Tuning made the model depend more on the exact numbers")


def test_a_drop_shared_by_both_models_is_not_laid_to_the_tuning() -> None:
    own = headline(base=sampled(["1"] * 40), tuned=sampled(["1"] * 40))
    both = [
        evaluation("perturbed", m, variants("2" * 20 + "1" * 20), originals=ORIGINALS)
        for m in ("base", "tuned")
    ]
    found = only(further_results(own, both))
    assert found.sentences[0].startswith("It is not shown that tuning made the model depend more")
    assert found.changes[-1].difference.value == 0


def test_several_variants_of_a_problem_count_as_one() -> None:
    own = headline(base=sampled(["1"] * 12))
    rows = [answered(f"p{i}~{s}", "2" if s else "1") for i in range(12) for s in range(2)]
    originals = {f"p{i}~{s}": f"p{i}" for i in range(12) for s in range(2)}
    seen = only(
        further_results(own, [evaluation("perturbed", "base", rows, originals=originals)])
    ).changes[0]
    assert seen.n == 12 and seen.answers_each == ("1 answer each", "1 answer each")
    assert -1 < (seen.difference.value or 0) < 0
    assert "more answers to 12 problems" in seen.caveats[0]


# --- the interval of clusters


@given(st.lists(st.tuples(st.sampled_from([-1.0, 0.0, 1.0]), st.integers(0, 30)), min_size=1,
                max_size=120))  # fmt: skip
@settings(deadline=None)
def test_a_clustered_gain_holds_its_value_and_is_never_without_a_width(
    rows: list[tuple[float, int]],
) -> None:
    estimate, _ = mean_difference([v for v, _ in rows], [str(c) for _, c in rows])
    assert estimate.value == pytest.approx(sum(v for v, _ in rows) / len(rows))
    assert estimate.interval is not None and estimate.value is not None
    low, high = estimate.interval
    assert -1 <= low <= estimate.value + 1e-12 and estimate.value - 1e-12 <= high <= 1
    assert high > low


@pytest.mark.parametrize(("right", "low", "high"), [(False, 0.0, 0.1611), (True, 0.8389, 1.0)])
def test_a_share_of_clusters_that_are_all_alike_is_bounded_by_their_number(
    right: bool, low: float, high: float
) -> None:
    """Wilson's 95% bounds on 0 and 20 of 20 are 0 to 16.11% and 83.89% to 100%."""
    items = {f"p{i}": (right,) for i in range(100)}
    found = accuracy("accuracy", items, {p: str(i // 5) for i, p in enumerate(items)}).estimate
    assert found.n == 100
    assert found.interval == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_every_result_survives_models_that_share_no_problem() -> None:
    """An interrupted run may hold some evaluations of one model only, or of a few problems."""
    own = headline(base=sampled(["1"] * 3))
    strange = [
        answered(f"q{i}", "1", sample=s, turn=t) for i, s, t in product(range(3), (0, 1), (0, 1))
    ]
    kinds: tuple[FurtherKind, ...] = (
        "samples", "revisions", "calculator", "prompt", "task", "perturbed",
    )  # fmt: skip
    for kind in kinds:
        for rows in ([], strange):
            for result in further_results(own, [evaluation(kind, "base", rows)]):
                assert result.sentences or result.tables
