"""A run's trained model as files that other programs load."""

from pathlib import Path

from netgain.errors import RunError
from netgain.pipeline.evaluating import prompter_of
from netgain.pipeline.rebuilding import refuse_no_run
from netgain.prompts import stop_texts
from netgain.recipe import Recipe
from netgain.records import Problem, Prompt
from netgain.store import RunDirectory

PARAGRAPH = "\n\n"


def write_safetensors(path: Path, into: Path, precision: str) -> tuple[str, ...]:
    """Write the trained model as safetensors, an adapter merged, with its tokenizer.

    Raises:
        RunError: nothing was trained there, or what was trained was changed.
    """
    from netgain.models.loading import find_model
    from netgain.models.merged_export import export_model

    run, recipe = trained_run(path)
    export_model(find_model(recipe.model), run.adapter, into, precision)
    return ()


def write_gguf_folder(path: Path, into: Path, precision: str) -> tuple[str, ...]:
    """The same as GGUF with a Modelfile; returns what that leaves out, in sentences."""
    from netgain.models.loading import find_model
    from netgain.models.merged_export import export_gguf
    from netgain.models.modelfile import Asked

    run, recipe = trained_run(path)
    test, prompt = run.problems("test"), recipe.prompt
    first = prompter_of(run, prompt, test)(test[0])
    asked = Asked(
        recipe.name, prompt.system, not first.messages, _turn(first, test[0]), prompt.shot_count,
        recipe.evaluate.max_new_tokens, stop_texts(prompt),
    )  # fmt: skip
    return export_gguf(find_model(recipe.model), run.adapter, into, precision, asked)


def _turn(prompt: Prompt, problem: Problem) -> str:
    """The paragraph that asks, and what follows it, with QUESTION for the problem's own text.

    >>> problem = Problem("1", "", "2 + 2?", None)
    >>> _turn(Prompt((), "Q: 1 + 1?\\nA: 2\\n\\nQ: 2 + 2?\\nA:"), problem)
    'Q: QUESTION\\nA:'
    """
    text = prompt.messages[-1][1] if prompt.messages else prompt.text
    before, _, after = text.rpartition(problem.question)
    return f"{before.rpartition(PARAGRAPH)[2]}QUESTION{after}".strip()


def trained_run(path: Path) -> tuple[RunDirectory, Recipe]:
    """A run whose training is finished and unchanged, with its recipe.

    Raises:
        RunError: it is none.
    """
    refuse_no_run(path)
    run = RunDirectory(path)
    if run.training() is None or not run.has_adapter():
        raise RunError(f"{path} holds no trained weights; `netgain train` makes them")
    run.sound_adapter_digest()
    return run, run.recipe()
