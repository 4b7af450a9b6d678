"""Rows of models' answers -> problems with completions. A bad row is named, never dropped.

`answer_columns` says what a row's columns are called.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeVar

from netgain.data.answer_columns import (
    COLUMNS,
    NO_COLUMNS,
    column_words,
    completions_of,
    finish_reasons,
    model_of,
    named_columns,
    sample_of,
    steps_of,
)
from netgain.data.api_shapes import failure_of
from netgain.data.asked_form import Forms, asked_form
from netgain.data.right_answers import choices_of, first_of, right_answer
from netgain.data.shapes import own_verdicts
from netgain.data.tool_shapes import is_lm_eval
from netgain.errors import DataError
from netgain.grading.choices import Choices, gold_choice
from netgain.records import Ending, FinishReason, Problem
from netgain.rowfiles import (
    BadRow,
    GivenRows,
    RowSource,
    kind_words,
    label_column,
    place,
    rows_of,
    text_column,
)

MAX_ANSWER_LINE_BYTES = 50_000_000  # 1,000 samples of 50,000 characters
FIRST_HELD, MOST_HELD = 200, 16_000_000  # rows of a stream, and characters of them


Key = tuple[str, str | None, str | None]  # model, problem, sample


class Keyed(Protocol):
    @property
    def key(self) -> Key: ...


Read = TypeVar("Read", bound=Keyed)


@dataclass(frozen=True)
class AnswerRow:
    """One problem and what one model answered, from one row.

    `model` is "" where the row names none. `completions` holds one text, or the samples where
    `several`, each with its finish reason; None stands for a missing one. `sample` tells rows of
    one problem apart, None where the row does not say. `choices` is None for a problem with a
    number for an answer. `steps` is None where the row has none. `own` is what the tool that wrote
    the row says of its completions, None where it says nothing, () for a score that is no verdict.
    `ending` is the form that was asked for, None where the row does not say it. `row` is the row as
    it was read.
    """

    problem: Problem
    model: str
    completions: tuple[str | None, ...]
    finish_reasons: tuple[FinishReason, ...]
    several: bool
    sample: str | None
    choices: Choices | None
    steps: tuple[str, ...] | None
    own: tuple[bool, ...] | None
    ending: Ending | None
    row: Mapping[str, Any]

    @property
    def key(self) -> Key:
        return self.model, self.problem.id, self.sample

    @property
    def never_came(self) -> str:
        """Why there is no answer, where its tool says that it failed; else ""."""
        if any(text is not None for text in self.completions) or "error" not in self.finish_reasons:
            return ""
        told = failure_of(self.row) or self.row.get("error")
        return told if isinstance(told, str) and told else "no answer"


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
    has_completion = None
    number = 0

    def read(row: Any, file: RowSource, line: int) -> AnswerRow:
        nonlocal number
        number += 1
        return answer_row(row, f"{file.stem}-{number:05d}", columns)

    for _, _, answer in each_row(paths, read):
        if isinstance(answer, AnswerRow):
            has_completion = has_completion or any(c is not None for c in answer.completions)
        yield answer
    if has_completion is False:
        raise DataError(no_completions_words(paths))


def each_row(
    paths: Sequence[RowSource], read: Callable[[Any, RowSource, int], Read]
) -> Iterator[tuple[int, Any, Read | BadRow]]:
    """Line, row and what `read` makes of it (or why it cannot be used), for each row of some files.

    A row that says again what was read already comes once: lm-eval writes an answer for each
    filter, and appends to the file of an earlier run.

    Args:
        read: a row, its file and its line; raises DataError where it cannot be used.

    Raises:
        DataError: a file cannot be read.
    """
    seen: dict[Key, tuple[str, int, Any]] = {}
    for path in paths:
        for line, row in rows_of(path, MAX_ANSWER_LINE_BYTES):
            try:
                found = read(row, path, line)
                given = _filter_of(row)
                first = seen.get(found.key)
                if first is not None and _says_again(given, first[2]):
                    continue
                if first is not None and found.key[1] is not None:
                    raise DataError(_used_twice(*found.key, *first[:2], is_lm_eval(row)))
            except DataError as error:
                yield line, row, BadRow(path.name, line, str(error))
            else:
                seen[found.key] = (path.name, line, given)
                yield line, row, found


def forms_in(source: RowSource, columns: Mapping[str, str] = NO_COLUMNS) -> Forms:
    """How the answers of a source were asked to end, and do end; rows that cannot be used aside.

    Raises:
        DataError: the file cannot be read.
    """
    found = Forms()
    for _, row in rows_of(source, MAX_ANSWER_LINE_BYTES):
        if not isinstance(row, Mapping):
            continue
        under = named_columns(row, columns)
        try:
            if choices_of(first_of(under, COLUMNS["choices"])) is None:
                texts, _ = completions_of(first_of(under, COLUMNS["completion"]))
                found.add(model_of(first_of(under, COLUMNS["model"])), asked_form(row), texts)
        except DataError:
            continue  # the row is named and counted where it is judged
    return found


def begun(source: RowSource) -> tuple[GivenRows, GivenRows, bool]:
    """The first rows of what can be read once, all of its rows, and whether there are more.

    Raises:
        DataError: it cannot be read.
    """
    rows, held, size = rows_of(source, MAX_ANSWER_LINE_BYTES), [], 0
    for line, row in rows:
        held.append((line, row))
        size += len(str(row))
        if len(held) >= FIRST_HELD or size > MOST_HELD:
            break
    following = next(rows, None)
    more = () if following is None else (following,)
    return (
        GivenRows(held, source.name, numbered=True),
        GivenRows(chain(held, more, rows), source.name, numbered=True),
        following is not None,
    )


def _filter_of(row: Mapping[str, Any]) -> str | int | None:
    """The filter that lm-eval wrote a row for; its answers' hash before 0.4.3, which names none."""
    if not is_lm_eval(row):
        return None
    given = row.get("filter")
    return given if isinstance(given, str) else hash(repr(row["resps"]))


def _says_again(given: str | int | None, first: str | int | None) -> bool:
    """Whether a row is for another filter than the first of its id: the same answer once more."""
    return given == first if isinstance(given, int) else given is not None and given != first


def no_completions_words(paths: Sequence[RowSource]) -> str:
    """What is wrong with files none of whose rows has a completion: its name, most likely."""
    return (
        f"no row of {', '.join(map(str, paths))} has a 'completion' (also looked for "
        f"{', '.join(COLUMNS['completion'][1:])}); --column completion=NAME names its column"
    )


def _used_twice(
    model: str, problem_id: str | None, sample: str | None, file: str, line: int, appended: bool
) -> str:
    of = f" of model {model!r}" if model else ""
    of += "" if sample is None else f" with sample {sample!r}"
    hint = "; samples of one problem need a 'sample' number each" if sample is None else ""
    if appended:
        hint = "; lm-eval appends to the file of an earlier run: what comes first counts"
    return f"its id {problem_id!r}{of} is already used by {place(file, line)}{hint}"


def answer_row(
    row: Any,
    default_id: str,
    columns: Mapping[str, str] = NO_COLUMNS,
    *,
    may_lack_gold: bool = False,
) -> AnswerRow:
    """What one row says; `columns` as in `named_columns`.

    Args:
        may_lack_gold: whether the right answer may stand elsewhere; the problem's is then None.

    Raises:
        DataError: it cannot be used: no right answer to judge by, or a column of the wrong kind.
    """
    if isinstance(row, DataError):
        raise row
    if not isinstance(row, Mapping):
        raise DataError(f"a row must be an object, not {kind_words(row)}")
    under_names = named_columns(row, columns)
    named = {name: first_of(under_names, aliases) for name, aliases in COLUMNS.items()}
    completions, several = completions_of(named["completion"])
    choices = choices_of(named["choices"])
    row_id = label_column(named, "id")
    text, gold = ("", None) if choices else right_answer(under_names, agree=False)
    if gold is None and choices is None and not may_lack_gold:
        raise DataError(
            f"no 'answer' and no 'gold' to judge by ({column_words(row)}); --column gold=NAME "
            "names the column of right answers; `netgain grade` and `netgain analyse` also take "
            "right answers from a file of problems with --data"
        )
    problem = Problem(
        id=default_id if row_id is None else row_id,
        source="",
        question=text_column(named, "question", required=False),
        answer=gold,
        solution=text,
        choices=choices.texts if choices else (),
        answer_choice=gold_choice(named["right_choice"], choices) if choices else None,
        category=label_column(under_names, "category"),
    )
    return AnswerRow(
        problem=problem,
        model=model_of(named["model"]),
        completions=completions,
        finish_reasons=finish_reasons(named["finish_reason"], len(completions)),
        several=several,
        sample=sample_of(named["sample"]),
        choices=choices,
        steps=steps_of(named["steps"]),
        own=own_verdicts(under_names),
        ending=asked_form(row),
        row=row,
    )
