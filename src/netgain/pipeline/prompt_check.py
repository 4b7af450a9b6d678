"""A look at the recipe's prompt before anything is trained on it.

The base model answers some training problems. Where more than a tenth of its answers begin with
the answer's mark, are empty, are cut off or loop, the prompt may be at fault: a model that takes
`####` for a heading answers before it reasons. Then other wordings are asked on the same problems,
and the best of them is asked the test problems too, by the base model alone, so that the gain of
training can be told beside the gain of a better prompt. It is chosen on training problems, so its
accuracy on the test problems is not the better for having been chosen.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from functools import cache

from netgain.analysis.further.prompts import OWN, recipe_lines
from netgain.analysis.prompt_doubts import doubts, suspect_forms
from netgain.diagnosis.form import forms_of
from netgain.generate.answering import Asking
from netgain.pipeline.evaluating import ask_of, greedy, obtain, served_model_of
from netgain.pipeline.evaluations import Evaluation
from netgain.pipeline.progress import Progress
from netgain.pipeline.served_model import ServedModel, plan_evaluation
from netgain.pipeline.stored_answers import read_stored_answers
from netgain.prompts.wordings import other_wordings
from netgain.recipe import PromptSettings, Recipe
from netgain.records import PromptCheck, PromptTried
from netgain.store import RunDirectory

log = logging.getLogger("netgain")
OWN_FOLDER = "check-own"


def check_prompt(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Ask the base model, and say what its answers look like. Done once, and before training."""
    wordings = wordings_of(recipe)
    begun = [folder for folder in wordings if directory.evaluation(folder).path.exists()]
    trained = directory.training() is not None
    if not wordings or (trained and not begun):
        return
    _ask(directory, recipe, dict.fromkeys((OWN_FOLDER, *begun)), progress)
    if trained:  # it was told then; what was damaged since is there again
        return
    found = prompt_check_of(directory, recipe)
    assert found is not None
    wrong = bool(suspect_forms(found.own))
    if wrong:
        _ask(directory, recipe, wordings, progress)
        found = prompt_check_of(directory, recipe)
        assert found is not None
    progress("prompt", 1, 1, f"{found.own.solved} of {found.own.n} training problems solved")
    for line in doubts(found) if wrong else ():
        log.warning("%s", line)


def wordings_of(recipe: Recipe) -> dict[str, tuple[str, PromptSettings]]:
    """What the base model may be asked before training: by folder, a name and the prompt."""
    if not recipe.extras.prompt_check:
        return {}
    others = enumerate(other_wordings(recipe.prompt).items(), start=1)
    return {OWN_FOLDER: (OWN, recipe.prompt)} | {f"check-{i}": wording for i, wording in others}


def _ask(
    directory: RunDirectory, recipe: Recipe, folders: Iterable[str], progress: Progress
) -> None:
    """Have the base model answer under the prompts of these folders."""
    problems = directory.problems("train")[: recipe.extras.prompt_check]

    @cache
    def base() -> ServedModel:
        progress("prompt", 0, 1, "loading the base model")
        return served_model_of(directory, recipe, "base", served=False)

    for folder in folders:
        name, prompt = wordings_of(recipe)[folder]

        def work(folder: str = folder, prompt: PromptSettings = prompt) -> Evaluation:
            ask = ask_of(directory, prompt, problems, Asking(greedy(recipe, prompt)))
            place = directory.evaluation(folder)
            return plan_evaluation("prompt", place, base(), ask, recipe.evaluate)

        def told(stage: str, done: int, total: int, note: str, name: str = name) -> None:
            progress(stage, done, total, f"asked as “{name}”: {note}")

        obtain(directory, folder, problems, work, told, own=True)


def prompt_check_of(directory: RunDirectory, recipe: Recipe) -> PromptCheck | None:
    """What was found, from the stored answers; None where the prompt was not looked at.

    Raises:
        RunDamaged: the answers are not whole.
    """
    found = [
        _tried(directory, folder, name, prompt, recipe)
        for folder, (name, prompt) in wordings_of(recipe).items()
    ]
    if not found or found[0] is None:
        return None
    return PromptCheck(found[0], tuple(tried for tried in found[1:] if tried is not None))


def _tried(
    directory: RunDirectory, folder: str, name: str, prompt: PromptSettings, recipe: Recipe
) -> PromptTried | None:
    evaluation = directory.evaluation(folder)
    if evaluation.summary() is None:
        return None
    answers = read_stored_answers(evaluation, evaluation.problems())
    assert answers is not None
    questions = {p.id: p.question for p in answers.problems}
    forms: Counter[str] = Counter(
        form
        for g in answers.generations
        for form in forms_of(g.text, g.finish_reason, questions[g.problem_id])
    )
    solved = sum(g.correct for g in answers.grades)
    own = recipe.prompt.model_dump(mode="json")
    lines = recipe_lines(prompt.model_dump(mode="json"), own)
    return PromptTried(name, len(answers.generations), solved, dict(forms), lines)


def measured_prompt(directory: RunDirectory, recipe: Recipe) -> tuple[str, PromptSettings] | None:
    """The wording that was found to be better than the recipe's, with its name."""
    found = prompt_check_of(directory, recipe)
    if found is None or found.best is None:
        return None
    return found.best.name, other_wordings(recipe.prompt)[found.best.name]
