"""A tiny model with examples, trained in this process by the loop that the worker runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netgain.data.wordproblems import word_problems
from netgain.importers import read_trainer_state
from netgain.models.loading import ModelFiles, load_tokenizer
from netgain.models.render import make_renderer
from netgain.recipe import PromptSettings, TrainSettings
from netgain.records import TrainingLog
from netgain.train.examples import Example, build_examples
from netgain.train.history import TaskScore
from netgain.train.job import Job, write_examples
from netgain.train.loop import Loop, Talk
from netgain.train.processes import Group
from netgain.train.stepping import Stepper
from netgain.train.weights import Held, Origin, hold

SETTINGS: dict[str, Any] = {
    "epochs": 1, "learning_rate": 0.01, "precision": "fp32", "validations_per_epoch": 2,
    "checkpoint_seconds": 0, "max_length": 512,
}  # fmt: skip
OF = "digest"


@dataclass
class Bench:
    """A model and its examples; `run` trains into `folder`."""

    model: Path
    folder: Path
    budget: int = 1024
    seen: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.files = ModelFiles(self.model, "tiny", None, "digest")
        self.renderer = make_renderer(load_tokenizer(self.model))
        problems = word_problems(20, 1)
        self.train = build_examples(problems[:16], self.renderer, PromptSettings(), 512).rows
        self.validation = build_examples(problems[16:], self.renderer, PromptSettings(), 512).rows

    def settings(self, **changes: Any) -> TrainSettings:
        return TrainSettings(**{**SETTINGS, **changes})

    def job(self, settings: TrainSettings) -> Job:
        return Job(
            OF, str(self.model), "tiny", None, settings.precision, settings.model_dump_json(),
            str(self.folder), self.budget,
        )  # fmt: skip

    def written_job(self, settings: TrainSettings) -> Path:
        """The job as a worker finds it."""
        job = self.job(settings)
        write_examples(job.checkpoints / "train.parquet", self.train)
        write_examples(job.checkpoints / "validation.parquet", self.validation)
        return job.write()

    def held(self, settings: TrainSettings) -> Held:
        return hold(Origin(self.model, "tiny", None), settings, settings.precision)

    def run(
        self,
        ask: Callable[[int, Path | None], TaskScore] | None = None,
        step: Callable[[Stepper], None] | None = None,
        roll: Callable[[int, Path | None], dict[str, float]] | None = None,
        **changes: Any,
    ) -> None:
        """Train. `step` may change the stepper before it begins."""
        settings = self.settings(**changes)
        held = self.held(settings)
        stepper = Stepper(held, settings, self.budget, Group())
        if step is not None:
            step(stepper)
        talk = Talk(lambda *news: self.seen.append(news), ask, roll)
        Loop(self.job(settings), held, stepper, self.train, self.validation, Group(), talk).run()

    def log(self) -> TrainingLog:
        return read_trainer_state(self.folder / "trainer_state.json")

    def weights(self) -> bytes:
        return (self.folder / "adapter" / "adapter_model.safetensors").read_bytes()


def examples_of(rows: Sequence[tuple[list[int], list[int]]]) -> list[Example]:
    """Examples of (prompt ids, completion ids)."""
    return [Example(f"p{i}", tuple(p), tuple(c)) for i, (p, c) in enumerate(rows)]
