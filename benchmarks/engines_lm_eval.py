"""Problems a second on lm-eval's own 5-shot GSM8K prompts: netgain's engines against lm-eval's.

    python benchmarks/engines_lm_eval.py FOLDER [--problems N] [--shots drawn|first] [--out NAME]

FOLDER has GSM8K's train.jsonl and test.jsonl (`question`, `answer`). lm-eval 0.4.13 makes the
prompts from them by its own task `gsm8k`, and its `hf` engine answers them by its own
`generate_until`: bf16, greedy, its sorting and batching, its stop texts, at most 256 new tokens.
Batch sizes are tried in turn, each on a few problems, and the fastest answers the whole sample.
netgain's engines then answer the same token ids from the same weights in the same process, with as
many threads, the same stop texts and the same limit. Loading is left out for all, tokenising is in.

`--shots drawn` is lm-eval's default: five other training problems with every question, so that
prompts have nothing in common. `--shots first` shows the first five with every question (lm-eval's
sampler `first_n`), which lm-eval reads anew with each and netgain's engines once.

Needs lm-eval 0.4.13 (pip install --no-deps lm-eval==0.4.13 sacrebleu==2.6.0 portalocker==4.4.2
tabulate==0.10.0 colorama==0.4.6 lxml==6.1.3), `datasets`, and the embedded model or --model.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from engine_runs import (
    Speed,
    in_units,
    load,
    machine,
    model_folder,
    table,
    timed,
    unit_size,
    use_threads,
    write_out,
)

from netgain.generate.sampler import Request, Sampling
from netgain.models.loading import free_memory
from netgain.prompts import text_prompt

MAX_NEW_TOKENS = 256  # lm-eval's default
FEWSHOT_SEED = 1234  # lm-eval's default
ENGINES = (("openvino", "bf16"), ("transformers", "bf16"), ("openvino", "int8"))


@dataclass(frozen=True)
class Run:
    speed: Speed
    texts: list[str]


def main() -> None:
    arguments = parse()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.disable(logging.WARNING)
    threads = use_threads(arguments.threads)
    about = {
        **machine(), "threads": threads, "shots": arguments.shots,
        "max_new_tokens": arguments.max_new_tokens,
    }  # fmt: skip
    until = time.monotonic() + arguments.seconds
    instances = lm_eval_instances(arguments.folder, arguments.problems, arguments.shots)
    for instance in instances:
        instance.args[1]["max_gen_toks"] = arguments.max_new_tokens
    folder = model_folder(arguments.model)
    engine, theirs, tried = run_lm_eval(folder, instances, arguments.sizes, arguments.tune, until)
    runs = {}
    for name, precision in ENGINES:
        if f"{name}-{precision}" in arguments.leave_out:
            continue
        runs[f"{name}-{precision}"] = run_ours(name, precision, folder, engine, instances)
        free_memory()
    report(about, theirs, tried, runs, arguments.out)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Problems a second against lm-eval's hf engine.")
    parser.add_argument("folder", type=Path, help="with train.jsonl and test.jsonl")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--problems", type=int, default=64)
    parser.add_argument("--shots", choices=("drawn", "first"), default="drawn")
    parser.add_argument("--sizes", type=sizes, default=(8, 16, 32, 64), help="batch sizes tried")
    parser.add_argument("--tune", type=int, default=16, help="problems to try each size on")
    parser.add_argument("--max-new-tokens", type=int, default=MAX_NEW_TOKENS)
    parser.add_argument(
        "--seconds", type=float, default=1800, help="no further batch size is tried after so many"
    )
    parser.add_argument("--leave-out", action="append", default=[], metavar="ENGINE-PRECISION")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    return parser.parse_args()


def sizes(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def lm_eval_instances(folder: Path, limit: int, shots: str) -> list[Any]:
    """lm-eval's requests for its task gsm8k, read from local files instead of the Hub."""
    try:
        import lm_eval
        from lm_eval.api.task import ConfigurableTask
    except ImportError as error:
        sys.exit(f"lm-eval 0.4.13 is not installed ({error.name}): see the top of this file")
    where = Path(lm_eval.__file__).parent / "tasks" / "gsm8k" / "gsm8k.yaml"
    config = yaml.safe_load(where.read_text(encoding="utf-8"))
    config = {k: v for k, v in config.items() if k not in ("tag", "dataset_name")}
    config["dataset_path"] = "json"
    files = {split: str(folder / f"{split}.jsonl") for split in ("train", "test")}
    with tempfile.TemporaryDirectory() as cache:
        config["dataset_kwargs"] = {"data_files": files, "cache_dir": cache}
        if shots == "first":
            config["fewshot_config"] = {"sampler": "first_n"}
        task = ConfigurableTask(config=config)
        task.set_fewshot_seed(FEWSHOT_SEED)
        task.build_all_requests(limit=limit)
    return list(task.instances)


def run_lm_eval(
    folder: Path, instances: list[Any], sizes: Sequence[int], tune: int, until: float
) -> tuple[Any, Run, dict[int, float]]:
    """lm-eval's engine, its run at its best batch size, and problems a second at each size."""
    from lm_eval.models.huggingface import HFLM

    engine = HFLM(pretrained=str(folder), dtype="bfloat16", device="cpu", batch_size=sizes[0])
    engine.generate_until(instances[:1], disable_tqdm=True)
    tried: dict[int, float] = {}
    for size in sizes:
        if tried and time.monotonic() > until:
            break
        # At least two batches, so that what a short one costs is seen; spread over the sample.
        count = min(len(instances), max(tune, 2 * size))
        few = instances[:: max(1, len(instances) // count)][:count]
        engine.batch_size_per_gpu = size
        _, seconds = timed(lambda few=few: engine.generate_until(few, disable_tqdm=True))
        tried[size] = len(few) / seconds
        print(f"lm-eval, batch {size}: {tried[size]:.3f} problems/s on {len(few)}", flush=True)
    best = max(tried, key=lambda size: tried[size])
    engine.batch_size_per_gpu = best
    texts, seconds = timed(lambda: engine.generate_until(instances, disable_tqdm=True))
    tokens = sum(len(engine.tok_encode(text, add_special_tokens=False)) for text in texts)
    speed = Speed(f"lm-eval hf, bf16, batch {best}", len(instances), tokens, seconds)
    print(f"{speed.name}: {speed.problems_per_second:.3f} problems/s", flush=True)
    return engine, Run(speed, texts), tried


def run_ours(name: str, precision: str, folder: Path, engine: Any, instances: Sequence[Any]) -> Run:
    """One of netgain's engines on the same prompts, tokenised by lm-eval's engine."""
    sampler = load(name, precision, folder)
    prompts = [instance.args[0] for instance in instances]
    rules = instances[0].args[1]
    sampling = Sampling(rules["max_gen_toks"], stop=tuple(rules["until"]))

    def run() -> list[Any]:
        requests = [Request(text_prompt(p), tuple(engine.tok_encode(p))) for p in prompts]
        return in_units(sampler, requests, sampling, unit_size(name))

    answers, seconds = timed(run)
    tokens = sum(a.completion_tokens for a in answers)
    speed = Speed(f"netgain {name}, {precision}", len(prompts), tokens, seconds)
    print(f"{speed.name}: {speed.problems_per_second:.3f} problems/s", flush=True)
    return Run(speed, [a.text for a in answers])


def report(
    about: dict[str, Any], theirs: Run, tried: dict[int, float], runs: dict[str, Run],
    out: Path | None,
) -> None:  # fmt: skip
    base = theirs.speed.problems_per_second
    rows = [("engine", "problems/s", "times", "tokens/s", "same text as lm-eval")]
    figures = []
    for run in (theirs, *runs.values()):
        speed, same = run.speed, sum(a == b for a, b in zip(run.texts, theirs.texts, strict=True))
        ratio = speed.problems_per_second / base
        rows.append(
            (
                speed.name, f"{speed.problems_per_second:.3f}", f"{ratio:.2f}",
                f"{speed.tokens_per_second:.1f}", f"{same} of {speed.problems}",
            )
        )  # fmt: skip
        figures.append({**speed.figures(), "times": round(ratio, 3), "same_text": same})
    print(f"\n{about['hardware']}, {about['threads']} threads, shots {about['shots']}")
    print(f"load when it began: {about['load_before']}\n\n{table(rows)}")
    tries = {str(size): round(rate, 4) for size, rate in tried.items()}
    write_out(out, {**about, "lm_eval_batch_sizes": tries, "engines": figures})


if __name__ == "__main__":
    main()
