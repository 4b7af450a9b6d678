"""One model's samples read: majorities, curves against what they took, and how far they agree."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netgain.analysis.comparing.tally import AnswersSummary, Tally, summarise
from netgain.analysis.estimates.clustered import mean_difference
from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.further.asked_again import MODELS, FurtherEvaluation, Headline, Right
from netgain.analysis.further.pairing import Spent, accuracy, spent
from netgain.grading.several_samples import pass_at_k
from netgain.records import CurvePoint, FurtherCell, FurtherCurve, FurtherTable, Grade, Metric

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

    def greedy_cost(self, headline: Headline, model: str = "") -> Spent:
        """What a model's greedy answers took (None given: this one's) to the sampled problems."""
        return spent(headline.answers(model or self.model, self.by_problem))


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
        gains.append(float(pass_at_k(n, right, one.most) - pass_at_k(n, right, 1)))
    gain, _ = mean_difference(gains)
    return Metric(f"pass@{one.most} − pass@1, {one.model}", "points", "generated", gain)


def curves(one: Drawn, headline: Headline) -> Iterator[FurtherCurve]:
    """maj@k and pass@k of a model, and its greedy answers to the same problems as one point."""

    def points(metrics: Mapping[int, Metric]) -> tuple[CurvePoint, ...]:
        costs = ((one.cost.times(k), k, metric) for k, metric in metrics.items())
        return tuple(CurvePoint(k, cost.tokens, cost.seconds, m) for cost, k, m in costs)

    yield FurtherCurve(one.model, "maj@k", points(one.summary.majority))
    yield FurtherCurve(one.model, "pass@k", points(one.summary.passed))
    right = headline.right(one.model, one.by_problem)
    if right:
        metric = accuracy(f"greedy accuracy on the sampled problems, {one.model}", right)
        cost = one.greedy_cost(headline)
        point = CurvePoint(1, cost.tokens, cost.seconds, metric)
        yield FurtherCurve(one.model, "greedy", (point,))


def curve_table(drawn: Sequence[FurtherCurve]) -> FurtherTable:
    """The curves as a table: a row for each model's greedy answers and for each k."""
    by_model = {(c.model, c.measure): c.points for c in drawn}
    rows = []
    for model in MODELS:
        greedy, passed, voted = (
            by_model.get((model, of), ()) for of in ("greedy", "pass@k", "maj@k")
        )
        told: list[tuple[str, CurvePoint, FurtherCell]] = [("greedy", p, "") for p in greedy]
        told += [
            (f"k = {point.k}", point, reached.figure)
            for point, reached in zip(voted, passed, strict=True)
        ]
        for label, point, reached in told:
            cost = Spent(point.tokens, point.seconds).cells()
            rows.append((f"{model}, {label}", point.figure, reached, *cost))
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
