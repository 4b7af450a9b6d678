"""Rows of JSONL or Parquet -> Problems. A bad row is named by file, line and reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from netgain.errors import DataError
from netgain.grading.gold import gold_answer
from netgain.records import Problem
from netgain.rowfiles import (
    BadRow,
    column,
    kind_words,
    label_column,
    place,
    rows_of,
    text_column,
)


def read_problems(
    paths: Sequence[Path], source: str, prefix: str
) -> tuple[list[Problem], list[BadRow]]:
    """All problems of some files, in order, and the rows that could not be read.

    Args:
        paths: `.jsonl` or `.parquet` files.
        source: what the problems' `source` says.
        prefix: ids of rows without one are `{prefix}-{number:05d}`, counted from 0 over all files.

    Each problem's metadata says its file and its 1-based line (or row).
    """
    problems: list[Problem] = []
    bad: list[BadRow] = []
    seen: dict[str, str] = {}
    number = 0
    for path in paths:
        for line, row in rows_of(path):
            number += 1
            try:
                problem = _problem(row, source, f"{prefix}-{number - 1:05d}")
                if problem.id in seen:
                    raise DataError(f"its id {problem.id!r} is already used by {seen[problem.id]}")
            except DataError as error:
                bad.append(BadRow(path.name, line, str(error)))
            else:
                seen[problem.id] = place(path.name, line)
                problems.append(replace(problem, metadata={"file": path.name, "line": line}))
    return problems, bad


def place_of(problem: Problem) -> str:
    """File and line that a problem was read from, "" where it was made here."""
    if "line" not in problem.metadata:
        return ""
    return place(problem.metadata["file"], problem.metadata["line"])


def _problem(row: Any, source: str, default_id: str) -> Problem:
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object with question and answer, not {kind_words(row)}")
    question = text_column(row, "question")
    answer_text = text_column(row, "answer", required=column(row, "gold") is None)
    gold = column(row, "gold")
    answer = gold_answer(str(gold)) if gold is not None else gold_answer(answer_text)
    solution = answer_text if _is_solution(answer_text) else ""
    category = label_column(row, "category")
    row_id = label_column(row, "id")
    return Problem(
        id=default_id if row_id is None else row_id,
        source=source,
        question=question,
        answer=answer,
        solution=solution,
        category=category,
        steps=_count_steps(solution),
    )


def _is_solution(answer: str) -> bool:
    """Whether the answer column holds a worked solution and not a bare number."""
    return "####" in answer or len(answer.split()) > 3


def _count_steps(solution: str) -> int | None:
    """Lines before the final answer: GSM8K writes one step a line."""
    lines = [line for line in solution.splitlines() if line.strip()]
    steps = [line for line in lines if not line.lstrip().startswith("####")]
    return len(steps) or None


def problem_to_row(problem: Problem) -> dict[str, Any]:
    """A Problem as the row schema that every file of ours uses."""
    return {
        "id": problem.id,
        "source": problem.source,
        "question": problem.question,
        "answer": problem.solution,
        "gold": None if problem.answer is None else str(problem.answer),
        "category": problem.category,
        "steps": problem.steps,
        "metadata": dict(problem.metadata),
    }


def problem_from_row(row: Mapping[str, Any]) -> Problem:
    """The inverse of `problem_to_row`, exactly."""
    return Problem(
        id=row["id"],
        source=row["source"],
        question=row["question"],
        answer=None if row["gold"] is None else Fraction(row["gold"]),
        solution=row["answer"],
        category=row["category"],
        steps=row["steps"],
        metadata=row["metadata"],
    )
