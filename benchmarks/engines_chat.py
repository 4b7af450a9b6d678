"""Useful tokens a second in zero-shot chat: netgain's engines against transformers' own batches.

    python benchmarks/engines_chat.py [--problems N] [--max-new-tokens N] [--model M] [--out NAME]

Built-in word problems are asked with the standard prompt (one chat turn), greedily, in bf16.
transformers' own `model.generate` answers them in static batches: left-padded, longest prompts
first, ending at the same tokens. Its batch sizes are tried in turn on all problems and the fastest
counts. netgain's engines answer the same token ids from the same weights, in the same process with
as many threads. Useful tokens are those of an answer up to the one that ends it: what a static
batch computes for answers that have ended is work, and no use. Loading is left out for all.

`openvino` with int8 weights is a figure apart: its weights are not the same.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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

from netgain.data.wordproblems import word_problems
from netgain.generate.sampler import Answer, Request, Sampling, read_answer
from netgain.models.loading import free_memory, load_model, load_renderer
from netgain.models.render import Renderer
from netgain.prompts import prompter
from netgain.recipe import PromptSettings

SEED = 7
ENGINES = (("openvino", "bf16"), ("transformers", "bf16"), ("openvino", "int8"))


def main() -> None:
    arguments = parse()
    threads = use_threads(arguments.threads)
    about = {**machine(), "threads": threads, "max_new_tokens": arguments.max_new_tokens}
    until = time.monotonic() + arguments.seconds
    folder = model_folder(arguments.model)
    renderer = load_renderer(folder)
    prompt_of = prompter(PromptSettings())
    prompts = [prompt_of(p) for p in word_problems(arguments.problems, SEED)]
    requests = [Request(p, tuple(renderer.prompt_ids(p))) for p in prompts]
    sampling = Sampling(arguments.max_new_tokens)
    runs = static_batches(folder, renderer, requests, sampling, arguments.sizes, until)
    base = max(runs, key=lambda run: run[0].tokens_per_second)
    for name, precision in ENGINES:
        sampler = load(name, precision, folder)
        answers, seconds = timed(
            lambda sampler=sampler, name=name: in_units(
                sampler, requests, sampling, unit_size(name)
            )
        )
        runs.append(measured(f"netgain {name}, {precision}", answers, seconds))
        del sampler
        free_memory()
    report(about, runs, base, arguments.out)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Useful tokens a second in zero-shot chat.")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--problems", type=int, default=256)
    parser.add_argument("--max-new-tokens", type=int, default=256)
    parser.add_argument("--sizes", type=sizes, default=(32, 64, 128), help="batch sizes tried")
    parser.add_argument(
        "--seconds", type=float, default=1200, help="no further batch size is tried after so many"
    )
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    return parser.parse_args()


def sizes(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def static_batches(
    folder: Path, renderer: Renderer, requests: Sequence[Request], sampling: Sampling,
    sizes: Sequence[int], until: float,
) -> list[tuple[Speed, list[Answer]]]:  # fmt: skip
    """transformers' own `generate` at each batch size."""
    sampler = StaticBatches(load_model(folder, "bf16"), renderer)
    sampler.generate(requests[:1], Sampling(4))
    runs: list[tuple[Speed, list[Answer]]] = []
    for size in sizes:
        if runs and time.monotonic() > until:
            break
        answers, seconds = timed(lambda size=size: in_units(sampler, requests, sampling, size))
        runs.append(measured(f"transformers generate, batch {size}", answers, seconds))
    return runs


class StaticBatches:
    """A batch goes on until its last answer has ended."""

    def __init__(self, model: Any, renderer: Renderer) -> None:
        self.model = model
        self.renderer = renderer

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: object = None
    ) -> list[Answer]:
        import torch
        from transformers import GenerationConfig

        pad = self.renderer.tokenizer.pad_token_id
        width = max(len(r.ids) for r in requests)
        config = GenerationConfig(
            max_new_tokens=sampling.max_new_tokens, do_sample=False, num_beams=1,
            eos_token_id=list(self.renderer.stop_ids), pad_token_id=pad,
        )  # fmt: skip
        with torch.inference_mode():
            whole = self.model.generate(
                input_ids=torch.tensor([[pad] * (width - len(r.ids)) + [*r.ids] for r in requests]),
                attention_mask=torch.tensor(
                    [[0] * (width - len(r.ids)) + [1] * len(r.ids) for r in requests]
                ),
                generation_config=config,
            )
        return [
            read_answer(self.renderer, row, len(r.ids), 0.0, sampling)
            for row, r in zip(whole[:, width:].tolist(), requests, strict=True)
        ]


def measured(name: str, answers: list[Answer], seconds: float) -> tuple[Speed, list[Answer]]:
    speed = Speed(name, len(answers), sum(a.completion_tokens for a in answers), seconds)
    print(f"{name}: {speed.tokens_per_second:.1f} useful tokens/s", flush=True)
    return speed, answers


def report(
    about: dict[str, Any], runs: Sequence[tuple[Speed, list[Answer]]],
    base: tuple[Speed, list[Answer]], out: Path | None,
) -> None:  # fmt: skip
    rows = [("engine", "useful tokens/s", "times", "problems/s", "same text")]
    figures = []
    for speed, answers in runs:
        ratio = speed.tokens_per_second / base[0].tokens_per_second
        same = sum(a.text == b.text for a, b in zip(answers, base[1], strict=True))
        rows.append(
            (
                speed.name, f"{speed.tokens_per_second:.1f}", f"{ratio:.2f}",
                f"{speed.problems_per_second:.2f}", f"{same} of {speed.problems}",
            )
        )  # fmt: skip
        figures.append({**speed.figures(), "times": round(ratio, 3), "same_text": same})
    print(f"\n{about['hardware']}, {about['threads']} threads")
    print(f"load when it began: {about['load_before']}")
    print(f"times and same text: against {base[0].name}\n\n{table(rows)}")
    write_out(out, {**about, "against": base[0].name, "engines": figures})


if __name__ == "__main__":
    main()
