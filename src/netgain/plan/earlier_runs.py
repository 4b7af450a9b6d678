"""What the runs beside one showed that a plan can go by."""

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from netgain.analysis.further.asked_again import MODELS
from netgain.pipeline.artefacts import MOST_SIBLINGS, OF_NO_USE, asked_alike
from netgain.pipeline.stored_answers import read_stored_answers
from netgain.recipe import Recipe
from netgain.store import RunDirectory, siblings


@dataclass
class Earlier:
    """What was seen.

    Attributes:
        answers: tokens of earlier answers to this prompt by the same "base" model, and by a "tuned"
            one like it.
        discordant: share of problems that exactly one of base and tuned solved in an earlier run of
            the same model on the same data.
    """

    answers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    discordant: float | None = None


def earlier_runs(recipe: Recipe, root: Path, model: str) -> Earlier:
    """What is seen in the first run that shows it; `model` is the digest of the model's files."""
    found = Earlier()
    for other in islice(siblings(RunDirectory(root)), MOST_SIBLINGS):
        with suppress(*OF_NO_USE):
            _look_at(other, recipe, model, found)
    return found


def _look_at(other: RunDirectory, recipe: Recipe, model: str, found: Earlier) -> None:
    theirs, training = other.recipe(), other.training()
    alike = (theirs.prompt, theirs.data.source) == (recipe.prompt, recipe.data.source)
    trained = training is not None and training["model"]["digest"] == model
    if found.discordant is None and alike and trained:
        found.discordant = _discordant(other)
    for name in MODELS:
        folder = other.evaluation(name)
        summary = None if name in found.answers else folder.summary()
        if summary is not None and asked_alike(summary.settings, recipe, model):
            found.answers[name] = tuple(g.completion_tokens for g in folder.generations())


def _discordant(other: RunDirectory) -> float | None:
    problems = other.problems("test")
    base, tuned = (read_stored_answers(other.evaluation(name), problems) for name in MODELS)
    if base is None or tuned is None:
        return None
    return sum(base.right[p.id] != tuned.right[p.id] for p in problems) / len(problems)
