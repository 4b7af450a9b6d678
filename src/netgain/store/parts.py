"""Generations and scores of choices as Parquet, one file a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from netgain.errors import RunDamaged
from netgain.records import ChoiceScores, Generation
from netgain.store.files import write_bytes
from netgain.store.schema import ANSWER_AGAIN

GENERATION_SCHEMA = pyarrow.schema(
    [
        ("problem_id", pyarrow.string()),
        ("sample", pyarrow.int32()),
        ("turn", pyarrow.int32()),
        ("text", pyarrow.string()),
        ("finish_reason", pyarrow.string()),
        ("prompt_tokens", pyarrow.int32()),
        ("completion_tokens", pyarrow.int32()),
        ("seconds", pyarrow.float64()),
        ("seed", pyarrow.int64()),
        ("prompt_digest", pyarrow.string()),
        ("error", pyarrow.string()),
    ]
)
OPTIONAL = {"seed", "error"}


SCORES_SCHEMA = pyarrow.schema(
    [
        ("problem_id", pyarrow.string()),
        ("log_likelihoods", pyarrow.list_(pyarrow.float64())),
        ("characters", pyarrow.list_(pyarrow.int32())),
        ("tokens", pyarrow.list_(pyarrow.int32())),
        ("greedy", pyarrow.list_(pyarrow.bool_())),
        ("cut", pyarrow.int32()),
    ]
)


def write_part(path: Path, generations: Sequence[Generation]) -> None:
    """Store one unit of generations; it is there whole or not at all."""
    _write(path, [asdict(g) for g in generations], GENERATION_SCHEMA)


def read_part(path: Path) -> list[Generation]:
    """The generations of one unit.

    Raises:
        RunDamaged: the file cannot be read, or holds other columns.
    """
    return [Generation(**row) for row in _read(path, GENERATION_SCHEMA)]


def write_scores(path: Path, scores: Sequence[ChoiceScores]) -> None:
    """Store one unit of scores; it is there whole or not at all."""
    _write(path, [asdict(s) for s in scores], SCORES_SCHEMA)


def read_scores(path: Path) -> list[ChoiceScores]:
    """The scores of one unit.

    Raises:
        RunDamaged: the file cannot be read, or holds other columns.
    """
    lists = [name for name in SCORES_SCHEMA.names if name not in ("problem_id", "cut")]
    return [
        ChoiceScores(**{**row, **{name: tuple(row[name]) for name in lists}})
        for row in _read(path, SCORES_SCHEMA)
    ]


def _write(path: Path, rows: list[dict[str, Any]], schema: pyarrow.Schema) -> None:
    sink = pyarrow.BufferOutputStream()
    table = pyarrow.Table.from_pylist(rows, schema)
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    write_bytes(path, sink.getvalue().to_pybytes())


def _read(path: Path, schema: pyarrow.Schema) -> list[dict[str, Any]]:
    try:
        table = pyarrow.parquet.read_table(path, schema=schema)
        absent = [n for n in schema.names if n not in OPTIONAL and table[n].null_count]
        if absent:
            raise ValueError(f"{absent[0]} is missing")
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunDamaged(path, f"cannot be read ({why:.200})", ANSWER_AGAIN) from error
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
