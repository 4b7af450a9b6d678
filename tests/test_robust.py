"""What the robust grader reads in the manner of varied models, by rule. All texts are our own."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.grading import extract
from netgain.text.scan import numbers_in, plain
from netgain.text.words import word_numbers_in

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#### 18", 18), ("####18", 18), ("#### $18.00", 18), ("#### **18**", 18),
        ("#### **$1,234**.", 1234), ("#### 18. That's all, see you...", 18), ("#### −3", -3),
        ("#### -$3", -3), ("#### 16.5", Fraction(33, 2)), ("#### 1/2", HALF), ("#### 50%", 50),
        ("#### 50\\%", 50), ("#### 18 of the 30 hats", 18), ("#### 6th place", 6),
        ("4 + 5 = #### 9 hats more than the 3 she had", 9), ("#### x = 7", 7),
        ("#### 5\nwait, that is wrong\n#### 6", 6), ("#### 6\n####", 6), ("#### 3 + 4 = 7", 7),
        ("#### 20 = 4 * 5", 20), ("#### 3 * (4 + 1) = 15", 15), ("#### 12 − 15 = −3", -3),
        ("#### 15 (since 3 * 5 = 15, not 16)", 15), ("#### 7\nThe answer is: 7", 7),
        ("#### Answer: 18", 18), ("#### The answer is $18", 18), ("#### \\$18", 18),
        ("#### $70.0 dollars for 5 baskets", 70), ("#### 3 30-minute films", 3),
        ("#### 18\nThe answer would be 24 with 3 more.", 18), ("#### 17.6 ≈ 18", 18),
        ("The total is #### 8 hats.\nHe buys 4 of them, so #### 12 hats.", 12),
    ],
)  # fmt: skip
def test_four_hashes(text: str, value: Fraction | int) -> None:
    found = extract(text)
    assert (found.rule, found.value) == ("hashes", value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Hence $\\boxed{18}$.", 18), ("\\[\\boxed{3\\frac{1}{2}}\\]", Fraction(7, 2)),
        ("\\boxed{\\text{18 hats}}", 18), ("\\boxed{\\$1{,}234}", 1234),
        ("\\boxed{12\\,500}", 12500),
        ("\\boxed{x = -\\frac{3}{4}}", Fraction(-3, 4)), ("\\boxed{5} and \\boxed{?}", 5),
        ("\\boxed{\\dfrac12}", HALF), ("\\boxed{\\tfrac{1}{2}}", HALF), ("\\boxed{50\\%}", 50),
        ("\\boxed{1 \\text{ and } 1/3}", Fraction(4, 3)), ("\\boxed{\\textbf{18}}", 18),
        ("\\boxed{\\text{eighteen}}", 18), ("\\boxed{\\boxed{18}}", 18),
        ("\\boxed{2^{10}}", 1024),
        ("$\\boxed{-5^\\circ\\text{C}}$", -5), ("\\boxed{6 \\times 3 = 18}", 18),
        ("\x08oxed{18}", 18), ("\\boxed{18", 18), ("\\boxed{2:30\\text{ pm}}", Fraction(5, 2)),
        ("The answer is \\(\\boxed{18\\text{ dollars}}\\). We check: 3 * 6 = 18.", 18),
        ("\\boxed{16}\n\nWait, I made a mistake: 3*6 = 18.\n\n\\boxed{18}", 18),
        ("\\boxed{3} for each, so for all of them 3 * 4 = 12 and\n\\boxed{12}", 12),
    ],
)  # fmt: skip
def test_boxes(text: str, value: Fraction | int) -> None:
    found = extract(text)
    assert (found.rule, found.value) == ("boxed", value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The answer is 18. That's all 3 of us...", 18), ("the answer is: **18**", 18),
        ("The final answer is $x = 5$.", 5),
        ("The answer would be about 12 eggs, from 3 hens", 12),
        ("The answer to question 2 is 7, I think; 9 is wrong", 7), ("Ans: 18", 18),
        ("The answer is that she keeps $18.", 18), ("THE ANSWER IS 18", 18),
        ("So the answer is 30 - 12 = 18 for all 4", 18), ("2 * 3 = 6\nA: 6", 6),
        ("**Answer:** -$5 (a loss of 5, over 2 days)", -5), ("**Answer**: 18 eggs", 18),
        ("Final Answer\n\n**$1,800** in 2 weeks", 1800), ("## Answer\n\n18", 18),
        ("### Final Answer:\n**18** eggs remain.", 18), ("final answer: $18.00 per day", 18),
        ("Answer: 18\n\nCheck: 18 - 9 = 9", 18), ("the answer is 0", 0), ("Answer: A) 18", 18),
        ("<think>5?</think><answer> $18.00 </answer>", 18),
        ('{"steps": 2, "answer": "18"}', 18),
        ("The answer comes out to 18.", 18), ("My answer, then, is 18.", 18),
        ("Answer - 18", 18),
        ("So 18 eggs is the final answer, since 9 * 2 = 18 and 3 > 2.", 18),
        ("The answer is 5. Wait, 3 + 3 = 6. The answer is 6.", 6),
        ("Answer (in dollars): 18", 18), ("Answer: 5 apples + 3 pears = 8 fruit", 8),
        ("答案是18。", 18), ("**最终答案：** 18元", 18), ("La respuesta es 18.", 18),
        ("Die Antwort ist 18.", 18), ("La réponse est : 18 €", 18), ("Ответ: 18", 18),
        ("答案:十八", 18), ("答案是一千二百元。", 1200), ("答案：一百零五个", 105),
        ("答案是两万三千", 23_000), ("The answer is actually 18, not 20.", 18),
        ("Answer 18. Explanation: 20 minus 2.", 18), ("Answer: 18. Because 20 minus 2.", 18),
    ],
)  # fmt: skip
def test_statements(text: str, value: Fraction | int) -> None:
    found = extract(text)
    assert found.value == value
    assert found.rule in ("stated", "last_number")  # "Answer: 5 + 3 = 8" is working with a result


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("18. That's all...", "last_number", 18), ("She pays $18.00.", "last_number", 18),
        ("what is left is 9 - 5", "last_number", 5), ("first 9, then -5", "last_number", -5),
        ("- 5 hats", "last_number", 5), ("on 12/25/2020 he had 5", "last_number", 5),
        ("7 litres of H2O", "last_number", 7), ("x_1 is 4 and x_2 is five", "last_number", 4),
        ("48/2 = <<48/2=24>>24", "last_number", 24), ("1 + 1 = 2<<1+1=2>>", "last_number", 2),
        ("half of it, $<<9*2=18>>18", "last_number", 18), ("１８", "last_number", 18),
        ("The answer is not 5 but 18", "last_number", 18), ("wait...18", "last_number", 18),
        ("So 18 – that is, eighteen – eggs", "last_number", 18),
        ("| Total | 18 |", "last_number", 18),
        ("$$9 + 9 = 18 \\tag{1}$$", "last_number", 18),
        ("所以，小明一共有18个苹果。", "last_number", 18),
        ("```output\n18\n```", "last_number", 18),
        ("Together 18.\n\n4. Done.", "last_number", 18),
        ("Katherine spends $70.0 dollars for 5 baskets.", "closing", 70),
        ("Therefore, 3 friends can pick 42 eggs in 7 days.", "closing", 42),
        ("So it will take Jo 5 hours to have 60 snowballs.", "closing", 5),
        ("So each gets 6 eggs.\n\nCheck: 6 * 3 = 18", "last_number", 6),
        ("So she has 18. I hope this helps with the other 2!", "last_number", 18),
        ("She has 5 and 3.\nNote that 5 + 3 = 8 in all.", "last_number", 8),
        ("Therefore, Ann has **18** eggs after 3 days.", "closing", 18),
        ("There are 18 students in each of the 3 classes.", "closing", 18),
        ("Each of the 3 classes has 18 students.", "last_number", 18),
        ("In 3 weeks Ann saves 18 dollars.", "last_number", 18),
        ("Of the 30 hats, 12 are red and 18 are blue.", "last_number", 18),
        ("The 42 kg bag will last her 6 weeks.", "last_number", 6),
        ("She had 20 and gave 2 away. Therefore, she has eighteen left.", "closing", 18),
        ("She has eighteen eggs.", "closing", 18),
        ("Ann makes $18 every day (that is 9 eggs × $2).", "last_number", 18),
        ("There are 3 (three) hats.", "last_number", 3),
        ("She gets (5 + 3) × 2 = 16.", "last_number", 16),
        ("Tom pays 18 dollars more than Jim, who pays 6.", "closing", 18),
        ("2 * 9 = 18 eggs in total, 3 of them brown.", "closing", 18),
        ("There are 30 hats in all, 12 of them are red.", "last_number", 12),
        ("The probability is 3/8, or 37.5%.", "closing", Fraction(3, 8)),
        ("The rate is 0.7, or 70%.", "last_number", 70),
        ("Total = 9×2 = 18 dollars = 1800 cents.", "last_number", 1800),
    ],
)  # fmt: skip
def test_texts_without_a_mark(text: str, rule: str, value: Fraction | int) -> None:
    found = extract(text)
    assert (found.rule, found.value) == (rule, value)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        # thousands and decimals
        ("1 234", 1234), ("1\u2009234\u2009567", 1_234_567), ("1\u202f234", 1234),
        ("1'234", 1234),
        ("1.234,50", Fraction(2469, 2)), ("12,50 €", Fraction(25, 2)),
        ("0,125", Fraction(1, 8)),
        ("1,44000", 144_000), ("1,000,00", 100_000), ("1,2,3", 3),
        # scales, powers, fractions
        ("$50k", 50_000), ("$2.5M", 2_500_000), ("1.5 million", 1_500_000),
        ("3 × 10^5", 300_000),
        ("3*10**5", 300_000), ("1.2e3", 1200), ("2^10", 1024), ("3½ cups", Fraction(7, 2)),
        ("3 and a half", Fraction(7, 2)), ("1 1/2", Fraction(3, 2)),
        # times, ratios, two units
        ("2:00 pm", 2), ("2:30 PM", Fraction(5, 2)),
        ("2 hours and 30 minutes", Fraction(5, 2)),
        ("3 feet 6 inches", Fraction(7, 2)), ("a ratio of 1:20", Fraction(1, 20)),
        ("3:2", Fraction(3, 2)),
        # ranges, percent, directions
        ("3-5", 5), ("3 to 5 days", 5), ("between 3 and 5", 5), ("50%", 50),
        ("50 percent", 50),
        ("loses 3", -3), ("a loss of $3", -3), ("negative 3", -3), ("minus three", -3),
        ("5 degrees below zero", -5), ("3 fewer", 3),
        # words and restatements
        ("twenty-five", 25), ("one hundred and five hats", 105), ("a dozen", 12),
        ("2 dozen eggs", 2),
        ("half", HALF), ("three quarters of an hour", Fraction(3, 4)), ("0.5 or 50%", HALF),
        ("2/3 or about 0.67", Fraction(2, 3)), ("2 hours or 120 minutes", 2),
        ("18 or more", 18),
        # sums left to the reader, roots, factorials
        ("9 × 2", 18), ("9 eggs × $2", 18), ("3 + 4 * 2", 11), ("20 ÷ 4 dollars", 5),
        ("$\\sqrt{16}$", 4), ("√16", 4), ("\\frac{\\sqrt{16}}{2}", 2), ("5! = 120", 120),
        ("about 33.33", Fraction(3333, 100)), ("~33", 33),
    ],
)  # fmt: skip
def test_how_a_stated_number_is_read(answer: str, value: Fraction | int) -> None:
    assert extract(f"So the answer is {answer}.").value == value
    assert extract(f"So it is.\n#### {answer}").value == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"), (" \n\t", "empty"), ("I do not know.", "no_number"),
        ("#### ", "no_number"),
        ("version 1.2.3", "no_number"), ("1/0", "no_number"), ("million", "no_number"),
        ("#### " + "9" * 61, "too_large"), ("first 5, then 1e99", "too_large"),
        ("#### 1e999999999", "too_large"), ("9**9**9", "too_large"),
        ("9 ** 9 ** 9", "too_large"),
        ("12/25/2024", "no_number"), ("2024-12-25", "no_number"), ("0x12", "no_number"),
        ("5'6\"", "no_number"), ("The answer is 5'6\".", "no_number"),
        ("The answer is √2.", "no_number"), ("\\boxed{3\\sqrt{2}}", "no_number"),
        ("\\boxed{\\frac{\\sqrt{3}}{2}}", "no_number"), ("The answer is 5 * (3 + 4)", "no_number"),
        ("There are none left.", "no_number"), ("The answer is none.", "no_number"),
        ("The answer is 10 × 1e60.", "too_large"), ("The answer is 3 ÷ 0 eggs", "no_number"),
        ("The answer is 9^9^9.", "too_large"), ("\\boxed{9^{9^9}}", "too_large"),
        ("The answer is 5 or 6.", "conflicting"), ("#### either 5 or 6 hats", "conflicting"),
        ("x = 5 or x = -5", "conflicting"), ("The answer is x = 5 or x = -5.", "conflicting"),
        ("\\boxed{3, 4}", "conflicting"), ("\\boxed{5} or \\boxed{6}", "conflicting"),
        ("#### 5\n#### 6", "conflicting"), ("#### 5\nThe answer is: 6", "conflicting"),
        ("The answer is 5. The answer is 6.", "conflicting"),
    ],
)  # fmt: skip
def test_why_nothing_was_found(text: str, reason: str) -> None:
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
        ("If the answer is 5, then 5 + 13 = 18. So she has 18.", 18),
        ("The answer must be greater than 5. So it is 18.", 18),
        ("Each boxed set costs 5. So 7 of them cost 35.", 35),
        ("Step 1: 9 + 9 = 18\nStep 2: done", 18),
    ],
)
def test_headings_working_and_conditions_are_not_answers(text: str, value: int) -> None:
    assert extract(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("She has 18.\n\nQuestion: Bo has 5 hats.\nAnswer: 5\n#### 5", 18),
        ("#### 18\nQ: and then?\nA: 20", 18),
        ("#### 18\n### Instruction:\nAdd 5 and 2\n### Response:\n#### 7", 18),
        ("18\nuser\nWhat is 5+2?\nassistant\n7", 18),
        ("#### 18\n\nBo has 5 hats and sells 2 of them. How many are left?\n5 - 2 = 3\n#### 3", 18),
        (
            "The answer is 18.\n\nBo buys 5 packs. How much does he pay in all?\nThe answer is 7.",
            18,
        ),
        ("Question: Bo has 5 hats, how many are left of 7?\nAnswer: 2", 2),
        ("I was given problem 1:\nQuestion: Bo has 5 hats of 7, how many are gone?\nAnswer: 2", 2),
        ("The answer is 18<|im_end|>\n<|im_start|>user\nthe answer is 5", 18),
        ("<|im_start|>assistant\nThe answer is 18<|eot_id|>5", 18),
        ("<think>the answer is 5? #### 5</think>It is 18", 18),
        ("<think>It is 18</think>", 18),
        ("[THINK]5?[/THINK]It is 18", 18),
    ],
)
def test_only_the_answer_to_the_question_asked_is_read(text: str, value: int) -> None:
    assert extract(text).value == value
    assert extract("\n " + text).value == value


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_text_that_never_leaves_its_thoughts_gives_no_answer(finish: str) -> None:
    for text in ("<think>So the answer is 18.", "<|im_start|>assistant\n<think>#### 18 and"):
        assert extract(text, finish).value is None  # type: ignore[arg-type]
    assert extract("We write <think> before 18.").value == 18


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("First she has 18 hats, and then", "truncated", None),
        ("", "truncated", None),
        ("#### 1", "truncated", None),  # perhaps 18 was meant
        ("<think>The answer is 5. Wait", "truncated", None),
        ("#### 18\n#### 1", "hashes", 18),
        ("#### 18\n and so on", "hashes", 18),
        ("The answer is 18. Let me", "stated", 18),
        ("She has 18 hats.\nQuestion: Bo has 7", "last_number", 18),
        ("#### 5 or 6 and", "conflicting", None),
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
    assert extract("#### 1,234").equals(Fraction(1234))
    assert extract("#### 18.00").equals(Fraction(18))
    assert extract("#### 0.5").equals(HALF)
    assert extract("#### 50%").equals(HALF)
    assert extract("#### 50%").equals(Fraction(50))
    assert not extract("#### 16.5").equals(Fraction(16))
    assert not extract("#### 123459").equals(Fraction(123456))
    assert not extract("#### 3.33").equals(Fraction(10, 3))
    assert not extract("#### 3").equals(Fraction(-3))
    assert not extract("no answer").equals(Fraction(0))


DRESSINGS = [
    "#### {}", "####{}", "#### ${}", "#### **{}**.", "\\boxed{{{}}}",
    "\\(\\boxed{{\\text{{{} hats}}}}\\)",
    "The answer is {}.", "**Answer:** {} hats", "### Final Answer\n\n{}", "A: {}",
    "<answer>{}</answer>",
    '{{"answer": {}}}', "So the total is **{}** in 3 days.", "Therefore, he pays {}.", "答案：{}",
]  # fmt: skip
CHATTER = ["", "\n\nI hope this helps! Ask me anything.", "<|im_end|>", "</s>",
           "\n\nQuestion: Bo has 5 hats. How many are 2 more?\n#### 7"]  # fmt: skip
WORKING = ["", "First 3 * 4 = 12 and 12 / 5 = 2.4.\n", "1. Add 9 and 9.\n2. Take 7 away.\n\n"]


@settings(deadline=None)
@given(
    value=st.integers(-(10**9), 10**9) | st.decimals(-1000, 1000, places=2).map(Fraction),
    dressing=st.sampled_from(DRESSINGS),
    chatter=st.sampled_from(CHATTER),
    working=st.sampled_from(WORKING),
)
def test_a_dressed_number_is_read_back(
    value: Fraction, dressing: str, chatter: str, working: str
) -> None:
    written = f"{float(value):.2f}" if Fraction(value).denominator > 1 else f"{int(value):,}"
    assert extract(working + dressing.format(written) + chatter).value == value


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_markup_and_typography_change_no_number(number: int) -> None:
    plainly = extract(f"#### {number}")
    for written in (
        f"{number:,}", f"{number:,}".replace(",", "\u2009"), f"{number:,}".replace(",", "{,}"),
        f"{number:,}".replace(",", " "), f"**{number}**", f"\\${number}", f"{number}.00",
        f"\\text{{{number}}}", "".join(chr(0xFF10 + int(digit)) for digit in str(number)),
    ):  # fmt: skip
        assert extract(f"#### {written}") == plainly, written


@settings(deadline=None)
@given(st.integers(0, 999_999))
def test_a_number_in_words_is_read_exactly(number: int) -> None:
    assert [found.value for found in word_numbers_in(spelled(number))] == [number]


ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = f" and {spelled(number % size)}" if number % size else ""
    return f"{spelled(number // size)} {name}{rest}"


def test_plain_text_keeps_its_numbers_apart() -> None:
    assert [n.value for n in numbers_in(plain("5<<2+3=5>>5 hats, **1**"))] == [5, 5, 1]


def test_a_number_knows_where_it_stands() -> None:
    text = "a -$5, then 3/4"
    assert [text[n.start : n.end] for n in numbers_in(text)] == ["-$5", "3/4"]
