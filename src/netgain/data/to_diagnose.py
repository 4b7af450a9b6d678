"""A row of a file -> what `netgain diagnose` is asked about it, or why it cannot be diagnosed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from netgain.data.answers import (
    COLUMNS,
    NO_COLUMNS,
    finish_reasons,
    first_of,
    named_columns,
    sample_of,
)
from netgain.errors import DataError
from netgain.grading import gold_answer
from netgain.records import FinishReason
from netgain.rowfiles import kind_words, label_column

# Where a reference solution may stand. The first that is worked out counts, else the first.
_REFERENCES = ("gold_solution", *COLUMNS["answer"], "rationale", "gold", "target")
_BARE_WORDS = 6  # an answer with its unit has no more


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


def case_of(row: Any, columns: Mapping[str, str] = NO_COLUMNS) -> Case:
    """What one row asks. Columns are found as `netgain grade` finds them.

    Args:
        columns: where a column stands that has another name; see `data.answers.named_columns`.

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
    reference, gold = _right_answer(row)
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


def _right_answer(row: Mapping[str, Any]) -> tuple[str, Fraction | None]:
    """The reference solution and the right answer; "" and None where there is none."""
    given_texts = (row.get(name) for name in _REFERENCES)
    texts = [str(one) for one in given_texts if _is_text(one) and str(one).strip()]
    bare = next((name for name in COLUMNS["gold"] if row.get(name) is not None), None)
    given = None if bare is None else gold_answer(_text(row, (bare,)))
    solutions = [text for text in texts if _is_worked(text)]
    if not solutions:
        return "", gold_answer(texts[0]) if given is None and texts else given
    reference = solutions[0]
    others = (gold_answer(text) for text in texts if not _is_worked(text))
    gold = given if given is not None else next(others, None)
    try:
        own = gold_answer(reference)
    except DataError:  # nothing marks its answer: a column of its own decides
        if gold is None:
            raise
        return reference, gold
    if gold is not None and gold != own:
        raise DataError(
            f"two right answers: {gold}, and {own} at the end of the reference "
            "solution; mend one of them"
        )
    return reference, own


def _is_worked(text: str) -> bool:
    """Whether a text is a worked solution and not a bare answer."""
    return "####" in text or "\n" in text.strip() or len(text.split()) > _BARE_WORDS


def _solution(row: Mapping[str, Any]) -> str | list[str]:
    steps = row.get("steps")
    if isinstance(steps, list) and all(isinstance(step, str) for step in steps):
        return steps
    completion = first_of(row, COLUMNS["completion"])
    if completion is None:
        raise DataError("no 'completion' and no 'steps' (a list of texts)")
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
    if not _is_text(value):
        raise DataError(f"{names[0]!r} must be text, not {kind_words(value)}")
    return str(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)
