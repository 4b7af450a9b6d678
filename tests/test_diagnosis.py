"""The first wrong step, its kind and its evidence, on problems made for the purpose."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.diagnosis import diagnose
from netgain.diagnosis.steps import split_steps
from netgain.records import Diagnosis
from shared_data import shared_rows

KITES = (
    "A shop has 18 red kites and 3 times as many blue kites. It sells a third of the blue kites at "
    "$5 each. How much money does it take?"
)
KITES_REFERENCE = (
    "There are 18*3 = <<18*3=54>>54 blue kites.\nThe shop sells 54/3 = <<54/3=18>>18 of them.\n"
    "It takes 18*5 = $<<18*5=90>>90.\n#### 90"
)
BUS = (
    "A bus holds 40 people. It starts with 25, then 9 get off and 14 get on at the first stop. "
    "How many seats are empty after the stop?"
)
BUS_REFERENCE = (
    "After 9 get off there are 25-9 = <<25-9=16>>16 people.\nThen there are 16+14 = <<16+14=30>>30 "
    "people.\nSo 40-30 = <<40-30=10>>10 seats are empty.\n#### 10"
)


def of(question: str, reference: str, *steps: str) -> Diagnosis:
    return diagnose(question, steps, gold_solution=reference)


def test_a_right_solution_is_left_clean() -> None:
    found = of(
        KITES,
        KITES_REFERENCE,
        "Blue: 18 × 3 = 54.",
        "Sold: 54 / 3 = 18.",
        "18 × $5 = $90",
        "#### 90",
    )
    assert (found.first_error, found.error_kind) == (-1, "none")
    assert [(e.step, e.text, e.holds) for e in found.equations] == [
        (0, "18 × 3 = 54", True), (1, "54 / 3 = 18", True), (2, "18 × $5 = $90", True),
    ]  # fmt: skip


def test_another_valid_order_of_steps_is_no_error() -> None:
    found = of(
        BUS, BUS_REFERENCE, "At first 40 - 25 = 15 seats are empty.", "Then 15 + 9 = 24.",
        "Then 24 - 14 = 10 are empty.", "The answer is 10.",
    )  # fmt: skip
    assert found.first_error == -1


def test_a_false_sum_is_arithmetic_with_what_is_true() -> None:
    found = of(
        KITES, KITES_REFERENCE, "Blue: 18*3 = 56.", "56/4 = 14 sold.", "14*5 = 70", "#### 70"
    )
    assert (found.first_error, found.error_kind) == (0, "arithmetic")
    assert found.evidence == "step 1 states 18*3 = 56, but the left side is 54"


def test_a_false_sum_counts_though_the_answer_is_right() -> None:
    found = of(BUS, BUS_REFERENCE, "25 - 9 = 17 stay.", "Then there are 30.", "40 - 30 = 10", "10")
    assert (found.first_error, found.error_kind) == (0, "arithmetic")


def test_rounded_money_is_no_error() -> None:
    found = diagnose(
        "Three friends share $10. How much more than $3 does each get, to the cent?",
        "Each gets $10 / 3 = $3.33.\nThat is 3.33 - 3 = $0.33 more.\nThe answer is 0.33",
        gold_answer="0.33",
    )
    assert found.first_error == -1


def test_a_plan_that_leaves_the_reference_is_setup_at_the_step_that_leaves() -> None:
    found = of(
        BUS, BUS_REFERENCE, "25 - 9 = 16 people stay.", "16 - 14 = 2 people are on the bus now.",
        "40 - 2 = 38 seats are empty.", "#### 38",
    )  # fmt: skip
    assert (found.first_error, found.error_kind) == (1, "setup")
    assert found.evidence == (
        "step 2 computes 16 - 14 = 2; from the same numbers the reference computes 16 + 14 = 30"
    )
    assert 0 < found.confidence < 1


def test_a_quantity_from_nowhere_is_named() -> None:
    found = of(
        KITES, KITES_REFERENCE, "There are 18 * 3 = 54 blue kites.",
        "The shop sells 54 - 37 = 17 blue kites.", "17 * 5 = 85", "#### 85",
    )  # fmt: skip
    assert (found.first_error, found.error_kind) == (1, "setup")
    assert "uses 37, which is neither in the question" in found.evidence


def test_an_answer_on_the_way_to_the_right_one_lacks_a_step() -> None:
    found = of(
        KITES, KITES_REFERENCE, "There are 18 * 3 = 54 blue kites.",
        "So the shop sells 54 / 3 = 18 kites.", "The answer is 18.",
    )  # fmt: skip
    assert found.error_kind == "setup"
    assert "gives 18 as its answer" in found.evidence and "way to 90" in found.evidence


def test_the_right_value_reached_and_left_is_past_the_answer() -> None:
    found = of(
        BUS, BUS_REFERENCE, "25 - 9 = 16 stay.", "16 + 14 = 30 people.", "40 - 30 = 10 are empty.",
        "Each row has two seats, so 10 / 2 = 5.", "#### 5",
    )  # fmt: skip
    assert (found.first_error, found.error_kind) == (3, "past_the_answer")
    assert found.evidence == "step 3 had found 10, the right answer; step 4 goes on to 10 / 2 = 5"


def test_an_equation_with_a_wrong_solution_is_located() -> None:
    question = "A number is doubled and 6 is added, which gives 30. What is the number?"
    reference = "Twice the number is 30-6 = <<30-6=24>>24.\nIt is 24/2 = <<24/2=12>>12.\n#### 12"
    found = of(
        question, reference, "Let x be the number.", "2x - 6 = 30", "2x = 36", "x = 18", "#### 18"
    )
    assert found.first_error == 1
    assert "2x - 6 = 30, so that x is 18" in found.evidence


@pytest.mark.parametrize(
    ("text", "reason", "kind"),
    [
        ("", "stop", "no_answer"),
        ("I am not able to help with that.", "stop", "no_answer"),
        ("There are 18 * 3 = 54 blue ki", "length", "truncated"),
        ("There are 54 blue kites.\n" * 40, "length", "looping"),
        ("the kites and " * 100, "length", "looping"),
    ],
)  # fmt: skip
def test_a_missing_answer_says_why(text: str, reason: str, kind: str) -> None:
    found = diagnose(KITES, text, gold_solution=KITES_REFERENCE, finish_reason=reason)  # type: ignore[arg-type]
    assert (found.first_error, found.error_kind) == (-1, kind)
    assert found.evidence


def test_without_a_reference_only_falsity_is_seen_at_lower_confidence() -> None:
    false = diagnose(KITES, ["18 * 3 = 55", "#### 55"])
    assert (false.first_error, false.error_kind) == (0, "arithmetic")
    silent = diagnose(KITES, ["18 + 3 = 21", "#### 21"])
    assert (silent.first_error, silent.error_kind) == (-1, "none")
    known = of(KITES, KITES_REFERENCE, "18 * 3 = 54", "54 / 3 = 18", "18 * 5 = 90", "#### 90")
    assert silent.confidence < known.confidence
    assert "without a right answer" in silent.evidence


def test_a_right_answer_alone_still_locates_a_number_from_nowhere() -> None:
    found = diagnose(KITES, ["18 * 3 = 54", "54 - 41 = 13", "#### 13"], gold_answer=Fraction(90))
    assert (found.first_error, found.error_kind) == (1, "setup")
    assert found.confidence <= 0.4
    guessed = diagnose(KITES, ["18 + 3 = 21", "#### 21"], gold_answer="90")
    assert (guessed.first_error, guessed.error_kind) == (0, "setup")
    assert "without a reference solution" in guessed.evidence


@pytest.mark.parametrize(
    "text",
    [
        "答えは七です。", "Die Lösung ist nicht 8, sondern 9.",
        "def f(x):\n    return x ** 2\nprint(f(4))",
        "\x00\ud800 = 4", "= = =", "1/0 = 3 / 0", "9" * 5000 + " = 3", "((((((1+2) = 3", "x" * 3000,
        "\\frac{" * 500, "<<" * 400, "٣ + ٤ = ٧",
    ],
)  # fmt: skip
def test_any_text_gets_a_result(text: str) -> None:
    for solution in (text, text.split("\n")):
        found = diagnose(KITES, solution, gold_solution=KITES_REFERENCE)
        assert -1 <= found.first_error < max(1, len(found.steps))
        assert found.evidence


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6), st.text(max_size=80), st.text(max_size=80))
def test_diagnosing_never_fails(steps: list[str], question: str, reference: str) -> None:
    for gold in (None, "90"):
        found = diagnose(question, steps, gold_solution=reference, gold_answer=gold)
        assert -1 <= found.first_error < max(1, len(steps))


@pytest.mark.parametrize(
    "piece",
    ["so 3 + 4 = 8 pens\n", "x + y = 2z\n", "(", "7 + ", "\\frac{1}{", "He has 3 pens. ",
     "1=1.1+0", "a_", "3*6=18,", "7/2=3R"],
)  # fmt: skip
def test_a_very_long_text_gets_a_result(piece: str) -> None:
    text = piece * (60_000 // len(piece)) + "\nThe answer is 7"
    found = diagnose(KITES, text, gold_solution=KITES_REFERENCE)
    assert found.error_kind in ("arithmetic", "setup", "looping")
    assert len(found.equations) <= 200


REPEATED_PAIR = "25 people are on the bus.\nThen 39 are on it.\n" * 12


@pytest.mark.parametrize(
    ("text", "kind", "form"),
    [
        ("#### 12", "begins_with_mark", "begins_with_mark"),
        ("**The answer is 12.** That is how many seats are empty.", "begins_with_mark",
         "begins_with_mark"),
        (f"{BUS} The answer is 25.", "copies_question", "copies_question"),
        (f"{REPEATED_PAIR}#### 39", "looping", "loops"),
    ],
)  # fmt: skip
def test_a_wrong_answer_without_working_has_a_kind_of_its_own(
    text: str, kind: str, form: str
) -> None:
    found = diagnose(BUS, text, gold_solution=BUS_REFERENCE)
    assert found.error_kind == kind and form in found.forms
    assert "the text" in found.evidence and "is wrong" in found.evidence


def test_a_false_equation_is_the_kind_whatever_the_answer_looks_like() -> None:
    text = "#### 18\n" + "25 - 9 = 18 people stay.\n" * 12
    found = diagnose(BUS, text, gold_solution=BUS_REFERENCE, finish_reason="length")
    assert found.error_kind == "arithmetic" and found.has_false_equation
    assert found.forms == ("begins_with_mark", "loops", "truncated")


def test_a_heading_before_working_is_no_answer_without_working() -> None:
    text = "#### Working\n25 - 9 = 16 stay.\n16 - 14 = 2\n40 - 2 = 38\nThe answer is 38."
    found = diagnose(BUS, text, gold_solution=BUS_REFERENCE)
    assert (found.error_kind, found.first_error) == ("setup", 2)
    assert found.forms == ("begins_with_mark",)


def test_what_leads_to_the_right_value_is_no_departure() -> None:
    question = "Ana reads 5 pages on each of 6 days and 8 pages on each of 6 more. How many?"
    reference = "5*6 = <<5*6=30>>30\n8*6 = <<8*6=48>>48\n30+48 = <<30+48=78>>78\n#### 78"
    found = of(question, reference, "5 + 8 = 13 pages", "13 * 6 = 78 pages", "78 + 6 = 84", "84")
    assert found.first_error == 2


def test_before_an_equation_with_the_right_root_nothing_is_wrong() -> None:
    question = "A pen costs x. Two pens and a book for 9 cost 23. What is the unknown variable x?"
    reference = "23-9 = <<23-9=14>>14\n14/2 = <<14/2=7>>7\n#### 7"
    found = of(
        question, reference, "Together 9 + 4 = 13.", "2x + 9 = 23", "2x = 32", "x = 16", "16"
    )
    assert found.first_error == 2


def test_a_very_long_solution_is_read_as_far_as_its_beginning() -> None:
    text = "5 + 5 = 10\n" * 100_000
    found = diagnose("", text, gold_answer="5")
    assert found.error_kind == "looping" and len(found.steps) < 20_000


PENS = "A box holds 14 pens. How many pens do 2 boxes hold?"
PENS_REFERENCE = "14*2 = <<14*2=28>>28\n#### 28"


@pytest.mark.parametrize("text", ["18 = 18 - 4", "18 = 18 + 5", "14 = 14 * 2"])
def test_a_false_equation_that_begins_with_its_result_is_located(text: str) -> None:
    found = diagnose("", f"{text}\n#### 14")
    assert (found.first_error, found.error_kind) == (0, "arithmetic")


def test_a_right_answer_that_is_miscopied_is_located_where_it_is_given() -> None:
    found = of(PENS, PENS_REFERENCE, "2 boxes hold 14*2 = 28.", "#### 82")
    assert (found.first_error, found.error_kind) == (1, "past_the_answer")
    assert found.evidence == "step 1 had found 28, the right answer; step 2 goes on to “#### 82”"


def test_a_later_step_is_said_to_follow_only_where_it_uses_the_value() -> None:
    unused = of(BUS, BUS_REFERENCE, "There are 3 doors.", "25 + 9 = 34", "40 - 34 = 6", "#### 6")
    assert "and from there step" not in unused.evidence


def test_an_unknown_that_is_only_named_is_not_said_twice() -> None:
    found = of(BUS, BUS_REFERENCE, "Let x be the seats.", "x = 36", "So 36 are empty.", "#### 36")
    assert "so that x is" not in found.evidence


def test_code_is_not_said_to_have_computed_anything() -> None:
    found = of(PENS, PENS_REFERENCE, "pens_per_box = 15", "total_pens = pens_per_box * 2")
    assert "code is not run" in found.evidence


def test_without_a_question_none_is_spoken_of() -> None:
    found = diagnose("", ["37 * 2 = 74", "#### 74"], gold_answer="30")
    assert found.evidence == "step 1 uses 37, which is not computed before"


# Exact location on wrong solutions that people marked, as `diagnose` is shipped. The floors lie
# below the figures of docs/diagnosis.md; they are there to catch a loss, not to state a figure.
FLOORS = {"ProcessBench": 0.52, "original": 0.58, "reversed": 0.42, "StepVerify": 0.46}


def test_location_on_solutions_marked_by_people() -> None:
    hits: dict[str, list[bool]] = {}
    clean = []
    for row in shared_rows("first_error/dev.jsonl"):
        source = {"processbench-gsm8k": "ProcessBench", "stepverify": "StepVerify"}.get(
            row["source"], row["question_type"]
        )
        found = diagnose(
            row["question"], row["steps"], gold_solution=row["gold_solution"] or "",
            gold_answer=row["gold_answer"],
        )  # fmt: skip
        if row["first_error"] < 0:
            clean.append(found.first_error < 0)
        else:
            hits.setdefault(source, []).append(found.first_error == row["first_error"])
    for source, floor in FLOORS.items():
        assert sum(hits[source]) / len(hits[source]) >= floor, source
    assert sum(clean) / len(clean) >= 0.95


def test_few_right_answers_hold_a_false_equation() -> None:
    reports = total = 0
    for row in shared_rows("model_solutions/dev.jsonl"):
        if row["correct"] and total < 2000:
            total += 1
            found = diagnose(row["question"], row["completion"], gold_solution=row["answer"])
            reports += found.error_kind == "arithmetic"
    assert reports <= 0.01 * total


def test_what_counts_the_items_of_a_list_is_no_number_of_the_working() -> None:
    question = "Maja buys 5 dozen eggs. How many eggs does Maja have?"
    reference = "Maja has 5 * 12 = <<5*12=60>>60 eggs.\n#### 60"
    for first in ("1. First, we need the eggs.", "Step 1: First, we need the eggs.",
                  "**1)** First, we need the eggs.", "(1) First, we need the eggs.",
                  "### Step 1:", "**Step 1:**", "Step 1 is to find the eggs."):  # fmt: skip
        found = diagnose(question, f"{first}\n2. So 5 * 10 = 50.\n#### 50", gold_solution=reference)
        assert found.first_error == 1, (first, found.evidence)
        assert found.steps[0] == first, "as it was written"
    right = diagnose(question, "1. So 5 * 12 = 60.\n2. #### 60", gold_solution=reference)
    assert right.error_kind == "none"
    alone = diagnose(question, "He has them.\n5.", gold_solution=reference)
    assert "5" in alone.evidence, "a line that is a number alone may be the answer"


def test_the_number_of_an_item_stays_with_its_sentence() -> None:
    line = "1. First we count.  2. Then 5 * 10 = 50. So it is 50."
    assert split_steps(line) == ("1. First we count.", "2. Then 5 * 10 = 50.", "So it is 50.")
