"""The stages before any answer: problems, then an adapter."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netgain import cost, provenance
from netgain.data import load_problems, split_problems
from netgain.errors import NetgainError, RunError, TrainingError
from netgain.pipeline.checking import check_ahead
from netgain.pipeline.progress import Progress
from netgain.recipe import Recipe, TrainSettings
from netgain.store import RunDirectory, reuse_training, siblings, write_json

if TYPE_CHECKING:
    from netgain.generate.loading import ModelFiles
    from netgain.train.finetune import FineTuning

log = logging.getLogger("netgain")
TRAIN_PACKAGES = {"torch", "transformers", "trl", "peft", "accelerate"}


def prepare_data(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Read, check and split the problems, once; from then on the run's own copy rules."""
    if directory.has_problems():
        if directory.training() is None:
            check_ahead(directory, recipe)
        progress("data", 1, 1, f"already done: {_counts(directory.split()['ids'])}")
        return
    progress("data", 0, 1, "reading problems")
    loaded = load_problems(recipe.data, recipe.evaluate.limit)
    split = split_problems(loaded, recipe.data, recipe.evaluate.limit)
    facts = {
        "source": loaded.source,
        "revision": loaded.revision,
        "bad_rows": [asdict(row) for row in loaded.bad_rows],
        "overlaps": [asdict(overlap) for overlap in split.overlaps],
        "no_solution": split.no_solution,
    }
    problems = {"train": split.train, "validation": split.validation, "test": split.test}
    directory.save_problems(problems, facts)
    if loaded.bad_rows:
        log.warning("%d bad rows were skipped, as data.on_bad_row says", len(loaded.bad_rows))
    check_ahead(directory, recipe)
    progress("data", 1, 1, _counts(problems))


def _counts(split: Mapping[str, Sequence[object]]) -> str:
    return ", ".join(f"{len(split[name])} {name}" for name in ("train", "validation", "test"))


def train(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Fine-tune, from the last checkpoint on, and leave the best adapter and the log."""
    if directory.training() is not None:
        steps = directory.training_log().steps
        progress("train", steps, steps, "already done")
        return
    from netgain.generate.loading import find_model, load_renderer, require_torch

    require_torch()
    progress("train", 0, 1, "loading the model")
    base = find_model(recipe.model)
    renderer = load_renderer(base.folder)
    examples = _examples(directory, recipe, renderer)
    rows = [part.rows for part in examples.values()]
    digest = _digest(base.digest, rows, recipe.train)
    earlier = _same_training(directory, digest)
    if earlier is not None:
        reuse_training(directory, earlier)
        log.info("the same training was done in %s: reused", earlier.root)
        progress("train", 1, 1, f"reused from {earlier.root.name}")
        return
    resumed = any(directory.checkpoints.glob("checkpoint-*"))
    with cost.EnergyMeter() as energy:
        done_with = _fine_tune(directory, base, renderer.tokenizer, rows, recipe.train, progress)
    write_json(
        directory.train / "training.json",
        {
            **asdict(done_with),
            "digest": digest,
            "adapter": directory.adapter_digest(),
            "model": {**asdict(base), "folder": str(base.folder)},
            "template": renderer.template,
            "too_long": [i for part in examples.values() for i in part.too_long],
            "examples": {name: len(part.rows) for name, part in examples.items()},
            "energy_wh": None if resumed else energy.watt_hours,
            "resumed": resumed,
            "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        },
    )


def _examples(directory: RunDirectory, recipe: Recipe, renderer: Any) -> dict[str, Any]:
    """Training and validation problems as token ids."""
    from netgain.train.examples import build_examples

    limit = recipe.train.max_length
    training = directory.problems("train")
    examples = {
        name: build_examples(directory.problems(name), renderer, recipe.prompt, limit, training)
        for name in ("train", "validation")
    }
    too_long = sum(len(part.too_long) for part in examples.values())
    if too_long:
        log.warning(
            "%d problems are longer than train.max_length = %d tokens and were left out",
            too_long, limit,
        )  # fmt: skip
    return examples


def _fine_tune(
    directory: RunDirectory,
    base: ModelFiles,
    tokenizer: Any,
    rows: list[list[dict[str, list[int]]]],
    settings: TrainSettings,
    progress: Progress,
) -> FineTuning:
    """Train from the last whole checkpoint on.

    Raises:
        TrainingError: that checkpoint cannot be gone on from.
    """
    from netgain.train.checkpoints import last_checkpoint
    from netgain.train.finetune import fine_tune

    last = last_checkpoint(directory.checkpoints)
    if last is not None:
        log.info("going on from step %s", last.name.removeprefix("checkpoint-"))
    moved = False

    def told(at: int, total: int, note: str) -> None:
        nonlocal moved
        moved = True
        progress("train", at, total, note)

    try:
        return fine_tune(base, tokenizer, rows[0], rows[1], settings, directory.train, told)
    except Exception as error:
        # Only what fails before the first step can be the checkpoint's fault.
        ours = isinstance(error, NetgainError) and not isinstance(error, RunError)
        if last is None or moved or ours:
            raise
        first = (str(error).splitlines() or [""])[0]
        raise TrainingError(
            f"training cannot go on from {last} ({type(error).__name__}: {first:.200}); if it was "
            "damaged, delete that folder and give the same command: training goes on from the "
            "checkpoint before it"
        ) from error


def _digest(base: str, rows: list[list[dict[str, list[int]]]], settings: TrainSettings) -> str:
    """SHA-256 (hex) of all that decides the adapter."""
    from netgain.generate.loading import choose_device, choose_precision

    deciding = {
        "base": base,
        "rows": rows,
        "settings": settings.model_dump(mode="json", exclude={"checkpoint_seconds", "precision"}),
        "precision": choose_precision(settings.precision),
        "device": choose_device(),
        "gpus": list(provenance.gpus()),
        "versions": {k: v for k, v in provenance.versions().items() if k in TRAIN_PACKAGES},
    }
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


def _same_training(directory: RunDirectory, digest: str) -> RunDirectory | None:
    """A finished training with this digest, whole and unchanged, in a run beside this one."""
    for other in siblings(directory):
        try:
            done = other.training()
            if done is None or done.get("digest") != digest:
                continue
            other.training_log()
            if other.adapter_digest() == done.get("adapter"):
                return other
        except (OSError, RunError):  # an unreadable or older run is no help, and no harm
            continue
    return None
