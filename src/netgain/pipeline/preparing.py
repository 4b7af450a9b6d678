"""The stages before any answer: problems, then an adapter."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from netgain import cost, provenance
from netgain.data import load_problems, split_problems
from netgain.data.mixture import mix
from netgain.data.tasks import load_task
from netgain.errors import RunDamaged
from netgain.pipeline.checks_ahead import check_ahead
from netgain.pipeline.evaluating import find_beside
from netgain.pipeline.learned import learned_from
from netgain.pipeline.progress import Progress
from netgain.pipeline.rollouts import counts, others_answers, own_answers
from netgain.pipeline.rounds import chosen_problems, round_of
from netgain.pipeline.served_model import COMPARED_TEXTS
from netgain.pipeline.starting import Start, start_of
from netgain.pipeline.telling import telling
from netgain.pipeline.while_training import answer_validation
from netgain.recipe import Recipe
from netgain.records import Problem
from netgain.store import RunDirectory, name_beside, reuse_training, write_sealed

if TYPE_CHECKING:
    from netgain.models.loading import ModelFiles
    from netgain.models.render import Renderer
    from netgain.models.serving import Serving
    from netgain.train.examples import Examples
    from netgain.train.launch import Roll as Round
    from netgain.train.own_answers import Kept

log = logging.getLogger("netgain")
TRAIN_PACKAGES = {"torch", "transformers", "peft"}


def prepare_data(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Read, check and split the problems, once; from then on the run's own copy rules."""
    if directory.has_problems():
        if directory.training() is None:
            check_ahead(directory, recipe)
        progress("data", 1, 1, f"already done: {_counts(directory.split()['ids'])}")
        return
    progress("data", 0, 1, "reading problems")
    asked = recipe.evaluate.limit, recipe.evaluate.skip
    loaded = load_problems(recipe.data, *asked)
    elsewhere = _tested_elsewhere(recipe)
    split = split_problems(loaded, recipe.data, *asked, elsewhere)
    held = [*split.test, *elsewhere]
    mixed = mix(recipe.data, split.train, held, split.validation)
    facts = {
        "source": loaded.source,
        "revision": loaded.revision,
        "test_revision": loaded.test_revision,
        "bad_rows": [asdict(row) for row in loaded.bad_rows],
        "overlaps": [asdict(overlap) for overlap in split.overlaps],
        "no_solution": split.no_solution,
        "removed": [asdict(overlap) for overlap in split.removed],
        "variants": split.variants,
        "mixture": mixed.sources,
        "available": {
            "train": len(loaded.pool) - len(split.no_solution), "test": len(loaded.test),
        },
    }  # fmt: skip
    problems = {"train": split.train, "validation": split.validation, "test": split.test}
    mixture = {"mixture": mixed.rows} if recipe.data.mixture else {}
    directory.save_problems({**problems, **mixture}, facts)
    if split.removed:
        log.warning("%d training problems stand among test problems, and were left out, as "
                    "data.on_overlap says", len(split.removed))  # fmt: skip
    if loaded.bad_rows:
        log.warning("%d bad rows were skipped, as data.on_bad_row says", len(loaded.bad_rows))
    check_ahead(directory, recipe)
    progress("data", 1, 1, _counts(problems))


def _tested_elsewhere(recipe: Recipe) -> list[Problem]:
    """The test problems of the recipe's other benchmarks, where something is kept apart of them."""
    if not recipe.data.avoids_tests:
        return []
    return [
        problem
        for task in recipe.tasks
        for problem in load_task(task.name, task.source, revision=task.revision).problems
    ]


def _counts(split: Mapping[str, Sequence[object]]) -> str:
    return ", ".join(f"{len(split[name])} {name}" for name in ("train", "validation", "test"))


def train(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Fine-tune, from the last checkpoint on, and leave the best weights and the log."""
    if directory.training() is not None and _is_served(directory):
        steps = directory.training_log().steps
        progress("train", steps, steps, "already done")
        return
    from netgain.models.loading import find_model, load_renderer, require_torch

    require_torch()
    progress("train", 0, 1, "loading the model")
    base = find_model(recipe.model)
    renderer = load_renderer(base.folder)
    start = start_of(recipe, base)
    method = recipe.train.method
    kept = None
    if method == "rft":
        kept = own_answers(directory, recipe, progress)
    elif method == "distil":
        kept = others_answers(directory, recipe)
    problems = chosen_problems(directory, recipe, progress) if method == "grpo" else None
    examples = learned_from(directory, recipe, renderer, kept, problems, progress)
    digest = _digest(base.digest, start, examples, recipe)
    is_same = partial(_is_trained, digest)
    earlier = None if directory.training() else find_beside(directory, is_same)
    if earlier is not None:
        reuse_training(directory, earlier)
        log.info("the same training was done in %s: reused", earlier.root)
        progress("train", 1, 1, f"reused from {name_beside(earlier)}")
    elif directory.training() is None:
        play = None if problems is None else round_of(
            directory, recipe, renderer, problems, progress
        )  # fmt: skip
        _train(directory, recipe, base, renderer, examples, digest, kept, play, start, progress)
    progress("train", 1, 1, "checking what rounding leaves of the trained weights")
    serving = _serving(directory, recipe, base, examples["validation"])
    if not serving.is_as_asked:
        log.warning("%s, for both models", serving.words())
    write_sealed(directory.train / "serving.json", asdict(serving))
    shutil.rmtree(directory.checkpoints, ignore_errors=True)  # only an unfinished one needs them


def _is_served(directory: RunDirectory) -> bool:
    """Whether engine and precision are settled; a damaged record of them is made again."""
    try:
        return directory.serving() is not None
    except RunDamaged as error:
        log.warning("%s: it is made again", error.what)
        return False


def _train(
    directory: RunDirectory,
    recipe: Recipe,
    base: ModelFiles,
    renderer: Renderer,
    examples: Mapping[str, Examples],
    digest: str,
    kept: Mapping[str, Kept] | None,
    play: Round | None,
    start: Start | None,
    progress: Progress,
) -> None:
    """Fine-tune, and write down how it was done."""
    from netgain.train.batches import plan_steps
    from netgain.train.launch import fine_tune

    resumed = any(directory.checkpoints.glob("checkpoint-*"))
    learned = examples["train"].rows
    steps = plan_steps(recipe.train, len(learned)).total
    longest = max(len(e.prompt_ids) for e in learned) + recipe.evaluate.max_new_tokens + 1
    with (
        cost.EnergyMeter(recipe.train.processes) as energy,
        telling(directory, recipe) as told,
    ):
        done_with = fine_tune(
            base, learned, examples["validation"].rows, recipe.train, directory.train, digest,
            partial(progress, "train"),
            answer=partial(answer_validation, directory, recipe, progress, steps),
            roll=play, longest=0 if play is None else longest,
            start=None if start is None else start.folder, row=told.row,
        )  # fmt: skip
    directory.save_training(
        {
            **asdict(done_with),
            "method": recipe.train.method,
            "own_answers": counts(kept or {}),
            "start": None if start is None else start.digest,
            "digest": digest,
            "adapter": directory.adapter_digest(),
            "model": {**asdict(base), "folder": str(base.folder)},
            "template": renderer.template,
            "too_long": [i for part in examples.values() for i in part.too_long],
            "examples": {name: len(part.rows) for name, part in examples.items()},
            # Rounds learn from answers that are not there yet.
            "origins": dict(Counter(e.origin for e in learned)) if not play else {},
            "energy_wh": None if resumed else energy.watt_hours,
            "resumed": resumed,
            "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        }
    )


def _serving(
    directory: RunDirectory, recipe: Recipe, base: ModelFiles, validation: Examples
) -> Serving:
    """How both models will be served, after a look at what rounding leaves of what was trained."""
    from netgain.generate.engines import choose_engine
    from netgain.models.loading import choose_precision
    from netgain.models.serving import choose_serving

    directory.sound_adapter_digest()
    engine = choose_engine(recipe.evaluate.engine, base.folder, recipe.evaluate.precision)
    asked = (engine, choose_precision(recipe.evaluate.precision))
    texts = [[*e.prompt_ids, *e.completion_ids] for e in validation.rows[:COMPARED_TEXTS]]
    return choose_serving(base.folder, directory.adapter, asked, texts)


def _digest(
    base: str, start: Start | None, examples: Mapping[str, Examples], recipe: Recipe
) -> str:
    """SHA-256 (hex) of all that decides what is learned."""
    from netgain.models.loading import choose_device, choose_precision

    settings = recipe.train  # not where the start lies: its weights have a digest
    deciding = {
        "base": base,
        "examples": {name: [asdict(e) for e in part.rows] for name, part in examples.items()},
        "settings": {
            **settings.deciding(places=False),
            "precision": choose_precision(settings.precision),
        },
        # How validation problems are answered decides the log, and may decide what is kept.
        "evaluate": recipe.evaluate.model_dump(mode="json") if settings.accuracy else None,
        "device": choose_device(),
        "versions": {k: v for k, v in provenance.versions().items() if k in TRAIN_PACKAGES},
    }
    if start is not None:
        deciding["start"] = start.digest
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


def _is_trained(digest: str, other: RunDirectory) -> bool:
    """Whether a run holds the finished training with this digest, whole and unchanged."""
    done = other.training()
    if done is None or done.get("digest") != digest:
        return False
    other.training_log()
    return other.adapter_digest() == done.get("adapter")
