"""The strict grader of a prompt's own ending. All texts are our own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.grading import (
    extract,
    lm_eval_match,
    strict_answer,
    strict_correct,
    strict_extract,
)
from shared_data import shared_rows

FORMS = {"hashes": "So it is.\n#### {}", "boxed": "So $\\boxed{{{}}}$.",
         "the_answer_is": "So.\nThe answer is {}."}  # fmt: skip


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), st.sampled_from(sorted(FORMS)))
def test_a_number_in_the_form_asked_for_is_read_and_in_another_form_is_not(
    number: int, ending: Any
) -> None:
    for written in (str(number), f"{number:,}"):
        for name, form in FORMS.items():
            text = form.format(written)
            assert strict_correct(text, Fraction(number), ending) is (name == ending)
            assert strict_answer(text, ending) == (written if name == ending else None)
            assert extract(text).value == number
    assert not strict_correct(FORMS[ending].format(number), Fraction(number + 1), ending)


@pytest.mark.parametrize(
    ("ending", "text", "found"),
    [
        ("hashes", "#### 5 and #### 6", "5"),
        ("hashes", "#### $18", None),
        ("boxed", "\\boxed{5} and \\boxed{6}", "6"),
        ("boxed", "\\boxed{$18}", None),
        ("boxed", "\\boxed{18 \\text{ eggs}}", None),
        ("boxed", "\\boxed{18", None),
        ("boxed", "\\boxed{\\frac{1}{2}}", None),
        ("boxed", "\\boxed{-0.5}", "-0.5"),
        ("the_answer_is", "The answer is 5. The answer is 6.", "5"),
        ("the_answer_is", "The answer is 18", "18"),
        ("the_answer_is", "The answer is 1,200.50.", "1,200.50"),
        ("the_answer_is", "The answer is 8.\n", "8"),
        ("the_answer_is", "the answer is 18.", None),
        ("the_answer_is", "The answer is: 18.", None),
        ("the_answer_is", "The answer is $18.", None),
        ("the_answer_is", "The answer is **18**.", None),
        ("the_answer_is", "The answer is 18%.", None),
        ("the_answer_is", "The answer is 1/2.", None),
        ("the_answer_is", "The answer is 18 eggs.", "18"),
    ],
)
def test_only_the_form_itself_counts(ending: Any, text: str, found: str | None) -> None:
    assert strict_answer(text, ending) == found


@settings(deadline=None)
@given(st.text(alphabet="#0123456789.,-$ \n", max_size=60), st.integers(-100, 100))
def test_for_hashes_it_is_the_strict_grader_unchanged(text: str, gold: int) -> None:
    found = strict_answer(text, "hashes")
    assert ("[invalid]" if found is None else found) == strict_extract(text)
    by_lm_eval = lm_eval_match(strict_extract(text), str(gold))
    assert strict_correct(text, Fraction(gold), "hashes") == by_lm_eval


def test_for_hashes_it_agrees_with_the_strict_grader_on_real_outputs() -> None:
    for row in shared_rows("model_solutions/dev.jsonl"):
        gold = Fraction(row["gold"].replace(",", ""))
        text = row["completion"]
        assert strict_correct(text, gold, "hashes") == lm_eval_match(
            strict_extract(text), row["gold"]
        )


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "unit", ["1", "\\boxed{", "\\boxed{1", "The answer is ", "1,", ".", "#### "]
)
def test_a_hostile_megabyte_is_read(unit: str) -> None:
    for ending in FORMS:
        strict_answer(unit * (1_000_000 // len(unit)), ending)  # type: ignore[arg-type]
        strict_answer("The answer is " + unit * (1_000_000 // len(unit)), ending)  # type: ignore[arg-type]
