"""Peak memory of an evaluation by its number of problems: does it stay flat?

    python benchmarks/evaluation_memory.py [--counts N,…] [--engines fake,openvino] [--out NAME]

Each evaluation runs in a process of its own, and the system says the most memory it held. `fake`
answers at once with a text of 600 characters: what is left is the evaluation itself (problems,
prompts, plan, stored parts). `openvino` and `transformers` are whole `netgain evaluate` commands
with a tiny random model, so that what grows is not hidden behind the weights; so are the built-in
problems they are asked. `transformers` takes long.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine_runs import machine, table, write_out

MAX_NEW_TOKENS = 16
TESTS = Path(__file__).resolve().parents[1] / "tests"
ANSWER = "Each box holds 12 pencils, so 4 boxes hold 4 * 12 = <<4*12=48>>48. " * 9 + "\n#### 48"


@dataclass(frozen=True)
class Peak:
    engine: str
    problems: int
    mebibytes: float
    seconds: float


def main() -> None:
    arguments = parse()
    if arguments.fake is not None:
        evaluate_fake(*arguments.fake)
        return
    about = machine()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        sys.path.insert(0, str(TESTS))
        from conftest import make_tiny_model

        make_tiny_model(model)
        for engine in arguments.engines:
            for count in arguments.counts:
                out = Path(folder) / f"{engine}-{count}"
                peaks.append(measure(engine, count, model, out, arguments.seconds))
    report(about, peaks, arguments.out)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Peak memory of evaluations by their size.")
    parser.add_argument("--counts", type=lambda t: [int(n) for n in t.split(",")])
    parser.add_argument("--engines", type=lambda text: text.split(","))
    parser.add_argument("--seconds", type=float, default=1800, help="the most for one evaluation")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--fake", nargs=2, help=argparse.SUPPRESS)
    parser.set_defaults(counts=[100, 10_000], engines=["fake", "openvino"])
    return parser.parse_args()


def measure(engine: str, count: int, model: Path, out: Path, most_seconds: float) -> Peak:
    """Run one evaluation and ask the system for the most memory its process held."""
    if engine == "fake":
        command = [sys.executable, __file__, "--fake", str(count), str(out)]
    else:
        command = [
            sys.executable, "-m", "netgain.cli.main", "evaluate", str(model), "--data", "builtin",
            "--limit", str(count), "--engine", engine, "--out", str(out),
            "--set", f"evaluate.max_new_tokens={MAX_NEW_TOKENS}",
        ]  # fmt: skip
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    log = Path(f"{out}.log")
    began = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    status, usage = waited(process, began + most_seconds)
    seconds = time.monotonic() - began
    if status != 0:
        sys.exit(f"{engine}, {count} problems: failed ({status})\n{log.read_text()[-3000:]}")
    peak = Peak(engine, count, usage.ru_maxrss / 1024, seconds)
    print(f"{engine}, {count:,} problems: {peak.mebibytes:.0f} MiB, {seconds:.0f} s", flush=True)
    return peak


def waited(process: subprocess.Popen[bytes], until: float) -> tuple[int, Any]:
    """Its exit status and what it used; stopped at the time given."""
    while time.monotonic() < until:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), usage
        time.sleep(0.1)
    process.terminate()
    _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), usage


def evaluate_fake(count: str, out: str) -> None:
    """An evaluation whose engine answers at once, run in this process."""
    from netgain.data.load import problems_digest
    from netgain.data.wordproblems import word_problems
    from netgain.generate.answering import Asking
    from netgain.generate.sampler import Answer, Request, Sampling
    from netgain.pipeline.evaluations import Evaluation, answer_evaluation, measure_prompts
    from netgain.prompts import prompter
    from netgain.recipe import PromptSettings
    from netgain.store import EvaluationFolder

    class Fake:
        renderer = None

        def generate(
            self, requests: Sequence[Request], sampling: Sampling, tell: object = None
        ) -> list[Answer]:
            return [Answer(ANSWER, "stop", 100, 200, 0.001) for _ in requests]

    problems = list(word_problems(int(count), 5))
    prompt_of = prompter(PromptSettings())
    digest, lengths = measure_prompts(problems, prompt_of, None)
    evaluation = Evaluation(
        label="evaluate", folder=EvaluationFolder(Path(out)), problems=problems,
        prompt_of=prompt_of, lengths=lengths, asking=Asking(Sampling(MAX_NEW_TOKENS)),
        unit_size=64, load=Fake,
        settings={"asked": digest, "problems": problems_digest(problems)},
    )  # fmt: skip
    answer_evaluation(evaluation, lambda *_: None)


def report(about: dict[str, Any], peaks: Sequence[Peak], out: Path | None) -> None:
    rows = [("engine", "problems", "peak MiB", "times the first", "seconds")]
    figures = []
    for peak in peaks:
        first = next(p for p in peaks if p.engine == peak.engine)
        ratio = peak.mebibytes / first.mebibytes
        rows.append(
            (
                peak.engine, f"{peak.problems:,}", f"{peak.mebibytes:.0f}", f"{ratio:.2f}",
                f"{peak.seconds:.0f}",
            )
        )  # fmt: skip
        figures.append(
            {
                "engine": peak.engine, "problems": peak.problems,
                "peak_mebibytes": round(peak.mebibytes, 1), "times_the_first": round(ratio, 3),
                "seconds": round(peak.seconds, 1),
            }
        )  # fmt: skip
    print(f"\n{about['hardware']}\n\n{table(rows)}")
    write_out(out, {**about, "max_new_tokens": MAX_NEW_TOKENS, "evaluations": figures})


if __name__ == "__main__":
    main()
