"""Scores that a model's makers published, and what a measured one says beside them.

The table is `published_scores.yaml`. A published score came from another prompt and another grader,
which can move the same weights by tens of points, so a difference from it is never called a gain.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from netgain.analysis.comparing.contest import ComparedModel
from netgain.analysis.comparing.pairs import answers_each
from netgain.analysis.estimates.statistics import share_estimate, wilson
from netgain.errors import DataError, EvaluationError
from netgain.recipe import HUB_ID, local_path
from netgain.records import Estimate, Share
from netgain.wording import interval_words, percent, quantity


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


def against_published(compared_model: ComparedModel, published: PublishedScore) -> AgainstPublished:
    """All of a model's answers against a published number, taken as exact: its own error is said.

    Raises:
        EvaluationError: the problems are known to be others than the benchmark's.
    """
    _refuse_other_problems(compared_model, published)
    answers = list(compared_model.answers.values())
    measured, score = share_estimate(Share.of(answers)), percent(published.score)
    sentence = f"Nothing was measured to set beside the published {score}."
    if measured.value is not None and measured.interval is not None:
        low, high = measured.interval
        gap = quantity(measured.value - published.score, "points")
        problems = quantity(len(answers), "problems")
        apart = f"differs from it by {gap}, more than {problems} explain by chance"
        if low <= published.score <= high:
            apart = f"is {gap} away, which {problems} can give by chance"
        each = answers_each([len(of) for of in answers])
        mean = "" if each == "1 answer each" else f" (mean of {each})"
        sentence = (
            f"Published for {published.model}: {score}. Measured here: {percent(measured.value)}"
            f"{mean}, which {apart} ({interval_words(measured, 'share')})."
        )
    caveats = (*_of_problems(compared_model, published), *_caveats(published))
    return AgainstPublished(published, measured, sentence, caveats)


def is_benchmark(source: str, benchmark: str) -> bool:
    return benchmark in "".join(c for c in source.casefold() if c.isalnum())


def _refuse_other_problems(compared_model: ComparedModel, published: PublishedScore) -> None:
    source = compared_model.source
    on_the_hub = bool(HUB_ID.match(source)) and not local_path(source)
    known = source == "builtin" or on_the_hub
    if known and not is_benchmark(source, published.benchmark):
        raise EvaluationError(
            f"{compared_model.name} answered problems of {source}, not {published.benchmark}, so a "
            f"published {published.benchmark} score says nothing beside it; evaluate it on "
            f"{published.benchmark} (data.test_source), or leave --published out"
        )


def _of_problems(compared_model: ComparedModel, published: PublishedScore) -> tuple[str, ...]:
    """What the problems were, as far as it is known."""
    n, benchmark = len(compared_model.answers), published.benchmark
    if is_benchmark(compared_model.source, benchmark):
        if n == published.n:
            return ()
        return (f"The problems are {n} of its {published.n}, as {compared_model.source} has them.",)
    where = f" (they are from {compared_model.source})" if compared_model.source else ""
    these = "this problem is one" if n == 1 else f"these {n} problems are some"
    return (
        f"It is not known here whether {these} of the {published.n} of {benchmark}{where}: beside "
        "answers to other problems the published score says nothing.",
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
