"""Files of answers -> evaluations: which belong together, and whose they are.

Model and task are told by a file of results beside the answers, by the rows, or by names.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netgain.data.answer_columns import COLUMNS, NO_COLUMNS, named_columns
from netgain.data.right_answers import REFERENCES, first_of
from netgain.data.shapes import tool_of
from netgain.importers.found import AnswerFiles
from netgain.importers.names_by_place import (
    PART_OF,
    STAMP,
    model_by_place,
    series_of,
    stem_of,
    task_by_place,
)
from netgain.importers.results_files import Results
from netgain.plain_files import real
from netgain.rowfiles import ALIASES

Named = tuple[Path, AnswerFiles]


def answer_files(
    rows: Sequence[tuple[Path, Any]],
    results: Mapping[Path, Results],
    columns: Mapping[str, str] = NO_COLUMNS,
) -> Iterator[AnswerFiles]:
    """Files of answers, put together where they are samples of one evaluation."""
    groups: dict[tuple[Path, str, str, str], list[tuple[Path, AnswerFiles]]] = {}
    times = Counter(path for path, _ in rows)
    for path, first in rows:
        one = _one_file(path, first, results, columns)
        if times[path] > 1:
            one = replace(one, of_model=str(first_of(first, COLUMNS["model"])))
        of_parts = one.tool == "OpenCompass" and _is_part(path)
        one = replace(one, task=one.task.rpartition("_")[0]) if of_parts else one
        of_parts = of_parts or one.tool == "evalscope"  # a file for each subset of a data set
        one = replace(one, parts=of_parts or bool(PART_OF.search(stem_of(path))))
        series = one.task if of_parts else series_of(path)
        groups.setdefault((path.parent, one.tool, one.task, series), []).append((path, one))
    for same in map(list, _told_apart(groups)):
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


def _told_apart(groups: Mapping[Any, Sequence[Named]]) -> Iterator[Iterator[Named]]:
    """Groups of files whose names alone told their model, by folder where these are the same.

    A model is then called as the last folder in which the places differ.
    """
    alike: dict[tuple[str, str, str], set[Path]] = {}
    for group in groups.values():
        for path, one in group:
            if one.model == stem_of(path):
                alike.setdefault((one.tool, one.task, one.model), set()).add(path.parent)
    for group in groups.values():
        yield (
            (path, replace(one, model=_by_folder(path.parent, folders) or one.model))
            if len(folders := alike.get((one.tool, one.task, one.model), set())) > 1
            and one.model == stem_of(path)
            else (path, one)
            for path, one in group
        )


def _by_folder(folder: Path, folders: set[Path]) -> str:
    for place, name in enumerate(reversed(folder.parts), start=1):
        names = [of.parts[-place] if len(of.parts) >= place else "" for of in folders]
        if len(set(names)) == len(names):
            return name
    return ""


def _is_part(path: Path) -> bool:
    """Whether OpenCompass wrote a task's predictions to several files: TASK_0.json, TASK_1.json…"""
    task, _, number = stem_of(path).rpartition("_")
    siblings = [path.with_name(f"{task}_{n}{path.suffix}") for n in (0, 1)]
    return number.isdecimal() and bool(task) and all(one.is_file() for one in siblings)


def _one_file(
    path: Path,
    first: Mapping[str, Any],
    results: Mapping[Path, Results],
    columns: Mapping[str, str],
) -> AnswerFiles:
    tool = tool_of(first)
    under = named_columns(first, columns)
    model = first_of(under, COLUMNS["model"])
    beside = _results_of(path, results)
    task = task_by_place(path, tool)
    conditions: Mapping[str, str] = {}
    if beside is not None:
        model = beside.model or model
        known = [name for name in beside.conditions if name == task or task.startswith(name)]
        name = max(known, key=len, default=next(iter(beside.conditions), ""))
        if known or (not task and len(beside.conditions) == 1):
            task, conditions = name, beside.conditions[name]
    if not isinstance(model, str) or not model:
        model = model_by_place(path, tool)
    names = (*REFERENCES, *ALIASES["gold"], *COLUMNS["right_choice"])
    has_gold = first_of(under, names) is not None or under.get("correct") is not None
    role = first.get("evaluation")  # of our own tables
    return AnswerFiles(
        tool or "rows", model, task, (path,), conditions, has_gold=has_gold,
        role=role if role in ("base", "tuned") else "",
    )  # fmt: skip


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
