"""One request to a server, bounded in time and size: what comes back is a reply or a fault.

Nothing is raised for what a server or the network does, so no exception of the HTTP library, which
holds the request with its key, is part of a later one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netgain.errors import EvaluationError, MissingDependency
from netgain.generate.endpoint_reply import (
    MOST_BYTES,
    Fault,
    FaultKind,
    Reply,
    read_models,
    read_reply,
)
from netgain.generate.endpoint_server import Key, Server
from netgain.wording import one_line

if TYPE_CHECKING:
    import ssl

    import httpx2

INSTALL = "pip install 'netgain[endpoint]'"


@dataclass
class Line:
    """An open line to a server. `program` is what its last Server header said it is."""

    client: httpx2.AsyncClient
    server: Server
    key: Key
    program: str = ""

    async def ask(self, path: str, body: Mapping[str, Any]) -> Reply | Fault:
        """One try at one answer, over within the server's `timeout`."""
        found = await self._exchange("POST", path, json.dumps(body).encode())
        if isinstance(found, Fault):
            return found
        status, headers, content = found
        self.program = one_line(self.key.hide(headers.get("server", "")))[:100] or self.program
        return read_reply(status, headers, content, self.key)

    async def models(self) -> list[str]:
        """The models that the server says it has; [] where it does not say."""
        found = await self._exchange("GET", "/models", None)
        return [] if isinstance(found, Fault) else read_models(found[2], self.key)

    async def _exchange(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes] | Fault:
        import httpx2

        try:
            async with asyncio.timeout(self.server.timeout):
                return await self._send(method, path, content)
        except TimeoutError:
            return Fault("broken", f"gave no whole answer within {self.server.timeout:g} s")
        except (httpx2.ConnectError, httpx2.ProxyError, httpx2.InvalidURL, UnicodeError) as error:
            return self._no_answer("away", "cannot be reached", error)
        except (httpx2.HTTPError, OSError) as error:
            return self._no_answer("broken", "broke off", error)

    async def _send(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes] | Fault:
        asked = self.client.stream(
            method,
            self.server.base + path,
            content=content,
            headers={
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",  # or a small body could unpack into a huge one
                **self.key.header,
            },
        )
        async with asked as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                return Fault("broken", "sent a compressed reply, which was not asked for")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    return Fault("broken", f"sent more than {MOST_BYTES >> 20} MiB for one answer")
            return response.status_code, response.headers, bytes(body)

    def _no_answer(self, kind: FaultKind, what: str, error: Exception) -> Fault:
        reason = one_line(self.key.hide(str(error)))[:200] or type(error).__name__
        return Fault(kind, f"{what} ({reason})")


@asynccontextmanager
async def open_line(server: Server, key: Key) -> AsyncIterator[Line]:
    """A line with the proxy settings and certificates of the environment; follows no redirection.

    Raises:
        MissingDependency: the HTTP library is not installed.
        EvaluationError: a proxy setting in the environment is unusable.
    """
    httpx2 = require_httpx()
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=server.concurrency)
    try:
        client = httpx2.AsyncClient(
            verify=_certificates(), timeout=None, limits=limits, follow_redirects=False
        )
    except (ValueError, ImportError, httpx2.InvalidURL):
        client = None  # the library's message repeats the setting, and with it a proxy's password
    if client is None:
        raise EvaluationError(
            "the proxy settings in the environment cannot be used; look at HTTP_PROXY, "
            "HTTPS_PROXY, ALL_PROXY and NO_PROXY (a SOCKS proxy needs: pip install 'httpx2[socks]')"
        )
    async with client:
        yield Line(client, server, key)


@cache
def _certificates() -> ssl.SSLContext:
    """The system's, read once: it takes longer than a request."""
    import httpx2

    return httpx2.create_ssl_context()


def require_httpx() -> Any:
    """The HTTP library, or one line on how to get it."""
    try:
        import httpx2
    except ImportError:
        raise MissingDependency(f"the endpoint engine is not installed: {INSTALL}") from None
    return httpx2
