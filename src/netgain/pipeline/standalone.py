"""An evaluation without a run: any model, adapter or server, on any problems, asked in any way.

FOLDER/
  evaluation.json     what decides the answers, counts; written last
  problems.jsonl      what was asked
  generations/        part-00000.parquet …
  sources.json        where model and problems came from, with the Hub's commits
  answers.jsonl       the same as rows that `netgain grade`, `compare` and `diagnose` read
"""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from netgain.data.asked import Asked, load_asked
from netgain.data.load import problems_digest
from netgain.data.tasks import TASKS, choice_items
from netgain.errors import EvaluationError, RunBusy, RunDamaged, StorageError
from netgain.generate.answering import Asking, refuse_raw_text
from netgain.generate.endpoint_engine import EndpointSampler
from netgain.generate.endpoint_server import Server
from netgain.pipeline.evaluating import sound_or_reopened
from netgain.pipeline.evaluations import (
    Evaluation,
    Workers,
    measure_prompts,
    settings_digest,
)
from netgain.pipeline.progress import Progress
from netgain.pipeline.scoring import Scoring, plan_scoring
from netgain.pipeline.served_model import (
    Ask,
    ServedModel,
    asking_settings,
    find_served_model,
    look_at_rounding,
    plan_evaluation,
)
from netgain.plain_files import real
from netgain.prompts import prompter
from netgain.recipe import PromptSettings, Recipe, local_path
from netgain.records import EvaluationSummary, Problem
from netgain.store import (
    EvaluationFolder,
    RunDirectory,
    folder_digest,
    refuse_odd_files,
    storage_errors,
    whole_file,
    write_json,
)

log = logging.getLogger("netgain")
LABEL = "evaluate"
SERVER_UNIT = 64


@dataclass(frozen=True)
class Standalone:
    """What to evaluate: `recipe` gives model, data, prompt and bounds; its training is not used.

    With a `server` the recipe's model is the name that the server knows it by.
    """

    recipe: Recipe
    asking: Asking
    adapter: Path | None = None
    server: Server | None = None
    workers: Workers | None = None
    any_base: bool = False  # take an adapter that names another base model


def evaluate_alone(wanted: Standalone, out: Path, progress: Progress) -> EvaluationSummary:
    """Answer every problem, from where an interrupted evaluation of the same stopped.

    Raises:
        EvaluationError: the folder holds another evaluation.
        NetgainError: the model, the data, the engine or the server cannot be used.
    """
    _refuse_foreign(out)
    with storage_errors(out, "choose another place with --out"):
        out.mkdir(parents=True, exist_ok=True)
    refuse_odd_files(out)
    lock = FileLock(out / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunBusy(f"{out} is in use by another netgain process; choose another --out") from None
    try:
        return _evaluate(wanted, EvaluationFolder(out), progress)
    finally:
        lock.release()


def _refuse_foreign(out: Path) -> None:
    """Touch nothing in a folder that holds somebody's other files."""
    if out.is_file():
        raise StorageError(f"{out} is a file; choose another --out")
    names = {p.name for p in out.iterdir()} - {".lock"} if out.is_dir() else set()
    if names and not names & {"plan.json", "evaluation.json"}:
        raise EvaluationError(f"{out} is not empty and no evaluation; choose another --out")


def _evaluate(
    wanted: Standalone, folder: EvaluationFolder, progress: Progress
) -> EvaluationSummary:
    progress(LABEL, 0, 1, "reading problems")
    recipe = wanted.recipe
    asked = load_asked(recipe.data, recipe.evaluate.limit, recipe.evaluate.skip)
    if asked.bad_rows:
        log.warning("%d bad rows were skipped, as data.on_bad_row says", len(asked.bad_rows))
    if asked.set_aside:
        log.warning("%d items without an answer to grade by are set aside", asked.set_aside)
    work, served_model = _work(wanted, folder, asked, progress)
    _refuse_another(folder, work.settings)
    _write_sources(folder, wanted, asked, served_model)
    summary = sound_or_reopened(folder, asked.problems, own=True)
    if summary is not None and summary.errors:
        log.warning("answers that failed the last time (%d) are asked again", summary.errors)
    if summary is None or summary.errors:  # what vouches for the others stays until then
        folder.save_problems(asked.problems)
        summary = work.make(progress)
        sampler = work.load() if served_model is None else None
        if isinstance(sampler, EndpointSampler):  # by now it knows what the server told of itself
            write_json(folder.path / "server.json", sampler.describe())
    if isinstance(work, Evaluation):
        _write_rows(folder, asked.problems, _name(wanted))
    return summary


def _work(
    wanted: Standalone, folder: EvaluationFolder, asked: Asked, progress: Progress
) -> tuple[Evaluation | Scoring, ServedModel | None]:
    """What is to be done, and the model that does it; None where a server answers."""
    recipe, problems, task = wanted.recipe, asked.problems, asked.task
    if task is not None and TASKS[task].headline is not None:
        _refuse_unheeded(task, wanted)
        served_model = _served_model(wanted)
        items = choice_items(task, problems)
        return plan_scoring(LABEL, folder, served_model, task, problems, items), served_model
    prompt_of = prompter(recipe.prompt, asked.shots, problems)
    if wanted.asking.revisions:
        refuse_raw_text(prompt_of(problems[0]))
    ask = Ask(problems, recipe.prompt, prompt_of, wanted.asking)
    progress(LABEL, 0, len(problems), "loading the model")
    if wanted.server is not None:
        return _of_server(wanted, wanted.server, folder, ask), None
    served_model = _served_model(wanted)
    served = served_model if served_model.adapter is None else _served(served_model, ask)
    planned = plan_evaluation(LABEL, folder, served, ask, recipe.evaluate, wanted.workers)
    return planned, served_model


def _refuse_unheeded(task: str, wanted: Standalone) -> None:
    """Options that a scored benchmark does not heed are no options of it."""
    asking, settings = wanted.asking, wanted.recipe
    given = {
        "a server": wanted.server is not None,
        "--samples": asking.samples > 1,
        "--temperature": asking.sampling.temperature > 0,
        "--revise": bool(asking.revisions),
        "--calculator": asking.calculator,
        "--workers": wanted.workers is not None,
        "a prompt": settings.prompt != PromptSettings(),
        "an engine": settings.evaluate.engine not in {"auto", "transformers"},
    }
    unheeded = [name for name, is_given in given.items() if is_given]
    if unheeded:
        raise EvaluationError(
            f"{task} is scored by the log-likelihoods of its choices, by the transformers engine "
            f"and under its own prompt: leave out {', '.join(unheeded)}"
        )


def _served_model(wanted: Standalone) -> ServedModel:
    from netgain.models.adapter_files import is_adapter, refuse_other_base
    from netgain.models.loading import find_model

    recipe, adapter = wanted.recipe, wanted.adapter
    if adapter is not None and not (is_adapter(adapter) or (adapter / "config.json").exists()):
        inside = next(iter(sorted(adapter.glob("**/adapter_config.json"))), None)
        hint = "" if inside is None else f"; there is an adapter in {inside.parent}: give that"
        raise EvaluationError(f"{adapter} holds neither an adapter nor a model{hint}")
    digest = None if adapter is None else folder_digest(adapter)
    trained_on = None if adapter is None else _trained_on(adapter)
    if adapter is not None and is_adapter(adapter) and not wanted.any_base:
        base = find_model(recipe.model)
        if base.digest != trained_on:
            refuse_other_base(adapter, recipe.model.id, base.same_as or base.description)
    return find_served_model(recipe.model, recipe.evaluate, adapter, digest)


def _trained_on(adapter: Path) -> str | None:
    """The SHA-256 (hex) of the model that a run's adapter was trained on, whatever it is called.

    Raises:
        RunDamaged: the adapter is not the one that the run left.
    """
    if not (adapter.parent / "training.json").exists():
        return None
    run = RunDirectory(real(adapter).parent.parent)
    run.sound_adapter_digest()
    done = run.training()
    return None if done is None else str(done["model"]["digest"])


def _served(served_model: ServedModel, ask: Ask) -> ServedModel:
    """The same in a precision that keeps what was trained."""
    serving = look_at_rounding(served_model, ask)
    if not serving.is_as_asked:
        log.warning(
            "%s; to compare it with the base, evaluate that with --engine %s "
            "--set evaluate.precision=%s too",
            serving.words(), serving.engine, serving.precision,
        )  # fmt: skip
    return replace(served_model, engine=serving.engine, precision=serving.precision)


def _of_server(
    wanted: Standalone, server: Server, folder: EvaluationFolder, ask: Ask
) -> Evaluation:
    if wanted.adapter is not None or wanted.workers is not None:
        raise EvaluationError(
            "a server loads its own adapters and workers: leave --adapter and --workers out, and "
            "give the name by which it serves the adapter as MODEL"
        )
    sampler = EndpointSampler(server)
    size = wanted.recipe.evaluate.batch_size or max(SERVER_UNIT, 4 * server.concurrency)
    asked, lengths = measure_prompts(ask.problems, ask.prompt_of, None)
    raw = not ask.prompt_of(ask.problems[0]).messages
    deciding = {
        "engine": "endpoint",
        **sampler.describe(),
        **({"chat_template": "none, raw text was sent"} if raw else {}),
        **asking_settings(ask.prompt, ask.asking),
        "asked": asked,
        "problems": problems_digest(ask.problems),
        "batch_size": size,
    }
    return Evaluation(
        LABEL, folder, ask.problems, ask.prompt_of, lengths, ask.asking, size, deciding,
        lambda: sampler,
    )  # fmt: skip


def _refuse_another(folder: EvaluationFolder, now: Mapping[str, Any]) -> None:
    """Answers that were given under other settings are not thrown away.

    A damaged summary is no reason: what the folder's plan says decides then.
    """
    if folder.is_older():
        raise EvaluationError(
            f"{folder.path} holds an evaluation that an earlier netgain made, or that was edited; "
            "choose another --out, or delete the folder"
        )
    try:
        folder.summary()
    except RunDamaged as error:
        log.warning("%s: it is made anew", error.what)
        folder.reopen()
    before = folder.planned_settings()
    if before is None or not folder.parts() or settings_digest(before) == settings_digest(now):
        return
    differ = sorted(k for k in {*now, *before} if now.get(k) != before.get(k))
    raise EvaluationError(
        f"{folder.path} holds answers of another evaluation ({', '.join(differ)} "
        f"differ{'s'[: len(differ) == 1]}); choose another --out, or delete the folder"
    )


def _name(wanted: Standalone) -> str:
    """What rows call the model: folders by their last part, and what else makes its figures."""
    model, asking = wanted.recipe.model.id, wanted.asking
    name = Path(model).name if local_path(model) else model
    name = wanted.recipe.model.called(name)
    if wanted.adapter is not None:
        name += f" + {real(wanted.adapter).name}"
    if asking.calculator:
        name += ", with the calculator"
    if asking.revisions:
        name += f", after {len(asking.revisions)} revision{'s'[: len(asking.revisions) != 1]}"
    return name


def _write_sources(
    folder: EvaluationFolder, wanted: Standalone, asked: Asked, served_model: ServedModel | None
) -> None:
    data = wanted.recipe.data
    model = {"id": wanted.recipe.model.id, "revision": served_model and served_model.revision}
    problems = {"source": data.source, "subset": data.subset, "revision": asked.revision}
    write_json(folder.path / "sources.json", {"model": model, "data": problems})


def _write_rows(folder: EvaluationFolder, problems: Sequence[Problem], model: str) -> None:
    """The last turn's answers as rows, one a problem, its samples in a list."""
    answers = defaultdict(list)
    generations = folder.generations()
    last = max((g.turn for g in generations), default=0)
    for g in generations:
        if g.turn == last:
            answers[g.problem_id].append(g)
    with whole_file(folder.path / "answers.jsonl") as file:
        for p in problems:
            texts = [g.text for g in answers[p.id]]
            reasons = [g.finish_reason for g in answers[p.id]]
            row = {
                "id": p.id, "question": p.question, "answer": p.solution, "gold": str(p.answer),
                "category": p.category, "model": model,
                "completion": texts if len(texts) > 1 else texts[0],
                "finish_reason": reasons if len(reasons) > 1 else reasons[0],
            }  # fmt: skip
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
