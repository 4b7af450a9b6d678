"""What an answer looks like: each form, and what only resembles it."""

from __future__ import annotations

import time

import pytest

from netgain.diagnosis.form import Form, forms_of, looped_share

QUESTION = (
    "Rosa ties 14 ribbons in a day and works for 3 weeks before the fair, and then she gives "
    "every one of her 7 nieces the same number of ribbons."
)


@pytest.mark.parametrize(
    "text",
    [
        "#### 12",
        "  \n####12 because 3 times 4 is 12",
        "**#### 12**",
        "\\boxed{12}",
        "\\[ \\boxed{12} \\]",
        "$\\boxed{12}$",
        "The answer is 12.",
        "**The answer is:** 12",
        "Answer: 12",
        "So the final answer is 12.",
        "#### Rosa ties 14 ribbons, so 14 * 7 = 98 a week",
    ],
)
def test_the_mark_comes_first(text: str) -> None:
    assert forms_of(text, "stop") == {"begins_with_mark"}


@pytest.mark.parametrize(
    "text",
    [
        "3 * 4 = 12\n#### 12",
        "### Working\n3 * 4 = 12\n#### 12",
        "##### 12",
        "Answering this takes one sum: 3 * 4 = 12",
        "The answers differ, so we add: 3 + 4 = 7",
        "12",
    ],
)
def test_a_heading_and_a_word_are_no_mark(text: str) -> None:
    assert forms_of(text, "stop") == set()


@pytest.mark.parametrize(
    "text",
    [
        "3 + 4 = 8\n" + "#### 8\n" * 12,
        "He has 5 pens and gives 2 of them to his sister, who has 4.\n" + "#### 2360\n" * 7,
        "So it is 9.\n" * 4,
        "Tom has 3 pens.\nAnn has 4 pens.\n" * 24,
        "We start. " + "He has 4 apples. She has 5 apples. " * 6,
        "19 + 26 = 45 = " + "19 + 26 = " * 30,
        "It costs 3/11 = 0." + "27" * 200,
        "haha" * 500,
        " ".join(f"step {i} adds {i + 3} beads" for i in range(12)) + " and on it goes." * 30,
        "\n".join(f"{i}. Count the pens that she has left in the box again." for i in range(40)),
    ],
)
def test_a_text_that_says_the_same_again_and_again_loops(text: str) -> None:
    assert "loops" in forms_of(text, "length")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"On day {i} she ties {14 * i} ribbons for the fair." for i in range(1, 30)),
        # Said twice, as when a result is checked, is no loop.
        "\n".join(["Tom has 3 pens and Ann has 4 pens, so there are 3 + 4 = 7 pens."] * 2),
        "5 + 5 + 5 + 5 = 20\n#### 20",
        "The share is 1/3 = 0.3333333333333333, so he pays 0.3333333333333333 of it.",
        "\n".join(f"\\[\nx_{i} = {i * i + 3}\n\\]" for i in range(12)),
        "a | b\n--- | ---\n3 | 4\n5 | 6\n" + "-" * 60,
        "1. 3 + 4 = 7\n2. 7 * 2 = 14\n3. 14 - 1 = 13\n4. The answer is 13.",
    ],
)
def test_steps_that_are_alike_do_not_loop(text: str) -> None:
    assert "loops" not in forms_of(text, "stop")


def test_few_words_are_no_run() -> None:
    assert looped_share("too short") == (0.0, 0)


def test_a_question_that_is_copied_and_one_that_is_retold() -> None:
    assert "copies_question" in forms_of(f"Question: {QUESTION} So, 42.", "stop", QUESTION)
    retold = "She ties 14 ribbons in a day, which is 98 a week, and works for 3 weeks."
    assert forms_of(retold, "stop", QUESTION) == set()
    assert forms_of(QUESTION, "stop") == set()  # nothing to compare with
    assert forms_of("How many? 7", "stop", "How many? 7") == set()  # too short to tell


def test_forms_do_not_exclude_each_other() -> None:
    both: set[Form] = {"begins_with_mark", "loops", "truncated"}
    assert forms_of("#### 12\n" * 30, "length") == both
    assert forms_of(" \n", "length") == {"empty", "truncated"}
    assert forms_of("", "error") == {"empty"}


def test_hostile_text_takes_linear_time() -> None:
    for piece in ("a", "ab ", "* ", "####", "$\\[", ". ", "\n", "x.", "the answer", "=|"):
        text = piece * (500_000 // len(piece))
        begun = time.process_time()
        forms_of(text, "stop", text)
        assert time.process_time() - begun < 3
