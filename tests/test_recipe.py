"""A recipe says everything, and a wrong one hears of all its mistakes at once."""

from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from netgain.errors import RecipeError
from netgain.recipe import load_recipe, parse_recipe
from netgain.recipe.settings_page import renewed

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
    # These change no result, and these belong to other methods.
    assert unsaid == {"checkpoint_seconds", "gradient_checkpointing", "processes"} | {
        "rollouts", "rft", "distil", "grpo",
    }  # fmt: skip
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
        "name: 'a/b' is not allowed; give at most 64 letters, digits",
        "model.revison: there is no such setting; did you mean 'model.revision'?",
        "data.limit: 0 is not allowed",
        "train.lora.rank: there is no such setting; did you mean 'train.lora.r'?",
        "train.schedule: 'cosin' is not allowed; choose linear, cosine",
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
    ("given", "meant"),
    [
        ("Give steps, then #### and the number.", None),
        ("Write it in the form: Answer: 42", None),
        ("{question}", None),
        ('"Quoted: #### 42"', "Quoted: #### 42"),
        ("1234", None),
    ],
)
def test_a_text_that_is_set_is_taken_as_it_stands(
    tmp_path: Path, given: str, meant: str | None
) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(MINIMAL))
    recipe = load_recipe(path, [f"prompt.instruction={given}"])
    assert recipe.prompt.instruction == (meant or given)


@pytest.mark.parametrize(
    "line",
    [
        "prompt: {instruction: Steps then #### and the number}",
        "prompt:\n  instruction: Steps, then #### and the number",
        "extras:\n  revisions:\n    instructions:\n      - Again, then #### 5",
    ],
)
def test_a_text_that_yaml_would_cut_at_the_answer_mark_is_refused(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(MINIMAL) + line + "\n")
    with pytest.raises(RecipeError, match=r"in quotes|not valid YAML"):
        load_recipe(path)


def test_a_comment_after_a_value_is_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(MINIMAL) + "prompt:\n  instruction: Give steps  # short\n")
    assert load_recipe(path).prompt.instruction == "Give steps"


@pytest.mark.parametrize(
    "text", ["- a\n- b\n", "a: [", "", "\x00", "a: &a [*a]", "model: &m {id: *m}"]
)
def test_a_file_that_is_no_recipe_gets_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError):
        load_recipe(path)


# Groups merged into groups: each level has nine times the settings of the one before.
MERGED = "g0: &g0 {a: 1}\n" + "".join(
    f"g{i}: &g{i} {{<<: [{', '.join([f'*g{i - 1}'] * 9)}], k{i}: 1}}\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty; it must hold a mapping of settings"),
        ("- a", "is no recipe: it must hold a mapping"),
        ("name: x\nmodel: a: b\n", "line 2, column 9: mapping values are not allowed here"),
        ("name: x\n\tmodel: 3\n", "line 2, column 1: found character"),
        ("name: x\ndata: '\x00'\n", "line 2: a character that YAML does not allow"),
        ("- " * 2000, "nested too deeply"),
        ("name: x\nmodel: {id: a}\nname: y\n", "line 3, column 1: 'name' stands twice"),
        ("train: {seed: 1, seed: 2}\n", "line 1, column 18: 'seed' stands twice"),
        ("x" * 2_000_000, "longer than 250,000 bytes"),
        (f"name: x\ntrain: {{epochs: {'1:' * 5000}1}}", "line 2, column 17: a number of more than"),
        (f"name: 0x{'f' * 5000}", "line 1, column 7: a number of more than 100 digits"),
        (f"name: {'1:' * 5000}1.5", "line 1, column 7: a number of more than 100 digits"),
        (MERGED, "more than 1000 settings in one group"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value) and "unicode string" not in str(caught.value)


def test_the_same_name_in_two_groups_is_no_repetition(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: x\nmodel: {id: embedded}\ndata: {source: builtin, seed: 1}\ntrain: {seed: 2}\n"
    )
    assert load_recipe(path).train.seed == 2


def test_a_folder_is_no_recipe_but_a_run_directory_holds_one(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is a folder, not a recipe; give the path"):
        load_recipe(tmp_path)
    (tmp_path / "recipe.yaml").write_text("")
    with pytest.raises(RecipeError, match=r"did you mean .*recipe\.yaml\?"):
        load_recipe(tmp_path)


@pytest.mark.parametrize("raw", [None, [], "text", 3])
def test_plain_data_that_is_no_mapping_gets_one_clear_error(raw: object) -> None:
    with pytest.raises(RecipeError, match="must hold a mapping of settings"):
        parse_recipe(raw, "runs/x/recipe.yaml")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"train": 3}, "train: 3 is not allowed; give a group of settings (method, start, loss,"),
        ({"train": None}, "train: is empty; give a group of settings"),
        (
            {"model": None},
            "model: is empty; give a group of settings (id, revision, name",
        ),
        ({"name": None}, "name: is empty; give at most 64 letters"),
        ({"name": 7}, "name: 7 is not allowed; give at most 64 letters, digits, '.', '_' and '-'"),
        ({"train": {"epochs": None}}, "or leave it out for the default (3)"),
        ({"train": {"early_stopping": False}}, "or null, which turns it off"),
        ({"train": {"seed": -1}}, "give a whole number from 0 to 4,294,967,295"),
        ({"train": {"seed": 2**32}}, "give a whole number from 0 to 4,294,967,295"),
        ({"train": {"epochs": float("nan")}}, "train.epochs: .nan is not allowed"),
        ({"train": {"batch_size": 10**400}}, "a whole number from 1 to 1,000,000"),
        ({"train": {"lora": {"target_modules": 3}}}, "a list of module names"),
        ({"train": {"lora": {"dropout": 1}}}, "give a number from 0, below 1"),
        ({"train": {"gradient_checkpointing": "maybe"}}, "give true or false"),
        (
            {"data": {"source": "a.jsonl", "allow_overlap": [7]}},
            "7 in entry 1 of the list is not allowed",
        ),
        ({"cost": {"currency": "usd"}}, "three capital letters"),
        ({1: 2}, "1: there is no such setting"),
    ],
)
def test_every_message_is_in_the_words_of_a_recipe(change: dict[str, object], told: str) -> None:
    with pytest.raises(RecipeError, match="has 1 mistake:") as caught:
        parse_recipe({**MINIMAL, **change})
    message = str(caught.value)
    assert told in message
    for foreign in ("None", "valid dictionary", "instance of", "pattern", "Settings", "Input"):
        assert foreign not in message


def test_a_short_recipe_that_stands_for_a_huge_value_is_refused_in_a_few_words(
    tmp_path: Path,
) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    path = tmp_path / "r.yaml"
    path.write_text("\n".join(["l0: &l0 [x]", *levels, "name: *l11", "train: {seed: *l11}"]))
    with pytest.raises(RecipeError, match="name: a list of 10 is not allowed") as caught:
        load_recipe(path)
    assert len(str(caught.value)) < 5000


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"test_fraction": 0.2}, "data.test_fraction: 0.2 has no effect on the built-in problems"),
        ({"revision": "x"}, "data.revision: 'x' has no effect"),
        ({"subset": "x"}, "or set it to 'main'"),
        ({"test_source": "t.jsonl"}, "data.test_source: 't.jsonl' has no effect"),
        ({"test_revision": "x"}, "data.test_revision: 'x' has no effect"),
        ({"on_bad_row": "skip"}, "data.on_bad_row: 'skip' has no effect"),
        ({"allow_overlap": ["x"]}, "data.allow_overlap: a list of 1 has no effect"),
        ({"limit": 100_001}, "data.limit: 100001 is more built-in problems than can be made"),
        ({"limit": 10**400}, "100,000 is the most"),
    ],
)
def test_what_the_built_in_problems_cannot_heed_is_refused(
    data: dict[str, object], told: str
) -> None:
    with pytest.raises(RecipeError, match="has 1 mistake:") as caught:
        parse_recipe({**MINIMAL, "data": {"source": "builtin", **data}})
    assert told in str(caught.value)
    if not {"limit", "test_fraction", "test_revision"} & set(data):
        parse_recipe({**MINIMAL, "data": {"source": "mine", **data}})


def test_a_revision_of_test_problems_that_are_not_elsewhere_is_refused() -> None:
    data = {"source": "a/b", "test_revision": "v1"}
    with pytest.raises(RecipeError, match=r"data\.test_revision: 'v1' is of data\.test_source"):
        parse_recipe({**MINIMAL, "data": data})
    parse_recipe({**MINIMAL, "data": {**data, "test_source": "c/d"}})


def test_a_mistake_is_blamed_on_the_file_or_on_set(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump({**MINIMAL, "train": {"seed": -1}}))
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(f"{path} has 1 mistake:\n  - train.seed")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, ["train.seed=1", "train.epochs=three", "train.lora={r: 0}"])
    assert str(caught.value).startswith("--set has 2 mistakes:\n")
    assert "  - --set train.epochs: 'three' is not allowed" in str(caught.value)
    assert "  - --set train.lora.r: 0 is not allowed" in str(caught.value)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, ["train.epochs=three"])
    assert str(caught.value).startswith(f"{path} and --set have 2 mistakes:\n")
    reference = ROOT / "recipes" / "gsm8k.yaml"
    with pytest.raises(RecipeError) as caught:
        load_recipe(reference, ["data.source=builtin"])
    assert str(caught.value).startswith(f"{reference} and --set have 1 mistake:\n  - data.revision")


def test_a_text_setting_takes_the_text_that_set_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(MINIMAL))
    recipe = load_recipe(path, ["name=2024", "model.revision=12e4567", "prompt.system=off"])
    assert (recipe.name, recipe.model.revision) == ("2024", "12e4567")
    assert recipe.prompt.system == "off"
    assert load_recipe(path, ["prompt.system=null"]).prompt.system is None


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


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("demo", "4bd70e0146564206bc7e0d71dabe9c5a94ddcfb73f3dca915db79177685101ef"),
        ("gsm8k-smollm2-cpu", "b347ba8acc93f5fb38d39f389678c130b4d4bc880001c25fdc59ed6f2b628460"),
        ("gsm8k", "7b87b715518d0219cdd30849be4009bf5b4b476db5c84af78c6f0162a3693975"),
    ],
)
def test_a_shipped_recipe_keeps_its_digest_so_that_begun_runs_are_found(
    name: str, digest: str
) -> None:
    """A new setting, or a new default, would begin every run anew: then say so in the changelog."""
    recipe = load_recipe(ROOT / "recipes" / f"{name}.yaml")
    assert recipe.digest() == digest
    assert recipe.run_name() == f"{recipe.name}-{digest[:8]}"


def test_the_page_of_settings_is_current_and_leaves_none_out() -> None:
    page = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    assert renewed(page) == page, "python -m netgain.recipe.settings_page docs/recipe.md"

    def named(values: dict[str, object], prefix: str = "") -> list[str]:
        groups = {k: v for k, v in values.items() if isinstance(v, dict)}
        inner = [name for k, v in groups.items() for name in named(v, f"{prefix}{k}.")]
        return inner + [prefix + k for k in values if k not in groups]

    for name in named(parse_recipe(MINIMAL).plain()):
        assert f"\n| `{name}` |" in page, name
    for word in ("data.limit", "NAME-DIGEST", "--out", "NETGAIN_DEBUG", "NETGAIN_CACHE"):
        assert word in page
