"""The recipe's prompt is looked at before anything is trained on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import REFERENCE, tiny
from netgain.analysis.prompt_doubts import doubts
from netgain.generate.sampler import Answer, Request, Sampling
from netgain.pipeline.evaluating import evaluate_base
from netgain.pipeline.extra_evaluations import evaluate_extras
from netgain.pipeline.preparing import prepare_data
from netgain.pipeline.prompt_check import check_prompt, prompt_check_of
from netgain.pipeline.run_findings import findings_of
from netgain.recipe import load_recipe
from netgain.records import PromptCheck, PromptTried
from netgain.store import RunDirectory

Script = Callable[[str, str], str]  # the prompt's text and the right answer -> an answer


class Scripted:
    """An engine that answers by a rule, and counts what it was asked."""

    def __init__(self, script: Script, answers: dict[str, str]) -> None:
        self.script, self.answers, self.asked = script, answers, 0
        self.renderer = None

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: object = None
    ) -> list[Answer]:
        self.asked += len(requests)
        texts = [r.prompt.messages[-1][1] for r in requests]
        said = [self.script(t, self.answers[t.split("\n\n")[0]]) for t in texts]
        return [Answer(text, "stop", 10, 5, 0.1) for text in said]


def begun(
    script: Script, tmp_path: Path, model: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[RunDirectory, Scripted, Callable[[], None]]:
    """A run whose data is there, an engine that answers by a rule, and the look at its prompt."""
    words = (
        "extras.prompt_check=20", "evaluate.max_new_tokens=10", "evaluate.limit=8",
        "prompt.instruction=Give the steps, then #### and the number.",
    )  # fmt: skip
    recipe = load_recipe(REFERENCE, [w for w in tiny(model, data, *words) if w != "--set"])
    directory = RunDirectory(tmp_path / "run")
    directory.begin(recipe, {"command": "", "begun": "", "versions": {}, "hardware": {}})

    def quiet(*_: object) -> None:
        pass

    prepare_data(directory, recipe, quiet)
    problems = [*directory.problems("train"), *directory.problems("test")]
    engine = Scripted(script, {p.question: str(p.answer) for p in problems})
    monkeypatch.setattr("netgain.pipeline.served_model.load_sampler", lambda spec: engine)

    def check() -> None:
        check_prompt(directory, recipe, quiet)
        evaluate_extras(directory, recipe, quiet)

    return directory, engine, check


def mark_first(asked: str, right: str) -> str:
    """Takes "####" for a heading, and reasons under "boxed" alone."""
    if "boxed" in asked:
        return f"First I add. So it is \\boxed{{{right}}}."
    return "#### Solution\nI add. It is 1000003."


def test_a_prompt_that_is_answered_with_the_mark_first_is_told_with_a_better_one(
    tmp_path: Path, tiny_model: Path, hub_data: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    directory, engine, check = begun(mark_first, tmp_path, tiny_model, hub_data, monkeypatch)
    with caplog.at_level(logging.WARNING, "netgain"):
        check()
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "20 answers to training problems under the recipe's prompt, 20 begin with" in told
    assert "'boxed' solves 20 of these 20 problems, the recipe's prompt 0" in told
    assert "--set 'prompt.instruction=\"Please reason step by step, and" in told
    found = prompt_check_of(directory, directory.recipe())
    assert found is not None and found.best is not None and found.best.name == "boxed"

    # The base model alone answers the test problems under it, and nothing is asked twice.
    assert directory.evaluation("base-prompt-measured").summary() is not None
    assert directory.evaluation("tuned-prompt-measured").summary() is None
    asked = engine.asked
    check()
    assert engine.asked == asked


def test_a_prompt_that_suits_the_model_is_asked_alone(
    tmp_path: Path, tiny_model: Path, hub_data: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    directory, engine, check = begun(
        lambda asked, right: f"I add.\n#### {right}", tmp_path, tiny_model, hub_data, monkeypatch
    )
    with caplog.at_level(logging.WARNING, "netgain"):
        check()
    assert not caplog.records
    assert engine.asked == 20
    found = prompt_check_of(directory, directory.recipe())
    assert found == PromptCheck(PromptTried("the recipe's prompt", 20, 20, {}))


def test_what_is_suspect_stands_in_the_report(
    tmp_path: Path, tiny_model: Path, hub_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, _, check = begun(mark_first, tmp_path, tiny_model, hub_data, monkeypatch)
    check()
    findings = findings_of(directory)
    assert any("begin with the answer's mark" in c.text for c in findings.concerns)


def test_where_no_wording_does_better_the_wording_is_not_blamed() -> None:
    own = PromptTried("own", 40, 6, {"truncated": 20})
    found = PromptCheck(own, (PromptTried("boxed", 40, 5, {}, ("a=b",)),))
    first, second = doubts(found)
    assert "20 are cut off" in first
    assert "so the wording is not the cause" in second


def test_a_wording_that_solves_a_few_more_is_not_recommended() -> None:
    own = PromptTried("own", 40, 3, {"truncated": 20})
    found = PromptCheck(own, (PromptTried("boxed", 40, 5, {}, ("a=b",)),))
    assert "too little to tell them apart" in doubts(found)[1]
    assert "--set" not in doubts(found)[1]


@pytest.mark.parametrize(("count", "lines"), [(4, 0), (5, 1)])
def test_a_tenth_of_the_answers_is_let_pass(count: int, lines: int) -> None:
    assert len(doubts(PromptCheck(PromptTried("own", 40, 9, {"loops": count})))) == lines


def test_the_strict_grader_reads_the_ending_that_the_prompt_asks_for(
    tmp_path: Path, tiny_model: Path, hub_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate.limit=8", r"prompt.instruction=Put the answer within \boxed{}.")
    recipe = load_recipe(REFERENCE, [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"])
    directory = RunDirectory(tmp_path / "run")
    directory.begin(recipe, {"command": "", "begun": "", "versions": {}, "hardware": {}})

    def quiet(*_: object) -> None:
        pass

    prepare_data(directory, recipe, quiet)
    answers = {p.question: str(p.answer) for p in directory.problems("test")}
    engine = Scripted(lambda asked, right: f"I add. \\boxed{{{right}}}", answers)
    monkeypatch.setattr("netgain.pipeline.served_model.load_sampler", lambda spec: engine)
    evaluate_base(directory, recipe, quiet)
    strict = [
        m for m in findings_of(directory, keep=True).accuracy_metrics if "asked form" in m.name
    ]
    assert [m.estimate.value for m in strict] == [1.0]
