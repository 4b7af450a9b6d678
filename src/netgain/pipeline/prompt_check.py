"""A look at the recipe's prompt before anything is trained on it.

The base model answers some training problems. Where more than a tenth of its answers begin with
the answer's mark, are empty, are cut off or loop, the prompt may be at fault: a model that takes
`####` for a heading answers before it reasons. Then other wordings are asked on the same problems,
and the best of them is asked the test problems too, by the base model alone, so that the gain of
training can be told beside the gain of a better prompt. It is chosen on training problems, so its
accuracy on the test problems is not the better for having been chosen.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping

from netgain.analysis.further.prompts import OWN, recipe_lines
from netgain.analysis.prompt_doubts import doubts, suspect_forms
from netgain.diagnosis.form import forms_of
from netgain.generate.answering import Asking
from netgain.grading import grade_all
from netgain.pipeline.answering import sound_summary
from netgain.pipeline.contestant import plan_evaluation
from netgain.pipeline.evaluating import (
    answer_or_reuse,
    ask_of,
    contestant_of,
    greedy,
    is_current,
)
from netgain.pipeline.progress import Progress
from netgain.prompts.wordings import other_wordings
from netgain.recipe import PromptSettings, Recipe
from netgain.records import PromptCheck, PromptTried
from netgain.store import RunDirectory

log = logging.getLogger("netgain")


def check_prompt(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Ask the base model, and say what its answers look like. Done once, and before training."""
    if not recipe.extras.prompt_check:
        return
    trained = directory.training() is not None
    if trained and not directory.evaluation("check-own").path.exists():
        return
    wordings = enumerate(other_wordings(recipe.prompt).items(), start=1)
    others = {name: (f"check-{i}", other) for i, (name, other) in wordings}
    begun = {n: p for n, p in others.items() if directory.evaluation(p[0]).path.exists()}
    _ask(directory, recipe, {OWN: ("check-own", recipe.prompt), **begun}, progress)
    if trained:  # it was told then; what was damaged since is there again
        return
    found = prompt_check_of(directory, recipe)
    assert found is not None
    wrong = bool(suspect_forms(found.own))
    if wrong:
        _ask(directory, recipe, others, progress)
        found = prompt_check_of(directory, recipe)
        assert found is not None
    progress("prompt", 1, 1, f"{found.own.solved} of {found.own.n} training problems solved")
    for line in doubts(found) if wrong else ():
        log.warning("%s", line)


def _ask(
    directory: RunDirectory,
    recipe: Recipe,
    prompts: Mapping[str, tuple[str, PromptSettings]],
    progress: Progress,
) -> None:
    """Have the base model answer under each prompt: by its name, the folder and the settings."""
    problems = directory.problems("train")[: recipe.extras.prompt_check]
    todo = {n: p for n, p in prompts.items() if not is_current(directory, p[0], problems, own=True)}
    if not todo:
        return
    progress("prompt", 0, 1, "loading the base model")
    contestant = contestant_of(directory, recipe, "base", served=False)
    for name, (place, prompt) in todo.items():

        def of_wording(stage: str, done: int, total: int, note: str, name: str = name) -> None:
            progress(stage, done, total, f"{name}: {note}")

        folder = directory.evaluation(place)
        ask = ask_of(directory, prompt, problems, Asking(greedy(recipe, prompt)))
        folder.save_problems(problems)
        evaluation = plan_evaluation("prompt", folder, contestant, ask, recipe.evaluate)
        answer_or_reuse(directory, evaluation, of_wording)


def prompt_check_of(directory: RunDirectory, recipe: Recipe) -> PromptCheck | None:
    """What was found, from the stored answers; None where the prompt was not looked at.

    Raises:
        RunDamaged: the answers are not whole.
    """
    if not recipe.extras.prompt_check:
        return None
    own = _tried(directory, "check-own", OWN, recipe.prompt, recipe)
    others = enumerate(other_wordings(recipe.prompt).items(), start=1)
    found = [_tried(directory, f"check-{i}", name, prompt, recipe) for i, (name, prompt) in others]
    if own is None:
        return None
    return PromptCheck(own, tuple(tried for tried in found if tried is not None))


def _tried(
    directory: RunDirectory, folder: str, name: str, prompt: PromptSettings, recipe: Recipe
) -> PromptTried | None:
    evaluation = directory.evaluation(folder)
    if evaluation.summary() is None:
        return None
    problems = evaluation.problems()
    summary = sound_summary(evaluation, problems)
    assert summary is not None
    generations = evaluation.generations(of=summary.digest)
    questions = {p.id: p.question for p in problems}
    forms: Counter[str] = Counter(
        form
        for g in generations
        for form in forms_of(g.text, g.finish_reason, questions[g.problem_id])
    )
    solved = sum(g.correct for g in grade_all(problems, generations))
    own = recipe.prompt.model_dump(mode="json")
    lines = recipe_lines(prompt.model_dump(mode="json"), own)
    return PromptTried(name, len(generations), solved, dict(forms), lines)


def measured_prompt(directory: RunDirectory, recipe: Recipe) -> tuple[str, PromptSettings] | None:
    """The wording that was found to be better than the recipe's, with its name."""
    found = prompt_check_of(directory, recipe)
    if found is None or found.best is None:
        return None
    return found.best.name, other_wordings(recipe.prompt)[found.best.name]
