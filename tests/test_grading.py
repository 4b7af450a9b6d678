"""What the graders read, and how far they agree with people on real outputs.

The agreement tests need GSM8K and real model outputs, which are not part of the repository:
they look in $NETGAIN_SHARED, else in the folder `shared` beside the repository.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.errors import DataError
from netgain.grading import (
    GRADERS,
    extract,
    flexible_extract,
    gold_answer,
    grade,
    lm_eval_match,
    strict_extract,
)
from netgain.grading.scan import numbers_in, plain
from netgain.numbers import format_number

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NETGAIN_SHARED") or REPOSITORY.parent / "shared")

# Pieces that the rules look at, so that random texts reach them.
PIECES = st.sampled_from(
    [
        "#### ", "####", "\\boxed{", "\\frac{", "{", "}", "(", ")", "The answer is ", "Answer: ",
        "A: ", "final answer\n", "Question: ", "</think>", "<|im_end|>", "<<", ">>", "=", "-", "−",
        "$", "1", "8", "234", ",", ".", "/", ":", "%", "^", "e", "½", " ", "\n", "\u2009", "**",
        "_", "million", "apples",
    ]
)  # fmt: skip
MODEL_TEXT = st.lists(PIECES, max_size=30).map("".join) | st.text()


# --- gold answers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9 + 9 = <<9+9=18>>18\n#### 18", Fraction(18)),
        ("#### 3\nno, wait\n#### 1,250", Fraction(1250)),
        ("#### -4", Fraction(-4)),
        ("#### $2.50", Fraction(5, 2)),
        ("18", Fraction(18)),
        (" 1/3 ", Fraction(1, 3)),
        ("50%", Fraction(50)),
    ],
)
def test_a_gold_answer_is_read_from_a_solution_or_a_bare_number(text: str, value: Fraction) -> None:
    assert gold_answer(text) == value


@pytest.mark.parametrize("text", ["", "None", "#### ", "so she has 18 apples", "#### 5 or 6", "x"])
def test_a_gold_answer_that_is_no_number_is_an_error_in_the_data(text: str) -> None:
    with pytest.raises(DataError, match="gold answer"):
        gold_answer(text)


def test_the_error_shows_the_text_shortened() -> None:
    with pytest.raises(DataError) as caught:
        gold_answer("#### " + "9" * 1_000_000)
    assert "999…" in str(caught.value)
    assert len(str(caught.value)) < 300


# --- lm-eval's metrics, faults included ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "strict", "flexible"),
    [
        ("so 9\n#### 18", "18", "18"),
        ("#### 1,234.", "1,234.", "1,234."),
        ("#### 18. That's all...", "18.", "..."),
        ("18. That's all..", "[invalid]", ".."),
        ("####18", "[invalid]", "18"),
        ("#### $18", "[invalid]", "$18"),
        ("#### **18**", "[invalid]", "18"),
        ("#### 5 and then #### 6", "5", "6"),
        ("#### -7", "-7", "-7"),
        ("#### −7", "[invalid]", "7"),
        ("3-5", "[invalid]", "-5"),
        ("1/2", "[invalid]", "2"),
        ("18% of 20", "[invalid]", "20"),
        ("none", "[invalid]", "[invalid]"),
        ("", "[invalid]", "[invalid]"),
    ],
)
def test_lm_eval_filters_find_what_lm_eval_finds(text: str, strict: str, flexible: str) -> None:
    assert strict_extract(text) == strict
    assert flexible_extract(text) == flexible


@pytest.mark.parametrize(
    ("extracted", "gold", "same"),
    [
        ("18", "18", True),
        ("1,234", "1234", True),
        ("$18.", "18", True),
        ("$18.00", "18", False),
        ("18..", "18", False),
        ("18", "9 + 9 = 18\n#### 18", True),
        ("1234", "#### 3\n#### 1,234", True),
        ("[INVALID]", "[invalid]", True),
    ],
)
def test_lm_eval_compares_as_strings(extracted: str, gold: str, same: bool) -> None:
    assert lm_eval_match(extracted, gold) is same


# --- our own reading -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        # hashes
        ("#### 18", "hashes", 18),
        ("####18", "hashes", 18),
        ("#### $18.00", "hashes", 18),
        ("#### **18**", "hashes", 18),
        ("#### **$1,234**.", "hashes", 1234),
        ("#### 18. That's all, see you...", "hashes", 18),
        ("#### −3", "hashes", -3),
        ("#### -$3", "hashes", -3),
        ("#### 16.5", "hashes", Fraction(33, 2)),
        ("#### 1/2", "hashes", Fraction(1, 2)),
        ("#### 50%", "hashes", 50),
        ("#### 50\\%", "hashes", 50),
        ("#### 18 of the 30 hats", "hashes", 18),
        ("4 + 5 = #### 9 hats more than the 3 she had", "hashes", 9),
        ("#### 5\nwait, that is wrong\n#### 6", "hashes", 6),
        ("#### 6\n####", "hashes", 6),
        ("#### x = 7", "hashes", 7),
        ("#### 3 + 4 = 7", "hashes", 7),
        ("#### 20 = 4 * 5", "hashes", 20),
        ("#### 12 - 15", "hashes", 15),
        ("#### 3 * (4 + 1) = 15", "hashes", 15),
        ("#### 15 (since 3 * 5 = 15, not 16)", "hashes", 15),
        ("#### 3-5", "hashes", 5),
        ("#### 3 to 5", "hashes", 5),
        ("#### 2:00 pm", "hashes", 2),
        ("#### 7\nThe answer is: 8", "hashes", 7),
        # boxed
        ("Hence $\\boxed{18}$.", "boxed", 18),
        ("\\[\\boxed{3\\frac{1}{2}}\\]", "boxed", Fraction(7, 2)),
        ("\\boxed{\\text{18 hats}}", "boxed", 18),
        ("\\boxed{\\$1{,}234}", "boxed", 1234),
        ("\\boxed{x = -\\frac{3}{4}}", "boxed", Fraction(-3, 4)),
        ("\\boxed{1}, or rather \\boxed{2}. The answer is 3", "boxed", 2),
        ("\\boxed{5} and \\boxed{?}", "boxed", 5),
        # stated
        ("The answer is 18. That's all 3 of us...", "stated", 18),
        ("the answer is: **18**", "stated", 18),
        ("The final answer is $x = 5$.", "stated", 5),
        ("The answer would be about 12 eggs, from 3 hens", "stated", 12),
        ("The answer to question 2 is 7, I think; 9 is wrong", "stated", 7),
        ("The answer is that she keeps $18.", "stated", 18),
        ("So the answer is 30 - 12 = 18 for all 4", "stated", 18),
        ("**Answer:** -$5 (a loss of 5, over 2 days)", "stated", -5),
        ("Final Answer\n\n**$1,800** in 2 weeks", "stated", 1800),
        ("2 * 3 = 6\nA: 6", "stated", 6),
        ("Answer: 18\n\nCheck: 18 - 9 = 9", "stated", 18),
        ("the answer is 0", "stated", 0),
        # last_number
        ("18. That's all...", "last_number", 18),
        ("She pays $18.00.", "last_number", 18),
        ("so 1,234", "last_number", 1234),
        ("between 3-5", "last_number", 5),
        ("what is left is 9 - 5", "last_number", 5),
        ("first 9, then -5", "last_number", -5),
        ("- 5 hats", "last_number", 5),
        ("on 12/25/2020", "last_number", 2020),
        ("it is 1/2", "last_number", Fraction(1, 2)),
        ("3½ cups", "last_number", Fraction(7, 2)),
        ("from 9 up to 10 m^2", "last_number", 10),
        ("7 litres of H2O", "last_number", 7),
        ("x_1 is 4 and x_2 is five", "last_number", 4),
        ("48/2 = <<48/2=24>>24", "last_number", 24),
        ("1 + 1 = 2<<1+1=2>>", "last_number", 2),
        ("half of it, $<<9*2=18>>18", "last_number", 18),
        ("that makes 1.5 million", "last_number", 1_500_000),
        ("which is 3 \\times 10^{5}", "last_number", 300_000),
        ("1\u202f234\u202f567 in all", "last_number", 1_234_567),
        ("１８", "last_number", 18),
        ("10,20", "last_number", 20),
        ("The answer is not 5 but 18", "last_number", 18),
        ("wait...18", "last_number", 18),
    ],
)
def test_robust_reads(text: str, rule: str, value: Fraction | int) -> None:
    found = extract(text)
    assert (found.rule, found.value) == (rule, value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("I do not know.", "no_number"),
        ("#### ", "no_number"),
        ("version 1.2.3", "no_number"),
        ("1/0", "no_number"),
        ("#### " + "9" * 61, "too_large"),
        ("first 5, then 1e99", "too_large"),
    ],
)
def test_robust_says_why_it_found_nothing(text: str, reason: str) -> None:
    found = extract(text)
    assert (found.rule, found.value) == (reason, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#### Step 1: add\n3 + 4 = 7\n#### Step 2: check\nSo 7", 7),
        ("#### 1. Add\n3 + 4 = 7\n#### 2. Double\nThat makes 14", 14),
        ("Answer:\n1. Add 3 and 4\n2. Double it, which makes 14", 14),
        ("Answer: 16 - 3 = 13 stay\nof these 4 go, so 13 - 4 = 9", 9),
        ("Answer: 16 hats were there at first\n16 - 3 = 13", 13),
    ],
)
def test_headings_and_working_are_not_answers(text: str, value: int) -> None:
    assert extract(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("She has 18.\n\nQuestion: Bo has 5 hats.\nAnswer: 5\n#### 5", 18),
        ("#### 18\nQ: and then?\nA: 20", 18),
        ("Question: Bo has 5 hats, how many are left of 7?\nAnswer: 2", 2),
        ("The answer is 18<|im_end|>\n<|im_start|>user\nthe answer is 5", 18),
        ("<think>the answer is 5? #### 5</think>It is 18", 18),
        ("<think>It is 18</think>", 18),
    ],
)
def test_only_the_answer_to_the_question_asked_is_read(text: str, value: int) -> None:
    assert extract(text).value == value
    assert extract("\n " + text).value == value


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("First she has 18 hats, and then", "truncated", None),
        ("", "truncated", None),
        ("#### 1", "truncated", None),  # perhaps 18 was meant
        ("#### 18\n#### 1", "hashes", 18),
        ("#### 18\n and so on", "hashes", 18),
        ("The answer is 18. Let me", "stated", 18),
        ("She has 18 hats.\nQuestion: Bo has 7", "last_number", 18),
    ],
)
def test_a_text_that_was_cut_off_counts_only_by_an_answer_it_had_given(
    text: str, rule: str, value: int | None
) -> None:
    found = extract(text, "length")
    assert (found.rule, found.value) == (rule, value)


def test_a_failed_generation_is_told_apart_from_a_truncated_one() -> None:
    assert extract("", "error").rule == "error"


def test_a_number_is_right_only_when_it_is_equal() -> None:
    robust = GRADERS["robust"]
    assert robust("#### 1,234", Fraction(1234))
    assert robust("#### 18.00", Fraction(18))
    assert robust("#### 0.5", Fraction(1, 2))
    assert not robust("#### 16.5", Fraction(16))
    assert not robust("#### 123459", Fraction(123456))
    assert not robust("#### 3.33", Fraction(10, 3))
    assert not robust("#### 3", Fraction(-3))
    assert not robust("no answer", Fraction(0))


def test_plain_text_keeps_its_numbers_apart() -> None:
    assert [n.value for n in numbers_in(plain("5<<2+3=5>>5 hats, **1**"))] == [5, 5, 1]


def test_a_number_knows_where_it_stands() -> None:
    text = "a -$5, then 3/4"
    assert [text[n.start : n.end] for n in numbers_in(text)] == ["-$5", "3/4"]


# --- all three together ----------------------------------------------------------------------


def test_a_grade_carries_all_three_verdicts_and_the_rule() -> None:
    judged = grade("It costs #### $18.00", Fraction(18), problem_id="p1", sample=2, turn=1)
    assert (judged.problem_id, judged.sample, judged.turn) == ("p1", 2, 1)
    assert (judged.extracted, judged.rule) == ("18", "hashes")
    assert (judged.strict, judged.flexible, judged.correct) == (False, False, True)


def test_a_truncated_generation_is_wrong_and_says_so() -> None:
    judged = grade("She has 18 and then", Fraction(18), finish_reason="length")
    assert (judged.extracted, judged.rule, judged.correct) == (None, "truncated", False)
    assert judged.flexible  # lm-eval does not ask how a text ended


def test_the_graders_are_the_three_by_name() -> None:
    assert list(GRADERS) == ["robust", "strict", "flexible"]


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9))
def test_every_grader_accepts_a_reference_solution(number: int) -> None:
    solution = f"It is {number}, all told.\n#### {number:,}"
    assert all(is_right(solution, gold_answer(solution)) for is_right in GRADERS.values())


@settings(deadline=None)
@given(MODEL_TEXT, st.sampled_from(["stop", "length", "error"]))
def test_grading_never_raises_and_reads_what_it_writes(text: str, finish: Any) -> None:
    judged = grade(text, Fraction(18), finish_reason=finish)
    if judged.extracted is None:
        assert judged.rule in {"empty", "no_number", "too_large", "truncated", "error"}
        assert not judged.correct
    else:
        assert judged.rule in {"hashes", "boxed", "stated", "last_number"}
        assert Fraction(judged.extracted) == extract(text, finish).value


@settings(deadline=None)
@given(MODEL_TEXT, st.sampled_from([" ", "\n", "\t ", "\r\n\n", "\u00a0"]))
def test_surrounding_white_space_changes_nothing(text: str, space: str) -> None:
    assert extract(space + text + space) == extract(text)
    assert strict_extract(space + text + space) == strict_extract(text)
    assert flexible_extract(space + text + space) == flexible_extract(text)


@settings(deadline=None)
@given(MODEL_TEXT, st.fractions(), st.fractions())
def test_what_is_extracted_does_not_depend_on_the_gold(
    text: str, gold: Fraction, other: Fraction
) -> None:
    assert grade(text, gold).extracted == grade(text, other).extracted


@settings(deadline=None)
@given(st.fractions(max_denominator=10**6))
def test_a_plainly_given_answer_is_read_back(value: Fraction) -> None:
    written = format_number(value)
    for text in (f"#### {written}", f"\\boxed{{{written}}}", f"The answer is {written}."):
        assert extract(text).value == value


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "unit",
    [
        "1", "1,", "1.", "1 ", "1/", "1 1/1 ", "-", "$", "####", "#### ", "#### a", "#### 1. A\n",
        "\\boxed{", "\\boxed{}", "{", "answer is ", "answer: ", "the answer to ", "answer: 1. A\n",
        "final answer ", "A:\n", "\nQuestion: ", "<<", "<<1", " ", "\n", "**", "_", "\\frac{",
        "\\frac{1}", "{,}", "1x10^", "^{", "1e5", "1=", "</think>", "1:30", "1 to ", "½",
    ],
)  # fmt: skip
def test_a_hostile_megabyte_is_graded(unit: str) -> None:
    text = "1 " + unit * (1_000_000 // len(unit)) + " \\ ^ x"
    assert grade(text, Fraction(18)).correct is False


# --- agreement with people -------------------------------------------------------------------


def _rows(name: str) -> Iterator[dict[str, Any]]:
    path = SHARED / "data" / name
    if not path.is_file():
        pytest.skip(f"needs {name}, which is not in the repository; set NETGAIN_SHARED to find it")
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_gsm8k_solution_is_accepted_by_every_grader(split: str) -> None:
    for row in _rows(f"gsm8k/{split}.jsonl"):
        gold = gold_answer(row["answer"])
        for name, is_right in GRADERS.items():
            assert is_right(row["answer"], gold), (name, row["answer"][-80:])


def test_the_graders_agree_with_adjudicated_verdicts() -> None:
    """Measured on 9,233 outputs: robust 100%, strict 76.94%, flexible 99.17%."""
    agree = dict.fromkeys(GRADERS, 0)
    rows = list(_rows("model_solutions/dev.jsonl"))
    for row in rows:
        judged = grade(row["completion"], gold_answer(row["gold"]))
        verdicts = {"robust": judged.correct, "strict": judged.strict, "flexible": judged.flexible}
        for name, verdict in verdicts.items():
            agree[name] += verdict == row["correct"]
    share = {name: count / len(rows) for name, count in agree.items()}
    assert share["robust"] >= 0.9995
    # Reproductions of published rules: nearer to people would be as wrong as further away.
    assert round(share["strict"], 4) == 0.7694
    assert round(share["flexible"], 4) == 0.9917


def test_robust_agrees_on_solutions_from_other_collections() -> None:
    """Measured on 665 solutions whose answers people had judged: 661 agree (99.4%)."""
    rows = list(_rows("first_error/dev.jsonl"))
    agree = 0
    for row in rows:
        is_right = extract("\n".join(row["steps"])).value == gold_answer(str(row["gold_answer"]))
        agree += is_right == row["answer_correct"]
    assert agree / len(rows) >= 0.99
