"""One evaluation over many workers, by Ray's pool of actors, each with an engine of its own.

Ray begins a lost worker anew, on another machine where its own is gone, and gives it its unit
again. Rows come back to this process, the one that stores them, once for each unit.
"""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from netgain.errors import EvaluationError, ModelError, NetgainError
from netgain.generate.answering import Asking, Done, Load, Question
from netgain.generate.ray_cluster import (
    is_here,
    joined,
    last_line,
    plain,
    require_ray,
    share_out,
)
from netgain.generate.ray_worker import MOST_TRIES, EngineWorker, GivenUp, Told, place
from netgain.generate.sampler import Tell
from netgain.wording import listed

log = logging.getLogger("netgain")
START_SECONDS = 900.0  # until a first worker has found room and loaded its engine
SILENT_SECONDS = 3600.0  # without a token or a unit from any worker: they are held to hang
LOOK_EVERY = 1.0  # seconds


def answer_on_workers(
    load: Load,
    units: Mapping[int, Sequence[Question]],
    asking: Asking,
    done: Done,
    workers: int,
    address: str | None = None,
    use_gpus: bool = True,
    tell: Tell | None = None,
) -> None:
    """Answer every unit on Ray workers, and tell `done` of each as it is finished, in any order.

    Args:
        load: called once in every worker; it and the sampler's code must be importable there.
        units: questions by the unit's number, handed out in the order given.
        done: called once for every unit, in this process.
        address: "host:port" of a cluster's head, or "auto"; None begins a cluster on this machine.
        use_gpus: give each worker a GPU to itself where there are any.
        tell: called every second with what all workers did since.

    Raises:
        MissingDependency: Ray is not installed.
        EvaluationError: no cluster or no room in it, workers unlike this machine, or units that
            end every worker that has them.
        Exception: whatever the engine raised in a worker, as itself.
    """
    ray = require_ray()
    if not units:
        return
    workers = min(workers, len(units))
    with joined(address):
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        cores, gpus = share_out(machines, workers, use_gpus)
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        told = ray.remote(Told).options(num_cpus=0, scheduling_strategy=here).remote()
        actor = ray.remote(EngineWorker).options(
            num_cpus=cores, num_gpus=gpus, scheduling_strategy="SPREAD", max_restarts=-1,
            max_task_retries=-1,
        )  # fmt: skip
        crew = [actor.remote(load, cores, place()) for _ in range(workers)]
        pool = ray.util.ActorPool(crew)
        for unit in units:
            pool.submit(
                lambda worker, unit: worker.answer.remote(unit, units[unit], asking, told), unit
            )
        finished: set[int] = set()

        def store(unit: int, rows: Any) -> None:
            done(unit, rows)
            finished.add(unit)

        reason = _collect(crew, pool, told, store, tell)
    left = [unit for unit in units if unit not in finished]
    if left:
        ids = [question.problem_id for question in units[left[0]]]
        raise EvaluationError(
            f"{len(left)} of {len(units)} units are not answered, the first of them unit {left[0]} "
            f"(problems {listed(ids, 5)}): {reason}. What was answered is stored, and the same "
            "command goes on from there; try smaller units (evaluate.batch_size), or fewer "
            "workers, which leaves more memory to each"
        )


def _collect(crew: Sequence[Any], pool: Any, told: Any, store: Done, tell: Tell | None) -> str:
    """Take in what is finished until nothing more is to come; why the last unit was given up."""
    ray = require_ray()
    reason, given_up, stored, hung, loaded = "", 0, 0, 0, 0
    heard = asked = time.monotonic()
    while pool.has_next():
        try:
            unit, rows, warnings = pool.get_next_unordered(timeout=LOOK_EVERY)
        except ray.exceptions.RayTaskError as error:
            if not isinstance(error.cause, GivenUp):
                raise as_itself(error) from None
            reason, given_up = str(error.cause), given_up + 1
            if not stored and given_up == MOST_TRIES:
                return reason  # so may every other
        except ray.exceptions.ActorDiedError as error:  # which the pool leaves out from now on
            reason = last_line(error)
        except ray.exceptions.UnserializableException as error:
            raise EvaluationError(f"a worker failed: {error}") from None
        except TimeoutError:
            limit = SILENT_SECONDS if loaded else START_SECONDS
            if time.monotonic() - heard > limit:
                hung, heard = hung + 1, time.monotonic()
                did = "gave a token" if loaded else "found room and loaded the model"
                reason = f"no worker {did} in {limit:.0f} s, {hung} times"
                log.warning("%s: all that are at work are begun anew", reason)
                if hung == MOST_TRIES:
                    return reason
                for worker in crew:  # those that were idle are gone for good
                    ray.kill(worker, no_restart=False)
        else:
            store(unit, rows)
            stored, hung, heard = stored + 1, 0, time.monotonic()
            for warning in warnings:
                log.warning("%s", warning)
        while idle := pool.pop_idle():  # its room may be wanted for one whose machine was lost
            ray.kill(idle)
        if time.monotonic() - asked >= LOOK_EVERY:
            asked = time.monotonic()
            before = loaded
            answers, tokens, loaded = ray.get(told.take.remote())
            if answers or tokens or loaded > before:
                heard = asked
            if tell is not None and (answers or tokens):
                tell(answers, tokens)
    return reason


def as_itself(error: Any) -> Exception:
    """What the engine raised, with the machine where that is another one than this."""
    cause: Exception = error.cause
    text = plain(error)
    address = found[1] if (found := re.search(r"\bip=([^,)\s]+)", text)) else "?"
    if isinstance(cause, require_ray().exceptions.RayError):
        return EvaluationError(
            f"a worker at {address} cannot take its work: {last_line(cause)}; is the same netgain "
            "installed there?"
        )
    if not isinstance(cause, NetgainError):
        cause.add_note(f"in a worker at {address}:\n{text}")
    elif not is_here(address):
        why = "; model and adapter must lie at the same paths on every machine"
        cause.args = (
            f"{cause} (in a worker at {address}{why if isinstance(cause, ModelError) else ''})",
        )
    return cause
