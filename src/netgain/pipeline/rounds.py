"""Rounds of `train.method: grpo`: the model as it then is answers some training problems, the
answers are graded, and those whose group does not agree are learned from.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netgain.errors import TrainingError
from netgain.generate.answering import Asking
from netgain.grading import grade_all
from netgain.pipeline.evaluating import ask_of, greedy
from netgain.pipeline.progress import Progress
from netgain.pipeline.rollouts import judged_rollouts
from netgain.pipeline.while_training import answer_with
from netgain.recipe import Recipe
from netgain.records import Generation, Problem
from netgain.store import EvaluationFolder, RunDirectory
from netgain.store.parts import read_part

if TYPE_CHECKING:
    from netgain.models.render import Renderer

log = logging.getLogger("netgain")


def chosen_problems(
    directory: RunDirectory, recipe: Recipe, progress: Progress
) -> Sequence[Problem]:
    """The training problems that rounds are made of.

    Raises:
        TrainingError: the base solves each of them always or never, so no group would differ.
    """
    from netgain.train.policy_gradient import reward_of

    training, kind = directory.problems("train"), recipe.train.grpo.reward
    if recipe.train.grpo.choose == "all":
        return training
    kind = "robust" if kind == "random" else kind  # a control learns from the same problems
    rewards: dict[str, set[float]] = {}
    # Validation problems are sampled too, so that a run with another method shares the samples.
    asked = [*training, *directory.problems("validation")]
    for generation, grade in judged_rollouts(directory, recipe, asked, progress):
        reward = reward_of(generation, grade, kind, 0)
        rewards.setdefault(generation.problem_id, set()).add(reward)
    mixed = [p for p in training if len(rewards[p.id]) > 1]
    log.info(
        "of %d training problems the model solves %d in some of %d samples and not in others: "
        "these are learned from", len(training), len(mixed), recipe.train.rollouts.samples,
    )  # fmt: skip
    if not mixed:
        raise TrainingError(
            f"the model solves none of {len(training)} training problems in some of "
            f"{recipe.train.rollouts.samples} samples and not in others, so train.method: grpo has "
            "nothing to learn from; raise train.rollouts.samples, take train.method: sft first, or "
            "another model"
        )
    return mixed


def round_of(
    directory: RunDirectory,
    recipe: Recipe,
    renderer: Renderer,
    problems: Sequence[Problem],
    progress: Progress,
) -> Callable[[int, Path | None], dict[str, float]]:
    """What plays a round: a step and its weights (None: the base) -> what the answers were like.

    The answers stay in `train/rollouts/step-N`, so an interrupted run goes on in them.
    """
    from netgain.train.batches import places_of_round
    from netgain.train.job import rollouts_file, write_examples
    from netgain.train.policy_gradient import Judged, reward_of, to_examples, told_of

    wanted, seed = recipe.train.grpo, recipe.train.seed

    def play(step: int, weights: Path | None) -> dict[str, float]:
        asked = [problems[i] for i in places_of_round(len(problems), wanted.problems, seed, step)]
        drawn = replace(greedy(recipe, recipe.prompt), temperature=wanted.temperature)
        asking = Asking(drawn, wanted.samples, seed * 1_000_003 + step)
        ask = ask_of(directory, recipe.prompt, asked, asking)
        folder = EvaluationFolder(directory.train / "rollouts" / f"step-{step}")

        def told(_: str, done: int, n: int, note: str) -> None:
            progress("train", step, wanted.rounds, f"answering {done} of {n} problems, {note}")

        began = time.monotonic()
        answer_with(directory, recipe, weights, ask, folder, told)
        answered = time.monotonic()
        summary = folder.summary()
        assert summary is not None
        rows = [
            g for part in folder.answer_parts()
            for g in read_part(part, token_ids=True, of=summary.digest)
        ]  # fmt: skip
        rows = [g if g.token_ids else _in_tokens(g, renderer) for g in rows]
        grades = grade_all(asked, rows, recipe.prompt.answer_ending)
        answers = [
            Judged(g, grade, reward_of(g, grade, wanted.reward, asking.seed))
            for g, grade in zip(rows, grades, strict=True)
        ]
        prompts = {p.id: renderer.prompt_ids(ask.prompt_of(p)) for p in asked}
        examples = to_examples(answers, prompts, renderer.end_id, wanted.standardise)
        write_examples(rollouts_file(directory.checkpoints, step), examples)
        # Answers that were stored before an interruption cost no time now.
        sampling = min(sum(g.seconds for g in rows), answered - began)
        grading = time.monotonic() - answered
        seconds = {"sampling": sampling, "grading": grading}
        return told_of(answers) | {f"seconds_{k}": round(v, 3) for k, v in seconds.items()}

    return play


def _in_tokens(generation: Generation, renderer: Renderer) -> Generation:
    """A server tells no tokens: they are those that its text has, which may be others."""
    ids = tuple(renderer.completion_ids(generation.text))
    return replace(generation, token_ids=ids[:-1], completion_tokens=len(ids))
