"""Two models, or two ways of asking one, on the same problems: the one paired comparison.

One answer a problem: the exact unconditional McNemar test and its interval. Several answers, or
problems in clusters: errors add up over problems or clusters, and the sign-flip test decides
together with the interval of the mean. Everything that is compared in pairs is compared here.
"""

import math
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netgain.analysis.estimates.clustered import SIGN_FLIP, mean_difference, sign_flip_p, stretched
from netgain.analysis.estimates.mcnemar import MCNEMAR, mcnemar
from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.estimates.power import detectable_difference
from netgain.analysis.estimates.statistics import ALPHA, POWER, holm, share_estimate, wilson
from netgain.errors import EvaluationError
from netgain.records import Comparison, Estimate, MetricKind, Share, Verdict
from netgain.records.comparison import NOT_PLANNED
from netgain.wording import capital, counted, integer, level_words, percent, probability, quantity

Answers = Sequence[Sequence[bool]]  # one row a problem: right or wrong, one value an answer
SEED = 0  # of the choice among answers where one side has more
UNEQUAL = "One side has more answers to {}: as many as the other has were drawn at random."


def paired(
    reference: Answers,
    other: Answers,
    names: tuple[str, str] = ("base", "tuned"),
    clusters: Sequence[Hashable] | None = None,
    kind: MetricKind = "generated",
) -> Comparison:
    """`other` − `reference`, problem by problem in the same order.

    Where one side has more answers to a problem, as many as the other has are drawn at random (with
    a fixed seed): of unequal numbers the test would not be exact.

    Args:
        names: of reference and other.
        clusters: a label a problem; problems of one label count as one.

    Raises:
        ValueError: not the same number of problems, or a problem without an answer.
        EvaluationError: too many different numbers of answers a problem.
    """
    if len(reference) != len(other) or not all(map(len, (*reference, *other))):
        raise ValueError("both sides need an answer to every problem, in the same order")
    reference, other, drawn = _equal_numbers(reference, other)
    numbers = answers_each([len(r) for r in reference]) if reference else "1 answer each"
    if clusters is None and all(len(r) == 1 for r in reference):
        before, after = (np.array([r[0] for r in of], dtype=bool) for of in (reference, other))
        found = single(before, after, names, kind)
    else:
        found = _several(reference, other, names, clusters, kind)
    told = () if not drawn else (UNEQUAL.format(counted(drawn, "problem")),)
    return replace(found, answers_each=(numbers, numbers), caveats=told)


def single(
    reference: NDArray[np.bool_],
    other: NDArray[np.bool_],
    names: tuple[str, str] = ("base", "tuned"),
    kind: MetricKind = "generated",
) -> Comparison:
    """The same of one answer a problem, right or wrong as columns."""
    n = len(reference)
    both, lost, won, neither = counts_of_pairs(reference, other)
    p = mcnemar(lost, won, n)
    return Comparison(
        n=n, both=both, lost=lost, won=won, neither=neither,
        difference=paired_difference(lost, won, n), p_value=p, test=MCNEMAR,
        verdict=verdict_of(won - lost, p), reference=names[0], other=names[1], kind=kind,
        reference_share=wilson(both + lost, n), other_share=wilson(both + won, n),
    )  # fmt: skip


def _several(
    reference: Answers,
    other: Answers,
    names: tuple[str, str],
    clusters: Sequence[Hashable] | None,
    kind: MetricKind,
) -> Comparison:
    whole = math.lcm(*{len(r) for r in reference})
    gains = [(sum(o) - sum(r)) * (whole // len(r)) for r, o in zip(reference, other, strict=True)]
    found = of_differences(gains, whole, clusters)
    return Comparison(
        n=len(gains), won=found.won, lost=found.lost,
        both=sum(all(r) and all(o) for r, o in zip(reference, other, strict=True)),
        neither=sum(not (any(r) or any(o)) for r, o in zip(reference, other, strict=True)),
        difference=found.mean, p_value=found.p_value, test=found.test, verdict=found.verdict,
        reference_share=share_estimate(Share.of(reference)),
        other_share=share_estimate(Share.of(other)),
        reference=names[0], other=names[1], kind=kind,
        clusters=None if clusters is None else len(set(clusters)),
    )  # fmt: skip


@dataclass(frozen=True)
class Differences:
    """What differences of shares come to; see `of_differences`."""

    mean: Estimate
    p_value: float
    test: str
    verdict: Verdict
    won: int
    lost: int


def of_differences(
    gains: Sequence[int],
    whole: int,
    clusters: Sequence[Hashable] | None = None,
    most: float = 1.0,
) -> Differences:
    """The mean of paired differences gains / whole, one a problem.

    The p-value is the larger of the sign-flip test's and of the interval's own, and where it is not
    below 5% the interval reaches zero: so the two agree, and neither errs more than it says.

    Args:
        most: the largest size that a difference can have.

    Raises:
        EvaluationError: too many different numbers of answers a problem.
    """
    labels = range(len(gains)) if clusters is None else clusters
    sums: dict[Hashable, int] = {}
    for label, gain in zip(labels, gains, strict=True):
        sums[label] = sums.get(label, 0) + gain
    try:
        flips = sign_flip_p(list(sums.values()))
    except ValueError as error:
        raise EvaluationError(
            f"the problems have too many different numbers of answers ({error}); give every "
            "problem the same number"
        ) from None
    mean, own = mean_difference([g / whole for g in gains], clusters, most)
    p = max(flips, own)
    return Differences(
        stretched(mean, p), p,
        f"{SIGN_FLIP} over {'problems' if clusters is None else 'clusters of problems'}, two-sided",
        verdict_of(sum(gains), p),
        sum(s > 0 for s in sums.values()), sum(s < 0 for s in sums.values()),
    )  # fmt: skip


def _equal_numbers(first: Answers, second: Answers) -> tuple[Answers, Answers, int]:
    """As many answers of both to each problem, and to how many problems some were left out."""
    if all(len(f) == len(s) for f, s in zip(first, second, strict=True)):
        return first, second, 0
    generator, drawn = np.random.default_rng(SEED), 0
    kept: tuple[list[Sequence[bool]], list[Sequence[bool]]] = ([], [])
    for pair in zip(first, second, strict=True):
        fewest = min(map(len, pair))
        drawn += len(pair[0]) != len(pair[1])
        for rows, answers in zip(kept, pair, strict=True):
            places = range(fewest)
            if len(answers) > fewest:
                places = generator.choice(len(answers), fewest, replace=False).tolist()
            rows.append([answers[i] for i in places])
    return kept[0], kept[1], drawn


def counts_of_pairs(base: NDArray[np.bool_], tuned: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Problems that hold of both, of base only, of tuned only, and of neither."""
    counts = np.bincount(2 * (~base).astype(np.int8) + ~tuned, minlength=4)
    return int(counts[0]), int(counts[1]), int(counts[2]), int(counts[3])


def verdict_of(difference: float, p_value: float) -> Verdict:
    """What a difference with such a p-value is called."""
    if p_value >= ALPHA or difference == 0:
        return "no detectable change"
    return "improved" if difference > 0 else "worse"


def adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same with Holm's correction for their number; one alone stays as it is."""
    if len(comparisons) < 2:
        return list(comparisons)
    return [
        replace(c, adjusted_p=p, verdict=verdict_of(c.difference.value or 0.0, p))
        for c, p in zip(comparisons, holm([c.p_value for c in comparisons]), strict=True)
    ]


def with_detectable(comparison: Comparison, among: int = 1) -> Comparison:
    """The same with the smallest true difference that so many problems would show.

    Args:
        among: how many pairs are compared together: Holm's correction asks more of each.
    """
    c = comparison
    if c.test != MCNEMAR:
        return c
    return replace(c, detectable_difference=detectable_difference(c.n, c.won + c.lost, among))


# -- base against tuned --------------------------------------------------------------------


def compare_right(base: ArrayLike, tuned: ArrayLike) -> Comparison:
    """The headline: base against tuned, with what could have been seen at all."""
    before, after = (np.asarray(of, dtype=bool) for of in (base, tuned))
    return with_detectable(single(before, after))


# -- in words ------------------------------------------------------------------------------


def verdict_sentence(
    comparison: Comparison,
    base: str = "the base model",
    tuned: str = "the tuned model",
    among: int = 1,
) -> str:
    """The verdict as one sentence, with n, both shares, the interval and the p-value.

    Args:
        among: how many pairs are compared together.
    """
    c = comparison
    first, second = c.reference_share.value, c.other_share.value
    if first is None or second is None:
        return "No verdict: there are no problems that both answered."
    on = f"{capital(c.verdict)}: on the same {quantity(c.n, 'problems')} "
    difference = difference_words(c, among)
    if c.test != MCNEMAR:
        return (
            f"{on}{tuned} ({c.answers_each[1]}) is right {percent(second)} of the time, {base} "
            f"({c.answers_each[0]}) {percent(first)}: {difference}."
        )
    sentence = (
        f"{on}{tuned} answers {percent(second)} correctly, {base} {percent(first)}: {difference}."
    )
    if c.verdict == "no detectable change" and c.detectable_difference != NOT_PLANNED:
        sentence += " " + detectable_sentence(c, among)
    return sentence


def difference_words(comparison: Comparison, among: int = 1) -> str:
    """The difference with its interval, its test, and the p-value that the verdict goes by."""
    c, estimate = comparison, comparison.difference
    if estimate.value is None:
        return f"no difference can be given ({estimate.why_no_interval})"
    interval = estimate.why_no_interval
    if estimate.interval is not None:
        low, high = (quantity(x, "points") for x in estimate.interval)
        interval = f"{level_words(estimate.level)} CI {low.removesuffix(' points')} to {high}"
    p = probability(c.p_value)
    if c.adjusted_p is not None:
        over = f" over {among} pairs" if among > 1 else ""
        p += f", Holm-adjusted{over} {probability(c.adjusted_p)}"
    return f"{quantity(estimate.value, 'points')} ({interval}; {c.test}, {p})"


def detectable_sentence(comparison: Comparison, among: int = 1) -> str:
    """What so many problems could have shown at all."""
    n, smallest = comparison.n, comparison.detectable_difference
    if smallest.value is None:
        verb = "is" if n == 1 else "are"
        return f"{quantity(n, 'problems')} {verb} too few to show any difference."
    pairs = f" and {among} pairs" if among > 1 else ""
    return (
        f"With {quantity(n, 'problems')}{pairs}, a true difference of about "
        f"{quantity(smallest.value, 'points').removeprefix('+')} or more would have been seen "
        f"{POWER:.0%} of the time; a smaller one may well exist."
    )


def told(comparison: Comparison, what: str, counts: tuple[str, str] = ("won", "lost")) -> str:
    """What was found on `what`, verdict first, with its figures.

    Args:
        counts: what it is called when a problem goes up, and when it goes down.
    """
    c = comparison
    if c.n == 0:
        return f"No verdict ({what}): there are no problems answered both ways."
    of, clusters = counted(c.n, "problem"), ""
    if c.clusters is not None:
        of, clusters = f"{of} in {counted(c.clusters, 'cluster')}", " clusters"
    return (
        f"{capital(c.verdict)} ({what}): of {of} {integer(c.won)}{clusters} {counts[0]}, "
        f"{integer(c.lost)} {counts[1]}; {difference_words(c)}."
    )


def answers_each(numbers: Collection[int]) -> str:
    """
    >>> answers_each([1, 1]), answers_each([3]), answers_each([1, 4, 2])
    ('1 answer each', '3 answers', '1 to 4 answers each')
    """
    low, high = min(numbers), max(numbers)
    count = f"{low} to {high} answers" if low < high else f"{low} answer{'s'[: low != 1]}"
    return count if len(numbers) == 1 else f"{count} each"
