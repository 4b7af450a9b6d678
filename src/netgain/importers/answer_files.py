"""Files of answers -> evaluations: which belong together, and whose they are.

Model and task are told by a file of results beside the answers, by the rows, or by names.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netgain.data.answers import COLUMNS, named_columns
from netgain.data.right_answers import first_of
from netgain.data.shapes import tool_of
from netgain.importers.found import AnswerFiles
from netgain.importers.results_files import Results
from netgain.plain_files import real

# Files that may hold something; others are not opened.
KINDS = {".json", ".jsonl", ".csv", ".tsv", ".parquet", ".eval", ".gz", ".zst", ".db", ".wandb"}
STAMP = re.compile(
    r"[_-]?\d{4}-?\d\d-?\d\d[T_-]?\d\d[-:.]?\d\d[-:.]?\d\d(?:[.,]\d+)?(?:[+-]\d\d[-:]\d\d)?"
)
SAMPLE_OF = re.compile(r"[-_.]?(?:rs|seed|sample|run|epoch)[-_]?\d+$")


def answer_files(
    rows: Sequence[tuple[Path, Any]], results: Mapping[Path, Results]
) -> Iterator[AnswerFiles]:
    """Files of answers, put together where they are samples of one evaluation."""
    groups: dict[tuple[Path, str, str, str], list[tuple[Path, AnswerFiles]]] = {}
    times = Counter(path for path, _ in rows)
    for path, first in rows:
        one = _one_file(path, first, results)
        if times[path] > 1:
            one = replace(one, of_model=str(first_of(first, COLUMNS["model"])))
        series = STAMP.sub("", SAMPLE_OF.sub("", _stem(path)))
        groups.setdefault((path.parent, one.tool, one.task, series), []).append((path, one))
    for same in groups.values():
        stamps = {stamp[0] for path, _ in same if (stamp := STAMP.search(path.name))}
        newest = max(stamps, default="")
        kept = [pair for pair in same if not newest or newest in pair[0].name]
        older = tuple(path for path, _ in same if path not in [p for p, _ in kept])
        by_model: dict[str, list[tuple[Path, AnswerFiles]]] = {}
        for path, one in kept:
            by_model.setdefault(one.model, []).append((path, one))
        for of_model in by_model.values():
            files = tuple(path for path, _ in of_model)
            yield replace(of_model[0][1], files=files, superseded=older)


def _one_file(path: Path, first: Mapping[str, Any], results: Mapping[Path, Results]) -> AnswerFiles:
    tool = tool_of(first)
    under = named_columns(first, {})
    model = first_of(under, COLUMNS["model"])
    beside = _results_of(path, results)
    task = _task(path, tool)
    conditions: Mapping[str, str] = {}
    if beside is not None:
        model = beside.model or model
        known = [name for name in beside.conditions if name == task or task.startswith(name)]
        name = max(known, key=len, default=next(iter(beside.conditions), ""))
        if known or (not task and len(beside.conditions) == 1):
            task, conditions = name, beside.conditions[name]
    if not isinstance(model, str) or not model:
        model = _model_by_place(path, tool)
    return AnswerFiles(tool or "rows", model, task, (path,), conditions)


def _stem(path: Path) -> str:
    """A file's name without its kind.

    >>> _stem(Path("a/samples_x.jsonl.gz"))
    'samples_x'
    """
    name = path.name
    while Path(name).suffix.lower() in KINDS:
        name = Path(name).stem
    return name


def _task(path: Path, tool: str) -> str:
    """The task that a file's name tells, "" where it tells none."""
    stem = STAMP.sub("", _stem(path))
    if tool == "lm-eval" and stem.startswith("samples_"):
        return stem.removeprefix("samples_")
    if tool == "lm-eval" and "_" in stem:  # before 0.4.3: MODEL_TASK
        return stem.rpartition("_")[2]
    if tool == "lighteval":
        parts = stem.removeprefix("details_").split("|")
        return parts[-2] if len(parts) > 1 else parts[0]
    if tool == "inspect":
        return stem.strip("_").partition("_")[0]
    if tool == "evalscope":
        return stem.partition("_")[0]
    if tool == "NeMo-Skills":
        return path.parent.name
    return stem if tool == "OpenCompass" else ""


def _model_by_place(path: Path, tool: str) -> str:
    """The model that a file's place tells: a folder of its own, or its name."""
    if tool in ("OpenCompass", "evalscope"):
        return path.parent.name
    if tool == "lm-eval":
        return path.parent.name.replace("__", "/")
    if tool == "NeMo-Skills":
        return path.parent.parent.name
    if tool == "lighteval" and "details" in path.parts:
        inside = path.parts[path.parts.index("details") + 1 : -1]
        return "/".join(part for part in inside if not STAMP.fullmatch(part))
    telling = SAMPLE_OF.sub("", STAMP.sub("", _stem(path)))
    plain = {"", "predictions", "generated_predictions", "output", "answers", "results", "samples"}
    if telling.lower() in plain or telling.isdecimal():
        folders = [p.name for p in path.parents if p.name not in ("infer_result", "")]
        return folders[0] if folders else telling
    return telling


def _results_of(path: Path, results: Mapping[Path, Results]) -> Results | None:
    """The file of results that belongs to a file of answers: its own, or of one time and place."""
    if path in results:
        return results[path]
    stamp = STAMP.search(path.name)
    of_time = [p for p in results if stamp is not None and stamp[0].strip("_") in p.name]
    near = [len(os.path.commonpath([real(p), real(path)])) for p in of_time]
    nearest = [p for p, length in zip(of_time, near, strict=True) if length == max(near)]
    beside = [p for p in results if p.parent == path.parent]
    found = (nearest if len(nearest) == 1 else []) or beside
    return results[found[0]] if len(found) == 1 else None
