"""One evaluation over many workers, by Ray: units of work handed out as workers become free.

Every worker is an actor with an engine of its own. A unit is waiting, with one worker, or
finished, so it is answered once; what its worker's end leaves unfinished waits again. Rows come
back to this process, the one that stores them.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netgain.errors import EvaluationError, NetgainError
from netgain.generate.answering import Asking, Question
from netgain.generate.ray_cluster import (
    MACHINE_LOST,
    Share,
    is_here,
    joined,
    last_line,
    plain,
    require_ray,
    share_out,
    why_lost,
)
from netgain.generate.ray_worker import EngineWorker, Place
from netgain.generate.units import Done, Load
from netgain.records import Generation

log = logging.getLogger("netgain")
MOST_TRIES = 3  # workers that a unit may end before it is given up
MOST_LOST = 3  # workers lost for each that is asked for, with no unit finished in between
TIMES_SLOWER = 10  # than the slowest unit so far: a worker that takes longer is held to hang
LEAST_SECONDS = 300.0  # …but never within these
LOOK_EVERY = 0.5  # seconds
SAFE = "what was answered is stored, and the same command goes on from there"


@dataclass(frozen=True)
class Terms:
    """When a worker is held to be lost, and what it computes on.

    `start_seconds` is the most that finding room in the cluster and loading the model may take
    together; `unit_seconds` the most for a unit. Once units are finished, ten times the slowest of
    them is the most (or five minutes, where that is longer). With `use_gpus` a worker has a GPU to
    itself where there are any.
    """

    start_seconds: float = 900.0
    unit_seconds: float = 6 * 3600.0
    use_gpus: bool = True


def answer_on_workers(
    load: Load,
    units: Mapping[int, Sequence[Question]],
    asking: Asking,
    done: Done,
    workers: int,
    address: str | None = None,
    terms: Terms | None = None,
) -> None:
    """Answer every unit on Ray workers, and tell `done` of each as it is finished, in any order.

    Args:
        load: called once in every worker; it and the sampler's code must be importable there.
        units: questions by the unit's number, handed out in the order given.
        done: called once for every unit, in this process.
        address: "host:port" of a cluster's head, or "auto"; None begins a cluster on this machine.

    Raises:
        MissingDependency: Ray is not installed.
        EvaluationError: no cluster or no room in it, workers unlike this machine, every worker
            lost, or a unit that ends every worker that has it.
        Exception: whatever the engine raised in a worker, as itself.
    """
    ray = require_ray()
    if workers < 1:
        raise EvaluationError(f"{workers} workers cannot answer anything; ask for 1 or more")
    if not units:
        return
    terms = terms or Terms()
    workers = min(workers, len(units))
    with joined(address):
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        crew = _Crew(load, units, asking, share_out(machines, workers, terms.use_gpus), terms)
        try:
            crew.begin(workers)
            while crew.unfinished and crew.busy:
                for ref in crew.ready():
                    for unit, rows in crew.collect(ref):
                        done(unit, rows)
                crew.dismiss_late()
        finally:
            crew.end()
    crew.complain()


@dataclass
class _Worker:
    """An actor and what it is doing: `unit` is None while it loads."""

    number: int
    actor: Any
    unit: int | None = None
    since: float = field(default_factory=time.monotonic)
    host: str = ""

    def __str__(self) -> str:
        return f"worker {self.number}" + (f" on {self.host}" if self.host else "")


class _Crew:
    """The workers, what each is doing, and the units that wait."""

    def __init__(
        self,
        load: Load,
        units: Mapping[int, Sequence[Question]],
        asking: Asking,
        share: Share,
        terms: Terms,
    ) -> None:
        self.ray = require_ray()
        self.load, self.units, self.asking = load, units, asking
        self.share, self.terms = share, terms
        self.waiting = deque(units)
        self.unfinished = set(units)
        self.busy: dict[Any, _Worker] = {}  # by the reference to what comes of it
        self.idle: list[_Worker] = []
        self.tries: Counter[int] = Counter()
        self.given_up: dict[int, str] = {}  # the reason, by unit
        self.slowest: float | None = None  # seconds of a finished unit
        self.most_lost = self.may_lose = 0  # before one more is not replaced
        self.last_loss = ""

    def begin(self, workers: int) -> None:
        self.most_lost = self.may_lose = MOST_LOST * workers
        for number in range(1, workers + 1):
            self._hire(number)

    def end(self) -> None:
        for worker in [*self.busy.values(), *self.idle]:
            self.ray.kill(worker.actor)

    def ready(self) -> list[Any]:
        """References whose result, or whose worker's end, is known; waits a moment for one."""
        busy = list(self.busy)
        self.ray.wait(busy, timeout=LOOK_EVERY)
        found: list[Any] = self.ray.wait(busy, num_returns=len(busy), timeout=0)[0]
        return found

    def collect(self, ref: Any) -> list[tuple[int, list[Generation]]]:
        """The finished unit that a reference stands for, if it does, and its worker goes on."""
        errors = self.ray.exceptions
        worker = self.busy.pop(ref)
        try:
            result = self.ray.get(ref)
        except errors.RayTaskError as error:
            raise self._as_itself(error, worker) from None
        except errors.UnserializableException as error:
            raise EvaluationError(f"{worker} failed: {error}") from None
        except errors.RayError as error:
            self._lose(worker, why_lost(error))
            return []
        unit = worker.unit
        if unit is None:
            self._settle(worker, result)
            self._hand_out(worker)
            return []
        rows, warnings = result
        for warning in warnings:
            log.warning("%s: %s", worker, warning)
        self.slowest = max(self.slowest or 0.0, time.monotonic() - worker.since)
        self.may_lose = self.most_lost
        self.unfinished.remove(unit)
        self._hand_out(worker)
        return [(unit, rows)]

    def dismiss_late(self) -> None:
        """A worker that takes too long is ended, and what it was doing is done by another."""
        now = time.monotonic()
        for ref, worker in list(self.busy.items()):
            limit = self._limit(worker)
            if now - worker.since <= limit or self.ray.wait([ref], timeout=0)[0]:
                continue
            del self.busy[ref]
            if worker.unit is None:
                reason = f"it found no room, or loaded no model, in {limit:.0f} s"
                self._lose(worker, reason, replace=False)  # another one would wait as long
            else:
                self._lose(worker, f"it gave no answers in {limit:.0f} s")

    def complain(self) -> None:
        """Say which units are not answered, and why.

        Raises:
            EvaluationError: there are such units.
        """
        if self.given_up:
            unit, reason = next(iter(self.given_up.items()))
            ids = [question.problem_id for question in self.units[unit]]
            shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
            others = len(self.given_up) - 1
            raise EvaluationError(
                f"unit {unit} (problems {shown}) ended {MOST_TRIES} workers one after the other "
                f"and was given up{f', as were {others} other units' if others else ''}; the last "
                f"time {reason}. All else was done: {SAFE}. Try smaller units "
                "(evaluate.batch_size), or fewer workers, which leaves more memory to each"
            )
        if self.unfinished:
            raise EvaluationError(
                f"every worker was lost, the last because {self.last_loss}; {len(self.unfinished)} "
                f"of {len(self.units)} units are not answered: {SAFE}"
            )

    def _hire(self, number: int) -> None:
        actor = self.ray.remote(EngineWorker)
        placed = {"num_cpus": self.share.cores, "num_gpus": self.share.gpus}
        worker = _Worker(number, actor.options(**placed, scheduling_strategy="SPREAD").remote())
        self.busy[worker.actor.load.remote(self.load, self.share.cores)] = worker

    def _hand_out(self, worker: _Worker) -> None:
        if not self.waiting:
            self.idle.append(worker)  # a unit that another worker loses may still come
            return
        worker.unit, worker.since = self.waiting.popleft(), time.monotonic()
        questions = list(self.units[worker.unit])
        self.busy[worker.actor.answer.remote(questions, self.asking)] = worker

    def _lose(self, worker: _Worker, reason: str, replace: bool = True) -> None:
        self.ray.kill(worker.actor)
        self.last_loss = reason
        then = self._put_back(worker.unit, reason)
        if self.waiting and self.idle:
            self._hand_out(self.idle.pop())
        elif self.waiting and self.may_lose and replace:
            self.may_lose -= 1
            self._hire(worker.number)
            then += "; a new worker takes its place"
        log.warning("%s was lost: %s%s", worker, reason, then)

    def _put_back(self, unit: int | None, reason: str) -> str:
        if unit is None:
            return ""
        self.tries[unit] += (
            reason != MACHINE_LOST
        )  # machines that are taken back are no unit's fault
        if self.tries[unit] < MOST_TRIES:
            self.waiting.appendleft(unit)
            return f"; unit {unit} is answered again"
        self.unfinished.remove(unit)
        self.given_up[unit] = reason
        return f"; unit {unit} is given up, for it has ended {MOST_TRIES} workers"

    def _limit(self, worker: _Worker) -> float:
        if worker.unit is None:
            return self.terms.start_seconds
        if self.slowest is None:
            return self.terms.unit_seconds
        return min(self.terms.unit_seconds, max(LEAST_SECONDS, TIMES_SLOWER * self.slowest))

    def _settle(self, worker: _Worker, place: Place) -> None:
        worker.host = place.host
        different = place.differs_from(Place.here())
        if different:
            raise EvaluationError(
                f"{worker} would answer with {different}, and answers are recorded with what this "
                "machine has; install the same everywhere, and give the command on a machine like "
                "the workers"
            )

    def _as_itself(self, error: Any, worker: _Worker) -> Exception:
        """What the engine raised, with the machine where that is another one than this."""
        cause: Exception = error.cause
        text = plain(error)
        address = found[1] if (found := re.search(r"\bip=([^,)\s]+)", text)) else "?"
        if isinstance(cause, self.ray.exceptions.RayError):
            return EvaluationError(
                f"{worker} at {address} cannot take its work: {last_line(cause)}; is the same "
                "netgain installed there?"
            )
        if not isinstance(cause, NetgainError):
            cause.add_note(f"in {worker} at {address}:\n{text}")
        elif not is_here(address):
            where = f"{cause} (in {worker}, at {address}"
            if worker.unit is None:
                where += "; model and adapter must lie at the same paths on every machine"
            cause.args = (where + ")",)
        return cause
