"""What other tools call their settings is answered by what does the same here, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import netgain
from netgain.errors import RecipeError
from netgain.recipe import load_recipe, parse_recipe
from netgain.recipe.mistakes import all_settings
from netgain.recipe.other_names import CALLED, OTHERWISE, usual
from netgain.recipe.starter import starter

MINIMAL = {"name": "n", "model": {"id": "a/b"}, "data": {"source": "c/d"}}


def told(group: str, name: str) -> str:
    """What a recipe hears that has this setting."""
    raw: dict[str, object] = {**MINIMAL, group: {name: 1}} if group else {**MINIMAL, name: 1}
    with pytest.raises(RecipeError, match="has 1 mistake") as caught:
        parse_recipe(raw)
    return str(caught.value).partition("no such setting; ")[2]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("lr", "train.learning_rate"),
        ("num_train_epochs", "train.epochs"),
        ("gradient_accumulation_steps", "train.gradient_accumulation"),
        ("max_seq_length", "train.max_length"),
        ("lora_r", "train.lora.r"),
        ("lora_alpha", "train.lora.alpha"),
        ("lora_dropout", "train.lora.dropout"),
        ("target_modules", "train.lora.target_modules"),
        ("model_name_or_path", "model.id"),
        ("dataset", "data.source"),
        ("max_new_tokens", "evaluate.max_new_tokens"),
        ("num_fewshot", "prompt.shots"),
        ("num_gpus", "train.processes"),
        ("--lora-r", "train.lora.r"),
        ("kl_coef", "train.grpo.kl"),
        ("beta", "train.grpo.kl"),
        ("cliprange", "train.grpo.clip"),
        ("mixture", "data.mixture"),
    ],
)
def test_a_name_that_means_the_same_leads_to_the_setting(name: str, answer: str) -> None:
    for group in ("", "train"):
        assert told(group, name) == f"did you mean {answer!r}?"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("packing", "always packed"),
        ("max_steps", "train.epochs"),
        ("warmup_steps", "train.warmup_ratio"),
        ("per_device_train_batch_size", "train.batch_size"),
        ("bf16", "train.precision"),
        ("load_in_4bit", "train.weights: qlora"),
        ("eval_steps", "train.validations_per_epoch"),
        ("save_steps", "train.checkpoint_seconds"),
        ("logging_steps", "trainer_state.json"),
        ("wandb_project", "report_to at the top of the recipe"),
        ("output_dir", "--out"),
        ("optim", "AdamW"),
        ("deepspeed", "train.processes"),
        ("trust_remote_code", "no code"),
        ("dataset_text_field", "data.columns"),
    ],
)
def test_what_is_done_otherwise_is_said_in_a_sentence(name: str, words: str) -> None:
    for group in ("", "train"):
        said = told(group, name)
        assert words in said and "did you mean" not in said and "known here" not in said


@pytest.mark.parametrize("name", ["max_stuff", "method_name", "x", "steps_per_thing", "7"])
def test_a_name_that_means_something_else_is_answered_by_the_list(name: str) -> None:
    assert told("train", name).startswith("known here: accuracy, batch_size")


@pytest.mark.parametrize(
    ("name", "answer"),
    [("epohcs", "epochs"), ("learningrate", "learning_rate"), ("batchsize", "batch_size")],
)
def test_a_slip_of_the_fingers_is_seen(name: str, answer: str) -> None:
    assert told("train", name) == f"did you mean 'train.{answer}'?"
    assert told("", name) == f"did you mean 'train.{answer}'?"


def test_the_tables_lead_to_settings_that_there_are_and_have_no_name_twice() -> None:
    known = set(all_settings())
    assert set(CALLED.values()) <= known
    assert not set(CALLED) & set(OTHERWISE)
    assert all(name == usual(name) for name in (*CALLED, *OTHERWISE))
    for sentence in OTHERWISE.values():
        for word in sentence.replace(",", " ").replace(":", " ").replace(";", " ").split():
            if word.startswith(("train.", "data.", "prompt.", "extras.", "evaluate.")):
                assert word in known or word.partition("=")[0] in known, sentence


# -- all at once ---------------------------------------------------------------------------


def test_mistakes_of_every_kind_come_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    raw = {
        "name": "n",
        "model": {"id": str(tmp_path / "no.gguf"), "revison": "x"},
        "data": {"source": str(tmp_path / "none"), "test_source": "a/b", "test_fraction": 0.2},
        "train": {"learning_rate": "fast", "select": "validation_accuracy"},
        "extras": {"tasks": [{"name": "no_such_task"}]},
    }
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(RecipeError, match="has 7 mistakes") as caught:
        netgain.run(path, out=tmp_path / "run")
    for words in (
        "model.revison: there is no such setting",
        "train.learning_rate: 'fast' is not allowed",
        "data.test_source and data.test_fraction exclude each other",
        "train.select: validation_accuracy needs train.accuracy",
        "no.gguf': there is no such file",
        "none' is no such file or folder",
        "no task 'no_such_task'",
    ):
        assert words in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_what_any_training_reads_is_looked_for_before_the_first_begins(tmp_path: Path) -> None:
    here = tmp_path / "here.jsonl"
    here.write_text('{"question": "1 + 1?", "completion": "2"}\n')
    (tmp_path / "run" / "phases" / "2-distil" / "train").mkdir(parents=True)
    (tmp_path / "run" / "phases" / "2-distil" / "train" / "training.json").write_text("{}")
    raw = {
        **MINIMAL,
        "data": {"source": "builtin", "mixture": [
            {"name": "no_such_task"}, {"source": str(here)}, {"source": "chat.jsonl"},
        ]},
        "train": [
            {"method": "distil", "distil": {"source": "gone.jsonl"}, "start": "no-run"},
            {"method": "distil", "distil": {"source": "done.jsonl"}},  # that phase is done
            {"method": "distil", "distil": {"source": str(here)}},
            {"method": "rft", "rft": {"samplers": [
                "other-run", str(tmp_path / "run" / "phases" / "1-distil"),  # it is to be made
            ]}},
        ],
    }  # fmt: skip
    with pytest.raises(RecipeError, match="has 5 mistakes") as caught:
        netgain.plan(raw, measure=False, out=tmp_path / "run")
    for words in (
        "data.mixture: no task 'no_such_task'",
        "data.mixture (entry 3): 'chat.jsonl' is no such file or folder",
        "phase 1: train.distil.source: gone.jsonl is no file",
        "phase 1: train.start: no-run is no run directory and no folder of trained weights",
        "train.rft.samplers: other-run is no run directory",
    ):
        assert words in str(caught.value)


def test_a_mistake_hides_no_other_and_makes_none() -> None:
    raw = {
        **MINIMAL,
        "data": {"limit": "few", "builtin_steps": 3},  # which needs a source to be judged
        "train": {"weights": "full", "lora": {"r": 4}},
    }
    with pytest.raises(RecipeError) as caught:
        parse_recipe(raw)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4 and "data.source: is required" in lines[1]
    assert "data.limit: 'few'" in lines[2] and "train.lora has no effect" in lines[3]


def test_same_as_is_of_weights_that_do_not_say_what_they_are(tmp_path: Path) -> None:
    for model in ("embedded", "owner/name"):
        with pytest.raises(RecipeError, match=r"model\.same_as: 'a/b' cannot be"):
            parse_recipe({**MINIMAL, "model": {"id": model, "same_as": "a/b"}})
    parse_recipe({**MINIMAL, "model": {"id": str(tmp_path), "same_as": "a/b"}})
    parse_recipe({**MINIMAL, "model": {"id": "a/b", "same_as": "a/b"}})


# -- the first recipe ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bad\udcff.yaml", "new\nname: evil\n.yaml", "a\u2028.yaml"])
def test_a_first_recipe_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """A file's name may be no text, or hold what would end the comment that it stands in."""
    path = netgain.init(tmp_path / name)
    assert netgain.load_recipe(path).name in {"bad", "new-name-evil", "a"}
    assert path.read_text().startswith("# A recipe of netgain.\n#   netgain plan ")


def test_a_first_recipe_holds_the_defaults_as_comments(tmp_path: Path) -> None:
    path = netgain.init(tmp_path / "my first.yaml", model="a/b", data="c/d")
    text = path.read_text()
    plain = load_recipe(path)
    assert (plain.name, plain.model.id, plain.data.source) == ("my-first", "a/b", "c/d")
    lines = [line.removeprefix("# ") for line in text.splitlines() if not line.startswith("#  ")]
    opened = [line for line in lines if ":" in line and not line.startswith(("A ", "All"))]
    whole = [line.removeprefix("# ") for line in text.splitlines()[5:]]
    path.write_text("\n".join(whole))
    assert load_recipe(path) == plain and len(opened) > 5
    with pytest.raises(netgain.NetgainError, match="is there already"):
        netgain.init(path)


@pytest.mark.parametrize("odd", ["a: b", "#x", "'", "ü ñ", "true", "x" * 300])
def test_odd_names_of_models_are_quoted(odd: str) -> None:
    assert yaml.safe_load(starter("n", odd, odd))["model"]["id"] == odd
