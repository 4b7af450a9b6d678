"""Log-likelihoods of choices against lm-eval's own tasks and its own `hf` engine, item by item.

Needs lm-eval 0.4.13, which `make test-all` installs without its dependencies; skipped without it.
Prompts, log-likelihoods and verdicts come from the task files and the code in its package.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from choice_rows import Row, arc_rows, hellaswag_rows, mmlu_rows
from conftest import make_tokenizer
from netgain.data.choice_tasks import MMLU_CATEGORIES
from netgain.data.tasks import choice_items, load_shots, load_task
from netgain.generate.choice_scores import score_choices
from netgain.grading.loglikelihood import graded_choices
from netgain.records import ChoiceScores

VERSION = "0.4.13"
try:
    INSTALLED = importlib.metadata.version("lm-eval")
except importlib.metadata.PackageNotFoundError:
    INSTALLED = "no lm-eval"
pytestmark = pytest.mark.skipif(
    INSTALLED != VERSION, reason=f"needs lm-eval {VERSION} (`make test-all`); found {INSTALLED}"
)

AGREES = 1e-3  # nats
FORMATS: Mapping[str, tuple[str, Callable[[int, int], list[Row]]]] = {
    "arc_challenge": ("arc/arc_challenge.yaml", arc_rows),
    "arc_easy": ("arc/arc_easy.yaml", arc_rows),
    "hellaswag": ("hellaswag/hellaswag.yaml", hellaswag_rows),
    "mmlu": ("mmlu/default/mmlu_elementary_mathematics.yaml", mmlu_rows),
}


def lm_eval_task(path: str, rows: Sequence[Row], shots: int = 0) -> Any:
    """A task as lm-eval defines it, over rows of ours, with its requests built."""
    import datasets
    from lm_eval.api.task import ConfigurableTask

    splits = ("train", "validation", "test", "dev")
    made = datasets.DatasetDict({name: datasets.Dataset.from_list(list(rows)) for name in splits})
    settings = {**task_file(path), "custom_dataset": lambda **_: made}
    for name in ("tag", "group", "include"):
        settings.pop(name, None)
    task = ConfigurableTask(config={**settings, "num_fewshot": shots})
    task.build_all_requests(rank=0, world_size=1)
    return task


def task_file(path: str) -> dict[str, Any]:
    from lm_eval.tasks._yaml_loader import load_yaml

    return load_yaml(str(files("lm_eval").joinpath("tasks", path)))


def lm_eval_scores(task: Any, model: Any, tokenizer: Any) -> list[list[tuple[float, bool]]]:
    """(log-likelihood, is greedy) of each choice of each row."""
    from lm_eval.models.huggingface import HFLM

    engine = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=3)
    found = engine.loglikelihood(task.instances, disable_tqdm=True)
    by_row: dict[int, list[tuple[float, bool]]] = {}
    for instance, score in zip(task.instances, found, strict=True):
        by_row.setdefault(instance.doc_id, []).append(score)
    return [by_row[number] for number in range(len(by_row))]


def compare(
    name: str, count: int, model: Any, tokenizer: Any, folder: Path
) -> tuple[float, list[ChoiceScores]]:
    """Check prompts, scores and verdicts; the largest difference and our scores."""
    path, make_rows = FORMATS[name]
    rows = make_rows(count, 5)
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    problems = load_task(name, file).problems
    items = choice_items(name, problems)
    theirs = lm_eval_task(path, rows)

    asked = [(item.context, f" {choice}") for item in items for choice in item.choices]
    assert asked == [instance.args for instance in theirs.instances]

    ours = score_choices(model, tokenizer, items, batch_size=4)
    expected = lm_eval_scores(theirs, model, tokenizer)
    for scores, row in zip(ours, expected, strict=True):
        assert scores.log_likelihoods == pytest.approx([value for value, _ in row], abs=AGREES)
        assert list(scores.greedy) == [greedy for _, greedy in row]
    docs = zip(theirs.eval_docs, expected, strict=True)
    verdicts = [theirs.process_results(doc, row) for doc, row in docs]
    for metric in ("acc", "acc_norm") if name != "mmlu" else ("acc",):
        graded = graded_choices(problems, ours, metric)
        assert list(graded.values()) == [bool(verdict[metric]) for verdict in verdicts]
    return (
        max(
            abs(value - other)
            for scores, row in zip(ours, expected, strict=True)
            for value, (other, _) in zip(scores.log_likelihoods, row, strict=True)
        ),
        ours,
    )


def small_model(kind: str = "qwen2", length: int = 4096) -> Any:
    """A model of a few random layers whose predictions are sharp and depend on the context."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(1)
    more = {"sliding_window": 8} if kind == "mistral" else {}
    config = AutoConfig.for_model(
        kind,
        vocab_size=600,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=length,
        initializer_range=0.4,
        **more,
    )
    return AutoModelForCausalLM.from_config(config).eval()


def tokenizer_with_beginning() -> Any:
    """One that puts a token of its own before every text, as Llama's do."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer(None)
    tokenizer.bos_token = "<|im_start|>"
    tokenizer._tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", tokenizer.bos_token_id)]
    )
    assert tokenizer.encode("a")[0] == tokenizer.bos_token_id
    return tokenizer


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gets_lm_evals_prompts_log_likelihoods_and_verdicts(
    name: str, tmp_path: Path
) -> None:
    difference, ours = compare(name, 12, small_model(), make_tokenizer(None), tmp_path)
    values = [value for scores in ours for value in scores.log_likelihoods]
    assert difference < AGREES < (max(values) - min(values)) / 100


def test_a_tokenizer_that_adds_a_beginning_agrees(tmp_path: Path) -> None:
    for name in ("arc_easy", "hellaswag"):
        compare(name, 6, small_model("llama"), tokenizer_with_beginning(), tmp_path)


def test_a_context_too_long_is_cut_at_its_beginning_as_lm_eval_cuts_it(tmp_path: Path) -> None:
    for name in ("hellaswag", "mmlu"):
        _, ours = compare(name, 8, small_model(length=60), make_tokenizer(None), tmp_path)
        assert any(scores.cut for scores in ours)


def test_a_model_with_a_sliding_window_agrees(tmp_path: Path) -> None:
    for name in ("arc_challenge", "mmlu"):
        compare(name, 6, small_model("mistral"), make_tokenizer(None), tmp_path)


def test_contexts_that_are_empty_begin_with_a_beginning_or_end_in_a_space_agree() -> None:
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from netgain.data.choice_tasks import ChoiceItem

    contexts = ["", "<|im_start|>Ann has 3 hats.", "Ann has 3 hats. \n ", "Ann " * 60]
    choices = ("4", "four hats and one more", "")
    items = [ChoiceItem(str(n), context, choices) for n, context in enumerate(contexts)]
    for tokenizer in (make_tokenizer(None), tokenizer_with_beginning()):
        model = small_model("llama")
        requests = [
            Instance("loglikelihood", {}, (item.context, f" {choice}"), n)
            for n, (item, choice) in enumerate((i, c) for i in items for c in i.choices)
        ]
        engine = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=2)
        expected = engine.loglikelihood(requests, disable_tqdm=True)
        ours = score_choices(model, tokenizer, items)
        found = [value for scores in ours for value in scores.log_likelihoods]
        assert found == pytest.approx([value for value, _ in expected], abs=AGREES)


def test_subjects_of_mmlu_have_lm_evals_categories_and_descriptions() -> None:
    found = {}
    for path in files("lm_eval").joinpath("tasks/mmlu/default").iterdir():
        if not path.name.startswith("mmlu_"):
            continue
        settings = task_file(f"mmlu/default/{path.name}")
        subject = settings["dataset_name"]
        found[subject] = settings["tag"].removeprefix("mmlu_").removesuffix("_tasks")
        assert f"about {subject.replace('_', ' ')}.\n\n" in settings["description"]
    ours = {
        subject: category.lower().replace(" ", "_") for subject, category in MMLU_CATEGORIES.items()
    }
    assert found == ours and len(ours) == 57


def test_five_shots_of_mmlu_are_put_as_lm_eval_puts_them(tmp_path: Path) -> None:
    rows = mmlu_rows(9, 6)
    file = tmp_path / "mmlu.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    items = choice_items("mmlu", load_task("mmlu", file).problems, load_shots("mmlu", 5, file))
    theirs = lm_eval_task("mmlu/default/mmlu_elementary_mathematics.yaml", rows, shots=5)
    asked = [(item.context, f" {choice}") for item in items for choice in item.choices]
    assert asked == [instance.args for instance in theirs.instances]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["arc_easy", "hellaswag", "mmlu"])
def test_the_embedded_model_agrees_on_two_dozen_items(name: str, tmp_path: Path) -> None:
    """Prints the figure that docs/tasks.md gives (`pytest -s`)."""
    from netgain.models.embedded import embedded_model
    from netgain.models.loading import load_model, load_tokenizer

    folder = embedded_model()
    difference, _ = compare(name, 24, load_model(folder, "fp32"), load_tokenizer(folder), tmp_path)
    print(f"{name}: largest difference of a log-likelihood {difference:.1e} nats")
