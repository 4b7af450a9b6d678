"""What makes problems hard for one model: its accuracy by group of problems.

It describes which problems go with wrong answers. It does not say that a feature is the cause, nor
why a single problem failed. docs/difficulty.md defines every feature and method.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from scipy import stats

from netgain.analysis.estimates.clustered import stretched
from netgain.analysis.estimates.statistics import ALPHA, wilson
from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import Group, adjusted, apart, groups_of
from netgain.errors import EvaluationError
from netgain.records import Difficulty, Estimate, Grade, GroupAccuracy, Metric, Problem
from netgain.wording import group_words, percent

NAMED_IN_SUMMARY = 3


def difficulty(problems: Sequence[Problem], grades: Sequence[Grade]) -> Difficulty:
    """Which problems one model finds hard, by the robust grade.

    Raises:
        EvaluationError: the grades are not one for each problem.
    """
    right = right_by_id(problems, grades)
    features = [features_of(p) for p in problems]
    found, notes = groups_of(features)
    groups = _against_the_rest(found, right)
    return Difficulty(
        n=len(problems),
        summary=_summary(groups),
        groups=groups,
        notes=tuple(notes),
    )


def right_by_id(problems: Sequence[Problem], grades: Sequence[Grade]) -> dict[str, bool]:
    """Problem id -> whether its one answer is right, in the problems' order.

    Raises:
        EvaluationError: the grades are not one for each problem.
    """
    graded = {g.problem_id: g.correct for g in grades}
    ids = [p.id for p in problems]
    if len(graded) != len(grades) or len(set(ids)) != len(ids) or graded.keys() != set(ids):
        raise EvaluationError(
            f"{len(grades)} grades for {len(ids)} problems are not one for each, so they cannot be "
            "sorted by the problems' features; give one sample of every problem"
        )
    return {i: graded[i] for i in ids}


# -- groups --------------------------------------------------------------------------------


def _against_the_rest(
    groups: Sequence[Group], right: Mapping[str, bool]
) -> tuple[GroupAccuracy, ...]:
    counted = [(_counts(group.inside, right), _counts(group.outside, right)) for group in groups]
    found = [
        None if group.too_few else _tested(*c) for group, c in zip(groups, counted, strict=True)
    ]
    p_values = [None if of is None else of[1] for of in found]
    rows = zip(groups, counted, found, adjusted(p_values), strict=True)
    return tuple(_group_accuracy(g, *c, apart(*c) if of is None else of, q) for g, c, of, q in rows)


def _counts(ids: Sequence[str], right: Mapping[str, bool]) -> Counter[int]:
    return Counter(int(right[i]) for i in ids)


def _tested(inside: Counter[int], outside: Counter[int]) -> tuple[Estimate, float]:
    """The group's share less the rest's, and a p-value: Fisher's exact test and the interval agree.

    The p-value is the larger of the two, and where it is not below 5% the interval reaches zero.
    """
    difference, own = apart(inside, outside)
    table = [[inside[1], inside[0]], [outside[1], outside[0]]]
    p = max(own, float(stats.fisher_exact(table).pvalue))
    return stretched(difference, p), p


def _group_accuracy(
    group: Group,
    inside: Counter[int],
    outside: Counter[int],
    found: tuple[Estimate, float],
    q: float | None,
) -> GroupAccuracy:
    accuracy, rest = (wilson(part[1], part.total()) for part in (inside, outside))
    difference, p = found
    harder = difference.value is not None and difference.value < 0
    return GroupAccuracy(
        feature=group.feature,
        group=group.name,
        accuracy=Metric("accuracy", "share", "generated", accuracy),
        rest=Metric("accuracy on all others", "share", "generated", rest),
        difference=Metric("difference from all others", "points", "generated", difference),
        p_value=None if q is None else p,
        adjusted_p=q,
        verdict="too few" if q is None
        else "no difference shown" if q >= ALPHA
        else "harder" if harder else "easier",
    )  # fmt: skip


def _summary(groups: Sequence[GroupAccuracy]) -> str:
    """One or two sentences: which groups differ from the rest."""
    tests = sum(g.p_value is not None for g in groups)
    if not tests:
        return "Too few problems to compare any group with the others."
    told = []
    for verdict in ("harder", "easier"):
        such = [g for g in groups if g.verdict == verdict]
        if such:
            told.append(f"{verdict.capitalize()} than the others: {_named(such)}.")
    if not told:
        return f"After correction for {tests} tests no group differs from the others."
    return f"{' '.join(told)} This holds after correction for {tests} tests; it is an association."


def _named(groups: Sequence[GroupAccuracy]) -> str:
    """The few that differ most, each with both shares."""
    ordered = sorted(groups, key=lambda g: -abs(g.difference.estimate.value or 0.0))
    words = [
        f"{group_words(g.feature, g.group)} ({_share(g.accuracy)} against {_share(g.rest)})"
        for g in ordered[:NAMED_IN_SUMMARY]
    ]
    more = len(ordered) - len(words)
    return "; ".join(words) + (f"; and {more} more" if more else "")


def _share(metric: Metric) -> str:
    return percent(metric.estimate.value or 0.0)
