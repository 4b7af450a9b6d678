"""A deterministic split into training, validation and test problems."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from netgain.data.load import LoadedProblems
from netgain.data.overlap import (
    Overlap,
    find_overlaps,
    normalised_words,
    refuse_overlaps,
    refuse_unknown,
)
from netgain.data.perturbing import perturb
from netgain.errors import DataError
from netgain.recipe import DataSettings
from netgain.records import Problem


@dataclass(frozen=True)
class SplitProblems:
    """What a run works on. `no_solution` training problems had none and were set aside.

    `removed` are overlaps whose training problem was left out. `variants` of training problems
    with other numbers are among `train`.
    """

    train: list[Problem]
    validation: list[Problem]
    test: list[Problem]
    overlaps: list[Overlap]
    no_solution: list[str]
    removed: list[Overlap]
    variants: int


def split_problems(
    loaded: LoadedProblems,
    settings: DataSettings,
    test_limit: int | None = None,
    test_skip: int = 0,
    elsewhere: Sequence[Problem] = (),
) -> SplitProblems:
    """Shuffle by seed, apply the limits, split; check that no test problem is trained on.

    Depends on the ids in their order and the seed alone, so the same recipe splits the same way.

    Args:
        elsewhere: test problems of other benchmarks, which are kept out of training, too, where
            `data.on_overlap` says so, and of variants.

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
    skipped = 0 if settings.source == "builtin" else test_skip  # of built-in ones on making them
    test = sample(loaded.test, test_limit, f"test:{settings.seed}", skipped)
    with_solution, removed = _without_tested(with_solution, [*test, *elsewhere], settings)
    pool = sample(with_solution, settings.limit, f"pool:{settings.seed}")
    n_validation = validation_count(len(pool), settings)
    at = {p.id: index for index, p in enumerate(loaded.test)}
    overlaps = sorted(find_overlaps(pool, test), key=lambda overlap: at[overlap.test_id])
    refuse_overlaps(overlaps, settings.allow_overlap)
    train, validation = pool[n_validation:], pool[:n_validation]
    variants = _variants(train, settings, [*validation, *test, *elsewhere])
    return SplitProblems(
        [*train, *variants], validation, test, overlaps, no_solution, removed, len(variants)
    )


def _without_tested(
    pool: list[Problem], test: Sequence[Problem], settings: DataSettings
) -> tuple[list[Problem], list[Overlap]]:
    """The problems that are not among the test problems, where the others are to be removed."""
    if settings.on_overlap == "stop":
        return pool, []
    # Asked the other way round: of each training problem, whether any test problem is like it.
    removed = [
        Overlap(o.train_id, o.test_id, o.kind, o.similarity, o.train_place, o.test_place)
        for o in find_overlaps(training=test, test=pool)
        if o.train_id not in settings.allow_overlap
    ]
    gone = {o.train_id for o in removed}
    left = [p for p in pool if p.id not in gone]
    if len(left) < 2:
        raise DataError(
            f"data.on_overlap: remove leaves {len(left)} of {len(pool):,} training problems, as "
            "the others stand among the test problems"
        )
    return left, removed


def _variants(
    train: Sequence[Problem], settings: DataSettings, held: Sequence[Problem]
) -> list[Problem]:
    """Training problems with other numbers, none twice, and none that is held out.

    They are made after the split and of training problems alone, so that a problem and its
    variants are never on two sides of it.
    """
    seen = {normalised_words(p.question) for p in train}
    found = []
    for number in range(1, settings.perturbed + 1):
        for problem in train:
            variant = perturb(problem, number)
            if isinstance(variant, Problem) and normalised_words(variant.question) not in seen:
                seen.add(normalised_words(variant.question))
                found.append(variant)
    held_out = {o.test_id for o in find_overlaps(training=held, test=found)}
    return [p for p in found if p.id not in held_out]


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
