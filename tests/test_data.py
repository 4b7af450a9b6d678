"""Problems are read from anywhere, split for good, and never leak from the test set."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from conftest import SHARED
from netgain.data import find_overlaps, load_problems, split_problems
from netgain.data.overlap import refuse_overlaps
from netgain.data.rows import problem_from_row, problem_to_row, read_problems
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, OverlapError
from netgain.recipe import DataSettings
from netgain.records import Problem

SOLUTION = "He has 2 + 3 = <<2+3=5>>5 pens.\n#### 5"


def write_rows(path: Path, *rows: object) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def problem(identity: str, question: str) -> Problem:
    return Problem(identity, "x", question, Fraction(1), "1 + 0 = 1\n#### 1")


def test_usual_names_of_columns_are_understood(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "a.jsonl",
        {"question": "How many?", "answer": SOLUTION},
        {"problem": "How many?", "solution": SOLUTION, "id": "mine"},
        {"instruction": "How many?", "output": "It is five.\n#### 5", "gold": 5},
        {"query": "How many?", "target": "2.50"},
    )
    problems, bad = read_problems([path], "src", "a")
    assert bad == []
    assert [p.id for p in problems] == ["a-00000", "mine", "a-00002", "a-00003"]
    assert [p.answer for p in problems] == [5, 5, 5, Fraction(5, 2)]
    assert [p.steps for p in problems] == [1, 1, 1, None]
    assert problems[3].solution == ""


def test_a_bad_row_is_named_by_file_line_and_reason_and_stops_the_run(tmp_path: Path) -> None:
    bad_rows = [
        ("{not json", "not valid JSON"),
        ("[1]", "must be an object"),
        ({"question": "How many?"}, "no 'answer'"),
        ({"question": " ", "answer": SOLUTION}, "'question' is empty"),
        ({"question": 3, "answer": SOLUTION}, "must be text"),
        ({"question": "How many?", "answer": "#### many"}, "many"),
        ("[" * 100_000, "not valid JSON"),
        ('{"question": "half \\ud800", "answer": "#### 1"}', "lone surrogate"),
        ('{"question": "x", "answer": "#### 1", "id": "\\ud800"}', "lone surrogate"),
        ('"' + "x" * 2_500_000 + '"', "longer than 1,000,000 bytes"),
    ]
    good = {"question": "How many?", "answer": SOLUTION, "id": "g"}
    path = write_rows(tmp_path / "train.jsonl", good, *(row for row, _ in bad_rows), good)
    write_rows(tmp_path / "test.jsonl", {"question": "What?", "answer": SOLUTION})
    with pytest.raises(DataError) as caught:
        load_problems(DataSettings(source=str(tmp_path)))
    message = str(caught.value)
    assert message.startswith("11 rows cannot be used")
    for line, (_, reason) in enumerate(bad_rows, start=2):
        told = next(x for x in message.splitlines() if f"{path.name}, line {line}:" in x)
        assert reason in told
    assert "line 12: its id 'g' is already used by train.jsonl, line 1" in message
    loaded = load_problems(DataSettings(source=str(tmp_path), on_bad_row="skip"))
    assert (len(loaded.pool), len(loaded.bad_rows)) == (1, 11)


def test_the_hubs_layout_and_a_plain_folder_give_the_same_problems(
    hub_data: Path, tmp_path: Path
) -> None:
    loaded = load_problems(DataSettings(source=str(hub_data)))
    assert (len(loaded.pool), len(loaded.test)) == (40, 12)
    for name, problems in (("train", loaded.pool), ("test", loaded.test)):
        rows = [{"question": p.question, "answer": p.solution} for p in problems]
        write_rows(tmp_path / f"{name}.jsonl", *rows)
    again = load_problems(DataSettings(source=str(tmp_path)))
    assert [p.question for p in again.pool] == [p.question for p in loaded.pool]
    assert [p.answer for p in again.test] == [p.answer for p in loaded.test]


def test_one_file_needs_a_word_on_what_is_held_out(tmp_path: Path) -> None:
    rows = [
        {"question": p.question, "answer": p.solution, "id": p.id} for p in word_problems(30, 1)
    ]
    path = write_rows(tmp_path / "mine.jsonl", *rows)
    with pytest.raises(DataError, match="test_fraction"):
        load_problems(DataSettings(source=str(path)))
    loaded = load_problems(DataSettings(source=str(path), test_fraction=0.2))
    assert (len(loaded.pool), len(loaded.test)) == (24, 6)
    assert not {p.id for p in loaded.pool} & {p.id for p in loaded.test}


@pytest.mark.parametrize("source", ["nowhere", "no/such/place", "missing.jsonl", "a b"])
def test_a_source_that_is_nothing_is_an_error_with_advice(source: str) -> None:
    with pytest.raises(DataError, match=r"no such file or folder|gave no|cannot be fetched"):
        load_problems(DataSettings(source=source))


def test_the_split_is_90_10_deterministic_and_a_smaller_limit_is_a_part_of_a_larger() -> None:
    settings = DataSettings(source="builtin", limit=200)
    loaded = load_problems(settings, 50)
    first = split_problems(loaded, settings, 50)
    again = split_problems(loaded, settings, 50)
    assert [p.id for p in first.train] == [p.id for p in again.train]
    assert (len(first.train), len(first.validation), len(first.test)) == (180, 20, 50)
    ids = [{p.id for p in part} for part in (first.train, first.validation, first.test)]
    assert not ids[0] & ids[1] and not ids[0] & ids[2] and not ids[1] & ids[2]
    smaller = split_problems(loaded, DataSettings(source="builtin", limit=100), 20)
    assert {p.id for p in smaller.train + smaller.validation} <= ids[0] | ids[1]
    assert {p.id for p in smaller.test} <= ids[2]
    other = split_problems(loaded, DataSettings(source="builtin", limit=200, seed=1), 50)
    assert [p.id for p in other.train] != [p.id for p in first.train]


LONG = (
    "A baker makes 12 trays of rolls every morning and each tray holds 24 rolls which she sells "
    "at the market for 2 dollars each before noon"
)


@pytest.mark.parametrize(
    ("copy", "kind"),
    [
        (LONG.upper() + " !!", "exact"),
        (LONG.replace("1", "１"), "exact"),  # full-width digits
        (LONG.replace("before noon", "before the noon"), "near"),
        ("Listen: " + LONG, "near"),
    ],
)
def test_a_test_problem_among_the_training_problems_is_found(copy: str, kind: str) -> None:
    found = find_overlaps([problem("t0", "Something else."), problem("t1", copy)],
                          [problem("x", LONG)])  # fmt: skip
    assert [(o.test_id, o.train_id, o.kind) for o in found] == [("x", "t1", kind)]


def test_the_same_story_with_other_numbers_is_no_copy() -> None:
    other = LONG.replace("12", "30").replace("24", "18").replace("2 dollars", "5 dollars")
    assert find_overlaps([problem("t", other)], [problem("x", LONG)]) == []


def test_overlap_is_refused_unless_the_problem_is_allowed_by_name(tmp_path: Path) -> None:
    row = {"question": LONG, "answer": SOLUTION}
    others = [{"question": p.question, "answer": p.solution} for p in word_problems(10, 5)]
    write_rows(tmp_path / "train.jsonl", *others, row)
    write_rows(tmp_path / "test.jsonl", {**row, "id": "copied"})
    settings = DataSettings(source=str(tmp_path))
    loaded = load_problems(settings)
    with pytest.raises(OverlapError, match=r"data\.allow_overlap: \[copied\]"):
        split_problems(loaded, settings)
    allowed = settings.model_copy(update={"allow_overlap": ("copied",)})
    assert len(split_problems(loaded, allowed).overlaps) == 1
    with pytest.raises(OverlapError):
        refuse_overlaps(split_problems(loaded, allowed).overlaps, ["another"])


def test_built_in_test_problems_are_not_near_the_training_ones() -> None:
    loaded = load_problems(DataSettings(source="builtin", limit=1200), 300)
    assert (len(loaded.pool), len(loaded.test)) == (1200, 300)
    assert find_overlaps(loaded.pool, loaded.test) == []


def test_problems_survive_their_file() -> None:
    for each in word_problems(50, 2):
        assert problem_from_row(json.loads(json.dumps(problem_to_row(each)))) == each


@pytest.mark.skipif(not (SHARED / "data/gsm8k").exists(), reason="GSM8K is not beside the checkout")
def test_gsm8k_itself_is_read_whole_and_its_test_set_does_not_overlap() -> None:
    settings = DataSettings(source=str(SHARED / "data/gsm8k"))
    loaded = load_problems(settings)
    assert (len(loaded.pool), len(loaded.test), loaded.bad_rows) == (7473, 1319, [])
    split = split_problems(loaded, settings)
    assert (len(split.train), len(split.validation), len(split.test)) == (6726, 747, 1319)
    assert split.overlaps == []
