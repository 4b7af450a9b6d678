"""Commands that `netgain import` proposes for what it found: they work as they are written."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from netgain.api.two_sides import roles_of
from netgain.data.rows import numeric_problem
from netgain.errors import DataError
from netgain.importers.copies import file_name
from netgain.importers.found import AnswerFiles, Found
from netgain.plain_files import real
from netgain.rowfiles import rows_of


def comparing(paths: Sequence[Path], found: Found, folder: Path | None) -> list[str]:
    """Commands, in their order, that compare two of the models found (or all of one file's).

    Args:
        folder: where the answers were copied to; None where they were not.
    """
    tasks = list(dict.fromkeys(one.task for one in found.answers))
    shared = [task for task in tasks if len(_models(found.answers, task)) > 1]
    task = shared[0] if shared and len(tasks) > 1 else None
    some = [one for one in found.answers if task is None or one.task == task]
    files = {path for one in some for path in one.files}
    roles = roles_of(some, found.adapters)
    if roles is None and len(files) == 1:
        return [_command("compare", files)]
    base, tuned = (some[0], some[1]) if roles is None else (roles.base, roles.tuned)
    option = "" if task is None else f" --task {shlex.quote(task)}"
    whole = [folder] if folder is not None else list(paths) if len(paths) == 1 else []
    if roles is not None and whole and not (folder and roles.told):
        return [_command("analyse", whole) + option]
    if folder is None:
        places = _of_each(paths, some, (base, tuned)) or [_alone(one) for one in (base, tuned)]
        if all(places):
            return [_command("analyse", filter(None, places)) + option]
    into = folder or Path("imported")
    copies = [
        into / "answers" / file_name(number, one.name, ".jsonl")
        for wanted in (base, tuned)
        for number, one in enumerate(found.answers, start=1)
        if one is wanted
    ]
    first = [] if folder is not None else [f"{_command('import', paths)} --out {into}"]
    return [*first, _command("analyse", copies)]


def right_answers_from(found: Found) -> tuple[str, list[str]]:
    """The option that gives answers their right ones, and what to say of it; "" where they have.

    It names the file of problems where just one was found.
    """
    if all(source.has_gold for source in found.answers):
        return "", []
    files = [path for path in found.problems if _is_answered(path)]
    if len(files) != 1:
        told = "--data names a file of problems that has them"
        return " --data PROBLEMS", [f"the answers bring no right answers: {told}"]
    told = f"they are taken from {files[0]}, by id or question"
    return f" --data {shlex.quote(str(files[0]))}", [f"the answers bring no right answers: {told}"]


def _is_answered(problems: Path) -> bool:
    """Whether the first problem of a file has its right answer."""
    try:
        rows = (row for _, row in rows_of(problems) if isinstance(row, Mapping))
        return numeric_problem(next(rows, {}), "", "first").answer is not None
    except DataError:
        return False


def _models(answers: Iterable[AnswerFiles], task: str) -> set[str]:
    return {one.model for one in answers if one.task == task}


def _command(name: str, places: Iterable[Path | None]) -> str:
    return shlex.join(["netgain", name, *map(str, places)])


def _of_each(
    paths: Sequence[Path], some: Sequence[AnswerFiles], both: Sequence[AnswerFiles]
) -> list[Path | None]:
    """The paths that hold one evaluation each; none where they do not."""
    if len(paths) != 2:
        return []
    inside = [
        [one for one in some if all(real(file).is_relative_to(real(path)) for file in one.files)]
        for path in paths
    ]
    held = {id(of[0]): path for path, of in zip(paths, inside, strict=True) if len(of) == 1}
    return [held[id(one)] for one in both] if held.keys() == {id(one) for one in both} else []


def _alone(one: AnswerFiles) -> Path | None:
    """The file that holds this evaluation and no other."""
    beside = one.of_model or one.asked or one.failed
    return one.files[0] if len(one.files) == 1 and not beside else None
