"""`netgain compare`: from files and run directories, as a table and as JSON, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.contingency_tables import mcnemar
from typer.testing import CliRunner

from conftest import ROOT, SHARED, netgain
from netgain.api.analysed import analyse
from netgain.api.compared import compare
from netgain.api.graded import grade
from netgain.api.imported import import_results
from netgain.cli.main import app
from netgain.data.load import problems_digest
from netgain.errors import DataError, EvaluationError, NetgainError, RunError
from netgain.pipeline.compared_models import load_compared
from netgain.pipeline.evaluations import settings_digest
from netgain.recipe import load_recipe
from netgain.records import EvaluationSummary, Generation, Problem
from netgain.store import RunDirectory
from test_grade_command import piped

Row = dict[str, Any]


def rows(right: Sequence[bool], model: str | None = None, graded: bool = False) -> list[Row]:
    """Answers to problems whose known answers are 100, 101 …"""
    found: list[Row] = []
    for i, r in enumerate(right):
        row: Row = {"id": f"p{i}", "question": f"How much is {i} and 100?", "gold": str(100 + i)}
        row |= {"correct": r} if graded else {"completion": f"So it is #### {100 + i + (not r)}"}
        found.append(row | ({"model": model} if model else {}))
    return found


def save(path: Path, rows: Sequence[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


OLD = [True] * 22 + [False] * 78
NEW = [True] * 20 + [False] * 2 + [True] * 12 + [False] * 66


def printed(*words: object) -> str:
    done = CliRunner().invoke(app, ["compare", *map(str, words)], env={"COLUMNS": "200"})
    if done.exception is not None:
        raise done.exception
    return done.stdout


def compared(*words: object) -> Any:
    return json.loads(printed(*words, "--json"))


def run_directory(root: Path, right: dict[str, Sequence[bool]], **settings: Any) -> Path:
    """A finished run of our own problems, without any model."""
    directory = RunDirectory(root)
    root.mkdir()
    directory.begin(load_recipe(ROOT / "recipes" / "demo.yaml"), {})
    n = len(next(iter(right.values())))
    problems = [Problem(f"p{i}", "builtin", f"How much is {i}?", Fraction(i)) for i in range(n)]
    directory.save_problems({"test": problems}, {})
    for model, verdicts in right.items():
        answers = [
            Generation(f"p{i}", 0, 0, f"#### {i + (not r)}", "stop", 9, 5, 0.1, None, "")
            for i, r in enumerate(verdicts)
        ]
        folder, digest = directory.evaluation(model), settings_digest(settings)
        folder.save_part(0, answers, digest)
        folder.save_summary(
            EvaluationSummary(
                model, digest, settings, problems_digest(problems), n, 0, 0, 9 * n, 5 * n, 1.0
            )
        )
    return root


# -- files ---------------------------------------------------------------------------------


def test_two_ungraded_files_are_graded_paired_and_judged(tmp_path: Path) -> None:
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", rows(NEW))
    (pair,) = compared(old, new)["pairs"]
    c = pair["comparison"]
    assert (c["both"], c["only_base"], c["only_tuned"], c["neither"]) == (20, 2, 12, 66)
    assert (pair["base"], pair["tuned"], pair["verdict"]) == ("old", "new", "improved")
    assert 0.006 < pair["p_value"] < mcnemar([[20, 2], [12, 66]], exact=True).pvalue


def test_graded_files_keep_their_verdicts_and_say_so(tmp_path: Path) -> None:
    old = save(tmp_path / "old.jsonl", rows(OLD, graded=True))
    new = save(tmp_path / "new.jsonl", rows(NEW, graded=True))
    found = compared(old, new)
    assert found["pairs"][0]["comparison"]["only_tuned"] == 12
    assert any("nothing was judged here" in note for note in found["notes"])
    mixed = compared(save(tmp_path / "old.jsonl", rows(OLD)), new)
    assert any("where graders differ" in note for note in mixed["notes"])


def test_one_file_of_three_models_gives_three_pairs_adjusted_by_holm(tmp_path: Path) -> None:
    both = rows(OLD, "a") + rows(NEW, "b") + rows(OLD[::-1], "c")
    pairs = compared(save(tmp_path / "all.jsonl", both))["pairs"]
    assert [(p["base"], p["tuned"]) for p in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert all(p["adjusted_p"] >= p["p_value"] for p in pairs)


def test_problems_without_shared_ids_are_paired_by_their_question(tmp_path: Path) -> None:
    other = [row | {"id": f"other-{row['id']}"} for row in rows(NEW)]
    found = compared(save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", other))
    assert found["pairs"][0]["n"] == 100
    assert any("question's text" in note for note in found["notes"])


def test_several_answers_are_lists_or_rows_with_a_sample_each(tmp_path: Path) -> None:
    old = save(
        tmp_path / "old.jsonl",
        [row | {"completion": [row["completion"]] * 3} for row in rows(OLD)],
    )
    listed = [row | {"completion": [row["completion"]] * 3} for row in rows(NEW)]
    apart = [row | {"sample": i} for row in rows(NEW) for i in range(3)]
    judged = [row | {"correct": [row["correct"]] * 3} for row in rows(NEW, graded=True)]
    found = [
        compared(old, save(tmp_path / "new.jsonl", each))["pairs"][0]
        for each in (listed, apart, judged)
    ]
    assert found[0]["n"] == 100 and found[0]["comparison"] is None
    assert "sign-flip" in found[0]["test"]
    assert found[0] == found[1] == found[2]


def test_a_problem_that_stands_twice_is_no_second_answer(tmp_path: Path) -> None:
    path = save(tmp_path / "new.jsonl", [*rows(NEW), rows(NEW)[4]])
    (judged,), _, (bad,) = load_compared([path])
    assert len(judged.answers) == 100 and bad.line == 101
    assert "its id 'p4'" in bad.reason and "already used by new.jsonl, line 5" in bad.reason
    logged = {"doc_id": 1, "doc": {"question": "q", "answer": "4"}, "resps": [["4"]], "filter": "x"}
    save(path, [logged])
    assert [dict(c.answers) for c in load_compared([path])[0]] == [{"q": (True,)}]
    (judged,), _, bad = load_compared([save(path, [logged, logged | {"filter": "y"}])])
    assert not bad and dict(judged.answers) == {"q": (True,)}  # one answer, read by two filters


def test_what_netgain_grade_writes_is_compared(tmp_path: Path) -> None:
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", rows(NEW))
    graded = tmp_path / "graded.jsonl"
    done = CliRunner().invoke(app, ["grade", str(new), "-o", str(graded)])
    assert done.exit_code == 0, done.output
    pair = compared(old, graded)["pairs"][0]
    assert pair["comparison"] == compared(old, new)["pairs"][0]["comparison"]


def test_models_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    old = save(tmp_path / "old.jsonl", rows(OLD, "qwen"))
    new = save(tmp_path / "new.jsonl", rows(NEW, "qwen"))
    names = [c.name for c in load_compared([old, new])[0]]
    assert names == [f"qwen ({old})", f"qwen ({new})"]


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (
            {"id": "x", "question": None},
            EvaluationError,
            "old has 1, such as 'p0'; new has 1, such",
        ),
        ({"question": "How much is something else?"}, EvaluationError, "different questions"),
        ({"gold": "7"}, EvaluationError, "two known answers"),
        ({"completion": None}, DataError, "has a 'completion'"),
        ({"correct": "perhaps"}, DataError, "must be true or false"),
        ({"gold": "no number"}, DataError, "line 1: the gold answer"),
        ({"model": 5}, DataError, "'model' must be text"),
        ({"id": None, "question": None, "correct": True}, DataError, "which problem"),
    ],
)
def test_what_cannot_be_paired_or_read_says_where_and_why(
    tmp_path: Path, change: Row, error: type[Exception], told: str
) -> None:
    old = save(tmp_path / "old.jsonl", rows([True]))
    new = save(tmp_path / "new.jsonl", [rows([True])[0] | change])
    with pytest.raises(error, match=told):
        load_compared([old, new])


def test_lines_that_are_no_answers_are_left_out_and_named(tmp_path: Path) -> None:
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", rows(NEW))
    sound = compared(old, new)
    with new.open("a") as lines:
        lines.write('[1]\nnot json\n{"id": "x", "answer": "many", "completion": "4"}\n')
    done = netgain("compare", old, new, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["pairs"] == sound["pairs"]
    assert [row["line"] for row in found["unreadable"]] == [101, 102, 103]
    assert "new.jsonl, line 102: not valid JSON" in done.stderr
    assert "3 rows could not be used" in done.stderr
    assert netgain("compare", old, new).returncode == 1
    new.write_text("[1]\nnot json\n")
    with pytest.raises(DataError, match=r"no answers that can be used(.|\n)*line 1(.|\n)*line 2"):
        load_compared([new])
    new.write_text("")
    with pytest.raises(DataError, match="is empty: it has no rows"):
        load_compared([new])


def test_models_are_named_by_their_place_as_import_names_them(tmp_path: Path) -> None:
    for name, right in (("llama", OLD), ("mine", NEW)):
        save(tmp_path / name / "eval-results" / "predictions.jsonl", rows(right))
    files = sorted(tmp_path.rglob("predictions.jsonl"))
    [pair] = compare(*files).pairs
    assert (pair.reference, pair.other) == ("llama", "mine")
    imported = import_results(*files).found.answers
    assert [source.model for source in imported] == ["llama", "mine"]
    assert "llama" in repr(grade(files[0])) and list(grade(files[0]).models) == [""]


def test_one_file_under_two_names_is_told(tmp_path: Path) -> None:
    old = save(tmp_path / "old.jsonl", rows(OLD))
    copy = save(tmp_path / "copy.jsonl", rows(OLD))
    assert "the same file, byte for byte" in compare(old, copy).notes[0]
    found = analyse(old, copy, out=tmp_path / "r")
    assert "very same texts for all 100 problems" in found.warnings[0]
    other = save(tmp_path / "new.jsonl", rows(NEW))
    assert not any("byte for byte" in note for note in compare(old, other).notes)
    assert not analyse(old, other, out=tmp_path / "r").warnings


def test_a_margin_that_is_no_number_is_told_in_plain_words(tmp_path: Path) -> None:
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", rows(NEW))
    done = netgain("compare", old, new, "--margin", "abc")
    assert done.returncode == 2 and "'abc' is no number of points (0.01 to 99)" in done.stderr
    assert compared(old, new, "--margin", "2")["pairs"][0]["loss"]


def test_a_missing_completion_is_a_wrong_answer_and_told(tmp_path: Path) -> None:
    some = rows(NEW)
    wrong = [row | {"completion": "no"} for row in some[:3]] + some[3:]
    gone = [row | {"completion": None} for row in some[:2]] + some[3:]
    gone.insert(2, {name: value for name, value in some[2].items() if name != "completion"})
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), tmp_path / "new.jsonl"
    expected = compared(old, save(new, wrong))["pairs"]
    found = compared(old, save(new, gone))
    assert found["pairs"] == expected and expected[0]["n"] == 100
    assert "3 completions of new are missing and counted as wrong." in found["notes"]


def test_a_column_of_another_name_is_named(tmp_path: Path) -> None:
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", rows(NEW))
    plainly = compared(old, new)["pairs"]
    for path, verdicts in ((old, OLD), (new, NEW)):
        each = rows(verdicts)
        save(path, [{**r, "out": {"text": r["completion"]}, "completion": "-"} for r in each])
    assert compared(old, new, "--column", "completion=out.text")["pairs"] == plainly


def test_one_and_nought_are_verdicts_too(tmp_path: Path) -> None:
    old = save(tmp_path / "old.jsonl", rows(OLD, graded=True))
    new = save(tmp_path / "new.jsonl", rows(NEW, graded=True))
    told = [row | {"correct": int(row["correct"])} for row in rows(NEW, graded=True)]
    found = compared(old, save(tmp_path / "told" / "new.jsonl", told))
    assert found["pairs"] == compared(old, new)["pairs"]
    with pytest.raises(DataError, match="must be true or false"):
        load_compared([save(new, [rows([True])[0] | {"correct": 2}])])


def test_problem_sets_that_are_disjoint_are_said_to_be(tmp_path: Path) -> None:
    other = [
        row | {"id": f"x{i}", "question": f"How much is {i} less than 999?", "gold": str(999 - i)}
        for i, row in enumerate(rows(NEW))
    ]
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", other)
    with pytest.raises(EvaluationError, match="100 problems, such as 'How much is 0 and 100") as no:
        printed(old, new)
    assert "100 problems, such as 'How much is 0 less than 999" in str(no.value)
    assert "give both files the same ids" not in str(no.value)


def test_a_file_can_come_through_a_pipe_but_a_name_cannot_be_empty(tmp_path: Path) -> None:
    old, new = save(tmp_path / "old.jsonl", rows(OLD)), save(tmp_path / "new.jsonl", rows(NEW))
    done = piped(new, "compare", old, "-", "--json")
    assert done.returncode == 0, done.stderr
    (pair,) = json.loads(done.stdout)["pairs"]
    assert (pair["tuned"], pair["verdict"]) == ("stdin", "improved")
    for words in (["", new], [old, ""], [old, new, "--published", ""], [old, new, "--margin=nan"]):
        refused = CliRunner().invoke(app, ["compare", *map(str, words)])
        assert refused.exit_code == 2 and "Usage" in refused.output
    assert "nan is not a number of points" in refused.output


@pytest.mark.parametrize("command", ["compare", "report", "view", "grade"])
def test_links_that_go_round_in_a_circle_are_refused_in_one_line(
    command: str, tmp_path: Path
) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.symlink_to(other)
    other.symlink_to(one)
    paths = [one] if command in {"view", "grade"} else [one, other]
    done = CliRunner().invoke(app, [command, *map(str, paths)])
    assert isinstance(done.exception, NetgainError), done.exception
    assert "\n" not in str(done.exception)


def test_a_path_given_twice_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "old.jsonl", rows(OLD))
    with pytest.raises(EvaluationError, match="given twice"):
        load_compared([path, tmp_path / "." / "old.jsonl"])


# -- run directories -----------------------------------------------------------------------


def test_one_run_compares_its_base_with_its_tuned_model(tmp_path: Path) -> None:
    run = run_directory(tmp_path / "run", {"base": OLD, "tuned": NEW})
    (pair,) = compared(run)["pairs"]
    assert (pair["base"], pair["tuned"], pair["verdict"]) == ("base", "tuned", "improved")


def test_two_runs_compare_their_tuned_models_and_evaluations_can_be_named(tmp_path: Path) -> None:
    one = run_directory(tmp_path / "one", {"base": OLD, "tuned": OLD}, prompt="x", engine="e")
    two = run_directory(tmp_path / "two", {"base": OLD, "tuned": NEW}, prompt="y", engine="e")
    found = compared(one, two)
    (pair,) = found["pairs"]
    assert (pair["base"], pair["tuned"]) == ("one (tuned)", "two (tuned)")
    assert pair["comparison"]["only_tuned"] == 12
    (said,) = found["notes"]
    assert "differ in prompt (x and y)" in said
    named = compared(one / "evaluations" / "base", two)["pairs"][0]
    assert named["base"] == "one (base)"
    beside = save(tmp_path / "file.jsonl", [
        {"id": f"p{i}", "gold": str(i), "completion": f"#### {i}"} for i in range(100)
    ])  # fmt: skip
    assert compared(two, beside)["pairs"][0]["tuned_share"]["value"] == 1.0


def test_a_folder_that_is_no_run_or_has_no_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run directory"):
        load_compared([tmp_path])
    run = run_directory(tmp_path / "run", {"base": OLD})
    (run / "evaluations" / "base" / "evaluation.json").unlink()
    with pytest.raises(RunError, match="no finished evaluation"):
        load_compared([run])


def test_seeds_of_a_recipe_are_taken_together(tmp_path: Path) -> None:
    runs = [
        run_directory(tmp_path / f"seed{i}", {"base": OLD, "tuned": NEW[i:] + NEW[:i]})
        for i in range(3)
    ]
    found = compared(runs[0] / "evaluations" / "base", *runs, "--seeds")["seeds"]
    assert found["seeds"] == 3 and found["problems"] == 100
    assert found["over_seeds"]["interval"] is None or found["over_seeds"]["interval"][0] < 0.1
    assert found["caveats"]
    words = (runs[0] / "evaluations" / "base", *runs, "--seeds", "--margin", 99)
    assert compared(*words)["seeds_loss"]["ruled_out"]
    assert "other seeds, other problems: A loss of 99.0 points" in printed(*words).lower().replace(
        "a loss", "A loss"
    )


# -- what is printed -----------------------------------------------------------------------


def test_the_tables_say_verdict_test_and_caveats_and_obey_no_foreign_text(tmp_path: Path) -> None:
    old = save(tmp_path / "old.jsonl", rows(OLD, "[red]old\x1b[31m"))
    new = save(tmp_path / "new.jsonl", rows(NEW, "new"))
    shown = printed(old, new, "--margin", 2, "--published", "Qwen2-0.5B-Instruct")
    for told in ("Improved: on the same 100 problems", "exact unconditional McNemar",
                 "A loss of 2.0 points or more is ruled out", "Prompts and graders differ",
                 "[red]old⟨U+001B⟩[31m"):  # fmt: skip
        assert told in shown
    assert "\x1b" not in shown
    three = rows(OLD, "a") + rows(NEW, "b") + rows(OLD, "c")
    many = printed(save(tmp_path / "all.jsonl", three), "--margin", 2)
    assert "1 → 2" in many and "adjusted for 3 pairs" in many and "a → b: A loss" in many
    seeds = printed(old, new, save(tmp_path / "more.jsonl", rows(OLD, "more")), "--seeds")
    assert "2 seeds on 100 problems: +10.0 points, 0 points" in seeds


def test_one_model_alone_can_stand_beside_a_published_score_but_not_be_compared(
    tmp_path: Path,
) -> None:
    path = save(tmp_path / "new.jsonl", rows(NEW))
    found = compared(path, "--published", "Qwen2-0.5B-Instruct")
    assert found["pairs"] == []
    assert "Published for Qwen/Qwen2-0.5B-Instruct: 40.1%" in found["published"]["new"]["sentence"]
    done = netgain("compare", path)
    assert done.returncode == 1 and "needs two" in done.stderr and "Traceback" not in done.stderr


def test_a_run_on_other_problems_is_not_set_beside_a_published_score(tmp_path: Path) -> None:
    run = run_directory(tmp_path / "run", {"base": OLD, "tuned": NEW})
    with pytest.raises(EvaluationError, match="builtin, not gsm8k"):
        printed(run, "--published", "Qwen2-0.5B-Instruct")


# -- real answers --------------------------------------------------------------------------


REAL = SHARED / "data/model_solutions/dev.jsonl"


@pytest.mark.skipif(not REAL.exists(), reason="real model answers are not beside the checkout")
def test_two_models_of_real_answers_give_what_statsmodels_gives() -> None:
    compared_models, *_ = load_compared([REAL])
    by_name = {c.name: c for c in compared_models}
    found = compared(REAL)["pairs"]
    assert len(found) == 21
    for pair in found:
        base, tuned = by_name[pair["base"]].answers, by_name[pair["tuned"]].answers
        table = [[0, 0], [0, 0]]
        for problem, (first,) in base.items():
            table[not first][not tuned[problem][0]] += 1
        c = pair["comparison"]
        assert [[c["both"], c["only_base"]], [c["only_tuned"], c["neither"]]] == table
        theirs = mcnemar(table, exact=True).pvalue
        assert 0.5 * theirs <= pair["p_value"] <= theirs + 1e-9
        assert pair["n"] == 1319
