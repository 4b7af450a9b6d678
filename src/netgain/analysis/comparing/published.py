"""Scores that a model's makers published, and what a measured one says beside them.

The table is `published_scores.yaml`. A published score came from another prompt and another grader,
which can move the same weights by tens of points, so a difference from it is never called a gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from netgain.analysis.estimates.statistics import ALPHA, binomial_exact, wilson
from netgain.errors import DataError
from netgain.records import Estimate
from netgain.wording import percent, probability, quantity


@dataclass(frozen=True)
class PublishedScore:
    """One published share of right answers. What the source does not say is None."""

    model: str
    benchmark: str
    score: float  # a share
    n: int
    shots: int | None
    grader: str | None
    source: str


@dataclass(frozen=True)
class AgainstPublished:
    """A measured share beside a published one, as `sentence` says it."""

    published: PublishedScore
    measured: Estimate
    p_value: float
    test: str
    sentence: str
    caveats: tuple[str, ...]


@cache
def published_scores() -> tuple[PublishedScore, ...]:
    """The table, in its order."""
    table = resources.files("netgain.analysis.comparing") / "published_scores.yaml"
    text = table.read_text("utf-8")
    rows = yaml.safe_load(text)
    return tuple(PublishedScore(**{**row, "score": row["score"] / 100}) for row in rows)


def find_published(model: str, benchmark: str = "gsm8k") -> PublishedScore:
    """The score of a model by its name on the Hub, or by the part after the slash.

    Raises:
        DataError: the table has none.
    """
    wanted = model.casefold()
    for row in published_scores():
        names = {row.model.casefold(), row.model.rpartition("/")[2].casefold()}
        if row.benchmark == benchmark and wanted in names:
            return row
    known = ", ".join(row.model for row in published_scores() if row.benchmark == benchmark)
    raise DataError(
        f"no published score of {model!r} on {benchmark!r} is on record; known: {known or 'none'}"
    )


def against_published(right: int, n: int, published: PublishedScore) -> AgainstPublished:
    """One sample against a published number, taken as exact: its own sampling error is said.

    Raises:
        ValueError: counts that cannot be.
    """
    measured = wilson(right, n)
    p = binomial_exact(right, n, published.score)
    score = percent(published.score)
    if measured.value is None:
        sentence = f"Nothing was measured to set beside the published {score}."
    else:
        gap = quantity(measured.value - published.score, "points")
        apart = (
            f"differs from it by {gap}, more than {n} problems explain by chance"
            if p < ALPHA
            else f"is {gap} away, which {n} problems can give by chance"
        )
        sentence = (
            f"Published for {published.model}: {score}. Measured here: {percent(measured.value)}, "
            f"which {apart} (exact binomial test, {probability(p)})."
        )
    return AgainstPublished(
        published, measured, p, "exact binomial, two-sided", sentence, _caveats(published)
    )


def _caveats(published: PublishedScore) -> tuple[str, ...]:
    shots = "its source does not say" if published.shots is None else str(published.shots)
    grader = published.grader or "its source does not say which"
    error = wilson(round(published.score * published.n), published.n).interval or (0.0, 1.0)
    return (
        "Prompts and graders differ: the same weights (Qwen2.5-0.5B-Instruct) have scored from "
        "26.8% to 49.6% on GSM8K in different harnesses. A difference from a published number is "
        "no gain and no loss; measure the base model with the same prompt and grader instead.",
        f"The published score: worked examples in the prompt: {shots}; grader: {grader}; "
        f"source: {published.source}.",
        f"The published score has an error of its own, which the test leaves out: on "
        f"{published.n} problems {percent(error[0])} to {percent(error[1])}.",
    )
