"""Other tools' files and folders: recognised, told for what they are, paired and reported."""

from __future__ import annotations

import json
import random
import shlex
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import netgain
import netgain.api.analysed
import netgain.api.imported
from conftest import ROOT
from conftest import netgain as command
from large_run import write_run
from netgain.api.shown import Line
from netgain.api.two_sides import is_whole_run
from netgain.data.known_problems import KnownProblems
from netgain.errors import DataError, EvaluationError, StorageError, UsageError
from netgain.importers.event_files import tensorboard_rows, wandb_rows
from netgain.importers.histories import training_logs
from netgain.importers.looking import look
from netgain.importers.paired_evaluations import read_evaluation
from netgain.importers.results_files import harness_results, trainer_figures
from netgain.pipeline.run_findings import findings_of
from netgain.records import Problem
from test_compare_command import run_directory

FIXTURES = ROOT / "tests" / "fixtures"
LM_EVALS, TRLS = ("lm-eval-0.4.8", "lm-eval-0.4.13"), ("trl-0.21.0", "trl-1.16.0")
LM_EVAL, TRL = FIXTURES / LM_EVALS[-1], FIXTURES / TRLS[-1]
NUMBERS = ((6, 4), (12, 3), (9, 7), (25, 8), (15, 6), (30, 11), (8, 8), (5, 13))
QUESTIONS = [f"A crate holds {n} lamps, and there are {m} crates. How many?" for n, m in NUMBERS]
GOLDS = [n * m for n, m in NUMBERS]


def save(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def answers(right: set[int], **more: Any) -> list[dict[str, Any]]:
    """Rows as many tools write them; `right` are places of right answers."""
    return [
        {"question": q, "gold": str(g), "completion": f"So it is {g if i in right else 1}.", **more}
        for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True))
    ]


def verl(right: set[int]) -> list[dict[str, Any]]:
    return [
        {"input": f"user\n{row['question']} Let's think step by step.\nassistant\n", "step": 10,
         "output": row["completion"], "gts": row["gold"], "score": 1.0 if i in right else 0.0}
        for i, row in enumerate(answers(right))
    ]  # fmt: skip


# -- trainings -----------------------------------------------------------------------------


@pytest.mark.parametrize("release", TRLS)
def test_a_log_of_trl_is_read_from_its_last_checkpoint_with_its_adapter(release: str) -> None:
    found = look([FIXTURES / release / "one-set"])
    [training], [adapter] = found.trainings, found.adapters
    assert training.tool == "TRL" and training.path.parent.name == "checkpoint-4"
    log = training.logs[""]
    assert [p.step for p in log.points] == [2, 4] and log.steps == log.planned_steps == 4
    assert all(p.loss and p.eval_loss and p.eval_token_accuracy is not None for p in log.points)
    assert adapter.folder.name == "checkpoint-4" and "LORA of rank 4" in adapter.words


@pytest.mark.parametrize("release", TRLS)
def test_several_validation_sets_are_kept_apart(release: str) -> None:
    [training] = look([FIXTURES / release / "two-sets"]).trainings
    assert list(training.logs) == ["buns", "few"]
    losses = {n: [p.eval_loss for p in log.points] for n, log in training.logs.items()}
    assert losses["buns"] != losses["few"] and len(losses["buns"]) == 2
    assert [p.loss for p in training.logs["few"].points] == [
        p.loss for p in training.logs["buns"].points
    ]
    # TRL writes the token accuracy of a set without its name, in the row of its loss.
    assert training.logs["few"].points[-1].eval_token_accuracy == 0.0
    own = {"trl-0.21.0": 0.0, "trl-1.16.0": 0.0407}[release]
    assert training.logs["buns"].points[-1].eval_token_accuracy == pytest.approx(own, abs=1e-4)


STEPS = [(5, 1.9, 1.5), (10, 1.2, 1.3)]


def varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def part(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def event_file(path: Path) -> Path:
    """As TensorBoard's writers do: plain scalars, and as tensors."""

    def record(data: bytes) -> bytes:
        return struct.pack("<Q", len(data)) + bytes(4) + data + bytes(4)

    def event(step: int, tag: str, value: float, tensor: bool) -> bytes:
        number = varint(2 << 3 | 5) + struct.pack("<f", value)
        if tensor:
            number = part(8, varint(1 << 3) + varint(1) + part(5, struct.pack("<f", value)))
        summary = part(1, part(1, tag.encode()) + number)
        return (
            bytes([9]) + struct.pack("<d", 1.0) + varint(2 << 3) + varint(step) + part(5, summary)
        )

    data = record(bytes([9]) + struct.pack("<d", 1.0) + part(3, b"brain.Event:2"))
    for step, loss, eval_loss in STEPS:
        data += record(event(step, "train/loss", loss, False))
        data += record(event(step, "eval/loss", eval_loss, True))
    path.write_bytes(data)
    return path


def wandb_file(path: Path) -> Path:
    """As W&B's local store: LevelDB's records of history items."""
    data = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
    rows = [{"train/loss": loss, "train/global_step": step, "pad": 10**400 // 3 if pad else 0}
            for step, loss, _ in STEPS for pad in (False,)]  # fmt: skip
    rows += [
        {"eval/loss": loss, "train/global_step": step, "_step": step} for step, _, loss in STEPS
    ]
    for row in rows:
        items = b"".join(
            part(1, part(2, k.encode()) + part(16, json.dumps(v).encode())) for k, v in row.items()
        )
        body = part(2, items)
        half = len(body) // 2  # a record in two pieces, as at the end of a block
        for kind, piece in ((2, body[:half]), (4, body[half:])):
            data += struct.pack("<IHB", 0, len(piece), kind) + piece
    path.write_bytes(data)
    return path


def trackio_file(path: Path) -> Path:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, "
                         "run_name TEXT, step INTEGER, metrics TEXT)")  # fmt: skip
        for step, loss, eval_loss in STEPS:
            for row in ({"train/loss": loss}, {"eval/loss": eval_loss, "x": float("nan")}):
                database.execute(
                    "INSERT INTO metrics (run_name, step, metrics) VALUES ('a', 7, ?)",
                    (json.dumps({**row, "train/global_step": step}),),
                )
    database.close()
    return path


def mlflow_folder(path: Path) -> Path:
    run = path / "mlruns" / "0" / "abc"
    (run / "metrics").mkdir(parents=True)
    (run / "meta.yaml").write_text("artifact_uri: x\nrun_id: abc\n")
    for name, column in (("loss", 1), ("eval_loss", 2)):
        lines = "".join(f"17 {row[column]} {row[0]}\n" for row in STEPS)
        (run / "metrics" / name).write_text(lines + "18 1.")  # a line that was cut off
    return path


def llama_factory_file(path: Path) -> Path:
    rows = [
        {"current_steps": step, "total_steps": 10, key: value, "lr": 1e-4, "epoch": step / 10}
        for step, loss, eval_loss in STEPS
        for key, value in (("loss", loss), ("eval_loss", eval_loss))
    ]
    return save(path, rows)


def swift_file(path: Path) -> Path:
    rows = [
        {key: value, "global_step/max_steps": f"{step}/10", "epoch": step / 10}
        for step, loss, eval_loss in STEPS
        for key, value in (("loss", loss), ("eval_loss", eval_loss))
    ]
    return save(path, [*rows, {"last_model_checkpoint": "x", "log_history": [{"step": 3}]}])


HISTORIES = {
    "TensorBoard": (event_file, "events.out.tfevents.1.host"), "W&B": (wandb_file, "run-a.wandb"),
    "Trackio, run a": (trackio_file, "mine.db"), "MLflow": (mlflow_folder, "store"),
    "LLaMA-Factory": (llama_factory_file, "trainer_log.jsonl"),
    "ms-swift": (swift_file, "logging.jsonl"),
}  # fmt: skip


@pytest.mark.parametrize("tool", HISTORIES)
def test_histories_of_every_tool_are_the_same_curve(tool: str, tmp_path: Path) -> None:
    make, name = HISTORIES[tool]
    make(tmp_path / name)
    [training] = look([tmp_path]).trainings
    [log] = training.logs.values()
    assert training.tool == tool
    assert [(p.step, p.loss, p.eval_loss) for p in log.points] == [
        pytest.approx(row, rel=1e-6) for row in STEPS
    ]
    assert (log.steps, log.planned_steps, log.best_step) == (10, 10, 10)


def test_a_history_that_was_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    for make, read in ((event_file, tensorboard_rows), (wandb_file, wandb_rows)):
        path = make(tmp_path / "x")
        whole, content = read(path), path.read_bytes()
        for end in range(len(content), 8, -7):
            path.write_bytes(content[:end])
            assert len(read(path)) <= len(whole)


def test_a_training_that_was_resumed_is_one_curve(tmp_path: Path) -> None:
    """TensorBoard's writer begins another file in the folder."""
    whole = event_file(tmp_path / "events.out.tfevents.1.a")
    rows = tensorboard_rows(whole)
    later = tmp_path / "events.out.tfevents.2.a"
    later.write_bytes(whole.read_bytes())
    [training] = look([tmp_path]).trainings
    assert [p.step for p in training.logs[""].points] == sorted({row["step"] for row in rows})


def test_one_training_is_told_once(tmp_path: Path) -> None:
    llama_factory_file(tmp_path / "trainer_log.jsonl")
    history = [{"loss": 1.9, "step": 5}, {"eval_loss": 1.5, "step": 5}]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": history}))
    [training] = look([tmp_path]).trainings
    assert (training.tool, training.path.name) == ("LLaMA-Factory", "trainer_state.json")


def test_a_loss_beside_the_validation_loss_is_no_validation_set() -> None:
    rows = [{"step": 1, "eval_loss": 1.0, "eval_aux_loss": 0.1, "eval_runtime": 1.0}]
    assert list(training_logs(rows)) == [""]


# -- what a number is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["eval_accuracy", "eval_token_acc", "eval_mean_token_accuracy", "predict_accuracy"]
)
def test_no_accuracy_of_a_trainer_is_one_on_the_task(name: str, tmp_path: Path) -> None:
    [figure] = trainer_figures({name: 0.9285, "eval_runtime": 3.0}, "out")
    assert figure.kind == "teacher_forced"
    (tmp_path / "all_results.json").write_text(json.dumps({name: 0.9285, "eval_loss": 1.0}))
    shown = repr(netgain.import_results(tmp_path)).replace("\n", " ")
    assert "teacher-forced" in shown and "for a verdict are missing" in shown
    with pytest.raises(DataError, match="figures alone, which cannot be paired"):
        netgain.analyse(tmp_path, tmp_path, out=tmp_path / "x")


def test_import_tells_what_is_missing_and_the_command_for_it() -> None:
    shown = netgain.import_results(TRL / "one-set")
    told = "\n".join(shown.missing())
    assert "answers of the base and of the tuned model" in told
    assert "netgain evaluate work/model --adapter" in told and "checkpoint-4 --data DATA" in told
    text = " ".join(repr(shown).split())
    assert "teacher-forced token accuracy" in text and "no accuracy on the task" in text
    done = command("import", TRL / "one-set", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["trainings"][0]["tool"] == "TRL"


def test_what_must_be_copied_is_never_cut(tmp_path: Path) -> None:
    long = "a-model-with-a-name-that-is-longer-than-half-of-a-terminal-of-eighty-columns"
    path = save(tmp_path / "a-folder-of-some-length" / f"{long}.jsonl", answers({0}))
    done = command("import", path)
    assert "…" not in done.stdout
    assert any(line.strip() == str(path) for line in done.stdout.splitlines())
    results = {"results": {"lamps": {f"{long},none": 0.5}}, "config": {}, "versions": {}}
    (tmp_path / "results_1.json").write_text(json.dumps(results), encoding="utf-8")
    told = command("import", tmp_path / "results_1.json").stdout
    assert "…" not in told and long in "".join(line.split("  ")[0] for line in told.splitlines())


def test_where_nothing_is_recognised_what_was_seen_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    save(folder / "a.jsonl", [{"alpha": 1, "beta": [2]}])
    for name in ("b.txt", "c.txt", "weights.safetensors"):
        (folder / name).write_text("x", encoding="utf-8")
    with pytest.raises(DataError) as told:
        netgain.import_results(folder)
    text = str(told.value)
    assert "(2 .txt, 1 .jsonl, 1 .safetensors)" in text and "(alpha, beta)" in text
    assert "a question, a right answer and a completion" in text and "--column" in text
    with zipfile.ZipFile(folder / "bad.eval", "w") as archive:
        archive.writestr("../up.json", "{}")
    with pytest.raises(DataError, match=r"bad\.eval is a zip file .* outside its folder") as told:
        netgain.import_results(folder / "bad.eval")
    assert "\n" not in str(told.value)
    rows = [{"alpha": g, "beta": q, "gamma": f"#### {g}"}
            for q, g in zip(QUESTIONS, GOLDS, strict=True)]  # fmt: skip
    columns = {"gold": "alpha", "question": "beta", "completion": "gamma"}
    sides = [save(folder / f"{n}.jsonl", rows) for n in ("base", "tuned")]
    assert netgain.import_results(*sides, columns=columns).found.answers[0].has_gold
    found = netgain.analyse(*sides, columns=columns, out=tmp_path / "r")
    assert found.comparison is not None and found.comparison.both == len(GOLDS)


# -- answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("release", LM_EVALS)
def test_lm_eval_s_own_files_are_compared_with_its_graders_beside_ours(
    release: str, tmp_path: Path
) -> None:
    made = FIXTURES / release
    found = netgain.analyse(made / "random", made / "half", out=tmp_path / "report")
    c = found.comparison
    assert c is not None and (c.n, c.both + c.lost, c.won) == (6, 0, 3)
    figures = {m.name: m.estimate.value for m in found.findings.accuracy_metrics}
    assert figures["accuracy, tuned"] == 0.5
    assert figures["accuracy by lm-eval's strict-match, tuned"] == pytest.approx(1 / 3)
    assert figures["accuracy by lm-eval's flexible-extract, tuned"] == 0.5
    [wrong] = [d for d in found.disagreements if d.role == "tuned"]
    assert (wrong.grader, wrong.theirs, wrong.ours, wrong.gold) == (
        "strict-match",
        False,
        True,
        "90",
    )
    assert not found.warnings
    assert found.findings.settings["base: shots"] == "0"
    assert found.findings.settings["tuned: most new tokens"] == "24"
    page = found.page.read_text(encoding="utf-8")
    assert "connect-src" in page or "Content-Security-Policy" in page
    assert {p.name for p in found.page.parent.iterdir()} >= {"report.md", "disagreements.jsonl"}
    stored = netgain.grade(found.page.parent / "answers" / "tuned.parquet").models[""]
    assert stored.accuracies["robust"].estimate.value == 0.5


def test_filters_without_a_name_are_one_answer(tmp_path: Path) -> None:
    """lm-eval 0.4.2 writes each answer once a filter, and does not say for which."""
    [source] = look([FIXTURES / "lm-eval-0.4.2"]).answers
    read = read_evaluation(source, {})
    assert (source.model, source.task, source.conditions["shots"]) == ("work/weights", "buns", "0")
    assert len(read.problems) == 6 and not read.bad
    assert all(len(answers) == 1 for answers in read.answers.values())
    assert netgain.grade(source.files[0]).rows == 6
    rows = json.loads(source.files[0].read_text(encoding="utf-8"))
    other = rows[0] | {"resps": [["So 24."]]}  # another answer is another run's, and told
    (tmp_path / "a.jsonl").write_text(json.dumps([*rows, other]), encoding="utf-8")
    [bad] = netgain.grade(tmp_path / "a.jsonl").bad_rows
    assert bad.line == 13 and "already used" in bad.reason


@pytest.mark.parametrize("release", ["lighteval-0.8.1", "lighteval-0.13.0", "inspect-ai-0.3.285"])
def test_what_lighteval_and_inspect_wrote_is_read_with_their_verdicts(
    release: str, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    for path in filter(Path.is_file, (FIXTURES / release).rglob("*")):
        # lighteval's own names have a bar, which no file may have everywhere.
        into = made / str(path.relative_to(FIXTURES / release)).replace("=", "|")
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, into)
    found = look([made])
    assert not found.unread and {a.task for a in found.answers} == {"buns"}
    is_inspect = release.startswith("inspect")
    assert len(found.answers) == 1 + is_inspect  # as a log and as JSON
    [figure] = set(found.figures)
    assert (figure.kind, figure.value) == ("generated", 0.5 if is_inspect else 0.0)
    for source in found.answers:
        read = read_evaluation(source, {})
        assert not read.bad and len(read.problems) == 6 and source.conditions["grader"]
        assert {str(p.answer) for p in read.problems.values()} == {
            "24", "36", "63", "200", "90", "330"
        }  # fmt: skip
        assert all(p.question.startswith("A tray holds") for p in read.problems.values())
        own = [v for verdicts in read.verdicts[""].values() for v in verdicts]
        assert (len(own), sum(own)) == (6, 3 if is_inspect else 0)


def test_import_copies_what_analyse_takes(tmp_path: Path) -> None:
    done = command("import", LM_EVAL, TRL / "two-sets", "-o", tmp_path / "all")
    assert done.returncode == 0, done.stderr
    assert "6 answers copied, 6 of them twice" in done.stdout
    again = look([tmp_path / "all"])
    assert {a.tool for a in again.answers} == {"lm-eval"} and len(again.answers) == 2
    assert list(again.trainings[0].logs) == ["buns", "few"]
    direct = netgain.analyse(LM_EVAL / "random", LM_EVAL / "half", out=tmp_path / "a")
    files = sorted((tmp_path / "all" / "answers").iterdir(), key=lambda p: "weights" not in p.name)
    copied = netgain.analyse(*files, out=tmp_path / "b")
    assert copied.comparison == direct.comparison
    with pytest.raises(StorageError, match="is not empty"):
        netgain.import_results(LM_EVAL, out=tmp_path / "all")


def test_evaluations_of_different_tools_are_paired_by_question(tmp_path: Path) -> None:
    base = save(tmp_path / "old.jsonl", answers({0, 1}))
    tuned = save(tmp_path / "verl" / "10.jsonl", verl({1, 2, 3, 4})[::-1])
    found = netgain.analyse(base, tuned, out=tmp_path / "report")
    c = found.comparison
    assert c is not None and (c.n, c.both, c.lost, c.won) == (8, 1, 1, 3)
    assert "asked by rows and the tuned model by verl" in found.warnings[0]
    assert found.findings.concerns[0].severity == "grave"
    assert not found.disagreements


def test_what_has_no_partner_is_counted_and_listed(tmp_path: Path) -> None:
    base = save(tmp_path / "old.jsonl", answers({0})[:6])
    other = {"question": "Another one?", "gold": "1", "completion": "1"}
    conflict = {**answers({0})[0], "gold": "25"}
    tuned = save(tmp_path / "new.jsonl", [conflict, *answers({0, 1})[1:5], other])
    found = netgain.analyse(base, tuned, out=tmp_path / "report")
    notes = " ".join(found.findings.notes)
    assert found.comparison is not None and found.comparison.n == 4
    assert "Without a partner, and so in no figure: 1 problem of new (rows) (row 6)" in notes
    assert "in no figure: 1 problem of old (rows) (row 6)" in notes
    assert "With two different right answers, and so in no figure: 1 problem" in notes
    with pytest.raises(EvaluationError, match="no problem was answered by both"):
        netgain.analyse(base, save(tmp_path / "odd.jsonl", [other]), out=tmp_path / "x")


def test_without_a_common_problem_why_and_what_to_do_is_told_as_compare_does(
    tmp_path: Path,
) -> None:
    long = "A gardener plants 3 rows of beans, and each of these rows has 24 plants. How many?"
    files = [
        save(tmp_path / "old.jsonl", answers({0})[:1]),
        save(tmp_path / "new.jsonl", [{"question": long, "gold": "72", "completion": "72"}]),
    ]
    said = []
    for door in (netgain.compare, netgain.analyse):
        with pytest.raises(EvaluationError, match="only answers to the same problems") as caught:
            door(*files)
        said.append(str(caught.value))
    assert all(
        "'A gardener plants 3 rows of beans, and each of these rows …'" in one for one in said
    )


def test_equal_ids_of_different_questions_are_no_pair(tmp_path: Path) -> None:
    base = [{**row, "id": i} for i, row in enumerate(answers({0, 1}))]
    tuned = [{**row, "id": i} for i, row in enumerate(answers({0, 1})[::-1])]
    found = netgain.analyse(
        save(tmp_path / "a.jsonl", base), save(tmp_path / "b.jsonl", tuned), out=tmp_path / "r"
    )
    assert found.comparison is not None and found.comparison.both == 2
    silent = [{k: v for k, v in row.items() if k != "question"} for row in base]
    both = [save(tmp_path / f"{name}.jsonl", silent) for name in "cd"]
    by_id = netgain.analyse(*both, out=tmp_path / "r")
    assert by_id.comparison is not None and by_id.comparison.n == 8
    nameless = [{"gold": row["gold"], "completion": "1"} for row in base]
    both = [save(tmp_path / f"{name}.jsonl", nameless) for name in "ef"]
    with pytest.raises(EvaluationError, match="no problem was answered by both"):
        netgain.analyse(*both, out=tmp_path / "r")


def test_other_conditions_are_told_first(tmp_path: Path) -> None:
    for name, shots, more in (("base", 5, 256), ("tuned", 0, 512)):
        stamp = "2026-01-02T03-04-05.678901"
        rows = [
            {"doc_id": i, "doc": {"question": q, "answer": f"#### {g}"}, "target": str(g),
             "arguments": {"gen_args_0": {"arg_0": f"{shots} shots. Question: {q}\nAnswer:"}},
             "resps": [[f"#### {g}"]], "filter": "x", "exact_match": 0.0}
            for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True))
        ]  # fmt: skip
        save(tmp_path / name / "m" / f"samples_lamps_{stamp}.jsonl", rows)
        results = {
            "results": {"lamps": {"exact_match,x": 0.0}},
            "n-shot": {"lamps": shots},
            "model_name": name,
            "config": {"gen_kwargs": {"max_gen_toks": more}},
        }
        (tmp_path / name / "m" / f"results_{stamp}.json").write_text(json.dumps(results))
    found = netgain.analyse(tmp_path / "base", tmp_path / "tuned", out=tmp_path / "r")
    told = "\n".join(found.warnings)
    assert "differ in shots (5 for the base, 0 for the tuned model)" in told
    assert "most new tokens (256" in told and "8 of 8 problems were put" in told
    assert len(found.disagreements) == 16  # lm-eval calls every right answer wrong
    text = (tmp_path / "r" / "report.md").read_text(encoding="utf-8")
    assert text.index("differ in shots") < text.index("## Fine-tuning overview")


def test_samples_in_several_files_are_samples_of_one_model(tmp_path: Path) -> None:
    for name, right in (("base", {0}), ("tuned", {0, 1, 2})):
        for seed in range(3):
            rows = [
                {"problem": q, "expected_answer": g, "symbolic_correct": i in right,
                 "generation": f"\\boxed{{{g if i in right else 1}}}"}
                for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True))
            ]  # fmt: skip
            save(tmp_path / name / "lamps" / f"output-rs{seed}.jsonl", rows)
    [source] = look([tmp_path / "tuned"]).answers
    assert len(source.files) == 3 and (source.model, source.task) == ("tuned", "lamps")
    found = netgain.analyse(tmp_path / "base", tmp_path / "tuned", out=tmp_path / "r")
    assert found.comparison is not None and (found.comparison.n, found.comparison.won) == (8, 2)
    assert any("several answers a problem" in note for note in found.findings.notes)


def test_right_answers_come_from_a_file_of_problems(tmp_path: Path) -> None:
    for name, right in (("base", 1), ("tuned", 5)):
        rows = [
            {"custom_id": f"q{i}", "response": {"status_code": 200, "body": {
                "model": name, "choices": [{"message": {"content": f"#### {g if i < right else 1}"},
                                            "finish_reason": "stop"}]}}}
            for i, g in enumerate(GOLDS)
        ]  # fmt: skip
        save(tmp_path / f"{name}.jsonl", rows)
    sides = tmp_path / "base.jsonl", tmp_path / "tuned.jsonl"
    with pytest.raises(EvaluationError, match="give a file of problems with --data"):
        netgain.analyse(*sides, out=tmp_path / "r")
    problems = [{"id": f"q{i}", "question": q, "answer": f"#### {g}"}
                for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True))]  # fmt: skip
    data = save(tmp_path / "problems" / "p.jsonl", problems)
    found = netgain.analyse(*sides, data=data, out=tmp_path / "r")
    assert found.comparison is not None and found.comparison.won == 4


def batch(folder: Path, right: int, *, asked: bool, anthropic: bool = False) -> Path:
    """A batch's file of answers, shuffled, with ids of its own; what it was asked beside it."""
    rows, requests = [], []
    for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True)):
        text, name = f"#### {g if i < right else 1}", f"request-{i + 1}"
        messages = [{"role": "user", "content": f"Solve this problem. {q} Give a number."}]
        if anthropic:
            rows.append(
                {
                    "custom_id": name,
                    "result": {
                        "type": "succeeded",
                        "message": {
                            "model": folder.name,
                            "content": [{"type": "text", "text": text}],
                        },
                    },
                }
            )
            requests.append({"custom_id": name, "params": {"messages": messages}})
            continue
        said = [{"message": {"content": text}, "finish_reason": "stop"}]
        rows.append(
            {
                "id": "x",
                "custom_id": name,
                "error": None,
                "response": {"status_code": 200, "body": {"model": folder.name, "choices": said}},
            }
        )
        requests.append({"custom_id": name, "method": "POST", "body": {"messages": messages}})
    random.Random(right).shuffle(rows)
    if asked:
        save(folder / "asked.jsonl", requests)
    return save(folder / "batch_output.jsonl", rows)


@pytest.mark.parametrize("anthropic", [False, True])
def test_a_batch_is_joined_with_what_it_was_asked(anthropic: bool, tmp_path: Path) -> None:
    data = save(tmp_path / "problems.jsonl", [
        {"question": q, "answer": f"#### {g}"} for q, g in zip(QUESTIONS, GOLDS, strict=True)
    ])  # fmt: skip
    sides = [batch(tmp_path / n, k, asked=True, anthropic=anthropic)
             for n, k in (("small", 2), ("big", 6))]  # fmt: skip
    for given in (sides, [path.parent for path in sides]):
        found = netgain.analyse(*given, data=data, out=tmp_path / "r")
        c = found.comparison
        assert c is not None and (c.n, c.both, c.won, c.lost) == (8, 2, 4, 0)
    told = netgain.import_results(tmp_path / "big", out=tmp_path / "copies")
    assert "--data" in "\n".join(told.missing()) and told.found.answers[0].model == "big"
    [copy] = (tmp_path / "copies" / "answers").iterdir()
    assert QUESTIONS[0] in copy.read_text(encoding="utf-8")


def test_batches_of_one_folder_are_told_apart_by_their_names(tmp_path: Path) -> None:
    """The same ids stand for other questions in each batch."""
    for name, right in (("small", 2), ("big", 6)):
        folder = tmp_path / name
        batch(folder, right, asked=True)
        rows = [json.loads(line) for line in (folder / "asked.jsonl").read_text().splitlines()]
        said = [
            json.loads(line) for line in (folder / "batch_output.jsonl").read_text().splitlines()
        ]
        if name == "big":  # numbered from the other end
            for row in rows + said:
                row["custom_id"] = f"request-{9 - int(row['custom_id'][8:])}"
        save(tmp_path / "all" / f"{name}_input.jsonl", rows)
        save(tmp_path / "all" / f"{name}_output.jsonl", said)
    data = save(tmp_path / "p.jsonl", [
        {"question": q, "answer": f"#### {g}"} for q, g in zip(QUESTIONS, GOLDS, strict=True)
    ])  # fmt: skip
    sides = (tmp_path / "all" / f"{name}_output.jsonl" for name in ("small", "big"))
    c = netgain.analyse(*sides, data=data, out=tmp_path / "r").comparison
    assert c is not None and (c.n, c.both, c.won) == (8, 2, 4)


def test_what_was_asked_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    """OLMES writes predictions and requests of tasks with the same ids into one folder."""
    for name, right in (("small", 2), ("big", 6)):
        for task in ("lamps", "others"):
            begin = tmp_path / name / f"task-000-{task}"
            asked = QUESTIONS if task == "lamps" else QUESTIONS[::-1]
            save(begin.with_name(f"{begin.name}-requests.jsonl"), [
                {"native_id": i, "doc_id": i, "doc": {"query": f"Question: {q}\nAnswer:"}}
                for i, q in enumerate(asked)
            ])  # fmt: skip
            save(begin.with_name(f"{begin.name}-predictions.jsonl"), [
                {"native_id": i, "doc_id": i, "metrics": {"exact_match": float(i < right)},
                 "label": str(g), "model_output": [{"continuation": f"#### {g * (i < right)}"}]}
                for i, g in enumerate(GOLDS)
            ])  # fmt: skip
    sides = tmp_path / "small", tmp_path / "big"
    found = netgain.analyse(*sides, task="lamps", out=tmp_path / "r")
    c = found.comparison
    assert c is not None and (c.n, c.both, c.won) == (8, 2, 4) and not found.disagreements
    assert found.findings.title.startswith("big on lamps")
    [lamps, _] = look([sides[0]]).answers
    assert read_evaluation(lamps, {}).problems["0"].question == QUESTIONS[0]
    assert [path.name for path in lamps.asked] == ["task-000-lamps-requests.jsonl"]


def test_points_are_no_verdicts(tmp_path: Path) -> None:
    """Of points 0 and 10 the noughts alone would be an accuracy of 0%."""
    sides = []
    for name, right in (("base", 2), ("tuned", 6)):
        rows = answers(set(range(right)))
        points = [row | {"score": 10.0 * (i < right)} for i, row in enumerate(rows)]
        sides.append(save(tmp_path / f"{name}.jsonl", points))
    found = netgain.analyse(*sides, out=tmp_path / "r")
    names = {m.name for m in found.findings.accuracy_metrics}
    assert not any("the file's" in name for name in names)
    assert not any("grader" in told for told in found.told) and not found.disagreements


def test_samples_beside_the_figures_are_read(tmp_path: Path) -> None:
    """What lm-eval's function gives back, saved as one JSON file."""
    made = tmp_path / "made"
    for name, right in (("base", 2), ("tuned", 6)):
        samples = [
            {"doc_id": i, "doc": {"question": q, "answer": f"#### {g}"}, "target": str(g),
             "resps": [[f"#### {g * (i < right)}"]], "exact_match": float(i < right)}
            for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True))
        ]  # fmt: skip
        document = {
            "results": {"lamps": {"exact_match,none": right / 8}}, "configs": {"lamps": {}},
            "config": {"model_args": f"pretrained={name}-model"}, "samples": {"lamps": samples},
        }  # fmt: skip
        made.mkdir(exist_ok=True)
        (made / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    found = look([made])
    assert [(a.model, a.task) for a in found.answers] == [
        ("base-model", "lamps"), ("tuned-model", "lamps")
    ]  # fmt: skip
    assert {f.value for f in found.figures} == {0.25, 0.75}
    c = netgain.analyse(made / "base.json", made / "tuned.json", out=tmp_path / "r").comparison
    assert c is not None and (c.both, c.won) == (2, 4)


def test_a_chat_beside_a_reference_is_an_answer(tmp_path: Path) -> None:
    """And beside a solution it is a thing to learn from."""
    chat = [{"from": "human", "value": QUESTIONS[0]}, {"from": "gpt", "value": "4 * 6\n#### 24"}]
    worked = "6 * 4 = 24\n#### 24"
    held = save(tmp_path / "held.jsonl", [{"conversations": chat, "reference": worked}])
    taught = save(tmp_path / "taught.jsonl", [{"conversations": chat, "solution": worked}])
    found = look([held, taught])
    assert [a.files for a in found.answers] == [(held,)] and found.problems == (taught,)


def test_parts_of_a_task_are_one_evaluation(tmp_path: Path) -> None:
    """OpenCompass shards predictions, and each file counts from 0; its details are no answers."""
    for name, right in (("small", 2), ("big", 6)):
        for part, at in enumerate((range(5), range(5, 8))):
            rows = {str(i - at[0]): {
                "origin_prompt": [{"role": "HUMAN", "prompt": QUESTIONS[i]}],
                "prediction": f"#### {GOLDS[i] if i < right else 1}", "gold": str(GOLDS[i]),
            } for i in at}  # fmt: skip
            path = tmp_path / "oc" / "predictions" / name / f"lamps_{part}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(rows), encoding="utf-8")
        told = tmp_path / "oc" / "results" / name / "lamps.json"
        told.parent.mkdir(parents=True)
        details = [{"pred": "1", "answer": "2", "correct": False}]
        told.write_text(json.dumps({"accuracy": 25.0, "details": details}), encoding="utf-8")
    found = look([tmp_path / "oc"])
    assert [(a.model, a.task, len(a.files)) for a in found.answers] == [
        ("big", "lamps", 2), ("small", "lamps", 2)
    ]  # fmt: skip
    assert {(f.of, f.value) for f in found.figures} == {
        ("big on lamps", 25.0), ("small on lamps", 25.0)
    }  # fmt: skip
    sides = tmp_path / "oc" / "predictions" / "small", tmp_path / "oc" / "predictions" / "big"
    c = netgain.analyse(*sides, out=tmp_path / "r").comparison
    assert c is not None and (c.n, c.both, c.won) == (8, 2, 4)
    copies = netgain.import_results(tmp_path / "oc", out=tmp_path / "copies")
    assert [copied.rows for copied in copies.copied] == [8, 8]
    again = sorted((tmp_path / "copies" / "answers").iterdir(), reverse=True)
    c = netgain.analyse(*again, out=tmp_path / "r").comparison
    assert c is not None and (c.n, c.both, c.won) == (8, 2, 4)


def test_subsets_of_a_data_set_are_one_evaluation(tmp_path: Path) -> None:
    """evalscope writes a file for each, and counts from 0 in each."""
    for name, right in (("small", 2), ("big", 6)):
        for level, at in (("Level 1", range(5)), ("Level 2", range(5, 8))):
            save(tmp_path / name / "reviews" / name / f"math_500_{level}.jsonl", [
                {"index": i - at[0], "target": str(GOLDS[i]),
                 "input": f"**User**: \n{QUESTIONS[i]}",
                 "sample_score": {"score": {"value": {"acc": float(i < right)},
                                            "prediction": f"#### {GOLDS[i] * (i < right)}"}}}
                for i in at
            ])  # fmt: skip
    [small] = look([tmp_path / "small"]).answers
    assert (small.model, small.task, len(small.files)) == ("small", "math_500", 2)
    found = netgain.analyse(tmp_path / "small", tmp_path / "big", out=tmp_path / "r")
    c = found.comparison
    assert c is not None and (c.n, c.both, c.won) == (8, 2, 4) and not found.disagreements


def test_a_batch_whose_ids_are_not_those_of_the_data_is_told_both(tmp_path: Path) -> None:
    data = save(tmp_path / "problems.jsonl", [{"question": QUESTIONS[0], "answer": "24"}])
    sides = [batch(tmp_path / n, k, asked=False) for n, k in (("small", 2), ("big", 6))]
    with pytest.raises(EvaluationError, match="file of requests") as told:
        netgain.analyse(*sides, data=data, out=tmp_path / "r")
    assert "'problems-00000'" in str(told.value) and "'request-" in str(told.value)
    for name, k in (("small", 2), ("big", 6)):
        batch(tmp_path / name, k, asked=True)
    other = save(tmp_path / "other.jsonl", [{"question": "What is 1 + 1?", "answer": "2"}])
    with pytest.raises(EvaluationError, match="here 'Solve this problem"):
        netgain.analyse(*sides, data=other, out=tmp_path / "r")


def test_equal_ids_of_other_questions_in_the_data_give_no_right_answer(tmp_path: Path) -> None:
    data = [{"id": f"request-{i + 1}", "question": q, "answer": f"#### {g}"}
            for i, (q, g) in enumerate(zip(QUESTIONS[::-1], GOLDS[::-1], strict=True))]  # fmt: skip
    sides = [batch(tmp_path / n, k, asked=True) for n, k in (("small", 2), ("big", 6))]
    found = netgain.analyse(*sides, data=save(tmp_path / "p.jsonl", data), out=tmp_path / "r")
    assert found.comparison is not None
    assert (found.comparison.both, found.comparison.won) == (2, 4)


def test_a_known_question_is_found_within_a_prompt_of_any_length() -> None:
    """The last one counts, as examples stand before it; equal openings are told apart."""
    known = KnownProblems(
        Problem(f"p{i}", "s", f"A crate in the big hall holds {i} lamps. How many in {i % 7}?",
                Fraction(i)) for i in range(3000)
    )  # fmt: skip
    ask = "You are a tutor. {} Say it in words, for a child."
    first, last = (known.by_id[name].question for name in ("p12", "p1200"))
    asked = Problem("x", "", ask.format(f"{first} It is 3. {last}"), None)
    found = known.find(asked)
    assert found is not None and found.id == "p1200"
    assert known.fill(asked).question == last and known.fill(asked).answer == 1200
    begun = time.monotonic()
    assert known.find(Problem("x", "", "A crate in the big hall holds " * 200_000, None)) is None
    assert time.monotonic() - begun < 20
    assert known.find(Problem("p5", "", "Something else altogether is asked here.", None)) is None


def test_outputs_of_a_named_model_are_answers_that_need_the_problems(tmp_path: Path) -> None:
    """AlpacaEval's `instruction, output, generator`; the same without a model is to learn from."""
    sides = []
    for name, right in (("small", 2), ("big", 6)):
        rows = [{"instruction": q, "input": "", "output": f"It is {g if i < right else 1}.",
                 "generator": name, "dataset": "lamps"}
                for i, (q, g) in enumerate(zip(QUESTIONS, GOLDS, strict=True))]  # fmt: skip
        sides.append(tmp_path / f"{name}.json")
        sides[-1].write_text(json.dumps(rows), encoding="utf-8")
    found = look([sides[1]])
    assert [(a.model, a.has_gold) for a in found.answers] == [("big", False)]
    told = netgain.import_results(*sides)
    assert any("--data" in line for line in told.missing())
    with pytest.raises(EvaluationError, match="give a file of problems with --data"):
        netgain.analyse(*sides, out=tmp_path / "r")
    data = save(tmp_path / "p.jsonl", [
        {"question": q, "answer": f"#### {g}"} for q, g in zip(QUESTIONS, GOLDS, strict=True)
    ])  # fmt: skip
    done = netgain.analyse(*sides, data=data, out=tmp_path / "r")
    assert done.comparison is not None and done.comparison.won == 4
    for path in sides:
        rows = [{k: v for k, v in row.items() if k != "generator"}
                for row in json.loads(path.read_text(encoding="utf-8"))]  # fmt: skip
        path.write_text(json.dumps(rows), encoding="utf-8")
    assert look([sides[0]]).problems == (sides[0],)
    done = netgain.analyse(*sides, data=data, out=tmp_path / "r")  # named as answers
    assert done.comparison is not None and done.comparison.won == 4


def test_a_run_of_our_own_is_taken_too_alone_and_beside_others(tmp_path: Path) -> None:
    right = {"base": [True] * 3 + [False] * 9, "tuned": [True] * 9 + [False] * 3}
    run = run_directory(tmp_path / "run", right, max_new_tokens=64)
    alone = netgain.analyse(run, out=tmp_path / "a")
    assert alone.comparison == netgain.compare(run).pairs[0]
    assert alone.findings.settings["tuned: most new tokens"] == "64"
    theirs = [
        {"query": f"How much is {i}?", "ref_ans": str(i), "resp": f"#### {i if i < 5 else -1}"}
        for i in range(12)
    ]
    mixed = netgain.analyse(
        run / "evaluations" / "base", save(tmp_path / "dart.jsonl", theirs), out=tmp_path / "b"
    )
    c = mixed.comparison
    assert c is not None and (c.n, c.both, c.won) == (12, 3, 2)
    assert "asked by netgain and the tuned model by DART-Math" in mixed.warnings[0]


def test_a_whole_run_alone_is_analysed_as_its_own_report_is(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", 40)
    assert is_whole_run(run.root)
    found = netgain.analyse(run.root, out=tmp_path / "report")
    assert found.findings == findings_of(run) and found.page.is_file()
    assert "not on record" not in " ".join(a.evidence for a in found.findings.advice)


def test_what_to_do_next_follows_from_what_is_known(tmp_path: Path) -> None:
    close = {"base": [True] * 5 + [False] * 7, "tuned": [True] * 6 + [False] * 6}
    clear = {"base": [False] * 30, "tuned": [True] * 30}
    sides = Path("evaluations", "base"), Path("evaluations", "tuned")
    for name, right, do in (
        ("close", close, ["Ask both models more problems"]),
        ("clear", clear, []),
    ):
        run = run_directory(tmp_path / name, right)
        found = netgain.analyse(*(run / side for side in sides), out=tmp_path / f"r-{name}")
        assert [advice.do for advice in found.findings.advice] == do
        told = " ".join(c.text for c in found.findings.concerns)
        assert "which weights gave them is not known" not in told
    theirs = netgain.analyse(LM_EVAL / "random", LM_EVAL / "half", out=tmp_path / "r")
    [advice] = theirs.findings.advice
    assert "not on record" in advice.evidence
    kinds = {c.kind for c in theirs.findings.concerns if c.kind}
    assert "test_and_interval" in kinds and not kinds & {"weights", "conditions", "cut_off"}


def test_hardware_time_and_cost_of_others_answers_are_left_out(tmp_path: Path) -> None:
    found = netgain.analyse(LM_EVAL / "random", LM_EVAL / "half", out=tmp_path / "r")
    assert [*found.findings.overview] == ["Model", "Data", "Problems"]
    page = (tmp_path / "r" / "report.md").read_text(encoding="utf-8")
    assert "Hardware" not in page and "0 USD" not in page and " cores" not in page
    told = [part.text for part in found.parts() if isinstance(part, Line)]
    place = next(i for i, line in enumerate(told) if line.endswith("a figure of this run."))
    assert told[place + 1] == f"1. {found.findings.advice[0].do}."


def test_one_file_may_hold_two_models(tmp_path: Path) -> None:
    rows = [*answers({0}, model="base"), *answers({0, 1, 2}, model="tuned")]
    path = save(tmp_path / "both.jsonl", rows)
    found = netgain.analyse(path, out=tmp_path / "r")
    assert found.comparison is not None and (found.comparison.n, found.comparison.won) == (8, 2)
    imported = netgain.import_results(path, out=tmp_path / "copies")
    assert [copied.rows for copied in imported.copied] == [8, 8]


def test_of_one_file_its_column_says_which_model_is_the_base_else_its_order(tmp_path: Path) -> None:
    rows = [
        *answers({0, 1, 2}, model="night", evaluation="tuned"),
        *answers({0}, model="day", evaluation="base"),
        *answers({0}, model="night (samples)", evaluation="tuned-samples"),
    ]
    said = netgain.analyse(save(tmp_path / "said.jsonl", rows), out=tmp_path / "r")
    assert said.comparison is not None and said.comparison.won == 2
    assert not any("Nothing says" in note for note in said.told)
    plain = [{k: v for k, v in row.items() if k != "evaluation"} for row in rows[:16]]
    order = netgain.analyse(save(tmp_path / "plain.jsonl", plain), out=tmp_path / "r2")
    assert order.comparison is not None and order.comparison.lost == 2
    assert "night, which comes first in plain.jsonl, is taken for it" in order.told[0]
    assert order.told[0] in order.findings.notes
    three = save(tmp_path / "three.jsonl", [*plain, *answers({1}, model="dusk")])
    with pytest.raises(DataError, match=r"3 evaluations .* compares them all; `netgain import"):
        netgain.analyse(three, out=tmp_path / "r3")


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize(
    ("files", "given"),
    [
        ({"t/answers.jsonl": ["day/base", "night/tuned"]}, ["t"]),
        ({"t/answers.jsonl": ["day", "night"]}, ["t"]),
        ({"t/answers.jsonl": ["day", "night", "dusk"]}, ["t"]),
        ({"t/one.jsonl": ["day"], "t/two.jsonl": ["night"]}, ["t"]),
        ({"t/one.jsonl": ["day", "night"], "t/two.jsonl": ["dusk"]}, ["t"]),
        ({"a/x.jsonl": ["tuned"], "b/x.jsonl": ["base"]}, ["a", "b"]),
        ({"a/x.jsonl": ["day"], "a/y.jsonl": ["night"], "b/notes.csv": []}, ["a", "b"]),
        ({"a/s-rs0.jsonl": ["day"], "a/s-rs1.jsonl": ["day"], "b/x.jsonl": ["night"]}, ["a", "b"]),
        ({"messages/base/train-00000-of-00001.jsonl": [""],
          "messages/tuned/train-00000-of-00001.jsonl": [""]}, ["messages/base", "messages/tuned"]),
        ({"p/old/gsm8k.jsonl": [""], "p/new/gsm8k.jsonl": [""]}, ["p"]),
        ({"t/s-rs0.jsonl": ["day"], "t/s-rs1.jsonl": ["day"], "t/x.jsonl": ["night"]}, ["t"]),
    ],
)  # fmt: skip
def test_what_import_proposes_works(
    files: dict[str, list[str]], given: list[str], copied: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(netgain.api.analysed, "write_reports", lambda *_: Path("r").mkdir())
    for name, models in files.items():
        of = [str.partition(model, "/") for model in models]
        save(tmp_path / name, [
            row for place, (model, _, role) in enumerate(of) for row in answers(
                {0, place}, **({"model": model} if model else {}),
                **({"evaluation": role} if role else {}),
            )
        ])  # fmt: skip
    found = netgain.import_results(*given, out="copies" if copied else None)
    told = found.missing()[0].removeprefix("for a verdict: ")
    assert told.startswith("netgain "), told
    for one in told.split(", then "):
        _, door, *rest = shlex.split(one)
        if door == "import":
            netgain.import_results(*rest[:-2], out=rest[-1])
        elif door == "compare":
            assert netgain.compare(*rest).pairs
        else:
            comparison = netgain.analyse(*rest, out="r").comparison
            assert comparison is not None and comparison.n == 8


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("old/eval", "new/eval"):
        save(tmp_path / folder / "maths.jsonl", answers({0}))
        save(tmp_path / folder / "train-00000-of-00001.jsonl", answers({0}))
    models = [(a.files[0].stem, a.model) for a in look([tmp_path]).answers]
    assert sorted(models) == [
        ("maths", "new"), ("maths", "old"),
        ("train-00000-of-00001", "new"), ("train-00000-of-00001", "old"),
    ]  # fmt: skip
    named = [save(tmp_path / f"{n}.jsonl", answers({0}, model="m")) for n in "ab"]
    assert {a.model for a in look(named).answers} == {"m"}


def test_which_is_the_base_must_be_clear(tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        save(tmp_path / f"{name}.jsonl", answers({0}))
    with pytest.raises(DataError, match=r"holds 3 evaluations \(first in .*name the base"):
        netgain.analyse(tmp_path, out=tmp_path / "r")
    with pytest.raises(DataError, match="holds 3 evaluations"):
        netgain.analyse(tmp_path, tmp_path / "first.jsonl", out=tmp_path / "r")
    with pytest.raises(UsageError, match="name a file or a folder"):
        netgain.import_results()
    with pytest.raises(DataError, match="is not there"):
        netgain.import_results(tmp_path / "none")


def test_what_cannot_be_used_is_counted_by_its_reason(tmp_path: Path) -> None:
    rows = [*answers({0}), "no row", {"question": "x"}, {"question": "y"}]
    path = save(tmp_path / "some.jsonl", rows)
    found = netgain.import_results(path, out=tmp_path / "out")
    told = found.remarks()
    assert any("2 rows, first in line 10: no answer of a model is in it" in line for line in told)
    assert found.copied[0].rows == 8 and sum(n for n, _ in found.copied[0].faults.values()) == 3


def test_nothing_that_could_run_is_opened(tmp_path: Path) -> None:
    for name in ("training_args.bin", "model.safetensors", "modeling.py", "optimizer.pt"):
        (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.")
    (tmp_path / "state.json").write_text('{"log_history": "no list"}')
    (tmp_path / "deep.json").write_text('{"results": ' + "[" * 100_000)
    (tmp_path / "link.jsonl").symlink_to("/dev/zero")
    found = look([tmp_path])
    assert not found.trainings and not found.answers
    assert {p.name for p, _ in found.unread} >= {"state.json", "link.jsonl"}
    with pytest.raises(DataError, match="nothing was recognised") as caught:
        netgain.import_results(tmp_path)
    assert "link.jsonl: is a device" in str(caught.value)


def test_hostile_databases_are_refused(tmp_path: Path) -> None:
    endless = (
        "CREATE VIEW metrics AS WITH RECURSIVE n(run_name, step, metrics) AS (VALUES "
        "('a', 1, '{}') UNION ALL SELECT run_name, step + 1, '{}' FROM n) SELECT * FROM n"
    )
    for number, made in enumerate((endless, "CREATE TABLE other (x)")):
        path = tmp_path / f"{number}.db"
        with sqlite3.connect(path) as database:
            database.execute(made)
        database.close()
        [(_, why)] = look([path]).unread
        assert "no table of metrics" in why


def test_no_damaged_file_ends_in_a_traceback(tmp_path: Path) -> None:
    rng = random.Random(11)
    made = [make(tmp_path / name) for make, name in HISTORIES.values()]
    files = [p for p in (*tmp_path.rglob("*"), *FIXTURES.rglob("*.json*")) if p.is_file()]
    assert made and len(files) > 12
    for _ in range(250):
        chosen = rng.choice(files)
        content = bytearray(chosen.read_bytes())
        for _ in range(rng.randint(1, 6)):
            if content:
                content[rng.randrange(len(content))] = rng.randrange(256)
        cut = rng.choice([content, content[: rng.randrange(len(content) + 1)]])
        path = tmp_path / "fuzz" / chosen.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cut)
        found = look([path])
        assert all("\n" not in why for _, why in found.unread)
        path.unlink()


def test_documents_of_odd_values_are_read_or_told(tmp_path: Path) -> None:
    rng = random.Random(7)
    odd: tuple[Any, ...] = (None, True, -1, 1e400, "", [], [1], {}, {"a": 1}, "\ud800", 10**30)

    def changed(value: Any, depth: int) -> Any:
        if depth == 0 or not isinstance(value, (dict, list)) or not value:
            return rng.choice(odd)
        copied = value.copy()
        place = rng.choice(list(copied) if isinstance(copied, dict) else range(len(copied)))
        copied[place] = changed(copied[place], depth - 1)
        return copied

    log = {
        "version": 2, "status": "started", "plan": {"steps": [{"solver": "generate"}]},
        "eval": {"task": "a/lamps", "model": "m", "model_generate_config": {"max_tokens": 9}},
        "results": {"scores": [{"name": "match", "metrics": {"accuracy": {"value": 0.5}}}]},
        "samples": [{"id": 1, "epoch": 1, "input": "1+1?", "target": "2", "output": {
            "choices": [{"message": {"content": "2"}}]}}],
    }  # fmt: skip
    lighteval = {"config_general": {"model_name": "m", "model_config": {"generation_parameters": {
        "max_new_tokens": 5}}}, "results": {"lighteval|gsm8k|0": {"qem": 0.5}}}  # fmt: skip
    read = {p: json.loads(p.read_text("utf-8")) for p in FIXTURES.rglob("*.json")}
    documents, known = [*read.values(), log, lighteval], 0
    for _ in range(400):
        path = tmp_path / "x.json"
        path.write_text(json.dumps(changed(rng.choice(documents), rng.randint(1, 6))))
        found = look([tmp_path])
        repr(netgain.api.imported.Imported((tmp_path,), found))
        known += bool(found.answers or found.figures or found.trainings or found.adapters)
    assert known > 100  # most of each document is as it was


def test_import_and_analyse_need_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys, netgain\n"
        f"netgain.import_results({str(LM_EVAL)!r})\n"
        f"netgain.analyse({str(LM_EVAL / 'random')!r}, {str(LM_EVAL / 'half')!r}, "
        f"out={str(tmp_path / 'r')!r})\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'torch', 'transformers', 'peft'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_file_against_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": 1, "question": "1 + 1?", "answer": "2", "completion": "#### 2"}\n')
    with pytest.raises(EvaluationError, match="given twice"):
        netgain.analyse(file, tmp_path / "." / "a.jsonl", out=tmp_path / "out")


def test_a_training_without_validation_tells_what_its_own_rows_have(tmp_path: Path) -> None:
    rows = [{"step": s, "epoch": s / 20, "loss": loss, "mean_token_accuracy": share}
            for s, loss, share in ((10, 1.75, 0.61), (20, 0.7, 0.81))]  # fmt: skip
    state = {"global_step": 20, "max_steps": 20, "log_history": rows}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    text = repr(netgain.import_results(tmp_path))
    assert "training loss 1.75 → 0.7, no validation" in text
    words = " ".join(text.split())
    assert "token accuracy of training batches 0.81, no accuracy on the task" in words


def test_a_model_of_lm_eval_with_an_adapter_is_called_by_its_base_first() -> None:
    """lm-eval's own name of it is the adapter's place."""
    found = harness_results({
        "results": {"gsm8k": {"exact_match,none": 0.5}}, "configs": {}, "model_name": "out/lora-7",
        "config": {"model_args": "pretrained=Qwen/Qwen2-0.5B,peft=out/lora-7"},
    })  # fmt: skip
    assert found is not None and found.model == "Qwen/Qwen2-0.5B + lora-7"


def test_where_nothing_tells_the_base_the_order_is_called_a_guess(tmp_path: Path) -> None:
    for name in ("my-run-7", "small-0.5b"):
        row = {"question": "1 + 1?", "answer": "2", "completion": "2"}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    assert "nothing tells which is the base" in repr(netgain.import_results(tmp_path))
    for old, new in (("my-run-7", "tuned"), ("small-0.5b", "base")):
        (tmp_path / f"{old}.jsonl").rename(tmp_path / f"{new}.jsonl")
    assert "nothing tells" not in repr(netgain.import_results(tmp_path))
