"""A problem's features, read from its question and its reference solution alone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.analysis.problems.features import LARGEST, Features, features_of
from netgain.analysis.problems.groups import GROUPINGS, groups_of
from netgain.analysis.problems.units import unit_factors, units_in
from netgain.data.wordproblems import word_problems
from netgain.records import Problem

SOLUTION = "Ida has 4 * 6 = <<4*6=24>>24 plums.\nShe keeps 24 - 9 = <<24-9=15>>15.\n#### 15"


def features(question: str, solution: str = SOLUTION, **more: object) -> Features:
    return features_of(Problem("p", "own", question, Fraction(15), solution, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "solution", "not_needed"),
    [
        ("Ida fills 4 baskets with 6 plums each and eats 9.", SOLUTION, 0),
        ("Ida, aged 37, fills 4 baskets with 6 plums each and eats 9.", SOLUTION, 1),
        ("She fills four bags with six plums each, eats nine, sees forty-two bees.", SOLUTION, 1),
        ("One of the two girls fills 4 baskets with 6 plums each and eats 9.", SOLUTION, 0),
        ("At 3:30 pm on the 5th day Ida fills 4 baskets with 6 plums and eats 9.", SOLUTION, 0),
        ("A coat of $80 costs 25% less.", "It costs 80 * .75 = <<80*.75=60>>60.\n#### 60", 0),
        ("A coat of $80 costs 25% less.", "It costs 80 - 20 = <<80-20=60>>60.\n#### 60", 1),
        ("He mows 2/3 of 9 lawns.", "He mows 9 / 3 * 2 = <<9/3*2=6>>6.\n#### 6", 0),
        ("She waits 2 weeks of 9 hours a day.", "14 * 9 = <<14*9=126>>126 hours, 14 days.", 0),
        ("She waits 2 weeks and eats 9 nuts a bag from 14 bags.", "14 * 9 = <<14*9=126>>126.", 1),
        ("He buys 3 dozen eggs at 2 cents each.", "36 * 2 = <<36*2=72>>72\n#### 72", 0),
    ],
)  # fmt: skip
def test_numbers_that_the_reference_never_uses_are_counted(
    question: str, solution: str, not_needed: int
) -> None:
    assert features(question, solution).not_needed == not_needed


def test_the_distractors_of_built_in_problems_are_seen_and_few_others() -> None:
    """What is called an aside there is known; a few others truly are not needed ("5 people")."""
    problems = word_problems(1500, 11)
    found = [(p.metadata["distractor"], (features_of(p).not_needed or 0) > 0) for p in problems]
    asides = [seen for aside, seen in found if aside]
    plain = [seen for aside, seen in found if not aside]
    assert sum(asides) / len(asides) > 0.8
    assert sum(plain) / len(plain) < 0.05


@pytest.mark.parametrize(
    ("solution", "operations"),
    [
        (SOLUTION, {"multiplication", "subtraction"}),
        ("It is $4 + $5 = $9 for 3-4 days.", {"addition"}),
        ("So 3 x 4 = 12, and 12 ÷ 5 = 2.4.", {"multiplication", "division"}),
        (r"\frac{12}{4} = 3 and 3 \times 5 = 15", {"division", "multiplication"}),
        ("He pays <<100*(1-20/100)=80>>80.", {"multiplication", "subtraction", "division"}),
        ("The answer is 7.", set()),
    ],
)
def test_operations_are_read_from_the_reference(solution: str, operations: set[str]) -> None:
    assert features("A question?", solution).operations == operations


def test_without_a_reference_what_needs_one_is_unknown_and_not_nought() -> None:
    bare = features("Ida fills 4 baskets with 600 plums each.", solution="")
    assert (bare.steps, bare.operations, bare.not_needed) == (None, None, None)
    assert bare.largest == 600


def test_the_largest_number_may_stand_in_question_words_reference_or_answer() -> None:
    assert features("He counts 1,250 ants.").largest == 1250
    assert features("He counts three hundred ants.").largest == 300
    assert features("He counts 2 ants.", "2 * 400 = <<2*400=800>>800\n#### 800").largest == 800
    assert features("No number at all.", solution="").largest == 15  # the answer
    assert features("It is " + "9" * 400).largest == LARGEST


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("20% of them", {"percent"}),
        ("5 percent of them", {"percent"}),
        ("half of them", {"fractions"}),
        ("a third of them, or 2/5", {"fractions"}),
        ("three-quarters of them", {"fractions"}),
        ("The third child", set()),
        ("each weighs 2.5 kg", {"decimals", "measures"}),
        ("each costs $3.00", {"money"}),
        ("each costs $3.50", {"money", "decimals"}),
        ("3 hours and 20 minutes", {"measures", "mixed_units"}),
        ("3 hours and 2 miles", {"measures"}),
        ("3 dollars and 20 cents", {"money", "mixed_units"}),
        ("6 dozen eggs", {"measures", "mixed_units"}),
        ("from 8 a.m. to 9 a.m.", set()),
        ("the second yard", set()),
    ],
)
def test_what_a_question_names(question: str, names: set[str]) -> None:
    found = features(question)
    kinds = ("percent", "fractions", "decimals", "money", "measures", "mixed_units")
    assert {kind for kind in kinds if getattr(found, kind)} == names


def test_units_of_one_letter_count_only_after_a_number() -> None:
    assert units_in("5 m of rope and 20g of salt") == {("length", "meter"), ("mass", "gram")}
    assert units_in("plan g, m and l") == frozenset()


def test_factors_between_units_need_both_units() -> None:
    assert unit_factors(units_in("feet and inches")) == [(12, "inch", "foot")]
    assert unit_factors(units_in("feet and hours")) == []


def test_every_problem_is_at_one_level_of_each_feature_and_in_its_group() -> None:
    found = [features_of(p) for p in word_problems(400, 2)]
    groups, _ = groups_of(found)
    for feature, (levels, _) in GROUPINGS.items():
        inside = [i for g in groups if g.feature == feature for i in g.inside]
        assert len(inside) == len(set(inside))
        if len(levels) > 1:  # of a feature that a problem has or not, only "yes" is a group
            assert len(inside) == len(found), feature
    for group in groups:
        assert not set(group.inside) & set(group.outside)


@pytest.mark.parametrize(
    ("words", "name"),
    [(30, "up to 30 words"), (31, "over 30 to 45 words"), (60, "over 45 to 60 words"),
     (61, "over 60 words")],
)  # fmt: skip
def test_thresholds_belong_to_the_group_below(words: int, name: str) -> None:
    question_length = GROUPINGS["question length"][1]
    assert question_length(features("word " * words)) == name


def test_what_cannot_be_grouped_is_said() -> None:
    problems = [Problem(str(i), "own", f"Add {i} and 5?", Fraction(i + 5)) for i in range(30)]
    groups, notes = groups_of([features_of(p) for p in problems])
    assert "steps of the reference: not known for 30 of 30 problems" in notes
    assert "percent: the same for every problem (no)" in notes
    assert not any(g.feature in {"percent", "category", "steps of the reference"} for g in groups)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_gives_features(question: str, solution: str) -> None:
    found = features(question, solution)
    assert found == features(question, solution)
    assert found.largest is not None and 0 <= found.largest <= LARGEST


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,",
        "1 1/",
        ".",
        "<<1+",
        "<<",
        "one ",
        "one  ",
        "twenty-",
        "5 kg ",
        "1+",
        "a third ",
        "$",
    ],
)
def test_a_very_long_text_takes_linear_time(piece: str) -> None:
    """A pattern with a cubic worst case would take hours on these."""
    text = piece * (30_000 // len(piece))
    features(text, text)
