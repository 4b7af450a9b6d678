"""A deterministic split into training, validation and test problems."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from netgain.data.load import LoadedProblems
from netgain.data.overlap import Overlap, find_overlaps, refuse_overlaps
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
    loaded: LoadedProblems, settings: DataSettings, test_limit: int | None = None
) -> SplitProblems:
    """Shuffle by seed, apply the limits, split; check that no test problem is trained on.

    Depends on the ids in their order and the seed alone, so the same recipe splits the same way.

    Raises:
        OverlapError: a test problem is among the training or validation problems.
        DataError: no problem is left to train or to validate on.
    """
    with_solution = [p for p in loaded.pool if p.solution]
    no_solution = [p.id for p in loaded.pool if not p.solution]
    pool = _sample(with_solution, settings.limit, f"pool:{settings.seed}")
    n_validation = max(1, round(len(pool) * settings.validation_fraction))
    if len(pool) - n_validation < 1:
        raise DataError(
            f"only {len(pool)} problem{'s'[: len(pool) != 1]} with a solution to train on "
            f"({len(no_solution)} have none): too few to split into training and validation"
        )
    test = _sample(loaded.test, test_limit, f"test:{settings.seed}")
    overlaps = find_overlaps(pool, test)
    refuse_overlaps(overlaps, settings.allow_overlap)
    return SplitProblems(pool[n_validation:], pool[:n_validation], test, overlaps, no_solution)


def _sample(problems: Sequence[Problem], limit: int | None, seed: str) -> list[Problem]:
    """The first `limit` of a seeded shuffle: a longer limit keeps what a shorter one held."""
    order = list(range(len(problems)))
    random.Random(seed).shuffle(order)
    return [problems[i] for i in order[:limit]]
