"""A deterministic split into training, validation and test problems."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from netgain.data.load import LoadedProblems
from netgain.data.overlap import Overlap, find_overlaps, refuse_overlaps, refuse_unknown
from netgain.errors import DataError
from netgain.recipe import DataSettings
from netgain.records import Problem


@dataclass(frozen=True)
class SplitProblems:
    """What a run works on. `no_solution` training problems had none and were set aside."""

    train: list[Problem]
    validation: list[Problem]
    test: list[Problem]
    overlaps: list[Overlap]
    no_solution: list[str]


def split_problems(
    loaded: LoadedProblems,
    settings: DataSettings,
    test_limit: int | None = None,
    test_skip: int = 0,
) -> SplitProblems:
    """Shuffle by seed, apply the limits, split; check that no test problem is trained on.

    Depends on the ids in their order and the seed alone, so the same recipe splits the same way.

    Raises:
        OverlapError: a test problem is among the training or validation problems.
        DataError: no problem is left to train on, to validate on or to test, or an allowed id is
            unknown.
    """
    refuse_unknown(settings.allow_overlap, loaded.test)
    with_solution = [p for p in loaded.pool if p.solution]
    no_solution = [p.id for p in loaded.pool if not p.solution]
    if len(with_solution) < 2:
        raise DataError(_too_few(len(with_solution), len(no_solution), settings))
    pool = sample(with_solution, settings.limit, f"pool:{settings.seed}")
    n_validation = validation_count(len(pool), settings)
    skipped = 0 if settings.source == "builtin" else test_skip  # of built-in ones on making them
    test = sample(loaded.test, test_limit, f"test:{settings.seed}", skipped)
    at = {p.id: index for index, p in enumerate(loaded.test)}
    overlaps = sorted(find_overlaps(pool, test), key=lambda overlap: at[overlap.test_id])
    refuse_overlaps(overlaps, settings.allow_overlap)
    return SplitProblems(pool[n_validation:], pool[:n_validation], test, overlaps, no_solution)


def validation_count(pool: int, settings: DataSettings) -> int:
    """How many of the pool are validated on; at least one, and at least one is left to train on.

    Raises:
        DataError: the fraction leaves none.
    """
    count = max(1, round(pool * settings.validation_fraction))
    if pool - count < 1:
        raise DataError(
            f"data.validation_fraction: {settings.validation_fraction} of {pool:,} "
            f"problem{'s'[: pool != 1]} leaves none to train on; lower it, or give more problems"
        )
    return count


def _too_few(usable: int, bare: int, settings: DataSettings) -> str:
    held = ""
    if settings.test_fraction is not None:
        held = f" after data.test_fraction: {settings.test_fraction} was held out for testing"
    if not bare:
        return f"only one problem to train on{held}: it cannot also be validated on"
    return (
        f"{usable or 'none'} of {usable + bare:,} training problems{held} has a solution to learn "
        "from; the answer of the others is a number alone. A solution is text in the column "
        "'answer': the steps, one a line, then a line '#### ' and the number"
    )


def sample(
    problems: Sequence[Problem], limit: int | None, seed: str, skip: int = 0
) -> list[Problem]:
    """`limit` problems of a seeded shuffle, after the first `skip`.

    A longer limit keeps what a shorter one held; the skipped ones are what a limit of `skip` holds.

    Raises:
        DataError: nothing is left.
    """
    if skip and skip >= len(problems):
        raise DataError(
            f"evaluate.skip: {skip:,} leaves none of {len(problems):,} test problems; where all of "
            "them were looked at before, only other problems can tell more"
        )
    order = list(range(len(problems)))
    random.Random(seed).shuffle(order)
    return [problems[i] for i in order[skip:][:limit]]
