"""Judgements of stored answers, kept beside them: judged/part-NNNNN.parquet, row for row.

They only save work: a part is of use where it was made from just these answers and problems by
just this code, and is made again where it was not, or where it cannot be read.
"""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow

import netgain
from netgain.diagnosis import split_steps
from netgain.diagnosis.judging import GRADED, Columns
from netgain.errors import RunDamaged
from netgain.records import CheckedEquation, Diagnosis, Grade
from netgain.store.parts import Part, write_table

FORMAT = 2
MADE_FROM = "made_from"  # in the file's footer
CODE = ("grading", "diagnosis", "text")  # what decides a judgement, in the package

JUDGED_SCHEMA = pyarrow.schema(
    [
        ("problem_id", pyarrow.string()),
        ("sample", pyarrow.int32()),
        ("turn", pyarrow.int32()),
        ("extracted", pyarrow.string()),
        ("rule", pyarrow.string()),
        ("strict", pyarrow.bool_()),
        ("flexible", pyarrow.bool_()),
        ("correct", pyarrow.bool_()),
        # None of these where the answer is right, or was not looked into.
        ("error_kind", pyarrow.string()),
        ("first_error", pyarrow.int32()),
        ("confidence", pyarrow.float64()),
        ("evidence", pyarrow.string()),
        (
            "equations",
            pyarrow.list_(
                pyarrow.struct(
                    [
                        ("step", pyarrow.int32()),
                        ("text", pyarrow.string()),
                        ("holds", pyarrow.bool_()),
                    ]
                )
            ),
        ),
        ("forms", pyarrow.list_(pyarrow.string())),
    ]
)


NEVER_NULL = tuple(name for name in GRADED if name != "extracted")


def made_from(seal: str, problems_digest: str, looked_into: str) -> str:
    """SHA-256 (hex) over all that decides the judgements of one part of the answers.

    Args:
        seal: the part's.
        looked_into: what says which problems' wrong answers are diagnosed.
    """
    deciding = [FORMAT, code_digest(), problems_digest, looked_into, seal]
    return hashlib.sha256(json.dumps(deciding).encode()).hexdigest()


@functools.cache
def code_digest() -> str:
    """SHA-256 (hex) over the files of netgain that decide a judgement."""
    package = Path(netgain.__file__).parent
    digest = hashlib.sha256()
    for name in CODE:
        place = package / name
        files = [place] if place.is_file() else sorted(place.glob("*.*"))
        for path in files:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def judged_table(columns: Columns) -> pyarrow.Table:
    """Judgements as `diagnosis.judging` makes them, in the types in which they are stored."""
    return pyarrow.table(columns, JUDGED_SCHEMA)


def write_judged(path: Path, table: pyarrow.Table, key: str) -> None:
    """Store one part's judgements; it is there whole or not at all.

    Args:
        key: what `made_from` said of the part.

    Raises:
        StorageError: it cannot be written there.
    """
    write_table(path, table, {MADE_FROM: key}, durable=False)  # a torn one is made again


def read_judged(path: Path, key: str, rows: int | None = None) -> pyarrow.Table | None:
    """One part's stored judgements; None where there are none of use.

    Args:
        key: what `made_from` says of the part now.
        rows: how many there must be, where that is known.
    """
    try:
        part = Part(path)
        if part.marks.get(MADE_FROM) != key or rows not in (None, part.rows):
            return None
        return part.table(JUDGED_SCHEMA, NEVER_NULL)
    except RunDamaged:
        return None


def grade_of(row: Mapping[str, Any]) -> Grade:
    """A stored row as the grade it was."""
    return Grade(**{name: row[name] for name in GRADED})


def diagnosis_of(row: Mapping[str, Any], text: str) -> Diagnosis | None:
    """A stored row as the diagnosis it was, with the answer's text; None where there was none."""
    if row["evidence"] is None:
        return None
    equations: Sequence[Mapping[str, Any]] = row["equations"]
    return Diagnosis(
        steps=split_steps(text),
        first_error=row["first_error"],
        error_kind=row["error_kind"] or "arithmetic",  # of a right answer: a false equation
        confidence=row["confidence"],
        evidence=row["evidence"],
        equations=tuple(CheckedEquation(**e) for e in equations),
        forms=tuple(row["forms"]),
    )
