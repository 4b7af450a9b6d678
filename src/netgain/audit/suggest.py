"""The right wording: sentences built from the run's own figures, or a pattern to fill in."""

from __future__ import annotations

from netgain.analysis.comparing.comparison import verdict_sentence
from netgain.analysis.estimates.statistics import wilson
from netgain.audit.evidence import Evidence, Figure
from netgain.wording import percent, quantity

NOT_SOLVED = "this is no share of problems solved"


def accuracy(evidence: Evidence | None, share: float | None = None, n: int | None = None) -> str:
    """How an accuracy is to be put: the run's, or a pattern with the interval where n is known."""
    if evidence is not None:
        if evidence.comparison is not None and evidence.comparison.n:
            return verdict_sentence(evidence.comparison)
        figures = [f.words for f in evidence.of("accuracy") if f.main]
        if figures:
            return "; ".join(figures) + "."
        return (
            "No accuracy on the task was measured: no answers were generated and graded in this "
            "run."
        )
    if share is not None and n:
        right = round(share * n)
        low, high = wilson(right, n).interval or (0.0, 1.0)
        return (
            f"{right} of {n} problems right ({percent(share)}, 95% CI {percent(low)}–"
            f"{percent(high)}), asked with [prompt, shots], graded by [grader]."
        )
    return (
        "[k] of [n] problems right ([share], [95% CI]), asked with [prompt, shots], graded by "
        "[grader]."
    )


def token_accuracy(figure: Figure | None, printed: str = "") -> str:
    if figure is not None:
        return f"{figure.words} (teacher-forced: {NOT_SOLVED})."
    return f"Teacher-forced token accuracy on [which set]: {printed or '[value]'}; {NOT_SOLVED}."


def difference(evidence: Evidence | None) -> str:
    if evidence is not None:
        return accuracy(evidence)
    return (
        "Tuned − base: [points] (95% CI [low] to [high]), both models asked the same [n] problems "
        "with the same prompt and graded alike."
    )


def loss_changes(evidence: Evidence, metric: str) -> str:
    """The changes of a loss that the run reports, each with its two ends."""
    main = [f.words for f in evidence.of(metric, change=True) if f.main]
    if main:
        return "; ".join(main) + "."
    read_off = [f.words for f in evidence.of(metric, change=True)]
    return "; ".join(read_off[:3]) + "." if read_off else ""


def share_points(evidence: Evidence) -> str:
    """The difference in points and as a relative change."""
    c = evidence.comparison
    if c is None or c.difference.value is None or not c.n:
        return ""
    base = (c.both + c.lost) / c.n
    words = quantity(c.difference.value, "points")
    if base > 0:
        words += f" (relative to the base's {percent(base)}: "
        words += f"{quantity(c.difference.value / base, 'percent_change')})"
    return words + "."
