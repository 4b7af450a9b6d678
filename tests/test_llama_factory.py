"""What LLaMA-Factory left after it ran: a training with its accuracy of tokens, and answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netgain
from conftest import ROOT
from conftest import netgain as command
from netgain.importers.looking import look
from netgain.importers.trained_folders import training_of

RAN = ROOT / "tests" / "fixtures" / "llamafactory-0.9.5"


def test_its_training_and_adapter_are_told() -> None:
    found = look([RAN])
    [training], [adapter] = found.trainings, found.adapters
    [log] = training.logs.values()
    assert (training.tool, training.path.name) == ("LLaMA-Factory", "trainer_state.json")
    assert (log.steps, log.planned_steps) == (60, 60)
    assert [p.step for p in log.points] == [20, 40, 60]
    assert log.points[0].loss == 6.198147583007812
    assert log.points[-1].eval_loss == 6.012475490570068
    assert (adapter.base, adapter.words) == ("work/weights", "LORA of rank 4, alpha 8")


def test_its_accuracy_is_of_tokens_and_no_answer_is_right() -> None:
    """Half of the tokens agree, and of the generated answers none: what the figure hides."""
    [training] = look([RAN / "trained"]).trainings
    assert training.logs[""].points[-1].eval_token_accuracy == 0.5366544838179989
    found = netgain.import_results(RAN)
    shown = " ".join(repr(found).split())
    assert "teacher-forced token accuracy 0.5367, no accuracy on the task" in shown
    figures = {figure.name: figure for figure in found.found.figures}
    assert figures["eval_accuracy"].kind == "teacher_forced"
    assert not any(figure.kind == "generated" for figure in figures.values())
    assert not any(name.endswith("_time") for name in figures)
    graded = netgain.grade(RAN / "predicted" / "generated_predictions.jsonl")
    [summary] = graded.models.values()
    assert (summary.n, summary.accuracies["robust"].estimate.value) == (6, 0.0)
    assert not graded.bad_rows


def test_json_has_the_figures_that_the_text_shows(tmp_path: Path) -> None:
    done = command("import", RAN / "trained", "--json", cwd=tmp_path)
    [training] = json.loads(done.stdout)["trainings"]
    assert training["logs"] == [
        {
            "validation_set": "", "steps": 60, "planned_steps": 60, "best_step": 60,
            "loss": [6.198147583007812, 6.027234649658203],
            "eval_loss": [6.09974479675293, 6.012475490570068],
            "token_accuracy": None, "eval_token_accuracy": 0.5366544838179989,
            "task_n": None, "task_correct": None,
        }
    ]  # fmt: skip


def test_json_keeps_validation_sets_apart_and_counts_solved_problems(tmp_path: Path) -> None:
    rows = [
        {"step": 5, "loss": 2.0, "mean_token_accuracy": 0.25},
        {"step": 5, "eval_easy_loss": 1.5, "eval_easy_mean_token_accuracy": 0.5},
        {"step": 5, "eval_hard_loss": 3.5, "eval_generated_n": 8, "eval_generated_correct": 3,
         "eval_generated_strict": 2},
        {"step": 9, "loss": 1.0, "mean_token_accuracy": 0.75},
        {"step": 9, "eval_easy_loss": 1.25, "eval_easy_mean_token_accuracy": 0.625},
    ]  # fmt: skip
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": rows}))
    easy, hard = netgain.import_results(tmp_path).plain()["trainings"][0]["logs"]
    assert (easy["validation_set"], hard["validation_set"]) == ("easy", "hard")
    assert (easy["loss"], hard["loss"]) == ([2.0, 1.0], None)
    assert (easy["eval_loss"], hard["eval_loss"]) == ([1.5, 1.25], [3.5, 3.5])
    assert (easy["token_accuracy"], hard["token_accuracy"]) == (0.75, None)
    assert (easy["eval_token_accuracy"], hard["eval_token_accuracy"]) == (0.625, None)
    assert (easy["task_n"], hard["task_n"], hard["task_correct"]) == (None, 8, 3)


def test_accuracy_of_another_trainer_is_not_taken_for_one_of_tokens(tmp_path: Path) -> None:
    state = shutil.copy(RAN / "trained" / "trainer_state.json", tmp_path)
    assert training_of(Path(state)).logs[""].points[-1].eval_token_accuracy is None
    shutil.copy(RAN / "trained" / "trainer_log.jsonl", tmp_path)
    assert training_of(Path(state)).logs[""].points[-1].eval_token_accuracy is not None


def test_its_predictions_are_answers_with_question_and_right_answer(tmp_path: Path) -> None:
    found = netgain.import_results(RAN / "predicted", out=tmp_path / "copies")
    [source] = found.found.answers
    assert (source.tool, source.has_gold, found.copied[0].rows) == ("LLaMA-Factory", True, 6)
    [copy] = (tmp_path / "copies" / "answers").iterdir()
    first = copy.read_text(encoding="utf-8").splitlines()[0]
    asked = "A tray holds 6 buns, and 4 trays are full. How many buns are there?"
    assert f'"question": "{asked}"' in first and "#### 24" in first
