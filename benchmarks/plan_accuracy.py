"""Is what `netgain plan` says true? Six recipes are planned, run, and compared.

    python benchmarks/plan_accuracy.py FOLDER [--model MODEL_FOLDER] [--only NAME] [--out FILE]

Each recipe is the demo's with a few settings changed, a run of one to four minutes on two free
cores. For each: `netgain plan` measures (into a cache of its own), then `netgain run` does it in a
process whose stages are timed by its log, and whose memory (resident, with its children) is looked
at five times a second. What is finished stays in FOLDER, so the same command goes on; delete FOLDER
to begin anew. `--model` is a model of half a billion weights; without it the sixth recipe is left
out. What other programs took of the processor is written down for the plan and for the run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from engine_runs import machine, table, write_out

from netgain.plan import make_plan
from netgain.plan.busy import watched
from netgain.recipe import load_recipe

DEMO = Path(__file__).resolve().parents[1] / "recipes" / "demo.yaml"
RECIPES: dict[str, tuple[str, ...]] = {
    "demo": ("data.limit=320", "evaluate.limit=100"),
    "long answers": (
        "train.accuracy=null", "data.builtin_steps=8", "data.limit=180", "evaluate.limit=64",
        "evaluate.max_new_tokens=512",
    ),
    "small rank, large batch": (
        "train.accuracy=null", "train.lora.r=2", "train.batch_size=32", "train.epochs=2",
        "data.limit=360", "evaluate.limit=100",
    ),
    "accuracy at every validation": (
        "train.accuracy.every=1", "data.limit=320", "evaluate.limit=60",
    ),
    "all weights": (
        "train.weights=full", "train.learning_rate=2.0e-5", "train.accuracy=null",
        "data.limit=160", "evaluate.limit=60",
    ),
    "half a billion weights": (
        "train.accuracy=null", "data.limit=96", "evaluate.limit=32", "evaluate.max_new_tokens=192",
    ),
}  # fmt: skip
# All but the demo leave out the look at the prompt, which may ask for one evaluation more.
UNCHECKED = ("extras.prompt_check=0",)
STAGES = {"train": "train", "base": "evaluate base", "tuned": "evaluate tuned"}
LINE = re.compile(r"^(\S+ \S+) DEBUG stage (\w+) (begins|done in)", re.MULTILINE)


def main() -> None:
    arguments = parse()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["NETGAIN_CACHE"] = str(folder / "cache")
    kept = folder / "plan_accuracy.json"
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    for name, overrides in RECIPES.items():
        large = name == "half a billion weights"
        if name in found or arguments.only not in (None, name) or (large and not arguments.model):
            continue
        more = (f"model.id={arguments.model.resolve()}",) if large else ()
        more += () if name == "demo" else UNCHECKED
        found[name] = one(folder / name.replace(" ", "-").replace(",", ""), overrides + more)
        kept.write_text(json.dumps(found, indent=2))
    print(table(rows(found)))
    write_out(arguments.out, {**machine(), "recipes": found, "settings": RECIPES})


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--only", choices=RECIPES)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def one(folder: Path, overrides: tuple[str, ...]) -> dict[str, Any]:
    """Plan and run a recipe: planned and true seconds and GiB of each stage and of all."""
    recipe = load_recipe(DEMO, overrides)
    root = folder / "run"
    with watched() as planning:
        began = time.monotonic()
        plan = make_plan(recipe, measured=True, root=root, tell=lambda words: print(words))
        plan_seconds = time.monotonic() - began
    assert plan.measured, plan.remarks
    with watched() as running:
        true = run(root, overrides)
    planned = {stage: {m.name: m.estimate.value for m in metrics}
               for stage, _, metrics in plan.stages}  # fmt: skip
    totals = {m.name: m.estimate for m in plan.totals}
    return {
        "plan_seconds": plan_seconds,
        "others_while_planning": planning.others,
        "others_while_running": running.others,
        "planned_seconds": totals["time in all"].value,
        "planned_range": totals["time in all"].interval,
        "true_seconds": true["seconds"],
        "planned_gib": totals["memory"].value,
        "true_gib": max(true["gib"].values()),
        "stages": {
            plain: {
                "planned_seconds": planned[stage].get("time"),
                "true_seconds": true["stages"].get(plain),
                "planned_gib": planned[stage].get("memory"),
                "true_gib": true["gib"].get(plain),
            }
            for plain, stage in {**STAGES, "data": "data", "report": "report"}.items()
        },
        "shows": plan.shows,
        "report_says": detectable(root),
    }


def run(root: Path, overrides: tuple[str, ...]) -> dict[str, Any]:
    """Run a recipe in a process of its own; seconds of all and of each stage, GiB of each."""
    words = [word for override in overrides for word in ("--set", override)]
    began = time.monotonic()
    process = psutil.Popen(
        [sys.executable, "-m", "netgain.cli.main", "run", str(DEMO), *words, "--out", str(root)]
    )
    gib: dict[str, float] = {}
    while process.poll() is None:
        stage = last_stage(root / "run.log")
        gib[stage] = max(gib.get(stage, 0.0), resident(process) / 2**30)
        time.sleep(0.2)
    seconds = time.monotonic() - began
    if process.wait():
        raise SystemExit(f"the run in {root.name} failed")
    return {"seconds": seconds, "stages": stage_seconds(root / "run.log"), "gib": gib}


def resident(process: psutil.Process) -> int:
    """Bytes that a process and its children have in memory."""
    total = 0
    try:
        for one_ in (process, *process.children(recursive=True)):
            total += one_.memory_info().rss
    except psutil.Error:  # it ended meanwhile
        pass
    return total


def last_stage(log: Path) -> str:
    begun = (
        [m[2] for m in LINE.finditer(log.read_text()) if m[3] == "begins"] if log.exists() else []
    )
    return begun[-1] if begun else "data"


def stage_seconds(log: Path) -> dict[str, float]:
    begun, found = {}, {}
    for said in LINE.finditer(log.read_text()):
        at = datetime.strptime(said[1], "%Y-%m-%d %H:%M:%S,%f").timestamp()
        if said[3] == "begins":
            begun[said[2]] = at
        else:
            found[said[2]] = at - begun[said[2]]
    return found


def detectable(root: Path) -> float | None:
    """The smallest detectable difference by the report, as a share."""
    report = json.loads((root / "report" / "report.json").read_text())
    value: float | None = report["comparison"]["detectable_difference"]["value"]
    return value


def rows(found: dict[str, Any]) -> list[list[str]]:
    lines = [["recipe", "planned s", "true s", "ratio", "planned GiB", "true GiB", "ratio",
              "others: plan, run"]]  # fmt: skip
    for name, one_ in found.items():
        lines.append(
            [
                name, f"{one_['planned_seconds']:.0f}", f"{one_['true_seconds']:.0f}",
                f"{one_['planned_seconds'] / one_['true_seconds']:.2f}",
                f"{one_['planned_gib']:.2f}", f"{one_['true_gib']:.2f}",
                f"{one_['planned_gib'] / one_['true_gib']:.2f}",
                f"{one_['others_while_planning']:.0%}, {one_['others_while_running']:.0%}",
            ]
        )  # fmt: skip
        for stage, s in one_["stages"].items():
            seconds = [_cell(s[key], "{:.0f}") for key in ("planned_seconds", "true_seconds")]
            gib = [_cell(s[key], "{:.2f}") for key in ("planned_gib", "true_gib")]
            lines.append([f"  {stage}", *seconds, "", *gib, "", ""])
    return lines


def _cell(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


if __name__ == "__main__":
    main()
