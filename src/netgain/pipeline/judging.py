"""The last stage: grade, compare, report. From the records alone, without torch."""

from __future__ import annotations

from collections.abc import Sequence

from netgain.analysis.findings import assemble
from netgain.analysis.inputs import RunRecords
from netgain.errors import EvaluationError
from netgain.grading import grade
from netgain.importers import read_trainer_state
from netgain.pipeline.evaluating import refuse_other_conditions
from netgain.pipeline.progress import Progress
from netgain.recipe import Recipe
from netgain.records import Findings, Generation, Grade, Problem
from netgain.reporting import write_reports
from netgain.store import RunDirectory, read_json


def report(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Grade, compare, and write the reports, from the records alone."""
    progress("report", 0, 1, "grading and comparing")
    write_reports(findings_of(directory), directory.report)
    progress("report", 1, 1, str(directory.report))


def findings_of(directory: RunDirectory) -> Findings:
    """Everything known of a run, assembled. Needs no torch."""
    recipe = directory.recipe()
    trained = directory.train / "training.json"
    state = directory.train / "trainer_state.json"
    summaries = {m: directory.summary(m) for m in ("base", "tuned")}
    test = directory.problems("test")
    tuned = summaries["tuned"]
    if tuned is not None:
        refuse_other_conditions(directory, tuned.settings)
    generations = {m: directory.generations(m) for m, s in summaries.items() if s is not None}
    return assemble(
        RunRecords(
            recipe=recipe.plain(),
            facts=read_json(directory.root / "run.json"),
            split=read_json(directory.data / "split.json"),
            training=read_json(trained) if trained.exists() else None,
            state=read_trainer_state(state) if state.exists() else None,
            problems=test,
            summaries={m: s for m, s in summaries.items() if s is not None},
            generations=generations,
            grades={m: grade_all(test, rows) for m, rows in generations.items()},
            place=str(directory.root),
        )
    )


def grade_all(problems: Sequence[Problem], generations: Sequence[Generation]) -> list[Grade]:
    """Every generation judged against its problem's answer."""
    gold = {p.id: p.answer for p in problems}
    grades = []
    for g in generations:
        answer = gold.get(g.problem_id)
        if answer is None:
            raise EvaluationError(f"problem {g.problem_id!r} has no numeric answer to grade by")
        grades.append(
            grade(
                g.text, answer, problem_id=g.problem_id, sample=g.sample, turn=g.turn,
                finish_reason=g.finish_reason,
            )
        )  # fmt: skip
    return grades
