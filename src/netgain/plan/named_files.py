"""What a training names by its path: trained weights to go on from, answers of another model.

Looked over as in a run: what that would refuse is refused, and what it would learn is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netgain.data import SplitProblems
from netgain.errors import NetgainError
from netgain.pipeline.artefacts import Done
from netgain.pipeline.rollouts import right_in_file, rollouts_name
from netgain.pipeline.starting import (
    refuse_other_shape,
    start_of,
    trained_folder,
    trained_weights,
)
from netgain.recipe import DistilSettings, Recipe, TrainSettings
from netgain.store import folder_digest
from netgain.wording import counted, integer

if TYPE_CHECKING:
    from netgain.models.loading import ModelFiles


@dataclass(frozen=True)
class Taught:
    """What is learned of another model's answers.

    `train` and `validation` are numbers of examples, `longer` the length of an answer, by that of
    a problem's solution. `problems` have one among them.
    """

    train: int
    validation: int
    longer: float
    problems: int


def to_train(recipe: Recipe, done: Done) -> Iterator[Recipe]:
    """The recipe with each of its trainings that is not done, as they are written."""
    for number, train in enumerate((*recipe.phases, recipe.train), start=1):
        is_last = number > len(recipe.phases)
        there = done if is_last else done.phases.get(f"{number}-{train.method}", Done())
        if "train" not in there.stages:
            yield recipe.model_copy(update={"train": train})


def names_weights(recipe: Recipe) -> bool:
    """Whether a training names trained weights."""
    return any(t.start or _samplers(t) for t in (*recipe.phases, recipe.train))


def _samplers(train: TrainSettings) -> tuple[str, ...]:
    return train.rft.samplers if train.method == "rft" else ()


def refuse_weights(recipe: Recipe, done: Done, base: ModelFiles | None) -> None:
    """Raise what a run would raise of the trained weights that it goes on from or samples.

    Args:
        base: the base model's files; without them it is not asked whose weights they are.

    Raises:
        NetgainError: naming the setting.
    """
    for of in to_train(recipe, done):
        train = of.train
        if base is not None:
            start_of(of, base)
        elif train.start is not None:
            refuse_other_shape(trained_folder("train.start", train.start), train)
        for place in _samplers(train):
            if base is not None:
                trained_weights("train.rft.samplers", place, base)
            else:
                trained_folder("train.rft.samplers", place)


def rollouts_of(place: str | None) -> str:
    """The evaluation that holds samples by the weights in a place, or by the base; "" where these
    are still to be trained.
    """
    if place is None:
        return rollouts_name(None)
    try:
        return rollouts_name(folder_digest(trained_folder("train.start", place)))
    except (NetgainError, OSError):
        return ""


def answers_of_others(
    recipe: Recipe, done: Done, split: SplitProblems | None
) -> dict[DistilSettings, Taught | None]:
    """What is learned of each file of another model's answers, which is read and graded; None where
    the problems are not here.

    Raises:
        NetgainError: as in a run: the file cannot be read, or nothing in it can be learned.
    """
    found: dict[DistilSettings, Taught | None] = {}
    for of in to_train(recipe, done):
        if of.train.method != "distil":
            continue
        if split is None:
            found[of.train.distil] = None
            continue
        kept = right_in_file(of, {"train": split.train, "validation": split.validation})
        texts, solutions = kept["train"].texts, {p.id: p.solution for p in split.train}
        length = sum(len(text) for each in texts.values() for text in each)
        usual = sum(len(solutions[i]) * len(each) for i, each in texts.items())
        found[of.train.distil] = Taught(
            kept["train"].examples, kept["validation"].examples or len(split.validation),
            length / max(1, usual), len(texts),
        )  # fmt: skip
    return found


def told_of(taught: Mapping[DistilSettings, Taught | None], training: int) -> Iterator[str]:
    """A remark on each file."""
    for settings, found in taught.items():
        name = Path(str(settings.source)).name
        if found is None:
            yield f"how many answers of {name} are right is not known: one a problem is counted"
        else:
            right = counted(found.train, "right answer")
            among = f"{integer(found.problems)} of {integer(training)} training problems"
            yield f"{name}: {right} to {among} would be learned from"
