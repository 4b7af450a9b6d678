"""Runs on Ray's workers, several at a time. Their folders must be shared by all machines."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.errors import EvaluationError, NetgainError, RunError
from netgain.generate.ray_cluster import joined, last_line, require_ray, share_out
from netgain.generate.ray_worker import MOST_TRIES, differences, limit_threads, place
from netgain.generate.scale_out import as_itself
from netgain.pipeline.trials import Job
from netgain.recipe import parse_recipe

TELL_EVERY = 60.0  # seconds


def do_on_workers(
    jobs: Sequence[Job], workers: int, address: str | None, tell: Callable[[str], None]
) -> list[NetgainError | None]:
    """Do each job in a worker; returns why it failed, or None, in the order of the jobs.

    The first is done alone, so that what all share (problems, the base's answers, samples) is there
    when the others look for it. A job whose worker was lost is done again, and goes on from what is
    stored.

    Args:
        workers: jobs at a time, each on an even share of the cores, and a GPU where there are any.
        address: as `ray_cluster.joined` takes it.

    Raises:
        MissingDependency: Ray is not installed.
        EvaluationError: no cluster, or no room in it.
    """
    ray = require_ray()
    found: list[NetgainError | None] = [None] * len(jobs)
    with joined(address):
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        cores, gpus = share_out(machines, min(workers, len(jobs)), use_gpus=True)
        task = ray.remote(_do).options(
            num_cpus=cores, num_gpus=gpus, max_retries=MOST_TRIES - 1, scheduling_strategy="SPREAD"
        )
        going: dict[Any, int] = {}
        left = list(range(len(jobs)))
        is_first = True
        while left or going:
            while left and len(going) < (1 if is_first else workers):
                at = left.pop(0)
                tell(f"trial {at + 1} of {len(jobs)} begins: {jobs[at].label}")
                job = jobs[at]
                plain, folder = job.recipe.plain(), str(job.folder.absolute())
                going[
                    task.remote(plain, folder, job.only, str(Path.cwd()), cores, place())
                ] = at  # fmt: skip
            ended, _ = ray.wait(list(going), timeout=TELL_EVERY)
            for reference in ended:
                at, is_first = going.pop(reference), False
                found[at] = _failure(ray, reference)
                tell(f"trial {at + 1} of {len(jobs)} {'failed' if found[at] else 'is done'}")
    return found


def _failure(ray: Any, reference: Any) -> NetgainError | None:
    """Why a job failed; what is no fault of the job is raised."""
    try:
        ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = as_itself(error)
        if not isinstance(cause, NetgainError):
            raise cause from None
        return cause
    except ray.exceptions.RayError as error:
        return RunError(f"{MOST_TRIES} workers were lost with it: {last_line(error)}")
    return None


def _do(
    recipe: Mapping[str, Any],
    folder: str,
    only: str,
    given_in: str,
    threads: int,
    given_from: Mapping[str, str],
) -> None:
    """In a worker: the stages of one run, in a folder that all machines share.

    Args:
        given_in: the folder in which the command was given; relative paths of a recipe are of it.
        given_from: what `place` says where the command was given.
    """
    from netgain import pipeline

    different = differences(place(), given_from)
    if different:
        raise EvaluationError(
            f"a worker would train with {different}, and trials are compared; install the same "
            "everywhere, and give the command on a machine like the workers"
        )
    limit_threads(threads)
    try:
        os.chdir(given_in)
    except OSError as error:
        raise RunError(
            f"{given_in}, where the command was given, is not on a worker's machine "
            f"({error.strerror}); sweep in a folder that all machines share"
        ) from None
    pipeline.run(
        parse_recipe(recipe), Path(folder), only, provenance.command_line(), lambda *_: None
    )
