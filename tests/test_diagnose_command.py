"""`netgain diagnose`: rows in, rows with a diagnosis out, bad rows named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conftest import netgain
from netgain.cli.main import app
from netgain.errors import DataError

QUESTION = "Mia has 12 shells and finds 4 a day for 6 days. How many has she then?"
REFERENCE = "She finds 4*6 = <<4*6=24>>24 shells.\nShe has 12+24 = <<12+24=36>>36.\n#### 36"
RIGHT = {"question": QUESTION, "answer": REFERENCE, "completion": "4*6=24\n12+24=36\n#### 36"}
WRONG = {
    "id": "b",
    "question": QUESTION,
    "gold_solution": REFERENCE,
    "steps": ["She finds 4 + 6 = 10 shells.", "12 + 10 = 22", "#### 22"],
    "first_error": 0,
}


def write(path: Path, rows: list[Any]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(*words: object) -> Any:
    return CliRunner().invoke(app, ["diagnose", *map(str, words)])


def test_rows_come_back_with_their_diagnosis(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [RIGHT, WRONG])
    done = run(source, "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 0, done.output
    right, wrong = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert (right["first_error"], right["error_kind"]) == (-1, "none")
    assert right["completion"] == RIGHT["completion"]
    assert (wrong["first_error"], wrong["error_kind"], wrong["id"]) == (0, "setup", "b")
    assert wrong["given_first_error"] == 0
    assert "4 + 6 = 10" in wrong["evidence"]
    assert wrong["equations"][0] == {"step": 0, "text": "4 + 6 = 10", "holds": True}


@pytest.mark.parametrize("column", ["solution", "reference", "gold", "target", "rationale"])
def test_a_reference_is_found_in_every_usual_column(tmp_path: Path, column: str) -> None:
    bare = {} if column in ("gold", "target") else {"answer": "36", "label": [1, 0]}
    row = {"question": QUESTION, column: REFERENCE, "steps": WRONG["steps"], **bare}
    done = run(write(tmp_path / "in.jsonl", [row]), "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert found["first_error"] == 0 and found["error_kind"] == "setup"


def test_rows_of_lm_eval_samples_and_columns_of_other_names_are_read(tmp_path: Path) -> None:
    doc = {"question": QUESTION, "answer": REFERENCE}
    logged = {"doc_id": 3, "doc": doc, "target": "36", "resps": [["4*6=20. #### 20"]],
              "filter": "strict-match"}  # fmt: skip
    again = logged | {"filter": "flexible-extract"}
    done = run(write(tmp_path / "in.jsonl", [logged, again]), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["error_kinds"] == {"arithmetic": 1}
    sampled = [RIGHT | {"id": "a", "sample": i} for i in (0, 1)]
    assert json.loads(run(write(tmp_path / "in.jsonl", sampled), "--json").stdout)["n"] == 2
    nested = {"question": QUESTION, "answer": REFERENCE, "out": {"text": RIGHT["completion"]}}
    path = write(tmp_path / "in.jsonl", [nested])
    found = json.loads(run(path, "--json", "--column", "completion=out.text").stdout)
    assert found["without_error"]["right"] == 1


def test_json_counts_kinds_and_what_does_not_exclude_another(tmp_path: Path) -> None:
    cut = {"id": "d", "completion": "4 * 6 = 25 shells", "finish_reason": "length"}
    source = write(tmp_path / "in.jsonl", [RIGHT, WRONG, WRONG | {"id": "c"}, cut])
    found = json.loads(run(source, "--json").stdout)
    assert found["n"] == 4
    assert found["error_kinds"] == {"setup": 2, "none": 1, "truncated": 1}
    assert found["whatever_the_kind"] == {"truncated": 1, "false_equation": 1}
    assert found["first_wrong_step"] == {"1": 3}


def test_the_table_shows_shares_and_evidence(tmp_path: Path) -> None:
    done = run(write(tmp_path / "in.jsonl", [RIGHT, WRONG]))
    assert "setup" in done.stdout and "50.0%" in done.stdout
    assert "line 2 (id b): step 1 computes" in done.stdout


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not valid JSON"),
        ("[1]", "a row must be an object"),
        ({"question": QUESTION}, "no 'completion' and no 'steps'"),
        ({"completion": ["a", "b"]}, "'completion' must be one text, not a list"),
        ({"completion": "4", "finish_reason": "bored"}, "finish reason 'bored'"),
        ({"completion": "4", "question": {}}, "'question' must be text, not an object"),
        ({"completion": "4", "question": True}, "'question' must be text, not true or false"),
        ({"completion": "A", "choices": ["4", "5"], "answer": "A"}, "it is multiple choice"),
        ({"completion": "4", "gold": "some"}, "the gold answer 'some' is not a number"),
        ({"completion": "4", "gold": float("nan")}, "the gold answer 'nan' is not a number"),
        ({"completion": "4", "answer": "few"}, "the gold answer 'few' is not a number"),
        (RIGHT | {"gold_answer": 29}, "two right answers: 29, and 36"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_used(tmp_path: Path, row: Any, reason: str) -> None:
    done = run(write(tmp_path / "in.jsonl", [RIGHT, row]), "--json")
    assert done.exit_code == 1
    assert f"in.jsonl, line 2: {reason}" in done.stderr
    assert "1 row could not be used" in done.stderr
    assert json.loads(done.stdout)["n"] == 1


def test_an_id_that_a_model_has_twice_is_named(tmp_path: Path) -> None:
    rows = [RIGHT | {"id": 1, "model": "m"}, RIGHT | {"id": 1, "model": "n"}]
    done = run(write(tmp_path / "in.jsonl", [*rows, RIGHT | {"id": 1, "model": "m"}]), "--json")
    assert done.exit_code == 1
    assert "line 3: its id '1' of model 'm' is already used by in.jsonl, line 1" in done.stderr
    assert json.loads(done.stdout)["n"] == 2


def test_clean_for_want_of_a_right_answer_is_counted_apart(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [RIGHT, {"completion": "4 + 4 = 8"}])
    found = json.loads(run(source, "--json").stdout)
    assert found["without_error"] == {"right": 1, "could_not_be_checked": 1}
    shown = run(source).stdout
    assert "none: right" in shown and "could not be checked" in shown


def test_each_model_has_figures_of_its_own(tmp_path: Path) -> None:
    rows = [RIGHT | {"model": "good"}, WRONG | {"model": "poor"}, RIGHT | {"model": "poor"}]
    source = write(tmp_path / "in.jsonl", rows)
    found = json.loads(run(source, "--json").stdout)
    assert found["error_kinds"] == {"none": 2, "setup": 1}
    assert {model: part["error_kinds"] for model, part in found["models"].items()} == {
        "good": {"none": 1}, "poor": {"setup": 1, "none": 1},
    }  # fmt: skip
    shown = run(source).stdout
    assert shown.count("error  ") == 2 and "good\n" in shown and "poor\n" in shown


def test_examples_say_whose_they_are_and_how_many_more_there_are(tmp_path: Path) -> None:
    rows = [WRONG | {"id": f"p{i}", "model": "m"} for i in range(5)]
    shown = run(write(tmp_path / "in.jsonl", rows)).stdout
    assert "line 1 (id p0, model m): step 1" in shown
    assert "3 of 5 shown, see -o" in shown
    assert "shown" not in run(write(tmp_path / "few.jsonl", rows[:2])).stdout


def test_text_after_the_references_number_leaves_the_right_answer_to_its_column(
    tmp_path: Path,
) -> None:
    row = RIGHT | {"answer": REFERENCE + "\nThe answer is: 36", "gold_answer": "36"}
    assert run(write(tmp_path / "in.jsonl", [row])).exit_code == 0


def test_no_output_is_left_when_nothing_can_be_used(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ["{"])
    done = netgain("diagnose", source, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1
    assert "holds no row that can be used" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_the_input_is_not_overwritten(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [RIGHT])
    before = source.read_bytes()
    assert isinstance(run(source, "-o", source).exception, DataError)
    assert source.read_bytes() == before


def test_a_bare_gold_answer_and_a_cut_off_text_are_understood(tmp_path: Path) -> None:
    rows = [
        {"question": QUESTION, "answer": "36", "completion": "4*6=24, 12+24=36. The answer is 36"},
        {
            "question": QUESTION,
            "gold": 36,
            "completion": "She finds 4*6=2",
            "finish_reason": "length",
        },
        {"completion": "4 + 4 = 9"},
    ]
    run(write(tmp_path / "in.jsonl", rows), "-o", tmp_path / "out.jsonl")
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["error_kind"] for row in found] == ["none", "truncated", "arithmetic"]
