"""Benchmarks by name: rows in each one's format become problems, and none is lost in silence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from choice_rows import Row, arc_rows, hellaswag_rows, mmlu_rows
from netgain.data.load import load_problems, problems_digest
from netgain.data.rows import problem_from_row, problem_to_row
from netgain.data.tasks import TASKS, choice_items, load_shots, load_task
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, HubUnreachable
from netgain.recipe import DataSettings


def write_jsonl(path: Path, rows: Sequence[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: Sequence[Row]) -> Path:
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
    return path


def gsm_rows(count: int, seed: int = 0) -> list[Row]:
    return [{"question": p.question, "answer": p.solution} for p in word_problems(count, seed)]


def plus_rows(count: int) -> list[Row]:
    """Two variants of each of `count` seed questions: one with a number, one without an answer."""
    rows = []
    for problem in word_problems(count, 1):
        seed = {"seed_question": problem.question, "seed_answer": str(problem.answer)}
        rows += [
            {
                "question": f"Some day, {problem.question}",
                "solution": problem.solution,
                "answer": str(problem.answer),
                "perturbation_type": "problem understanding",
                **seed,
            },
            {
                "question": "How many are there?",
                "solution": "Nobody knows.\n#### None",
                "answer": "None",
                "perturbation_type": "critical thinking",
                **seed,
            },
        ]
    return rows


def symbolic_rows(templates: int, instances: int) -> list[Row]:
    problems = iter(word_problems(templates * instances, 2))
    return [
        {"id": template, "instance": instance, "original_id": 10 * template, "question": p.question,
         "answer": p.solution}
        for template in range(templates)
        for instance in range(instances)
        for p in [next(problems)]
    ]  # fmt: skip


# -- the Hub's layouts, JSONL and Parquet --------------------------------------------------


@pytest.mark.parametrize(
    ("name", "place", "rows"),
    [
        ("arc_challenge", "ARC-Challenge/test-00000-of-00001.parquet", arc_rows(5)),
        ("arc_easy", "ARC-Easy/test-00000-of-00001.parquet", arc_rows(5)),
        ("gsm8k", "main/test-00000-of-00001.parquet", gsm_rows(5)),
        ("gsm8k_platinum", "main/test-00000-of-00001.parquet", gsm_rows(5)),
        ("gsm_plus", "data/test-00000-of-00001.jsonl", plus_rows(5)),
        ("gsm_symbolic", "main/test.jsonl", symbolic_rows(1, 5)),
        ("gsm_symbolic_p1", "p1/test.jsonl", symbolic_rows(1, 5)),
        ("gsm_symbolic_p2", "p2/test.jsonl", symbolic_rows(1, 5)),
        ("hellaswag", "data/validation-00000-of-00001.parquet", hellaswag_rows(5)),
        ("mmlu", "all/test-00000-of-00001.parquet", mmlu_rows(5)),
    ],
)
def test_each_task_is_read_from_the_layout_that_its_hub_repository_has(
    name: str, place: str, rows: list[Row], tmp_path: Path
) -> None:
    write = write_parquet if place.endswith(".parquet") else write_jsonl
    write(tmp_path / place, rows)
    in_folder = load_task(name, tmp_path)
    assert len(in_folder.problems) == in_folder.available == 5
    assert in_folder.bad_rows == [] and in_folder.problems[0].id == (
        f"{name}-{TASKS[name].split}-00000"
    )
    one_file = load_task(name, write_jsonl(tmp_path / "mine.jsonl", rows))
    assert [p.question for p in one_file.problems] == [p.question for p in in_folder.problems]
    assert [p.choices for p in one_file.problems] == [p.choices for p in in_folder.problems]


def test_another_configurations_files_in_the_folder_are_not_taken(tmp_path: Path) -> None:
    write_parquet(tmp_path / "ARC-Easy/test-00000-of-00001.parquet", arc_rows(3))
    with pytest.raises(DataError, match=r"holds no test split.*ARC-Challenge/test"):
        load_task("arc_challenge", tmp_path)


def test_gsm8k_as_a_task_has_the_ids_of_gsm8k_as_a_source(tmp_path: Path) -> None:
    folder = tmp_path / "gsm8k"
    for split in ("train", "test"):
        write_jsonl(folder / f"{split}.jsonl", gsm_rows(6, seed=len(split)))
    as_source = load_problems(DataSettings(source=str(folder))).test
    as_task = load_task("gsm8k", folder).problems
    assert [(p.id, p.answer) for p in as_task] == [(p.id, p.answer) for p in as_source]


# -- what becomes of a row -----------------------------------------------------------------


def test_arc_labels_may_be_letters_or_numbers_and_three_to_five(tmp_path: Path) -> None:
    rows = arc_rows(9)
    problems = load_task("arc_easy", write_jsonl(tmp_path / "a.jsonl", rows)).problems
    assert {len(p.choices) for p in problems} == {3, 4, 5}
    assert {row["answerKey"] for row in rows} & set("12345")
    for problem, source in zip(problems, word_problems(9, 0), strict=True):
        assert problem.answer_choice is not None
        assert problem.choices[problem.answer_choice] == str(source.answer)
    [item] = choice_items("arc_easy", problems[:1])
    assert item.context == f"Question: {problems[0].question}\nAnswer:"
    assert item.choices == problems[0].choices


def test_mmlu_is_asked_by_letters_and_sorted_into_four_categories(tmp_path: Path) -> None:
    rows = [*mmlu_rows(2), {**mmlu_rows(1)[0], "subject": "knitting"}]
    problems = load_task("mmlu", write_jsonl(tmp_path / "a.jsonl", rows)).problems
    assert [p.category for p in problems] == ["STEM", "STEM", "knitting"]
    item = choice_items("mmlu", problems)[0]
    assert item.choices == ("A", "B", "C", "D")
    assert f"\nB. {problems[0].choices[1]}\n" in item.context
    assert "about elementary mathematics.\n\n" in item.context


def test_hellaswag_is_tidied_and_rows_of_one_article_are_one_cluster(tmp_path: Path) -> None:
    row = {
        "activity_label": "Rowing",
        "ctx_a": "How to row [title] Sit down [step] Hold  the oars.",
        "ctx_b": "then A man",
        "endings": ["pulls [substeps] hard.", "[title] sings.", " sleeps", "[x"],
        "label": "1",
        "source_id": "wikihow~7",
    }
    problems = load_task("hellaswag", write_jsonl(tmp_path / "a.jsonl", [row, row])).problems
    assert problems[0].question == "Rowing: How to row. Sit down Hold the oars. Then a man"
    assert problems[0].choices == ("pulls hard.", " sings.", "sleeps", "[x")
    assert [p.category for p in problems] == ["wikihow", "wikihow"]
    assert {p.metadata["cluster"] for p in problems} == {"wikihow~7"}
    assert problems[0].answer_choice == 1


def test_gsm_plus_sets_aside_and_names_what_has_no_numeric_answer(tmp_path: Path) -> None:
    rows = [*plus_rows(3), {**plus_rows(1)[0], "answer": "a lot"}]
    loaded = load_task("gsm_plus", write_jsonl(tmp_path / "a.jsonl", rows))
    assert [p.answer for p in loaded.problems] == [p.answer for p in word_problems(3, 1)]
    assert [row.line for row in loaded.set_aside] == [2, 4, 6]
    assert [(row.line, "'a lot'" in row.reason) for row in loaded.bad_rows] == [(7, True)]
    assert Counter(p.category for p in loaded.problems) == {"problem understanding": 3}
    assert len({p.metadata["cluster"] for p in loaded.problems}) == 3
    assert loaded.problems[0].solution.endswith(f"#### {loaded.problems[0].answer}")


def test_perturbations_of_one_seed_question_are_one_cluster(tmp_path: Path) -> None:
    first, second = plus_rows(1)[0], plus_rows(2)[2]
    rows = [first, {**first, "question": "Another?"}, second]
    clusters = [
        p.metadata["cluster"]
        for p in load_task("gsm_plus", write_jsonl(tmp_path / "a.jsonl", rows)).problems
    ]
    assert clusters[0] == clusters[1] != clusters[2]


def test_symbolic_ids_name_templates_so_that_instances_are_kept_and_clustered(
    tmp_path: Path,
) -> None:
    loaded = load_task("gsm_symbolic", write_jsonl(tmp_path / "a.jsonl", symbolic_rows(3, 4)))
    assert len(loaded.problems) == 12 and len({p.id for p in loaded.problems}) == 12
    assert Counter(p.metadata["cluster"] for p in loaded.problems) == {
        f"template-{number}": 4 for number in range(3)
    }
    assert loaded.problems[5].metadata["instance"] == 1
    assert loaded.problems[5].metadata["original_id"] == 10


def test_platinums_cleaning_status_is_the_category(tmp_path: Path) -> None:
    rows = [{**row, "cleaning_status": "revised"} for row in gsm_rows(2)]
    problems = load_task("gsm8k_platinum", write_jsonl(tmp_path / "a.jsonl", rows)).problems
    assert [p.category for p in problems] == ["revised", "revised"]


# -- rows that cannot be used --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("arc_easy", {**arc_rows(1)[0], "answerKey": "Z"}, "none of the labels"),
        ("arc_easy", {**arc_rows(1)[0], "choices": ["a", "b"]}, "'text' and 'label'"),
        ("arc_easy", {**arc_rows(1)[0], "question": " "}, "question is empty"),
        ("arc_easy", {**arc_rows(1)[0], "question": "\ud800?"}, "half a character"),
        ("arc_easy", ["a list"], "must be an object"),
        ("arc_easy", "{not JSON", "not valid JSON"),
        ("mmlu", {**mmlu_rows(1)[0], "answer": 4}, "none of the 4"),
        ("mmlu", {**mmlu_rows(1)[0], "answer": -1}, "none of the 4"),
        ("mmlu", {**mmlu_rows(1)[0], "answer": True}, "index of the right choice"),
        ("mmlu", {**mmlu_rows(1)[0], "choices": ["1"]}, "must be 2 to 10"),
        ("mmlu", {**mmlu_rows(1)[0], "choices": ["1", None]}, "must be text"),
        ("hellaswag", {**hellaswag_rows(1)[0], "label": ""}, "index of the right choice"),
        ("hellaswag", {**hellaswag_rows(1)[0], "ctx_b": None}, "'ctx_b' must be text"),
        ("gsm_symbolic", {**symbolic_rows(1, 1)[0], "id": None}, "must name the template"),
        ("gsm_plus", {**plus_rows(1)[0], "seed_question": ""}, "'seed_question'"),
        ("gsm8k", {"question": "How many?", "answer": "None"}, "not a number"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_the_others_are_kept(
    name: str, row: Any, reason: str, tmp_path: Path
) -> None:
    good = {
        "arc_easy": arc_rows, "mmlu": mmlu_rows, "hellaswag": hellaswag_rows, "gsm8k": gsm_rows,
        "gsm_plus": lambda n: plus_rows(n)[:1], "gsm_symbolic": lambda n: symbolic_rows(n, 1),
    }[name](1)  # fmt: skip
    loaded = load_task(name, write_jsonl(tmp_path / "a.jsonl", [*good, row]))
    assert len(loaded.problems) == 1
    assert [bad.line for bad in loaded.bad_rows] == [2]
    assert reason in loaded.bad_rows[0].reason


def test_a_file_of_another_format_says_what_is_wrong_with_each_row(tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "a.jsonl", mmlu_rows(2))
    with pytest.raises(DataError, match=r"task arc_easy: no usable problem(.|\n)*all 2 rows"):
        load_task("arc_easy", file)


def test_unclosed_brackets_take_no_longer_than_they_are_long(tmp_path: Path) -> None:
    row = {**hellaswag_rows(1)[0], "ctx_a": "[" * 400_000 + "end"}
    [problem] = load_task("hellaswag", write_jsonl(tmp_path / "a.jsonl", [row])).problems
    assert problem.question.count("[") == 400_000  # a regular expression would take hours


def test_an_unknown_task_or_source_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no task 'arc'; there are: arc_challenge, arc_easy"):
        load_task("arc")
    with pytest.raises(DataError, match="source of task mmlu: 'nowhere' is no such file"):
        load_task("mmlu", "nowhere")
    with pytest.raises(DataError, match="its answers are generated"):
        choice_items("gsm8k", [])


REPOSITORY = {
    "arc_easy": ["ARC-Easy/test-00000-of-00001.parquet"],
    "gsm_plus": ["data/test-00000-of-00001.jsonl"],
    "gsm_symbolic_p1": ["p1/test.jsonl"],
    "hellaswag": ["data/validation-00000-of-00001.parquet"],
    "mmlu": ["all/test-00000-of-00001.parquet"],
}
BESIDE = [
    "ARC-Challenge/test-00000-of-00001.parquet", "ARC-Easy/train-00000-of-00001.parquet",
    "GSM-Plus.json", "README.md", "all/auxiliary_train-00000-of-00001.parquet",
    "anatomy/test-00000-of-00001.parquet", "data/testmini-00000-of-00001.jsonl",
    "data/train-00000-of-00001.parquet", "hellaswag.py", "main/test.jsonl", "p2/test.jsonl",
]  # fmt: skip


@pytest.mark.parametrize("name", REPOSITORY)
def test_only_the_tasks_own_files_are_fetched_and_the_commit_is_kept(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub.utils import filter_repo_objects

    rows = {
        "arc_easy": arc_rows,
        "gsm_plus": plus_rows,
        "gsm_symbolic_p1": lambda n: symbolic_rows(1, n),
        "hellaswag": hellaswag_rows,
        "mmlu": mmlu_rows,
    }[name](3)

    def fake_fetch(
        kind: str, repo: str, revision: str | None, patterns: list[str]
    ) -> tuple[Path, str]:
        names = [*REPOSITORY[name], *BESIDE]
        wanted = list(filter_repo_objects(names, allow_patterns=patterns))
        assert (kind, repo, wanted) == ("dataset", TASKS[name].hub_id, REPOSITORY[name])
        for file in wanted:
            write = write_parquet if file.endswith(".parquet") else write_jsonl
            write(tmp_path / "c0ffee" / file, rows)
        return tmp_path / "c0ffee", "c0ffee"

    monkeypatch.setattr("netgain.data.load.fetch", fake_fetch)
    loaded = load_task(name)
    assert (len(loaded.problems), loaded.revision) == (3, "c0ffee")
    assert loaded.problems[0].source == TASKS[name].hub_id


def test_without_the_hub_a_task_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(HubUnreachable, match="Rowan/hellaswag"):
        load_task("hellaswag")


# -- limits, storing -----------------------------------------------------------------------


def test_a_limit_draws_at_random_and_a_longer_draw_holds_the_shorter(tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "a.jsonl", mmlu_rows(30))
    drawn = {n: [p.id for p in load_task("mmlu", file, limit=n).problems] for n in (5, 12, 99)}
    assert (len(drawn[5]), len(drawn[12]), len(drawn[99])) == (5, 12, 30)
    assert set(drawn[5]) < set(drawn[12]) and drawn[5] != drawn[99][:5]
    assert drawn[12] == sorted(drawn[12])
    assert load_task("mmlu", file, limit=5).available == 30
    assert drawn[5] != [p.id for p in load_task("mmlu", file, limit=5, seed=1).problems]


def test_shots_are_the_first_of_each_subject_and_stand_before_their_own_only(
    tmp_path: Path,
) -> None:
    rows = mmlu_rows(6)
    for row in rows[3:]:
        row["subject"] = "knitting"
    write_jsonl(tmp_path / "dev.jsonl", rows)
    write_jsonl(tmp_path / "test.jsonl", [rows[0], rows[5]])
    shots = load_shots("mmlu", 2, tmp_path)
    assert [shot.id for shot in shots] == [f"mmlu-dev-0000{n}" for n in (0, 1, 3, 4)]
    items = choice_items("mmlu", load_task("mmlu", tmp_path).problems, shots)
    for item, own in zip(items, (rows[:2], rows[3:5]), strict=True):
        assert item.context.count("\nAnswer: ") == 2 and item.context.endswith("\nAnswer:")
        assert all(row["question"].strip() in item.context for row in own)
        assert not any(row["question"].strip() in item.context for row in rows[2:3])


def test_choices_survive_a_problems_file_and_decide_its_digest(tmp_path: Path) -> None:
    rows = mmlu_rows(3)
    problems = load_task("mmlu", write_jsonl(tmp_path / "a.jsonl", rows)).problems
    again = [problem_from_row(json.loads(json.dumps(problem_to_row(p)))) for p in problems]
    assert again == problems
    other = [{**row, "choices": list(reversed(row["choices"]))} for row in rows]
    changed = load_task("mmlu", write_jsonl(tmp_path / "a.jsonl", other)).problems
    assert problems_digest(problems) != problems_digest(changed)
