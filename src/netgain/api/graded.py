"""`netgain.grade`: judge models' answers, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netgain.analysis.comparing.graded_rows import SampleRows, grade_row, graded_row
from netgain.analysis.comparing.tally import AnswersSummary, Tally, summarise
from netgain.api.answer_rows import (
    Answers,
    Columns,
    Out,
    Write,
    left_out,
    named,
    row_source,
    rows_into,
    unusable,
)
from netgain.api.shown import Part, Shown, Table
from netgain.data.answers import iterate_answers
from netgain.records import Metric
from netgain.rowfiles import BadRow, RowSource
from netgain.wording import integer, interval_words, level_words, one_line, value_words

NO_MODEL = "(no model named)"


@dataclass(frozen=True, repr=False)
class Graded(Shown):
    """Each model's figures, by its name ("" where rows name none); rows that could not be used.

    `rows` counts those that could.
    """

    source: str
    models: Mapping[str, AnswersSummary]
    rows: int
    bad_rows: tuple[BadRow, ...] = ()

    @property
    def missing(self) -> int:
        """Completions that were not there at all; each counts as a wrong answer."""
        return sum(summary.unanswered.get("missing", 0) for summary in self.models.values())

    def parts(self) -> Iterator[Part]:
        yield Table(
            [_figures(model, summary) for model, summary in self.models.items()],
            ("model", "n", "accuracy\n(robust)", "strict", "flexible", "no answer"),
            below="below each share its 95% interval", spaced=True,
        )  # fmt: skip
        samples = [row for model, s in self.models.items() for row in _curves(model, s)]
        if samples:
            yield Table(samples, ("model", "k", "maj@k (95% CI)", "pass@k (95% CI)"))

    def remarks(self) -> list[str]:
        usable = sum(summary.samples for summary in self.models.values())
        found = left_out(self.bad_rows, {Path(self.source).name: usable})
        if self.missing:
            one = self.missing == 1
            found.append(
                "1 completion is missing; it counts as wrong" if one
                else f"{self.missing:,} completions are missing; each counts as wrong"
            )  # fmt: skip
        return found

    def plain(self) -> dict[str, Any]:
        return {
            "file": self.source,
            "models": {model: _plain(summary) for model, summary in self.models.items()},
            "unreadable": [asdict(row) for row in self.bad_rows],
        }


def grade(answers: Answers, *, out: Out = None, columns: Columns = ()) -> Graded:
    """Judge models' answers: accuracy by three graders, maj@k and pass@k, why answers lack.

    `correct` is the robust grader, which decides; strict and flexible are lm-eval's.

    Args:
        answers: a JSONL or Parquet file, or rows (a list, or a table of pandas). Each has id,
            question, answer or gold, completion (a text, or a list of samples), and if you like
            model, finish_reason, choices. A row without a completion is a wrong answer.
        out: a JSONL file, or a list, for each row with extracted, rule, strict, flexible and
            correct.
        columns: where a column stands that has another name: {"completion": "output.text"}.

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
    source = row_source(answers)
    with rows_into(out, source) as write:
        return _graded(source, write, named(columns))


def _graded(source: RowSource, write: Write, columns: Mapping[str, str]) -> Graded:
    tallies: dict[str, Tally] = {}
    bad: list[BadRow] = []
    sample_rows, rows = SampleRows(), 0
    for answer in iterate_answers([source], columns):
        if isinstance(answer, BadRow):
            bad.append(answer)
            continue
        grades = grade_row(answer)
        tally = tallies.setdefault(answer.model, Tally())
        if answer.sample is None:
            tally.add(grades)
        else:
            sample_rows.add(answer, grades)
        write(graded_row(answer, grades))
        rows += 1
    for model, grades in sample_rows.problems():
        tallies[model].add(grades)
    if not tallies:
        raise unusable(source, bad)
    models = {model: summarise(tally) for model, tally in tallies.items()}
    return Graded(str(source), models, rows, tuple(bad))


# -- showing -------------------------------------------------------------------------------


def _figures(model: str, summary: AnswersSummary) -> tuple[str, ...]:
    lacking = [f"{reason} {count}" for reason, count in summary.unanswered.items()]
    return (
        one_line(model) or NO_MODEL,
        _counts(summary),
        *(_share(metric) for metric in summary.accuracies.values()),
        "\n".join([str(sum(summary.unanswered.values())), *lacking]),
    )


def _curves(model: str, summary: AnswersSummary) -> Iterator[tuple[str, ...]]:
    for k, passed in summary.passed.items():
        majority = summary.majority.get(k)
        words = _share(majority, "  ") if majority else ""
        yield one_line(model) or NO_MODEL, str(k), words, _share(passed, "  ")


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
