"""SIGKILL at random moments of a run: does the same command go on, and end with the same figures?

    python benchmarks/run_kills.py [--kills N] [--minutes M] [--seed S] [--first I] [--out FILE]

A tiny random model is trained, evaluated with extras and reported: once without a kill, then again
and again, each time killed some ten times over all stages and given the same command after each.
At its end a run must have every figure, answer and weight of the undisturbed one, and no
half-written file. Half of the kills take the process alone, half what it has started, too.

Processes are forked from one that has imported everything, so that little time goes by in imports.
Run I has its own seed; `--first I` begins with it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1] / "tests"
KILLS = 10  # of one run
LONGEST = 120.0  # seconds until a stage is reached, or a run has ended
TIME = re.compile(r"\b[\d.,]+ (?:ms|s|min|h)\b")
ANSWERED = "evaluations/*/evaluation.json"
SETTINGS = (
    "train.precision=fp32", "evaluate.precision=fp32", "train.checkpoint_seconds=0.01",
    "train.epochs=2", "train.validations_per_epoch=2", "train.learning_rate=0.01",
    "evaluate.engine=transformers", "evaluate.batch_size=2", "evaluate.max_new_tokens=16",
    "extras.prompt_check=8",
)  # fmt: skip


def _has(*patterns: str) -> Callable[[Path], bool]:
    return lambda root: any(True for pattern in patterns for _ in root.glob(pattern))


# What is on the disk when a stage has begun.
STAGES: dict[str, Callable[[Path], bool]] = {
    "data": _has("recipe.yaml"),
    "train": _has("train/checkpoints/checkpoint-*"),
    "base": _has("evaluations/base/plan.json"),
    "tuned": _has("evaluations/tuned/plan.json"),
    "extras": _has("evaluations/base-*/plan.json", "evaluations/tuned-*/plan.json"),
    "report": lambda root: len(list(root.glob(ANSWERED))) >= EVALUATIONS["all"],
}
EVALUATIONS = {"all": sys.maxsize}  # how many the undisturbed run has


def main() -> None:
    parser = argparse.ArgumentParser(description="Kills at random moments of a tiny run.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=30, help="end then, however many are done")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, metavar="I", help="the run to begin with")
    parser.add_argument("--out", type=Path, default=None, help="a file for the counts, as JSON")
    asked = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # and no threads, of which a fork takes only one along
    _import_all()
    end = time.monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        trial.undisturbed()
        killed, late, runs, faults = Counter[str](), 0, 0, list[str]()
        while sum(killed.values()) < asked.kills and time.monotonic() < end:
            wanted = min(KILLS, asked.kills - sum(killed.values()))
            found = trial.run(asked.first + runs, asked.seed, wanted)
            killed += found.killed
            late += found.late
            runs += 1
            faults += found.faults
            print(f"run {asked.first + runs - 1}: {dict(found.killed)}", *found.faults, flush=True)
    result = {
        "kills": sum(killed.values()), "runs": runs, "by_stage": {s: killed[s] for s in STAGES},
        "late": late, "seed": asked.seed, "first": asked.first, "faults": faults,
    }  # fmt: skip
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if asked.out is not None:
        asked.out.write_text(text)
    sys.exit(1 if faults else 0)


def _import_all() -> None:
    import peft  # noqa: F401
    import torch
    import transformers  # noqa: F401

    import netgain.cli.main
    import netgain.pipeline  # noqa: F401

    torch.set_num_threads(1)


class Found:
    """What came of one run: its kills by stage, those that came too late, and what is wrong."""

    def __init__(self) -> None:
        self.killed, self.late, self.faults = Counter[str](), 0, list[str]()


class Trial:
    """A model, data, and what a run of them comes to without kills."""

    def __init__(self, place: Path) -> None:
        import conftest
        import damaged_run

        self.place = place
        model, data = damaged_run.model_and_data(place)
        overrides = [f"model.id={model}", f"data.source={data}", *SETTINGS, *damaged_run.EXTRAS]
        self.command = ["run", str(conftest.REFERENCE)]
        self.command += [word for each in overrides for word in ("--set", each)]
        self.longest = dict.fromkeys(STAGES, 1.0)

    def undisturbed(self) -> None:
        """Run once; note how long each stage takes, and all figures."""
        root = self.place / "undisturbed" / "run"
        child, began = self._start(root), {}
        while not _ended(child):
            for stage, has_begun in STAGES.items():
                if stage not in began and has_begun(root):
                    began[stage] = time.monotonic()
            time.sleep(0.005)
        if child.code != 0:
            sys.exit(f"the undisturbed run ended with {child.code}: {self._said(root)}")
        EVALUATIONS["all"] = len(list(root.glob(ANSWERED)))
        moments = [*(began[s] for s in STAGES if s in began), time.monotonic()]
        for stage, one, other in zip(began, moments, moments[1:], strict=False):
            self.longest[stage] = max(0.2, other - one)
        self.figures = _figures(root)

    def run(self, index: int, seed: int, kills: int) -> Found:
        """One run that is killed in `kills` stages, in their order, and then left to end."""
        rng, found = random.Random(f"{seed} {index}"), Found()
        root = self.place / f"run-{index}" / "run"
        order = list(STAGES)
        for stage in sorted(rng.choices(order, k=kills), key=order.index):
            wait, alone = rng.uniform(0, self.longest[stage]), rng.random() < 0.5
            if self._kill_in(stage, root, wait, alone):
                found.killed[stage] += 1
            else:
                found.late += 1
        child = self._start(root)
        limit = time.monotonic() + 2 * LONGEST
        while not _ended(child):
            if time.monotonic() > limit:
                os.killpg(child.pid, signal.SIGKILL)
            time.sleep(0.01)
        if child.code != 0:
            found.faults.append(f"run {index} ended with {child.code}: {self._said(root)}")
        elif different := _differences(self.figures, _figures(root)):
            found.faults.append(f"run {index} has other {', '.join(different)}")
        left = [str(p.relative_to(root)) for p in root.rglob("*.tmp")]
        found.faults += [f"run {index} left {name}" for name in left]
        if not found.faults:
            shutil.rmtree(root.parent)
        return found

    def _kill_in(self, stage: str, root: Path, wait: float, alone: bool) -> bool:
        """Start, and kill in a stage; False where the run ended before."""
        child, limit = self._start(root), time.monotonic() + LONGEST
        while not STAGES[stage](root) and not _ended(child) and time.monotonic() < limit:
            time.sleep(0.005)
        time.sleep(wait)
        if _ended(child):
            return False
        (os.kill if alone else os.killpg)(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        return True

    def _start(self, root: Path) -> Child:
        root.parent.mkdir(parents=True, exist_ok=True)
        pid = os.fork()
        if pid:
            return Child(pid)
        code = 70
        try:
            os.setsid()
            out = os.open(root.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(out, 1)
            os.dup2(out, 2)
            sys.argv = ["netgain", *self.command, "--out", str(root)]
            from netgain.cli.main import main as netgain

            netgain()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        finally:
            os._exit(code)

    def _said(self, root: Path) -> str:
        return (root.parent / "said").read_text(errors="replace").strip()[-500:]


class Child:
    """A process, and its exit status once it has ended."""

    def __init__(self, pid: int) -> None:
        self.pid, self.code = pid, None


def _ended(child: Child) -> bool:
    if child.code is None:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid:
            child.code = os.waitstatus_to_exitcode(status)
    return child.code is not None


def _figures(root: Path) -> dict[str, Any]:
    from test_kill import figures

    found = figures(root)
    return {**found, "report": _without_times(found["report"])}


def _without_times(value: Any) -> Any:
    """Tables of extras hold times as words: "18 ms"."""
    if isinstance(value, dict):
        return {key: _without_times(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_times(each) for each in value]
    return TIME.sub("a time", value) if isinstance(value, str) else value


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What differs, as its place: "report.summary.2.text"."""
    places: list[str] = []

    def compare(one: Any, other: Any, place: str) -> None:
        if isinstance(one, dict) and isinstance(other, dict):
            for key in one.keys() | other.keys():
                compare(one.get(key), other.get(key), f"{place}.{key}".strip("."))
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            for i, pair in enumerate(zip(one, other, strict=True)):
                compare(*pair, f"{place}.{i}")
        elif one != other:
            places.append(f"{place} ({one!r:.80} -> {other!r:.80})")

    compare(wanted, found, "")
    return sorted(places)[:5]


if __name__ == "__main__":
    main()
