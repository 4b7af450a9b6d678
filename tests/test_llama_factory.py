"""What LLaMA-Factory left after it ran: a training with its accuracy of tokens, and answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import netgain
from conftest import ROOT
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
