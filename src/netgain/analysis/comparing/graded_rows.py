"""Rows of answers, judged: each row's grades, and the row with what was found written into it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from netgain.data.rows_of_answers import AnswerRow
from netgain.grading import grade
from netgain.grading.choice import grade_choice
from netgain.records import Ending, FinishReason, Grade

COLUMNS = ("extracted", "rule", "strict", "flexible", "correct")


def grade_row(answer: AnswerRow, ending: Ending = "hashes") -> list[Grade]:
    """One grade for each of the row's completions; none is a wrong answer, `missing` or `error`.

    Args:
        ending: the form that the strict grader reads where the row does not say what was asked for.
    """
    samples = enumerate(zip(answer.completions, answer.finish_reasons, strict=True))
    form = answer.ending or ending
    return [_grade(answer, text, finish, i, form) for i, (text, finish) in samples]


def _grade(
    answer: AnswerRow, text: str | None, finish: FinishReason, sample: int, ending: Ending
) -> Grade:
    problem = answer.problem
    if text is None:
        rule = "error" if finish == "error" else "missing"
        return Grade(problem.id, sample, 0, None, rule, False, False, False)
    if answer.choices is not None and problem.answer_choice is not None:
        return grade_choice(
            text, answer.choices, problem.answer_choice,
            problem_id=problem.id, sample=sample, finish_reason=finish,
        )  # fmt: skip
    if problem.answer is None:
        raise ValueError(f"{problem.id!r} has neither a number nor choices to be judged by")
    return grade(
        text, problem.answer, problem_id=problem.id, sample=sample, finish_reason=finish,
        ending=ending,
    )  # fmt: skip


class SampleRows:
    """Grades of rows that are one sample each, kept until all of a problem's are there."""

    def __init__(self) -> None:
        self._grades: dict[tuple[str, str], list[tuple[str, list[Grade]]]] = defaultdict(list)

    def add(self, answer: AnswerRow, grades: list[Grade]) -> None:
        self._grades[answer.model, answer.problem.id].append((answer.sample or "", grades))

    def problems(self) -> Iterator[tuple[str, list[Grade]]]:
        """Each problem's model and grades, by the samples' numbers where all have one."""
        for (model, _), rows in self._grades.items():
            if all(sample.isdecimal() for sample, _ in rows):
                rows = sorted(rows, key=lambda row: int(row[0]))
            grades = [grade for _, its in rows for grade in its]
            yield model, [replace(grade, sample=i) for i, grade in enumerate(grades)]


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
