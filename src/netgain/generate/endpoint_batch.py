"""All requests of one call, asked until each is answered or found to be at fault itself.

A request that fails is tried again, ever later. One that fails every time is set aside and tried
once more when the others are done, alone: then a server that was down or overloaded has had its
time. It becomes an error only where the server answered others, still answers a plain question, and
fails at this one alone. A server that answers nobody ends the run, which can be resumed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from netgain.errors import ServerError
from netgain.generate.endpoint_http import Line
from netgain.generate.endpoint_pace import Pace, wait_after
from netgain.generate.endpoint_reply import SHOWN, Fault, Reply, refused_parameter
from netgain.generate.endpoint_server import Server
from netgain.generate.sampler import Request, Sampling
from netgain.records import Prompt

log = logging.getLogger("netgain")
MOST_STOPS = 4  # stop texts that OpenAI's interface takes; all are applied on our side
MOST_NAMES = 8  # of models or fingerprints that are kept
FEWEST_SILENT = 3  # requests given up on end before the server is, however few are under way
PASSING = ("away", "broken", "limited")  # faults that may be gone at the next try
RESUME = "answers so far are kept; start the same command again"
CHAT_PROBE = Prompt(messages=(("user", "What is 1 + 1?"),))
TEXT_PROBE = Prompt(messages=(), text="1 + 1 =")


@dataclass
class Learned:
    """What a server has shown so far: what it does not take, and what it is."""

    not_taken: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    fingerprints: set[str] = field(default_factory=set)
    program: str = ""
    answered: int = 0
    uncounted: int = 0  # answers without token counts


class Batch:
    """Requests with the same settings, over one line.

    Args:
        learned: what is known of the server, which this batch adds to.
        pace: when requests may begin, shared with earlier batches.
    """

    def __init__(
        self,
        line: Line,
        sampling: Sampling,
        learned: Learned,
        pace: Pace,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.line = line
        self.server: Server = line.server
        self.sampling = sampling
        self.learned = learned
        self.pace = pace
        self.sleep = sleep
        self.told = False  # that something is tried again
        self.room = asyncio.Semaphore(self.server.concurrency)
        self.probing = asyncio.Lock()
        self.random = random.Random()
        self.answered = 0
        self.silent = 0  # requests given up since the last answer

    async def answer_all(self, requests: Sequence[Request]) -> list[Reply | Fault]:
        """A reply, or a fault of its own, for each request, in order.

        Raises:
            ServerError: the server as a whole does not answer, or takes none of this.
        """
        tasks = [asyncio.create_task(self._first(request)) for request in requests]
        try:
            found = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.learned.program = self.line.program or self.learned.program
        for i, request in enumerate(requests):
            fault = found[i]
            if isinstance(fault, Fault) and fault.kind in PASSING:
                found[i] = await self._last(request, fault)
        return found

    async def _first(self, request: Request) -> Reply | Fault:
        """A reply, a fault of this request's own, or one to come back to."""
        async with self.room:
            found = await self._persist(request)
        if isinstance(found, Reply):
            return found
        if found.kind not in PASSING:
            return await self._settle(request, found)
        self.silent += 1
        if self.silent >= max(FEWEST_SILENT, self.server.concurrency):
            raise ServerError(await self._explain(found))
        return found

    async def _last(self, request: Request, fault: Fault) -> Reply | Fault:
        """Once more and alone, where the server has answered any other."""
        if not self.answered:
            raise ServerError(await self._explain(fault))
        found = await self._persist(request)
        return found if isinstance(found, Reply) else await self._settle(request, found)

    async def _persist(self, request: Request) -> Reply | Fault:
        """Try until there is an answer, a fault that will not pass, or no try left."""
        failures = 0
        while True:
            await self.sleep(self.pace.turn())
            found = await self._try(request)
            if isinstance(found, Reply):
                self._learn(found)
                return found
            failures += 1
            if found.kind not in PASSING or failures > self.server.retries:
                return found
            if not self.told:
                self.told = True
                log.warning("the server gave no answer (%s); trying again", found.words[:200])
            wait = wait_after(failures, found.wait, self.random)
            if found.kind == "limited":
                self.pace.hold(wait)  # the limit is everybody's, so all wait
            else:
                await self.sleep(wait)

    async def _try(self, request: Request) -> Reply | Fault:
        """One try; another one at once where the server names a parameter that it does not take."""
        while True:
            path, body = self._body(request)
            found = await self.line.ask(path, body)
            if isinstance(found, Reply) or found.kind != "refused":
                return found
            name = refused_parameter(found.words, body)
            if name is None:
                return found
            self.learned.not_taken.add(name)

    def _body(self, request: Request) -> tuple[str, dict[str, Any]]:
        sampling, not_taken = self.sampling, self.learned.not_taken
        limit = "max_completion_tokens" if "max_tokens" in not_taken else "max_tokens"
        body: dict[str, Any] = {
            "model": self.server.model,
            "temperature": sampling.temperature,
            limit: sampling.max_new_tokens,
        }
        if sampling.temperature and sampling.top_p != 1:
            body["top_p"] = sampling.top_p
        if sampling.stop and "stop" not in not_taken:
            body["stop"] = list(sampling.stop[:MOST_STOPS])
        if request.seed is not None and "seed" not in not_taken:
            body["seed"] = request.seed
        messages = [{"role": role, "content": said} for role, said in request.prompt.messages]
        if messages:
            return "/chat/completions", {**body, "messages": messages}
        return "/completions", {**body, "prompt": request.prompt.text}

    def _learn(self, reply: Reply) -> None:
        learned = self.learned
        self.answered += 1
        self.silent = 0
        learned.answered += 1
        learned.uncounted += reply.prompt_tokens is None or reply.completion_tokens is None
        for name, known in (
            (reply.model, learned.models),
            (reply.fingerprint, learned.fingerprints),
        ):
            if name and len(known) < MOST_NAMES:
                known.add(name)

    async def _settle(self, request: Request, fault: Fault) -> Fault:
        """The fault, where it is this request's own; else the run ends.

        A refusal is its own where the server takes others with the same settings. A failure that
        stays is its own where the server answers a plain question right after it.
        """
        general = fault
        if fault.kind in ("refused", "broken"):
            async with self.probing:
                if fault.kind == "refused" and self.answered:
                    return fault
                probe = CHAT_PROBE if request.prompt.messages else TEXT_PROBE
                await self.sleep(self.pace.turn())
                found = await self._try(Request(probe, seed=request.seed))
            if isinstance(found, Reply):
                return fault
            general = found
        raise ServerError(await self._explain(general))

    async def _explain(self, fault: Fault) -> str:
        """What happened, where, why, and what to do."""
        where = f"the server at {self.server.base}"
        words = fault.words[:SHOWN]
        variable = self.server.key_variable
        if fault.kind == "denied":
            key = f"the key in {variable}" if self.line.key.header else f"no key ({variable} unset)"
            return f"{where} lets no one in with {key} ({words}); set {variable} to a valid key"
        if fault.kind == "missing":
            return f"{where} {await self._what_is_missing()} ({words})"
        if fault.kind == "moved":
            return f"{where} sends us elsewhere ({words}); set the url to where it is now"
        if fault.kind == "refused":
            return f"{where} takes no request with these settings: {words}"
        if fault.kind == "limited":
            return f"{where} lets no request through ({words}); {RESUME} later"
        what = f"answers {words}" if words.startswith("HTTP") else words
        slow = " (a longer timeout may help)" if "within" in words else ""
        tries = f"after {self.server.retries + 1} tries" if self.server.retries else "at once"
        return f"{where} {what} {tries}{slow}; {RESUME} when it works again"

    async def _what_is_missing(self) -> str:
        model = self.server.model
        known = await self.line.models()
        if model in known:
            return f"has the model {model!r} but no such path; it may take no prompts of this kind"
        if known:
            return f"has no model {model!r}; it has {', '.join(known)}"
        return f"has no model {model!r}, or its interface begins elsewhere: check model and url"
