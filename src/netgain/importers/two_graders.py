"""Answers judged by our graders, beside the verdicts of the tool that they come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netgain.analysis.estimates.statistics import share_estimate
from netgain.grading import grade
from netgain.importers.found import MOST_NAMED
from netgain.importers.paired_evaluations import Evaluation, Paired, Said
from netgain.importers.what_is_known import ROLES
from netgain.records import Ending, FinishReason, Grade, Metric, Problem, Share
from netgain.wording import capital, integer, one_line


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


def graded(
    problems: Sequence[Problem], said: Sequence[Sequence[Said]], endings: Sequence[Ending]
) -> list[list[Grade]]:
    """Grades of all answers to each problem; strict reads the form of the problem's ending."""
    return [
        [_grade(problem, *answer, place, ending) for place, answer in enumerate(answers)]
        for problem, answers, ending in zip(problems, said, endings, strict=True)
    ]


def _grade(
    problem: Problem, text: str | None, finish: FinishReason, sample: int, ending: Ending
) -> Grade:
    assert problem.answer is not None
    if text is None:
        rule = "error" if finish == "error" else "missing"
        return Grade(problem.id, sample, 0, None, rule, False, False, False)
    return grade(
        text, problem.answer, problem_id=problem.id, sample=sample, finish_reason=finish,
        ending=ending,
    )  # fmt: skip


def disagreements_of(
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


def their_figures(found: Paired, both: Mapping[str, Evaluation]) -> Iterator[Metric]:
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


def told_of_graders(
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


def rows_of_answers(
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
