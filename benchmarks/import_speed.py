"""How long `import netgain` and `netgain --help` take: each in processes of their own, in turn.

    python benchmarks/import_speed.py [--times 20]

Writes benchmarks/results/import_speed.json. Other work on the machine slows both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from netgain import provenance

OUT = Path(__file__).parent / "results" / "import_speed.json"
IMPORT = (
    "import time; began = time.perf_counter(); import netgain; print(time.perf_counter() - began)"
)


def imported() -> float:
    """Seconds of the import alone, as the process itself measures it."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def whole(*words: str) -> float:
    """Seconds from the start of a process to its end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], capture_output=True, check=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    found: dict[str, list[float]] = {"import netgain": [], "python": [], "netgain --help": []}
    for _ in range(times):
        found["import netgain"].append(imported())
        found["python"].append(whole("-c", "pass"))
        found["netgain --help"].append(whole("-m", "netgain.cli.main", "--help"))
    result = {
        "hardware": provenance.hardware(),
        "versions": {"python": provenance.versions()["python"]},
        "times": times,
        "seconds": {
            name: {"median": statistics.median(each), "most": max(each)}
            for name, each in found.items()
        },
    }
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["seconds"], indent=2))


if __name__ == "__main__":
    main()
