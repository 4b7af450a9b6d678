"""`netgain export`: a run's model, answers and figures in the files of other tools."""

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import JsonOption, path_named, show

EPILOG = (
    "Examples:  netgain export runs/demo-1a2b3c4d exported  ·  "
    "netgain export runs/demo-1a2b3c4d ollama --as gguf  ·  "
    "netgain export runs/demo-1a2b3c4d tables --as csv"
)


def export(
    run: Annotated[Path, typer.Argument(parser=path_named, metavar="RUN_DIR", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(parser=path_named, metavar="DIR", show_default=False,
                       help="A new folder."),
    ],
    as_: Annotated[
        str,
        typer.Option("--as", metavar="FORMAT",
                     help="The trained model as safetensors or gguf (with Ollama's Modelfile); "
                     "answers and figures as lm-eval, parquet or csv."),
    ] = "safetensors",
    precision: Annotated[
        str | None,
        typer.Option(help="fp32 or bf16 for safetensors, fp16 or int8 for gguf, the first if not "
                     "given. bf16 and int8 may lose a part of the training.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write a run in the files of other tools: its model, or its answers and figures."""
    show(netgain.export(run, out, format=as_, precision=precision), as_json)
