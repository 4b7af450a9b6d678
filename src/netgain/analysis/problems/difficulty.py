"""What makes problems hard for one model: accuracy by group, and a model of all features at once.

Both describe which problems go with wrong answers. Neither says that a feature is the cause, and
neither says why a single problem failed. docs/difficulty.md defines every feature and method.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import stats

from netgain.analysis.estimates.statistics import ALPHA, LEVEL, wilson
from netgain.analysis.problems import logistic
from netgain.analysis.problems.features import Features, features_of
from netgain.analysis.problems.groups import SMALL_GROUP, Group, adjusted, apart, groups_of
from netgain.errors import EvaluationError
from netgain.records import Difficulty, Estimate, Grade, GroupAccuracy, Metric, Problem
from netgain.wording import percent

EVENTS_PER_VARIABLE = 10  # Peduzzi and others 1996, J Clin Epidemiol 49:1373
MOST_UNKNOWN = 0.1  # share of problems for which a variable may be unknown and still be used
NAMED_IN_SUMMARY = 3

# What the model holds, in order of preference where two say the same.
VARIABLES: dict[str, Callable[[Features], float | None]] = {
    "each further step": lambda f: f.steps,
    "a largest number ten times as large": lambda f: (
        None if f.largest is None else math.log10(max(1.0, float(f.largest)))
    ),
    "addition": lambda f: _has(f, "addition"),
    "subtraction": lambda f: _has(f, "subtraction"),
    "multiplication": lambda f: _has(f, "multiplication"),
    "division": lambda f: _has(f, "division"),
    "percent": lambda f: f.percent,
    "fractions": lambda f: f.fractions,
    "decimals": lambda f: f.decimals,
    "money": lambda f: f.money,
    "a unit other than money": lambda f: f.measures,
    "mixed units": lambda f: f.mixed_units,
    "each number not needed": lambda f: f.not_needed,
    "ten more words": lambda f: f.words / 10,
}


def _has(f: Features, kind: str) -> float | None:
    return None if f.operations is None else kind in f.operations


def difficulty(problems: Sequence[Problem], grades: Sequence[Grade]) -> Difficulty:
    """Which problems one model finds hard, by the robust grade.

    Raises:
        EvaluationError: the grades are not one for each problem.
    """
    right = right_by_id(problems, grades)
    features = [features_of(p) for p in problems]
    found, notes = groups_of(features)
    groups = _against_the_rest(found, right)
    ratios, explained, why, dropped = _odds(features, right)
    return Difficulty(
        n=len(problems),
        summary=_summary(groups),
        groups=groups,
        odds_ratios=ratios,
        explained=explained,
        why_no_model=why,
        notes=(*notes, *dropped),
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
    counts = [(sum(right[i] for i in g.inside), sum(right[i] for i in g.outside)) for g in groups]
    p_values = [
        None if g.too_few else _fisher(a, len(g.inside), b, len(g.outside))
        for g, (a, b) in zip(groups, counts, strict=True)
    ]
    rows = zip(groups, counts, p_values, adjusted(p_values), strict=True)
    return tuple(_group_accuracy(g, *count, p, q) for g, count, p, q in rows)


def _fisher(inside: int, n_inside: int, outside: int, n_outside: int) -> float:
    table = [[inside, n_inside - inside], [outside, n_outside - outside]]
    return float(stats.fisher_exact(table).pvalue)


def _group_accuracy(
    group: Group, inside: int, outside: int, p: float | None, q: float | None
) -> GroupAccuracy:
    accuracy, rest = wilson(inside, len(group.inside)), wilson(outside, len(group.outside))
    difference = apart(accuracy, rest)
    harder = difference.value is not None and difference.value < 0
    return GroupAccuracy(
        feature=group.feature,
        group=group.name,
        accuracy=Metric("accuracy", "share", "generated", accuracy),
        rest=Metric("accuracy on all others", "share", "generated", rest),
        difference=Metric("difference from all others", "points", "generated", difference),
        p_value=p,
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
    corrected = f"after correction for {tests} tests"
    if not told:
        return f"No group can be told from the others {corrected}."
    return f"{' '.join(told)} ({corrected[0].upper()}{corrected[1:]}; an association, not a cause.)"


def _named(groups: Sequence[GroupAccuracy]) -> str:
    """The few that differ most, each with both shares."""
    ordered = sorted(groups, key=lambda g: -abs(g.difference.estimate.value or 0.0))
    words = [
        f"{g.feature}: {g.group} ({_share(g.accuracy)} against {_share(g.rest)})"
        for g in ordered[:NAMED_IN_SUMMARY]
    ]
    more = len(ordered) - len(words)
    return "; ".join(words) + (f"; and {more} more" if more else "")


def _share(metric: Metric) -> str:
    return percent(metric.estimate.value or 0.0)


# -- all features at once ------------------------------------------------------------------

Odds = tuple[tuple[Metric, ...], Metric | None, str, list[str]]


def _odds(features: Sequence[Features], right: Mapping[str, bool]) -> Odds:
    """Odds ratios of a right answer, how much they explain, why there are none; what is dropped."""
    table = {name: [of(f) for f in features] for name, of in VARIABLES.items()}
    notes: list[str] = []
    usable = {}
    for name, values in table.items():
        unknown = sum(v is None for v in values)
        if unknown > MOST_UNKNOWN * len(values):
            notes.append(f"{name}: not in the model, not known for {unknown} problems")
        else:
            usable[name] = values
    rows = [i for i in range(len(features)) if all(v[i] is not None for v in usable.values())]
    if len(rows) < len(features):
        notes.append(f"the model leaves out {len(features) - len(rows)} problems that lack a value")
    columns = {n: np.array([v[i] for i in rows], dtype=float) for n, v in usable.items()}
    columns = _kept(columns, notes)
    outcome = np.array([right[features[i].problem_id] for i in rows], dtype=float)
    why = _too_few(outcome, len(columns))
    if not why:
        try:
            fitted = logistic.fit(list(columns.values()), outcome, LEVEL)
        except logistic.NoConvergence as error:
            why = f"the fit did not converge ({error})"
    if why:
        return (), None, why, notes
    ratios = [
        _ratio(name, coefficient, interval, len(rows))
        for name, coefficient, interval in zip(
            columns, fitted.coefficients, fitted.intervals, strict=True
        )
    ]
    return tuple(ratios), _explained(fitted, outcome), "", notes


def _kept(columns: Mapping[str, logistic.Array], notes: list[str]) -> dict[str, logistic.Array]:
    """The columns that can tell something; why the others cannot is noted."""
    candidates = {}
    for name, column in columns.items():
        common = int(stats.mode(column).count) if len(column) else 0
        if 0 < len(column) - common < SMALL_GROUP:
            notes.append(
                f"{name}: not in the model, only {len(column) - common} problems differ in it"
            )
        else:
            candidates[name] = column
    if not any(len(c) for c in candidates.values()):
        return {}
    verdicts = logistic.screened(list(candidates.values()))
    notes += [
        f"{name}: not in the model, {verdict}"
        for name, verdict in zip(candidates, verdicts, strict=True)
        if verdict
    ]
    return {
        n: c for (n, c), verdict in zip(candidates.items(), verdicts, strict=True) if not verdict
    }


def _too_few(outcome: logistic.Array, variables: int) -> str:
    """Why no model can be fitted, or ""."""
    if not variables:
        return "no feature differs between the problems"
    wrong = int((outcome < 0.5).sum())
    rarer = min((len(outcome) - wrong, "right"), (wrong, "wrong"))
    needed = EVENTS_PER_VARIABLE * variables
    if rarer[0] >= needed:
        return ""
    return (
        f"{rarer[0]} {rarer[1]} answer{'s are' if rarer[0] != 1 else ' is'} too few for "
        f"{variables} features: at least "
        f"{needed} are needed ({EVENTS_PER_VARIABLE} for each)"
    )


def _ratio(name: str, coefficient: float, interval: tuple[float, float], n: int) -> Metric:
    estimate = Estimate(
        math.exp(coefficient),
        "logistic regression with Firth's penalty, profile likelihood interval",
        (math.exp(interval[0]), math.exp(interval[1])),
        level=LEVEL,
        n=n,
    )
    note = "the odds of a right answer are multiplied by this, the other features held"
    return Metric(f"odds ratio: {name}", "", "generated", estimate, note)


def _explained(fitted: logistic.Fit, outcome: logistic.Array) -> Metric:
    """Tjur's coefficient of discrimination (2009, The American Statistician 63:366)."""
    p = fitted.probabilities
    estimate = Estimate(
        float(p[outcome > 0.5].mean() - p[outcome < 0.5].mean()),
        "Tjur's R²: mean fitted probability of the right answers less that of the wrong ones",
        why_no_interval="describes the fit on the same answers; 0 explains nothing, 1 everything",
        n=len(outcome),
    )
    return Metric("how much the features explain", "", "generated", estimate)
