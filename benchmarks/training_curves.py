"""Equal learning: netgain's losses over 100 steps against three seeds of TRL's trainer.

    python benchmarks/training_curves.py --data TRAIN_JSONL [--steps 100] [--model M]

The recipe's settings (LoRA r 8 on all linear layers, dropout 0.1, learning rate 2e-4 with warm-up
and linear decay, batches of 8), the 400 training problems of GSM8K with the fewest tokens, question
and solution alone without a chat template (TRL takes long), twice over; the same examples in the
same batches for all. What differs between TRL's seeds is the adapter's start and
the dropout; so it does between TRL and netgain. TRL computes in bf16 by autocast over fp32, as it
does by default, without gradient checkpointing, which only costs time.

Each curve is written when it is done, and one that is there is not made again, so the script can be
stopped and started. It prints how far each mean over ten steps lies from the middle of TRL's seeds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from engine_runs import RESULTS, machine, model_folder, use_threads

from netgain.data.rows import read_problems
from netgain.models.loading import choose_precision, load_renderer
from netgain.recipe import TrainSettings
from netgain.train.batches import examples_of_step, plan_steps
from netgain.train.examples import Example
from netgain.train.schedule import rate_of_step

SEEDS = (0, 1, 2)
EXAMPLES = 400
WINDOW = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--out", type=Path, default=RESULTS / "training_curves.json")
    arguments = parser.parse_args()
    use_threads(None)
    folder = model_folder(arguments.model)
    examples = shortest(arguments.data, folder)
    found: dict[str, Any] = (
        json.loads(arguments.out.read_text()) if arguments.out.exists() else {"curves": {}}
    )
    found |= machine()
    for name in ["netgain 0", *(f"trl {seed}" for seed in SEEDS)]:
        if name not in found["curves"]:
            make = by_netgain if name.startswith("netgain") else by_trl
            found["curves"][name] = make(folder, examples, arguments.steps, int(name[-1]))
            arguments.out.write_text(json.dumps(found, indent=1) + "\n")
    tell(found["curves"])


def shortest(path: Path, folder: Path) -> list[Example]:
    """The problems with the fewest tokens, as plain text."""
    renderer = load_renderer(folder)
    problems = read_problems([path], "gsm8k", "p")[0]
    found = [
        Example(
            p.id,
            tuple(renderer.tokenizer(p.question + "\n", add_special_tokens=False)["input_ids"]),
            tuple(renderer.completion_ids(p.solution)),
        )
        for p in problems
    ]
    return sorted(found, key=lambda e: (e.tokens, e.problem_id))[:EXAMPLES]


def settings_of(seed: int) -> TrainSettings:
    return TrainSettings(epochs=2, seed=seed)


def order(examples: list[Example], steps: int) -> list[list[Example]]:
    """The batches, in an order that does not hang on the seed."""
    fixed = settings_of(0)
    return [
        [examples[i] for i in examples_of_step(fixed, len(examples), step)] for step in range(steps)
    ]


def by_netgain(folder: Path, examples: list[Example], steps: int, seed: int) -> list[float]:
    from netgain.cost import TOKENS_AT_ONCE
    from netgain.train.processes import Group
    from netgain.train.stepping import Stepper
    from netgain.train.weights import Origin, hold

    settings = settings_of(seed)
    plan = plan_steps(settings, len(examples))
    held = hold(Origin(folder, "model", None), settings, choose_precision("auto"))
    stepper = Stepper(held, settings, TOKENS_AT_ONCE["cpu"], Group())
    losses = []
    for step in range(steps):
        rate = rate_of_step(settings, step, plan.total, plan.warmup)
        measured = stepper.step(examples, step, rate)
        losses.append(float(measured.sums[0]) / measured.learned)
        print("netgain", step, losses[-1], flush=True)
    return losses


def by_trl(folder: Path, examples: list[Example], steps: int, seed: int) -> list[float]:
    from datasets import Dataset, disable_progress_bars
    from peft import LoraConfig
    from torch.utils.data import SequentialSampler
    from trl import SFTConfig, SFTTrainer

    disable_progress_bars()
    settings = settings_of(seed)
    plan = plan_steps(settings, len(examples))
    rows = [
        {
            "input_ids": [*e.prompt_ids, *e.completion_ids],
            "labels": [-100] * len(e.prompt_ids) + list(e.completion_ids),
        }
        for batch in order(examples, steps)
        for e in batch
    ]
    with tempfile.TemporaryDirectory() as out:
        trainer: Any = SFTTrainer(
            model=str(folder),
            args=SFTConfig(
                output_dir=out, per_device_train_batch_size=8, max_steps=steps, seed=seed,
                learning_rate=settings.learning_rate, lr_scheduler_type="linear",
                warmup_steps=plan.warmup, max_grad_norm=settings.max_grad_norm, max_length=None,
                gradient_checkpointing=False, report_to="none", save_strategy="no",
                logging_steps=1, disable_tqdm=True, use_cpu=True,
            ),
            train_dataset=Dataset.from_list(rows),
            peft_config=LoraConfig(
                r=8, lora_alpha=16, lora_dropout=0.1, target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
        )  # fmt: skip
        trainer._get_train_sampler = lambda *_: SequentialSampler(trainer.train_dataset)
        trainer.train()
        return [float(row["loss"]) for row in trainer.state.log_history if "grad_norm" in row]


def tell(curves: dict[str, list[float]]) -> None:
    means = {name: np.reshape(losses, (-1, WINDOW)).mean(1) for name, losses in curves.items()}
    trl = np.array([m for name, m in means.items() if name.startswith("trl")])
    print("steps      TRL, lowest to highest seed   netgain   inside")
    inside = 0
    for i, ours in enumerate(means["netgain 0"]):
        low, high = trl[:, i].min(), trl[:, i].max()
        inside += bool(low <= ours <= high)
        print(f"{WINDOW * i + 1:3}–{WINDOW * (i + 1):<3}    {low:.4f}–{high:.4f}    "
              f"{ours:.4f}    {'yes' if low <= ours <= high else 'no'}")  # fmt: skip
    spread = trl.std(0, ddof=1).mean()
    middle = np.abs(means["netgain 0"] - trl.mean(0)).mean()
    print(f"{inside} of {trl.shape[1]} inside; mean distance from the middle of TRL's seeds "
          f"{middle:.4f} nats, mean standard deviation between the seeds {spread:.4f}")  # fmt: skip


if __name__ == "__main__":
    main()
