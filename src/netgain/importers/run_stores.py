"""Histories that MLflow and Trackio keep on this machine: a folder of files, an SQLite file."""

import json
import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from netgain.plain_files import read_plain, real

SQLITE_HEAD = b"SQLite format 3\x00"
MOST_METRICS = 2_000  # files of one run of MLflow
MOST_METRIC = 64 << 20  # bytes of one
MOST_DATABASE = 1 << 30
MOST_ROWS = 2_000_000
MOST_JSON = 1_000_000  # characters of a row's metrics
STEPS_OF_SQLITE = 20_000_000_000  # of its virtual machine, in all
_RUN = re.compile(r"^run_(?:id|uuid):", re.MULTILINE)


def is_mlflow_run(folder: Path) -> bool:
    """Whether a folder is a run of MLflow's file store: `meta.yaml` and `metrics/`."""
    try:
        meta = read_plain(folder / "meta.yaml", 1 << 20).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return False
    return _RUN.search(meta) is not None and (folder / "metrics").is_dir()


def mlflow_rows(folder: Path) -> list[dict[str, Any]]:
    """The metrics of a run, a row a step: each file has lines of time, value and step.

    Raises:
        OSError, ValueError: a file cannot be read.
    """
    rows: dict[int, dict[str, Any]] = {}
    metrics = folder / "metrics"
    files = (p for p in sorted(metrics.rglob("*")) if p.is_file() and not p.is_symlink())
    for _, path in zip(range(MOST_METRICS), files, strict=False):
        name = path.relative_to(metrics).as_posix()
        for line in read_plain(path, MOST_METRIC, links=False).decode(errors="replace").split("\n"):
            parts = line.split()
            if len(parts) < 3:
                continue  # a line that was cut off
            try:
                value, step = float(parts[1]), int(parts[2])
            except ValueError:
                continue
            rows.setdefault(step, {"step": step})[name] = value
    return [rows[step] for step in sorted(rows)]


def trackio_rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The runs of a project of Trackio, by name: rows of its table `metrics`.

    Raises:
        OSError, ValueError: it is no such database.
    """
    if path.stat().st_size > MOST_DATABASE:
        raise ValueError(f"has more than {MOST_DATABASE:,} bytes")
    address = f"{real(path).as_uri()}?mode=ro&immutable=1"
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            for run, step, text in _metrics(database):
                row = _row(text)
                # Trackio counts its own steps; transformers' stand in the row.
                found.setdefault(run, []).append({"step": step, **row})
    except sqlite3.Error as error:
        raise ValueError(f"is no database of Trackio ({error})") from error
    return found


def _metrics(database: sqlite3.Connection) -> Iterator[tuple[str, int, str]]:
    """Rows of a real table alone: a view could be a computation without end."""
    database.execute("PRAGMA trusted_schema=OFF")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_JSON)
    turns = iter(range(STEPS_OF_SQLITE // 1_000_000))
    database.set_progress_handler(lambda: next(turns, None) is None, 1_000_000)
    kinds = database.execute("SELECT type, sql FROM sqlite_master WHERE name = 'metrics'")
    kind, made = kinds.fetchone() or ("", "")
    if kind != "table" or "virtual" in str(made).lower():
        raise ValueError("has no table of metrics")
    rows = database.execute("SELECT run_name, step, metrics FROM metrics ORDER BY step")
    for _, (run, step, text) in zip(range(MOST_ROWS), rows, strict=False):
        if isinstance(run, str) and isinstance(step, int) and isinstance(text, str):
            yield run, step, text


def _row(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: x for name, x in found.items() if isinstance(x, (int, float)) and _finite(x)}


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
