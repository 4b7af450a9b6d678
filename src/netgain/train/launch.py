"""Start the worker, watch it, and start it anew with smaller micro-batches where memory ran out."""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from netgain import errors
from netgain.cost import TOKENS_AT_ONCE, bytes_to_train
from netgain.errors import NetgainError, OutOfMemory, TrainingError
from netgain.models.loading import ModelFiles, choose_device, choose_precision
from netgain.provenance import memory_kills, memory_limit
from netgain.recipe import TrainSettings
from netgain.store import read_json, storage_errors
from netgain.train.examples import Example
from netgain.train.history import TaskScore
from netgain.train.job import JOB, Job, as_line, read_job, write_examples
from netgain.train.worker import END, LISTENS, OUT_OF_MEMORY

log = logging.getLogger("netgain")
printed = logging.getLogger("netgain.printed")  # what libraries print, kept apart from our log
Progress = Callable[[int, int, str], None]  # steps done, steps planned, a word on the loss
Answer = Callable[[int, Path | None], TaskScore]  # a step and its weights (None: the base)
Roll = Callable[[int, Path | None], dict[str, float]]
Row = Callable[[dict[str, Any]], None]  # of the trainer's log
USABLE_MEMORY = 0.8
SAVING_SECONDS = 20  # that a step may still take when the run is told to end; schedulers give 30
# Freed memory is kept for the next step: handing it out anew takes a tenth of a step's time.
KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 33), "MALLOC_TRIM_THRESHOLD_": str(1 << 33)}
# oneDNN keeps 1,024 compiled matrix products, each for one shape, and every step has shapes of its
# own: the process grew from 1.7 to 2.7 GiB in 38 steps, with 64 to 2.35, no slower. With 16 a step
# takes nearly twice as long.
FORGETS_SHAPES = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}
OF_A_GROUP = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"}
ENDED_BY_OTHERS = {signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP}
WORKER = (sys.executable, "-m", "netgain.train.worker")


@dataclass(frozen=True)
class FineTuning:
    """How it was done: what the hardware decided beyond the recipe.

    `tokens_at_once` is what was passed through the model at a time, and `processes` how many
    processes shared each step. `peak_bytes` is the most memory that the first of them took: the
    GPU's where it trains on one, else the process's own; `checkpoint_seconds` what a checkpoint
    took on average.
    """

    precision: str
    device: str
    tokens_at_once: int
    processes: int
    trainable_parameters: int
    parameters: int
    peak_bytes: int | None = None
    checkpoint_seconds: float | None = None


def fine_tune(
    base: ModelFiles,
    examples: Sequence[Example],
    validation: Sequence[Example],
    settings: TrainSettings,
    folder: Path,
    of: str,
    progress: Progress,
    answer: Answer | None = None,
    worker: Sequence[str] = WORKER,
    roll: Roll | None = None,
    longest: int = 0,
    start: Path | None = None,
    row: Row = lambda _: None,
) -> FineTuning:
    """Train in a process of its own, or go on training; the best weights and the log stay.

    They are `adapter/` (or `model/`, where all weights are trained) and `trainer_state.json` in
    `folder`.

    Args:
        of: digest of all that decides the result.
        answer: has a step's weights answer the validation problems, where the recipe asks for it.
        roll: has a step's weights answer training problems, of which that step then learns.
        longest: tokens that such an answer may have with its prompt.
        start: trained weights to go on from; None begins at the base.
        row: gets each row of the log as it is written; after a resume some of them once more.

    Raises:
        TrainingDiverged: the loss is no longer finite.
        OutOfMemory: not even one example at a time fits.
        TrainingError: the process was ended from outside.
    """
    device, precision = choose_device(), choose_precision(settings.precision)
    if settings.weights != "full" and settings.lora.bias != "none":
        precision = "fp32"  # biases are weights of the base, and bf16 would round their updates
    count = settings.processes or (_gpus() if device == "cuda" else 1)
    if device == "cuda" and count > _gpus():
        raise TrainingError(
            f"train.processes: {count} is more than the {_gpus()} GPUs here; lower it, or leave it "
            "out"
        )
    longest = max(longest, *(e.tokens for e in [*examples, *validation]))
    budget = first_budget(base.folder, settings, precision, device, longest, count)
    budget = min(budget, max(longest, earlier_budget(folder, of)))
    job = Job(
        of, str(base.folder), base.same_as or base.description, base.revision, precision,
        settings.model_dump_json(), str(folder), budget, None if start is None else str(start),
    )  # fmt: skip
    with storage_errors(folder):
        write_examples(job.checkpoints / "train.parquet", examples)
        write_examples(job.checkpoints / "validation.parquet", validation)
    while True:
        done = _attempt(job, count, progress, answer, roll, worker, row)
        if done is not None:
            return FineTuning(precision, device, job.budget, count, **done)
        if job.budget <= longest:
            raise OutOfMemory(
                "training does not fit into memory even with one example at a time; lower "
                "train.max_length, set train.gradient_checkpointing: true, or use a smaller model"
            )
        smaller = max(longest, job.budget // 2)
        log.warning(
            "out of memory with %d tokens at a time: going on with %d (the same examples a step)",
            job.budget, smaller,
        )  # fmt: skip
        job = replace(job, budget=smaller)


def earlier_budget(folder: Path, of: str) -> int:
    """What an interrupted training of the same passed at a time; without one, no bound."""
    try:
        job = read_job(folder / "checkpoints" / JOB)
    except (NetgainError, TypeError):
        return sys.maxsize
    return job.budget if job.of == of else sys.maxsize


def first_budget(
    model: Path, settings: TrainSettings, precision: str, device: str, longest: int, processes: int
) -> int:
    """Tokens at a time that should fit into memory; at least one example's.

    A system that runs out of memory ends a process without a word, and not always the one that
    asked. So what a step needs is reckoned beforehand on a CPU; a GPU says no by itself.
    """
    budget = max(TOKENS_AT_ONCE[device], longest)
    config = read_json(model / "config.json")
    shape = ("num_hidden_layers", "hidden_size", "intermediate_size")
    layers, hidden, wide = (config.get(name) for name in shape)
    if device != "cpu" or not (layers and hidden and wide) or settings.gradient_checkpointing:
        return budget
    width = 2 if precision == "bf16" else 4
    stored = sum(path.stat().st_size for path in model.glob("*.safetensors"))
    half = str(config.get("dtype") or config.get("torch_dtype")) in {"bfloat16", "float16"}
    parameters = stored / (2 if half else 4)
    trained = parameters if settings.weights == "full" else 0

    def needed(tokens: int) -> float:
        one = bytes_to_train(parameters * width, trained, layers, hidden, wide, tokens, width)
        return processes * one

    while budget > longest and needed(budget) > USABLE_MEMORY * memory_limit():
        budget = max(longest, budget // 2)
    return budget


def _attempt(
    job: Job,
    count: int,
    progress: Progress,
    answer: Answer | None,
    roll: Roll | None,
    worker: Sequence[str],
    row: Row,
) -> dict[str, Any] | None:
    """Run the worker to its end: what it says it did, or None where memory ran out.

    Raises:
        NetgainError: what the worker raised.
        TrainingError: it ended in another way.
    """
    killed_before = memory_kills()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as noise:
        workers = _start(job, count, worker, noise)
        try:
            if count > 1:
                threading.Thread(target=_end_together, args=(workers,), daemon=True).start()
            told = _follow(workers[0], progress, answer, roll, row)
            codes = [process.wait() for process in workers]
        finally:
            for process in workers:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        with contextlib.suppress(OSError):
                            pipe.close()
        noise.seek(0)
        words = noise.read()
    orderly = "error" in told or ("done" in told and not any(codes))
    if words.strip():
        into = printed if orderly else log
        into.debug("the training process printed:\n%s", words[-20_000:].rstrip())
    if "error" in told:
        kind, message = told["error"]
        raise getattr(errors, kind, NetgainError)(message)
    if "done" in told and not any(codes):
        done: dict[str, Any] = told["done"]
        return done
    if OUT_OF_MEMORY in codes:
        return None
    if -signal.SIGKILL in codes and memory_kills() != killed_before:
        return None
    # Where one of several ended by itself, the others were ended after it.
    told_by = [code for code in codes if code not in (0, -signal.SIGKILL)] or codes
    raise TrainingError(_how_it_ended(told_by[0], words))


def _start(
    job: Job, count: int, worker: Sequence[str], noise: IO[str]
) -> list[subprocess.Popen[str]]:
    path = str(job.write())
    # A job scheduler may have set what tells a process of its place in a group.
    own = {k: v for k, v in os.environ.items() if k not in OF_A_GROUP}
    shared = {**FORGETS_SHAPES, **own, **KEEPS_MEMORY, LISTENS: "1"}
    if count > 1:
        shared |= {
            "WORLD_SIZE": str(count),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(_free_port()),
        }
    return [
        subprocess.Popen(
            [*worker, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if rank == 0 else subprocess.DEVNULL,
            stderr=noise,
            text=True,
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)} if count > 1 else shared,
        )
        for rank in range(count)
    ]


def _follow(
    process: subprocess.Popen[str],
    progress: Progress,
    answer: Answer | None,
    roll: Roll | None,
    row: Row,
) -> dict[str, Any]:
    """Pass on what the worker tells, answer what it asks; returns how it says that it ended.

    Where this process is told to end (SIGTERM, Ctrl-C), the worker saves a checkpoint first.
    """
    assert process.stdout is not None and process.stdin is not None
    ended: dict[str, Any] = {}
    can_save = waits = False  # not before the first step; it may wait for an answer
    try:
        for line in process.stdout:
            said = _said(line)
            if "progress" in said:
                can_save = said["progress"][0] > 0
                progress(*said["progress"])
            elif "log" in said:
                log.log(*said["log"])
            elif "row" in said:
                row(said["row"])
            elif "ask" in said or "roll" in said:
                asked = answer if "ask" in said else roll
                assert asked is not None
                step, weights = said.get("ask") or said["roll"]
                # A checkpoint cannot be saved in the middle of a validation, but before a round.
                waits, can_save = True, can_save and "roll" in said
                found = asked(step, None if weights is None else Path(weights))
                found = found if isinstance(found, dict) else asdict(found)
                with contextlib.suppress(BrokenPipeError):  # it ended meanwhile, and says how
                    process.stdin.write(as_line(**found))
                    process.stdin.flush()
                waits = False
            else:
                ended |= said
    except (KeyboardInterrupt, SystemExit):
        if can_save and waits:
            with contextlib.suppress(OSError):
                process.stdin.write(as_line(**END))
                process.stdin.flush()
        if can_save:
            _let_save(process)
        raise
    return ended


def _let_save(process: subprocess.Popen[str]) -> None:
    """Have the worker end after its step, with a checkpoint; it is not waited for without end."""
    assert process.stdout is not None
    process.terminate()
    try:
        process.wait(SAVING_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("the step did not end in %d s: no checkpoint of it is saved", SAVING_SECONDS)
        return
    for line in process.stdout:
        said = _said(line)
        if "log" in said:
            log.log(*said["log"])


def _said(line: str) -> dict[str, Any]:
    """A line of the worker's; nothing where it is a library's."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _end_together(workers: Sequence[subprocess.Popen[str]]) -> None:
    """Where one of several processes fails, the others would wait for it for ever."""
    while any(process.poll() is None for process in workers):
        if any(process.poll() for process in workers):
            for process in workers:
                process.kill()
            return
        time.sleep(0.2)


def _how_it_ended(code: int, words: str) -> str:
    if -code in ENDED_BY_OTHERS:
        name = signal.Signals(-code).name
        return (
            f"the training process was ended from outside ({name}); give the same command again, "
            "it goes on from the last checkpoint"
        )
    if code < 0:
        return (
            f"the training process crashed ({signal.Signals(-code).name}), which is a fault of a "
            "library or of the machine; the same command goes on from the last checkpoint"
        )
    last = next((line for line in reversed(words.splitlines()) if line.strip()), "no reason given")
    return (
        f"the training process ended with an error ({last.strip():.300}); run.log has all that it "
        "said"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _gpus() -> int:
    import torch

    return max(1, torch.cuda.device_count())
