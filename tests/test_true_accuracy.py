"""The callback for other trainers, in TRL's and transformers' own, with a tiny random model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import netgain
from netgain.callbacks import TrueAccuracy
from netgain.data.rows import problem_to_row
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, EvaluationError, RecipeError, UsageError
from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.in_training import lent
from netgain.generate.sampler import Sampling
from netgain.generate.transformers_engine import TransformersSampler
from netgain.importers import read_trainer_state
from netgain.models.loading import load_model, load_renderer, load_tokenizer
from netgain.prompts import prompter
from netgain.recipe import PromptSettings

ASKED = [problem_to_row(p) for p in word_problems(8, 5)]
KEYS = {
    "eval_task_accuracy", "eval_task_accuracy_low", "eval_task_accuracy_high",
    "eval_task_accuracy_strict", "eval_task_cut_off", "eval_task_seconds", "eval_generated_n",
    "eval_generated_correct", "eval_generated_strict",
}  # fmt: skip


def accuracy(problems: Any = ASKED, **changes: Any) -> TrueAccuracy:
    return TrueAccuracy(problems, **{"max_new_tokens": 8, **changes})


def trl_trainer(
    model: Path, out: Path, callbacks: Sequence[Any] = (), lora: bool = True, **changes: Any
) -> Any:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    rows = [{"prompt": p.question, "completion": " " + p.solution} for p in word_problems(10, 1)]
    settings: dict[str, Any] = {
        "per_device_train_batch_size": 2, "max_steps": 4, "eval_strategy": "steps",
        "eval_steps": 2, "logging_steps": 1, "learning_rate": 0.01, "use_cpu": True, "bf16": False,
        "report_to": "none", "save_strategy": "no", "disable_tqdm": True,
    }  # fmt: skip
    adapter = LoraConfig(r=4, lora_dropout=0.2, target_modules="all-linear")
    torch.manual_seed(0)
    return SFTTrainer(
        model=load_model(model, "fp32"),
        args=SFTConfig(output_dir=str(out), **{**settings, **changes}),
        train_dataset=Dataset.from_list(rows[:8]), eval_dataset=Dataset.from_list(rows[8:]),
        processing_class=load_tokenizer(model), callbacks=list(callbacks),
        peft_config=adapter if lora else None,
    )  # fmt: skip


def plain_trainer(model: Path, out: Path, callbacks: Sequence[Any] = (), **changes: Any) -> Any:
    from transformers import Trainer, TrainingArguments

    loaded = load_model(model, "fp32")
    tokenizer = load_tokenizer(model)
    rows = []
    for p in word_problems(10, 1):
        ids = tokenizer(f"{p.question} {p.solution}")["input_ids"][:60]
        rows.append({"input_ids": ids + [0] * (60 - len(ids)),
                     "labels": ids + [-100] * (60 - len(ids))})  # fmt: skip
    settings: dict[str, Any] = {
        "per_device_train_batch_size": 2, "max_steps": 4, "eval_strategy": "steps",
        "eval_steps": 2, "logging_steps": 1, "learning_rate": 0.01, "use_cpu": True,
        "report_to": "none", "save_strategy": "no", "disable_tqdm": True, **changes,
    }  # fmt: skip
    return Trainer(
        model=loaded, args=TrainingArguments(output_dir=str(out), **settings),
        train_dataset=rows[:8], eval_dataset=rows[8:], processing_class=tokenizer,
        callbacks=list(callbacks),
    )  # fmt: skip


def logged(trainer: Any) -> list[dict[str, Any]]:
    return [row for row in trainer.state.log_history if "eval_task_accuracy" in row]


def own_row(row: dict[str, Any]) -> dict[str, Any]:
    clocks = ("runtime", "per_second", "task", "generated")
    return {k: v for k, v in row.items() if not any(word in k for word in clocks)}


def weights(trainer: Any) -> dict[str, torch.Tensor]:
    return {n: p.detach().clone() for n, p in trainer.model.named_parameters()}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="lora, checkpointing"),
        pytest.param(
            {"lora": False, "gradient_checkpointing": False},
            id="all weights",
            marks=pytest.mark.slow,
        ),
        pytest.param({"packing": True, "max_length": 64}, id="packed", marks=pytest.mark.slow),
        pytest.param({"bf16": True}, id="bf16", marks=pytest.mark.slow),
    ],
)
def test_trl_logs_it_at_each_evaluation_and_trains_as_without(
    tiny_model: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    without = trl_trainer(tiny_model, tmp_path / "without", **changes)
    without.train()
    asked = accuracy()
    trainer = trl_trainer(tiny_model, tmp_path / "with", [asked], **changes)
    trainer.train()
    rows = logged(trainer)
    assert [row["step"] for row in rows] == [0, 2, 4]
    assert all(set(row) >= KEYS and row["eval_generated_n"] == 8 for row in rows)
    assert not any("mean_token_accuracy" in key for row in rows for key in row)
    ours, theirs = weights(trainer), weights(without)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    kept = [own_row(r) for r in trainer.state.log_history if "eval_task_accuracy" not in r]
    assert kept == [own_row(r) for r in without.state.log_history]
    assert trainer.model.training == without.model.training
    assert trainer.model.config._attn_implementation == without.model.config._attn_implementation
    assert [r["step"] for r in asked.rounds] == [0, 2, 4]


def test_transformers_trainer_logs_it_and_trains_as_without(
    tiny_model: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    without = plain_trainer(tiny_model, tmp_path / "without")
    without.train()
    torch.manual_seed(0)
    trainer = plain_trainer(tiny_model, tmp_path / "with", [accuracy()])
    trainer.train()
    assert [row["step"] for row in logged(trainer)] == [0, 2, 4]
    ours, theirs = weights(trainer), weights(without)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_answers_are_those_of_an_evaluation_of_the_same_weights(
    tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers"
    trainer = trl_trainer(tiny_model, tmp_path / "t", [accuracy(out=out)], max_steps=2)
    trainer.train()
    merged = trainer.model.merge_and_unload().eval()
    sampler = TransformersSampler(merged, load_renderer(tiny_model))
    ask = prompter(PromptSettings())
    questions = [Question(p.id, ask(p)) for p in word_problems(8, 5)]
    expected = {g.problem_id: g.text for g in answer_unit(sampler, questions, Asking(Sampling(8)))}
    lines = (out / "trained.jsonl").read_text(encoding="utf-8").splitlines()
    assert {row["id"]: row["completion"] for row in map(json.loads, lines)} == expected
    assert (out / "step-2.jsonl").read_text() == (out / "trained.jsonl").read_text().replace(
        '"trained"', '"step-2"'
    )
    assert (out / "step-0.jsonl").read_text() != (out / "step-2.jsonl").read_text()


def test_before_the_first_step_they_are_those_of_netgain_evaluate(
    tiny_model: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text("".join(json.dumps(row) + "\n" for row in ASKED))
    out = tmp_path / "answers"
    plain_trainer(tiny_model, tmp_path / "t", [accuracy(asked, out=out)], max_steps=1).train()
    found = netgain.evaluate(
        tiny_model, asked, engine="transformers", out=tmp_path / "e", quiet=True,
        changes={"evaluate.max_new_tokens": 8, "evaluate.precision": "fp32"},
    )  # fmt: skip
    said = [
        {row["id"]: (row["completion"], row["finish_reason"], row["gold"])
         for row in map(json.loads, path.read_text("utf-8").splitlines())}
        for path in (out / "step-0.jsonl", found.answers)
    ]  # fmt: skip
    assert said[0] == said[1] and len(said[0]) == 8


def test_what_is_lent_is_given_back_as_it_was(tiny_model: Path) -> None:
    """Also where what answers draws, and changes modes and attention."""
    import random

    import numpy

    model = load_model(tiny_model, "fp32").train()
    model.lm_head.eval()
    renderer = load_renderer(tiny_model)

    def state() -> list[Any]:
        return [
            torch.get_rng_state().tolist(), random.getstate(), str(numpy.random.get_state()),
            [module.training for module in model.modules()], model.config._attn_implementation,
        ]  # fmt: skip

    before = state()
    with pytest.raises(RuntimeError, match="on the way"), lent(model, renderer) as sampler:
        torch.rand(3), random.random(), numpy.random.rand()
        assert not any(module.training for module in model.modules())
        assert sampler.shares_prefix and model.config._attn_implementation != before[-1]
        raise RuntimeError("on the way")
    assert state() == before


@pytest.mark.slow
def test_rewards_and_policy_gradients_are_those_without_it(
    tiny_model: Path, tmp_path: Path
) -> None:
    """GRPO draws its answers, so a generator in another state would show."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    def train(out: Path, callbacks: list[Any]) -> Any:
        rows = [{"prompt": p.question} for p in word_problems(6, 1)]
        torch.manual_seed(0)
        trainer = GRPOTrainer(
            model=load_model(tiny_model, "fp32"), reward_funcs=reward,
            args=GRPOConfig(
                output_dir=str(out), use_cpu=True, bf16=False, max_steps=2,
                per_device_train_batch_size=4, per_device_eval_batch_size=4, num_generations=2,
                max_completion_length=8, report_to="none", eval_strategy="steps", eval_steps=1,
                logging_steps=1, save_strategy="no", disable_tqdm=True, learning_rate=0.01,
            ),
            train_dataset=Dataset.from_list(rows), eval_dataset=Dataset.from_list(rows[:4]),
            processing_class=load_tokenizer(tiny_model), callbacks=callbacks,
        )  # fmt: skip
        trainer.train()
        return trainer

    def reward(completions: list[str], **_: Any) -> list[float]:
        return [float(len(text) % 3) for text in completions]

    without, trainer = train(tmp_path / "a", []), train(tmp_path / "b", [accuracy()])
    assert [row["step"] for row in logged(trainer)] == [0, 1, 2]
    ours, theirs = weights(trainer), weights(without)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_answers_are_graded_and_compared_by_the_commands(
    tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers"
    trl_trainer(tiny_model, tmp_path / "t", [accuracy(out=out)], max_steps=1).train()
    assert netgain.grade(out / "trained.jsonl").models["trained"].n == 8
    [pair] = netgain.compare(out / "step-0.jsonl", out / "trained.jsonl").pairs
    assert pair.n == 8


def test_right_answers_are_counted_and_trackers_hear_of_them(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that answers well is put in its place: three right, of these one in the form."""
    from dataclasses import replace

    from transformers import TrainerCallback

    import netgain.generate.in_training as room

    problems = word_problems(8, 5)
    said = {p.id: "no idea" for p in problems}
    said[problems[0].id] = f"\\boxed{{{problems[0].answer}}}"
    for p in problems[1:3]:
        said[p.id] = f"So it is {p.answer}."
    true = room.answer_unit

    def answer(sampler: Any, questions: Any, asking: Any, tell: Any) -> Any:
        found = true(sampler, questions, asking, tell)
        return [replace(g, text=said[g.problem_id], finish_reason="stop") for g in found]

    monkeypatch.setattr(room, "answer_unit", answer)
    heard: list[dict[str, float]] = []

    class Tracker(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            heard.append(logs)

    trainer = plain_trainer(tiny_model, tmp_path, [accuracy(), Tracker()])
    trainer.train()
    trainer.save_state()
    row = next(row for row in heard if "eval_task_accuracy" in row)
    assert row["eval_task_accuracy"] == 3 / 8 and row["eval_task_accuracy_strict"] == 1 / 8
    # Wilson's interval for 3 of 8, as statsmodels gives it
    assert row["eval_task_accuracy_low"] == pytest.approx(0.136844, abs=1e-5)
    assert row["eval_task_accuracy_high"] == pytest.approx(0.694258, abs=1e-5)
    read = read_trainer_state(tmp_path / "trainer_state.json")
    points = [(p.step, p.task_n, p.task_correct, p.task_strict) for p in read.points if p.task_n]
    assert points == [(0, 8, 3, 1), (2, 8, 3, 1), (4, 8, 3, 1)]
    told = " ".join(str(netgain.import_results(tmp_path / "trainer_state.json")).split())
    assert "3 of 8 validation problems solved at last" in told.replace("| ", "")


def test_the_best_checkpoint_can_be_chosen_by_it(tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers"
    trainer = plain_trainer(
        tiny_model, tmp_path / "t", [accuracy(out=out)], save_strategy="steps", save_steps=2,
        load_best_model_at_end=True, metric_for_best_model="task_accuracy", greater_is_better=True,
    )  # fmt: skip
    trainer.train()
    # Nothing of a random model is right, so the first of equally good ones is kept.
    assert trainer.state.best_metric == 0.0 and trainer.state.best_global_step == 2
    lines = [(out / f"{name}.jsonl").read_text() for name in ("step-2", "step-4", "trained")]
    first, last, kept = (text.replace(name, "X") for text, name in
                         zip(lines, ("step-2", "step-4", "trained"), strict=True))  # fmt: skip
    assert kept == first != last
    rows = len(logged(trainer))
    assert trainer.evaluate()["eval_generated_n"] == 8  # of the weights that are back
    assert len(logged(trainer)) == rows + 1


TWO = """
import json, sys
from pathlib import Path
from test_true_accuracy import accuracy, logged, plain_trainer
model, out = map(Path, sys.argv[1:])
trainer = plain_trainer(model, out / "t", [accuracy(out=out / "answers", batch_size=2)],
                        max_steps=2, metric_for_best_model="task_accuracy",
                        greater_is_better=True, load_best_model_at_end=False)
trainer.train()
rank = trainer.args.process_index
(out / f"rank-{rank}.json").write_text(json.dumps([trainer.args.world_size, logged(trainer)]))
"""


@pytest.mark.slow
def test_two_processes_answer_a_part_each(tiny_model: Path, tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(TWO)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
         str(script), str(tiny_model), str(tmp_path)],
        capture_output=True, text=True, timeout=280, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for rank in range(2):
        world, rows = json.loads((tmp_path / f"rank-{rank}.json").read_text())
        assert world == 2
        assert [(row["step"], row["eval_generated_n"]) for row in rows] == [(0, 8), (2, 8)]
    alone = plain_trainer(tiny_model, tmp_path / "a", [accuracy(out=tmp_path / "alone")])
    alone.train()
    both = [(tmp_path / where / "step-0.jsonl").read_text() for where in ("answers", "alone")]
    assert both[0] == both[1]


def test_it_can_be_asked_every_so_many_steps(tiny_model: Path, tmp_path: Path) -> None:
    trainer = plain_trainer(
        tiny_model, tmp_path, [accuracy(every=3, at_start=False)], max_steps=7, eval_strategy="no"
    )
    trainer.train()
    assert [row["step"] for row in logged(trainer)] == [3, 6]


def test_several_validation_sets_are_one_round(tiny_model: Path, tmp_path: Path) -> None:
    trainer = plain_trainer(tiny_model, tmp_path, [accuracy(at_start=False)])
    trainer.eval_dataset = {"one": trainer.eval_dataset, "two": trainer.eval_dataset}
    trainer.train()
    assert [row["step"] for row in logged(trainer)] == [2, 4]


def test_time_is_bounded_and_later_rounds_are_of_the_same_problems(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    import netgain.generate.in_training as room

    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            self.now += 1.0
            return self.now

    monkeypatch.setattr(room, "time", Clock())
    asked = accuracy(batch_size=2, max_seconds=30, max_new_tokens=12)
    trainer = plain_trainer(tiny_model, tmp_path, [asked])
    trainer.train()
    counts = [row["eval_generated_n"] for row in logged(trainer)]
    assert counts[0] in (2, 4) and counts == sorted(counts, reverse=True)
    assert f"{counts[0]} of 8 problems were answered in 30 seconds" in caplog.text
    late = accuracy(batch_size=2, max_seconds=3)
    with pytest.raises(EvaluationError, match="not one batch of answers was finished in 3 seconds"):
        plain_trainer(tiny_model, tmp_path / "late", [late]).train()


def test_a_later_failure_does_not_end_a_training(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    import netgain.train.true_accuracy as room

    asked = accuracy()
    trainer = plain_trainer(tiny_model, tmp_path, [asked])
    true, calls = room.answer_within, []

    def fails_later(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the disk is on fire")
        return true(*given)

    monkeypatch.setattr(room, "answer_within", fails_later)
    trainer.train()
    assert [row["step"] for row in logged(trainer)] == [0, 4]
    assert "no accuracy on the task at step 2: the disk is on fire" in caplog.text


def test_a_trainer_without_a_tokenizer_is_told_so(tiny_model: Path, tmp_path: Path) -> None:
    trainer = plain_trainer(tiny_model, tmp_path, [accuracy()])
    trainer.processing_class = trainer.callback_handler.processing_class = None
    with pytest.raises(EvaluationError, match="no tokenizer; give it processing_class"):
        trainer.train()
    other = plain_trainer(tiny_model, tmp_path, [accuracy(tokenizer=load_tokenizer(tiny_model))])
    other.processing_class = other.callback_handler.processing_class = None
    other.train()
    assert len(logged(other)) == 3


@pytest.mark.parametrize("stage", [3, None])
def test_weights_that_are_spread_over_processes_are_refused(stage: int | None) -> None:
    from netgain.train.true_accuracy import _refuse_sharded

    plugin = stage and SimpleNamespace(zero_stage=stage)
    state = SimpleNamespace(deepspeed_plugin=plugin)
    trainer = SimpleNamespace(
        is_fsdp_enabled=stage is None, accelerator=SimpleNamespace(state=state)
    )
    with pytest.raises(EvaluationError, match="spread over processes"):
        _refuse_sharded(trainer)
    trainer.is_fsdp_enabled, state.deepspeed_plugin = False, SimpleNamespace(zero_stage=2)
    _refuse_sharded(trainer)


def test_an_adapter_beside_the_layers_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    from peft import PromptTuningConfig, get_peft_model

    trainer = plain_trainer(tiny_model, tmp_path, [accuracy()])
    config = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)
    trainer.model = trainer.model_wrapped = get_peft_model(trainer.model, config)
    trainer.callback_handler.model = trainer.model
    with pytest.raises(EvaluationError, match="PROMPT_TUNING cannot answer while it is trained"):
        trainer.train()


@pytest.mark.parametrize("kind", ["a classifier", "spread"])
def test_a_model_that_cannot_answer_is_refused(
    kind: str, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoConfig, Qwen2ForSequenceClassification

    config = AutoConfig.from_pretrained(tiny_model)
    if kind == "spread":

        class DTensor(torch.nn.Parameter):
            pass

        model: Any = load_model(tiny_model, "fp32")
        model.lm_head.weight = DTensor(model.lm_head.weight.detach())
        said = "spread over processes"
    else:
        model, said = Qwen2ForSequenceClassification(config), "is no model that goes on with a text"
    with pytest.raises(EvaluationError, match=said), lent(model, load_renderer(tiny_model)):
        pass


def test_the_tokenizer_of_the_trainer_stays_as_it_is(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template, tokenizer.pad_token = None, None
    trainer = plain_trainer(tiny_model, tmp_path, [accuracy()])
    trainer.processing_class = trainer.callback_handler.processing_class = tokenizer
    trainer.train()
    assert tokenizer.chat_template is None and tokenizer.pad_token is None
    assert len(logged(trainer)) == 3


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"problems": "nowhere.jsonl"}, DataError, "nowhere.jsonl"),
        ({"problems": []}, DataError, "no usable validation problem"),
        ({"problems": [{"question": "How many?"}]}, DataError, "no 'answer'"),
        ({"problems": 5}, UsageError, "give a file, or a list of rows"),
        ({"limit": 0}, RecipeError, "evaluate.limit"),
        ({"prompt": "zero_shot"}, RecipeError, "prompt.style"),
        ({"prompt": {"instructions": "x"}}, RecipeError, "instruction"),
        ({"prompt": "few_shot_chat"}, DataError, "shots"),
        ({"every": 0}, UsageError, "every"),
        ({"max_seconds": -1}, UsageError, "max_seconds"),
        ({"every": "often"}, UsageError, "every"),
    ],
)
def test_what_cannot_be_is_refused_when_the_callback_is_made(
    given: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        accuracy(**given)


def test_problems_come_from_files_and_from_rows_alike(tmp_path: Path) -> None:
    file = tmp_path / "asked.jsonl"
    lines = [{"text": row["question"], "gold": row["gold"]} for row in ASKED]
    file.write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"text": "odd"}]))
    read = accuracy(file, columns={"question": "text"})
    given = accuracy(lines, columns=["question=text"])
    questions = [{p.question for p, _ in one.asked.values()} for one in (read, given)]
    assert questions[0] == questions[1] == {row["question"] for row in ASKED}
    assert len(accuracy(file, columns={"question": "text"}, limit=3).asked) == 3
    pandas = pytest.importorskip("pandas")
    table = accuracy(pandas.DataFrame(lines), columns={"question": "text"})
    assert {p.question for p, _ in table.asked.values()} == questions[0]


def test_without_torch_the_module_says_what_to_install() -> None:
    from test_architecture import without_torch

    done = without_torch(
        "from netgain.errors import MissingDependency\n"
        "import netgain\n"
        "try:\n    import netgain.callbacks\nexcept MissingDependency as e:\n    print(e)"
    )
    assert "pip install 'netgain[train]'" in done.stdout, done.stderr


def test_importing_netgain_imports_no_torch() -> None:
    code = "import netgain, sys; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
