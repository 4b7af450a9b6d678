"""A row of a file -> what `netgain diagnose` is asked about it, or why it cannot be diagnosed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from netgain.data.answer_columns import (
    COLUMNS,
    NO_COLUMNS,
    column_words,
    completions_of,
    finish_reasons,
    named_columns,
    sample_of,
)
from netgain.data.right_answers import first_of, is_text, right_answer
from netgain.data.rows_of_answers import Key
from netgain.errors import DataError
from netgain.records import FinishReason
from netgain.rowfiles import kind_words, label_column


@dataclass(frozen=True)
class Case:
    """A solution and what it is judged by.

    `sample` tells rows of one id apart, None where the row does not say. `id` is None and `model`
    "" where the row names none; `gold` is None where nothing tells the right answer, and
    `reference` is "" where there is no reference solution.
    """

    id: str | None
    model: str
    question: str
    solution: str | list[str]
    reference: str
    gold: Fraction | None
    finish_reason: FinishReason
    sample: str | None = None

    @property
    def key(self) -> Key:
        return self.model, self.id, self.sample


def case_of(row: Any, columns: Mapping[str, str] = NO_COLUMNS) -> Case:
    """What one row asks. Columns are found as `netgain grade` finds them.

    Args:
        columns: where a column stands that has another name; see `answer_columns.named_columns`.

    Raises:
        DataError: it holds no solution, a column of the wrong kind, a right answer that is no
            number, two that differ, or a choice.
    """
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object, not {kind_words(row)}")
    row = named_columns(row, columns)
    if first_of(row, COLUMNS["choices"]):
        raise DataError("it is multiple choice, which cannot be diagnosed: its answer is no number")
    reference, gold = right_answer(row)
    return Case(
        id=label_column(row, "id"),
        model=_text(row, COLUMNS["model"]),
        question=_text(row, COLUMNS["question"]),
        solution=_solution(row),
        reference=reference,
        gold=gold,
        finish_reason=finish_reasons(first_of(row, COLUMNS["finish_reason"]), 1)[0],
        sample=sample_of(first_of(row, COLUMNS["sample"])),
    )


def _solution(row: Mapping[str, Any]) -> str | list[str]:
    steps = row.get("steps")
    if isinstance(steps, list) and all(isinstance(step, str) for step in steps):
        return steps
    completion = first_of(row, COLUMNS["completion"])
    if completion is None:
        raise DataError(
            f"no 'completion' and no 'steps' (a list of texts; {column_words(row)}); --column "
            "completion=NAME names the column of answers"
        )
    if isinstance(completion, list) and len(completion) == 1:
        [completion], _ = completions_of(completion)
    if not isinstance(completion, str):
        raise DataError(
            f"'completion' must be one text, not {kind_words(completion)}; "
            "give each sample a row of its own"
        )
    return completion


def _text(row: Mapping[str, Any], names: Sequence[str]) -> str:
    value = first_of(row, names)
    if value is None:
        return ""
    if not is_text(value):
        raise DataError(f"{names[0]!r} must be text, not {kind_words(value)}")
    return str(value)
