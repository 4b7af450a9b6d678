"""The engine elsewhere: any server with OpenAI's HTTP interface.

Chat prompts go to `/chat/completions` and raw text to `/completions`. The server applies its own
chat template and tokenizer, so what `describe` says must stand beside any verdict.

A request that fails is tried again, ever later. One that fails every time becomes an error only
where the server answers a plain question, fails at this one once more, and answers others. A server
that answers nobody ends the run, which can be resumed.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from netgain.errors import EvaluationError, ServerError
from netgain.generate.endpoint_client import (
    SHOWN,
    Client,
    Fault,
    Reply,
    connected,
    refused_parameter,
    require_httpx,
)
from netgain.generate.endpoint_server import Key, Server, library_is_quiet, read_key
from netgain.generate.sampler import Answer, Request, Sampling, Tell, cut_at_stop, read_answer
from netgain.models.render import Renderer
from netgain.records import FinishReason, Prompt

log = logging.getLogger("netgain")
FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos_token": "stop",  # TGI's names
    "stop_sequence": "stop",
    "length": "length",
}
FIRST_WAIT, MOST_WAIT = 1.0, 60.0  # s, after a failure; doubled with each
MOST_STOPS = 4  # stop texts that OpenAI's interface takes; all are applied on our side
MOST_NAMES = 8  # of models or fingerprints that are kept
PASSING = ("passing", "limited")  # kinds of faults that may be gone at the next try
RESUME = "answers so far are kept; start the same command again"
CHAT_PROBE = Prompt(messages=(("user", "What is 1 + 1?"),))
TEXT_PROBE = Prompt(messages=(), text="1 + 1 =")


class EndpointSampler:
    """Answers from a server.

    Args:
        sleep, clock: for back-off and the rate limit.
        key: what the server is shown; None reads the environment at each call.
        renderer: of a server that takes and gives token ids, as vLLM does; None: the server applies
            its own template.

    Raises:
        MissingDependency: the HTTP library is not installed.
    """

    def __init__(
        self,
        server: Server,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        key: Key | None = None,
        renderer: Renderer | None = None,
    ) -> None:
        require_httpx()
        self.server, self.sleep, self.clock = server, sleep, clock
        self.key, self.renderer = key, renderer
        self.free = clock()  # when the next request may begin
        self.not_taken: set[str] = set()  # parameters
        self.models: set[str] = set()
        self.fingerprints: set[str] = set()
        self.program = ""
        self.answered = self.uncounted = 0  # answers; those without token counts

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
        """Answer a batch, in order; each answer carries an equal share of its wall time.

        An answer is an "error" where the server refuses that one request, fails at that one alone,
        or ended it for another reason than "stop" or "length". A token count that the server does
        not give is 0, and `describe` says in how many answers.

        Raises:
            ServerError: the server is gone, refuses the key, has no such model, sends us
                elsewhere or takes no request with these settings; or a calculator is asked for.
        """
        if sampling.pause is not None:
            raise EvaluationError(
                "the calculator needs an engine that takes token ids while an answer is written, "
                "and a server takes none; choose the transformers or the openvino engine"
            )
        if not requests:
            return []
        key = self.key or read_key(self.server)
        began = time.perf_counter()
        with library_is_quiet():
            found = _finished(self._ask(requests, sampling, key, tell))
        seconds = (time.perf_counter() - began) / len(requests)
        return [self._answer(one, seconds, sampling) for one in found]

    def describe(self) -> dict[str, str]:
        """What must be recorded beside a verdict, as far as the server has shown it."""
        said = {
            "url": self.server.base,
            "model": self.server.model,
            "chat_template": "the server's own",
            "server": self.program,
            "answered_as": ", ".join(sorted(self.models)),
            "system_fingerprint": ", ".join(sorted(self.fingerprints)),
            "not_taken": ", ".join(sorted(self.not_taken)),
        }
        if self.uncounted:
            said["token_counts"] = f"missing in {self.uncounted} of {self.answered} answers"
        return {name: value for name, value in said.items() if value}

    async def _ask(
        self, requests: Sequence[Request], sampling: Sampling, key: Key, tell: Tell | None
    ) -> list[Reply | Fault]:
        async with connected(self.server, key) as client:
            try:
                return await _Batch(self, client, sampling, tell).answer_all(requests)
            finally:
                self.program = client.program or self.program

    def _answer(self, found: Reply | Fault, seconds: float, sampling: Sampling) -> Answer:
        if isinstance(found, Fault):
            return Answer("", "error", 0, 0, seconds, error=found.words[:SHOWN])
        prompt_tokens, tokens = found.prompt_tokens or 0, found.completion_tokens or 0
        if self.renderer is not None and found.ids and found.ended in FINISH:
            return read_answer(self.renderer, found.ids, prompt_tokens, seconds, sampling)
        text, stopped = cut_at_stop(found.text, sampling)
        reason = "stop" if stopped else FINISH.get(found.ended, "error")
        error = f"the server ended it with {found.ended!r}" if reason == "error" else None
        return Answer(text, reason, prompt_tokens, tokens, seconds, error)


class _Batch:
    """Requests with the same settings, over one line."""

    def __init__(
        self, sampler: EndpointSampler, client: Client, sampling: Sampling, tell: Tell | None
    ) -> None:
        self.sampler, self.client, self.sampling = sampler, client, sampling
        self.server = sampler.server
        self.tell = tell or (lambda answers, tokens: None)
        self.room = asyncio.Semaphore(self.server.concurrency)
        self.told = False  # that something is tried again
        self.answered = 0

    async def answer_all(self, requests: Sequence[Request]) -> list[Reply | Fault]:
        """A reply, or a fault of its own, for each request, in order.

        Raises:
            ServerError: the server as a whole does not answer, or takes none of this.
        """
        tasks = [asyncio.create_task(self._answer(request)) for request in requests]
        try:
            found = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        failed = [one for one in found if isinstance(one, Fault) and one.kind in PASSING]
        if failed and not self.answered:
            raise self._ended(failed[0])
        return found

    async def _answer(self, request: Request) -> Reply | Fault:
        """A reply, or a fault of this request's own."""
        async with self.room:
            found = await self._persist(request, self.server.retries)
            if isinstance(found, Fault) and not (found.kind == "refused" and self.answered):
                await self._refuse_general(request, found)
                if found.kind in PASSING:
                    found = await self._persist(request, self.server.retries)
            if isinstance(found, Reply):
                self._learn(found)
            return found

    async def _persist(self, request: Request, retries: int) -> Reply | Fault:
        """Try until there is an answer, a fault that will not pass, or no try left."""
        failures = 0
        while True:
            found = await self._try(request)
            if isinstance(found, Reply):
                return found
            failures += 1
            if found.kind not in PASSING or failures > retries:
                return found
            if not self.told:
                self.told = True
                log.warning("the server gave no answer (%s); trying again", found.words[:200])
            # Drawn, so that requests that failed together do not come back together.
            backoff = min(MOST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20))
            wait = backoff * random.uniform(0.5, 1.0)
            wait = wait if found.wait is None else min(found.wait, MOST_WAIT)
            if found.kind == "limited":  # the limit is everybody's, so all wait
                self.sampler.free = max(self.sampler.free, self.sampler.clock() + wait)
            else:
                await self.sampler.sleep(wait)

    async def _try(self, request: Request) -> Reply | Fault:
        """One try in turn; another at once where the server names a parameter it does not take."""
        sampler, limit = self.sampler, self.server.requests_per_minute
        now = sampler.clock()
        begins = max(now, sampler.free)
        sampler.free = begins + (60 / limit if limit else 0.0)
        await sampler.sleep(begins - now)
        while True:
            path, body = self._body(request)
            found = await self.client.ask(path, body)
            if isinstance(found, Reply) or found.kind != "refused":
                return found
            name = refused_parameter(found.words, body)
            if name is None:
                return found
            sampler.not_taken.add(name)

    def _body(self, request: Request) -> tuple[str, dict[str, Any]]:
        sampling, not_taken = self.sampling, self.sampler.not_taken
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
        if self.sampler.renderer is not None and request.ids:
            body |= {"prompt": list(request.ids), "return_token_ids": True}
            body["stop_token_ids"] = list(self.sampler.renderer.stop_ids)
            return "/completions", body
        messages = [{"role": role, "content": said} for role, said in request.prompt.messages]
        if messages:
            return "/chat/completions", {**body, "messages": messages}
        return "/completions", {**body, "prompt": request.prompt.text}

    def _learn(self, reply: Reply) -> None:
        sampler = self.sampler
        self.answered += 1
        sampler.answered += 1
        sampler.uncounted += reply.prompt_tokens is None or reply.completion_tokens is None
        if reply.model and len(sampler.models) < MOST_NAMES:
            sampler.models.add(reply.model)
        if reply.fingerprint and len(sampler.fingerprints) < MOST_NAMES:
            sampler.fingerprints.add(reply.fingerprint)
        self.tell(1, reply.completion_tokens or 0)

    async def _refuse_general(self, request: Request, fault: Fault) -> None:
        """End the run where a fault is not this request's own: a plain question fails as well."""
        general = fault
        if fault.kind != "lasting":
            probe = CHAT_PROBE if request.prompt.messages and not request.ids else TEXT_PROBE
            retries = min(2, self.server.retries)
            found = await self._persist(Request(probe, seed=request.seed), retries)
            if isinstance(found, Reply):
                return
            general = found
        raise self._ended(general)

    def _ended(self, fault: Fault) -> ServerError:
        """What happened, where, why, and what to do."""
        words, tries = fault.words[:SHOWN], self.server.retries + 1
        slow = " (a longer timeout may help)" if "within" in words else ""
        said = f"answers {words}" if words.startswith("HTTP") else words
        after = f"after {tries} tries" if tries > 1 else "at once"
        explained = {
            "lasting": fault.words,
            "refused": f"takes no request with these settings: {words}",
            "limited": f"lets no request through ({words}); {RESUME} later",
            "passing": f"{said} {after}{slow}; {RESUME} when it works again",
        }
        return ServerError(f"the server at {self.server.base} {explained[fault.kind]}")


def _finished(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of asynchronous work, also where a loop is running already (in a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
