"""Two evaluations of any source -> Findings, by the same analysis as a run of netgain's own.

What only a run of ours knows (prompt, weights, cost) is not made up: it is left out, or said to be
unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netgain import provenance
from netgain.analysis.comparing.pairs import paired, verdict_sentence
from netgain.analysis.estimates.statistics import share_estimate
from netgain.analysis.findings import assemble
from netgain.analysis.inputs import Answered, RunRecords, Whole
from netgain.analysis.inputs import answered as as_columns
from netgain.data.load import problems_digest
from netgain.diagnosis import diagnose
from netgain.errors import EvaluationError
from netgain.grading import grade
from netgain.importers.evaluations import MOST_NAMED, Evaluation, Paired, Said, pair
from netgain.importers.what_is_known import ROLES, conditions, honest, pairing_words
from netgain.recipe import parse_recipe
from netgain.records import (
    Diagnosis,
    EvaluationSummary,
    Findings,
    FinishReason,
    Generation,
    Grade,
    Metric,
    Problem,
    Share,
    TrainingLog,
)
from netgain.wording import capital, integer, one_line, percent

LOOKED_INTO = 10_000  # problems that are looked into one by one
MARK = "Give the answer on a last line that begins with ####."  # what the strict grader reads
UNKNOWN = "not on record"


@dataclass(frozen=True)
class Disagreement:
    """An answer that the source's own grader and ours judge differently."""

    role: str
    problem_id: str
    grader: str
    theirs: bool
    ours: bool
    extracted: str | None
    gold: str
    text: str


@dataclass(frozen=True)
class Analysed:
    """Findings of a comparison, how its problems were paired, and where graders disagree.

    `answers` are all graded answers as rows, by role.
    """

    findings: Findings
    pairing: Paired
    disagreements: tuple[Disagreement, ...]
    warnings: tuple[str, ...]
    answers: Mapping[str, list[dict[str, Any]]]


def analyse(base: Evaluation, tuned: Evaluation, log: TrainingLog | None, command: str) -> Analysed:
    """Pair, grade, compare, diagnose.

    Args:
        log: the training's, where it was found; its teacher-forced figures stay such.
        command: what does this again.

    Raises:
        EvaluationError: no problem was answered by both.
    """
    found = pair(base, tuned)
    if not found.problems:
        raise EvaluationError(_not_paired(base, tuned, found))
    both = {"base": base, "tuned": tuned}
    problems = [problem for problem, _, _ in found.problems]
    said = {role: both[role].answers_to(found.ids(role)) for role in ROLES}
    grades = {role: _graded(problems, said[role]) for role in ROLES}
    disagreements = tuple(_disagreements(found, both, said, grades))
    records = _records(problems, said, grades, both, log, command)
    warnings = tuple(conditions(found, both))
    findings = honest(assemble(records), records, both, found, warnings, command)
    metrics = tuple(_their_figures(found, both))
    if max(base.samples(), tuned.samples()) > 1:
        findings = replace(findings, notes=(*findings.notes, _all_samples(problems, said)))
    told = _told_of_graders(disagreements, both, len(problems))
    findings = replace(
        findings,
        accuracy_metrics=(*findings.accuracy_metrics, *metrics),
        notes=(*findings.notes, *pairing_words(found, base, tuned), *told),
    )
    rows = {role: list(_rows(problems, said[role], grades[role])) for role in ROLES}
    return Analysed(findings, found, disagreements, warnings, rows)


def _rows(
    problems: Sequence[Problem],
    said: Sequence[Sequence[Said]],
    grades: Sequence[Sequence[Grade]],
) -> Iterator[dict[str, Any]]:
    for problem, answers, of in zip(problems, said, grades, strict=True):
        for (text, finish), judged in zip(answers, of, strict=True):
            yield {
                "id": problem.id, "question": problem.question, "gold": str(problem.answer),
                "sample": judged.sample, "completion": text, "finish_reason": finish,
                "extracted": judged.extracted, "rule": judged.rule, "strict": judged.strict,
                "flexible": judged.flexible, "correct": judged.correct,
            }  # fmt: skip


def _not_paired(base: Evaluation, tuned: Evaluation, found: Paired) -> str:
    names = [
        f"{one_line(e.label)} has {len(e.problems):,}, such as {next(iter(e.problems))!r:.60}"
        for e in (base, tuned)
    ]
    if found.without_gold:
        return (
            f"{len(found.without_gold):,} problems were answered by both, and nothing tells their "
            "right answers; give a file of problems with --data"
        )
    return f"no problem was answered by both: {'; '.join(names)}"


# -- grading -------------------------------------------------------------------------------


def _graded(problems: Sequence[Problem], said: Sequence[Sequence[Said]]) -> list[list[Grade]]:
    """Grades of all answers to each problem."""
    return [
        [_grade(problem, text, finish, place) for place, (text, finish) in enumerate(answers)]
        for problem, answers in zip(problems, said, strict=True)
    ]


def _grade(problem: Problem, text: str | None, finish: FinishReason, sample: int) -> Grade:
    assert problem.answer is not None
    if text is None:
        return Grade(problem.id, sample, 0, None, "missing", False, False, False)
    return grade(text, problem.answer, problem_id=problem.id, sample=sample, finish_reason=finish)


def _disagreements(
    found: Paired,
    both: Mapping[str, Evaluation],
    said: Mapping[str, Sequence[Sequence[Said]]],
    grades: Mapping[str, Sequence[Sequence[Grade]]],
) -> Iterator[Disagreement]:
    for role in ROLES:
        for row, (own, (problem, _, _)) in enumerate(
            zip(found.ids(role), found.problems, strict=True)
        ):
            for grader, verdicts in both[role].verdicts.items():
                theirs = verdicts.get(own, [])
                for verdict, ours, (text, _) in zip(
                    theirs, grades[role][row], said[role][row], strict=False
                ):
                    if verdict != ours.correct:
                        yield Disagreement(
                            role, problem.id, grader, verdict, ours.correct, ours.extracted,
                            str(problem.answer), text or "",
                        )  # fmt: skip


def _their_figures(found: Paired, both: Mapping[str, Evaluation]) -> Iterator[Metric]:
    """Accuracy by the source's own graders, on the paired problems."""
    for role in ROLES:
        for grader, verdicts in both[role].verdicts.items():
            own = [verdicts[i] for i in found.ids(role) if verdicts.get(i)]
            if own:
                name = f"accuracy by {_grader(both[role], grader)}, {role}"
                yield Metric(
                    name, "share", "generated", share_estimate(Share.of([o[0] for o in own]))
                )


def _grader(evaluation: Evaluation, name: str) -> str:
    tool = evaluation.source.tool
    return f"{'the file' if tool == 'rows' else tool}'s {name or 'own grader'}"


def _told_of_graders(
    disagreements: Sequence[Disagreement], both: Mapping[str, Evaluation], n: int
) -> Iterator[str]:
    for role in ROLES:
        for grader in both[role].verdicts:
            mine = [d for d in disagreements if (d.role, d.grader) == (role, grader)]
            name = capital(_grader(both[role], grader))
            if not mine:
                yield f"{name} and netgain's robust grader agree on all answers of {role}."
                continue
            more = sum(d.ours for d in mine)
            ids = ", ".join(one_line(d.problem_id) for d in mine[:MOST_NAMED])
            yield (
                f"{name} and netgain's robust grader disagree on {integer(len(mine))} answers to "
                f"{integer(n)} problems of {role}: netgain calls {integer(more)} right that the "
                f"other calls wrong, and {integer(len(mine) - more)} the other way round ({ids}"
                f"{', …' if len(mine) > MOST_NAMED else ''})."
            )


# -- records as a run has them -------------------------------------------------------------


def _records(
    problems: list[Problem],
    said: Mapping[str, Sequence[Sequence[Said]]],
    grades: Mapping[str, Sequence[Sequence[Grade]]],
    both: Mapping[str, Evaluation],
    log: TrainingLog | None,
    command: str,
) -> RunRecords:
    base = both["base"].source
    plain: dict[str, Any] = {
        "name": "analysed", "model": {"id": base.model or "base"},
        "data": {"source": base.task or "imported"}, "prompt": {"instruction": MARK},
    }  # fmt: skip
    first = {role: [of[0] for of in grades[role]] for role in ROLES}
    generations = {
        role: [_generation(p, of[0]) for p, of in zip(problems, said[role], strict=True)]
        for role in ROLES
    }
    drawn = _drawn(problems)
    whole = None
    if len(drawn) < len(problems):
        columns = {r: _columns(problems, first[r], generations[r]) for r in ROLES}
        whole = Whole([p.category for p in problems], columns)
    looked = [problems[i] for i in drawn]
    generations_of = {r: [generations[r][i] for i in drawn] for r in ROLES}
    grades_of = {r: [first[r][i] for i in drawn] for r in ROLES}
    diagnoses = {r: _diagnosed(looked, generations_of[r], grades_of[r]) for r in ROLES}
    return RunRecords(
        recipe=parse_recipe(plain).plain(),
        facts={
            "command": command, "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        },
        split=_split(problems, both),
        training=None,
        state=log,
        problems=looked,
        summaries={r: _summary(r, problems, generations[r]) for r in ROLES},
        generations=generations_of,
        grades=grades_of,
        place="analysed",
        diagnoses={r: of[0] for r, of in diagnoses.items()},
        false_working={r: of[1] for r, of in diagnoses.items()},
        whole=whole,
    )  # fmt: skip


def _drawn(problems: Sequence[Problem]) -> list[int]:
    """Places of the problems that are looked into: all, or some by their ids' digests."""
    if len(problems) <= LOOKED_INTO:
        return list(range(len(problems)))
    digests = [hashlib.sha256(p.id.encode(errors="replace")).digest() for p in problems]
    return sorted(sorted(range(len(problems)), key=digests.__getitem__)[:LOOKED_INTO])


def _columns(
    problems: Sequence[Problem], grades: Sequence[Grade], rows: Sequence[Generation]
) -> Answered:
    cut = {g.problem_id for g in rows if g.finish_reason == "length"}
    return as_columns([p.id for p in problems], grades, cut)


def _generation(problem: Problem, said: Said) -> Generation:
    text, finish = said
    if text is None:
        gone = "the answer is missing"
        return Generation(problem.id, 0, 0, "", "error", 0, 0, 0.0, None, "", gone)
    return Generation(problem.id, 0, 0, text, finish, 0, 0, 0.0, None, "")


def _diagnosed(
    problems: Sequence[Problem], rows: Sequence[Generation], grades: Sequence[Grade]
) -> tuple[dict[str, Diagnosis], dict[str, Diagnosis]]:
    """Diagnoses of wrong answers, and of right ones that state a false equation."""
    wrong: dict[str, Diagnosis] = {}
    right: dict[str, Diagnosis] = {}
    for problem, said, graded in zip(problems, rows, grades, strict=True):
        found = diagnose(
            problem.question, said.text, gold_solution=problem.solution,
            gold_answer=problem.answer, finish_reason=said.finish_reason,
        )  # fmt: skip
        if not graded.correct:
            wrong[problem.id] = found
        elif found.has_false_equation:
            right[problem.id] = found
    return wrong, right


def _summary(role: str, problems: Sequence[Problem], rows: Sequence[Generation]) -> Any:
    # Nothing of how it was asked is put here: `_honest` tells what is known of it.
    settings: dict[str, Any] = dict.fromkeys(
        ("engine", "precision", "device", "batch_size"), UNKNOWN
    )
    settings["max_new_tokens"] = 0  # for advice, none of which is given
    cut = sum(g.finish_reason == "length" for g in rows)
    failed = sum(g.finish_reason == "error" for g in rows)
    digest = problems_digest(problems)
    return EvaluationSummary(role, "", settings, digest, len(rows), cut, failed, 0, 0, 0.0)


def _split(problems: Sequence[Problem], both: Mapping[str, Evaluation]) -> dict[str, Any]:
    bad = [{"file": b.file, "line": b.line, "reason": b.reason}
           for role in ROLES for b in both[role].bad]  # fmt: skip
    ids = {"train": [], "validation": [], "test": [p.id for p in problems]}
    return {
        "source": both["tuned"].source.task or both["base"].source.task or "imported answers",
        "revision": None, "bad_rows": bad, "overlaps": [], "no_solution": [], "ids": ids,
        "digests": {"test": problems_digest(problems)},
    }  # fmt: skip


def _all_samples(problems: Sequence[Problem], said: Mapping[str, Sequence[Sequence[Said]]]) -> str:
    """The comparison over all samples, where there are several; the report is of the first."""
    right = {
        role: [[g.correct for g in of] for of in _graded(problems, said[role])] for role in ROLES
    }
    pair_ = paired(right["base"], right["tuned"])
    shares = [percent(s.value or 0.0) for s in (pair_.reference_share, pair_.other_share)]
    return (
        f"There are several answers a problem. This report is of the first of each; over all of "
        f"them the base solves {shares[0]} and the tuned model {shares[1]}. "
        f"{verdict_sentence(pair_)}"
    )
