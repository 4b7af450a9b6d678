"""A few real training steps and a few real answers on this machine, and what they took.

Both run in processes of their own, as in a run: the trainer that a run starts, and an engine as the
run loads it. What was measured is kept in the cache, under a key of everything that decides it:
machine, versions, model, lengths of the examples, settings. Other work on the machine is measured
meanwhile, so that a figure from a busy machine is told from one of a quiet machine.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pydantic import TypeAdapter, ValidationError

from netgain import errors, provenance
from netgain.errors import EvaluationError, NetgainError
from netgain.generate.probe import Probed
from netgain.models.gguf_folder import cache_folder
from netgain.plan.busy import busy_share, watched
from netgain.plan.workload import Workload
from netgain.recipe import Recipe, TrainSettings
from netgain.store import read_json, write_json

if TYPE_CHECKING:
    from netgain.models.loading import ModelFiles
    from netgain.train.examples import Example

log = logging.getLogger("netgain")
Tell = Callable[[str], None]  # a word on what is being measured
VERSION = 4  # of what is kept
STEP_TOKENS = 6000  # about so many are trained on, in 3 to 6 steps
LEAST_STEPS, MOST_STEPS, MOST_EXAMPLES = 3, 6, 32
VALIDATED = 16  # validation examples
SAMPLE = 32  # answers of the base model, which also say how long its answers are
SAMPLE_TOKENS = 512  # the most tokens of each
OTHER_PROMPTS = 21  # that are read, and begun
LONGEST_PROBE = 900.0  # s
BUSY = 0.15  # share of the processor that others may take more or less than when it was measured


@dataclass(frozen=True)
class Training:
    """What training took: seconds a trained and a validated token, to start and to save; bytes.

    `beside_bytes` is what the process takes that waits for the trainer.
    """

    token: float
    validated_token: float
    start: float
    checkpoint: float
    peak_bytes: float
    beside_bytes: float
    steps: int
    others: float  # share of the processor that other programs took
    when: str


@dataclass(frozen=True)
class Answering:
    """What answering took; `most_tokens` is where each answer was cut off."""

    found: Probed
    most_tokens: int
    others: float


@dataclass(frozen=True)
class Measured:
    training: Training
    answering: Answering
    fresh: bool  # it was not in the cache

    @property
    def others(self) -> float:
        """Share of the processor that other programs took, the larger of both measurements."""
        return max(self.training.others, self.answering.others)


def measure(recipe: Recipe, base: ModelFiles, work: Workload, tell: Tell) -> Measured:
    """What this recipe's training and answering take here: from the cache, or tried now.

    Raises:
        NetgainError: a run would be refused, or does not fit into memory.
    """
    path = _path(_key(recipe, base, work))
    found = _cached(path, busy_share(0.5))
    if found is None:
        with tempfile.TemporaryDirectory(prefix="netgain-plan-") as folder:
            trained, training = _train(recipe, base, work, Path(folder), tell)
            found = Measured(training, _answer(recipe, base, work, trained, tell), True)
        _keep(path, found)
    return found


# -- training ------------------------------------------------------------------------------


def _train(
    recipe: Recipe, base: ModelFiles, work: Workload, folder: Path, tell: Tell
) -> tuple[Path, Training]:
    """Train a few steps as the recipe says; where the weights are, and what it took."""
    from netgain.train.launch import fine_tune
    from netgain.train.loop import TRAINED

    tell("trying a few steps (a minute or two with the answers, once for such a recipe)")
    settings, examples = _few_steps(recipe.train, work.train)
    validation = _spread(work.validation, VALIDATED)
    began = time.monotonic()
    with watched() as watch, _quietly():
        done = fine_tune(
            base, examples, validation, settings, folder / "train", "plan",
            lambda step, total, _: tell(f"trying a few steps, {step} of {total}"),
        )  # fmt: skip
    wall = time.monotonic() - began
    beside = psutil.Process().memory_info().rss
    rows = read_json(folder / "train" / "trainer_state.json")["log_history"]
    steps = [row for row in rows if "loss" in row]
    checked = [row["eval_runtime"] for row in rows if "eval_loss" in row]
    first, last = steps[0], steps[-1]
    seconds, tokens = last["seconds"] - first["seconds"], last["num_tokens"] - first["num_tokens"]
    if len(steps) == 1:
        seconds, tokens = last["seconds"] - checked[0], last["num_tokens"]
    checkpoint = done.checkpoint_seconds or 0.0
    # The first step warms up, in a run as here.
    warming = max(0.0, first["seconds"] - checked[0] - seconds / tokens * first["num_tokens"])
    counted = first["seconds"] + seconds + checked[-1] + checkpoint - warming
    return folder / "train" / TRAINED[settings.weights], Training(
        token=seconds / tokens,
        validated_token=checked[-1] / sum(e.tokens for e in validation),
        start=max(0.0, wall - counted),
        checkpoint=checkpoint,
        peak_bytes=float(done.peak_bytes or 0),
        beside_bytes=float(beside),
        steps=len(steps),
        others=watch.others,
        when=time.strftime("%Y-%m-%d %H:%M"),
    )


def _few_steps(
    settings: TrainSettings, rows: Sequence[Example]
) -> tuple[TrainSettings, list[Example]]:
    """The recipe's settings for a few steps, and the examples of them, the longest among them."""
    size = min(settings.batch_size * settings.gradient_accumulation, len(rows), MOST_EXAMPLES)
    mean = sum(e.tokens for e in rows) / len(rows)
    steps = min(MOST_STEPS, max(LEAST_STEPS, round(STEP_TOKENS / (size * mean))))
    few = _spread(sorted(rows, key=lambda e: (e.tokens, e.problem_id)), steps * size)
    short = settings.model_copy(
        update={
            "epochs": float(-(-steps * size // len(few))), "batch_size": size,
            "gradient_accumulation": 1, "validations_per_epoch": 1, "early_stopping": None,
            "accuracy": None, "select": "validation_loss", "schedule": "constant",
            "checkpoint_seconds": 0.0, "method": "sft", "start": None,
        }
    )  # fmt: skip
    return short, few


# -- answering -----------------------------------------------------------------------------


def _answer(
    recipe: Recipe, base: ModelFiles, work: Workload, trained: Path, tell: Tell
) -> Answering:
    """Answer a few problems by the engine that the run would use."""
    job = {**_job(recipe, base, work), "base": str(base.folder), "adapter": str(trained)}
    tell(f"trying {len(job['prompts'])} answers with {job['engine']}")
    path = trained.parent / "probe.json"
    write_json(path, job)
    with watched() as watch:
        said = _run_probe(path)
    found = TypeAdapter(Probed).validate_python(said)
    return Answering(found, job["most_tokens"], watch.others)


def _run_probe(path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "netgain.generate.probe", str(path)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=LONGEST_PROBE,
            check=False, env=dict(os.environ),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EvaluationError(
            f"a few answers took longer than {LONGEST_PROBE / 60:.0f} minutes on this machine; "
            "lower evaluate.max_new_tokens, or plan with --no-measure"
        ) from None
    lines = done.stdout.splitlines()
    said = json.loads(lines[-1]) if done.returncode == 0 and lines else {}
    if "error" in said:
        kind, message = said["error"]
        raise getattr(errors, kind, NetgainError)(message)
    if "done" not in said:
        last = next((x for x in reversed(done.stderr.splitlines()) if x.strip()), "no reason given")
        ended = f"signal {-done.returncode}" if done.returncode < 0 else last.strip()[:300]
        raise EvaluationError(
            f"the engine could not be tried ({ended}); netgain plan --no-measure does without"
        )
    found: dict[str, Any] = said["done"]
    return found


def _job(recipe: Recipe, base: ModelFiles, work: Workload) -> dict[str, Any]:
    """What the probe is to do, without the places on this disk."""
    from netgain.generate.engines import UNIT_SIZES, choose_engine
    from netgain.models.loading import choose_precision
    from netgain.prompts import stop_texts

    engine = choose_engine(recipe.evaluate.engine, base.folder, recipe.evaluate.precision)
    ordered = sorted(work.asked, key=lambda ids: (len(ids), ids))
    sample = _spread(ordered, SAMPLE)
    rest = [e.prompt_ids for e in work.train]
    return {
        "engine": engine,
        "precision": choose_precision(recipe.evaluate.precision),
        "prompts": sample,
        "others": [rest[i % len(rest)] for i in range(OTHER_PROMPTS)],
        "texts": [[*e.prompt_ids, *e.completion_ids] for e in work.validation[:4]],
        "most_tokens": min(recipe.evaluate.max_new_tokens, SAMPLE_TOKENS),
        "stop": list(stop_texts(recipe.prompt)),
        "unit": recipe.evaluate.batch_size or UNIT_SIZES[engine],
    }


# -- the cache -----------------------------------------------------------------------------


def _key(recipe: Recipe, base: ModelFiles, work: Workload) -> dict[str, Any]:
    """All that decides what is measured: machine, versions, model, and what is tried."""
    settings, few = _few_steps(recipe.train, work.train)
    return {
        **_here(base),
        **_job(recipe, base, work),
        "settings": settings.model_dump(
            mode="json", exclude={"learning_rate", "seed", "warmup_ratio"}
        ),
        "lengths": [[len(e.prompt_ids), len(e.completion_ids)] for e in few],
    }


def _here(base: ModelFiles) -> dict[str, Any]:
    """Machine, versions and model."""
    return {
        "version": VERSION,
        "hardware": provenance.hardware(),
        "limit": provenance.memory_limit(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "versions": provenance.versions(),
        "model": base.digest,
    }


def _path(key: Mapping[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "speed" / f"{digest[:32]}.json"


def _cached(path: Path, now: float) -> Measured | None:
    """What was measured before; None where it is not there, or others kept the machine busier then.

    Args:
        now: share of the processor that other programs take at the moment.
    """
    try:
        found = TypeAdapter(Measured).validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return None if found.others - now > BUSY else replace(found, fresh=False)


def _keep(path: Path, measured: Measured) -> None:
    """Put into the cache what was measured; one that cannot be written keeps nothing."""
    try:
        write_json(path, asdict(measured))
    except NetgainError as error:
        log.warning("what was measured cannot be kept: %s", error)


def _spread(rows: Sequence[Any], n: int) -> list[Any]:
    """`n` of the rows at even distances, the last one among them; all where there are fewer."""
    if len(rows) <= n:
        return list(rows)
    return [rows[(i + 1) * len(rows) // n - 1] for i in range(n)]


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the trainer's own news, which is of a run."""
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)
