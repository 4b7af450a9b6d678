"""ARC, MMLU and HellaSwag: rows -> problems of multiple choice, and what a model scores for each.

The contexts and choices are those of lm-eval 0.4.13's tasks `arc_easy`, `arc_challenge`,
`mmlu_<subject>` and `hellaswag`, so that figures can be compared: a choice is scored as a space and
its text after the context. Text is used as it stands in the data, spaces included.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netgain.errors import DataError
from netgain.grading.choices import LETTERS
from netgain.records import Problem
from netgain.rowfiles import kind_words, whole

_STEM = (
    "abstract_algebra anatomy astronomy college_biology college_chemistry college_computer_science "
    "college_mathematics college_physics computer_security conceptual_physics "
    "electrical_engineering elementary_mathematics high_school_biology high_school_chemistry "
    "high_school_computer_science high_school_mathematics high_school_physics "
    "high_school_statistics machine_learning"
)
_HUMANITIES = (
    "formal_logic high_school_european_history high_school_us_history high_school_world_history "
    "international_law jurisprudence logical_fallacies moral_disputes moral_scenarios philosophy "
    "prehistory professional_law world_religions"
)
_SOCIAL_SCIENCES = (
    "econometrics high_school_geography high_school_government_and_politics "
    "high_school_macroeconomics high_school_microeconomics high_school_psychology human_sexuality "
    "professional_psychology public_relations security_studies sociology us_foreign_policy"
)
_OTHER = (
    "business_ethics clinical_knowledge college_medicine global_facts human_aging management "
    "marketing medical_genetics miscellaneous nutrition professional_accounting "
    "professional_medicine virology"
)
# MMLU's four categories of subjects, as its authors sort them (Hendrycks et al. 2021).
MMLU_CATEGORIES: Mapping[str, str] = {
    subject: category
    for category, subjects in (
        ("STEM", _STEM),
        ("humanities", _HUMANITIES),
        ("social sciences", _SOCIAL_SCIENCES),
        ("other", _OTHER),
    )
    for subject in subjects.split()
}


@dataclass(frozen=True)
class ChoiceItem:
    """What is scored for one problem: each of `choices`, with a space before it, after `context`.

    The choices are in the order of the problem's: their texts, or their letters.
    """

    problem_id: str
    context: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class ChoiceFormat:
    """How a problem is put: `about` at the very beginning, then `text`, and what is scored."""

    text: Callable[[Problem], str]
    choices: Callable[[Problem], tuple[str, ...]] = lambda problem: problem.choices
    about: Callable[[Problem], str] = lambda problem: ""

    def item(self, problem: Problem, shots: Sequence[Problem] = ()) -> ChoiceItem:
        """The problem after the solved `shots` of its own subject, each ended by an empty line."""
        subject = problem.metadata.get("subject")
        solved = [
            f"{self.text(shot)} {self.choices(shot)[shot.answer_choice]}\n\n"
            for shot in shots
            if shot.answer_choice is not None and shot.metadata.get("subject") == subject
        ]
        context = "".join((self.about(problem), *solved, self.text(problem)))
        return ChoiceItem(problem.id, context, self.choices(problem))


# -- ARC -----------------------------------------------------------------------------------


def arc_problem(row: Mapping[str, Any], source: str, row_id: str) -> Problem:
    """A row of `question, choices {text, label}, answerKey`; labels are letters or numbers.

    Raises:
        DataError: what is missing or unusable, as in the other two.
    """
    offered = row.get("choices")
    if not isinstance(offered, Mapping):
        raise DataError(f"'choices' must have 'text' and 'label', not be {kind_words(offered)}")
    labels = _texts(offered, "label")
    key = _text(row, "answerKey")
    if key not in labels:
        raise DataError(f"'answerKey' {key!r:.20} is none of the labels {', '.join(labels)!r:.80}")
    own_id = row.get("id")
    return _problem(
        row_id, source, _text(row, "question"), _texts(offered, "text"), labels.index(key),
        metadata={"row_id": own_id} if isinstance(own_id, (str, int)) else {},
    )  # fmt: skip


ARC = ChoiceFormat(lambda problem: f"Question: {problem.question}\nAnswer:")


# -- MMLU ----------------------------------------------------------------------------------


def mmlu_problem(row: Mapping[str, Any], source: str, row_id: str) -> Problem:
    """A row of `question, subject, choices, answer` (an index from 0).

    The category is that of the subject, and the subject itself where it is none of MMLU's 57.
    """
    subject = _text(row, "subject")
    return _problem(
        row_id, source, _text(row, "question"), _texts(row, "choices"), _index(row, "answer"),
        category=MMLU_CATEGORIES.get(subject, subject), metadata={"subject": subject},
    )  # fmt: skip


def _letters(problem: Problem) -> tuple[str, ...]:
    return tuple(LETTERS[: len(problem.choices)])


def _mmlu_about(problem: Problem) -> str:
    subject = problem.metadata["subject"].replace("_", " ")
    return f"The following are multiple choice questions (with answers) about {subject}.\n\n"


def _mmlu_text(problem: Problem) -> str:
    offered = zip(_letters(problem), problem.choices, strict=True)
    lines = "".join(f"\n{letter}. {text}" for letter, text in offered)
    return f"{problem.question.strip()}{lines}\nAnswer:"


# The letters are scored, not the texts: these are in the context.
MMLU = ChoiceFormat(_mmlu_text, _letters, _mmlu_about)


# -- HellaSwag -----------------------------------------------------------------------------


def hellaswag_problem(row: Mapping[str, Any], source: str, row_id: str) -> Problem:
    """A row of `activity_label, ctx_a, ctx_b, endings, label` (an index, often as text).

    Several rows may continue one video or article (`source_id`): they are one cluster. The
    category is where it is from (`activitynet` or `wikihow`).
    """
    begun, rest = _text(row, "ctx_a"), _text(row, "ctx_b")
    context = f"{_text(row, 'activity_label')}: {begun} {rest.capitalize()}"
    endings = tuple(_tidy(ending) for ending in _texts(row, "endings"))
    origin = row.get("source_id")
    known = isinstance(origin, str) and origin != ""
    return _problem(
        row_id, source, _tidy(context), endings, _index(row, "label"),
        category=str(origin).partition("~")[0] if known else None,
        metadata={"cluster": origin} if known else {},
    )  # fmt: skip


HELLASWAG = ChoiceFormat(lambda problem: problem.question)


def _tidy(text: str) -> str:
    """HellaSwag's texts without the marks that WikiHow left in them, as lm-eval tidies them.

    >>> _tidy(" How to row [title] Sit down [step] Hold  the oars. ")
    'How to row. Sit down Hold the oars.'
    """
    plain = "\n".join(map(_without_brackets, text.strip().replace(" [title]", ". ").split("\n")))
    return plain.replace("  ", " ")


def _without_brackets(line: str) -> str:
    """`line` without what stands from each "[" to the next "]"; linear in its length."""
    kept, at = [], 0
    while (begin := line.find("[", at)) >= 0 and (end := line.find("]", begin)) >= 0:
        kept.append(line[at:begin])
        at = end + 1
    return "".join((*kept, line[at:]))


# -- columns -------------------------------------------------------------------------------


def _problem(
    row_id: str, source: str, question: str, choices: tuple[str, ...], answer: int,
    **more: Any,
) -> Problem:  # fmt: skip
    if not 2 <= len(choices) <= len(LETTERS):
        raise DataError(f"{len(choices)} choices; there must be 2 to {len(LETTERS)}")
    if not 0 <= answer < len(choices):
        raise DataError(f"the right choice {answer} is none of the {len(choices)}, counted from 0")
    if not question.strip():
        raise DataError("the question is empty")
    return Problem(row_id, source, question, None, choices=choices, answer_choice=answer, **more)


def _text(row: Mapping[str, Any], name: str) -> str:
    """Text under `name`, exactly as it stands; it may be empty."""
    value = row.get(name)
    if not isinstance(value, str):
        raise DataError(f"{name!r} must be text, not {kind_words(value)}")
    return whole(name, value)


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = row.get(name)
    if not isinstance(values, list):
        raise DataError(f"{name!r} must be a list of texts, not {kind_words(values)}")
    return tuple(_text({name: value}, name) for value in values)


def _index(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 2:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    shown = f"{value!r:.20}" if isinstance(value, str) else kind_words(value)
    raise DataError(f"{name!r} must be the index of the right choice, counted from 0, not {shown}")
