"""What tuning changed: fixed and broken by group, how errors moved, what stayed the same."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from netgain.analysis.problems.changes import UNKNOWN, changes
from netgain.analysis.problems.features import features_of
from netgain.data.wordproblems import word_problems
from netgain.errors import EvaluationError
from netgain.records import Changes, Grade, Problem

PROBLEMS = word_problems(500, 8)
FEW = PROBLEMS[:200]


def grade(name: str, right: bool, extracted: str | None = None) -> Grade:
    return Grade(name, 0, 0, "1" if right else extracted, "hashes", right, right, right)


def compared(base: list[bool], tuned: list[bool], problems: list[Problem] = PROBLEMS) -> Changes:
    sides = [
        [grade(p.id, right) for p, right in zip(problems, side, strict=True)]
        for side in (base, tuned)
    ]
    return changes(problems, *sides, {}, {})


def six(
    base: dict[str, tuple[str, str | None]], tuned: dict[str, tuple[str, str | None]]
) -> Changes:
    """Six problems a…f; those named are wrong, with (kind, extracted)."""
    problems = [Problem(i, "own", f"What of {i}?", None) for i in "abcdef"]
    sides = [
        [grade(i, i not in side, side[i][1] if i in side else None) for i in "abcdef"]
        for side in (base, tuned)
    ]
    kinds = [{i: kind for i, (kind, _) in side.items() if kind} for side in (base, tuned)]
    return changes(problems, *sides, *kinds)


SIX = six(
    {"a": ("setup", "5"), "b": ("setup", "7"), "c": ("arithmetic", None), "d": ("setup", "9")},
    {"a": ("setup", "5"), "b": ("arithmetic", "7"), "c": ("arithmetic", None), "e": ("", "3")},
)


def test_fixed_and_broken_problems_are_named() -> None:
    assert SIX.fixed == ("d",) and SIX.broken == ("e",)


def test_every_problem_moves_from_one_kind_to_one_kind() -> None:
    assert SIX.kinds == ("right", "arithmetic", "setup", UNKNOWN)
    assert SIX.moves == ((1, 0, 0, 1), (0, 1, 0, 0), (1, 1, 1, 0), (0, 0, 0, 0))
    assert sum(map(sum, SIX.moves)) == 6


def test_failing_the_same_way_is_the_same_wrong_answer() -> None:
    """Wrong both times: a and b with the same answer, c without one."""
    assert SIX.stuck == ("a", "b")
    assert (SIX.same_answer.estimate.value, SIX.same_answer.estimate.n) == (2 / 3, 3)


def test_with_nothing_wrong_both_times_the_share_is_undefined_and_not_nought() -> None:
    found = six({"a": ("setup", "5")}, {"b": ("setup", "5")})
    assert found.same_answer.estimate.value is None


def test_kinds_of_right_answers_are_not_looked_at() -> None:
    problems = [Problem("a", "own", "What?", None)]
    right, wrong = [grade("a", True)], [grade("a", False, "2")]
    found = changes(problems, right, wrong, {"a": "setup"}, {"a": "looping"})
    assert found.kinds == ("right", "looping") and found.moves == ((0, 1), (0, 0))


def test_what_one_group_gained_is_found_and_set_beside_the_others() -> None:
    draw = random.Random(5)
    base = [draw.random() < 0.4 for _ in PROBLEMS]
    tuned = [
        right or (features_of(p).percent and draw.random() < 0.7)
        for p, right in zip(PROBLEMS, base, strict=True)
    ]
    found = compared(base, tuned)
    row = next(g for g in found.groups if g.feature == "percent")
    assert row.verdict == "better than the rest" and row.broken == 0
    assert row.fixed == len(found.fixed) == sum(tuned) - sum(base)
    beyond = row.beyond_rest.estimate
    assert row.difference.estimate.value == beyond.value  # the others did not change
    assert beyond.interval is not None and beyond.interval[0] > 0


def test_groups_count_each_fixed_and_broken_problem_once_a_feature() -> None:
    draw = random.Random(6)
    base, tuned = ([draw.random() < 0.5 for _ in PROBLEMS] for _ in range(2))
    found = compared(base, tuned)
    assert not set(found.fixed) & set(found.broken)
    totals = Counter[str]()
    for row in found.groups:
        totals[row.feature] += row.fixed
        change = row.difference.estimate.value
        assert change is not None
        assert change * row.n == pytest.approx(row.fixed - row.broken)
    for feature in ("question length", "largest number", "units", "category"):
        assert totals[feature] == len(found.fixed)


def test_where_nothing_changed_no_group_is_called_changed() -> None:
    alarms = 0
    for seed in range(20):
        draw = random.Random(seed)
        base, tuned = ([draw.random() < 0.5 for _ in FEW] for _ in range(2))
        found = compared(base, tuned, FEW)
        alarms += any("than the rest" in g.verdict for g in found.groups)
    assert alarms <= 4


def test_where_all_problems_improve_alike_no_group_is_called_changed() -> None:
    """Against nothing, every large group would be; against the rest, none is."""
    alarms = 0
    for seed in range(10):
        draw = random.Random(seed)
        base = [draw.random() < 0.4 for _ in PROBLEMS]
        tuned = [right or draw.random() < 0.4 for right in base]
        found = compared(base, tuned)
        assert all(g.fixed > 0 for g in found.groups if g.n > 30)
        alarms += any("than the rest" in g.verdict for g in found.groups)
    assert alarms <= 2


def test_evaluations_of_other_problems_are_refused() -> None:
    marks = [grade(p.id, True) for p in PROBLEMS]
    with pytest.raises(EvaluationError, match="not one for each"):
        changes(PROBLEMS, marks, marks[:-1], {}, {})
