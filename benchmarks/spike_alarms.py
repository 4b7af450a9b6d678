"""How often does the spike rule cry wolf, and what does it see? Simulated curves.

A falling loss is multiplied by exp(0.1·noise) of several kinds. False alarms are counted on curves
without a spike; then one value in the middle is multiplied by a factor, and found or not.

    python benchmarks/spike_alarms.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.training.anomalies import find_spikes

RESULTS = Path(__file__).parent / "results" / "spike_alarms.json"
CURVES = 1000
LENGTHS = (30, 100, 1000)
SIGMA = 0.1
FACTORS = (1.5, 2.0, 3.0)


def noise(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Unit noise on the logarithmic scale."""
    if kind == "normal":
        return rng.normal(size=n)
    if kind == "gamma":  # right-skewed before the logarithm, as gradient norms are
        return (np.log(rng.gamma(8, size=n)) - np.log(8)) * 8**0.5
    if kind == "Student's t, 5 degrees":
        return rng.standard_t(5, size=n) / (5 / 3) ** 0.5
    drawn = rng.normal(size=n)  # each value pulls the next along
    for i in range(1, n):
        drawn[i] = 0.6 * drawn[i - 1] + 0.8 * drawn[i]
    return drawn


def cell(kind: str, n: int, rng: np.random.Generator) -> dict[str, Any]:
    level = 0.5 + 2 / np.sqrt(np.arange(1, n + 1))
    curves, values, seen = 0, 0, dict.fromkeys(FACTORS, 0)
    for _ in range(CURVES):
        losses = level * np.exp(SIGMA * noise(kind, n, rng))
        alarms = find_spikes(list(enumerate(losses.tolist())))
        curves += bool(alarms)
        values += len(alarms)
        for factor in FACTORS:
            spiked = losses.copy()
            spiked[n // 2] = factor * level[n // 2]
            seen[factor] += any(s.step == n // 2 for s in find_spikes(list(enumerate(spiked))))
    low, high = wilson(curves, CURVES).interval or (0.0, 0.0)
    return {
        "noise": kind,
        "values": n,
        "curves_with_a_false_alarm": curves / CURVES,
        "interval": [round(low, 4), round(high, 4)],
        "false_alarms_a_value": values / CURVES / n,
        "found": {f"{factor} times the usual": k / CURVES for factor, k in seen.items()},
    }


def main() -> None:
    rng = np.random.default_rng(0)
    kinds = ("normal", "gamma", "Student's t, 5 degrees", "autocorrelated normal")
    table = [cell(kind, n, rng) for kind in kinds for n in LENGTHS]
    RESULTS.write_text(json.dumps(table, indent=1) + "\n")
    for row in table:
        print(row)


if __name__ == "__main__":
    main()
