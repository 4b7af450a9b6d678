"""Generations as Parquet, one file a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow
import pyarrow.parquet

from netgain.errors import RunDamaged
from netgain.records import Generation
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


def write_part(path: Path, generations: Sequence[Generation]) -> None:
    """Store one unit of generations; it is there whole or not at all."""
    table = pyarrow.Table.from_pylist([asdict(g) for g in generations], GENERATION_SCHEMA)
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    write_bytes(path, sink.getvalue().to_pybytes())


def read_part(path: Path) -> list[Generation]:
    """The generations of one unit.

    Raises:
        RunDamaged: the file cannot be read, or holds other columns.
    """
    try:
        table = pyarrow.parquet.read_table(path, schema=GENERATION_SCHEMA)
        absent = [n for n in GENERATION_SCHEMA.names if n not in OPTIONAL and table[n].null_count]
        if absent:
            raise ValueError(f"{absent[0]} is missing")
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunDamaged(path, f"cannot be read ({why:.200})", ANSWER_AGAIN) from error
    return [Generation(**row) for row in table.to_pylist()]
