"""How far can `netgain.analysis.training.forecast` be trusted? Forecasts against what happened.

The curves are those of `forecast_curves.py`; no training is done here.

- The last third of every curve is forecast from the first two thirds. The interval was designed
  and scaled on the first 16 runs of the shuffled grid; coverage is measured on all the others, also
  with two of three validations alone.
- Whole runs whose learning rate decayed are forecast to half as many epochs again, against runs
  that were planned so much longer: what "train longer" means to a person. Weighting tokens by the
  learning rate was chosen on the first 9 of these pairs; coverage is measured on the others. Beside
  it stands what unweighted tokens give.
- The judgements in words against what happened.
- Alarms of the spike rule on all these curves.

    python benchmarks/forecast_backtest.py
"""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.training.anomalies import find_spikes
from netgain.analysis.training.curves import LEVEL, fit_curve
from netgain.analysis.training.forecast import WIDENING, forecast
from netgain.analysis.training.losses import Name, Series, loss_series
from netgain.records import TrainingPoint

HERE = Path(__file__).parent / "results"
SEEN = 2 / 3
CALIBRATION, DESIGN_PAIRS = 16, 9
NAMES: tuple[Name, ...] = ("validation", "training")


def points_of(run: dict[str, Any]) -> list[TrainingPoint]:
    """A stored run as the points that a trainer's log would give."""
    merged: dict[int, dict[str, Any]] = {}
    last = run["step"][-1]
    columns = zip(
        run["step"], run["tokens"], run["loss"], run["grad_norm"], run["learning_rate"], strict=True
    )
    for step, tokens, loss, norm, rate in columns:
        merged[step] = {
            "tokens": tokens, "loss": loss, "grad_norm": norm, "learning_rate": rate,
            "epoch": run["epochs"] * step / last, "seconds": run["seconds"] * step / last,
        }  # fmt: skip
    validated = zip(run["eval_step"], run["eval_tokens"], run["eval_loss"], strict=True)
    for step, tokens, loss in validated:
        merged.setdefault(step, {"tokens": tokens, "epoch": 0.0})["eval_loss"] = loss
    return [TrainingPoint(step, **row) for step, row in sorted(merged.items())]


def needed_widening(series: Series, seen: int, seed: int) -> list[float]:
    """For each value after the first `seen`: by how much its half-width must grow to reach it."""
    fitted = fit_curve(
        series.x[:seen], series.losses[:seen], series.x[seen:], np.random.default_rng(seed),
        may_rise=series.name == "validation", widening=1.0,
    )  # fmt: skip
    ends = np.array(series.losses[seen:])
    half = np.where(ends > fitted.loss, fitted.high - fitted.loss, fitted.loss - fitted.low)
    return list(np.abs(ends - fitted.loss) / np.maximum(half, 1e-12))


def last_third(
    runs: Sequence[dict[str, Any]], name: Name, keep: Sequence[bool] = (True,)
) -> list[list[float]]:
    """`keep` says, cyclically, which of the values are left in the curves."""
    found = []
    for run in runs:
        series = loss_series(points_of(run), name)
        kept = [i for i in range(len(series.x)) if keep[i % len(keep)]]
        columns = (series.x, series.steps, series.losses)
        series = Series(name, *(tuple(column[i] for i in kept) for column in columns))
        seen = sum(step <= SEEN * run["step"][-1] for step in series.steps)
        with contextlib.suppress(ValueError):  # too few values are left
            found.append(needed_widening(series, seen, run["seed"]))
    return found


def conformal(values: Iterable[float], level: float = LEVEL) -> float:
    """The split-conformal quantile: the value of rank ⌈(n + 1)·level⌉ (Vovk et al. 2005)."""
    ordered = sorted(values)
    return ordered[min(len(ordered), math.ceil((len(ordered) + 1) * level)) - 1]


def coverage(needed: Sequence[Sequence[float]], widening: float) -> dict[str, Any]:
    """Pointwise (mean over curves), at the last point, and the whole stretch at once."""
    points = [np.mean([v <= widening for v in curve]) for curve in needed]
    spread = np.random.default_rng(0).choice(points, size=(4000, len(points))).mean(axis=1)
    last = sum(curve[-1] <= widening for curve in needed)
    whole = sum(max(curve) <= widening for curve in needed)
    low, high = np.quantile(spread, (0.025, 0.975))  # curves are re-drawn, not their points
    return {
        "curves": len(needed),
        "pointwise": rounded(float(np.mean(points))),
        "pointwise_interval": [rounded(float(low)), rounded(float(high))],
        "last_point": share(last, len(needed)),
        "all_points": share(whole, len(needed)),
    }


def share(count: int, n: int) -> dict[str, Any]:
    estimate = wilson(count, n)
    interval = [rounded(v) for v in estimate.interval] if estimate.interval else None
    return {"count": int(count), "n": n, "interval": interval}


def rounded(value: float) -> float:
    return float(f"{value:.3g}")


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


def unweighted(case: Case) -> Case:
    return Case([replace(p, learning_rate=None) for p in case.seen], case.end)


def judged(cases: Sequence[Case]) -> dict[str, Any]:
    """Whether the interval held the end; and by judgement, whether it was below the lowest seen."""
    lower: Counter[str] = Counter()
    total: Counter[str] = Counter()
    covered, errors, naive = 0, [], []
    for case in cases:
        found = forecast(case.seen, more_epochs=math.inf)
        assert found is not None
        losses = [p.eval_loss for p in case.seen if p.eval_loss is not None]
        end = found.fits[0].band[-1]
        covered += end.low <= case.end <= end.high
        errors.append(abs(end.loss - case.end))
        naive.append(abs(losses[-1] - case.end))
        total[found.outlook] += 1
        lower[found.outlook] += case.end < min(losses)
    return {
        "covered": share(covered, len(cases)),
        "mean_error_nats": rounded(float(np.mean(errors))),
        "mean_error_of_no_change_nats": rounded(float(np.mean(naive))),
        "ended_lower": {key: share(lower[key], n) for key, n in sorted(total.items())},
    }


def spike_alarms(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for name in ("loss", "grad_norm"):
        alarms = [len(find_spikes(list(zip(r["step"], r[name], strict=True)))) for r in runs]
        values = sum(len(r["step"]) for r in runs)
        found[name] = {
            "curves_with_an_alarm": share(sum(a > 0 for a in alarms), len(runs)),
            "values_with_an_alarm": rounded(sum(alarms) / values),
        }
    return found


def main() -> None:
    stored = json.loads((HERE / "forecast_curves.json").read_text())
    runs = [r for r in stored if r["length"] == 1]
    calibration, held_out = runs[:CALIBRATION], runs[CALIBRATION:]
    results: dict[str, Any] = {
        "runs": len(runs), "calibration_runs": len(calibration), "held_out_runs": len(held_out),
        "level": LEVEL, "widening_used": WIDENING,
    }  # fmt: skip
    for name in NAMES:
        known, tried = last_third(calibration, name), last_third(held_out, name)
        results[name] = {
            "calibrated": {
                "widening_for_points": rounded(conformal(v for curve in known for v in curve)),
                "widening_for_last_points": rounded(conformal(curve[-1] for curve in known)),
            },
            "held_out": coverage(tried, WIDENING[name]),
        }
    few = last_third(held_out, "validation", (True, True, False))
    results["validation"]["held_out_two_of_three"] = coverage(few, WIDENING["validation"])
    pairs = planned_longer(stored)
    results["constant_rate_going_on"] = judged(going_on(held_out))
    results["planned_longer"] = {
        "pairs_used_for_design": judged(pairs[:DESIGN_PAIRS]),
        "held_out": judged(pairs[DESIGN_PAIRS:]),
        "all_with_unweighted_tokens": judged([unweighted(pair) for pair in pairs]),
    }
    results["spikes"] = spike_alarms(runs)
    text = json.dumps(results, indent=1)
    (HERE / "forecast_backtest.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
