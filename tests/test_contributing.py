"""CONTRIBUTING.md is true: a fake one of each kind is added by the files that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import netgain
from conftest import ROOT
from netgain.analysis.further.asked_again import FurtherEvaluation, Headline
from netgain.data import answer_columns, shapes
from netgain.exports.formats import FORMATS, Format
from netgain.generate import engines
from netgain.generate.answering import Asking
from netgain.generate.sampler import Answer, Request, Sampling
from netgain.grading import robust
from netgain.grading.marks import Mark, backwards, bare_number
from netgain.pipeline import preparing
from netgain.pipeline.evaluating import greedy
from netgain.pipeline.extras import EXTRAS, Extra, Way
from netgain.recipe import Recipe
from netgain.recipe.extra_settings import ExtraSettings
from netgain.records import FurtherResult
from netgain.trackers import TRACKERS
from netgain.train.own_answers import Kept

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "netgain"


def section(title: str) -> str:
    return PAGE.partition(f"### {title}\n")[2].partition("\n### ")[0]


def files_of(title: str) -> set[Path]:
    """The files that a section's numbered lines name."""
    numbered = [line for line in section(title).splitlines() if re.match(r"\d\. ", line)]
    return {ROOT / name for line in numbered for name in re.findall(r"`(src/\S+?\.py)`", line)}


def mentioning(word: str, room: str) -> set[Path]:
    return {
        path
        for path in (PACKAGE / room).rglob("*.py")
        if re.search(rf"\b{word}\b", path.read_text(encoding="utf-8"))
    }


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:src|tests|benchmarks|docs)/[\w/.]+\.(?:py|md))`", PAGE))
    assert len(named) > 10
    assert not {name for name in named if "NAME" not in name and not (ROOT / name).exists()}


# -- a rule of the grader ------------------------------------------------------------------


def arrow(text: str, begin: int, end: int) -> Mark | None:
    """The last `=>>` with a number behind it."""
    for at in backwards(text, "=>>", begin, end):
        if number := bare_number(text, at + 3):
            return Mark("arrow", at, number)
    return None


def test_a_rule_of_the_grader_is_a_function_and_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"id": "1", "answer": "7", "completion": "=>> 7\nI took 3 steps for these 12 pens."}
    assert netgain.grade([row]).models[""].accuracies["robust"].estimate.value == 0
    monkeypatch.setattr(robust, "_FINDERS", (*robust._FINDERS, arrow))
    found = netgain.grade([row]).models[""]
    assert found.accuracies["robust"].estimate.value == 1 and found.rules == {"arrow": 1}


# -- an engine -----------------------------------------------------------------------------


class Parrot:
    """Answers every request with the same words."""

    def __init__(self, model: object, renderer: Any, precision: str) -> None:
        self.renderer = renderer

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: object = None
    ) -> list[Answer]:
        return [Answer("#### 4", "stop", len(r.ids), 3, 0.001) for r in requests]


def test_an_engine_is_a_class_and_its_lines(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines.ENGINES, "parrot", Parrot)  # type: ignore[arg-type]
    monkeypatch.setattr("netgain.api.engine_speed.UNIT_SIZES", {"parrot": 8})
    [speed] = netgain.benchmark_engine(str(tiny_model), problems=5, max_new_tokens=4).engines
    assert (speed.engine, speed.tokens, speed.why_not) == ("parrot", 15, None)


# -- a way to read answers -----------------------------------------------------------------


def of_tool(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """{"task": {"text", "right"}, "says": […]} under our names."""
    if "says" not in row:
        return row
    return {
        "question": row["task"]["text"],
        "gold": row["task"]["right"],
        "completion": row["says"],
    }


def test_another_shape_of_rows_is_one_function_for_every_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [
        {"model": m, "task": {"text": "What is 2 + 2?", "right": 4}, "says": says}
        for m, says in (("a", "2 + 2 = 4"), ("b", "2 + 2 = 5"))
    ]
    with pytest.raises(netgain.NetgainError, match="no row that can be used"):
        netgain.grade(rows)
    named = {"mine": lambda row: {**of_tool(row), "model": row.get("model")}, **shapes.OF_TOOLS}
    monkeypatch.setattr(shapes, "OF_TOOLS", named)
    found = netgain.grade(rows).models
    assert [s.accuracies["robust"].estimate.value for s in found.values()] == [1, 0]
    assert netgain.compare(rows).pairs[0].lost == 1
    assert netgain.diagnose(rows).models["b"].kinds["none"] == 0


def test_another_name_of_a_column_is_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"id": "1", "answer": "4", "my_text": "#### 4"}
    names = (*answer_columns.COLUMNS["completion"], "my_text")
    monkeypatch.setitem(answer_columns.COLUMNS, "completion", names)  # type: ignore[arg-type]
    assert netgain.grade([row]).models[""].accuracies["robust"].estimate.value == Fraction(1)


# -- a method of training ------------------------------------------------------------------


def test_a_method_is_what_is_learned_from(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function of a method: here that of `distil`, which learns two texts of our own."""
    learned = []

    def ours(directory: Any, recipe: Any) -> dict[str, Kept]:
        found = {}
        for name in ("train", "validation"):
            problems = directory.problems(name)[:2]
            texts = {p.id: (f"It is {p.answer}.\n#### {p.answer}",) for p in problems}
            found[name] = Kept(texts, len(problems), 2, 2, 2, 0, {})
            learned.append(texts)
        return found

    monkeypatch.setattr(preparing, "others_answers", ours)
    (tmp_path / "none.jsonl").write_text(json.dumps({"question": "q", "answer": "1"}) + "\n")
    recipe = {
        "name": "fake", "model": {"id": str(tiny_model)},
        "data": {"source": "builtin", "limit": 30},
        "train": {"method": "distil", "distil": {"source": str(tmp_path / "none.jsonl")},
                  "epochs": 1, "batch_size": 2},
        "evaluate": {"limit": 4}, "extras": {"prompt_check": 0},
    }  # fmt: skip
    run = netgain.train(recipe, out=tmp_path / "run", quiet=True)
    told = json.loads((run.folder / "train" / "training.json").read_text())
    assert learned and told["examples"] == {"train": 2, "validation": 2}


def test_the_files_of_a_method_are_those_that_know_its_name() -> None:
    known = mentioning("distil", "pipeline") | mentioning("distil", "recipe")
    beside = {PACKAGE / "recipe" / "contradictions.py"}
    assert files_of("A method of training") >= {p for p in known if p.name != "rounds.py"} - beside


# -- an extra ------------------------------------------------------------------------------


def first_two(recipe: Recipe, _: object) -> Iterator[Way]:
    yield Way("echo", "echo", recipe.prompt, Asking(greedy(recipe, recipe.prompt)), limit=2)


def how_many(headline: Headline, asked: Sequence[FurtherEvaluation]) -> FurtherResult:
    told = tuple(f"{e.model}: {len(e.grades)} of {len(headline.grades[e.model])}" for e in asked)
    return FurtherResult("Echo", "echo", told)


def test_an_extra_is_an_entry_of_the_table(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "echo", Extra("echo", first_two, how_many))
    recipe = {
        "name": "fake", "model": {"id": str(tiny_model)},
        "data": {"source": "builtin", "limit": 30}, "train": {"epochs": 1},
        "evaluate": {"limit": 4, "max_new_tokens": 4, "engine": "transformers"},
        "extras": {"prompt_check": 0},
    }  # fmt: skip
    stages = {name: what for name, what, _ in netgain.plan(recipe, measure=False).found.stages}
    assert stages["extras"] == "echo (2 problems)"
    run = netgain.run(recipe, out=tmp_path / "run", quiet=True)
    report = json.loads((run.folder / "report" / "report.json").read_text())
    [found] = [result for result in report["further"] if result["kind"] == "echo"]
    assert found["sentences"] == ["base: 2 of 4", "tuned: 2 of 4"]


def test_every_setting_of_extras_is_an_entry_and_no_other_file_knows_it() -> None:
    assert set(EXTRAS) == set(ExtraSettings.model_fields)
    known = {
        path
        for room in ("pipeline", "records", "plan", "analysis/further")
        for path in mentioning("extras", room)
        if re.search(rf"extras\.({'|'.join(EXTRAS)})\b", path.read_text("utf-8"))
    }
    rooms = {"pipeline": ("prompt_check", "artefacts"), "plan": ("stages", "to_answer")}
    beside = {PACKAGE / room / f"{name}.py" for room, names in rooms.items() for name in names}
    assert known - beside <= files_of("An extra"), "the look at the prompt is a stage of its own"


# -- out of netgain ------------------------------------------------------------------------


def test_a_format_is_an_entry_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ours(path: Path, into: Path, precision: str) -> tuple[str, ...]:
        (into / "fake.txt").write_text(f"{path.name} {precision}")
        return ("a half",)

    monkeypatch.setitem(FORMATS, "fake", Format(ours, ("thick", "thin"), "less {out}/fake.txt"))
    done = netgain.export(tmp_path, tmp_path / "out", format="fake", precision="thin")
    assert (done.folder / "fake.txt").read_text() == f"{tmp_path.name} thin"
    assert done.left_out == ("a half",) and done.next_command.startswith("less ")
    assert files_of("A format to export") == {PACKAGE / "exports" / "formats.py"}


def test_every_file_that_knows_a_tracker_is_named() -> None:
    known = {path for path in PACKAGE.rglob("*.py") if "import wandb" in path.read_text("utf-8")}
    assert known <= files_of("A tracker") and len(files_of("A tracker")) == 2
    (field,) = {Recipe.model_fields["report_to"].annotation}
    assert all(f"'{name}'" in repr(field) for name in TRACKERS)
