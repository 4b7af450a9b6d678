"""The HTTP client that huggingface_hub asks through: bounded waits, and failures of our own.

Left alone, huggingface_hub sets no limit to the time of some requests, sleeps as long as a server
bids it, and repeats in silence for minutes. Files still arrive by its own code, which resumes one
that breaks off.
"""

from __future__ import annotations

import ssl
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory, hf_request_event_hook

from netgain.hub.failures import (
    NO_ADDRESS,
    NO_HUB,
    TOKEN,
    HubFailure,
    asked_to_wait,
    plain,
    proxy_refused,
    refused,
)

PATIENCE = 10.0  # seconds that a server may be silent, where huggingface_hub sets no limit
PAUSES = (1.0, 2.0)  # seconds before a second and a third try
MOST_WAIT = 10.0  # seconds that a server may ask us to wait before one
MOST_BYTES, MOST_SECONDS = 1 << 26, 60.0  # of an answer that is no file
# Times that a file is asked for from one byte on; huggingface_hub writes 10 MB a time.
SAME_AGAIN = 3


@contextmanager
def bounded(patience: float | None = None) -> Iterator[None]:
    """Within, huggingface_hub asks through a client of ours.

    Args:
        patience: seconds that a server may be silent, PATIENCE if not given; one that stores a
            large upload is for longer.
    """
    set_client_factory(lambda: _client(patience))
    try:
        yield
    finally:
        set_client_factory(default_client_factory)


def _client(patience: float | None) -> BoundedClient:
    try:
        return BoundedClient(
            patience, event_hooks={"request": [hf_request_event_hook]}, follow_redirects=True
        )
    except Exception as error:  # made of the environment alone: proxies and certificates
        raise HubFailure(
            f"the settings of proxies or certificates (HTTPS_PROXY, SSL_CERT_FILE…) cannot be used "
            f"({type(error).__name__}: {plain(str(error))}); mend or unset them"
        ) from None


class BoundedClient(httpx2.Client):
    """Raises HubFailure for every request that fails, after at most three tries."""

    def __init__(self, patience: float | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.patience = patience
        self._asked: Counter[tuple[str, str]] = Counter()

    def send(self, request: httpx2.Request, *, stream: bool = False, **how: Any) -> httpx2.Response:
        """As httpx2's; only a stream's body is still to be read."""
        if request.url.path.endswith("/api/agent-harnesses"):
            raise HubFailure("not needed: it only tells the Hub which programs ask it")
        limits = request.extensions.get("timeout", {})
        names = ("connect", "read", "write", "pool")
        request.extensions["timeout"] = {
            name: limits.get(name) or self.patience or PATIENCE for name in names
        }
        if stream:
            self._refuse_standstill(request)
        for pause in (*PAUSES, None):
            try:
                response = super().send(request, stream=True, **how)
                if response.status_code < 400:
                    return response if stream else _whole(response)
            except (httpx2.TransportError, httpx2.TooManyRedirects, httpx2.InvalidURL) as error:
                failure, wait = _unreachable(error, request), None
                again = failure.is_passing and isinstance(
                    error, (httpx2.NetworkError, httpx2.RemoteProtocolError)
                )
            else:
                response.close()
                failure = _refused(response, request)
                wait = asked_to_wait(response.headers)
                again = response.status_code in {408, 429} or response.status_code >= 500
            if pause is None or not again or (wait or 0) > MOST_WAIT:
                raise failure from None
            time.sleep(pause if wait is None else wait)
        raise AssertionError("the last try returns or raises")

    def _refuse_standstill(self, request: httpx2.Request) -> None:
        """A file that breaks off at the same byte again and again does not come."""
        start = request.headers.get("range", "bytes=0-")
        key = (str(request.url), start)
        if self._asked[key] >= SAME_AGAIN:
            raise HubFailure(
                f"a download breaks off at byte {start[6:-1]} each time; give the command again: "
                "files that are whole are kept",
                is_passing=True,
            )
        self._asked[key] += 1


def _whole(response: httpx2.Response) -> httpx2.Response:
    """The answer with its body read, within bounds of size and time."""
    if response.request.method == "HEAD":
        response.read()
        return response
    body, began = bytearray(), time.monotonic()
    for part in response.iter_bytes():
        body += part
        if len(body) > MOST_BYTES or time.monotonic() - began > MOST_SECONDS:
            response.close()
            raise HubFailure(NO_HUB)
    about_the_body = {"content-encoding", "content-length", "transfer-encoding"}
    headers = [(k, v) for k, v in response.headers.multi_items() if k not in about_the_body]
    return httpx2.Response(
        response.status_code, headers=headers, content=bytes(body), request=response.request,
        history=response.history,
    )  # fmt: skip


def _refused(response: httpx2.Response, asked: httpx2.Request) -> HubFailure:
    path = (
        asked.url.path.partition("/resolve/")[0].partition("/revision/")[0].partition("/tree/")[0]
    )
    page = str(asked.url.join(path.replace("/api/models/", "/").replace("/api/", "/")))
    return refused(
        response.status_code, response.headers, _way(response.request), plain(page),
        "authorization" in asked.headers,
    )  # fmt: skip


def _unreachable(error: Exception, request: httpx2.Request) -> HubFailure:
    """What a request without an answer means."""
    host = request.url.host
    if isinstance(error, httpx2.ProxyError):
        return proxy_refused(str(error))
    if isinstance(error, httpx2.LocalProtocolError):  # its own words would show the token
        return HubFailure(TOKEN)
    if isinstance(error, (httpx2.UnsupportedProtocol, httpx2.InvalidURL)):
        return HubFailure(NO_ADDRESS)
    if isinstance(error, httpx2.TooManyRedirects):
        return HubFailure(f"{host} sends from one address to the next without end; {NO_HUB}")
    if isinstance(error, (httpx2.RemoteProtocolError, httpx2.DecodingError)):
        return HubFailure(
            f"{_way(request)} closes the connection or speaks no HTTP; try again later, and see "
            "whether HF_ENDPOINT is right",
            is_passing=True,
        )
    if isinstance(error, httpx2.TimeoutException):
        seconds = request.extensions["timeout"]["read"]
        return HubFailure(f"{_way(request)} did not answer within {seconds:g} s; try again later",
                          is_passing=True)  # fmt: skip
    tls = _tls_error(error)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return HubFailure(
            f"the certificate of {host} is not accepted ({plain(tls.verify_message)}); where a "
            "proxy looks into connections, name its certificate in SSL_CERT_FILE",
            is_passing=True,
        )
    if tls is not None:
        return HubFailure(
            f"there is no secure connection to {_way(request)} ({plain(tls.reason or str(tls))}); "
            "see whether HF_ENDPOINT and the proxy begin with http:// or https:// rightly",
            is_passing=True,
        )
    why = plain(str(error)) or type(error).__name__
    return HubFailure(
        f"{_way(request)} cannot be reached ({why}); connect, or use a local folder",
        is_passing=True,
    )


def _way(request: httpx2.Request) -> str:
    """Who is spoken to: the host, and the proxy where the environment names one for it."""
    url = request.url
    proxies = urllib.request.getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or urllib.request.proxy_bypass(url.host):
        return url.host
    return f"{url.host} by the proxy {plain(named.rpartition('@')[2])}"


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error
