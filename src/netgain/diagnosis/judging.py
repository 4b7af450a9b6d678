"""Answers in columns -> their judgements in columns: graded and, where asked, diagnosed.

Plain data in and out, and light imports alone, so that another process does it at little cost.
"""

import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from netgain.diagnosis.diagnosing import diagnose
from netgain.grading import grade_one
from netgain.records import Diagnosis, Ending, FinishReason, Generation, Grade, Problem

Columns = dict[str, list[Any]]  # name -> one value an answer
# A right answer without its problem: a fraction's parts, or choices and the place of the right one.
Known = tuple[int, int] | tuple[tuple[str, ...], int] | None
GRADED = ("problem_id", "sample", "turn", "extracted", "rule", "strict", "flexible", "correct")
DIAGNOSED = ("error_kind", "first_error", "confidence", "evidence", "equations", "forms")
PLAIN = ("problem_ids", "samples", "turns", "texts", "finish_reasons")


@dataclass(frozen=True)
class Answers:
    """Answers to judge, one value a row.

    `problems` are each answer's problem, or what is known of it. An answer is looked into where its
    problem is there. `ending` is how the prompt asked for the answer.
    """

    problem_ids: Sequence[str]
    samples: Sequence[int]
    turns: Sequence[int]
    texts: Sequence[str]
    finish_reasons: Sequence[FinishReason]
    problems: Sequence[Problem | Known]
    ending: Ending = "hashes"


def judge(answers: Answers) -> Columns:
    """The columns `GRADED` and `DIAGNOSED` of some answers, in their order.

    Raises:
        EvaluationError: a problem has no answer to grade by.
    """
    columns: Columns = {name: [] for name in (*GRADED, *DIAGNOSED)}
    rows = zip(
        answers.problem_ids, answers.samples, answers.turns, answers.texts,
        answers.finish_reasons, answers.problems, strict=True,
    )  # fmt: skip
    for problem_id, sample, turn, text, finish_reason, known in rows:
        answer = Generation(problem_id, sample, turn, text, finish_reason, 0, 0, 0.0, None, "")
        whole = known if isinstance(known, Problem) else None
        grade = grade_one(whole or with_answer(known), answer, answers.ending)
        found = whole and look_into(whole, answer, grade)
        for name in GRADED:
            columns[name].append(getattr(grade, name))
        for name in DIAGNOSED[:-2]:
            columns[name].append(getattr(found, name, None))
        columns["equations"].append(found and [asdict(e) for e in found.equations])
        columns["forms"].append(found and list(found.forms))
        if grade.correct:  # it has no kind of error, for it is none
            columns["error_kind"][-1] = None
    return columns


def known_of(problem: Problem) -> Known:
    """What grading needs of a problem.

    >>> known_of(Problem("1", "", "A half of 3?", Fraction(3, 2)))
    (3, 2)
    """
    if problem.answer is not None:
        return problem.answer.as_integer_ratio()
    if problem.answer_choice is not None:
        return problem.choices, problem.answer_choice
    return None


@lru_cache(maxsize=4096)
def with_answer(known: Known) -> Problem:
    """A problem of which no more than the right answer is known."""
    if known is None:
        return Problem("", "", "", None)
    first, second = known
    if isinstance(first, int):
        return Problem("", "", "", Fraction(first, second))
    return Problem("", "", "", None, choices=first, answer_choice=second)


def diagnose_wrong(problem: Problem, answer: Generation, grade: Grade) -> Diagnosis | None:
    """Where and why an answer went wrong; None where it is right."""
    return None if grade.correct else look_into(problem, answer, grade)


def look_into(problem: Problem, answer: Generation, grade: Grade) -> Diagnosis | None:
    """Where and why an answer went wrong, or where a right one states a false equation."""
    found = diagnose(
        problem.question, answer.text, gold_solution=problem.solution, gold_answer=problem.answer,
        finish_reason=answer.finish_reason,
    )  # fmt: skip
    return None if grade.correct and found.error_kind != "arithmetic" else found


def judge_all(batches: Sequence[Answers]) -> list[Columns]:
    """Several batches, each for itself."""
    return [judge(batch) for batch in batches]


# -- in another process --------------------------------------------------------------------


def serve() -> None:
    """Judge what comes through standard input, and write the judgements to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is told, and ends this process
    found = judge_all(answers_from(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(found))


def answers_line(batches: Sequence[Answers]) -> bytes:
    """Batches of answers as one line of JSON."""
    rows = [
        [
            *(getattr(batch, name) for name in PLAIN),
            [_plain(p) for p in batch.problems],
            batch.ending,
        ]
        for batch in batches
    ]
    return json.dumps(rows).encode() + b"\n"


def answers_from(line: bytes) -> list[Answers]:
    """The inverse of `answers_line`, as far as judging needs it."""
    return [
        Answers(ids, samples, turns, texts, reasons, [_known(p) for p in problems], ending)
        for ids, samples, turns, texts, reasons, problems, ending in json.loads(line)
    ]


def _plain(problem: Problem | Known) -> Any:
    if isinstance(problem, Problem):
        return [problem.question, problem.solution, known_of(problem)]
    return problem


def _known(plain: Any) -> Problem | Known:
    if plain is None:
        return None
    if len(plain) == 3:
        question, solution, known = plain
        return replace(with_answer(_known(known)), question=question, solution=solution)
    first, second = plain
    return (tuple(first) if isinstance(first, list) else first), second
