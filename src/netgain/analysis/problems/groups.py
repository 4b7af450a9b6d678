"""Problems sorted into groups by their features, at thresholds fixed here, and how groups compare.

The thresholds were set by what problems look like; they never move with the answers, because
groups chosen by looking at the outcomes would differ by construction.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy import special, stats

from netgain.analysis.estimates.statistics import LEVEL, bounded
from netgain.analysis.problems.features import Features
from netgain.records import Estimate
from netgain.wording import group_words, integer

SMALL_GROUP = 10  # fewer problems (in a group, or outside it) are not tested
MOST_CATEGORIES = 30
YES, NO = "yes", "no"
APART = "difference of means, adjusted Wald interval with one value added at either end of both"

STEPS = (1, 2, 3, 4, 5)  # and more
SIZES = (20, 100, 1000)
LENGTHS = (30, 45, 60)


@dataclass(frozen=True)
class Group:
    """Ids of the problems at one level of a feature, and of all others whose level is known."""

    feature: str
    name: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def too_few(self) -> bool:
        return min(len(self.inside), len(self.outside)) < SMALL_GROUP


def _up_to(value: float, limits: Sequence[int], unit: str = "") -> str:
    """
    >>> _up_to(45, (30, 45)), _up_to(46, (30, 45), " words")
    ('over 30 to 45', 'over 45 words')
    """
    place = bisect_left(limits, value)
    if place == 0:
        return f"up to {integer(limits[0])}{unit}"
    if place == len(limits):
        return f"over {integer(limits[-1])}{unit}"
    return f"over {integer(limits[place - 1])} to {integer(limits[place])}{unit}"


def _count(value: int | None, limits: Sequence[int]) -> str | None:
    if value is None:
        return None
    return str(value) if value in limits else f"{limits[-1] + 1} or more"


def _has(kind: str) -> Callable[[Features], str | None]:
    def level(f: Features) -> str | None:
        return None if f.operations is None else _yes(kind in f.operations)

    return level


def _yes(value: bool) -> str:
    return YES if value else NO


def _units(f: Features) -> str:
    return "mixed" if f.mixed_units else "not mixed" if f.measures or f.money else "none"


def _size(f: Features) -> str | None:
    return None if f.largest is None else _up_to(float(f.largest), SIZES)


def _levels(limits: Sequence[int], unit: str = "") -> tuple[str, ...]:
    return tuple(_up_to(value, limits, unit) for value in (*limits, limits[-1] + 1))


def _counts(limits: Sequence[int]) -> tuple[str, ...]:
    return (*map(str, limits), f"{limits[-1] + 1} or more")


# feature -> (levels in display order, or () for those found in the data; a problem's level).
# Of a feature that a problem has or has not, only "yes" is shown: "no" is its rest.
GROUPINGS: dict[str, tuple[tuple[str, ...], Callable[[Features], str | None]]] = {
    "steps of the reference": (_counts(STEPS), lambda f: _count(f.steps, STEPS)),
    "largest number": (_levels(SIZES), _size),
    "addition": ((YES,), _has("addition")),
    "subtraction": ((YES,), _has("subtraction")),
    "multiplication": ((YES,), _has("multiplication")),
    "division": ((YES,), _has("division")),
    "percent": ((YES,), lambda f: _yes(f.percent)),
    "fractions": ((YES,), lambda f: _yes(f.fractions)),
    "decimals": ((YES,), lambda f: _yes(f.decimals)),
    "money": ((YES,), lambda f: _yes(f.money)),
    "units": (("none", "not mixed", "mixed"), _units),
    "question length": (_levels(LENGTHS, " words"), lambda f: _up_to(f.words, LENGTHS, " words")),
    "category": ((), lambda f: f.category),
}


def group_names(features: Features) -> tuple[str, ...]:
    """The groups that one problem is in, in words: "steps of the reference: 3", "percent"."""
    levels = {feature: level(features) for feature, (_, level) in GROUPINGS.items()}
    return tuple(
        group_words(feature, name)
        for feature, name in levels.items()
        if name not in (None, NO) and feature != "category"
    )


def groups_of(features: Sequence[Features]) -> tuple[list[Group], list[str]]:
    """All groups that hold a problem, in display order, and what was left out, in words.

    A feature that is the same for every problem makes no groups.
    """
    groups: list[Group] = []
    notes: list[str] = []
    for feature, (levels, level) in GROUPINGS.items():
        members: dict[str, list[str]] = defaultdict(list)
        known: list[str] = []
        for f in features:
            name = level(f)
            if name is not None:
                members[name].append(f.problem_id)
                known.append(f.problem_id)
        missing = len(features) - len(known)
        if missing and (known or feature != "category"):
            notes.append(f"{feature}: not known for {missing} of {len(features)} problems")
        if len(members) < 2:
            if known:
                notes.append(f"{feature}: the same for every problem ({next(iter(members))})")
            continue
        shown = list(levels) or _large(members, notes)
        for name in shown:
            if name in members:
                inside = set(members[name])
                outside = tuple(i for i in known if i not in inside)
                groups.append(Group(feature, name, tuple(members[name]), outside))
    return groups, notes


def _large(members: dict[str, list[str]], notes: list[str]) -> list[str]:
    """Names found in the data, by name; the smallest are left out, with a note."""
    large = sorted(
        (n for n in members if len(members[n]) >= SMALL_GROUP), key=lambda n: (-len(members[n]), n)
    )
    shown = sorted(large[:MOST_CATEGORIES])
    if len(shown) < len(members):
        notes.append(
            f"category: {len(members) - len(shown)} of {len(members)} are not tested here (fewer "
            f"than {SMALL_GROUP} problems, or beyond the {MOST_CATEGORIES} largest); where both "
            "models answered, Categories has all of them"
        )
    return shown


def apart(
    inside: Counter[int], outside: Counter[int], least: int = 0, level: float = LEVEL
) -> tuple[Estimate, float]:
    """The mean of a group's values less that of all other problems', and the p-value of "it is 0".

    One value at either end of the range is added to the group and to the rest, then the difference
    of means ± z standard errors, each part with its own spread: for shares this is the interval of
    Agresti & Caffo 2000 (The American Statistician 54:280), for paired changes that of Bonett &
    Price 2012, with Student's t, because a group may be small and change more than the rest. The
    p-value is below 1 − level exactly where the interval leaves out zero.

    Args:
        inside, outside: how many problems have each value.
        least: the lowest value that there can be, 0 (right or wrong) or −1 (a change); 1 is the
            highest.
    """
    values, added, variance = [], [], 0.0
    for part in (inside, outside):
        n = part.total()
        if not n:
            return Estimate(None, APART, why_no_interval="one side has no problem"), 1.0
        values.append(sum(value * many for value, many in part.items()) / n)
        wider = part + Counter([least, 1])
        mean = sum(value * many for value, many in wider.items()) / (n + 2)
        squares = sum(value * value * many for value, many in wider.items()) / (n + 2)
        added.append(mean)
        variance += (squares - mean * mean) / (n + 2)
    centre, error, most = added[0] - added[1], math.sqrt(variance), float(1 - least)
    freedom = min(inside.total(), outside.total()) + 1 if least < 0 else math.inf
    half = -float(special.stdtrit(freedom, (1 - level) / 2)) * error
    interval = bounded((centre - half, centre + half), most)
    estimate = Estimate(
        values[0] - values[1], APART, interval, level=level, n=inside.total() + outside.total()
    )
    return estimate, 2 * float(special.stdtr(freedom, -abs(centre) / error))


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Benjamini and Hochberg's adjusted p-values (1995, JRSS B 57:289), None kept in its place."""
    tested = [p for p in p_values if p is not None]
    if not tested:
        return [None] * len(p_values)
    corrected = iter(stats.false_discovery_control(tested, method="bh"))
    return [None if p is None else float(next(corrected)) for p in p_values]
