"""Learning beside the training problems: shares, copies of test problems, variants, replay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, tiny
from made_run import made_records
from netgain.analysis import facts
from netgain.data import LoadedProblems, split_problems
from netgain.data.mixture import amounts, mix
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, RecipeError
from netgain.generate.sampler import Answer, Request, Sampling, Tell
from netgain.models.loading import find_model, load_renderer
from netgain.pipeline.learned import learned_from
from netgain.pipeline.phases import phases_of
from netgain.pipeline.preparing import prepare_data
from netgain.prompts import prompter
from netgain.recipe import (
    DataSettings,
    MixtureSettings,
    PromptSettings,
    load_recipe,
    parse_recipe,
)
from netgain.records import Problem
from netgain.store import RunDirectory

WHOLE: dict[str, Any] = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}
SAYINGS = [
    {"question": f"Say something kind about the number {word}.", "answer": f"Good old {word}."}
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
]


def written(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def data(*mixture: dict[str, Any], **more: Any) -> DataSettings:
    return DataSettings(
        source="builtin", mixture=tuple(MixtureSettings(**m) for m in mixture), **more
    )


def test_a_share_is_of_everything_that_is_learned_from() -> None:
    shares = [MixtureSettings(source="a", share=0.25), MixtureSettings(source="b", share=0.25)]
    assert amounts(50, shares, [99, 99]) == [25, 25]
    assert amounts(50, [MixtureSettings(source="a")], [7]) == [7]
    capped = MixtureSettings(source="a", share=0.5, limit=10)
    assert amounts(50, [capped], [99]) == [10]


def test_a_source_that_is_too_small_is_taken_whole_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert amounts(80, [MixtureSettings(source="a.jsonl", share=0.2)], [5]) == [5]
    assert "a.jsonl has 5 usable rows, and a share of 0.2 would be 20" in caplog.text


def test_what_is_tested_and_what_is_there_already_is_left_out_and_counted(tmp_path: Path) -> None:
    training, test = word_problems(4, 1)[:2], word_problems(4, 1)[2:]
    rows = [
        *SAYINGS, SAYINGS[0],
        {"question": training[0].question, "answer": "1"},
        {"question": test[0].question.upper(), "answer": "1"},
        {"question": f"{test[1].question} Explain.", "answer": "nearly a test problem"},
    ]  # fmt: skip
    found = mix(data({"source": written(tmp_path / "s.jsonl", rows)}), training, test)
    assert {p.question for p in found.rows} == {row["question"] for row in SAYINGS}
    assert found.sources == [
        {"source": "s", "answers": "data", "rows": 14, "bad_rows": 0, "twice": 2, "tested": 2,
         "learned": 10},
    ]  # fmt: skip


def test_validation_problems_count_in_no_share_and_are_not_learned(tmp_path: Path) -> None:
    training, validation = word_problems(12, 1)[:6], word_problems(12, 1)[6:]
    rows = [{"question": p.question, "answer": "1"} for p in validation]
    wanted = {"source": written(tmp_path / "s.jsonl", [*SAYINGS, *rows]), "share": 0.25}
    found = mix(data(wanted), training, [], validation)
    assert found.sources[0]["twice"] == 6
    assert len(found.rows) == 2  # a quarter of 6 + 2


def test_choices_become_text_with_letters_and_their_ids_are_their_own(tmp_path: Path) -> None:
    row = {
        "id": "x", "question": "Which is a metal?", "answerKey": "B",
        "choices": {"text": ["wood", "iron"], "label": ["A", "B"]},
    }  # fmt: skip
    path = written(tmp_path / "arc.jsonl", [row])
    (one,) = mix(data({"name": "arc_easy", "source": path}), [], []).rows
    assert one.question.startswith("Which is a metal?\nA. wood\nB. iron\n\nAnswer with")
    assert (one.solution, one.metadata["mixture"]) == ("B. iron", "arc_easy")
    (tested,) = [Problem("t", "", "which is a METAL", None)]
    with pytest.raises(DataError, match="none of the 1 rows of arc_easy is left"):
        mix(data({"name": "arc_easy", "source": path}), [], [tested])


def test_instructions_with_an_input_are_read_with_it(tmp_path: Path) -> None:
    row = {"instruction": "Translate.", "input": "Bonjour", "output": "Good day"}
    (one,) = mix(data({"source": written(tmp_path / "a.jsonl", [row])}), [], []).rows
    assert (one.question, one.solution) == ("Translate.\nBonjour", "Good day")


def test_a_bad_row_is_named_or_skipped_as_the_recipe_says(tmp_path: Path) -> None:
    source = {"source": written(tmp_path / "s.jsonl", [*SAYINGS, {"question": "And?"}])}
    with pytest.raises(DataError, match="line 11"):
        mix(data(source), [], [])
    found = mix(data(source, on_bad_row="skip"), [], [])
    assert len(found.rows) == 10 and found.sources[0]["bad_rows"] == 1


# -- variants, and training problems that are tested -----------------------------------------


def loaded(pool: list[Problem], test: list[Problem]) -> LoadedProblems:
    return LoadedProblems(pool, test, [], "here", None)


def test_variants_of_a_problem_stay_on_its_side_of_the_split_and_say_where_they_are_from() -> None:
    problems = word_problems(60, 3)
    plain = split_problems(loaded(problems[:40], problems[40:]), data())
    found = split_problems(loaded(problems[:40], problems[40:]), data(perturbed=3))
    assert (found.validation, found.test) == (plain.validation, plain.test)
    trained = {p.id for p in plain.train}
    variants = found.train[len(plain.train) :]
    assert found.train[: len(plain.train)] == plain.train
    assert found.variants == len(variants) > len(trained)
    assert {v.metadata["original"] for v in variants} <= trained
    questions = Counter(p.question for p in (*found.train, *found.validation, *found.test))
    assert max(questions.values()) == 1


def test_a_variant_that_a_test_problem_is_like_is_left_out() -> None:
    problems, tested = word_problems(40, 3), word_problems(5, 99)
    first = split_problems(loaded(problems, tested), data(perturbed=1))
    variant = next(p for p in first.train if "original" in p.metadata)
    test = [replace(variant, id="t")]
    again = split_problems(loaded(problems, test), data(perturbed=1))
    assert variant.id not in {p.id for p in again.train}
    assert again.variants == first.variants - 1


def test_training_problems_that_are_tested_are_removed_where_the_recipe_says_so() -> None:
    problems = word_problems(30, 3)
    test = [replace(problems[0], id="copy"), *word_problems(3, 99)]
    found = split_problems(loaded(problems, test), data(on_overlap="remove"))
    assert problems[0].id not in {p.id for p in (*found.train, *found.validation)}
    assert [(o.test_id, o.train_id) for o in found.removed] == [("copy", problems[0].id)]
    assert found.overlaps == [] and len(found.train) + len(found.validation) == 29
    elsewhere = [replace(problems[5], id="elsewhere")]
    more = split_problems(loaded(problems, test), data(on_overlap="remove"), elsewhere=elsewhere)
    assert {o.train_id for o in more.removed} == {problems[0].id, problems[5].id}
    with pytest.raises(DataError, match="leaves 0 of 30 training problems"):
        split_problems(
            loaded(problems, [replace(p, id=f"t{p.id}") for p in problems]),
            data(on_overlap="remove"),
        )  # fmt: skip


def test_variants_are_no_worked_examples_and_are_not_shown_their_original() -> None:
    problems = word_problems(40, 3)
    found = split_problems(loaded(problems[:30], problems[30:]), data(perturbed=1))
    originals = [p for p in found.train if "original" not in p.metadata]
    settings = PromptSettings(style="few_shot_chat", shots=5)
    with_variants, without = prompter(settings, found.train), prompter(settings, originals)
    assert all(with_variants(p) == without(p) for p in found.test)
    for variant in found.train[len(originals) :]:
        original = next(p for p in originals if p.id == variant.metadata["original"])
        shown = [text for _, text in with_variants(variant).messages]
        assert len(shown) == 11 and not any(original.question in text for text in shown)


# -- in a run --------------------------------------------------------------------------------


class Speaker:
    """Answers every question; what is said about an even number never ends."""

    renderer = None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
        self.asked += [r.prompt.messages[-1][1] for r in requests]
        ends = ["two" not in r.prompt.messages[-1][1] for r in requests]
        return [
            Answer("My own words.", "stop" if end else "length", 9, 9, 0.1, ids=(5, 6))
            for end in ends
        ]


def test_what_was_learned_from_is_told_by_origin(
    tmp_path: Path, tiny_model: Path, hub_data: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    sayings = written(tmp_path / "sayings.jsonl", SAYINGS)
    chat = [{**row, "question": row["question"].replace("kind", "rude")} for row in SAYINGS]
    raw = load_recipe(REFERENCE, [w for w in tiny(tiny_model, hub_data) if w != "--set"]).plain()
    raw["data"] |= {
        "perturbed": 1,
        "mixture": [
            {"source": sayings, "share": 0.06},
            {"source": written(tmp_path / "chat.jsonl", chat), "answers": "own"},
        ],
    }
    recipe = parse_recipe(raw)
    directory = RunDirectory(tmp_path / "run")
    directory.begin(recipe, {"command": "", "begun": "", "versions": {}, "hardware": {}})

    def quiet(*_: object) -> None:
        pass

    prepare_data(directory, recipe, quiet)
    engine = Speaker()
    monkeypatch.setattr("netgain.pipeline.served_model.load_sampler", lambda spec: engine)
    renderer = load_renderer(find_model(recipe.model).folder)
    examples = learned_from(directory, recipe, renderer, None, None, quiet)
    found = Counter(e.origin for e in examples["train"].rows)
    split = directory.split()
    assert split["variants"] == found["reference with other numbers"] > 0
    assert {s["source"]: s["learned"] for s in split["mixture"]} == {
        "sayings": found["sayings"], "chat": 10,
    }  # fmt: skip
    learned = directory.problems("train")
    assert found["sayings"] == round(0.06 * (len(learned) + 10) / 0.94)
    assert found["chat, the model's own answers"] == 9  # one did not end by itself
    assert "of 10 questions to be replayed 1 are not learned" in caplog.text
    assert engine.asked and all("boxed" not in asked for asked in engine.asked)
    own = next(e for e in examples["train"].rows if e.origin.startswith("chat"))
    assert own.completion_ids == tuple(renderer.completion_ids("My own words."))
    assert not any("mixture" in p.metadata for p in directory.problems("validation"))
    before = len(engine.asked)
    again = learned_from(directory, recipe, renderer, None, None, quiet)
    assert again == examples and len(engine.asked) == before


def test_a_source_of_which_nothing_was_learned_is_told_with_the_origins() -> None:
    records = made_records()
    counts = {"rows": 60, "learned": 10, "tested": 0, "twice": 0}
    told = facts.data(replace(
        records,
        split={**records.split, "mixture": [{"source": "chat", "answers": "own", **counts}]},
        training={**(records.training or {}), "origins": {"reference": 40}},
    ))  # fmt: skip
    assert told["learned beside them from chat"].startswith("10 of 60 rows drawn")
    origins = "0 chat, the model's own answers, 40 reference"
    assert told["examples learned from, by origin"] == origins


@pytest.mark.parametrize("method", ["rft", "distil"])
def test_whose_answers_were_learned_is_told_whatever_training_started_from(method: str) -> None:
    own = {"problems": 9, "samples": 36, "right": 8, "ended": 7, "problems_kept": 5, "examples": 6}
    records = made_records()
    trained = {**(records.training or {}), "method": method, "own_answers": {"train": own}}
    told = facts.data(replace(records, training=trained))["learned from"]
    whose = {"rft": "the model's own", "distil": "another model's"}[method]
    assert told == f"6 right answers, {whose}, to 5 problems"


def test_a_mixture_that_cannot_be_is_refused_with_the_recipe() -> None:
    def told(**changes: Any) -> str:
        with pytest.raises(RecipeError) as caught:
            parse_recipe({**WHOLE, **changes})
        return str(caught.value)

    mixed = {"source": "builtin", "mixture": [{"share": 0.5}, {"source": "a", "share": 0.5}]}
    said = told(data=mixed)
    assert "data.mixture (entry 1): names nothing" in said and "the shares make up" in said
    one = {"source": "builtin", "mixture": [{"source": "a"}]}
    grpo = {"method": "grpo", "accuracy": {"limit": 9}, "select": "validation_accuracy"}
    assert "data.mixture has no effect with train.method: grpo" in told(data=one, train=grpo)
    varied = {"source": "builtin", "perturbed": 1}
    distil = {"method": "distil", "distil": {"source": "t.jsonl"}}
    said = "data.perturbed has no effect with train.method: distil"
    assert said in told(data=varied, train=distil)
    parse_recipe({**WHOLE, "data": varied, "train": [{}, distil]})  # the first phase learns them


def test_no_phase_learns_from_a_benchmark_that_only_the_last_model_is_asked() -> None:
    whole = {**WHOLE, "train": [{}, {}], "extras": {"tasks": [{"name": "arc_easy"}]}}
    mixed = {"source": "builtin", "mixture": [{"source": "a"}]}
    (phase,) = phases_of(parse_recipe({**whole, "data": mixed}), Path("x"))
    assert [task.name for task in phase.recipe.extras.tasks] == ["arc_easy"]
    (phase,) = phases_of(parse_recipe(whole), Path("x"))
    assert not phase.recipe.extras.tasks  # as it was before there were mixtures


def test_later_settings_of_the_data_leave_older_digests_alone() -> None:
    def digest(**changes: Any) -> str:
        return parse_recipe({**WHOLE, "data": {"source": "builtin", **changes}}).digest()

    assert digest() == digest(perturbed=0, mixture=[], on_overlap="stop")
    assert len({digest(), digest(perturbed=1), digest(mixture=[{"source": "a"}])}) == 3
