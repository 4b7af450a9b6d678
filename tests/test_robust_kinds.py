"""Kinds of writing, each in many variants: currencies, scripts, scales, templates, afterthoughts.

All texts are our own. What one rule reads is in test_robust.py.
"""

from __future__ import annotations

import unicodedata
from fractions import Fraction

import pytest

from netgain.grading import extract

MARKED = ("#### {}", "The answer is {}", "\\boxed{{{}}}", "Answer: {}")
UNMARKED = ("So it comes to {}.", "He pays {} for it.")


def values(written: str, frames: tuple[str, ...] = MARKED + UNMARKED) -> set[Fraction | None]:
    return {extract(frame.format(written)).value for frame in frames}


@pytest.mark.parametrize(
    "code",
    ["USD", "EUR", "GBP", "INR", "CHF", "RMB", "Rs", "Rs.", "Rp", "RM", "kr", "US$", "A$", "HK$",
     "R$", "₦", "₱", "฿", "₺", "₫", "KSh", "AED", "NGN", "€", "￥"],
)  # fmt: skip
def test_a_currency_before_a_number_changes_nothing(code: str) -> None:
    for space in ("", " "):
        for number, value in (("27.4", Fraction(137, 5)), ("3,150", 3150), ("640", 640)):
            assert values(code + space + number) == {value}, (code, space, number)
    assert values(f"-{code}640", MARKED) == {-640}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("27.4USD", Fraction(137, 5)), ("640/-", 640), ("3.000 Euro", 3000), ("€7.500", 7500),
        ("25.000 TL", 25_000), ("Rp25.000", 25_000), ("25.000₫", 25_000), ("R$ 3.500", 3500),
        ("3.150,40 €", Fraction(15752, 5)), ("$1.125", Fraction(9, 8)), ("£3.000", 3),
    ],
)  # fmt: skip
def test_money_has_no_thousandths_where_points_group(written: str, value: Fraction | int) -> None:
    assert values(written) == {value}


@pytest.mark.parametrize(
    "zero",
    [chr(c) for c in range(0x660, 0x1FBFA) if unicodedata.decimal(chr(c), -1) == 0],
)
def test_digits_of_every_script_are_digits(zero: str) -> None:
    written = "".join(chr(ord(zero) + int(digit)) for digit in "2740")
    assert values(written, (*MARKED, *UNMARKED, "รวม{}บาท", "共{}元。")) == {2740}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("٣٬١٥٠", 3150), ("٢٧٫٤", Fraction(137, 5)), ("-٢٧", -27), ("۳٬۱۵۰٫۵", Fraction(6301, 2)),
        ("３，１５０", 3150), ("－２７", -27), ("२७,४०,०००", 2_740_000), ("\u200f٢٧\u200f", 27),
        ("3_150_000", 3_150_000), ("3’150", 3150), ("3\u202f150,4", Fraction(15752, 5)),
        ("3,\\!150", 3150), ("3\\ 150", 3150),
    ],
)  # fmt: skip
def test_separators_of_other_scripts(written: str, value: Fraction | int) -> None:
    assert values(written) == {value}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2.7万", 27_000), ("4亿", 4 * 10**8), ("2万7000", 27_000), ("2万7000円", 27_000),
        ("2萬7千", 27_000), ("1億2000万", 12 * 10**7), ("3千万", 3 * 10**7), ("2만 7천원", 27_000),
        ("2만7000원", 27_000), ("3억 5천만", 35 * 10**7), ("２万７千円", 27_000), ("5千米", 5),
        ("4千克", 4), ("6조각", 6), ("2兆", 2 * 10**12),
    ],
)  # fmt: skip
def test_myriads(written: str, value: int) -> None:
    frames = (
        "#### {}",
        "答案是{}。",
        "答えは{}です。",
        "정답은 {}입니다.",
        "所以一共{}。",
        "合計{}。",
    )
    assert values(written, frames) == {value}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2.7 lakh", 270_000), ("4 crores", 4 * 10**7), ("₹4 crore", 4 * 10**7), ("27 mil", 27_000),
        ("1,5 Millionen", 1_500_000), ("2,5 millones", 2_500_000), ("6 juta", 6_000_000),
        ("27 тыс.", 27_000), ("1,5 млн", 1_500_000), ("2 triệu", 2_000_000), ("2 लाख", 200_000),
        ("4 करोड़", 4 * 10**7), ("$4 mil", 4_000_000), ("3 milliards", 3 * 10**9),
        ("INR 2.5 million", 2_500_000),
    ],
)  # fmt: skip
def test_scales_in_other_words(written: str, value: int) -> None:
    assert values(written) == {value}


@pytest.mark.parametrize("written", ["2-1/4", "2–1/4", "2 1/4", "2¼", "2 and 1/4", "2\u00a01/4"])
def test_mixed_numbers(written: str) -> None:
    assert values(f"{written} hours") == {Fraction(9, 4)}


def test_a_hyphen_in_a_calculation_is_a_minus() -> None:
    assert extract("What is left is 1-1/4 = 3/4 of it.").value == Fraction(3, 4)
    assert extract("#### 5 - 1/4").value != Fraction(21, 4)


@pytest.mark.parametrize(
    "written", ["- 27", "−27", "– 27", "- $27", "$-27", "‑27", "－27", "(-27)"]
)
def test_minus_signs(written: str) -> None:
    assert values(written, (*MARKED, "So x = {}")) == {-27}


@pytest.mark.parametrize(
    "text", ["Answer:\n- 27", "Final answer:\n• 27 eggs", "- 27 eggs", "Answer - 27", "It is — 27"]
)
def test_a_bullet_or_a_dash_is_no_minus(text: str) -> None:
    assert extract(text).value == 27


def test_a_sum_in_brackets_by_itself_is_below_zero_and_an_aside_is_not() -> None:
    assert values("($640)", ("The result is {}.", "#### {}", "Profit: {}")) == {-640}
    assert extract("The total ($640) is the answer.").value == 640
    assert extract("The result is (640).").value == 640


@pytest.mark.parametrize(
    ("written", "gold"),
    [
        ("40%", 40), ("40%", Fraction(2, 5)),
        ("40\\%", Fraction(2, 5)), ("40 percent", Fraction(2, 5)),
        ("40 cents", Fraction(2, 5)), ("40¢", 40), ("3 dozen", 36), ("3 dozen", 3),
        ("two dozen", 24), ("half a dozen", 6), ("a dozen", 12), ("a pair", 2),
    ],
)  # fmt: skip
def test_a_quantity_may_be_counted_in_either_unit(written: str, gold: Fraction | int) -> None:
    for frame in MARKED:
        assert extract(frame.format(written)).equals(Fraction(gold))


@pytest.mark.parametrize(
    ("written", "gold"),
    [
        ("40", Fraction(2, 5)), ("2/5", 40), ("0.4", 40), ("4000 cents", 40), ("$2.50", 250),
        ("40%", 4000), ("3", 36),
    ],
)  # fmt: skip
def test_no_other_unit_is_supposed(written: str, gold: Fraction | int) -> None:
    assert not extract(f"The answer is {written}.").equals(Fraction(gold))


def test_plus_or_minus_is_two_answers() -> None:
    for text in ("The answer is ±27.", "$\\boxed{\\pm 27}$"):
        assert extract(text).rule == "conflicting"


# --- what stands below the answer -------------------------------------------------------------


@pytest.mark.parametrize(
    "afterthought",
    [
        "Would you like me to work it out for 30 days?", "Shall I do it for 30 days, too?",
        "Let me know if you need it for 30 days.", "Confidence: 90%", "(confidence: 0.9)",
        "I am 90% sure.", "If you'd like, I can do it for 30 days.", "Want it for 30 days?",
        "¿Lo calculo para 30 días?", "需要30天的结果吗？", "I can also show it for 30 days.",
    ],
)  # fmt: skip
def test_an_offer_or_a_confidence_after_the_answer_is_not_read(afterthought: str) -> None:
    for answer in ("She earns $27 a day.", "It is **27**.", "9 * 3 = 27\n", "Result: 27\n"):
        for gap in (" ", "\n", "\n\n"):
            assert extract(answer + gap + afterthought).value == 27, (answer, gap)


TEMPLATES = [
    "Question: {q}\nAnswer: {a}", "Q. {q}\nA. {a}", "Q2: {q}\nA2: {a}",
    "Problem: {q}\nSolution: {a}",
    "### Instruction:\n{q}\n\n### Response:\n{a}", "### Input:\n{q}\n\n### Response:\n{a}",
    "### Response:\n{a}", "### User:\n{q}\n\n### Assistant:\n{a}", "Input: {q}\nOutput: {a}",
    "Instruct: {q}\nOutput: {a}", "USER: {q}\nASSISTANT: {a}", "Human: {q}\n\nAI: {a}",
    "Prompt: {q}\nCompletion: {a}", "Student: {q}\nTeacher: {a}", "Task: {q}\nAnswer: {a}",
    "<|user|>\n{q}\n<|assistant|>\n{a}", "<user>\n{q}\n</user>\n<assistant>\n{a}",
    "<|im_end|>\n<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\n<think></think>{a}",
    "<end_of_turn>\n<start_of_turn>user\n{q}<end_of_turn>\n<start_of_turn>model\n{a}",
    "<turn|>\n<|turn>user\n{q}<turn|>\n<|turn>model\n{a}", "[|user|]{q}\n[|assistant|]{a}",
    "<extra_id_1>User\n{q}\n<extra_id_1>Assistant\n{a}", "</s>[INST] {q} [/INST] {a}",
    "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{q}<|eot_id|>\n\n{a}",
    "<｜end▁of▁sentence｜><｜User｜>{q}<｜Assistant｜>{a}", "<reserved_106>{q}<reserved_107>{a}",
    "<|end|><|start|>user<|message|>{q}<|end|><|start|>assistant<|channel|>final<|message|>{a}",
    "[Question] {q}\n[Answer] {a}", "[Round 2]\n\n问：{q}\n\n答：{a}", "题目：{q}\n答案：{a}",
    "問題：{q}\n答え：{a}", "문제: {q}\n정답: {a}", "Frage: {q}\nAntwort: {a}",
    "Pregunta: {q}\nRespuesta: {a}", "Вопрос: {q}\nОтвет: {a}", "Exercise 2: {q}\nSolution: {a}",
    "## Problem 2\n{q}\n## Solution\n{a}", "**Question 2:** {q}\n**Answer:** {a}",
    "\\textbf{{Problem 2.}} {q}\n{a}", "Question 2\n{q}\n{a}", "Example 2:\n{q}\n{a}",
    "Here is another problem:\n{q}\n{a}", "Now let's solve another one. {q}\n{a}",
    "Try this one: {q}\n{a}", "Next question: {q}\n{a}", "Practice problem: {q}\n{a}",
    "Below is an instruction that describes a task.\n\n### Instruction:\n{q}\n\n### Response:\n{a}",
    "GPT4 Correct User: {q}<|end_of_turn|>GPT4 Correct Assistant: {a}",
]  # fmt: skip
QUESTIONS = [
    "Bo has 6 hats and gets 5.", "Bo has 6 hats and gets 5 more. How many has he now?",
    "Bo has six hats and gets five more. How many has he now?",
]  # fmt: skip
ANSWERS = [
    ("9 * 3 = 27\n#### 27", "6 + 5 = 11\n#### 11"),
    ("9 * 3 = 27. The answer is 27.", "6 + 5 = 11. The answer is 11."),
    ("So it is \\boxed{27}.", "So it is \\boxed{11}."),
    ("She earns 9 * 3 = 27 dollars.", "He has 6 + 5 = 11 hats."),
]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_next_question_of_any_template_is_not_read(template: str) -> None:
    for question in QUESTIONS:
        for first, second in ANSWERS:
            text = f"{first}\n\n{template.format(q=question, a=second)}"
            assert extract(text).value == 27, text


def test_a_numbered_next_question_is_not_read_and_numbered_steps_are() -> None:
    run_on = (
        "She earns 27 dollars.\n\n2. Bo has 6 hats and gets 5. How many has he now?\nHe has 11."
    )
    assert extract(run_on).value == 27
    steps = (
        "1. How many eggs are there? 20.\n\n2. How many are left of the 20 if 4 break?\n20 - 4 = 16"
    )
    assert extract(steps).value == 16


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A is 50, B 20, in all 70.\n\nQuestion: how much more is A? 50 - 20 = 30.\n#### 30", 30),
        ("6 bags of 5.\n\n**Question:** how many in all?\n6 * 5 = 30. The answer is 30.", 30),
        ("Step 1: read it.\n\nProblem: Bo has 6 hats and loses 2.\nSolution: 6 - 2 = 4\n#### 4", 4),
        ("Teachers: 3 * 10 = 30\nStudents: 6 * 5 = 30\nThey pay 60.", 60),
        ("User 1: 10 points\nUser 2: 15 points\nTogether 25", 25),
        ("2 accounts.\nUser: 10 points\nAdmin: 15 points\nTogether 25", 25),
        ("20 eggs. Let's solve a similar problem first.\nOf 4 eggs 2.\nSo 20/2 = 10.\n#### 10", 10),
        ("Here is another way: 6 * 5 = 30, so the answer is 30.", 30),
        ("```python\nprint(6 * 5)\n```\nOutput: 30", 30),
        ("6 * 5 is 30.\n\n### Response:\nThe answer is 30 + 1 = 31.", 31),
        ("### Response:\n6 * 5 = 30\n#### 30", 30),
    ],
)  # fmt: skip
def test_the_question_asked_said_again_cuts_nothing_off(text: str, value: int) -> None:
    assert extract(text).value == value
