"""Changed inputs of every reader: does one end in a traceback, hang, or fill the memory?

    python benchmarks/fuzz_readers.py [--count N] [--minutes M] [--seed S] [--first I] [--out FILE]

Sound inputs are made first: answers, problems, recipes, reports, models, adapters, a whole run.
Case I draws one of them, changes it (flipped bits, cuts, splices, repetitions, deep nesting, huge
numbers, values of wrong types, other encodings; a seal in it is made right again) and gives it to
its reader. It must be read or refused by an error of ours, within 5 s of the processor and 1 GB.

Cases are tried in a process of their own; one that dies or hangs is noted, and the next goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1] / "tests"
FINE = {"read", "refused"}
SILENT = 60.0  # seconds after which a process is taken to hang, whatever it waits for
ADDRESSES = 4 * 2**30  # bytes of address space that a case may take beyond what is there


def main() -> None:
    parser = argparse.ArgumentParser(description="Changed inputs of every reader.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=60, help="end then, however many are done")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, metavar="I", help="the case to begin with")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that were faults")
    parser.add_argument("--out", type=Path, default=None, help="a file for the counts, as JSON")
    asked = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import fuzzed

    logging.disable(logging.CRITICAL)
    end = time.monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        fuzzed.make_sound(place)
        fuzzed.make_run(place)
        fuzz = fuzzed.Fuzz(place, asked.seed)
        results, faults = list[dict[str, Any]](), list[dict[str, Any]]()
        number, last = asked.first, asked.first + asked.count
        while number < last and time.monotonic() < end:
            for row in _in_a_process(fuzz, range(number, last), end):
                results.append(row)
                number = row["number"] + 1
                if row["outcome"] not in FINE:
                    faults.append(row)
                    print(json.dumps(row), flush=True)
                    _keep(fuzz, row["number"], asked.keep)
                if len(results) % 500 == 0:
                    print(f"{len(results)} cases, {len(faults)} faults", flush=True)
    said = {
        "cases": len(results), "seed": asked.seed, "first": asked.first,
        "readers": _by_reader(results), "faults": faults,
    }  # fmt: skip
    text = json.dumps(said, indent=1) + "\n"
    print(text)
    if asked.out is not None:
        asked.out.write_text(text)
    sys.exit(1 if faults else 0)


def _in_a_process(fuzz: Any, numbers: range, end: float) -> Any:
    """The results of cases in order, up to one in which the process dies or hangs."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        os.setsid()
        _try_all(fuzz, numbers, writing)
    os.close(writing)
    number, held = numbers.start, b""
    try:
        while time.monotonic() < end:
            if not select.select([reading], [], [], SILENT)[0]:
                yield _lost(fuzz, number, "hung, and had to be killed")
                return
            part = os.read(reading, 1 << 16)
            held += part
            *lines, held = held.split(b"\n")
            for line in lines:
                row = json.loads(line)
                yield row
                number = row["number"] + 1
            if not part:
                if number < numbers.stop:
                    yield _lost(fuzz, number, "the process died")
                return
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _try_all(fuzz: Any, numbers: range, writing: int) -> None:
    said = Path("/proc/self/statm")
    if said.exists():
        most = int(said.read_text().split()[0]) * resource.getpagesize() + ADDRESSES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    try:
        for number in numbers:
            os.write(writing, json.dumps(asdict(fuzz.tried(number))).encode() + b"\n")
    finally:
        os._exit(0)


def _keep(fuzz: Any, number: int, folder: Path | None) -> None:
    if folder is not None:
        _, path, content, _ = fuzz.case(number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}-{path.name}").write_bytes(content)


def _lost(fuzz: Any, number: int, outcome: str) -> dict[str, Any]:
    reader, path, _, changes = fuzz.case(number)
    path.write_bytes(fuzz.sound[path])  # which the process had no time for
    return {"number": number, "reader": reader.name, "file": path.name, "changes": changes,
            "outcome": outcome, "seconds": 0.0, "memory": 0}  # fmt: skip


def _by_reader(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each reader how many cases were read, refused or faults, and the most they took."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in results:
        rows[row["reader"]].append(row)
    found: dict[str, dict[str, Any]] = {}
    for name, some in rows.items():
        kinds = Counter(
            r["outcome"] if r["outcome"] in {"read", "refused"} else "faults" for r in some
        )
        found[name] = {
            **kinds, "longest": max(r["seconds"] for r in some),
            "most_mb": max(r["memory"] for r in some) // 10**6,
        }  # fmt: skip
    return found


if __name__ == "__main__":
    main()
