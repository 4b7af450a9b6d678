"""A row of a file -> what `netgain diagnose` is asked about it, or why it cannot be diagnosed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from netgain.data.answers import COLUMNS, FINISH_REASONS
from netgain.errors import DataError
from netgain.grading import gold_answer
from netgain.records import FinishReason
from netgain.rowfiles import kind_words, label_column

_REFERENCES = ("gold_solution", *COLUMNS["answer"])


@dataclass(frozen=True)
class Case:
    """A solution and what it is judged by.

    `id` is None and `model` "" where the row names none; `gold` is None where nothing tells the
    right answer, and `reference` is "" where there is no reference solution.
    """

    id: str | None
    model: str
    question: str
    solution: str | list[str]
    reference: str
    gold: Fraction | None
    finish_reason: FinishReason


def case_of(row: Any) -> Case:
    """What one row asks.

    Raises:
        DataError: it holds no solution, a column of the wrong kind, a right answer that is no
            number, two that differ, or a choice.
    """
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object, not {kind_words(row)}")
    if _first(row, COLUMNS["choices"]):
        raise DataError("it is multiple choice, which cannot be diagnosed: its answer is no number")
    reference, gold = _right_answer(row)
    return Case(
        id=label_column(row, "id"),
        model=_text(row, COLUMNS["model"]),
        question=_text(row, COLUMNS["question"]),
        solution=_solution(row),
        reference=reference,
        gold=gold,
        finish_reason=_finish_reason(row),
    )


def _right_answer(row: Mapping[str, Any]) -> tuple[str, Fraction | None]:
    """The reference solution and the right answer; "" and None where there is none."""
    given = _text(row, COLUMNS["gold"])
    reference = _text(row, _REFERENCES)
    gold = None if _first(row, COLUMNS["gold"]) is None else gold_answer(given)
    if not reference:
        return "", gold
    if "####" not in reference:
        return ("", gold_answer(reference)) if gold is None else (reference, gold)
    if gold is None:
        return reference, gold_answer(reference)
    try:
        own = gold_answer(reference)
    except DataError:  # text after its number: the column of its own decides
        return reference, gold
    if gold != own:
        raise DataError(
            f"two right answers: {given.strip():.40}, and {own} at the end of the reference "
            "solution; mend one of them"
        )
    return reference, gold


def _finish_reason(row: Mapping[str, Any]) -> FinishReason:
    reason = _first(row, COLUMNS["finish_reason"]) or "stop"
    if not isinstance(reason, str) or reason.lower() not in FINISH_REASONS:
        raise DataError(
            f"finish reason {reason!r:.60} is not known; expected one of "
            + ", ".join(FINISH_REASONS)
        )
    return FINISH_REASONS[reason.lower()]


def _solution(row: Mapping[str, Any]) -> str | list[str]:
    steps = row.get("steps")
    if isinstance(steps, list) and all(isinstance(step, str) for step in steps):
        return steps
    completion = _first(row, COLUMNS["completion"])
    if completion is None:
        raise DataError("no 'completion' and no 'steps' (a list of texts)")
    if not isinstance(completion, str):
        raise DataError(
            f"'completion' must be one text, not {kind_words(completion)}; "
            "give each sample a row of its own"
        )
    return completion


def _text(row: Mapping[str, Any], names: Sequence[str]) -> str:
    value = _first(row, names)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise DataError(f"{names[0]!r} must be text, not {kind_words(value)}")
    return str(value)


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)
