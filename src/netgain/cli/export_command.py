"""`netgain export`: the trained model as one folder that other tools load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import netgain
from netgain.cli.output import path_named

EPILOG = (
    "Examples:  netgain export runs/demo-1a2b3c4d exported  ·  "
    "vllm serve exported  ·  python convert_hf_to_gguf.py exported (llama.cpp; for Ollama, too)"
)


def export(
    run: Annotated[Path, typer.Argument(parser=path_named, metavar="RUN_DIR", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(parser=path_named, metavar="DIR", show_default=False,
                       help="A new folder."),
    ],
    precision: Annotated[
        str,
        typer.Option(help="fp32, or bf16: half the size, but a part of the training may be lost."),
    ] = "fp32",
) -> None:  # fmt: skip
    """Write the trained model, adapter and base as one, as safetensors with its tokenizer."""
    print(netgain.export(run, out, precision=precision))
