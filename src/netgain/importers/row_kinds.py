"""What rows are: a model's answers or problems."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from netgain.data.answer_columns import COLUMNS, FINISH_REASONS, NO_COLUMNS, named_columns
from netgain.data.right_answers import TAUGHT, first_of, is_worked
from netgain.data.rows_of_answers import MAX_ANSWER_LINE_BYTES
from netgain.data.shapes import tool_of
from netgain.rowfiles import rows_of

REFERRED = ("reference", "reference_solution", "gold_solution")  # what an answer is held against
MOST_MODELS = 200  # in one file
FIRST_ROWS = 20  # of a file, among which one must be an object


def is_answer(
    row: Mapping[str, Any], columns: Mapping[str, str] = NO_COLUMNS, wanted: bool = False
) -> bool:
    """Whether a row holds a model's answer, or says at least whether one was right.

    What may as well be a solution to learn from (`output`, an assistant's message) is an answer
    where the row names a model or has the right answer beside it, or where answers are `wanted`.
    """
    under = named_columns(row, columns)
    wanted = wanted or "completion" in columns
    if first_of(under, COLUMNS["completion"]) is None:
        is_choice = first_of(under, COLUMNS["choices"]) is not None and isinstance(
            under.get("correct"), str
        )
        return under.get("correct") is not None and not is_choice
    said = {name for name in COLUMNS["completion"] if under.get(name) is not None}
    if tool_of(row) or wanted or said - set(TAUGHT) or first_of(under, COLUMNS["model"]):
        return True
    if first_of(under, REFERRED) is not None:
        return True
    known = first_of(under, (*COLUMNS["answer"], *COLUMNS["gold"], "own_verdict", "correct"))
    if said & {"response", "output", "completion"}:
        return known is not None
    return known is not None and not (isinstance(known, str) and is_worked(known))


def is_problem(row: Mapping[str, Any]) -> bool:
    """Whether a row asks something."""
    under = named_columns(row, {})
    return first_of(under, COLUMNS["question"]) is not None


def one_a_model(path: Path, first: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A row of each model that a file names, in their order; the first where it names none."""
    if not any(isinstance(first.get(name), str) for name in COLUMNS["model"]):
        return [first]
    found: dict[Any, Mapping[str, Any]] = {}
    for _, row in rows_of(path, MAX_ANSWER_LINE_BYTES):
        model = first_of(row, COLUMNS["model"]) if isinstance(row, Mapping) else None
        if isinstance(model, str) and len(found) < MOST_MODELS:
            found.setdefault(model, row)
    return list(found.values())


def first_telling(rows: Iterable[Any], columns: Mapping[str, str] = NO_COLUMNS) -> Any:
    """The first row that tells what a file's rows are: one of a failed answer where all are such.

    None where the first rows are no objects.
    """
    lost = None
    for place, row in enumerate(rows):
        if isinstance(row, Mapping):
            if not _never_came(row, columns):
                return row
            lost = row if lost is None else lost
        if lost is None and place + 1 >= FIRST_ROWS:
            break
    return lost


def _never_came(row: Mapping[str, Any], columns: Mapping[str, str]) -> bool:
    under = named_columns(row, columns)
    ended = str(under.get("finish_reason")).lower()
    return first_of(under, COLUMNS["completion"]) is None and FINISH_REASONS.get(ended) == "error"
