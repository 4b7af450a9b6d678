"""`netgain grade`: judge a file of models' answers, row by row."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netgain.cli.output import (
    ColumnOption,
    Write,
    exit_over,
    input_path,
    is_stdout,
    missing_words,
    output_path,
    print_bad_rows,
    rows_beside,
)

if TYPE_CHECKING:
    from netgain.analysis.comparing.samples import AnswersSummary
    from netgain.records import Metric
    from netgain.rowfiles import BadRow

EPILOG = (
    "Examples:  netgain grade answers.jsonl  ·  netgain grade answers.jsonl -o graded.jsonl  ·  "
    "netgain grade answers.jsonl --json | jq .models"
)
NO_MODEL = "(no model named)"


def grade(
    file: Annotated[
        Path,
        typer.Argument(
            parser=input_path,
            metavar="FILE.jsonl",
            help="Rows of id, question, answer or gold, completion (text or a list of samples), "
            "and if you like model, finish_reason, choices. Parquet, too. - is "
            "standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            parser=output_path,
            metavar="OUT.jsonl",
            help="Write each row with extracted, rule, strict, flexible, correct. - is "
            "standard output; the figures then go to standard error.",
            show_default=False,
        ),
    ] = None,
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge models' answers: accuracy by three graders, maj@k and pass@k, and why answers lack.

    `correct` is the robust grader, which decides; strict and flexible are lm-eval's.
    Figures are by model, under "" in JSON where rows name none.
    A row without a completion is a wrong answer (missing). Rows that cannot be used are listed,
    left out and counted; the exit code is then 1.
    """
    with rows_beside(out, file) as write:
        summaries, bad = _graded(file, write, column)
    _print(file, summaries, bad, as_json, out is not None and is_stdout(out))
    exit_over(bad)


def print_figures(file: Path, as_json: bool) -> None:
    """What `netgain grade` prints of a file of our own."""
    summaries, bad = _graded(file, lambda row: None)
    _print(file, summaries, bad, as_json, aside=False)


def _graded(
    file: Path, write: Write, column: list[str] | None = None
) -> tuple[dict[str, AnswersSummary], list[BadRow]]:
    """Each model's figures, and the rows that cannot be used; each graded row is written."""
    from netgain.analysis.comparing.graded_rows import SampleRows, grade_row, graded_row
    from netgain.analysis.comparing.samples import Tally, summarise
    from netgain.data.answers import column_option, iterate_answers
    from netgain.errors import DataError
    from netgain.rowfiles import BadRow

    tallies: dict[str, Tally] = {}
    sample_rows = SampleRows()
    bad: list[BadRow] = []
    for answer in iterate_answers([file], column_option(column or [])):
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
    for model, grades in sample_rows.problems():
        tallies[model].add(grades)
    summaries = {model: summarise(tally) for model, tally in tallies.items()}
    print_bad_rows(bad, {file.name: sum(summary.samples for summary in summaries.values())})
    if not tallies:
        raise DataError(f"{file} holds no row that can be used")
    _print_missing(summaries)
    return summaries, bad


def _print_missing(summaries: Mapping[str, AnswersSummary]) -> None:
    """Say how many answers were not there at all."""
    missing = sum(summary.unanswered.get("missing", 0) for summary in summaries.values())
    if missing:
        print(f"netgain: {missing_words(missing)}", file=sys.stderr)


def _print(
    file: Path, summaries: Mapping[str, AnswersSummary], bad: list[BadRow], as_json: bool,
    aside: bool,
) -> None:  # fmt: skip
    if as_json:
        words = json.dumps(_object(file, summaries, bad), indent=2)
        print(words, file=sys.stderr if aside else sys.stdout)
    else:
        _print_tables(summaries, aside)


def _object(
    file: Path, summaries: Mapping[str, AnswersSummary], bad: list[BadRow]
) -> dict[str, Any]:
    return {
        "file": str(file),
        "models": {model: _plain(summary) for model, summary in summaries.items()},
        "unreadable": [asdict(row) for row in bad],
    }


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


def _print_tables(summaries: Mapping[str, AnswersSummary], to_stderr: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, stderr=to_stderr)
    table = Table(
        "model", "n", "accuracy\n(robust)", "strict", "flexible", "no answer",
        box=None, pad_edge=False, leading=1,
        caption="below each share its 95% interval", caption_justify="left",
    )  # fmt: skip
    for model, summary in summaries.items():
        shares = [_share(metric) for metric in summary.accuracies.values()]
        lacking = [f"{reason} {count}" for reason, count in summary.unanswered.items()]
        total = str(sum(summary.unanswered.values()))
        table.add_row(_name(model), _counts(summary), *shares, "\n".join([total, *lacking]))
    console.print(table)
    several = {model: s for model, s in summaries.items() if s.passed}
    if several:
        console.print()
        samples = Table("model", "k", "maj@k (95% CI)", "pass@k (95% CI)", box=None, pad_edge=False)
        for model, summary in several.items():
            for k, passed in summary.passed.items():
                majority = summary.majority.get(k)
                words = _share(majority, "  ") if majority else ""
                samples.add_row(_name(model), str(k), words, _share(passed, "  "))
        console.print(samples)


def _counts(summary: AnswersSummary) -> str:
    from netgain.wording import integer

    n, samples = summary.n, summary.samples
    return integer(n) if samples == n else f"{integer(n)}\n{integer(samples)} samples"


def _share(metric: Metric, between: str = "\n") -> str:
    from netgain.wording import interval_words, level_words, value_words

    estimate = metric.estimate
    value = value_words(estimate, "share").partition(" (")[0]
    interval = interval_words(estimate, "share")
    return f"{value}{between}{interval.removeprefix(f'{level_words(estimate.level)} CI ')}"


def _name(model: str) -> Any:
    from rich.text import Text

    from netgain.wording import one_line

    return Text(one_line(model) or NO_MODEL)
