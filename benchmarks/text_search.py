"""How fast a text can be found in very many, by what.

    python benchmarks/text_search.py --run FOLDER [--rounds 3]

The texts are all questions and answers of a run, as `benchmarks/view_speed.py --run FOLDER` makes
one, in lower case, in one process with at most two threads. For each way: what it takes to have
the texts ready, then the seconds of the clock and of the processor for a search that counts the
problems with a hit. `netgain view` searches by the first. DuckDB and Polars are tried where they
are installed. The machine should be quiet.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.compute as pc

from netgain.provenance import hardware
from netgain.store import RunDirectory
from netgain.store.parts import Part
from netgain.viewing.texts import Texts

THREADS = 2
WORDS = ("the", "total", "percent", "= 42", ". ", "e", "apples and", "quarterly dividend")
Count = Callable[[str], int]
Columns = dict[str, pyarrow.ChunkedArray]


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast a text can be found in very many.")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    pyarrow.set_cpu_count(THREADS)
    print("; ".join(f"{what}: {words}" for what, words in hardware().items()))
    texts = columns(RunDirectory(arguments.run))
    size = sum(column.nbytes for column in texts.values()) / 1e6
    print(f"{len(texts['question']):,} problems, {size:,.0f} MB of text\n")
    print(f"{'by':<28} {'ready s':>8}  median, worst s, most processor s, over {len(WORDS)} texts")
    for name, way in WAYS.items():
        package = name.split()[0].lower()
        if package in {"duckdb", "polars"} and importlib.util.find_spec(package) is None:
            print(f"{name:<28} not installed")
            continue
        began = time.monotonic()
        with way(texts) as count:
            ready = time.monotonic() - began
            taken = [best(count, words, arguments.rounds) for words in WORDS]
        clock, processor = zip(*taken, strict=True)
        print(
            f"{name:<28} {ready:>8.1f}  {np.median(clock):.3f}, {max(clock):.3f}, "
            f"{max(processor):.3f}",
            flush=True,
        )


def best(count: Count, words: str, rounds: int) -> tuple[float, float]:
    """The fastest of some rounds, on the clock, with its processor seconds."""
    taken = []
    for _ in range(rounds):
        clock, processor = time.perf_counter(), time.process_time()
        count(words)
        taken.append((time.perf_counter() - clock, time.process_time() - processor))
    return min(taken)


def columns(directory: RunDirectory) -> Columns:
    """Questions and both models' answers, row by row of the parts."""
    questions = {p.id: p.question for p in directory.problems("test")}
    found: dict[str, list[pyarrow.Array]] = {"question": [], "base": [], "tuned": []}
    for model in ("base", "tuned"):
        for part in directory.evaluation(model).answer_parts():
            for rows in Part(part).batches(10_000):
                found[model].append(rows["text"])
                if model == "base":
                    ids = rows["problem_id"].to_pylist()
                    found["question"].append(pyarrow.array([questions[i] for i in ids]))
    return {name: pyarrow.chunked_array(chunks) for name, chunks in found.items()}


@contextmanager
def our_file(texts: Columns) -> Iterator[Count]:
    ours = Texts(len(texts["question"]))
    for column in texts.values():
        at = 0
        for chunk in column.chunks:
            ours.add(chunk, np.arange(at, at + len(chunk), dtype=np.int32))
            at += len(chunk)
    ours.finish()
    yield lambda words: int(ours.scan(words).sum())


@contextmanager
def pyarrow_memory(texts: Columns) -> Iterator[Count]:
    lower = [pc.utf8_lower(column).combine_chunks() for column in texts.values()]
    size = 20_000
    starts = range(0, len(lower[0]), size)

    def chunk(at: int, words: str) -> int:
        hits = [pc.match_substring(column.slice(at, size), words) for column in lower]
        return int(pc.sum(pc.or_(pc.or_(hits[0], hits[1]), hits[2])).as_py() or 0)

    with ThreadPoolExecutor(THREADS) as pool:
        yield lambda words: sum(pool.map(lambda at: chunk(at, words), starts))


@contextmanager
def duckdb_at(texts: Columns, place: str) -> Iterator[Count]:
    import duckdb

    connection = duckdb.connect(place)
    connection.execute(f"set threads={THREADS}")
    connection.register("given", pyarrow.table(texts))
    names = ", ".join(f"lower({name}) as {name}" for name in texts)
    connection.execute(f"create table texts as select {names} from given")
    connection.execute("checkpoint")
    hits = " or ".join(f"contains({name}, $words)" for name in texts)
    question = f"select count(*) from texts where {hits}"
    yield lambda words: connection.execute(question, {"words": words}).fetchone()[0]
    connection.close()


@contextmanager
def duckdb_memory(texts: Columns) -> Iterator[Count]:
    with duckdb_at(texts, ":memory:") as count:
        yield count


@contextmanager
def duckdb_file(texts: Columns) -> Iterator[Count]:
    with tempfile.TemporaryDirectory() as folder, duckdb_at(texts, f"{folder}/texts.db") as count:
        yield count


@contextmanager
def polars_memory(texts: Columns) -> Iterator[Count]:
    import polars

    frame = polars.from_arrow(pyarrow.table(texts))
    lower = frame.select(polars.all().str.to_lowercase())

    def count(words: str) -> int:
        hit = polars.any_horizontal(polars.all().str.contains(words, literal=True))
        return int(lower.lazy().filter(hit).select(polars.len()).collect().item())

    yield count


WAYS = {
    "a file, bytes.find (ours)": our_file,
    "pyarrow, in memory": pyarrow_memory,
    "DuckDB, in memory": duckdb_memory,
    "DuckDB, its own file": duckdb_file,
    "Polars, in memory": polars_memory,
}

if __name__ == "__main__":
    main()
