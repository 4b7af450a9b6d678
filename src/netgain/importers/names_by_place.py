"""Whose answers a file holds, and to which task, as far as its place and name tell."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from netgain.data.shapes import tool_of
from netgain.errors import DataError
from netgain.plain_files import STREAMS
from netgain.rowfiles import rows_of

# Files that may hold something; others are not opened.
KINDS = {".json", ".jsonl", ".csv", ".tsv", ".parquet", ".eval", ".gz", ".zst", ".db", ".wandb"}
STAMP = re.compile(
    r"[_-]?\d{4}-?\d\d-?\d\d[T_-]?\d\d[-:.]?\d\d[-:.]?\d\d(?:[.,]\d+)?(?:[+-]\d\d[-:]\d\d)?"
)
SAMPLE_OF = re.compile(r"[-_.]?(?:rs|seed|sample|run|epoch)[-_]?\d+$")
# Of a file that holds a part of the problems.
PART_OF = re.compile(r"[-_.]?(?:rank|chunk|shard|part|split)[-_]?\d{1,6}$|-\d{5}-of-\d{5}$")
# Names of files and folders that say nothing of a model.
PLAIN = re.compile(
    r"(?:(?:generated|model|batch|eval|validation|test|infer)[-_ ]?)?"
    r"(?:predictions?|outputs?|answers?|results?|samples?|completions?|responses?|generations?"
    r"|evals?|evaluations?|math[-_]?eval|details|logs?|runs?|test|validation|greedy|data|main|train|training|dev|valid|messages)?"
    r"(?:[-_ ]?(?:greedy|final|all|full|raw|test|main))?"
    r"|task-\d{1,4}-.{1,80}-predictions",  # OLMES
    re.IGNORECASE,
)
SETTINGS = re.compile(r"(?:test|train|val)_.{1,80}_seed\d+_t[\d.]+_.{1,60}")  # ToRA and its heirs


def stem_of(path: Path) -> str:
    """A file's name without its kind.

    >>> stem_of(Path("a/samples_x.jsonl.gz"))
    'samples_x'
    """
    name = path.name
    while Path(name).suffix.lower() in KINDS:
        name = Path(name).stem
    return name


def task_by_place(path: Path, tool: str) -> str:
    """The task that a file's name or folder tells, "" where it tells none."""
    stem = STAMP.sub("", stem_of(path))
    if tool == "lm-eval" and stem.startswith("samples_"):
        return stem.removeprefix("samples_")
    if tool == "lm-eval" and "_" in stem:  # before 0.4.3: MODEL_TASK
        return stem.rpartition("_")[2]
    if tool == "lm-eval before 0.4":
        return stem.removesuffix("_write_out_info")
    if tool == "lighteval":
        parts = stem.removeprefix("details_").split("|")
        return parts[-2] if len(parts) > 1 else parts[0]
    if tool == "inspect":
        return stem.strip("_").partition("_")[0]
    if tool == "evalscope":  # DATASET_SUBSET
        return stem.rpartition("_")[0] or stem
    if tool == "OLMES":
        return re.sub(r"^task-\d{1,4}-|-predictions$", "", stem)
    if tool == "NeMo-Skills" or (tool == "ToRA" and SETTINGS.fullmatch(stem)):
        return path.parent.name
    return PART_OF.sub("", stem) if tool == "OpenCompass" else ""


def model_by_place(path: Path, tool: str) -> str:
    """The model that a file's place tells: a folder of its own, or its name.

    >>> model_by_place(Path("llama/eval-results/gsm8k/output-rs0.jsonl"), "NeMo-Skills")
    'llama'
    >>> model_by_place(Path("out/tuned/predictions.jsonl"), ""), model_by_place(Path("a.csv"), "")
    ('tuned', 'a')
    """
    if tool in ("OpenCompass", "evalscope"):
        return path.parent.name
    if tool == "lm-eval":
        return path.parent.name.replace("__", "/")
    if tool == "lighteval" and "details" in path.parts:
        inside = path.parts[path.parts.index("details") + 1 : -1]
        return "/".join(part for part in inside if not STAMP.fullmatch(part))
    names = list(_telling(path, tool))
    step = f", step {stem_of(path)}" if tool == "verl" and stem_of(path).isdecimal() else ""
    return f"{names[0]}{step}" if names else stem_of(path)


def series_of(path: Path) -> str:
    """A file's name without what tells its time, its samples or its part of the problems."""
    return STAMP.sub("", SAMPLE_OF.sub("", PART_OF.sub("", stem_of(path))))


def name_of_file(path: Path) -> str:
    """The model that the place of a file of answers tells, whichever tool wrote it."""
    if not path.is_file() or str(path).startswith(STREAMS):  # what flows is read once
        return path.stem
    with contextlib.suppress(DataError, ValueError):
        rows = (row for _, row in islice(rows_of(path), 1))
        return model_by_place(path, next((tool_of(r) for r in rows if isinstance(r, Mapping)), ""))
    return stem_of(path)


def _telling(path: Path, tool: str) -> Iterator[str]:
    """Names that may be a model's: of the file, then of the folders that it lies in."""
    task = task_by_place(path, tool)
    stem = series_of(path)
    for name in (stem, *(folder.name for folder in path.parents)):
        plain = PLAIN.fullmatch(name) or STAMP.fullmatch(name) or SETTINGS.fullmatch(name)
        if name and name != task and not plain and not name.isdecimal():
            yield name
