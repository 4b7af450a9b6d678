"""Answers before their explanation, answers taken back, and none given. All texts are our own."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netgain.grading import extract


@pytest.mark.parametrize(
    "text",
    [
        "18\n\nExplanation: Ann has 16 eggs; 9 are left; sold at $2 each",
        "**18**. She has 16 eggs and sells 9 at $2 each.", "$18\n\nBecause 9 eggs are sold at 2.",
        "18 apples\n\nHe had 20 and ate 2.", "18. Because she sells 9 at $2.",
        "**18 eggs.** She had 20 and ate 2.", "18, since she sells 9 eggs for $2 each.",
        "**$18**\n\nShe sells 9 eggs at 2.",
    ],
)  # fmt: skip
def test_an_answer_that_stands_before_its_explanation_counts(text: str) -> None:
    found = extract(text)
    assert (found.rule, found.value) == ("opening", Fraction(18))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20\n\nLet's compute: 9*2 = 18", 18), ("3 eggs\n\n16-3 = 13\n\nSo 13 eggs are left.", 13),
        ("20\n\nExplanation: 9 at $2. Wait, one broke: 8 * 2 = 16", 16),
        ("20\n\nExplanation: 16 - 7 = 9.\nTherefore, she makes 18 dollars.", 18),
        ("20\n\nShe sells 9 eggs.\n\n18", 18), ("**16** eggs are laid. She gives away 3.", 3),
        ("1.\n\nShe has 5 hats.\n\n2.\n\nBo has 7 hats.", 7),
    ],
)  # fmt: skip
def test_a_first_number_that_is_worked_on_is_no_answer(text: str, value: int) -> None:
    assert extract(text).value == value


def test_an_explained_answer_counts_where_the_explanation_was_cut_off() -> None:
    assert extract("18\n\nExplanation: she has 16 eggs and", "length").value == 18
    assert extract("18 apples\n\nHe had 20 and", "length").rule == "truncated"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The answer is 20. Wait… 9*2 = 18. So it's 18.", 18),
        ("The answer is 18. Actually no… It is 9*3 = 27.", 27),
        ("\\boxed{20} Wait, that's wrong. It should be 18.", 18), ("#### 20 Correction: 18", 18),
        ("The answer is 20, no, 18.", 18), ("The answer is 20. Oops, I meant 18.", 18),
        ("The answer is 20. I made a mistake: 9 * 2 = 18.", 18),
        ("#### 20\n\nSorry, that's wrong. She sells 9, so she makes $18.", 18),
        ("The answer is -20. Correction: -18", -18),
    ],
)  # fmt: skip
def test_a_correction_below_the_mark_replaces_it(text: str, value: int) -> None:
    found = extract(text)
    assert (found.rule, found.value) == ("stated", Fraction(value))


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 18. Wait, let me double-check: 16 - 7 = 9. Yes, that is correct.",
        "The answer is 18. Wait, if she ate 2 more, it would be 14.",
        "The answer is 18. Hmm, let me verify. 16 - 7 = 9, so it is 9 eggs. 9 * 2 = 18. Correct.",
        "The answer is 18. Actually, it is 9 eggs at $2.",
        "#### 18\nCorrection: 2 each, not 3.",
        "#### 18\nActually, this is 3 more than Bo has.",
        "The answer is actually 18, not 20.",
        "The answer is 18. Actually, the total for 3 days should be 54.",
        "The answer is 18. Wait, she eats 3 of them.",
        "The answer is 18. No, not 20.",
        "#### 18\nThat's wrong. 16 - 7 = 9. It is about 2 each, I think.",
        "#### 18\nShe sold 9. Is it 20? No, it is 20 only if she sold 10.",
    ],
)
def test_a_check_a_condition_or_a_mere_number_below_the_mark_changes_nothing(text: str) -> None:
    assert extract(text).value == 18


@pytest.mark.parametrize(
    "text",
    [
        "I cannot determine the answer without knowing the price of the 3 eggs.",
        "Not enough information is given about the 2 cakes.",
        "There is insufficient information. The problem only names the 2 cakes.",
        "The total cannot be determined from the 3 numbers.",
    ],
)
def test_a_model_that_says_it_cannot_tell_gives_no_answer(text: str) -> None:
    found = extract(text)
    assert (found.rule, found.value) == ("refused", None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It cannot be determined exactly, but at $2 each she has 18.", 18),
        ("We cannot know x. Assuming 9 eggs, she makes 9 * 2 = 18.", 18),
        ("Tom cannot answer 2 of the 20 questions, so he gets 18.", 18),
        ("I cannot tell which. The answer is 18.", 18),
    ],
)
def test_an_answer_in_spite_of_doubts_counts(text: str, value: int) -> None:
    assert extract(text).value == value
