"""`netgain evaluate`: a model, an adapter or a server answers problems, without a recipe."""

import json
from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import ColumnOption, JsonOption, show, stops_on_sigterm
from netgain.cli.run_command import SetOption

EPILOG = (
    "Examples:  netgain evaluate Qwen/Qwen2-0.5B-Instruct --data openai/gsm8k --limit 200  ·  "
    "netgain evaluate embedded --data builtin --samples 8 --temperature 0.7  ·  "
    "netgain evaluate llama3 --url http://localhost:11434 --data problems.jsonl"
)


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
            show_default=False,
        ),
    ] = None,
    any_base: Annotated[
        bool, typer.Option("--any-base", help="Take an adapter that names another base model.")
    ] = False,
    prompt: Annotated[
        str | None, typer.Option(help="The prompt's style, see docs/prompts.md.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Problems, drawn by --seed.", show_default=False)
    ] = None,
    samples: Annotated[int, typer.Option(help="Answers a problem, 1 to 1,000.")] = 1,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 is greedy, the default; 0.7 is with --samples.",
                     show_default=False),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Draw from the likeliest tokens with this share.",
                     show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of draws and of built-in problems.")] = 42,
    revise: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Say this after each answer, and take another; may be "
                     "given several times.", show_default=False),
    ] = None,
    calculator: Annotated[
        bool, typer.Option("--calculator", help="Compute <<3*4= while decoding.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="What generates: auto, or one of docs/engines.md.")
    ] = "auto",
    url: Annotated[
        str | None,
        typer.Option(help="An OpenAI-compatible server; its key is read from OPENAI_API_KEY.",
                     show_default=False),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(help="Requests to a server at once; 8 if not given.",
                     show_default=False),
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(help="At most, of a server.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Answer in so many processes, by Ray.", show_default=False),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A running Ray cluster.", show_default=False),
    ] = None,
    set_: SetOption = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    out: Annotated[
        Path | None,
        typer.Option(help="Its folder; runs/eval-NAME-DIGEST if not given.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Have a model answer problems and grade it. If interrupted, give the same command again.

    `netgain compare` takes two such folders; `grade` and `diagnose` take the answers.jsonl there.
    """
    stops_on_sigterm()
    changes = [*(set_ or ()), *([f"data.columns={json.dumps(list(column))}"] if column else [])]
    found = netgain.evaluate(
        model, data, adapter=adapter, any_base=any_base, prompt=prompt, limit=limit,
        samples=samples, temperature=temperature, top_p=top_p, seed=seed, revise=revise or (),
        calculator=calculator, engine=engine, url=url, concurrency=concurrency,
        requests_per_minute=requests_per_minute, workers=workers, cluster=cluster,
        changes=changes, out=out,
    )  # fmt: skip
    show(found, as_json)
