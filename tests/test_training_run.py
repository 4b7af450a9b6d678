"""A whole run with what the trainer has learned to do: curves of accuracy, all weights, kinds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conftest import REFERENCE, netgain, tiny
from netgain.store import RunDirectory

SMALL = (
    "train.precision=fp32", "evaluate.precision=fp32", "train.epochs=1", "evaluate.limit=6",
    "train.validations_per_epoch=2", "evaluate.max_new_tokens=24", "train.learning_rate=0.01",
)  # fmt: skip


def test_accuracy_while_training_is_in_log_report_and_chart(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    root = tmp_path / "run"
    command = ("run", REFERENCE, *tiny(tiny_model, hub_data, *SMALL, "train.accuracy={limit: 3}"))
    done = netgain(*command, "--out", root)
    assert done.returncode == 0, done.stderr
    log = RunDirectory(root).training_log()
    assert [(p.step, p.task_n) for p in log.points if p.task_n] == [
        (p.step, 3) for p in log.points if p.eval_loss is not None
    ]
    page = (root / "report" / "report.html").read_text()
    assert "Tokens guessed, problems solved" in page
    found = json.loads((root / "report" / "report.json").read_text())
    named = {m["name"]: m for m in found["training_metrics"]}
    metric = named["accuracy on validation problems, of the kept weights"]
    assert metric["kind"] == "generated" and metric["estimate"]["n"] == 3
    assert any("the trained weights" in c["text"] for c in found["concerns"])
    assert not (root / "train" / "checkpoints").exists()


@pytest.mark.slow
def test_all_weights_are_trained_evaluated_and_reported_as_a_model(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    root = tmp_path / "run"
    done = netgain(
        "run", REFERENCE, *tiny(tiny_model, hub_data, *SMALL, "train.weights=full"), "--out", root
    )
    # The reference recipe spells its LoRA settings out, all at their defaults.
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (root / "train" / "model").iterdir()} >= {
        "model.safetensors", "config.json", "tokenizer.json",
    }  # fmt: skip
    assert not (root / "train" / "adapter").exists()
    tuned = RunDirectory(root).evaluation("tuned").summary()
    assert tuned is not None and tuned.settings["adapter"].startswith("a whole model, ")
    training = RunDirectory(root).training()
    assert training is not None
    assert training["trainable_parameters"] == training["parameters"]
    card = (root / "report" / "README.md").read_text()
    assert "All weights of" in card and 'MODEL = "train/model"' in card and "PeftModel" not in card
    again = netgain("run", REFERENCE, *tiny(tiny_model, hub_data, *SMALL, "train.weights=full"),
                    "--out", root)  # fmt: skip
    assert again.returncode == 0 and "already done" in again.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("train.select=validation_accuracy",), "train.select: validation_accuracy needs tr"),
        (("train.weights=full", "train.lora.r=4"), "train.lora has no effect with train.weights"),
        (("data.builtin_steps=2",), "data.builtin_steps: 2 has an effect on the built-in problems"),
        (("train.lora.rslora=true",), "did you mean 'train.lora.use_rslora'"),
        (("train.packing=true",), "no such setting; examples are always packed"),
        (("train.lora_r=4",), "did you mean 'train.lora.r'"),
        (("train.load_in_4bit=true",), "set train.weights: qlora for a base of 4 bits"),
    ],
)  # fmt: skip
def test_settings_without_effect_are_refused(
    settings: tuple[str, ...], said: str, tiny_model: Path, hub_data: Path
) -> None:
    done = netgain("plan", REFERENCE, *tiny(tiny_model, hub_data, *settings))
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


@pytest.mark.slow
def test_an_adapter_of_another_base_is_refused_unless_allowed(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    """In the run that trained it the model is known by its content, whatever it is called."""
    root = tmp_path / "run"
    done = netgain("run", REFERENCE, *tiny(tiny_model, hub_data, *SMALL, "model.name=Otherwise"),
                   "--only", "train", "--out", root)  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Inside its run a changed one would be refused for that.
    shutil.copytree(root / "train" / "adapter", tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_config.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "base_model_name_or_path": "someone/else-7B"}))
    command = ("evaluate", tiny_model, "--data", "builtin", "--limit", "2", "--engine",
               "transformers", "--set", "evaluate.max_new_tokens=8",
               "--adapter", tmp_path / "adapter")  # fmt: skip
    own = (*command[:-1], root / "train" / "adapter")
    assert netgain(*own, "--out", tmp_path / "own").returncode == 0
    refused = netgain(*command, "--out", tmp_path / "a")
    assert refused.returncode == 1
    assert "trained on 'someone/else-7B'" in refused.stderr and "--any-base" in refused.stderr
    assert netgain(*command, "--any-base", "--out", tmp_path / "a").returncode == 0
    path.write_text(json.dumps({**said, "base_model_name_or_path": f"owner/{tiny_model.name}"}))
    assert netgain(*command, "--out", tmp_path / "b").returncode == 0
