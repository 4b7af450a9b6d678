"""Accuracy on the task while a model is trained: validation problems, answered as in evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netgain.generate.answering import Asking
from netgain.grading import grade_all
from netgain.pipeline.answering import answer_evaluation
from netgain.pipeline.contestant import find_contestant, folder_digest, plan_evaluation
from netgain.pipeline.evaluating import ask_of, greedy
from netgain.pipeline.progress import Progress
from netgain.recipe import Recipe
from netgain.store import EvaluationFolder, RunDirectory

if TYPE_CHECKING:
    from netgain.train.history import TaskScore


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
    digest = None if weights is None else folder_digest(weights)
    contestant = find_contestant(recipe.model, recipe.evaluate, weights, digest)
    ask = ask_of(directory, recipe.prompt, problems, Asking(greedy(recipe, recipe.prompt)))
    folder = EvaluationFolder(directory.train / "accuracy" / f"step-{step}")

    def told(_: str, done: int, n: int, note: str) -> None:
        progress("train", step, steps, f"validation problems answered: {done} of {n}, {note}")

    answer_evaluation(plan_evaluation("train", folder, contestant, ask, recipe.evaluate), told)
    grades = grade_all(problems, folder.generations())
    return TaskScore(
        n=len(grades),
        correct=sum(g.correct for g in grades),
        strict=sum(g.strict for g in grades),
    )
