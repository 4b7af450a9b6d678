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


def test_json_counts_kinds_and_calls_sub_kinds_suggestions(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [RIGHT, WRONG, WRONG])
    found = json.loads(run(source, "--json").stdout)
    assert found["n"] == 3
    assert found["error_kinds"] == {"setup": 2, "none": 1}
    assert found["sub_kinds_suggested"] == {"wrong_quantity_or_operation": 2}
    assert found["first_wrong_step"] == {"1": 2}


def test_the_table_shows_shares_and_evidence(tmp_path: Path) -> None:
    done = run(write(tmp_path / "in.jsonl", [RIGHT, WRONG]))
    assert "setup" in done.stdout and "50.0%" in done.stdout
    assert "a suggestion" in done.stdout
    assert "line 2: step 1 computes" in done.stdout


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not valid JSON"),
        ("[1]", "a row must be an object"),
        ({"question": QUESTION}, "no 'completion' and no 'steps'"),
        ({"completion": ["a", "b"]}, "'completion' must be one text"),
        ({"completion": "4", "finish_reason": "bored"}, "finish reason 'bored'"),
        ({"completion": "4", "question": {}}, "'question' must be text"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_used(tmp_path: Path, row: Any, reason: str) -> None:
    done = run(write(tmp_path / "in.jsonl", [RIGHT, row]), "--json")
    assert done.exit_code == 1
    assert f"in.jsonl, line 2: {reason}" in done.stderr
    assert "1 row could not be used" in done.stderr
    assert json.loads(done.stdout)["n"] == 1


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
