"""Two or more models on the same problems: every pair compared, however often each was asked.

One answer a problem: the exact McNemar test. Several: errors add up over problems (`sampled`), and
the sign-flip test takes its place, which is the same test for one answer. Where there are several
pairs, Holm's correction keeps the chance of any false verdict at 5%.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from netgain.analysis.comparing.comparison import (
    compare_right,
    difference_words,
    disagreements,
    verdict_of,
    verdict_sentence,
)
from netgain.analysis.comparing.sampled import answers_each, mean_gain, share_of_right
from netgain.analysis.estimates.clustered import scaled_differences, sign_flip_p
from netgain.analysis.estimates.seeds import SeedsEstimate, several_seeds
from netgain.analysis.estimates.statistics import holm, non_inferiority, wilson
from netgain.errors import EvaluationError
from netgain.records import Comparison, Estimate, Verdict
from netgain.wording import capital, percent, probability, quantity

MOST_MODELS = 50


@dataclass(frozen=True)
class Contender:
    """A model's answers judged: problem → right or wrong, one value an answer.

    `source` says where the problems are from as a recipe does; "" where that is not known.
    """

    name: str
    answers: Mapping[str, tuple[bool, ...]]
    source: str = ""

    def shares(self, problems: Sequence[str]) -> list[float]:
        """The share of right answers to each of these problems."""
        return [sum(self.answers[p]) / len(self.answers[p]) for p in problems]


@dataclass(frozen=True)
class Loss:
    """Whether a loss of `margin` (a share) or more is ruled out, at one-sided 2.5%."""

    margin: float
    ruled_out: bool | None  # None where there is no interval
    p_value: float | None  # one-sided; None with several answers a problem
    sentence: str


@dataclass(frozen=True)
class Pairing:
    """Two models compared. `difference` is tuned − base over the problems both answered.

    The verdict goes by `adjusted_p`: Holm's over all pairs compared together, or `p_value` itself
    where there is one pair; sentence, loss and `comparison` follow it. `comparison` holds the
    counts where each problem has one answer.
    """

    base: str
    tuned: str
    n: int
    base_share: Estimate
    tuned_share: Estimate
    difference: Estimate
    test: str
    p_value: float
    adjusted_p: float
    verdict: Verdict
    comparison: Comparison | None
    loss: Loss | None
    sentence: str
    caveats: tuple[str, ...]
    answers_each: tuple[str, str] = ("1 answer each", "1 answer each")  # of base, of tuned


def compare_all(
    contenders: Sequence[Contender], margin: float | None = None
) -> tuple[Pairing, ...]:
    """Every pair, the later one against the earlier one.

    Args:
        margin: also ask whether a loss of this share or more is ruled out ("did it forget?").

    Raises:
        EvaluationError: fewer than two models, two of one name, too many, or two without a problem
            in common.
    """
    names = [c.name for c in contenders]
    if len(names) < 2:
        raise EvaluationError(
            f"only one model was found ({names[0]}); a comparison needs two" if names
            else "no model was found; a comparison needs two"
        )  # fmt: skip
    if len(set(names)) < len(names):
        raise EvaluationError(
            f"two models have the same name: {', '.join(names)}; give each its own name in 'model'"
        )
    if len(names) > MOST_MODELS:
        raise EvaluationError(
            f"{len(names)} models make too many pairs; compare {MOST_MODELS} at most"
        )
    pairs = [_pair(base, tuned) for base, tuned in combinations(contenders, 2)]
    if len(pairs) > 1:
        adjusted = holm([p.p_value for p in pairs])
        pairs = [_adjusted(p, a, len(pairs)) for p, a in zip(pairs, adjusted, strict=True)]
    return tuple(pairs if margin is None else [_with_loss(p, margin) for p in pairs])


def _pair(base: Contender, tuned: Contender) -> Pairing:
    problems, caveats = common_problems(base, tuned)
    if all(len(c.answers[p]) == 1 for c in (base, tuned) for p in problems):
        found = _single(base, tuned, problems)
    else:
        found = _sampled(base, tuned, problems)
    return replace(found, caveats=(*caveats, *found.caveats))


def common_problems(base: Contender, tuned: Contender) -> tuple[list[str], tuple[str, ...]]:
    """The problems both answered, and what to say where that is not all of them.

    Raises:
        EvaluationError: there is none.
    """
    problems = [p for p in base.answers if p in tuned.answers]
    if not problems:
        raise EvaluationError(
            f"{base.name} and {tuned.name} have no problem in common: {_answered(base)}, "
            f"{_answered(tuned)}. They were asked different problems, or the same ones "
            "under other ids or in other words; only answers to the same problems can be compared"
        )
    left_out = len(base.answers) + len(tuned.answers) - 2 * len(problems)
    if not left_out:
        return problems, ()
    one = left_out == 1
    return problems, (
        f"{quantity(left_out, 'problems')} that only one of {base.name} and {tuned.name} answered "
        f"{'is' if one else 'are'} left out. If {'it is' if one else 'they are'} missing because a "
        "model failed there, the comparison is too kind to it.",
    )


def _answered(contender: Contender) -> str:
    example = next(iter(contender.answers), "")
    return (
        f"{contender.name} answered {quantity(len(contender.answers), 'problems')}, "
        f"such as {example!r:.60}"
    )


def _single(base: Contender, tuned: Contender, problems: Sequence[str]) -> Pairing:
    first = [base.answers[p][0] for p in problems]
    second = [tuned.answers[p][0] for p in problems]
    c = compare_right(first, second)
    return Pairing(
        base=base.name,
        tuned=tuned.name,
        n=c.n,
        base_share=wilson(sum(first), c.n),
        tuned_share=wilson(sum(second), c.n),
        difference=c.difference,
        test=c.test,
        p_value=c.p_value,
        adjusted_p=c.p_value,
        verdict=c.verdict,
        comparison=c,
        loss=None,
        sentence=verdict_sentence(c, base.name, tuned.name),
        caveats=c.caveats,
    )


def _sign_flip(base: Contender, tuned: Contender, problems: Sequence[str]) -> float:
    try:
        return sign_flip_p(
            scaled_differences(
                [base.answers[p] for p in problems], [tuned.answers[p] for p in problems]
            )
        )
    except ValueError as error:
        raise EvaluationError(
            f"{base.name} and {tuned.name} have too many different numbers of answers a problem "
            f"({error}); give every problem the same number"
        ) from None


def _sampled(base: Contender, tuned: Contender, problems: Sequence[str]) -> Pairing:
    first, second = base.shares(problems), tuned.shares(problems)
    p_value = _sign_flip(base, tuned, problems)
    gains = [t - b for b, t in zip(first, second, strict=True)]
    difference = mean_gain(gains)
    numbers = [answers_each([len(c.answers[p]) for p in problems]) for c in (base, tuned)]
    found = Pairing(
        base=base.name,
        tuned=tuned.name,
        n=len(problems),
        base_share=share_of_right(first),
        tuned_share=share_of_right(second),
        difference=difference,
        test="exact sign-flip test over problems, two-sided",
        p_value=p_value,
        adjusted_p=p_value,
        verdict=verdict_of(difference.value or 0.0, p_value),
        comparison=None,
        loss=None,
        sentence="",
        caveats=disagreements(p_value, (difference,)),
        answers_each=(numbers[0], numbers[1]),
    )
    return replace(found, sentence=_sampled_sentence(found, probability(p_value)))


def _sampled_sentence(pairing: Pairing, p_words: str) -> str:
    base, tuned = (percent(e.value or 0.0) for e in (pairing.base_share, pairing.tuned_share))
    return (
        f"{capital(pairing.verdict)}: on the same {quantity(pairing.n, 'problems')} "
        f"{pairing.tuned} ({pairing.answers_each[1]}) is right {tuned} of the time, "
        f"{pairing.base} ({pairing.answers_each[0]}) {base}: "
        f"{difference_words(pairing.difference, pairing.test, p_words)}."
    )


def _adjusted(pairing: Pairing, adjusted_p: float, pairs: int) -> Pairing:
    """The same among several pairs: all that goes by the p-value goes by Holm's."""
    verdict = verdict_of(pairing.difference.value or 0.0, adjusted_p)
    both = (
        f"{probability(pairing.p_value)}, Holm-adjusted over {pairs} pairs "
        f"{probability(adjusted_p)}"
    )
    found = replace(pairing, adjusted_p=adjusted_p, verdict=verdict)
    if pairing.comparison is None:
        found = replace(found, sentence=_sampled_sentence(found, both))
    else:
        comparison = replace(pairing.comparison, verdict=verdict)
        sentence = verdict_sentence(comparison, pairing.base, pairing.tuned, both)
        found = replace(found, comparison=comparison, sentence=sentence)
    if verdict != pairing.verdict:
        caveats = (
            *pairing.caveats,
            f"{pairing.base} and {pairing.tuned}: alone this would be called {pairing.verdict!r} "
            f"({probability(pairing.p_value)}); among {pairs} pairs, one such difference may come "
            f"by chance (Holm-adjusted {probability(adjusted_p)}).",
        )
        found = replace(found, caveats=caveats)
    return found


def _with_loss(pairing: Pairing, margin: float) -> Pairing:
    c = pairing.comparison
    p = None if c is None else non_inferiority(c.only_base, c.only_tuned, c.n, margin)
    return replace(pairing, loss=loss(pairing.difference, margin, p, pairing.verdict))


def loss(
    difference: Estimate,
    margin: float,
    p_value: float | None = None,
    verdict: Verdict = "no detectable change",
) -> Loss:
    """What the interval of a difference says of a loss of `margin` (a share) or more."""
    size = quantity(margin, "points").removeprefix("+")
    if difference.interval is None:
        why = difference.why_no_interval
        return Loss(margin, None, None, f"Nothing can be said of a loss of {size}: {why}.")
    low = difference.interval[0]
    words = "" if p_value is None else f" (one-sided {probability(p_value)})"
    if low > -margin:
        smaller = ", though it is worse by less" if verdict == "worse" else ""
        return Loss(
            margin, True, p_value, f"A loss of {size} or more is ruled out{words}{smaller}."
        )
    return Loss(
        margin, False, p_value,
        f"A loss of {size} or more is not ruled out{words}: the difference may be as low as "
        f"{quantity(low, 'points')}.",
    )  # fmt: skip


def compare_seeds(base: Contender, seeds: Sequence[Contender]) -> SeedsEstimate:
    """One base model against several seeds of a recipe, over the problems all answered.

    Raises:
        EvaluationError: no seed, or fewer than two problems in common.
    """
    problems = [p for p in base.answers if all(p in s.answers for s in seeds)]
    if not seeds or len(problems) < 2:
        raise EvaluationError(
            f"{quantity(len(seeds), 'seed' if len(seeds) == 1 else 'seeds')} and "
            f"{quantity(len(problems), 'problems')} that {base.name} and all of them answered: "
            "at least one seed and two problems are needed"
        )
    before = base.shares(problems)
    return several_seeds(
        [[t - b for b, t in zip(before, s.shares(problems), strict=True)] for s in seeds]
    )
