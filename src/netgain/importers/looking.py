"""Files and folders -> what they are: each is known by its content.

Nothing in them is run or unpickled: `training_args.bin`, weights and code are not opened.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from netgain.data.answer_columns import NO_COLUMNS
from netgain.data.api_shapes import failure_of, is_request
from netgain.data.rows_of_answers import MAX_ANSWER_LINE_BYTES
from netgain.errors import DataError, NetgainError
from netgain.importers.answer_files import answer_files
from netgain.importers.batch_files import WHOSE, joined
from netgain.importers.event_files import WANDB_HEAD, is_event_file, tensorboard_rows, wandb_rows
from netgain.importers.found import AnswerFiles, Figure, Found, Training
from netgain.importers.histories import training_logs
from netgain.importers.names_by_place import KINDS
from netgain.importers.results_files import (
    Results,
    harness_results,
    inspect_results,
    opencompass_figures,
    trainer_figures,
)
from netgain.importers.row_kinds import (
    FIRST_ROWS,
    first_telling,
    is_answer,
    is_problem,
    one_a_model,
)
from netgain.importers.run_stores import SQLITE_HEAD, is_mlflow_run, mlflow_rows, trackio_rows
from netgain.importers.trained_folders import (
    adapter_of,
    each_once,
    last_checkpoint,
    training_of,
)
from netgain.plain_files import MOST_JSON, open_plain, parse_json, read_plain
from netgain.rowfiles import rows_of
from netgain.rowfiles.archives import Archive

MARK = "netgain_import"  # in the file that `netgain import` writes beside what it copied
REPORT = {"format_version", "accuracy_metrics", "concerns"}  # in a report of ours
# What a file of odd content may raise.
FAULTS = (
    NetgainError, OSError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError,
    AttributeError,
)  # fmt: skip
MOST_FILES, DEEPEST = 20_000, 12
HEAD = 1 << 16
SKIPPED = {
    ".git", ".cache", "__pycache__", "node_modules", ".venv", "tokenizer.json", "vocab.json",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json",
    "generation_config.json", "quantization_config.json", "model.safetensors.index.json",
    "args.json", "wandb-metadata.json", "wandb-summary.json",
}  # fmt: skip
_STATE, _ADAPTER = re.compile(rb'"log_history"\s*:'), re.compile(rb'"peft_type"\s*:')


def look(
    paths: Sequence[Path], *, wants_answers: bool = False, columns: Mapping[str, str] = NO_COLUMNS
) -> Found:
    """Everything that these files and folders hold.

    Args:
        wants_answers: whether rows that could be solutions to learn from are a model's answers.
        columns: where a column of answers stands that has another name.

    Raises:
        DataError: a path is not there, or there are too many files.
    """
    seen = _Seen(wants_answers, columns)
    for given in paths:
        if not given.exists():
            raise DataError(f"{given} is not there")
        for path, is_named in _files(given, seen.kinds):
            try:
                seen.take(path, is_named)
            except FAULTS as error:
                why = (str(error).splitlines() or [type(error).__name__])[0]
                seen.refused.append((path, f"{why.removeprefix(f'{path} '):.300}"))
    return seen.found()


def _files(given: Path, kinds: Counter[str]) -> Iterator[tuple[Path, bool]]:
    """Files (and runs of MLflow, which are folders), and whether they were named themselves.

    All files are counted by their kind, also those that are not opened.
    """
    if not given.is_dir():
        kinds[given.suffix.lower() or "file"] += 1
        yield given, True
        return
    count = 0
    for folder, folders, names in os.walk(given):
        here = Path(folder)
        depth = len(here.relative_to(given).parts)
        folders[:] = sorted(f for f in folders if f not in SKIPPED and depth < DEEPEST)
        if is_mlflow_run(here):
            folders[:] = []
            yield here, False
            continue
        for name in sorted(names):
            path = here / name
            kinds[path.suffix.lower() or "file"] += 1
            count += 1
            if count > MOST_FILES:
                raise DataError(
                    f"{given} holds more than {MOST_FILES:,} files; name the right ones"
                )
            if name not in SKIPPED and (path.suffix.lower() in KINDS or "tfevents" in name):
                yield path, False


class _Seen:
    """What was found so far."""

    def __init__(self, wants_answers: bool, columns: Mapping[str, str]) -> None:
        self.wants_answers, self.columns = wants_answers, columns
        self.kinds: Counter[str] = Counter()
        self.others: list[tuple[Path, str]] = []
        self.states: dict[Path, tuple[int, Path]] = {}
        self.folders_of_adapters: dict[Path, tuple[int, Path]] = {}
        self.trainings: list[Training] = []
        self.events: dict[Path, tuple[Path, list[dict[str, Any]]]] = {}
        self.figures: list[Figure] = []
        self.results: dict[Path, Results] = {}
        self.rows: list[tuple[Path, Any]] = []
        self.problems: list[Path] = []
        self.requests: list[Path] = []
        self.failed: list[Path] = []
        self.refused: list[tuple[Path, str]] = []
        self.unread: list[tuple[Path, str]] = []
        self.imported: dict[Path, Mapping[str, Any]] = {}  # by the folder that import wrote

    def take(self, path: Path, is_named: bool) -> None:
        if path.is_dir():
            self._history("MLflow", path, mlflow_rows(path))
            return
        with open_plain(path) as file:
            head = file.read(HEAD)
        if is_event_file(head):
            # A training that was resumed goes on in another file of the folder.
            self.events.setdefault(path.parent, (path, []))[1].extend(tensorboard_rows(path))
        elif head.startswith(WANDB_HEAD):
            self._history("W&B", path, wandb_rows(path))
        elif head.startswith(SQLITE_HEAD):
            for run, rows in trackio_rows(path).items():
                self._history(f"Trackio, run {run}", path, rows)
        elif _STATE.search(head) and path.suffix != ".jsonl":
            last_checkpoint(self.states, path)
        elif _ADAPTER.search(head):
            last_checkpoint(self.folders_of_adapters, path)
        elif not self._document(path, head):
            self._rows(path, is_named)

    def _document(self, path: Path, head: bytes) -> bool:
        """Whether it is a file of figures; a log of inspect has samples too."""
        if head.startswith(b"PK"):
            with open_plain(path) as file:
                archive = Archive(file)
                header = archive.json("header.json")
                if isinstance(header, DataError):
                    header = archive.json("_journal/start.json")
            self._results(path, inspect_results(header))
            return False
        if not re.match(rb"(?:\xef\xbb\xbf)?\s*\{", head) or path.suffix == ".jsonl":
            return False
        if path.stat().st_size > MOST_JSON:
            return False
        try:
            document = parse_json(read_plain(path, MOST_JSON).removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError):
            return False
        if MARK in document:
            self.imported[path.parent] = document
            return True
        if document.keys() >= REPORT:
            return True
        if self._results(path, harness_results(document)):
            samples = document.get("samples")  # as lm-eval's own function gives them
            return not (isinstance(samples, Mapping) and len(samples) == 1)
        self._results(path, inspect_results(document))
        figures = opencompass_figures(document, path) or trainer_figures(document, str(path.parent))
        self.figures += [f for f in figures if f not in self.figures]
        return bool(figures)

    def _results(self, path: Path, results: Results | None) -> bool:
        if results is not None:
            self.results[path] = results
            self.figures += results.figures
        return results is not None

    def _rows(self, path: Path, is_named: bool) -> None:
        first = first_telling(
            (row for _, row in rows_of(path, MAX_ANSWER_LINE_BYTES)), self.columns
        )
        if first is None:
            some = islice(rows_of(path, MAX_ANSWER_LINE_BYTES), FIRST_ROWS)
            rows = [row for _, row in some]
            faults = [str(row) for row in rows if isinstance(row, DataError)]
            why = (faults or ["its rows are no objects" if rows else "it is empty"])[0]
            (self.unread if is_named else self.others).append((path, f"{why:.300}"))
            return
        if {"current_steps", "total_steps"} <= first.keys():
            self._history("LLaMA-Factory", path, _all_rows(path))
        elif "global_step/max_steps" in first:
            self._history("ms-swift", path, _all_rows(path))
        elif is_request(first):
            self.requests.append(path)
        elif failure_of(first):  # as all of its rows
            self.failed.append(path)
        elif is_answer(first, self.columns, self.wants_answers):
            self.rows += [(path, row) for row in one_a_model(path, first)]
        elif is_problem(first):
            self.problems.append(path)
        else:
            names = ", ".join(map(str, islice(first, 8)))
            why = f"its rows hold no answers and no problems ({names:.120})"
            (self.unread if is_named else self.others).append((path, why))

    def _history(self, tool: str, path: Path, rows: list[dict[str, Any]]) -> None:
        logs = training_logs(rows)
        if any(log.points for log in logs.values()):
            self.trainings.append(Training(tool, path, logs))

    def found(self) -> Found:
        states = [path for _, path in self.states.values()]
        trainings = [self._guarded(path, training_of) for path in states]
        for path, rows in self.events.values():
            self._history("TensorBoard", path, rows)
        files = list(answer_files(self._new_rows(), self.results, self.columns))
        files, unclear = joined(files, self.requests, self.failed)
        self.unread += [(path, WHOSE) for path in unclear]
        adapters = [self._guarded(p, adapter_of) for _, p in self.folders_of_adapters.values()]
        return Found(
            answers=(*self._imported(), *files),
            trainings=each_once([*filter(None, trainings), *self.trainings]),
            adapters=tuple(filter(None, adapters)),
            figures=tuple(self.figures),
            problems=tuple(self.problems),
            requests=tuple(self.requests),
            failed=tuple(self.failed),
            unread=(*self.refused, *self.unread),
            refused=tuple(path for path, _ in self.refused),
            others=tuple(self.others),
            seen=dict(self.kinds.most_common()),
        )

    def _imported(self) -> Iterator[AnswerFiles]:
        """Answers that `netgain import` wrote, with what it noted of them."""
        for folder, noted in self.imported.items():
            for row in noted.get("answers") or ():
                path = folder / "answers" / Path(row["file"]).name
                if path.is_file():
                    told = {str(k): str(v) for k, v in dict(row["conditions"]).items()}
                    yield AnswerFiles(
                        str(row["tool"]), str(row["model"]), str(row["task"]), (path,), told,
                        role=str(row.get("role", "")),
                    )  # fmt: skip
            self.figures += [Figure(**row) for row in noted.get("figures") or ()]

    def _new_rows(self) -> list[tuple[Path, Any]]:
        ours = {folder / "answers" for folder in self.imported}
        rows = [(path, first) for path, first in self.rows if path.parent not in ours]
        paths = {path for path, _ in rows}

        def again(path: Path) -> bool:
            """Whether evalscope wrote these predictions once more, with its verdicts."""
            parts = ("reviews" if part == "predictions" else part for part in path.parts)
            return "predictions" in path.parts and Path(*parts) in paths

        return [(path, first) for path, first in rows if not again(path)]

    def _guarded(self, path: Path, read: Callable[[Path], Any]) -> Any:
        try:
            return read(path)
        except FAULTS as error:
            self.unread.append((path, f"cannot be read ({error!s:.200})"))
            return None


def _all_rows(path: Path) -> list[dict[str, Any]]:
    return [row for _, row in rows_of(path, MAX_ANSWER_LINE_BYTES) if isinstance(row, dict)]
