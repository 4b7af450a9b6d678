"""The weights that a training goes on from, where it does not begin at the base model."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netgain.errors import NetgainError, TrainingError
from netgain.pipeline.evaluating import find_beside
from netgain.recipe import Recipe, TrainSettings
from netgain.store import RunDirectory, folder_digest

if TYPE_CHECKING:
    from netgain.models.loading import ModelFiles

# What must be the same for one adapter's weights to be another's.
ALIKE = {"r": "r", "lora_alpha": "alpha", "use_rslora": "use_rslora", "use_dora": "use_dora"}


@dataclass(frozen=True)
class Start:
    """Trained weights in a folder; `digest` is the SHA-256 (hex) over its files."""

    folder: Path
    digest: str


def start_of(recipe: Recipe, base: ModelFiles) -> Start | None:
    """What `train.start` names, looked over; None where training begins at the base.

    Raises:
        TrainingError: it is no finished training, of another base, or of another shape.
        EvaluationError, ModelError, RunError: it is damaged.
    """
    if recipe.train.start is None:
        return None
    found = trained_weights("train.start", recipe.train.start, base)
    refuse_other_shape(found.folder, recipe.train)
    return found


def trained_weights(setting: str, said: str, base: ModelFiles) -> Start:
    """The trained weights that a setting names: a run directory, or a folder of weights.

    Raises:
        TrainingError: it is no finished training, or of another base.
        EvaluationError, ModelError, RunError: it is damaged.
    """
    from netgain.models.loading import check_trained

    folder, place = trained_folder(setting, said), Path(said).expanduser()
    if folder != place:  # a run's
        run = RunDirectory(place)
        done = run.training(required=True)
        assert done is not None
        if done["model"]["digest"] != base.digest:
            raise TrainingError(
                f"{setting}: {place} trained another base model ({done['model']['description']}"
                f", not {base.description}), so its weights do not fit"
            )
        run.sound_adapter_digest()
    check_trained(base.folder, folder)
    return Start(folder, folder_digest(folder))


def run_behind(directory: RunDirectory, said: str, digest: str) -> RunDirectory | None:
    """The run that trained the weights with this digest, where its records are still there.

    Args:
        directory: the run that began from them; the other may have been moved with it.
        said: the place that its recipe names.
    """

    def made_them(run: RunDirectory) -> bool:
        done = run.training() if (run.root / "run.json").is_file() else None
        return done is not None and done["adapter"] == digest

    place = Path(said).expanduser()
    for root in (place, place.parent.parent):  # a run's train/adapter may be named, too
        with suppress(NetgainError):
            if made_them(RunDirectory(root)):
                return RunDirectory(root)
    return find_beside(directory, made_them)


def trained_folder(setting: str, said: str) -> Path:
    """The folder of the weights that a setting names; they are not looked at.

    Raises:
        TrainingError: there is none, or its training is not finished.
        RunError: the run directory is damaged.
    """
    place = Path(said).expanduser()
    if (place / "run.json").is_file():
        run = RunDirectory(place)
        if run.training() is None:
            raise TrainingError(
                f"{setting}: the training of {place} is not finished; `netgain run` goes on"
            )
        return run.adapter
    if not place.is_dir():
        raise TrainingError(
            f"{setting}: {place} is no run directory and no folder of trained weights"
        )
    return place


def refuse_other_shape(folder: Path, train: TrainSettings) -> None:
    """Raise TrainingError where the weights in a folder are not of the shape that is trained."""
    path = folder / "adapter_config.json"
    if (train.weights != "full") != path.is_file():
        kind = "an adapter" if path.is_file() else "a whole model"
        raise TrainingError(
            f"train.start: {folder} holds {kind}, and train.weights: {train.weights} trains the "
            "other; set train.weights to match"
        )
    if not path.is_file():
        return
    said = json.loads(path.read_text(encoding="utf-8"))
    for theirs, ours in ALIKE.items():
        if said.get(theirs, False) != getattr(train.lora, ours):
            raise TrainingError(
                f"train.start: the adapter in {folder} has {theirs} {said.get(theirs)}, and "
                f"train.lora.{ours} is {getattr(train.lora, ours)}; set it to match"
            )
