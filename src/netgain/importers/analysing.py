"""Two evaluations of any source -> Findings, by the same analysis as a run of netgain's own.

What only a run of ours knows (prompt, weights, cost) is not made up: it is left out, or said to be
unknown.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netgain import provenance
from netgain.analysis.assembling import assemble
from netgain.analysis.comparing.pairs import paired, verdict_sentence
from netgain.analysis.inputs import Answered, RunRecords, Whole
from netgain.analysis.inputs import answered as as_columns
from netgain.data.asked_form import Forms
from netgain.data.load import problems_digest
from netgain.diagnosis import diagnose
from netgain.errors import EvaluationError
from netgain.importers.batch_files import failed_words
from netgain.importers.paired_evaluations import Evaluation, Paired, Said, pair
from netgain.importers.two_graders import (
    Disagreement,
    disagreements_of,
    graded,
    rows_of_answers,
    their_figures,
    told_of_graders,
)  # fmt: skip
from netgain.importers.what_is_known import ROLES, conditions, honest, pairing_words
from netgain.recipe import parse_recipe
from netgain.records import (
    Diagnosis,
    Ending,
    EvaluationSummary,
    Findings,
    Generation,
    Grade,
    Problem,
    TrainingLog,
)
from netgain.wording import OTHER_PROBLEMS, capital, one_line, percent, quoted

LOOKED_INTO = 10_000  # problems that are looked into one by one
# An instruction that asks for what the strict grader reads.
MARKS: Mapping[Ending, str] = {
    "hashes": "Give the answer on a last line that begins with ####.",
    "boxed": "Put the answer within \\boxed{}.",
    "the_answer_is": 'End with "The answer is", and the answer.',
}
UNKNOWN = "not on record"


@dataclass(frozen=True)
class Analysed:
    """Findings of a comparison, how its problems were paired, and where graders disagree.

    `told` says of samples, problems without a partner and graders what stands in no figure.
    `answers` are all graded answers as rows, by role.
    """

    findings: Findings
    pairing: Paired
    disagreements: tuple[Disagreement, ...]
    warnings: tuple[str, ...]
    told: tuple[str, ...]
    answers: Mapping[str, list[dict[str, Any]]]


def analyse(
    base: Evaluation, tuned: Evaluation, log: TrainingLog | None, command: str, note: str = ""
) -> Analysed:
    """Pair, grade, compare, diagnose.

    Args:
        log: the training's, where it was found; its teacher-forced figures stay such.
        command: what does this again.
        note: what to say of which model is the base.

    Raises:
        EvaluationError: no problem was answered by both.
    """
    found = pair(base, tuned)
    if not found.problems:
        raise EvaluationError(_not_paired(base, tuned, found))
    both = {"base": base, "tuned": tuned}
    problems = [problem for problem, _, _ in found.problems]
    said = {role: both[role].answers_to(found.ids(role)) for role in ROLES}
    forms = _forms(found, both)
    grades = {
        role: graded(
            problems, said[role],
            [both[role].endings.get(i, forms.other) for i in found.ids(role)],
        )
        for role in ROLES
    }  # fmt: skip
    disagreements = tuple(disagreements_of(found, both, said, grades))
    records = _records(problems, said, grades, both, log, command, forms)
    warnings = tuple(conditions(found, both))
    findings = honest(assemble(records), records, both, found, warnings, command)
    if forms.is_unclear():  # of a form that nobody is known to have asked for nothing follows
        findings = replace(findings, format_skill=None)
    metrics = tuple(their_figures(found, both))
    told = [*filter(None, [note]), *pairing_words(found, base, tuned)]
    lost = (failed_words(e.failed, of=f" of {one_line(e.label)}") for e in (base, tuned))
    told += [f"{words}." for words in lost if words]
    if max(base.samples(), tuned.samples()) > 1:
        told.append(_all_samples(grades))
    if forms.words():
        told.append(f"{capital(forms.words())}.")
    told += told_of_graders(disagreements, both, len(problems))
    findings = replace(
        findings,
        accuracy_metrics=(*findings.accuracy_metrics, *metrics),
        notes=(*findings.notes, *told),
    )
    rows = {role: list(rows_of_answers(problems, said[role], grades[role])) for role in ROLES}
    return Analysed(findings, found, disagreements, warnings, tuple(told), rows)


def _forms(found: Paired, both: Mapping[str, Evaluation]) -> Forms:
    """How the paired answers were asked to end, and do end."""
    forms = Forms()
    for role in ROLES:
        for i in found.ids(role):
            texts = (text for text, _ in both[role].answers[i])
            forms.add(role, both[role].endings.get(i), texts)
    return forms


def _not_paired(base: Evaluation, tuned: Evaluation, found: Paired) -> str:
    firsts = [next(iter(e.problems.values())) for e in (base, tuned)]
    names = [
        f"{one_line(e.label)} has {len(e.problems):,}, such as {quoted(p.question or p.id)}"
        for e, p in zip((base, tuned), firsts, strict=True)
    ]
    if found.without_gold:
        return (
            f"{len(found.without_gold):,} problems were answered by both, and nothing tells their "
            "right answers; give a file of problems with --data"
        )
    return f"no problem was answered by both: {'; '.join(names)}. {OTHER_PROBLEMS}"


# -- records as a run has them -------------------------------------------------------------


def _records(
    problems: list[Problem],
    said: Mapping[str, Sequence[Sequence[Said]]],
    grades: Mapping[str, Sequence[Sequence[Grade]]],
    both: Mapping[str, Evaluation],
    log: TrainingLog | None,
    command: str,
    forms: Forms,
) -> RunRecords:
    base = both["base"].source
    # Read in several forms, strict is not lm-eval's; any other form than #### says as much.
    form: Ending = next((e for e in forms.read() if e != "hashes"), "hashes")
    plain: dict[str, Any] = {
        "name": "analysed", "model": {"id": base.model or "base"},
        "data": {"source": base.task or "imported"}, "prompt": {"instruction": MARKS[form]},
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
        facts={"command": command, "versions": provenance.versions(), "hardware": {}},
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
    for problem, said, judged in zip(problems, rows, grades, strict=True):
        found = diagnose(
            problem.question, said.text, gold_solution=problem.solution,
            gold_answer=problem.answer, finish_reason=said.finish_reason,
        )  # fmt: skip
        if not judged.correct:
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


def _all_samples(grades: Mapping[str, Sequence[Sequence[Grade]]]) -> str:
    """The comparison over all samples, where there are several; the report is of the first."""
    right = {role: [[g.correct for g in of] for of in grades[role]] for role in ROLES}
    pair_ = paired(right["base"], right["tuned"])
    shares = [percent(s.value or 0.0) for s in (pair_.reference_share, pair_.other_share)]
    return (
        f"There are several answers a problem. This report is of the first of each; over all of "
        f"them the base solves {shares[0]} and the tuned model {shares[1]}. "
        f"{verdict_sentence(pair_)}"
    )
