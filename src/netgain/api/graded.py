"""`netgain.grade`: judge models' answers, row by row."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from netgain.analysis.comparing.graded_rows import SampleRows, grade_row, graded_row
from netgain.analysis.comparing.tally import AnswersSummary, Tally, summarise
from netgain.api.answer_rows import (
    Answers,
    Columns,
    Judged,
    Out,
    judge_rows,
    known_problems,
    named,
    row_source,
    taken_words,
)
from netgain.api.shown import Part, Table
from netgain.data.answer_columns import named_columns
from netgain.data.asked_form import Forms
from netgain.data.rows_of_answers import (
    FIRST_HELD,
    MAX_ANSWER_LINE_BYTES,
    AnswerRow,
    answer_row,
    begun,
    forms_in,
    no_completions_words,
)
from netgain.data.shapes import tool_of
from netgain.errors import DataError
from netgain.importers.batch_files import TOOLS, failed_words, questions
from netgain.importers.found import AnswerFiles
from netgain.importers.looking import look
from netgain.importers.paired_evaluations import filled
from netgain.importers.row_kinds import first_telling
from netgain.plain_files import STREAMS
from netgain.records import Grade, Metric
from netgain.rowfiles import GivenRows, RowSource, rows_of
from netgain.wording import integer, interval_words, level_words, one_line, value_words


@dataclass(frozen=True, repr=False)
class Graded(Judged):
    """Each model's figures, by its name; rows that could not be used.

    `form` says in words in which form the strict grader read, "" where that needs no word. `failed`
    says of answers that never came why, by their problems' ids.
    """

    models: Mapping[str, AnswersSummary]
    count: int
    form: str = ""
    failed: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def rows(self) -> int:
        return self.count

    @property
    def missing(self) -> int:
        """Completions that were not there at all; each counts as a wrong answer."""
        return sum(summary.unanswered.get("missing", 0) for summary in self.models.values())

    def parts(self) -> Iterator[Part]:
        yield Table(
            [_figures(self.name_of(model), summary) for model, summary in self.models.items()],
            ("model", "n", "accuracy\n(robust)", "strict", "flexible", "no answer"),
            below="below each share its 95% interval", spaced=True,
        )  # fmt: skip
        samples = [row for m, s in self.models.items() for row in _curves(self.name_of(m), s)]
        if samples:
            yield Table(samples, ("model", "k", "maj@k (95% CI)", "pass@k (95% CI)"))

    def remarks(self) -> list[str]:
        found = [
            *super().remarks(),
            *filter(None, [self.form, failed_words(self.failed, "answer")]),
        ]
        if self.missing:
            one = self.missing == 1
            found.append(
                "1 completion is missing; it counts as wrong" if one
                else f"{self.missing:,} completions are missing; each counts as wrong"
            )  # fmt: skip
        return found

    def plain(self) -> dict[str, Any]:
        models = {model: _plain(summary) for model, summary in self.models.items()}
        return {**super().plain(), "models": models, "strict_form": self.form}


def grade(
    answers: Answers,
    *,
    out: Out = None,
    columns: Columns = (),
    data: str | Path | None = None,
) -> Graded:
    """Judge models' answers: accuracy by three graders, maj@k and pass@k, why answers lack.

    `correct` is the robust grader, which decides; strict and flexible are lm-eval's. strict reads
    the form that a row's prompt asks for, `####` where none is known; another one only where most
    answers of every model end in it, of a stream most of the first 200.

    Args:
        answers: a file of rows of any usual kind, or rows (a list, or a table of pandas). Each has
            id, question, answer or gold, completion (a text, or a list of samples), and if you like
            model, finish_reason, choices. A row without a completion is a wrong answer.
        out: a JSONL file, or a list, for each row with extracted, rule, strict, flexible and
            correct.
        columns: where a column stands that has another name: {"completion": "output.text"}.
        data: a file of problems, for answers that bring no right answer: found by id or question.

    Raises:
        DataError: the file cannot be read, or no row can be used.
        UsageError: a column that is not known.

    >>> import netgain
    >>> rows = [
    ...     {"id": "plums", "answer": "48", "completion": "12 * 4 = 48\\n#### 48"},
    ...     {"id": "coins", "answer": "$5", "completion": "It is 7."},
    ... ]
    >>> found = netgain.grade(rows)
    >>> found.models[""].accuracies["robust"].estimate.value
    0.5
    >>> found
                         accuracy
    model             n  (robust)  strict    flexible  no answer
    (no model named)  2  50.0%     50.0%     50.0%     0
                         9.5–90.5  9.5–90.5  9.5–90.5
    below each share its 95% interval
    """
    tallies: dict[str, Tally] = {}
    samples, counted = SampleRows(), Counter[bool]()
    failed: dict[str, str] = {}
    nameless: list[list[Grade]] = []
    given = row_source(answers)
    read_twice = _may_be_read_twice(given)
    first, rows, more = (given, given, False) if read_twice else begun(given)
    forms = forms_in(first, named(columns))
    other = forms.other
    forms = forms if read_twice else Forms()

    def judge(line: int, row: Any, answer: AnswerRow) -> Mapping[str, Any]:
        grades = grade_row(answer, other)
        if not read_twice and answer.choices is None:
            forms.add(answer.model, answer.ending, answer.completions)
        counted[any(text is not None for text in answer.completions)] += 1
        if answer.never_came:
            failed[answer.problem.id] = answer.never_came
        if answer.never_came and not answer.model:
            nameless.append(grades)
        elif answer.sample is None:
            tallies.setdefault(answer.model, Tally()).add(grades)
        else:
            tallies.setdefault(answer.model, Tally())
            samples.add(answer, grades)
        return graded_row(answer, grades)

    batch = None if data is None or not read_twice else _batch_of(given)
    seen: set[str] = set()
    read = answer_row if data is None else _filling(data, batch, seen)
    beside = () if batch is None else [_unanswered(path, seen) for path in batch.failed]
    source, bad, guessed = judge_rows(given, out, columns, read, judge, beside, rows)
    if not counted[True]:
        raise DataError(no_completions_words([source]))
    whose = next(iter(tallies)) if len(tallies) == 1 else ""
    for grades in nameless:
        tallies.setdefault(whose, Tally()).add(grades)
    for model, grades in samples.problems():
        tallies[model].add(grades)
    models = {model: summarise(tally) for model, tally in tallies.items()}
    form = forms.words(other, FIRST_HELD if more else None)
    return Graded(
        str(source), models, bad, guessed, counted.total(), form,
        taken=taken_words(answers, source), failed=failed,
    )  # fmt: skip


def _may_be_read_twice(source: RowSource) -> bool:
    if isinstance(source, GivenRows):
        return isinstance(source.rows, Sequence)
    return source.is_file() and not str(source).startswith(STREAMS)


def _batch_of(source: RowSource) -> AnswerFiles | None:
    """The batch that a file of answers is of, with what it was asked and what failed."""
    if isinstance(source, GivenRows):
        return None
    first = first_telling(row for _, row in rows_of(source, MAX_ANSWER_LINE_BYTES))
    if not isinstance(first, Mapping) or tool_of(first) not in TOOLS:
        return None
    found = look([source]).answers
    return found[0] if len(found) == 1 else None


def _filling(
    data: str | Path, batch: AnswerFiles | None, seen: set[str]
) -> Callable[..., AnswerRow]:
    """A reader of rows whose right answers stand in a file of problems; it notes their ids."""
    known = known_problems(data)
    asked = {} if batch is None else questions(batch.asked)

    def read(row: Any, default_id: str, columns: Mapping[str, str]) -> AnswerRow:
        found = answer_row(row, default_id, columns, may_lack_gold=True)
        seen.add(found.problem.id)
        problem = filled(found.problem, asked, known)
        if problem.answer is None and found.choices is None:
            raise DataError(f"neither its id ({problem.id!r:.60}) nor its question is in {data}")
        return replace(found, problem=problem)

    return read


def _unanswered(failed: Path, answered: Collection[str]) -> GivenRows:
    """Requests that failed, without those that were answered in the end."""
    rows = (
        row
        for _, row in rows_of(failed, MAX_ANSWER_LINE_BYTES)
        if not isinstance(row, Mapping) or str(named_columns(row, {}).get("id")) not in answered
    )
    return GivenRows(rows, failed.name)


# -- showing -------------------------------------------------------------------------------


def _figures(model: str, summary: AnswersSummary) -> tuple[str, ...]:
    lacking = [f"{reason} {count}" for reason, count in summary.unanswered.items()]
    return (
        one_line(model),
        _counts(summary),
        *(_share(metric) for metric in summary.accuracies.values()),
        "\n".join([str(sum(summary.unanswered.values())), *lacking]),
    )


def _curves(model: str, summary: AnswersSummary) -> Iterator[tuple[str, ...]]:
    for k, passed in summary.passed.items():
        majority = summary.majority.get(k)
        words = _share(majority, "  ") if majority else ""
        yield one_line(model), str(k), words, _share(passed, "  ")


def _counts(summary: AnswersSummary) -> str:
    n, samples = summary.n, summary.samples
    return integer(n) if samples == n else f"{integer(n)}\n{integer(samples)} samples"


def _share(metric: Metric, between: str = "\n") -> str:
    estimate = metric.estimate
    value = value_words(estimate, "share").partition(" (")[0]
    interval = interval_words(estimate, "share")
    return f"{value}{between}{interval.removeprefix(f'{level_words(estimate.level)} CI ')}"


def _plain(summary: AnswersSummary) -> dict[str, Any]:
    def estimates(metrics: Mapping[Any, Metric]) -> dict[str, Any]:
        return {str(name): asdict(metric.estimate) for name, metric in metrics.items()}

    found: dict[str, Any] = {
        "n": summary.n,
        "samples": summary.samples,
        "accuracy": estimates(summary.accuracies),
        "no_answer": {"total": sum(summary.unanswered.values()), **summary.unanswered},
        "rules": summary.rules,
    }
    if summary.passed:
        found |= {"maj@k": estimates(summary.majority), "pass@k": estimates(summary.passed)}
    return found
