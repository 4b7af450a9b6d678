"""What a training learns from and is validated on, as token ids, whatever the method."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from netgain.pipeline.progress import Progress
from netgain.pipeline.rollouts import replayed
from netgain.recipe import Recipe
from netgain.records import Problem
from netgain.store import RunDirectory

if TYPE_CHECKING:
    from netgain.models.render import Renderer
    from netgain.train.examples import Answers, Examples
    from netgain.train.own_answers import Kept

log = logging.getLogger("netgain")


def learned_from(
    directory: RunDirectory,
    recipe: Recipe,
    renderer: Renderer,
    kept: Mapping[str, Kept] | None,
    chosen: Sequence[Problem] | None,
    progress: Progress,
) -> dict[str, Examples]:
    """What is learned from and validated on, as token ids.

    With rounds, whose answers are not there yet, it is the chosen problems with their solutions,
    however long, for those are not learned. Where no answer to a validation problem is right, the
    solutions are validated on.
    """
    from netgain.train.examples import Answers, build_examples

    limit, rft = recipe.train.max_length, recipe.train.rft
    origin = "own answer" if recipe.train.method == "rft" else "another model's answer"

    def answers(name: str) -> Answers | None:
        if kept is None or not kept[name].texts:
            return None
        weights = kept[name].wrong if rft.easy == "less" else {}
        return Answers(kept[name].texts, origin, weights, rft.unsolved == "solution")

    training = directory.problems("train")
    examples = {}
    for name in ("train", "validation"):
        problems: Sequence[Problem] = directory.problems(name)
        most = limit
        if name == "train" and chosen is not None:
            problems, most = chosen, sys.maxsize
        examples[name] = build_examples(
            problems, renderer, recipe.prompt, most, training, answers(name)
        )
    if recipe.data.mixture and recipe.train.method != "grpo":
        _add_mixture(examples, directory, recipe, renderer, progress)
    too_long = sum(len(part.too_long) for part in examples.values())
    if too_long:
        log.warning(
            "%d problems and rows are longer than train.max_length = %d tokens: left out",
            too_long, limit,
        )  # fmt: skip
    return examples


def _add_mixture(
    examples: Mapping[str, Examples],
    directory: RunDirectory,
    recipe: Recipe,
    renderer: Renderer,
    progress: Progress,
) -> None:
    """Add the rows of `data.mixture`, with their answers or the base model's own."""
    from netgain.train.examples import build_instructions

    rows = directory.problems("mixture")
    own = replayed(directory, recipe, rows, progress)
    asked = sum(row.metadata["answers"] == "own" for row in rows)
    if len(own) < asked:
        log.warning(
            "data.mixture: of %d questions to be replayed %d are not learned: the model's own "
            "answer is empty, or was cut off at evaluate.max_new_tokens = %d tokens",
            asked, asked - len(own), recipe.evaluate.max_new_tokens,
        )  # fmt: skip
    added = build_instructions(rows, renderer, recipe.prompt, recipe.train.max_length, own)
    examples["train"].rows.extend(added.rows)
    examples["train"].too_long.extend(added.too_long)
