"""The stages in order: which are done, which are still to do.

data → train → base → tuned → report. A stage that is done is not done again; an unfinished one
goes on from its last finished unit (a checkpoint, a batch of answers). The report is always made
anew, from the records alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from netgain import cost, provenance
from netgain.analysis.findings import RunRecords, assemble
from netgain.data import load_problems, split_problems
from netgain.data.load import problems_digest
from netgain.errors import EvaluationError, RunError
from netgain.grading import grade
from netgain.importers import read_trainer_state
from netgain.prompts import build_prompt
from netgain.recipe import Recipe
from netgain.records import EvaluationSummary, Findings, Generation, Grade, Problem
from netgain.reporting import write_reports
from netgain.store import RunDirectory, read_json, sweep_leftovers, write_json

log = logging.getLogger("netgain")
Progress = Callable[[str, int, int, str], None]  # stage, done, total, a word on it
STAGES: dict[str, tuple[str, ...]] = {
    "all": ("data", "train", "base", "tuned", "report"),
    "train": ("data", "train"),
    "evaluate": ("data", "base", "tuned"),
    "report": ("report",),
}


def run(recipe: Recipe, root: Path, only: str, command: str, progress: Progress) -> Path:
    """Do the stages that are not done; returns the report (or the run directory without one).

    Raises:
        NetgainError: with one clear line; what was finished stays, the same command goes on.
    """
    directory = RunDirectory(root)
    with directory.claimed(), _logged_to(directory.log):
        sweep_leftovers(root)
        facts = {
            "command": command,
            "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        }
        directory.begin(recipe, facts)
        log.info("run directory %s", root)
        for stage in STAGES[only]:
            began = time.monotonic()
            log.debug("stage %s begins", stage)
            _STAGES[stage](directory, recipe, progress)
            log.debug("stage %s done in %.1f s", stage, time.monotonic() - began)
    page = root / "report" / "report.html"
    return page if "report" in STAGES[only] else root


# -- data ----------------------------------------------------------------------------------


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


# -- train ---------------------------------------------------------------------------------


def train(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Fine-tune, from the last checkpoint on, and leave the best adapter and the log."""
    done = directory.train / "training.json"
    if done.exists():
        return
    from netgain.generate.loading import find_model, load_tokenizer, require_torch
    from netgain.generate.render import make_renderer

    require_torch()
    from netgain.train.examples import build_examples
    from netgain.train.finetune import fine_tune

    progress("train", 0, 1, "loading the model")
    base = find_model(recipe.model)
    renderer = make_renderer(load_tokenizer(base.folder), _generation_eos(base.folder))
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
    energy = cost.read_energy()
    done_with = fine_tune(
        base, renderer.tokenizer, examples["train"].rows, examples["validation"].rows, settings,
        directory.train, lambda at, total, note: progress("train", at, total, note),
    )  # fmt: skip
    used = cost.energy_between(energy, cost.read_energy())
    write_json(
        done,
        {
            **asdict(done_with),
            "model": {**asdict(base), "folder": str(base.folder)},
            "template": renderer.template,
            "too_long": too_long,
            "examples": {name: len(part.rows) for name, part in examples.items()},
            "energy_wh": None if resumed else used,
            "resumed": resumed,
            "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        },
    )


# -- evaluate ------------------------------------------------------------------------------


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


ENGINE_PACKAGES = {"torch", "transformers", "peft"}


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
    from netgain.generate.loading import load_tokenizer
    from netgain.generate.render import make_renderer

    renderer = make_renderer(load_tokenizer(base), _generation_eos(base))
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


def _generation_eos(folder: Path) -> Any:
    """What the model's own generation settings call the end, if it has any."""
    path = folder / "generation_config.json"
    return read_json(path).get("eos_token_id") if path.exists() else None


# -- report --------------------------------------------------------------------------------


def report(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Grade, compare, and write the reports, from the records alone."""
    progress("report", 0, 1, "grading and comparing")
    write_reports(findings_of(directory), directory.report)
    progress("report", 1, 1, str(directory.report))


def findings_of(directory: RunDirectory) -> Findings:
    """Everything known of a run, assembled. Needs no torch."""
    recipe = directory.recipe()
    trained = directory.train / "training.json"
    state = directory.train / "trainer_state.json"
    summaries = {m: directory.summary(m) for m in ("base", "tuned")}
    test = directory.problems("test")
    generations = {m: directory.generations(m) for m, s in summaries.items() if s is not None}
    return assemble(
        RunRecords(
            recipe=recipe.plain(),
            facts=read_json(directory.root / "run.json"),
            split=read_json(directory.data / "split.json"),
            training=read_json(trained) if trained.exists() else None,
            state=read_trainer_state(state) if state.exists() else None,
            problems=test,
            summaries={m: s for m, s in summaries.items() if s is not None},
            generations=generations,
            grades={m: grade_all(test, rows) for m, rows in generations.items()},
            place=str(directory.root),
        )
    )


def grade_all(problems: Sequence[Problem], generations: Sequence[Generation]) -> list[Grade]:
    """Every generation judged against its problem's answer."""
    gold = {p.id: p.answer for p in problems}
    grades = []
    for g in generations:
        answer = gold.get(g.problem_id)
        if answer is None:
            raise EvaluationError(f"problem {g.problem_id!r} has no numeric answer to grade by")
        grades.append(
            grade(
                g.text, answer, problem_id=g.problem_id, sample=g.sample, turn=g.turn,
                finish_reason=g.finish_reason,
            )
        )  # fmt: skip
    return grades


_STAGES: dict[str, Callable[[RunDirectory, Recipe, Progress], None]] = {
    "data": prepare_data,
    "train": train,
    "base": evaluate_base,
    "tuned": evaluate_tuned,
    "report": report,
}


@contextmanager
def _logged_to(path: Path) -> Iterator[None]:
    """Everything netgain and its libraries log also goes to the run's log file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("netgain", "transformers", "trl", "peft")]
    for logger in loggers:
        logger.addHandler(handler)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    try:
        yield
    finally:
        for logger in [*loggers, logging.getLogger("py.warnings")]:
            logger.removeHandler(handler)
        logging.captureWarnings(False)
        handler.close()
