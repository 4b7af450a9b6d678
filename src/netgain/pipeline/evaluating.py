"""The evaluation stages: a model answers every test problem, in units fixed beforehand."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.data.load import problems_digest
from netgain.errors import EvaluationError, RunDamaged, RunError
from netgain.pipeline.progress import Progress
from netgain.prompts import build_prompt
from netgain.recipe import Recipe
from netgain.records import EvaluationSummary, Generation, Problem, Prompt
from netgain.store import RunDirectory, read_json, reuse_evaluation, siblings, write_json
from netgain.store.schema import ANSWER_AGAIN

log = logging.getLogger("netgain")
# Packages whose version may change an answer, by engine.
ENGINE_PACKAGES = {
    "transformers": {"torch", "transformers", "tokenizers", "peft"},
    "openvino": {"openvino", "openvino-genai", "transformers", "tokenizers", "peft"},
}


def evaluate_base(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    _evaluate(directory, recipe, "base", progress)


def evaluate_tuned(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    if directory.training() is None:
        raise RunError(
            f"{directory.root} has no trained adapter yet; train first: netgain run … --only train"
        )
    directory.adapter_digest()  # a damaged adapter is no reason to throw its answers away
    _evaluate(directory, recipe, "tuned", progress)


@dataclass(frozen=True)
class Questions:
    """The test problems as they are asked: prompts, and their token ids, by problem id."""

    prompts: dict[str, Prompt]
    ids: dict[str, list[int]]
    renderer: Any


def _evaluate(directory: RunDirectory, recipe: Recipe, model: str, progress: Progress) -> None:
    problems = directory.problems("test")
    if _is_current(directory, model, problems):
        progress(model, len(problems), len(problems), "already done")
        return
    from netgain.generate.loading import find_model

    progress(model, 0, 1, "loading the model")
    base = find_model(recipe.model)
    _same_base_as_trained(directory, base.digest)
    questions = _ask(recipe, base.folder, problems)
    settings = _settings(directory, recipe, model, base.digest, problems, questions)
    if model == "tuned":
        refuse_other_conditions(directory, settings)
    digest = settings_digest(settings)
    earlier = _same_evaluation(directory, model, digest, problems)
    if earlier is not None:
        reuse_evaluation(directory, earlier, model)
        log.info("the %s model was evaluated the same way in %s: reused", model, earlier.root)
        progress(model, len(problems), len(problems), f"reused from {earlier.root.name}")
        return
    _generate_all(directory, recipe, model, base.folder, questions, digest, progress)
    rows = directory.generations(model, problems)
    directory.save_summary(_summary(model, digest, settings, rows))


def _is_current(directory: RunDirectory, model: str, problems: Sequence[Problem]) -> bool:
    """Whether there is a finished, whole evaluation of these problems and this adapter.

    A damaged one counts as unfinished: what is lost of it is answered again.
    """
    try:
        summary = sound_summary(directory, model, problems)
    except RunDamaged as error:
        log.warning("%s: what is lost is answered again", error.what)
        directory.reopen_evaluation(model)
        return False
    if summary is None:
        return False
    if model == "tuned" and summary.settings["adapter"] != adapter_digest(directory):
        log.warning("the tuned model is evaluated again: the adapter has changed since")
        directory.drop_evaluation(model)
        return False
    return True


def _same_base_as_trained(directory: RunDirectory, digest: str) -> None:
    training = directory.training()
    if training is not None and training["model"]["digest"] != digest:
        raise EvaluationError(
            "the base model's files are not those the adapter was trained on (did the Hub's "
            "newest revision move, or a folder change?); set model.revision, or train again"
        )


def _ask(recipe: Recipe, base: Path, problems: Sequence[Problem]) -> Questions:
    from netgain.generate.loading import generation_eos, load_tokenizer
    from netgain.generate.render import make_renderer

    renderer = make_renderer(load_tokenizer(base), generation_eos(base))
    prompts = {p.id: build_prompt(p, recipe.prompt) for p in problems}
    return Questions(prompts, {i: renderer.prompt_ids(p) for i, p in prompts.items()}, renderer)


def _settings(
    directory: RunDirectory,
    recipe: Recipe,
    model: str,
    base_digest: str,
    problems: Sequence[Problem],
    questions: Questions,
) -> dict[str, Any]:
    """All that decides the answers; base and tuned may differ in the adapter alone."""
    from netgain.generate.loading import choose_device, choose_precision

    asked = json.dumps([questions.ids, questions.renderer.stop_ids])
    return {
        **recipe.evaluate.model_dump(mode="json", exclude={"limit", "precision"}),
        "prompt": recipe.prompt.model_dump(mode="json"),
        "asked": hashlib.sha256(asked.encode()).hexdigest(),
        "model": base_digest,
        "adapter": adapter_digest(directory) if model == "tuned" else None,
        "device": "cpu" if recipe.evaluate.engine == "openvino" else choose_device(),
        "gpus": list(provenance.gpus()),
        "precision": choose_precision(recipe.evaluate.precision),
        "versions": {
            k: v
            for k, v in provenance.versions().items()
            if k in ENGINE_PACKAGES[recipe.evaluate.engine]
        },
        "problems": problems_digest(problems),
    }


def settings_digest(settings: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of all that decides the answers."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def sound_summary(
    directory: RunDirectory, model: str, problems: Sequence[Problem]
) -> EvaluationSummary | None:
    """A finished evaluation's summary; None while it is not finished.

    Raises:
        RunDamaged: it was changed, is of other problems, or its answers are not whole.
    """
    summary = directory.summary(model)
    if summary is None:
        return None
    path = directory.evaluation(model) / "evaluation.json"
    if settings_digest(summary.settings) != summary.digest:
        raise RunDamaged(path, "was changed: its settings are not of its digest", ANSWER_AGAIN)
    if summary.problems_digest != problems_digest(problems):
        raise RunDamaged(path, "is of other problems than data/test.jsonl holds", ANSWER_AGAIN)
    directory.generations(model, problems)
    return summary


def refuse_other_conditions(directory: RunDirectory, tuned: Mapping[str, Any]) -> None:
    """Base and tuned must have been asked alike, or their difference is not the adapter's.

    Raises:
        EvaluationError: naming the conditions that differ.
    """
    base = directory.summary("base")
    if base is None:
        return
    differ = [k for k in tuned if k != "adapter" and tuned[k] != base.settings.get(k)]
    if differ:
        raise EvaluationError(
            f"the base model was evaluated under other conditions ({', '.join(differ)} differ), so "
            f"it cannot be compared; delete {directory.root / 'evaluations'} and give the same "
            "command: both are evaluated again"
        )


def _same_evaluation(
    directory: RunDirectory, model: str, digest: str, problems: Sequence[Problem]
) -> RunDirectory | None:
    """A finished, whole evaluation with this digest in a run beside this one."""
    for other in siblings(directory):
        try:
            summary = other.summary(model)
            if summary is not None and summary.digest == digest:
                sound_summary(other, model, problems)
                return other
        except (OSError, RunError):  # an unreadable or older run is no help, and no harm
            continue
    return None


def _generate_all(
    directory: RunDirectory,
    recipe: Recipe,
    model: str,
    base: Path,
    questions: Questions,
    digest: str,
    progress: Progress,
) -> None:
    """Answer every problem, in units fixed beforehand; units already stored are passed over."""
    ids, prompts = questions.ids, questions.prompts
    units = _plan_units(directory, model, ids, recipe.evaluate.batch_size, digest)
    todo = [i for i, unit in enumerate(units) if not directory.holds_part(model, i, unit)]
    answered = len(ids) - sum(len(units[i]) for i in todo)
    if not todo:
        return
    if answered:
        log.info("going on after %d of %d answers", answered, len(ids))
    sampler = _load_sampler(directory, recipe, model, base, questions)
    tokens, began = 0, time.monotonic()
    progress(model, answered, len(ids), "answering")
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
        progress(model, answered, len(ids), f"{rate:.0f} tokens/s")


def _plan_units(
    directory: RunDirectory, model: str, ids: dict[str, list[int]], batch: int, digest: str
) -> list[list[str]]:
    """Batches of problem ids, longest prompts first; parts of another plan are thrown away."""
    folder = directory.evaluation(model)
    order = sorted(ids, key=lambda i: (-len(ids[i]), i))
    units = [order[at : at + batch] for at in range(0, len(order), batch)]
    plan = {"digest": digest, "units": units}
    path = folder / "plan.json"
    try:
        planned = path.exists() and read_json(path) == plan
    except RunError as error:
        log.warning("%s: the answers of an unknown plan are given again", error)
        planned = False
    if not planned:
        for part in (folder / "generations").glob("part-*.parquet"):
            part.unlink()
        write_json(path, plan)
    return units


def _load_sampler(
    directory: RunDirectory, recipe: Recipe, model: str, base: Path, questions: Questions
) -> Any:
    from netgain.generate.engines import load_sampler
    from netgain.generate.loading import choose_precision

    return load_sampler(
        recipe.evaluate.engine,
        questions.renderer,
        choose_precision(recipe.evaluate.precision),
        base,
        directory.adapter if model == "tuned" else None,
        next(iter(questions.ids.values())),
    )


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


def adapter_digest(directory: RunDirectory) -> str:
    """How the adapter is applied, and the SHA-256 (hex) over its files."""
    return f"merged in fp32, {directory.adapter_digest()}"
