"""Verdicts: base against tuned, every pair of models, several seeds, and a published score."""

from __future__ import annotations

import pytest

from graded_pairs import compare
from netgain.analysis.comparing.contest import (
    ComparedModel,
    compare_all,
    compare_seeds,
    loss,
    loss_of,
)
from netgain.analysis.comparing.pairs import verdict_sentence
from netgain.analysis.comparing.published import against_published, find_published, published_scores
from netgain.errors import DataError, EvaluationError
from netgain.records import Comparison, Grade
from netgain.wording import probability


def grades(right: list[bool]) -> list[Grade]:
    return [Grade(f"p{i}", 0, 0, "1", "hashes", r, r, r) for i, r in enumerate(right)]


def outcomes(both: int, only_base: int, only_tuned: int, neither: int) -> tuple[list[bool], ...]:
    base = [True] * (both + only_base) + [False] * (only_tuned + neither)
    tuned = [True] * both + [False] * only_base + [True] * only_tuned + [False] * neither
    return base, tuned


def pairs(*counts: int) -> tuple[list[Grade], list[Grade]]:
    base, tuned = outcomes(*counts)
    return grades(base), grades(tuned)


def judged(name: str, right: list[bool], samples: int = 1) -> ComparedModel:
    return ComparedModel(name, {f"p{i}": (r,) * samples for i, r in enumerate(right)})


def two(*counts: int) -> Comparison:
    base, tuned = outcomes(*counts)
    (found,) = compare_all([judged("old", base), judged("new", tuned)])
    return found


def told(found: Comparison, among: int = 1) -> str:
    return verdict_sentence(found, found.reference, found.other, among)


# -- base against tuned --------------------------------------------------------------------


def test_the_verdict_is_mcnemars() -> None:
    assert compare(*pairs(20, 2, 12, 66)).verdict == "improved"
    assert compare(*pairs(20, 12, 2, 66)).verdict == "worse"
    assert compare(*pairs(20, 7, 9, 64)).verdict == "no detectable change"
    assert compare(*pairs(100, 0, 0, 0)).verdict == "no detectable change"
    assert compare(*pairs(0, 0, 5, 0)).verdict == "no detectable change"  # p = 0.0625


def test_the_sentence_gives_n_both_shares_interval_and_test() -> None:
    words = verdict_sentence(compare(*pairs(20, 2, 12, 66)))
    for told in ("Improved", "same 100 problems", "32.0%", "22.0%", "+10.0 points", "95% CI",
                 "exact unconditional McNemar test", "p = 0.0075"):  # fmt: skip
        assert told in words
    nothing = verdict_sentence(compare(*pairs(20, 7, 9, 64)))
    assert "No detectable change" in nothing and "a smaller one may well exist" in nothing


def test_no_problems_give_no_verdict() -> None:
    found = compare([], [])
    assert found.difference.value is None and found.p_value == 1.0
    assert "No verdict" in verdict_sentence(found)


def test_the_same_comparison_twice_is_the_same_to_the_last_digit() -> None:
    assert compare(*pairs(20, 7, 9, 64)) == compare(*pairs(20, 7, 9, 64))


# -- every pair of models ------------------------------------------------------------------


def test_two_contenders_give_what_base_and_tuned_give() -> None:
    found = two(20, 2, 12, 66)
    alone = compare(*pairs(20, 2, 12, 66))
    assert (found.won, found.lost, found.both, found.neither) == (12, 2, 20, 66)
    assert (found.difference, found.deciding_p) == (alone.difference, alone.p_value)
    assert found.detectable_difference == alone.detectable_difference
    assert told(found).startswith("Improved: on the same 100 problems new answers 32.0%")


def test_all_pairs_are_compared_and_holm_can_take_a_verdict_back() -> None:
    base, tuned = outcomes(20, 3, 12, 65)
    other = [*base[1:], base[0]]
    found = compare_all(
        [judged("a", base), judged("b", tuned), judged("c", other), judged("d", base)]
    )
    assert [(p.reference, p.other) for p in found] == [
        ("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d"),
    ]  # fmt: skip
    first = found[0]
    assert first.p_value < 0.05 < first.deciding_p
    assert first.verdict == "no detectable change"
    (said,) = first.caveats
    assert said.startswith("a and b: alone this would be called 'improved'")
    sentence = told(first, 6)
    assert sentence.startswith("No detectable change: on the same 100 problems b answers")
    assert f"{probability(first.p_value)}, Holm-adjusted over 6 pairs " in sentence
    assert probability(first.deciding_p) in sentence


def test_the_detectable_difference_of_a_pair_among_several_is_larger() -> None:
    base, tuned = outcomes(60, 20, 25, 95)
    names = ("a", "b", "c", "d", "e")
    (alone,) = compare_all([judged("a", base), judged("b", tuned)])
    among = compare_all([judged(n, tuned if n == "b" else base) for n in names])[0]
    sizes = [c.detectable_difference.value or 0.0 for c in (alone, among)]
    assert sizes[1] > 1.2 * sizes[0]
    assert "and 10 pairs, a true difference of about" in told(among, 10)


def test_a_loss_is_not_called_worse_where_holm_takes_the_verdict_back() -> None:
    base, tuned = outcomes(4000, 12, 3, 85)
    names = ("a", "b", "c", "d")
    found = compare_all(
        [judged(n, right) for n, right in zip(names, (base, tuned, base, base), strict=True)]
    )
    assert found[0].p_value < 0.05 < found[0].deciding_p
    said = loss_of(found[0], 0.02)
    assert said.ruled_out and "worse" not in said.sentence


def test_one_problem_is_spoken_of_in_the_singular() -> None:
    (found,) = compare_all([judged("old", [True]), judged("new", [False])])
    assert "on the same 1 problem new" in told(found)
    assert "1 problem is too few to show any difference" in told(found)
    (found,) = compare_all([judged("old", [True], 2), judged("new", [False], 2)])
    assert "on the same 1 problem new (2 answers) is right" in told(found)


def test_problems_that_one_model_lacks_are_left_out_and_counted() -> None:
    base, tuned = outcomes(20, 2, 12, 66)
    short = ComparedModel("new", {k: v for k, v in judged("new", tuned).answers.items()
                              if k not in {"p1", "p2", "p3"}})  # fmt: skip
    (found,) = compare_all([judged("old", base), short])
    assert found.n == 97
    assert any(c.startswith("3 problems") for c in found.caveats)
    (found,) = compare_all([judged("old", [True, True]), judged("new", [True])])
    (said,) = found.caveats
    assert said.startswith("1 problem that only one of old and new answered is left out.")


def test_what_cannot_be_compared_says_why() -> None:
    old, new = judged("old", [True]), judged("new", [True])
    with pytest.raises(EvaluationError, match="needs two"):
        compare_all([old])
    with pytest.raises(EvaluationError, match="needs two"):
        compare_all([])
    with pytest.raises(EvaluationError, match="same name"):
        compare_all([old, old])
    with pytest.raises(EvaluationError, match=r"no problem in common: old .* 1 problem, such as"):
        compare_all([old, ComparedModel("new", {"q": (True,)})])
    with pytest.raises(EvaluationError, match="too many pairs"):
        compare_all([judged(str(i), [True]) for i in range(51)])
    assert compare_all([old, new])[0].verdict == "no detectable change"


# -- did it forget? ------------------------------------------------------------------------


def test_a_loss_beyond_the_margin_is_ruled_out_or_not() -> None:
    safe = loss_of(two(500, 10, 12, 478), 0.02)
    assert safe.ruled_out and safe.p_value is not None
    assert safe.p_value < 0.025 and "2.0 points or more is ruled out" in safe.sentence
    unsure = loss_of(two(50, 3, 4, 43), 0.02)
    assert unsure.ruled_out is False
    assert "may be as low as" in unsure.sentence
    small = two(5000, 60, 20, 4920)
    said = loss_of(small, 0.02)
    assert small.verdict == "worse" and said.ruled_out
    assert "though it is worse by less" in said.sentence


# -- several answers a problem -------------------------------------------------------------


def test_asking_every_problem_thrice_makes_no_verdict_surer() -> None:
    base, tuned = outcomes(20, 3, 9, 68)
    once = two(20, 3, 9, 68)
    (thrice,) = compare_all([judged("old", base, 3), judged("new", tuned, 3)])
    assert once.p_value < thrice.p_value
    assert thrice.difference.value == pytest.approx(once.difference.value)
    assert thrice.n == 100 and "sign-flip" in thrice.test and "exact" not in thrice.test
    assert "new (3 answers each) is right 29.0% of the time, old (3 answers each)" in told(thrice)


def test_unequal_numbers_of_answers_are_made_equal_and_the_pair_is_named() -> None:
    old = judged("old", [True, False])
    new = ComparedModel("new", {"p0": (True, False), "p1": (True, False, True)})
    (found,) = compare_all([old, new])
    assert found.answers_each == ("1 answer each", "1 answer each")
    (said,) = found.caveats
    assert said.startswith("old and new: One side has more answers to 2 problems")
    assert found.test == two(1, 0, 0, 1).test


def test_problems_that_differ_all_alike_give_no_interval_without_a_width() -> None:
    old = judged("old", [False] * 20, 3)
    new = ComparedModel("new", {f"p{i}": (True, True, False) for i in range(20)})
    turned = ComparedModel("turned", {f"p{i}": (True, False, True) for i in range(20)})
    one = judged("one", [True] * 20, 3)
    for found in compare_all([old, new, turned, one]):
        assert found.difference.interval is not None and found.difference.value is not None
        low, high = found.difference.interval
        assert low < found.difference.value < high or found.difference.value == 1
        assert high - low > 0.05
    first = compare_all([old, new])[0].difference.interval
    assert first == pytest.approx((0.457, 0.755), abs=5e-4)
    (few,) = compare_all([judged("old", [False] * 3, 2), judged("new", [True] * 3, 2)])
    assert not loss_of(few, 0.05).ruled_out


def test_a_share_is_never_below_none_or_above_all_and_a_difference_never_beyond_100_points() -> (
    None
):
    old = ComparedModel("old", {"a": (True, True, False), "b": (False,) * 3, "c": (False,) * 3})
    answers = {"a": (True,) * 3, "b": (True, False, False), "c": (True, True, False)}
    new = ComparedModel("new", answers)
    turned = ComparedModel("x", {p: tuple(not r for r in rs) for p, rs in old.answers.items()})
    for found in compare_all([old, new, turned]):
        for share in (found.reference_share, found.other_share):
            assert share.interval is not None
            assert 0 <= share.interval[0] <= share.interval[1] <= 1
        assert found.difference.interval is not None
        assert -1 <= found.difference.interval[0] <= found.difference.interval[1] <= 1


def test_several_answers_give_shares_and_an_interval_over_problems() -> None:
    old = ComparedModel("old", {f"p{i}": (i % 3 == 0, False) for i in range(30)})
    new = ComparedModel("new", {f"p{i}": (True, i % 2 == 0) for i in range(30)})
    (found,) = compare_all([old, new])
    assert found.reference_share.value == pytest.approx(1 / 6)
    assert found.other_share.value == pytest.approx(3 / 4)
    assert found.verdict == "improved" and found.difference.interval is not None
    said = loss_of(found, 0.01)
    assert said.ruled_out and said.p_value is None


def test_too_uneven_numbers_of_answers_are_an_error_that_says_so() -> None:
    lengths = (64, 61, 59, 53, 47)
    old = ComparedModel("old", {f"p{i}": (False,) * k for i, k in enumerate(lengths)})
    new = ComparedModel("new", {f"p{i}": (True,) * k for i, k in enumerate(lengths)})
    third = {p: (*of[:-1], False) for p, of in new.answers.items()}
    with pytest.raises(EvaluationError, match="same number"):
        compare_all([old, ComparedModel("third", third)])


def test_where_nothing_differs_several_answers_leave_room_for_a_difference() -> None:
    (found,) = compare_all([judged("old", [True, False], 2), judged("new", [True, False], 2)])
    assert found.verdict == "no detectable change" and found.difference.interval is not None
    assert found.difference.interval[0] < -0.3 and found.difference.interval[1] > 0.3
    assert loss_of(found, 0.02).ruled_out is False


# -- several seeds -------------------------------------------------------------------------


def test_seeds_of_one_recipe_are_taken_together() -> None:
    base, tuned = outcomes(20, 2, 12, 66)
    found = compare_seeds(
        judged("base", base),
        [judged("s1", tuned), judged("s2", base), judged("s3", [*tuned[1:], True])],
    )
    assert found.seeds == 3 and found.problems == 100
    assert found.by_seed[:2] == pytest.approx((0.1, 0.0))
    assert found.over_seeds.interval is not None
    assert any("3 seeds" in c for c in found.caveats)
    with pytest.raises(EvaluationError, match="at least one seed"):
        compare_seeds(judged("base", base), [])


def test_a_loss_can_be_asked_of_several_seeds() -> None:
    base, tuned = outcomes(500, 10, 12, 478)
    seeds = [judged(f"s{i}", tuned[i:] + tuned[:i]) for i in range(3)]
    same = [judged("s1", tuned), judged("s2", [*tuned[1:], True]), judged("s3", tuned)]
    safe = loss(compare_seeds(judged("base", base), same).over_both, 0.05)
    assert safe.ruled_out and "5.0 points or more is ruled out" in safe.sentence
    one = loss(compare_seeds(judged("base", base), seeds[:1]).over_both, 0.05)
    assert one.ruled_out is None and "one seed" in one.sentence


# -- published scores ----------------------------------------------------------------------


def test_every_published_score_names_its_source() -> None:
    assert len({(s.model, s.benchmark) for s in published_scores()}) == len(published_scores())
    for score in published_scores():
        assert 0 < score.score < 1 and score.n > 0
        assert "http" in score.source or "arXiv" in score.source
    assert find_published("qwen2-0.5b-instruct").score == pytest.approx(0.401)
    assert find_published("Qwen/Qwen2-0.5B-Instruct", "gsm8k").model == "Qwen/Qwen2-0.5B-Instruct"


def test_a_model_without_a_published_score_is_an_error_that_lists_those_on_record() -> None:
    with pytest.raises(DataError, match=r"Qwen2-0\.5B-Instruct"):
        find_published("nobody/nothing")


def test_beside_a_published_number_stands_a_warning_and_never_a_gain() -> None:
    score = find_published("Qwen2-0.5B-Instruct")
    far = against_published(judged("new", [True] * 300 + [False] * 100), score)
    assert "differs from it by +34.9 points, more than 400 problems explain" in far.sentence
    near = against_published(judged("new", [True] * 165 + [False] * 235), score)
    assert "points away, which 400 problems can give by chance" in near.sentence
    for found in (far, near, against_published(ComparedModel("new", {}), score)):
        assert "improved" not in found.sentence and "gain" not in found.sentence
        assert any("Prompts and graders differ" in c for c in found.caveats)
        assert any("error of its own" in c for c in found.caveats)


def test_all_samples_count_beside_a_published_number() -> None:
    score = find_published("Qwen2-0.5B-Instruct")
    new = ComparedModel("new", {f"p{i}": (False, True, True, True) for i in range(100)})
    found = against_published(new, score)
    assert found.measured.value == pytest.approx(0.75)
    assert "Measured here: 75.0%" in found.sentence and "mean of 4 answers each" in found.sentence
    assert "more than 100 problems explain by chance (95% CI" in found.sentence


def test_a_published_score_stands_beside_answers_to_that_benchmark_alone() -> None:
    score = find_published("Qwen2-0.5B-Instruct")
    unknown = against_published(judged("new", [True] * 9), score)
    assert any("not known here whether these 9 problems" in c for c in unknown.caveats)
    known = ComparedModel("new", judged("new", [True] * 9).answers, source="openai/gsm8k")
    assert not any("not known here" in c for c in against_published(known, score).caveats)
    assert any("9 of its 1319" in c for c in against_published(known, score).caveats)
    folder = ComparedModel("new", known.answers, source="my/own/folder.jsonl")
    assert any("my/own/folder.jsonl" in c for c in against_published(folder, score).caveats)
    for other in ("builtin", "ChilleD/SVAMP"):
        with pytest.raises(EvaluationError, match=f"(?s){other}.* not gsm8k"):
            against_published(ComparedModel("new", known.answers, source=other), score)
