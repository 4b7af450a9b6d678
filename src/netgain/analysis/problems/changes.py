"""What tuning changed, problem by problem: what was fixed and broken where, and how errors moved.

Everything is paired: the same problems before and after. Kinds of errors come from a diagnosis and
are taken as given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from netgain.analysis.estimates.statistics import ALPHA, mcnemar_exact, paired_difference, wilson
from netgain.analysis.problems.difficulty import right_by_id
from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import Group, adjusted, apart, groups_of
from netgain.records import (
    Changes,
    Estimate,
    Grade,
    GroupChange,
    Metric,
    Problem,
)

RIGHT = "right"
UNKNOWN = "not diagnosed"
# Display order; other kinds follow by name.
KINDS = (
    RIGHT, "arithmetic", "setup", "past_the_answer", "no_answer", "truncated", "looping",
)  # fmt: skip
Pair = tuple[bool, bool]  # base, tuned


def changes(
    problems: Sequence[Problem],
    base_grades: Sequence[Grade],
    tuned_grades: Sequence[Grade],
    base_kinds: Mapping[str, str],
    tuned_kinds: Mapping[str, str],
) -> Changes:
    """Compare two evaluations of the same problems.

    Args:
        base_kinds: problem id -> kind of error, for the wrong answers (others are not looked at).
            A wrong answer without one counts as `UNKNOWN`.

    Raises:
        EvaluationError: the grades are not one for each problem.
    """
    base, tuned = right_by_id(problems, base_grades), right_by_id(problems, tuned_grades)
    right = {i: (base[i], tuned[i]) for i in base}
    groups, notes = groups_of([features_of(p) for p in problems])
    before = {i: RIGHT if base[i] else base_kinds.get(i, UNKNOWN) for i in base}
    after = {i: RIGHT if tuned[i] else tuned_kinds.get(i, UNKNOWN) for i in tuned}
    present = {*before.values(), *after.values(), RIGHT}
    kinds = [k for k in KINDS if k in present] + sorted(present - set(KINDS))
    moves = Counter((before[i], after[i]) for i in base)
    both_wrong = [i for i in base if not (base[i] or tuned[i])]
    stuck = _same_answers(both_wrong, base_grades, tuned_grades)
    return Changes(
        fixed=tuple(i for i, pair in right.items() if pair == (False, True)),
        broken=tuple(i for i, pair in right.items() if pair == (True, False)),
        groups=_group_changes(groups, right),
        kinds=tuple(kinds),
        moves=tuple(tuple(moves[a, b] for b in kinds) for a in kinds),
        stuck=stuck,
        same_answer=_of_both_wrong("the same wrong answer both times", len(stuck), both_wrong),
        same_kind=_same_kind(both_wrong, before, after),
        same_kind_by_chance=_same_kind_by_chance(both_wrong, before, after),
        notes=tuple(notes),
    )


# -- groups --------------------------------------------------------------------------------


def _group_changes(groups: Sequence[Group], right: Mapping[str, Pair]) -> tuple[GroupChange, ...]:
    counts = [Counter(right[i] for i in group.inside) for group in groups]
    p_values = [
        None if group.too_few else mcnemar_exact(count[True, False], count[False, True])
        for group, count in zip(groups, counts, strict=True)
    ]
    rows = zip(groups, counts, p_values, adjusted(p_values), strict=True)
    return tuple(
        _group_change(group, count, Counter(right[i] for i in group.outside), p, q)
        for group, count, p, q in rows
    )


def _group_change(
    group: Group, inside: Counter[Pair], outside: Counter[Pair], p: float | None, q: float | None
) -> GroupChange:
    fixed, broken = inside[False, True], inside[True, False]
    change = _paired(inside)
    beyond = apart(change, _paired(outside))
    return GroupChange(
        feature=group.feature,
        group=group.name,
        n=len(group.inside),
        fixed=fixed,
        broken=broken,
        difference=Metric("difference", "points", "generated", change),
        beyond_rest=Metric("difference beyond all others'", "points", "generated", beyond),
        p_value=p,
        adjusted_p=q,
        verdict="too few" if q is None
        else "no detectable change" if q >= ALPHA
        else "improved" if fixed > broken else "worse",
    )  # fmt: skip


def _paired(pairs: Counter[Pair]) -> Estimate:
    return paired_difference(
        both=pairs[True, True],
        only_base=pairs[True, False],
        only_tuned=pairs[False, True],
        neither=pairs[False, False],
    )


# -- kinds of errors -----------------------------------------------------------------------


def _same_answers(
    both_wrong: Sequence[str], base_grades: Sequence[Grade], tuned_grades: Sequence[Grade]
) -> tuple[str, ...]:
    """Problems with the very same wrong answer both times; no readable answer is none."""
    base = {g.problem_id: g.extracted for g in base_grades}
    tuned = {g.problem_id: g.extracted for g in tuned_grades}
    return tuple(i for i in both_wrong if base[i] is not None and base[i] == tuned[i])


def _of_both_wrong(name: str, count: int, both_wrong: Sequence[str]) -> Metric:
    share = wilson(count, len(both_wrong))
    return Metric(name, "share", "generated", share, "of the problems wrong before and after")


def _same_kind(
    both_wrong: Sequence[str], before: Mapping[str, str], after: Mapping[str, str]
) -> Metric:
    known = _diagnosed(both_wrong, before, after)
    same = sum(before[i] == after[i] for i in known)
    return _of_both_wrong("the same kind of error both times", same, known)


def _same_kind_by_chance(
    both_wrong: Sequence[str], before: Mapping[str, str], after: Mapping[str, str]
) -> Metric:
    """What `_same_kind` would be if the kind after did not depend on the kind before."""
    known = _diagnosed(both_wrong, before, after)
    base, tuned = Counter(before[i] for i in known), Counter(after[i] for i in known)
    share = sum(base[k] * tuned[k] for k in base) / len(known) ** 2 if known else None
    estimate = Estimate(
        share,
        "product of the kinds' shares before and after, summed",
        why_no_interval="what independence would give, for comparison",
        n=len(known),
    )
    return Metric("the same kind both times by chance", "share", "generated", estimate)


def _diagnosed(
    both_wrong: Sequence[str], before: Mapping[str, str], after: Mapping[str, str]
) -> list[str]:
    return [i for i in both_wrong if UNKNOWN not in (before[i], after[i])]
