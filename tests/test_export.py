"""A run in the files of other tools: safetensors, GGUF and Modelfile, lm-eval, tables."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet
import pytest

import netgain
from conftest import CHATML, ROOT, make_tiny_model, make_tokenizer
from conftest import netgain as command
from made_run import recipe
from netgain.api.two_sides import roles_of
from netgain.data.load import problems_digest
from netgain.errors import ModelError, NetgainError, RunError, StorageError, UsageError
from netgain.exports.formats import FORMATS, next_command
from netgain.exports.lm_eval_files import folder_name, model_name
from netgain.exports.run_answers import Evaluated, name_of
from netgain.exports.tables import in_a_cell
from netgain.importers.looking import look
from netgain.importers.paired_evaluations import read_evaluation
from netgain.models.gguf_header import read_header
from netgain.models.gguf_tokenizer import split_name
from netgain.models.modelfile import Asked, modelfile
from netgain.models.render import make_renderer
from netgain.pipeline.evaluations import settings_digest
from netgain.recipe import ModelSettings
from netgain.records import ChoiceScores, EvaluationSummary, Generation, Problem
from netgain.store import EvaluationFolder, RunDirectory
from viewed_run import made_answer, made_problems, write_run

FIXTURES = ROOT / "tests" / "fixtures"
ASKED = Asked("mine", None, False, "Think first.", 0, 256, ("Question:",))


# -- the trained model ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> netgain.Run:
    recipe = {
        "name": "n", "model": {"id": str(tiny_model)},
        "data": {"source": "builtin", "limit": 20},
        "train": {"epochs": 1, "batch_size": 4, "learning_rate": 0.01},
        "evaluate": {"max_new_tokens": 77}, "extras": {"prompt_check": 0},
    }  # fmt: skip
    return netgain.train(recipe, out=tmp_path_factory.mktemp("runs") / "run", quiet=True)


def test_an_exported_model_is_the_trained_one(
    trained: netgain.Run, tiny_model: Path, tmp_path: Path
) -> None:
    import torch

    from netgain.models.loading import load_model, load_renderer, load_tuned

    assert trained.trained is not None
    done = netgain.export(trained.folder, tmp_path / "out")
    assert "model.safetensors" in repr(done) and "next: vllm serve" in repr(done)
    out = done.folder
    ids = load_renderer(out).completion_ids("Ana has 3 pens.")
    with torch.inference_mode():
        exported, merged, base = (
            model(input_ids=torch.tensor([ids])).logits
            for model in (
                load_model(out, "fp32"),
                load_tuned(tiny_model, trained.trained, "fp32", ids),
                load_model(tiny_model, "fp32"),
            )
        )
    assert torch.equal(exported, merged) and not torch.equal(exported, base)
    with pytest.raises(StorageError, match="is there already"):
        netgain.export(trained.folder, out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_a_gguf_file_answers_as_the_trained_model_with_the_same_tokens(
    trained: netgain.Run, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from netgain.models.gguf_folder import describe, unpacked
    from netgain.models.loading import load_model, load_renderer, load_tuned

    assert trained.trained is not None
    done = netgain.export(trained.folder, tmp_path / "g", format="gguf")
    assert sorted(path.name for path in done.files) == ["Modelfile", "model.gguf"]
    assert done.next_command == f"ollama create g -f {tmp_path / 'g'}/Modelfile"
    monkeypatch.setenv("NETGAIN_CACHE", str(tmp_path / "cache"))
    folder = unpacked(done.folder / "model.gguf")
    assert describe(done.folder / "model.gguf") == "n, F16, from GGUF"
    ours, theirs = load_renderer(tiny_model), load_renderer(folder)
    text = "Ana has 12 pens.\n\nShe buys 7 more, so 12 + 7 = <<12+7=19>>19<|im_end|>"
    ids = ours.tokenizer(text)["input_ids"]
    assert theirs.tokenizer(text)["input_ids"] == ids
    assert theirs.tokenizer.get_chat_template() == ours.tokenizer.get_chat_template()
    assert theirs.end_id == ours.end_id
    with torch.inference_mode():
        read, merged = (
            model(input_ids=torch.tensor([ids])).logits
            for model in (
                load_model(folder, "fp32"),
                load_tuned(tiny_model, trained.trained, "fp32", ids),
            )
        )
    assert torch.allclose(read, merged, atol=0.02) and read.argmax(-1).equal(merged.argmax(-1))
    small = netgain.export(trained.folder, tmp_path / "s", format="gguf", precision="int8")
    kinds = {t.kind for t in read_header(small.folder / "model.gguf").tensors.values()}
    assert kinds == {"Q8_0", "F32"}


def test_a_modelfile_asks_as_the_run_did(trained: netgain.Run, tmp_path: Path) -> None:
    text = (netgain.export(trained.folder, tmp_path / "g", format="gguf").folder
            / "Modelfile").read_text()  # fmt: skip
    assert "FROM ./model.gguf\n" in text
    assert "# It was asked: QUESTION Please reason step by step" in text
    for parameter in ("temperature 0", "repeat_penalty 1", "num_predict 77",
                      'stop """<|im_end|>"""'):  # fmt: skip
        assert f"PARAMETER {parameter}\n" in text
    assert go(text, ("user", "2+2?")) == (
        "<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n"
    )


def go(text: str, *turns: tuple[str, str]) -> str:
    """A Modelfile's TEMPLATE as Ollama fills it, of the few forms that are written."""
    template = re.search(r'TEMPLATE """(.*?)"""', text, re.DOTALL)
    system = re.search(r'SYSTEM """(.*?)"""', text, re.DOTALL)
    assert template is not None
    each = re.fullmatch(r"\{\{ range \.Messages \}\}(.*)\{\{ end \}\}(.*)", template[1], re.DOTALL)
    assert each is not None, template[1]
    said = [*([("system", system[1])] if system else []), *turns]
    one = [each[1].replace("{{ .Role }}", r).replace("{{ .Content }}", c) for r, c in said]
    return "".join(one) + each[2]


DEFAULT = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are kind.<|im_end|>\n"
    "{% endif %}" + CHATML
)
LLAMA3 = (
    "{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
TURNS = (("system", "Be short."), ("user", "2+2?"), ("assistant", "4"), ("user", "And 3+3?"))


@pytest.mark.parametrize("template", [CHATML, DEFAULT, LLAMA3])
def test_ollamas_template_makes_what_the_models_own_makes(template: str) -> None:
    renderer = make_renderer(make_tokenizer(template))
    text, left_out = modelfile(renderer, ASKED, "m.gguf")
    for turns in (TURNS[1:2], TURNS[1:]):
        assert go(text, *turns) == renderer.rendered(turns)
    with_system, _ = modelfile(renderer, replace(ASKED, system="Be short."), "m.gguf")
    assert go(with_system, *TURNS[1:]) == renderer.rendered(TURNS)
    assert not left_out


def test_what_a_modelfile_cannot_say_is_said() -> None:
    odd = make_renderer(make_tokenizer("{% for m in messages %}[{{ m['content'] }}]{% endfor %}"))
    asked = replace(ASKED, shots=5, stop=('a"""b', 'quoted"'))
    text, left_out = modelfile(odd, asked, "m.gguf")
    assert 'TEMPLATE """' not in text and 'a"""b' not in text and "quoted" not in text
    assert [sentence.split()[0] for sentence in left_out] == ["TEMPLATE", "The", "A"]
    assert all(f"# {sentence}\n" in text for sentence in left_out)
    raw, _ = modelfile(odd, replace(ASKED, raw=True), "m.gguf")
    assert 'TEMPLATE """{{ .Prompt }}"""\n' in raw
    plain, _ = modelfile(make_renderer(make_tokenizer(None)), ASKED, "m.gguf")
    assert "User{{ else" in plain


QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def test_a_tokenizer_is_told_by_how_it_splits_text() -> None:
    from tokenizers import Regex, normalizers, pre_tokenizers

    after = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    three = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
    known = {
        "gpt-2": [words],
        "smollm": [pre_tokenizers.Digits(individual_digits=True), words],
        "qwen2": [pre_tokenizers.Split(Regex(QWEN), "isolated"), after],
        "llama-bpe": [pre_tokenizers.Split(Regex(three), "isolated"), after],
    }
    tokenizer = make_tokenizer()
    backend = tokenizer.backend_tokenizer
    for name, parts in known.items():
        backend.pre_tokenizer = pre_tokenizers.Sequence(parts)
        assert split_name(tokenizer) == name
    backend.normalizer = normalizers.Lowercase()
    with pytest.raises(ModelError, match="changes text before"):
        split_name(tokenizer)
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(ModelError, match=r"no name here.*convert_hf_to_gguf"):
        split_name(tokenizer)


def test_a_damaged_adapter_and_a_model_that_gguf_cannot_carry_are_refused(
    trained: netgain.Run, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="choose fp16, int8"):
        netgain.export(trained.folder, tmp_path / "x", format="gguf", precision="bf16")
    with pytest.raises(UsageError, match="has no weights"):
        netgain.export(trained.folder, tmp_path / "x", format="csv", precision="bf16")
    with pytest.raises(UsageError, match="choose safetensors, gguf, lm-eval, parquet, csv"):
        netgain.export(trained.folder, tmp_path / "x", format="onnx")
    other = tmp_path / "scaled"
    make_tiny_model(other)
    config = json.loads((other / "config.json").read_text())
    config["use_sliding_window"] = True
    (other / "config.json").write_text(json.dumps(config))
    from netgain.models.loading import ModelFiles
    from netgain.models.merged_export import export_gguf

    base = ModelFiles(other, "scaled", None, "")
    with pytest.raises(ModelError, match=r"sliding window.*export safetensors"):
        export_gguf(base, other, tmp_path, "fp16", ASKED)
    done = command("export", trained.folder, tmp_path / "x", "--as", "onnx")
    assert done.returncode == 2 and "--as" in done.stderr


def test_a_changed_adapter_is_not_exported(trained: netgain.Run, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(trained.folder, copy)
    (copy / "train" / "adapter" / "adapter_config.json").write_text("{}")
    for name in ("safetensors", "gguf"):
        with pytest.raises(NetgainError, match="was changed"):
            netgain.export(copy, tmp_path / "out", format=name)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


# -- answers and figures -------------------------------------------------------------------

EVIL = '=HYPERLINK("http://x","=")'
SAID = {
    "engine": "transformers", "precision": "bf16", "device": "cpu", "batch_size": 32,
    "max_new_tokens": 256, "adapter": None, "prompt": recipe()["prompt"],
}  # fmt: skip
COUNT = 60
ROLES = ("base", "tuned")


def evil_answer(model: str, problem: Problem) -> Generation:
    """As made; the first is what a spreadsheet would compute, the second has no ####."""
    made, problems = made_answer(model, problem), next(made_problems(2))
    if problem.id == problems[0].id:
        return replace(made, text=f"{EVIL}\n{problem.solution}", finish_reason="stop")
    if problem.id == problems[1].id:
        return replace(made, text=f"The answer is {problem.answer}.", finish_reason="stop")
    return made


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    root = tmp_path_factory.mktemp("runs") / "answered"
    return write_run(root, made_problems(COUNT), answer=evil_answer, models=("base",), **SAID)


def without_texts(answered: RunDirectory, root: Path) -> Path:
    """The same run, whose recipe keeps questions and answers."""
    shutil.copytree(answered.root, root)
    said = answered.recipe()
    quiet = said.model_copy(update={"report": said.report.model_copy(update={"texts": False})})
    RunDirectory(root).begin(quiet, {})
    return root


def tables(path: Path, out: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    folder = netgain.export(path, out, format="parquet").folder
    found = [pyarrow.parquet.read_table(folder / f"{name}.parquet").to_pylist()
             for name in ("answers", "figures")]  # fmt: skip
    return found[0], found[1]


def test_lm_evals_files_are_read_back_with_the_same_figures(
    answered: RunDirectory, tmp_path: Path
) -> None:
    done = netgain.export(answered.root, tmp_path / "lm", format="lm-eval")
    assert done.next_command == f"netgain import {tmp_path / 'lm'}"
    _, figures = tables(answered.root, tmp_path / "p")
    named = {row["name"]: row["value"] for row in figures}
    ours = {
        "strict-match": named["accuracy by lm-eval strict-match, base"],
        "flexible-extract": named["accuracy by lm-eval flexible-extract, base"],
        "netgain-robust": named["accuracy, base"],
    }
    assert ours["strict-match"] < ours["netgain-robust"]  # so that one cannot pass for the other
    (results,) = done.folder.rglob("results_*.json")
    (task,) = json.loads(results.read_text())["results"].values()
    assert {n: task[f"exact_match,{n}"] for n in ours} == pytest.approx(ours)
    share = ours["netgain-robust"]
    spread = (COUNT * share * (1 - share) / (COUNT - 1)) ** 0.5  # of one answer, n − 1 below
    error = task["exact_match_stderr,netgain-robust"]
    assert error == pytest.approx(spread / COUNT**0.5)
    read = read_evaluation(look([done.folder]).answers[0], {})
    assert len(read.problems) == COUNT
    for name, value in ours.items():
        verdicts = [given for (given,) in read.verdicts[name].values()]
        assert sum(verdicts) / COUNT == pytest.approx(value)


def keys_of(value: Any) -> Any:
    """The shape of JSON: its names, and the first item of a list."""
    if isinstance(value, dict):
        return {name: keys_of(inner) for name, inner in value.items()}
    return [keys_of(value[0])] if isinstance(value, list) and value else None


def test_a_sample_has_what_lm_evals_own_has(answered: RunDirectory, tmp_path: Path) -> None:
    done = netgain.export(answered.root, tmp_path / "lm", format="lm-eval")
    theirs = FIXTURES / "lm-eval-0.4.13" / "random"
    both = [next(folder.rglob("samples_*.jsonl")) for folder in (done.folder, theirs)]
    assert all(re.fullmatch(r"samples_\w+_[\dT.-]+\.jsonl", path.name) for path in both)
    ours, their = (json.loads(path.read_text().splitlines()[0]) for path in both)
    assert ours.keys() == their.keys() | {"finish_reason", "ending"}
    for name in ("arguments", "resps", "filtered_resps", "metrics"):
        assert json.dumps(keys_of(their[name]))[:30] == json.dumps(keys_of(ours[name]))[:30]
    assert ours["arguments"]["gen_args_0"]["arg_0"].startswith('[{"role": "user"')
    ours, their = (json.loads(next(f.rglob("results_*.json")).read_text())
                   for f in (done.folder, theirs))  # fmt: skip
    needed = {"results", "configs", "versions", "n-shot", "higher_is_better", "n-samples",
              "config", "date", "model_name", "model_name_sanitized"}  # fmt: skip
    assert needed <= ours.keys() <= their.keys()


def test_a_strict_reading_of_another_form_is_not_called_strict_match(tmp_path: Path) -> None:
    boxed = {**SAID["prompt"], "instruction": "Put it within \\boxed{}."}
    said = {**SAID, "prompt": boxed}
    run = write_run(tmp_path / "run", made_problems(9), models=("base",), **said)
    done = netgain.export(run.root, tmp_path / "lm", format="lm-eval")
    text = next(done.folder.rglob("results_*.json")).read_text()
    assert "netgain-strict-boxed" in text and "strict-match" not in text


def boxed_answer(model: str, problem: Problem) -> Generation:
    """In a box as asked, or right in another form, or cut off before the answer."""
    place = int(hashlib.sha256(f"{model} {problem.id}".encode()).hexdigest(), 16) % 6
    right = place % 2 == 0 or model == "tuned"
    number = problem.answer if right else -7
    if place < 2:
        text = f"In all that makes {number}.\nSo it is \\boxed{{{number}}}."
    elif place < 4:
        text = f"The final answer is: {number}"
    else:  # without the reason, the last number would be read as an answer
        text = f"First we count {number}"
    return replace(
        made_answer(model, problem), text=text, finish_reason="stop" if place < 4 else "length"
    )


@pytest.fixture(scope="module")
def boxed(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    prompt = {**SAID["prompt"], "instruction": "Put it within \\boxed{}."}
    root = tmp_path_factory.mktemp("runs") / "boxed"
    said = {**SAID, "prompt": prompt}
    return write_run(root, made_problems(COUNT), answer=boxed_answer, **said)


def test_a_run_that_is_exported_and_analysed_has_its_own_figures(
    boxed: RunDirectory, tmp_path: Path
) -> None:
    own = {n: netgain.grade(rows_of_run(boxed, n)).models[""].accuracies for n in ROLES}
    lm = netgain.export(boxed.root, tmp_path / "lm", format="lm-eval").folder
    alone = [boxed.root / "evaluations" / role for role in ROLES]
    tables = [
        netgain.export(path, tmp_path / f"{path.name}.{kind}", format=kind).folder
        / f"answers.{kind}"
        for path, kind in zip(alone, ("csv", "parquet"), strict=True)
    ]
    copies = netgain.import_results(lm, out=tmp_path / "copies").folder
    assert copies is not None
    copied = sorted((copies / "answers").iterdir(), key=lambda f: len(f.name))
    folders = sorted(lm.iterdir())  # the base's name begins the other's
    run = netgain.analyse(*alone, out=tmp_path / "a")
    assert run.comparison is not None
    for number, sides in enumerate((folders, tables, copied)):
        found = netgain.analyse(*sides, out=tmp_path / f"r{number}")
        assert found.comparison is not None
        assert found.comparison.difference == run.comparison.difference
        named = {m.name: m.estimate.value for m in found.findings.accuracy_metrics}
        theirs = {m.name: m.estimate.value for m in run.findings.accuracy_metrics}
        for role in ROLES:
            for name, grader in (("accuracy", "robust"), ("accuracy in the asked form", "strict")):
                value = own[role][grader].estimate.value
                assert named[f"{name}, {role}"] == theirs[f"{name}, {role}"] == value, (sides, name)
    assert all(0 < own[r]["strict"].estimate.value < own[r]["robust"].estimate.value for r in ROLES)


def test_the_strict_column_of_tables_comes_out_the_same_when_graded(
    boxed: RunDirectory, tmp_path: Path
) -> None:
    for name in ("csv", "parquet"):
        tuned = boxed.root / "evaluations" / "tuned"
        table = netgain.export(tuned, tmp_path / name, format=name).folder
        graded: list[Any] = []
        found = netgain.grade(table / f"answers.{name}", out=graded)
        assert len(graded) == COUNT
        for row in graded:  # what was there and differs stands under input_; CSV has text
            for column in ("strict", "correct", "flexible"):
                stored = row.get(f"input_{column}", row[column])
                assert str(stored).lower() == str(row[column]).lower()
        assert "strict reads \\boxed{}, as the prompts ask" in found.remarks()


def rows_of_run(run: RunDirectory, role: str) -> list[dict[str, Any]]:
    """A run's answers as rows that say all there is to know."""
    gold = {p.id: str(p.answer) for p in run.problems("test")}
    return [
        {"id": g.problem_id, "gold": gold[g.problem_id], "completion": g.text, "ending": "boxed",
         "finish_reason": g.finish_reason}
        for g in run.evaluation(role).generations()
    ]  # fmt: skip


def test_tables_have_every_answer_and_are_read_by_netgain(
    answered: RunDirectory, tmp_path: Path
) -> None:
    answers, figures = tables(answered.root, tmp_path / "p")
    assert len(answers) == COUNT and {row["model"] for row in answers} == {"owner/small-model"}
    robust = next(row for row in figures if row["name"] == "accuracy, base")
    assert sum(row["correct"] for row in answers) / COUNT == pytest.approx(robust["value"])
    assert robust["low"] < robust["value"] < robust["high"] and robust["n"] == COUNT
    assert "zero_shot_chat" in robust["conditions"]
    out = netgain.export(answered.root, tmp_path / "c", format="csv").folder
    graded = netgain.grade(out / "answers.csv").models["owner/small-model"]
    assert graded.accuracies["robust"].estimate.value == pytest.approx(robust["value"])
    with (out / "figures.csv").open(newline="") as file:
        again = next(row for row in csv.DictReader(file) if row["name"] == "accuracy, base")
    assert float(again["low"]) == robust["low"]
    other = [{"id": row["id"], "model": "x", "correct": True} for row in answers]
    assert netgain.compare([*other, *answers]).pairs[0].n == COUNT
    lines = "".join(json.dumps(row) + "\n" for row in other)
    (tmp_path / "other.jsonl").write_text(lines)
    pair = netgain.compare(tmp_path / "other.jsonl", out / "answers.csv").pairs[0]
    assert pair.both == sum(row["correct"] for row in answers)


def test_no_cell_of_a_csv_is_a_formula(answered: RunDirectory, tmp_path: Path) -> None:
    out = netgain.export(answered.root, tmp_path / "c", format="csv").folder
    with (out / "answers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cells = [cell for row in rows for cell in row.values()]
    assert any(cell.startswith(f"'{EVIL}") for cell in cells)
    for cell in cells:
        assert cell[:1] not in {*"=+-@\t\r"} or re.fullmatch(r"[+-]?\d+(\.\d+)?", cell)


@pytest.mark.parametrize("text", ["=1", "+1+1", "-2+3", "@A1", "\t=1", "＝1", " =1", "-1e9|x"])
def test_what_a_spreadsheet_would_compute_is_defused(text: str) -> None:
    assert in_a_cell(text) == f"'{text}"


def test_texts_stay_where_the_recipe_says_so(answered: RunDirectory, tmp_path: Path) -> None:
    run = without_texts(answered, tmp_path / "run")
    words = [p.question for p in answered.problems("test")]
    for name in ("lm-eval", "csv", "parquet"):
        done = netgain.export(run, tmp_path / name, format=name)
        assert "report.texts is false" in done.left_out[0]
        for path in done.files:
            if path.suffix == ".parquet":
                content = json.dumps(pyarrow.parquet.read_table(path).to_pylist())
            else:
                content = path.read_text()
            assert not any(word[:40] in content for word in words)
        assert not list(done.folder.rglob("samples_*"))
    one = netgain.export(run / "evaluations" / "base", tmp_path / "one", format="csv")
    assert one.left_out


def test_a_run_without_answers_or_weights_says_so(
    answered: RunDirectory, trained: netgain.Run, tmp_path: Path
) -> None:
    for name in FORMATS:
        run = answered.root if FORMATS[name].precisions else trained.folder
        with pytest.raises(RunError, match=r"no trained weights|no finished evaluation"):
            netgain.export(run, tmp_path / "x", format=name)
    assert not list(tmp_path.iterdir())
    assert next_command(Path("a b"), "csv") == "netgain compare 'a b'/answers.csv"


NAMED = {
    "HuggingFaceTB__SmolLM2-135M-Instruct-Q4_1-de-quantised": {"id": "embedded"},
    "Qwen__Qwen2-0.5B": {"id": "Qwen/Qwen2-0.5B"},
    "weights": {"id": "./models/weights"},
    "Qwen__Qwen3-0.6B": {"id": "./models/weights", "same_as": "Qwen/Qwen3-0.6B"},
    "mine": {"id": "./models/weights", "name": "mine"},
    "same-Q4_1-de-quantised": {"id": "embedded", "name": "same"},
    "é" * 50: {"id": "./models/weights", "name": "é" * 100},
}


@pytest.mark.parametrize("folder", NAMED)
def test_a_folder_is_named_as_lm_eval_names_it(folder: str) -> None:
    """A model's name without slashes, and for an adapter the base's before its own."""
    base = name_of(ModelSettings(**NAMED[folder]))
    for adapter, name in (("", folder), ("run/1", f"{folder}__run__1")):
        one = Evaluated("x", "m", base, adapter, cast(Any, None), None)
        assert folder_name(one) == name
        plain = re.sub(r"[\"<>:/\|\\?\*\[\]]+", "__", model_name(one))  # as lm-eval does
        assert plain.replace(", ", "-").startswith(name[:20]) and "embedded" not in name


def test_base_and_adapter_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", made_problems(5), **SAID)
    done = netgain.export(run.root, tmp_path / "lm", format="lm-eval")
    name = run.recipe().name
    folders = sorted(p.name for p in done.folder.iterdir())
    assert folders == ["owner__small-model", f"owner__small-model__{name}"]
    assert len(done.files) == 4
    for path in done.folder.rglob("results_*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["model_name_sanitized"] == path.parent.name
        assert document["model_name"].replace("/", "__") == path.parent.name
    roles = roles_of(look([done.folder]).answers, ())
    assert roles is not None
    assert (roles.base.model, roles.tuned.model) == (
        "owner/small-model", f"owner/small-model + {name}",
    )  # fmt: skip


def test_scored_choices_are_rows_with_the_likeliest_choice(tmp_path: Path) -> None:
    problems = [
        Problem(f"a{i}", "arc_easy", f"Which is {i}?", None, choices=("one", "two", "=three"),
                answer_choice=right)
        for i, right in enumerate((0, 1, 2, 0))
    ]  # fmt: skip
    folder = EvaluationFolder(tmp_path / "arc")
    folder.path.mkdir()
    folder.save_problems(problems)
    likely = ((-1.0, -2.0, -3.0), (-2.0, -1.0, -3.0), (-3.0, -2.0, -1.0), (-3.0, -1.0, -2.0))
    scores = [ChoiceScores(p.id, ll, (3, 3, 6), (1, 1, 1), (False,) * 3)
              for p, ll in zip(problems, likely, strict=True)]  # fmt: skip
    settings = {"kind": "choice_loglikelihood", "task": "none"}
    folder.save_scores(0, scores, settings_digest(settings))
    folder.save_summary(
        EvaluationSummary(
            "evaluated", settings_digest(settings), settings, problems_digest(problems), 4, 0, 0,
            0, 0, 1.0,
        )
    )  # fmt: skip
    answers, figures = tables(folder.path, tmp_path / "p")
    assert [row["extracted"] for row in answers] == ["one", "two", "=three", "two"]
    assert [row["correct"] for row in answers] == [True, True, True, False]
    assert [row["gold"] for row in answers] == ["one", "two", "=three", "one"]
    (figure,) = figures
    assert (figure["value"], figure["n"], figure["kind"]) == (0.75, 4, "choice_loglikelihood")
    text = (netgain.export(folder.path, tmp_path / "c", format="csv").folder
            / "answers.csv").read_text()  # fmt: skip
    assert ",'=three," in text
    with pytest.raises(RunError, match="parquet or csv has them"):
        netgain.export(folder.path, tmp_path / "x", format="lm-eval")
