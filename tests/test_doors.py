"""Doors that people try: each opens, or says in one line what does it; and how a command ends."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

import netgain
from conftest import netgain as command
from conftest import tiny
from netgain import provenance
from netgain.analysis.model_figures import cost_metrics
from netgain.api.beforehand import no_empty_folder
from netgain.api.display import Display
from netgain.api.other_tools import what_it_is
from netgain.cli.doors import DOORS
from netgain.cli.main import app
from netgain.cost import visible_gpus
from netgain.errors import (
    DataError,
    NetgainError,
    RecipeError,
    RunBusy,
    RunError,
    TrainingError,
    UsageError,
)
from netgain.plan import _projected as projected
from netgain.plan import make_plan
from netgain.recipe import load_recipe
from test_compare_command import run_directory

GROUP: Any = typer.main.get_command(app)
MAIN = [sys.executable, "-m", "netgain.cli.main"]
ROW = {"id": "1", "model": "m", "answer": "4", "completion": "#### 4"}


def lines(path: Path, n: int = 1) -> Path:
    rows = ({**ROW, "id": str(i)} for i in range(n))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# -- what other tools leave ----------------------------------------------------------------


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Folders and files of other tools, by name."""
    trl = tmp_path / "trl"
    (trl / "checkpoint-9").mkdir(parents=True)
    adapter = json.dumps({"peft_type": "LORA", "r": 4, "base_model_name_or_path": "small"})
    (trl / "checkpoint-9" / "adapter_config.json").write_text(adapter)
    state = json.dumps({"log_history": [{"step": 1, "loss": 1.0}], "global_step": 1})
    (trl / "checkpoint-9" / "trainer_state.json").write_text(state)
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text(adapter)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "lm").mkdir()
    results = {"results": {"gsm8k": {"exact_match,strict-match": 0.2}}, "versions": {"gsm8k": 3}}
    (tmp_path / "lm" / "results_2026.json").write_text(json.dumps(results))
    (tmp_path / "logged").mkdir()
    sample = {"doc_id": 0, "doc": {"question": "1+1?", "answer": "2"}, "resps": [["2"]]}
    for task in ("gsm8k", "svamp"):
        (tmp_path / "logged" / f"samples_{task}_2026.jsonl").write_text(json.dumps(sample))
    (tmp_path / "a.xlsx").write_text("id,answer\n1,4\n")
    (tmp_path / "rows.jsonl.xz").write_bytes(b"\xfd7zXZ")
    return tmp_path


THEIRS = [
    ("trl", "netgain evaluate small --adapter .*trl/checkpoint-9 --data DATA` makes them"),
    ("adapter", "--adapter .*adapter --data DATA` makes them"),
    ("model", "netgain evaluate .*model --data DATA"),
    ("lm", "run lm-eval with --log_samples"),
    ("lm/results_2026.json", "run lm-eval with --log_samples"),
    ("a.xlsx", r"python -c .*read_excel.*a\.jsonl"),
    ("rows.jsonl.xz", "unpack it"),
]


@pytest.mark.parametrize(("name", "told"), THEIRS)
def test_what_another_tool_left_is_told_what_reads_it(name: str, told: str, theirs: Path) -> None:
    path = theirs / name
    of_runs = (netgain.report, netgain.load_run, netgain.view, lambda run: netgain.export(run, "x"))
    for call in (netgain.compare, netgain.grade, netgain.diagnose, *of_runs):
        with pytest.raises((DataError, RunError), match=told) as caught:
            call(path)
        assert "\n" not in str(caught.value)


def test_of_a_folder_with_files_of_answers_one_is_to_be_given_where_a_run_is_not(
    theirs: Path,
) -> None:
    for call in (netgain.compare, netgain.grade, netgain.diagnose):
        with pytest.raises(DataError, match=r"as .*logged/samples_gsm8k_2026\.jsonl"):
            call(theirs / "logged")
    for of_run in (netgain.report, netgain.load_run, netgain.view):
        with pytest.raises(RunError, match=r"is no run directory.* `netgain analyse"):
            of_run(theirs / "logged")


def test_our_own_and_unknown_files_are_not_taken_for_theirs(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text('{"results": 3}')
    os.mkfifo(tmp_path / "pipe.csv")  # which is not opened
    for name in ("notes.json", "pipe.csv", "none", "."):
        assert what_it_is(tmp_path / name) == ""
    assert netgain.grade(lines(tmp_path / "rows.jsonl")).rows == 1


# -- nothing is left of what failed --------------------------------------------------------


def recipe_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


def test_a_run_that_cannot_be_is_refused_before_its_folder(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance, "gpus", lambda: ())
    head = f"name: n\nmodel: {{id: {tiny_model}}}\n"
    builtin = recipe_of(tmp_path, head + "data: {source: builtin}\ntrain: {weights: qlora}\n")
    with pytest.raises(TrainingError, match="needs an NVIDIA GPU"):
        netgain.run(builtin, quiet=True)
    gone = recipe_of(tmp_path, head + "data: {source: ./none}\n")
    with pytest.raises(RecipeError, match=r"data\.source: './none' is no such file or folder"):
        netgain.run(gone, quiet=True)
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.yaml"]


def test_a_folder_that_nothing_came_of_goes_again_and_an_older_one_stays(
    tmp_path: Path, tiny_model: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"question": "q"}\n')
    recipe = recipe_of(
        tmp_path,
        f"name: n\nmodel: {{id: {tiny_model}}}\ndata: {{source: {rows}, test_fraction: 0.5}}\n",
    )
    with pytest.raises(NetgainError, match="no 'answer'"):
        netgain.run(recipe, out=tmp_path / "made" / "run", quiet=True)
    assert not (tmp_path / "made").exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(NetgainError, match="no 'answer'"):
        netgain.run(recipe, out=tmp_path / "mine", quiet=True)
    assert (tmp_path / "mine").is_dir()
    with pytest.raises(NetgainError):
        netgain.evaluate(tmp_path / "no-model", "builtin", out=tmp_path / "e" / "f", quiet=True)
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize("kept", [(), ("plan.json", ".lock"), ("generations/part-0",), ("mine",)])
def test_a_folder_goes_again_only_with_what_we_begin_with(
    kept: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "b"
    with pytest.raises(NetgainError), no_empty_folder(folder):
        folder.mkdir(parents=True)
        for name in kept:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("x")
        raise NetgainError("stopped")
    assert folder.exists() == bool({"generations/part-0", "mine"} & set(kept))
    assert (tmp_path / "a").exists() == folder.exists()
    busy = tmp_path / "busy"
    with pytest.raises(RunBusy), no_empty_folder(busy):  # another process made it meanwhile
        busy.mkdir()
        raise RunBusy("in use")
    assert busy.exists()


def test_what_a_run_has_already_is_not_asked_for_again(tmp_path: Path, tiny_model: Path) -> None:
    source = tmp_path / "data"
    source.mkdir()
    for split, n in (("train", 12), ("test", 2)):
        rows = (
            {"question": f"How much is {i} and 1{split}?", "answer": f"{i}+1\n#### {i + 1}"}
            for i in range(n)
        )
        (source / f"{split}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    recipe = recipe_of(
        tmp_path,
        f"name: n\nmodel: {{id: {tiny_model}}}\ndata: {{source: {source}}}\n"
        "train: {epochs: 1, batch_size: 4}\nextras: {prompt_check: 0}\n"
        "evaluate: {engine: transformers, max_new_tokens: 4}\n",
    )
    first = netgain.train(recipe, out=tmp_path / "run", quiet=True)
    for path in source.iterdir():
        path.unlink()
    source.rmdir()
    assert netgain.run(recipe, out=tmp_path / "run", quiet=True).comparison is not None
    assert netgain.run(recipe, out=tmp_path / "run", only="report", quiet=True).page
    assert first.trained is not None


def test_a_number_that_cannot_be_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="limit: 0 is not allowed; give a whole number from 1"):
        netgain.evaluate("embedded", "builtin", limit=0)
    done = command("evaluate", "embedded", "--data", "builtin", "--limit", 0, cwd=tmp_path)
    assert done.returncode == 2 and "'--limit': 0 is not allowed; give a whole" in done.stderr
    assert list(tmp_path.iterdir()) == []


# -- how a command ends --------------------------------------------------------------------


def test_a_reader_that_goes_away_ends_it_with_141_and_no_word(tmp_path: Path) -> None:
    path = lines(tmp_path / "rows.jsonl", 30_000)
    process = subprocess.Popen(
        [*MAIN, "grade", str(path), "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    assert (process.wait(timeout=60), error) == (141, b"")


@pytest.mark.parametrize("words", [("grade",), ("grade", "--json"), ("--help",), ("compare",)])
def test_a_table_that_nobody_reads_ends_with_141_too(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    both = [{**ROW, "id": str(i), "model": m} for i in range(3) for m in "ab"]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in both))
    reader, writer = os.pipe()
    os.close(reader)
    names = [] if words == ("--help",) else [str(path)]
    done = subprocess.run(
        [*MAIN, *words, *names], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def wait_for(what: object, process: subprocess.Popen[str], seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)


def training(tiny_model: Path, hub_data: Path, root: Path) -> subprocess.Popen[str]:
    """A training of many steps that saves no checkpoint by itself, once it has begun to step."""
    more = ("train.epochs=200", "train.batch_size=4", "train.checkpoint_seconds=0",
            "train.early_stopping=null", "train.validations_per_epoch=1")  # fmt: skip
    recipe = Path(__file__).resolve().parents[1] / "recipes" / "gsm8k.yaml"
    process = subprocess.Popen(
        [*MAIN, "run", str(recipe), *tiny(tiny_model, hub_data, *more), "--out", str(root)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log = root / "run.log"
    wait_for(lambda: log.exists() and "step 9 of" in log.read_text(), process)
    return process


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, id="Ctrl-C", marks=pytest.mark.slow),
    ],
)
def test_a_training_that_is_told_to_end_saves_a_checkpoint_first(
    number: signal.Signals, code: int, tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    process = training(tiny_model, hub_data, tmp_path / "run")
    process.send_signal(number)
    _, error = process.communicate(timeout=100)
    assert process.returncode == code
    assert error.splitlines()[-1] == f"netgain: {STOPPED}" and "Traceback" not in error
    assert "a checkpoint was saved, from which it goes on" in error
    [kept] = (tmp_path / "run" / "train" / "checkpoints").glob("checkpoint-*")
    assert int(kept.name.partition("-")[2]) >= 9 and (kept / "optimizer.safetensors").exists()


STOPPED = "stopped; give the same command again and it goes on from here"


def test_a_second_ctrl_c_ends_it_at_once_without_a_word_of_pythons(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    process = training(tiny_model, hub_data, tmp_path / "run")
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.rstrip().splitlines()[-1] == f"netgain: {STOPPED}"
    assert "Exception" not in error and "Traceback" not in error


def test_help_is_broken_into_lines_where_the_screen_ends_and_nowhere_else() -> None:
    told = command("sweep", "--help").stdout
    assert "every trial is tested and the leaderboard tells" in told


# -- what is told on the way ---------------------------------------------------------------


def test_seconds_a_step_are_told_where_a_step_takes_seconds_and_the_first_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([1000.0, 1060.0, 1080.0, 1100.0])  # the first step is slow, the others take 20 s
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    display = Display()
    for step in range(4):
        display.printed = -1000.0
        display.progress("train", step, 10, "loss 1.0")
    first, second, third, fourth = capsys.readouterr().err.splitlines()
    assert first.endswith("loss 1.0") and second.endswith("loss 1.0")
    assert third.endswith("loss 1.0, 20.0 s a step, 2 min 40 s left")
    assert fourth.endswith("loss 1.0, 20.0 s a step, 2 min 20 s left")


def test_the_next_wording_has_a_pace_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([1000.0, 1100.0, 1101.0, 1111.0])  # the first 40 took 100 s, the next 20 take 10
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    display = Display()
    for name, done in (("one", 0), ("one", 40), ("two", 0), ("two", 20)):
        display.printed = -1000.0
        display.progress("prompt", done, 40, f"{name}: answering")
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .endswith("two: answering, 2.0 problems/s, 10.0 s left")
    )


def test_the_first_answers_of_many_that_are_written_at_once_tell_no_pace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([1000.0, 1240.0, 1300.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    display = Display()
    for done in (1000, 1006, 1100):  # a thousand were there before
        display.printed = -1000.0
        display.progress("evaluate", done, 2000, "answering")
    _, second, third = capsys.readouterr().err.splitlines()
    assert second.endswith("answering")
    assert third.endswith("answering, 3.0 s a problem, 45 min left")


def test_a_plan_is_called_as_the_model_is_and_says_what_it_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = {"name": "n", "model": {"id": "embedded", "name": "My model"},
           "data": {"source": "builtin"}}  # fmt: skip
    planned = netgain.plan(raw, measure=False)
    assert planned.title == "n: My model on builtin"
    assert "reading the problems" in capsys.readouterr().err
    netgain.plan(raw, measure=False, quiet=True)
    assert capsys.readouterr().err == ""


def test_more_wordings_in_a_plan_are_told_with_their_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = load_recipe(Path(__file__).resolve().parents[1] / "recipes" / "demo.yaml")
    monkeypatch.setattr(
        "netgain.plan._projected", lambda *a: replace(projected(*a), base_answers=(9999,) * 8)
    )
    [stage] = [s for s in make_plan(recipe).stages if s[0] == "prompt"]
    assert "; then under 3 other wordings, since too many tried answers were cut off" in stage[1]


def test_energy_is_that_of_the_gpus_that_are_seen() -> None:
    assert visible_gpus("2,0", 4) == [2, 0] and visible_gpus(None, 1) == [0]
    assert visible_gpus("0,7,1", 4) == [0] and visible_gpus("MIG-1", 4) == ["MIG-1"]


# -- taken elsewhere, and compared ---------------------------------------------------------


def test_two_settings_are_compared_part_by_part(tmp_path: Path) -> None:
    prompt = {"style": "zero_shot_chat", "instruction": "Think. " * 40, "shots": None}
    other = {**prompt, "style": "few_shot_chat", "shots": 5}
    right = {"base": [True, False] * 10}
    one = run_directory(tmp_path / "one", right, prompt=prompt, engine="transformers")
    two = run_directory(tmp_path / "two", right, prompt=other, engine="transformers")
    notes = [n for n in netgain.compare(one, two).notes if "differ in" in n]
    assert [n.partition(", so")[0] for n in notes] == [
        "The evaluations differ in prompt.style (zero_shot_chat and few_shot_chat)",
        "The evaluations differ in prompt.shots (none and 5)",
    ]


def test_names_in_a_verdict_are_told_from_its_words() -> None:
    rows = [{**ROW, "model": name} for name in ("before", "after")]
    [pair] = netgain.compare(rows).plain()["pairs"]
    assert "“after” answers 100% correctly, “before” 100%" in pair["sentence"]


def test_a_model_is_called_what_the_recipe_calls_it(tmp_path: Path, tiny_model: Path) -> None:
    found = netgain.evaluate(
        tiny_model, "builtin", limit=2, out=tmp_path / "e", quiet=True,
        changes={"model.name": "My model", "evaluate.max_new_tokens": 4},
    )  # fmt: skip
    assert list(found.graded.models) == ["My model"]


def test_what_training_cost_counts_the_look_at_the_prompt(
    tmp_path: Path, tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe = {
        "name": "n", "model": {"id": str(tiny_model)}, "data": {"source": "builtin", "limit": 20},
        "train": {"epochs": 1, "batch_size": 4}, "extras": {"prompt_check": 3},
        "evaluate": {"engine": "transformers", "limit": 2, "max_new_tokens": 4},
    }  # fmt: skip
    run = netgain.run(recipe, out=tmp_path / "run")
    looked = [line for line in capfd.readouterr().err.splitlines() if line.startswith("prompt ")]
    for name in (
        "asked as “the recipe's prompt”: ",
        "asked as “let's think”: ",
    ):  # each wording by its name
        assert any(name in line for line in looked), looked
    costs = {m.name: m.estimate.value for m in run.findings.cost_metrics}
    parts = [v for k, v in costs.items() if k.startswith("time for") and v is not None]
    assert costs["time for the look at the prompt"]
    assert costs["time in all"] == pytest.approx(sum(parts))


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        (("base-prompt-measured",), "time for the extras of the base model"),
        (("base-samples", "tuned-samples", "check-own"), "time for the extras of both models"),
    ],
)
def test_the_extras_are_told_of_the_models_that_were_asked(
    folders: tuple[str, ...], told: str
) -> None:
    extras = {name: SimpleNamespace(seconds=2.0) for name in folders}
    records: Any = SimpleNamespace(
        recipe={"cost": {"price_per_hour": 0.0, "currency": "USD"}},
        state=None, training=None, summaries={}, extras=extras, earlier=(),
    )  # fmt: skip
    costs = {m.name: m.estimate.value for m in cost_metrics(records)}
    assert costs[told] == 2.0 * sum("check" not in name for name in folders)
    assert costs["time in all"] == 2.0 * len(folders)


def test_what_a_training_learned_from_is_counted_in_its_cost() -> None:
    folders = ("base-rollouts", "start-rollouts-12345678", "base-replay", "base-samples")
    drawn = {n: SimpleNamespace(seconds=3.0, completion_tokens=50, digest=n) for n in folders}
    records: Any = SimpleNamespace(
        recipe={"cost": {"price_per_hour": 3600.0, "currency": "USD"}, "train": {}},
        state=None, training=None, summaries={}, extras=drawn, earlier=(),
    )  # fmt: skip
    costs = {m.name: m.estimate.value for m in cost_metrics(records)}
    assert costs["time for the answers drawn before training"] == 9
    assert costs["tokens of the answers drawn before training"] == 150
    assert costs["time for the extras of the base model"] == 3
    assert costs["time in all"] == costs["cost in all"] == 12


def test_earlier_trainings_are_counted_and_what_was_taken_over_from_them_once() -> None:
    shared, own, elsewhere = (
        SimpleNamespace(seconds=3.0, completion_tokens=9, digest=d, problems_digest=p)
        for d, p in ("ap", "bp", "aq")
    )
    points = [
        SimpleNamespace(seconds=s, tokens=t) for s, t in ((5.0, 10), (20.0, 40), (None, None))
    ]
    earlier = SimpleNamespace(
        log=SimpleNamespace(points=points), summaries=[shared, own, elsewhere]
    )
    records: Any = SimpleNamespace(
        recipe={"cost": {"price_per_hour": 3600.0, "currency": "USD"}, "train": {"method": "rft"}},
        state=None, training=None, summaries={}, extras={"base-rollouts": shared},
        earlier=[earlier, earlier],
    )  # fmt: skip
    costs = {m.name: m.estimate.value for m in cost_metrics(records)}
    assert costs["time for the trainings before the last"] == 20 + 20
    assert costs["time for the answers of the trainings before the last"] == 3 + 3
    assert costs["tokens trained on in the trainings before the last"] == 80
    assert costs["time in all"] == costs["cost in all"] == 49


# -- commands and options that there are not -----------------------------------------------


@pytest.mark.parametrize("name", DOORS)
def test_a_command_that_there_is_not_is_told_what_does_it(name: str) -> None:
    assert name not in GROUP.commands
    with pytest.raises(NetgainError, match=f"there is no `netgain {name}`: "):
        GROUP.resolve_command(typer.Context(GROUP), [name])
    for words in re.findall("`netgain ([^`]*)`", DOORS[name]):
        options = [word for word in shlex.split(words) if word != "…"]
        if options[0] != "--version" and "--help" not in options:
            command_of = GROUP.get_command(typer.Context(GROUP), options[0])
            assert command_of is not None, words
            if len(options) > 1:
                command_of.make_context(options[0], options[1:])


def test_python_runs_it_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "netgain", "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout == f"netgain {netgain.__version__}\n", done.stderr


def test_doors_open_from_the_command_line(tmp_path: Path) -> None:
    done = command("finetune", "x", cwd=tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    done = command("run", "r.yaml", "--lora-r", 8, cwd=tmp_path)
    assert done.returncode == 2 and "--set train.lora.r=VALUE" in done.stderr
    done = command("init", cwd=tmp_path)
    told = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert (told[0], told[-1]) == ("recipe.yaml", "Next: netgain plan recipe.yaml")
    assert (
        "train.lr: there is no such setting; did you mean 'train.learning_rate'?"
        in command("run", "recipe.yaml", "--set", "train.lr=1", cwd=tmp_path).stderr
    )
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.yaml"]
