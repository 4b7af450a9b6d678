"""New numbers for a traced problem: drawn by seed, and kept only where everything stays plausible.

What must stay of every number, given or computed: its digits before the point and its decimals, the
order among all of them, whether it is one, and what the article before it needs. So whole numbers
stay whole, shares stay below one, what is subtracted stays smaller, and the arithmetic is neither
longer nor shorter than it was. A given number keeps its final zeros, and a final 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, pairwise
from random import Random

from netgain.data.perturbing.numerals import MAX_DIGITS, Numeral, decimals, takes_an, whole_digits
from netgain.data.perturbing.tracing import Source, Trace, value_of

_SWEEPS = 2
_CANDIDATES = 200  # of one number
_TRIES = 40  # of smaller and of larger values for one number in one sweep
_PAIRS = 60  # times that two numbers are drawn anew together
# How much smaller and larger a number may become, by its significant digits: 15 has to reach 25.
_FACTORS = (
    (10, (Fraction(1, 2), Fraction(2))),
    (30, (Fraction(3, 5), Fraction(17, 10))),
    (10**MAX_DIGITS, (Fraction(2, 3), Fraction(3, 2))),
)
_MAX_SUMMED = 8  # numbers of the question of which sums are compared


@dataclass(frozen=True)
class Limits:
    """What every draw for a traced problem must keep."""

    traced: Trace

    @cached_property
    def given(self) -> list[Fraction]:
        return [numeral.value for numeral in self.traced.question]

    @cached_property
    def results(self) -> list[Fraction]:
        return [annotation.result for annotation in self.traced.solution.annotations]

    @cached_property
    def sources(self) -> list[Source]:
        """Everything that is written somewhere and is not fixed."""
        found = [source for row in self.traced.operands for source in row]
        found += [source for _, source in self.traced.spots]
        return [s for s in dict.fromkeys(found) if not isinstance(s, Fraction)]

    @cached_property
    def order(self) -> list[list[int]]:
        """Places in `values` by size; equal values are together."""
        old = self.values(self.given, self.results)
        groups: dict[Fraction, list[int]] = {}
        for place in sorted(range(len(old)), key=lambda place: old[place]):
            groups.setdefault(old[place], []).append(place)
        return list(groups.values())

    @cached_property
    def sums(self) -> list[tuple[int, int, int]]:
        """Pairs of given numbers that make less than a third one: parts of a whole, perhaps."""
        places = range(len(self.given)) if len(self.given) <= _MAX_SUMMED else range(0)
        return [
            (i, j, k)
            for i, j in combinations(places, 2)
            for k in places
            if self.given[i] + self.given[j] < self.given[k] and {i, j, k} & self.traced.free
        ]

    @cached_property
    def articles(self) -> list[tuple[Source, bool | None]]:
        spots = [(spot.numeral, source) for spot, source in self.traced.spots]
        return [(s, takes_an(n.value)) for n, s in spots if n.after_article]

    def values(self, numbers: Sequence[Fraction], results: Sequence[Fraction]) -> list[Fraction]:
        sources = [value_of(source, numbers, results) for source in self.sources]
        return [*numbers, *sources]

    def hold(self, numbers: Sequence[Fraction]) -> bool:
        """Whether these numbers give another answer, and a problem as plausible as it was."""
        results = self.traced.results(numbers)
        if results is None or results[-1] == self.results[-1]:
            return False
        old, new = self.values(self.given, self.results), self.values(numbers, results)
        for one, other in zip(old, new, strict=True):
            if not _alike(one, other) or any(one <= cap < other for cap in self.traced.caps):
                return False
        for lower, upper in pairwise(self.order):
            if max(new[place] for place in lower) >= min(new[place] for place in upper):
                return False
        if any(numbers[i] + numbers[j] >= numbers[k] for i, j, k in self.sums):
            return False
        for source, an in self.articles:
            if takes_an(value_of(source, numbers, results)) is not an:
                return False
        return True


def _alike(old: Fraction, new: Fraction) -> bool:
    if old == new:
        return True
    if new <= 0 or 1 in (old, new) or whole_digits(old) != whole_digits(new):
        return False
    return decimals(old) == decimals(new)


def draw(traced: Trace, rng: Random) -> list[Fraction] | None:
    """New values for the question's numbers, as many changed as can be; None where none fit.

    Numbers are changed one at a time, then in pairs, each draw kept where all limits hold.
    """
    limits = Limits(traced)
    numbers = list(limits.given)
    free = sorted(traced.free)
    choices = {i: candidates(traced.question[i]) for i in free}
    for _ in range(_SWEEPS):
        for i in rng.sample(free, len(free)):
            for value in _shuffled(choices[i], limits.given[i], rng):
                trial = [*numbers[:i], value, *numbers[i + 1 :]]
                if limits.hold(trial):
                    numbers = trial
                    break
    for _ in range(_PAIRS if len(free) > 1 else 0):
        still = [i for i in free if numbers[i] == limits.given[i]]
        if not still:
            break
        one = rng.choice(still)
        other = rng.choice([i for i in free if i != one])
        if choices[one] and choices[other]:
            trial = list(numbers)
            trial[one], trial[other] = rng.choice(choices[one]), rng.choice(choices[other])
            numbers = trial if limits.hold(trial) else numbers
    return None if numbers == limits.given else numbers


def _shuffled(choices: Sequence[Fraction], old: Fraction, rng: Random) -> list[Fraction]:
    """Smaller values first, or larger ones, by the toss of a coin: there are more larger ones."""
    smaller = [value for value in choices if value < old]
    larger = [value for value in choices if value > old]
    sides = [rng.sample(side, min(_TRIES, len(side))) for side in (smaller, larger)]
    first = rng.randrange(2)
    return sides[first] + sides[1 - first]


def candidates(numeral: Numeral) -> list[Fraction]:
    """Other values of a number: of its size, as round as it is, and fit for its article.

    >>> from netgain.data.perturbing.numerals import numerals_in
    >>> [int(value) for value in candidates(numerals_in("30 pens")[0])]
    [20, 40, 50, 60]
    """
    places = decimals(numeral.value)
    if places is None:
        return []
    whole = int(numeral.value * 10**places)
    zeros = len(str(whole)) - len(str(whole).rstrip("0"))
    significant = whole // 10**zeros
    step, rest = 10**zeros, 0
    if significant > 10 and (places or significant % 10 == 5):
        step, rest = 10 * step, significant % 10 * step
    less, more = next(factors for bound, factors in _FACTORS if significant < bound)
    low, high = int(whole * less), int(whole * more)
    an = takes_an(numeral.value) if numeral.after_article else None
    stride = step * ((high - low) // step // _CANDIDATES | 1)  # odd, for both parities
    found = []
    for scaled in range(low - low % step + rest, high + 1, stride):
        value = Fraction(scaled, 10**places)
        if scaled % (10 * 10**zeros) == 0 or value in (numeral.value, 1) or scaled < low:
            continue
        if numeral.after_article and (an is None or takes_an(value) is not an):
            continue
        if _alike(numeral.value, value):
            found.append(value)
    return found
