"""Multiple choice is read from generated text by fixed rules that never see the answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.errors import DataError
from netgain.grading.choice import extract_choice, grade_choice
from netgain.grading.choices import Choices, gold_choice, make_choices, words_of

CITIES = make_choices(("Lisbon", "Paris", "a dog house", "Both Lisbon and Paris"))
NUMBERS = make_choices(("3", "4", "5", "7"))
NUMBERED = make_choices(("Lisbon", "Paris", "Rome", "Oslo"), ("1", "2", "3", "4"))
TEN = make_choices(tuple(f"item{i} of ten" for i in range(10)))
ENDINGS = make_choices(
    (
        "pours the batter into a pan and waits.",
        "throws the pan out of the window.",
        "does not pour anything at all.",
        "sings to the batter.",
    )
)


def found(text: str, choices: Choices = CITIES, finish: str = "stop") -> tuple[str | None, str]:
    extraction = extract_choice(text, choices, finish)  # type: ignore[arg-type]
    label = None if extraction.index is None else choices.labels[extraction.index]
    return label, extraction.rule


@pytest.mark.parametrize(
    ("text", "label", "rule"),
    [
        ("The answer is (B).", "B", "stated"),
        ("The correct answer is B.", "B", "stated"),
        ("answer: b", "B", "stated"),
        ("Final answer - B", "B", "stated"),
        ("So the answer is:\n\n**B) Paris**", "B", "stated"),
        ("The answer to the question is 'B'.", "B", "stated"),
        ('{"reasoning": "it is large", "answer": "B"}', "B", "stated"),
        ("<answer>B</answer>", "B", "stated"),
        ("The answer is option (b)", "B", "stated"),
        ("I would choose B, as it is larger.", "B", "stated"),
        ("Therefore, option B is the best choice.", "B", "stated"),
        ("C is wrong. B is the correct answer.", "B", "stated"),
        ("While A is plausible, B is correct.", "B", "stated"),
        ("The correct answer is B, not A.", "B", "stated"),
        ("The answer is Paris.", "B", "stated"),
        ('The answer is "Paris".', "B", "stated"),
        ("The answer is the dog house.", "C", "stated"),
        ("The answer is both Lisbon and Paris.", "D", "stated"),
        ("Paris is the correct answer.", "B", "stated"),
        ("A: (B)", "B", "stated"),
        (r"Hence $\boxed{B}$.", "B", "stated"),
        (r"\boxed{\text{(B) Paris}}", "B", "stated"),
        ("It is large.\n#### B", "B", "stated"),
        ("It is **B** for its size", "B", "bold"),
        ("**(B) Paris** it is", "B", "first"),
        ("B", "B", "first"),
        ("b", "B", "first"),
        ("[[B]]", "B", "first"),
        ("It has the larger river.\nB) Paris", "B", "last_line"),
        ("B. It has the larger river, unlike the others", "B", "first"),
        ("(B), since it has the larger river", "B", "first"),
        ("I think it must be Paris.", "B", "stated"),
        ("Lisbon? No, it is smaller. It has to be Paris", "B", "stated"),
        ("We take option B here", "B", "label"),
        ("B is the answer.", "B", "stated"),
        ("B is the answer to the question.", "B", "stated"),
        ("So B.", "B", "stated"),
        ("It's not A, so B.", "B", "stated"),
        ("If one is 3, the other is 4, so B.", "B", "stated"),
        ("A is wrong, C is wrong, D is wrong. So it must be B.", "B", "stated"),
        ("Option A is wrong, so is C and D. Therefore B.", "B", "stated"),
        ("The answer is not A but B.", "B", "stated"),
        ("The answer isn't A, it's B.", "B", "stated"),
        ("I think (B).", "B", "stated"),
        ("Lisbon is wrong, so Paris.", "B", "stated"),
        ("None of these fit, but the closest is B.", "B", "stated"),
        ("The average is 4, and that is the dog house", "C", "stated"),
        ("Option B, since A is wrong.", "B", "first"),
    ],
)
def test_each_way_of_giving_a_choice_is_read_by_its_rule(text: str, label: str, rule: str) -> None:
    assert found(text) == (label, rule)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("I do not know.", "no_choice"),
        ("The answer is E.", "no_choice"),
        ("It is not Paris.", "no_choice"),
        ("Answer with A, B, C or D.", "no_choice"),
        ("A. Lisbon\nB. Paris\nC. a dog house\nD. Both Lisbon and Paris", "no_choice"),
        ("Option A is wrong.", "no_choice"),
        ("So is B.", "no_choice"),
        ("If it were larger, it is B.", "no_choice"),
        ("Not A.", "no_choice"),
        ("不选A", "no_choice"),
        ("答案不是A", "no_choice"),
        ("Die Antwort ist nicht B.", "no_choice"),
        ("答案是A还是B", "conflicting"),
        ("The answer is A or B.", "conflicting"),
        ("Answer: A, B", "conflicting"),
        ("The answer is A/B", "conflicting"),
        ("The answer is B) Lisbon.", "conflicting"),
        ("It could be Paris. It could be a dog house.\nBoth (B) and (C) fit", "conflicting"),
    ],
)
def test_where_no_choice_is_given_the_reason_is_named(text: str, reason: str) -> None:
    assert found(text) == (None, reason)


@pytest.mark.parametrize(
    "text",
    [
        "答案是B", "答案：B", "正确答案是B。", "因此答案为（B）。", "选B", "选择B。",
        "选项A是错的，所以选B。", "不是A，而是B", "B是正确的", "答案是Ｂ",
        "Die Antwort ist B.", "Die richtige Antwort lautet B.",
        "La respuesta es B.", "La respuesta correcta es la B.", "Réponse : B",
        "La bonne réponse est B.", "La risposta è B.", "A resposta é B.", "Ответ: B",
        "Правильный ответ: B", "Відповідь: B", "答えはB", "答えはBです。", "정답은 B",
        "정답은 B입니다.",
    ],
)  # fmt: skip
def test_a_choice_is_read_in_other_languages(text: str) -> None:
    assert found(text) == ("B", "stated")
    assert found(text.replace("B", "A").replace("Ｂ", "Ａ"))[0] == "A"


def test_a_short_text_of_a_choice_counts_where_it_is_said_to_be_the_answer() -> None:
    animals = make_choices(("the cat", "the elephant", "a dog", "an ox"))
    assert found("I think it's the cat.", animals) == ("A", "stated")
    assert found("It is not large, so the ox", animals) == ("D", "stated")
    assert found("I don't think it's the cat.", animals) == (None, "no_choice")
    truths = make_choices(("True", "False"))
    assert found("The statement is false, I think. It is false.", truths)[0] == "B"


def test_an_article_and_a_pronoun_are_no_labels() -> None:
    assert found("A good choice would be hard to name.") == (None, "no_choice")
    assert found("A capital, so Paris")[0] == "B"
    assert found("The answer is a mystery") == (None, "no_choice")
    assert found("The answer is A")[0] == found("The answer is A because it fits")[0] == "A"
    assert found("The answer is A Lisbon")[0] == "A"
    assert found("I think that it is hard", TEN) == (None, "no_choice")
    assert found("The answer is I believe item3 of ten", TEN)[0] == "D"
    assert found("The answer is I.", TEN)[0] == "I"
    assert found("A: Let us think. It is Paris.")[0] == "B"


def test_the_last_statement_counts_and_a_denial_is_none() -> None:
    assert found("The answer is A. Wait, the answer is C.")[0] == "C"
    assert found("The answer is A. Wait, no, it is B.")[0] == "B"
    assert found("The answer is B. It is not A.")[0] == "B"
    assert found("The answer is C. The answer is not B.")[0] == "C"
    assert found("If A is correct then it rains. The answer is B")[0] == "B"


def test_a_listing_of_the_choices_gives_none_of_them() -> None:
    listing = "A. Lisbon\nB. Paris\nC. a dog house\nD. Both Lisbon and Paris\n"
    assert found(listing + "\nB")[0] == "B"
    assert found("Answer:\n" + listing + "It has to be Paris")[0] == "B"
    weighed = "(A) is false.\n(B) is true.\n(C) is false.\n(D) is false. The answer is (B)."
    assert found(weighed) == ("B", "stated")
    assert found("Options: A) Lisbon B) Paris C) a dog house. Answer: C")[0] == "C"


def test_labels_that_are_numbers_need_to_stand_alone() -> None:
    for text in ("The answer is 2.", "(2)", "2", "2) Paris", "The answer is (2) Paris"):
        assert found(text, NUMBERED)[0] == "2", text
    assert found("The answer is 3 cities", NUMBERED) == (None, "no_choice")
    assert found("1. Count to 3.\n2. The answer is Paris.", NUMBERED)[0] == "2"
    assert found("The answer is 7.", NUMBERED) == (None, "no_choice")


def test_choices_that_are_numbers_are_told_from_steps_by_the_statement() -> None:
    assert found("3 + 4 = 7, so the answer is 7", NUMBERS)[0] == "D"
    assert found("The answer is (D) 7", NUMBERS)[0] == "D"
    assert found("I have 3 and 4", NUMBERS) == (None, "conflicting")
    signed = make_choices(("3", "-3"))
    assert found("The answer is -3.", signed)[0] == "B"
    assert found("The answer is 3.", signed)[0] == "A"


def test_a_long_ending_is_read_by_its_text() -> None:
    assert found("Pours the batter into a pan and waits", ENDINGS)[0] == "A"
    assert found("does not pour anything at all.", ENDINGS)[0] == "C"
    assert found("First she throws the pan out of the window.", ENDINGS) == ("B", "text")


def test_a_text_that_was_cut_off_counts_only_by_a_statement_made_before() -> None:
    assert found("The answer is B because it", finish="length")[0] == "B"
    assert found("B. It is larger than the oth", finish="length")[0] == "B"
    assert found("I weigh Paris against the oth", finish="length") == (None, "truncated")
    # The letter at the cut may be the beginning of a word.
    assert found("The answer is B", finish="length") == (None, "truncated")
    assert found("I weigh Paris", finish="error") == (None, "error")
    assert found("", finish="length") == (None, "truncated")
    assert found("<think>It may be Paris. The answer is B.", finish="length") == (None, "truncated")


def test_only_the_models_own_answer_is_read() -> None:
    assert found("<think>The answer is A</think>B")[0] == "B"
    assert found("B<|im_end|>\nThe answer is C")[0] == "B"
    assert found("B\n\nQuestion: and what next?\nAnswer: C")[0] == "B"
    assert found("Sure.\nQuestion: which is larger?\nAnswer: C")[0] == "C"


def test_a_grade_holds_the_label_and_three_verdicts() -> None:
    grade = grade_choice("I say (B).", CITIES, 1, problem_id="p", sample=3)
    assert grade.extracted == "B" and grade.correct
    assert grade.flexible and not grade.strict
    assert (grade.problem_id, grade.sample) == ("p", 3)
    bare = grade_choice("(B)", CITIES, 1)
    assert bare.strict and bare.flexible and bare.correct
    naive = grade_choice("The answer is B, and never A", CITIES, 1)
    assert naive.correct and not naive.flexible
    assert not grade_choice("I cannot say", CITIES, 0).correct


@given(st.sampled_from("ABCD"), st.integers(0, 3))
def test_extraction_never_sees_the_gold(label: str, gold: int) -> None:
    grade = grade_choice(f"The answer is {label}.", CITIES, gold)
    assert grade.extracted == label
    assert grade.correct == (CITIES.labels[gold] == label)


PIECES = st.sampled_from(
    ["A", "B", "(C)", "The answer is ", "answer:", "Paris", "not ", "\n", ". ", "**", "####",
     "\\boxed{", "}", " is correct", "or ", "1", "I ", "a ", "</think>", "Q:", "ä", "\u2028"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)), st.sampled_from(["stop", "length"]))
def test_any_text_gives_an_offered_choice_or_a_reason(text: str, finish: str) -> None:
    for choices in (CITIES, NUMBERED, TEN):
        label, rule = found(text, choices, finish)
        assert rule
        assert label is None or label in choices.labels


@given(st.lists(PIECES).map("".join), st.sampled_from(["", " ", "\n", "\t \n"]))
def test_surrounding_white_space_changes_nothing(text: str, space: str) -> None:
    assert found(space + text + space) == found(text)


@pytest.mark.parametrize(
    "unit",
    ["A ", "(A)", "answer: ", "answer to ", "\\boxed{", "#### ", "{", "**", "A. x\nB. y\n",
     "B is correct ", "not. ", "a ", "Lisbon ", "I choose ", "[(", "\nQ:", "1", "аΑA", "</think>",
     "so ", "So A. ", "it is ", "选", "答案", "not B but ", "is the answer ", "is wrong, as "],
)  # fmt: skip
def test_a_hostile_text_is_read_and_its_size_bounded(unit: str) -> None:
    """No clock here: the work is bounded because only 100,000 characters are ever read."""
    text = (unit * (400_000 // len(unit)))[:400_000]
    long = extract_choice(text + "\nThe answer is B.", CITIES)
    assert (long.index, long.rule) == (1, "stated")


@pytest.mark.parametrize(
    ("value", "index"),
    [("B", 1), ("(b)", 1), ("b.", 1), (1, 1), ("1", 1), ("Paris", 1), ("the  PARIS", 1), (0, 0)],
)
def test_the_right_choice_is_a_label_an_index_or_a_text(value: object, index: int) -> None:
    assert gold_choice(value, CITIES) == index


def test_a_number_is_a_label_where_labels_are_numbers() -> None:
    assert gold_choice("2", NUMBERED) == 1
    assert gold_choice(2, NUMBERED) == 1
    assert gold_choice(2, NUMBERS) == 2


@pytest.mark.parametrize("value", [None, True, "E", "Rome", 4, -1, "", "1.5"])
def test_a_right_choice_that_is_none_of_them_is_an_error_in_the_data(value: object) -> None:
    with pytest.raises(DataError):
        gold_choice(value, CITIES)


def test_an_index_that_is_also_a_text_is_refused() -> None:
    with pytest.raises(DataError, match="give its label"):
        gold_choice("3", NUMBERS)


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (("one",), ()),
        (tuple("abcdefghijk"), ()),
        (("x", "y"), ("A", "A")),
        (("x", "y"), ("A",)),
        (("x", "y"), ("A", "1")),
        (("x", "y"), ("yes", "no")),
    ],
)
def test_choices_that_cannot_be_told_apart_are_refused(
    texts: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    with pytest.raises(DataError):
        make_choices(texts, labels)


def test_labels_inside_the_options_are_their_labels() -> None:
    options = make_choices(("A)21", "B)21.5", "C)22", "D)22.5"))
    assert options.texts == ("21", "21.5", "22", "22.5") and options == make_choices(options.texts)
    for text in ("#### 22", "The answer is \\boxed{22}", "So the average is 22.", "C", "(c)"):
        assert found(text, options)[0] == "C", text
    assert gold_choice("22", options) == gold_choice("C", options) == 2
    numbered = make_choices(("(1) Rome", "(2) Oslo"), ("1", "2"))
    assert numbered.texts == ("Rome", "Oslo")
    assert make_choices(("A)21", "A)22")).texts == ("A)21", "A)22")
    assert make_choices(("B) x", "A) y")).texts == ("B) x", "A) y")


def test_what_a_text_that_comes_to_nothing_mentions_on_the_way_is_no_answer() -> None:
    assert found("Paris is large. The rivers of it are long, and the") == (None, "no_choice")
    assert found("Let $C = 4$ and $E = mc^2$, so $C$ is small. We go on") == (None, "no_choice")
    assert found("The answer is (B) and (C).") == (None, "conflicting")


def test_texts_that_read_alike_are_told_by_label_only() -> None:
    alike = make_choices(("The cat", "a cat!", "a dog"))
    assert found("The answer is the cat.", alike) == (None, "no_choice")
    assert found("The answer is (B) a cat.", alike)[0] == "B"
    assert found("The answer is the dog.", alike)[0] == "C"


@given(st.text())
def test_normalised_words_stay_as_they_are(text: str) -> None:
    once = words_of(text)
    assert json.loads(json.dumps(once)) == once
    assert "  " not in once and once == once.strip()
