"""What a run need not do: what its directory holds already, and what runs beside it have finished.

Looked at without a model. A run looks closer before it takes anything over, so what is said here is
what it will do as long as nothing is damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.data.load import problems_digest
from netgain.errors import RunError
from netgain.pipeline.stored_answers import read_stored_answers
from netgain.recipe import Recipe
from netgain.records import Problem
from netgain.store import RunDirectory, siblings

MOST_SIBLINGS = 200  # runs that are looked into
TRAINING_PACKAGES = ("torch", "transformers", "peft")


@dataclass
class Done:
    """Stages that cost nothing, each with the reason; what is half done; what earlier runs showed.

    Attributes:
        stages: by name ("data", "train", "base", "tuned").
        left: the share of a model's answers that is still to give, where some are there.
        steps: training steps that a checkpoint holds.
        answers: tokens of earlier answers to this prompt by the same "base" model, and by a
            "tuned" one like it.
        discordant: share of problems that exactly one of base and tuned solved in an earlier run of
            the same model on the same data.
        trouble: why the directory cannot be used, in one line; "" where it can.
    """

    stages: dict[str, str]
    left: dict[str, float]
    answers: dict[str, tuple[int, ...]]
    steps: int = 0
    discordant: float | None = None
    trouble: str = ""


def already_done(recipe: Recipe, root: Path, model: str | None, test: list[Problem] | None) -> Done:
    """What of this recipe is done.

    Args:
        root: the run directory, there or not.
        model: digest of the model's files; None where they are not here.
        test: the test problems, where they are here.
    """
    here = RunDirectory(root)
    done = Done({}, {}, {})
    if root.exists():
        try:
            _look_here(here, recipe, done)
        except (RunError, OSError) as error:
            return Done({}, {}, {}, trouble=str(error))
    if model is None:
        return done
    for other in islice(siblings(here), MOST_SIBLINGS):
        try:
            _look_beside(other, recipe, model, test, done)
        except (RunError, OSError, KeyError, TypeError):  # a damaged run is no help, and no harm
            continue
    return done


def _look_here(here: RunDirectory, recipe: Recipe, done: Done) -> None:
    if not (here.root / "run.json").exists():
        return
    before = here.recipe()
    if before.digest() != recipe.digest():
        raise RunError(f"{here.root} holds a run of another recipe; choose another --out")
    if not here.has_problems():
        return
    done.stages["data"] = "done"
    if here.training() is not None:
        done.stages["train"] = "done"
    else:
        steps = [int(p.name.rpartition("-")[2]) for p in here.checkpoints.glob("checkpoint-*")
                 if p.name.rpartition("-")[2].isdigit()]  # fmt: skip
        if steps:
            done.steps = max(steps)
    asked = len(here.split()["ids"]["test"])
    for model in ("base", "tuned"):
        folder = here.evaluation(model)
        if folder.summary() is not None:
            done.stages[model] = "done"
        elif folder.answer_parts():
            done.left[model] = 1 - min(1.0, len(folder.generations()) / asked)


def _look_beside(
    other: RunDirectory, recipe: Recipe, model: str, test: list[Problem] | None, done: Done
) -> None:
    theirs, training = other.recipe(), other.training()
    for name in ("base", "tuned"):
        summary = other.evaluation(name).summary()
        if summary is None or summary.settings.get("model") != model:
            continue
        if not _asked_alike(summary.settings, recipe):
            continue
        same = test is not None and summary.problems_digest == problems_digest(test)
        if name == "base" and same and _answered_alike(summary.settings, recipe):
            done.stages.setdefault("base", f"taken over from {other.root.name}")
        if name not in done.answers:
            rows = other.evaluation(name).generations()
            done.answers[name] = tuple(g.completion_tokens for g in rows)
    if training is None or training["model"]["digest"] != model:
        return
    if done.discordant is None and theirs.data.source == recipe.data.source:
        done.discordant = _discordant(other, theirs, recipe)
    versions = provenance.versions()
    alike = (
        theirs.train.deciding() == recipe.train.deciding()
        and theirs.prompt == recipe.prompt
        and theirs.data == recipe.data
        and (recipe.data.source != "builtin" or theirs.evaluate.limit == recipe.evaluate.limit)
        and all(training["versions"].get(p) == versions.get(p) for p in TRAINING_PACKAGES)
        and (recipe.train.accuracy is None or theirs.evaluate == recipe.evaluate)
    )
    if alike:
        done.stages.setdefault("train", f"taken over from {other.root.name}")


def _discordant(other: RunDirectory, theirs: Recipe, recipe: Recipe) -> float | None:
    """The share of problems that exactly one of another run's two models solved."""
    if theirs.prompt != recipe.prompt:
        return None
    problems = other.problems("test")
    base, tuned = (
        read_stored_answers(other.evaluation(name), problems) for name in ("base", "tuned")
    )
    if base is None or tuned is None:
        return None
    return sum(base.right[p.id] != tuned.right[p.id] for p in problems) / len(problems)


def _asked_alike(settings: Any, recipe: Recipe) -> bool:
    """Whether answers as long are to be expected: the same prompt and limit."""
    prompt = recipe.prompt.model_dump(mode="json")
    same_limit = settings.get("max_new_tokens") == recipe.evaluate.max_new_tokens
    return bool(settings.get("prompt") == prompt and same_limit)


def _answered_alike(settings: Any, recipe: Recipe) -> bool:
    """Whether a run would take the answers over, as far as recipe and versions tell."""
    asked = recipe.evaluate
    versions = provenance.versions()
    return bool(
        asked.engine in ("auto", settings.get("engine"))
        and asked.precision in ("auto", settings.get("precision"))
        and asked.batch_size in (None, settings.get("batch_size"))
        and all(versions.get(k) == v for k, v in settings.get("versions", {}).items())
    )
