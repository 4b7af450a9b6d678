"""What a model answers while it is trained: validation problems as in evaluation, and the training
problems of a round that it then learns from.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netgain.errors import RunDamaged
from netgain.generate.answering import Asking
from netgain.grading import grade_all
from netgain.pipeline.evaluating import ask_of, greedy
from netgain.pipeline.evaluations import answer_evaluation
from netgain.pipeline.progress import Progress
from netgain.pipeline.served_model import (
    Ask,
    ServedModel,
    find_served_model,
    look_at_rounding,
    plan_evaluation,
)
from netgain.recipe import Recipe
from netgain.store import EvaluationFolder, RunDirectory, folder_digest, write_sealed
from netgain.store.schema import TRAIN_ON, Serving, read_stored

if TYPE_CHECKING:
    from netgain.train.history import TaskScore

log = logging.getLogger("netgain")


def answer_validation(
    directory: RunDirectory,
    recipe: Recipe,
    progress: Progress,
    steps: int,
    step: int,
    weights: Path | None,
) -> TaskScore:
    """Have the weights of one step answer validation problems, and grade the answers.

    Engine, prompt, limits and graders are those of evaluation. The answers stay in
    `train/accuracy/step-N`, so a run that is interrupted in them goes on.

    Args:
        steps: those that are planned, for the display.
        weights: a folder of trained weights; None is the base itself.
    """
    from netgain.train.history import TaskScore

    assert recipe.train.accuracy is not None
    problems = directory.problems("validation")[: recipe.train.accuracy.limit]
    ask = ask_of(directory, recipe.prompt, problems, Asking(greedy(recipe, recipe.prompt)))
    folder = EvaluationFolder(directory.train / "accuracy" / f"step-{step}")

    def told(_: str, done: int, n: int, note: str) -> None:
        progress("train", step, steps, f"validation problems answered: {done} of {n}, {note}")

    answer_with(directory, recipe, weights, ask, folder, told)
    grades = grade_all(problems, folder.generations(), recipe.prompt.answer_ending)
    return TaskScore(
        n=len(grades),
        correct=sum(g.correct for g in grades),
        strict=sum(g.strict for g in grades),
    )


def answer_with(
    directory: RunDirectory,
    recipe: Recipe,
    weights: Path | None,
    ask: Ask,
    folder: EvaluationFolder,
    told: Progress,
) -> None:
    """Have a model that is still trained (None: the base) answer, into `folder`."""
    from netgain.models.loading import free_memory

    digest = None if weights is None else folder_digest(weights)
    served_model = find_served_model(recipe.model, recipe.evaluate, weights, digest)
    if weights is not None:
        served_model = _served(directory, served_model, ask)
    answer_evaluation(plan_evaluation("train", folder, served_model, ask, recipe.evaluate), told)
    free_memory()  # what trains shares the machine with this process


def _served(directory: RunDirectory, served_model: ServedModel, ask: Ask) -> ServedModel:
    """The same in a precision that keeps what is trained, decided by the first weights asked.

    Those are the ones that have changed least, and so are lost in rounding most easily.
    """
    path = directory.train / "accuracy" / "serving.json"
    try:
        chosen = read_stored(path, Serving, TRAIN_ON)
    except RunDamaged:  # as a rule it is missing: this is the first look
        serving = look_at_rounding(served_model, ask)
        if not serving.is_as_asked:
            log.warning("while training, %s", serving.words())
        chosen = asdict(serving)
        write_sealed(path, chosen)
    return replace(served_model, engine=chosen["engine"], precision=chosen["precision"])
