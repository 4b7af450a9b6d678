"""Damage to a run's files, one bit or one cut at a time: does a figure change without a word?

    python benchmarks/run_damage.py [--count N] [--minutes M] [--seed S] [--out FILE]

A tiny run is made first: trained, evaluated with extras, reported. Then each of N damages, drawn
over all files of the run directory, is written into its place, read by all that read a run (report,
compare, leaderboard, view, in this process), and taken back. What is read must be the same figures
as without damage, or refused in one line, within 5 seconds.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"


def main() -> None:
    parser = argparse.ArgumentParser(description="What damage to a run's files does to figures.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=30, help="end then, however many are done")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None, help="a file for the counts, as JSON")
    asked = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    import damaged_run

    logging.getLogger("netgain").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        root = damaged_run.tiny_run(place)
        undamaged = damaged_run.read_all(root)
        if damaged_run.read_all(root) != undamaged:
            sys.exit("the same run is not read alike twice, so nothing can be compared")
        end = time.monotonic() + 60 * asked.minutes
        outcomes, kinds, faults = [], Counter[str](), []
        for damage in islice(damaged_run.damages(root, asked.seed), asked.count):
            found = damaged_run.tried(damage, root, undamaged)
            outcomes.append(found)
            kinds[damage.kind] += 1
            if set(found.values()) - {"same", "refused"}:
                faults.append({"file": str(damage.path.relative_to(root)), **found})
                print(faults[-1], flush=True)
            if len(outcomes) % 100 == 0:
                print(f"{len(outcomes)} damages, {len(faults)} faults", flush=True)
            if time.monotonic() > end:
                break
        files = len({p for p in root.rglob("*") if p.is_file()})
    result = {
        "files": files, "damages": len(outcomes), "kinds": dict(kinds), "seed": asked.seed,
        "outcomes": damaged_run.counted(outcomes), "faults": faults,
    }  # fmt: skip
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if asked.out is not None:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
