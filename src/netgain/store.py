"""A run directory <-> what a run knows. Everything is written aside and renamed into place.

    RUN/
      run.json              format version, command, when it began
      recipe.yaml           the resolved recipe
      run.log               what happened, line by line
      data/                 split.json (ids, digests, overlaps, bad rows), *.jsonl
      train/                adapter/, checkpoints/, trainer_state.json, training.json
      evaluations/base/     evaluation.json, generations/part-00000.parquet …
      evaluations/tuned/    likewise
      report/               report.html, report.md, report.json, charts

A folder of a finished stage holds its JSON file (`split.json`, `training.json`,
`evaluation.json`), which is written last.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import yaml
from filelock import FileLock, Timeout

from netgain.data.rows import problem_from_row, problem_to_row
from netgain.errors import RunBusy, RunError, StorageError
from netgain.recipe import Recipe, parse_recipe
from netgain.records import EvaluationSummary, Generation, Problem

FORMAT_VERSION = 1
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


NO_SPACE = (
    "os error 28",
    "No space left on device",
    "PytorchStreamWriter failed writing",
    "inline_container.cc",  # torch.save's archive came out shorter than it was written
)
_FULL = (
    "the disk is full: {path} could not be written; free some space and give the same command "
    "again, it goes on from here"
)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into one clear line.

    Raises:
        StorageError: disk full, quota, read-only or forbidden place.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageError(_FULL.format(path=path)) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise StorageError(
                f"{path} cannot be written ({error.strerror}); choose another place with --out"
            ) from error
        raise
    except Exception as error:
        # Weights and tokenizers are written by native code with exceptions of its own.
        if any(words in str(error) for words in NO_SPACE):
            raise StorageError(_FULL.format(path=path)) from error
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or nothing: aside first, then renamed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def write_json(path: Path, data: Any) -> None:
    write_bytes(path, (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Parse a JSON file of ours.

    Raises:
        RunError: it is missing or was damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is missing; the stage that writes it has not been done") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


class RunDirectory:
    """Paths of a run, and reading and writing of its records."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        self.train = root / "train"
        self.adapter = self.train / "adapter"
        self.checkpoints = self.train / "checkpoints"
        self.report = root / "report"
        self.log = root / "run.log"

    def evaluation(self, model: str) -> Path:
        return self.root / "evaluations" / model

    # -- beginning -------------------------------------------------------------------------

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the directory for this process; the system frees it however the process ends.

        Raises:
            RunBusy: another process holds it.
            RunError: the folder holds something else.
        """
        with storage_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign()
            lock = FileLock(self.root / ".lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise RunBusy(
                    f"{self.root} is in use by another netgain process; wait for it, or choose "
                    "another directory with --out"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def _refuse_foreign(self) -> None:
        """Touch nothing in a folder that holds somebody's other files."""
        names = {p.name for p in self.root.iterdir() if not p.name.startswith(".")}
        if names - {"run.log"} and "run.json" not in names:
            raise RunError(f"{self.root} is not empty and no run of netgain; choose another --out")

    def begin(self, recipe: Recipe, facts: dict[str, Any]) -> None:
        """Write the recipe into a new directory, or check that an old one is of this recipe.

        Raises:
            RunError: the directory holds a run of another recipe.
        """
        path = self.root / "recipe.yaml"
        if path.exists():
            before = self.recipe()
            if before.digest() != recipe.digest():
                raise RunError(
                    f"{self.root} holds a run of another recipe "
                    f"({_differences(before.plain(), recipe.plain())}); choose another --out"
                )
        # run.json comes first: it is what makes a folder a run.
        if not (self.root / "run.json").exists():
            write_json(self.root / "run.json", {"format_version": FORMAT_VERSION, **facts})
        write_bytes(path, recipe.to_yaml().encode())

    def recipe(self) -> Recipe:
        path = self.root / "recipe.yaml"
        try:
            return parse_recipe(yaml.safe_load(path.read_text(encoding="utf-8")), where=str(path))
        except FileNotFoundError:
            raise RunError(f"{self.root} is not a run directory: it has no recipe.yaml") from None
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise RunError(f"{path} cannot be read: {error}") from error

    # -- problems --------------------------------------------------------------------------

    def save_problems(self, split: Mapping[str, Sequence[Problem]], facts: dict[str, Any]) -> None:
        for name, problems in split.items():
            lines = (json.dumps(problem_to_row(p), ensure_ascii=False) + "\n" for p in problems)
            write_bytes(self.data / f"{name}.jsonl", "".join(lines).encode())
        ids = {name: [p.id for p in problems] for name, problems in split.items()}
        write_json(self.data / "split.json", {**facts, "ids": ids})

    def problems(self, name: str) -> list[Problem]:
        path = self.data / f"{name}.jsonl"
        try:
            with path.open(encoding="utf-8") as lines:
                return [problem_from_row(json.loads(line)) for line in lines]
        except FileNotFoundError:
            raise RunError(f"{path} is missing; the data stage has not been done") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} cannot be read: {error}") from error

    # -- generations -----------------------------------------------------------------------

    def part(self, model: str, unit: int) -> Path:
        return self.evaluation(model) / "generations" / f"part-{unit:05d}.parquet"

    def save_part(self, model: str, unit: int, generations: Sequence[Generation]) -> None:
        """Store one unit of generations; it is there whole or not at all."""
        table = pyarrow.Table.from_pylist([asdict(g) for g in generations], GENERATION_SCHEMA)
        sink = pyarrow.BufferOutputStream()
        pyarrow.parquet.write_table(table, sink, compression="zstd")
        write_bytes(self.part(model, unit), sink.getvalue().to_pybytes())

    def generations(self, model: str) -> list[Generation]:
        """Every stored generation of "base" or "tuned", in unit order."""
        found = sorted((self.evaluation(model) / "generations").glob("part-*.parquet"))
        rows: list[dict[str, Any]] = []
        for path in found:
            try:
                rows += pyarrow.parquet.read_table(path, schema=GENERATION_SCHEMA).to_pylist()
            except (OSError, pyarrow.ArrowException) as error:
                raise RunError(f"{path} cannot be read: {error}") from error
        return [Generation(**row) for row in rows]

    def summary(self, model: str) -> EvaluationSummary | None:
        """The finished evaluation's summary, or None while it is not finished."""
        path = self.evaluation(model) / "evaluation.json"
        try:
            return EvaluationSummary(**read_json(path)) if path.exists() else None
        except TypeError as error:
            raise RunError(f"{path} is of another version of netgain, or damaged") from error

    def drop_evaluation(self, model: str) -> None:
        """Remove an evaluation that no longer belongs here; its summary goes first."""
        with storage_errors(self.root):
            (self.evaluation(model) / "evaluation.json").unlink(missing_ok=True)
            shutil.rmtree(self.evaluation(model), ignore_errors=True)

    def save_summary(self, summary: EvaluationSummary) -> None:
        write_json(self.evaluation(summary.model) / "evaluation.json", asdict(summary))

    def reuse_evaluation(self, other: RunDirectory, model: str) -> None:
        """Copy another run's finished evaluation here; its summary comes last."""
        source, target = other.evaluation(model), self.evaluation(model)
        with storage_errors(target):
            shutil.rmtree(target, ignore_errors=True)
            (target / "generations").mkdir(parents=True)
            for part in sorted((source / "generations").glob("part-*.parquet")):
                write_bytes(target / "generations" / part.name, part.read_bytes())
        summary = read_json(source / "evaluation.json")
        write_json(
            target / "evaluation.json",
            {**summary, "reused_from": summary["reused_from"] or other.root.name},
        )


LEFTOVERS = (".*.tmp", "train/.*.tmp", "train/.*.old", "data/.*.tmp", "report/.*.tmp",
             "evaluations/*/.*.tmp", "evaluations/*/generations/.*.tmp",
             "train/checkpoints/*/.*.tmp")  # fmt: skip


def sweep_leftovers(root: Path) -> None:
    """Remove what a killed process left half-written in a run directory, and nothing else's."""
    for path in [path for pattern in LEFTOVERS for path in root.glob(pattern)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the system put a folder's files on the disk before anything vouches for them."""
    with storage_errors(folder):
        for path in folder.iterdir():
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())


def replace_folder(aside: Path, target: Path) -> None:
    """Put a finished folder in its place, whole; an older one goes."""
    with storage_errors(target):
        if target.exists():
            old = target.with_name(f".{target.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
            aside.rename(target)
            shutil.rmtree(old)
        else:
            aside.rename(target)


def _differences(before: Any, now: Any, path: str = "") -> str:
    """The settings that differ, as `a.b: old → new`, at most five of them."""
    found: list[str] = []

    def walk(a: Any, b: Any, path: str) -> None:
        if isinstance(a, dict) and isinstance(b, dict):
            for key in sorted(a.keys() | b.keys()):
                walk(a.get(key), b.get(key), f"{path}.{key}" if path else key)
        elif a != b and not path.startswith(("cost", "name")):
            found.append(f"{path}: {a} there, {b} here")

    walk(before, now, path)
    return "; ".join(found[:5]) + ("; …" if len(found) > 5 else "")
