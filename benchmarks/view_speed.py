"""How fast `netgain view` reads a run, and answers.

    python benchmarks/view_speed.py [--generations 1000000] [--rounds 5] [--run FOLDER]

Makes a run of so many answers of two models to built-in problems, with texts as long as GSM8K's
and random token ids, in a temporary folder (or in `--run`, which is used again where it is there).
A million take some 2 GB on the disk and a quarter of an hour. What the report stage stores of it is
made first, and timed. Then the viewer is started as a user would, and each query is asked over
HTTP. A search is remembered, so each round searches for other words of the same kind; `first` is
a text search whose texts had to be read, `again` the same one with a filter more. Peak memory is
the viewer's own, as the system counts it (Linux).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from netgain.pipeline.judged import MOST_LOOKED_INTO, judged_answers
from netgain.pipeline.judges import Judges
from netgain.provenance import hardware
from netgain.store import RunDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from made_run import vocabulary
from viewed_run import MODELS, made_problems, write_run

PART = 500  # answers in a file


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast `netgain view` reads and answers.")
    parser.add_argument("--generations", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run", type=Path, help="where the run is, or is made and left")
    arguments = parser.parse_args()
    print("; ".join(f"{what}: {words}" for what, words in hardware().items()))
    with tempfile.TemporaryDirectory(prefix="netgain-view-speed-") as scratch:
        directory = made(arguments.run or Path(scratch) / "run", arguments.generations // 2)
        with started(directory) as viewer:
            measure(viewer, arguments.rounds)


def made(root: Path, problems: int) -> RunDirectory:
    """The run; made where it is not there."""
    directory = RunDirectory(root)
    if not directory.evaluation(MODELS[-1]).summary_file.exists():
        began = time.monotonic()
        directory = write_run(root, made_problems(problems), PART)
        print(f"made {2 * problems:,} answers in {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    problems = directory.problem_index("test", MOST_LOOKED_INTO)
    with Judges(2 * len(problems)) as judges:
        for model in MODELS:
            folder = directory.evaluation(model)
            judged_answers(folder, problems, judges, folder.judged_folder)
    print(f"judged, or found judged, in {time.monotonic() - began:.0f} s", flush=True)
    return directory


@dataclass
class Viewer:
    """The command, running."""

    process: subprocess.Popen[str]
    address: str
    cookie: str

    def get(self, path: str, **asked: Any) -> tuple[Any, float]:
        """What it answers, and the seconds until all of it was here."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        began = time.monotonic()
        target = f"/api/{path}?{urlencode(asked, doseq=True)}"
        connection.request("GET", target, headers={"Cookie": self.cookie})
        content = connection.getresponse().read()
        seconds = time.monotonic() - began
        connection.close()
        return json.loads(content), seconds

    def memory(self, what: str) -> int:
        """VmHWM (the most there was) or VmRSS (what there is), in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if what in line).split()[1]) // 1024


@contextmanager
def started(directory: RunDirectory) -> Iterator[Viewer]:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "netgain.cli.main", "view", str(directory.root), "--no-open"],
        stdout=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    try:
        link = process.stdout.readline().strip()
        seconds = time.monotonic() - began
        parts = urlsplit(link)
        first = http.client.HTTPConnection(parts.netloc)
        first.request("GET", f"/?{parts.query}")
        cookie = (first.getresponse().headers["Set-Cookie"] or "").partition(";")[0]
        viewer = Viewer(process, parts.netloc, cookie)
        held = f"peak memory {viewer.memory('VmHWM')} MiB, now {viewer.memory('VmRSS')} MiB"
        print(f"ready after {seconds:.1f} s, {held}", flush=True)
        yield viewer
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def measure(viewer: Viewer, rounds: int) -> None:
    facets, _ = viewer.get("facets")
    print(f"{facets['total']:,} problems, models {', '.join(facets['models'])}\n")
    print(f"{'query':<52} {'found':>9} {'median s':>9} {'worst s':>9}")
    rng = random.Random(1)
    for name, ask in queries(viewer, facets, rng).items():
        found, seconds = zip(*(ask() for _ in range(rounds)), strict=True)
        total = found[-1].get("total", 1)
        print(f"{name:<52} {total:>9,} {statistics.median(seconds):>9.3f} {max(seconds):>9.3f}")
    print(f"\npeak memory after all queries {viewer.memory('VmHWM')} MiB")


def queries(
    viewer: Viewer, facets: dict[str, Any], rng: random.Random
) -> dict[str, Callable[[], tuple[Any, float]]]:
    """What is asked, by what it is."""
    total = facets["total"]
    kind, category = facets["kinds"][0][0], facets["categories"][0][0]
    words = vocabulary()

    def rows(**asked: Any) -> Callable[[], tuple[Any, float]]:
        return lambda: viewer.get("rows", sort="id", limit=50, **asked)

    def search(make: Callable[[], str], **asked: Any) -> Callable[[], tuple[Any, float]]:
        return lambda: viewer.get("rows", search=make(), limit=50, sort="id", **asked)

    def problem() -> tuple[Any, float]:
        place = rng.randrange(total)
        found, _ = viewer.get("rows", sort="place", offset=place, limit=1)
        return viewer.get("problem", id=found["rows"][0]["problem_id"])

    def again() -> tuple[Any, float]:
        viewer.get("rows", search="once more", limit=1)
        return viewer.get("rows", search="once more", outcome="fixed", limit=50, sort="id")

    return {
        "facets": lambda: viewer.get("facets"),
        "all, by id, first page": rows(),
        "all, by id, last page": rows(offset=total - 50),
        "outcome fixed": rows(outcome="fixed"),
        "outcome fixed or broken, by length, descending": lambda: viewer.get(
            "rows", outcome=["fixed", "broken"], sort="length", descending="true", limit=50
        ),
        "kind, category, steps, cut off, length": rows(
            kind=[kind, "tuned: setup"], category=category, steps=["2", "3", "4"],
            finish=["base cut off", "tuned cut off"], min_length=20, max_length=250,
        ),
        "search, two words, first": search(lambda: " ".join(rng.sample(words, 2))),
        "search, one word, first": search(lambda: rng.choice(words)),
        "search, a number, first": search(lambda: f"= {rng.randrange(100, 1000)}"),
        "search, one letter, first": search(lambda: rng.choice("etaoinshr")),
        "search, two signs, first": search(lambda: rng.choice([". ", ", ", "e ", " a", "s "])),
        "search, a word that is nowhere, first": search(
            lambda: "".join(rng.choices("qxzj", k=9))
        ),
        "search, two words and outcome fixed, first": search(
            lambda: " ".join(rng.sample(words, 2)), outcome="fixed"
        ),
        "search again with a filter more": again,
        "one problem": problem,
    }  # fmt: skip


if __name__ == "__main__":
    main()
