"""A run while it goes on: its stage, its curves so far, its last answers, and the time left.

The page is made anew each time it is asked for, from what lies on the disk. Nothing is locked or
written, so the run does not notice, and a file that is just being replaced is read the next time.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from netgain import wording
from netgain.errors import NetgainError
from netgain.importers.trainer_state import parse_trainer_state
from netgain.pipeline.ending import MARK
from netgain.plain_files import MOST_JSON, parse_json, read_plain
from netgain.records import Findings, TrainingLog
from netgain.reporting.blocks import Block, Code, Document, Facts, Figures, Section, Words
from netgain.reporting.curves import agreement_chart, loss_chart, progress_chart, reward_chart
from netgain.reporting.page import page
from netgain.reporting.view import opening
from netgain.store import EvaluationFolder, RunDirectory
from netgain.store.parts import read_part

SECONDS = 5  # between two looks
LONGEST_ANSWER = 1200  # characters of an answer that is shown
LAST = 3  # answers shown
READ = (OSError, ValueError, RecursionError, KeyError, TypeError, ArithmeticError)


def is_running(root: Path) -> bool:
    """Whether a process is at work in a run directory."""
    mark = _mark(root)
    return mark is not None and "signal" not in mark and psutil.pid_exists(int(mark["pid"]))


def live_page(root: Path, answers: bool) -> bytes:
    """The page as bytes.

    Args:
        answers: those of an evaluation that is finished are at /answers.
    """
    context = {
        "doc": live_document(root),
        "charts": (),
        "maker": "live view",
        "refresh": SECONDS,
        "answers": answers,
    }
    return page("report.html.j2", context, served=True)


def live_document(root: Path) -> Document:
    """What is known of a run so far."""
    directory, log = RunDirectory(root), _log(root / "train")
    stage = (_mark(root) or {}).get("stage", "no stage")
    sections = [Section("training", "Training so far", tuple(_training(log)))] if log else []
    for model in ("base", "tuned"):
        blocks = tuple(_answered(directory.evaluation(model)))
        if blocks:
            title = f"Last answers of the {model} model"
            sections.append(Section(f"answers-{model}", title, blocks))
    first = Section(
        "verdict", "Running", (Words(f"The run is at the stage “{stage}”.", tone="sentence"),
                               *_how_far(directory, log)), "verdict",
    )  # fmt: skip
    return Document(root.resolve().name, "", first, tuple(sections), (), ())


def _mark(root: Path) -> dict[str, Any] | None:
    """What the run says of itself; None where none is going on."""
    try:
        found = parse_json(read_plain(root / MARK, 10_000, links=False))
    except READ:
        return None
    pid = found.get("pid") if isinstance(found, dict) else None
    return found if type(pid) is int and 0 < pid < 2**31 else None


def _log(train: Path) -> TrainingLog | None:
    """The trainer's log up to the last checkpoint."""

    def step(folder: Path) -> int:
        return int(folder.name.rpartition("-")[2])

    folders = [f for f in train.glob("checkpoints/checkpoint-*") if re.search(r"-\d{1,9}$", f.name)]
    for folder in (train, *sorted(folders, key=step, reverse=True)):
        try:
            content = read_plain(folder / "trainer_state.json", MOST_JSON, links=False)
            return parse_trainer_state(content)
        except READ:
            continue
    return None


def _how_far(directory: RunDirectory, log: TrainingLog | None) -> Iterator[Block]:
    facts = []
    if log is not None and log.points:
        last = log.points[-1]
        of = f"{wording.integer(last.step)} of {wording.integer(log.planned_steps)} steps"
        facts.append(("Training", f"{of} at the last checkpoint"))
        left = log.planned_steps - last.step
        if last.seconds and last.step and left > 0:
            time = wording.quantity(last.seconds / last.step * left, "s")
            facts.append(("Time left in training", f"about {time}, at the speed so far"))
    for model in ("base", "tuned"):
        folder = directory.evaluation(model)
        done, units = len(folder.parts()), _units(folder)
        if units:
            facts.append((f"Answers of the {model} model", f"{done} of {units} batches"))
    if facts:
        yield Facts(tuple(facts))


def _units(folder: EvaluationFolder) -> int:
    try:
        return len(parse_json(read_plain(folder.plan_file, MOST_JSON, links=False))["units"])
    except READ:
        return 0


def _training(log: TrainingLog) -> Iterator[Block]:
    """The curves, as a report draws them."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("key_metrics", "accuracy_metrics", "training_metrics", "cost_metrics", "category_metrics"),
        (),
    )
    empty: dict[str, Any] = {name: {} for name in ("settings", "data", "environment")}
    so_far = Findings(
        title="", verdict="", comparison=None, curves=log.points, best_step=log.best_step,
        reproduce=(), **nothing, **empty,
    )  # fmt: skip
    made = (draw(so_far) for draw in (reward_chart, loss_chart, progress_chart, agreement_chart))
    for chart in made:
        if chart is not None:
            yield Figures((replace(chart, moves=False),))


def _answered(folder: EvaluationFolder) -> Iterator[Block]:
    """The last answers of an evaluation that is not finished."""
    parts = [] if folder.summary_file.exists() else folder.answer_parts()
    if not parts:
        return
    try:
        rows = read_part(parts[-1])
    except (NetgainError, OSError):
        return
    for row in rows[-LAST:]:
        yield Words("", f"Problem {opening(row.problem_id)}")
        yield Code(row.text[:LONGEST_ANSWER], f"Answer to {opening(row.problem_id)}")
