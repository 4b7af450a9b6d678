"""Rounding to an engine's precision: what it leaves of what was trained, and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from netgain.models.loading import load_tuned
from netgain.models.serving import KEPT, choose_serving
from training_bench import Bench


@pytest.fixture
def trained(tiny_model: Path, tmp_path: Path) -> Bench:
    """An adapter on a base whose weights lie on bf16's grid, as published ones do."""
    import shutil

    base = tmp_path / "bf16-base"
    shutil.copytree(tiny_model, base)
    path = base / "model.safetensors"
    rounded = {k: v.bfloat16().float() for k, v in load_file(path).items()}
    save_file(rounded, path, metadata={"format": "pt"})
    bench = Bench(base, tmp_path / "train")
    bench.run(epochs=4)
    return bench


def texts(bench: Bench) -> list[list[int]]:
    return [[*e.prompt_ids, *e.completion_ids] for e in bench.validation]


def scale_adapter(bench: Bench, factor: float) -> None:
    path = bench.folder / "adapter" / "adapter_model.safetensors"
    weights = {k: v * factor if "lora_B" in k else v for k, v in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.parametrize("engine", ["transformers", "openvino"])
def test_a_small_adapter_on_a_bf16_base_is_lost_in_rounding_and_served_in_fp32(
    engine: str, trained: Bench
) -> None:
    adapter = trained.folder / "adapter"
    scale_adapter(trained, 1e-4)
    found = choose_serving(trained.model, adapter, (engine, "bf16"), texts(trained))
    assert found.kept_as_asked < KEPT <= found.kept
    assert found.precision == "fp32" and not found.is_as_asked
    assert f"rounded to bf16 for {engine}" in found.words()


def test_a_large_adapter_is_kept_and_served_as_asked(trained: Bench) -> None:
    scale_adapter(trained, 30.0)
    asked = ("transformers", "bf16")
    found = choose_serving(trained.model, trained.folder / "adapter", asked, texts(trained))
    assert found.is_as_asked and found.kept == pytest.approx(1, abs=0.05)


def test_what_is_kept_is_what_the_served_weights_give(trained: Bench) -> None:
    """The figure against logits of models that are really loaded in bf16."""
    from netgain.models.loading import load_model

    scale_adapter(trained, 0.05)
    adapter, some = trained.folder / "adapter", texts(trained)[:2]
    asked = ("transformers", "bf16")
    found = choose_serving(trained.model, adapter, asked, some)

    def logits(model: Any) -> torch.Tensor:
        with torch.inference_mode():
            return torch.cat(
                [model.float()(input_ids=torch.tensor([ids])).logits[0, -32:] for ids in some]
            )

    change = logits(load_tuned(trained.model, adapter, "fp32", some[0])) - logits(
        load_model(trained.model, "fp32")
    )
    served = logits(load_tuned(trained.model, adapter, "bf16", some[0])) - logits(
        load_model(trained.model, "bf16")
    )
    assert found.kept_as_asked == pytest.approx(
        float((served * change).sum() / (change * change).sum()), abs=0.02
    )


def test_unrounded_weights_keep_all(trained: Bench) -> None:
    asked = ("transformers", "fp32")
    found = choose_serving(trained.model, trained.folder / "adapter", asked, texts(trained))
    assert (found.kept, found.is_as_asked) == (1.0, True)


def test_all_weights_may_be_lost_in_rounding_too(tiny_model: Path, tmp_path: Path) -> None:
    bench = Bench(tiny_model, tmp_path / "train")
    bench.run(weights="full", learning_rate=1e-6)
    asked = ("transformers", "bf16")
    found = choose_serving(tiny_model, bench.folder / "model", asked, texts(bench))
    assert found.kept_as_asked < KEPT and found.precision == "fp32"


def test_what_8_bits_leave_of_training_is_looked_at(trained: Bench) -> None:
    scale_adapter(trained, 1e-4)
    adapter = trained.folder / "adapter"
    found = choose_serving(trained.model, adapter, ("openvino", "int8"), texts(trained))
    assert found.kept_as_asked < KEPT and found.precision == "fp32"
    scale_adapter(trained, 3e5)
    found = choose_serving(trained.model, adapter, ("openvino", "int8"), texts(trained))
    assert found.is_as_asked
