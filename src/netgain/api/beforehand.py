"""What a recipe names, looked for before anything is begun: files, benchmarks, models, a GPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from netgain.api.other_tools import what_it_is
from netgain.data.load import local_source
from netgain.data.tasks import find_task
from netgain.errors import DataError, NetgainError, RunBusy
from netgain.models.model_folder import local_model
from netgain.pipeline.starting import trained_folder
from netgain.plan.machine import machine_of
from netgain.plan.refusals import refuse_early
from netgain.recipe import Mistake, Recipe
from netgain.store import PHASES, RunDirectory

# What a run or an evaluation writes before it has anything to keep.
BEGINNINGS = {".lock", "run.json", "recipe.yaml", "run.log", "warnings.log", "sources.json",
              "plan.json", "problems.jsonl"}  # fmt: skip


def folder_of(recipe: Recipe, out: str | Path | None) -> Path:
    """The run directory."""
    return Path(out) if out is not None else Path("runs") / recipe.run_name()


def sources(recipe: Recipe, out: str | Path | None, only: str = "all") -> Iterator[Mistake]:
    """Models, files and benchmarks that a run still needs, and that there are not.

    The Hub is not asked.
    """
    asked: list[tuple[str, Callable[[], Any]]] = []
    if only != "report":
        asked.append(("model.id", partial(local_model, recipe.model.id)))
    if only != "report" and not (folder_of(recipe, out) / "data" / "split.json").exists():
        asked += _data(recipe)
    if only in {"all", "train"}:
        asked += _trainings(recipe, folder_of(recipe, out))
    for name, look in asked:
        try:
            look()
        except NetgainError as error:
            said = str(error)
            yield Mistake((name,), said if said.startswith((name, "phase ")) else f"{name}: {said}")


def _data(recipe: Recipe) -> Iterator[tuple[str, Callable[[], Any]]]:
    data = recipe.data
    for name, source in (("data.source", data.source), ("data.test_source", data.test_source)):
        if source not in (None, "builtin"):
            yield name, partial(_source, name, source)
    for task in recipe.extras.tasks:
        yield "extras.tasks", partial(find_task, task.name)
        if task.source is not None:
            yield "extras.tasks", partial(local_source, "extras.tasks.source", task.source)

    for number, mixed in enumerate(data.mixture, start=1):
        if mixed.name is not None:
            yield "data.mixture", partial(find_task, mixed.name)
        if mixed.source is not None:
            name = f"data.mixture (entry {number})"
            yield "data.mixture", partial(_source, name, mixed.source)


def _trainings(recipe: Recipe, folder: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What the trainings that are not finished read beside the problems."""
    for number, train in enumerate((*recipe.phases, recipe.train), start=1):
        is_last = number > len(recipe.phases)
        place = folder if is_last else folder / PHASES / f"{number}-{train.method}"
        if (place / "train" / "training.json").exists():
            continue
        of = "" if is_last else f"phase {number}: "
        named = [("start", train.start), *(("rft.samplers", said) for said in train.rft.samplers)]
        for name, said in named:
            # A run that samples the model of its own earlier phase makes it first.
            if said is not None and folder.absolute() not in Path(said).absolute().parents:
                field = f"train.{name}" if is_last else "phases"
                yield field, partial(trained_folder, f"{of}train.{name}", said)
        if train.distil.source is not None:
            field = "train.distil.source" if is_last else "phases"
            yield field, partial(_teacher, f"{of}train.distil.source", train.distil.source)


def _teacher(name: str, source: str) -> None:
    path = Path(source).expanduser()
    told = what_it_is(path)
    if told or not path.is_file():
        raise DataError(f"{name}: {path} {told or 'is no file'}")


def _source(name: str, source: str) -> None:
    path = local_source(name, source)
    told = what_it_is(path) if path is not None and path.is_file() else ""
    if told:
        raise DataError(f"{name}: {path} {told}")


def refuse_before_beginning(recipe: Recipe, folder: Path, only: str) -> None:
    """Raise what a training would raise only later, while its folder is not there yet.

    Raises:
        NetgainError: saying what to change.
    """
    if only in {"all", "train"} and RunDirectory(folder).training() is None:
        machine = machine_of(None)
        refuse_early(recipe, machine.device, machine.elsewhere, None)


@contextmanager
def no_empty_folder(folder: Path) -> Iterator[None]:
    """Take a new folder away again where nothing came of it but an error."""
    above = [part for part in (folder, *folder.parents) if not part.exists()]
    try:
        yield
    except RunBusy:  # the folder is another process's
        raise
    except NetgainError:
        if above and folder.is_dir() and {p.name for p in folder.iterdir()} <= BEGINNINGS:
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            for part in above:
                part.rmdir()
        raise
