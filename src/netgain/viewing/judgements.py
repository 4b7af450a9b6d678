"""Whether each answer is right, and what went wrong with it, part by part of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow

from netgain.diagnosis.judging import diagnose_wrong
from netgain.grading import grade_one
from netgain.pipeline.judged import MOST_LOOKED_INTO, judged_parts
from netgain.store import RunDirectory, storage_errors
from netgain.store.judged import JUDGED_SCHEMA, NEVER_NULL
from netgain.store.parts import Part, read_part
from netgain.viewing.index import JUDGED, Judged, Problems
from netgain.viewing.problems import problems_at


@contextmanager
def stored_judgements(directory: RunDirectory, model: str) -> Iterator[Judged]:
    """What the report stage stored of a run's answers; what is missing of it is made for now.

    Raises:
        RunDamaged: problems or answers are not whole.
        StorageError: what was made does not fit into the temporary folder.
    """
    remedy = "set TMPDIR to a folder that can be written"
    with storage_errors(Path("the temporary folder"), remedy):
        made_in = TemporaryDirectory(prefix="netgain-view-", ignore_cleanup_errors=True)
    with made_in as folder:
        found = {path.name: path for path in judged_parts(directory, model, Path(folder))}

        def judged(part: Path) -> pyarrow.Table:
            return Part(found[part.name]).table(JUDGED_SCHEMA, NEVER_NULL).select(JUDGED)

        yield judged


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
