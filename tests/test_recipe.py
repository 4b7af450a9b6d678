"""A recipe says everything, and a wrong one hears of all its mistakes at once."""

from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from netgain.errors import RecipeError
from netgain.recipe import load_recipe, parse_recipe

MINIMAL = {"name": "x", "model": {"id": "embedded"}, "data": {"source": "builtin"}}


def test_the_reference_recipe_states_what_the_report_it_answers_to_stated() -> None:
    recipe = load_recipe(ROOT / "recipes" / "gsm8k.yaml")
    lora, train = recipe.train.lora, recipe.train
    assert recipe.model.id == "Qwen/Qwen2-0.5B-Instruct"
    assert recipe.data.source == "openai/gsm8k"
    assert (lora.r, lora.alpha, lora.dropout, lora.bias) == (8, 16, 0.1, "none")
    assert (train.learning_rate, train.epochs, train.gradient_accumulation) == (2e-4, 3, 1)
    assert recipe.data.validation_fraction == 0.1
    assert train.early_stopping is not None and train.early_stopping.patience == 5
    assert train.validations_per_epoch == 10


def test_the_reference_recipe_leaves_no_setting_of_training_unsaid() -> None:
    raw = yaml.safe_load((ROOT / "recipes" / "gsm8k.yaml").read_text())
    recipe = load_recipe(ROOT / "recipes" / "gsm8k.yaml")
    unsaid = set(recipe.train.model_dump()) - set(raw["train"])
    assert unsaid == {"checkpoint_seconds", "gradient_checkpointing"}  # these change no result
    assert raw["model"]["revision"] and raw["data"]["revision"]


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.yaml")), ids=lambda p: p.name)
def test_every_recipe_that_is_shipped_is_valid(path: Path) -> None:
    load_recipe(path)


def test_all_mistakes_are_told_at_once_with_field_value_and_what_is_allowed() -> None:
    raw = {
        "name": "a/b",
        "model": {"id": "embedded", "revison": "x"},
        "data": {"source": "builtin", "limit": 0},
        "train": {"lora": {"rank": 8}, "schedule": "cosin", "epochs": "three"},
        "evalute": {},
    }
    with pytest.raises(RecipeError) as caught:
        parse_recipe(raw)
    message = str(caught.value)
    assert "7 mistakes" in message
    for told in (
        "name: 'a/b'",
        "model.revison: there is no such setting; did you mean 'model.revision'?",
        "data.limit: 0 is not allowed",
        "train.lora.rank: there is no such setting; did you mean 'train.lora.r'?",
        "train.schedule: 'cosin' is not allowed; choose 'linear', 'cosine'",
        "did you mean 'cosine'?",
        "train.epochs: 'three' is not allowed",
        "evalute: there is no such setting; did you mean 'evaluate'?",
    ):
        assert told in message, told


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("epochs", "write it as field=value"),
        ("train.epohcs=1", "did you mean 'train.epochs'?"),
        ("learning_rate=1", "did you mean 'train.learning_rate'?"),
        ("model.id.x=1", "id is a value, not a group"),
        ("train.learning_rate=.nan", "train.learning_rate"),
        ("data.limit=5", "no validation problem"),
    ],
)
def test_a_bad_override_is_explained(tmp_path: Path, override: str, told: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump({**MINIMAL, "data": {"source": "builtin"}}))
    with pytest.raises(RecipeError, match="mistake") as caught:
        load_recipe(path, [override, "data.validation_fraction=0.1"])
    assert told in str(caught.value)


def test_overrides_reach_nested_settings_and_read_numbers_as_people_write_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(MINIMAL))
    recipe = load_recipe(
        path, ["train.learning_rate=1e-4", "train.lora.r=4", "train.early_stopping=null"]
    )
    assert recipe.train.learning_rate == 1e-4
    assert recipe.train.lora.r == 4
    assert recipe.train.early_stopping is None


@pytest.mark.parametrize(
    "text", ["- a\n- b\n", "a: [", "", "\x00", "a: &a [*a]", "model: &m {id: *m}"]
)
def test_a_file_that_is_no_recipe_gets_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError):
        load_recipe(path)


def test_yaml_cannot_run_code(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("!!python/object/apply:os.system ['touch hacked']")
    with pytest.raises(RecipeError, match="not valid YAML"):
        load_recipe(path)


def test_price_and_name_do_not_make_it_another_run_but_settings_do() -> None:
    base = parse_recipe(MINIMAL)
    priced = parse_recipe({**MINIMAL, "name": "y", "cost": {"price_per_hour": 3}})
    other = parse_recipe({**MINIMAL, "train": {"seed": 1}})
    assert base.digest() == priced.digest() != other.digest()
    assert parse_recipe(yaml.safe_load(base.to_yaml())) == base
