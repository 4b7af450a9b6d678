"""The engine elsewhere: any server with OpenAI's HTTP interface.

Chat prompts go to `/chat/completions` and raw text to `/completions`. The server applies its own
chat template and tokenizer, so what `describe` says must stand beside any verdict.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from netgain.errors import EvaluationError
from netgain.generate.endpoint_batch import Batch, Learned
from netgain.generate.endpoint_http import open_line, require_httpx
from netgain.generate.endpoint_pace import Pace
from netgain.generate.endpoint_reply import SHOWN, Fault, Reply
from netgain.generate.endpoint_server import Key, Server, read_key
from netgain.generate.sampler import Answer, Request, Sampling
from netgain.generate.stopping import cut_at_stop
from netgain.records import FinishReason

FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos_token": "stop",  # TGI's names
    "stop_sequence": "stop",
    "length": "length",
}
T = TypeVar("T")


class EndpointSampler:
    """Answers from a server. `renderer` is None: the server applies its own template.

    Args:
        sleep, clock: for back-off and the rate limit.

    Raises:
        MissingDependency: the HTTP library is not installed.
    """

    renderer = None

    def __init__(
        self,
        server: Server,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        require_httpx()
        self.server = server
        self.sleep = sleep
        self.pace = Pace(server.requests_per_minute, clock)
        self.learned = Learned()

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
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
                "the calculator needs an engine that takes token ids, and a server takes text; "
                "choose another engine"
            )
        if not requests:
            return []
        key = read_key(self.server)
        began = time.perf_counter()
        with key.hidden_in_logs():
            found = _finished(self._ask(requests, sampling, key))
        seconds = (time.perf_counter() - began) / len(requests)
        return [_answer(one, seconds, sampling) for one in found]

    def describe(self) -> dict[str, str]:
        """What must be recorded beside a verdict, as far as the server has shown it."""
        learned = self.learned
        said = {
            "url": self.server.base,
            "model": self.server.model,
            "chat_template": "the server's own",
            "server": learned.program,
            "answered_as": ", ".join(sorted(learned.models)),
            "system_fingerprint": ", ".join(sorted(learned.fingerprints)),
            "not_taken": ", ".join(sorted(learned.not_taken)),
        }
        if learned.uncounted:
            said["token_counts"] = f"missing in {learned.uncounted} of {learned.answered} answers"
        return {name: value for name, value in said.items() if value}

    async def _ask(
        self, requests: Sequence[Request], sampling: Sampling, key: Key
    ) -> list[Reply | Fault]:
        async with open_line(self.server, key) as line:
            batch = Batch(line, sampling, self.learned, self.pace, self.sleep)
            return await batch.answer_all(requests)


def _answer(found: Reply | Fault, seconds: float, sampling: Sampling) -> Answer:
    if isinstance(found, Fault):
        return Answer("", "error", 0, 0, seconds, error=found.words[:SHOWN])
    text, stopped = cut_at_stop(found.text, sampling)
    reason = "stop" if stopped else FINISH.get(found.ended, "error")
    return Answer(
        text=text,
        finish_reason=reason,
        prompt_tokens=found.prompt_tokens or 0,
        completion_tokens=found.completion_tokens or 0,
        seconds=seconds,
        error=f"the server ended it with {found.ended!r}" if reason == "error" else None,
    )


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of asynchronous work, also where a loop is running already (in a notebook)."""
    try:
        asyncio.get_running_loop()
        running = True
    except RuntimeError:
        running = False
    if not running:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
