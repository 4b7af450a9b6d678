"""What a run would train on and be asked, in the model's own tokens, where model and data are here.

Nothing is fetched. Every prompt and solution is rendered as in a run, up to a bound; of more
problems, so many at even distances stand for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netgain.data import SplitProblems
from netgain.errors import MissingDependency
from netgain.models.model_folder import local_model
from netgain.plan.sizes import DataSize, cached_file
from netgain.recipe import ModelSettings, Recipe, local_path

if TYPE_CHECKING:
    from netgain.models.loading import ModelFiles
    from netgain.models.render import Renderer
    from netgain.records import Problem
    from netgain.train.examples import Example

MOST_RENDERED = 20_000  # problems of each part


@dataclass(frozen=True)
class Workload:
    """Examples as token ids, and `asked`: the test problems' prompts as token ids."""

    train: list[Example]
    validation: list[Example]
    asked: list[list[int]]


def why_not_here(model: ModelSettings) -> str | None:
    """Why this model's weights cannot be used at once; None where they can.

    Raises:
        ModelError: the id names nothing.
    """
    from netgain.models.loading import require_torch

    try:
        require_torch()
    except MissingDependency as error:
        return str(error)
    path = None if model.id == "embedded" else local_path(model.id)
    if model.id == "embedded" or (path is not None and path.is_file()):
        return None
    if local_model(model.id) is not None:
        return None
    weights = ("model.safetensors", "model.safetensors.index.json")
    if any(cached_file(model.id, name, model.revision) for name in weights):
        return None
    return "the model is not on this disk"


def workload(recipe: Recipe, split: SplitProblems, renderer: Renderer) -> Workload:
    """Render what a run would train on and ask.

    Raises:
        NetgainError: as in a run: nothing fits train.max_length, or a prompt cannot be made.
    """
    from netgain.prompts import prompter
    from netgain.train.examples import build_examples

    limit, prompt = recipe.train.max_length, recipe.prompt
    train, validation = (
        build_examples(few_of(part), renderer, prompt, limit, split.train).rows
        for part in (split.train, split.validation)
    )
    ask = prompter(prompt, split.train, split.test, split.validation)
    asked = [renderer.prompt_ids(ask(p)) for p in few_of(split.test)]
    return Workload(train, validation, asked)


def few_of(problems: Sequence[Problem]) -> Sequence[Problem]:
    """At most so many as are rendered, at even distances."""
    every = -(-len(problems) // MOST_RENDERED)
    return problems[::every] if every > 1 else problems


def in_tokens(size: DataSize, work: Workload, split: SplitProblems) -> DataSize:
    """The same counts with lengths in the model's tokens, and without what is too long."""
    shares = [
        len(rows) / len(few_of(part))
        for rows, part in ((work.train, split.train), (work.validation, split.validation))
    ]
    train, validation = round(size.train * shares[0]), round(size.validation * shares[1])
    notes = list(size.notes)
    left_out = size.train + size.validation - train - validation
    if left_out:
        notes.append(f"{left_out} problems are longer than train.max_length and would be left out")
    rows = work.train
    return replace(
        size,
        train=train,
        validation=validation,
        question_tokens=sum(len(e.prompt_ids) for e in rows) / len(rows),
        asked_tokens=sum(map(len, work.asked)) / len(work.asked),
        solution_tokens=sum(len(e.completion_ids) for e in rows) / len(rows),
        solutions=tuple(len(e.completion_ids) for e in work.train),
        source=f"{size.source}, in the model's tokens",
        notes=tuple(notes),
    )


def files_here(recipe: Recipe) -> ModelFiles:
    """The model's files.

    Raises:
        NetgainError: the model cannot be used.
    """
    from netgain.models.loading import find_model

    model = recipe.model
    cached = cached_file(model.id, "config.json", model.revision)
    if cached is not None and local_path(model.id) is None:
        model = ModelSettings(id=str(cached.parent))  # as it is here: the Hub is not asked
    return find_model(model)
