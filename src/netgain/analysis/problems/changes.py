"""What tuning changed, problem by problem: what was fixed and broken where, and how errors moved.

Everything is paired: the same problems before and after. Kinds of errors come from a diagnosis and
are taken as given.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.estimates.statistics import ALPHA, wilson
from netgain.analysis.problems.difficulty import right_by_id
from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import Group, adjusted, apart, groups_of
from netgain.records import Changes, Estimate, Grade, GroupChange, Metric, Problem

RIGHT = "right"
UNKNOWN = "not diagnosed"
# Display order; other kinds follow by name.
KINDS = (
    RIGHT, "arithmetic", "setup", "past_the_answer", "no_answer", "truncated", "looping",
    "begins_with_mark", "copies_question",
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
        same_answer=Metric(
            "the same wrong answer both times", "share", "generated",
            wilson(len(stuck), len(both_wrong)), "of the problems wrong before and after",
        ),
        notes=tuple(notes),
    )  # fmt: skip


# -- groups --------------------------------------------------------------------------------


def _group_changes(groups: Sequence[Group], right: Mapping[str, Pair]) -> tuple[GroupChange, ...]:
    """Each group's change against that of all other problems: that a group improved is no news
    where every group did.
    """
    gains = {i: int(tuned) - int(base) for i, (base, tuned) in right.items()}
    counted = [
        (Counter(gains[i] for i in g.inside), Counter(gains[i] for i in g.outside)) for g in groups
    ]
    beyond = [apart(inside, outside, -1) for inside, outside in counted]
    p_values = [None if group.too_few else p for group, (_, p) in zip(groups, beyond, strict=True)]
    rows = zip(groups, counted, beyond, adjusted(p_values), strict=True)
    return tuple(_group_change(g, inside, of, p, q) for g, (inside, _), (of, p), q in rows)


def _group_change(
    group: Group, inside: Counter[int], beyond: Estimate, p: float, q: float | None
) -> GroupChange:
    n, fixed, broken = len(group.inside), inside[1], inside[-1]
    change = paired_difference(broken, fixed, n)
    return GroupChange(
        feature=group.feature,
        group=group.name,
        n=n,
        fixed=fixed,
        broken=broken,
        difference=Metric("difference", "points", "generated", change),
        beyond_rest=Metric("difference beyond all others'", "points", "generated", beyond),
        p_value=None if q is None else p,
        adjusted_p=q,
        verdict="too few" if q is None
        else "no difference shown" if q >= ALPHA
        else "better than the rest" if (beyond.value or 0.0) > 0 else "worse than the rest",
    )  # fmt: skip


# -- kinds of errors -----------------------------------------------------------------------


def _same_answers(
    both_wrong: Sequence[str], base_grades: Sequence[Grade], tuned_grades: Sequence[Grade]
) -> tuple[str, ...]:
    """Problems with the very same wrong answer both times; no readable answer is none."""
    base = {g.problem_id: g.extracted for g in base_grades}
    tuned = {g.problem_id: g.extracted for g in tuned_grades}
    return tuple(i for i in both_wrong if base[i] is not None and base[i] == tuned[i])
