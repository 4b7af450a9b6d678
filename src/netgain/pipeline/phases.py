"""Trainings that follow each other in one recipe: each is a run of its own in `phases/`, and goes
on from the weights of the one before; the last one is the run itself.

So each phase leaves a model that is asked the test problems, and a leaderboard compares the base
and all of them, every pair. The rounds of rejection sampling before its last are runs there too;
each begins where its phase begins, and they are not asked the test problems.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netgain.pipeline.comparing_runs import compare_runs
from netgain.recipe import Recipe, TrainSettings
from netgain.reporting.leaderboard import write_leaderboard
from netgain.store import PHASES as FOLDER

log = logging.getLogger("netgain")


@dataclass(frozen=True)
class Phase:
    """A training before the last, and its run directory; a round's model `is_asked` nothing."""

    place: Path
    recipe: Recipe
    is_asked: bool


def phases_of(recipe: Recipe, root: Path) -> list[Phase]:
    """The trainings before the last, in order."""
    return list(_with_last(recipe, root))[:-1]


def going_on(recipe: Recipe, root: Path) -> Recipe:
    """The recipe of the last training: it begins where the phase before it ended."""
    *earlier, last = _with_last(recipe, root)
    if not earlier:
        return recipe
    return recipe.model_copy(update={"train": last.recipe.train})


def _with_last(recipe: Recipe, root: Path) -> Iterator[Phase]:
    trains = (*recipe.phases, recipe.train)
    start = trains[0].start
    # Benchmarks elsewhere are asked of the last model alone, but none of them may learn from one.
    avoided = recipe.tasks if recipe.data.avoids_tests else ()
    for number, train in enumerate(trains, start=1):
        rounds: list[str] = []
        for name, is_asked in _named(number, train):
            own = train.model_copy(update={"start": start})
            if train.method == "rft" and train.rft.rounds > 1:
                samplers = (*train.rft.samplers, *rounds)
                rft = train.rft.model_copy(update={"rounds": 1, "samplers": samplers})
                own = own.model_copy(update={"rft": rft})
            place = root / FOLDER / name
            changes = {
                "name": f"{recipe.name[:45]}-{name}", "train": own, "phases": (),
                "extras": type(recipe.extras)(prompt_check=0, tasks=avoided),
            }  # fmt: skip
            yield Phase(place, recipe.model_copy(update=changes), is_asked)
            rounds.append(str(place))
        start = str(place)


def _named(number: int, train: TrainSettings) -> Iterator[tuple[str, bool]]:
    """What the runs of a phase are called, and whether each is asked the test problems.

    >>> list(_named(2, TrainSettings(method="rft", rft={"rounds": 2})))
    [('2-rft-round-1', False), ('2-rft', True)]
    """
    if train.method == "rft":
        for number_of in range(1, train.rft.rounds):
            yield f"{number}-rft-round-{number_of}", False
    yield f"{number}-{train.method}", True


def compare_phases(recipe: Recipe, root: Path) -> Path:
    """A leaderboard of the base and of every phase's model; returns its page."""
    places = [phase.place for phase in phases_of(recipe, root) if phase.is_asked]

    def tell(name: str, why: str) -> None:
        log.warning("%s is left out of the leaderboard: %s", name, why)

    page, *_ = write_leaderboard(compare_runs([*places, root], tell), root / FOLDER / "leaderboard")
    return page
