"""`netgain grade`: rows of answers in, the same rows judged out, and figures that add up."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import netgain as netgain_package
from conftest import SHARED, Done, netgain
from netgain.analysis.comparing.graded_rows import grade_row, graded_row
from netgain.api.answer_rows import rows_into
from netgain.api.graded import grade
from netgain.cli.main import main
from netgain.data.answer_columns import MAX_SAMPLES, column_option
from netgain.data.rows_of_answers import AnswerRow, iterate_answers, read_answers
from netgain.errors import DataError, StorageError
from netgain.rowfiles import BadRow, GivenRows

PLUMS = {
    "id": "plums",
    "model": "small",
    "question": "A jar holds 12 plums. How many are in 4 jars?",
    "answer": "4 jars hold 12 * 4 = <<12*4=48>>48 plums.\n#### 48",
    "completion": "12 * 4 = 48\n#### 48",
}


NONE = GivenRows(())


def row(**changes: Any) -> dict[str, Any]:
    return {k: v for k, v in {**PLUMS, **changes}.items() if v is not None}


def write(folder: Path, *rows: Any, name: str = "answers.jsonl") -> Path:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, *rows: Any) -> tuple[list[AnswerRow], list[BadRow]]:
    return read_answers([write(folder, *rows)])


def only(folder: Path, *rows: Any) -> AnswerRow:
    [found], bad = read(folder, *rows)
    assert not bad
    return found


def judged(folder: Path, **changes: Any) -> dict[str, Any]:
    answer = only(folder, row(**changes))
    return graded_row(answer, grade_row(answer))


# --- rows


@pytest.mark.parametrize(
    ("changes", "gold"),
    [
        ({}, 48),
        ({"answer": "48"}, 48),
        ({"answer": 48}, 48),
        ({"answer": "1,200.50"}, Fraction(2401, 2)),
        ({"gold": "49"}, 49),
        ({"answer": None, "gold": 48.0}, 48),
        ({"answer": None, "label": "#### 48"}, 48),
    ],
)
def test_the_right_number_is_read_from_gold_or_else_from_the_answer(
    tmp_path: Path, changes: dict[str, Any], gold: Fraction
) -> None:
    assert only(tmp_path, row(**changes)).problem.answer == gold


@pytest.mark.parametrize(
    "name", ["response", "output", "predict", "generation", "samples", "model_output"]
)
def test_a_completion_is_found_under_its_usual_names(tmp_path: Path, name: str) -> None:
    found = only(tmp_path, row(completion=None, **{name: "#### 48"}))
    assert found.completions == ("#### 48",) and not found.several


def test_a_text_goes_before_the_answer_that_another_tool_read_from_it(tmp_path: Path) -> None:
    found = only(tmp_path, row(completion=None, prediction="2", model_output="It is 48."))
    assert found.completions == ("It is 48.",)


def test_a_column_of_another_name_is_named(tmp_path: Path) -> None:
    odd = {"key": 7, "out": {"text": ["#### 48"]}, "right": "48 plums", "completion": "the prompt",
           "a.b": "m"}  # fmt: skip
    path = write(tmp_path, odd)
    columns = {"completion": "out.text.0", "gold": "right", "id": "key", "model": "a.b"}
    [found], bad = read_answers([path], columns)
    assert not bad and found.completions == ("#### 48",) and found.row == odd
    assert (found.problem.id, found.problem.answer, found.model) == ("7", 48, "m")
    found, _ = read_answers(
        [write(tmp_path, row(), {**odd, "answer": 4})], {"completion": "out.text.0"}
    )
    # Nothing else is taken in place of the column named.
    assert [one.completions for one in found] == [(None,), ("#### 48",)]


@pytest.mark.parametrize("words", [["completion"], ["what=x"], ["id="], ["id=a", "id=b"]])
def test_a_column_option_that_names_none_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"column|COLUMN"):
        column_option(words)


def test_a_missing_completion_is_a_wrong_answer(tmp_path: Path) -> None:
    gone = row(id="2")
    del gone["completion"]
    null = {**gone, "id": "3", "completion": None}
    partly, empty = row(id="4", completion=[None, "#### 48"]), row(id="5", completion=[])
    found, bad = read(tmp_path, row(), gone, null, partly, empty)
    assert not bad and len(found) == 5
    grades = [[(g.correct, g.rule) for g in grade_row(one)] for one in found]
    assert grades[0] == [(True, "hashes")] and grades[3] == [(False, "missing"), (True, "hashes")]
    assert grades[1] == grades[2] == grades[4] == [(False, "missing")]
    with pytest.raises(DataError, match=r"no row of .* has a 'completion'.*--column"):
        read(tmp_path, gone)


def test_rows_with_a_sample_each_are_samples_of_one_problem(tmp_path: Path) -> None:
    rows = [row(sample=i) for i in (2, 0, 1)]
    found, bad = read(tmp_path, *rows, row(sample=1), row(id="2", sample=0))
    assert [one.sample for one in found] == ["2", "0", "1", "0"]
    assert "'plums' of model 'small' with sample '1' is already used" in bad[0].reason


def test_what_a_row_may_leave_out_is_filled_in(tmp_path: Path) -> None:
    found = only(tmp_path, {"answer": "48", "completion": ["a", "b"]})
    assert found.problem.id == "answers-00001" and found.model == "" and found.steps is None
    assert found.several and found.finish_reasons == ("stop", "stop")


def test_finish_reasons_and_steps_are_read_as_tools_write_them(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        row(completion=["a", "b", "c"], finish_reason=["eos", "max_tokens", None], steps=["x"]),
    )
    assert found.finish_reasons == ("stop", "length", "stop")
    assert found.steps == ("x",)


@pytest.mark.parametrize(
    ("bad_row", "words"),
    [
        ("{", "not valid JSON"),
        ("[1]", "must be an object"),
        (row(completion=["a"] * (MAX_SAMPLES + 1)), "10,001 samples"),
        (row(completion=[7]), "must be text"),
        (row(sample=1.5), "'sample' must be a number or text"),
        (row(completion=48), "must be text"),
        (row(answer="many"), "the gold answer 'many' is not a number"),
        (row(gold="1e999999999"), "is not a number within bounds"),
        (row(answer=None), "no 'answer' and no 'gold'"),
        (row(finish_reason="tired"), "'tired' is not known"),
        (row(completion=["a"], finish_reason=["stop", "stop"]), "2 finish reasons"),
        (row(model=7), "'model' must be text"),
        (row(id=["x"]), "'id' must be text"),
        (row(choices=["one"], answer="A"), "1 choices"),
        (row(choices=["one", "two"], answer="C"), "none of the labels"),
        (row(choices=["one", "two"], answer=None), "nothing says which is right"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, bad_row: Any, words: str
) -> None:
    found, bad = read(tmp_path, row(id="good"), bad_row, row(id="also good"))
    assert [one.problem.id for one in found] == ["good", "also good"]
    [named] = bad
    assert str(named).startswith("answers.jsonl, line 2: ") and words in named.reason


def test_an_id_is_used_once_a_model(tmp_path: Path) -> None:
    found, bad = read(tmp_path, row(), row(model="large"), row(completion="7"))
    assert [one.model for one in found] == ["small", "large"]
    assert "its id 'plums' of model 'small' is already used by answers.jsonl, line 1" in str(bad[0])
    _, bad = read(tmp_path, row(model=None), row(model=None))
    assert "its id 'plums' is already used by answers.jsonl, line 1" in bad[0].reason


def test_rows_of_lm_eval_are_read_as_it_writes_them(tmp_path: Path) -> None:
    doc = {"question": PLUMS["question"], "answer": PLUMS["answer"]}
    logged = {"doc_id": 7, "doc": doc, "target": PLUMS["answer"], "resps": [["#### 48"]],
              "filtered_resps": ["48"], "filter": "strict-match", "exact_match": 1.0}  # fmt: skip
    again = {**logged, "filter": "flexible-extract"}
    several = {**logged, "doc_id": 8, "resps": [["#### 48", "no"]]}
    found, bad = read(tmp_path, logged, again, several)
    assert [one.problem.id for one in found] == ["7", "8"]
    assert found[0].completions == ("#### 48",) and not found[0].several
    assert found[0].problem.question == PLUMS["question"] and found[0].problem.answer == 48
    assert found[1].completions == ("#### 48", "no") and found[0].row == logged
    assert not bad  # an answer that stands there once more, for another filter
    _, [appended] = read(tmp_path, logged, again, {**logged, "resps": [["#### 9"]]})
    assert "appends to the file of an earlier run: what comes first counts" in appended.reason


def test_what_json_says_of_a_character_is_said_once(tmp_path: Path) -> None:
    _, bad = read(tmp_path, row(), '{"id": "a\tb"}')
    assert "(invalid control character at character 10)" in bad[0].reason


@pytest.mark.parametrize(
    ("columns", "index"),
    [
        ({"choices": ["Rome", "Oslo"], "answer": 1}, 1),
        ({"choices": ["Rome", "Oslo"], "answer": "B"}, 1),
        ({"choices": {"text": ["Rome", "Oslo"], "label": ["1", "2"]}, "answerKey": "2"}, 1),
        ({"choices": [{"label": "A", "text": "Rome"}, {"label": "B", "text": "Oslo"}],
          "answerKey": "B"}, 1),
        ({"endings": ["goes up.", "goes down."], "label": "0"}, 0),
        ({"options": {"A": "Rome", "B": "Oslo"}, "answer": "Oslo", "answer_idx": "B"}, 1),
        ({"options": ["A)21", "B)21.5", "C)22"], "correct": "B"}, 1),
        ({"options": ["A. Rome", "B. Oslo"], "answer": "Oslo"}, 1),
    ],
)  # fmt: skip
def test_choices_are_read_as_the_usual_data_sets_write_them(
    tmp_path: Path, columns: dict[str, Any], index: int
) -> None:
    found = only(tmp_path, row(**{"answer": None, **columns}))
    assert found.choices is not None and found.problem.answer is None
    assert found.problem.answer_choice == index


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    """The first row comes before a later one is looked at: a file need not fit in memory."""
    path = write(tmp_path, row(), *[row(id=str(i)) for i in range(1000)])
    rows = iterate_answers([path])
    assert isinstance(next(rows), AnswerRow)
    with path.open("ab") as file:
        file.write(json.dumps(row(id="written meanwhile")).encode())
    assert [r.problem.id for r in rows if isinstance(r, AnswerRow)][-1] == "written meanwhile"


# --- graded rows


def test_a_judged_row_is_the_row_with_five_columns_more(tmp_path: Path) -> None:
    found = judged(tmp_path, note={"kept": [1, None]})
    assert {k: found[k] for k in PLUMS} == PLUMS and found["note"] == {"kept": [1, None]}
    assert (found["extracted"], found["rule"]) == ("48", "hashes")
    assert found["strict"] is found["flexible"] is found["correct"] is True


def test_samples_are_judged_in_lists_one_value_each(tmp_path: Path) -> None:
    found = judged(tmp_path, completion=["#### 48", "", "It is 47."])
    assert found["correct"] == [True, False, False]
    assert found["extracted"] == ["48", None, "47"] and found["rule"][1] == "empty"
    assert judged(tmp_path, completion=["#### 48"])["correct"] == [True]


def test_a_text_that_was_cut_off_says_so(tmp_path: Path) -> None:
    assert judged(tmp_path, completion="12 * 4", finish_reason="length")["rule"] == "truncated"


def test_a_verdict_that_the_row_came_with_is_kept_where_it_differs(tmp_path: Path) -> None:
    assert judged(tmp_path, correct=False)["input_correct"] is False
    assert "input_correct" not in judged(tmp_path, correct=True)
    twice = judged(tmp_path, **judged(tmp_path))
    assert twice == judged(tmp_path)


def test_a_choice_is_judged_by_its_label(tmp_path: Path) -> None:
    found = judged(
        tmp_path, choices=["Rome", "Oslo"], answer="B", completion="The answer is (B) Oslo."
    )
    assert (found["extracted"], found["correct"], found["strict"]) == ("B", True, False)


# --- the command

Run = Callable[..., Done]


@pytest.fixture
def grade_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`netgain grade` in this process: what it prints, and its exit code."""

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["netgain", "grade", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Done(words, int(end.value.code or 0), printed.out, printed.err)

    return run


def test_grading_prints_figures_and_writes_every_row(tmp_path: Path) -> None:
    path = write(tmp_path, row(), row(id="2", completion="48 or 50"), row(id="3", completion=""))
    out = tmp_path / "graded.jsonl"
    done = netgain("grade", path, "-o", out)
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"netgain: 3 rows written to {out}\n"
    assert "33.3%" in done.stdout and "empty 1" in done.stdout
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in rows] == ["plums", "2", "3"]
    assert [one["correct"] for one in rows] == [True, False, False]
    assert sorted(tmp_path.iterdir()) == [path, out]


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path, grade_files: Run) -> None:
    done = grade_files(write(tmp_path, row()), "-o", tmp_path / "typo" / "graded.jsonl")
    assert done.returncode == 1 and "there is no folder" in done.stderr
    assert not (tmp_path / "typo").exists()


def test_one_json_object_holds_every_models_figures(tmp_path: Path, grade_files: Run) -> None:
    path = write(
        tmp_path,
        row(completion=["#### 48", "#### 48", "#### 9"]),
        row(id="2", completion=["", "#### 9", "#### 9"]),
        row(model="large"),
        row(model="large", id="2", completion="48 of", finish_reason="length"),
        row(model=None, completion="The answer is $48.00."),
    )
    done = grade_files(path, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found["models"]) == ["small", "large", ""] and found["unreadable"] == []
    small, large, unnamed = found["models"].values()
    assert (small["n"], small["samples"]) == (2, 6)
    assert small["accuracy"]["robust"]["value"] == pytest.approx(1 / 3)
    assert small["maj@k"]["3"]["value"] == 0.5 and list(small["pass@k"]) == ["1", "2", "3"]
    assert small["no_answer"] == {"total": 1, "empty": 1}
    assert large["no_answer"] == {"total": 1, "truncated": 1}
    low, high = large["accuracy"]["robust"]["interval"]
    assert 0 < low < 0.5 < high < 1 and large["accuracy"]["robust"]["level"] == 0.95
    assert small["maj@k"]["1"]["value"] == 0.5 and "maj@k" not in large
    assert unnamed["accuracy"]["robust"]["value"] == 1
    assert unnamed["accuracy"]["strict"]["value"] == 0


def test_samples_in_rows_give_the_figures_of_samples_in_a_list(
    tmp_path: Path, grade_files: Run
) -> None:
    texts = {"1": ["#### 48", "", "#### 48"], "2": ["#### 9", "#### 48", "#### 9"]}
    listed = write(tmp_path, *[row(id=i, completion=each) for i, each in texts.items()])
    figures = json.loads(grade_files(listed, "--json").stdout)["models"]["small"]
    apart = [row(id=i, completion=texts[i][k], sample=k) for k in (2, 0, 1) for i in texts]
    out = tmp_path / "graded.jsonl"
    done = grade_files(write(tmp_path, *apart, name="apart.jsonl"), "--json", "-o", out)
    assert done.returncode == 0 and json.loads(done.stdout)["models"]["small"] == figures
    assert figures["n"] == 2 and figures["samples"] == 6 and len(figures["maj@k"]) == 3
    assert len(out.read_text().splitlines()) == 6


def test_missing_completions_stay_in_the_denominator_and_are_told(
    tmp_path: Path, grade_files: Run
) -> None:
    path = write(tmp_path, row(), {**row(id="2"), "completion": None})
    done = grade_files(path, "--json")
    found = json.loads(done.stdout)["models"]["small"]
    assert done.returncode == 0 and found["n"] == 2
    assert found["accuracy"]["robust"]["value"] == 0.5
    assert found["no_answer"] == {"total": 1, "missing": 1}
    assert "1 completion is missing; it counts as wrong" in done.stderr


def test_the_command_takes_columns_of_other_names(tmp_path: Path, grade_files: Run) -> None:
    path = write(tmp_path, {"gold": 48, "out": {"text": "#### 48"}, "completion": "no"})
    done = grade_files(path, "--json", "--column", "completion=out.text")
    assert json.loads(done.stdout)["models"][""]["accuracy"]["robust"]["value"] == 1
    refused = grade_files(path, "--column", "text=out")
    assert refused.returncode == 2 and "COLUMN=NAME" in refused.stderr


def test_unreadable_rows_are_listed_and_the_good_ones_still_judged(
    tmp_path: Path, grade_files: Run
) -> None:
    path = write(tmp_path, row(), "{broken", row(id="2", answer="many"), row(id="3"))
    out = tmp_path / "graded.jsonl"
    done = grade_files(path, "--json", "-o", out)
    assert done.returncode == 1
    assert "answers.jsonl, line 2: not valid JSON" in done.stderr
    assert "answers.jsonl, line 3: the gold answer 'many'" in done.stderr
    assert "2 rows could not be used" in done.stderr and "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert found["models"]["small"]["n"] == 2
    assert [one["line"] for one in found["unreadable"]] == [2, 3]
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


def test_many_rows_of_one_fault_are_named_in_a_line(tmp_path: Path, grade_files: Run) -> None:
    faulty = [row(id=str(i), completion=7) for i in range(3000)]
    odd = [row(id=f"odd{i}", answer=f"many{i}") for i in range(200)]
    done = grade_files(write(tmp_path, row(), *faulty, *odd))
    assert done.returncode == 1 and len(done.stderr.splitlines()) < 30
    assert (
        "answers.jsonl, lines 2, 3, 4, 5, 6, … (3,000 in all): 'completion' must be" in done.stderr
    )
    assert "3,200 rows could not be used" in done.stderr
    none = grade_files(write(tmp_path, *faulty))
    assert "answers.jsonl, all 3,000 rows: 'completion' must be" in none.stderr
    assert "no row that can be used" in none.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty: it has no rows"),
        ("\n \n", "is empty"),
        ("{broken\n", "no row that can be used"),
    ],
)
def test_a_file_without_a_usable_row_is_an_error_and_leaves_no_output(
    tmp_path: Path, content: str, told: str, grade_files: Run
) -> None:
    path, out = tmp_path / "answers.jsonl", tmp_path / "graded.jsonl"
    path.write_text(content)
    done = grade_files(path, "-o", out)
    assert done.returncode == 1
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == [path]


def test_right_answers_may_come_from_a_file_of_problems(tmp_path: Path, grade_files: Run) -> None:
    bare = [{"instruction": f"How much is {i} plus {i} and another 1?", "generator": "m",
             "output": f"#### {2 * i + 1}"} for i in range(4)]  # fmt: skip
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in bare), encoding="utf-8")
    none = grade_files(path)
    assert none.returncode == 1 and "take right answers from a file of problems with --data" in (
        " ".join(none.stderr.split())
    )
    data = tmp_path / "problems.jsonl"
    asked = [{"question": r["instruction"], "answer": f"#### {2 * i + (i < 3)}"}
             for i, r in enumerate(bare[:4])]  # fmt: skip
    data.write_text("".join(json.dumps(r) + "\n" for r in asked), encoding="utf-8")
    found = grade(path, data=data)
    assert found.models["m"].accuracies["robust"].estimate.value == 0.75
    data.write_text(json.dumps(asked[0]) + "\n", encoding="utf-8")
    some = grade(path, data=data)
    assert some.rows == 1 and len(some.bad_rows) == 3
    assert "nor its question is in" in some.bad_rows[0].reason


def test_the_input_is_never_overwritten_and_a_missing_file_is_named(
    tmp_path: Path, grade_files: Run
) -> None:
    path = write(tmp_path, row())
    before = path.read_bytes()
    done = grade_files(path, "-o", path)
    assert done.returncode == 1 and "choose another name" in done.stderr
    assert path.read_bytes() == before
    missing = grade_files(tmp_path / "none.jsonl")
    assert missing.returncode == 1 and "cannot read" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_hostile_rows_reach_the_terminal_inert_and_the_output_whole(
    tmp_path: Path, grade_files: Run
) -> None:
    hostile = "\x1b[31m[bold]\u202e\ud800 ü"
    path = write(
        tmp_path,
        row(model="\x1b[31m[red]evil", completion=hostile),
        row(id="2\x1b[31m", model="m", answer="\x1b[31mx"),
        "[" * 5000,
    )
    out = tmp_path / "graded.jsonl"
    done = grade_files(path, "-o", out)
    assert done.returncode == 1
    assert "\x1b[31m" not in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert "⟨U+001B⟩[31m[red]evil" in done.stdout.replace("\n", "")
    [kept] = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(kept)["completion"] == hostile


def test_an_empty_name_is_a_mistake_in_the_command(tmp_path: Path, grade_files: Run) -> None:
    path = write(tmp_path, row())
    for words in (["", "--json"], [path, "-o", ""]):
        done = grade_files(*words)
        assert done.returncode == 2 and "the name is empty" in done.stderr


def piped(content: Path, *words: object) -> Done:
    """Run the command line with a pipe that holds a file's content for standard input."""
    return subprocess.run(
        [sys.executable, "-m", "netgain.cli.main", *map(str, words)],
        input=content.read_text(encoding="utf-8"), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_rows_go_through_pipes_from_end_to_end(tmp_path: Path) -> None:
    path = write(tmp_path, row(), row(id="2", completion="no"))
    for words in (("-o", "-"), ("-o", "-", "--json")):
        done = piped(path, "grade", "-", *words)
        assert done.returncode == 0, done.stderr
        graded = [json.loads(line) for line in done.stdout.splitlines()]
        assert [one["correct"] for one in graded] == [True, False]
        assert '"value": 0.5' in done.stderr or "50.0%" in done.stderr


def test_rows_written_where_stdout_goes_leave_the_table_out_of_it(tmp_path: Path) -> None:
    path, out = write(tmp_path, row()), tmp_path / "rows.jsonl"
    with out.open("wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "netgain.cli.main", "grade", path, "-o", out],
            stdout=stdout, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert [json.loads(line)["correct"] for line in out.read_text().splitlines()] == [True]
    assert b"100%" in done.stderr


def test_help_shows_examples(grade_files: Run) -> None:
    done = grade_files("--help")
    assert done.returncode == 0 and "netgain grade answers.jsonl" in done.stdout


def test_an_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text("old\n")
    with pytest.raises(DataError), rows_into(out, NONE) as write_row:
        write_row({"a": 1})
        raise DataError("stopped")
    assert out.read_text() == "old\n" and list(tmp_path.iterdir()) == [out]
    with rows_into(out, NONE) as write_row:
        write_row({"a": "ü\ud800"})
    assert json.loads(out.read_text(encoding="utf-8")) == {"a": "ü\ud800"}
    (tmp_path / "file").write_text("")
    with pytest.raises((StorageError, OSError)), rows_into(tmp_path / "file" / "x", NONE):
        pass


def test_what_is_written_to_keeps_its_place_and_its_mode(tmp_path: Path) -> None:
    from netgain.store import write_bytes

    target, link = tmp_path / "folder" / "rows.jsonl", tmp_path / "link.jsonl"
    target.parent.mkdir()
    link.symlink_to(target)
    for content in (b"new\n", b"newer\n"):  # at first the link leads to nothing yet
        write_bytes(link, content)
        assert link.is_symlink() and target.read_bytes() == content
        target.chmod(0o640)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    with rows_into(link, NONE) as write_row:
        write_row({"a": 1})
    assert link.is_symlink() and json.loads(target.read_text()) == {"a": 1}
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_is_read_only_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text("old\n")
    out.chmod(0o444)
    with pytest.raises(StorageError, match="is read-only"), rows_into(out, NONE) as write_row:
        write_row({"a": 1})
    assert out.read_text() == "old\n" and list(tmp_path.iterdir()) == [out]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
    reader.start()
    with rows_into(pipe, NONE) as write_row:
        write_row({"a": 1})
    reader.join(10)
    assert got == ['{"a": 1}\n'] and pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(
    not (SHARED / "data" / "model_solutions").exists(), reason="no real outputs at ../shared/data"
)
def test_real_outputs_of_seven_models_are_all_readable() -> None:
    path = SHARED / "data" / "model_solutions" / "dev.jsonl"
    rows = list(iterate_answers([path]))
    assert len(rows) == 9233 and not [one for one in rows if isinstance(one, BadRow)]


def test_a_file_of_other_columns_is_told_its_columns_and_how_to_name_them(tmp_path: Path) -> None:
    people = write(tmp_path, {"name": "Ada", "age": 36}, {"name": "Bo", "age": 40})
    for door in (grade, netgain_package.diagnose, netgain_package.compare):
        with pytest.raises(DataError, match=r"columns: name, age\); --column \w+=NAME") as caught:
            door(people)
        assert len(str(caught.value)) < len(str(people)) * 2 + 350
    wide = write(tmp_path, {f"c{i}": i for i in range(20)})
    with pytest.raises(DataError, match=r"c6, c7 and 12 more\)"):
        grade(wide)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.dat"])
def test_a_binary_file_is_no_text_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe\n" * 20)
    with pytest.raises(DataError, match="is no text file"):
        grade(path)


def test_the_only_file_of_answers_in_a_folder_is_taken_and_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("of the run")
    path = write(tmp_path, row(), row(id="figs", completion="#### 1"))
    found = grade(tmp_path)
    assert (found.source, found.rows) == (str(path), 2)
    assert found.remarks()[0].endswith("it is read: answers.jsonl")
    other = tmp_path / "other"
    other.mkdir()
    write(other, row(model="large"), row(id="figs", model="large"))
    compared = netgain_package.compare(path, other)
    assert compared.pairs[0].n == 2 and compared.notes[0].endswith("it is read: answers.jsonl")
    with pytest.raises(DataError, match="give the file of them"):
        grade(tmp_path)  # now there are two
