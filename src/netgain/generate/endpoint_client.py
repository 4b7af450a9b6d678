"""One request to a server, bounded in time and size: what comes back is a reply or a fault.

A reply is foreign input: it must be JSON of the right shape, and every text that leaves has the key
taken out. Nothing is raised for what a server or the network does, so no exception of the HTTP
library, which holds the request with its key, is part of a later one.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from netgain.errors import EvaluationError, MissingDependency
from netgain.generate.endpoint_server import Key, Server
from netgain.wording import one_line

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 4 * 2**20  # of one reply
MOST_TOKENS = 10**9  # a count above it is not believed
SHOWN = 300  # characters of a server's words in a message
READ = 4000  # characters of a refusal that are searched for a parameter's name


@dataclass(frozen=True)
class Reply:
    """An answer as the server gave it. `ended` is the server's own word for why it ended.

    A token count is None where the server gives none, or none that can be believed. `ids` are the
    generated tokens, from a server that was asked for them.
    """

    text: str
    ended: str
    prompt_tokens: int | None
    completion_tokens: int | None
    model: str = ""
    fingerprint: str = ""
    ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Why there is no answer. `words` are for people; `wait` is what the server asks for, in s.

    A fault that is "passing" may be gone at the next try: no connection, silence, an error of the
    server's, rubbish. "limited" is too many requests, "refused" this request alone. "lasting" is
    everybody's: the key is not taken, there is no such model or path, or a redirection.
    """

    kind: Literal["passing", "limited", "refused", "lasting"]
    words: str
    wait: float | None = None


@dataclass
class Client:
    """An open line to a server. `program` is what its last Server header said it is."""

    http: httpx2.AsyncClient
    server: Server
    key: Key
    program: str = ""

    async def ask(self, path: str, body: Mapping[str, Any]) -> Reply | Fault:
        """One try at one answer, over within the server's `timeout`."""
        found = await self._exchange("POST", path, json.dumps(body).encode())
        if isinstance(found, Fault):
            return found
        status, headers, content = found
        self.program = self._shown(headers.get("server", ""), 100) or self.program
        if status < 300:
            return self._read_answer(content)
        if status in (404, 405):
            return Fault("lasting", f"{await self._what_is_missing()} (HTTP {status})")
        return self._read_fault(status, headers, content)

    async def _what_is_missing(self) -> str:
        found, model = await self._exchange("GET", "/models", None), self.server.model
        rows = None if isinstance(found, Fault) else _value(_json(found[2]), "data")
        ids = [_value(row, "id") for row in rows] if isinstance(rows, list) else []
        known = [self._shown(name, SHOWN) for name in ids if isinstance(name, str)][:20]
        if model in known:
            return f"has the model {model!r} but no such path; it may take no prompts of this kind"
        if known:
            return f"has no model {model!r}; it has {', '.join(known)}"
        return f"has no model {model!r}, or its interface begins elsewhere: check model and url"

    async def _exchange(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes] | Fault:
        import httpx2

        try:
            async with asyncio.timeout(self.server.timeout):
                return await self._send(method, path, content)
        except TimeoutError:
            return Fault("passing", f"gave no whole answer within {self.server.timeout:g} s")
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError) as error:
            began = isinstance(error, (httpx2.HTTPError, OSError)) and not isinstance(
                error, (httpx2.ConnectError, httpx2.ProxyError)
            )
            said = self._shown(str(error), 200) or type(error).__name__
            return Fault("passing", f"{'broke off' if began else 'cannot be reached'} ({said})")

    async def _send(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes] | Fault:
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",  # or a small body could unpack into a huge one
            **self.key.header,
        }
        url = self.server.base + path
        async with self.http.stream(method, url, content=content, headers=headers) as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                return Fault("passing", "sent a compressed reply, which was not asked for")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    return Fault("passing", f"sent more than {MOST_BYTES >> 20} MiB for one answer")
            return response.status_code, response.headers, bytes(body)

    def _read_fault(self, status: int, headers: Mapping[str, str], content: bytes) -> Fault:
        said = _json(content)
        for name in ("error", "message"):
            said = _value(said, name) or said
        text = said if isinstance(said, str) else content.decode(errors="replace")
        text = self._shown(text, READ)
        words = f"HTTP {status}: {text}" if text else f"HTTP {status}"
        if status < 400:
            target = self._shown(headers.get("location", ""), SHOWN).split("?")[0]
            where = target.rpartition("@")[2] or "nowhere"
            return Fault("lasting", f"sends us elsewhere ({where}); set the url to where it is now")
        if status in (401, 403):
            name = self.server.key_variable
            key = f"the key in {name}" if self.key.header else f"no key ({name} unset)"
            return Fault(
                "lasting", f"lets no one in with {key} ({words}); set {name} to a valid one"
            )
        if status == 429:
            return Fault("limited", words, retry_after(headers.get("retry-after", "")))
        if status >= 500 or status in (408, 409, 425):
            return Fault("passing", words, retry_after(headers.get("retry-after", "")))
        return Fault("refused", words)

    def _read_answer(self, content: bytes) -> Reply | Fault:
        found = _json(content)
        if found is None:
            begins = self._shown(content.decode(errors="replace"), SHOWN)
            return Fault("passing", f"what it sent is no JSON: {begins!r}")
        choices = _value(found, "choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(first, dict):
            return Fault("passing", "what it sent holds no answer: no choices")
        ended, message, usage = first.get("finish_reason"), first.get("message"), found.get("usage")
        text = first.get("text") if message is None else _value(message, "content")
        if text is None and message is not None and ended == "length":
            text = ""  # all tokens went into thoughts that the server keeps apart
        if not isinstance(text, str):
            return Fault("passing", "what it sent holds no answer: its text is no text")
        ids = first.get("token_ids")
        return Reply(
            text=self.key.hide_in_answer(_valid(text)),
            ended=self._label(ended),
            prompt_tokens=_count(_value(usage, "prompt_tokens")),
            completion_tokens=_count(_value(usage, "completion_tokens")),
            model=self._label(found.get("model")),
            fingerprint=self._label(found.get("system_fingerprint")),
            ids=tuple(i for i in ids if _count(i) is not None) if isinstance(ids, list) else (),
        )

    def _label(self, value: object) -> str:
        return self._shown(_valid(value), 100) if isinstance(value, str) else ""

    def _shown(self, text: str, most: int) -> str:
        """Foreign words as one safe line, without the key."""
        return one_line(self.key.hide(text)[: 2 * most])[:most]


def refused_parameter(words: str, sent: Mapping[str, Any]) -> str | None:
    """The one of `sent`'s optional parameters that these words say the server does not take."""
    refusal = "unsupported|not supported|unknown|unrecognized|unexpected|not permitted"
    if not re.search(f"{refusal}|extra_forbidden", words, re.IGNORECASE):
        return None
    named = (n for n in ("max_tokens", "stop", "seed") if n in sent)
    return next((n for n in named if re.search(rf"\b{n}\b", words)), None)


def retry_after(header: str) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), or None.

    >>> retry_after("7"), retry_after("soon"), retry_after("-1")
    (7.0, None, None)
    """
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,6})?\s*", header, re.ASCII):
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def require_httpx() -> Any:
    """The HTTP library, or one line on how to get it."""
    try:
        import httpx2
    except ImportError:
        raise MissingDependency(
            "the endpoint engine is not installed: pip install 'netgain[endpoint]'"
        ) from None
    return httpx2


@asynccontextmanager
async def connected(server: Server, key: Key) -> AsyncIterator[Client]:
    """A client with the proxies and certificates of the environment; no proxy on this machine.

    Raises:
        EvaluationError: a proxy setting in the environment is unusable.
    """
    httpx2 = require_httpx()
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=server.concurrency)
    try:
        here = urlsplit(server.url).hostname in ("localhost", "127.0.0.1", "::1")
        http = httpx2.AsyncClient(
            timeout=None, limits=limits, follow_redirects=False, trust_env=not here
        )
    except (ValueError, ImportError, httpx2.InvalidURL):
        http = None  # the library's message repeats the setting, and with it a proxy's password
    if http is None:
        raise EvaluationError(
            "the proxy settings in the environment cannot be used; look at HTTP_PROXY, "
            "HTTPS_PROXY, ALL_PROXY and NO_PROXY (a SOCKS proxy needs: pip install 'httpx2[socks]')"
        )
    async with http:
        yield Client(http, server, key)


def _json(content: bytes) -> Any:
    """The reply as JSON; None where it is none, or holds NaN or an infinity."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        return json.loads(content, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None


def _value(found: object, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None


def _valid(text: str) -> str:
    """Half a character (a lone surrogate), which JSON can write, cannot be stored."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None
