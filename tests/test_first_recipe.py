"""`netgain init`: sizes that fit hardware and budget, four questions, answers that cannot be."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import netgain
from netgain.api.first_recipe import write_first
from netgain.cli.main import app
from netgain.data.rows import problem_to_row
from netgain.data.wordproblems import word_problems
from netgain.errors import NetgainError, StorageError, UsageError
from netgain.plan.budget import read_budget
from netgain.recipe import load_recipe
from netgain.records import Metric

QWEN, GSM8K = "Qwen/Qwen2-0.5B-Instruct", "openai/gsm8k"


def planned(path: Path, gpu: str) -> tuple[float, list[str]]:
    """Seconds in all, and the remarks of the recipe's plan."""
    found = netgain.plan(path, measure=False, on=gpu, quiet=True).found
    [time] = (m for m in found.totals if m.unit == "s")
    return value(time), list(found.remarks)


def value(metric: Metric) -> float:
    assert metric.estimate.value is not None
    return metric.estimate.value


@pytest.mark.parametrize("gpu", ["T4", "RTX 4090", "H100 PCIe"])
@pytest.mark.parametrize("minutes", [20, 60, 600])
def test_the_plan_of_what_was_written_keeps_within_the_budget(
    gpu: str, minutes: int, tmp_path: Path
) -> None:
    path = netgain.init(
        tmp_path / "a.yaml", model=QWEN, data=GSM8K, hardware=gpu, budget=f"{minutes} min"
    )
    seconds, remarks = planned(path, gpu)
    assert seconds <= 60 * minutes
    assert not any("this needs about" in remark for remark in remarks)


def test_more_time_means_more_problems_up_to_all(tmp_path: Path) -> None:
    sizes = []
    for number, budget in enumerate(("15 min", "40 min", "2 h", "2 d")):
        path = netgain.init(
            tmp_path / f"{number}.yaml", model=QWEN, data=GSM8K, hardware="T4", budget=budget
        )
        recipe = load_recipe(path)
        sizes.append(
            (recipe.evaluate.limit or 1319, recipe.data.limit or 7473, recipe.train.epochs)
        )
    assert sizes == sorted(sizes) and len(set(sizes)) >= 3
    assert sizes[-1] == (1319, 7473, 3)


def test_what_does_not_fit_into_memory_is_trained_with_less_of_it(tmp_path: Path) -> None:
    model, gpu = "Qwen/Qwen2.5-7B-Instruct", "RTX 3080"
    bare = netgain.init(tmp_path / "bare.yaml", model=model)
    assert any("this needs about" in remark for remark in planned(bare, gpu)[1])
    fitted = netgain.init(tmp_path / "fitted.yaml", model=model, hardware=gpu)
    assert not any("this needs about" in remark for remark in planned(fitted, gpu)[1])
    train = load_recipe(fitted).train
    assert (train.weights, train.gradient_checkpointing) == ("qlora", True)
    with pytest.raises(UsageError, match="take a smaller model") as error:
        netgain.init(tmp_path / "no.yaml", model="a/b-400B", hardware=gpu)
    assert error.value.argument == "model" and not (tmp_path / "no.yaml").exists()


def test_a_budget_that_is_too_small_says_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"leaves no room for that; give about (.*), or") as error:
        netgain.init(tmp_path / "a.yaml", model=QWEN, data=GSM8K, hardware="T4", budget="2 min")
    enough = error.value.why.partition("give about ")[2].partition(", or")[0]
    path = netgain.init(
        tmp_path / "b.yaml", model=QWEN, data=GSM8K, hardware="T4", budget=f"{enough} 1 s"
    )
    assert planned(path, "T4")[0] <= (read_budget(enough).amount or 0)


def test_money_is_time_at_a_price(tmp_path: Path) -> None:
    found = write_first(tmp_path / "a.yaml", QWEN, GSM8K, "T4", "3 EUR", 1.5)
    recipe = load_recipe(found.path)
    assert (recipe.cost.price_per_hour, recipe.cost.currency) == (1.5, "EUR")
    assert planned(found.path, "T4")[0] <= 2 * 3600
    assert "in at most 2 h (3.00 EUR)" in found.told[0]
    assert found.following == f"netgain plan {found.path} --on T4"
    with pytest.raises(UsageError, match="say what an hour costs, in EUR"):
        netgain.init(tmp_path / "b.yaml", budget="3 EUR")


def test_the_recipe_says_what_was_chosen_and_why(tmp_path: Path) -> None:
    text = netgain.init(
        tmp_path / "a.yaml", model=QWEN, data=GSM8K, hardware="T4", budget="1 h"
    ).read_text()
    assert "  epochs: 1  # so that the run keeps within its time\n" in text
    assert "## For T4" in text and "## Projected: about" in text and "--on 'T4'" in text


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("90 min", 5400), ("2h", 7200), ("1,5 hours", 5400), ("1 h 30 min", 5400), ("1 d", 86400),
     ("45s", 45), ("3 days 2 hrs.", 266400), ("20 MIN", 1200)],
)  # fmt: skip
def test_times_are_read(words: str, seconds: float) -> None:
    found = read_budget(words)
    assert (found.amount, found.currency) == (seconds, None)


@pytest.mark.parametrize("words", ["5 USD", "$5", "5 usd", "USD 5.00", "5$"])
def test_sums_of_money_are_read(words: str) -> None:
    found = read_budget(words)
    assert (found.amount, found.currency) == (5.0, "USD")


@pytest.mark.parametrize("words", ["soon", "5", "-2 h", "0 min", "2 h or so", "h", "five USD"])
def test_what_is_no_budget_is_told_so(words: str) -> None:
    with pytest.raises(UsageError, match=r"is no time|more than 0"):
        read_budget(words)


@given(st.text(max_size=60))
def test_any_words_are_a_budget_or_refused(words: str) -> None:
    with contextlib.suppress(UsageError):
        assert (read_budget(words).amount or 1) > 0


@pytest.mark.parametrize(
    ("given", "argument", "said"),
    [
        ({"hardware": "RTX 4091"}, "hardware", "RTX 4090"),
        ({"hardware": "T4", "price": 0.0}, "price", "above 0"),
        ({"budget": "soon"}, "budget", "90 min"),
    ],
)
def test_what_cannot_be_names_its_argument(
    given: dict[str, object], argument: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said) as error:
        netgain.init(tmp_path / "a.yaml", **given)  # type: ignore[arg-type]
    assert error.value.argument == argument


@pytest.mark.parametrize(
    ("given", "said"),
    [({"data": "gsm8k"}, "did you mean openai/gsm8k"), ({"data": "arc_easy"}, "no such file"),
     ({"model": "nowhere"}, "no such folder"), ({"model": "empty"}, "empty"),
     ({"model": "noise.gguf"}, "noise.gguf"), ({"data": "empty"}, "no train split"),
     ({"data": "noise.gguf"}, "is a model's file")],
)  # fmt: skip
@pytest.mark.parametrize("hardware", [None, "T4"])
def test_what_is_no_model_and_no_data_is_told_and_nothing_is_written(
    given: dict[str, str], said: str, hardware: str | None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("noise.gguf").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(NetgainError, match=said):
        netgain.init("a.yaml", hardware=hardware, **given)  # type: ignore[arg-type]
    assert not Path("a.yaml").exists()


def write_problems(path: Path, count: int, *more: str) -> Path:
    rows = [json.dumps(problem_to_row(p)) for p in word_problems(count, 3)]
    path.write_text("\n".join([*rows, *more]) + "\n", encoding="utf-8")
    return path


def test_a_file_is_held_out_of_and_its_bad_rows_are_left_out(tmp_path: Path) -> None:
    data = write_problems(tmp_path / "mine.jsonl", 50, '{"question": "How many?"}')
    path = netgain.init(tmp_path / "a.yaml", data=str(data))
    recipe = load_recipe(path)
    assert (recipe.data.test_fraction, recipe.data.on_bad_row) == (0.2, "skip")
    assert "mine.jsonl, line 51: no 'answer'" in path.read_text()
    whole = write_problems(tmp_path / "whole.jsonl", 50)
    assert load_recipe(
        netgain.init(tmp_path / "b.yaml", data=str(whole))
    ).data.on_bad_row == "stop"  # fmt: skip
    twin = json.loads(whole.read_text().splitlines()[0]) | {"id": "twin"}
    twins = write_problems(tmp_path / "twins.jsonl", 20, *[
        json.dumps(twin | {"id": f"twin-{number}"}) for number in range(20)])  # fmt: skip
    mended = load_recipe(netgain.init(tmp_path / "d.yaml", data=str(twins)))
    assert mended.data.on_overlap == "remove"
    with pytest.raises(NetgainError, match="no usable"):
        (tmp_path / "empty.jsonl").write_text('{"question": "How many?"}\n')
        netgain.init(tmp_path / "c.yaml", data=str(tmp_path / "empty.jsonl"))


def test_where_nothing_is_known_of_a_model_the_recipe_is_written_all_the_same(
    tmp_path: Path,
) -> None:
    found = write_first(tmp_path / "a.yaml", "nobody/nothing", GSM8K, "T4")
    assert found.told[0].startswith("No size is fitted: nothing is known of the size of model")
    assert load_recipe(found.path).model.id == "nobody/nothing"


@pytest.mark.parametrize("name", ["2024", "null", "1e5", "true", "0x1f"])
def test_a_file_may_be_called_what_yaml_takes_for_something_else(name: str, tmp_path: Path) -> None:
    assert load_recipe(netgain.init(tmp_path / f"{name}.yaml")).name == name


# -- the command ---------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def init(*words: str) -> Result:
        return CliRunner().invoke(app, ["init", *words])

    done = init("a.yaml", "--model", QWEN, "--data", GSM8K, "--hardware", "T4", "--budget", "1 h")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == "a.yaml"
    assert done.stdout.splitlines()[-1] == "Next: netgain plan a.yaml --on T4"
    assert isinstance(init("a.yaml").exception, StorageError)
    wrong = init("b.yaml", "--hardware", "RTX", "--budget", "1 h")
    assert wrong.exit_code == 2 and "'--hardware'" in wrong.stderr


def at_a_terminal(answers: list[str], *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command with a terminal for its standard input, at which these lines are typed."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, "".join(f"{line}\n" for line in answers).encode())
        return subprocess.run(
            [sys.executable, "-m", "netgain.cli.main", "init", *words], stdin=theirs, cwd=cwd,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)


def test_at_a_terminal_it_asks_and_asks_again_with_the_reason(tmp_path: Path) -> None:
    data = write_problems(tmp_path / "mine.jsonl", 500)
    answers = [
        "no such model", QWEN, "nowhere.jsonl", str(data), "RTX 4091", "T4", "soon", "10 s",
        "4 USD", "2",
    ]  # fmt: skip
    done = at_a_terminal(answers, "a.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in ("no such model", "nowhere.jsonl", "RTX 4090", "90 min", "leaves no room"):
        assert said in done.stderr, said
    recipe = load_recipe(tmp_path / "a.yaml")
    assert (recipe.model.id, recipe.data.source) == (QWEN, str(data))
    assert (recipe.cost.price_per_hour, recipe.cost.currency) == (2.0, "USD")
    assert planned(tmp_path / "a.yaml", "T4")[0] <= 2 * 3600
    assert "Next: netgain plan a.yaml --on T4" in done.stdout


def test_at_a_terminal_options_are_not_asked_for_and_yes_asks_nothing(tmp_path: Path) -> None:
    words = ["a.yaml", "--model", QWEN, "--hardware", "T4", "--budget", "8 EUR"]
    done = at_a_terminal(["", "none", "1"], *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Price of an hour" in done.stderr and "'none' cannot be" in done.stderr
    assert "Model (" not in done.stderr and "Budget (" not in done.stderr
    assert load_recipe(tmp_path / "a.yaml").data.source == "builtin"
    silent = at_a_terminal([], "b.yaml", "--yes", cwd=tmp_path)
    assert silent.returncode == 0 and "Model (" not in silent.stderr
    with pytest.raises(StorageError):
        netgain.init(tmp_path / "b.yaml")
