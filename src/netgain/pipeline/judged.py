"""The judgements of a run's answers: read where they are stored and sound, made where not.

A part of the answers is read at a time, as columns. Of all answers flags are kept, whole records
of those problems alone that are looked into one by one.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow
import pyarrow.compute
from numpy.typing import NDArray

from netgain.analysis.inputs import Answered
from netgain.diagnosis.judging import Answers
from netgain.errors import RunDamaged, StorageError
from netgain.grading import grade_one
from netgain.pipeline.evaluations import ending_of
from netgain.pipeline.judges import Judges
from netgain.records import Diagnosis, Ending, EvaluationSummary, Generation, Grade
from netgain.store import EvaluationFolder, ProblemIndex, RunDirectory
from netgain.store.judged_parts import (
    diagnosis_of,
    grade_of,
    judged_table,
    made_from,
    read_judged,
    write_judged,
)
from netgain.store.parts import Part
from netgain.store.schema import ANSWER_AGAIN

# Problems whose texts and answers are looked into one by one; of more a random sample is.
MOST_LOOKED_INTO = 10_000
ROWS_AT_ONCE = 2000  # answers that are read at a time
JUDGED_FROM = ("problem_id", "sample", "turn", "text", "finish_reason")


@dataclass
class _Piece:
    """Some rows of one part of the answers, with their problems' places."""

    part: Path
    key: str
    rows: pyarrow.RecordBatch
    places: NDArray[np.int64]
    stored: pyarrow.Table | None
    last: bool = False


@dataclass(frozen=True)
class Judged:
    """One model's answers, judged: all as columns, and in full those that are looked into."""

    answers: Answered
    generations: list[Generation] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)
    diagnoses: dict[str, Diagnosis] = field(default_factory=dict)
    false_working: dict[str, Diagnosis] = field(default_factory=dict)

    def add(self, piece: _Piece, table: pyarrow.Table, looked_into: NDArray[np.bool_]) -> None:
        """Take in some rows with their judgements."""
        values = {
            "correct": table["correct"],
            "strict": table["strict"],
            "flexible": table["flexible"],
            "read": table["extracted"].is_valid(),
            "cut": pyarrow.compute.equal(piece.rows["finish_reason"], "length"),
        }
        for name, column in values.items():
            getattr(self.answers, name)[piece.places] = column.to_numpy(zero_copy_only=False)
        wanted = np.flatnonzero(looked_into[piece.places])
        if not len(wanted):
            return
        judgements = table.take(wanted).to_pylist()
        for row, judgement in zip(piece.rows.take(wanted).to_pylist(), judgements, strict=True):
            generation = Generation(**row)
            self.generations.append(generation)
            self.grades.append(grade_of(judgement))
            diagnosis = diagnosis_of(judgement, generation.text)
            if diagnosis is not None:
                found = self.false_working if judgement["correct"] else self.diagnoses
                found[generation.problem_id] = diagnosis


def judged_answers(
    folder: EvaluationFolder, index: ProblemIndex, judges: Judges, keep: Path | None
) -> Judged:
    """One model's answers, judged.

    Args:
        index: the problems; wrong answers of those that are whole are diagnosed.
        keep: the folder in which judgements that were made are stored; None to store none.

    Raises:
        RunDamaged: there is not just one answer for each problem, or a part cannot be read.
    """
    looked_into = np.zeros(len(index), dtype=bool)
    looked_into[list(index.drawn)] = True
    found = Judged(Answered(*np.zeros((5, len(index)), dtype=bool)))
    seen = np.zeros(len(index), dtype=bool)
    for piece, table in _judged(folder, folder.answer_parts(), index, seen, judges, keep):
        found.add(piece, table, looked_into)
    if not seen.all():
        _refuse(folder, index)
    return found


def _judged(
    folder: EvaluationFolder,
    parts: Sequence[Path],
    index: ProblemIndex,
    seen: NDArray[np.bool_],
    judges: Judges,
    keep: Path | None,
) -> Iterator[tuple[_Piece, pyarrow.Table]]:
    """Pieces of these parts with their judgements, in order."""
    summary = _finished(folder)
    pieces = _pieces(folder, parts, summary, index, seen)
    ending = ending_of(summary.settings)
    made: list[pyarrow.Table] = []
    for piece, columns in judges.judged((p, _to_judge(p, index, ending)) for p in pieces):
        table = piece.stored if columns is None else judged_table(columns)
        assert table is not None
        yield piece, table
        if columns is not None and keep is not None:
            made.append(table)
            if piece.last:
                keep = _stored(keep, piece, pyarrow.concat_tables(made))
                made = []


def headline_answers(
    folder: EvaluationFolder, index: ProblemIndex, asked: Collection[str]
) -> tuple[list[Generation], list[Grade]]:
    """The answers to some of very many problems, with their grades."""
    generations, summary = [], _finished(folder)
    for path in folder.answer_parts():
        for rows in Part(path, summary.digest).batches(ROWS_AT_ONCE):
            wanted = [i in asked for i in rows["problem_id"].to_pylist()]
            if any(wanted):
                found = rows.filter(pyarrow.array(wanted)).to_pylist()
                generations += [Generation(**row) for row in found]
    ending = ending_of(summary.settings)
    grades = [grade_one(index.to_grade_by(g.problem_id), g, ending) for g in generations]
    return generations, grades


def judged_parts(directory: RunDirectory, model: str) -> Iterator[pyarrow.Table]:
    """The judgements of "base" or "tuned" (`JUDGED_SCHEMA`): a table for each answer part, with
    its rows in their order.

    Those that a report stored beside the answers are taken where they are sound. From the first one
    on that is not, they are made now and kept nowhere.

    Raises:
        RunDamaged: the evaluation is not there, or problems or answers are not whole.
    """
    folder = directory.evaluation(model)
    summary, parts = _finished(folder), folder.answer_parts()
    asked = summary.problems_digest, summary.n, ending_of(summary.settings)
    read = 0
    for path in parts:
        part = Part(path, summary.digest)
        stored = read_judged(folder.judged_part(path), _key(part.seal, *asked), part.rows)
        if stored is None:
            break
        yield stored
        read += 1
    if read == len(parts):
        return
    index = directory.problem_index("test", MOST_LOOKED_INTO)
    seen, made = np.zeros(len(index), dtype=bool), []
    with Judges(len(index)) as judges:
        for piece, table in _judged(folder, parts[read:], index, seen, judges, None):
            made.append(table)
            if piece.last:
                yield pyarrow.concat_tables(made)
                made = []


def _finished(folder: EvaluationFolder) -> EvaluationSummary:
    summary = folder.summary()
    if summary is None:
        raise RunDamaged(folder.summary_file, "is missing", ANSWER_AGAIN)
    return summary


def _key(seal: str, problems_digest: str, n: int, ending: Ending) -> str:
    looked_into = "all" if n <= MOST_LOOKED_INTO else f"{MOST_LOOKED_INTO} by their ids' digests"
    return made_from(seal, problems_digest, f"{looked_into}, {ending}")


def _pieces(
    folder: EvaluationFolder,
    parts: Sequence[Path],
    summary: EvaluationSummary,
    index: ProblemIndex,
    seen: NDArray[np.bool_],
) -> Iterator[_Piece]:
    """The answers in unit order, with their judgements where these are stored."""
    for path in parts:
        part = Part(path, summary.digest)
        key = _key(part.seal, index.digest, len(index), ending_of(summary.settings))
        stored, at = read_judged(folder.judged_part(path), key, part.rows), 0
        for rows in part.batches(ROWS_AT_ONCE):
            places = _places(folder, index, rows, seen)
            there = None if stored is None else stored.slice(at, len(rows))
            at += len(rows)
            yield _Piece(path, key, rows, places, there, at == part.rows)


def _places(
    folder: EvaluationFolder,
    index: ProblemIndex,
    rows: pyarrow.RecordBatch,
    seen: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """The place of each answer's problem; marks them as seen.

    Raises:
        RunDamaged: an answer is of another problem, or a second one.
    """
    get = index.places.get
    ids = rows["problem_id"].to_pylist()
    places = np.fromiter((get(i, -1) for i in ids), dtype=np.int64, count=len(ids))
    others = rows["sample"].to_numpy().any() or rows["turn"].to_numpy().any()
    if others or (places < 0).any() or seen[places].any() or len(np.unique(places)) < len(places):
        _refuse(folder, index)
    seen[places] = True
    return places


def _refuse(folder: EvaluationFolder, index: ProblemIndex) -> NoReturn:
    """Say what is wrong with the answers: `generations` counts them."""
    folder.generations((problem_id, 0, 0) for problem_id in index.places)
    raise RunDamaged(folder.generations_folder, "was changed while it was read", ANSWER_AGAIN)


def _to_judge(piece: _Piece, index: ProblemIndex, ending: Ending) -> Answers | None:
    if piece.stored is not None:
        return None
    ids, samples, turns, texts, reasons = (piece.rows[n].to_pylist() for n in JUDGED_FROM)
    problems = [index.problems[place] for place in piece.places.tolist()]
    return Answers(ids, samples, turns, texts, reasons, problems, ending)


def _stored(keep: Path, piece: _Piece, table: pyarrow.Table) -> Path | None:
    """Store one part's judgements; where that cannot be, none of the others is tried."""
    try:
        write_judged(keep / piece.part.name, table, piece.key)
    except (OSError, StorageError):  # a run that can only be read is judged in memory
        return None
    return keep
