"""Changes against the run: gains of accuracy, falls of loss; percent, points, and noise."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from netgain.analysis.estimates.statistics import wilson
from netgain.audit import suggest
from netgain.audit import vocabulary as words
from netgain.audit.agreement import NAMES, NO_RUN, listed, matching, scale_of
from netgain.audit.context import Context, judged
from netgain.audit.evidence import Evidence, Figure
from netgain.audit.quantities import Quantity
from netgain.audit.reading import Reading
from netgain.audit.results import Claim
from netgain.records import Comparison, Estimate
from netgain.wording import estimate_words, probability, quantity

NO_BASELINE = (
    "an improvement is a difference of two measured numbers, and no accuracy of the untuned model "
    "was measured"
)
_DETECTABLE = re.compile(
    r"detectable (?:difference|effect|gain)|smallest|true difference", re.IGNORECASE
)
_PRAISE = re.compile(r"\b(?:improvement|gain|boost|uplift)\b", re.IGNORECASE)


def check_change(reading: Reading, context: Context, values: Sequence[Reading]) -> Claim | None:
    """Judge a number that is said to be a change. `values` are the values in the same place."""
    if reading.metric in words.LOSSES:
        return _loss_change(reading, context, values)
    if reading.metric in {"token_accuracy", "split_accuracy"}:
        return _token_change(reading, context, values)
    if reading.metric in words.TASK_ACCURACY:
        return _difference(reading, context, values)
    return None


def noise_words(comparison: Comparison) -> str:
    """The run's difference with its interval and p-value."""
    return (
        f"the run's difference is {estimate_words(comparison.difference, 'points')}, "
        f"{probability(comparison.p_value)}: {comparison.verdict}"
    )


# -- accuracy --------------------------------------------------------------------------------


def _difference(reading: Reading, context: Context, values: Sequence[Reading]) -> Claim | None:
    evidence = context.evidence
    wording = suggest.difference(evidence)
    if evidence is None:
        return _difference_alone(reading, context, values)
    if evidence.comparison is None:
        bare = not context.base_figure
        reason = NO_BASELINE if bare else "the run holds no paired comparison of base and tuned"
        return judged(reading, "improvement", "ill-defined" if bare else "unsupported", reason,
                     wording)  # fmt: skip
    at = reading.quantity.start
    left = reading.text if reading.unit.kind == "cell" else reading.text[max(0, at - 70) : at]
    if _DETECTABLE.search(left):
        return _detectable(reading, evidence)
    problem = _unit_problem(reading, evidence)
    if problem is not None:
        return problem
    c = evidence.comparison
    said_up = reading.direction > 0 and not reading.quantity.signed
    praised = said_up or _PRAISE.search(f"{reading.unit.label} {reading.unit.header}")
    hedged = words.CAUTIOUS.search(reading.text) or reading.quantity.interval is not None
    if c.verdict != "improved" and praised and not hedged:
        return judged(reading, "difference inside noise", "contradicted", noise_words(c),
                     wording)  # fmt: skip
    return judged(reading, "difference", "supported", noise_words(c))


def _unit_problem(reading: Reading, evidence: Evidence) -> Claim | None:
    """What is wrong with the number or its unit; None where it is the run's difference."""
    q, c = reading.quantity, evidence.comparison
    assert c is not None
    points, relative = evidence.of("difference", change=True), evidence.of("relative", change=True)
    is_points = _agrees(reading, points)
    is_relative = _agrees(reading, relative)
    wording = suggest.share_points(evidence) or suggest.difference(evidence)
    if q.unit == "x":
        ratios = [Figure(f.metric, "", f.value + 1, f.words) for f in relative]
        is_relative, is_points = bool(matching(q, ratios)), False
    elif q.unit == "%" and not reading.relative and is_points and not is_relative:
        reason = (
            "the number is the difference in percentage points; in percent it would be "
            f"{listed(relative) or 'undefined'}"
        )
        return judged(reading, "percent for points", "ill-defined", reason, wording)  # fmt: skip
    elif q.unit == "points" and is_relative and not is_points:
        reason = f"the number is the relative change in percent; in points: {listed(points)}"
        return judged(reading, "points for percent", "contradicted", reason, wording)  # fmt: skip
    right = is_relative if reading.relative or q.unit == "x" else is_points or is_relative
    if right:
        return None
    return judged(reading, "difference", "contradicted", noise_words(c), wording)  # fmt: skip


def _agrees(reading: Reading, figures: Sequence[Figure]) -> bool:
    """Whether size and direction are a figure's. A change may be printed without its sign."""
    q = reading.quantity
    for f in figures:
        value = f.value * 100 if q.unit in {"%", "points", ""} else f.value
        same_way = (
            reading.direction == 0 or value == 0 or reading.direction == math.copysign(1, value)
        )
        if same_way and (q.agrees(value) or q.agrees(abs(value)) or q.agrees(-abs(value))):
            return True
    return False


def _detectable(reading: Reading, evidence: Evidence) -> Claim:
    figures = evidence.of("detectable", change=True)
    if matching(reading.quantity, figures, 100.0):
        return judged(reading, "detectable difference", "supported",
                     f"the run has {listed(figures)}")  # fmt: skip
    reason = f"the run has {listed(figures)}" if figures else "so few problems show no difference"
    return judged(reading, "detectable difference", "contradicted", reason,
                 f"{listed(figures)}.")  # fmt: skip


def _difference_alone(reading: Reading, context: Context, values: Sequence[Reading]) -> Claim:
    wording = suggest.difference(None)
    if not context.base_figure or context.base_absent:
        return judged(reading, "improvement", "ill-defined", NO_BASELINE, wording)  # fmt: skip
    wrong = arithmetic(reading, values)
    if wrong:
        return judged(reading, "difference", "contradicted", wrong, wording)
    noise = pair_noise(values)
    if noise:
        return judged(reading, "difference inside noise", "unsupported", noise, wording)
    return judged(reading, "difference", "unsupported", NO_RUN)


def _apart(first: Estimate, second: Estimate) -> tuple[float, float]:
    """An interval of first − second, two independent shares (Newcombe 1998, method 10)."""
    if not (first.interval and second.interval) or first.value is None or second.value is None:
        return 0.0, 0.0
    below = math.hypot(first.value - first.interval[0], second.interval[1] - second.value)
    above = math.hypot(first.interval[1] - first.value, second.value - second.interval[0])
    difference = first.value - second.value
    return difference - below, difference + above


def pair_noise(values: Sequence[Reading]) -> str:
    """Why two printed shares with their n may differ by chance alone, or ""."""
    shares = [
        r.quantity
        for r in values
        if r.metric in words.TASK_ACCURACY and not r.change and not r.published
    ][:2]
    known = next((q.n for q in shares if q.n), None)
    if len(shares) < 2 or known is None:
        return ""
    first, second = (_estimate(q, q.n or known) for q in shares)
    if first is None or second is None:
        return ""
    low, high = _apart(second, first)
    if not low <= 0 <= high:
        return ""
    return (
        f"with n = {known} the difference of two independent shares has a 95% interval of "
        f"{quantity(low, 'points')} to {quantity(high, 'points')}, which holds zero; only a paired "
        "comparison could show more"
    )


def _estimate(q: Quantity, n: int) -> Estimate | None:
    right = round(q.value / scale_of(q) * n)
    return wilson(right, n) if 0 <= right <= n else None


def arithmetic(reading: Reading, values: Sequence[Reading]) -> str:
    """Where a text gives both ends and a change that does not follow from them."""
    ends = [r.quantity for r in values if not r.change and r.metric == reading.metric][:2]
    q = reading.quantity
    if len(ends) < 2 or ends[0].unit != ends[1].unit or ends[0].value <= 0:
        return ""
    a, b = ends
    # The ends are rounded too, so their change is known only so well.
    blur = a.half + b.half
    absolute, share = b.value - a.value, 100 * (b.value - a.value) / a.value
    fits_points = abs(abs(absolute) - abs(q.value)) <= q.half + blur
    fits_percent = abs(abs(share) - abs(q.value)) <= q.half + 100 * blur / a.value * (
        1 + abs(b.value / a.value)
    )
    if q.unit == "points" or (q.unit in {"", "nats"} and reading.metric in words.LOSSES):
        right = fits_points
    elif q.unit == "x":
        right = abs(b.value / a.value - q.value) <= q.half + blur / a.value * (1 + q.value)
    else:
        right = fits_percent or (fits_points and a.unit == "%" and not reading.relative)
    if right:
        return ""
    return (
        f"from {a.text} to {b.text} is {quantity(share / 100, 'percent_change')}"
        + (f", or {absolute:+.4g} points" if a.unit == "%" else "")
        + f", not {q.text}"
    )


# -- teacher-forced --------------------------------------------------------------------------


def _loss_change(reading: Reading, context: Context, values: Sequence[Reading]) -> Claim:
    evidence, kind = context.evidence, f"change of {NAMES[reading.metric]}"
    wrong = arithmetic(reading, values)
    both_ends = sum(not r.change and r.metric == reading.metric for r in values) >= 2
    if evidence is None:
        if wrong:
            return judged(reading, kind, "contradicted", wrong)
        if not both_ends:
            reason = "from which value to which is not said, nor whether the curve was smoothed"
            return judged(
                reading,
                kind,
                "ill-defined",
                reason,
                "[Loss] fell from [a] at step [i] to [b] at step [j] ([change]%).",
            )
        return judged(reading, kind, "unsupported", NO_RUN)
    names = _loss_names(reading)
    figures = [f for name in names for f in evidence.of(name, change=True)]
    wording = " ".join(filter(None, (suggest.loss_changes(evidence, name) for name in names)))
    if not figures:
        return judged(reading, kind, "unsupported", "the run's log has no such loss")  # fmt: skip
    found = [f for f in figures if _agrees(reading, [f])]
    main = [f for f in found if f.main]
    if main or (found and both_ends and not wrong):
        return judged(reading, kind, "supported", f"the run has {listed(main or found)}")
    if found:
        reason = (
            f"a percentage of change needs its two points: this one is {found[0].words}; the "
            f"run reports {listed(figures)}"
        )
        return judged(reading, kind, "ill-defined", reason, wording)
    reason = f"{wrong or 'no two points of the run give it'}; the run has {listed(figures)}"
    return judged(reading, kind, "contradicted", reason, wording)


def _loss_names(reading: Reading) -> tuple[str, ...]:
    if reading.metric != "loss":
        return (reading.metric,)
    by_split = {"training": ("train_loss",), "validation": ("eval_loss",)}
    return by_split.get(reading.split, ("train_loss", "eval_loss"))


def _token_change(reading: Reading, context: Context, values: Sequence[Reading]) -> Claim:
    evidence, kind = context.evidence, "change of token accuracy"
    wrong = arithmetic(reading, values)
    if evidence is None:
        if wrong:
            return judged(reading, kind, "contradicted", wrong)
        return judged(reading, kind, "unsupported", NO_RUN)
    starts = [f for f in evidence.of("token_accuracy") if f.role == "start"]
    ends = [f for f in evidence.of("token_accuracy") if f.role in {"best", "end"}]
    pairs = [(a, b) for a in starts for b in ends if a.split == b.split and a.value > 0]
    changes = [
        Figure("token_accuracy", "", value, f"{quantity(value, unit)}: {a.words} → {b.words}")
        for a, b in pairs
        for value, unit in (
            (b.value - a.value, "points"), (b.value / a.value - 1, "percent_change"),
        )
    ]  # fmt: skip
    if not changes:
        return judged(reading, kind, "unsupported", "the run's log has no token accuracy")
    in_points = [f for f in changes if "points" in f.words.partition(":")[0]]
    relative = [f for f in changes if f not in in_points]
    wanted = in_points if reading.quantity.unit == "points" else relative
    found = [f for f in wanted if _agrees(reading, [f])]
    if found:
        return judged(reading, kind, "supported", f"the run has {found[0].words}")  # fmt: skip
    if any(_agrees(reading, [f]) for f in changes):
        return judged(reading, kind, "ill-defined", "percent and percentage points are mixed up: "
                     f"the run has {listed(changes)}", f"{changes[0].words}.")  # fmt: skip
    return judged(reading, kind, "contradicted", f"the run has {listed(changes)}",
                 f"{changes[0].words}.")  # fmt: skip
