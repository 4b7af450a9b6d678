"""The tables of docs/statistics.md, from the results of the two simulations. A few seconds.

python benchmarks/verdict_tables.py
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import estimates_simulation
import verdict_simulation

from netgain.analysis.estimates.power import mcnemar_power
from netgain.analysis.estimates.statistics import POWER
from netgain.wording import integer, quantity
from netgain.wording import percent as share

Row = dict[str, float]
TESTS = {"ordinary": "ordinary exact", "mid-p": "mid-p", "deciding": "**the one that decides**"}
GAINS = (0.01, 0.02, 0.03, 0.05, 0.10)
DIFFERING = (0.05, 0.10, 0.20, 0.30)


def read() -> list[Row]:
    with verdict_simulation.RESULTS.open() as file:
        return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]


def percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f}%"


def mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print("|", " | ".join(heads), "|")
    print("|" + "---|" * len(heads))
    for row in rows:
        print("|", " | ".join(row), "|")
    print()


def by_size(rows: list[Row], summary: Callable[[list[Row]], Sequence[str]]) -> list[list[str]]:
    sizes = sorted({row["n"] for row in rows})
    groups = [(f"{n:,.0f}", [r for r in rows if r["n"] == n]) for n in sizes]
    return [[name, *summary(group)] for name, group in [*groups, ("all", rows)]]


def false_verdicts(rows: list[Row]) -> None:
    """Cells without a true difference, each test summed exactly."""
    null = [r for r in rows if r["gain"] == 0]

    def summary(group: list[Row]) -> list[str]:
        cells = [str(len(group))]
        for name in TESTS:
            wrong = [r[f"{name}_improved"] + r[f"{name}_worse"] for r in group]
            cells.append(f"{percent(mean(wrong), 2)}, {percent(max(wrong), 2)}")
        return cells

    table(["n", "cells", *(f"{name}: mean, most" for name in TESTS.values())],
          by_size(null, summary))  # fmt: skip


def power(rows: list[Row]) -> None:
    """How often "improved" is said of a true gain, at an ordinary correlation."""
    chosen = {(r["n"], r["base"], r["gain"]): r for r in rows if r["correlation"] == 0.6}
    lines = []
    for n in sorted({r["n"] for r in rows}):
        for base in (0.05, 0.20, 0.50):
            found = [chosen[n, base, gain] for gain in GAINS]
            cells = [
                f"{share(r['deciding_improved'])} ({share(r['ordinary_improved'])})" for r in found
            ]
            lines.append([f"{n:,.0f}", percent(base, 0), *cells])
    table(["n", "base", *(quantity(gain, "points") for gain in GAINS)], lines)


def intervals(rows: list[Row]) -> None:
    """The intervals on the same draws."""
    drawn = [r for r in rows if "coverage" in r]
    lines = []
    for key, name, prefix in (("coverage", "**the one printed**", ""),
                              ("newcombe", "Newcombe 10", "newcombe_"),
                              ("tango", "Tango's score", "tango_")):  # fmt: skip
        width = f"{prefix}width"
        lines.append([
            name,
            percent(mean(r[key] for r in drawn)),
            percent(min(r[key] for r in drawn)),
            share(mean(r[f"{prefix}disagrees"] for r in drawn)),
            share(max(r[f"{prefix}disagrees"] for r in drawn)),
            f"{mean(r[width] for r in drawn) * 100:.1f}" if width in drawn[0] else "",
        ])  # fmt: skip
    table(["interval", f"mean coverage over {len(drawn)} cells", "lowest",
           "disagrees with the test, mean", "most", "mean width, points"], lines)  # fmt: skip


def coverage(rows: list[Row]) -> None:
    """The printed interval, by n."""
    drawn = [r for r in rows if "coverage" in r]

    def summary(group: list[Row]) -> list[str]:
        return [
            str(len(group)),
            percent(mean(r["coverage"] for r in group), 2),
            percent(min(r["coverage"] for r in group), 2),
            percent(mean(r["below_truth"] for r in group), 2),
            percent(max(max(r["below_truth"], r["above_truth"]) for r in group), 2),
        ]

    table(["n", "cells", "mean", "lowest", "wholly on one side, mean", "most"],
          by_size(drawn, summary))  # fmt: skip


def agreement(rows: list[Row]) -> None:
    """How far draws and exact sums are apart, in standard errors of the draws."""
    apart = []
    for r in rows:
        experiments = verdict_simulation.EXPERIMENTS[r["n"] > verdict_simulation.MANY]
        for verdict in ("improved", "worse"):
            drawn, exact = r.get(f"drawn_{verdict}"), r[f"deciding_{verdict}"]
            error = (exact * (1 - exact) / experiments) ** 0.5
            if drawn is not None and error > 1e-3:
                apart.append((drawn - exact) / error)
    spread = mean(z * z for z in apart) ** 0.5
    print(f"{len(apart):,} pairs: mean {mean(apart):+.3f}, root mean square {spread:.3f}, "
          f"most {max(map(abs, apart)):.2f} standard errors\n")  # fmt: skip


def problems_needed(difference: float, discordant_share: float) -> int:
    """The fewest paired problems that show a true difference with 80% power at 5%."""
    share = max(difference, discordant_share)

    def enough(n: int) -> bool:
        return mcnemar_power(n, share, difference) >= POWER

    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def planning(rows: list[Row]) -> None:
    """Problems needed; nothing of the simulation is read."""
    del rows
    lines = []
    for gain in GAINS:
        needed = [problems_needed(gain, differing) for differing in DIFFERING]
        lines.append([quantity(gain, "points"),
                      *map(integer, needed)])  # fmt: skip
    table(["true gain", *(f"{share(d)} differ" for d in DIFFERING)], lines)


def estimates(path: Path = estimates_simulation.RESULTS) -> None:
    """Each kind of cell of the other simulation: the mean and the worst of its cells."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    kinds: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        few = " (2 seeds)" if row["seeds"] == "2" else ""
        kinds[row["what"] + few].append(row)
    lines = []
    for what, group in kinds.items():
        cells = []
        for column, worst in (("coverage", min), ("false verdicts", max), ("as before", max),
                              ("power", min)):  # fmt: skip
            values = [float(r[column]) for r in group if r[column]]
            cells.append(f"{percent(mean(values))}, {percent(worst(values))}" if values else "")
        lines.append([what, str(len(group)), *cells])
    table(["what", "cells", "coverage: mean, lowest", "false verdicts: mean, most",
           "as before: mean, most", "power: mean, lowest"], lines)  # fmt: skip


if __name__ == "__main__":
    cells = read()
    for part in (false_verdicts, power, intervals, coverage, agreement, planning):
        print(f"<!-- {part.__name__} -->\n")
        part(cells)
    print("<!-- estimates -->\n")
    estimates()
