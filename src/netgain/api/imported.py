"""`netgain.import_results`: what other tools left, recognised, told, and copied into one folder."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from netgain.api.answer_rows import Columns, named
from netgain.api.proposed import comparing, right_answers_from
from netgain.api.shown import Line, Part, Shown, Table
from netgain.api.two_sides import roles_of
from netgain.errors import DataError, StorageError, UsageError
from netgain.importers.batch_files import failed_words, failures
from netgain.importers.copies import NOTED, Copied, copy_answers, file_name, history_of, noted
from netgain.importers.found import (
    WORDS,
    AnswerFiles,
    Found,
    LogFigures,
    Training,
    log_figures,
)
from netgain.importers.looking import look
from netgain.store import whole_file, write_bytes
from netgain.wording import integer, one_line

MOST_SHOWN = 40  # lines of one kind
NO_FAILURES: Mapping[str, str] = {}
MOST_KINDS, MOST_NAMED = 12, 8  # of what was not recognised


@dataclass(frozen=True, repr=False)
class Imported(Shown):
    """What was found. `copied` says of each evaluation what was copied into `folder`.

    `failed` says of each which requests got no answer, by their ids, and why.
    """

    paths: tuple[Path, ...]
    found: Found
    folder: Path | None = None
    copied: tuple[Copied, ...] = ()
    failed: tuple[Mapping[str, str], ...] = ()

    def parts(self) -> Iterator[Part]:
        failed = chain(self.failed, repeat(NO_FAILURES))
        told = [_answers_told(*pair) for pair in zip(self.found.answers, failed, strict=False)]
        told += map(_training_told, self.found.trainings)
        told += [
            (f"adapter, PEFT: {a.words}, of {a.base}", "", a.folder) for a in self.found.adapters
        ]
        told += [("problems", "", path) for path in self.found.problems]
        told += [("what a batch was asked", "", path) for path in self.found.requests]
        told += [("requests that failed", "", path) for path in self.found.failed]
        for what, more, where in told[:MOST_SHOWN]:
            yield Line(one_line(what), "bold")
            if more:
                yield Line(f"  {one_line(more)}")
            yield Line(f"  {where}", whole=True)
        if len(told) > MOST_SHOWN:
            yield Line(f"… and {len(told) - MOST_SHOWN:,} more", "dim")
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
        answers = self.found.answers
        data, told = right_answers_from(self.found)
        models = list(dict.fromkeys(source.model for source in answers))
        if len(models) > 1:
            *first, last = comparing(self.paths, self.found, self.folder)
            last += data if last.startswith("netgain analyse") else ""
            guess = ["nothing tells which is the base: the first is taken; swap them if it is not"]
            told += guess if self._is_a_guess() else []
            return [f"for a verdict: {', then '.join((*first, last))}", *told]
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
            what = f"answers of another model than {one_line(models[0])}"
            wanted.append(f"netgain analyse BASE {shlex.quote(str(self.paths[0]))}{data}")
        else:
            wanted.append("netgain analyse runs/base runs/tuned")
        return [
            f"for a verdict are missing: {what}",
            *(f"  {command}" for command in wanted),
            *told,
        ]

    def _is_a_guess(self) -> bool:
        """Whether nothing tells which of two models is the base."""
        roles = roles_of(self.found.answers, self.found.adapters)
        return roles is None and len({path for one in self.found.answers for path in one.files}) > 1

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
        for answers, failed in zip(found["answers"], self.failed, strict=False):
            if failed:
                name, why = next(iter(failed.items()))
                answers["failed"] = {"count": len(failed), "first": f"{name}: {why}"}
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
    found = look(given, columns=named_so)
    if found.is_empty():
        raise DataError(nothing_words(given, found))
    failed = tuple(map(failures, found.answers))
    if out is None:
        return Imported(given, found, failed=failed)
    return Imported(given, found, Path(out), _copy(found, Path(out), named_so), failed)


def nothing_words(given: Sequence[Path], found: Found) -> str:
    """What was seen where nothing was recognised, and what would be taken."""
    if list(given) == list(found.refused):
        return "\n".join(f"{path} {one_line(why)}" for path, why in found.unread)
    seen = ", ".join(f"{n:,} {kind}" for kind, n in list(found.seen.items())[:MOST_KINDS])
    told = "".join(
        f"\n  - {path}: {one_line(why)}"
        for path, why in (*found.unread, *found.others)[:MOST_NAMED]
    )
    return (
        f"nothing was recognised in {', '.join(map(str, given))} ({seen or 'no file'}){told}\n"
        "  Taken are rows with a question, a right answer and a completion (`--column "
        "completion=NAME` says where one stands), files of results and logs of trainings; "
        "docs/import.md lists the tools"
    )


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


Told = tuple[str, str, Path]  # what it is, more on it, where


def _answers_told(source: AnswerFiles, failed: Mapping[str, str]) -> Told:
    told = [f"{name} {value}" for name, value in source.conditions.items()]
    more = ", ".join([*told, *filter(None, [failed_words(failed)])])
    samples = f", {len(source.files)} files of samples" if len(source.files) > 1 else ""
    return f"answers, {source.tool}: {source.name}{samples}", more, source.files[0]


def _training_told(training: Training) -> Told:
    told = "; ".join(map(_log_words, log_figures(training)))
    return f"training, {training.tool}", told, training.path


def _log_words(log: LogFigures) -> str:
    told = f"step {integer(log.steps)} of {integer(log.planned_steps)}"
    if log.loss is not None:
        told += f", training loss {log.loss[0]:.4g} → {log.loss[1]:.4g}"
    if log.eval_loss is None:
        told += ", no validation"
    else:
        of = f" on {one_line(log.validation_set)}" if log.validation_set else ""
        told += f", validation loss{of} {log.eval_loss[0]:.4g} → {log.eval_loss[1]:.4g}"
    agreed, of = log.eval_token_accuracy, ""
    if agreed is None:
        agreed, of = log.token_accuracy, " of training batches"
    if agreed is not None:
        told += f"; teacher-forced token accuracy{of} {agreed:.4g}"
        told += "" if log.task_n else ", no accuracy on the task"
    if log.task_n:
        told += (
            f"; {log.task_correct} of {log.task_n} validation problems solved at last, by "
            "generated answers"
        )
    return told
