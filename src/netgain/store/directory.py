"""A run directory's paths, and the reading and writing of its records."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from netgain.data.load import problems_digest
from netgain.data.rows import problem_to_row
from netgain.errors import RecipeError, RunBusy, RunDamaged, RunError
from netgain.importers import read_trainer_state
from netgain.recipe import Recipe, parse_recipe
from netgain.records import Problem, TrainingLog
from netgain.store import schema
from netgain.store.evaluation import EvaluationFolder
from netgain.store.files import storage_errors, write_bytes, write_json
from netgain.store.problem_index import ProblemIndex, index_problems, stored_problems
from netgain.store.schema import ANEW, FORMAT_VERSION, TRAIN_AGAIN, TRAIN_ON, read_stored

# What training leaves: an adapter, or, where all weights were trained, a whole model.
TRAINED = {
    "adapter": ("adapter_config.json", "adapter_model.safetensors"),
    "model": ("config.json", "model.safetensors"),
}
CHANGED = "was changed after the run began: it has not the SHA-256 that split.json records"


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
            RunError: the folder holds something else.
            StorageError: there can be no such folder.
        """
        with storage_errors(self.root, "choose another place with --out"):
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
        if "run.json" in names or not names - {"run.log", "warnings.log"}:
            return
        if (self.data / "split.json").exists():
            raise RunDamaged(self.root / "run.json", "is missing", ANEW)
        raise RunError(f"{self.root} is not empty and no run of netgain; choose another --out")

    def begin(self, recipe: Recipe, facts: dict[str, Any]) -> None:
        """Write the recipe into a new directory, or check that an old one is of this recipe.

        Raises:
            RunError: the directory holds a run of another recipe, or a damaged one.
        """
        path = self.root / "recipe.yaml"
        if (self.root / "run.json").exists():
            self.facts()
        begun = (path, self.data, self.train, self.root / "evaluations")
        if any(p.exists() for p in begun):
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

    def facts(self) -> dict[str, Any]:
        """`run.json`: the command that began the run, versions and hardware."""
        self._refuse_other_format()
        return read_stored(self.root / "run.json", schema.Facts, ANEW)

    def _refuse_other_format(self) -> None:
        path = self.root / "run.json"
        found = read_stored(path, schema.Format, ANEW)["format_version"]
        if found != FORMAT_VERSION:
            raise RunError(
                f"{path} says that the run is of format {found}, and this netgain reads format "
                f"{FORMAT_VERSION}; use the version of netgain that made it, or another --out"
            )

    def recipe(self) -> Recipe:
        path = self.root / "recipe.yaml"
        try:
            return parse_recipe(yaml.safe_load(path.read_text(encoding="utf-8")), where=str(path))
        except FileNotFoundError:
            if (self.root / "run.json").exists():
                raise RunDamaged(path, "is missing", ANEW) from None
            raise RunError(f"{self.root} is not a run directory: it has no recipe.yaml") from None
        except RecipeError as error:
            raise RunDamaged(path, f"is damaged ({error})", ANEW) from error
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
            raise RunDamaged(path, f"cannot be read ({error})", ANEW) from error

    # -- problems --------------------------------------------------------------------------

    def save_problems(self, split: Mapping[str, Sequence[Problem]], facts: dict[str, Any]) -> None:
        for name, problems in split.items():
            lines = (json.dumps(problem_to_row(p), ensure_ascii=False) + "\n" for p in problems)
            write_bytes(self.data / f"{name}.jsonl", "".join(lines).encode())
        digests = {name: problems_digest(problems) for name, problems in split.items()}
        ids = {name: [p.id for p in problems] for name, problems in split.items()}
        write_json(self.data / "split.json", {**facts, "digests": digests, "ids": ids})

    def split(self) -> dict[str, Any]:
        """`split.json`: how the problems were found and split."""
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
        if not self.has_problems():
            raise RunError(f"{split} is missing; the data stage has not been done")
        self._refuse_other_format()
        found: str | None = read_stored(split, schema.Digests, ANEW)["digests"].get(name)
        return found

    # -- training --------------------------------------------------------------------------

    def training(self, required: bool = False) -> dict[str, Any] | None:
        """`training.json` of a finished training; None while it is not finished.

        Raises:
            RunDamaged: it is damaged, or `required` and missing.
        """
        path = self.train / "training.json"
        if not path.exists():
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
        return read_stored(path, schema.Serving, TRAIN_ON) if path.exists() else None

    def _train_again(self) -> str:
        """What to do where a finished training is damaged; while it counts as finished, it is
        passed over.
        """
        return TRAIN_AGAIN.replace("{folder}", str(self.train))

    def training_log(self) -> TrainingLog:
        """The log of a finished training.

        Raises:
            RunDamaged: it is missing or cannot be read.
        """
        path = self.train / "trainer_state.json"
        try:
            return read_trainer_state(path)
        except RunError as error:
            raise RunDamaged(path, f"cannot be read ({error})", self._train_again()) from error

    @property
    def adapter(self) -> Path:
        """The folder of what was trained: `train/adapter`, or `train/model` for a whole model."""
        whole = self.train / "model"
        return whole if whole.is_dir() else self.train / "adapter"

    def has_adapter(self) -> bool:
        """Whether what was trained is there, unchecked."""
        return all((self.adapter / name).is_file() for name in TRAINED[self.adapter.name])

    def adapter_digest(self) -> str:
        """SHA-256 (hex) over the files of what a finished training left.

        Raises:
            RunDamaged: files are missing, or are no configuration and weights.
        """
        digest = hashlib.sha256()
        configuration, weights = (self.adapter / name for name in TRAINED[self.adapter.name])
        path = configuration
        try:
            json.loads(configuration.read_bytes())
            path = weights
            _refuse_cut_weights(weights)
            for path in sorted(self.adapter.iterdir()):
                with path.open("rb") as file:
                    while block := file.read(1 << 22):
                        digest.update(block)
        except (OSError, ValueError, LookupError, TypeError, AttributeError,
                RecursionError) as error:  # fmt: skip
            raise RunDamaged(path, f"cannot be used ({error})", self._train_again()) from error
        return digest.hexdigest()

    def sound_adapter_digest(self) -> str:
        """The same, where it is what training wrote down.

        Raises:
            RunDamaged: as `adapter_digest`, or the files were changed since.
        """
        found = self.adapter_digest()
        recorded = (self.training() or {}).get("adapter")
        if recorded is not None and found != recorded:
            raise RunDamaged(
                self.adapter, "was changed: it has not the SHA-256 that training.json records",
                self._train_again(),
            )  # fmt: skip
        return found

    def prune_checkpoints(self) -> None:
        """Remove what only a training that is not finished needs."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    # -- evaluations -----------------------------------------------------------------------

    def evaluation(self, name: str) -> EvaluationFolder:
        """The folder of "base", "tuned", or of one of the further evaluations."""
        return EvaluationFolder(self.root / "evaluations" / name)


def _refuse_cut_weights(path: Path) -> None:
    """Raise ValueError where a safetensors file is not as long as its header says."""
    with path.open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
        size = path.stat().st_size
        header = json.loads(file.read(min(start - 8, size)))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    if size != start + max(ends, default=0):
        raise ValueError("the file was cut off")


def _differences(before: Any, now: Any, path: str = "") -> str:
    """The settings that differ, as `a.b: old → new`, at most five of them."""
    found: list[str] = []

    def walk(a: Any, b: Any, path: str) -> None:
        if isinstance(a, dict) and isinstance(b, dict):
            for key in sorted(a.keys() | b.keys()):
                walk(a.get(key), b.get(key), f"{path}.{key}" if path else key)
        elif a != b and not path.startswith(("cost", "name", "train.checkpoint_seconds")):
            there, here = (json.dumps(x, ensure_ascii=False) for x in (a, b))
            found.append(f"{path}: {there} there, {here} here")

    walk(before, now, path)
    return "; ".join(found[:5]) + ("; …" if len(found) > 5 else "")
