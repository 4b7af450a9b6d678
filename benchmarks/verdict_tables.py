"""The tables of docs/statistics.md, from `results/verdict_simulation.csv`. A second.

python benchmarks/verdict_tables.py
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence

from verdict_simulation import RESULTS

from netgain.analysis.estimates.power import problems_needed
from netgain.wording import integer, quantity
from netgain.wording import percent as share

Row = dict[str, float]
INTERVALS = {
    "coverage": ("**Fay & Lumbard, the one printed**", "disagrees"),
    "tango_corrected": ("Tango's score, corrected by ½", "tango_corrected_disagrees"),
    "bonett_price": ("Bonett & Price", "bonett_price_disagrees"),
    "newcombe": ("Newcombe 10", "newcombe_disagrees"),
    "newcombe_plain": ("Newcombe 8 (not corrected)", "newcombe_plain_disagrees"),
    "tango": ("Tango's score", "tango_disagrees"),
}
FEW = 10  # expected discordant problems below which a cell is sparse
GAINS = (0.01, 0.02, 0.03, 0.05, 0.10)
DIFFERING = (0.05, 0.10, 0.20, 0.30)


def read() -> list[Row]:
    with RESULTS.open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


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


def intervals(rows: list[Row]) -> None:
    """Each interval over the whole grid."""
    sparse = [r for r in rows if r["expected_discordant"] < FEW]
    dense = [r for r in rows if r["expected_discordant"] >= FEW]
    lines = []
    for key, (name, disagrees) in INTERVALS.items():
        width = f"{key}_width" if key != "coverage" else "width"
        lines.append([
            name,
            percent(mean(r[key] for r in rows)),
            percent(min(r[key] for r in dense)),
            str(sum(r[key] < 0.92 for r in dense)),
            percent(min(r[key] for r in sparse)),
            str(sum(r[key] < 0.94 for r in sparse)),
            share(mean(r[disagrees] for r in rows)),
            share(max(r[disagrees] for r in rows)),
            f"{mean(r[width] for r in rows) * 100:.1f}" if width in rows[0] else "",
        ])  # fmt: skip
    table(
        ["interval", "mean coverage", f"lowest of {len(dense):,} cells with ≥ {FEW}", "under 92%",
         f"lowest of {len(sparse):,} sparser cells", "under 94%", "disagrees with the test, mean",
         "most", "mean width, points"],
        lines,
    )  # fmt: skip


def coverage(rows: list[Row]) -> None:
    """The printed interval, by n: drawn and summed exactly."""

    def summary(group: list[Row]) -> list[str]:
        sparse = [r for r in group if r["expected_discordant"] < FEW]
        dense = [r for r in group if r["expected_discordant"] >= FEW]
        return [
            str(len(group)),
            percent(mean(r["coverage"] for r in group), 2),
            percent(min(r["coverage"] for r in dense), 2),
            percent(min(r["coverage"] for r in sparse), 2),
            percent(mean(r["coverage_exact"] for r in group), 2),
            percent(min(r["coverage_exact"] for r in group), 2),
            percent(max(r["above_truth_exact"] for r in group), 2),
        ]

    table(
        ["n", "cells", "mean", f"lowest, ≥ {FEW} discordant", "lowest, sparser", "exact mean",
         "exact lowest", "exact, wholly above the truth, most"],
        by_size(rows, summary),
    )  # fmt: skip


def false_verdicts(rows: list[Row]) -> None:
    """Cells without a true difference."""
    null = [r for r in rows if r["base"] == r["tuned"]]

    def summary(group: list[Row]) -> list[str]:
        wrong = [r["improved"] + r["worse"] for r in group]
        return [
            str(len(group)),
            percent(mean(wrong), 2),
            percent(max(wrong), 2),
            percent(max(2 * r["power"] for r in group), 2),
        ]

    table(
        ["n", "cells", "mean", "most", "exact most"],
        by_size(null, summary),
    )


def power(rows: list[Row]) -> None:
    """How often "improved" is said of a true gain, at an ordinary correlation."""
    chosen = {(r["n"], r["base"], round(r["tuned"] - r["base"], 4)): r
              for r in rows if r["correlation"] == 0.6}  # fmt: skip
    lines = []
    for n in sorted({r["n"] for r in rows}):
        for base in (0.05, 0.20, 0.50):
            found = [chosen[n, base, gain] for gain in GAINS]
            cells = [f"{share(r['improved'])} ({share(r['power'])})" for r in found]
            lines.append([f"{n:,.0f}", percent(base, 0), *cells])
    table(["n", "base", *(quantity(gain, "points") for gain in GAINS)], lines)


def planning(rows: list[Row]) -> None:
    """Problems needed; nothing of the simulation is read."""
    del rows
    lines = []
    for gain in GAINS:
        needed = [problems_needed(gain, differing).value for differing in DIFFERING]
        lines.append([quantity(gain, "points"),
                      *(integer(int(n)) if n else "" for n in needed)])  # fmt: skip
    table(["true gain", *(f"{share(d)} differ" for d in DIFFERING)], lines)


def agreement(rows: list[Row]) -> None:
    """How far draws and exact sums are apart, in standard errors of the draws."""
    apart = []
    for drawn, exact in (("coverage", "coverage_exact"), ("improved", "power")):
        for r in rows:
            error = (r[exact] * (1 - r[exact]) / 20_000) ** 0.5
            if error > 5e-4:
                apart.append((r[drawn] - r[exact]) / error)
    spread = mean(z * z for z in apart) ** 0.5
    print(f"{len(apart):,} pairs: mean {mean(apart):+.3f}, root mean square {spread:.3f}, "
          f"most {max(map(abs, apart)):.2f} standard errors\n")  # fmt: skip


if __name__ == "__main__":
    cells = read()
    for part in (intervals, coverage, false_verdicts, power, planning, agreement):
        print(f"<!-- {part.__name__} -->\n")
        part(cells)
