"""Several samples a problem: what the majority gives, what a perfect chooser could, and the price.

maj@k is self-consistency (Wang et al. 2022, arXiv:2203.11171), pass@k the unbiased estimator of
Chen et al. 2021 (arXiv:2107.03374). Where several k are tested, they are tested from the largest
down and no further than the first that shows nothing: a fixed order, which needs no correction
(Maurer, Hothorn & Lehmacher 1995).
"""

from collections.abc import Callable, Iterator, Sequence

from netgain.analysis.comparing.contest import loss_of
from netgain.analysis.comparing.pairs import difference_words, told
from netgain.analysis.further.asked_again import FurtherEvaluation, Headline, Right, by_model
from netgain.analysis.further.drawn import (
    ORACLE,
    Drawn,
    above_one,
    agreement,
    curve_table,
    curves,
    read_samples,
)
from netgain.analysis.further.pairing import MARGIN, Ways, compare_ways, share_words, unsound
from netgain.records import Comparison, FurtherResult
from netgain.wording import number, quantity

GREEDY = "one greedy answer"


def samples(headline: Headline, evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """maj@k and pass@k of each model, against its greedy answers and the other model's.

    A loss of `MARGIN` or more must be ruled out before the base model's majority is said to be no
    worse than the tuned model's greedy answer.

    Returns:
        None where no problem has more than one sample.
    """
    asked = by_model(evaluations)
    read = {m: read_samples(e) for m, e in asked.items()}
    found = {m: one for m, one in read.items() if one.ks}
    if not found:
        return None
    changes: list[Comparison] = []
    sentences: list[str] = []
    for one in reversed(found.values()):
        own = _against_greedy(one, headline.right(one.model))
        sentences += _greedy_sentences(one, own, headline)
        changes += own + _last_step(one)
    if len(found) == 2:
        both = _between(found["base"], found["tuned"])
        changes.append(both)
        sentences.append(told(both, f"maj@{both.at} of the tuned model against the base model's"))
    if "base" in found and "tuned" in headline.grades:
        reach = _reaches(found["base"], headline.right("tuned"))
        changes += reach
        sentences += _reach_sentences(found["base"], reach, headline)
    sentences += [_diversity_sentence(one) for one in found.values()]
    drawn = tuple(curve for one in found.values() for curve in curves(one, headline))
    return FurtherResult(
        title="Several samples a problem",
        kind="samples",
        sentences=tuple(sentences),
        tables=(curve_table(drawn),),
        changes=tuple(changes),
        curves=drawn,
        figures=tuple(above_one(one) for one in found.values()),
        caveats=(ORACLE, *(c for e in asked.values() for c in _caveats(e))),
    )


# -- comparisons ---------------------------------------------------------------------------


def _downwards(
    one: Drawn, ks: Sequence[int], ways: Callable[[int], Ways], reference: Right,
    goes_on: Callable[[Comparison], object],
) -> list[Comparison]:  # fmt: skip
    """maj@k − reference, from the largest k down to the first with which it does not go on."""
    found: list[Comparison] = []
    for k in reversed(ks):
        found.append(compare_ways(ways(k), reference, one.majority(k)))
        if not goes_on(found[-1]):
            break
    return found


def _against_greedy(one: Drawn, greedy: Right) -> list[Comparison]:
    return _downwards(
        one, one.ks[1:], lambda k: Ways(one.model, GREEDY, f"maj@{k}", k), greedy,
        lambda change: change.verdict == "improved",
    )  # fmt: skip


def _reaches(base: Drawn, tuned: Right) -> list[Comparison]:
    """Of the base model, against the tuned one's greedy answer, as long as no loss is possible."""
    return _downwards(
        base, base.ks, lambda k: Ways("", f"{GREEDY}, tuned", f"maj@{k}, base", k), tuned,
        lambda change: loss_of(change, MARGIN).ruled_out,
    )  # fmt: skip


def _last_step(one: Drawn) -> list[Comparison]:
    """Is the curve still rising at its end?"""
    before, last = one.ks[-2:]
    if before == 1:
        return []
    ways = Ways(one.model, f"maj@{before}", f"maj@{last}", last)
    return [compare_ways(ways, one.majority(before), one.majority(last))]


def _between(base: Drawn, tuned: Drawn) -> Comparison:
    k = min(base.most, tuned.most)
    ways = Ways("", f"maj@{k}, base", f"maj@{k}, tuned", k)
    return compare_ways(ways, base.majority(k), tuned.majority(k))


# -- in words ------------------------------------------------------------------------------


def _greedy_sentences(
    one: Drawn, changes: Sequence[Comparison], headline: Headline
) -> Iterator[str]:
    if not changes:
        return
    k, cost, own = one.most, one.cost.times(one.most), one.greedy_cost(headline)
    found = told(
        changes[0], f"the majority of {k} samples against {GREEDY} of the {one.model} model"
    )
    price = f"It takes {number(cost.tokens, 3)} generated tokens a problem"
    if own.tokens:
        price += f", {number(cost.tokens / own.tokens, 3)} times as many as the greedy answer"
    fewer = [c.at for c in changes[1:] if c.verdict == "improved"]
    gain = f" The gain is shown down to {fewer[-1]} samples." if fewer else ""
    yield f"{found} {price}.{gain}"


def _reach_sentences(
    base: Drawn, changes: Sequence[Comparison], headline: Headline
) -> Iterator[str]:
    """What it takes to have the tuned model's greedy accuracy from the base model."""
    if not changes or not changes[0].n:
        return
    most = changes[0]
    reached = [c for c in changes if loss_of(c, MARGIN).ruled_out]
    if reached:
        fewest, k = reached[-1], reached[-1].at or 1
        size = quantity(MARGIN, "points").removeprefix("+")
        yield (
            f"Without any training, {_votes(k)}"
            f" of the base model is not worse than {GREEDY} of the tuned model by {size} or more: "
            f"{difference_words(fewest)}. It takes {number(base.cost.times(k).tokens, 3)} "
            f"generated tokens a problem, the tuned model's answer "
            f"{number(base.greedy_cost(headline, 'tuned').tokens, 3)}."
        )
    elif most.verdict == "worse":
        yield (
            f"Even {_votes(base.most)} of the base model stays below {GREEDY} of the "
            f"tuned model: {difference_words(most)}."
        )
    else:
        yield (
            f"Whether sampling the base model makes up for the tuning is not shown: "
            f"{_votes(base.most)} minus {GREEDY} of the tuned model is {difference_words(most)}."
        )


def _votes(k: int) -> str:
    return "one sample" if k == 1 else f"the majority of {k} samples"


def _diversity_sentence(one: Drawn) -> str:
    share, right = agreement(one)
    of = quantity(len(one.by_problem), "problems")
    sentence = f"All samples of the {one.model} model agree on {share_words(share)} of {of}"
    if right.estimate.n:
        sentence += f"; {share_words(right)} of these answers are right"
    return sentence + "."


def _caveats(evaluation: FurtherEvaluation) -> Iterator[str]:
    yield from unsound(evaluation, f"the samples of the {evaluation.model} model")
    if evaluation.settings.get("temperature") == 0:
        who = f"the samples of the {evaluation.model} model"
        yield f"At temperature 0 {who} are copies of one answer."
