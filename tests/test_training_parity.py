"""What the loop computes, against TRL and PEFT on the same batches; what dropout drops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import SequentialSampler

from netgain.models.loading import load_model
from netgain.recipe import TrainSettings
from netgain.train.attention import pack_attention
from netgain.train.batches import examples_of_step, lay_out, plan_steps, within_budget
from netgain.train.examples import Example
from netgain.train.lora import Masks, speed_up_lora
from netgain.train.objective import batch_loss, plain_head
from netgain.train.schedule import rate_of_step
from training_bench import Bench

WAYS: dict[str, dict[str, Any]] = {
    "lora": {"lora": {"dropout": 0.0}},
    "chosen modules": {"lora": {"dropout": 0.0, "target_modules": ["q_proj", "down_proj"]}},
    "rslora": {"lora": {"dropout": 0.0, "use_rslora": True}},
    "dora": {"lora": {"dropout": 0.0, "use_dora": True}},
    "biases": {"lora": {"dropout": 0.0, "bias": "all"}},
    "dft": {"lora": {"dropout": 0.0}, "loss": "dft"},
    "full": {"weights": "full", "learning_rate": 0.001},
}


@pytest.fixture
def bench(tiny_model: Path, tmp_path: Path) -> Bench:
    return Bench(tiny_model, tmp_path / "train")


def trl_rows(bench: Bench, settings: TrainSettings) -> list[dict[str, list[int]]]:
    """The examples in the order in which the loop takes them."""
    order = [
        place
        for step in range(plan_steps(settings, len(bench.train)).total)
        for place in examples_of_step(settings, len(bench.train), step)
    ]
    return [
        {
            "input_ids": [*e.prompt_ids, *e.completion_ids],
            "labels": [-100] * len(e.prompt_ids) + list(e.completion_ids),
        }
        for e in (bench.train[place] for place in order)
    ]


def train_by_trl(bench: Bench, settings: TrainSettings, folder: Path) -> tuple[Any, list[Any]]:
    """TRL's trainer over PEFT's own forward, from the same start; the model and the log."""
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from trl import SFTConfig, SFTTrainer

    model = load_model(bench.model, "fp32")
    if settings.weights == "lora":
        torch.manual_seed(settings.seed)
        targets = settings.lora.target_modules
        model = get_peft_model(
            model,
            LoraConfig(
                r=settings.lora.r, lora_alpha=settings.lora.alpha,
                lora_dropout=settings.lora.dropout, bias=settings.lora.bias,
                use_rslora=settings.lora.use_rslora, use_dora=settings.lora.use_dora,
                target_modules=targets if isinstance(targets, str) else list(targets),
                task_type="CAUSAL_LM",
            ),
        )  # fmt: skip
    loss: Any = {} if settings.loss == "nll" else {"loss_type": settings.loss}
    plan = plan_steps(settings, len(bench.train))
    trainer: Any = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(folder), per_device_train_batch_size=settings.batch_size,
            max_steps=plan.total, learning_rate=settings.learning_rate, lr_scheduler_type="linear",
            warmup_steps=plan.warmup, max_grad_norm=settings.max_grad_norm, logging_steps=1,
            use_cpu=True, bf16=False, gradient_checkpointing=False, max_length=None,
            report_to="none", save_strategy="no", disable_tqdm=True, **loss,
        ),
        train_dataset=Dataset.from_list(trl_rows(bench, settings)),
        processing_class=bench.renderer.tokenizer,
    )  # fmt: skip
    trainer._get_train_sampler = lambda *_: SequentialSampler(trainer.train_dataset)
    trainer.train()
    return trainer.model, [row for row in trainer.state.log_history if "grad_norm" in row]


@pytest.mark.parametrize("way", list(WAYS))
def test_loss_gradient_and_result_are_those_of_trl_and_peft(
    way: str, bench: Bench, tmp_path: Path
) -> None:
    changes = {"epochs": 3, "batch_size": 4, "warmup_ratio": 0.1, **WAYS[way]}
    settings = bench.settings(**changes)
    model, logged = train_by_trl(bench, settings, tmp_path / "trl")
    bench.run(**changes)
    points = [p for p in bench.log().points if p.loss is not None]
    assert len(points) == len(logged) == 12
    for point, row in zip(points, logged, strict=True):
        assert point.loss == pytest.approx(float(row["loss"]), rel=2e-4)
        assert point.grad_norm == pytest.approx(float(row["grad_norm"]), rel=5e-3)
        assert point.learning_rate == pytest.approx(float(row["learning_rate"]), rel=1e-5)
        assert point.token_accuracy == pytest.approx(float(row["mean_token_accuracy"]), abs=1e-3)
    held = bench.held(settings)
    held.restore(bench.folder / ("model" if way == "full" else "adapter"))
    if bench.log().best_step == 12:
        theirs = dict(model.named_parameters())
        for name, ours in held.masters.items():
            assert torch.allclose(ours, theirs[name], atol=5e-3), name


def test_every_gradient_of_the_fast_layers_is_pefts(bench: Bench, tiny_model: Path) -> None:
    """Name by name, with dropout 0, in fp32: the fast forward against PEFT's own."""
    from peft import LoraConfig, get_peft_model

    found = []
    for fast in (False, True):
        base = load_model(tiny_model, "fp32")
        assert not fast or pack_attention(base)
        torch.manual_seed(0)
        model = get_peft_model(
            base, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
        )
        torch.manual_seed(1)
        for name, p in model.named_parameters():
            if "lora_B" in name:  # or half of the gradients would be nought
                torch.nn.init.normal_(p, std=0.1)
        if fast:
            assert speed_up_lora(model).layers == 14
        batch = lay_out(bench.train[:5], padded=not fast)
        head = plain_head(base, packed=True) if fast else None
        model.train()
        sums = batch_loss(base, head, batch)
        sums[0].backward()
        found.append(
            (sums.detach(), {n: p.grad for n, p in model.named_parameters() if p.requires_grad})
        )
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-5)
    for name, grad in found[0][1].items():
        assert grad.abs().max() > 0
        assert torch.allclose(grad, found[1][1][name], rtol=1e-3, atol=1e-4 * grad.abs().max()), (
            name
        )


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "constant_with_warmup"])
def test_learning_rates_are_those_of_transformers(schedule: Any) -> None:
    from transformers import get_scheduler

    settings = TrainSettings(schedule=schedule, learning_rate=0.5)
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.5)
    theirs = get_scheduler(schedule, optimizer, num_warmup_steps=7, num_training_steps=40)
    for step in range(40):
        assert rate_of_step(settings, step, 40, 7) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()


# -- batches -------------------------------------------------------------------------------


def test_an_epoch_goes_through_every_example_once_in_an_order_of_its_own() -> None:
    settings = TrainSettings(batch_size=4, gradient_accumulation=2)
    epochs = [
        [i for step in range(at, at + 3) for i in examples_of_step(settings, 20, step)]
        for at in (0, 3)
    ]
    assert [sorted(e) for e in epochs] == [list(range(20))] * 2
    assert epochs[0] != epochs[1]
    other = TrainSettings(batch_size=8, gradient_accumulation=1)
    assert examples_of_step(other, 20, 1) == examples_of_step(settings, 20, 1)
    assert examples_of_step(TrainSettings(seed=1), 20, 0) != examples_of_step(other, 20, 0)


@pytest.mark.parametrize("padded", [False, True])
def test_no_group_is_over_the_budget_and_none_is_lost(bench: Bench, padded: bool) -> None:
    groups = within_budget(bench.train, 600, padded)
    assert sorted(e.problem_id for g in groups for e in g) == sorted(
        e.problem_id for e in bench.train
    )
    for group in groups:
        longest = max(e.tokens for e in group)
        held = longest * len(group) if padded else sum(e.tokens for e in group)
        assert held <= 600 or len(group) == 1
    assert len(groups) > 1


def siblings(bench: Bench) -> list[Example]:
    """Two examples of prompts of their own, and between them three of one prompt."""
    one, *others, last = bench.train[:5]
    prompt = others[0].prompt_ids
    return [
        one,
        *(replace(e, prompt_ids=prompt, weight=w) for e, w in zip(others, (1, -1, 2), strict=True)),
        last,
    ]


@pytest.mark.parametrize("budget", [150, 10_000])
def test_a_shared_prompt_counts_once_in_each_group(bench: Bench, budget: int) -> None:
    rows = siblings(bench)
    groups = within_budget(rows, budget, False, shared=True)
    assert sorted(e.problem_id for g in groups for e in g) == sorted(e.problem_id for e in rows)
    sizes = [lay_out(g, shared=True).input_ids.numel() for g in groups]
    assert all(n <= budget or len(g) == 1 for n, g in zip(sizes, groups, strict=True))
    saved = sum(e.tokens for e in rows) - sum(sizes)
    prompt = len(rows[1].prompt_ids)
    assert saved == 2 * prompt if budget == 10_000 else saved % prompt == 0


@pytest.mark.parametrize("short", [1 << 18, 0], ids=["products", "torch"])
def test_examples_that_share_a_prompt_learn_what_they_would_alone(
    short: int, bench: Bench, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("SHORT", "LONGER"):
        monkeypatch.setattr(f"netgain.train.attention.{bound}", short)
    base = load_model(tiny_model, "fp32")
    base.requires_grad_(True)
    assert pack_attention(base)
    head = plain_head(base, packed=True)
    found = []
    for shared in (False, True):
        base.zero_grad()
        batch = lay_out(siblings(bench), shared=shared)
        assert bool(batch.after) == shared
        sums = batch_loss(base, head, batch)
        sums[0].backward()
        found.append((sums.detach(), {n: p.grad.clone() for n, p in base.named_parameters()}))
    (alone, grads), (together, shared_grads) = found
    assert torch.allclose(alone, together, rtol=1e-5)
    for name, grad in grads.items():
        assert grad.abs().max() > 0
        assert torch.allclose(grad, shared_grads[name], rtol=1e-3, atol=1e-5 * grad.abs().max())


def test_packed_examples_do_not_see_each_other(bench: Bench, tiny_model: Path) -> None:
    """Another neighbour in the row changes nothing; padded rows give the same."""
    base = load_model(tiny_model, "fp32")
    padded = batch_loss(base, None, lay_out(bench.train[:3], padded=True))
    assert pack_attention(base)
    head = plain_head(base, packed=True)
    whole = batch_loss(base, head, lay_out(bench.train[:3]))
    alone = sum(batch_loss(base, head, lay_out([e])) for e in bench.train[:3])
    assert torch.allclose(whole, alone, rtol=1e-5)
    assert torch.allclose(whole, padded, rtol=1e-5)


def test_a_weight_scales_its_examples_share_of_loss_and_gradient(
    bench: Bench, tiny_model: Path
) -> None:
    base = load_model(tiny_model, "fp32")
    base.requires_grad_(True)
    assert pack_attention(base)
    head = plain_head(base, packed=True)
    one, two = bench.train[:2]
    grads = []
    for weights in ((1.0, 0.0), (0.0, 1.0), (2.0, -0.5)):
        weighted = [replace(e, weight=w) for e, w in zip((one, two), weights, strict=True)]
        base.zero_grad()
        sums = batch_loss(base, head, lay_out(weighted))
        sums[0].backward()
        grads.append((float(sums[0].detach()), base.lm_head.weight.grad.clone()))
        assert float(sums[1]) == pytest.approx(
            float(batch_loss(base, head, lay_out([one, two]))[1])
        )
    assert grads[2][0] == pytest.approx(2 * grads[0][0] - 0.5 * grads[1][0], rel=1e-4)
    assert torch.allclose(grads[2][1], 2 * grads[0][1] - 0.5 * grads[1][1], atol=1e-4)


def test_a_model_whose_attention_cannot_be_packed_is_padded(
    tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, sliding_window=8,
    )  # fmt: skip
    model = MistralForCausalLM(config)
    before = model.config._attn_implementation
    assert not pack_attention(model)
    assert model.config._attn_implementation == before
    drops = load_model(tiny_model, "fp32")
    drops.config.attention_dropout = 0.1
    assert not pack_attention(drops)


# -- dropout -------------------------------------------------------------------------------


def drawn(seed: int, tokens: int = 64, layers: int = 6, width: int = 48) -> list[torch.Tensor]:
    masks = Masks(0.9, layers, width)
    masks.draw(seed, tokens, torch.zeros(1))
    found = [masks.of_layer(i, torch.zeros(tokens, width)) for i in range(layers)]
    assert all(m is not None for m in found)
    return [m for m in found if m is not None]


def test_dropout_keeps_nine_tenths_at_every_token_feature_layer_and_step() -> None:
    masks = torch.stack([torch.stack(drawn(seed)) for seed in range(300)])
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    assert float(masks.mean()) == pytest.approx(0.9, abs=0.002)
    for kept in ((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)):  # by step, layer, token, feature
        assert (masks.mean(kept) - 0.9).abs().max() < 0.02


def test_dropout_is_independent_between_steps_tokens_and_layers() -> None:
    """Correlations at the same place are as small as chance makes them."""
    masks = torch.stack([torch.stack(drawn(seed)) for seed in range(300)])
    z = (masks - 0.9) / 0.3
    bound = 6 / z[0, 0].numel() ** 0.5 / 299**0.5
    between_steps = (z[1:] * z[:-1]).mean((2, 3))
    assert float(between_steps.mean().abs()) < bound
    assert float((z[:, :, 1:] * z[:, :, :-1]).mean().abs()) < bound
    assert float((z[:, 1:] * z[:, :-1]).mean().abs()) < bound


def test_dropout_is_the_same_for_the_same_seed_and_no_other() -> None:
    assert torch.equal(torch.stack(drawn(5)), torch.stack(drawn(5)))
    assert not torch.equal(torch.stack(drawn(5)), torch.stack(drawn(6)))


def test_what_dropout_leaves_is_scaled_so_that_the_mean_is_kept(tiny_model: Path) -> None:
    from peft import LoraConfig, get_peft_model

    base = load_model(tiny_model, "fp32")
    model = get_peft_model(
        base, LoraConfig(r=4, lora_alpha=8, lora_dropout=0.5, target_modules=["q_proj"])
    )
    layer: Any = next(m for n, m in model.named_modules() if n.endswith("q_proj"))
    torch.nn.init.normal_(layer.lora_B["default"].weight)
    torch.manual_seed(0)
    x = torch.randn(40, 32)
    plain = layer.eval()(x)
    masks = speed_up_lora(model)
    assert torch.allclose(layer(x), plain, atol=1e-5)
    layer.train()
    outs = []
    for seed in range(3000):
        masks.draw(seed, 40, x)
        outs.append(layer(x.clone()).detach())
    spread = torch.stack(outs).std(0) / 3000**0.5
    assert ((torch.stack(outs).mean(0) - plain).abs() <= 6 * spread).all()
    assert torch.stack(outs).std(0).min() > 0


def test_gradients_go_through_the_dropped_inputs_as_they_should(tiny_model: Path) -> None:
    """Against a numeric derivative, with the same masks."""
    from peft import LoraConfig, get_peft_model

    base = load_model(tiny_model, "fp32").double()
    model = get_peft_model(
        base, LoraConfig(r=4, lora_alpha=8, lora_dropout=0.3, target_modules=["q_proj"]),
        autocast_adapter_dtype=False,
    )  # fmt: skip
    layer: Any = next(m for n, m in model.named_modules() if n.endswith("q_proj"))
    torch.nn.init.normal_(layer.lora_B["default"].weight)
    masks = speed_up_lora(model)
    layer.train()
    x = torch.randn(3, 32, dtype=torch.double, requires_grad=True)
    weights = (layer.lora_A["default"].weight, layer.lora_B["default"].weight)

    def out(x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        masks.draw(7, 3, x)
        return layer(x * 1)

    # The weights' gradients are kept in fp32, so the tolerance is fp32's.
    assert torch.autograd.gradcheck(out, (x, *weights), atol=1e-4, rtol=1e-3)
