"""Each known trap of fine-tuning, on a tiny random model."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from netgain.errors import EvaluationError, TrainingDiverged, TrainingError
from netgain.models.loading import apply_adapter, load_model
from netgain.recipe import TrainSettings
from netgain.train.batches import plan_steps
from netgain.train.checkpoints import last_checkpoint
from netgain.train.history import TaskScore
from netgain.train.stepping import Measured, Stepper
from training_bench import OF, Bench, examples_of


@pytest.fixture
def bench(tiny_model: Path, tmp_path: Path) -> Bench:
    return Bench(tiny_model, tmp_path / "train")


def test_loss_and_token_accuracy_are_measured_before_the_first_step_along_and_at_the_end(
    bench: Bench,
) -> None:
    bench.run(epochs=3)
    log = bench.log()
    first, last = log.points[0], log.points[-1]
    assert (first.step, log.steps, last.step) == (0, 6, 6)
    for point in (first, last):
        assert point.eval_loss is not None and point.eval_token_accuracy is not None
    assert [p.step for p in log.points if p.loss is not None] == [1, 2, 3, 4, 5, 6]
    assert [p.step for p in log.points if p.eval_loss is not None] == [0, 1, 2, 3, 4, 5, 6]
    assert last.tokens == 3 * sum(e.tokens for e in bench.train)
    assert last.eval_loss is not None and first.eval_loss is not None
    assert last.eval_loss < first.eval_loss
    assert first.eval_loss == pytest.approx(math.log(600), rel=0.05)  # a random model knows nothing


def test_validation_loss_is_the_mean_over_all_learned_tokens_whatever_is_batched(
    bench: Bench,
) -> None:
    """The trainer's number against one computed here, token by token."""
    for budget in (1, 300, 10_000):
        bench.budget = budget
        bench.folder = bench.folder.with_name(f"train-{budget}")
        bench.run()
        base = load_model(bench.model, "fp32")
        tuned = apply_adapter(base, bench.folder / "adapter", list(bench.train[0].prompt_ids))
        total, right, n = 0.0, 0, 0
        for e in bench.validation:
            ids, labels = torch.tensor([e.prompt_ids + e.completion_ids]), e.completion_ids
            with torch.inference_mode():
                logits = tuned(input_ids=ids).logits[0, len(e.prompt_ids) - 1 : -1]
            wanted = torch.tensor(labels)
            total += torch.nn.functional.cross_entropy(logits, wanted, reduction="sum").item()
            right += int((logits.argmax(-1) == wanted).sum())
            n += len(labels)
        log = bench.log()
        best = next(p for p in log.points if p.step == log.best_step)
        assert best.eval_loss == pytest.approx(total / n, rel=1e-4)
        assert best.eval_token_accuracy == pytest.approx(right / n, abs=1e-6)


def test_the_model_learns_to_stop(bench: Bench, tiny_model: Path) -> None:
    end = bench.renderer.end_id
    bench.train = examples_of([(list(e.prompt_ids[:20]), [end]) for e in bench.train])
    bench.validation = bench.train[:4]
    bench.run(epochs=10, learning_rate=0.05, early_stopping=None)
    prompt = list(bench.train[0].prompt_ids)
    tuned = apply_adapter(load_model(tiny_model, "fp32"), bench.folder / "adapter", prompt)
    with torch.inference_mode():
        logits = tuned(input_ids=torch.tensor([prompt])).logits[0, -1]
    assert int(logits.argmax()) == end


def test_the_best_weights_are_kept_not_the_last_and_patience_stops(bench: Bench) -> None:
    # A rate far too high: validation loss rises after some good steps.
    bench.run(epochs=40, learning_rate=1.0, schedule="constant",
              early_stopping={"patience": 3}, max_grad_norm=100.0)  # fmt: skip
    log = bench.log()
    validated = [p for p in log.points if p.eval_loss is not None and p.step > 0]
    best = min(validated, key=lambda p: p.eval_loss or 0)
    assert log.best_step == best.step
    assert log.steps < log.planned_steps, "early stopping did not act"
    assert len([p for p in validated if p.step > best.step]) == 3
    of_best = bench.folder / "checkpoints" / f"best-{best.step}"
    assert bench.weights() == (of_best / "adapter_model.safetensors").read_bytes()
    assert log.steps != best.step


def test_nothing_pickled_is_kept_and_the_adapter_is_safetensors(bench: Bench) -> None:
    bench.run()
    kinds = {p.suffix for p in bench.folder.rglob("*") if p.is_file()}
    assert kinds <= {".json", ".safetensors"}
    assert {p.name for p in (bench.folder / "adapter").iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors",
    }  # fmt: skip


def test_a_loss_that_is_no_number_stops_the_run_with_step_rate_and_advice(bench: Bench) -> None:
    def poison(stepper: Stepper) -> None:
        real = stepper.step

        def step(examples: Any, number: int, rate: float) -> Measured:
            found = real(examples, number, rate)
            return (
                Measured(found.sums * math.nan, *list(vars(found).values())[1:])
                if number
                else found
            )

        stepper.step = step  # type: ignore[method-assign]

    with pytest.raises(TrainingDiverged, match=r"nan at step 2, learning rate .*lower train\.lear"):
        bench.run(step=poison)
    assert not (bench.folder / "adapter").exists()


def test_how_many_tokens_are_passed_at_a_time_changes_nothing(
    bench: Bench, tiny_model: Path, tmp_path: Path
) -> None:
    """Without dropout all budgets see the same examples and the same mean over tokens."""
    losses = []
    for budget in (10_000, 500, 1):
        part = Bench(tiny_model, tmp_path / str(budget), budget)
        part.run(lora={"dropout": 0.0}, epochs=2)
        found = [(p.loss, p.grad_norm, p.eval_loss) for p in part.log().points]
        losses.append([value for row in found for value in row if value is not None])
    for other in losses[1:]:
        assert losses[0] == pytest.approx(other, rel=1e-4)


def test_an_adapter_that_changes_nothing_is_found_out(bench: Bench, tiny_model: Path) -> None:
    bench.run(learning_rate=1e-12)
    path = bench.folder / "adapter" / "adapter_model.safetensors"
    from safetensors.torch import load_file, save_file

    weights = {k: torch.zeros_like(v) if "lora_B" in k else v for k, v in load_file(path).items()}
    save_file(weights, path)
    with pytest.raises(EvaluationError, match="changes nothing"):
        apply_adapter(load_model(tiny_model, "fp32"), path.parent, list(bench.train[0].prompt_ids))


def test_a_run_that_was_moved_still_finds_its_best_weights(bench: Bench) -> None:
    bench.run()
    kept = bench.weights()
    moved = bench.folder.with_name("moved")
    bench.folder.rename(moved)
    bench.folder = moved
    bench.run()
    assert bench.weights() == kept


def test_lora_is_on_all_linear_layers_with_the_recipes_numbers(bench: Bench) -> None:
    bench.run()
    config = json.loads((bench.folder / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["lora_dropout"]) == (8, 16, 0.1)
    assert config["bias"] == "none"
    assert config["target_modules"] == sorted(config["target_modules"])
    assert {name.split(".")[-1] for name in config["target_modules"]} == {
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    }  # fmt: skip


def test_the_adapter_names_its_base_and_no_folder_of_the_machine_that_trained_it(
    bench: Bench,
) -> None:
    bench.run()
    text = (bench.folder / "adapter" / "adapter_config.json").read_text()
    assert json.loads(text)["base_model_name_or_path"] == bench.files.description
    assert str(bench.files.folder) not in text


@pytest.mark.parametrize("target", ["lm_head", "embed_tokens"])
def test_head_and_embeddings_are_refused_by_name(bench: Bench, target: str) -> None:
    with pytest.raises(TrainingError, match=rf"'{target}'.*head or embeddings"):
        bench.run(lora={"target_modules": ["q_proj", target]})


def test_steps_are_planned_before_the_first_one() -> None:
    plan = plan_steps(TrainSettings(), 6726)
    assert (plan.steps_per_epoch, plan.total, plan.validate_every) == (841, 2523, 84)
    long = plan_steps(TrainSettings(epochs=100), 6726)
    assert long.log_every > 1 and long.validate_every % long.log_every == 0


# -- going on ------------------------------------------------------------------------------


class Killed(Exception):
    pass


def killed_at(number: int) -> Any:
    """What makes a stepper end before step `number`, as a kill would."""

    def change(stepper: Stepper) -> None:
        real = stepper.step

        def step(examples: Any, at: int, rate: float) -> Measured:
            if at == number:
                raise Killed
            return real(examples, at, rate)

        stepper.step = step  # type: ignore[method-assign]

    return change


LONG = {"epochs": 4, "checkpoint_seconds": 1e-9, "batch_size": 4}  # a checkpoint every step


def interrupted(bench: Bench, at: int = 9) -> None:
    with pytest.raises(Killed):
        bench.run(step=killed_at(at), **LONG)


def untimed(bench: Bench) -> list[dict[str, Any]]:
    state = json.loads((bench.folder / "trainer_state.json").read_text())
    clocks = {"seconds", "eval_runtime"}
    return [{k: v for k, v in row.items() if k not in clocks} for row in state["log_history"]]


@pytest.mark.parametrize("way", [{}, {"lora": {"use_dora": True}}, {"weights": "full"}])
def test_an_interrupted_training_ends_bit_for_bit_as_an_uninterrupted_one(
    way: dict[str, Any], bench: Bench, tiny_model: Path, tmp_path: Path
) -> None:
    whole = Bench(tiny_model, tmp_path / "whole")
    whole.run(**LONG, **way)
    for at in (3, 9):
        with pytest.raises(Killed):
            bench.run(step=killed_at(at), **LONG, **way)
    bench.run(**LONG, **way)
    assert untimed(bench) == untimed(whole)
    result = (
        "model/model.safetensors" if way.get("weights") else "adapter/adapter_model.safetensors"
    )
    assert (bench.folder / result).read_bytes() == (whole.folder / result).read_bytes()


@pytest.mark.parametrize("damage", ["flip", "cut", "delete"])
@pytest.mark.parametrize(
    "name", ["optimizer.safetensors", "adapter_model.safetensors", "trainer_state.json",
             "manifest.json"],
)  # fmt: skip
def test_a_damaged_checkpoint_is_told_and_training_goes_on_from_the_one_before(
    name: str, damage: str, bench: Bench, tiny_model: Path, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    whole = Bench(tiny_model, tmp_path / "whole")
    whole.run(**LONG)
    interrupted(bench)
    newest = bench.folder / "checkpoints" / "checkpoint-9"
    path = newest / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(content if damage == "flip" else content[: len(content) // 2])
    bench.run(**LONG)
    assert "cannot go on from checkpoint-9" in caplog.text
    if name != "manifest.json":  # a digest that is damaged accuses its file
        assert name in caplog.text
    assert untimed(bench) == untimed(whole)
    assert bench.weights() == whole.weights()


def test_an_interrupted_training_says_where_it_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "netgain")
    interrupted(bench)
    bench.run(**LONG)
    assert "training goes on from step 9" in caplog.text


def test_where_the_best_weights_are_damaged_training_goes_on_from_before_them(
    bench: Bench, tiny_model: Path, tmp_path: Path
) -> None:
    whole = Bench(tiny_model, tmp_path / "whole")
    whole.run(**LONG)
    interrupted(bench)
    for path in bench.folder.glob("checkpoints/best-*/adapter_model.safetensors"):
        path.write_bytes(b"")
    bench.run(**LONG)
    assert bench.weights() == whole.weights()


def test_a_checkpoint_of_another_training_is_not_gone_on_from(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    interrupted(bench)
    assert last_checkpoint(bench.folder / "checkpoints", "another") is None
    assert caplog.text.count("training begins anew") == 1
    assert not list(bench.folder.glob("checkpoints/*-*"))


def test_a_training_that_validates_at_every_step_has_checkpoints_too(bench: Bench) -> None:
    changes = {**LONG, "batch_size": 16}
    with pytest.raises(Killed):
        bench.run(step=killed_at(3), **changes)
    found = last_checkpoint(bench.folder / "checkpoints", OF)
    assert found is not None and found.step == 3


def test_a_validation_loss_that_is_no_number_is_never_the_best(bench: Bench) -> None:
    def poison(stepper: Stepper) -> None:
        stepper.validate = lambda *_: (math.nan, 0.0)  # type: ignore[method-assign]

    with pytest.raises(TrainingDiverged, match="validation loss became nan at step 0"):
        bench.run(step=poison)


def test_a_single_step_learns_something(bench: Bench) -> None:
    """A warm-up begins at a rate of 0, so it must leave a step after it."""
    bench.run(batch_size=16)
    log = bench.log()
    assert (log.steps, log.best_step) == (1, 1)
    assert log.points[-1].learning_rate == pytest.approx(0.01)


def test_a_step_without_a_learning_rate_is_not_kept_as_the_best(bench: Bench) -> None:
    bench.run(epochs=4, learning_rate=1.0, max_grad_norm=100.0, schedule="constant_with_warmup",
              early_stopping=None)  # fmt: skip
    assert bench.log().points[1].learning_rate == 0
    assert (bench.log().best_step or 0) > 1


def test_the_log_is_one_that_transformers_reads(bench: Bench) -> None:
    from transformers import TrainerState

    bench.run(epochs=2)
    state = TrainerState.load_from_json(str(bench.folder / "trainer_state.json"))
    assert (state.global_step, state.max_steps) == (4, 4)
    assert state.num_input_tokens_seen == 2 * sum(e.tokens for e in bench.train)
    assert [row["step"] for row in state.log_history if "loss" in row] == [1, 2, 3, 4]


def test_few_checkpoints_are_kept(bench: Bench) -> None:
    bench.run(**LONG)
    kept = sorted(p.name for p in (bench.folder / "checkpoints").iterdir())
    assert len([name for name in kept if name.startswith("checkpoint-")]) == 2
    assert len([name for name in kept if name.startswith("best-")]) <= 2
    found = last_checkpoint(bench.folder / "checkpoints", OF)
    assert found is not None and found.finished


# -- accuracy on the task ------------------------------------------------------------------


def test_accuracy_on_the_task_stands_in_the_log_beside_token_accuracy(bench: Bench) -> None:
    asked: list[tuple[int, bool]] = []

    def ask(step: int, weights: Path | None) -> TaskScore:
        asked.append((step, weights is not None and (weights / "adapter_config.json").exists()))
        return TaskScore(n=4, correct=step, strict=0)

    bench.run(ask=ask, epochs=2, accuracy={"every": 2})
    assert asked == [(0, False), (2, True), (4, True)]
    points = {p.step: p for p in bench.log().points}
    assert [(p.task_n, p.task_correct) for s, p in points.items() if p.task_n] == [
        (4, 0), (4, 2), (4, 4),
    ]  # fmt: skip
    assert points[1].task_n is None and points[1].eval_token_accuracy is not None
    assert not list(bench.folder.rglob(".asked*"))


def test_the_kept_weights_may_follow_accuracy_on_the_task(bench: Bench) -> None:
    def ask(step: int, weights: Path | None) -> TaskScore:
        return TaskScore(n=4, correct=3 if step == 2 else 1, strict=0)

    bench.run(ask=ask, epochs=4, accuracy={}, select="validation_accuracy",
              early_stopping={"patience": 3})  # fmt: skip
    log = bench.log()
    assert log.best_step == 2  # although the loss falls on
    state = json.loads((bench.folder / "trainer_state.json").read_text())
    assert state["best_metric"] == 0.75
    assert log.steps == 5 < log.planned_steps  # patience counts validations without more right
    losses = {p.step: p.eval_loss for p in log.points}
    assert losses[5] < losses[2]
