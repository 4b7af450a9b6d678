"""`netgain export`: the trained model as one folder that other tools load."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import path_named

EPILOG = (
    "Examples:  netgain export runs/demo-1a2b3c4d exported  ·  "
    "vllm serve exported  ·  python convert_hf_to_gguf.py exported (llama.cpp; for Ollama, too)"
)


class Precision(StrEnum):
    fp32 = "fp32"
    bf16 = "bf16"


def export(
    run: Annotated[Path, typer.Argument(parser=path_named, metavar="RUN_DIR", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(parser=path_named, metavar="DIR", show_default=False,
                       help="A new folder."),
    ],
    precision: Annotated[
        Precision,
        typer.Option(help="bf16 halves the size, and may round away a part of what was learned."),
    ] = Precision.fp32,
) -> None:  # fmt: skip
    """Write the trained model, adapter and base as one, as safetensors with its tokenizer."""
    print(netgain.export(run, out, precision=precision.value))
