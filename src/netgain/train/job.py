"""A training as plain data: what the run writes, and the worker reads."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow

from netgain.recipe import TrainSettings
from netgain.store import write_sealed
from netgain.store.parts import Part, write_table
from netgain.store.schema import TRAIN_ON, JobFile, read_stored
from netgain.train.examples import Example

JOB = "job.json"
EXAMPLES = pyarrow.schema(
    [
        ("problem_id", pyarrow.string()),
        ("prompt_ids", pyarrow.list_(pyarrow.int32())),
        ("completion_ids", pyarrow.list_(pyarrow.int32())),
        ("weight", pyarrow.float32()),
        ("origin", pyarrow.string()),
    ]
)


@dataclass(frozen=True)
class Job:
    """What a worker is to do.

    Attributes:
        of: digest of base model, examples and settings.
        base, description, revision: the base model's folder, and what it is called.
        precision: "bf16" or "fp32".
        settings: the recipe's section `train`, as JSON.
        folder: the run's `train/`, where the result is put.
        budget: tokens that are passed through the model at a time.
        start: a folder of trained weights to go on from; None begins at the base.
    """

    of: str
    base: str
    description: str
    revision: str | None
    precision: str
    settings: str
    folder: str
    budget: int
    start: str | None = None

    @property
    def checkpoints(self) -> Path:
        return Path(self.folder) / "checkpoints"

    def train_settings(self) -> TrainSettings:
        return TrainSettings.model_validate_json(self.settings)

    def write(self) -> Path:
        path = self.checkpoints / JOB
        write_sealed(path, asdict(self))
        return path


def read_job(path: Path) -> Job:
    """The job of a file that `Job.write` wrote.

    Raises:
        RunDamaged: it is missing or was changed.
    """
    return Job(**read_stored(path, JobFile, TRAIN_ON))


def rollouts_file(checkpoints: Path, step: int) -> Path:
    """Where the examples lie that step `step` (from 0) learns from, if they are drawn for it."""
    return checkpoints / "rollouts" / f"step-{step}.parquet"


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Store examples as Parquet, whole or not at all."""
    write_table(path, pyarrow.Table.from_pylist([asdict(e) for e in examples], EXAMPLES), {})


def read_examples(path: Path) -> list[Example]:
    """The examples of a file that `write_examples` wrote.

    Raises:
        RunDamaged: it is missing or was changed.
    """
    rows = Part(path, remedy=TRAIN_ON).table(EXAMPLES).to_pylist()
    return [
        Example(**{**row, "prompt_ids": tuple(row["prompt_ids"]),
                   "completion_ids": tuple(row["completion_ids"])})
        for row in rows
    ]  # fmt: skip


def as_line(**said: object) -> str:
    """One line of what worker and run tell each other."""
    return json.dumps(said, ensure_ascii=False) + "\n"
