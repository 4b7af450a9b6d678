"""Rows of answers, judged: each row's grades, and the row with what was found written into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netgain.data.answers import AnswerRow
from netgain.grading import grade
from netgain.grading.choice import grade_choice
from netgain.records import Grade

COLUMNS = ("extracted", "rule", "strict", "flexible", "correct")


def grade_row(answer: AnswerRow) -> list[Grade]:
    """One grade for each of the row's completions."""
    samples = enumerate(zip(answer.completions, answer.finish_reasons, strict=True))
    problem = answer.problem
    if answer.choices is not None and problem.answer_choice is not None:
        return [
            grade_choice(
                text, answer.choices, problem.answer_choice,
                problem_id=problem.id, sample=i, finish_reason=finish,
            )
            for i, (text, finish) in samples
        ]  # fmt: skip
    if problem.answer is None:
        raise ValueError(f"{problem.id!r} has neither a number nor choices to be judged by")
    gold = problem.answer
    return [
        grade(text, gold, problem_id=problem.id, sample=i, finish_reason=finish)
        for i, (text, finish) in samples
    ]


def graded_row(answer: AnswerRow, grades: Sequence[Grade]) -> dict[str, Any]:
    """The row as it was read, with `COLUMNS` added: lists where the completion is one.

    A value that the row already had under one of these names, and that is another one, is kept
    under `input_` and the name.
    """
    found: dict[str, Any] = {}
    for column in COLUMNS:
        values = [getattr(one, column) for one in grades]
        found[column] = values if answer.several else values[0]
    kept = {
        f"input_{name}": answer.row[name]
        for name, value in found.items()
        if name in answer.row and answer.row[name] != value
    }
    return {**answer.row, **kept, **found}
