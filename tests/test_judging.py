"""Judgements of a run's answers: stored beside them, read again, and made anew where they are not.

Whatever the way, the findings are the same.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from large_run import problem_id, write_run
from netgain.diagnosis.judging import Answers, Columns
from netgain.errors import RunDamaged
from netgain.grading import grade_all
from netgain.pipeline import judged
from netgain.pipeline import judges as judges_module
from netgain.pipeline.judged import judged_answers, judged_parts
from netgain.pipeline.judges import Judges
from netgain.pipeline.run_findings import findings_of
from netgain.records import Findings, Generation
from netgain.store import EvaluationFolder, ProblemIndex, RunDirectory, parts
from netgain.store import judged_parts as stored
from netgain.store.parts import OF, Part, read_part, write_part, write_table

N = 40
PART = 15


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return write_run(tmp_path_factory.mktemp("judging") / "run", N, PART)


@pytest.fixture(scope="module")
def plain(written: RunDirectory) -> Findings:
    """What is found where no judgement is stored."""
    return findings_of(written)


@pytest.fixture
def run(written: RunDirectory, plain: Findings, tmp_path: Path) -> RunDirectory:
    # In a folder of its own: the place stands in the report.
    shutil.copytree(written.root, tmp_path / "run")
    return RunDirectory(tmp_path / "run")


def of_run(found: Findings, run: RunDirectory, written: RunDirectory) -> str:
    return repr(found).replace(str(run.root), str(written.root))


def judged_files(run: RunDirectory) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in sorted(run.root.rglob("judged/*"))}


# -- storing -------------------------------------------------------------------------------


def test_a_report_stores_judgements_row_for_row_beside_the_answers(run: RunDirectory) -> None:
    findings_of(run, keep=True)
    problems = {p.id: p for p in run.problems("test")}
    for model in ("base", "tuned"):
        folder = run.evaluation(model)
        parts = folder.answer_parts()
        assert [p.name for p in sorted(folder.judged_folder.iterdir())] == [p.name for p in parts]
        for part in parts:
            answers = read_part(part)
            rows = pyarrow.parquet.read_table(folder.judged_part(part)).to_pylist()
            grades = grade_all([problems[a.problem_id] for a in answers], answers)
            assert [stored.grade_of(row) for row in rows] == grades
            assert [row["error_kind"] is None for row in rows] == [g.correct for g in grades]


def test_findings_alone_store_nothing(run: RunDirectory) -> None:
    findings_of(run)
    assert judged_files(run) == {}


def test_the_findings_are_the_same_where_judgements_are_made_and_where_they_are_read(
    run: RunDirectory, written: RunDirectory, plain: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert of_run(findings_of(run, keep=True), run, written) == repr(plain)
    monkeypatch.setattr("netgain.diagnosis.judging.judge", refuse)
    assert of_run(findings_of(run, keep=True), run, written) == repr(plain)


def test_a_relative_folder_with_a_colon_is_a_folder_and_no_address(
    run: RunDirectory, plain: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.root.rename(tmp_path / "gsm8k:v2")
    monkeypatch.chdir(tmp_path)
    found = findings_of(RunDirectory(Path("gsm8k:v2")), keep=True)
    assert found.comparison == plain.comparison
    monkeypatch.setattr("netgain.diagnosis.judging.judge", refuse)
    assert findings_of(RunDirectory(Path("gsm8k:v2"))).comparison == plain.comparison


def refuse(answers: object) -> None:
    raise AssertionError("judged again")


def test_sound_judgements_are_not_written_again(run: RunDirectory) -> None:
    findings_of(run, keep=True)
    before = {p: p.stat().st_mtime_ns for p in judged_files(run)}
    findings_of(run, keep=True)
    assert {p: p.stat().st_mtime_ns for p in judged_files(run)} == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def flip(path: Path) -> None:
    """One bit of a page is another one."""
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)


def shorten(path: Path) -> None:
    """A row is missing, and all else as it was."""
    write_table(path, pyarrow.parquet.read_table(path).slice(1), Part(path).marks)


def empty_column(path: Path) -> None:
    table, marks = pyarrow.parquet.read_table(path), Part(path).marks
    at = table.column_names.index("correct")
    nulls = pyarrow.nulls(len(table), pyarrow.bool_())
    write_table(path, table.set_column(at, "correct", nulls), marks)


def other_code(path: Path) -> None:
    table = pyarrow.parquet.read_table(path)
    write_table(path, table, {stored.MADE_FROM: "0" * 64})


@pytest.mark.parametrize(
    "damage", [cut, flip, shorten, empty_column, other_code, lambda p: p.write_bytes(b"")]
)
def test_a_damaged_or_outdated_part_is_made_again(
    run: RunDirectory, damage: Callable[[Path], None]
) -> None:
    folder = run.evaluation("base")
    before = judge(run, 1, keep=folder.judged_folder)
    sound = judged_files(run)
    damage(next(iter(sound)))
    assert judged_files(run) != sound
    assert judge(run, 1, keep=folder.judged_folder) == before
    assert judged_files(run) == sound


def test_judgements_of_other_answers_are_not_taken(run: RunDirectory) -> None:
    folder = run.evaluation("tuned")
    before = findings_of(run, keep=True).comparison
    part = folder.answer_parts()[0]
    answers = read_part(part)
    right = {p.id: p.solution for p in run.problems("test")}
    changed = [replace(a, text=right[a.problem_id]) for a in answers]
    write_part(part, changed, Part(part).marks[OF])
    after = findings_of(run, keep=True).comparison
    assert before is not None and after is not None
    assert after.both + after.won > before.both + before.won


def test_other_code_or_problems_make_another_key(run: RunDirectory) -> None:
    said = ("seal", "a", "all"), ("seal", "b", "all"), ("seal", "a", "10"), ("other", "a", "all")
    assert len({stored.made_from(*each) for each in said}) == 4
    assert len(stored.code_digest()) == 64


def test_a_run_that_can_only_be_read_is_reported_too(
    run: RunDirectory, written: RunDirectory, plain: Findings
) -> None:
    (run.evaluation("base").path / "judged").write_text("a file where a folder has to be")
    if os.geteuid():
        folder = run.evaluation("tuned").path
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert of_run(findings_of(run, keep=True), run, written) == repr(plain)


def test_new_settings_drop_the_judgements_with_the_answers(run: RunDirectory) -> None:
    findings_of(run, keep=True)
    folder = run.evaluation("base")
    folder.plan({"some": "settings"}, [[problem_id(i)] for i in range(3)])
    dropped = folder.plan({"other": "settings"}, [[problem_id(0)]])
    assert dropped == len(range(0, N, PART))
    assert not list(folder.judged_folder.iterdir())


# -- for those who look at all of them -----------------------------------------------------


def test_judged_parts_are_those_of_the_report_or_made_for_now(run: RunDirectory) -> None:
    made = list(judged_parts(run, "base"))
    assert [len(t) for t in made] == [
        len(read_part(p)) for p in run.evaluation("base").answer_parts()
    ]
    assert judged_files(run) == {}
    findings_of(run, keep=True)
    assert list(judged_parts(run, "base")) == made
    stored = run.evaluation("base").judged_folder
    second = sorted(stored.iterdir())[1]
    second.write_bytes(second.read_bytes()[:-5])
    assert list(judged_parts(run, "base")) == made, "what is damaged is made for now, too"


# -- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "without"),
    [(lambda rows: rows[1:], 1), (lambda rows: [*rows[1:], rows[1]], 1),
     (lambda rows: [*rows, rows[0]], 0)],
)  # fmt: skip
def test_answers_that_are_missing_or_doubled_are_named(
    run: RunDirectory, change: Callable[[list[object]], list[object]], without: int
) -> None:
    part = run.evaluation("tuned").answer_parts()[-1]
    rows: list[object] = change(read_part(part))  # type: ignore[arg-type]
    write_part(part, rows, Part(part).marks[OF])  # type: ignore[arg-type]
    with pytest.raises(RunDamaged, match=rf"one answer for each.*{without} of {N} problems wit"):
        findings_of(run)


# -- long answers --------------------------------------------------------------------------


def test_of_long_answers_fewer_are_held_at_once_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "BATCH_BYTES", 20_000)
    monkeypatch.setattr(parts, "READ_AT_ONCE", 2)
    path = tmp_path / "part-00000.parquet"
    texts = [f"{i} " * (2000 if 20 <= i < 60 else 1) for i in range(100)]
    rows = [Generation(str(i), 0, 0, t, "stop", 1, 1, 0.1, None, "d") for i, t in enumerate(texts)]
    write_part(path, rows, "of")
    batches = list(Part(path).batches(50))
    assert [row["text"] for batch in batches for row in batch.to_pylist()] == texts
    assert max(batch.nbytes for batch in batches) <= 20_000
    assert 2 < max(map(len, batches)) <= 50


def test_of_long_answers_fewer_are_handed_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges_module, "CHARACTERS_A_TASK", 10_000)
    long = Answers(["x"], [0], [0], ["#### 1" + " " * 6000], ["stop"], [(1, 1)])
    tasks = list(judges_module._tasks((number, long) for number in range(9)))
    assert [[number for number, _ in task] for task in tasks] == [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
        [8],
    ]


# -- in several processes ------------------------------------------------------------------


def judge(run: RunDirectory, processes: int, keep: Path | None = None) -> str:
    index: ProblemIndex = run.problem_index("test", N)
    folder: EvaluationFolder = run.evaluation("base")
    with Judges(0) as judges:
        judges.processes = processes
        found = judged_answers(folder, index, judges, keep)
    return repr((found.grades, found.diagnoses, found.answers))


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(judges_module, "ROWS_A_TASK", 7)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each process that was asked gave judgements."""
    found: list[bool] = []
    ask = judges_module._asked

    def noted(answers: list[Answers]) -> list[Columns] | None:
        judged = ask(answers)
        found.append(judged is not None)
        return judged

    monkeypatch.setattr(judges_module, "_asked", noted)
    return found


@pytest.mark.usefixtures("small_tasks")
def test_several_processes_judge_as_one_does_whatever_prints_in_them(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[bool]
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('hello', flush=True)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    alone = judge(run, 1)
    assert not asked
    assert judge(run, 2) == alone
    assert len(asked) > 2 and all(asked)


FAULTY = {
    "is killed": "import os; os.kill(os.getpid(), 9)",
    "says nothing": "while True: pass",
    "reads all, says nothing": "sys.stdin.buffer.read()",
    "prints beside it": "print('stray'); serve()",
    "answers something else": "print('[{}]')",
    "fails": "serve(); raise ValueError",
}


@pytest.mark.usefixtures("small_tasks")
@pytest.mark.parametrize("fault", FAULTY.values(), ids=FAULTY)
def test_a_process_that_does_not_answer_rightly_is_no_loss_and_no_more_are_asked(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, fault: str, asked: list[bool]
) -> None:
    begin = judges_module.BEGIN.rpartition("serve(")[0].rstrip() + "\n"
    monkeypatch.setattr(judges_module, "BEGIN", begin + fault)
    monkeypatch.setattr(judges_module, "PATIENCE", 0.5)
    assert judge(run, 2) == judge(run, 1)
    assert 1 <= len(asked) <= 2 and not any(asked)


def test_where_the_system_does_not_tell_the_usable_cores_answers_are_judged_too(
    run: RunDirectory, written: RunDirectory, plain: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)  # as on macOS
    assert of_run(findings_of(run), run, written) == repr(plain)
