"""Reports that the audit had not seen: faults found and missed, marks that accuse falsely.

    python benchmarks/audit_unseen.py [FILE.yaml] [--set N]

FILE (tests/audit_unseen.yaml) has reports with the places that a careful reader marks. A mark that
accuses (any but supported) is right where it stands on the line of such a place.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from netgain.audit import Claim, audit

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))


def main() -> None:
    parser = argparse.ArgumentParser(description="The audit on reports that it has not seen.")
    parser.add_argument("file", type=Path, nargs="?", default=TESTS / "audit_unseen.yaml")
    parser.add_argument("--set", type=int, help="of the reports with this number alone")
    arguments = parser.parse_args()
    reports = yaml.safe_load(arguments.file.read_text("utf-8"))
    reports = [r for r in reports if arguments.set in (None, r["set"])]
    marks = false = faults = found = 0
    for report in reports:
        accused, missed, wrong = judged(report)
        marks, false = marks + len(accused), false + len(wrong)
        faults += len(report.get("faults", ()))
        found += len(report.get("faults", ())) - len(missed)
        for each in wrong:
            print(f"{report['name']}: FALSE {each.mark} ({each.kind}) {each.quote}: {each.reason}")
        for place, why in missed:
            print(f"{report['name']}: missed {place!r}: {why}")
    print(f"{len(reports)} reports: {marks} marks accuse, {false} of them falsely; "
          f"{found} of {faults} faults found")  # fmt: skip


def judged(report: dict[str, Any]) -> tuple[list[Claim], list[list[str]], list[Claim]]:
    """Of one report: the marks that accuse, the faults that none is at, the marks at no fault."""
    from audit_runs import better, training_only, unclear

    runs = {"better": better, "unclear": unclear, "training only": training_only}
    run = runs[report["run"]]() if "run" in report else None
    accused = [c for c in audit(report["text"], run).claims if c.mark != "supported"]
    lines = report["text"].split("\n")
    places = {
        i: fault for fault in report.get("faults", ())
        for i, line in enumerate(lines, start=1) if fault[0] in line
    }  # fmt: skip
    hit = [places[c.line] for c in accused if c.line in places]
    missed = [fault for fault in report.get("faults", ()) if fault not in hit]
    return accused, missed, [c for c in accused if c.line not in places]


if __name__ == "__main__":
    main()
