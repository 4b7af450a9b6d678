"""Two or more models on the same problems: every pair compared, however often each was asked.

Where there are several pairs, Holm's correction keeps the chance of any false verdict at 5%.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from netgain.analysis.comparing.pairs import adjusted, paired, verdict_of, with_detectable
from netgain.analysis.estimates.mcnemar import MCNEMAR
from netgain.analysis.estimates.melded import non_inferiority
from netgain.analysis.estimates.seeds import SeedsEstimate, several_seeds
from netgain.errors import EvaluationError
from netgain.records import Comparison, Estimate, Verdict
from netgain.wording import OTHER_PROBLEMS, probability, quantity, quoted

MOST_MODELS = 50


@dataclass(frozen=True)
class ComparedModel:
    """A model's answers judged: problem → right or wrong, one value an answer.

    `source` says where the problems are from as a recipe does; "" where that is not known.
    """

    name: str
    answers: Mapping[str, tuple[bool, ...]]
    source: str = ""


@dataclass(frozen=True)
class Loss:
    """Whether a loss of `margin` (a share) or more is ruled out, at one-sided 2.5%."""

    margin: float
    ruled_out: bool | None  # None where there is no interval
    p_value: float | None  # one-sided; None with several answers a problem
    sentence: str


def compare_all(compared_models: Sequence[ComparedModel]) -> tuple[Comparison, ...]:
    """Every pair, the later one against the earlier one, on the problems that both answered.

    Raises:
        EvaluationError: fewer than two models, two of one name, too many, or two without a problem
            in common.
    """
    names = [c.name for c in compared_models]
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
    pairs = adjusted([_pair(base, tuned) for base, tuned in combinations(compared_models, 2)])
    return tuple(with_detectable(taken_back(p, len(pairs)), len(pairs)) for p in pairs)


def _pair(base: ComparedModel, tuned: ComparedModel) -> Comparison:
    problems, caveats = common_problems(base, tuned)
    first, second = ([c.answers[p] for p in problems] for c in (base, tuned))
    found = paired(first, second, (base.name, tuned.name))
    pair = f"{base.name} and {tuned.name}: "
    return replace(found, caveats=(*caveats, *(pair + c for c in found.caveats)))


def common_problems(base: ComparedModel, tuned: ComparedModel) -> tuple[list[str], tuple[str, ...]]:
    """The problems both answered, and what to say where that is not all of them.

    Raises:
        EvaluationError: there is none.
    """
    problems = [p for p in base.answers if p in tuned.answers]
    if not problems:
        raise EvaluationError(
            f"{base.name} and {tuned.name} have no problem in common: {_answered(base)}, "
            f"{_answered(tuned)}. {OTHER_PROBLEMS}"
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


def _answered(compared_model: ComparedModel) -> str:
    example = next(iter(compared_model.answers), "")
    return (
        f"{compared_model.name} answered {quantity(len(compared_model.answers), 'problems')}, "
        f"such as {quoted(example)}"
    )


def taken_back(comparison: Comparison, pairs: int) -> Comparison:
    """The same with a caveat, naming the pair, where Holm's correction takes a verdict back."""
    c = comparison
    alone = verdict_of(c.difference.value or 0.0, c.p_value)
    if alone == c.verdict:
        return c
    caveat = (
        f"{c.reference} and {c.other}: alone this would be called {alone!r} "
        f"({probability(c.p_value)}); among {pairs} pairs, one such difference may come by chance "
        f"(Holm-adjusted {probability(c.deciding_p)})."
    )
    return replace(c, caveats=(*c.caveats, caveat))


def loss_of(comparison: Comparison, margin: float) -> Loss:
    """Whether the pair's difference rules out a loss of `margin` (a share) or more."""
    c = comparison
    p = non_inferiority(c.lost, c.won, c.n, margin) if c.test == MCNEMAR and c.n else None
    return loss(c.difference, margin, p, c.verdict)


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


def compare_seeds(base: ComparedModel, seeds: Sequence[ComparedModel]) -> SeedsEstimate:
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
    before = _shares(base, problems)
    return several_seeds(
        [[t - b for b, t in zip(before, _shares(s, problems), strict=True)] for s in seeds]
    )


def _shares(compared_model: ComparedModel, problems: Sequence[str]) -> list[float]:
    return [sum(compared_model.answers[p]) / len(compared_model.answers[p]) for p in problems]
