"""Which server answers, how it may be asked, and the key that is shown to nobody else."""

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from netgain.errors import EvaluationError, RecipeError
from netgain.wording import one_line

# A shorter key is a placeholder ("EMPTY", "ollama"): in a model's answer it is an ordinary word.
SHORTEST_SECRET = 8


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
        limit = self.requests_per_minute
        rules = {
            "model must be the name by which the server knows the model": self.model.strip()
            and self.model.isprintable(),
            "concurrency must be from 1 to 1024": 1 <= self.concurrency <= 1024,
            "requests_per_minute must be above 0, or None for no limit": limit is None or limit > 0,
            "timeout must be seconds, above 0 and at most a day": 0 < self.timeout <= 86_400,
            "retries must be from 0 to 100": 0 <= self.retries <= 100,
            "key_variable must be the name of an environment variable (letters, digits and '_'), "
            "and not the key itself": re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.key_variable),
        }
        found = [*_url_mistakes(self.url), *(words for words, kept in rules.items() if not kept)]
        if found:
            raise RecipeError("the server's settings cannot be used:\n  " + "\n  ".join(found))

    @property
    def base(self) -> str:
        """What every path of the interface is appended to."""
        plain = self.url.rstrip("/")
        return plain if urlsplit(plain).path else f"{plain}/v1"


def _url_mistakes(url: str) -> Iterator[str]:
    """A URL may hold a password or a key, so one that might is not repeated."""
    shown = repr(one_line(url)[:200])
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not url:
        yield "url is missing; give the server's, for example http://localhost:8000/v1"
    elif re.search("[@?#]", url):
        yield (
            "url must hold no user name, password, query or fragment ('@', '?', '#'), since it is "
            "recorded with the results; a key belongs in an environment variable (key_variable)"
        )
    elif any(c.isspace() or not c.isprintable() for c in url):
        yield f"url {shown} holds white space or control characters"
    elif "://" not in url:
        yield f"url {shown} does not say http:// or https://; for example http://{url}"[:300]
    elif not url.lower().startswith(("http://", "https://")):
        yield f"url {shown} must begin with http:// or https://"
    elif not usable:
        yield f"url {shown} names no host and port; for example http://localhost:8000/v1"
    elif found := re.fullmatch(r"(.*?)(/chat)?/completions", parts.path.rstrip("/")):
        yield f"url {shown} goes too far: end it where the interface begins, at {found[1] or '/'!r}"


class Key:
    """A key that no repr, message or record shows."""

    def __init__(self, value: str) -> None:
        self._value = value
        # As a server may write it back: plain, in JSON, in a URL, by Python.
        forms = (value, json.dumps(value)[1:-1], quote(value, safe=""), repr(value)[1:-1])
        self._forms = forms if value else ()

    def __repr__(self) -> str:
        return "Key(...)"

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def hide(self, text: str) -> str:
        """The text without the key."""
        for form in self._forms:
            text = text.replace(form, "[key]")
        return text

    def hide_in_answer(self, text: str) -> str:
        """As `hide`, for a model's words, which a placeholder for a key may be among."""
        return self.hide(text) if len(self._value) >= SHORTEST_SECRET else text


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


@contextmanager
def library_is_quiet() -> Iterator[None]:
    """The HTTP library logs headers for debugging, and a server may send the key back in one."""
    logs = [logging.getLogger(name) for name in ("httpx2", "httpcore2")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
