"""Make the loss curves that `forecast_backtest.py` forecasts: short LoRA runs of a tiny model.

A Qwen2 of some 300,000 weights is pre-trained briefly on the built-in word problems, as plain
text, then fine-tuned on others of them by netgain's own `fine_tune`, over a grid of learning rate,
rank, number of examples and schedule. The fewest examples are too few, so that some runs overfit.
For runs with a decaying learning rate there are longer ones, planned for half as many epochs
again: what "train longer" means to a person.

A run that is stored already is not made again; with --minutes it stops in time.

    python benchmarks/forecast_curves.py --minutes 25
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")

CURVES = Path(__file__).parent / "results" / "forecast_curves.json"
RATES, RANKS, EXAMPLES, SCHEDULES = (5e-4, 2e-3, 8e-3), (2, 8, 32), (16, 64, 256), (
    "linear", "constant_with_warmup",
)  # fmt: skip
STEPS, BATCH, VALIDATED, EVERY = 96, 4, 24, 4
LONGER = 1.5
PRETRAINING_STEPS, PRETRAINING_BATCH = 500, 8
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def grid() -> Iterator[dict[str, Any]]:
    """Every run in a fixed shuffled order, so that what time allows is a fair part of the grid."""
    runs = [
        {"rate": rate, "rank": rank, "examples": n, "schedule": schedule, "length": 1.0}
        for rate, rank, n, schedule in itertools.product(RATES, RANKS, EXAMPLES, SCHEDULES)
    ]
    runs = [run | {"seed": seed} for seed, run in enumerate(runs)]
    random.Random(0).shuffle(runs)
    longer = [run | {"length": LONGER} for run in runs if run["schedule"] == "linear"]
    yield from (*runs[:30], *longer[:8], *runs[30:], *longer[8:])


def make_base(folder: Path) -> None:
    """A tiny Qwen2 that has read some word problems."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    from netgain.data.wordproblems import word_problems

    texts = [f"{p.question}\n{p.solution}<|im_end|>" for p in word_problems(4000, 101)]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=800,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts[:500], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = CHATML
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=96, intermediate_size=192, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
        tie_word_embeddings=True, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = Qwen2ForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(PRETRAINING_STEPS):
        batch = tokenizer(
            [texts[(step * PRETRAINING_BATCH + i) % len(texts)] for i in range(PRETRAINING_BATCH)],
            return_tensors="pt", padding=True, truncation=True, max_length=256,
        )  # fmt: skip
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        loss = model(**batch, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"pre-training step {step}: loss {loss.item():.3f}", flush=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def train(base: Path, run: dict[str, Any], folder: Path) -> dict[str, Any]:
    """One fine-tuning; its log as columns of figures."""

    from netgain.data.wordproblems import word_problems
    from netgain.importers import read_trainer_state
    from netgain.models.loading import ModelFiles, load_tokenizer
    from netgain.models.render import make_renderer
    from netgain.recipe import PromptSettings, TrainSettings
    from netgain.train.examples import build_examples
    from netgain.train.launch import fine_tune

    renderer = make_renderer(load_tokenizer(base))
    prompt = PromptSettings(instruction="Solve it.")
    # The validation problems are the same in all runs; the training ones differ with the seed.
    validation = build_examples(word_problems(VALIDATED, 999), renderer, prompt, 512).rows
    problems = word_problems(run["examples"], run["seed"])
    rows = build_examples(problems, renderer, prompt, 512).rows
    per_epoch = -(-len(rows) // BATCH)
    settings = TrainSettings(
        lora={"r": run["rank"], "alpha": 2 * run["rank"]},
        learning_rate=run["rate"], epochs=run["length"] * STEPS / per_epoch, batch_size=BATCH,
        schedule=run["schedule"], seed=run["seed"], precision="fp32", early_stopping=None,
        validations_per_epoch=max(1, round(per_epoch / EVERY)), checkpoint_seconds=0,
    )  # fmt: skip
    files = ModelFiles(base, "tiny", None, "digest")
    fine_tune(files, rows, validation, settings, folder, "digest", lambda *_: None)
    points = read_trainer_state(folder / "trainer_state.json").points
    logged = [p for p in points if p.loss is not None]
    validated = [p for p in points if p.eval_loss is not None]
    return run | {
        "epochs": settings.epochs,
        "step": [p.step for p in logged],
        "tokens": [p.tokens for p in logged],
        "loss": [_rounded(p.loss) for p in logged],
        "grad_norm": [_rounded(p.grad_norm) for p in logged],
        "learning_rate": [_rounded(p.learning_rate) for p in logged],
        "seconds": logged[-1].seconds,
        "eval_step": [p.step for p in validated],
        "eval_tokens": [p.tokens for p in validated],
        "eval_loss": [_rounded(p.eval_loss) for p in validated],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--base", type=Path, help="folder of the base model; made if not there")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    import torch

    torch.set_num_threads(1)
    done = json.loads(CURVES.read_text()) if CURVES.exists() else []
    finished = {(run["seed"], run["length"]) for run in done}
    with tempfile.TemporaryDirectory() as scratch:
        base = options.base or Path(scratch) / "base"
        if not (base / "config.json").exists():
            make_base(base)
        for run in grid():
            if (run["seed"], run["length"]) in finished or time.monotonic() > end:
                continue
            folder = Path(scratch) / "run"
            began = time.monotonic()
            try:
                folder.mkdir()
                done.append(train(base, run, folder))
            except Exception as error:  # a diverged run is no curve
                print(f"{run}: {error}", flush=True)
                continue
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            found = done[-1]["eval_loss"]
            print(
                f"{len(done)}: {run}, {time.monotonic() - began:.0f} s, validation loss "
                f"{found[0]:.3f}, lowest {min(found):.3f}, last {found[-1]:.3f}", flush=True,
            )  # fmt: skip
            lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in done)
            CURVES.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
