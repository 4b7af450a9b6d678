"""A step of a policy gradient: each prompt laid out once for its group, or with every answer.

    python benchmarks/shared_prompts.py --data TRAIN_JSONL [--model M] [--shots 0] [--rounds 3]

GSM8K's training problems under the recipe's prompt, groups of answers to each; an answer is the
solution of another problem, so lengths are real ones. LoRA of rank 16 without dropout. Both ways
take turns in one process, with the same examples; the first step of each warms up. Tokens count
as if nothing were shared, so that the speeds compare.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from engine_runs import machine, model_folder, use_threads, write_out

from netgain.cost import TOKENS_AT_ONCE
from netgain.data.rows import read_problems
from netgain.models.loading import choose_precision, load_renderer
from netgain.recipe import PromptSettings, TrainSettings
from netgain.train.examples import Example, build_examples
from netgain.train.processes import Group
from netgain.train.stepping import Stepper
from netgain.train.weights import Origin, hold

SETTINGS = {"method": "grpo", "max_length": 4096, "lora": {"r": 16, "alpha": 32, "dropout": 0.0}}

NEW_TOKENS = 512  # an answer's limit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--problems", type=int, default=2)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--shots", type=int, default=0, help="worked examples in the prompt")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    folder = model_folder(arguments.model)
    settings = TrainSettings.model_validate(SETTINGS)
    held = hold(Origin(folder, "model", None), settings, choose_precision("auto"))
    examples = groups(arguments, folder)
    longest = len(examples[0].prompt_ids) + NEW_TOKENS  # as a run reckons
    stepper = Stepper(held, settings, max(TOKENS_AT_ONCE["cpu"], longest), Group())
    tokens = sum(e.tokens for e in examples)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for number in range(arguments.rounds + 1):
        for shared in seconds:
            stepper.shared = shared
            began = time.perf_counter()
            stepper.learn(examples, number, 1e-5).sums.tolist()
            if number:
                seconds[shared].append(time.perf_counter() - began)
    speeds = {shared: [tokens / s for s in some] for shared, some in seconds.items()}
    for shared, some in speeds.items():
        name = "shared" if shared else "repeated"
        print(f"{name}: {statistics.median(some):.0f} tokens/s ({min(some):.0f}–{max(some):.0f})")
    ratio = statistics.median(speeds[True]) / statistics.median(speeds[False])
    prompts = sum(len(e.prompt_ids) for e in examples) / len(examples)
    print(json.dumps({"prompt": prompts, "answer": tokens / len(examples) - prompts}))
    print(f"ratio: {ratio:.2f}")
    write_out(arguments.out, {**machine(), "seconds": list(seconds.values()), "ratio": ratio})


def groups(arguments: argparse.Namespace, folder: Path) -> list[Example]:
    """Answers to each of the first problems, all answers different."""
    n = arguments.problems * arguments.samples
    problems = read_problems([arguments.data], "gsm8k", "p")[0][: n + arguments.shots]
    shots, problems = problems[: arguments.shots], problems[arguments.shots :]
    prompt = PromptSettings()
    if shots:
        prompt = PromptSettings(style="few_shot_chat", shots=len(shots))
    rows = build_examples(problems, load_renderer(folder), prompt, 4096, shots).rows
    return [
        Example(
            str(i // arguments.samples), rows[i // arguments.samples].prompt_ids,
            row.completion_ids, 1.0 if i % 2 else -1.0, "rollout",
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip


if __name__ == "__main__":
    main()
