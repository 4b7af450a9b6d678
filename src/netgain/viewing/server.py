"""The viewer's server: this machine alone, read only, and nothing without the link's token.

A page of another site must not reach it: it listens on the loopback address, takes requests only
under that name (so that a foreign name that was pointed here gets nothing), wants the token in the
link or in the cookie that the link sets, and says nothing of other origins. No part of a request
is ever a path.
"""

import errno
import hmac
import html
import json
import logging
import re
import secrets
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from netgain.errors import NetgainError, RunError
from netgain.reporting import browser
from netgain.reporting.page import page
from netgain.reporting.view import opening
from netgain.viewing import queries
from netgain.viewing.live import is_running, live_page
from netgain.viewing.opened import View, open_view
from netgain.viewing.queries import BadQuery, not_known
from netgain.viewing.viewed_problems import problems_at
from netgain.wording import one_line

log = logging.getLogger("netgain")
ADDRESS = "127.0.0.1"
LONGEST_TARGET = 16_384  # characters of a request's path and query
IDLE_SECONDS = 20  # after which a connection that says nothing is closed
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
LOCKED = "default-src 'none'; frame-ancestors 'none'"  # the policy of whatever is not the page
LEADS_ON = b"""<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>netgain</title>
<meta http-equiv="refresh" content="0; url=/"><p><a href="/">Go on to all answers</a></p></html>
"""
_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    status: int
    content: bytes
    kind: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Serves one view; `link` is where it can be seen."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, view: View | None, port: int = 0, going: Path | None = None) -> None:
        """Listen on `port`, or on a free one.

        Args:
            view: None where no evaluation is finished yet.
            going: the directory of a run that goes on, which is shown until it ends.

        Raises:
            RunError: the port is taken, or may not be used.
        """
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
                raise
            raise RunError(
                f"port {port} cannot be used ({error.strerror}); choose another with --port, or "
                "leave it out and a free one is taken"
            ) from error
        self.token = secrets.token_urlsafe(32)  # of the link
        self.secret = secrets.token_urlsafe(32)  # of the cookie, which is shown nowhere
        self.view, self.going = view, going
        # The page of the answers, and its policy.
        self.shown = view_page(view) if view is not None else (b"", LOCKED)
        self.port: int = self.server_address[1]
        self.hosts = {f"{ADDRESS}:{self.port}", f"localhost:{self.port}"}
        self.cookie = f"netgain-view-{self.port}"  # cookies of one host are shared by its ports

    def front(self) -> tuple[bytes, str]:
        """The page and its policy: the run as it goes on, then its answers.

        Raises:
            NetgainError: the run has ended, and has no answers that can be shown.
        """
        if self.going is not None and is_running(self.going):
            made = live_page(self.going, answers=self.view is not None)
            return made, stated_policy(made)
        if self.going is not None:
            self.view = open_view(self.going, lambda *_: None)
            self.shown = view_page(self.view)
            self.going = None
        return self.shown

    @property
    def link(self) -> str:
        return f"http://{ADDRESS}:{self.port}/?token={self.token}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a fault of ours; a browser that goes away in the middle of an answer is none."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("a request failed: unexpected %s: %s", type(error).__name__, error)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version = "netgain"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        self._send(self._answer())

    def do_HEAD(self) -> None:
        self._send(self._answer(), with_content=False)

    def _refuse(self) -> None:
        self._send(Reply(405, b"only GET and HEAD: nothing can be changed here\n",
                         headers={"Allow": "GET, HEAD"}))  # fmt: skip

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def _answer(self) -> Reply:
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            return Reply(421, b"this is not the host that you think it is\n")
        # Told by browsers: another site, or another port of this host, has no business here.
        asks = self.headers.get("Sec-Fetch-Site", "none"), self.headers.get("Sec-Fetch-Mode", "")
        if asks[0] not in {"none", "same-origin"} and asks[1] != "navigate":
            return Reply(403, b"only the viewer's own page may ask here\n")
        if len(self.path) > LONGEST_TARGET:
            return Reply(414, b"too much is asked for at once\n")
        try:
            target = urlsplit(self.path)
            pairs = parse_qsl(
                target.query, keep_blank_values=True, errors="strict",
                max_num_fields=queries.MOST_VALUES + 1,
            )  # fmt: skip
        except ValueError:
            return _told(400, "this query cannot be read")
        return self._for(target.path, pairs)

    def _for(self, path: str, pairs: Pairs) -> Reply:
        """The answer to a request from this machine's own browser."""
        if path == "/" and any(name == "token" for name, _ in pairs):
            return self._welcome(dict(pairs)["token"])
        if not self._is_known():
            return Reply(
                403, b"open the whole link that netgain printed: it ends with a token\n"
            )  # fmt: skip
        view = self.server.view
        if path in {"/", "/answers"} and (path == "/" or view is not None):
            try:
                shown, policy = self.server.front() if path == "/" else self.server.shown
            except NetgainError as error:
                return Reply(500, f"{one_line(str(error))}\n".encode())
            headers = {"Content-Security-Policy": policy}
            return Reply(200, shown, "text/html; charset=utf-8", headers)
        if path in ANSWERS and view is not None:
            try:
                return _json(200, ANSWERS[path](view, pairs))
            except BadQuery as error:
                return _told(400, str(error))
            except NotThere as error:
                return _told(404, str(error))
            except NetgainError as error:
                return _told(500, str(error))
        return Reply(404, b"there is nothing here\n")

    def _welcome(self, token: str) -> Reply:
        """Exchange the link's token for a cookie, so that it does not stay in the address."""
        if not _same(token, self.server.token):
            return Reply(403, b"this token is not of this viewer; open the link that it printed\n")
        cookie = f"{self.server.cookie}={self.server.secret}; HttpOnly; SameSite=Strict; Path=/"
        if self.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}:
            return Reply(303, b"", headers={"Location": "/", "Set-Cookie": cookie})
        # A browser that was led here sends the cookie back only where this page leads on.
        return Reply(200, LEADS_ON, "text/html; charset=utf-8", {"Set-Cookie": cookie})

    def _is_known(self) -> bool:
        # Other servers of this machine may set cookies of any form, so no more than ours is read.
        pairs = ";".join(self.headers.get_all("Cookie", [])).split(";")
        cookies = [
            (name.strip(), value.strip()) for name, _, value in (p.partition("=") for p in pairs)
        ]
        return any(
            name == self.server.cookie and _same(value, self.server.secret)
            for name, value in cookies
        )

    def _send(self, reply: Reply, with_content: bool = True) -> None:
        self.send_response(reply.status)
        headers = {
            **HEADERS,
            "Content-Security-Policy": LOCKED,
            "Content-Type": reply.kind,
            "Content-Length": str(len(reply.content)),
            **reply.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_content:
            self.wfile.write(reply.content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses by itself, in the form of every other answer."""
        self.close_connection = True
        self._send(Reply(code, b"this request cannot be read\n"))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests hold the token, and what a reader looks for."""


class NotThere(LookupError):
    """What was asked for is not there, in words."""


def _facets(view: View, pairs: Pairs) -> dict[str, Any]:
    return queries.facets(view.index)


def _rows(view: View, pairs: Pairs) -> dict[str, Any]:
    query = queries.parse_query(pairs)
    found = queries.matching(view.index, query)
    places = found[query.offset : query.offset + query.limit].tolist()
    openings = [opening(p.question) for p in problems_at(view.index.problems, places)]
    return {"total": len(found), "rows": list(queries.rows_of(view.index, places, openings))}


def _problem(view: View, pairs: Pairs) -> dict[str, Any]:
    return view.whole.problem(_place(view, pairs))


def _position(view: View, pairs: Pairs) -> dict[str, Any]:
    """Where a problem stands in a filtered list, −1 where it is not in it."""
    place = _place(view, pairs)
    found = queries.matching(
        view.index, queries.parse_query([pair for pair in pairs if pair[0] != "id"])
    )
    at = np.flatnonzero(found == place)
    return {"position": int(at[0]) if len(at) else -1}


ANSWERS = {
    "/api/facets": _facets,
    "/api/rows": _rows,
    "/api/problem": _problem,
    "/api/position": _position,
}


def _place(view: View, pairs: Pairs) -> int:
    """The place of the problem with the id that is asked for."""
    ids = [value for name, value in pairs if name == "id"]
    if len(ids) != 1:
        raise BadQuery("say the id of one problem: ?id=…")
    place = view.index.problems.places.get(ids[0])
    if place is None:
        raise NotThere(f"there is no problem {ids[0]!r:.80}")
    return place


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _json(status: int, value: Any) -> Reply:
    content = json.dumps(value, ensure_ascii=True, allow_nan=False).encode()
    return Reply(status, content, "application/json")


def _told(status: int, words: str) -> Reply:
    return _json(status, {"error": words})


def view_page(view: View) -> tuple[bytes, str]:
    """The browser of a report with a server for a source, and its content policy as a header."""
    context = {
        "title": view.title,
        "verdict": view.verdict,
        "notes": (*view.notes, *not_known(view.index)),
        "browser": browser.SERVED,
    }
    made = page(
        "viewer.html.j2", context, styles=browser.STYLES, scripts=browser.SCRIPTS, served=True
    )
    return made, stated_policy(made)


def stated_policy(made: bytes) -> str:
    """What a page states of itself, as a header."""
    stated = _POLICY.search(made.decode())
    assert stated is not None, "the layout states a policy"
    return f"{html.unescape(stated[1])}; frame-ancestors 'none'"
