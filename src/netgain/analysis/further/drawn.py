"""One model's samples read: majorities, curves against what they took, and how far they agree."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netgain.analysis.comparing.samples import AnswersSummary, Tally, summarise
from netgain.analysis.estimates.clustered import mean_difference
from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.further.inputs import MODELS, FurtherEvaluation, Headline
from netgain.analysis.further.pairing import Right, Spent, accuracy, right_of, spent
from netgain.grading.samples import pass_at_k
from netgain.records import (
    CurvePoint,
    FurtherCurve,
    FurtherTable,
    Generation,
    Grade,
    Metric,
)
from netgain.wording import number, quantity

ORACLE = (
    "pass@k counts a problem as solved where any of k samples is right. It says what a perfect "
    "chooser among them could reach, and is no accuracy: nobody knows beforehand which is right."
)


@dataclass(frozen=True)
class Drawn:
    """One model's samples. `cost` is that of one sample on average.

    `right_majority[problem][k - 1]` is 1 where the majority of the first k samples is right.
    """

    model: str
    summary: AnswersSummary
    by_problem: Mapping[str, Sequence[Grade]]
    cost: Spent
    right_majority: Mapping[str, Sequence[int]]

    @property
    def ks(self) -> tuple[int, ...]:
        """The k of the curves: 1, 2, 4 … and the samples that every problem has; () without any."""
        return tuple(self.summary.majority)

    @property
    def most(self) -> int:
        return max(self.ks, default=1)

    def majority(self, k: int) -> Right:
        """By problem, whether the majority of the first k samples is right."""
        return {problem: (bool(of[k - 1]),) for problem, of in self.right_majority.items()}

    def asked(self, headline: Headline) -> list[Generation]:
        """The same model's greedy answers to the problems that were sampled."""
        rows = headline.generations.get(self.model, ())
        return [g for g in rows if g.problem_id in self.by_problem]


def read_samples(evaluation: FurtherEvaluation) -> Drawn:
    rows: defaultdict[str, list[Grade]] = defaultdict(list)
    for grade in evaluation.grades:
        rows[grade.problem_id].append(grade)
    by_problem = {p: sorted(found, key=lambda g: g.sample) for p, found in rows.items()}
    tally, right = Tally(), dict[str, list[int]]()
    for problem, grades in by_problem.items():
        tally.add(grades)
        alone = Tally()
        alone.add(grades)
        right[problem] = alone.majority
    cost = spent(evaluation.generations)
    return Drawn(evaluation.model, summarise(tally), by_problem, cost, right)


def above_one(one: Drawn) -> Metric:
    """pass@k − pass@1 at the most samples, a mean over problems."""
    gains = []
    for grades in one.by_problem.values():
        n, right = len(grades), sum(g.correct for g in grades)
        gains.append(pass_at_k(n, right, one.most) - pass_at_k(n, right, 1))
    gain, _ = mean_difference(gains)
    return Metric(f"pass@{one.most} − pass@1, {one.model}", "points", "generated", gain)


def curves(found: Mapping[str, Drawn], headline: Headline) -> tuple[FurtherCurve, ...]:
    """maj@k and pass@k of each model, and its greedy answers to the same problems as one point."""
    return tuple(curve for one in found.values() for curve in _curves_of(one, headline))


def _curves_of(one: Drawn, headline: Headline) -> Iterator[FurtherCurve]:
    def points(metrics: Mapping[int, Metric]) -> tuple[CurvePoint, ...]:
        costs = {k: one.cost.times(k) for k in metrics}
        return tuple(
            CurvePoint(k, costs[k].tokens, costs[k].seconds, m) for k, m in metrics.items()
        )

    yield FurtherCurve(one.model, "maj@k", points(one.summary.majority))
    yield FurtherCurve(one.model, "pass@k", points(one.summary.passed))
    answers = one.asked(headline)
    if answers:
        right = right_of(headline.grades[one.model], turn=0)
        metric = accuracy(
            f"greedy accuracy on the sampled problems, {one.model}",
            {p: r for p, r in right.items() if p in one.by_problem},
        )
        cost = spent(answers)
        point = CurvePoint(1, cost.tokens, cost.seconds, metric)
        yield FurtherCurve(one.model, "greedy", (point,))


def curve_table(drawn: Sequence[FurtherCurve]) -> FurtherTable:
    """The curves as a table: a row for each model's greedy answers and for each k."""
    by_model = {(c.model, c.measure): c for c in drawn}
    rows = []
    for model in MODELS:
        for label, measure in (("greedy", "greedy"), ("k = {}", "maj@k")):
            curve = by_model.get((model, "greedy" if measure == "greedy" else "maj@k"))
            passed = by_model.get((model, "pass@k")) if measure == "maj@k" else None
            for place, point in enumerate(curve.points if curve else ()):
                rows.append(
                    (
                        f"{model}, {label.format(point.k)}", point.figure,
                        passed.points[place].figure if passed else "",
                        number(point.tokens, 3), quantity(point.seconds, "s"),
                    )
                )  # fmt: skip
    return FurtherTable(
        "Right answers by the number of samples, and what a problem takes on average",
        ("Answers", "maj@k", "pass@k", "Generated tokens", "Time"),
        tuple(rows),
    )


# -- how far the samples agree -------------------------------------------------------------


def agreement(one: Drawn) -> tuple[Metric, Metric]:
    """The share of problems on which all samples give the same answer, and the accuracy there."""
    agreed = [
        grades[0].correct
        for grades in one.by_problem.values()
        if len({g.extracted for g in grades}) == 1 and grades[0].extracted is not None
    ]
    shares = (
        ("problems on which all samples agree", wilson(len(agreed), len(one.by_problem))),
        ("accuracy where all samples agree", wilson(sum(agreed), len(agreed))),
    )
    first, second = (
        Metric(f"{name}, {one.model}", "share", "generated", estimate) for name, estimate in shares
    )
    return first, second


def diversity_table(found: Mapping[str, Drawn]) -> FurtherTable:
    """How far samples of a problem differ: without that, more of them give nothing."""
    return FurtherTable(
        "Diversity of the samples",
        ("Model", "All samples agree", "Accuracy where they do", "Different answers a problem"),
        tuple((model, *agreement(one), number(_different(one), 3)) for model, one in found.items()),
    )


def _different(one: Drawn) -> float:
    counts = [
        len({g.extracted for g in grades if g.extracted is not None})
        for grades in one.by_problem.values()
    ]
    return math.fsum(counts) / len(counts)
