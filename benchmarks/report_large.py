"""How long a report takes and how much memory it holds, by its number of answers.

    python benchmarks/report_large.py [--answers N | --problems N] [--part N] [--out FILE]

A run directory of that size is written first, of our own texts, and thrown away afterwards. Each
report is made in a process of its own, which the system then says the time and the most memory of;
the processes that it starts are watched, too, and the most memory that all of them held at one
moment is given. The first report judges all answers and stores the judgements, the second reads
them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
REPORT = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from netgain.pipeline.run_findings import findings_of
from netgain.reporting import write_reports
from netgain.store import RunDirectory
imported = time.perf_counter()
directory = RunDirectory(Path(sys.argv[1]))
findings = findings_of(directory, keep=True)
found = time.perf_counter()
write_reports(findings, directory.report)
print(imported - began, found - imported, time.perf_counter() - found)
"""
EVERY = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True)
class Measured:
    """One report: seconds (`processor` of all processes together), and the most memory in MiB.

    `process_mib` is of the process itself, `all_mib` of all of them at one moment.
    """

    judgements: str
    wall: float
    processor: float
    importing: float
    findings: float
    writing: float
    process_mib: float
    all_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of a report by its size.")
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--problems", type=int, default=None, help="instead: half as many answers")
    parser.add_argument("--part", type=int, default=512, help="answers in one stored part")
    parser.add_argument("--runs", type=int, default=1, help="reports that read the judgements")
    parser.add_argument("--folder", type=Path, default=None, help="where the run is written")
    parser.add_argument("--out", type=Path, default=None, help="a file for the figures, as JSON")
    asked = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from large_run import write_run
    from netgain import provenance

    problems = asked.problems or asked.answers // 2
    hardware = provenance.hardware()
    print(f"{hardware['processor']}, {hardware['cores']} cores, {hardware['memory']}", flush=True)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        root = Path(folder) / "run"
        began = time.perf_counter()
        write_run(root, problems, asked.part)
        took = time.perf_counter() - began
        print(f"2 × {problems:,} answers in parts of {asked.part:,}, written in {took:.0f} s")
        found = []
        for judgements in ["made", *["read"] * asked.runs]:
            found.append(measured(root, judgements))
            print(told(found[-1]), flush=True)
        print(_sizes(root))
    if asked.out is not None:
        figures = {"hardware": hardware, "problems": problems, "part": asked.part,
                   "reports": [asdict(m) for m in found]}  # fmt: skip
        asked.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measured(root: Path, judgements: str) -> Measured:
    """Make one report of a run."""
    shutil.rmtree(root / "report", ignore_errors=True)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", REPORT, str(root)], stdout=subprocess.PIPE, text=True
    )
    most = 0.0
    while True:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            break
        most = max(most, sum(_resident(pid) for pid in _family(process.pid)))
        time.sleep(EVERY)
    wall = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0 or process.stdout is None:
        sys.exit(f"the report failed ({status})")
    importing, findings, writing = map(float, process.stdout.read().split())
    own = usage.ru_maxrss / 1024
    used = usage.ru_utime + usage.ru_stime
    return Measured(judgements, wall, used, importing, findings, writing, own, max(most, own))


def _family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        children += [
            child
            for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid)
            for child in (task / "children").read_text().split()
        ]  # fmt: skip
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _resident(pid: int) -> float:
    """MiB that a process holds now."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def told(m: Measured) -> str:
    return (
        f"judgements {m.judgements}: {m.wall:.1f} s in all (imports {m.importing:.1f}, findings "
        f"{m.findings:.1f}, report files {m.writing:.1f}; {m.processor:.1f} s of processor time); "
        f"most memory {m.process_mib:.0f} MiB, {m.all_mib:.0f} MiB with all processes together"
    )


def _sizes(root: Path) -> str:
    files = sorted((root / "report").iterdir())
    return ", ".join(f"{path.name} {path.stat().st_size:,} bytes" for path in files)


if __name__ == "__main__":
    main()
