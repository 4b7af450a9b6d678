"""Columns of a row under the field's usual names, read as text, a label or a number."""

import re
from collections.abc import Mapping
from typing import Any

from netgain.errors import DataError

# The field's usual names for the same column, in order of preference.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "idx", "problem_id", "uid", "question_id", "qid"),
    "question": (
        "question", "problem", "query", "instruction", "problem_statement", "question_text",
        "input",
    ),
    "answer": ("answer", "solution", "response", "output"),
    "gold": (
        "gold", "gold_answer", "final_answer", "expected_answer", "ground_truth", "answer_number",
        "numerical_answer", "reference_answer", "true_answer", "gt_answer", "target",
        "correct_answer", "expected", "expected_output", "ideal",
    ),
    "category": ("category", "subject", "type"),
}  # fmt: skip


_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTER = re.compile(r"[^a-z0-9]+")


def usual_spelling(name: str) -> str:
    """
    >>> usual_spelling("Model Response"), usual_spelling("groundTruth"), usual_spelling("Correct?")
    ('model_response', 'ground_truth', 'correct')
    """
    spaced = name if name.isupper() else _WORD_ENDS.sub("_", name)
    return _NO_LETTER.sub("_", spaced.lower()).strip("_") or name


def kind_words(value: Any) -> str:
    """What a value is, in words that do not ask for Python.

    >>> kind_words(None), kind_words([1]), kind_words(3), kind_words(True)
    ('nothing', 'a list', 'a number', 'true or false')
    """
    kinds: tuple[tuple[Any, str], ...] = (
        (type(None), "nothing"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (Mapping, "an object"),
        ((list, tuple), "a list"),
    )
    return next(
        (words for kind, words in kinds if isinstance(value, kind)), "another kind of value"
    )


def column(row: Mapping[str, Any], name: str) -> Any:
    """The value under `name` or its first alias that has one, else None."""
    for alias in ALIASES[name]:
        if row.get(alias) is not None:
            return row[alias]
    return None


def label_column(row: Mapping[str, Any], name: str) -> str | None:
    """An id or a category: text or a whole number, or None where the row has none.

    Raises:
        DataError: it is something else.
    """
    value = column(row, name)
    if value is None:
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise DataError(f"{name!r} must be text or a whole number, not {kind_words(value)}")
    text = str(value)
    if not text.strip():
        raise DataError(f"{name!r} is empty")
    return whole(name, text)


def whole(name: str, text: str) -> str:
    """The text under `name`; a DataError where it holds half of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"{name!r} holds half a character (a lone surrogate)") from None
    return text


def text_column(row: Mapping[str, Any], name: str, required: bool = True) -> str:
    """Text under `name`, stripped; "" where it may be absent and is.

    Raises:
        DataError: it is missing, empty, no text, or not encodable.
    """
    value = column(row, name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name == "answer":
        value = str(value)
    if value is None and not required:
        return ""
    if value is None:
        raise DataError(f"no {name!r} (also looked for {', '.join(ALIASES[name][1:])})")
    if not isinstance(value, str):
        raise DataError(f"{name!r} must be text, not {kind_words(value)}")
    if not value.strip() and required:
        raise DataError(f"{name!r} is empty")
    return whole(name, value).strip()
