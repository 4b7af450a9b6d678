"""Answers and figures as tables: one row an answer, one row a figure; Parquet or CSV.

Columns bear the usual names (`id`, `question`, `gold`, `completion`, `model`…), so that netgain
reads the tables, too.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from netgain.analysis.estimates.statistics import share_estimate
from netgain.exports.run_answers import Evaluated, evaluated, may_show_texts
from netgain.grading.loglikelihood import chosen
from netgain.pipeline.compared_models import CONDITIONS
from netgain.pipeline.evaluations import ending_of
from netgain.pipeline.run_entries import OF_A_RUN
from netgain.pipeline.run_findings import findings_of
from netgain.records import ChoiceScores, Metric, Problem, Share
from netgain.reporting.figure_rows import COLUMNS, figure_row, figure_rows
from netgain.store import RunDirectory
from netgain.text.numbers import format_number

_TEXT, _COUNT = pyarrow.string(), pyarrow.int64()
TEXTS = ("question", "gold", "completion", "extracted", "error")  # what report.texts: false keeps
ANSWERS = pyarrow.schema(
    [("evaluation", _TEXT), ("model", _TEXT), ("id", _TEXT), ("category", _TEXT),
     ("question", _TEXT), ("gold", _TEXT), ("sample", _COUNT), ("turn", _COUNT),
     ("completion", _TEXT), ("extracted", _TEXT), ("rule", _TEXT), ("correct", pyarrow.bool_()),
     ("strict", pyarrow.bool_()), ("flexible", pyarrow.bool_()), ("finish_reason", _TEXT),
     ("ending", _TEXT),
     ("prompt_tokens", _COUNT), ("completion_tokens", _COUNT), ("seconds", pyarrow.float64()),
     ("seed", _COUNT), ("error", _TEXT)]
)  # fmt: skip
NUMBERS = {"value", "low", "high", "level"}
FIGURES = pyarrow.schema(
    [(name, pyarrow.float64() if name in NUMBERS else _COUNT if name == "n" else _TEXT)
     for name in (*COLUMNS, "conditions")]
)  # fmt: skip
AT_ONCE = 5_000  # rows that are written together
# What a spreadsheet takes for a formula at the beginning of a cell, wide forms included.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\0]")
PLAIN_NUMBER = re.compile(r"[+-]?\d{1,300}(?:\.\d{1,300})?")


def write_parquet(path: Path, into: Path) -> tuple[str, ...]:
    """Write `answers.parquet` and `figures.parquet`; returns what was left out, in sentences."""
    answers, figures, left_out = _tables(path)
    for name, schema, rows in (("answers", answers[0], answers[1]), ("figures", FIGURES, figures)):
        with pyarrow.parquet.ParquetWriter(into / f"{name}.parquet", schema) as writer:
            left = iter(rows)
            while part := list(islice(left, AT_ONCE)):
                writer.write_table(pyarrow.Table.from_pylist(part, schema))
    return left_out


def write_csv(path: Path, into: Path) -> tuple[str, ...]:
    """The same as CSV. A text that a spreadsheet would compute gets an apostrophe before it."""
    answers, figures, left_out = _tables(path)
    for name, schema, rows in (("answers", answers[0], answers[1]), ("figures", FIGURES, figures)):
        file_of = into / f"{name}.csv"
        with file_of.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.DictWriter(file, schema.names)
            writer.writeheader()
            for row in rows:
                writer.writerow({column: in_a_cell(value) for column, value in row.items()})
    return left_out


def in_a_cell(value: Any) -> Any:
    """A value as a cell that no spreadsheet computes.

    >>> in_a_cell("=1+1"), in_a_cell("-5"), in_a_cell(-5), in_a_cell(" @SUM(A1)"), in_a_cell(True)
    ("'=1+1", '-5', -5, "' @SUM(A1)", 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    formula = FORMULA.match(value) and not PLAIN_NUMBER.fullmatch(value)
    return f"'{value}" if formula else value


Rows = Iterable[Mapping[str, Any]]


def _tables(path: Path) -> tuple[tuple[Any, Rows], Rows, tuple[str, ...]]:
    """Columns and rows of the answers, rows of the figures, and what is left out."""
    texts = may_show_texts(path)
    schema = pyarrow.schema([f for f in ANSWERS if texts or f.name not in TEXTS])
    told = () if texts else (f"{', '.join(TEXTS)} are left out, for report.texts is false",)
    is_run = any((path / name).is_file() for name in OF_A_RUN)
    figures = _of_run(path) if is_run else _of_evaluation(path)
    return (schema, _answers(path, schema.names)), figures, told


def _answers(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for one in evaluated(path):
        problems = {p.id: p for p in one.answers.problems}
        for scores in one.answers.scores:
            row = _scored(one, problems[scores.problem_id], scores)
            yield {name: _whole(row.get(name)) for name in columns}
        ending = ending_of(one.answers.summary.settings)
        for said, judged in zip(one.answers.generations, one.answers.grades, strict=True):
            problem = problems[said.problem_id]
            row = {
                "evaluation": one.name, "model": one.model, "id": problem.id,
                "category": problem.category, "question": problem.question,
                "gold": None if problem.answer is None else format_number(problem.answer),
                "sample": said.sample, "turn": said.turn, "completion": said.text,
                "extracted": judged.extracted, "rule": judged.rule, "correct": judged.correct,
                "strict": judged.strict, "flexible": judged.flexible,
                "finish_reason": said.finish_reason, "ending": ending,
                "prompt_tokens": said.prompt_tokens, "completion_tokens": said.completion_tokens,
                "seconds": said.seconds, "seed": said.seed, "error": said.error,
            }  # fmt: skip
            yield {name: _whole(row[name]) for name in columns}


def _scored(one: Evaluated, problem: Problem, scores: ChoiceScores) -> dict[str, Any]:
    """The row of an item whose choices were scored: the likeliest stands for an answer."""
    metric = one.answers.metric
    right = None if problem.answer_choice is None else problem.choices[problem.answer_choice]
    return {
        "evaluation": one.name, "model": one.model, "id": problem.id, "category": problem.category,
        "question": problem.question, "gold": right, "rule": metric,
        "extracted": problem.choices[chosen(scores, metric)],
        "correct": one.answers.right[problem.id][0],
    }  # fmt: skip


def _whole(value: Any) -> Any:
    """Half a character, which no file can hold, becomes a question mark."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _of_run(path: Path) -> Iterator[dict[str, Any]]:
    run = RunDirectory(path)
    told = ""
    for name in ("tuned", "base"):
        summary = run.evaluation(name).summary()
        told = told or ("" if summary is None else conditions(summary.settings))
    for row in figure_rows(findings_of(run)):
        yield {**row, "conditions": told if row["kind"] == "generated" else None}


def _of_evaluation(path: Path) -> Iterator[dict[str, Any]]:
    for one in evaluated(path):
        for name, share in _shares(one).items():
            metric = Metric(name, "share", one.answers.kind, share_estimate(share))
            told = conditions(one.answers.summary.settings)
            yield {**figure_row("accuracy", metric), "conditions": told}


def _shares(one: Evaluated) -> dict[str, Share]:
    if one.answers.kind != "generated":
        return {"accuracy": Share.of(one.answers.right.values())}
    found = {}
    for name, grader in (("accuracy", "correct"), ("accuracy, strict", "strict"),
                         ("accuracy, flexible", "flexible")):  # fmt: skip
        verdicts: dict[str, list[bool]] = {}
        for grade in one.answers.last:
            verdicts.setdefault(grade.problem_id, []).append(getattr(grade, grader))
        found[name] = Share.of(verdicts.values())
    return found


def conditions(settings: Mapping[str, Any]) -> str:
    """How answers were asked for, in words.

    >>> conditions({"prompt": {"style": "zero_shot_chat"}, "max_new_tokens": 256, "engine": "vllm"})
    'prompt zero_shot_chat; max_new_tokens 256; engine vllm'
    """
    said = {n: settings[n] for n in CONDITIONS if settings.get(n) not in (None, [], ())}
    if isinstance(said.get("prompt"), Mapping):
        said["prompt"] = said["prompt"].get("style")
    return "; ".join(f"{name} {value}" for name, value in said.items())
