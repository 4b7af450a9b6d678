"""Rejection sampling: of a model's own samples the right ones are learned from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from conftest import REFERENCE, tiny
from netgain.data.wordproblems import word_problems
from netgain.errors import TrainingError
from netgain.generate.sampler import Answer, Request, Sampling, Tell
from netgain.grading import grade
from netgain.models.loading import load_tokenizer
from netgain.models.render import make_renderer
from netgain.pipeline.preparing import prepare_data
from netgain.pipeline.rollouts import others_answers, own_answers, taught_by
from netgain.recipe import PromptSettings, Recipe, load_recipe
from netgain.records import FinishReason, Generation, Grade
from netgain.store import RunDirectory
from netgain.train.examples import Answers, build_examples
from netgain.train.own_answers import right_answers


def sampled(*texts: str | tuple[str, FinishReason]) -> list[tuple[Generation, Grade]]:
    """Samples of one problem whose answer is 12, with their grades."""
    rows = []
    for sample, given in enumerate(texts):
        text, finish = given if isinstance(given, tuple) else (given, "stop")
        row = Generation("p", sample, 0, text, finish, 1, 1, 0.0, 1, "")
        rows.append((row, grade(text, Fraction(12), problem_id="p", sample=sample)))
    return rows


def kept(*texts: str | tuple[str, FinishReason], most: int = 9) -> tuple[str, ...]:
    return right_answers(sampled(*texts), most).texts.get("p", ())


def test_only_right_answers_that_ended_by_themselves_are_kept() -> None:
    right = "3 * 4 = 12\n#### 12"
    assert kept("3 * 4 = 13\n#### 13", (right, "length"), right) == (right,)


def test_a_problem_with_right_and_wrong_samples_is_mixed() -> None:
    right, wrong = "3 * 4 = 12\n#### 12", "3 * 4 = 13\n#### 13"
    counted = [right_answers(sampled(*texts), 9).mixed
               for texts in ((right, wrong), (right, right), (wrong, wrong))]  # fmt: skip
    assert counted == [1, 0, 0]


def test_an_answer_without_working_before_its_mark_teaches_no_reasoning() -> None:
    assert kept("#### 12\nbecause 3 * 4 = 12") == ()


def test_answers_with_the_same_equations_are_kept_once() -> None:
    first, other = "3*4 = 12\n#### 12", "6 + 6 = 12\n#### 12"
    assert kept(first, "So 3 * 4 = 12.\n#### 12", other) == (first, other)


def test_answers_in_the_prompts_form_come_first_and_no_more_than_asked() -> None:
    loose, strict = "3*4 = 12, so it is 12.", "6 + 6 = 12\n#### 12"
    assert kept(loose, strict, most=1) == (strict,)


def test_the_counts_say_what_became_of_every_sample() -> None:
    found = right_answers(
        sampled("3*4 = 12\n#### 12", ("3*4 = 12\n#### 12", "length"), "no"), most=2
    )
    assert (found.problems, found.samples, found.right, found.ended) == (1, 3, 2, 1)
    assert found.examples == 1
    assert found.wrong == {"p": 2 / 4}  # one more is counted as wrong, so that no weight is 0


def test_easy_problems_weigh_less_and_unsolved_ones_may_be_learned_from_the_data(
    tiny_model: Path,
) -> None:
    easy, hard, unsolved = word_problems(3, 1)
    renderer = make_renderer(load_tokenizer(tiny_model))
    answers = Answers(
        {easy.id: ("1 + 1 = 2", "2 = 1 + 1"), hard.id: ("3",)}, "own answer",
        {easy.id: 0.2, hard.id: 0.8}, else_solutions=True,
    )  # fmt: skip
    rows = build_examples(
        [easy, hard, unsolved], renderer, PromptSettings(), 512, answers=answers
    ).rows
    assert [(e.problem_id, e.weight, e.origin) for e in rows] == [
        (easy.id, 0.2, "own answer"), (easy.id, 0.2, "own answer"), (hard.id, 0.8, "own answer"),
        (unsolved.id, 1.0, "reference"),
    ]  # fmt: skip
    left_out = replace(answers, else_solutions=False)
    assert rows[:3] == build_examples(
        [easy, hard, unsolved], renderer, PromptSettings(), 512, answers=left_out
    ).rows  # fmt: skip


class Scripted:
    """Gives the right answer to every second sample; counts what it is asked."""

    renderer = None

    def __init__(self, answers: dict[str, str], right: bool) -> None:
        self.answers, self.right, self.asked = answers, right, 0

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
        found = []
        for request in requests:
            gold = self.answers[request.prompt.messages[-1][1].split("\n\n")[0]]
            said = gold if self.asked % 2 and self.right else "1000003"
            found.append(
                Answer(f"It is {self.asked} + 1.\n#### {said}", "stop", 9, 9, 0.1, ids=(5, 6))
            )
            self.asked += 1
        return found


@pytest.mark.parametrize("right", [True, False])
def test_samples_are_drawn_once_of_training_and_validation_problems(
    right: bool, tmp_path: Path, tiny_model: Path, hub_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("train.method=rft", "train.rollouts.samples=2", "evaluate.limit=8")
    recipe = load_recipe(REFERENCE, [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"])
    directory = RunDirectory(tmp_path / "run")
    directory.begin(recipe, {"command": "", "begun": "", "versions": {}, "hardware": {}})

    def quiet(*_: object) -> None:
        pass

    prepare_data(directory, recipe, quiet)
    asked = [*directory.problems("train"), *directory.problems("validation")]
    engine = Scripted({p.question: str(p.answer) for p in asked}, right)
    monkeypatch.setattr("netgain.pipeline.served_model.load_sampler", lambda spec: engine)
    if not right:
        with pytest.raises(TrainingError, match="none of 72 samples of 36 train"):
            own_answers(directory, recipe, quiet)
        return
    found = own_answers(directory, recipe, quiet)
    assert {name: len(of.texts) for name, of in found.items()} == {"train": 36, "validation": 4}
    assert engine.asked == 80
    assert own_answers(directory, recipe, quiet) == found
    assert engine.asked == 80


def taught(path: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    """Write another model's answers: question, completion, finish reason."""
    lines = [
        json.dumps({"question": q, "gold": "7", "completion": c, "finish_reason": f, "id": str(i)})
        for i, (q, c, f) in enumerate(rows)
    ]
    path.write_text("\n".join(lines))


@pytest.fixture
def distilling(tmp_path: Path, tiny_model: Path, hub_data: Path) -> tuple[RunDirectory, Recipe]:
    """A run whose problems are there, and which learns from t.jsonl."""
    words = (f"train.distil.source={tmp_path / 't.jsonl'}", "train.method=distil")
    recipe = load_recipe(REFERENCE, [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"])
    directory = RunDirectory(tmp_path / "run")
    directory.begin(recipe, {"command": "", "begun": "", "versions": {}, "hardware": {}})
    prepare_data(directory, recipe, lambda *_: None)
    return directory, recipe


def test_of_another_models_answers_only_what_this_grader_calls_right_is_learned(
    tmp_path: Path, distilling: tuple[RunDirectory, Recipe]
) -> None:
    directory, recipe = distilling
    first, second, third = directory.problems("train")[:3]
    rows = [
        (first.question, f"As 1 + 1 = 2, the answer is {first.answer}.", "stop"),
        (f"  {first.question} ", f"It is {first.answer}.", "stop"),  # shorter
        (second.question, "It is 7000003.", "stop"),  # its own gold says otherwise; ours decides
        (third.question, f"It is {third.answer}", "length"),
        ("A question that nobody trains on?", "It is 7.", "stop"),
    ]
    taught(tmp_path / "t.jsonl", rows)
    found = others_answers(directory, recipe)
    assert found["train"].texts == {first.id: (f"It is {first.answer}.",)}
    assert (found["train"].samples, found["train"].right, found["train"].ended) == (4, 2, 2)
    assert found["validation"].texts == {}
    taught(tmp_path / "t.jsonl", rows[2:])
    with pytest.raises(TrainingError, match=r"none of 2 answers to 2 of the 36 .* is right, so"):
        others_answers(directory, recipe)
    taught(tmp_path / "t.jsonl", rows[-1:])
    with pytest.raises(
        TrainingError, match=r"none of its 1 row answers .* `netgain evaluate TEACH"
    ):
        others_answers(directory, recipe)
    taught(tmp_path / "t.jsonl", [(first.question, f"#### {first.answer}", "stop")])
    with pytest.raises(TrainingError, match=r"none of 1 right answer to 1 of .* ended by itself"):
        others_answers(directory, recipe)


def test_a_teachers_file_needs_no_right_answers_and_may_be_messages(
    tmp_path: Path, distilling: tuple[RunDirectory, Recipe], caplog: pytest.LogCaptureFixture
) -> None:
    directory, recipe = distilling
    first, second, third = directory.problems("train")[:3]
    said = {p.id: f"As 1 + 1 = 2, the answer is {p.answer}." for p in (first, second, third)}
    asked = f"{second.question}\n\nPlease reason step by step."
    rows: list[object] = [
        {"question": first.question, "completion": said[first.id]},
        {"messages": [{"role": "user", "content": asked},
                      {"role": "assistant", "content": said[second.id]}]},
        {"question": third.question, "text": said[third.id]},
        {"question": third.question, "completion": f"{said[third.id]} \ud800"},
    ]  # fmt: skip
    file = tmp_path / "t.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    caplog.set_level("INFO")
    found = others_answers(directory, recipe)["train"]
    assert found.texts == {p.id: (said[p.id],) for p in (first, second)}
    assert "t.jsonl: 4 rows, of which 2 cannot be used; 2 answers to 2 of" in caplog.text
    assert "t.jsonl, line 3: no 'completion' (its columns: question, text)" in caplog.text
    file.write_text("\n".join(map(json.dumps, rows[3:])))
    half = "1 row cannot be used, the first: t.jsonl, line 1: 'completion' holds half a character"
    with pytest.raises(TrainingError, match=half):
        others_answers(directory, recipe)


def test_problems_with_one_question_all_get_its_answers(tmp_path: Path) -> None:
    (first,) = word_problems(1, 1)
    twins = [first, replace(first, id="twin"), replace(first, id="third", question="3 * 4 = ?"),
             replace(first, id="fourth", question="3 + 4 = ?")]  # fmt: skip
    rows = [(q, f"It is {first.answer}.", "stop") for q in (first.question, "3 * 4 = ?")]
    taught(tmp_path / "t.jsonl", rows)
    found = taught_by(tmp_path / "t.jsonl", twins)[0]
    assert sorted(g.problem_id for g in found) == sorted([first.id, "twin", "third"])
