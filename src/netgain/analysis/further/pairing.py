"""Two ways of answering the same problems, found by problem; and what the answers took."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netgain.analysis.comparing.pairs import paired
from netgain.analysis.estimates.clustered import clustered_share
from netgain.analysis.estimates.statistics import share_estimate
from netgain.analysis.further.asked_again import FurtherEvaluation, Right
from netgain.records import Comparison, Generation, Metric, MetricKind, Share
from netgain.wording import counted, number, percent, quantity

MARGIN = 0.02  # of non-inferiority, a share


@dataclass(frozen=True)
class Ways:
    """What is compared: `reference` first, `other` against it. See `Comparison`."""

    model: str
    reference: str
    other: str
    at: int | None = None
    recipe: tuple[str, ...] = ()
    kind: MetricKind = "generated"


def compare_ways(
    ways: Ways, reference: Right, other: Right, clusters: Mapping[str, str] | None = None
) -> Comparison:
    """`other` − `reference` on the problems both have; see `paired`."""
    problems = [p for p in reference if p in other]
    labels = [clusters.get(p, p) for p in problems] if clusters else None
    found = paired(
        [reference[p] for p in problems], [other[p] for p in problems],
        (ways.reference, ways.other), labels, ways.kind,
    )  # fmt: skip
    return replace(found, model=ways.model, at=ways.at, recipe=ways.recipe)


def accuracy(
    name: str,
    right: Right,
    clusters: Mapping[str, str] | None = None,
    kind: MetricKind = "generated",
) -> Metric:
    """The share of right answers, a mean over problems; with clusters, an interval over these."""
    share = Share.of(right.values())
    if not clusters:
        return Metric(name, "share", kind, share_estimate(share))
    shares = [sum(answers) / len(answers) for answers in right.values()]
    labels = [clusters.get(p, p) for p in right]
    return Metric(name, "share", kind, clustered_share(share, shares, labels))


def drawn_at_random(changes: Sequence[Comparison]) -> tuple[str, ...]:
    """What is to be said of each comparison, with the pair's name."""
    return tuple(f"{c.other} against {c.reference}: {said}" for c in changes for said in c.caveats)


def share_words(metric: Metric) -> str:
    """
    >>> from netgain.analysis.estimates.statistics import wilson
    >>> share_words(Metric("maj@8", "share", "generated", wilson(5, 10)))
    '50.0%'
    """
    value = metric.estimate.value
    return "an unknown share" if value is None else percent(value)


# -- what it took --------------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """Means a problem: generated tokens, and seconds."""

    tokens: float
    seconds: float

    def times(self, k: int) -> Spent:
        return Spent(k * self.tokens, k * self.seconds)

    def cells(self) -> tuple[str, str]:
        return number(self.tokens, 3), quantity(self.seconds, "s")


def spent(generations: Sequence[Generation]) -> Spent:
    """What one answer took on average, every problem counting once."""
    rows: defaultdict[str, list[Generation]] = defaultdict(list)
    for generation in generations:
        rows[generation.problem_id].append(generation)
    if not rows:
        return Spent(0.0, 0.0)
    return Spent(
        math.fsum(math.fsum(g.completion_tokens for g in r) / len(r) for r in rows.values())
        / len(rows),
        math.fsum(math.fsum(g.seconds for g in r) / len(r) for r in rows.values()) / len(rows),
    )


def unsound(evaluation: FurtherEvaluation, who: str = "") -> tuple[str, ...]:
    """A caveat where answers ended with an error: they count as wrong."""
    failed = sum(g.finish_reason == "error" for g in evaluation.generations)
    if not failed:
        return ()
    who = who or f"the {evaluation.model} model"
    return (f"{counted(failed, 'answer')} of {who} ended with an error and counted as wrong.",)
