"""Benchmarks elsewhere, base against tuned: was something forgotten, does something carry over?

"No detectable change" is no proof that nothing was lost, so a loss of the margin or more is tested
too (non-inferiority). Where items are made alike, as from one template, they count as one cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netgain.analysis.comparing.contest import loss_of
from netgain.analysis.further.inputs import MODELS, ChoiceEvaluation, FurtherEvaluation
from netgain.analysis.further.pairing import (
    MARGIN,
    Right,
    Ways,
    accuracy,
    adjusted,
    common_only,
    compare_ways,
    counted,
    drawn_at_random,
    right_of,
    told,
    unsound,
)
from netgain.records import (
    Comparison,
    FurtherCell,
    FurtherResult,
    FurtherTable,
    Metric,
    MetricKind,
)


@dataclass(frozen=True)
class Task:
    """Both models' verdicts on one task's items, under the grader or normalisation that decides.

    `other` holds the same by another normalisation, "" where there is none.
    """

    name: str
    kind: MetricKind
    decides: str
    right: Mapping[str, Right]  # by model
    other: Mapping[str, Right] = field(default_factory=dict)
    other_name: str = ""
    categories: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()


def tasks(
    evaluations: Sequence[FurtherEvaluation],
    choices: Sequence[ChoiceEvaluation] = (),
    margin: float = MARGIN,
) -> FurtherResult | None:
    """Each task, tuned against base, with a verdict and a word on a loss of `margin` or more.

    Args:
        evaluations: those of the kind "task"; the name is the task's, one a task and model.
        choices: the same for tasks that are answered by choosing.

    Returns:
        None where there is no task.
    """
    found = [*_answered(evaluations), *_chosen(choices)]
    if not found:
        return None
    pairs = [t for t in found if set(t.right) == set(MODELS)]
    changes = adjusted([_change(t) for t in pairs])
    sentences = [
        f"{told(c, f'{t.name}, tuned against base model')} {loss_of(c, margin).sentence}"
        for t, c in zip(pairs, changes, strict=True)
    ]
    alone = [t.name for t in found if t not in pairs]
    if alone:
        sentences.append(f"Not compared, because one model alone answered: {', '.join(alone)}.")
    return FurtherResult(
        title="Elsewhere: what carried over and what was forgotten",
        kind="task",
        sentences=tuple(sentences),
        tables=(_table(found), *(_by_category(t) for t in found if len(_groups(t)) > 1)),
        changes=tuple(changes),
        caveats=(
            "That a loss is not ruled out does not mean that there is one: fewer items, wider "
            "intervals. Each task's margin is tested on its own; the verdicts are corrected for "
            "the number of tasks (Holm).",
            *drawn_at_random(changes),
            *(c for t in found for c in t.caveats),
        ),
    )


# -- reading -------------------------------------------------------------------------------


def _answered(evaluations: Sequence[FurtherEvaluation]) -> Iterator[Task]:
    for name in dict.fromkeys(e.name for e in evaluations):
        of = {e.model: e for e in evaluations if e.name == name and e.grades}
        if not of:
            continue
        any_one = next(iter(of.values()))
        yield Task(
            name=name,
            kind="generated",
            decides="generated answers",
            right={m: right_of(e.grades, turn=0) for m, e in of.items()},
            categories={p.id: p.category for p in any_one.problems if p.category},
            clusters=any_one.clusters,
            caveats=(
                *_set_aside(name, max(e.set_aside for e in of.values())),
                *_clustered(name, any_one.clusters),
                *(c for m, e in of.items() for c in unsound(e.generations, f"{name}, {m} model")),
            ),
        )


def _chosen(choices: Sequence[ChoiceEvaluation]) -> Iterator[Task]:
    for name in dict.fromkeys(c.name for c in choices):
        of = {c.model: c for c in choices if c.name == name and c.right}
        if not of:
            continue
        any_one = next(iter(of.values()))
        plain = {m: {i: (r,) for i, r in c.right.items()} for m, c in of.items()}
        normalised = {m: {i: (r,) for i, r in c.right_normalised.items()} for m, c in of.items()}
        names = "log-likelihood", "log-likelihood, normalised by length"
        first, second = (plain, names[0]), (normalised, names[1])
        if any_one.normalised_decides:
            first, second = second, first
        yield Task(
            name=name,
            kind="choice_loglikelihood",
            decides=first[1],
            right=first[0],
            other=second[0],
            other_name=second[1],
            categories=any_one.categories,
            clusters=any_one.clusters,
            caveats=(
                *_set_aside(name, max(c.set_aside for c in of.values())),
                *_clustered(name, any_one.clusters),
            ),
        )


def _set_aside(name: str, count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{name}: {counted(count, 'item')} set aside for want of an answer to grade by.",)


def _clustered(name: str, clusters: Mapping[str, str]) -> tuple[str, ...]:
    if not clusters:
        return ()
    return (
        f"{name}: its {counted(len(clusters), 'item')} come in "
        f"{counted(len(set(clusters.values())), 'cluster')} of items made alike. Counts, intervals "
        "and the test are of clusters, since items of one are not independent.",
    )


# -- judging -------------------------------------------------------------------------------


def _change(task: Task) -> Comparison:
    ways = Ways("", f"base, {task.name}", f"tuned, {task.name}", kind=task.kind)
    return compare_ways(ways, task.right["base"], task.right["tuned"], task.clusters)


# -- tables --------------------------------------------------------------------------------


def _table(found: Sequence[Task]) -> FurtherTable:
    rows: list[tuple[FurtherCell, ...]] = []
    for t in found:
        rows.append(_row(t, t.name, t.decides, t.right))
        if t.other:
            rows.append(_row(t, f"{t.name}, beside it", t.other_name, t.other))
    return FurtherTable("Accuracy elsewhere", ("Task", "Judged by", "Base", "Tuned"), tuple(rows))


def _row(task: Task, label: str, by: str, right: Mapping[str, Right]) -> tuple[FurtherCell, ...]:
    return (label, by, *(_metric(task, m, by, right[m]) if m in right else "" for m in MODELS))


def _metric(task: Task, model: str, by: str, right: Right) -> Metric:
    how = "" if task.kind == "generated" else f" by {by}"
    return accuracy(f"accuracy on {task.name}{how}, {model}", right, task.clusters, task.kind)


def _groups(task: Task) -> list[str]:
    answered = {i for right in task.right.values() for i in right}
    return sorted({c for i, c in task.categories.items() if i in answered})


def _by_category(task: Task) -> FurtherTable:
    rows = []
    for group in _groups(task):
        members = {i: (True,) for i, c in task.categories.items() if c == group}
        cells = (
            _metric(task, m, task.decides, common_only(task.right[m], members))
            if m in task.right else ""
            for m in MODELS
        )  # fmt: skip
        rows.append((group, *cells))
    caption = (
        f"{task.name} by category, judged by {task.decides}; no verdicts, since of many categories "
        "some differ by chance"
    )
    return FurtherTable(caption, ("Category", "Base", "Tuned"), tuple(rows))
