"""Rows of JSONL or Parquet -> Problems. A bad row is named by file, line and reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from netgain.errors import DataError
from netgain.grading.gold import gold_answer
from netgain.records import Problem

# The field's usual names for the same column, in order of preference.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "idx", "problem_id", "uid"),
    "question": ("question", "problem", "query", "instruction", "input"),
    "answer": ("answer", "solution", "response", "output"),
    "gold": ("gold", "gold_answer", "final_answer", "target"),
    "category": ("category", "subject", "type"),
}
MAX_LINE_BYTES = 1_000_000  # a longer line is no word problem; reading stays bounded


@dataclass(frozen=True)
class BadRow:
    """A row that holds no usable problem: file, 1-based line (or row) number, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


def read_problems(
    paths: Sequence[Path], source: str, prefix: str
) -> tuple[list[Problem], list[BadRow]]:
    """All problems of some files, in order, and the rows that could not be read.

    Args:
        paths: `.jsonl` or `.parquet` files.
        source: what the problems' `source` says.
        prefix: ids of rows without one are `{prefix}-{number:05d}`, counted over all files.
    """
    problems: list[Problem] = []
    bad: list[BadRow] = []
    seen: dict[str, str] = {}
    number = 0
    for path in paths:
        for line, row in _rows(path):
            number += 1
            where = f"{path.name}, line {line}"
            try:
                problem = _problem(row, source, f"{prefix}-{number - 1:05d}")
                if problem.id in seen:
                    raise DataError(f"its id {problem.id!r} is already used by {seen[problem.id]}")
            except DataError as error:
                bad.append(BadRow(path.name, line, str(error)))
            else:
                seen[problem.id] = where
                problems.append(problem)
    return problems, bad


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """(line number, row) pairs; a row that is no JSON comes as a DataError to be raised later."""
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    try:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(MAX_LINE_BYTES + 1):
                number += 1
                if line.strip():
                    yield number, _json_row(line)
                while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    line = lines.readline(MAX_LINE_BYTES + 1)  # the rest of a line too long
    except OSError as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    yield from enumerate(rows, start=1)


def _json_row(line: bytes) -> Any:
    if len(line) > MAX_LINE_BYTES:
        return DataError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        return json.loads(line)
    except UnicodeDecodeError:
        return DataError("not UTF-8 text")
    except (ValueError, RecursionError) as error:
        return DataError(f"not valid JSON ({error})")


def _problem(row: Any, source: str, default_id: str) -> Problem:
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(
            f"a row must be an object with question and answer, not {type(row).__name__}"
        )
    question = _text(row, "question")
    answer_text = _text(row, "answer", required=_pick(row, "gold") is None)
    gold = _pick(row, "gold")
    answer = gold_answer(str(gold)) if gold is not None else gold_answer(answer_text)
    solution = answer_text if _is_solution(answer_text) else ""
    category = _label(row, "category")
    row_id = _label(row, "id")
    return Problem(
        id=default_id if row_id is None else row_id,
        source=source,
        question=question,
        answer=answer,
        solution=solution,
        category=category,
        steps=_count_steps(solution),
    )


def _pick(row: Mapping[str, Any], name: str) -> Any:
    for alias in ALIASES[name]:
        if row.get(alias) is not None:
            return row[alias]
    return None


def _label(row: Mapping[str, Any], name: str) -> str | None:
    """An id or a category: text or a number, or None where the row has none."""
    value = _pick(row, name)
    if value is None:
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool) or not str(value).strip():
        raise DataError(f"{name!r} must be text or a whole number, not {value!r:.60}")
    if _has_surrogate(str(value)):
        raise DataError(f"{name!r} holds half a character (a lone surrogate)")
    return str(value)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _text(row: Mapping[str, Any], name: str, required: bool = True) -> str:
    value = _pick(row, name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name == "answer":
        value = str(value)
    if value is None and not required:
        return ""
    if value is None:
        raise DataError(f"no {name!r} (also looked for {', '.join(ALIASES[name][1:])})")
    if not isinstance(value, str):
        raise DataError(f"{name!r} must be text, not {type(value).__name__}")
    if not value.strip() and required:
        raise DataError(f"{name!r} is empty")
    if _has_surrogate(value):
        raise DataError(f"{name!r} holds half a character (a lone surrogate)")
    return value.strip()


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
