"""`netgain.evaluate`: a model, an adapter or a server answers problems, without a recipe."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from netgain.analysis.estimates.statistics import wilson
from netgain.api.arguments import refuse_outside, refuse_unknown
from netgain.api.beforehand import no_empty_folder
from netgain.api.display import Display
from netgain.api.graded import Graded, grade
from netgain.api.recipes import Changes, words_of
from netgain.api.shown import Line, Part, Shown
from netgain.data.tasks import TASKS
from netgain.errors import UsageError
from netgain.generate.answering import Asking
from netgain.generate.endpoint_server import Server
from netgain.generate.sampler import Sampling
from netgain.grading import grade_all
from netgain.grading.loglikelihood import graded_choices
from netgain.pipeline.evaluations import Workers, is_of_scores
from netgain.pipeline.served_model import asking_settings
from netgain.pipeline.standalone import Standalone, evaluate_alone
from netgain.prompts import stop_texts
from netgain.recipe import Engine, Recipe, parse_recipe
from netgain.records import Estimate, EvaluationSummary
from netgain.store import EvaluationFolder
from netgain.wording import duration, estimate_words, integer, one_line

# What `changes` may set: the rest is an argument of its own, or has no effect without training.
HEEDED = (
    "prompt", "model.revision", "model.name", "model.same_as",
    "data.revision", "data.subset", "data.on_bad_row", "data.builtin_steps",
    "data.columns",
    "evaluate.max_new_tokens", "evaluate.batch_size", "evaluate.precision",
)  # fmt: skip
ENGINES = (*get_args(Engine), "endpoint")


@dataclass(frozen=True, repr=False)
class Evaluated(Shown):
    """An evaluation that was done: its folder, what it took, and its figures."""

    folder: Path
    summary: EvaluationSummary

    @property
    def by_choice(self) -> bool:
        """Whether choices were scored by their log-likelihood, and no answers given."""
        return is_of_scores(self.summary)

    @property
    def answers(self) -> Path:
        """The answers as rows, which `grade`, `diagnose` and `compare` take."""
        return self.folder / "answers.jsonl"

    @cached_property
    def graded(self) -> Graded:
        """The answers, judged (of several turns the last)."""
        return grade(self.answers)

    @cached_property
    def choices(self) -> dict[str, Estimate]:
        """acc and acc_norm, where choices were scored."""
        evaluation = EvaluationFolder(self.folder)
        problems = evaluation.problems()
        scores = evaluation.scores([p.id for p in problems])
        right = {m: graded_choices(problems, scores, m) for m in ("acc", "acc_norm")}
        return {metric: wilson(sum(of.values()), len(of)) for metric, of in right.items()}

    def parts(self) -> Iterator[Part]:
        if self.by_choice:
            task = self.summary.settings["task"]
            for metric, estimate in self.choices.items():
                usual = " (the usual one)" if metric == TASKS[task].headline else ""
                words = estimate_words(estimate, "share", "choice_loglikelihood")
                yield Line(f"{task} {metric}{usual}: {words}, n = {estimate.n:,}", whole=True)
        else:
            for line in (_costs(self.summary), *_failures(self.folder), *_turns(self.folder)):
                yield Line(line, whole=True)
            yield from self.graded.parts()
        yield Line(str(self.folder), whole=True)

    def remarks(self) -> Sequence[str]:
        return () if self.by_choice else self.graded.remarks()

    def plain(self) -> dict[str, Any]:
        if not self.by_choice:
            return self.graded.plain()
        task = self.summary.settings["task"]
        figures = {metric: asdict(estimate) for metric, estimate in self.choices.items()}
        return {"task": task, "headline": TASKS[task].headline, **figures}


def evaluate(
    model: str | Path,
    data: str | Path,
    *,
    adapter: str | Path | None = None,
    any_base: bool = False,
    prompt: str | None = None,
    limit: int | None = None,
    samples: int = 1,
    temperature: float | None = None,
    top_p: float | None = None,
    seed: int = 42,
    revise: Sequence[str] = (),
    calculator: bool = False,
    engine: str = "auto",
    url: str | None = None,
    concurrency: int | None = None,
    requests_per_minute: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    changes: Changes = (),
    out: str | Path | None = None,
    quiet: bool = False,
) -> Evaluated:
    """Have a model answer problems and grade it. If interrupted, the same call goes on.

    Args:
        model: a Hub id, a local folder, a GGUF file, embedded, or the name a server knows a model
            by.
        data: a file of problems, a folder or Hub id with a test split, builtin, or a benchmark
            (docs/tasks.md): NAME, or NAME=PATH for a local copy.
        adapter: a LoRA adapter's folder (PEFT), or a model trained from this one.
        any_base: take an adapter that names another base model.
        prompt: the prompt's style, see docs/prompts.md.
        limit: problems, drawn by `seed`.
        samples: answers a problem.
        temperature: 0 is greedy, the default; 0.7 is with samples.
        top_p: draw from the likeliest tokens with this share.
        seed: of draws and of built-in problems.
        revise: what is said after each answer, for another; one turn each.
        calculator: compute `<<3*4=` while decoding.
        engine: one of auto, transformers, openvino, vllm; endpoint is a server.
        url: an OpenAI-compatible server; its key is read from OPENAI_API_KEY.
        concurrency, requests_per_minute: of a server, at most.
        workers, cluster: answer in so many processes, by Ray; a running cluster's address.
        changes: settings of a recipe that have no argument of their own, as `load_recipe` takes
            them: {"evaluate.max_new_tokens": 256}.
        out: its folder; runs/eval-NAME-DIGEST if not given.
        quiet: say nothing of how far it is on standard error.

    Raises:
        UsageError: arguments that cannot go together.
        NetgainError: the model, the data, the engine or the server cannot be used.

    >>> import netgain
    >>> found = netgain.evaluate("model", "builtin", limit=4, quiet=True,
    ...                          changes={"evaluate.max_new_tokens": 16})
    >>> found.summary.n, found.answers.name
    (4, 'answers.jsonl')
    >>> netgain.grade(found.answers).models["model"].n
    4
    """
    for name, given, most in (
        ("limit", limit, None), ("samples", samples, 1000), ("concurrency", concurrency, 1000),
        ("requests_per_minute", requests_per_minute, None), ("workers", workers, None),
    ):  # fmt: skip
        refuse_outside(name, given, 1, most)
    refuse_outside("seed", seed, 0, 2**32 - 1)
    refuse_outside("temperature", temperature, 0, 10, whole=False)
    refuse_outside("top_p", top_p, 0.01, 1, whole=False)
    _refuse_contradictions(engine, url, concurrency or requests_per_minute, samples, temperature)
    heat = (0.7 if samples > 1 else 0.0) if temperature is None else temperature
    if top_p is not None and not heat:
        raise UsageError("top_p", "a greedy answer draws nothing: give `temperature`")
    if cluster is not None and not workers:
        raise UsageError("cluster", "say how many with `workers`")
    words = words_of(changes)
    _refuse_unheeded(words)
    recipe = _recipe(model, data, prompt, limit, seed, None if url else engine, words)
    sampling = Sampling(
        recipe.evaluate.max_new_tokens, heat, top_p or 1.0, stop_texts(recipe.prompt)
    )
    wanted = Standalone(
        recipe,
        Asking(sampling, samples, seed, tuple(revise), calculator),
        None if adapter is None else Path(adapter),
        Server(
            url, str(model), concurrency=concurrency or 8, requests_per_minute=requests_per_minute
        )
        if url is not None
        else None,
        Workers(workers, cluster) if workers else None,
        any_base,
    )
    folder = Path(out) if out is not None else Path("runs") / _folder_name(wanted)
    with no_empty_folder(folder), Display(quiet) as display:
        summary = evaluate_alone(wanted, folder, display.progress)
    return Evaluated(folder, summary)


def _refuse_contradictions(
    engine: str, url: str | None, of_server: int | None, samples: int, temperature: float | None
) -> None:
    refuse_unknown("engine", engine, ENGINES)
    if engine == "endpoint" and url is None:
        raise UsageError("engine", "a server is meant: give its `url`")
    if url is not None and engine not in {"auto", "endpoint"}:
        raise UsageError("url", "a server generates: leave `engine` out")
    if url is None and of_server is not None:
        raise UsageError(
            "concurrency", "this is of a server, as `requests_per_minute`: give its `url`"
        )
    if samples > 1 and temperature == 0:
        raise UsageError("temperature", "greedy samples would all be the same")


def _refuse_unheeded(changes: Sequence[str]) -> None:
    for text in changes:
        name = text.partition("=")[0].strip()
        if not any(name == heeded or name.startswith(f"{heeded}.") for heeded in HEEDED):
            raise UsageError(
                "set",
                f"{name!r:.80} has no effect on an evaluation, or has an option of its own; it may "
                f"be {', '.join(HEEDED)}",
            )


def _recipe(
    model: str | Path, data: str | Path, prompt: str | None, limit: int | None, seed: int,
    engine: str | None, changes: Sequence[str],
) -> Recipe:  # fmt: skip
    """The arguments as a recipe, so that they are checked, and explained, as one."""
    raw: dict[str, Any] = {
        "name": "evaluate",
        "model": {"id": str(model)},
        "data": {"source": str(data), "seed": seed},
        "evaluate": {"limit": limit},
    }
    if prompt is not None:
        raw["prompt"] = {"style": prompt}
    if engine is not None:
        raw["evaluate"]["engine"] = engine
    return parse_recipe(raw, "the command", changes)


def _folder_name(wanted: Standalone) -> str:
    """The same for the same evaluation, so that the same call goes on with it."""
    recipe = wanted.recipe
    server = None if wanted.server is None else wanted.server.url
    deciding = [
        recipe.digest(), asking_settings(recipe.prompt, wanted.asking), str(wanted.adapter), server,
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:8]
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", Path(recipe.model.id).name).strip("-.")[:40]
    return f"eval-{slug or 'model'}-{digest}"


# -- showing -------------------------------------------------------------------------------


def _turns(folder: Path) -> list[str]:
    """The accuracy of each turn, where there are several; the table's is the last one's."""
    evaluation = EvaluationFolder(folder)
    grades = grade_all(evaluation.problems(), evaluation.generations())
    turns = sorted({g.turn for g in grades})
    if len(turns) == 1:
        return []
    words = []
    for turn in turns:
        right = [g.correct for g in grades if g.turn == turn]
        estimate = wilson(sum(right), len(right))
        name = "first answer" if turn == 0 else f"after revision {turn}"
        words.append(f"{name}: {estimate_words(estimate, 'share', 'generated')}")
    return words


def _failures(folder: Path) -> list[str]:
    """Why answers failed, the first of them."""
    failed = [g for g in EvaluationFolder(folder).generations() if g.finish_reason == "error"]
    return [f"failed, {one_line(g.problem_id)}: {one_line(g.error or '')}" for g in failed[:3]]


def _costs(summary: EvaluationSummary) -> str:
    tokens, cut, settings = summary.completion_tokens, summary.truncated, summary.settings
    seconds = summary.seconds
    words = (
        f"{integer(summary.n)} answers by {settings['engine']}, {integer(tokens)} tokens in "
        f"{f'{seconds:.1f} s' if seconds < 10 else duration(round(seconds))}"
    )
    if cut:
        words += f"; {integer(cut)} were cut off at {integer(settings['max_new_tokens'])} tokens"
    if "chat_template" in settings:
        words += f"; chat template: {settings['chat_template']}"
    if summary.errors:
        words += f"; {integer(summary.errors)} failed and count as wrong"
        if settings["engine"] == "endpoint":
            words += ": give the same command again to ask for them again"
    return words
