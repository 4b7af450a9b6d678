"""Forms of answers do not hide each other, and are compared problem by problem."""

from __future__ import annotations

import random

from netgain.analysis.problems.error_kinds import errors_found, form_changes, forms_by_problem
from netgain.diagnosis import diagnose
from netgain.records import AnswerForm, FinishReason, FormChange, Generation, Grade, Problem

N = 60
PROBLEMS = [
    Problem(str(i), "s", f"A shop sells {i + 3} boxes of 4 pens. How many pens?", None)
    for i in range(N)
]
FALSE = "Each box has 4 pens: {n} * 4 = {wrong}. "
TRUE = "Each box has 4 pens: {n} * 4 = {right}. "


def answers(model: str) -> dict[AnswerForm, frozenset[str]]:
    """All answers state a false equation; the tuned model's are cut off before they end."""
    generations, grades, diagnoses = [], [], {}
    for i, p in enumerate(PROBLEMS):
        text = FALSE.format(n=i + 3, wrong=4 * (i + 3) + 1)
        finish: FinishReason = "stop" if model == "base" else "length"
        if finish == "stop":
            text += f"#### {4 * (i + 3) + 1}"
        generations.append(Generation(p.id, 0, 0, text, finish, 9, 9, 1.0, None, "d"))
        grades.append(
            Grade(p.id, 0, 0, "1" if finish == "stop" else None, "r", False, False, False)
        )
        diagnoses[p.id] = diagnose(p.question, text, finish_reason=finish)
    kinds = {k.name for k in errors_found(diagnoses).kinds}
    assert kinds == {"arithmetic"} if model == "base" else "truncated" in kinds
    return forms_by_problem(PROBLEMS, generations, grades, diagnoses)


def by_form(found: tuple[FormChange, ...]) -> dict[AnswerForm, FormChange]:
    return {f.form: f for f in found}


def test_an_answer_that_is_cut_off_still_has_its_false_equation() -> None:
    """By kinds that exclude each other, arithmetic errors would have vanished."""
    found = by_form(form_changes(N, answers("base"), answers("tuned")))
    false = found["false_equation"]
    assert (false.base, false.tuned, false.verdict) == (N, N, "no change shown")
    cut = found["truncated"]
    assert (cut.base, cut.tuned, cut.only_tuned, cut.verdict) == (0, N, N, "more")
    assert found["no_answer"].verdict == "more"


def test_right_answers_count_too_and_empty_ones_are_answers_that_cannot_be_read() -> None:
    text = TRUE.format(n=3, right=12) + "Wait, 3 * 4 = 13. #### 12"
    generations = [
        Generation("0", 0, 0, text, "stop", 9, 9, 1.0, None, "d"),
        Generation("1", 0, 0, "", "stop", 9, 0, 1.0, None, "d"),
    ]
    grades = [
        Grade("0", 0, 0, "12", "r", True, True, True),
        Grade("1", 0, 0, None, "r", False, False, False),
    ]
    slip = diagnose(PROBLEMS[0].question, "3 * 4 = 13. #### 13")
    found = forms_by_problem(PROBLEMS, generations, grades, {"0": slip})
    assert found["false_equation"] == {"0"} and found["no_answer"] == {"1"}


def test_the_p_values_are_corrected_for_the_number_of_forms_compared() -> None:
    none: dict[AnswerForm, frozenset[str]] = dict.fromkeys(
        ("false_equation", "no_answer", "truncated", "loops", "begins_with_mark",
         "copies_question"), frozenset()
    )  # fmt: skip
    some = frozenset(map(str, range(7)))
    one = form_changes(N, none, none | {"loops": some})
    assert [f.form for f in one] == ["loops"], "a form that no answer has is not compared"
    assert one[0].adjusted_p == one[0].p_value < 0.05
    other = frozenset("1")
    three = form_changes(N, none | {"truncated": other}, none | {"loops": some, "no_answer": other})
    loops = by_form(three)["loops"]
    assert loops.adjusted_p == 3 * loops.p_value
    assert form_changes(N, none, none) == ()


def test_without_a_change_forms_are_called_changed_at_most_one_time_in_twenty() -> None:
    """Six forms, each in 20% of the answers of both models, drawn anew for each."""
    rng = random.Random(0)
    forms: tuple[AnswerForm, ...] = (
        "false_equation", "no_answer", "truncated", "loops", "begins_with_mark", "copies_question",
    )  # fmt: skip

    def drawn() -> dict[AnswerForm, frozenset[str]]:
        return {f: frozenset(str(i) for i in range(N) if rng.random() < 0.2) for f in forms}

    tries = 300
    false = sum(
        any(f.verdict != "no change shown" for f in form_changes(N, drawn(), drawn()))
        for _ in range(tries)
    )
    assert false / tries <= 0.05
