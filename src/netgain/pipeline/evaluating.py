"""The evaluation stages of a run: base and tuned answer every test problem, asked alike."""

import logging
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from netgain.errors import EvaluationError, RunDamaged, RunError
from netgain.generate.answering import Asking
from netgain.generate.sampler import Sampling
from netgain.pipeline.evaluations import Evaluation, settings_digest
from netgain.pipeline.progress import Progress
from netgain.pipeline.scoring import Scoring
from netgain.pipeline.served_model import Ask, ServedModel, find_served_model, plan_evaluation
from netgain.pipeline.stored_answers import read_stored_answers
from netgain.prompts import prompter, stop_texts
from netgain.recipe import PromptSettings, Recipe
from netgain.records import EvaluationSummary, Problem, Prompt
from netgain.store import (
    EvaluationFolder,
    RunDirectory,
    name_beside,
    reuse_evaluation,
    siblings,
)

log = logging.getLogger("netgain")


def evaluate_base(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    _evaluate(directory, recipe, "base", progress)


def evaluate_tuned(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    if directory.training() is None:
        raise RunError(
            f"{directory.root} has no trained adapter yet; train first: netgain run … --only train"
        )
    directory.sound_adapter_digest()  # a damaged one is no reason to throw its answers away
    _evaluate(directory, recipe, "tuned", progress)


def _evaluate(directory: RunDirectory, recipe: Recipe, model: str, progress: Progress) -> None:
    problems = directory.problems("test")

    def work() -> Evaluation:
        progress(model, 0, 1, "loading the model")
        served_model = served_model_of(directory, recipe, model)
        ask = ask_of(directory, recipe.prompt, problems, Asking(greedy(recipe, recipe.prompt)))
        folder = directory.evaluation(model)
        return plan_evaluation(model, folder, served_model, ask, recipe.evaluate)

    if obtain(directory, model, problems, work, progress) == "there":
        progress(model, len(problems), len(problems), "already done")


def served_model_of(
    directory: RunDirectory, recipe: Recipe, model: str, served: bool = True
) -> ServedModel:
    """The run's base or tuned model.

    Args:
        served: with the engine and precision that keep what was trained, once that is known; else
            with those that the recipe asks for.

    Raises:
        EvaluationError: the base is not the one that the adapter was trained on.
    """
    tuned = model == "tuned"
    training = directory.training()
    settings = recipe.evaluate
    serving = directory.serving() if served else None
    if serving is not None and [serving["engine"], serving["precision"]] != serving["asked"]:
        # Both alike, or their difference would not be the adapter's.
        keeping = {"engine": serving["engine"], "precision": serving["precision"]}
        settings = settings.model_copy(update=keeping)
    found = find_served_model(
        recipe.model,
        settings,
        directory.adapter if tuned else None,
        directory.sound_adapter_digest() if tuned else None,
    )
    if training is not None and training["model"]["digest"] != found.base_digest:
        raise EvaluationError(
            "the base model's files are not those the adapter was trained on (did the Hub's "
            "newest revision move, or a folder change?); set model.revision, or train again"
        )
    return found


def greedy(recipe: Recipe, prompt: PromptSettings) -> Sampling:
    """One greedy answer, as the recipe bounds it."""
    return Sampling(recipe.evaluate.max_new_tokens, stop=stop_texts(prompt))


def ask_of(
    directory: RunDirectory, prompt: PromptSettings, problems: Sequence[Problem], asking: Asking
) -> Ask:
    """These problems under this prompt."""
    return Ask(problems, prompt, prompter_of(directory, prompt, problems), asking)


def prompter_of(
    directory: RunDirectory, prompt: PromptSettings, problems: Sequence[Problem]
) -> Callable[[Problem], Prompt]:
    """What makes these problems' prompts; the shots are the run's training problems.

    Raises:
        NetgainError: the shots that the prompt asks for are not there.
    """
    training, validation = directory.problems("train"), directory.problems("validation")
    return prompter(prompt, training, problems, validation)


def obtain(
    directory: RunDirectory,
    name: str,
    problems: Sequence[Problem],
    work: Callable[[], Evaluation | Scoring],
    progress: Progress,
    own: bool = False,
) -> Literal["there", "beside", "made"]:
    """Have an evaluation of a run: there already, copied from a run beside it, or made now.

    A damaged one is there in part: what is lost of it is made again.

    Args:
        name: of its folder, which begins with the model's.
        work: what would make it; called where it is not there, for it takes a model's files.
        own: whether the problems lie beside the answers, since they are not the test problems.

    Raises:
        EvaluationError: base and tuned would not be asked alike.
    """
    folder = directory.evaluation(name)
    summary = sound_or_reopened(folder, problems, own)
    if summary is not None:
        adapter = str(summary.settings["adapter"])
        if not name.startswith("tuned") or adapter.endswith(directory.adapter_digest()):
            return "there"
        log.warning("the tuned model is evaluated again: the adapter has changed since")
        folder.drop()
    wanted = work()
    refuse_other_conditions(directory, name, wanted.settings)
    digest = settings_digest(wanted.settings)

    def same(other: RunDirectory) -> bool:
        done = other.evaluation(name).summary()
        return (
            done is not None
            and done.digest == digest
            and read_stored_answers(other.evaluation(name), problems) is not None
        )

    other = find_beside(directory, same)
    if other is not None:
        reuse_evaluation(folder, other.evaluation(name), name_beside(other))
        log.info("%s was evaluated the same way in %s: reused", name, other.root)
        n = len(problems)
        progress(wanted.label, n, n, "reused from a run beside this one")
        return "beside"
    if own:
        folder.save_problems(problems)
    wanted.make(progress)
    return "made"


def sound_or_reopened(
    folder: EvaluationFolder, problems: Sequence[Problem], own: bool
) -> EvaluationSummary | None:
    """What vouches for a finished, whole evaluation of these problems; None where something is to
    be made: a damaged one is opened again, and keeps what is sound of it.
    """
    try:
        found = read_stored_answers(folder, problems)
        if found is not None and own:
            folder.problems()
    except RunDamaged as error:
        log.warning("%s: what is lost is made again", error.what)
        folder.reopen()
        return None
    return None if found is None else found.summary


def find_beside(
    directory: RunDirectory, holds: Callable[[RunDirectory], bool]
) -> RunDirectory | None:
    """The first of the runs beside this one that holds what is looked for."""
    for other in siblings(directory):
        with suppress(OSError, RunError):  # an unreadable or older run is no help, and no harm
            if holds(other):
                return other
    return None


def refuse_other_conditions(
    directory: RunDirectory, name: str, settings: Mapping[str, Any]
) -> None:
    """Base and tuned must have been asked alike, or their difference is not the adapter's.

    Args:
        name: "tuned", or one that begins so; others are not compared.

    Raises:
        EvaluationError: naming the conditions that differ.
    """
    if not name.startswith("tuned"):
        return
    base = directory.evaluation(name.replace("tuned", "base", 1)).summary()
    if base is None:
        return
    differ = [k for k in settings if k != "adapter" and settings[k] != base.settings.get(k)]
    if differ:
        root = directory.root
        again = (
            f"netgain run {shlex.quote(str(root / 'recipe.yaml'))} --out {shlex.quote(str(root))}"
        )
        raise EvaluationError(
            f"the base model was evaluated under other conditions ({', '.join(differ)} differ), so "
            f"it cannot be compared; delete {root / 'evaluations'} and give the command `{again}`: "
            "both are evaluated again"
        )
