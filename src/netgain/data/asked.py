"""The problems of an evaluation that has no training beside it: all of a source's test problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netgain.data.load import bad_rows_message, located, name_of, nothing_usable, split_files
from netgain.data.overlap import find_overlaps
from netgain.data.rows import read_problems
from netgain.data.split import sample
from netgain.data.tasks import TASKS, load_shots, load_task
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, HubUnreachable
from netgain.recipe import BUILTIN_TEST, DataSettings, local_path
from netgain.records import Problem
from netgain.rowfiles import BadRow

BUILTIN_SHOTS = 100  # built-in problems that shots may be taken from
MOST_SHOTS = 1_000_000  # all of a benchmark's training data


@dataclass(frozen=True)
class Asked:
    """Problems to ask, and those that shots may be taken from.

    `task` is the benchmark's name where there is one. `bad_rows` were left out, and `set_aside` too
    (sound, but without an answer to grade by). `revision` is the Hub commit that was used.
    """

    problems: Sequence[Problem]
    shots: Sequence[Problem]
    bad_rows: Sequence[BadRow]
    task: str | None = None
    set_aside: int = 0
    revision: str | None = None


def load_asked(settings: DataSettings, limit: int | None = None, skip: int = 0) -> Asked:
    """What an evaluation asks.

    A name in `TASKS` is that benchmark (`NAME=PATH` a local copy of it). One file is asked whole. A
    folder or a Hub data set is asked its test split; its training split, where there is one, gives
    the shots.

    Raises:
        DataError: nothing usable there, or bad rows while `on_bad_row` is "stop" (all named).
        HubUnreachable: the source is a Hub id and the Hub does not answer.
    """
    if settings.source == "builtin":
        n = (limit or BUILTIN_TEST) + skip
        drawn = word_problems(n + BUILTIN_SHOTS, settings.seed, most_steps=settings.builtin_steps)
        asked, rest = drawn[:n], drawn[n:]
        twins = {o.test_id for o in find_overlaps(training=asked, test=rest)}
        return Asked(asked[skip:], [p for p in rest if p.id not in twins], [])
    name, equals, place = settings.source.partition("=")
    if (name in TASKS or (equals and name.isidentifier())) and not local_path(settings.source):
        source = place if equals else None
        task = load_task(
            name, source, revision=settings.revision, limit=limit, seed=settings.seed, skip=skip
        )
        if task.bad_rows and settings.on_bad_row == "stop":
            raise DataError(bad_rows_message(task.bad_rows, task.problems))
        shots = _task_shots(name, source, settings.revision)
        return Asked(task.problems, shots, task.bad_rows, name, len(task.set_aside), task.revision)
    where, revision = located(
        "data", settings.source, settings.revision, settings.subset, ("train", "test")
    )
    name = name_of(settings.source)
    files = split_files(where, settings.subset, "test")
    found, bad = read_problems(files, settings.source, f"{name}-test", settings.columns)
    if bad and settings.on_bad_row == "stop":
        raise DataError(bad_rows_message(bad, found))
    if not found:
        raise DataError(nothing_usable(settings.source, "test", bad))
    in_part = limit is not None or skip > 0
    asked = sample(found, limit, f"test:{settings.seed}", skip) if in_part else found
    return Asked(asked, _shots(where, settings, name), bad, revision=revision)


def _task_shots(name: str, source: str | None, revision: str | None) -> Sequence[Problem]:
    """A benchmark's solved examples, where its answers are generated and it has any."""
    if TASKS[name].headline is not None:
        return []
    try:
        return load_shots(name, MOST_SHOTS, source, revision=revision)
    except (DataError, HubUnreachable):
        return []


def _shots(where: Path, settings: DataSettings, name: str) -> Sequence[Problem]:
    if where.is_file():
        return []
    try:
        files = split_files(where, settings.subset, "train")
    except DataError:  # a test set alone has none to give
        return []
    return read_problems(files, settings.source, f"{name}-train", settings.columns)[0]
