"""The evaluation stages: a model answers every test problem, in units fixed beforehand."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.data.load import problems_digest
from netgain.errors import EvaluationError, RunError
from netgain.pipeline.progress import Progress
from netgain.prompts import build_prompt
from netgain.recipe import Recipe
from netgain.records import EvaluationSummary, Generation, Problem
from netgain.store import RunDirectory, read_json, write_json

log = logging.getLogger("netgain")
ENGINE_PACKAGES = {"torch", "transformers", "peft"}


def evaluate_base(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    _evaluate(directory, recipe, "base", progress)


def evaluate_tuned(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    if not (directory.train / "training.json").exists():
        raise RunError(
            f"{directory.root} has no trained adapter yet; train first: netgain run … --only train"
        )
    _evaluate(directory, recipe, "tuned", progress)


def _evaluate(directory: RunDirectory, recipe: Recipe, model: str, progress: Progress) -> None:
    from netgain.generate.loading import choose_device, choose_precision, find_model

    if directory.summary(model) is not None:
        return
    progress(model, 0, 1, "loading the model")
    base = find_model(recipe.model)
    problems = directory.problems("test")
    settings: dict[str, Any] = {
        **recipe.evaluate.model_dump(mode="json", exclude={"limit", "precision"}),
        "prompt": recipe.prompt.model_dump(mode="json"),
        "model": base.digest,
        "adapter": _adapter_digest(directory) if model == "tuned" else None,
        "device": choose_device(),
        "precision": choose_precision(recipe.evaluate.precision),
        "versions": {k: v for k, v in provenance.versions().items() if k in ENGINE_PACKAGES},
        "problems": problems_digest(problems),
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    earlier = _same_evaluation(directory, model, digest)
    if earlier is not None:
        directory.reuse_evaluation(earlier, model)
        log.info("the %s model was evaluated the same way in %s: reused", model, earlier.root)
        progress(model, len(problems), len(problems), f"reused from {earlier.root.name}")
        return
    _generate_all(directory, recipe, model, base.folder, problems, digest, progress)
    rows = directory.generations(model)
    if sorted(g.problem_id for g in rows) != sorted(p.id for p in problems):
        raise EvaluationError(
            f"{directory.evaluation(model)} does not hold one answer for each problem; delete "
            "that folder and evaluate again"
        )
    directory.save_summary(_summary(model, digest, settings, rows))


def _same_evaluation(directory: RunDirectory, model: str, digest: str) -> RunDirectory | None:
    """A finished evaluation with this digest in a run beside this one."""
    for other in sorted(directory.root.resolve().parent.iterdir()):
        if other == directory.root.resolve() or not (other / "recipe.yaml").exists():
            continue
        try:
            summary = RunDirectory(other).summary(model)
        except (RunError, TypeError):  # a damaged or older run is no help, and no harm
            continue
        if summary is not None and summary.digest == digest:
            return RunDirectory(other)
    return None


def _generate_all(
    directory: RunDirectory,
    recipe: Recipe,
    model: str,
    base: Path,
    problems: Sequence[Problem],
    digest: str,
    progress: Progress,
) -> None:
    """Answer every problem, in units fixed beforehand; units already stored are passed over."""
    from netgain.generate.loading import generation_eos, load_tokenizer
    from netgain.generate.render import make_renderer

    renderer = make_renderer(load_tokenizer(base), generation_eos(base))
    prompts = {p.id: build_prompt(p, recipe.prompt) for p in problems}
    ids = {p.id: renderer.prompt_ids(prompts[p.id]) for p in problems}
    units = _plan_units(directory, model, ids, recipe.evaluate.batch_size, digest)
    todo = [i for i in range(len(units)) if not directory.part(model, i).exists()]
    answered = sum(len(units[i]) for i in range(len(units)) if i not in set(todo))
    if not todo:
        return
    sampler = _load_sampler(directory, recipe, model, base, renderer, next(iter(ids.values())))
    tokens, began = 0, time.monotonic()
    for unit in todo:
        answers = _answer(sampler, [ids[i] for i in units[unit]], recipe.evaluate.max_new_tokens)
        generations = [
            Generation(
                problem_id=i, sample=0, turn=0, seed=None, prompt_digest=prompts[i].digest,
                **asdict(answer),
            )
            for i, answer in zip(units[unit], answers, strict=True)
        ]  # fmt: skip
        directory.save_part(model, unit, generations)
        answered += len(generations)
        tokens += sum(a.completion_tokens for a in answers)
        rate = tokens / (time.monotonic() - began)
        progress(model, answered, len(problems), f"{rate:.0f} tokens/s")


def _plan_units(
    directory: RunDirectory, model: str, ids: dict[str, list[int]], batch: int, digest: str
) -> list[list[str]]:
    """Batches of problem ids, longest prompts first; parts of another plan are thrown away."""
    folder = directory.evaluation(model)
    order = sorted(ids, key=lambda i: (-len(ids[i]), i))
    units = [order[at : at + batch] for at in range(0, len(order), batch)]
    plan = {"digest": digest, "units": units}
    path = folder / "plan.json"
    if not path.exists() or read_json(path) != plan:
        for part in (folder / "generations").glob("part-*.parquet"):
            part.unlink()
        write_json(path, plan)
    return units


def _load_sampler(
    directory: RunDirectory,
    recipe: Recipe,
    model: str,
    base: Path,
    renderer: Any,
    probe: list[int],
) -> Any:
    from netgain.generate.loading import apply_adapter, choose_precision, load_model
    from netgain.generate.transformers_engine import TransformersSampler

    loaded = load_model(base, choose_precision(recipe.evaluate.precision))
    if model == "tuned":
        loaded = apply_adapter(loaded, directory.adapter, probe)
    return TransformersSampler(loaded, renderer)


def _answer(sampler: Any, prompts: list[list[int]], max_new_tokens: int) -> list[Any]:
    """A unit's answers; when memory runs out its halves are answered one after the other."""
    from netgain.generate.loading import free_memory, is_out_of_memory

    try:
        return list(sampler.generate(prompts, max_new_tokens))
    except Exception as error:
        if not is_out_of_memory(error) or len(prompts) == 1:
            raise
        error.__traceback__ = None  # its frames hold the failed batch's memory
    free_memory()
    half = len(prompts) // 2
    log.warning("out of memory with %d answers at once: going on with %d", len(prompts), half)
    return _answer(sampler, prompts[:half], max_new_tokens) + _answer(
        sampler, prompts[half:], max_new_tokens
    )


def _summary(
    model: str, digest: str, settings: dict[str, Any], rows: Sequence[Generation]
) -> EvaluationSummary:
    return EvaluationSummary(
        model=model,
        digest=digest,
        settings=settings,
        problems_digest=settings["problems"],
        n=len(rows),
        truncated=sum(g.finish_reason == "length" for g in rows),
        errors=sum(g.finish_reason == "error" for g in rows),
        prompt_tokens=sum(g.prompt_tokens for g in rows),
        completion_tokens=sum(g.completion_tokens for g in rows),
        seconds=sum(g.seconds for g in rows),
    )


def _adapter_digest(directory: RunDirectory) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.adapter.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()
