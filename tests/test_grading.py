"""The three graders side by side, and how far they agree with people on real outputs.

What the robust one reads, rule by rule, is in test_robust.py.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.errors import DataError
from netgain.grading import (
    extract,
    flexible_extract,
    gold_answer,
    grade,
    lm_eval_match,
    strict_extract,
)
from netgain.text.numbers import format_number
from shared_data import shared_rows

RULES = {"hashes", "boxed", "stated", "opening", "last_number", "closing"}
REASONS = {"empty", "no_number", "refused", "too_large", "conflicting", "truncated", "error"}

# Pieces that the rules look at, so that random texts reach them.
PIECES = st.sampled_from(
    [
        "#### ", "####", "\\boxed{", "\\frac{", "\\text{", "{", "}", "(", ")", "The answer is ",
        "Answer: ", "A: ", "final answer\n", "Question: ", "<answer>", "</think>", "<think>",
        "答案",
        "<|im_end|>", "<<", ">>", "=", "-", "−", "$", "1", "8", "234", ",", ".", "/", ":", "%", "^",
        "e", "½", "²", " ", "\n", "\u2009", "**", "_", "million", "apples", " or ", " and ", "?",
        "twenty", "hundred", "half", " hours ", "30 minutes", " in ", "therefore ", "Check: ",
        "2. ",
        "loses ", "wait ", "Wait, that's wrong. ", "So it's ", "Because ", "(", "十八", "√", " × ",
        "I cannot tell ", "12/25/2024", "\\", "1e999", "９",
    ]
)  # fmt: skip
MODEL_TEXT = st.lists(PIECES, max_size=30).map("".join) | st.text()


def verdicts_on(text: str, gold: Fraction) -> dict[str, bool]:
    judged = grade(text, gold)
    return {"robust": judged.correct, "strict": judged.strict, "flexible": judged.flexible}


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
        ("1 234", Fraction(1234)),
        ("1.234,5", Fraction(2469, 2)),
        ("3½", Fraction(7, 2)),
        ("\\frac{3}{4}", Fraction(3, 4)),
        ("#### 2:30", Fraction(5, 2)),
        ("1.5 million", Fraction(1_500_000)),
        ("18 apples", Fraction(18)),
        ("18 (apples)", Fraction(18)),
        ("$1,250 per week", Fraction(1250)),
        ("2,\\!500", Fraction(2500)),
        ("2\\,500", Fraction(2500)),
        ("2_500", Fraction(2500)),
        ("१८", Fraction(18)),
        ("1.2万", Fraction(12_000)),
        ("- 18", Fraction(-18)),
        ("USD34.6", Fraction(173, 5)),
        ("9 + 9 = 18\n#### 18\nThe answer is: 18", Fraction(18)),
        ("Twice nine, so \\boxed{18}.", Fraction(18)),
        ("Twice nine. The answer is 18.", Fraction(18)),
        ("eighteen", Fraction(18)),
    ],
)
def test_a_gold_answer_is_read_from_a_solution_or_a_bare_number(text: str, value: Fraction) -> None:
    assert gold_answer(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "None",
        "#### ",
        "#### 5 or 6",
        "x",
        "9**9**9",
        "3-5",
        "18 apples and 4 pears",
        "She has 9 + 9 = 18 apples",
        "many",
        "±5",
        "\\boxed{5 or 6}",
        "\x1b[31mx",
    ],
)
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


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9))
def test_every_grader_accepts_a_reference_solution(number: int) -> None:
    solution = f"It is {number}, all told.\n#### {number:,}"
    assert all(verdicts_on(solution, gold_answer(solution)).values())


@settings(deadline=None)
@given(MODEL_TEXT, st.sampled_from(["stop", "length", "error"]))
def test_grading_never_raises_and_reads_what_it_writes(text: str, finish: Any) -> None:
    judged = grade(text, Fraction(18), finish_reason=finish)
    if judged.extracted is None:
        assert judged.rule in REASONS
        assert not judged.correct
    else:
        assert judged.rule in RULES
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
        "(1 ", ", 3 of them ", "wait, ", "wrong. ", "sqrt", "√4", "0x1",
        "1/1/2024", "I cannot say ", "1 × ", "1'1", "十", "\n\n1", "**1**. ",
    ],
)  # fmt: skip
def test_a_hostile_megabyte_is_graded(unit: str) -> None:
    text = "1 " + unit * (1_000_000 // len(unit)) + " \\ ^ x"
    assert grade(text, Fraction(18)).correct is False


# --- agreement with people -------------------------------------------------------------------


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_gsm8k_solution_is_accepted_by_every_grader(split: str) -> None:
    for row in shared_rows(f"gsm8k/{split}.jsonl"):
        verdicts = verdicts_on(row["answer"], gold_answer(row["answer"]))
        assert all(verdicts.values()), (verdicts, row["answer"][-80:])


def test_the_graders_agree_with_adjudicated_verdicts() -> None:
    """Measured on 9,233 outputs: robust 99.957%, strict 76.941%, flexible 99.166%."""
    agree = Counter[str]()
    rows = list(shared_rows("model_solutions/dev.jsonl"))
    for row in rows:
        for name, verdict in verdicts_on(row["completion"], gold_answer(row["gold"])).items():
            agree[name] += verdict == row["correct"]
    share = {name: count / len(rows) for name, count in agree.items()}
    assert share["robust"] >= 0.9995
    # Reproductions of published rules: nearer to people would be as wrong as further away.
    assert round(share["strict"], 4) == 0.7694
    assert round(share["flexible"], 4) == 0.9917


def test_robust_agrees_on_solutions_from_other_collections() -> None:
    """Measured on 665 solutions whose answers people had judged: 661 agree (99.4%)."""
    rows = list(shared_rows("first_error/dev.jsonl"))
    agree = 0
    for row in rows:
        is_right = extract("\n".join(row["steps"])).value == gold_answer(str(row["gold_answer"]))
        agree += is_right == row["answer_correct"]
    assert agree / len(rows) >= 0.99
