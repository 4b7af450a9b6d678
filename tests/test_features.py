"""A problem's features, read from its question and its reference solution alone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.analysis.problems.features import LARGEST, Features, features_of
from netgain.analysis.problems.groups import GROUPINGS, groups_of
from netgain.analysis.problems.unit_words import units_in
from netgain.data.wordproblems import word_problems
from netgain.records import Problem

SOLUTION = "Ida has 4 * 6 = <<4*6=24>>24 plums.\nShe keeps 24 - 9 = <<24-9=15>>15.\n#### 15"


def features(question: str, solution: str = SOLUTION, **more: object) -> Features:
    return features_of(Problem("p", "own", question, Fraction(15), solution, **more))  # type: ignore[arg-type]


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
    assert (bare.steps, bare.operations) == (None, None)
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
