"""`netgain evaluate`: a model, an adapter or a server answers problems, without a recipe."""

from __future__ import annotations

import hashlib
import json
import re
import signal
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netgain.cli.run_command import SetOption, stop

if TYPE_CHECKING:
    from netgain.pipeline.standalone import Standalone
    from netgain.recipe import Recipe
    from netgain.records import EvaluationSummary

EPILOG = (
    "Examples:  netgain evaluate Qwen/Qwen2-0.5B-Instruct --data openai/gsm8k --limit 200  ·  "
    "netgain evaluate embedded --data builtin --samples 8 --temperature 0.7  ·  "
    "netgain evaluate llama3 --url http://localhost:11434 --data problems.jsonl"
)


class Engine(StrEnum):
    auto = "auto"
    transformers = "transformers"
    openvino = "openvino"
    vllm = "vllm"
    endpoint = "endpoint"


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help="A Hub id, a local folder, a GGUF file, embedded, or the name a server knows "
            "a model by.",
            show_default=False,
        ),
    ],
    data: Annotated[
        str,
        typer.Option(
            help="A file of problems, a folder or Hub id with a test split, builtin, or a "
            "benchmark (docs/tasks.md): NAME, or NAME=PATH for a local copy.",
            show_default=False,
        ),
    ],
    adapter: Annotated[
        Path | None,
        typer.Option(
            help="A LoRA adapter's folder (PEFT), or a model trained from this one.",
            exists=True, file_okay=False, show_default=False,
        ),
    ] = None,
    any_base: Annotated[
        bool, typer.Option("--any-base", help="Take an adapter that names another base model.")
    ] = False,
    prompt: Annotated[
        str | None, typer.Option(help="The prompt's style, see docs/prompts.md.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Problems, drawn by --seed.", show_default=False)
    ] = None,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="Answers a problem.")] = 1,
    temperature: Annotated[
        float | None,
        typer.Option(min=0, max=10, help="0 is greedy, the default; 0.7 is with --samples.",
                     show_default=False),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(min=0.01, max=1, help="Draw from the likeliest tokens with this share.",
                     show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of draws and of built-in problems.")] = 42,
    revise: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Say this after each answer, and take another; may be "
                     "given several times.", show_default=False),
    ] = None,
    calculator: Annotated[
        bool, typer.Option("--calculator", help="Compute <<3*4= while decoding.")
    ] = False,
    engine: Annotated[Engine, typer.Option(help="What generates.")] = Engine.auto,
    url: Annotated[
        str | None,
        typer.Option(help="An OpenAI-compatible server; its key is read from OPENAI_API_KEY.",
                     show_default=False),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Requests to a server at once; 8 if not given.",
                     show_default=False),
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help="At most, of a server.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Answer in so many processes, by Ray.", show_default=False),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A running Ray cluster.", show_default=False),
    ] = None,
    set_: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Its folder; runs/eval-NAME-DIGEST if not given.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Have a model answer problems and grade it. If interrupted, give the same command again.

    `netgain compare` takes two such folders; `grade` and `diagnose` take the answers.jsonl there.
    """
    from netgain.cli.progress import Display
    from netgain.generate.answering import Asking
    from netgain.generate.endpoint_server import Server
    from netgain.generate.sampler import Sampling
    from netgain.pipeline.answering import Workers
    from netgain.pipeline.standalone import Standalone, evaluate_alone
    from netgain.prompts import stop_texts

    signal.signal(signal.SIGTERM, stop)
    if engine is Engine.endpoint and url is None:
        raise typer.BadParameter("a server is meant: add --url", param_hint="--engine")
    if url is not None and engine not in {Engine.auto, Engine.endpoint}:
        raise typer.BadParameter("a server generates: leave --engine out", param_hint="--url")
    if url is None and (concurrency is not None or requests_per_minute is not None):
        raise typer.BadParameter(
            "these are of a server: add --url",
            param_hint="--concurrency, --requests-per-minute",
        )
    if samples > 1 and temperature == 0:
        raise typer.BadParameter("greedy samples would all be the same", param_hint="--temperature")
    heat = (0.7 if samples > 1 else 0.0) if temperature is None else temperature
    if top_p is not None and not heat:
        raise typer.BadParameter(
            "a greedy answer draws nothing: add --temperature", param_hint="--top-p"
        )
    _refuse_unheeded(set_ or [])
    if cluster is not None and not workers:
        raise typer.BadParameter("say how many with --workers", param_hint="--cluster")
    recipe = _recipe(model, data, prompt, limit, seed, None if url else engine.value, set_ or [])
    sampling = Sampling(
        recipe.evaluate.max_new_tokens, heat, top_p or 1.0, stop_texts(recipe.prompt)
    )
    wanted = Standalone(
        recipe,
        Asking(sampling, samples, seed, tuple(revise or ()), calculator),
        adapter,
        Server(url, model, concurrency=concurrency or 8, requests_per_minute=requests_per_minute)
        if url is not None
        else None,
        Workers(workers, cluster) if workers else None,
        any_base,
    )
    folder = out or Path("runs") / _folder_name(wanted)
    with Display() as display:
        summary = evaluate_alone(wanted, folder, display.progress)
    _tell(summary, folder, as_json)


# What --set may change: the rest is an option of its own, or has no effect without training.
HEEDED = (
    "prompt", "model.revision", "data.revision", "data.subset", "data.on_bad_row",
    "data.builtin_steps",
    "evaluate.max_new_tokens", "evaluate.batch_size", "evaluate.precision",
)  # fmt: skip


def _refuse_unheeded(overrides: list[str]) -> None:
    for text in overrides:
        name = text.partition("=")[0].strip()
        if not any(name == heeded or name.startswith(f"{heeded}.") for heeded in HEEDED):
            raise typer.BadParameter(
                f"{name!r:.80} has no effect on an evaluation, or has an option of its own; it may "
                f"be {', '.join(HEEDED)}",
                param_hint="--set",
            )


def _recipe(
    model: str, data: str, prompt: str | None, limit: int | None, seed: int, engine: str | None,
    overrides: list[str],
) -> Recipe:  # fmt: skip
    """The flags as a recipe, so that they are checked, and explained, as one."""
    from netgain.recipe import parse_recipe

    raw: dict[str, Any] = {
        "name": "evaluate",
        "model": {"id": model},
        "data": {"source": data, "seed": seed},
        "evaluate": {"limit": limit},
    }
    if prompt is not None:
        raw["prompt"] = {"style": prompt}
    if engine is not None:
        raw["evaluate"]["engine"] = engine
    return parse_recipe(raw, "the command", overrides)


def _folder_name(wanted: Standalone) -> str:
    """The same for the same evaluation, so that the same command goes on with it."""
    from netgain.pipeline.contestant import asking_settings

    recipe = wanted.recipe
    server = None if wanted.server is None else wanted.server.url
    deciding = [
        recipe.digest(), asking_settings(recipe.prompt, wanted.asking), str(wanted.adapter), server,
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:8]
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", Path(recipe.model.id).name).strip("-.")[:40]
    return f"eval-{slug or 'model'}-{digest}"


def _tell(summary: EvaluationSummary, folder: Path, as_json: bool) -> None:
    """The figures, as `netgain grade` gives them, and what they cost."""
    from netgain.cli.grade_command import print_figures

    if summary.settings.get("kind") == "choice_loglikelihood":
        _tell_choices(summary, folder, as_json)
        return
    if not as_json:
        for line in (_costs(summary), *_failures(folder), *_turns(folder)):
            print(line)
    print_figures(folder / "answers.jsonl", as_json)
    if not as_json:
        print(folder)


def _tell_choices(summary: EvaluationSummary, folder: Path, as_json: bool) -> None:
    from netgain.analysis.estimates.statistics import wilson
    from netgain.data.tasks import TASKS
    from netgain.grading.loglikelihood import graded_choices
    from netgain.store import EvaluationFolder
    from netgain.wording import estimate_words

    evaluation, task = EvaluationFolder(folder), summary.settings["task"]
    problems = evaluation.problems()
    scores = evaluation.scores([p.id for p in problems])
    found = {}
    for metric in ("acc", "acc_norm"):
        right = graded_choices(problems, scores, metric)
        found[metric] = wilson(sum(right.values()), len(right))
    if as_json:
        figures = {metric: asdict(estimate) for metric, estimate in found.items()}
        print(json.dumps({"task": task, "headline": TASKS[task].headline, **figures}, indent=2))
        return
    for metric, estimate in found.items():
        usual = " (the usual one)" if metric == TASKS[task].headline else ""
        words = estimate_words(estimate, "share", "choice_loglikelihood")
        print(f"{task} {metric}{usual}: {words}, n = {estimate.n:,}")
    print(folder)


def _turns(folder: Path) -> list[str]:
    """The accuracy of each turn, where there are several; the table's is the last one's."""
    from netgain.analysis.estimates.statistics import wilson
    from netgain.grading import grade_all
    from netgain.store import EvaluationFolder
    from netgain.wording import estimate_words

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
    from netgain.store import EvaluationFolder
    from netgain.wording import one_line

    failed = [g for g in EvaluationFolder(folder).generations() if g.finish_reason == "error"]
    return [f"failed, {one_line(g.problem_id)}: {one_line(g.error or '')}" for g in failed[:3]]


def _costs(summary: EvaluationSummary) -> str:
    from netgain.wording import duration, integer

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
    return words
