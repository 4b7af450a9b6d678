"""Answers that stand out, and answers that must not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netgain.analysis.problems.unusual import KINDS, unusual
from netgain.errors import EvaluationError
from netgain.records import Generation, Grade, Problem

QUESTION = (
    "Rosa ties 14 ribbons in a day and works for 3 weeks before the fair, and then she gives "
    "every one of her 7 nieces the same number of ribbons."
)


def problem(answer: int | Fraction = 42, question: str = QUESTION) -> Problem:
    return Problem("p", "own", question, Fraction(answer))


def answer(text: str = "It is 42.", tokens: int = 0, name: str = "p") -> Generation:
    return Generation(name, 0, 0, text, "stop", 0, tokens, 0.0, None, "")


def grade(extracted: str | None, correct: bool = False, name: str = "p") -> Grade:
    return Grade(name, 0, 0, extracted, "hashes", correct, correct, correct)


def kinds(p: Problem, g: Generation, judged: Grade) -> dict[str, str]:
    return {a.kind: a.evidence for a in unusual([p], [g], [judged]).answers}


@pytest.mark.parametrize(
    ("gold", "extracted", "kind"),
    [
        (42, "-42", "wrong sign"),
        (42, "420", "off by a power of ten"),
        (42, "0.042", "off by a power of ten"),
        (42, "294", "off by a factor"),
        (42, "6", "off by a factor"),
        (42, "84", "off by a factor"),
        (42, "21", "off by a factor"),
        (42, "2520", "off by a factor"),
        (Fraction(5, 2), "5", "off by a factor"),
        (42, "43", None),
        (42, "63", None),
        (42, "-84", None),
        (42, "0", None),
        (0, "7", None),
    ],
)
def test_a_wrong_answer_is_off_by_the_simplest_relation(
    gold: int | Fraction, extracted: str, kind: str | None
) -> None:
    assert list(kinds(problem(gold), answer(), grade(extracted))) == ([kind] if kind else [])


def test_the_evidence_names_both_answers() -> None:
    assert kinds(problem(), answer(), grade("294")) == {
        "off by a factor": "answered 294, the right answer is 42, 7 times too much"
    }
    assert kinds(problem(), answer(), grade("21"))["off by a factor"].endswith("2 times too little")


def test_right_answers_and_missing_ones_are_not_off() -> None:
    assert kinds(problem(), answer(), grade("42", correct=True)) == {}
    assert kinds(problem(), answer(), grade(None)) == {}


def test_a_looping_answer_is_seen_also_when_it_begins_well_or_has_no_spaces() -> None:
    begins = " ".join(f"step {i} adds {i + 3} beads to the box" for i in range(12))
    for text in (begins + " and so on it goes for ever and ever." * 30, "haha" * 2000):
        assert "repeated text" in kinds(problem(), answer(text), grade(None))


def test_steps_that_are_alike_are_no_loop() -> None:
    steps = "\n".join(f"On day {i} she ties {14 * i} ribbons for the fair." for i in range(1, 30))
    assert kinds(problem(), answer(steps), grade("43")) == {}


def test_a_copied_question_is_seen_and_a_retold_one_is_not() -> None:
    assert "copied question" in kinds(
        problem(), answer(f"Question: {QUESTION} So, 42."), grade("1")
    )
    retold = "She ties 14 ribbons in a day, which is 98 a week, and works for 3 weeks."
    assert kinds(problem(), answer(retold), grade("1")) == {}


def long_ones(sizes: list[int], tokens: bool = True) -> list[tuple[str, str]]:
    """(size, evidence) of the answers that stand out by length among answers of these sizes."""
    problems = [Problem(str(i), "own", "How many?", Fraction(1)) for i in range(len(sizes))]
    answers = [
        answer("" if tokens else " ".join(map(str, range(n))), n if tokens else 0, str(i))
        for i, n in enumerate(sizes)
    ]
    grades = [grade(None, name=str(i)) for i in range(len(sizes))]
    found = unusual(problems, answers, grades).answers
    assert all(a.kind == "very long" for a in found)
    return [(str(sizes[int(a.problem_id)]), a.evidence) for a in found]


@pytest.mark.parametrize(("tokens", "unit"), [(True, "tokens"), (False, "words")])
def test_an_answer_far_longer_than_the_others_stands_out(tokens: bool, unit: str) -> None:
    sizes = [40 + i % 7 for i in range(40)]
    assert long_ones([*sizes, 400], tokens) == [
        ("400", f"400 {unit}, where half the answers have 43 or fewer")
    ]


def test_length_is_judged_by_how_much_the_others_vary_and_never_among_a_few() -> None:
    even, varied = [40 + i % 7 for i in range(40)], [20 * 2 ** (i % 5) for i in range(40)]
    assert long_ones([*even, 80]) == []  # beyond the fence, but not twice the median
    assert long_ones([*varied, 1200]) == []
    assert [size for size, _ in long_ones([*varied, 12_000])] == ["12000"]
    assert long_ones([40] * 10 + [4000]) == []


def test_every_kind_is_counted_also_where_there_is_none() -> None:
    found = unusual([problem()], [answer()], [grade("84")])
    assert [m.name for m in found.counts] == list(KINDS)
    assert {m.name: m.estimate.value for m in found.counts if m.estimate.value} == {
        "off by a factor": 1.0
    }
    assert unusual([], [], []).counts[0].estimate.value is None


def test_an_answer_without_its_grade_or_problem_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="no grade"):
        unusual([problem()], [answer()], [])
    with pytest.raises(EvaluationError, match="no problem"):
        unusual([], [answer()], [grade("1")])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["a", "a ", "ab cd ", "\n", "Ω"])
def test_a_very_long_answer_takes_linear_time(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    unusual([problem(question=text)], [answer(text)], [grade(None)])
