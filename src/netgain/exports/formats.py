"""The formats of `netgain export`: one entry each, and the folder that all are written into."""

import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netgain.errors import StorageError
from netgain.exports.lm_eval_files import write_lm_eval
from netgain.exports.model_files import write_gguf_folder, write_safetensors
from netgain.exports.tables import write_csv, write_parquet
from netgain.store import replace_folder, storage_errors

LeftOut = tuple[str, ...]  # sentences


@dataclass(frozen=True)
class Format:
    """How a run, or an evaluation alone, is written in a format.

    `write` is given where it is, an empty folder, and a precision, one of `precisions` (none: no
    weights are written); the first is the default. `then` is what to do with `{out}`.
    """

    write: Callable[[Path, Path, str], LeftOut]
    precisions: tuple[str, ...]
    then: str


def _of_answers(write: Callable[[Path, Path], LeftOut]) -> Callable[[Path, Path, str], LeftOut]:
    return lambda path, into, _: write(path, into)


FORMATS: Mapping[str, Format] = {
    "safetensors": Format(write_safetensors, ("fp32", "bf16"), "vllm serve {out}"),
    "gguf": Format(
        write_gguf_folder, ("fp16", "int8"), "ollama create {name} -f {out}/Modelfile"
    ),
    "lm-eval": Format(_of_answers(write_lm_eval), (), "netgain import {out}"),
    "parquet": Format(_of_answers(write_parquet), (), "netgain compare {out}/answers.parquet"),
    "csv": Format(_of_answers(write_csv), (), "netgain compare {out}/answers.csv"),
}  # fmt: skip


def write_format(path: Path, out: Path, name: str, precision: str) -> LeftOut:
    """Write a run in one of `FORMATS` into a new folder, or nothing.

    Raises:
        StorageError: the folder is there, or cannot be written.
        NetgainError: the run has not what the format is of.
    """
    with _new_folder(out) as aside:
        return FORMATS[name].write(path, aside, precision)


def next_command(out: Path, name: str) -> str:
    """What to do with what was written."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in out.name.lower())
    return FORMATS[name].then.format(out=shlex.quote(str(out)), name=plain.strip("-") or "tuned")


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    if out.exists():
        raise StorageError(f"{out} is there already; choose another folder")
    aside = out.with_name(f".{out.name}.tmp")
    with storage_errors(out, "choose another folder"):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            yield aside
            replace_folder(aside, out)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
