"""Does an engine answer as transformers in fp32 does? Same texts, accuracy, and the difference.

    python benchmarks/engines_agreement.py PROBLEMS.jsonl --answers FOLDER [--adapter DIR]
        [--model M] [--problems N] [--max-new-tokens N] [--engines NAME-PRECISION,…] [--out NAME]

Problems are rows with `id`, `question` and `answer`, as netgain reads them. Each engine answers
greedily with the standard prompt. The reference is transformers in fp32. For every other engine:
the share of answers whose text is the reference's, accuracy, the paired difference with its 95%
interval, and whether the engine is shown to be at most 2 points worse (non-inferiority, one-sided
at 2.5%, the test that belongs to that interval). It says most where the reference is right on 30
to 70% of the problems.

Answers are kept in FOLDER, a JSONL file an engine, unit by unit: an interrupted run goes on from
there, and `--seconds` ends one in time. FOLDER holds one set of model, problems and limit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine_runs import load, machine, model_folder, table, unit_size, use_threads, write_out

from netgain.analysis.comparing.pairs import compare_right
from netgain.analysis.estimates.melded import non_inferiority
from netgain.analysis.estimates.statistics import wilson
from netgain.data.rows import read_problems
from netgain.errors import NetgainError
from netgain.generate.sampler import Request, Sampler, Sampling
from netgain.grading import extract
from netgain.models.loading import free_memory
from netgain.models.render import Renderer
from netgain.prompts import prompter
from netgain.recipe import PromptSettings
from netgain.records import Problem

REFERENCE = "transformers-fp32"
ENGINES = (REFERENCE, "transformers-bf16", "openvino-fp32", "openvino-bf16", "openvino-int8")
MARGIN = 0.02
SHOWN_BELOW = 0.025


@dataclass(frozen=True)
class Run:
    """One engine's answers by problem: its text, and whether it is right."""

    texts: dict[str, str]
    right: dict[str, bool]
    seconds: float


def main() -> None:
    arguments = parse()
    threads = use_threads(arguments.threads)
    about = {**machine(), "threads": threads}
    problems = some_problems(arguments.file, arguments.problems)
    folder = model_folder(arguments.model)
    check_settings(arguments, problems)
    until = time.monotonic() + arguments.seconds
    runs = {}
    for engine in arguments.engines:
        path = arguments.answers / f"{engine}.jsonl"
        answer_missing(engine, folder, arguments, problems, path, until)
        runs[engine] = stored(path, problems)
        free_memory()
    report(about, runs, arguments.out)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Engines against transformers in fp32.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="folder that keeps the answers")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--adapter", type=Path, default=None)
    parser.add_argument("--problems", type=int, default=None, help="only the first so many")
    parser.add_argument("--max-new-tokens", type=int, default=256)
    parser.add_argument("--engines", type=lambda text: tuple(text.split(",")), default=ENGINES)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop in time")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    if REFERENCE not in arguments.engines:
        parser.error(f"--engines needs the reference, {REFERENCE}")
    return arguments


def some_problems(path: Path, limit: int | None) -> list[Problem]:
    problems, bad = read_problems([path], path.stem, path.stem)
    if bad:
        sys.exit(f"{path} has {len(bad)} rows that are no problems")
    return problems[:limit]


def check_settings(arguments: argparse.Namespace, problems: Sequence[Problem]) -> None:
    """Answers of another model, limit or prompt are not mixed in; more problems may be asked."""
    adapter = arguments.adapter
    weights = None if adapter is None else adapter / "adapter_model.safetensors"
    now = {
        "model": arguments.model,
        "adapter": None if weights is None else hashlib.sha256(weights.read_bytes()).hexdigest(),
        "max_new_tokens": arguments.max_new_tokens,
        "file": hashlib.sha256(arguments.file.read_bytes()).hexdigest(),
    }
    arguments.answers.mkdir(parents=True, exist_ok=True)
    path = arguments.answers / "settings.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != now:
        sys.exit(f"{arguments.answers} holds answers of other settings; choose another --answers")
    path.write_text(json.dumps(now), encoding="utf-8")


# -- answering -------------------------------------------------------------------------------


def answer_missing(
    engine: str, folder: Path, arguments: argparse.Namespace, problems: Sequence[Problem],
    path: Path, until: float,
) -> None:  # fmt: skip
    """Answer what is not in the file yet, in units; each is appended whole."""
    done = {row["id"] for row in stored_rows(path)}
    missing = [p for p in problems if p.id not in done]
    if not missing or time.monotonic() > until:
        return
    name, _, precision = engine.partition("-")
    try:
        sampler = load(name, precision, folder, arguments.adapter)
    except NetgainError as error:
        print(f"{engine} is left out: {error}")
        return
    size = unit_size(name)
    for at in range(0, len(missing), size):
        if time.monotonic() > until:
            break
        rows = answered(sampler, missing[at : at + size], arguments.max_new_tokens)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))
        print(f"{engine}: {len(done) + at + len(rows)} of {len(problems)}", flush=True)


def answered(sampler: Sampler, problems: Sequence[Problem], most: int) -> list[dict[str, Any]]:
    renderer = sampler.renderer
    assert isinstance(renderer, Renderer)
    prompt_of = prompter(PromptSettings())
    prompts = [prompt_of(p) for p in problems]
    requests = [Request(p, tuple(renderer.prompt_ids(p))) for p in prompts]
    answers = sampler.generate(requests, Sampling(most))
    return [
        {"id": p.id, "text": a.text, "finish_reason": a.finish_reason, "seconds": a.seconds}
        for p, a in zip(problems, answers, strict=True)
    ]


def stored_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; what an interruption left of the last line is cut off."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def stored(path: Path, problems: Sequence[Problem]) -> Run:
    gold = {p.id: p.answer for p in problems}
    rows = {row["id"]: row for row in stored_rows(path) if row["id"] in gold}
    return Run(
        {i: row["text"] for i, row in rows.items()},
        {i: extract(row["text"], row["finish_reason"]).value == gold[i] for i, row in rows.items()},
        sum(row["seconds"] for row in rows.values()),
    )


# -- comparing -------------------------------------------------------------------------------


def report(about: dict[str, Any], runs: dict[str, Run], out: Path | None) -> None:
    reference = runs[REFERENCE]
    rows = [("engine", "n", "accuracy", "same text", "difference", "95% interval", "within 2")]
    figures = {}
    for engine, run in runs.items():
        shared = [i for i in reference.texts if i in run.texts]
        if not shared:
            continue
        found = compared(reference, run, shared)
        figures[engine] = {"n": len(shared), "seconds": round(run.seconds, 1), **found}
        low, high = found["difference_interval"] or (float("nan"), float("nan"))
        rows.append(
            (
                engine, str(len(shared)), f"{found['accuracy']:.1%}", f"{found['same_text']:.1%}",
                f"{100 * found['difference']:+.2f}", f"{100 * low:+.2f} to {100 * high:+.2f}",
                "reference" if engine == REFERENCE else "shown" if found["within"] else "not shown",
            )
        )  # fmt: skip
    print(f"\n{about['hardware']}, {about['threads']} threads\n\n{table(rows)}")
    write_out(out, {**about, "margin": MARGIN, "reference": REFERENCE, "engines": figures})


def compared(reference: Run, run: Run, shared: Sequence[str]) -> dict[str, Any]:
    base, ours = [reference.right[i] for i in shared], [run.right[i] for i in shared]
    comparison = compare_right(base, ours)
    p = non_inferiority(comparison.lost, comparison.won, len(shared), MARGIN)
    same = sum(reference.texts[i] == run.texts[i] for i in shared)
    return {
        "accuracy": sum(ours) / len(shared),
        "accuracy_interval": wilson(sum(ours), len(shared)).interval,
        "same_text": same / len(shared),
        "same_text_interval": wilson(same, len(shared)).interval,
        "only_reference_right": comparison.lost,
        "only_engine_right": comparison.won,
        "difference": comparison.difference.value,
        "difference_interval": comparison.difference.interval,
        "non_inferiority_p": p,
        "within": p < SHOWN_BELOW,
    }


if __name__ == "__main__":
    main()
