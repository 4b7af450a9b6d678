"""What a recipe's extra measurements would take, in answers of the test problems' length."""

from __future__ import annotations

from netgain.data.load import local_source
from netgain.data.tasks import find_task
from netgain.recipe import Recipe
from netgain.wording import integer


def extra_answers(recipe: Recipe, test: int) -> tuple[str, int, int]:
    """The extras in words, how many answers each model gives for them, and benchmarks of unknown
    size.

    Args:
        test: test problems of the run.

    Raises:
        DataError: a benchmark is not known, or its source is no file, folder or Hub id.
    """
    extras, words, answers = recipe.extras, [], 0

    def add(what: str, problems: int, each: int) -> None:
        nonlocal answers
        answers += problems * each
        words.append(f"{what}: {integer(problems)} problems" + (f" × {each}" if each > 1 else ""))

    if extras.samples is not None:
        add("samples", min(test, extras.samples.limit or test), extras.samples.n)
    if extras.revisions is not None:
        turns = len(extras.revisions.instructions) + 1
        add("revisions", min(test, extras.revisions.limit or test), turns)
    if extras.calculator is not None:
        add("calculator", min(test, extras.calculator.limit or test), 1)
    if extras.perturbed is not None:
        add("perturbed, at most", min(test, extras.perturbed.limit or test), 1)
    for number, prompt in enumerate(extras.prompts, start=1):
        add(f"prompt {number} ({prompt.style})", test, 1)
    for task in extras.tasks:
        find_task(task.name)
        fetched = task.source is None or local_source("extras.tasks.source", task.source) is None
        words.append(task.name + (" (from the Hub)" if fetched else ""))
    return ", ".join(words), answers, len(extras.tasks)
