"""Training speed and memory: netgain's step against TRL's `SFTTrainer` with its defaults.

    python benchmarks/training_speed.py FOLDER --data TRAIN_JSONL [--model M] [--rounds 3]

GSM8K's training problems under the recipe's prompt, LoRA with r 8 on all linear layers and dropout
0.1, batches of 8, the same examples in the same batches for both. Each contender has a process of
its own in every round, the rounds are interleaved, and the first step of each, which warms up, is
left out. Tokens are real ones: prompts and solutions, no padding. Peak memory is the process's
largest resident set (its model file's cached pages included).

The matrix-product ceiling is measured in the same run: bf16 products of the model's own shapes.
The share of it that is reached counts four floating-point operations a linear weight and token
(two forward, two backward for the input; frozen weights get no gradient), and as many for the head
and each learned token.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine_runs import machine, model_folder, table, use_threads, write_out

from netgain.data.rows import read_problems
from netgain.models.loading import load_renderer
from netgain.recipe import PromptSettings, TrainSettings
from netgain.train.batches import examples_of_step
from netgain.train.examples import Example, build_examples

CONTENDERS = ("trl", "netgain")
SETTINGS: dict[str, Any] = {"batch_size": 8, "max_length": 1024}


def main() -> None:
    arguments = parse()
    if arguments.contender:
        one(arguments)
        return
    about = {**machine(), "ceiling": ceiling(arguments)}
    runs: list[dict[str, Any]] = []
    for number in range(arguments.rounds):
        for contender in CONTENDERS:
            runs.append({"round": number, **in_a_process(arguments, contender)})
            print(json.dumps(runs[-1]), flush=True)
    print(table(rows(runs)))
    best = {c: median(runs, c, "tokens_per_second") for c in CONTENDERS}
    peak = {c: median(runs, c, "peak_gb") for c in CONTENDERS}
    reached = median(runs, "netgain", "flop_per_token") * best["netgain"]
    figures = {
        **about,
        "runs": runs,
        "speed_ratio": best["netgain"] / best["trl"],
        "memory_ratio": peak["netgain"] / peak["trl"],
        "share_of_ceiling": reached / about["ceiling"],
    }
    for name in ("speed_ratio", "memory_ratio", "share_of_ceiling"):
        print(f"{name}: {figures[name]:.3g}")
    print(f"ceiling: {about['ceiling'] / 1e9:.0f} GFLOP/s")
    write_out(arguments.out, figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4, help="timed ones")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    return parser.parse_args()


def median(runs: list[dict[str, Any]], contender: str, key: str) -> float:
    return statistics.median(run[key] for run in runs if run["contender"] == contender)


def rows(runs: list[dict[str, Any]]) -> list[list[str]]:
    found = [["contender", "tokens/s, median", "range", "peak GB, median"]]
    for contender in CONTENDERS:
        speeds = [r["tokens_per_second"] for r in runs if r["contender"] == contender]
        found.append(
            [
                contender, f"{statistics.median(speeds):.1f}",
                f"{min(speeds):.1f}–{max(speeds):.1f}", f"{median(runs, contender, 'peak_gb'):.2f}",
            ]
        )  # fmt: skip
    return found


def in_a_process(arguments: argparse.Namespace, contender: str) -> dict[str, Any]:
    from netgain.train.launch import KEEPS_MEMORY

    command = [sys.executable, __file__, "--contender", contender, "--model", arguments.model,
               "--data", str(arguments.data), "--steps", str(arguments.steps)]  # fmt: skip
    if arguments.threads:
        command += ["--threads", str(arguments.threads)]
    # As a run starts its worker; TRL is started as a user starts it.
    environment = {**os.environ, **(KEEPS_MEMORY if contender == "netgain" else {})}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def ceiling(arguments: argparse.Namespace) -> float:
    """FLOP/s of bf16 matrix products of the model's shapes, the best of several."""
    import torch

    use_threads(arguments.threads)
    config = json.loads((model_folder(arguments.model) / "config.json").read_text())
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    x = torch.randn(1024, hidden, dtype=torch.bfloat16)
    w = torch.randn(wide, hidden, dtype=torch.bfloat16)
    best = float("inf")
    for _ in range(60):
        began = time.perf_counter()
        x @ w.t()
        best = min(best, time.perf_counter() - began)
    return 2 * 1024 * hidden * wide / best


# -- one contender -------------------------------------------------------------------------


def one(arguments: argparse.Namespace) -> None:
    use_threads(arguments.threads)
    folder = model_folder(arguments.model)
    settings = TrainSettings(**SETTINGS)
    examples = read(arguments.data, folder, 8 * (arguments.steps + 1))
    seconds = (by_netgain if arguments.contender == "netgain" else by_trl)(
        folder, settings, examples, arguments.steps + 1
    )
    batches = [
        [examples[i] for i in examples_of_step(settings, len(examples), step)]
        for step in range(1, arguments.steps + 1)
    ]
    tokens = sum(e.tokens for batch in batches for e in batch)
    learned = sum(len(e.completion_ids) for batch in batches for e in batch)
    print(
        json.dumps(
            {
                "contender": arguments.contender,
                "tokens": tokens,
                "seconds": [round(s, 3) for s in seconds],
                "tokens_per_second": tokens / sum(seconds[1:]),
                "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
                "flop_per_token": flop_per_token(folder, learned / tokens),
            }
        )
    )


def read(path: Path, folder: Path, count: int) -> list[Example]:
    problems = read_problems([path], "gsm8k", "p")[0][:count]
    renderer = load_renderer(folder)
    return build_examples(problems, renderer, PromptSettings(), SETTINGS["max_length"]).rows


def flop_per_token(folder: Path, learned: float) -> float:
    config = json.loads((folder / "config.json").read_text())
    hidden, layers = config["hidden_size"], config["num_hidden_layers"]
    width = hidden // config["num_attention_heads"]
    projected = (
        hidden * width * (2 * config["num_attention_heads"] + 2 * config["num_key_value_heads"])
    )
    linear = layers * (projected + 3 * hidden * config["intermediate_size"])
    return float(4 * linear + 4 * learned * hidden * config["vocab_size"])


def by_netgain(
    folder: Path, settings: TrainSettings, examples: list[Example], steps: int
) -> list[float]:
    from netgain.cost import TOKENS_AT_ONCE
    from netgain.models.loading import choose_precision
    from netgain.train.processes import Group
    from netgain.train.stepping import Stepper
    from netgain.train.weights import Origin, hold

    held = hold(Origin(folder, "model", None), settings, choose_precision("auto"))
    stepper = Stepper(held, settings, TOKENS_AT_ONCE["cpu"], Group())
    seconds = []
    for step in range(steps):
        began = time.perf_counter()
        stepper.step(examples, step, settings.learning_rate).sums.tolist()
        seconds.append(time.perf_counter() - began)
    return seconds


def by_trl(
    folder: Path, settings: TrainSettings, examples: list[Example], steps: int
) -> list[float]:
    from datasets import Dataset, disable_progress_bars
    from peft import LoraConfig
    from torch.utils.data import SequentialSampler
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    disable_progress_bars()
    seconds: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            seconds.append(time.perf_counter() - self.began)

    order = [
        examples[i]
        for step in range(steps)
        for i in examples_of_step(settings, len(examples), step)
    ]
    rows = [
        {
            "input_ids": [*e.prompt_ids, *e.completion_ids],
            "labels": [-100] * len(e.prompt_ids) + list(e.completion_ids),
        }
        for e in order
    ]
    lora = settings.lora
    with tempfile.TemporaryDirectory() as out:
        trainer: Any = SFTTrainer(
            model=str(folder),
            args=SFTConfig(
                output_dir=out, per_device_train_batch_size=settings.batch_size, max_steps=steps,
                max_length=None, report_to="none", save_strategy="no", disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=Dataset.from_list(rows),
            callbacks=[Clock()],
            peft_config=LoraConfig(
                r=lora.r, lora_alpha=lora.alpha, lora_dropout=lora.dropout,
                target_modules="all-linear", task_type="CAUSAL_LM",
            ),
        )  # fmt: skip
        trainer._get_train_sampler = lambda *_: SequentialSampler(trainer.train_dataset)
        trainer.train()
    return seconds


if __name__ == "__main__":
    main()
