"""The evaluation stages of a run: base and tuned answer every test problem, asked alike."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netgain.errors import EvaluationError, RunDamaged, RunError
from netgain.generate.answering import Asking
from netgain.generate.sampler import Sampling
from netgain.pipeline.answering import Evaluation, answer_evaluation, settings_digest, sound_summary
from netgain.pipeline.contestant import Ask, Contestant, find_contestant, plan_evaluation
from netgain.pipeline.progress import Progress
from netgain.prompts import prompter, stop_texts
from netgain.recipe import PromptSettings, Recipe
from netgain.records import Problem, Prompt
from netgain.store import RunDirectory, reuse_evaluation, siblings

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
    if is_current(directory, model, problems):
        progress(model, len(problems), len(problems), "already done")
        return
    progress(model, 0, 1, "loading the model")
    contestant = contestant_of(directory, recipe, model)
    ask = ask_of(directory, recipe.prompt, problems, Asking(greedy(recipe, recipe.prompt)))
    folder = directory.evaluation(model)
    answer_or_reuse(
        directory,
        plan_evaluation(model, folder, contestant, ask, recipe.evaluate),
        progress,
    )


def contestant_of(
    directory: RunDirectory, recipe: Recipe, model: str, served: bool = True
) -> Contestant:
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
    found = find_contestant(
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


def answer_or_reuse(directory: RunDirectory, evaluation: Evaluation, progress: Progress) -> None:
    """Take an evaluation over from a run beside this one that made the same, or answer.

    Raises:
        EvaluationError: base and tuned would not be asked alike.
    """
    name = evaluation.folder.path.name
    refuse_other_conditions(directory, name, evaluation.settings)
    if reused(directory, name, settings_digest(evaluation.settings), evaluation.problems):
        n = len(evaluation.problems)
        progress(evaluation.label, n, n, "reused from a run beside this one")
        return
    answer_evaluation(evaluation, progress)


def is_current(
    directory: RunDirectory, name: str, problems: Sequence[Problem], own: bool = False
) -> bool:
    """Whether there is a finished, whole evaluation of these problems and this adapter.

    A damaged one counts as unfinished: what is lost of it is answered, or scored, again.

    Args:
        own: whether its problems must lie beside it.
    """
    folder = directory.evaluation(name)
    try:
        summary = sound_summary(folder, problems)
        if summary is not None and own:
            folder.problems()
    except RunDamaged as error:
        log.warning("%s: what is lost is made again", error.what)
        folder.reopen()
        return False
    if summary is None:
        return False
    adapter = str(summary.settings["adapter"])
    if name.startswith("tuned") and not adapter.endswith(directory.adapter_digest()):
        log.warning("the tuned model is evaluated again: the adapter has changed since")
        folder.drop()
        return False
    return True


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


def reused(directory: RunDirectory, name: str, digest: str, problems: Sequence[Problem]) -> bool:
    """Take over a finished, whole evaluation with this digest from a run beside this one."""
    for other in siblings(directory):
        try:
            folder = other.evaluation(name)
            summary = folder.summary()
            if summary is None or summary.digest != digest:
                continue
            sound_summary(folder, problems)
        except (OSError, RunError):  # an unreadable or older run is no help, and no harm
            continue
        reuse_evaluation(directory.evaluation(name), folder, other.root.name)
        log.info("the %s model was evaluated the same way in %s: reused", name, other.root)
        return True
    return False
