"""Which server answers, how it may be asked, and the key that is shown to nobody else."""

from __future__ import annotations

import json
import logging
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from netgain.errors import EvaluationError, RecipeError
from netgain.wording import one_line

MOST_CONCURRENT = 1024
MOST_RETRIES = 100
MOST_SECONDS = 86_400.0  # a request may take a day
# A shorter key is a placeholder ("EMPTY", "ollama"): in a model's answer it is an ordinary word.
SHORTEST_SECRET = 8
LIBRARY_LOGS = (
    "httpx2",
    *(f"httpcore2.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
)


@dataclass(frozen=True)
class Server:
    """A server that speaks OpenAI's HTTP interface: vLLM, llama.cpp, Ollama, TGI, a hosted one.

    Args:
        url: where the interface begins, such as `http://localhost:8000/v1`. Without a path, `/v1`
            is meant.
        model: the name by which the server knows the model.
        concurrency: requests under way at a time.
        requests_per_minute: the most that are begun in a minute, tries again included; None sets
            no limit. It holds for one process.
        timeout: seconds for one try, from connecting to the last byte.
        retries: tries after the first. A server that is silent for all of them is given up.
        key_variable: the environment variable that holds the key. Where it is unset, none is sent.

    Raises:
        RecipeError: naming every setting that is unusable.
    """

    url: str
    model: str
    concurrency: int = 8
    requests_per_minute: float | None = None
    timeout: float = 120.0
    retries: int = 6
    key_variable: str = "OPENAI_API_KEY"

    def __post_init__(self) -> None:
        found = [*_url_mistakes(self.url), *_other_mistakes(self)]
        if found:
            raise RecipeError("the server's settings cannot be used:\n  " + "\n  ".join(found))

    @property
    def base(self) -> str:
        """What every path of the interface is appended to."""
        plain = self.url.rstrip("/")
        return plain if urlsplit(plain).path else f"{plain}/v1"


class Key:
    """A key that no repr, message or record shows."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Key(...)"

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def hide(self, text: str) -> str:
        """The text without the key, plain or as JSON, a URL or Python would write it."""
        if not self._value:
            return text
        written = (json.dumps(self._value)[1:-1], quote(self._value, safe=""))
        for form in (self._value, *written, repr(self._value)[1:-1]):
            text = text.replace(form, "[key]")
        return text

    def hide_in_answer(self, text: str) -> str:
        """As `hide`, for a model's words, which a placeholder for a key may be among."""
        return self.hide(text) if len(self._value) >= SHORTEST_SECRET else text

    @contextmanager
    def hidden_in_logs(self) -> Iterator[None]:
        """Keep the key out of what the HTTP library logs: servers may send it back in a header."""

        def hide(record: logging.LogRecord) -> bool:
            record.msg, record.args = self.hide(record.getMessage()), ()
            return True

        logs = [logging.getLogger(name) for name in LIBRARY_LOGS]
        for log in logs:
            log.addFilter(hide)
        try:
            yield
        finally:
            for log in logs:
                log.removeFilter(hide)


def read_key(server: Server) -> Key:
    """The key as the environment holds it now.

    Raises:
        EvaluationError: it cannot be sent in a header; the message does not hold it.
    """
    value = os.environ.get(server.key_variable, "").strip()
    if any(not "!" <= character <= "~" for character in value):
        raise EvaluationError(
            f"the key in {server.key_variable} holds white space or characters that no key has; "
            "set the variable to the key alone"
        )
    return Key(value)


def _url_mistakes(url: str) -> list[str]:
    """A URL may hold a password or a key, so one that might is not repeated."""
    if not isinstance(url, str) or not url:
        return ["url is missing; give the server's, for example http://localhost:8000/v1"]
    if "@" in url or "?" in url or "#" in url:
        return [
            "url must hold no user name, password, query or fragment ('@', '?', '#'), since it is "
            "recorded with the results; a key belongs in an environment variable (key_variable)"
        ]
    shown = repr(one_line(url)[:200])
    if any(c.isspace() or not c.isprintable() for c in url):
        return [f"url {shown} holds white space or control characters"]
    scheme, mark, _ = url.partition("://")
    if not mark:
        return [f"url {shown} does not say http:// or https://; for example http://{url}"[:300]]
    if scheme.lower() not in ("http", "https"):
        return [f"url {shown} must begin with http:// or https://"]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [f"url {shown} has no usable host or port; a port is a number up to 65535"]
    if not parts.hostname or port == 0:
        return [f"url {shown} names no host and port; for example http://localhost:8000/v1"]
    if (end := parts.path.rstrip("/")).endswith("/completions"):
        rest = end.removesuffix("/completions").removesuffix("/chat")
        return [f"url {shown} goes too far: end it where the interface begins, at {rest or '/'!r}"]
    return []


def _other_mistakes(server: Server) -> list[str]:
    found = []
    model = server.model
    if not isinstance(model, str) or not model.strip() or not model.isprintable():
        found.append("model must be the name by which the server knows the model")
    if not _whole(server.concurrency, 1, MOST_CONCURRENT):
        found.append(f"concurrency must be a whole number from 1 to {MOST_CONCURRENT}")
    limit = server.requests_per_minute
    if limit is not None and not _positive(limit, math.inf):
        found.append("requests_per_minute must be a number above 0, or None for no limit")
    if not _positive(server.timeout, MOST_SECONDS):
        found.append(f"timeout must be seconds, above 0 and at most {MOST_SECONDS:.0f}")
    if not _whole(server.retries, 0, MOST_RETRIES):
        found.append(f"retries must be a whole number from 0 to {MOST_RETRIES}")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", str(server.key_variable)):
        found.append(
            "key_variable must be the name of an environment variable (letters, digits and '_'), "
            "and not the key itself"
        )
    return found


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _positive(value: object, most: float) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 < value <= most and math.isfinite(value)  # type: ignore[operator, arg-type]
