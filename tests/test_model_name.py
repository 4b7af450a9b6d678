"""A model from a folder or a file is called what it is, wherever it is named."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from made_run import made_records
from netgain.analysis.assembling import assemble
from netgain.analysis.inputs import RunRecords
from netgain.errors import RecipeError
from netgain.models.loading import find_model
from netgain.recipe import ModelSettings, parse_recipe
from netgain.reporting.model_card import card_files, front_matter

SAME = "Qwen/Qwen2.5-0.5B-Instruct"


def of_a_folder(description: str = "model", **model: str) -> RunRecords:
    """A run whose base is a local folder that tells nothing of itself."""
    records = made_records()
    recipe: dict[str, Any] = {**records.recipe, "model": {"id": "./model", **model}}
    recipe["data"] = {"source": "openai/gsm8k"}
    assert records.training is not None
    base = {**records.training["model"], "description": description}
    return replace(
        records,
        recipe=parse_recipe(recipe).plain(),
        training={**records.training, "model": base},
        split={**records.split, "source": "openai/gsm8k"},
    )


def test_title_and_card_call_the_model_by_its_given_name() -> None:
    findings = assemble(of_a_folder(name="My 0.5B"))
    assert findings.title.startswith("My 0.5B fine-tuned on ")
    card = card_files(findings)
    assert any("A LoRA adapter for My 0.5B," in text.decode() for text in card.values())


def test_the_published_model_stands_in_title_card_and_comparison() -> None:
    findings = assemble(of_a_folder(same_as=SAME))
    assert findings.title.startswith("Qwen2.5-0.5B-Instruct fine-tuned on ")
    assert findings.publication is not None
    assert f"base_model: {SAME}\n" in front_matter(findings.publication)
    assert [f.title for f in findings.further if f.kind == "published"]
    text = next(iter(card_files(findings).values())).decode()
    assert "By the recipe they hold the weights of" in text
    assert "left out above" not in text


def test_a_folder_that_nobody_named_is_held_against_no_published_figure() -> None:
    findings = assemble(of_a_folder())
    assert not [f for f in findings.further if f.kind == "published"]


def test_a_name_does_not_hide_that_the_weights_were_quantised() -> None:
    findings = assemble(of_a_folder("x.gguf, Q4_K_M, de-quantised", name="Fine", same_as=SAME))
    assert findings.title.startswith("Fine fine-tuned on "), "reads as a sentence"
    assert findings.overview["Model"] == "Fine, Q4_K_M, de-quantised"
    assert any("not the weights that its makers published" in c.text for c in findings.concerns)


def test_what_a_model_is_called_makes_no_other_run() -> None:
    plain = {"name": "x", "model": {"id": "./model"}, "data": {"source": "builtin"}}
    named = {**plain, "model": {"id": "./model", "name": "N", "same_as": SAME}}
    assert parse_recipe(plain).digest() == parse_recipe(named).digest()


@pytest.mark.parametrize("wrong", [{"same_as": "no-owner"}, {"name": "two\nlines"}, {"name": ""}])
def test_a_name_that_cannot_be_one_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(RecipeError, match="has 1 mistake"):
        parse_recipe({"name": "x", "model": {"id": "m", **wrong}, "data": {"source": "builtin"}})


def test_a_folder_is_described_by_its_given_name_and_told_what_it_calls_itself(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "_name_or_path": SAME}))
    with caplog.at_level(logging.INFO, "netgain"):
        plain = find_model(ModelSettings(id=str(folder)))
    assert plain.description == "model"
    assert f"--set model.same_as={SAME}" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, "netgain"):
        named = find_model(ModelSettings(id=str(folder), same_as=SAME))
    assert (named.description, named.same_as) == ("Qwen2.5-0.5B-Instruct", SAME)
    assert "calls" not in caplog.text
    assert named.digest == plain.digest
