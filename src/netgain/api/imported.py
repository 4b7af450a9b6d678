"""`netgain.import_results`: what other tools left, recognised, told, and copied into one folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netgain.api.answer_rows import Columns, named
from netgain.api.shown import Line, Part, Shown, Table
from netgain.errors import DataError, StorageError, UsageError
from netgain.importers.copies import NOTED, Copied, copy_answers, file_name, history_of, noted
from netgain.importers.found import WORDS, AnswerFiles, Found, Training
from netgain.importers.looking import look
from netgain.records import TrainingLog
from netgain.store import whole_file, write_bytes
from netgain.wording import integer, one_line

MOST_SHOWN = 40  # lines of one kind


@dataclass(frozen=True, repr=False)
class Imported(Shown):
    """What was found. `copied` says of each evaluation what was copied into `folder`."""

    paths: tuple[Path, ...]
    found: Found
    folder: Path | None = None
    copied: tuple[Copied, ...] = ()

    def parts(self) -> Iterator[Part]:
        rows = [*map(_answers_row, self.found.answers), *map(_training_row, self.found.trainings)]
        rows += [
            ("adapter", f"PEFT, {one_line(a.words)}", f"of {one_line(a.base)}", str(a.folder))
            for a in self.found.adapters
        ]
        rows += [("problems", "rows", "", str(p)) for p in self.found.problems]
        yield Table(rows[:MOST_SHOWN], ("", "of", "what", "where"))
        if len(rows) > MOST_SHOWN:
            yield Line(f"… and {len(rows) - MOST_SHOWN:,} more", "dim")
        figures = self.found.figures[:MOST_SHOWN]
        if figures:
            yield Line()
            cells = [
                (one_line(f.name), f"{f.value:.6g}", WORDS[f.kind], one_line(f.of)) for f in figures
            ]
            yield Table(cells, ("figure", "value", "what it is", "of"))
        yield Line()
        for line in self.missing():
            yield Line(line, whole=True)
        for source, copied in zip(self.found.answers, self.copied, strict=False):
            again = f", {integer(copied.again)} of them twice" if copied.again else ""
            yield Line(f"{one_line(source.name)}: {integer(copied.rows)} answers copied{again}")
        if self.folder is not None:
            yield Line(str(self.folder), whole=True)

    def missing(self) -> list[str]:
        """What a verdict still needs, and the commands that make it."""
        models = {a.model for a in self.found.answers}
        tasks = {a.task for a in self.found.answers}
        if len(models) > 1:
            many = len(models) > 2 or len(tasks) > 1
            where = " ".join(shlex.quote(str(p)) for p in self._places(many))
            return [f"for a verdict: netgain analyse {where}"]
        base = next((a.base for a in self.found.adapters if a.base), "BASE_MODEL")
        wanted = []
        if not models:
            wanted.append(f"netgain evaluate {shlex.quote(base)} --data DATA --out runs/base")
        if self.found.adapters or not models:
            folder = self.found.adapters[0].folder if self.found.adapters else "ADAPTER"
            wanted.append(
                f"netgain evaluate {shlex.quote(base)} --adapter {shlex.quote(str(folder))} "
                "--data DATA --out runs/tuned"
            )
        what = "answers of the base and of the tuned model to the same problems"
        if models:
            what = f"answers of another model than {one_line(next(iter(models)))}"
            wanted.append(f"netgain analyse BASE {shlex.quote(str(self.paths[0]))}")
        else:
            wanted.append("netgain analyse runs/base runs/tuned")
        return [f"for a verdict are missing: {what}", *(f"  {command}" for command in wanted)]

    def _places(self, many: bool) -> Sequence[Path | str]:
        if many:
            return ["BASE", "TUNED"]
        return [self.folder] if self.folder is not None else list(self.paths)

    def remarks(self) -> list[str]:
        told = [f"{path}: {one_line(why)}" for path, why in self.found.unread[:MOST_SHOWN]]
        for source, copied in zip(self.found.answers, self.copied, strict=False):
            told += [
                f"{source.files[0]}, {many:,} row{'s'[: many != 1]}, first in line {line}: {why}"
                for why, (many, line) in copied.faults.items()
            ]
        for answers in self.found.answers:
            if answers.superseded:
                older = ", ".join(p.name for p in answers.superseded[:3])
                told.append(f"{one_line(answers.name)}: the newest is read, and not {older}")
        return told

    def plain(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(noted(self.found, {
            str(n): a for n, a in enumerate(self.found.answers)
        }))  # fmt: skip
        found["unread"] = [{"path": str(p), "why": why} for p, why in self.found.unread]
        found["copied"] = [asdict(copied) for copied in self.copied]
        return found


def import_results(
    *paths: str | Path, out: str | Path | None = None, columns: Columns = ()
) -> Imported:
    """Recognise what other tools left in files and folders, and say what each number is.

    Answers (lm-eval, lighteval, inspect, OpenCompass, evalscope and many rows), logs of trainings
    (transformers, TRL, Axolotl, LLaMA-Factory, ms-swift, MLflow, W&B, Trackio, TensorBoard),
    adapters, figures. Nothing in them is run.

    Args:
        paths: files and folders, which are searched through.
        out: a new folder for copies of the answers and logs, under the usual names.
        columns: where a column of answers stands: {"completion": "output.text"}.

    Raises:
        DataError: a path is not there, or nothing in it was recognised.
        StorageError: `out` is not empty, or cannot be written.

    >>> import netgain
    >>> found = netgain.import_results("examples/answers.jsonl", out="imported")
    >>> [(source.tool, source.model) for source in found.found.answers]
    [('rows', 'before'), ('rows', 'after')]
    """
    if not paths:
        raise UsageError("paths", "name a file or a folder")
    named_so = named(columns)
    given = tuple(Path(path) for path in paths)
    found = look(given)
    if not (found.answers or found.trainings or found.adapters or found.figures or found.problems):
        told = "".join(f"\n  - {path}: {why}" for path, why in found.unread[:MOST_SHOWN])
        raise DataError(
            f"nothing was recognised in {', '.join(map(str, given))}; docs/import.md lists what "
            f"is{told}"
        )
    if out is None:
        return Imported(given, found)
    return Imported(given, found, Path(out), _copy(found, Path(out), named_so))


def _copy(found: Found, folder: Path, columns: Mapping[str, str]) -> tuple[Copied, ...]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(f"{folder} is not empty; choose another folder with --out")
    (folder / "answers").mkdir(parents=True, exist_ok=True)
    copied, names = [], {}
    for number, source in enumerate(found.answers, start=1):
        name = file_name(number, source.name, ".jsonl")
        names[name] = source
        with whole_file(folder / "answers" / name, durable=False) as file:
            copied.append(copy_answers(source, columns, file.write))
    for number, training in enumerate(found.trainings, start=1):
        place = folder / "trainings" / file_name(number, training.tool, "")
        place.mkdir(parents=True)
        log = next(iter(training.logs.values()))
        state = {
            "log_history": list(history_of(training)), "global_step": log.steps,
            "max_steps": log.planned_steps, "best_global_step": log.best_step, "epoch": log.epochs,
        }  # fmt: skip
        write_bytes(place / "trainer_state.json", json.dumps(state).encode())
    write_bytes(folder / NOTED, noted(found, names))
    return tuple(copied)


# -- showing -------------------------------------------------------------------------------


def _answers_row(source: AnswerFiles) -> tuple[str, str, str, str]:
    conditions = ", ".join(f"{name} {value}" for name, value in source.conditions.items())
    samples = f", {len(source.files)} files of samples" if len(source.files) > 1 else ""
    what = one_line(f"{source.name}{samples}")
    return "answers", source.tool, f"{what}\n{one_line(conditions)}".rstrip(), str(source.files[0])


def _training_row(training: Training) -> tuple[str, str, str, str]:
    told = [_log_words(name, log) for name, log in training.logs.items()]
    return "training", training.tool, "\n".join(told), str(training.path)


def _log_words(name: str, log: TrainingLog) -> str:
    losses = [p.eval_loss for p in log.points if p.eval_loss is not None]
    agreed = [p.eval_token_accuracy for p in log.points if p.eval_token_accuracy is not None]
    told = f"step {integer(log.steps)} of {integer(log.planned_steps)}"
    whose = f"validation loss on {one_line(name)}" if name else "validation loss"
    told += f", {whose} {losses[0]:.4g} → {losses[-1]:.4g}" if losses else ", no validation"
    solved = [(p.task_correct, p.task_n) for p in log.points if p.task_correct is not None]
    if agreed:
        told += f"; teacher-forced token accuracy {agreed[-1]:.4g}"
        told += "" if solved else ", no accuracy on the task"
    if solved:
        right, n = solved[-1]
        told += f"; {right} of {n} validation problems solved at last, by generated answers"
    return told
