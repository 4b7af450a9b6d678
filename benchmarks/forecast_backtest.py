"""How far can `netgain.analysis.training.forecast` be trusted? Judgements against what happened.

The curves are those of `forecast_curves.py`; no training is done here.

- Runs at a constant learning rate, cut at two thirds, and whole runs whose rate decayed beside runs
  that were planned half as long again: each is judged, and what more training came to is looked up.
- Flat losses with noise of several kinds: how often the interval of the change says that the loss
  fell or rose, and how often it is called overfitting.
- Falling losses with noise: how often the fall is seen.
- Alarms of the spike rule on the stored curves.

    python benchmarks/forecast_backtest.py
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.training.anomalies import find_spikes
from netgain.analysis.training.forecast import forecast
from netgain.analysis.training.losses import has_turned, late_change
from netgain.records import TrainingPoint

HERE = Path(__file__).parent / "results"
SEEN = 2 / 3
CURVES = 4000
CORRELATIONS = (0.0, 0.3, 0.6)  # of neighbouring losses
VALIDATIONS = (12, 18, 24, 72)  # of a whole run; a third of them is looked at
FALL, NOISE = 0.064, (0.005, 0.01, 0.02)  # nats over the last third; standard deviations


def points_of(run: dict[str, Any]) -> list[TrainingPoint]:
    """A stored run as the points that a trainer's log would give."""
    merged: dict[int, dict[str, Any]] = {}
    for step, rate in zip(run["step"], run["learning_rate"], strict=True):
        merged[step] = {"learning_rate": rate}
    for step, loss in zip(run["eval_step"], run["eval_loss"], strict=True):
        merged.setdefault(step, {})["eval_loss"] = loss
    return [TrainingPoint(step, **row) for step, row in sorted(merged.items())]


@dataclass(frozen=True)
class Case:
    """A log, and the validation loss that came of training half as long again."""

    seen: Sequence[TrainingPoint]
    end: float


def going_on(runs: Sequence[dict[str, Any]]) -> list[Case]:
    """Runs with a constant learning rate, cut at two thirds."""
    cases = []
    for run in runs:
        if run["schedule"] != "linear":
            points = points_of(run)
            seen = [p for p in points if p.step <= SEEN * points[-1].step]
            cases.append(Case(seen, run["eval_loss"][-1]))
    return cases


def planned_longer(stored: Sequence[dict[str, Any]]) -> list[Case]:
    """Whole runs with a decaying learning rate, and the end of the longer ones beside them."""
    short = {run["seed"]: run for run in stored if run["length"] == 1}
    longer = [run for run in stored if run["length"] > 1]
    return [Case(points_of(short[run["seed"]]), run["eval_loss"][-1]) for run in longer]


def judged(cases: Sequence[Case]) -> dict[str, Any]:
    """By judgement: in how many cases more training ended below the lowest loss seen."""
    lower: Counter[str] = Counter()
    total: Counter[str] = Counter()
    gains: dict[str, list[float]] = {}
    for case in cases:
        found = forecast(case.seen)
        assert found is not None and found.best_loss is not None
        total[found.outlook] += 1
        lower[found.outlook] += case.end < found.best_loss
        gains.setdefault(found.outlook, []).append(found.best_loss - case.end)
    return {
        outlook: share(lower[outlook], n)
        | {"median_further_fall_nats": rounded(float(np.median(gains[outlook])))}
        for outlook, n in sorted(total.items())
    }


def share(count: int, n: int) -> dict[str, Any]:
    estimate = wilson(count, n)
    interval = [rounded(v) for v in estimate.interval] if estimate.interval else None
    return {"count": int(count), "n": n, "interval": interval}


def rounded(value: float) -> float:
    return float(f"{value:.3g}")


# -- simulated -----------------------------------------------------------------------------


def noise(r: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Normal noise of unit variance; neighbours are correlated by r."""
    drawn = rng.normal(size=n)
    for i in range(1, n):
        drawn[i] = r * drawn[i - 1] + (1 - r * r) ** 0.5 * drawn[i]
    return drawn


def flat(r: float, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """A loss that does not change: every judgement that it does is false."""
    fell = rose = turned = 0
    for _ in range(CURVES):
        steps, losses = np.arange(1.0, n + 1), 1.0 + 0.01 * noise(r, n, rng)
        interval = late_change(steps, losses)[0].interval
        assert interval is not None
        fell, rose = fell + (interval[1] < 0), rose + (interval[0] > 0)
        turned += has_turned(steps, losses)
    return {
        "correlation": r, "validations": n,
        "fell": share(fell, CURVES), "rose": share(rose, CURVES),
        "overfitting": share(turned, CURVES),
    }  # fmt: skip


def falling(r: float, sigma: float, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """A loss that falls by `FALL` over its last third: how often that is seen."""
    seen = 0
    for _ in range(CURVES):
        steps = np.arange(1.0, n + 1)
        losses = 1.0 - 3 * FALL * steps / n + sigma * noise(r, n, rng)
        interval = late_change(steps, losses)[0].interval
        seen += interval is not None and interval[1] < 0
    return {
        "correlation": r, "validations": n, "noise_nats": sigma, "seen": share(seen, CURVES),
    }  # fmt: skip


def spike_alarms(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for name in ("loss", "grad_norm"):
        alarms = [len(find_spikes(list(zip(r["step"], r[name], strict=True)))) for r in runs]
        found[name] = share(sum(a > 0 for a in alarms), len(runs))
    return found


def main() -> None:
    stored = json.loads((HERE / "forecast_curves.json").read_text())
    runs = [r for r in stored if r["length"] == 1]
    going, longer = going_on(runs), planned_longer(stored)
    rng = np.random.default_rng(0)
    results = {
        "runs": len(runs),
        "all_cases": judged([*going, *longer]),
        "constant_rate_going_on": judged(going),
        "decaying_rate_planned_longer": judged(longer),
        "flat": [flat(r, n, rng) for r in CORRELATIONS for n in VALIDATIONS],
        "falling": [
            falling(r, sigma, n, rng) for r in CORRELATIONS for sigma in NOISE for n in VALIDATIONS
        ],
        "curves_with_a_spike_alarm": spike_alarms(runs),
    }
    text = json.dumps(results, indent=1)
    (HERE / "forecast_backtest.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
