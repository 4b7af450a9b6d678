"""A run as a list of what it makes, in order: which of it is there, beside it, or to be made.

Looked at without a model. A run looks closer before it takes anything over, so what is said here is
what it will do as long as nothing is damaged.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.analysis.further.asked_again import MODELS
from netgain.data.load import problems_digest
from netgain.errors import NetgainError, RunDamaged, RunError
from netgain.pipeline.extras import ways_of
from netgain.pipeline.phases import going_on, phases_of
from netgain.pipeline.prompt_check import OWN_FOLDER
from netgain.pipeline.rollouts import REPLAY, ROLLOUTS
from netgain.recipe import Recipe
from netgain.records import Problem
from netgain.store import RunDirectory, name_beside, siblings

MOST_SIBLINGS = 200  # runs that are looked into
OF_NO_USE = (RunError, OSError, KeyError, TypeError)  # a damaged run is no help, and no harm
STAGE_OF = {OWN_FOLDER: "prompt"}  # what is called otherwise than its folder
SAMPLED = ROLLOUTS.partition("-")[2]
TRAINING_PACKAGES = ("torch", "transformers", "peft")


@dataclass
class Done:
    """What costs nothing, each with the reason; what is half done.

    Attributes:
        stages: by name: "data", "prompt", "train", and the evaluations ("base", "tuned",
            "base-samples", "base-rollouts"…).
        left: the share of an evaluation's problems that is still to answer, where some are there.
        steps: training steps that a checkpoint holds.
        phases: the same of each training before the last, by its folder's name.
        trouble: why the directory cannot be used, in one line; "" where it can.
    """

    stages: dict[str, str] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)
    steps: int = 0
    phases: dict[str, "Done"] = field(default_factory=dict)
    trouble: str = ""


def done_here(recipe: Recipe, root: Path) -> Done:
    """What of this recipe its run directory holds, whether or not that is there."""
    done = Done()
    here = RunDirectory(root)
    try:
        if (root / "run.json").exists() and here.recipe().digest() != recipe.digest():
            raise RunError(f"{root} holds a run of another recipe; choose another --out")
        _look_here(here, recipe, done)
        for phase in phases_of(recipe, root):
            there = done.phases[phase.place.name] = Done()
            with suppress(*OF_NO_USE):
                _look_here(RunDirectory(phase.place), phase.recipe, there)
    except (RunError, OSError) as error:
        return Done(trouble=str(error))
    return done


def look_beside(
    done: Done, recipe: Recipe, root: Path, model: str, problems: Mapping[str, Sequence[Problem]]
) -> None:
    """Note what a run would take over from those beside it, as far as recipe and versions tell.

    Args:
        root: the run directory, there or not.
        model: digest of the model's files.
        problems: by "train", "validation" and "test".
    """
    training = problems["train"]
    asked = {
        OWN_FOLDER: problems_digest(training[: recipe.extras.prompt_check]),
        ROLLOUTS: problems_digest([*training, *problems["validation"]]),
        "test": problems_digest(problems["test"]),
    }
    for other in islice(siblings(RunDirectory(root)), MOST_SIBLINGS):
        with suppress(*OF_NO_USE):
            _look_at(other, recipe, model, asked, done)
        for name, of in _by_training(recipe, root):
            there = done if name is None else done.phases.setdefault(name, Done())
            with suppress(*OF_NO_USE):
                _look_at_own(other, of, model, asked, there)


def _look_here(here: RunDirectory, recipe: Recipe, done: Done) -> None:
    if not (here.root / "run.json").exists():
        return
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
    tests = len(here.split()["ids"]["test"])
    for name, asked in (*_before_training(recipe, here), *evaluations(recipe, here, tests)):
        with suppress(RunDamaged):  # a run makes it again
            folder, stage = here.evaluation(name), STAGE_OF.get(name, name)
            if folder.summary() is not None:
                done.stages[stage] = "done"
            elif folder.answer_parts():
                answered = len({g.problem_id for g in folder.generations()})
                done.left[stage] = 1 - min(1.0, answered / max(1, asked))


def _before_training(recipe: Recipe, here: RunDirectory) -> Iterator[tuple[str, int]]:
    """The evaluations of a run that training problems are asked in, as `evaluations`."""
    split = here.split()
    training, held = (len(split["ids"][name]) for name in ("train", "validation"))
    yield OWN_FOLDER, min(recipe.extras.prompt_check, training)
    sampled = (here.root / "evaluations").glob(f"*-{SAMPLED}*")
    yield from ((path.name, training + held) for path in sampled)
    sources = split.get("mixture", ())
    yield REPLAY, sum(said["learned"] for said in sources if said["answers"] == "own")


def _by_training(recipe: Recipe, root: Path) -> Iterator[tuple[str | None, Recipe]]:
    """The recipe of each training, with its folder's name; None is the last, the run's own."""
    yield from ((phase.place.name, phase.recipe) for phase in phases_of(recipe, root))
    yield None, going_on(recipe, root)


def evaluations(
    recipe: Recipe, directory: RunDirectory | None, tests: int
) -> Iterator[tuple[str, int]]:
    """Every evaluation of a run by its folder's name, in the order that they are made in, with its
    number of problems (at most, where that is not known before).
    """
    yield from ((model, tests) for model in MODELS)
    try:
        ways = [way for _, way in ways_of(recipe, directory)]
    except RunDamaged:  # of the look at the prompt, which may ask for one more
        ways = [way for _, way in ways_of(recipe)]
    for model in MODELS:
        for way in ways:
            if model in way.models:
                yield f"{model}-{way.folder}", way.answers(tests)[0]


def _look_at(
    other: RunDirectory, recipe: Recipe, model: str, asked: Mapping[str, str], done: Done
) -> None:
    theirs, training = other.recipe(), other.training()
    taken = f"taken over from {name_beside(other)}"
    if training is not None and _trained_alike(training, theirs, recipe, model):
        done.stages.setdefault("train", taken)
    for name in MODELS if done.stages.get("train") == taken else ("base",):
        summary = other.evaluation(name).summary()
        if summary is None or summary.problems_digest != asked["test"]:
            continue
        if not _answered_alike(summary.settings, recipe, model):
            continue
        names = [name]
        if theirs.extras == recipe.extras:  # what it was asked beside them
            beside = (path.name for path in (other.root / "evaluations").glob(f"{name}-*"))
            names += [each for each in beside if each not in (ROLLOUTS, REPLAY)]
        for each in names:
            with suppress(RunDamaged):
                if other.evaluation(each).summary() is not None:
                    done.stages.setdefault(each, taken)


def _look_at_own(
    other: RunDirectory, recipe: Recipe, model: str, asked: Mapping[str, str], done: Done
) -> None:
    """What the base or the model that training starts from was asked before a training."""
    theirs, wanted = other.recipe(), recipe.train.rollouts
    drawn = (wanted.temperature, wanted.top_p, recipe.train.seed, wanted.samples)
    for name in (path.name for path in (other.root / "evaluations").glob("*-*")):
        summary = other.evaluation(name).summary()
        if summary is None or not _answered_alike(summary.settings, recipe, model):
            continue
        said, of = summary.settings, summary.problems_digest
        if SAMPLED in name:
            how = (said.get("temperature"), said.get("top_p"), said.get("seed"))
            alike = of == asked[ROLLOUTS] and (*how, said.get("samples", 1)) == drawn
        elif name == REPLAY:
            alike = theirs.data == recipe.data
        else:
            alike = name == OWN_FOLDER and of == asked[OWN_FOLDER]
        if alike:
            done.stages.setdefault(
                STAGE_OF.get(name, name), f"taken over from {name_beside(other)}"
            )


def _trained_alike(training: Mapping[str, Any], theirs: Recipe, recipe: Recipe, model: str) -> bool:
    """Whether a run would take the trained weights over, as far as recipe and versions tell."""
    versions = provenance.versions()
    return (
        training["model"]["digest"] == model
        and _trainings(theirs) == _trainings(recipe)
        and theirs.prompt == recipe.prompt
        and theirs.data == recipe.data
        and (recipe.data.source != "builtin" or theirs.evaluate.limit == recipe.evaluate.limit)
        and all(training["versions"].get(p) == versions.get(p) for p in TRAINING_PACKAGES)
        and (recipe.train.accuracy is None or theirs.evaluate == recipe.evaluate)
    )


def _trainings(recipe: Recipe) -> tuple[object, ...]:
    """What a recipe's trainings are, one after the other, and where the first of them begins."""
    trains = (*recipe.phases, recipe.train)
    return (trains[0].start, *(train.deciding(places=False) for train in trains))


def asked_alike(settings: Mapping[str, Any], recipe: Recipe, model: str) -> bool:
    """Whether answers as long are to be expected: the same model, prompt and limit."""
    return (
        settings.get("model") == model
        and settings.get("prompt") == recipe.prompt.model_dump(mode="json")
        and settings.get("max_new_tokens") == recipe.evaluate.max_new_tokens
    )


def _answered_alike(settings: Mapping[str, Any], recipe: Recipe, model: str) -> bool:
    """Whether a run would take the answers over, as far as recipe and versions tell."""
    asked, versions = recipe.evaluate, provenance.versions()
    return (
        asked_alike(settings, recipe, model)
        and asked.engine in ("auto", settings.get("engine"))
        and asked.precision in ("auto", settings.get("precision"))
        and asked.batch_size in (None, settings.get("batch_size"))
        and all(versions.get(k) == v for k, v in settings.get("versions", {}).items())
    )


# -- as a list -----------------------------------------------------------------------------


def artefacts(directory: RunDirectory, recipe: Recipe, stages: Collection[str]) -> list[str]:
    """What these stages of a run make, in order, a line each: its name, whether it is there, and
    what it is made from. The problems must be there.

    Whether something can be taken over from a run beside this one is seen by the model's digest,
    which is made only where there is such a run and something is to be made.
    """
    done = Done()
    with suppress(*OF_NO_USE):
        _look_here(directory, recipe, done)
    wanted = list(_wanted(directory, recipe, stages))
    if any(name not in done.stages for name, _ in wanted) and any(siblings(directory)):
        with suppress(NetgainError):  # a stage that needs the model says what is wrong with it
            from netgain.models.loading import find_model

            problems = {n: directory.problems(n) for n in ("train", "validation", "test")}
            model = find_model(recipe.model).digest
            look_beside(done, recipe, directory.root, model, problems)
    return [f"{name:<20} {_state(name, done)}; from {made_from}" for name, made_from in wanted]


def _wanted(
    directory: RunDirectory, recipe: Recipe, stages: Collection[str]
) -> Iterator[tuple[str, str]]:
    asked = min(recipe.extras.prompt_check, len(directory.split()["ids"]["train"]))
    begun = directory.evaluation(OWN_FOLDER).path.exists()
    if "prompt" in stages and asked and (begun or directory.training() is None):
        yield "prompt", f"the base model, asked {asked:,} training problems"
    if "train" in stages:
        yield "train", f"the training problems, by {recipe.train.method}"
    tests = len(directory.split()["ids"]["test"])
    for name, asked in evaluations(recipe, directory, tests):
        model, _, way = name.partition("-")
        if (way and "extras" in stages) or name in stages:
            from_ = "the base model" if model == "base" else "the base model and train"
            yield name, f"{from_}, asked {asked:,} problems"
    if "report" in stages:
        yield "report", "all that is there"


def _state(name: str, done: Done) -> str:
    if name in done.stages:
        return "there" if done.stages[name] == "done" else done.stages[name]
    if name in done.left:
        return f"{1 - done.left[name]:.0%} there, goes on"
    if name == "train" and done.steps:
        return f"goes on from step {done.steps:,}"
    return "to be made"
