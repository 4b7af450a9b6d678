"""Rows of files -> Problems. A bad row is named by file, line and reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from netgain.data.answer_columns import column_option, named_columns
from netgain.data.right_answers import (
    TAUGHT,
    choices_of,
    first_of,
    is_worked,
    right_answer,
    without_letter,
)
from netgain.data.shapes import under_usual_names
from netgain.errors import DataError
from netgain.grading.choices import gold_choice
from netgain.grading.gold import gold_answer
from netgain.records import Problem
from netgain.rowfiles import (
    ALIASES,
    BadRow,
    RowSource,
    kind_words,
    label_column,
    place,
    rows_of,
    text_column,
    whole,
)


def read_problems(
    paths: Sequence[RowSource], source: str, prefix: str, columns: Sequence[str] = ()
) -> tuple[list[Problem], list[BadRow]]:
    """All problems of some files, in order, and the rows that could not be read.

    Args:
        source: what the problems' `source` says.
        paths, prefix: as in `read_rows`.
        columns: where a column stands that has another name: "question=text".
    """
    places = column_option(columns)

    def read(row: Mapping[str, Any], row_id: str) -> Problem:
        return numeric_problem(named_columns(row, places) if places else row, source, row_id)

    return read_rows(paths, prefix, read)


def read_rows(
    paths: Sequence[RowSource], prefix: str, read: Callable[[Mapping[str, Any], str], Problem]
) -> tuple[list[Problem], list[BadRow]]:
    """What `read` makes of each row, in order, and the rows that it refused.

    Args:
        paths: files of rows, of any kind that `rowfiles` reads, or rows in memory.
        prefix: ids of rows without one are `{prefix}-{number:05d}`, counted from 0 over all files.
        read: a row and the id that it has by default -> its problem; raises DataError.

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
                problem = read(_checked(row), f"{prefix}-{number - 1:05d}")
                if problem.id in seen:
                    raise DataError(f"its id {problem.id!r} is already used by {seen[problem.id]}")
            except DataError as error:
                bad.append(BadRow(path.name, line, str(error)))
            else:
                seen[problem.id] = place(path.name, line)
                metadata = {**problem.metadata, "file": path.name, "line": line}
                problems.append(replace(problem, metadata=metadata))
    return problems, bad


def place_of(problem: Problem) -> str:
    """File and line that a problem was read from, "" where it was made here."""
    if "line" not in problem.metadata:
        return ""
    return place(problem.metadata["file"], problem.metadata["line"])


def _checked(row: Any) -> Mapping[str, Any]:
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object with question and answer, not {kind_words(row)}")
    return row


def numeric_problem(
    row: Mapping[str, Any], source: str, default_id: str, *, may_have_none: bool = False
) -> Problem:
    """A problem with a number for an answer, from columns under their usual names.

    Args:
        may_have_none: where the answer is the word "None", the problem's answer is None.

    Raises:
        DataError: what is missing or unusable.
    """
    row = under_usual_names(row)
    question = text_column(row, "question")
    has_none = may_have_none and _says_none(row)
    solution, answer = _solved({**row, "gold": None} if has_none else row, has_none)
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


def _says_none(row: Mapping[str, Any]) -> bool:
    """Whether the right answer is the word "None"."""
    text = first_of(row, (*ALIASES["gold"], *ALIASES["answer"]))
    return str(text).rpartition("####")[2].strip().casefold() == "none"


def _solved(row: Mapping[str, Any], has_none: bool) -> tuple[str, Fraction | None]:
    """The solution to learn from ("" for none) and the right answer, None where it `has_none`.

    Of multiple choice the answer is the number of the right choice (AQuA).
    """
    if has_none:
        text = text_column(row, "answer", required=False)
        return (text if is_worked(text) else ""), None
    choices = choices_of(first_of(row, ("choices", "options")))
    if choices is not None:
        right = first_of(row, ("correct", "answerKey", "answer_idx", "gold", "answer", "label"))
        number = gold_answer(choices.texts[gold_choice(right, choices)])
        worked = first_of(row, ("rationale", "solution"))
        return without_letter(worked) if isinstance(worked, str) else "", number
    for name in TAUGHT:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            whole(name, value)
    solution, answer = right_answer(row, TAUGHT, unmarked=True)
    if answer is None:
        raise DataError(f"no 'answer' (also looked for {', '.join((*TAUGHT[:3], *TAUGHT[4:]))})")
    return solution, answer


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
        "choices": list(problem.choices),
        "answer_choice": problem.answer_choice,
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
        answer=None if row["gold"] is None else _exact(row["gold"]),
        choices=tuple(row.get("choices") or ()),
        answer_choice=row.get("answer_choice"),
        solution=row["answer"],
        category=row["category"],
        steps=row["steps"],
        metadata=row["metadata"],
    )


# The same few numbers are the answers of many problems.
@lru_cache(maxsize=10_000)
def _exact(number: str) -> Fraction:
    return Fraction(number)
