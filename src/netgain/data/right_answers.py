"""The right answer that a row gives, and its reference solution; the choices that it offers."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from netgain.errors import DataError
from netgain.grading.choices import Choices, make_choices
from netgain.grading.gold import gold_answer
from netgain.grading.robust import extract
from netgain.rowfiles import ALIASES, kind_words

ANSWERS = ("answer", "solution", "reference", "label", "labels")
# Where a reference solution may stand. The first that is worked out counts, else the first.
REFERENCES = (
    "gold_solution", "reference_solution", *ANSWERS, "rationale", "gold", "target",
)  # fmt: skip
# The same of a problem to learn from, where an answer is nobody else's.
TAUGHT = (
    "gold_solution", "reference_solution", "answer", "solution", "rationale", "response", "output",
    "completion", "generated_solution", "assistant", "reference", "label", "labels", "gold",
    "target",
)  # fmt: skip
_BARE_WORDS = 6  # an answer with its unit has no more
_CLOSING = {"closing", "last_number", "opening"}  # rules that read an answer without a mark
_LETTER = re.compile(
    r"\n[^\n]{0,40}\b(?:answer|option|choice)\b[^\n]{0,20}[A-J]\W*\Z", re.IGNORECASE
)


def first_of(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The value of the first column of `names` that has one, else None."""
    return next((row[name] for name in names if row.get(name) is not None), None)


def right_answer(
    row: Mapping[str, Any],
    references: Sequence[str] = REFERENCES,
    *,
    agree: bool = True,
    unmarked: bool = False,
) -> tuple[str, Fraction | None]:
    """The reference solution ("" where there is none) and the right answer (None likewise).

    A column of its own (`gold`) says the answer, or a solution that marks it, or a bare answer.

    Args:
        agree: whether a `gold` that differs from its solution is a fault; if not, it counts.
        unmarked: whether the answer of a solution that marks none may be that of its last sentence.

    Raises:
        DataError: what should be an answer is no number, or two answers differ.
    """
    bare = next((name for name in ALIASES["gold"] if row.get(name) is not None), None)
    given = None if bare is None else gold_answer(_text(row[bare], bare))
    texts = [str(row[n]) for n in references if is_text(row.get(n)) and str(row[n]).strip()]
    solutions = [text for text in texts if is_worked(text)]
    if not solutions:
        return "", gold_answer(texts[0]) if given is None and texts else given
    reference = solutions[0].strip()
    if given is not None and not agree:
        return reference, given
    own: Fraction | None
    try:
        own = gold_answer(reference)
    except DataError:  # nothing marks its answer: a column of its own decides
        own = given if given is not None else _bare(row)
        read = extract(reference) if own is None and unmarked else None
        if read is not None and read.rule in _CLOSING:
            own = read.value
        if own is None:
            raise
        return reference, own
    other = _bare(row) if given is None and agree else given
    if other is not None and other != own:
        raise DataError(
            f"two right answers: {other}, and {own} at the end of the reference "
            "solution; mend one of them"
        )
    return reference, own


def _bare(row: Mapping[str, Any]) -> Fraction | None:
    """The answer alone, where a column beside the solution has it."""
    texts = (str(row[name]) for name in ANSWERS if is_text(row.get(name)))
    return next((gold_answer(t) for t in texts if t.strip() and not is_worked(t)), None)


def is_worked(text: str) -> bool:
    """Whether a text is a worked solution and not a bare answer."""
    return "####" in text or "\n" in text.strip() or len(text.split()) > _BARE_WORDS


def is_text(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _text(value: Any, name: str) -> str:
    if not is_text(value):
        raise DataError(f"{name!r} must be text, not {kind_words(value)}")
    return str(value)


def choices_of(value: Any) -> Choices | None:
    """Choices as data sets write them: texts, or texts and labels in one of three ways."""
    if value is None or value == []:
        return None
    labels: list[Any] = []
    texts = value
    if isinstance(value, Mapping):
        by_column = isinstance(value.get("text"), list)  # ARC: {"text": […], "label": […]}
        texts = value["text"] if by_column else list(value.values())
        labels = value.get("label") or [] if by_column else list(value)
    elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        texts, labels = [one.get("text") for one in value], [one.get("label") for one in value]
    if not isinstance(texts, list) or not all(isinstance(one, (str, int, float)) for one in texts):
        raise DataError("'choices' must be a list of texts, or texts with labels")
    return make_choices(tuple(map(str, texts)), tuple(map(str, labels)))


def without_letter(solution: str) -> str:
    """A solution to multiple choice without its last line, where that names a letter.

    >>> without_letter("20 + 24 = 44, and 44 / 2 = 22.\\nAnswer: C")
    '20 + 24 = 44, and 44 / 2 = 22.'
    """
    return _LETTER.sub("", solution).rstrip()
