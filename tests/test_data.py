"""Problems are read from anywhere, split for good, and never leak from the test set."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from conftest import SHARED
from netgain.data import LoadedProblems, Overlap, find_overlaps, load, load_problems, split_problems
from netgain.data.asked import load_asked
from netgain.data.overlap import normalised_words, refuse_overlaps
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


def test_what_other_data_sets_keep_apart_is_put_together(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "a.jsonl",
        {"body": "Bo has 2 pens.", "question": "How many?", "answer": "2 (pens)"},
        {"Body": "Bo has 2 hats. ", "Question": "How many?", "Answer": 2.0, "ID": "s-1"},
        {
            "prompt": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Bo has 2 + 3 pens. How many?"},
            ],
            "reward_model": {"style": "rule", "ground_truth": "5"},
            "extra_info": {"answer": SOLUTION, "question": "…"},
        },
        {"query": "Two and three?", "response": f"{SOLUTION}\nThe answer is: 5"},
    )
    problems, bad = read_problems([path], "src", "a")
    assert bad == []
    assert [p.answer for p in problems] == [2, 2, 5, 5]
    assert [p.question for p in problems[:3]] == [
        "Bo has 2 pens. How many?", "Bo has 2 hats. How many?", "Bo has 2 + 3 pens. How many?",
    ]  # fmt: skip
    assert problems[2].solution == SOLUTION


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


def rows_with_ids(n: int, seed: int = 1) -> list[dict[str, str]]:
    problems = word_problems(n, seed)
    return [{"question": p.question, "answer": p.solution, "id": p.id} for p in problems]


def test_a_revision_in_a_hub_id_is_told_its_place() -> None:
    with pytest.raises(
        DataError, match=r"no Hub id .*a revision is given apart, as data\.revision"
    ):
        load_problems(DataSettings(source="openai/gsm8k@main"))


def test_test_problems_elsewhere_are_fetched_at_their_own_revision(
    hub_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fake(kind: str, repo: str, revision: str | None, patterns: list[str]) -> tuple[Path, str]:
        asked.append((kind, repo, revision, any("train" in p for p in patterns)))
        return hub_data, f"commit of {revision}"

    monkeypatch.setattr("netgain.data.load.fetch", fake)
    here = DataSettings(source="a/b", revision="r1", test_source="c/d", test_revision="r2")
    loaded = load_problems(here)
    assert (loaded.revision, loaded.test_revision) == ("commit of r1", "commit of r2")
    assert asked == [("dataset", "a/b", "r1", True), ("dataset", "c/d", "r2", False)]
    asked.clear()
    load_problems(here.model_copy(update={"test_revision": None}))
    assert asked[1] == ("dataset", "c/d", None, False)  # the newest, and not r1, another set's
    asked.clear()
    load_problems(DataSettings(source="a/b", revision="r1", test_source="a/b"))
    assert asked[1] == ("dataset", "a/b", "r1", False)


def test_a_part_held_out_is_not_named_after_the_training_problems(tmp_path: Path) -> None:
    rows = [{"question": r["question"], "answer": r["answer"]} for r in rows_with_ids(10)]
    path = write_rows(tmp_path / "mine.jsonl", *rows)
    loaded = load_problems(DataSettings(source=str(path), test_fraction=0.2))
    assert all(p.id.startswith("mine-0") for p in loaded.pool + loaded.test)


def test_test_problems_beside_a_fraction_to_hold_out_are_not_passed_over(
    tmp_path: Path, hub_data: Path
) -> None:
    rows = rows_with_ids(12)
    write_rows(tmp_path / "train.jsonl", *rows[:10])
    assert load_problems(DataSettings(source=str(tmp_path), test_fraction=0.5)).test
    write_rows(tmp_path / "test.jsonl", *rows[10:])
    for folder, own in ((tmp_path, "test.jsonl"), (hub_data, "main/test-00000-of-00001.parquet")):
        with pytest.raises(
            DataError, match=r"has test problems of its own .*would leave"
        ) as caught:
            load_problems(DataSettings(source=str(folder), test_fraction=0.5))
        assert own in str(caught.value)
    named = DataSettings(source=str(tmp_path), test_source=str(tmp_path / "train.jsonl"))
    assert len(load_problems(named.model_copy(update={"source": str(hub_data)})).test) == 10


def test_a_fraction_that_leaves_nothing_is_named_as_the_cause(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "mine.jsonl", *rows_with_ids(48))
    with pytest.raises(DataError, match=r"data\.test_fraction: 0\.999 holds out all 48 problems"):
        load_problems(DataSettings(source=str(path), test_fraction=0.999))
    settings = DataSettings(source=str(path), test_fraction=0.98)
    with pytest.raises(
        DataError, match=r"one problem to train on after data\.test_fraction: 0\.98"
    ):
        split_problems(load_problems(settings), settings)
    settings = DataSettings(source=str(path), test_fraction=0.2, validation_fraction=0.99)
    with pytest.raises(DataError, match=r"data\.validation_fraction: 0\.99 of 38 problems leaves"):
        split_problems(load_problems(settings), settings)


def test_bare_answers_cannot_be_learned_from_and_it_is_said_what_can(tmp_path: Path) -> None:
    bare = [{**row, "answer": "7"} for row in rows_with_ids(6)]
    path = write_rows(tmp_path / "mine.jsonl", *bare)
    settings = DataSettings(source=str(path), test_fraction=0.2)
    with pytest.raises(DataError, match=r"none of 5 training problems .* has a solution") as caught:
        split_problems(load_problems(settings), settings)
    assert "the steps, one a line, then a line '#### ' and the number" in str(caught.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([1], "not a list"),
        ("null", "not nothing"),
        ("3", "not a number"),
        ("true", "not true or false"),
        ({"question": ["a"], "answer": "1"}, "'question' must be text, not a list"),
        ({"question": {"a": 1}, "answer": "1"}, "'question' must be text, not an object"),
        ({"question": "a", "answer": "1", "id": 1.5}, "a whole number, not a number"),
        ("{", "(expecting property name enclosed in double quotes at character 3)"),
        ('{"question": ', "(expecting value at character 15)"),
        ("9" * 5000, "a number has too many digits"),
        ("question;", "JSONL is wanted: each line one JSON object"),
        ("question,answer", "the head of a table without rows"),
    ],
)
def test_a_bad_row_is_explained_without_words_of_python(
    tmp_path: Path, row: object, reason: str
) -> None:
    _, [bad] = read_problems([write_rows(tmp_path / "a.jsonl", row)], "a", "a")
    assert reason in bad.reason
    for foreign in ("NoneType", "dict", "list,", "int", "str", "bool", "line 1 column"):
        assert foreign not in bad.reason


def test_rows_with_one_reason_are_named_together(tmp_path: Path) -> None:
    good = rows_with_ids(3)
    path = write_rows(tmp_path / "mine.jsonl", *({"text": "x"} for _ in range(2000)))
    with pytest.raises(DataError) as caught:
        load_problems(DataSettings(source=str(path), test_fraction=0.1))
    assert str(caught.value).count("\n") == 2
    assert "mine.jsonl, all 2,000 rows: no 'question'" in str(caught.value)
    write_rows(path, *good, *([1] for _ in range(7)), {"question": "x"}, [1])
    with pytest.raises(DataError) as caught:
        load_problems(DataSettings(source=str(path), test_fraction=0.1))
    assert "mine.jsonl, lines 4, 5, 6, 7, 8, … (8 in all): a row must" in str(caught.value)
    assert "mine.jsonl, line 11: no 'answer'" in str(caught.value)
    write_rows(path, [1], [1])
    with pytest.raises(DataError, match=r"no usable training problem; skipped.*\n.*all 2 rows"):
        load_problems(DataSettings(source=str(path), test_fraction=0.1, on_bad_row="skip"))


def test_what_is_no_jsonl_by_its_name_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.xlsx").write_text("question,answer\nHow many?,5\n")
    with pytest.raises(DataError, match=r"is not JSONL .* or Parquet; convert it"):
        load_problems(DataSettings(source=str(tmp_path / "mine.xlsx"), test_fraction=0.1))


@pytest.mark.parametrize(
    ("kind", "value"), [("date32", 10**7), ("date32", -(10**8)), ("no such zone", 0)]
)
def test_parquet_whose_values_python_has_none_for_is_refused(
    tmp_path: Path, kind: str, value: int
) -> None:
    """A date beyond the year 9999, and a time zone that nobody knows."""
    import pyarrow
    import pyarrow.parquet

    odd = pyarrow.date32() if kind == "date32" else pyarrow.timestamp("s", tz="Mars/Olympus")
    columns = {"question": ["How many?"], "answer": ["5"], "when": pyarrow.array([value], odd)}
    path = tmp_path / "mine.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_problems([path], "mine", "mine")


def test_parquet_is_read_in_pieces_and_its_bad_rows_are_named(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows: list[dict[str, str | None]] = [{**row} for row in rows_with_ids(2500)]
    rows[2100]["question"] = None
    path = tmp_path / "mine.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    problems, bad = read_problems([path], "mine", "mine")
    assert [p.id for p in problems] == [r["id"] for i, r in enumerate(rows) if i != 2100]
    assert str(bad[0]).startswith("mine.parquet, row 2101: no 'question'")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_problems([path], "mine", "mine")


@pytest.mark.parametrize(
    ("source", "meant"),
    [("gsm8k", "openai/gsm8k"), ("GSM8K", "openai/gsm8k"), ("built-in", "builtin"),
     ("buildin", "builtin")],
)  # fmt: skip
def test_a_source_that_is_nearly_right_is_told_what_was_meant(source: str, meant: str) -> None:
    with pytest.raises(DataError, match=rf"did you mean {meant}\?"):
        load_problems(DataSettings(source=source))


@pytest.mark.parametrize(
    "source", ["nowhere", "no/such/place", "missing.jsonl", "a b", "~nobody/x", "x" * 5000]
)
def test_a_source_that_is_nothing_is_an_error_with_advice(source: str) -> None:
    with pytest.raises(DataError, match=r"no such file or folder|gave no|cannot be fetched"):
        load_problems(DataSettings(source=source))


def test_what_an_evaluation_asks_is_named_as_it_is_given() -> None:
    """There `--data` says where, and no recipe."""
    with pytest.raises(DataError, match=r"^data: 'none\.jsonl' is no such .*, or 'builtin'"):
        load_asked(DataSettings(source="none.jsonl"))


def test_the_problems_skipped_are_those_that_a_limit_held() -> None:
    """So a second look at a test set can be at new problems alone, wherever they come from."""
    files = LoadedProblems(word_problems(40, 1), word_problems(60, 2), [], "x", None)
    own = DataSettings(source="some.jsonl", test_source="other.jsonl")
    made = DataSettings(source="builtin", limit=40)
    first = split_problems(files, own, 20).test
    second = split_problems(files, own, 30, 20).test
    both = split_problems(files, own, 50).test
    assert [*first, *second] == both
    assert len(split_problems(files, own, None, 20).test) == 40
    with pytest.raises(DataError, match=r"evaluate\.skip: 60 leaves none of 60 test problems"):
        split_problems(files, own, None, 60)
    first = split_problems(load_problems(made, 20), made, 20).test
    later = split_problems(load_problems(made, 30, 20), made, 30, 20)
    assert len(later.test) == 30 and not {p.question for p in first} & {
        p.question for p in (*later.test, *later.train, *later.validation)
    }
    drawn = load_asked(made, 20).problems
    assert [p.id for p in load_asked(made, 50).problems[20:]] == [
        p.id for p in load_asked(made, 30, 20).problems
    ]
    assert len(drawn) == 20


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
    with pytest.raises(OverlapError, match=r"\n  allow_overlap: \[copied\]$"):
        split_problems(loaded, settings)
    allowed = settings.model_copy(update={"allow_overlap": ("copied",)})
    assert len(split_problems(loaded, allowed).overlaps) == 1
    with pytest.raises(OverlapError):
        refuse_overlaps(split_problems(loaded, allowed).overlaps, ["another"])


def test_overlaps_are_named_by_file_and_line_in_order_and_can_all_be_allowed_by_copying(
    tmp_path: Path,
) -> None:
    rows = [{"question": p.question, "answer": p.solution} for p in word_problems(60, 5)]
    copies = [rows[at] for at in range(30, 42)]
    write_rows(tmp_path / "train.jsonl", *rows)
    write_rows(tmp_path / "test.jsonl", *word_rows(5), *copies, {**rows[59], "id": "12"})
    settings = DataSettings(source=str(tmp_path))
    loaded = load_problems(settings)
    with pytest.raises(OverlapError) as caught:
        split_problems(loaded, settings)
    lines = str(caught.value).splitlines()
    place = tmp_path.name
    assert lines[0].startswith("13 test problems also stand among")
    assert lines[1] == (
        f"  - test: test.jsonl, line 6 ({place}-test-00005) ~ training: train.jsonl, line 31: exact"
    )
    assert [f"test.jsonl, line {n} " in line for n, line in enumerate(lines[1:11], 6)] == [
        True
    ] * 10
    copied = yaml.safe_load(lines[-1])["allow_overlap"]
    assert len(copied) == 13 and "12" in copied
    allowed = settings.model_copy(update={"allow_overlap": tuple(copied)})
    assert len(split_problems(loaded, allowed).overlaps) == 13
    some = settings.model_copy(update={"allow_overlap": tuple(copied[:12])})
    with pytest.raises(OverlapError, match=r"^1 test problem also stands among") as caught:
        split_problems(loaded, some)
    assert yaml.safe_load(str(caught.value).splitlines()[-1])["allow_overlap"] == copied


def test_an_id_in_both_training_and_test_data_is_named_with_its_places(tmp_path: Path) -> None:
    rows = rows_with_ids(4)
    write_rows(tmp_path / "train.jsonl", *rows[:3])
    write_rows(tmp_path / "test.jsonl", {**rows[3], "id": rows[1]["id"]})
    with pytest.raises(DataError, match="1 id stands in both") as caught:
        load_problems(DataSettings(source=str(tmp_path)))
    assert "train.jsonl, line 2 and test.jsonl, line 1" in str(caught.value)


def word_rows(n: int) -> list[dict[str, str]]:
    return [{"question": p.question, "answer": p.solution} for p in word_problems(n, 99)]


def test_an_allowed_id_that_no_test_problem_has_is_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "mine.jsonl", *rows_with_ids(20))
    settings = DataSettings(source=str(path), test_fraction=0.2, allow_overlap=("slip",))
    with pytest.raises(DataError, match="no test problem has the id 'slip'"):
        split_problems(load_problems(settings), settings)


def test_no_near_copy_is_missed_that_a_search_of_all_pairs_finds() -> None:
    """The search looks at few training problems for each test problem: all that matter."""
    problems = word_problems(60, 8)
    words = [p.question.split() for p in problems]
    changed = [
        problem(f"c{at}.{n}", " ".join([*w[:n], "other", *w[n + 1 :]]))
        for at, w in enumerate(words)
        for n in (0, len(w) // 2, len(w) // 3)
    ]

    def runs(p: Problem) -> set[tuple[str, ...]]:
        w = normalised_words(p.question)
        return {w[i : i + 5] for i in range(max(1, len(w) - 4))}

    expected = {}
    for each in changed:
        ours = runs(each)
        best = max(len(ours & r) / len(ours | r) for r in map(runs, problems))
        if best >= 0.7:
            expected[each.id] = best
    found = {o.test_id: o.similarity for o in find_overlaps(problems, changed)}
    assert found == expected
    assert 0 < len(expected) < len(changed)


def test_built_in_test_problems_are_not_near_the_training_ones() -> None:
    loaded = load_problems(DataSettings(source="builtin", limit=1200), 300)
    assert (len(loaded.pool), len(loaded.test)) == (1200, 300)
    assert find_overlaps(loaded.pool, loaded.test) == []


def test_as_many_built_in_problems_are_made_as_were_asked_for_however_many_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half(training: list[Problem], test: list[Problem]) -> list[Overlap]:
        return [Overlap(p.id, training[0].id, "near", 0.8) for p in test[::2]]

    monkeypatch.setattr(load, "find_overlaps", half)
    loaded = load_problems(DataSettings(source="builtin", limit=200), 30)
    assert (len(loaded.pool), len(loaded.test)) == (200, 30)
    assert len({p.id for p in loaded.pool + loaded.test}) == 230


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
