"""Generations and scores of choices as Parquet, one file a unit of work."""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from netgain.errors import RunDamaged
from netgain.parquet_pages import check_parquet
from netgain.plain_files import read_plain
from netgain.records import ChoiceScores, Generation
from netgain.store.schema import ANSWER_AGAIN, told
from netgain.store.seals import FIELD, OPEN, seal_of, sealed
from netgain.store.whole_files import write_bytes

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
        ("token_ids", pyarrow.list_(pyarrow.int32())),
    ]
)
WITHOUT_TOKENS = GENERATION_SCHEMA.remove(GENERATION_SCHEMA.get_field_index("token_ids"))
BATCH_BYTES = 8 << 20  # of answers that are held at once
READ_AT_ONCE = 50  # answers, of whose size nothing is known before
OPTIONAL = {"seed", "error", "token_ids"}
MOST_PART = 256 << 20  # bytes of a part's file
OF = "of"  # in a part's footer: the digest of what decided its content
ARROW_SCHEMA = b"ARROW:schema"

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


def write_part(path: Path, generations: Sequence[Generation], of: str) -> None:
    """Store one unit of generations; it is there whole or not at all.

    Args:
        of: digest of all that decides the answers.
    """
    rows = [{**asdict(g), "token_ids": g.token_ids or None} for g in generations]
    write_table(path, pyarrow.Table.from_pylist(rows, GENERATION_SCHEMA), {OF: of})


def write_scores(path: Path, scores: Sequence[ChoiceScores], of: str) -> None:
    """Store one unit of scores; it is there whole or not at all."""
    table = pyarrow.Table.from_pylist([asdict(s) for s in scores], SCORES_SCHEMA)
    write_table(path, table, {OF: of})


def write_table(
    path: Path, table: pyarrow.Table, marks: Mapping[str, str], durable: bool = True
) -> None:
    """Store a table with its seal, whole or not at all; `marks` are kept in the file's footer.

    Raises:
        StorageError: it cannot be written there.
    """
    table, sink = table.replace_schema_metadata(), pyarrow.BufferOutputStream()
    with pyarrow.parquet.ParquetWriter(sink, table.schema, compression="zstd",
                                       write_batch_size=READ_AT_ONCE) as writer:  # fmt: skip
        # A page is read whole, so it must not be of very many long texts.
        writer.write_table(table)
        writer.add_key_value_metadata({**marks, FIELD: OPEN})  # the seal comes last
    write_bytes(path, sealed(sink.getvalue().to_pybytes()), durable)


class Part:
    """One stored unit, held as it lies in its file and found to be as netgain wrote it.

    `seal` is the SHA-256 (hex) that the file says of itself.
    """

    def __init__(self, path: Path, of: str | None = None, remedy: str = ANSWER_AGAIN) -> None:
        """Read it.

        Args:
            of: digest of what must have decided its content; None for whatever did.

        Raises:
            RunDamaged: it cannot be read, was changed, or is of something else.
        """
        self.path, self._remedy = path, remedy
        with told(path, remedy):
            content = read_plain(path, MOST_PART, links=False)
            self.seal = seal_of(content)
            check_parquet(io.BytesIO(content))
            source = pyarrow.BufferReader(content)
            self._file = pyarrow.parquet.ParquetFile(source)
            found = self._file.metadata.metadata or {}
            self.marks = {k.decode(): v.decode() for k, v in found.items() if k != ARROW_SCHEMA}
        if of is not None and self.marks.get(OF) != of:
            raise RunDamaged(path, "is of another evaluation", remedy)

    @property
    def rows(self) -> int:
        return int(self._file.metadata.num_rows)

    def table(self, schema: pyarrow.Schema, needed: Collection[str] | None = None) -> pyarrow.Table:
        """All rows under these columns.

        Args:
            needed: columns that have a value in every row; None for all but `OPTIONAL`.
        """
        with told(self.path, self._remedy):
            names = [n for n in schema.names if n in self._file.schema_arrow.names]
            return _under(self._file.read(names, use_threads=False), schema, needed)

    def batches(self, most: int) -> Iterator[pyarrow.RecordBatch]:
        """The generations as columns, without token ids, at most so many rows at a time.

        They are fewer where the texts are long, so that only some `BATCH_BYTES` are held.
        """
        with told(self.path, self._remedy):
            names = [n for n in WITHOUT_TOKENS.names if n in self._file.schema_arrow.names]
            few = self._file.iter_batches(min(most, READ_AT_ONCE), columns=names, use_threads=False)
            for table in _put_together(few, most):
                yield from _under(table, WITHOUT_TOKENS).combine_chunks().to_batches()

    def row(self, row: int) -> dict[str, Any]:
        """One generation, without reading the row groups before it."""
        with told(self.path, self._remedy):
            group = 0
            while row >= self._file.metadata.row_group(group).num_rows:
                row -= self._file.metadata.row_group(group).num_rows
                group += 1
            table = self._file.read_row_group(group, use_threads=False).slice(row, 1)
            (values,) = _under(table, GENERATION_SCHEMA).to_pylist()
        return {**values, "token_ids": tuple(values["token_ids"] or ())}


def _under(
    table: pyarrow.Table, schema: pyarrow.Schema, needed: Collection[str] | None = None
) -> pyarrow.Table:
    """A table under a schema, its texts found to be UTF-8.

    Raises:
        ValueError: a value is missing that every row must have, or is of another type.
    """
    for name in schema.names:
        if name not in table.column_names:
            table = table.append_column(name, pyarrow.nulls(len(table)))
    table = table.select(schema.names)
    if not table.schema.equals(schema):
        table = table.cast(schema)
    table.validate(full=True)
    if needed is None:
        needed = [n for n in schema.names if n not in OPTIONAL]
    absent = [n for n in needed if table[n].null_count]
    if absent:
        raise ValueError(f"{absent[0]} is missing")
    return table


def read_part(path: Path, token_ids: bool = False, of: str | None = None) -> list[Generation]:
    """The generations of one unit; their token ids only where asked for, since they are many.

    Raises:
        RunDamaged: the file cannot be read, was changed, is not `of` this, or holds other columns.
    """
    table = Part(path, of).table(GENERATION_SCHEMA if token_ids else WITHOUT_TOKENS)
    return [
        Generation(**{**row, "token_ids": tuple(row.get("token_ids") or ())})
        for row in table.to_pylist()
    ]


def read_scores(path: Path, of: str | None = None) -> list[ChoiceScores]:
    """The scores of one unit.

    Raises:
        RunDamaged: as `read_part` does.
    """
    lists = [name for name in SCORES_SCHEMA.names if name not in ("problem_id", "cut")]
    return [
        ChoiceScores(**{**row, **{name: tuple(row[name]) for name in lists}})
        for row in Part(path, of).table(SCORES_SCHEMA).to_pylist()
    ]


def _put_together(batches: Iterator[pyarrow.RecordBatch], most: int) -> Iterator[pyarrow.Table]:
    """Batches together, up to `most` rows and `BATCH_BYTES`."""
    held: list[pyarrow.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if held and (rows + len(batch) > most or size + batch.nbytes > BATCH_BYTES):
            yield pyarrow.Table.from_batches(held)
            held, rows, size = [], 0, 0
        held.append(batch)
        rows += len(batch)
        size += batch.nbytes
    if held:
        yield pyarrow.Table.from_batches(held)
