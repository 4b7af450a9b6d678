"""Whether each answer is right, and what went wrong with it, part by part of the answers."""

from pathlib import Path

import pyarrow

from netgain.diagnosis.judging import diagnose_wrong
from netgain.grading import grade_one
from netgain.pipeline.judged import MOST_LOOKED_INTO, judged_parts
from netgain.store import RunDirectory
from netgain.store.parts import read_part
from netgain.viewing.index import JUDGED, Judged, Problems
from netgain.viewing.viewed_problems import problems_at


def stored_judgements(directory: RunDirectory, model: str) -> Judged:
    """What the report stage stored of a run's answers; what is missing of it is made for now.

    Parts are asked for in their order.

    Raises:
        RunDamaged: problems or answers are not whole.
    """
    tables = judged_parts(directory, model)
    return lambda _: next(tables).select(JUDGED)


def made_judgements(problems: Problems) -> Judged:
    """Judges the answers of an evaluation alone; of very many, without what went wrong."""
    looked_into = len(problems) <= MOST_LOOKED_INTO

    def judged(part: Path) -> pyarrow.Table:
        rows = read_part(part)
        asked = problems_at(problems, [problems.places[g.problem_id] for g in rows])
        correct, kinds = [], []
        for problem, answer in zip(asked, rows, strict=True):
            grade = grade_one(problem, answer)
            is_first = not (answer.sample or answer.turn)
            found = diagnose_wrong(problem, answer, grade) if looked_into and is_first else None
            correct.append(grade.correct)
            kinds.append(None if found is None else found.error_kind)
        return pyarrow.table({"correct": correct, "error_kind": pyarrow.array(kinds, "string")})

    return judged
