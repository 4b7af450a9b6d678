"""Runs that differ in the seed of training alone: how much of a gain is one seed's luck."""

from collections import defaultdict
from collections.abc import Sequence

from netgain.analysis.comparing.model_entries import ModelEntry, RunEntry
from netgain.analysis.estimates.seeds import SeedsEstimate, several_seeds
from netgain.records import Estimate, Metric, SeedSpread

SPREAD = "standard deviation of true gains, crossed random effects"
NO_INTERVAL = "a part of a variance, given without an interval"


def seed_spreads(runs: Sequence[RunEntry], problems: Sequence[str]) -> tuple[SeedSpread, ...]:
    """One for each recipe that was run with two or more seeds, each seed's first run counting."""
    if len(problems) < 2:
        return ()
    groups: dict[str, dict[int, RunEntry]] = defaultdict(dict)
    for run in runs:
        if run.recipe_but_seed and run.seed is not None and _pair(run) is not None:
            groups[run.recipe_but_seed].setdefault(run.seed, run)
    return tuple(_spread(by_seed, problems) for by_seed in groups.values() if len(by_seed) > 1)


def _pair(run: RunEntry) -> tuple[ModelEntry, ModelEntry] | None:
    by_role = {entry.role: entry for entry in run.entries}
    return (by_role["base"], by_role["tuned"]) if {"base", "tuned"} <= by_role.keys() else None


def _spread(by_seed: dict[int, RunEntry], problems: Sequence[str]) -> SeedSpread:
    seeds = sorted(by_seed)
    found = several_seeds([_gains(by_seed[seed], problems) for seed in seeds])
    return SeedSpread(
        runs=tuple(by_seed[seed].name for seed in seeds),
        seeds=tuple(seeds),
        gains=tuple(
            _metric(f"gain with seed {seed}", Estimate(gain, "mean over problems",
                    why_no_interval="see the pair's own comparison", n=len(problems)))
            for seed, gain in zip(seeds, found.by_seed, strict=True)
        ),
        over_seeds=_metric("gain with other seeds, on these problems", found.over_seeds),
        over_both=_metric("gain with other seeds, on other problems", found.over_both),
        between_seeds=_deviation("from seed to seed", found.between_seeds, found),
        between_problems=_deviation("from problem to problem", found.between_problems, found),
        caveats=found.caveats,
    )  # fmt: skip


def _gains(run: RunEntry, problems: Sequence[str]) -> list[float]:
    pair = _pair(run)
    assert pair is not None
    base, tuned = ([sum(e.right[p]) / len(e.right[p]) for p in problems] for e in pair)
    return [t - b for b, t in zip(base, tuned, strict=True)]


def _deviation(name: str, value: float | None, found: SeedsEstimate) -> Metric:
    why = found.over_both.why_no_interval if value is None else NO_INTERVAL
    return _metric(
        f"spread of the gain {name}", Estimate(value, SPREAD, why_no_interval=why, n=found.seeds)
    )


def _metric(name: str, estimate: Estimate) -> Metric:
    return Metric(name, "points", "generated", estimate)
