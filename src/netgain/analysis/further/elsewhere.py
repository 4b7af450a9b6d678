"""Benchmarks elsewhere, base against tuned: was something forgotten, does something carry over?

"No detectable change" is no proof that nothing was lost, so a loss of the margin or more is tested
too (non-inferiority). Where items are made alike, as from one template, they count as one cluster.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netgain.analysis.comparing.contest import loss_of
from netgain.analysis.comparing.pairs import adjusted, told
from netgain.analysis.further.asked_again import MODELS, FurtherEvaluation, Headline, Right
from netgain.analysis.further.pairing import (
    MARGIN,
    Ways,
    accuracy,
    compare_ways,
    drawn_at_random,
    unsound,
)
from netgain.records import Comparison, FurtherCell, FurtherResult, FurtherTable, MetricKind
from netgain.wording import counted

GENERATED = "generated answers"


@dataclass(frozen=True)
class Task:
    """Both models' verdicts on one task's items, by each way to judge; the first one decides."""

    name: str
    kind: MetricKind
    right: Mapping[str, Mapping[str, Right]]  # how judged -> model -> verdicts
    categories: Mapping[str, str]
    clusters: Mapping[str, str]
    caveats: tuple[str, ...]

    @property
    def decides(self) -> str:
        return next(iter(self.right))

    @property
    def models(self) -> Mapping[str, Right]:
        return self.right[self.decides]

    def change(self) -> Comparison:
        ways = Ways("", f"base, {self.name}", f"tuned, {self.name}", kind=self.kind)
        return compare_ways(ways, self.models["base"], self.models["tuned"], self.clusters)

    def row(self, label: str, by: str, group: str = "") -> tuple[FurtherCell, ...]:
        """Both accuracies by one way to judge, on the items of a category where one is given."""
        how, cells = "" if self.kind == "generated" else f" by {by}", list[FurtherCell]()
        for model in MODELS:
            right = self.right[by].get(model)
            if right is None:
                cells.append("")
                continue
            if group:
                right = {i: r for i, r in right.items() if self.categories.get(i) == group}
            name = f"accuracy on {self.name}{how}, {model}"
            cells.append(accuracy(name, right, self.clusters, self.kind))
        return (label, *cells)


def tasks(_: Headline, evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """Each task, tuned against base, with a verdict and a word on a loss of `MARGIN` or more.

    Args:
        evaluations: one a task and model; the name is the task's.

    Returns:
        None where there is no task.
    """
    found = list(_tasks(evaluations))
    if not found:
        return None
    pairs = [t for t in found if set(t.models) == set(MODELS)]
    changes = adjusted([t.change() for t in pairs])
    sentences = [
        f"{told(c, f'{t.name}, tuned against base model')} {loss_of(c, MARGIN).sentence}"
        for t, c in zip(pairs, changes, strict=True)
    ]
    alone = [t.name for t in found if t not in pairs]
    if alone:
        sentences.append(f"Not compared, because one model alone answered: {', '.join(alone)}.")
    return FurtherResult(
        title="Elsewhere: what carried over and what was forgotten",
        kind="task",
        sentences=tuple(sentences),
        tables=(_table(found), *(table for t in found for table in _by_category(t))),
        changes=tuple(changes),
        caveats=(
            "A loss that is not ruled out need not be there: few items give wide intervals. "
            "Each task's margin is tested on its own; the verdicts are corrected for "
            "the number of tasks (Holm).",
            *drawn_at_random(changes),
            *(c for t in found for c in t.caveats),
        ),
    )


def _tasks(evaluations: Sequence[FurtherEvaluation]) -> Iterator[Task]:
    for name in dict.fromkeys(e.name for e in evaluations):
        of = {e.model: e for e in evaluations if e.name == name and (e.grades or e.scored)}
        if not of:
            continue
        one = next(iter(of.values()))
        scored = bool(one.scored)
        yield Task(
            name=name,
            kind="choice_loglikelihood" if scored else "generated",
            right={
                by: {m: e.scored[by] if scored else e.right for m, e in of.items()}
                for by in one.scored or (GENERATED,)
            },
            categories={p.id: p.category for p in one.problems if p.category},
            clusters=one.clusters,
            caveats=tuple(_caveats(name, of, one.clusters)),
        )


def _caveats(
    name: str, of: Mapping[str, FurtherEvaluation], clusters: Mapping[str, str]
) -> Iterator[str]:
    set_aside = max(e.set_aside for e in of.values())
    if set_aside:
        yield f"{name}: {counted(set_aside, 'item')} set aside for want of an answer to grade by."
    if clusters:
        yield (
            f"{name}: its {counted(len(clusters), 'item')} come in "
            f"{counted(len(set(clusters.values())), 'cluster')} of items made alike. Counts, "
            "intervals and the test are of clusters, since items of one are not independent."
        )
    for m, e in of.items():
        yield from unsound(e, f"{name}, {m} model")


def _table(found: Sequence[Task]) -> FurtherTable:
    rows = [
        (label, by, *t.row(label, by)[1:])
        for t in found
        for by in t.right
        for label in [t.name if by == t.decides else f"{t.name}, beside it"]
    ]
    return FurtherTable("Accuracy elsewhere", ("Task", "Judged by", "Base", "Tuned"), tuple(rows))


def _by_category(task: Task) -> Iterator[FurtherTable]:
    answered = {i for right in task.models.values() for i in right}
    groups = sorted({c for i, c in task.categories.items() if i in answered})
    if len(groups) > 1:
        caption = (
            f"{task.name} by category, judged by {task.decides}; no verdicts, since of many "
            "categories some differ by chance"
        )
        rows = tuple(task.row(group, task.decides, group) for group in groups)
        yield FurtherTable(caption, ("Category", "Base", "Tuned"), rows)
