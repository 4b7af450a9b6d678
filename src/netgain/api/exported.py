"""`netgain.export`: a run's model, answers and figures in the files of other tools."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.api.answer_rows import refuse_others
from netgain.api.arguments import refuse_unknown
from netgain.api.shown import Line, Part, Shown
from netgain.errors import UsageError
from netgain.exports.formats import FORMATS, next_command, write_format
from netgain.wording import listed

MOST_NAMED = 6


@dataclass(frozen=True, repr=False)
class Exported(Shown):
    """What was written: the folder, its files, what to do with it, and what was left out."""

    folder: Path
    files: tuple[Path, ...]
    next_command: str
    left_out: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.folder)

    def parts(self) -> Iterator[Part]:
        names = [str(path.relative_to(self.folder)) for path in self.files]
        size = f"{sum(path.stat().st_size for path in self.files) / 1e6:,.1f} MB"
        yield Line(f"{self.folder}: {listed(names, MOST_NAMED)} ({size})", whole=True)
        yield Line(f"next: {self.next_command}", whole=True)

    def remarks(self) -> tuple[str, ...]:
        return self.left_out

    def plain(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder), "files": [str(path) for path in self.files],
            "next": self.next_command, "left_out": list(self.left_out),
        }  # fmt: skip


def export(
    run: str | Path, out: str | Path, *, format: str = "safetensors", precision: str | None = None
) -> Exported:
    """Write a run in the files of other tools.

    - `safetensors`: the trained model, the adapter merged, with its tokenizer.
    - `gguf`: the same as one GGUF file with its tokenizer, and a Modelfile for Ollama.
    - `lm-eval`: base's and tuned model's answers as lm-eval writes results and samples.
    - `parquet`, `csv`: one row an answer, and one row a figure with its interval.

    Args:
        run: a run directory; for answers also the folder of one evaluation.
        out: a new folder.
        precision: of the weights written: fp32 or bf16 for safetensors, fp16 or int8 for gguf.
            bf16 and int8 may round away a part of what was learned (docs/models.md).

    Raises:
        RunError: the run has not what the format is of, or it was changed.
        ModelError, EvaluationError: base and adapter do not go together, or GGUF cannot carry them.
        StorageError: the folder is there already, or cannot be written.

    >>> import netgain
    >>> run = netgain.train("recipe.yaml", {"train.epochs": 1}, quiet=True)
    >>> done = netgain.export(run.folder, "exported")
    >>> sorted(path.name for path in done.folder.glob("*.safetensors"))
    ['model.safetensors']
    """
    refuse_unknown("format", format, tuple(FORMATS))
    known = FORMATS[format].precisions
    if precision is not None and not known:
        raise UsageError("precision", f"{format} has no weights in it; leave `precision` out")
    if precision is not None:
        refuse_unknown("precision", precision, known)
    refuse_others(Path(run))
    into = Path(out)
    left_out = write_format(Path(run), into, format, precision or (known or ("",))[0])
    files = tuple(sorted(path for path in into.rglob("*") if path.is_file()))
    return Exported(into, files, next_command(into, format), left_out)
