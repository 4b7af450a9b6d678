"""Base against tuned on the same problems: paired counts, a test, and a verdict in words."""

from __future__ import annotations

from collections.abc import Sequence

from netgain.analysis.statistics import (
    ALPHA,
    POWER,
    detectable_difference,
    mcnemar_exact,
    paired_difference,
)
from netgain.errors import EvaluationError
from netgain.records import Comparison, Grade, Verdict
from netgain.wording import percent, probability, quantity


def compare(base: Sequence[Grade], tuned: Sequence[Grade]) -> Comparison:
    """Pair two evaluations by problem and judge by the robust grade.

    Raises:
        EvaluationError: they are not of the same problems.
    """
    base_right = {g.problem_id: g.correct for g in base}
    tuned_right = {g.problem_id: g.correct for g in tuned}
    if base_right.keys() != tuned_right.keys() or len(base_right) != len(base):
        raise EvaluationError(
            "base and tuned were not asked the same problems once each, so they cannot be paired; "
            "evaluate both again with the same recipe"
        )
    pairs = [(base_right[i], tuned_right[i]) for i in base_right]
    both, only_base = pairs.count((True, True)), pairs.count((True, False))
    only_tuned, neither = pairs.count((False, True)), pairs.count((False, False))
    p_value = mcnemar_exact(only_base, only_tuned)
    return Comparison(
        n=len(pairs),
        both=both,
        only_base=only_base,
        only_tuned=only_tuned,
        neither=neither,
        difference=paired_difference(both, only_base, only_tuned, neither),
        p_value=p_value,
        test="exact McNemar, two-sided",
        verdict=_verdict(only_base, only_tuned, p_value),
        detectable_difference=detectable_difference(len(pairs), only_base + only_tuned),
    )


def _verdict(only_base: int, only_tuned: int, p_value: float) -> Verdict:
    if p_value >= ALPHA:
        return "no detectable change"
    return "improved" if only_tuned > only_base else "worse"


def verdict_sentence(comparison: Comparison) -> str:
    """The verdict as one sentence, with n, both shares, the interval and the p-value."""
    c = comparison
    base, tuned = (c.both + c.only_base) / c.n, (c.both + c.only_tuned) / c.n
    interval = ""
    if c.difference.value is not None and c.difference.interval is not None:
        low, high = (quantity(x, "points") for x in c.difference.interval)
        interval = (
            f"{quantity(c.difference.value, 'points')} (95% CI {low.removesuffix(' points')} to "
            f"{high}; {c.test}, {probability(c.p_value)})"
        )
    sentence = (
        f"{c.verdict[:1].upper()}{c.verdict[1:]}: on the same {c.n} problems the tuned model "
        f"answers {percent(tuned)} correctly, the base model {percent(base)}: {interval}."
    )
    if c.verdict == "no detectable change":
        sentence += " " + detectable_sentence(c)
    return sentence


def detectable_sentence(comparison: Comparison) -> str:
    """What so many problems could have shown at all."""
    smallest = comparison.detectable_difference
    if smallest.value is None:
        return f"{comparison.n} problems are too few to show any difference."
    return (
        f"With {comparison.n} problems, a true difference of about "
        f"{quantity(smallest.value, 'points').removeprefix('+')} or more would have been seen "
        f"{POWER:.0%} of the time; a smaller one may well exist."
    )
