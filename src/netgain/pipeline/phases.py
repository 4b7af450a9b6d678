"""Trainings that follow each other in one recipe: each is a run of its own in `phases/`, and goes
on from the weights of the one before; the last one is the run itself.

So each phase leaves a model that is asked the test problems, and a leaderboard compares the base
and all of them, every pair.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from netgain.pipeline.comparing_runs import compare_runs
from netgain.recipe import Recipe
from netgain.reporting.leaderboard import write_leaderboard

log = logging.getLogger("netgain")
FOLDER = "phases"


def phases_of(recipe: Recipe, root: Path) -> Iterator[tuple[Path, Recipe]]:
    """The trainings before the last, each with its run directory, in order."""
    start = recipe.phases[0].start if recipe.phases else None
    for number, train in enumerate(recipe.phases, start=1):
        place = root / FOLDER / f"{number}-{train.method}"
        yield (
            place,
            recipe.model_copy(
                update={
                    "name": f"{recipe.name[:50]}-{number}-{train.method}",
                    "train": train.model_copy(update={"start": start}),
                    "phases": (),
                    "extras": type(recipe.extras)(prompt_check=0),
                }
            ),
        )
        start = str(place)


def going_on(recipe: Recipe, root: Path) -> Recipe:
    """The recipe of the last training: it begins where the phase before it ended."""
    places = [place for place, _ in phases_of(recipe, root)]
    if not places:
        return recipe
    return recipe.model_copy(
        update={"train": recipe.train.model_copy(update={"start": str(places[-1])})}
    )


def compare_phases(recipe: Recipe, root: Path) -> Path:
    """A leaderboard of the base and of every phase's model; returns its page."""
    places = [place for place, _ in phases_of(recipe, root)]

    def tell(name: str, why: str) -> None:
        log.warning("%s is left out of the leaderboard: %s", name, why)

    page, *_ = write_leaderboard(compare_runs([*places, root], tell), root / FOLDER / "leaderboard")
    return page


def do_phases(recipe: Recipe, root: Path, do: Callable[[Recipe, Path], object]) -> None:
    """Have each earlier training done, in order; what is done already costs nothing."""
    phases = list(phases_of(recipe, root))
    for number, (place, phase) in enumerate(phases, start=1):
        log.info("phase %d of %d: %s, in %s", number, len(phases) + 1, phase.train.method, place)
        do(phase, place)
