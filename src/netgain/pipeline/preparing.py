"""The stages before any answer: problems, then an adapter."""

from __future__ import annotations

import logging
from dataclasses import asdict

from netgain import cost, provenance
from netgain.data import load_problems, split_problems
from netgain.data.load import problems_digest
from netgain.pipeline.progress import Progress
from netgain.recipe import Recipe
from netgain.store import RunDirectory, write_json

log = logging.getLogger("netgain")


def prepare_data(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Read, check and split the problems, once; from then on the run's own copy rules."""
    if (directory.data / "split.json").exists():
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
        "digests": {
            name: problems_digest(getattr(split, name)) for name in ("train", "validation", "test")
        },
    }
    problems = {"train": split.train, "validation": split.validation, "test": split.test}
    directory.save_problems(problems, facts)
    counts = f"{len(split.train)} train, {len(split.validation)} validation, {len(split.test)} test"
    if loaded.bad_rows:
        log.warning("%d bad rows were skipped, as data.on_bad_row says", len(loaded.bad_rows))
    progress("data", 1, 1, counts)


def train(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Fine-tune, from the last checkpoint on, and leave the best adapter and the log."""
    done = directory.train / "training.json"
    if done.exists():
        return
    from netgain.generate.loading import (
        find_model,
        generation_eos,
        load_tokenizer,
        require_torch,
    )
    from netgain.generate.render import make_renderer

    require_torch()
    from netgain.train.examples import build_examples
    from netgain.train.finetune import fine_tune

    progress("train", 0, 1, "loading the model")
    base = find_model(recipe.model)
    renderer = make_renderer(load_tokenizer(base.folder), generation_eos(base.folder))
    settings = recipe.train
    examples = {
        name: build_examples(directory.problems(name), renderer, recipe.prompt, settings.max_length)
        for name in ("train", "validation")
    }
    too_long = [i for part in examples.values() for i in part.too_long]
    if too_long:
        log.warning(
            "%d problems are longer than train.max_length = %d tokens and were left out",
            len(too_long), settings.max_length,
        )  # fmt: skip
    resumed = any((directory.checkpoints).glob("checkpoint-*"))
    with cost.EnergyMeter() as energy:
        done_with = fine_tune(
            base, renderer.tokenizer, examples["train"].rows, examples["validation"].rows, settings,
            directory.train, lambda at, total, note: progress("train", at, total, note),
        )  # fmt: skip
    write_json(
        done,
        {
            **asdict(done_with),
            "model": {**asdict(base), "folder": str(base.folder)},
            "template": renderer.template,
            "too_long": too_long,
            "examples": {name: len(part.rows) for name, part in examples.items()},
            "energy_wh": None if resumed else energy.watt_hours,
            "resumed": resumed,
            "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        },
    )
