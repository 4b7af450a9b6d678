"""Where every number of a solution comes from: the question, an earlier result, or the world.

A number is matched by its value. Where two quantities have that value, it is not known which of
them is meant, so the numbers of the question on which either depends are held fixed; then both stay
equal, whichever is meant. Two ways to compute the same count as one quantity: they agree for other
numbers of the question, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, permutations

from netgain.data.perturbing.knowledge import caps_in, known_in
from netgain.data.perturbing.numerals import Numeral
from netgain.data.perturbing.roles import words_of
from netgain.data.perturbing.solution import Annotation, Solution, Spot
from netgain.diagnosis.arithmetic import evaluate
from netgain.diagnosis.tokens import shortest
from netgain.diagnosis.vocabulary import Value

NOWHERE = "a number of the solution comes from nowhere"
INEXACT = "an annotation does not hold exactly"
UNUSED = "a result is not used"
FIXED = "no number of the question may change for certain"

_WAYS: dict[str, Callable[[Fraction], Fraction]] = {
    "itself": lambda x: x,
    "share": lambda x: x / 100,
    "share left": lambda x: 1 - x / 100,
    "share more": lambda x: 1 + x / 100,
    "percent left": lambda x: 100 - x,
    "percent more": lambda x: 100 + x,
}
_PROBES = 2
_ALWAYS_KNOWN = frozenset(map(Fraction, (1, 2)))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of the question in one of its ways, or the result of an annotation."""

    kind: str  # a key of _WAYS, or "result"
    index: int  # of the question's number, or of the annotation

    def of(self, numbers: Sequence[Fraction], results: Sequence[Fraction]) -> Fraction:
        if self.kind == "result":
            return results[self.index]
        return _WAYS[self.kind](numbers[self.index])


Source = Quantity | Fraction  # a fixed number is its own source
Signature = tuple[Fraction, ...]  # the value, and the values for other numbers of the question


@dataclass(frozen=True, slots=True)
class Trace:
    """`free` numbers of the question may change; `operands` and `spots` say what follows them.

    Attributes:
        operands: for each annotation, the source of each operand.
        spots: the numbers that are no operands, in order, with their sources.
        caps: bounds of the world: what is within one of them must stay there.
    """

    question: tuple[Numeral, ...]
    solution: Solution
    free: frozenset[int]
    operands: tuple[tuple[Source, ...], ...]
    spots: tuple[tuple[Spot, Source], ...]
    caps: tuple[int, ...]

    def results(self, numbers: Sequence[Fraction]) -> list[Fraction] | None:
        """What the annotations compute from other numbers; None where that cannot be done."""
        found: list[Fraction] = []
        for annotation, sources in zip(self.solution.annotations, self.operands, strict=True):
            values = [value_of(source, numbers, found) for source in sources]
            result = _computed(annotation, values)
            if result is None:
                return None
            found.append(result)
        return found


def value_of(source: Source, numbers: Sequence[Fraction], results: Sequence[Fraction]) -> Fraction:
    return source.of(numbers, results) if isinstance(source, Quantity) else source


def trace(
    question: str, numerals: Sequence[Numeral], free: set[int], solution: Solution
) -> Trace | str:
    """Hold numbers of the question fixed until nothing is ambiguous; a reason where none is left.

    Each pass fixes at least one number, so there are at most as many passes as numbers.
    """
    given = words_of(question) | _of_fractions(question, numerals)
    known = known_in(question) | known_in(solution.text)
    free = set(free)
    while True:
        walk = _Pass(numerals, frozenset(free), given, known | _ALWAYS_KNOWN, solution)
        reason = walk.run()
        if reason:
            return reason
        used = walk.depends[-1]
        fixed = (walk.ambiguous | (free - used) | walk.coincidences()) & free
        if not fixed:
            break
        free -= fixed
    if not free:
        return FIXED
    return Trace(
        question=tuple(numerals),
        solution=solution,
        free=frozenset(free),
        operands=tuple(walk.operands),
        spots=tuple(walk.spots),
        caps=tuple(caps_in(question)),
    )


@dataclass(slots=True)
class _Pass:
    """One reading of the solution with some numbers of the question free."""

    numerals: Sequence[Numeral]
    free: frozenset[int]
    given: set[Fraction]
    known: set[Fraction]
    solution: Solution
    table: dict[Fraction, list[tuple[Signature, Quantity, frozenset[int]]]] = field(
        default_factory=dict
    )
    ambiguous: set[int] = field(default_factory=set)
    worldly: set[Fraction] = field(default_factory=set)  # operands that the question does not give
    used: set[int] = field(default_factory=set)  # annotations whose result is used
    depends: list[frozenset[int]] = field(default_factory=list)
    operands: list[tuple[Source, ...]] = field(default_factory=list)
    spots: list[tuple[Spot, Source]] = field(default_factory=list)

    def run(self) -> str | None:
        """Read every line; a reason where the solution cannot be understood."""
        self._question()
        for line in self.solution.lines:
            for index in line.annotations:
                reason = self._annotation(self.solution.annotations[index], index)
                if reason:
                    return reason
            for spot in line.spots:
                reason = self._spot(spot)
                if reason:
                    return reason
            for word in line.words:
                self.ambiguous |= self._all_behind(word)
        return self._ending()

    def _ending(self) -> str | None:
        last = len(self.solution.annotations) - 1
        return UNUSED if len(self.used | {last}) <= last else None

    def coincidences(self) -> set[int]:
        """Numbers that may hide behind one that the question does not give: 4 for 3 and himself."""
        found: set[int] = set()
        for value in self.worldly:
            for i in self.free:
                if abs(value - self.numerals[i].value) == 1:
                    found.add(i)
            for i, j in permutations(self.free, 2):
                one, other = self.numerals[i].value, self.numerals[j].value
                if value in (one - other, one / other, one + other):
                    found |= {i, j}
        return found

    def _question(self) -> None:
        for i, numeral in enumerate(self.numerals):
            ways = (
                _WAYS if numeral.percent else ("itself", "share") if numeral.cents else ("itself",)
            )
            for way in ways:
                values = [_WAYS[way](self._probe(i, probe)) for probe in range(_PROBES + 1)]
                behind = frozenset({i}) & self.free
                self._add(tuple(values), Quantity(way, i), behind)

    def _probe(self, i: int, probe: int) -> Fraction:
        """Another value, far from what sums and products of the question's numbers could give."""
        value = self.numerals[i].value
        return value + probe * (10007 * (i + 1) ** 2 + 31 * probe) if i in self.free else value

    def _add(self, signature: Signature, source: Quantity, behind: frozenset[int]) -> None:
        self.table.setdefault(signature[0], []).append((signature, source, behind))

    def _all_behind(self, value: Fraction) -> set[int]:
        return set().union(*(behind for _, _, behind in self.table.get(value, ())))

    def _source(self, value: Fraction, fixed: bool = False) -> tuple[Source, Signature] | None:
        """What a number stands for; where that is not certain, its numbers are marked ambiguous."""
        found = self.table.get(value, [])
        constant = (value,) * (_PROBES + 1)
        signatures = {signature for signature, _, _ in found}
        if value in self.given or value in self.known or fixed:
            signatures.add(constant)
        if not signatures:
            return None
        if len(signatures) > 1:
            self.ambiguous |= self._all_behind(value)
        self.used |= {source.index for _, source, _ in found if source.kind == "result"}
        for signature, source, behind in found:
            if len(signatures) == 1 and behind:
                return source, signature
        return value, constant

    def _annotation(self, annotation: Annotation, index: int) -> str | None:
        sources, signatures = [], []
        behind: frozenset[int] = frozenset()
        for spot in annotation.operands:
            value = spot.numeral.value
            found = self._source(value)
            if found is None:
                return NOWHERE
            if value not in self.table and value not in self.given:
                self.worldly.add(value)
            if isinstance(found[0], Quantity):
                behind |= self._all_behind(value)
            sources.append(found[0])
            signatures.append(found[1])
        results = [
            _computed(annotation, [signature[probe] for signature in signatures])
            for probe in range(_PROBES + 1)
        ]
        if results[0] != annotation.result or None in results:
            return INEXACT
        signature = tuple(Fraction(result or 0) for result in results)
        self._add(signature, Quantity("result", index), behind)
        self.operands.append(tuple(sources))
        self.depends.append(behind)
        return None

    def _spot(self, spot: Spot) -> str | None:
        value = spot.numeral.value
        if spot.computed is not None:
            if value != self.solution.annotations[spot.computed].result:
                return INEXACT
            self.spots.append((spot, Quantity("result", spot.computed)))
            return None
        used = set(self.used)
        found = self._source(value, fixed=spot.named)
        self.used = used  # a number that is only said again is not used
        if found is None:
            return NOWHERE
        self.spots.append((spot, found[0]))
        return None


def _computed(annotation: Annotation, values: Sequence[Fraction]) -> Fraction | None:
    unknowns: dict[str, Value] = {str(i): shortest(value) for i, value in enumerate(values)}
    result = evaluate(annotation.items, unknowns)
    return None if result is None else Fraction(result)


def _of_fractions(question: str, numerals: Sequence[Numeral]) -> set[Fraction]:
    """What the fractions and ratios of a question let know: 3/4 and its rest, 2:5 and its sum."""
    found: set[Fraction] = set()
    for one, other in pairwise(numerals):
        between = question[one.end : other.start]
        if between.strip() in ("/", ":") and other.value:
            found |= {one.value / other.value, one.value + other.value}
        if between.strip() == "/" and one.value < other.value:
            found |= {other.value - one.value, 1 - one.value / other.value}
    return found
