"""A run directory's paths, and the reading and writing of its records."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from netgain.data.load import problems_digest
from netgain.data.rows import problem_to_row
from netgain.errors import (
    NetgainError,
    RecipeError,
    RunBusy,
    RunDamaged,
    RunError,
    StorageError,
)
from netgain.importers import parse_trainer_state
from netgain.plain_files import MOST_JSON, read_plain
from netgain.recipe import Recipe, parse_recipe
from netgain.recipe.reading import PlainLoader
from netgain.records import Problem, TrainingLog
from netgain.store import schema
from netgain.store.evaluation import EvaluationFolder
from netgain.store.problem_index import ProblemIndex, index_problems, stored_problems
from netgain.store.schema import ANEW, FORMAT_VERSION, TRAIN_AGAIN, TRAIN_ON, read_stored, told
from netgain.store.seals import OPEN, seal_of, sealed, write_sealed, write_sealed_rows
from netgain.store.whole_files import (
    file_digest,
    folder_digest,
    refuse_linked,
    refuse_odd_files,
    storage_errors,
    write_bytes,
)

# What training leaves: an adapter, or, where all weights were trained, a whole model.
TRAINED = {
    "adapter": ("adapter_config.json", "adapter_model.safetensors"),
    "model": ("config.json", "model.safetensors"),
}
MOST_RECIPE = 2_000_000  # bytes; a recipe is refused from half of that on
CHANGED = "was changed after the run began: it has not the SHA-256 that split.json records"
OTHER_THAN_TRAINED = "was changed: it has not the SHA-256 that training.json records"


class RunDirectory:
    """Paths of a run, and reading and writing of its records."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        self.train = root / "train"
        self.checkpoints = self.train / "checkpoints"
        self.report = root / "report"
        self.log = root / "run.log"
        self.others = root / "warnings.log"  # what libraries say

    # -- beginning -------------------------------------------------------------------------

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the directory for this process; the system frees it however the process ends.

        Raises:
            RunBusy: another process holds it.
            RunError: the folder holds something else, or a link, a pipe or a device.
            StorageError: there can be no such folder.
        """
        with storage_errors(self.root, "choose another place with --out"):
            self.root.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign()
            refuse_odd_files(self.root)
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

    @contextlib.contextmanager
    def still_there(self) -> Iterator[None]:
        """Where a stage fails because somebody has removed the directory, say so.

        Raises:
            StorageError: the directory that was claimed is gone.
        """
        try:
            yield
        except (NetgainError, OSError) as error:
            if (self.root / "run.json").exists():
                raise
            raise StorageError(
                f"{self.root} was removed while the run was in it; give the same command "
                "again, it begins anew"
            ) from error

    def _refuse_foreign(self) -> None:
        """Touch nothing in a folder that holds somebody's other files."""
        names = {p.name for p in self.root.iterdir() if not p.name.startswith(".")}
        if "run.json" in names or not names - {"run.log", "warnings.log"}:
            return
        if (self.data / "split.json").exists():
            raise RunDamaged(self.root / "run.json", "is missing", ANEW)
        raise RunError(f"{self.root} is not empty and no run of netgain; choose another --out")

    def begin(self, recipe: Recipe, facts: dict[str, Any], places: bool = True) -> None:
        """Write the recipe into a new directory, or check that an old one is of this recipe.

        Args:
            places: whether the folders that training goes on from must be the same; those of a
                phase lie in the run, and move with it.

        Raises:
            RunError: the directory holds a run of another recipe, or a damaged one.
        """
        path = self.root / "recipe.yaml"
        if (self.root / "run.json").exists():
            self.facts()
        begun = (path, self.data, self.train, self.root / "evaluations")
        if any(p.exists() for p in begun):
            before = self.recipe()
            if before.digest(places) != recipe.digest(places):
                raise RunError(
                    f"{self.root} holds a run of another recipe "
                    f"({_differences(before.plain(), recipe.plain())}); choose another --out"
                )
        # run.json comes first: it is what makes a folder a run.
        if not (self.root / "run.json").exists():
            write_sealed(self.root / "run.json", {"format_version": FORMAT_VERSION, **facts})
        write_bytes(path, sealed(f"{recipe.to_yaml()}# {OPEN}\n".encode()))

    def facts(self) -> dict[str, Any]:
        """`run.json`: the command that began the run, versions and hardware.

        Raises:
            RunError: the run is of another format.
            RunDamaged: it is missing or was changed.
        """
        self.refuse_other_format()
        return read_stored(self.root / "run.json", schema.Facts, ANEW)

    def refuse_other_format(self) -> None:
        """Raise RunError where another version of netgain made the run, which says its format."""
        path = self.root / "run.json"
        found = read_stored(path, schema.Format, ANEW, seal=False)["format_version"]
        if found != FORMAT_VERSION:
            raise RunError(
                f"{path} says that the run is of format {found}, and this netgain reads format "
                f"{FORMAT_VERSION}; use the version of netgain that made it, or another --out"
            )

    def recipe(self) -> Recipe:
        """The recipe by which the run began.

        Raises:
            RunDamaged: it is missing, cannot be read, or was changed since.
            RunError: this is no run directory, or one of another format.
        """
        path = self.root / "recipe.yaml"
        if (self.root / "run.json").exists():
            self.refuse_other_format()
        elif not path.exists():
            raise RunError(f"{self.root} is not a run directory: it has no recipe.yaml")
        with told(path, ANEW):
            content = read_plain(path, MOST_RECIPE, links=False)
            seal_of(content)
            try:
                return parse_recipe(
                    yaml.load(content.decode(), Loader=PlainLoader), where=str(path)
                )
            except (RecipeError, yaml.YAMLError) as error:
                raise RunDamaged(path, f"is damaged ({error})", ANEW) from error

    # -- problems --------------------------------------------------------------------------

    def save_problems(self, split: Mapping[str, Sequence[Problem]], facts: dict[str, Any]) -> None:
        for name, problems in split.items():
            write_sealed_rows(self.data / f"{name}.jsonl", map(problem_to_row, problems))
        digests = {name: problems_digest(problems) for name, problems in split.items()}
        ids = {name: [p.id for p in problems] for name, problems in split.items()}
        write_sealed(self.data / "split.json", {**facts, "digests": digests, "ids": ids})

    def split(self) -> dict[str, Any]:
        """`split.json`: how the problems were found and split."""
        self.refuse_other_format()
        return read_stored(self.data / "split.json", schema.Split, ANEW)

    def has_problems(self) -> bool:
        """Whether the data stage is done.

        Raises:
            RunDamaged: it was, as later stages show, and its record is gone.
        """
        path = self.data / "split.json"
        if path.exists():
            return True
        if self.train.exists() or (self.root / "evaluations").exists():
            raise RunDamaged(path, "is missing, by which adapter and answers were made", ANEW)
        return False

    def problems(self, name: str) -> list[Problem]:
        """The problems of "train", "validation" or "test", as they were when the run began.

        Raises:
            RunError: they are not there, cannot be read, or are no longer the same.
        """
        recorded = self._recorded_digest(name)
        path = self.data / f"{name}.jsonl"
        problems = list(stored_problems(path, ANEW))
        if problems_digest(problems) != recorded:
            raise RunDamaged(path, CHANGED, ANEW)
        return problems

    def problem_index(self, name: str, most: int) -> ProblemIndex:
        """The same, `most` of them whole, however many there are; see `index_problems`.

        Raises:
            RunError: as `problems` does.
        """
        recorded = self._recorded_digest(name)
        path = self.data / f"{name}.jsonl"
        index = index_problems(stored_problems(path, ANEW), most)
        if index.digest != recorded:
            raise RunDamaged(path, CHANGED, ANEW)
        if len(index.places) < len(index):
            raise RunDamaged(path, "has several problems with one id", ANEW)
        return index

    def _recorded_digest(self, name: str) -> str | None:
        split = self.data / "split.json"
        refuse_linked(self.data)
        if not self.has_problems():
            raise RunError(f"{split} is missing; the data stage has not been done")
        self.refuse_other_format()
        found: str | None = read_stored(split, schema.Digests, ANEW)["digests"].get(name)
        return found

    # -- training --------------------------------------------------------------------------

    def training(self, required: bool = False) -> dict[str, Any] | None:
        """`training.json` of a finished training; None while it is not finished.

        Raises:
            RunDamaged: it is damaged, or `required` and missing.
        """
        path = self.train / "training.json"
        refuse_linked(self.train)
        if not os.path.lexists(path):
            if required:
                raise RunDamaged(path, "is missing", TRAIN_ON)
            return None
        return read_stored(path, schema.Training, self._train_again())

    def serving(self) -> dict[str, Any] | None:
        """`serving.json`: engine and precision that keep what was trained; None before that.

        Raises:
            RunDamaged: it is damaged.
        """
        path = self.train / "serving.json"
        return read_stored(path, schema.Serving, TRAIN_ON) if os.path.lexists(path) else None

    def save_training(self, facts: dict[str, Any]) -> None:
        """Write what vouches for a finished training, whose log lies there already."""
        log = file_digest(self.train / "trainer_state.json")
        write_sealed(self.train / "training.json", {**facts, "log": log})

    def _train_again(self) -> str:
        """What to do where a finished training is damaged; while it counts as finished, it is
        passed over.
        """
        return TRAIN_AGAIN.replace("{folder}", str(self.train))

    def training_log(self) -> TrainingLog:
        """The log of a finished training.

        Raises:
            RunDamaged: it is missing, cannot be read, or was changed since.
        """
        path = self.train / "trainer_state.json"
        training = self.training(required=True)
        assert training is not None
        with told(path, self._train_again()):
            content = read_plain(path, MOST_JSON, links=False)
            if hashlib.sha256(content).hexdigest() != training["log"]:
                raise RunDamaged(path, OTHER_THAN_TRAINED, self._train_again())
            return parse_trainer_state(content)

    @property
    def adapter(self) -> Path:
        """The folder of what was trained: `train/adapter`, or `train/model` for a whole model."""
        whole = self.train / "model"
        return whole if whole.is_dir() else self.train / "adapter"

    def has_adapter(self) -> bool:
        """Whether what was trained is there, unchecked."""
        return all(os.path.lexists(self.adapter / name) for name in TRAINED[self.adapter.name])

    def adapter_digest(self) -> str:
        """SHA-256 (hex) over what a finished training left; see `folder_digest`.

        Raises:
            RunDamaged: files are missing or cannot be read.
        """
        refuse_linked(self.adapter)
        with told(self.adapter, self._train_again()):
            for name in TRAINED[self.adapter.name]:
                (self.adapter / name).stat()
            return folder_digest(self.adapter, links=False)

    def sound_adapter_digest(self) -> str:
        """The same, where it is what training wrote down.

        Raises:
            RunDamaged: as `adapter_digest`, or the files were changed since.
        """
        found = self.adapter_digest()
        training = self.training()
        if training is not None and found != training["adapter"]:
            raise RunDamaged(self.adapter, OTHER_THAN_TRAINED, self._train_again())
        return found

    # -- evaluations -----------------------------------------------------------------------

    def evaluation(self, name: str) -> EvaluationFolder:
        """The folder of "base", "tuned", or of one of the further evaluations.

        Raises:
            RunError: it is a link, and its files lie elsewhere.
        """
        for folder in (self.root / "evaluations", self.root / "evaluations" / name):
            refuse_linked(folder)
        return EvaluationFolder(self.root / "evaluations" / name)


NOT_DECIDING = ("cost", "name", "report", "train.checkpoint_seconds")


def _differences(before: Any, now: Any, path: str = "") -> str:
    """The settings that differ, as `a.b: old → new`, at most five of them."""
    found: list[str] = []

    def walk(a: Any, b: Any, path: str) -> None:
        if isinstance(a, dict) and isinstance(b, dict):
            for key in sorted(a.keys() | b.keys()):
                walk(a.get(key), b.get(key), f"{path}.{key}" if path else key)
        elif a != b and not path.startswith(NOT_DECIDING):
            there, here = (json.dumps(x, ensure_ascii=False) for x in (a, b))
            found.append(f"{path}: {there} there, {here} here")

    walk(before, now, path)
    return "; ".join(found[:5]) + ("; …" if len(found) > 5 else "")
