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
from netgain.analysis.comparing.comparison import paired, verdict_sentence
from netgain.analysis.estimates.statistics import share_estimate
from netgain.analysis.findings import assemble
from netgain.analysis.inputs import Answered, RunRecords, Whole
from netgain.analysis.inputs import answered as as_columns
from netgain.analysis.summary import summarise
from netgain.data.load import problems_digest
from netgain.diagnosis import diagnose
from netgain.errors import EvaluationError
from netgain.grading import grade
from netgain.importers.evaluations import MOST_NAMED, Evaluation, Paired, Said, pair
from netgain.recipe import parse_recipe
from netgain.records import (
    Concern,
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
from netgain.wording import integer, one_line, percent

ROLES = ("base", "tuned")
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
    """Findings of a comparison, how its problems were paired, and where graders disagree."""

    findings: Findings
    pairing: Paired
    disagreements: tuple[Disagreement, ...]
    warnings: tuple[str, ...]


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
    warnings = tuple(_conditions(found, both))
    findings = _honest(assemble(records), records, both, found, warnings, command)
    metrics = tuple(_their_figures(found, both))
    if max(base.samples(), tuned.samples()) > 1:
        findings = replace(findings, notes=(*findings.notes, _all_samples(problems, said)))
    told = _told_of_graders(disagreements, both, len(problems))
    findings = replace(
        findings,
        accuracy_metrics=(*findings.accuracy_metrics, *metrics),
        notes=(*findings.notes, *_pairing_words(found, base, tuned), *told),
        summary=summarise(findings),
    )
    return Analysed(findings, found, disagreements, warnings)


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
                name = f"accuracy by {both[role].source.tool}'s {grader or 'own grader'}, {role}"
                yield Metric(
                    name, "share", "generated", share_estimate(Share.of([o[0] for o in own]))
                )


def _told_of_graders(
    disagreements: Sequence[Disagreement], both: Mapping[str, Evaluation], n: int
) -> Iterator[str]:
    for role in ROLES:
        for grader in both[role].verdicts:
            mine = [d for d in disagreements if (d.role, d.grader) == (role, grader)]
            name = f"{both[role].source.tool}'s {grader or 'own grader'}"
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


# -- what is said, and what cannot be ------------------------------------------------------


def _conditions(found: Paired, both: Mapping[str, Evaluation]) -> Iterator[str]:
    """What else than the model differed between the two evaluations."""
    base, tuned = (both[role] for role in ROLES)
    if base.source.tool != tuned.source.tool:
        yield (
            f"The base was asked by {base.source.tool} and the tuned model by {tuned.source.tool}: "
            "prompts, stop texts and limits may differ, so a difference may come from that"
        )
    one, other = base.source.conditions, tuned.source.conditions
    for name in sorted(one.keys() & other.keys() - {"grader"}):
        if one[name] != other[name]:
            yield (
                f"The evaluations differ in {name} ({one_line(one[name])} for the base, "
                f"{one_line(other[name])} for the tuned model), so a difference may come from that"
            )
    asked = [
        (base.prompts[ids[1]], tuned.prompts[ids[2]])
        for ids in found.problems
        if ids[1] in base.prompts and ids[2] in tuned.prompts
    ]
    differ = sum(first != second for first, second in asked)
    if differ:
        yield (
            f"{integer(differ)} of {integer(len(asked))} problems were put to the two models in "
            "different prompts, so a difference may come from that"
        )


def _honest(
    findings: Findings,
    records: RunRecords,
    both: Mapping[str, Evaluation],
    found: Paired,
    warnings: Sequence[str],
    command: str,
) -> Findings:
    """The findings without what a run of ours would have known, and with what is known instead."""
    ends_known = all(both[role].ends_known for role in ROLES)
    kept = [c for c in findings.concerns if _still_true(c, ends_known)]
    mine = [Concern("grave", f"{w}.", "comparison") for w in warnings]
    n = integer(len(found.problems))
    told = f"Base and tuned answered the same {n} problems, paired by {_by(found)}."
    mine.append(Concern("passed", told, "comparison"))
    prompts = all(both[role].prompts for role in ROLES)
    if not prompts and not warnings:
        text = "Whether both models were asked in the same way is not on record."
        mine.append(Concern("not checked", text, "comparison"))
    if not ends_known:
        text = "Whether answers were cut off at a limit is not on record."
        mine.append(Concern("not checked", text, "answers"))
    text = "The answers came from other tools' files: which weights gave them is not known here."
    mine.append(Concern("not checked", text, "environment"))
    order = ("grave", "warning", "not checked", "passed")
    conditions = {
        f"{role}: {name}": value
        for role in ROLES
        for name, value in {"answers": both[role].label, **both[role].source.conditions,
                            "files": ", ".join(p.name for p in both[role].source.files)}.items()
    }  # fmt: skip
    return replace(
        findings,
        title=f"{both['tuned'].source.model or 'tuned'} on {records.split['source']}",
        concerns=tuple(sorted((*mine, *kept), key=lambda c: order.index(c.severity))),
        settings=conditions,
        environment=dict(provenance.versions()),
        reproduce=(command,),
        cost_metrics=(),
        advice=(),
        key_metrics=tuple(
            m for m in findings.key_metrics if m.kind in ("generated", "teacher_forced")
        ),
        accuracy_metrics=tuple(
            m for m in findings.accuracy_metrics
            if not m.name.startswith("length of an answer")
            and (ends_known or not m.name.startswith("answers at the token limit"))
        ),
        training_metrics=tuple(m for m in findings.training_metrics if m.kind != "measured"),
    )  # fmt: skip


def _still_true(concern: Concern, ends_known: bool) -> bool:
    """Whether a concern holds where nothing is known of prompts, weights and limits."""
    if concern.source == "environment" or "recipe's extras" in concern.text:
        return False
    if concern.text.startswith("Base and tuned answered") or "How the models" in concern.text:
        return False
    return ends_known or "reached the limit" not in concern.text


def _by(found: Paired) -> str:
    return ", ".join(f"{name} ({integer(count)})" for name, count in found.by.items() if count)


def _pairing_words(found: Paired, base: Evaluation, tuned: Evaluation) -> Iterator[str]:
    for evaluation, ids in zip((base, tuned), found.unpaired, strict=True):
        if ids:
            named = ", ".join(one_line(i) for i in ids[:MOST_NAMED])
            yield (
                f"{integer(len(ids))} problems of {one_line(evaluation.label)} have no partner and "
                f"count in no figure: {named}{', …' if len(ids) > MOST_NAMED else ''}."
            )
    for ids, why in (
        (found.conflicts, "have two different right answers"),
        (found.without_gold, "have no right answer on record"),
    ):
        if ids:
            named = ", ".join(one_line(i) for i in ids[:MOST_NAMED])
            yield f"{integer(len(ids))} problems {why} and count in no figure: {named}."


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
