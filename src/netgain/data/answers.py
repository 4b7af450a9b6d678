"""Rows of models' answers -> problems with completions. A bad row is named, never dropped.

A row holds one problem and what one model answered:

| column | also | what |
|---|---|---|
| `id` | `idx`, `problem_id`, `uid` | text or number, distinct within a model; made up if absent |
| `model` | `model_name`, `generator` | may be absent |
| `question` | `problem`, `query`, `instruction`, `input`, `prompt`, `ctx` | may be absent |
| `answer` | `solution`, `reference`, `label` | a GSM8K solution or a bare number |
| `gold` | `gold_answer`, `final_answer`, `target` | the right number; goes before `answer` |
| `completion` | `completions`, `response(s)`, `model_output`, `generated_text`, `generation`, `output(s)`, `predict`, `samples`, `prediction` | text, or a list of samples; none, and it counts as a wrong answer |
| `sample` | `sample_id`, `sample_index`, `sample_idx` | which of several samples; the id may then repeat |
| `finish_reason` | `stop_reason` | `stop`, `length` or `error` as several tools write it; one or a list; `stop` if absent |
| `steps` | | a list of texts, for tools that read steps |
| `choices` | `options`, `endings` | multiple choice: a list of texts, or texts with labels |

A row of lm-eval's `samples_*.jsonl` (`--log_samples`) is read, too: `doc_id`, `target`, the columns
of `doc`, and all texts of `resps`.

With `choices` the right one stands in `gold`, `answerKey`, `answer`, `label`, `target`,
`answer_idx`, `answer_index` or `correct`: a label, an index from 0, or a text (see `grading.choices`).
"""  # noqa: E501 - a table

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from netgain.errors import DataError
from netgain.grading.choices import Choices, gold_choice, make_choices
from netgain.grading.gold import gold_answer
from netgain.records import FinishReason, Problem
from netgain.rowfiles import (
    ALIASES,
    BadRow,
    RowSource,
    kind_words,
    label_column,
    rows_of,
    text_column,
    together,
)

MAX_ANSWER_LINE_BYTES = 50_000_000  # 1,000 samples of 50,000 characters
MAX_SAMPLES = 10_000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ALIASES["id"],
    "model": ("model", "model_name", "generator"),
    "question": (*ALIASES["question"], "prompt", "ctx"),
    "answer": ("answer", "solution", "reference", "label"),
    "gold": ALIASES["gold"],
    "completion": (
        "completion", "completions", "response", "responses", "model_output", "generated_text",
        "generation", "output", "outputs", "predict", "samples", "prediction",
    ),
    "sample": ("sample", "sample_id", "sample_index", "sample_idx"),
    "finish_reason": ("finish_reason", "stop_reason"),
    "steps": ("steps",),
    "choices": ("choices", "options", "endings"),
    "right_choice": (
        "gold", "answerKey", "answer", "label", "target", "answer_idx", "answer_index",
        "correct", "correct_option", "correct_answer",
    ),
}  # fmt: skip
# What a user may say the place of; the right choice stands under `gold` or `answer`.
NAMED = tuple(name for name in COLUMNS if name != "right_choice")
NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
FINISH_REASONS: Mapping[str, FinishReason] = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "max_length", "truncated"), "length"),
    **dict.fromkeys(("error", "content_filter", "abort"), "error"),
}


@dataclass(frozen=True)
class AnswerRow:
    """One problem and what one model answered, from one row.

    `model` is "" where the row names none. `completions` holds one text, or the samples where
    `several`, each with its finish reason; None stands for a missing one. `sample` tells rows of
    one problem apart, None where the row does not say. `choices` is None for a problem with a
    number for an answer. `steps` is None where the row has none. `row` is the row as it was read.
    """

    problem: Problem
    model: str
    completions: tuple[str | None, ...]
    finish_reasons: tuple[FinishReason, ...]
    several: bool
    sample: str | None
    choices: Choices | None
    steps: tuple[str, ...] | None
    row: Mapping[str, Any]


def read_answers(
    paths: Sequence[RowSource], columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[list[AnswerRow], list[BadRow]]:
    """All rows of some files, in order, and those that could not be read."""
    found: list[AnswerRow] = []
    bad: list[BadRow] = []
    for row in iterate_answers(paths, columns):
        if isinstance(row, BadRow):
            bad.append(row)
        else:
            found.append(row)
    return found, bad


def iterate_answers(
    paths: Sequence[RowSource], columns: Mapping[str, str] = NO_COLUMNS
) -> Iterator[AnswerRow | BadRow]:
    """The rows of `.jsonl` or `.parquet` files one by one; of earlier rows only ids are kept.

    A line may have up to `MAX_ANSWER_LINE_BYTES`. An id must be distinct within a model, or the
    rows that share it must have a `sample` each.

    Args:
        columns: where a column stands that has another name; see `named_columns`.

    Raises:
        DataError: a file cannot be read, or no row of all has a completion.
    """
    seen: dict[tuple[str, str, str | None], tuple[str, int]] = {}
    number = 0
    has_completion = None
    for path in paths:
        for line, row in rows_of(path, MAX_ANSWER_LINE_BYTES):
            number += 1
            try:
                answer = answer_row(row, f"{path.stem}-{number:05d}", columns)
                key = (answer.model, answer.problem.id, answer.sample)
                if key in seen:
                    raise DataError(repeated_by_filter(row) or _used_twice(*key, *seen[key]))
            except DataError as error:
                yield BadRow(path.name, line, str(error))
            else:
                seen[key] = (path.name, line)
                has_completion = has_completion or any(c is not None for c in answer.completions)
                yield answer
    if has_completion is False:
        raise DataError(no_completions_words(paths))


def no_completions_words(paths: Sequence[RowSource]) -> str:
    """What is wrong with files none of whose rows has a completion: its name, most likely."""
    return (
        f"no row of {', '.join(map(str, paths))} has a 'completion' (also looked for "
        f"{', '.join(COLUMNS['completion'][1:])}); --column completion=NAME names its column"
    )


def _used_twice(model: str, problem_id: str, sample: str | None, file: str, line: int) -> str:
    of = f" of model {model!r}" if model else ""
    of += "" if sample is None else f" with sample {sample!r}"
    hint = "; samples of one problem need a 'sample' number each" if sample is None else ""
    return f"its id {problem_id!r}{of} is already used by {file}, line {line}{hint}"


def repeated_by_filter(row: Mapping[str, Any]) -> str:
    """Why lm-eval wrote an answer once more; "" where the row is none of its rows."""
    if not _is_lm_eval(row) or row.get("filter") is None:
        return ""
    return (
        "its doc_id was read already (lm-eval writes every answer once for each filter); keep "
        f'the rows of one filter, as `grep \'"filter": "{row["filter"]!s:.40}"\'` does'
    )


def _is_lm_eval(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("doc"), Mapping) and isinstance(row.get("resps"), list)


def column_option(words: Sequence[str]) -> dict[str, str]:
    """`completion=output.text` and the like -> column -> where it stands.

    Raises:
        ValueError: no "=", an unknown column, or one named twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not path.strip() or name not in NAMED:
            raise ValueError(
                f"{word!r:.80} is not COLUMN=NAME with COLUMN one of {', '.join(NAMED)}"
            )
        if name in found:
            raise ValueError(f"the column {name} is named twice")
        found[name] = path.strip()
    return found


def named_columns(row: Mapping[str, Any], columns: Mapping[str, str]) -> Mapping[str, Any]:
    """A row under our names: those of lm-eval's rows, and where `columns` says that one stands.

    A value of `columns` is a column's name or a path into it: "output.text", "choices.0.text". A
    column that is named is looked for nowhere else.
    """
    found = row
    for shaped in SHAPES:
        found = shaped(found)
    for name, path in columns.items():
        others = {key: value for key, value in found.items() if key not in COLUMNS[name]}
        found = {**others, name: _at(row, path)}
    return found


def _at(row: Any, path: str) -> Any:
    """What stands at `path`; None where nothing does."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    head, _, rest = path.partition(".")
    if isinstance(row, list) and head.isdigit() and len(head) < 9 and int(head) < len(row):
        inner = row[int(head)]
    elif isinstance(row, Mapping) and head in row:
        inner = row[head]
    else:
        return None
    return _at(inner, rest) if rest else inner


def _lm_eval_columns(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of lm-eval under our names; any other as it is."""
    if not _is_lm_eval(row):
        return row
    texts = [text for one in row["resps"] for text in (one if isinstance(one, list) else [one])]
    answers = texts[0] if len(texts) == 1 else texts
    return {"target": row.get("target"), **row["doc"], "id": row.get("doc_id"),
            "completion": answers}  # fmt: skip


# Rows that keep what they have in places of their own, put under our names; any other stays.
SHAPES: tuple[Callable[[Mapping[str, Any]], Mapping[str, Any]], ...] = (_lm_eval_columns, together)


def answer_row(row: Any, default_id: str, columns: Mapping[str, str] = NO_COLUMNS) -> AnswerRow:
    """What one row says; `columns` as in `named_columns`.

    Raises:
        DataError: it cannot be used: no right answer to judge by, or a column of the wrong kind.
    """
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object, not {kind_words(row)}")
    under_names = named_columns(row, columns)
    named = {name: first_of(under_names, aliases) for name, aliases in COLUMNS.items()}
    completions, several = _completions(named["completion"])
    choices = _choices(named["choices"])
    row_id = label_column(named, "id")
    text = "" if choices else _reference(named)
    problem = Problem(
        id=default_id if row_id is None else row_id,
        source="",
        question=text_column(named, "question", required=False),
        answer=None if choices else _gold(named["gold"], text),
        solution=text if "####" in text else "",
        choices=choices.texts if choices else (),
        answer_choice=gold_choice(named["right_choice"], choices) if choices else None,
        category=label_column(under_names, "category"),
    )
    return AnswerRow(
        problem=problem,
        model=_model(named["model"]),
        completions=completions,
        finish_reasons=finish_reasons(named["finish_reason"], len(completions)),
        several=several,
        sample=sample_of(named["sample"]),
        choices=choices,
        steps=_steps(named["steps"]),
        row=row,
    )


def first_of(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The value of the first column of `names` that has one, else None."""
    return next((row[name] for name in names if row.get(name) is not None), None)


def _reference(named: Mapping[str, Any]) -> str:
    """The reference answer as text, "" where only `gold` gives it."""
    if named["answer"] is None and named["gold"] is None:
        raise DataError(
            "no 'answer' and no 'gold' to judge by (also looked for "
            f"{', '.join((*COLUMNS['answer'][1:], *COLUMNS['gold'][1:]))})"
        )
    return text_column(named, "answer", required=named["gold"] is None)


def _gold(gold: Any, answer: str) -> Fraction:
    return gold_answer(answer if gold is None else str(gold))


def sample_of(value: Any) -> str | None:
    """Which sample a row is, as text.

    Raises:
        DataError: it is neither a number nor text.
    """
    if value is None:
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise DataError(f"'sample' must be a number or text, not {kind_words(value)}")
    return str(value)


def _completions(value: Any) -> tuple[tuple[str | None, ...], bool]:
    if value is None or isinstance(value, str):
        return (value,), False
    if not isinstance(value, list) or not all(one is None or isinstance(one, str) for one in value):
        raise DataError("'completion' must be text or a list of texts")
    if len(value) > MAX_SAMPLES:
        raise DataError(f"{len(value):,} samples; there must be 1 to {MAX_SAMPLES:,}")
    return tuple(value) or (None,), True


def finish_reasons(value: Any, n: int) -> tuple[FinishReason, ...]:
    """The finish reasons of `n` samples, from one for all, a list, or None for `stop`.

    Raises:
        DataError: one is not known, or there are not as many as samples.
    """
    given = value if isinstance(value, list) else [value] * n
    if len(given) != n:
        raise DataError(f"{len(given)} finish reasons for {n} samples")
    reasons = [FINISH_REASONS.get(str(one or "stop").lower()) for one in given]
    if None in reasons:
        raise DataError(
            f"finish reason {given[reasons.index(None)]!r:.60} is not known; expected one of "
            + ", ".join(FINISH_REASONS)
        )
    return tuple(reason for reason in reasons if reason is not None)


def _choices(value: Any) -> Choices | None:
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


def _model(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"'model' must be text, not {value!r:.60}")
    return value


def _steps(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(step, str) for step in value):
        return None  # a count of steps, as problems have it, is none of ours
    return tuple(value)
